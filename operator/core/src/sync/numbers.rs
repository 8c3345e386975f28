//! Revision numbers: `family:n` here is a local number, on ECS another; this is the crossing (decisions §2).
//!
//! *Not here*: when a revision is stored or registered (`decide`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::side::{Kind, Stored};
use crate::revision::next_number;
use crate::values::revision_ref::RevisionRef;
use crate::wire::canonical;

/// Which revision here is which on ECS, by family
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    families: BTreeMap<String, Family>,
}

#[derive(Clone, Debug, Default)]
struct Family {
    aws_of: BTreeMap<i64, BTreeSet<i64>>,
    taken: BTreeMap<i64, Value>,
}

/// A revision of a document as both sides can compare it
#[must_use]
pub fn content(document: &Value) -> Value {
    let mut content = document.clone();
    if let Value::Object(members) = &mut content {
        members.remove("tags");
    }
    serde_json::from_value(content).map_or(Value::Null, |spec| canonical::task_definition(&spec))
}

impl Numbers {
    /// What is stored says which is which
    #[must_use]
    pub fn of(stored: &BTreeMap<String, BTreeMap<i64, Stored>>) -> Self {
        let family = |revisions: &BTreeMap<i64, Stored>| Family {
            aws_of: revisions.iter().map(|(number, stored)| (*number, stored.aws.clone())).collect(),
            taken: revisions.iter().map(|(number, stored)| (*number, content(&stored.document))).collect(),
        };
        Self { families: stored.iter().map(|(name, revisions)| (name.clone(), family(revisions))).collect() }
    }

    /// The number on ECS of a revision here; where it has several there, the one that runs, else the newest
    #[must_use]
    pub fn aws(&self, family: &str, number: i64, runs: Option<i64>) -> Option<i64> {
        let numbers = self.families.get(family)?.aws_of.get(&number)?;
        runs.filter(|runs| numbers.contains(runs)).or_else(|| numbers.last().copied())
    }

    /// The number of the newest revision here
    #[must_use]
    pub fn newest(&self, family: &str) -> Option<i64> {
        self.families.get(family)?.taken.last_key_value().map(|(number, _)| *number)
    }

    /// The number here of a revision on ECS
    #[must_use]
    pub fn local(&self, family: &str, aws: i64) -> Option<i64> {
        let found = self.families.get(family)?;
        found.aws_of.iter().rev().find(|(_, numbers)| numbers.contains(&aws)).map(|(number, _)| *number)
    }

    /// The newest revision here, where it has this content
    #[must_use]
    pub fn newest_if(&self, family: &str, wanted: &Value) -> Option<i64> {
        let (number, content) = self.families.get(family)?.taken.last_key_value()?;
        (content == wanted).then_some(*number)
    }

    /// The newest of the revisions here that have this content
    #[must_use]
    pub fn same(&self, family: &str, wanted: &Value) -> Option<i64> {
        let found = self.families.get(family)?;
        found.taken.iter().rev().find(|(_, content)| *content == wanted).map(|(number, _)| *number)
    }

    /// The number that the newest revision of ECS gets here: its own where that is free and above all others, else the next
    /// one. The workload operator allots it by the same rule
    pub fn allot_newest(&mut self, family: &str, aws: i64, wanted: Value) -> i64 {
        let number = next_number(self.newest(family), Some(aws));
        self.take(family, number, aws, wanted);
        number
    }

    /// A number for an older revision of ECS: its own where that is free, else another that leaves the newest one the newest.
    /// None where all are taken
    pub fn allot_older(&mut self, family: &str, aws: i64, wanted: Value) -> Option<i64> {
        let newest = self.newest(family);
        let taken = |number: i64| self.families.get(family).is_some_and(|found| found.taken.contains_key(&number));
        let below = |number: &i64| newest.is_none_or(|newest| *number < newest) && !taken(*number);
        let number = Some(aws).filter(below).or_else(|| (1..newest?).rev().find(below))?;
        self.take(family, number, aws, wanted);
        Some(number)
    }

    fn take(&mut self, family: &str, number: i64, aws: i64, wanted: Value) {
        self.families.entry(family.to_owned()).or_default().taken.insert(number, wanted);
        self.note(family, number, aws);
    }

    /// Notes a number on ECS of a revision here
    pub fn note(&mut self, family: &str, number: i64, aws: i64) {
        self.families.entry(family.to_owned()).or_default().aws_of.entry(number).or_default().insert(aws);
    }
}

/// The field that names a task definition
#[must_use]
pub fn reference_field(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::TaskDefinition => None,
        Kind::Service => Some("/taskDefinition"),
        Kind::Schedule => Some("/task/taskDefinition"),
    }
}

/// What a document names, where it names a task definition at all
#[must_use]
pub fn reference(kind: Kind, document: &Value) -> Option<RevisionRef> {
    document.pointer(reference_field(kind)?)?.as_str()?.parse().ok()
}
