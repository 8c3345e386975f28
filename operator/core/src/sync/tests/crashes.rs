//! The process dies at every single write of an import, an export and a merge, before it is carried out and after: whoever comes
//! next reaches the same end.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::{DeletionPolicy, SyncMode};
use serde_json::{Value, json};

use super::super::numbers::content;
use super::super::side::{Id, Kind};
use super::fake::{Faults, World, policy, schedule, service, task};

/// How often a story sweeps at most
const SWEEPS: usize = 14;

/// What counts at the end: specs here, documents there, revisions on both sides by content, and the calls that change something
#[derive(Debug, PartialEq)]
struct End {
    here: BTreeMap<Id, Value>,
    there: BTreeMap<Id, Value>,
    revisions: Vec<Value>,
    numbers: BTreeMap<i64, BTreeSet<i64>>,
    calls: Vec<String>,
}

/// Tells a story to its end, dying once at the `crash`-th write of all its sweeps; how many writes there were
fn end(story: fn(&mut World), crash: Option<(usize, bool)>) -> (End, usize) {
    let mut world = World::new(policy(SyncMode::TwoWay));
    story(&mut world);
    let mut written = 0;
    let mut died = false;
    for _ in 0..SWEEPS {
        world.operator_numbers();
        let faults = |at: Option<(usize, bool)>| Faults { crash: at, ..Faults::default() };
        let here = crash.filter(|_| !died).and_then(|(at, executed)| Some((at.checked_sub(written)?, executed)));
        let (plan, survived) = world.sweep(&faults(here));
        died |= !survived;
        let attempts = plan.ecs.iter().filter(|step| step.attempt.is_some()).count()
            + plan.kube.iter().filter(|step| step.attempt.is_some()).count();
        written += plan.kube.len() + plan.ecs.len() + attempts + plan.agreed.len() + 1;
        world.pass(if survived { 31 } else { 5 });
    }
    for _ in 0..4 {
        world.operator_numbers();
        world.sweep(&Faults::default());
        world.pass(61);
    }
    let revisions = world.aws.families.values().flatten().map(|revision| content(&revision.document)).collect();
    let specs = world.kube.locals.iter().map(|(id, local)| (id.clone(), local.spec.clone())).collect();
    let mut calls: Vec<String> = world.calls.iter().map(|(id, call)| format!("{call} {id}")).collect();
    calls.sort();
    calls.dedup();
    let numbers = world.kube.revisions.values().flatten().map(|(n, stored)| (*n, stored.aws.clone())).collect();
    let there = world.aws.objects.iter().map(|(id, remote)| (id.clone(), remote.document.clone())).collect();
    (End { here: specs, there, revisions, numbers, calls }, written)
}

fn import(world: &mut World) {
    world.policy.mode = SyncMode::Import;
    world.console_registers("web", task("web", "nginx:1"));
    world.console_registers("web", task("web", "nginx:2"));
    world.console_creates(&Id::new(Kind::Service, "web"), service("web", "web:1", 2));
    world.console_creates(&Id::new(Kind::Service, "api"), service("api", "web:2", 1));
    world.console_creates(&Id::new(Kind::Schedule, "default/n"), schedule("n", "web:2", 5));
}

fn export(world: &mut World) {
    world.policy.mode = SyncMode::Export;
    world.user_creates(&Id::new(Kind::TaskDefinition, "web"), task("web", "nginx:1"));
    world.user_creates(&Id::new(Kind::Service, "web"), service("web", "web", 2));
    world.user_creates(&Id::new(Kind::Service, "api"), service("api", "web:1", 1));
    world.user_creates(&Id::new(Kind::Schedule, "default/n"), schedule("n", "web:1", 5));
}

/// Both sides in step, then edits on both sides, a deletion here and one there
fn merge(world: &mut World) {
    import(world);
    world.policy.mode = SyncMode::TwoWay;
    world.policy.deletions = DeletionPolicy::Delete;
    world.console_creates(&Id::new(Kind::Service, "old"), service("old", "web:1", 1));
    world.console_creates(&Id::new(Kind::Service, "older"), service("older", "web:1", 1));
    for _ in 0..6 {
        world.operator_numbers();
        world.sweep(&Faults::default());
        world.pass(61);
    }
    world.calls.clear();
    let web = Id::new(Kind::Service, "web");
    world.user_sets(&web, "/desiredCount", json!(5));
    world.console_sets(&web, "/propagateTags", json!("SERVICE"));
    world.user_sets(&Id::new(Kind::TaskDefinition, "web"), "/containerDefinitions/app/image", json!("nginx:3"));
    let mut theirs = world.aws.families["web"].last().unwrap().document.clone();
    theirs["cpu"] = "256".into();
    world.console_registers("web", theirs);
    world.console_sets(&Id::new(Kind::Service, "api"), "/taskDefinition", json!("web:3"));
    world.kube.locals.remove(&Id::new(Kind::Service, "old"));
    world.aws.objects.remove(&Id::new(Kind::Service, "older"));
}

/// Every write of a story is died at, twice; how many deaths that were
fn check(name: &str, story: fn(&mut World)) -> usize {
    let (expected, writes) = end(story, None);
    let mut deaths = 0;
    for at in 0..writes {
        for executed in [false, true] {
            let (found, _) = end(story, Some((at, executed)));
            assert_eq!(found, expected, "{name}: dead at write {at}, carried out: {executed}");
            deaths += 1;
        }
    }
    deaths
}

#[test]
fn an_import_reaches_the_same_end_whenever_it_dies() {
    assert!(check("import", import) > 30);
}

#[test]
fn an_export_reaches_the_same_end_whenever_it_dies() {
    assert!(check("export", export) > 20);
}

#[test]
fn a_merge_reaches_the_same_end_whenever_it_dies() {
    let (expected, _) = end(merge, None);
    assert_eq!(expected.revisions.len(), 4, "one revision for both edits: {:#?}", expected.calls);
    assert!(check("merge", merge) > 40);
}
