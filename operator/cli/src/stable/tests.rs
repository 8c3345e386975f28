//! What a status says of a service's rest.

use ecs_crds::EcsService;
use serde_json::{Value, json};

use super::*;

/// A service whose status shows this, about its second generation
fn service(observed: i64, task_definition: &str, hold: Option<&str>, conditions: &[(&str, &str, &str)]) -> EcsService {
    let conditions: Vec<Value> = conditions
        .iter()
        .map(|(kind, status, reason)| {
            json!({"type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": "2026-11-21T12:00:00Z"})
        })
        .collect();
    serde_json::from_value(json!({
        "apiVersion": ecs_crds::API_VERSION, "kind": "EcsService", "metadata": {"name": "web", "generation": 2}, "spec": {},
        "status": {
            "observedGeneration": observed, "taskDefinition": task_definition, "rollbackHold": hold, "conditions": conditions,
        },
    }))
    .unwrap()
}

#[test]
fn a_service_is_at_rest_when_what_it_is_to_run_is_steady_or_has_failed() {
    let steady = &[("Ready", "True", "SteadyState")][..];
    let rolls = &[("Ready", "False", "RolloutInProgress"), ("Reconciling", "True", "RolloutInProgress")];
    let failed = &[("Ready", "False", "DeploymentFailed"), ("Stalled", "True", "DeploymentFailed")];
    let rolls_back = &[("Ready", "False", "RolledBack"), ("Reconciling", "True", "RolledBack")];
    let rolled_back = &[("Ready", "False", "RolledBack"), ("Stalled", "True", "RolledBack")];
    let stuck =
        &[("Ready", "False", "DeploymentConfigurationStuck"), ("Stalled", "True", "DeploymentConfigurationStuck")];
    let refused = &[("Accepted", "False", "Blocked"), ("Ready", "False", "Blocked")];
    let held = &[("Ready", "False", "Held"), ("Reconciling", "True", "Held")];
    let (two, three) = (Some("web:2"), Some("web:3"));
    let hold = Some("web.service-2");
    for (name, service, wanted, held, expected) in [
        ("steady", service(2, "web:2", None, steady), two, None, Some(Outcome::Stable)),
        ("steady, whatever it runs", service(2, "web:2", None, steady), None, None, Some(Outcome::Stable)),
        ("not looked at since it changed", service(1, "web:2", None, steady), None, None, None),
        ("still with the old revision", service(2, "web:1", None, steady), two, None, None),
        ("on its way", service(2, "web:2", None, rolls), two, None, None),
        ("failed", service(2, "web:2", None, failed), two, None, Some(Outcome::Failed)),
        ("another one failed before", service(2, "web:2", None, failed), three, None, None),
        ("on its way back", service(2, "web:1", hold, rolls_back), two, two, None),
        ("rolled back", service(2, "web:1", hold, rolled_back), two, two, Some(Outcome::Failed)),
        (
            "rolled back, whatever it was to run",
            service(2, "web:1", hold, rolled_back),
            None,
            None,
            Some(Outcome::Failed),
        ),
        ("rolled back from another one before", service(2, "web:1", hold, rolled_back), three, two, None),
        ("stuck", service(2, "web:2", None, stuck), two, None, Some(Outcome::Stalled)),
        ("refused", service(2, "web:2", None, refused), None, None, Some(Outcome::Stalled)),
        ("held", service(2, "web:2", None, held), None, None, Some(Outcome::Stalled)),
    ] {
        assert_eq!(outcome(&service, wanted, held), expected, "{name}");
    }
}

#[test]
fn each_event_and_each_state_is_told_once() {
    let deployment = |running: i64| {
        json!({
            "id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": "web:2", "desiredCount": 2, "runningCount": running,
            "pendingCount": 0, "failedTasks": 1, "rolloutState": "IN_PROGRESS",
        })
    };
    let status = |running: i64, events: &[&str]| -> EcsServiceStatus {
        let events: Vec<Value> = events.iter().map(|message| json!({ "message": message })).collect();
        serde_json::from_value(json!({ "deployments": [deployment(running)], "events": events })).unwrap()
    };
    let (mut told, mut out) = (Told::default(), Vec::new());
    for status in [status(0, &["before"]), status(0, &["b", "a", "before"]), status(1, &["b", "a", "before"])] {
        told.tell(&status, &mut out).unwrap();
    }
    let expected = "\
PRIMARY web:2 0 of 2 running, 0 pending, 1 failed (IN_PROGRESS)
a
b
PRIMARY web:2 1 of 2 running, 0 pending, 1 failed (IN_PROGRESS)
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}
