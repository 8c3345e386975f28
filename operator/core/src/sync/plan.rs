//! What a sync decided: steps for either side, what both agree on, what they do not, and what is kept back and why.
//!
//! *Guarantees*: every object that is not the same on both sides stands in exactly one of the lists at least; a step says in
//! words what it does without quoting what can hold a secret.
//!
//! *Not here*: how a step is carried out (`calls`, the sync process).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ecs_crds::status::Reason;
use ecs_crds::{AwsConflict, AwsStatus};
use jiff::Timestamp;
use serde_json::Value;

use super::side::{Buried, Id, ObjectRef, Owner, Synced};

/// What a look at both sides led to
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncPlan {
    /// Writes to AWS; each begins with recording its attempt in the object's status
    pub ecs: Vec<EcsStep>,
    /// Writes to the namespace
    pub kube: Vec<KubeStep>,
    /// The statuses that change: what both sides agree on is recorded here, after everything else
    pub agreed: Vec<StatusStep>,
    /// Objects that both sides changed
    pub conflicts: Vec<Conflict>,
    /// What would be done, and is not
    pub withheld: Vec<Withheld>,
    /// Objects that are waited for, and why
    pub waiting: BTreeMap<Id, String>,
    /// Objects of which nothing is known, and why
    pub unknown: BTreeMap<Id, String>,
    /// Too many deletions
    pub breaker: Option<Breaker>,
    /// What the EcsCluster remembers from now on
    pub ledger: Ledger,
    /// How many objects say the same on both sides
    pub equal: usize,
    /// What both sides still have: nothing of a kind left is a sign of a wrong look rather than of many deletions
    pub present: BTreeSet<Id>,
    /// What is made anew on ECS because it was gone there
    pub recreated: BTreeSet<Id>,
}

impl SyncPlan {
    /// Whether nothing is to be written anywhere
    #[must_use]
    pub fn is_quiet(&self, before: &Ledger) -> bool {
        self.ecs.is_empty() && self.kube.is_empty() && self.agreed.is_empty() && self.ledger == *before
    }
}

/// What the EcsCluster remembers of objects that may be gone
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// What both sides have
    pub synced: BTreeMap<Id, Synced>,
    /// What was deleted here and is still on ECS
    pub tombstones: BTreeMap<Id, Buried>,
}

/// A write to AWS
#[derive(Clone, Debug, PartialEq)]
pub struct EcsStep {
    /// What it is about
    pub id: Id,
    /// What is done
    pub act: EcsAct,
    /// Makes a repeated call the same call: equal for equal content on equal ground
    pub token: String,
    /// Recorded before the call is made, so that whoever comes after a crash knows of it; none where repeating it does no harm
    pub attempt: Option<Box<StatusStep>>,
}

/// What is done on AWS
#[derive(Clone, Debug, PartialEq)]
pub enum EcsAct {
    /// Makes it: registers the first revision, creates the service or schedule
    Create {
        /// The input that makes it
        document: Value,
        /// The tags that say whose it is
        owner: Owner,
    },
    /// Makes it what the document says: registers the next revision, updates the service or schedule
    Update {
        /// What is there
        before: Value,
        /// The input that would make it as it is to be
        document: Value,
        /// The fields in which the two differ
        fields: BTreeSet<String>,
        /// The tags that say whose it is
        owner: Owner,
        /// Its Amazon Resource Name
        arn: Option<String>,
    },
    /// Tags it as ours, so that it may be deleted with its object
    Claim {
        /// What is there: a schedule has no tags of its own, and is sent whole with its tasks' tags
        document: Value,
        /// Its Amazon Resource Name
        arn: String,
        /// The tags that say whose it is
        owner: Owner,
    },
    /// Deletes it, in exactly this state
    Delete {
        /// What is there
        before: Value,
        /// Its Amazon Resource Name
        arn: Option<String>,
        /// The tags that it must carry
        owner: Owner,
    },
}

/// A write to the namespace
#[derive(Clone, Debug, PartialEq)]
pub struct KubeStep {
    /// What it is about
    pub id: Id,
    /// What is done
    pub act: KubeAct,
    /// Recorded before: what ECS is known to say, so that an older answer is not taken for an edit. The step then applies to the
    /// object in the state that this leaves it in, where its generation is the same
    pub attempt: Option<Box<StatusStep>>,
}

/// What is done in the namespace
#[derive(Clone, Debug, PartialEq)]
pub enum KubeAct {
    /// Stores a revision of a family, or the number that a stored one has on ECS
    Revision {
        /// The family
        family: String,
        /// The number here
        number: i64,
        /// The number on ECS
        aws: i64,
        /// The document; none where it is stored already
        document: Option<Value>,
    },
    /// Makes an object
    Create {
        /// Its spec
        spec: Value,
        /// The digest of what it is imported as
        imported: String,
        /// When it was made on AWS: from then a rate counts, so that no past time fires here
        made: Option<Timestamp>,
        /// TaskDefinition: the number of its revision on ECS, which the workload operator takes where it can
        number: Option<i64>,
    },
    /// Pulls fields from ECS into a spec
    Pull {
        /// The object, in the state that was looked at
        object: ObjectRef,
        /// The fields, and what they become
        fields: BTreeMap<String, Option<Value>>,
        /// The spec with them
        spec: Value,
        /// TaskDefinition: the number of its revision on ECS, which the workload operator takes where it can
        number: Option<i64>,
    },
    /// Deletes an object, in exactly this state
    Delete {
        /// The object
        object: ObjectRef,
    },
}

/// A status that changes: `status.aws` and the condition Synced
#[derive(Clone, Debug, PartialEq)]
pub struct StatusStep {
    /// What it is about
    pub id: Id,
    /// The object
    pub object: ObjectRef,
    /// The new `status.aws`
    pub aws: AwsStatus,
    /// The condition Synced
    pub synced: Standing,
}

/// The condition Synced of an object
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether both sides say the same; none is Unknown
    pub synced: Option<bool>,
    /// Why: a [`Reason`]
    pub reason: String,
    /// Why, in words
    pub message: String,
}

impl Standing {
    /// A condition with its reason
    #[must_use]
    pub fn new(synced: Option<bool>, reason: Reason, message: impl Into<String>) -> Self {
        Self { synced, reason: reason.to_string(), message: message.into() }
    }
}

/// An object that both sides changed
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The object
    pub id: Id,
    /// The fields, and what each side says
    pub fields: Vec<AwsConflict>,
    /// Who wins, by policy; none where a person decides
    pub winner: Option<Winner>,
}

/// Whose word counts
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winner {
    /// What Kubernetes says
    Kubernetes,
    /// What ECS says
    Ecs,
}

/// A step that is not taken
#[derive(Clone, Debug, PartialEq)]
pub struct Withheld {
    /// The object
    pub id: Id,
    /// What would be done, in words
    pub what: String,
    /// What keeps it back
    pub why: Kept,
}

/// What keeps a step back
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The mode does not write that side
    Mode,
    /// The EcsCluster is paused
    Paused,
    /// More deletions are planned than one look may do
    Breaker,
    /// The policy retains it
    Policy,
    /// It carries no tag of ours, or another owner's
    NotOurs,
    /// AWS cannot change this in place
    Immutable,
    /// Another service of AWS manages it
    Managed,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mode => "the mode does not write that side",
            Self::Paused => "the sync is paused",
            Self::Breaker => "more deletions are planned than one look may do; confirm them, or undo what caused them",
            Self::Policy => "the deletion policy retains it",
            Self::NotOurs => "it carries no tag of ours",
            Self::Immutable => "AWS cannot change this in place; delete it and let it be made anew",
            Self::Managed => "another service of AWS manages it",
        })
    }
}

/// Too many deletions
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// A digest of the deletions, which a person repeats to confirm exactly these
    pub token: String,
    /// What would be deleted
    pub deletions: BTreeSet<String>,
    /// How many one look may do
    pub limit: usize,
}

impl EcsStep {
    /// What the step does, in words without values
    #[must_use]
    pub fn words(&self) -> String {
        let id = &self.id;
        match &self.act {
            EcsAct::Create { .. } => format!("create {id} on ECS"),
            EcsAct::Update { fields, .. } => format!("change {} of {id} on ECS", listed(fields.iter())),
            EcsAct::Claim { .. } => format!("tag {id} on ECS as ours"),
            EcsAct::Delete { .. } => format!("delete {id} on ECS"),
        }
    }
}

impl KubeStep {
    /// What the step does, in words without values
    #[must_use]
    pub fn words(&self) -> String {
        let id = &self.id;
        match &self.act {
            KubeAct::Revision { family, number, aws, document } => {
                let what = if document.is_some() { "store" } else { "number" };
                format!("{what} revision {family}:{number}, which is {family}:{aws} on ECS")
            }
            KubeAct::Create { .. } => format!("import {id}"),
            KubeAct::Pull { fields, .. } => format!("pull {} of {id} from ECS", listed(fields.keys())),
            KubeAct::Delete { .. } => format!("delete {id} here"),
        }
    }
}

/// Fields in words: the first few
fn listed<'a>(fields: impl Iterator<Item = &'a String>) -> String {
    let fields: Vec<&str> = fields.map(String::as_str).collect();
    match fields.len() {
        0..=4 => fields.join(", "),
        n => format!("{} and {} more", fields[..4].join(", "), n - 4),
    }
}
