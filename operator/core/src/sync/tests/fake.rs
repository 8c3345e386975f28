//! A stateful fake of both sides: an ECS whose answers lag, fail in part and can be another account's, and a namespace with a
//! workload operator that numbers revisions. Faults are given, never drawn here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::numbers::content;
use super::super::plan::{EcsAct, EcsStep, KubeAct, KubeStep, Ledger, StatusStep, SyncPlan};
use super::super::side::{Alive, EcsSide, Id, Kind, KubeSide, Local, ObjectRef, Owner, Remote, Seen, Stored};
use super::super::{Policy, fields, sync};
use crate::revision::next_number;

/// A revision on ECS
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Revision {
    pub(super) document: Value,
    pub(super) active: bool,
    pub(super) owner: Option<Owner>,
}

/// What ECS holds
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Aws {
    pub(super) objects: BTreeMap<Id, Remote>,
    pub(super) families: BTreeMap<String, Vec<Revision>>,
}

/// What one sweep is to suffer
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// How old the answer is
    pub(super) lag: SignedDuration,
    /// Objects that cannot be read
    pub(super) unread: BTreeSet<Id>,
    /// No write of these objects is carried out: throttled
    pub(super) refused: BTreeSet<Id>,
    /// The process dies at this write, counted from 0, after it was carried out or before
    pub(super) crash: Option<(usize, bool)>,
}

/// Everything there is
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) policy: Policy,
    pub(super) aws: Aws,
    pub(super) kube: KubeSide,
    /// The number that the sync hints at, by TaskDefinition
    hints: BTreeMap<Id, i64>,
    past: VecDeque<(Timestamp, Aws)>,
    counter: i64,
    tokens: BTreeSet<String>,
    /// Calls that changed AWS
    pub(super) calls: Vec<(Id, &'static str)>,
    /// Writes to specs of ours
    pub(super) spec_writes: Vec<(Id, &'static str)>,
    /// Fields in conflict that were ever reported
    pub(super) conflicts: BTreeSet<(Id, String)>,
    /// Objects that a person changed on ECS after our answer was given and before our write: ECS has no way to refuse it
    pub(super) raced: BTreeSet<Id>,
    /// Everything that a status, a ledger or a plan's words said
    pub(super) said: Vec<String>,
}

impl World {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            policy,
            aws: Aws::default(),
            kube: KubeSide::default(),
            hints: BTreeMap::new(),
            past: VecDeque::new(),
            counter: 0,
            tokens: BTreeSet::new(),
            calls: Vec::new(),
            spec_writes: Vec::new(),
            conflicts: BTreeSet::new(),
            raced: BTreeSet::new(),
            said: Vec::new(),
        }
    }

    fn next(&mut self) -> String {
        self.counter += 1;
        self.counter.to_string()
    }

    /// Time passes; what ECS held until now can still be answered for a while
    pub(super) fn pass(&mut self, seconds: i64) {
        self.past.push_back((self.now, self.aws.clone()));
        self.now += SignedDuration::from_secs(seconds);
        while self.past.len() > 64 {
            self.past.pop_front();
        }
    }

    // -- what people do ------------------------------------------------------------------------------------------------

    pub(super) fn console_registers(&mut self, family: &str, document: Value) -> i64 {
        let revisions = self.aws.families.entry(family.to_owned()).or_default();
        revisions.push(Revision { document, active: true, owner: None });
        i64::try_from(revisions.len()).unwrap()
    }

    pub(super) fn console_creates(&mut self, id: &Id, document: Value) {
        let arn = Some(format!("arn:{id}:{}", self.next()));
        self.aws.objects.insert(id.clone(), Remote { arn, document, ..Remote::default() });
    }

    pub(super) fn console_sets(&mut self, id: &Id, field: &str, value: Value) {
        if let Some(remote) = self.aws.objects.get_mut(id) {
            fields::set(id.kind, &mut remote.document, field, Some(value));
        }
    }

    pub(super) fn user_creates(&mut self, id: &Id, spec: Value) {
        let object = ObjectRef { name: id.name.clone(), uid: self.next(), resource_version: self.next() };
        self.kube.locals.insert(id.clone(), Local { object, spec, ..Local::default() });
    }

    pub(super) fn user_sets(&mut self, id: &Id, field: &str, value: Value) {
        let version = self.next();
        if let Some(local) = self.kube.locals.get_mut(id) {
            fields::set(id.kind, &mut local.spec, field, Some(value));
            local.object.resource_version = version;
        }
    }

    /// The workload operator numbers what differs from the newest revision
    pub(super) fn operator_numbers(&mut self) {
        for (id, local) in self.kube.locals.iter().filter(|(id, _)| id.kind == Kind::TaskDefinition) {
            let stored = self.kube.revisions.entry(id.name.clone()).or_default();
            let newest = stored.last_key_value();
            let same = newest.is_some_and(|(_, newest)| content(&newest.document) == content(&local.spec));
            if !same {
                let number = next_number(newest.map(|(number, _)| *number), self.hints.get(id).copied());
                stored.insert(number, Stored { aws: BTreeSet::new(), document: local.spec.clone() });
            }
        }
    }

    // -- one sweep -----------------------------------------------------------------------------------------------------

    /// What ECS answers: as it was `lag` ago
    pub(super) fn observe(&self, faults: &Faults) -> EcsSide {
        let at = self.now - faults.lag;
        let aws = self.past.iter().rev().find(|(then, _)| *then <= at).map_or(&self.aws, |(_, aws)| aws);
        let aws = if faults.lag.is_zero() { &self.aws } else { aws };
        let mut seen = BTreeMap::new();
        for (id, remote) in &aws.objects {
            seen.insert(id.clone(), Seen::There(Box::new(remote.clone())));
        }
        let mut revisions: BTreeMap<String, BTreeMap<i64, Value>> = BTreeMap::new();
        for (family, held) in &aws.families {
            let numbered = (1..).zip(held.iter());
            let all = revisions.entry(family.clone()).or_default();
            all.extend(numbered.clone().map(|(number, revision)| (number, revision.document.clone())));
            if let Some((number, newest)) = numbered.filter(|(_, revision)| revision.active).last() {
                let remote = Remote {
                    arn: Some(format!("arn:{family}:{number}")),
                    document: newest.document.clone(),
                    owner: newest.owner.clone(),
                    revision: Some(number),
                    ..Remote::default()
                };
                seen.insert(Id::new(Kind::TaskDefinition, family.clone()), Seen::There(Box::new(remote)));
            }
        }
        let asked = self.kube.locals.keys().chain(self.kube.synced.keys()).chain(self.kube.tombstones.keys());
        for id in asked {
            seen.entry(id.clone()).or_insert(Seen::Missing);
        }
        for id in &faults.unread {
            if let Some(entry) = seen.get_mut(id) {
                *entry = Seen::Unknown("throttled".to_owned());
            }
        }
        let account = Some("123456789012".to_owned());
        EcsSide { account, cluster: Alive::Active, seen, revisions, unreadable: BTreeMap::new() }
    }

    /// One whole sweep; whether the process survived it
    pub(super) fn sweep(&mut self, faults: &Faults) -> (SyncPlan, bool) {
        let ecs = self.observe(faults);
        let plan = sync(&ecs, &self.kube, &self.policy, self.now);
        self.listen(&plan);
        let mut write = 0;
        let survived = self.carry_out(&plan, faults, &mut write);
        (plan, survived)
    }

    /// What the EcsCluster remembers
    pub(super) fn ledger(&self) -> Ledger {
        Ledger { synced: self.kube.synced.clone(), tombstones: self.kube.tombstones.clone() }
    }

    fn listen(&mut self, plan: &SyncPlan) {
        for conflict in &plan.conflicts {
            self.conflicts.extend(conflict.fields.iter().map(|field| (conflict.id.clone(), field.path.clone())));
        }
        self.said.extend(plan.ecs.iter().map(EcsStep::words));
        self.said.extend(plan.kube.iter().map(KubeStep::words));
        let attempts = plan.ecs.iter().filter_map(|step| step.attempt.as_ref()).map(|a| format!("{a:?}"));
        self.said.extend(attempts);
        self.said.extend([
            format!("{:?}", plan.agreed),
            format!("{:?}", plan.conflicts),
            format!("{:?}", plan.withheld),
            format!("{:?} {:?} {:?} {:?}", plan.waiting, plan.unknown, plan.breaker, plan.ledger),
        ]);
        if self.said.len() > 64 {
            self.said.drain(..32);
        }
    }

    /// Whether the process goes on to the write itself, and whether it survives it
    fn alive(faults: &Faults, write: &mut usize) -> (bool, bool) {
        let this = *write;
        *write += 1;
        match faults.crash {
            Some((at, executed)) if at == this => (executed, false),
            _ => (true, true),
        }
    }

    fn carry_out(&mut self, plan: &SyncPlan, faults: &Faults, write: &mut usize) -> bool {
        for step in &plan.kube {
            if let Some(attempt) = &step.attempt {
                let (does, lives) = Self::alive(faults, write);
                if does {
                    self.status(attempt);
                }
                if !lives {
                    return false;
                }
            }
            let (does, lives) = Self::alive(faults, write);
            if does {
                self.kube_step(step);
            }
            if !lives {
                return false;
            }
        }
        for step in plan.ecs.iter().filter(|step| !faults.refused.contains(&step.id)) {
            if let Some(attempt) = &step.attempt {
                let (does, lives) = Self::alive(faults, write);
                if does {
                    self.status(attempt);
                }
                if !lives {
                    return false;
                }
            }
            let (does, lives) = Self::alive(faults, write);
            if does {
                self.ecs_step(step);
            }
            if !lives {
                return false;
            }
        }
        for step in &plan.agreed {
            let (does, lives) = Self::alive(faults, write);
            if does {
                self.status(step);
            }
            if !lives {
                return false;
            }
        }
        let before = (self.kube.synced.clone(), self.kube.tombstones.clone());
        let after = (plan.ledger.synced.clone(), plan.ledger.tombstones.clone());
        if before != after {
            let (does, lives) = Self::alive(faults, write);
            if does {
                (self.kube.synced, self.kube.tombstones) = after;
            }
            return lives;
        }
        true
    }

    fn status(&mut self, step: &StatusStep) {
        if let Some(local) = self.kube.locals.get_mut(&step.id).filter(|l| l.object.uid == step.object.uid) {
            local.aws = step.aws.clone();
            local.standing = Some(step.synced.clone());
        }
    }

    fn kube_step(&mut self, step: &KubeStep) {
        let id = &step.id;
        let version = self.next();
        match &step.act {
            KubeAct::Revision { family, number, aws, document } => {
                let stored = self.kube.revisions.entry(family.clone()).or_default();
                match document {
                    // Create refuses what exists
                    Some(document) => {
                        let new = Stored { aws: [*aws].into(), document: document.clone() };
                        stored.entry(*number).or_insert(new);
                    }
                    None => {
                        if let Some(stored) = stored.get_mut(number) {
                            stored.aws.insert(*aws);
                        }
                    }
                }
            }
            KubeAct::Create { spec, imported, made: _, number } => {
                self.hints.extend(number.map(|number| (id.clone(), number)));
                if self.kube.locals.contains_key(id) {
                    return;
                }
                self.user_creates(id, spec.clone());
                self.kube.locals.get_mut(id).unwrap().imported = Some(imported.clone());
                self.spec_writes.push((id.clone(), "create"));
            }
            KubeAct::Pull { object, fields: _, spec, number } => {
                self.hints.extend(number.map(|number| (id.clone(), number)));
                let local = self.kube.locals.get_mut(id).filter(|local| local.object == *object);
                if let Some(local) = local {
                    local.spec = spec.clone();
                    local.object.resource_version = version;
                    self.spec_writes.push((id.clone(), "pull"));
                }
            }
            KubeAct::Delete { object } => {
                if self.kube.locals.get(id).is_some_and(|local| local.object == *object) {
                    self.kube.locals.remove(id);
                    self.spec_writes.push((id.clone(), "delete"));
                }
            }
        }
    }

    fn ecs_step(&mut self, step: &EcsStep) {
        let id = &step.id;
        if let EcsAct::Update { before, .. } = &step.act {
            let newest = self.aws.families.get(&id.name).and_then(|held| held.iter().rev().find(|r| r.active));
            let live = match id.kind {
                Kind::TaskDefinition => newest.map(|revision| &revision.document),
                _ => self.aws.objects.get(id).map(|remote| &remote.document),
            };
            if live != Some(before) {
                self.raced.insert(id.clone());
            }
        }
        match &step.act {
            EcsAct::Create { document, owner } | EcsAct::Update { document, owner, .. }
                if id.kind == Kind::TaskDefinition =>
            {
                let held = self.aws.families.entry(id.name.clone()).or_default();
                let newest = held.iter().rev().find(|revision| revision.active);
                assert!(
                    newest.is_none_or(|newest| content(&newest.document) != content(document)),
                    "a revision is registered twice: {id}"
                );
                held.push(Revision { document: document.clone(), active: true, owner: Some(owner.clone()) });
                self.calls.push((id.clone(), "register"));
            }
            EcsAct::Create { document, owner } => {
                // A client token makes a repeated call the same call; another's object of the name refuses it
                if self.aws.objects.contains_key(id) || !self.tokens.insert(step.token.clone()) {
                    return;
                }
                self.console_creates(id, document.clone());
                self.aws.objects.get_mut(id).unwrap().owner = Some(owner.clone());
                self.calls.push((id.clone(), "create"));
            }
            EcsAct::Update { document, fields: changed, .. } => {
                let Some(remote) = self.aws.objects.get_mut(id) else { return };
                let wanted = fields::fields(id.kind, document);
                for field in changed {
                    fields::set(id.kind, &mut remote.document, field, wanted.get(field).cloned());
                }
                self.calls.push((id.clone(), "update"));
            }
            EcsAct::Claim { owner, arn, document: _ } => {
                if let Some(remote) = self.aws.objects.get_mut(id).filter(|r| r.arn.as_ref() == Some(arn)) {
                    remote.owner = Some(owner.clone());
                }
                if let Some(held) = self.aws.families.get_mut(&id.name).filter(|_| id.kind == Kind::TaskDefinition) {
                    held.iter_mut().for_each(|revision| revision.owner = Some(owner.clone()));
                }
                self.calls.push((id.clone(), "tag"));
            }
            EcsAct::Delete { arn, owner, .. } => self.ecs_delete(id, arn.as_ref(), owner),
        }
    }

    fn ecs_delete(&mut self, id: &Id, arn: Option<&String>, owner: &Owner) {
        if id.kind == Kind::TaskDefinition {
            for revision in self.aws.families.get_mut(&id.name).into_iter().flatten() {
                revision.active &= revision.owner.as_ref() != Some(owner);
            }
        } else if self.aws.objects.get(id).is_some_and(|remote| remote.arn.as_ref() == arn) {
            assert_eq!(self.aws.objects[id].owner.as_ref(), Some(owner), "only what is ours is deleted: {id}");
            self.aws.objects.remove(id);
        }
        self.calls.push((id.clone(), "delete"));
    }
}

/// A policy to begin with
pub(super) fn policy(mode: ecs_crds::SyncMode) -> Policy {
    let spec: ecs_crds::EcsClusterSpec =
        serde_json::from_value(json!({"region": "r", "cluster": "c", "namespace": "n"})).unwrap();
    Policy { mode, ..Policy::of(&spec, "binding", Some("123456789012"), None) }
}

/// A task definition with one container of this image
pub(super) fn task(family: &str, image: &str) -> Value {
    let container = json!({"name": "app", "image": image, "memory": 64,
        "environment": [{"name": "PASSWORD", "value": CANARY}]});
    json!({"family": family, "containerDefinitions": [container]})
}

/// A service of a revision
pub(super) fn service(name: &str, task_definition: &str, count: i64) -> Value {
    json!({"serviceName": name, "taskDefinition": task_definition, "desiredCount": count})
}

/// A schedule of a revision
pub(super) fn schedule(name: &str, task_definition: &str, minutes: i64) -> Value {
    json!({"name": name, "scheduleExpression": format!("rate({minutes} minutes)"), "task": {"taskDefinition": task_definition},
        "input": format!("{{\"containerOverrides\":[{{\"name\":\"app\",\"command\":[\"{CANARY}\"]}}]}}")})
}

/// What must never be said
pub(super) const CANARY: &str = "canary-5f1c";
