//! The administrator's allow-list (R-PRIV): which namespaces get what goes above the Pod Security Standard *baseline*.
//!
//! *Guarantees*: what no entry names is not granted; an entry that cannot be understood is refused when the file is read,
//! never taken for less or more than it says.
//!
//! *Not here*: what a grant does to a pod (`check::task`).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// `privileges`: the allow-list; default: nothing is allowed anywhere
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Privileges {
    /// The entries; a namespace has what all entries that name it grant together
    pub allow: Vec<Allowance>,
}

/// One entry of the allow-list
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Allowance {
    /// The namespaces: names, or the beginning of names with `*` behind it
    pub namespaces: Vec<Pattern>,
    /// What tasks in them may do
    pub grants: Grants,
}

/// What the tasks of a namespace may do beyond *baseline*; default: nothing
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Grants {
    /// `privileged: true`
    pub privileged: bool,
    /// `networkMode: host`
    pub host_network: bool,
    /// `pidMode: host`
    pub host_pid: bool,
    /// `ipcMode: host`
    pub host_ipc: bool,
    /// A fixed `hostPort` in bridge mode
    pub host_port: bool,
    /// AppArmor `unconfined`, and SELinux users, roles and types other than the runtime's own
    pub unconfined_profiles: bool,
    /// Directories of the node: each with everything below it
    pub host_path: BTreeSet<NodePath>,
    /// Devices of the node; a container that has one is privileged
    pub devices: BTreeSet<NodePath>,
    /// Capabilities, without `CAP_`; `ALL` is all of them
    pub capabilities: BTreeSet<String>,
    /// Kernel parameters that Kubernetes calls unsafe: names, or the beginning of names with `*` behind it
    pub unsafe_sysctls: BTreeSet<Pattern>,
}

impl Privileges {
    /// What a namespace is granted
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Grants {
        let named = self.allow.iter().filter(|entry| entry.namespaces.iter().any(|pattern| pattern.matches(namespace)));
        named.fold(Grants::default(), |grants, entry| grants.with(&entry.grants))
    }
}

impl Grants {
    /// Both together
    fn with(self, other: &Self) -> Self {
        let Self {
            privileged,
            host_network,
            host_pid,
            host_ipc,
            host_port,
            unconfined_profiles,
            host_path,
            devices,
            capabilities,
            unsafe_sysctls,
        } = other;
        Self {
            privileged: self.privileged || *privileged,
            host_network: self.host_network || *host_network,
            host_pid: self.host_pid || *host_pid,
            host_ipc: self.host_ipc || *host_ipc,
            host_port: self.host_port || *host_port,
            unconfined_profiles: self.unconfined_profiles || *unconfined_profiles,
            host_path: &self.host_path | host_path,
            devices: &self.devices | devices,
            capabilities: &self.capabilities | capabilities,
            unsafe_sysctls: &self.unsafe_sysctls | unsafe_sysctls,
        }
    }

    /// Whether this path of the node may be mounted
    #[must_use]
    pub fn host_path(&self, path: &str) -> bool {
        NodePath::parse(path).is_ok_and(|path| self.host_path.iter().any(|granted| path.is_within(granted)))
    }

    /// Whether this device of the node may be used
    #[must_use]
    pub fn device(&self, path: &str) -> bool {
        NodePath::parse(path).is_ok_and(|path| self.devices.contains(&path))
    }

    /// Whether this capability may be added
    #[must_use]
    pub fn capability(&self, name: &str) -> bool {
        ["ALL", name].iter().any(|granted| self.capabilities.contains(*granted))
    }

    /// Whether this kernel parameter may be set
    #[must_use]
    pub fn sysctl(&self, name: &str) -> bool {
        self.unsafe_sysctls.iter().any(|pattern| pattern.matches(name))
    }
}

/// A name, or the beginning of names with `*` behind it
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

impl Pattern {
    /// Whether a name is meant
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.0.strip_suffix('*').map_or(self.0 == name, |beginning| name.starts_with(beginning))
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() || text.trim_end_matches('*').contains('*') || text.ends_with("**") {
            return Err(format!("`{text}` is no name; write one, with at most one `*`, at its end"));
        }
        Ok(Self(text))
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

/// An absolute path of a node, compared part by part
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodePath(Vec<String>);

impl NodePath {
    /// Reads a path; `..` is refused, since what it leads to is not to be seen in it
    fn parse(text: &str) -> Result<Self, String> {
        let drive = text.as_bytes().get(1) == Some(&b':') && text.starts_with(|c: char| c.is_ascii_alphabetic());
        if !drive && !text.starts_with('/') {
            return Err(format!("`{text}` is no absolute path; begin it with `/` or a drive letter"));
        }
        let parts = text.split(|c| c == '/' || (drive && c == '\\')).filter(|part| !matches!(*part, "" | "."));
        let parts: Vec<String> = parts.map(|p| if drive { p.to_lowercase() } else { p.to_owned() }).collect();
        // Any `..` is suspicious, also between backslashes on Linux
        if text.split(['/', '\\']).any(|part| part == "..") {
            return Err(format!("`{text}` leads elsewhere; write the path without `..`"));
        }
        Ok(Self(parts))
    }

    /// Whether it is the other path or below it
    fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drive = self.0.first().is_some_and(|first| first.ends_with(':'));
        write!(f, "{}{}", if drive { "" } else { "/" }, self.0.join("/"))
    }
}

impl TryFrom<String> for NodePath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<NodePath> for String {
    fn from(path: NodePath) -> Self {
        path.to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn privileges(allow: Value) -> Result<Privileges, serde_json::Error> {
        serde_json::from_value(json!({ "allow": allow }))
    }

    #[test]
    fn nothing_is_granted_by_default_or_elsewhere() {
        assert_eq!(Privileges::default().in_namespace("default"), Grants::default());
        let list = privileges(json!([{"namespaces": ["monitoring"], "grants": {"privileged": true}}])).unwrap();
        for namespace in ["", "default", "monitoring-2", "Monitoring"] {
            assert_eq!(list.in_namespace(namespace), Grants::default(), "{namespace}");
        }
    }

    #[test]
    fn a_namespace_has_what_its_entries_grant_together() {
        let list = privileges(json!([
            {"namespaces": ["a", "team-*"], "grants": {"hostNetwork": true, "capabilities": ["NET_ADMIN"]}},
            {"namespaces": ["*"], "grants": {"hostPath": ["/var/log"]}},
        ]))
        .unwrap();
        let grants = list.in_namespace("team-x");
        assert!(grants.host_network && grants.capability("NET_ADMIN") && grants.host_path("/var/log/x"));
        let grants = list.in_namespace("b");
        assert!(!grants.host_network && !grants.capability("NET_ADMIN") && grants.host_path("/var/log/x"));
    }

    #[test]
    fn paths_are_compared_part_by_part() {
        let grants = Grants {
            host_path: BTreeSet::from([NodePath::parse("/data/").unwrap(), NodePath::parse("C:\\Logs").unwrap()]),
            devices: BTreeSet::from([NodePath::parse("/dev/fuse").unwrap()]),
            ..Grants::default()
        };
        for (path, expected) in [
            ("/data", true),
            ("/data//x/./y", true),
            ("/", false),
            ("/database", false),
            ("/data/../etc", false),
            ("/data/..", false),
            ("/data\\x", false),
            ("/data/x\\..\\y", false),
            ("data", false),
            ("", false),
            ("c:/logs/x", true),
            ("C:\\logs\\..\\x", false),
            ("C:\\", false),
        ] {
            assert_eq!(grants.host_path(path), expected, "{path}");
        }
        assert!(grants.device("/dev/fuse") && !grants.device("/dev/fuse/x") && !grants.device("/dev"));
    }

    #[test]
    fn names_end_in_a_star_or_are_whole() {
        let grants: Grants =
            serde_json::from_value(json!({"unsafeSysctls": ["net.core.*", "kernel.msgmax"], "capabilities": ["ALL"]}))
                .unwrap();
        assert!(grants.sysctl("net.core.somaxconn") && grants.sysctl("kernel.msgmax"));
        assert!(!grants.sysctl("net.ipv4.x") && !grants.sysctl("kernel.msgmaxx"));
        assert!(grants.capability("SYS_ADMIN"));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for entry in [
            json!({"namespaces": ["a"]}),
            json!({"grants": {"privileged": true}}),
            json!({"namespaces": ["a"], "grants": {"root": true}}),
            json!({"namespaces": ["a"], "grants": {}, "except": []}),
            json!({"namespaces": [""], "grants": {}}),
            json!({"namespaces": ["a*b"], "grants": {}}),
            json!({"namespaces": ["**"], "grants": {}}),
            json!({"namespaces": ["a"], "grants": {"hostPath": ["data"]}}),
            json!({"namespaces": ["a"], "grants": {"hostPath": ["/data/../etc"]}}),
        ] {
            assert!(privileges(json!([entry])).is_err(), "{entry}");
        }
    }

    #[test]
    fn the_list_is_written_as_it_is_read() {
        let entry = json!({"namespaces": ["a*"], "grants": {
            "privileged": true, "hostNetwork": true, "hostPid": true, "hostIpc": true, "hostPort": true,
            "unconfinedProfiles": true, "hostPath": ["/", "c:/x", "/data"], "devices": ["/dev/fuse"],
            "capabilities": ["ALL"], "unsafeSysctls": ["net.*"],
        }});
        let list = privileges(json!([entry])).unwrap();
        assert_eq!(serde_json::to_value(&list).unwrap(), json!({"allow": [entry]}));
    }
}
