//! R-REGEX: a Java regular expression, as the values that match it now.
//!
//! Kubernetes compares labels with lists of values alone, so a pattern is expanded to those that nodes have, and those that
//! the administrator says they may have.

use std::collections::BTreeSet;

use regex::bytes::{Regex, RegexBuilder};

use super::subject::is_label_value;
use crate::config::Context;

/// What a compiled pattern may take, in bytes
const SIZE_MAX: usize = 1 << 20;

/// The labels by which Karpenter and EKS Auto Mode tell a node's instance family
const FAMILY_LABELS: &[&str] = &["karpenter.k8s.aws/instance-family", "eks.amazonaws.com/instance-family"];

/// A pattern for whole values
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern as Java reads it: `\d` and `\w` are ASCII
    ///
    /// None for what this engine does not know (look-around, back-references) or reads otherwise (possessive repetition).
    pub(super) fn new(java: &str) -> Option<Self> {
        let compile = |pattern: &str| RegexBuilder::new(pattern).unicode(false).size_limit(SIZE_MAX).build().ok();
        // Alone first, so that a bracket too many does not escape from the group around it
        compile(java).filter(|_| !possessive(java))?;
        compile(&format!("\\A(?:{java})\\z")).map(Self)
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        self.0.is_match(value.as_bytes())
    }
}

/// Whether a repetition is followed by `+`, which in Java means that it never gives back
fn possessive(pattern: &str) -> bool {
    let (mut escaped, mut in_class, mut repeated) = (false, false, false);
    for c in pattern.chars() {
        let repeats = !escaped && !in_class && matches!(c, '*' | '+' | '?' | '}');
        if repeated && c == '+' && repeats {
            return true;
        }
        // `a*?` repeats too, and nothing may follow that
        repeated = repeats && !repeated;
        in_class = !escaped && (c == '[' || in_class && c != ']') || escaped && in_class;
        escaped = !escaped && c == '\\';
    }
    false
}

/// The values that nodes have or may have at a label
pub(super) fn candidates<'a>(label: &str, context: &'a Context) -> BTreeSet<&'a str> {
    let universe = context.config.label_universe.get(label);
    let mut values = context.nodes.values(label);
    values.extend(universe.into_iter().flatten().map(String::as_str).filter(|value| is_label_value(value)));
    values
}

/// `m5.*` of instance types by the instance families' own label, which a new size does not change
///
/// Only where nodes bear that label, and every node of such a type does: else nodes that match would be left out. The
/// families are the one that is written, and known ones that begin with it (`m5.*` is m5d too).
pub(super) fn families(pattern: &str, types_label: &str, context: &Context) -> Option<(String, BTreeSet<String>)> {
    let family = pattern.strip_suffix(".*")?;
    // `m5\.*` is m5 and dots
    if family.is_empty() || !family.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return None;
    }
    let label =
        *FAMILY_LABELS.iter().find(|label| context.nodes.iter().any(|node| node.labels.contains_key(**label)))?;
    let mut matching = context
        .nodes
        .iter()
        .filter(|node| node.labels.get(types_label).is_some_and(|instance_type| instance_type.starts_with(family)));
    if !matching.all(|node| node.labels.contains_key(label)) {
        return None;
    }
    let known = candidates(label, context).into_iter().chain(
        candidates(types_label, context).into_iter().filter_map(|instance_type| Some(instance_type.split_once('.')?.0)),
    );
    let families: BTreeSet<String> = known
        .chain([family])
        .filter(|known| known.starts_with(family) && is_label_value(known))
        .map(str::to_owned)
        .collect();
    Some((label.to_owned(), families)).filter(|(_, families)| !families.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_for_whole_values_and_read_as_java_does() {
        for (pattern, value, expected) in [
            ("g2.*", "g2.2xlarge", Some(true)),
            ("g2.*", "xg2.2xlarge", Some(false)),
            ("t2|t3", "t3x", Some(false)),
            (r"[cm]5\.\w+", "m5.large", Some(true)),
            (r"\d", "\u{664}", Some(false)),
            ("a{2}", "aa", Some(true)),
            ("[*+]+", "*+", Some(true)),
            (r"\*+", "**", Some(true)),
            ("a*?b", "aab", Some(true)),
            ("(?=a)a", "a", None),
            (r"(a)\1", "aa", None),
            ("a*+", "aa", None),
            ("a)(b", "ab", None),
            ("(", "", None),
        ] {
            assert_eq!(Pattern::new(pattern).map(|p| p.matches(value)), expected, "{pattern} {value}");
        }
    }
}
