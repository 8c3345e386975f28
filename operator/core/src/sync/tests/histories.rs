//! Random histories: people on both sides, scaling, roll-backs, a lagging and failing AWS, a process that dies. After each step
//! the invariants that must always hold, and after a rest those that must hold in the end (reliability, S1 to S15).
//!
//! `ECS_MODEL_STEPS` says how many steps (default 1,500), `ECS_MODEL_SEED` with which history to begin.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::{ConflictPolicy, DeletionPolicy, SyncMode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::compare::canonical;
use super::super::fields;
use super::super::numbers::content;
use super::super::plan::{EcsAct, KubeAct};
use super::super::side::{Id, Kind, Owner};
use super::fake::{CANARY, Faults, World, policy, service, task};

/// A small generator, so that a seed is a history
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.roll(list.len() as u64)).unwrap()]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

/// A history under way
struct History {
    seed: u64,
    dice: Dice,
    world: World,
    marker: i64,
    /// The last edit of each field, by anyone
    last: BTreeMap<(Id, String), Value>,
    /// Services that a person deleted here while they were synced, and what was on ECS then
    deleted_here: BTreeMap<Id, Option<String>>,
    /// Objects that a person deleted on either side: their fields no longer count
    ended: BTreeSet<Id>,
    steps: usize,
}

const SERVICES: [&str; 3] = ["a", "b", "c"];
/// Numbers that people set
const FIELDS: [&str; 3] = ["/desiredCount", "/healthCheckGracePeriodSeconds", "/platformVersion"];

fn service_id(name: &str) -> Id {
    Id::new(Kind::Service, name)
}

fn family_id() -> Id {
    Id::new(Kind::TaskDefinition, "web")
}

impl History {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            dice.roll(2);
        }
        let modes = [
            SyncMode::Observe,
            SyncMode::Import,
            SyncMode::Export,
            SyncMode::TwoWay,
            SyncMode::TwoWay,
            SyncMode::TwoWay,
        ];
        let mut rules = policy(*dice.one_of(&modes));
        let conflicts = [ConflictPolicy::Manual, ConflictPolicy::KubernetesWins, ConflictPolicy::EcsWins];
        rules.conflicts = *dice.one_of(&conflicts);
        rules.deletions = *dice.one_of(&[DeletionPolicy::Retain, DeletionPolicy::Delete]);
        let mut world = World::new(rules);
        world.console_registers("web", task("web", "nginx:0"));
        for name in &SERVICES[..2] {
            world.console_creates(&service_id(name), service(name, "web:1", 1));
        }
        // A stranger's
        world.console_creates(&service_id("x"), service("x", "web:1", 1));
        let stranger = Owner { binding: "stranger".to_owned(), uid: "1".to_owned() };
        world.aws.objects.get_mut(&service_id("x")).unwrap().owner = Some(stranger);
        Self {
            seed,
            dice,
            world,
            marker: 100,
            last: BTreeMap::new(),
            deleted_here: BTreeMap::new(),
            ended: BTreeSet::new(),
            steps: 0,
        }
    }

    fn value(&mut self, field: &str) -> Value {
        self.marker += 1;
        if field == "/desiredCount" || field == "/healthCheckGracePeriodSeconds" {
            json!(self.marker)
        } else {
            json!(format!("m{}", self.marker))
        }
    }

    fn step(&mut self) {
        self.steps += 1;
        let id = service_id(self.dice.one_of::<&str>(&SERVICES));
        let field = *self.dice.one_of(&FIELDS);
        match self.dice.roll(24) {
            0..=2 if self.world.kube.locals.contains_key(&id) => {
                let value = self.value(field);
                self.world.user_sets(&id, field, value.clone());
                self.last.insert((id, field.to_owned()), value);
            }
            3..=5 if self.world.aws.objects.contains_key(&id) => {
                let value = self.value(field);
                self.world.console_sets(&id, field, value.clone());
                self.last.insert((id, field.to_owned()), value);
            }
            6 => self.edits_the_family_here(),
            7 => self.registers_on_ecs(),
            8 => self.points_at_another_revision(&id),
            9 if self.dice.chance(30) => self.deletes_here(&id),
            10 if self.dice.chance(30) && self.world.aws.objects.remove(&id).is_some() => self.ends(&id),
            11 if self.dice.chance(30) => self.creates(&id),
            12 => self.world.operator_numbers(),
            13..=15 => {
                let seconds = i64::try_from(1 + self.dice.roll(40)).unwrap();
                self.world.pass(seconds);
            }
            _ => self.sweeps(),
        }
    }

    fn edits_the_family_here(&mut self) {
        if self.world.kube.locals.contains_key(&family_id()) {
            let value = self.value("/image");
            self.world.user_sets(&family_id(), "/containerDefinitions/app/image", value.clone());
            self.last.insert((family_id(), "/containerDefinitions/app/image".to_owned()), value);
        }
    }

    /// From the newest revision, as the console does
    fn registers_on_ecs(&mut self) {
        let Some(newest) = self.world.aws.families["web"].iter().rev().find(|revision| revision.active) else { return };
        let mut document = newest.document.clone();
        let field = *self.dice.one_of(&["/containerDefinitions/app/image", "/containerDefinitions/app/user"]);
        let value = self.value("/image");
        fields::set(Kind::TaskDefinition, &mut document, field, Some(value.clone()));
        self.world.console_registers("web", document);
        self.last.insert((family_id(), field.to_owned()), value);
    }

    fn points_at_another_revision(&mut self, id: &Id) {
        let newest = self.world.aws.families["web"].len();
        self.world.console_sets(id, "/taskDefinition", json!(format!("web:{newest}")));
    }

    fn deletes_here(&mut self, id: &Id) {
        if self.world.kube.locals.remove(id).is_some() {
            let there = self.world.aws.objects.get(id).and_then(|remote| remote.arn.clone());
            if self.world.kube.synced.contains_key(id) {
                self.deleted_here.insert(id.clone(), there);
            }
            self.ends(id);
        }
    }

    fn creates(&mut self, id: &Id) {
        let document = service(&id.name, "web:1", 1);
        if self.dice.chance(50) && !self.world.kube.locals.contains_key(id) {
            self.world.user_creates(id, document);
            self.deleted_here.remove(id);
            self.ends(id);
        } else if !self.world.aws.objects.contains_key(id) {
            self.world.console_creates(id, document);
            self.ends(id);
        }
    }

    /// Edits before an object's end or beginning say nothing of its successor
    fn ends(&mut self, id: &Id) {
        self.last.retain(|(of, _), _| of != id);
        self.ended.insert(id.clone());
    }

    fn sweeps(&mut self) {
        let mut faults = Faults::default();
        if self.dice.chance(30) {
            faults.lag = SignedDuration::from_secs(i64::try_from(self.dice.roll(55)).unwrap());
        }
        for name in SERVICES {
            if self.dice.chance(8) {
                faults.unread.insert(service_id(name));
            }
            if self.dice.chance(8) {
                faults.refused.insert(service_id(name));
            }
        }
        if self.dice.chance(5) {
            faults.unread.insert(family_id());
        }
        if self.dice.chance(15) {
            faults.crash = Some((usize::try_from(self.dice.roll(8)).unwrap(), self.dice.chance(50)));
        }
        self.sweep(&faults);
    }

    fn sweep(&mut self, faults: &Faults) -> bool {
        let mode = self.world.policy.mode;
        let before = (self.world.calls.len(), self.world.spec_writes.len());
        let alive: BTreeMap<Id, Option<String>> =
            self.world.aws.objects.iter().map(|(id, remote)| (id.clone(), remote.arn.clone())).collect();
        let ledger = self.world.ledger();
        let (plan, _) = self.world.sweep(faults);
        let place = format!("seed {}, step {}: {mode:?}", self.seed, self.steps);
        let calls = self.world.calls.len() - before.0;
        let writes = self.world.spec_writes.len() - before.1;
        // S13, S14
        assert!(calls == 0 || matches!(mode, SyncMode::Export | SyncMode::TwoWay), "{place} wrote ECS");
        assert!(writes == 0 || matches!(mode, SyncMode::Import | SyncMode::TwoWay), "{place} wrote specs");
        // S4
        let gone = |act: &EcsAct| matches!(act, EcsAct::Delete { .. });
        let deletions = plan.ecs.iter().filter(|step| gone(&step.act)).count()
            + plan.kube.iter().filter(|step| matches!(step.act, KubeAct::Delete { .. })).count();
        assert!(deletions <= 5, "{place} deletes {deletions}");
        for step in &plan.ecs {
            // S7
            assert_ne!(step.id, service_id("x"), "{place}: a stranger's service is written");
            if gone(&step.act) {
                assert_eq!(self.world.policy.deletions, DeletionPolicy::Delete, "{place}");
                assert!(!self.world.kube.locals.contains_key(&step.id), "{place}: {} is still here", step.id);
            }
        }
        // S3
        for (id, _) in self.world.spec_writes[before.1..].iter().filter(|(_, what)| *what == "create") {
            if let Some(then) = self.deleted_here.get(id) {
                assert_ne!(alive.get(id), Some(then), "{place}: {id} was deleted here and comes back");
            }
        }
        // S15
        assert!(self.world.said.iter().all(|text| !text.contains(CANARY)), "{place} says a secret");
        plan.is_quiet(&ledger)
    }

    /// Nothing happens but sweeps; the end is quiet, and no edit is lost
    fn rest(&mut self) {
        for _ in 0..10 {
            self.world.operator_numbers();
            self.sweep(&Faults::default());
            self.world.pass(61);
        }
        let place = format!("seed {}, after {} steps: {:?}", self.seed, self.steps, self.world.policy.mode);
        let (calls, writes) = (self.world.calls.len(), self.world.spec_writes.len());
        let mut said = Vec::new();
        for _ in 0..3 {
            self.world.said.clear();
            let quiet = self.sweep(&Faults::default());
            said.clone_from(&self.world.said);
            self.world.pass(61);
            // S2, S5: plan, apply, plan is empty
            assert!(quiet, "{place} does not come to rest: {said:#?}");
        }
        assert_eq!((self.world.calls.len(), self.world.spec_writes.len()), (calls, writes), "{place}");
        if self.world.policy.mode == SyncMode::TwoWay {
            self.nothing_is_lost(&place);
        }
        self.no_revision_twice(&place);
    }

    /// S1: the last edit of every field stands on both sides, or a conflict has told of it. But for what was changed on ECS
    /// between our look and our write: the executor looks again right before it writes, and closer than that nobody comes
    fn nothing_is_lost(&self, place: &str) {
        for ((id, field), value) in self.last.iter().filter(|((id, _), _)| !self.world.raced.contains(id)) {
            let here = self.world.kube.locals.get(id).map(|local| fields::fields(id.kind, &local.spec));
            let there = match id.kind {
                Kind::TaskDefinition => {
                    self.world.aws.families["web"].iter().rev().find(|r| r.active).map(|r| &r.document)
                }
                _ => self.world.aws.objects.get(id).map(|remote| &remote.document),
            };
            let there = there.map(|document| fields::fields(id.kind, document));
            let (Some(here), Some(there)) = (here, there) else { continue };
            let stands = here.get(field) == Some(value) && there.get(field) == Some(value);
            // A conflict that nobody decides stops the whole object
            let stopped = self.world.kube.locals[id].standing.as_ref().is_some_and(|s| s.reason == "Conflict");
            let told = stopped || self.world.conflicts.contains(&(id.clone(), field.clone()));
            assert!(
                stands || told,
                "{place}: {id} {field} was last set to {value}, here {:?}, on ECS {:?}: {:?}",
                here.get(field),
                there.get(field),
                self.world.kube.locals[id].standing,
            );
        }
        for (id, local) in self.world.kube.locals.iter().filter(|(id, _)| id.kind == Kind::Service) {
            let standing = local.standing.as_ref().map(|standing| standing.reason.as_str()).unwrap_or_default();
            if let (Some(remote), "Agreed") = (self.world.aws.objects.get(id), standing) {
                let strip = |document: &Value| {
                    let mut form = canonical(id.kind, document);
                    form.as_object_mut().unwrap().remove("taskDefinition");
                    form
                };
                assert_eq!(strip(&local.spec), strip(&remote.document), "{place}: {id} is said to agree");
            }
        }
    }

    fn no_revision_twice(&self, place: &str) {
        let held = &self.world.aws.families["web"];
        for pair in held.windows(2).filter(|pair| pair[1].owner.is_some() && pair[0].active) {
            assert_ne!(content(&pair[0].document), content(&pair[1].document), "{place}: one revision twice");
        }
    }
}

/// How many steps are walked in all
fn steps() -> usize {
    std::env::var("ECS_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500)
}

#[test]
fn no_history_breaks_an_invariant() {
    let (mut walked, mut seed) = (0, std::env::var("ECS_MODEL_SEED").map_or(1, |text| text.parse().unwrap()));
    while walked < steps() {
        let mut history = History::new(seed);
        println!("seed {seed}");
        for _ in 0..4 {
            for _ in 0..50 {
                history.step();
            }
            history.rest();
        }
        walked += history.steps;
        seed += 1;
    }
}

/// Edits of different fields, in every order and with sweeps between them or not, end the same
#[test]
fn edits_that_do_not_meet_commute() {
    let edits: [(bool, &str, Value); 4] = [
        (true, "/desiredCount", json!(7)),
        (false, "/platformVersion", json!("1.4.0")),
        (true, "/propagateTags", json!("SERVICE")),
        (false, "/healthCheckGracePeriodSeconds", json!(30)),
    ];
    let mut ends = BTreeSet::new();
    for seed in 1..40 {
        let mut dice = Dice(seed * 7_919);
        let mut world = World::new(policy(SyncMode::TwoWay));
        world.console_registers("web", task("web", "nginx:1"));
        world.console_creates(&service_id("a"), service("a", "web:1", 1));
        let settle = |world: &mut World| {
            for _ in 0..5 {
                world.sweep(&Faults::default());
                world.pass(61);
            }
        };
        settle(&mut world);
        let mut left: Vec<usize> = (0..edits.len()).collect();
        while !left.is_empty() {
            let (here, field, value) = &edits[left.remove(usize::try_from(dice.roll(left.len() as u64)).unwrap())];
            if *here {
                world.user_sets(&service_id("a"), field, value.clone());
            } else {
                world.console_sets(&service_id("a"), field, value.clone());
            }
            for _ in 0..dice.roll(3) {
                world.sweep(&Faults::default());
                world.pass(20);
            }
        }
        settle(&mut world);
        let here = canonical(Kind::Service, &world.kube.locals[&service_id("a")].spec).to_string();
        let there = canonical(Kind::Service, &world.aws.objects[&service_id("a")].document).to_string();
        assert_eq!(here, there);
        ends.insert(here);
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
}
