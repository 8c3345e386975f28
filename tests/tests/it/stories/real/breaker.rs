//! Deployments of real containers that fail: ECS's numbers of failed tasks, and the way back.

use ecs_crds::{EcsService, EcsServiceStatus};
use ecs_operator::Options;
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment};
use serde_json::{Value, json};

use super::super::bed::{
    SERVE, Story, condition, ecs, operator_options, process, real_story, reason, service, shell, task_of,
};

/// A service of one task, whose deployment fails at three failed tasks: 50 % of one, and ECS's least
fn guarded() -> Value {
    let mut document = service("web", "web", 1);
    document["spec"]["deploymentConfiguration"] =
        json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}});
    document
}

/// Runs `web:1`, which is well, then a `web:2` with this container
async fn then(story: &Story, document: &Value, container: Value) {
    story.apply(&task_of("web", &[shell("app", SERVE)])).await;
    story.apply(document).await;
    story.steady("web", "web:1", 1).await;
    story.apply(&task_of("web", &[container])).await;
}

/// Awaits that the deployment of `web:2` has failed; how many failed tasks it then shows
async fn failed(story: &Story) -> i64 {
    let of = |status: &EcsServiceStatus| {
        let failed = status.deployments.iter().find(|d| d.task_definition == "web:2" && d.rollout_state == "FAILED");
        failed.and_then(|d| d.failed_tasks)
    };
    let is = |s: &EcsService| of(&s.status.clone().unwrap_or_default()).is_some();
    let found = story.wait("web", "has a deployment of web:2 that failed", is).await;
    of(&found.status.unwrap()).unwrap()
}

/// Awaits that the service runs `web:1` again
async fn rolled_back(story: &Story) -> EcsServiceStatus {
    let back = |s: &EcsService| {
        let status = s.status.clone().unwrap_or_default();
        reason(&status.conditions, "Ready") == "RolledBack"
            && condition(&status.conditions, "Stalled") == "True"
            && (status.running_count, status.pending_count) == (Some(1), Some(0))
            && status.task_definition.as_deref() == Some("web:1")
    };
    let status = story.wait("web", "is rolled back to web:1", back).await.status.unwrap();
    let stored = ["web-1", "web-2", "web.service-1", "web.service-2"];
    assert_eq!(story.names::<ControllerRevision>().await, stored, "the revision of the way back, and the failed one");
    status
}

/// What `kubectl ecs tasks web` tells of stopped tasks of `web:2`
async fn stopped(story: &Story) -> Vec<Value> {
    let ended = ecs(story, &["tasks", "web", "--desired-status", "STOPPED", "-o", "json"], "").await;
    assert_eq!(ended.code, 0, "{ended:#?}");
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    told["tasks"].as_array().unwrap().iter().filter(|task| task["taskDefinition"] == "web:2").cloned().collect()
}

#[test]
fn three_tasks_that_exit_are_three_failed_tasks_and_the_way_back() {
    real_story("exits", async |story| {
        let _operator = story.operator().await;
        then(story, &guarded(), shell("app", "exit 3")).await;
        assert_eq!(failed(story).await, 3, "with one task, ECS rolls back at the third failure");
        rolled_back(story).await;
        let stopped = stopped(story).await;
        let exited: Vec<_> = stopped.iter().filter(|task| task["exitCode"] == 3).collect();
        assert!(exited.len() >= 2, "{stopped:#?}");
        for task in exited {
            assert_eq!(task["stopCode"], "EssentialContainerExited", "{task:#}");
            assert_eq!(task["stoppedReason"], "Essential container in task exited");
        }
    });
}

#[test]
fn tasks_that_fail_their_health_check_are_failed_tasks() {
    real_story("unhealthy-deployment", async |story| {
        let _operator = story.operator().await;
        let mut document = guarded();
        document["spec"]["deploymentConfiguration"]["deploymentCircuitBreaker"]["thresholdConfiguration"] =
            json!({"type": "COUNT", "value": 2});
        let mut sick = shell("app", SERVE);
        sick["healthCheck"] = json!({"command": ["CMD", "false"], "interval": 5, "timeout": 2, "retries": 1});
        then(story, &document, sick).await;
        assert_eq!(failed(story).await, 2);
        rolled_back(story).await;
    });
}

#[test]
fn an_image_that_is_nowhere_is_a_failed_launch_each_minute() {
    real_story("absent", async |story| {
        let mut options: Options = operator_options(story);
        // A minute of this story is two seconds.
        options.config.failing_tasks.launch_seconds = 2;
        let _operator = story.operator_with(options).await;
        let mut absent = shell("app", SERVE);
        absent["image"] = "localhost/absent:1".into();
        then(story, &guarded(), absent).await;
        assert_eq!(failed(story).await, 3);
        rolled_back(story).await;
        let stopped = stopped(story).await;
        let told = stopped[0]["stoppedReason"].as_str().unwrap_or_default();
        assert!(told.starts_with("CannotPullContainerError"), "{stopped:#?}");
        assert_eq!(stopped[0]["stopCode"], "TaskFailedToStart");
    });
}

#[test]
fn a_crash_loop_is_counted_once_over_a_killed_operator() {
    real_story("loop-killed", async |story| {
        let mut operator = process::start(story);
        then(story, &guarded(), shell("app", "sleep 1; exit 3")).await;
        let counted = |least: i64| {
            move |s: &EcsService| {
                let status = s.status.clone().unwrap_or_default();
                status
                    .deployments
                    .first()
                    .is_some_and(|d| d.task_definition == "web:2" && d.failed_tasks >= Some(least))
            }
        };
        for least in [1, 2] {
            story.wait("web", "has counted a failure", counted(least)).await;
            operator.kill().await;
            operator = process::start(story);
        }
        // The kubelet may have failed another task while nobody looked; counted twice it would be five at least.
        let failures = failed(story).await;
        assert!((3..=4).contains(&failures), "{failures}");
        operator.kill().await;
        let _operator = process::start(story);
        rolled_back(story).await;
    });
}

#[test]
fn a_first_deployment_that_fails_stays_and_starts_no_more_tasks() {
    real_story("first-fails", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_of("web", &[shell("app", "exit 3")])).await;
        story.apply(&guarded()).await;
        let status = story.not_ready("web", "DeploymentFailed").await.status.unwrap();
        assert_eq!((status.deployments[0].failed_tasks, status.rollback_hold), (Some(3), None));
        story.wait("web", "is paused", |d: &Deployment| d.spec.as_ref().unwrap().paused == Some(true)).await;
        story.apply(&task_of("web", &[shell("app", SERVE)])).await;
        story.steady("web", "web:2", 1).await;
    });
}
