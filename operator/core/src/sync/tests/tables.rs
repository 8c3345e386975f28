//! One object, one situation, one look: what is wished, in words.

use std::collections::BTreeSet;

use ecs_crds::{ConflictPolicy, DeletionPolicy, SyncMode, SyncResource};
use jiff::SignedDuration;
use serde_json::json;

use super::super::side::{Alive, Id, Kind, Owner, Remote, Seen};
use super::super::{SETTLE, SyncPlan, sync};
use super::fake::{Faults, World, policy, schedule, service, task};

fn web() -> Id {
    Id::new(Kind::Service, "web")
}

fn family() -> Id {
    Id::new(Kind::TaskDefinition, "web")
}

/// What a plan does, in words, sorted
fn words(plan: &SyncPlan) -> Vec<String> {
    let mut words: Vec<String> = plan.ecs.iter().map(super::super::plan::EcsStep::words).collect();
    words.extend(plan.kube.iter().map(super::super::plan::KubeStep::words));
    words.sort();
    words
}

/// Sweeps without faults until nothing more is written
fn settle(world: &mut World) {
    for _ in 0..12 {
        world.operator_numbers();
        let before = world.ledger();
        let (plan, _) = world.sweep(&Faults::default());
        if plan.is_quiet(&before) && plan.waiting.is_empty() {
            return;
        }
        world.pass(61);
    }
    panic!("it does not come to rest");
}

/// A family, a service and a schedule on ECS alone
fn on_ecs(mode: SyncMode) -> World {
    let mut world = World::new(policy(mode));
    world.console_registers("web", task("web", "nginx:1"));
    world.console_registers("web", task("web", "nginx:2"));
    world.console_creates(&web(), service("web", "web:1", 2));
    world.console_creates(&Id::new(Kind::Schedule, "default/nightly"), schedule("nightly", "web:2", 5));
    world
}

/// The same, in step on both sides
fn in_step(mode: SyncMode) -> World {
    let mut world = on_ecs(SyncMode::TwoWay);
    settle(&mut world);
    world.policy.mode = mode;
    settle(&mut world);
    (world.calls, world.spec_writes) = (Vec::new(), Vec::new());
    world
}

#[test]
fn an_import_takes_every_referenced_revision_by_its_number() {
    let mut world = on_ecs(SyncMode::Import);
    let (plan, _) = world.sweep(&Faults::default());
    assert_eq!(
        words(&plan),
        [
            "import EcsService/web",
            "import ScheduledTask/default/nightly",
            "import TaskDefinition/web",
            "store revision web:1, which is web:1 on ECS",
        ]
    );
    settle(&mut world);
    assert_eq!(world.kube.locals[&web()].spec["taskDefinition"], "web:1");
    assert_eq!(world.kube.locals[&web()].spec["kubernetes"]["workload"], "Hold");
    assert_eq!(world.kube.locals[&family()].spec["containerDefinitions"][0]["image"], "nginx:2");
    assert_eq!(world.calls, [], "an import never writes ECS");
}

#[test]
fn numbers_differ_where_they_must_and_the_newest_stays_the_newest() {
    // What is stored here before, and what revisions 1 and 2 of ECS are called afterwards; the service runs 1
    for (stored, numbers, imported) in [
        (vec![], vec![(1, vec![1]), (2, vec![2])], true),
        (vec![(3, "nginx:2")], vec![(1, vec![1]), (3, vec![2])], true),
        (vec![(1, "nginx:0"), (3, "nginx:2")], vec![(1, vec![]), (2, vec![1]), (3, vec![2])], true),
        (vec![(1, "nginx:1"), (2, "nginx:2")], vec![(1, vec![1]), (2, vec![2])], true),
        (vec![(1, "nginx:2")], vec![(1, vec![2])], false),
    ] {
        let mut world = on_ecs(SyncMode::TwoWay);
        if !stored.is_empty() {
            world.user_creates(&family(), task("web", "nginx:2"));
        }
        let held = world.kube.revisions.entry("web".to_owned()).or_default();
        held.extend(stored.iter().map(|(number, image)| {
            (*number, super::super::side::Stored { aws: BTreeSet::new(), document: task("web", image) })
        }));
        for _ in 0..5 {
            world.sweep(&Faults::default());
            world.operator_numbers();
            world.pass(61);
        }
        let found: Vec<(i64, Vec<i64>)> =
            world.kube.revisions["web"].iter().map(|(n, s)| (*n, s.aws.iter().copied().collect())).collect();
        assert_eq!(found, numbers, "{stored:?}");
        assert_eq!(world.kube.locals.contains_key(&web()), imported, "{stored:?}");
        assert_eq!(world.calls, [], "both say the same in other numbers");
    }
}

#[test]
fn an_export_to_an_empty_cluster_makes_families_first_and_each_once() {
    let mut world = World::new(policy(SyncMode::Export));
    world.user_creates(&family(), task("web", "nginx:1"));
    world.user_creates(&web(), service("web", "web", 2));
    world.user_creates(&Id::new(Kind::Schedule, "default/nightly"), schedule("nightly", "web:1", 5));
    settle(&mut world);
    let calls: Vec<_> = world.calls.iter().map(|(id, call)| format!("{call} {id}")).collect();
    assert_eq!(calls, ["register TaskDefinition/web", "create EcsService/web", "create ScheduledTask/default/nightly"]);
    assert_eq!(world.aws.objects[&web()].document["taskDefinition"], "web:1");
    assert_eq!(world.spec_writes, [], "an export never writes a spec here");
}

#[test]
fn edits_on_either_side_arrive_on_the_other_and_meet_in_one_object() {
    let mut world = in_step(SyncMode::TwoWay);
    world.user_sets(&web(), "/desiredCount", json!(5));
    world.console_sets(&web(), "/propagateTags", json!("SERVICE"));
    world.user_sets(&family(), "/containerDefinitions/app/image", json!("nginx:3"));
    settle(&mut world);
    assert_eq!(world.aws.objects[&web()].document["desiredCount"], 5);
    assert_eq!(world.kube.locals[&web()].spec["propagateTags"], "SERVICE");
    let newest = world.aws.families["web"].last().unwrap();
    assert_eq!(newest.document["containerDefinitions"][0]["image"], "nginx:3");
    assert_eq!(world.kube.revisions["web"][&3].aws, [3].into());
    let calls: Vec<_> = world.calls.iter().map(|(_, call)| *call).collect();
    assert_eq!(calls, ["register", "update"], "one call for each edit");
}

#[test]
fn each_mode_writes_the_sides_that_it_names() {
    for (mode, pushed, pulled) in [
        (SyncMode::Observe, false, false),
        (SyncMode::Import, false, true),
        (SyncMode::Export, true, false),
        (SyncMode::TwoWay, true, true),
    ] {
        let mut world = in_step(mode);
        world.user_sets(&web(), "/desiredCount", json!(5));
        world.console_sets(&web(), "/propagateTags", json!("SERVICE"));
        for _ in 0..4 {
            world.sweep(&Faults::default());
            world.pass(61);
        }
        assert_eq!(world.aws.objects[&web()].document["desiredCount"] == 5, pushed, "{mode:?}");
        assert_eq!(world.kube.locals[&web()].spec["propagateTags"] == "SERVICE", pulled, "{mode:?}");
        if mode == SyncMode::Observe {
            assert_eq!((world.calls.len(), world.spec_writes.len()), (0, 0));
        }
    }
}

#[test]
fn a_conflict_stops_its_object_until_the_policy_or_a_person_decides() {
    // V168
    for (decides, here, there) in
        [(ConflictPolicy::Manual, 5, 7), (ConflictPolicy::KubernetesWins, 5, 5), (ConflictPolicy::EcsWins, 7, 7)]
    {
        let mut world = in_step(SyncMode::TwoWay);
        world.policy.conflicts = decides;
        world.user_sets(&web(), "/desiredCount", json!(5));
        world.user_sets(&web(), "/propagateTags", json!("SERVICE"));
        world.console_sets(&web(), "/desiredCount", json!(7));
        let (plan, _) = world.sweep(&Faults::default());
        let told = &plan.conflicts[0].fields[0];
        assert_eq!(
            (told.path.as_str(), told.kubernetes.clone(), told.ecs.clone()),
            ("/desiredCount", Some(json!(5)), Some(json!(7)))
        );
        for _ in 0..4 {
            world.pass(61);
            world.sweep(&Faults::default());
        }
        let found = (
            world.kube.locals[&web()].spec["desiredCount"].clone(),
            world.aws.objects[&web()].document["desiredCount"].clone(),
        );
        assert_eq!(found, (json!(here), json!(there)), "{decides:?}");
        let pushed = world.aws.objects[&web()].document["propagateTags"] == "SERVICE";
        assert_eq!(pushed, decides != ConflictPolicy::Manual, "nothing of a stopped object is written");
        if decides == ConflictPolicy::Manual {
            assert_eq!(world.kube.locals[&web()].standing.as_ref().unwrap().reason, "Conflict");
            world.console_sets(&web(), "/desiredCount", json!(5));
            settle(&mut world);
            assert_eq!(world.kube.locals[&web()].standing.as_ref().unwrap().reason, "Agreed");
        }
    }
}

#[test]
fn what_is_deleted_here_stays_away_and_stays_on_ecs_unless_the_policy_deletes_it() {
    for (policy, gone) in [(DeletionPolicy::Retain, false), (DeletionPolicy::Delete, true)] {
        let mut world = in_step(SyncMode::TwoWay);
        world.policy.deletions = policy;
        settle(&mut world);
        world.kube.locals.remove(&web());
        settle(&mut world);
        assert_eq!(!world.aws.objects.contains_key(&web()), gone, "{policy:?}");
        assert!(!world.kube.locals.contains_key(&web()), "{policy:?}: it is not imported again");
        // The sync goes on with everything else.
        world.user_sets(&family(), "/containerDefinitions/app/image", json!("nginx:9"));
        settle(&mut world);
        assert_eq!(world.calls.last().unwrap().1, "register");
        // A policy that is changed later digs nothing up.
        world.policy.deletions = DeletionPolicy::Delete;
        settle(&mut world);
        assert_eq!(!world.aws.objects.contains_key(&web()), gone, "{policy:?}, then Delete");
        // A person who makes it again ends the tombstone.
        if !gone {
            world.user_creates(&web(), service("web", "web:1", 2));
            settle(&mut world);
            assert!(world.kube.tombstones.is_empty());
            assert_eq!(world.kube.locals[&web()].standing.as_ref().unwrap().reason, "Agreed");
        }
    }
}

#[test]
fn an_edit_on_ecs_beats_a_deletion_here() {
    let mut world = in_step(SyncMode::TwoWay);
    world.policy.deletions = DeletionPolicy::Delete;
    settle(&mut world);
    world.kube.locals.remove(&web());
    world.console_sets(&web(), "/propagateTags", json!("SERVICE"));
    for _ in 0..4 {
        world.sweep(&Faults::default());
        world.pass(61);
    }
    assert!(world.aws.objects.contains_key(&web()));
}

#[test]
fn nothing_is_deleted_that_does_not_carry_our_tag() {
    for owner in [None, Some(Owner { binding: "another".to_owned(), uid: "1".to_owned() })] {
        let mut world = in_step(SyncMode::TwoWay);
        world.policy.deletions = DeletionPolicy::Delete;
        settle(&mut world);
        world.aws.objects.get_mut(&web()).unwrap().owner = owner;
        world.kube.locals.remove(&web());
        for _ in 0..4 {
            world.sweep(&Faults::default());
            world.pass(61);
        }
        assert!(world.aws.objects.contains_key(&web()));
    }
}

#[test]
fn what_belongs_to_another_binding_or_service_of_aws_is_never_written() {
    for change in [
        |remote: &mut Remote| remote.owner = Some(Owner { binding: "another".to_owned(), uid: "1".to_owned() }),
        |remote: &mut Remote| remote.managed_by = Some("ecs-express".to_owned()),
    ] {
        let mut world = in_step(SyncMode::TwoWay);
        change(world.aws.objects.get_mut(&web()).unwrap());
        world.user_sets(&web(), "/desiredCount", json!(5));
        for _ in 0..3 {
            world.sweep(&Faults::default());
            world.pass(61);
        }
        assert_eq!(world.calls, []);
    }
}

#[test]
fn absence_needs_two_sightings_and_an_answer_that_says_so() {
    for (mode, deletions, here, there) in [
        (SyncMode::Import, DeletionPolicy::Retain, true, false),
        (SyncMode::Import, DeletionPolicy::Delete, false, false),
        (SyncMode::TwoWay, DeletionPolicy::Retain, true, false),
        (SyncMode::TwoWay, DeletionPolicy::Delete, false, false),
        (SyncMode::Export, DeletionPolicy::Retain, true, true),
    ] {
        let mut world = in_step(mode);
        world.policy.deletions = deletions;
        settle(&mut world);
        world.aws.objects.remove(&web());
        let unread = Faults { unread: [web()].into(), ..Faults::default() };
        for _ in 0..3 {
            world.sweep(&unread);
            world.pass(61);
        }
        assert!(world.kube.locals.contains_key(&web()), "what is not read is not gone");
        let (first, _) = world.sweep(&Faults::default());
        assert_eq!(words(&first), Vec::<String>::new(), "one sighting proves nothing");
        world.pass(30);
        let (early, _) = world.sweep(&Faults::default());
        assert_eq!(words(&early), Vec::<String>::new(), "nor does a second one at once");
        world.pass(31);
        for _ in 0..3 {
            world.sweep(&Faults::default());
            world.pass(61);
        }
        let found = (world.kube.locals.contains_key(&web()), world.aws.objects.contains_key(&web()));
        assert_eq!(found, (here, there), "{mode:?} {deletions:?}");
    }
}

#[test]
fn an_inactive_cluster_and_another_account_prove_nothing() {
    let mut world = in_step(SyncMode::TwoWay);
    world.policy.deletions = DeletionPolicy::Delete;
    settle(&mut world);
    let mut ecs = world.observe(&Faults::default());
    for seen in ecs.seen.values_mut() {
        *seen = Seen::Missing;
    }
    for change in [
        |ecs: &mut super::super::side::EcsSide| ecs.cluster = Alive::Gone,
        |ecs: &mut super::super::side::EcsSide| ecs.cluster = Alive::Unknown,
        |ecs: &mut super::super::side::EcsSide| ecs.account = Some("999999999999".to_owned()),
        |ecs: &mut super::super::side::EcsSide| ecs.account = None,
    ] {
        let mut ecs = ecs.clone();
        change(&mut ecs);
        let plan = sync(&ecs, &world.kube, &world.policy, world.now);
        assert_eq!((words(&plan), plan.unknown.len()), (vec![], 3));
    }
}

#[test]
fn many_deletions_wait_for_a_person_who_confirms_exactly_these() {
    let mut world = World::new(policy(SyncMode::TwoWay));
    world.policy.deletions = DeletionPolicy::Delete;
    world.console_registers("web", task("web", "nginx:1"));
    let ids: Vec<Id> = (0..20).map(|n| Id::new(Kind::Service, format!("s{n}"))).collect();
    ids.iter().for_each(|id| world.console_creates(id, service(&id.name, "web:1", 1)));
    settle(&mut world);
    // Five of 21 may go.
    for id in &ids[..5] {
        world.kube.locals.remove(id);
    }
    settle(&mut world);
    assert_eq!(world.aws.objects.len(), 15);
    // Six of 16 may not.
    for id in &ids[5..11] {
        world.kube.locals.remove(id);
    }
    world.sweep(&Faults::default());
    let (plan, _) = world.sweep(&Faults::default());
    let breaker = plan.breaker.unwrap();
    assert_eq!((breaker.deletions.len(), breaker.limit, world.aws.objects.len()), (6, 5, 15));
    world.policy.confirmed = Some("of something else".to_owned());
    world.sweep(&Faults::default());
    assert_eq!(world.aws.objects.len(), 15);
    world.policy.confirmed = Some(breaker.token);
    settle(&mut world);
    assert_eq!(world.aws.objects.len(), 9);
}

#[test]
fn a_kind_that_seems_to_be_gone_as_a_whole_is_not_made_again_or_deleted() {
    for mode in [SyncMode::Export, SyncMode::TwoWay] {
        let mut world = World::new(policy(SyncMode::TwoWay));
        world.policy.deletions = DeletionPolicy::Delete;
        world.console_registers("web", task("web", "nginx:1"));
        let ids: Vec<Id> = (0..3).map(|n| Id::new(Kind::Service, format!("s{n}"))).collect();
        ids.iter().for_each(|id| world.console_creates(id, service(&id.name, "web:1", 1)));
        settle(&mut world);
        world.policy.mode = mode;
        settle(&mut world);
        world.aws.objects.clear();
        (world.calls, world.spec_writes) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            world.sweep(&Faults::default());
            world.pass(61);
        }
        assert_eq!((world.calls.len(), world.spec_writes.len()), (0, 0), "{mode:?}");
        let (plan, _) = world.sweep(&Faults::default());
        assert_eq!(plan.breaker.unwrap().deletions.len(), 3, "{mode:?}");
    }
}

#[test]
fn a_roll_back_by_ecs_is_understood_and_not_fought() {
    // V169
    let mut world = in_step(SyncMode::TwoWay);
    world.user_sets(&web(), "/taskDefinition", json!("web:2"));
    settle(&mut world);
    world.calls.clear();
    // ECS takes the deployment back.
    let remote = world.aws.objects.get_mut(&web()).unwrap();
    remote.document["taskDefinition"] = "web:1".into();
    remote.failed_revision = Some(2);
    settle(&mut world);
    // Later the failed deployment is no longer shown.
    world.aws.objects.get_mut(&web()).unwrap().failed_revision = None;
    settle(&mut world);
    assert_eq!(world.calls, [], "it is not tried again");
    assert_eq!(world.kube.locals[&web()].spec["taskDefinition"], "web:2", "and it is no edit either");
    assert!(world.kube.locals[&web()].standing.as_ref().unwrap().message.contains("took its deployment back"));
    world.user_sets(&family(), "/containerDefinitions/app/image", json!("nginx:3"));
    settle(&mut world);
    world.user_sets(&web(), "/taskDefinition", json!("web:3"));
    settle(&mut world);
    assert_eq!(world.aws.objects[&web()].document["taskDefinition"], "web:3", "the next one is tried");
}

#[test]
fn what_scaling_owns_is_left_alone() {
    // V163
    let mut world = in_step(SyncMode::TwoWay);
    world.aws.objects.get_mut(&web()).unwrap().scaled = true;
    world.console_sets(&web(), "/desiredCount", json!(9));
    settle(&mut world);
    assert_eq!(world.kube.locals[&web()].spec["desiredCount"], 2);
    // Where scaling cannot be read, nobody knows who owns the count.
    let mut world = in_step(SyncMode::TwoWay);
    world.aws.objects.get_mut(&web()).unwrap().unread = ["/autoScaling".to_owned()].into();
    world.user_sets(&web(), "/desiredCount", json!(9));
    settle(&mut world);
    assert_eq!(world.calls, []);
    world.policy.resources.remove(&SyncResource::AutoScaling);
    settle(&mut world);
    assert_eq!(world.calls.len(), 1, "unless nobody wants it synced");
}

#[test]
fn what_ecs_chose_where_nobody_said_is_no_difference() {
    let mut world = in_step(SyncMode::TwoWay);
    // V160, V161
    world.console_sets(&web(), "/capacityProviderStrategy", json!([{"capacityProvider": "FARGATE", "weight": 1}]));
    world.console_sets(&web(), "/availabilityZoneRebalancing", json!("DISABLED"));
    settle(&mut world);
    assert_eq!((world.calls.len(), world.spec_writes.len()), (0, 0));
    assert_eq!(world.kube.locals[&web()].standing.as_ref().unwrap().reason, "Agreed");
}

#[test]
fn tags_that_were_not_read_are_not_gone() {
    let mut world = in_step(SyncMode::TwoWay);
    world.console_sets(&web(), "/tags", json!([{"key": "team", "value": "a"}]));
    settle(&mut world);
    // V165
    let remote = world.aws.objects.get_mut(&web()).unwrap();
    remote.document.as_object_mut().unwrap().remove("tags");
    remote.unread = ["/tags".to_owned()].into();
    settle(&mut world);
    assert_eq!(world.kube.locals[&web()].spec["tags"][0]["value"], "a");
}

#[test]
fn a_write_that_is_not_seen_yet_is_waited_for_and_not_repeated() {
    let mut world = in_step(SyncMode::TwoWay);
    world.user_sets(&family(), "/containerDefinitions/app/image", json!("nginx:3"));
    world.operator_numbers();
    world.pass(1);
    world.sweep(&Faults::default());
    for _ in 0..5 {
        world.pass(10);
        // Answers are older than our write
        world.sweep(&Faults { lag: SignedDuration::from_secs(55), ..Faults::default() });
    }
    settle(&mut world);
    assert_eq!(world.calls.iter().filter(|(_, call)| *call == "register").count(), 1);
    assert!(SETTLE > SignedDuration::from_secs(55));
}

#[test]
fn a_paused_binding_writes_neither_side_and_says_what_it_would_do() {
    let mut world = in_step(SyncMode::TwoWay);
    world.policy.paused = true;
    world.user_sets(&web(), "/desiredCount", json!(5));
    world.console_creates(&Id::new(Kind::Service, "new"), service("new", "web:1", 1));
    let (plan, _) = world.sweep(&Faults::default());
    assert_eq!(words(&plan), Vec::<String>::new());
    let told: Vec<_> = plan.withheld.iter().map(|w| w.what.as_str()).collect();
    assert!(told.contains(&"import EcsService/new") && told.contains(&"change /desiredCount of EcsService/web on ECS"));
}

#[test]
fn different_objects_of_one_name_that_never_agreed_are_a_conflict_and_equal_ones_are_adopted() {
    for (count, reason) in [(2, "Agreed"), (3, "Conflict")] {
        let mut world = World::new(policy(SyncMode::TwoWay));
        world.console_registers("web", task("web", "nginx:1"));
        world.console_creates(&web(), service("web", "web:1", 2));
        world.user_creates(&family(), task("web", "nginx:1"));
        world.user_creates(&web(), service("web", "web:1", count));
        for _ in 0..4 {
            world.operator_numbers();
            world.sweep(&Faults::default());
            world.pass(61);
        }
        assert_eq!(world.kube.locals[&web()].standing.as_ref().unwrap().reason, reason);
        assert_eq!((world.calls.len(), world.spec_writes.len()), (0, 0), "and nothing is written either way");
    }
}
