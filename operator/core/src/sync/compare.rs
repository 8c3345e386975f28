//! One object on both sides, in one form: what each says by field, what both last agreed on, and which fields stay out of it.
//!
//! *Guarantees*: a field that could not be read on ECS, or that something else owns, is neither compared nor written; the
//! fields that are compared hold no secret's value.
//!
//! *Not here*: what is done about differences (`decide`).

use std::collections::BTreeSet;

use ecs_crds::{AwsRolledBack, SyncResource};
use serde_json::Value;

use super::fields::{self, Fields};
use super::merge::{self, Merged};
use super::numbers::{self, Numbers, reference_field};
use super::policy::Policy;
use super::side::{Id, Kind, Local, Remote};
use crate::wire::canonical;

/// Fields of a service that are AWS's choice where a document says nothing: absent here matches anything there
const OPEN: &[&str] = &["/availabilityZoneRebalancing", "/capacityProviderStrategy", "/desiredCount", "/launchType"];
/// Members that are ours alone
const OURS: &[&str] = &["kubernetes"];

/// One object on both sides
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// What the object here says, task definitions by their numbers on ECS
    pub(super) ours: Value,
    /// What ECS says
    pub(super) theirs: Value,
    /// The fields of both, and the base, as they may stand in a status
    pub(super) kube: Fields,
    /// What ECS says, by field
    pub(super) ecs: Fields,
    /// What both last agreed on
    pub(super) base: Option<Fields>,
    /// Fields, and those below them, that are neither compared nor written
    pub(super) left_alone: BTreeSet<String>,
    /// The deployment that ECS took back, where it is so
    pub(super) rolled_back: Option<AwsRolledBack>,
    /// Why the task definition that the object names cannot be named on ECS
    pub(super) unresolved: Option<String>,
}

/// The canonical form of a document of a kind; a document that cannot be read has none
#[must_use]
pub(super) fn canonical(kind: Kind, document: &Value) -> Value {
    let document = document.clone();
    match kind {
        Kind::TaskDefinition => {
            serde_json::from_value(document).map_or(Value::Null, |s| canonical::task_definition(&s))
        }
        Kind::Service => serde_json::from_value(document).map_or(Value::Null, |s| canonical::service(&s)),
        Kind::Schedule => serde_json::from_value(document).map_or(Value::Null, |s| canonical::schedule(&s)),
    }
}

/// A spec of ours in the words of ECS: the task definition by its number there, overrides as input; and why that number is
/// not known, where it is not
#[must_use]
pub(super) fn in_aws_words(
    id: &Id,
    spec: &Value,
    remote: Option<&Remote>,
    numbers: &Numbers,
) -> (Value, Option<String>) {
    let mut document = spec.clone();
    for member in OURS {
        fields::set(id.kind, &mut document, &format!("/{member}"), None);
    }
    if id.kind == Kind::Schedule {
        overrides_as_input(&mut document);
    }
    let (Some(field), Some(named)) = (reference_field(id.kind), numbers::reference(id.kind, spec)) else {
        return (document, None);
    };
    let runs = remote.and_then(|remote| numbers::reference(id.kind, &remote.document));
    let runs = runs.filter(|runs| runs.family == named.family).and_then(|runs| runs.revision);
    // A bare family follows the newest revision here
    let number = named.revision.or_else(|| numbers.newest(&named.family));
    let aws = number.and_then(|number| numbers.aws(&named.family, number, runs));
    let Some(aws) = aws else {
        let why = format!("{} has no counterpart on ECS yet", named.local());
        return (document, Some(why));
    };
    fields::set(id.kind, &mut document, field, Some(format!("{}:{aws}", named.family).into()));
    (document, None)
}

fn overrides_as_input(document: &mut Value) {
    let Some(task) = document.get_mut("task").and_then(Value::as_object_mut) else { return };
    let Some(overrides) = task.remove("overrides").filter(|overrides| !overrides.is_null()) else { return };
    if let Some(members) = document.as_object_mut().filter(|members| members.get("input").is_none_or(Value::is_null)) {
        members.insert("input".to_owned(), overrides.to_string().into());
    }
}

impl Pair {
    /// Compares an object with its counterpart
    #[must_use]
    pub(super) fn of(id: &Id, local: &Local, remote: &Remote, numbers: &Numbers, policy: &Policy) -> Self {
        let kind = id.kind;
        let (ours, unresolved) = in_aws_words(id, &local.spec, Some(remote), numbers);
        let theirs = remote.document.clone();
        let salt = local.object.uid.as_str();
        let shown = |document: &Value| fields::all_shown(&fields::fields(kind, &canonical(kind, document)), salt);
        let mut pair = Self {
            kube: shown(&ours),
            ecs: shown(&theirs),
            base: local.aws.base.clone(),
            left_alone: remote.unread.clone(),
            ours,
            theirs,
            rolled_back: None,
            unresolved,
        };
        if pair.unresolved.is_some() {
            pair.left_alone.extend(reference_field(kind).map(str::to_owned));
        }
        pair.leave_alone(kind, local, remote, policy);
        pair.understand_roll_back(id, local, remote);
        pair.find_base(id, local, remote, numbers, policy);
        pair
    }

    /// What another owner decides, and what is AWS's choice
    fn leave_alone(&mut self, kind: Kind, local: &Local, remote: &Remote, policy: &Policy) {
        if kind != Kind::Service {
            return;
        }
        let scaling = policy.resources.contains(&SyncResource::AutoScaling);
        if !scaling {
            self.left_alone.insert("/autoScaling".to_owned());
        }
        let daemon = self.ours.get("schedulingStrategy").is_some_and(|strategy| strategy == "DAEMON");
        let unknown = scaling && remote.unread.contains("/autoScaling");
        let scaled = remote.scaled || local.autoscaled || self.ours.get("autoScaling").is_some_and(|s| !s.is_null());
        if daemon || unknown || scaled {
            self.left_alone.insert("/desiredCount".to_owned());
        }
        for open in OPEN.iter().filter(|open| !self.kube.contains_key(**open)) {
            self.left_alone.insert((*open).to_owned());
        }
    }

    /// A deployment that ECS's circuit breaker took back is no edit: until the object here changes, ECS is taken to say what
    /// was tried
    fn understand_roll_back(&mut self, id: &Id, local: &Local, remote: &Remote) {
        let (Some(field), Some(runs)) = (reference_field(id.kind), numbers::reference(id.kind, &self.theirs)) else {
            return;
        };
        let Some(to) = runs.revision else { return };
        let seen = remote.failed_revision.filter(|from| *from != to).map(|from| AwsRolledBack { from, to });
        let Some(rolled_back) = seen.or_else(|| local.aws.rolled_back.clone().filter(|known| known.to == to)) else {
            return;
        };
        let tried = Value::from(format!("{}:{}", runs.family, rolled_back.from));
        let ours = self.kube.get(field) == Some(&tried);
        let was = self.base.as_ref().and_then(|base| base.get(field)) == Some(&tried);
        if ours || was {
            self.ecs.insert(field.to_owned(), tried);
            self.rolled_back = ours.then_some(rolled_back);
        }
    }

    /// Without a recorded base, what the object was imported as, or the revision that ECS's newest is known to be, stands for it
    fn find_base(&mut self, id: &Id, local: &Local, remote: &Remote, numbers: &Numbers, policy: &Policy) {
        if self.base.is_some() {
            return;
        }
        if local.imported.as_deref() == Some(import_digest(id.kind, &self.ours, policy).as_str()) {
            self.base = Some(self.kube.clone());
        } else if remote.revision.is_some_and(|aws| numbers.local(&id.name, aws).is_some()) {
            self.base = Some(self.ecs.clone());
        }
    }

    /// Whether a field stays out of it
    #[must_use]
    pub(super) fn stays_out(&self, field: &str) -> bool {
        stays_out(&self.left_alone, field)
    }

    /// What is due for each field
    #[must_use]
    pub(super) fn merged(&self) -> Merged {
        let mut merged = merge::merge(self.base.as_ref(), &self.kube, &self.ecs);
        merged.push.retain(|field| !self.stays_out(field));
        merged.pull.retain(|field| !self.stays_out(field));
        merged.conflicts.retain(|field, _| !self.stays_out(field));
        merged
    }

    /// The base after this look
    #[must_use]
    pub(super) fn next_base(&self) -> Fields {
        merge::agreed(self.base.as_ref(), &self.kube, &self.ecs, |field| self.stays_out(field))
    }

    /// A digest of what ECS says, but for what stays out of it
    #[must_use]
    pub(super) fn ecs_digest(&self) -> String {
        fields::digest(&self.compared(&self.ecs))
    }

    /// The same digest of a document that ECS is to have
    #[must_use]
    pub(super) fn digest_of(&self, kind: Kind, document: &Value, salt: &str) -> String {
        let shown = fields::all_shown(&fields::fields(kind, &canonical(kind, document)), salt);
        fields::digest(&self.compared(&shown))
    }

    fn compared(&self, of: &Fields) -> Fields {
        of.iter().filter(|(field, _)| !self.stays_out(field)).map(|(f, v)| (f.clone(), v.clone())).collect()
    }
}

fn stays_out(left_alone: &BTreeSet<String>, field: &str) -> bool {
    left_alone
        .iter()
        .any(|alone| field.strip_prefix(alone.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// A digest of what a document says, salted by the EcsCluster: an object that is imported carries it
#[must_use]
pub(super) fn import_digest(kind: Kind, document: &Value, policy: &Policy) -> String {
    fields::digest(&fields::all_shown(&fields::fields(kind, &canonical(kind, document)), &policy.binding))
}

/// A digest of what ECS says of an object, but for how many tasks it runs: that changes by itself
#[must_use]
pub(super) fn agreed_digest(kind: Kind, remote: &Remote, uid: &str) -> String {
    let mut shown = fields::all_shown(&fields::fields(kind, &canonical(kind, &remote.document)), uid);
    shown.remove("/desiredCount");
    fields::digest(&shown)
}
