//! One look at both sides: every object in turn, from what was seen of it to what is wished for it.
//!
//! ```text
//! here   on ECS                 what is wished
//! yes    yes        ─► pair      merge by field
//! yes    missing    ─► alone     make it, wait for proof, delete here, or say so
//! no     yes        ─► absent    import it, or remember that it was deleted here
//! any    unknown    ─► nothing, and say so
//! ```
//!
//! *Guarantees*: nothing is wished on the strength of something that was not read.
//!
//! *Not here*: what the policy lets pass (`policy`).

use std::collections::BTreeSet;

use ecs_crds::status::Reason;
use ecs_crds::{AwsStatus, SyncHold};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

use super::compare::{self, agreed_digest, import_digest, in_aws_words};
use super::fields;
use super::numbers::{self, Numbers, reference_field};
use super::plan::{EcsAct, EcsStep, Kept, KubeAct, KubeStep, Ledger, Standing, StatusStep, SyncPlan, Withheld};
use super::policy::Policy;
use super::side::{Alive, Buried, EcsSide, Id, Kind, KubeSide, Local, Owner, Remote, Seen};
use crate::names;

/// How long a write may stay unseen, and how far apart two sightings of absence are
pub const SETTLE: SignedDuration = SignedDuration::from_secs(60);

/// A look under way
pub(super) struct Look<'a> {
    pub(super) ecs: &'a EcsSide,
    pub(super) kube: &'a KubeSide,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
    pub(super) numbers: Numbers,
    pub(super) plan: SyncPlan,
}

impl<'a> Look<'a> {
    pub(super) fn new(ecs: &'a EcsSide, kube: &'a KubeSide, policy: &'a Policy, now: Timestamp) -> Self {
        let ledger = Ledger { synced: kube.synced.clone(), tombstones: kube.tombstones.clone() };
        let plan = SyncPlan { ledger, ..SyncPlan::default() };
        Self { ecs, kube, policy, now, numbers: Numbers::of(&kube.revisions), plan }
    }

    /// Looks at every object, families first: services name their revisions
    pub(super) fn all(mut self) -> SyncPlan {
        let (kube, ecs) = (self.kube, self.ecs);
        let ids: BTreeSet<&Id> =
            kube.locals.keys().chain(ecs.seen.keys()).chain(kube.synced.keys()).chain(kube.tombstones.keys()).collect();
        let foreign = self.foreign_account();
        for id in ids.into_iter().filter(|id| self.policy.covers(id.kind)) {
            match &foreign {
                Some(why) => self.nothing_known(id, why.clone()),
                None => self.one(id),
            }
        }
        self.plan
    }

    /// Another account than the pinned one answers: nothing that it says is about our objects
    fn foreign_account(&self) -> Option<String> {
        let pinned = self.policy.account.as_ref()?;
        match &self.ecs.account {
            Some(account) if account == pinned => None,
            Some(account) => Some(format!("account {account} answers, but this binding is with {pinned}")),
            None => Some(format!("it is not known which account answers; this binding is with {pinned}")),
        }
    }

    fn one(&mut self, id: &Id) {
        let local = self.kube.locals.get(id);
        let unread = || Seen::Unknown("it was not read".to_owned());
        let mut seen = self.ecs.seen.get(id).cloned().unwrap_or_else(unread);
        if seen == Seen::Missing && self.ecs.cluster != Alive::Active {
            seen = Seen::Unknown(
                "the ECS cluster is not known to be active, so nothing is known to be missing".to_owned(),
            );
        }
        match (local, seen) {
            (_, Seen::Unknown(why)) => self.nothing_known(id, why),
            (Some(local), _) if local.deleting => {
                self.plan.waiting.insert(id.clone(), "the object here is being deleted".to_owned());
            }
            (Some(local), Seen::There(remote)) => self.pair(id, local, &remote),
            (Some(local), Seen::Missing) => self.alone(id, local),
            (Some(local), Seen::Draining) => {
                let why = "its predecessor on ECS is still draining";
                self.plan.waiting.insert(id.clone(), why.to_owned());
                let standing = Standing::new(Some(false), Reason::Syncing, why);
                self.status(id, local, AwsStatus { missing_since: None, ..local.aws.clone() }, standing);
            }
            (None, Seen::There(remote)) => self.absent(id, &remote),
            (None, Seen::Missing | Seen::Draining) => self.forget(id),
        }
    }

    fn nothing_known(&mut self, id: &Id, why: String) {
        if let Some(local) = self.kube.locals.get(id) {
            let standing = Standing::new(None, Reason::Unknown, why.clone());
            self.status(id, local, AwsStatus { missing_since: None, ..local.aws.clone() }, standing);
        }
        self.plan.unknown.insert(id.clone(), why);
    }

    /// Wishes a status, where it is not there yet
    pub(super) fn status(&mut self, id: &Id, local: &Local, aws: AwsStatus, synced: Standing) {
        if local.aws != aws || local.standing.as_ref() != Some(&synced) {
            self.plan.agreed.push(StatusStep { id: id.clone(), object: local.object.clone(), aws, synced });
        }
    }

    pub(super) fn wish_ecs(&mut self, id: &Id, act: EcsAct, ground: &str, attempt: Option<StatusStep>) {
        let what = json!([&self.policy.binding, id.to_string(), ground]);
        let token = names::sha256(&what.to_string())[..32].to_owned();
        self.plan.ecs.push(EcsStep { id: id.clone(), act, token, attempt: attempt.map(Box::new) });
    }

    pub(super) fn wish_kube(&mut self, id: &Id, act: KubeAct) {
        self.plan.kube.push(KubeStep { id: id.clone(), act, attempt: None });
    }

    pub(super) fn withhold(&mut self, id: &Id, what: String, why: Kept) {
        self.plan.withheld.push(Withheld { id: id.clone(), what, why });
    }

    pub(super) fn owner(&self, local: &Local) -> Owner {
        Owner { binding: self.policy.binding.clone(), uid: local.object.uid.clone() }
    }

    /// Whether a write has begun that ECS does not show yet
    pub(super) fn unsettled(&self, local: &Local) -> bool {
        local.aws.attempt.as_ref().is_some_and(|attempt| self.now.duration_since(attempt.at.0) < SETTLE)
    }

    /// An object here without a counterpart on ECS
    fn alone(&mut self, id: &Id, local: &Local) {
        let aws = local.aws.clone();
        if self.unsettled(local) {
            let why = "a write has begun, and ECS does not show it yet";
            self.plan.waiting.insert(id.clone(), why.to_owned());
            return;
        }
        // What was imported has been on ECS
        if aws.base.is_none() && local.imported.is_none() {
            return self.make(id, local, false);
        }
        let Some(since) = &aws.missing_since else {
            let why = "it is missing on ECS; one sighting proves nothing";
            self.plan.waiting.insert(id.clone(), why.to_owned());
            let aws = AwsStatus { missing_since: Some(Time(self.now)), ..aws };
            return self.status(id, local, aws, Standing::new(Some(false), Reason::Syncing, why));
        };
        if self.now.duration_since(since.0) < SETTLE {
            self.plan.waiting.insert(id.clone(), "it is missing on ECS; awaiting a second sighting".to_owned());
            return;
        }
        let Some(base) = &aws.base else { return self.make(id, local, false) };
        if !self.policy.writes_kube() && self.policy.writes_ecs() {
            self.plan.recreated.insert(id.clone());
            return self.make(id, local, true);
        }
        let (ours, _) = in_aws_words(id, &local.spec, None, &self.numbers);
        let canonical = compare::canonical(id.kind, &ours);
        let mut kube = fields::all_shown(&fields::fields(id.kind, &canonical), &local.object.uid);
        let mut base = base.clone();
        for volatile in ["/desiredCount", "/taskDefinition", "/task/taskDefinition"] {
            kube.remove(volatile);
            base.remove(volatile);
        }
        let gone = |message: &str| Standing::new(Some(false), Reason::RemoteGone, message);
        if self.policy.deletions == ecs_crds::DeletionPolicy::Retain {
            self.withhold(id, format!("delete {id} here, for it was deleted on ECS"), Kept::Policy);
            let message = "it was deleted on ECS; the policy retains the object here";
            self.status(id, local, aws, gone(message));
        } else if kube == base {
            self.wish_kube(id, KubeAct::Delete { object: local.object.clone() });
        } else {
            let message =
                "it was deleted on ECS and changed here; the change keeps it, delete it or let Export make it again";
            self.status(id, local, aws, gone(message));
            self.plan.waiting.insert(id.clone(), message.to_owned());
        }
    }

    /// Makes on ECS what only is here
    fn make(&mut self, id: &Id, local: &Local, again: bool) {
        let aws = local.aws.clone();
        let (document, unresolved) = in_aws_words(id, &local.spec, None, &self.numbers);
        if !self.policy.writes_ecs() {
            self.withhold(id, format!("create {id} on ECS"), Kept::Mode);
            let standing =
                Standing::new(Some(false), Reason::OnlyHere, "there is no counterpart on ECS, and the mode makes none");
            return self.status(id, local, aws, standing);
        }
        if let Some(why) = unresolved {
            self.plan.waiting.insert(id.clone(), why.clone());
            return self.status(id, local, aws, Standing::new(Some(false), Reason::Syncing, why));
        }
        let salt = &local.object.uid;
        let shown = fields::all_shown(&fields::fields(id.kind, &compare::canonical(id.kind, &document)), salt);
        let digest = fields::digest(&shown);
        // What an earlier attempt made was deleted since: with its token AWS would take this call for that one
        let before = if again { Some(self.now) } else { local.aws.attempt.as_ref().map(|attempt| attempt.at.0) };
        let ground = format!("create {salt} {digest} {}", before.map(|at| at.to_string()).unwrap_or_default());
        let standing = Standing::new(Some(false), Reason::Syncing, "it is being made on ECS");
        // What was agreed ended with the counterpart: its successor is agreed on anew
        let aws = AwsStatus { base: None, missing_since: None, ..aws };
        let attempt = self.attempt(id, local, aws, digest, standing);
        self.wish_ecs(id, EcsAct::Create { document, owner: self.owner(local) }, &ground, Some(attempt));
    }

    pub(super) fn attempt(
        &self,
        id: &Id,
        local: &Local,
        aws: AwsStatus,
        digest: String,
        synced: Standing,
    ) -> StatusStep {
        let attempt = ecs_crds::AwsAttempt { at: Time(self.now), digest };
        let aws = AwsStatus { attempt: Some(attempt), ..aws };
        StatusStep { id: id.clone(), object: local.object.clone(), aws, synced }
    }

    /// On ECS and not here: never seen here, or deleted here
    fn absent(&mut self, id: &Id, remote: &Remote) {
        if let Some(buried) = self.kube.tombstones.get(id).cloned() {
            return self.buried(id, remote, &buried);
        }
        let Some(known) = self.kube.synced.get(id).cloned() else { return self.import(id, remote) };
        let delete = self.policy.deletions == ecs_crds::DeletionPolicy::Delete && self.policy.writes_ecs();
        self.plan.ledger.synced.remove(id);
        let buried = Buried { uid: known.uid, digest: known.digest, at: self.now, delete };
        self.plan.ledger.tombstones.insert(id.clone(), buried);
    }

    fn buried(&mut self, id: &Id, remote: &Remote, buried: &Buried) {
        let what = format!("delete {id} on ECS");
        let ours = Owner { binding: self.policy.binding.clone(), uid: buried.uid.clone() };
        if !buried.delete {
            self.withhold(id, what, Kept::Policy);
        } else if remote.owner.as_ref() != Some(&ours) {
            self.withhold(id, what, Kept::NotOurs);
        } else if agreed_digest(id.kind, remote, &buried.uid) != buried.digest {
            let why = "it was deleted here and changed on ECS; the change keeps it";
            self.plan.waiting.insert(id.clone(), why.to_owned());
        } else if id.kind == Kind::TaskDefinition && self.used(&id.name) {
            self.plan.waiting.insert(id.clone(), "services or schedules on ECS still use the family".to_owned());
        } else {
            let act = EcsAct::Delete { before: remote.document.clone(), arn: remote.arn.clone(), owner: ours };
            let ground = format!("delete {} {}", buried.uid, buried.digest);
            self.wish_ecs(id, act, &ground, None);
        }
    }

    /// Whether anything on ECS names a revision of the family, as far as can be seen; what cannot be seen may
    fn used(&self, family: &str) -> bool {
        self.ecs.seen.iter().filter(|(id, _)| id.kind != Kind::TaskDefinition).any(|(id, seen)| match seen {
            Seen::There(remote) => numbers::reference(id.kind, &remote.document).is_some_and(|r| r.family == family),
            Seen::Unknown(_) | Seen::Draining => true,
            Seen::Missing => false,
        })
    }

    /// On neither side: what was remembered of it ends, once that is certain
    fn forget(&mut self, id: &Id) {
        if self.ecs.seen.get(id) != Some(&Seen::Missing) {
            return;
        }
        if let Some(known) = self.plan.ledger.synced.remove(id) {
            let buried = Buried { uid: known.uid, digest: known.digest, at: self.now, delete: false };
            self.plan.ledger.tombstones.insert(id.clone(), buried);
        } else if self.kube.tombstones.get(id).is_some_and(|buried| self.now.duration_since(buried.at) >= SETTLE) {
            self.plan.ledger.tombstones.remove(id);
        }
    }

    /// Makes an object of what only is on ECS
    fn import(&mut self, id: &Id, remote: &Remote) {
        if !self.policy.writes_kube() {
            return self.withhold(id, format!("import {id}"), Kept::Mode);
        }
        let mut spec = remote.document.clone();
        let imported = import_digest(id.kind, &spec, self.policy);
        if let Some(aws) = remote.revision {
            self.newest(id, aws, &spec);
        }
        if let Err(why) = self.in_our_words(id, &mut spec) {
            self.plan.waiting.insert(id.clone(), why);
            return;
        }
        let hold = match id.kind {
            Kind::TaskDefinition => SyncHold::Run,
            Kind::Service => self.policy.workloads,
            Kind::Schedule => self.policy.schedules,
        };
        if hold == SyncHold::Hold {
            fields::set(id.kind, &mut spec, "/kubernetes", Some(json!({ "workload": "Hold" })));
        }
        self.wish_kube(id, KubeAct::Create { spec, imported, made: remote.made, number: remote.revision });
    }

    /// A document of ECS with the task definition by its number here, which is stored where it is not yet
    pub(super) fn in_our_words(&mut self, id: &Id, document: &mut Value) -> Result<(), String> {
        let (Some(field), Some(named)) = (reference_field(id.kind), numbers::reference(id.kind, document)) else {
            return Ok(());
        };
        let Some(aws) = named.revision else { return Ok(()) };
        let found = self.ecs.revisions.get(&named.family).and_then(|revisions| revisions.get(&aws));
        let number = match (self.numbers.local(&named.family, aws), found) {
            (Some(number), _) => number,
            (None, Some(content)) => self.older(id, &named.family, aws, content)?,
            (None, None) => return Err(format!("revision {}:{aws} of ECS could not be read", named.family)),
        };
        fields::set(id.kind, document, field, Some(format!("{}:{number}", named.family).into()));
        Ok(())
    }

    /// The newest revision of ECS, which the object here becomes: the workload operator stores it, by the number that it has on
    /// ECS where it can. Nothing else stores it, for it would be a newest revision that the object does not say yet
    pub(super) fn newest(&mut self, id: &Id, aws: i64, document: &Value) {
        if self.numbers.local(&id.name, aws).is_some() {
            return;
        }
        let content = numbers::content(document);
        match self.numbers.newest_if(&id.name, &content) {
            Some(number) => self.note(id, &id.name, number, aws),
            None => drop(self.numbers.allot_newest(&id.name, aws, content)),
        }
    }

    /// The number here of an older revision of ECS; wishes to store it, or to note its number, where that is not done yet
    fn older(&mut self, id: &Id, family: &str, aws: i64, document: &Value) -> Result<i64, String> {
        let content = numbers::content(document);
        if let Some(number) = self.numbers.same(family, &content) {
            self.note(id, family, number, aws);
            return Ok(number);
        }
        let number = self.numbers.allot_older(family, aws, content).ok_or_else(|| {
            format!(
                "revision {family}:{aws} of ECS finds no free number below the newest one here; register it anew on ECS"
            )
        })?;
        let document = Some(document.clone());
        self.wish_kube(id, KubeAct::Revision { family: family.to_owned(), number, aws, document });
        Ok(number)
    }

    pub(super) fn note(&mut self, id: &Id, family: &str, number: i64, aws: i64) {
        self.numbers.note(family, number, aws);
        self.wish_kube(id, KubeAct::Revision { family: family.to_owned(), number, aws, document: None });
    }
}
