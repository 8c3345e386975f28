//! Bounds and counts as data: looks at a service, one after the other, by a clock of their own.

use ecs_crds::{EcsService, EcsServiceStatus};
use serde_json::{Value, json};

use super::*;
use crate::config::Context;

fn at(time: &str) -> Timestamp {
    format!("2026-11-{time}:00Z").parse().unwrap()
}

/// A service of this `autoScaling`, and of a count where it has one
fn service(scaling: Value, count: Option<i64>) -> EcsService {
    let spec = json!({"taskDefinition": "web", "autoScaling": scaling, "desiredCount": count});
    let document = json!({"metadata": {"name": "web", "uid": "u", "resourceVersion": "7"}, "spec": spec});
    let mut document = serde_json::from_value::<Value>(document).unwrap();
    document["apiVersion"] = ecs_crds::API_VERSION.into();
    document["kind"] = "EcsService".into();
    serde_json::from_value(document).unwrap()
}

/// A look, whose count and memory are written
fn look(service: &mut EcsService, now: &str) -> Scaled {
    let checked = crate::check::service(&service.spec, "web", &Default::default(), &Context::default());
    let scaled = scaled(&checked.model.unwrap(), service, at(now)).unwrap();
    service.spec.desired_count = Some(scaled.count.into());
    service.status = Some(EcsServiceStatus { autoscaling: Some(scaled.memory.clone()), ..Default::default() });
    scaled
}

fn morning(bounds: Value) -> Value {
    json!([{"scheduledActionName": "morning", "schedule": "cron(0 8 * * ? *)", "scalableTargetAction": bounds}])
}

#[test]
fn v150_a_scheduled_action_sets_the_bounds_until_the_spec_does() {
    let actions = morning(json!({"minCapacity": 5}));
    let mut web = service(json!({"minCapacity": 1, "maxCapacity": 9, "scheduledActions": actions}), Some(2));
    let before = look(&mut web, "21T07:00");
    assert_eq!((before.writes, before.look_at), (false, Some(at("21T08:00"))));
    let acted = look(&mut web, "21T08:00");
    assert_eq!((acted.bounds, acted.count, acted.writes), (Bounds { min: 5, max: 9 }, 5, true), "V150");
    assert_eq!(acted.done, ["scheduled action morning set the least number of tasks to 5 and the largest to 9"]);
    let again = look(&mut web, "21T08:01");
    assert_eq!((again.bounds.min, again.writes, again.done.len()), (5, false, 0), "once, also after a restart");
    web.spec.auto_scaling.as_mut().unwrap().min_capacity = Some(3);
    let edited = look(&mut web, "21T09:00");
    assert_eq!((edited.memory.effective_min, edited.count), (3, 5), "V150: the spec overwrites what the action set");
}

#[test]
fn v187_a_count_that_is_not_given_is_seeded_and_one_that_is_given_is_warned_of() {
    let scaling = json!({"minCapacity": 2, "maxCapacity": 4});
    let mut web = service(scaling.clone(), None);
    let step = {
        let seeded = look(&mut web, "21T07:00");
        assert_eq!((seeded.count, seeded.writes), (2, true), "V187");
        seeded.step(&web)
    };
    assert!(matches!(step, Some(Step::Scale(of, 2)) if of.resource_version == "7"), "against what was looked at");
    assert!(!look(&mut web, "21T07:01").writes, "V187: once");

    let managed = |manager: &str, subresource: Option<&str>| ManagedFieldsEntry {
        manager: Some(manager.to_owned()),
        subresource: subresource.map(str::to_owned),
        fields_v1: serde_json::from_value(json!({"f:spec": {"f:desiredCount": {}, "f:cluster": {}}})).ok(),
        ..ManagedFieldsEntry::default()
    };
    let autoscaler = managed("kube-controller-manager", Some("scale"));
    for (managers, warned) in
        [(None, true), (Some(vec![managed("argocd", None), autoscaler.clone()]), true), (Some(vec![autoscaler]), false)]
    {
        let mut metadata = ObjectMeta { managed_fields: managers, ..ObjectMeta::default() };
        if metadata.managed_fields.is_some() {
            keep_writers_of_count(&mut metadata);
        }
        let checked = crate::check::service(&web.spec, "web", &Default::default(), &Context::default());
        let told = told(&checked.model.unwrap(), &metadata, Some(2), Capabilities::default());
        let codes: Vec<_> = told.iter().map(|f| f.code.as_str()).collect();
        assert_eq!(codes == ["DesiredCountContested"], warned, "V187 {codes:?}");
    }
}

#[test]
fn between_changes_of_the_bounds_the_count_is_whoevers_sets_it() {
    let mut web = service(json!({"minCapacity": 2, "maxCapacity": 4}), Some(9));
    assert_eq!(look(&mut web, "21T07:00").count, 4, "registration brings it into the bounds");
    for count in [0, 3, 7] {
        web.spec.desired_count = Some(count);
        let left = look(&mut web, "21T07:01");
        assert_eq!((i64::from(left.count), left.writes), (count, false));
    }
    web.spec.auto_scaling.as_mut().unwrap().max_capacity = Some(6);
    assert_eq!(look(&mut web, "21T07:02").count, 6);
}

#[test]
fn actions_of_before_they_were_known_or_while_they_rest_are_nobodys() {
    let actions = morning(json!({"maxCapacity": 3}));
    let mut web = service(json!({"minCapacity": 1, "maxCapacity": 9, "scheduledActions": actions}), Some(6));
    let rest = |web: &mut EcsService, rests: bool| {
        let suspended = json!({"scheduledScalingSuspended": rests});
        web.spec.auto_scaling.as_mut().unwrap().suspended_state = serde_json::from_value(suspended).unwrap();
    };
    assert_eq!(look(&mut web, "21T12:00").count, 6, "it was made at noon");
    rest(&mut web, true);
    let resting = look(&mut web, "21T13:00");
    assert_eq!((resting.count, resting.look_at), (6, None));
    assert_eq!(look(&mut web, "22T09:00").count, 6);
    rest(&mut web, false);
    assert_eq!(look(&mut web, "22T10:00").count, 6, "what fell into the rest is not made up for");
    let missed = look(&mut web, "25T10:00");
    assert_eq!((missed.count, missed.done.len()), (3, 1), "what the operator missed is, once");
    let other = json!([{"scheduledActionName": "morning", "schedule": "cron(0 9 * * ? *)",
                        "scalableTargetAction": {"maxCapacity": 1}}]);
    web.spec.auto_scaling.as_mut().unwrap().scheduled_actions = serde_json::from_value(other).unwrap();
    assert_eq!(look(&mut web, "25T11:00").count, 3, "another time is another action");
}

#[test]
fn of_several_actions_the_last_one_counts() {
    let action = |name: &str, schedule: &str, min: i64| json!({"scheduledActionName": name, "schedule": schedule, "scalableTargetAction": {"minCapacity": min}});
    let actions = json!([
        action("evening", "cron(0 18 * * ? *)", 2),
        action("morning", "cron(0 8 * * ? *)", 6),
        action("once", "at(2026-11-22T20:00:00)", 4),
        action("hourly", "rate(100 days)", 8),
    ]);
    let mut web = service(json!({"minCapacity": 1, "maxCapacity": 9, "scheduledActions": actions}), None);
    for (now, expected, next) in [
        ("21T07:00", 1, "21T08:00"),
        ("21T08:00", 6, "21T18:00"),
        ("21T18:30", 2, "22T08:00"),
        ("22T19:00", 2, "22T20:00"),
        ("22T20:00", 4, "23T08:00"),
    ] {
        let scaled = look(&mut web, now);
        assert_eq!((scaled.bounds.min, scaled.look_at), (expected, Some(at(next))), "{now}");
    }
    assert_eq!(web.spec.desired_count, Some(6), "a lower minimum takes no task");
}
