//! Environment files of tasks (R-ENVFILE): what variables their lines set, as the ECS agent reads them.
//!
//! Whoever has the file's content — the sync process, for the operator does not read S3 — makes one Secret of it. Nothing is
//! trimmed, unquoted or expanded. *Not here*: fetching, Secrets; and no value ever stands in a message, for there is none.

use std::collections::BTreeMap;

/// The variables of one file, in the order of their names; of a name that is there twice the last line counts
#[must_use]
pub fn variables(content: &str) -> BTreeMap<String, String> {
    let lines = content.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let pairs = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.filter(|(name, _)| !name.is_empty()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The variables of a container: its `environment` before the first file, that before the second, and so on
#[must_use]
pub fn merged<'a>(
    environment: impl IntoIterator<Item = (&'a str, &'a str)>,
    files: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (name, value) in files.into_iter().flat_map(variables) {
        all.entry(name).or_insert(value);
    }
    all
}

/// Whether a name can be a key of a Secret that `envFrom` reads; others go into `env`, one by one
#[must_use]
pub fn is_secret_key(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vector: &str, environment: &[(&str, &str)], files: &[&str], expected: &[(&str, &str)]) {
        let merged = merged(environment.iter().copied(), files.iter().copied());
        let merged: Vec<_> = merged.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(merged, expected, "{vector}");
    }

    #[test]
    fn files_set_what_nothing_before_them_has_set() {
        check("V28", &[("C", "9")], &["A=1\nB=1", "B=2\nC=3"], &[("A", "1"), ("B", "1"), ("C", "9")]);
        check("twice in one file", &[], &["A=1\nA=2"], &[("A", "2")]);
        check("no file", &[("A", "1")], &[], &[("A", "1")]);
    }

    #[test]
    fn lines_are_taken_as_they_are() {
        let file = "# x\n #y=1\n=z\nK= v \nQ=\"a\"\nNOEQ";
        check("V29", &[], &[file], &[(" #y", "1"), ("K", " v "), ("Q", "\"a\"")]);
        check("line ends of Windows", &[], &["A=1\r\nB=2\r\r\n"], &[("A", "1"), ("B", "2\r")]);
        check("a value with signs", &[], &["URL=http://a?b=c#d"], &[("URL", "http://a?b=c#d")]);
        check("nothing", &[], &["", "\n\n"], &[]);
    }

    #[test]
    fn names_that_no_secret_can_have_as_keys_are_told() {
        for (name, key) in [("K", true), ("a.b-C_1", true), (" #y", false), ("", false), ("ä", false)] {
            assert_eq!(is_secret_key(name), key, "{name}");
        }
    }
}
