//! The three-way merge of fields (reliability: merge rule per field).
//!
//! *Guarantees*: what only one side changed wins, what both changed alike agrees, and nothing is chosen where both changed
//! otherwise; the result does not depend on the order of edits.
//!
//! *Not here*: what may be written (`policy`), what a field's value is (`fields`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fields::Fields;

/// What is due for each field that is not the same on both sides
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// Fields that only Kubernetes changed
    pub push: BTreeSet<String>,
    /// Fields that only ECS changed
    pub pull: BTreeSet<String>,
    /// Fields that both changed, each otherwise: what Kubernetes says, what ECS says
    pub conflicts: BTreeMap<String, (Option<Value>, Option<Value>)>,
}

impl Merged {
    /// Whether both sides say the same
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.push.is_empty() && self.pull.is_empty() && self.conflicts.is_empty()
    }
}

/// Compares what both sides say with what they last agreed on, all three in one form; without a base every difference is a
/// conflict
#[must_use]
pub fn merge(base: Option<&Fields>, kube: &Fields, ecs: &Fields) -> Merged {
    let mut merged = Merged::default();
    for field in kube.keys().chain(ecs.keys()).collect::<BTreeSet<_>>() {
        let (ours, theirs) = (kube.get(field), ecs.get(field));
        if ours == theirs {
            continue;
        }
        match base.map(|base| base.get(field)) {
            Some(base) if base == theirs => drop(merged.push.insert(field.clone())),
            Some(base) if base == ours => drop(merged.pull.insert(field.clone())),
            _ => drop(merged.conflicts.insert(field.clone(), (ours.cloned(), theirs.cloned()))),
        }
    }
    merged
}

/// The base after a look: fields on which both sides agree become what they say, all others stay as they were
#[must_use]
pub fn agreed(base: Option<&Fields>, kube: &Fields, ecs: &Fields, left_alone: impl Fn(&str) -> bool) -> Fields {
    let mut next = base.cloned().unwrap_or_default();
    next.retain(|field, _| left_alone(field) || kube.get(field) != ecs.get(field) || kube.contains_key(field));
    for (field, value) in kube.iter().filter(|(field, value)| ecs.get(*field) == Some(value)) {
        next.insert(field.clone(), value.clone());
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Fields {
        text.split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(field, value)| (field.to_owned(), value.into()))
            .collect()
    }

    /// `push | pull | conflicts`, each sorted
    fn outcome(base: Option<&str>, kube: &str, ecs: &str) -> String {
        let merged = merge(base.map(of).as_ref(), &of(kube), &of(ecs));
        let words = |set: Vec<&String>| set.into_iter().cloned().collect::<Vec<_>>().join(" ");
        let conflicts = words(merged.conflicts.keys().collect());
        format!("{}|{}|{conflicts}", words(merged.push.iter().collect()), words(merged.pull.iter().collect()))
    }

    #[test]
    fn each_row_of_the_merge_rule() {
        for (base, kube, ecs, expected) in [
            (Some("a=1"), "a=1", "a=1", "||"),
            (Some("a=1"), "a=2", "a=1", "a||"),
            (Some("a=1"), "a=1", "a=2", "|a|"),
            (Some("a=1"), "a=2", "a=2", "||"),
            (Some("a=1"), "a=2", "a=3", "||a"),
            (Some("a=1"), "", "a=1", "a||"),
            (Some("a=1"), "a=1", "", "|a|"),
            (Some("a=1"), "", "", "||"),
            (Some("a=1"), "", "a=2", "||a"),
            (Some(""), "a=1", "", "a||"),
            (Some(""), "", "a=1", "|a|"),
            (Some(""), "a=1", "a=2", "||a"),
            (None, "a=1", "a=1", "||"),
            (None, "a=1", "a=2", "||a"),
            (None, "a=1", "", "||a"),
            (Some("a=1 b=1 c=1"), "a=2 b=1 c=2", "a=1 b=2 c=3", "a|b|c"),
        ] {
            assert_eq!(outcome(base, kube, ecs), expected, "base {base:?}, here {kube:?}, on ECS {ecs:?}");
        }
    }

    #[test]
    fn the_base_moves_only_where_both_sides_say_the_same() {
        for (base, kube, ecs, expected) in [
            (None, "a=1 b=1", "a=1 b=2", "a=1"),
            (Some("a=0 b=0"), "a=1 b=1", "a=1 b=2", "a=1 b=0"),
            (Some("a=0 b=0"), "", "", ""),
            (Some("a=0"), "a=1", "", "a=0"),
            (Some("a=0 left=7"), "", "", "left=7"),
        ] {
            let next = agreed(base.map(of).as_ref(), &of(kube), &of(ecs), |field| field == "left");
            assert_eq!(next, of(expected), "base {base:?}, here {kube:?}, on ECS {ecs:?}");
        }
    }
}
