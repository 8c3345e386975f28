//! R-TAG: tags as one annotation that has them all, and as labels that selectors can use.
//!
//! *Not here*: whose tags an object gets.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::TagLabels;
use crate::names::{self, TAG_PREFIX};

/// Tags as one JSON object with sorted keys
pub(crate) fn json(tags: &BTreeMap<String, String>) -> String {
    serde_json::to_string(tags).unwrap_or_default()
}

/// The labels of tags
pub(crate) fn labels(tags: &BTreeMap<String, String>, mode: TagLabels) -> BTreeMap<String, String> {
    match mode {
        TagLabels::Off => BTreeMap::new(),
        TagLabels::Strict => {
            let valid = tags.iter().filter(|(key, value)| !key.is_empty() && is_kept(key) && is_kept(value));
            valid.map(|(key, value)| (format!("{TAG_PREFIX}{key}"), value.clone())).collect()
        }
        TagLabels::Lossy => lossy(tags),
    }
}

/// Whether a label takes the text as it is
fn is_kept(text: &str) -> bool {
    names::label_value(text) == text
}

/// Keys that become the same get a digest of what they were
fn lossy(tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for key in tags.keys().map(|key| names::label_value(key)) {
        if key.is_empty() || !seen.insert(key.clone()) {
            twice.insert(key);
        }
    }
    let label = |(key, value): (&String, &String)| {
        let made = names::label_value(key);
        let made = if twice.contains(&made) { with_digest(&made, key) } else { made };
        (format!("{TAG_PREFIX}{made}"), names::label_value(value))
    };
    tags.iter().map(label).collect()
}

fn with_digest(made: &str, key: &str) -> String {
    let digest = names::sha8(key);
    let kept: String = made.chars().take(names::LABEL_MAX - 7).collect();
    format!("{kept}-{}", &digest[..6]).trim_start_matches(['-', '_', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels of tags, as `key=value` without the prefix
    fn check(tags: &[(&str, &str)], mode: TagLabels, expected: &[&str]) {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let made = labels(&tags, mode);
        let shown: Vec<_> =
            made.iter().map(|(key, value)| format!("{}={value}", key.strip_prefix(TAG_PREFIX).unwrap())).collect();
        assert_eq!(shown, expected, "{tags:?} {mode:?}");
    }

    #[test]
    fn tags_become_labels_as_they_are_asked_for() {
        let tags = [("Cost Center", "42"), ("Cost/Center", "43"), ("empty", ""), ("owner", "a@b.c"), ("team", "web")];
        check(&tags, TagLabels::Strict, &["empty=", "team=web"]);
        check(&tags, TagLabels::Off, &[]);
        let digests = ["Cost Center", "Cost/Center"].map(|key| names::sha8(key)[..6].to_owned());
        let mut expected =
            [format!("Cost_Center-{}=42", digests[0]), format!("Cost_Center-{}=43", digests[1])].to_vec();
        expected.sort();
        expected.extend(["empty=", "owner=a_b.c", "team=web"].map(str::to_owned));
        check(&tags, TagLabels::Lossy, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn a_label_is_one_that_the_api_server_takes_whatever_the_tag() {
        let long = "k".repeat(128);
        for key in ["=", "-a-", "é", "a b", long.as_str()] {
            let tags = BTreeMap::from([(key.to_owned(), long.clone()), (format!("{key}="), String::new())]);
            for (key, value) in labels(&tags, TagLabels::Lossy) {
                let name = key.strip_prefix(TAG_PREFIX).unwrap();
                assert!(!name.is_empty() && is_kept(name) && is_kept(&value), "{name} {value}");
            }
        }
    }
}
