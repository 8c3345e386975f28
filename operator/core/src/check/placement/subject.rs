//! What ECS's attributes of a container instance are on a node.

use std::collections::BTreeSet;

use ecs_crds::GROUP;

use super::formula::Formula;
use crate::check::task::windows_build;
use crate::config::{COMPUTE_TYPE, Context};
use crate::model::placement::{LabelTest, NO_VALUE};
use crate::names::LABEL_MAX;

const OS: &str = "kubernetes.io/os";
const WINDOWS_BUILD: &str = "node.kubernetes.io/windows-build";
pub(super) const INSTANCE_TYPE: &str = "node.kubernetes.io/instance-type";

/// A node label that stands for an attribute
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) key: String,
    pub(super) values: Values,
    /// Whether every node has it
    pub(super) always: bool,
    /// Whether it is one that nobody but the user gives to nodes
    pub(super) own: bool,
}

/// What the values of an attribute are as values of the label
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    Same,
    /// Others, by ECS's word
    Table(&'static [(&'static str, &'static str)]),
    /// An operating system, and for Windows a build beside
    OsFamily,
}

/// Attributes with a label of their own: name, label, whether every node has it, values
const ATTRIBUTES: &[(&str, &str, bool, Values)] = &[
    ("ecs.availability-zone", "topology.kubernetes.io/zone", true, Values::Same),
    ("ecs.instance-type", INSTANCE_TYPE, true, Values::Same),
    ("ecs.os-type", OS, true, Values::Table(&[("linux", "linux"), ("windows", "windows")])),
    ("ecs.os-family", OS, true, Values::OsFamily),
    ("ecs.cpu-architecture", "kubernetes.io/arch", true, Values::Table(&[("x86_64", "amd64"), ("arm64", "arm64")])),
    ("ecs.ami-id", "eks.amazonaws.com/nodegroup-image", false, Values::Same),
];

/// The label of an attribute; none where only the administrator could know it, or named none that is legal
pub(super) fn label(attribute: &str, context: &Context) -> Option<Label> {
    let same = |key: String, own| Label { key, values: Values::Same, always: false, own };
    if let Some(configured) = context.config.attribute_labels.get(attribute) {
        return Some(same(configured.clone(), false)).filter(|label| is_key(&label.key));
    }
    if let Some((_, key, always, values)) = ATTRIBUTES.iter().find(|(name, ..)| *name == attribute) {
        return Some(Label { key: (*key).to_owned(), values: *values, always: *always, own: false });
    }
    if attribute.starts_with("ecs.") {
        return None;
    }
    Some(same(if is_qualified(attribute) { attribute.to_owned() } else { own_key(attribute) }, true))
}

/// `ecs.capability.external`, the one capability that has a label: ECS Anywhere is EKS Hybrid Nodes
pub(super) fn external(attribute: &str, context: &Context) -> Option<Formula> {
    if attribute != "ecs.capability.external" || context.config.attribute_labels.contains_key(attribute) {
        return None;
    }
    Some(Formula::Label(COMPUTE_TYPE.to_owned(), LabelTest::In(BTreeSet::from(["hybrid".to_owned()]))))
}

/// The attribute's name in our own domain
fn own_key(attribute: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = attribute.chars().map(legal).take(LABEL_MAX).collect();
    let name = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    format!("ecs-attribute.{GROUP}/{}", if name.is_empty() { "x" } else { name })
}

/// Whether a text is a label key with a domain
pub(super) fn is_qualified(key: &str) -> bool {
    key.split_once('/').is_some_and(|(domain, name)| is_subdomain(domain) && !name.is_empty() && is_label_value(name))
}

/// Whether a text may be the key of a label
pub(super) fn is_key(key: &str) -> bool {
    is_qualified(key) || !key.is_empty() && is_label_value(key)
}

/// Whether a text may be the name of a node, or the domain of a key
pub(super) fn is_subdomain(text: &str) -> bool {
    let part = |part: &str| {
        let inner = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        inner && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

/// Whether a text may be the value of a label
pub(super) fn is_label_value(text: &str) -> bool {
    let end = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= LABEL_MAX
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && end(text.chars().next())
        && end(text.chars().next_back())
}

impl Label {
    /// The nodes that have the label
    pub(super) fn exists(&self) -> Formula {
        if self.always { Formula::EVERY } else { Formula::Label(self.key.clone(), LabelTest::Exists) }
    }

    /// The nodes that have one of these values, and the words that no node can have
    pub(super) fn is_any_of(&self, words: &BTreeSet<&str>) -> (Formula, BTreeSet<String>) {
        let mut unknown = BTreeSet::new();
        let mut known = |word: &str, value: Option<&str>| {
            if value.is_none() {
                unknown.insert(word.to_owned());
            }
            value.map(str::to_owned)
        };
        let values: BTreeSet<String> = match self.values {
            Values::Same => words.iter().map(|word| (*word).to_owned()).collect(),
            Values::Table(table) => {
                let find = |word: &str| table.iter().find(|(ecs, _)| *ecs == word).map(|(_, value)| *value);
                words.iter().filter_map(|word| known(word, find(word))).collect()
            }
            Values::OsFamily => {
                let systems = words.iter().map(|word| match (*word, windows_build(word)) {
                    ("LINUX", _) => self.one_of(BTreeSet::from(["linux".to_owned()])),
                    (_, Some(build)) => {
                        let build = LabelTest::In(BTreeSet::from([build.to_owned()]));
                        let windows = self.one_of(BTreeSet::from(["windows".to_owned()]));
                        Formula::All(vec![windows, Formula::Label(WINDOWS_BUILD.to_owned(), build)])
                    }
                    (word, None) => {
                        unknown.insert(word.to_owned());
                        Formula::NONE
                    }
                });
                return (Formula::Any(systems.collect()), unknown);
            }
        };
        (self.one_of(values), unknown)
    }

    /// The nodes that have one of these values of the label
    pub(super) fn one_of(&self, mut values: BTreeSet<String>) -> Formula {
        if values.is_empty() {
            values.insert(NO_VALUE.to_owned());
        }
        Formula::Label(self.key.clone(), LabelTest::In(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_of_ones_own_is_a_label_of_a_legal_name() {
        for (attribute, expected) in [
            ("stack", "ecs-attribute.ecs-operator.dev/stack"),
            ("my stack\\x", "ecs-attribute.ecs-operator.dev/my_stack_x"),
            ("-_-", "ecs-attribute.ecs-operator.dev/x"),
            ("example.com/stack", "example.com/stack"),
            ("Example.com/stack", "ecs-attribute.ecs-operator.dev/Example.com_stack"),
            ("a/b/c", "ecs-attribute.ecs-operator.dev/a_b_c"),
            ("ecs.ami-id", "eks.amazonaws.com/nodegroup-image"),
        ] {
            assert_eq!(label(attribute, &Context::default()).map(|label| label.key).as_deref(), Some(expected));
        }
        assert_eq!(label("ecs.subnet-id", &Context::default()), None);
    }
}
