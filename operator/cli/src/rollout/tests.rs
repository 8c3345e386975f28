//! What a person may say to a deployment, and what its state is as an exit code.

use ecs_crds::EcsService;
use serde_json::{Value, json};

use super::*;

/// A service with this status, which is about its newest spec
fn service(status: Value) -> EcsService {
    let mut status = status;
    status["observedGeneration"] = 1.into();
    let object = json!({
        "apiVersion": ecs_crds::API_VERSION, "kind": "EcsService", "metadata": {"name": "web", "generation": 1},
        "spec": {"taskDefinition": "web"}, "status": status,
    });
    serde_json::from_value(object).expect("a service")
}

fn deployments(state: &str) -> Value {
    json!([{
        "id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": "web:2", "desiredCount": 2, "runningCount": 1,
        "pendingCount": 1, "rolloutState": state,
    }])
}

fn staged(status: &str, hooks: Value) -> Value {
    json!({
        "revision": 2, "source": 1, "status": status, "stage": "POST_SCALE_UP", "stageStartedAt": "2026-11-21T12:00:00Z",
        "productionPermille": 0, "hooks": hooks,
    })
}

fn hook() -> Value {
    json!([{
        "hookId": "2-post-scale-up-0-0", "targetType": "PAUSE", "status": "IN_PROGRESS",
        "startedAt": "2026-11-21T12:00:00Z", "expiresAt": "2026-11-22T12:00:00Z",
    }])
}

#[test]
fn the_exit_code_says_how_a_deployment_is() {
    let back = json!({"deployments": deployments("COMPLETED"), "rollbackHold": "web.service-3"});
    for (status, expected) in [
        (json!({"deployments": deployments("COMPLETED")}), 0),
        (json!({"deployments": deployments("IN_PROGRESS")}), GOES_ON),
        (json!({"deployments": deployments("FAILED")}), REFUSED),
        (back, REFUSED),
        (json!({"deployments": deployments("IN_PROGRESS"), "rollbackHold": "web.service-3"}), GOES_ON),
        (json!({}), GOES_ON),
    ] {
        assert_eq!(code(&service(status.clone())), expected, "{status}");
    }
    let mut unseen = service(json!({"deployments": deployments("COMPLETED")}));
    unseen.metadata.generation = Some(2);
    assert_eq!(code(&unseen), GOES_ON, "the operator has not looked yet");
}

#[test]
fn a_person_speaks_by_annotations_that_name_the_deployment_or_its_hooks() {
    let waits = service(json!({"deployment": staged("IN_PROGRESS", hook())}));
    assert_eq!(words(Said::Abort, &waits), Ok(json!({names::ROLLBACK: "ecs-svc/2"})));
    assert_eq!(words(Said::Pause, &waits), Ok(json!({names::PAUSE: "ecs-svc/2"})));
    let answer = json!({names::PAUSE: null, names::CONTINUE: "2-post-scale-up-0-0"});
    assert_eq!(words(Said::Continue, &waits), Ok(answer));
    let goes = service(json!({"deployment": staged("IN_PROGRESS", json!([]))}));
    assert!(words(Said::Continue, &goes).is_err());
    let over = service(json!({"deployment": staged("SUCCESSFUL", json!([]))}));
    assert!(words(Said::Abort, &over).is_err());
}

#[test]
fn undo_goes_to_the_newest_deployment_with_another_task_definition() {
    let revision = |number: i64, task: &str| {
        let content = json!({"inputs": {"taskDefinition": task}, "rendered": {"template": {}, "minReadySeconds": 0}});
        let content = serde_json::from_value(content).expect("a revision");
        ServiceRevision { service: "web".into(), number, content }
    };
    let all = [revision(4, "web:3"), revision(3, "web:3"), revision(2, "web:2"), revision(1, "web:1")];
    let runs = service(json!({"serviceRevision": "web.service-4", "taskDefinition": "web:3"}));
    assert_eq!(before(&runs, all.iter(), None), Some((2, "web:2".to_owned())));
    assert_eq!(before(&runs, all.iter(), Some(1)), Some((1, "web:1".to_owned())));
    assert_eq!(before(&runs, all.iter(), Some(9)), None);
}

#[test]
fn times_are_read_with_their_unit() {
    for (text, seconds) in
        [("90s", Some(90)), ("20m", Some(1200)), ("2h", Some(7200)), ("", None), ("5", None), ("m", None)]
    {
        assert_eq!(duration(text).ok(), seconds.map(Duration::from_secs), "{text}");
    }
}
