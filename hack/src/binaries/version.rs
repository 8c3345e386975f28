//! Versions as the tools print them.

use std::fmt;

/// major.minor.patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    /// 1 in 1.36.3
    pub(crate) major: u32,
    /// 36 in 1.36.3
    pub(crate) minor: u32,
    /// 3 in 1.36.3; 0 when not printed
    pub(crate) patch: u32,
}

impl Version {
    /// A version that the code names.
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The first word of a tool's answer that looks like a version: every tool prints its own before its Go's.
    pub(crate) fn first_in(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word);
        let plain = word.split(['-', '+']).next()?;
        let mut parts = plain.split('.').map(str::parse::<u32>);
        let major = parts.next()?.ok()?;
        let minor = parts.next()?.ok()?;
        let patch = parts.next().and_then(Result::ok).unwrap_or(0);
        Some(Self { major, minor, patch })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tools_own_version_is_read_from_its_answer() {
        let cases = [
            ("Kubernetes v1.36.3", Some(Version::new(1, 36, 3))),
            ("etcd Version: 3.6.16\nGit SHA: Not provided\nGo Version: go1.26.8", Some(Version::new(3, 6, 16))),
            ("kwok version v0.8.0 go1.26.8 (linux/amd64)", Some(Version::new(0, 8, 0))),
            ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", Some(Version::new(1, 32, 4))),
            ("Client Version: v1.36", Some(Version::new(1, 36, 0))),
            ("command not found", None),
        ];
        for (answer, version) in cases {
            assert_eq!(Version::first_in(answer), version, "{answer}");
        }
    }
}
