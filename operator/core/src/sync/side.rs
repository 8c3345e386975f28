//! The two sides of a sync as they were observed, and what each piece of evidence is worth.
//!
//! *Guarantees*: there is no way to say "absent" by leaving something out. What was not read is [`Seen::Unknown`]; only an
//! answer that names the object as missing is [`Seen::Missing`], and even that proves nothing until it is seen again.
//!
//! *Not here*: who reads (`ports::Ecs`, `ecs-kube`), who decides (`decide`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use ecs_crds::AwsStatus;
use jiff::Timestamp;
use serde_json::Value;

use super::plan::Standing;

/// The kinds that have a counterpart on AWS
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A family of task definitions
    TaskDefinition,
    /// A service with its scaling
    Service,
    /// An EventBridge schedule or rule that runs a task
    Schedule,
}

impl Kind {
    /// The kind of our object
    #[must_use]
    pub fn object(self) -> &'static str {
        match self {
            Self::TaskDefinition => "TaskDefinition",
            Self::Service => "EcsService",
            Self::Schedule => "ScheduledTask",
        }
    }
}

/// What pairs the two sides: the kind and the name on AWS
///
/// A family; a service's name; `group/name` of a schedule, `rule:name` of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The kind
    pub kind: Kind,
    /// The name on AWS
    pub name: String,
}

impl Id {
    /// A family, a service or a schedule by its name on AWS
    #[must_use]
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.object(), self.name)
    }
}

/// A text that is no `Kind/name`
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no object; write TaskDefinition/…, EcsService/… or ScheduledTask/…")]
pub struct IdError(String);

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kinds = [Kind::TaskDefinition, Kind::Service, Kind::Schedule];
        let (kind, name) = text.split_once('/').ok_or_else(|| IdError(text.to_owned()))?;
        let kind = kinds.into_iter().find(|k| k.object() == kind).ok_or_else(|| IdError(text.to_owned()))?;
        Ok(Self::new(kind, name))
    }
}

/// What ECS, EventBridge and Application Auto Scaling said in one sweep
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EcsSide {
    /// The account that answered; none where it could not be learnt
    pub account: Option<String>,
    /// Whether the ECS cluster is there
    pub cluster: Alive,
    /// Every object that was listed or asked for
    pub seen: BTreeMap<Id, Seen>,
    /// Revisions of families by their number on ECS: those that services and schedules name, and the newest. INACTIVE ones too
    pub revisions: BTreeMap<String, BTreeMap<i64, Value>>,
    /// What could not be read, and why, in words
    pub unreadable: BTreeMap<String, String>,
}

/// Whether the ECS cluster is there
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alive {
    /// It could not be read
    #[default]
    Unknown,
    /// It answers and is ACTIVE
    Active,
    /// ECS says that it is INACTIVE or missing
    Gone,
}

/// What was seen of one object
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// It is there
    There(Box<Remote>),
    /// It is being deleted: its name is not free yet
    Draining,
    /// It was asked for by name, and the complete, authorised answer says that there is none
    Missing,
    /// It could not be read, and why
    Unknown(String),
}

/// An object on AWS
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remote {
    /// Its Amazon Resource Name
    pub arn: Option<String>,
    /// The input that would make it, in our spelling; task definitions are named by their numbers on ECS
    pub document: Value,
    /// Members of the document that could not be read, as fields: they are neither compared nor written
    pub unread: BTreeSet<String>,
    /// Whom our tags name
    pub owner: Option<Owner>,
    /// TaskDefinition: the number of the newest ACTIVE revision, which `document` is
    pub revision: Option<i64>,
    /// Service: the revision whose deployment ECS's circuit breaker took back
    pub failed_revision: Option<i64>,
    /// Service: whether a scalable target owns its desired count
    pub scaled: bool,
    /// When it was made, where AWS says so
    pub made: Option<Timestamp>,
    /// Another service of AWS that manages it: it is read and never written
    pub managed_by: Option<String>,
}

/// The owner that our tags name
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The UID of the EcsCluster
    pub binding: String,
    /// The UID of the object
    pub uid: String,
}

/// What the namespace holds
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KubeSide {
    /// The objects, by their counterparts' names
    pub locals: BTreeMap<Id, Local>,
    /// The revisions of families by their number here
    pub revisions: BTreeMap<String, BTreeMap<i64, Stored>>,
    /// What both sides had: an object that is listed here and is not in `locals` was deleted here
    pub synced: BTreeMap<Id, Synced>,
    /// What was deleted here and is still on ECS
    pub tombstones: BTreeMap<Id, Buried>,
}

/// A task definition revision in the namespace
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its numbers on ECS: none where it has no counterpart there, several where ECS registered the same twice
    pub aws: BTreeSet<i64>,
    /// Its document
    pub document: Value,
}

/// An object of ours
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Local {
    /// Which object it is
    pub object: ObjectRef,
    /// Whether it is being deleted
    pub deleting: bool,
    /// Its spec, as it is stored
    pub spec: Value,
    /// `status.aws`
    pub aws: AwsStatus,
    /// The condition Synced; none where it was never written
    pub standing: Option<Standing>,
    /// The digest of what it was imported as; none where a person made it
    pub imported: Option<String>,
    /// Whether something here owns the desired count
    pub autoscaled: bool,
}

/// An object here in exactly this state
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectRef {
    /// metadata.name
    pub name: String,
    /// metadata.uid
    pub uid: String,
    /// metadata.resourceVersion, a precondition of every write to its spec
    pub resource_version: String,
}

/// An object that both sides have, or had
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// The UID of the object here
    pub uid: String,
    /// A digest of what both sides agreed on
    pub digest: String,
}

/// An object that was deleted here while its counterpart stayed
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buried {
    /// The UID of the object that was here
    pub uid: String,
    /// A digest of what both sides had agreed on
    pub digest: String,
    /// When the deletion was seen
    pub at: Timestamp,
    /// Whether the policy of that time wants the counterpart deleted
    pub delete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        for id in [
            Id::new(Kind::TaskDefinition, "web"),
            Id::new(Kind::Service, "web"),
            Id::new(Kind::Schedule, "default/nightly"),
            Id::new(Kind::Schedule, "rule:nightly"),
        ] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in ["web", "Deployment/web", ""] {
            assert_eq!(text.parse::<Id>(), Err(IdError(text.to_owned())));
        }
    }
}
