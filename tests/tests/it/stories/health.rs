//! Tasks that fail: what is counted, and what is said.

use ecs_crds::EcsService;
use k8s_openapi::api::core::v1::Pod;
use kube::api::DeleteParams;
use serde_json::json;

use super::bed::{Story, condition, service, story, task_definition};

/// Awaits these counts of RUNNING and PENDING tasks, which must not be called ready
async fn unready(story: &Story, running: i64, pending: i64) -> EcsService {
    let found = story
        .wait("web", &format!("has {running} RUNNING and {pending} PENDING tasks"), |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            (status.running_count, status.pending_count) == (Some(running), Some(pending))
                && condition(&status.conditions, "Ready") == "False"
        })
        .await;
    let status = found.status.as_ref().unwrap();
    assert_eq!(status.deployments[0].rollout_state, "IN_PROGRESS");
    found
}

#[test]
fn a_task_that_never_pulls_its_image_is_pending() {
    story("no-image", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-image-pull-backoff:1")).await;
        story.apply(&service("web", "web", 2)).await;
        unready(story, 0, 2).await;
        story.apply(&task_definition("web", "nginx:2")).await;
        story.steady("web", "web:2", 2).await;
    });
}

#[test]
fn a_task_that_crashes_runs_and_is_not_ready() {
    story("crash", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-crash:1")).await;
        story.apply(&service("web", "web", 2)).await;
        unready(story, 2, 0).await;
        story.apply(&task_definition("web", "nginx:2")).await;
        story.steady("web", "web:2", 2).await;
    });
}

#[test]
fn a_deployment_that_fails_leaves_the_old_tasks_running() {
    story("bad-image", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        story.apply(&task_definition("web", "kwok-image-pull-backoff:2")).await;
        let status = unready(story, 2, 2).await.status.unwrap();
        let shown: Vec<_> =
            status.deployments.iter().map(|d| (d.task_definition.as_str(), d.running_count, d.pending_count)).collect();
        assert_eq!(shown, [("web:2", 0, 2), ("web:1", 2, 0)]);
        // The way back that an ECS user takes: register the old image again.
        story.apply(&task_definition("web", "nginx:1")).await;
        let back = story.steady("web", "web:3", 2).await.status.unwrap();
        assert_eq!(back.deployments.len(), 1);
    });
}

#[test]
fn a_task_that_is_late_runs_before_it_is_ready() {
    story("late", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-late:1")).await;
        story.apply(&service("web", "web", 2)).await;
        unready(story, 2, 0).await;
        story.steady("web", "web:1", 2).await;
    });
}

#[test]
fn a_steady_service_that_loses_a_task_says_so_and_recovers() {
    story("loses", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        let pod = story.names::<Pod>().await.remove(0);
        story.edit::<Pod>(&pod, &json!({"metadata": {"annotations": {"ecs-operator.dev/kwok": "crash"}}})).await;
        let status = story.not_ready("web", "AwaitingSteadyState").await.status.unwrap();
        assert_eq!(status.deployments[0].rollout_state, "COMPLETED", "a crash is no deployment");
        story.api::<Pod>().delete(&pod, &DeleteParams::background()).await.unwrap();
        let status = story.steady("web", "web:1", 2).await.status.unwrap();
        let steady = status.events.iter().filter(|e| e.message.ends_with("has reached a steady state.")).count();
        assert_eq!(steady, 2);
    });
}
