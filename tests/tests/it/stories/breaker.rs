//! The deployment circuit breaker: when a deployment fails, and what the service does then.

use std::time::Instant;

use ecs_crds::{EcsService, EcsServiceStatus};
use ecs_operator::Options;
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment};
use serde_json::{Value, json};

use super::bed::{Story, condition, operator_options, process, reason, service, story, task_definition};
use super::rollout::image;

/// A service whose deployments are watched
pub(crate) fn guarded(tasks: i64, rollback: bool) -> Value {
    let mut document = service("web", "web", tasks);
    document["spec"]["deploymentConfiguration"] =
        json!({"deploymentCircuitBreaker": {"enable": true, "rollback": rollback}});
    document
}

/// Runs two tasks of `web:1`, then lets `web:2` fail
async fn failing(story: &Story, rollback: bool) {
    story.apply(&task_definition("web", "nginx:1")).await;
    story.apply(&guarded(2, rollback)).await;
    story.steady("web", "web:1", 2).await;
    story.apply(&task_definition("web", "kwok-crash:2")).await;
}

/// Awaits that the service runs these tasks again after its deployment failed
async fn rolled_back(story: &Story, task_definition: &str, tasks: i64) -> EcsServiceStatus {
    let found = story
        .wait("web", &format!("is rolled back to {task_definition}"), |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            reason(&status.conditions, "Ready") == "RolledBack"
                && condition(&status.conditions, "Stalled") == "True"
                && status.task_definition.as_deref() == Some(task_definition)
                && (status.running_count, status.pending_count) == (Some(tasks), Some(0))
                && status.deployments.len() == 1
        })
        .await;
    found.status.unwrap()
}

fn said<'a>(status: &'a EcsServiceStatus, end: &str) -> Vec<&'a str> {
    status.events.iter().map(|e| e.message.as_str()).filter(|m| m.ends_with(end)).collect()
}

#[test]
fn a_deployment_whose_tasks_fail_is_rolled_back_to_the_last_one_that_completed() {
    story("breaker", async |story| {
        let _operator = story.operator().await;
        failing(story, true).await;
        let failed = story
            .wait("web", "has a failed deployment beside the old one", |s: &EcsService| {
                let status = s.status.clone().unwrap_or_default();
                status.deployments.iter().any(|d| d.rollout_state == "FAILED")
            })
            .await;
        let status = failed.status.unwrap();
        let failed = status.deployments.iter().find(|d| d.rollout_state == "FAILED").unwrap();
        assert_eq!(failed.id, "ecs-svc/2");
        assert!(failed.failed_tasks >= Some(3), "two tasks: three failures are too many: {failed:?}");
        let why = "ECS deployment circuit breaker: tasks failed to start.";
        assert_eq!(failed.rollout_state_reason.as_deref(), Some(why));

        let status = rolled_back(story, "web:1", 2).await;
        assert_eq!(status.rollback_hold.as_deref(), Some("web.service-2"));
        assert_eq!(
            (status.deployments[0].id.as_str(), status.deployments[0].status.as_str()),
            ("ecs-svc/1", "PRIMARY")
        );
        assert_eq!(status.deployments[0].rollout_state, "COMPLETED");
        assert_eq!(said(&status, "deployment failed: tasks failed to start.").len(), 1, "{:?}", status.events);
        assert_eq!(
            said(&status, "rolling back to deployment ecs-svc/1."),
            ["(service web) rolling back to deployment ecs-svc/1."]
        );
        assert_eq!(image(story, "web").await, "nginx:1");
    });
}

#[test]
fn a_rolled_back_deployment_is_tried_again_only_when_the_spec_changes() {
    story("breaker-hold", async |story| {
        let _operator = story.operator().await;
        failing(story, true).await;
        rolled_back(story, "web:1", 2).await;

        // Scaling is no other spec of the tasks: the old ones are scaled.
        story.apply(&guarded(3, true)).await;
        let status = rolled_back(story, "web:1", 3).await;
        assert_eq!(status.service_revision.as_deref(), Some("web.service-1"));
        let revisions = ["web-1", "web-2", "web.service-1", "web.service-2"];
        assert_eq!(story.names::<ControllerRevision>().await, revisions);

        // The nonce is: it fails once more, as a deployment of its own.
        let mut forced = guarded(3, true);
        forced["spec"]["kubernetes"] = json!({"forceDeployment": "again"});
        story.apply(&forced).await;
        story
            .wait("web", "has failed once more", |s: &EcsService| {
                s.status.clone().unwrap_or_default().rollback_hold.as_deref() == Some("web.service-3")
            })
            .await;
        rolled_back(story, "web:1", 3).await;
    });
}

#[test]
fn going_back_to_what_runs_after_a_roll_back_starts_no_deployment() {
    story("breaker-back", async |story| {
        let _operator = story.operator().await;
        failing(story, true).await;
        rolled_back(story, "web:1", 2).await;
        let before = story.get::<Deployment>("web").await.metadata.generation;

        let mut pinned = guarded(2, true);
        pinned["spec"]["taskDefinition"] = "web:1".into();
        story.apply(&pinned).await;
        let status = story.steady("web", "web:1", 2).await.status.unwrap();
        assert_eq!((status.rollback_hold, status.service_revision.as_deref()), (None, Some("web.service-1")));
        assert_eq!(story.get::<Deployment>("web").await.metadata.generation, before, "no task was touched");

        // Asked for again, the failed one is a new deployment, as after any UpdateService.
        pinned["spec"]["taskDefinition"] = "web:2".into();
        story.apply(&pinned).await;
        let status = rolled_back(story, "web:1", 2).await;
        assert_eq!(status.rollback_hold.as_deref(), Some("web.service-3"));
    });
}

#[test]
fn a_first_deployment_that_fails_has_nothing_to_go_back_to_and_starts_no_more_tasks() {
    story("breaker-first", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-crash:1")).await;
        story.apply(&guarded(1, true)).await;
        let status = story.not_ready("web", "DeploymentFailed").await.status.unwrap();
        assert_eq!(condition(&status.conditions, "Stalled"), "True");
        assert_eq!(status.deployments[0].rollout_state, "FAILED");
        assert_eq!(status.rollback_hold, None);
        story.wait("web", "is paused", |d: &Deployment| d.spec.as_ref().unwrap().paused == Some(true)).await;

        story.apply(&task_definition("web", "nginx:2")).await;
        let status = story.steady("web", "web:2", 1).await.status.unwrap();
        assert_eq!(status.deployments[0].failed_tasks, Some(0));
        assert_eq!(story.get::<Deployment>("web").await.spec.unwrap().paused, None);
    });
}

#[test]
fn without_rollback_a_failed_deployment_stays_and_so_do_the_old_tasks() {
    story("breaker-stays", async |story| {
        let _operator = story.operator().await;
        failing(story, false).await;
        let status = story.not_ready("web", "DeploymentFailed").await.status.unwrap();
        let shown: Vec<_> = status
            .deployments
            .iter()
            .map(|d| (d.status.as_str(), d.rollout_state.as_str(), d.task_definition.as_str()))
            .collect();
        assert_eq!(shown, [("PRIMARY", "FAILED", "web:2"), ("ACTIVE", "COMPLETED", "web:1")]);
        assert_eq!(status.deployments[1].running_count, 2, "the old tasks go on");
        story.wait("web", "is paused", |d: &Deployment| d.spec.as_ref().unwrap().paused == Some(true)).await;
    });
}

#[test]
fn a_task_that_cannot_pull_its_image_fails_a_launch_each_minute() {
    story("breaker-image", async |story| {
        let mut options: Options = operator_options(story);
        // A minute of this story is a second.
        options.config.failing_tasks.launch_seconds = 1;
        let _operator = story.operator_with(options).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&guarded(1, true)).await;
        story.steady("web", "web:1", 1).await;
        story.apply(&task_definition("web", "kwok-image-pull-backoff:2")).await;
        rolled_back(story, "web:1", 1).await;
    });
}

#[test]
fn after_many_failed_deployments_the_way_back_is_still_there() {
    story("breaker-many", async |story| {
        let _operator = story.operator().await;
        let mut document = guarded(1, true);
        document["spec"]["deploymentConfiguration"]["deploymentCircuitBreaker"]["thresholdConfiguration"] =
            json!({"type": "COUNT", "value": 1});
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&document).await;
        story.steady("web", "web:1", 1).await;
        story.apply(&task_definition("web", "kwok-crash:2")).await;
        // Of finished deployments ten are kept.
        for number in 2..=13 {
            let held = |s: &EcsService| {
                s.status.clone().unwrap_or_default().rollback_hold == Some(format!("web.service-{number}"))
            };
            story.wait("web", "has one more failed deployment", held).await;
            rolled_back(story, "web:1", 1).await;
            document["spec"]["kubernetes"] = json!({"forceDeployment": number.to_string()});
            story.apply(&document).await;
        }
        let revisions = story.names::<ControllerRevision>().await;
        assert!(revisions.contains(&"web.service-1".to_owned()), "{revisions:?}");
        assert!(!revisions.contains(&"web.service-2".to_owned()), "older ones are pruned: {revisions:?}");
    });
}

#[test]
fn an_operator_killed_in_the_middle_of_a_roll_back_comes_to_the_same_end() {
    story("breaker-killed", async |story| {
        let mut operator = process::start(story);
        failing(story, true).await;
        let began = Instant::now();
        story
            .wait("web", "has counted a failure", |s: &EcsService| {
                s.status.clone().unwrap_or_default().deployments.first().is_some_and(|d| d.failed_tasks > Some(0))
            })
            .await;
        operator.kill().await;
        let mut operator = process::start(story);
        let failed = story
            .wait("web", "has failed", |s: &EcsService| s.status.clone().unwrap_or_default().rollback_hold.is_some())
            .await;
        operator.kill().await;
        let counted = |status: &EcsServiceStatus| {
            status.deployments.iter().find(|d| d.id == "ecs-svc/2").and_then(|d| d.failed_tasks)
        };
        let before = counted(failed.status.as_ref().unwrap());
        // The threshold is 3, and two tasks fail at most once a second each.
        let most = 2 * (1 + i64::try_from(began.elapsed().as_secs()).unwrap());
        assert!(before >= Some(3) && before <= Some(most), "{before:?}, of at most {most}");

        let _operator = process::start(story);
        let status = rolled_back(story, "web:1", 2).await;
        assert_eq!(said(&status, "deployment failed: tasks failed to start.").len(), 1, "{:?}", status.events);
        let revisions = ["web-1", "web-2", "web.service-1", "web.service-2"];
        assert_eq!(story.names::<ControllerRevision>().await, revisions);
    });
}
