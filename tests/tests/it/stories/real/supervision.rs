//! Tasks that ECS would replace and the kubelet goes on with: the operator replaces them, also those that failed while it was
//! away.

use ecs_crds::EcsService;
use ecs_operator::Options;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::super::bed::{SERVE, Story, ecs, helper, operator_options, real_story, service, shell, task_of};

/// Exits with this code once somebody makes the file /tmp/fail
fn fails(code: i32) -> String {
    format!("until test -e /tmp/fail; do sleep 0.2; done; exit {code}")
}

/// An operator that replaces a task however young it is
fn at_once(story: &Story) -> Options {
    let mut options = operator_options(story);
    options.config.failing_tasks.replace_after_seconds = 0;
    options
}

/// A service of one task whose containers stop together
async fn run(story: &Story, containers: &[Value]) -> String {
    story.apply(&task_of("web", containers)).await;
    let mut wish = service("web", "web", 1);
    wish["spec"]["kubernetes"] = json!({"essentialPolicy": "ReplaceTask"});
    story.apply(&wish).await;
    story.steady("web", "web:1", 1).await;
    story.task("web").await
}

async fn fail(story: &Story, task: &str, container: &str) {
    story.kubectl(&["exec", task, &format!("--container={container}"), "--", "touch", "/tmp/fail"]).await;
}

/// Awaits that another task stands in the place of this one
async fn replaced(story: &Story, task: &str) -> String {
    story.gone::<Pod>(task).await;
    story.steady("web", "web:1", 1).await;
    story.task_where("web", |pod| pod.name_any() != task && pod.metadata.deletion_timestamp.is_none()).await
}

#[test]
fn a_task_stops_when_an_essential_container_exits_and_the_service_starts_another() {
    real_story("replaced", async |story| {
        let _operator = story.operator_with(at_once(story)).await;
        let task = run(story, &[shell("app", &fails(3)), shell("mate", SERVE)]).await;
        fail(story, &task, "app").await;
        replaced(story, &task).await;
        let ended = ecs(story, &["tasks", "web", "--desired-status", "STOPPED", "-o", "json"], "").await;
        let told: Value = serde_json::from_str(&ended.stdout).unwrap();
        let failed = told["tasks"].as_array().unwrap().iter().find(|task| task["exitCode"] == 3);
        let failed = failed.unwrap_or_else(|| panic!("{told:#}"));
        assert_eq!((&failed["name"], &failed["stopCode"]), (&json!(task), &json!("EssentialContainerExited")));
    });
}

#[test]
fn a_task_that_failed_while_the_operator_was_away_is_replaced_when_it_is_back() {
    real_story("replaced-later", async |story| {
        let operator = story.operator_with(at_once(story)).await;
        let task = run(story, &[shell("app", &fails(3)), shell("mate", SERVE)]).await;
        operator.die();
        fail(story, &task, "app").await;
        story.container(&task, "app", "has been started again", |status| status.restart_count == 1).await;
        let _operator = story.operator_with(at_once(story)).await;
        replaced(story, &task).await;
    });
}

#[test]
fn an_exit_code_that_the_restart_policy_ignores_ends_the_task() {
    real_story("ignored", async |story| {
        let _operator = story.operator_with(at_once(story)).await;
        let mut app = shell("app", &fails(0));
        app["restartPolicy"] = json!({"enabled": true, "ignoredExitCodes": [0], "restartAttemptPeriod": 60});
        let task = run(story, &[app]).await;
        fail(story, &task, "app").await;
        replaced(story, &task).await;
    });
}

#[test]
fn a_container_that_ends_before_its_restart_attempt_period_is_over_ends_the_task() {
    real_story("too-soon", async |story| {
        let _operator = story.operator_with(at_once(story)).await;
        let mut app = shell("app", &fails(3));
        app["restartPolicy"] = json!({"enabled": true, "restartAttemptPeriod": 60});
        let task = run(story, &[app, shell("mate", SERVE)]).await;
        fail(story, &task, "app").await;
        replaced(story, &task).await;
    });
}

#[test]
fn a_start_that_takes_longer_than_the_start_timeout_is_a_failed_task_and_is_tried_again() {
    real_story("start-timeout", async |story| {
        let _operator = story.operator().await;
        let mut app = shell("app", SERVE);
        app["dependsOn"] = json!([{"containerName": "prepare", "condition": "SUCCESS"}]);
        let mut prepare = helper("prepare", SERVE);
        prepare["startTimeout"] = 2.into();
        story.apply(&task_of("web", &[app, prepare])).await;
        story.apply(&service("web", "web", 1)).await;
        let task = story.task("web").await;
        let counted = |s: &EcsService| {
            s.status.as_ref().is_some_and(|s| s.deployments.first().is_some_and(|d| d.failed_tasks >= Some(1)))
        };
        story.wait("web", "has counted the task as failed", counted).await;
        story.gone::<Pod>(&task).await;
        story.task_where("web", |pod| pod.name_any() != task).await;
    });
}
