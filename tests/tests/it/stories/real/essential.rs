//! Containers that exit: what becomes of the others, by `essential` and `essentialPolicy`.

use ecs_crds::TaskDefinition;
use k8s_openapi::api::core::v1::ContainerStatus;
use serde_json::{Value, json};

use super::super::bed::{SERVE, Story, helper, real_story, service, shell, task_of};

/// Exits with 3 once somebody makes the file /tmp/fail
const FAILS: &str = "echo begins; until test -e /tmp/fail; do sleep 0.2; done; exit 3";

/// Runs a service under this policy, or what is the default, until it is steady; its task
async fn run(story: &Story, policy: Option<&str>, containers: &[Value]) -> String {
    story.apply(&task_of("web", containers)).await;
    let mut wish = service("web", "web", 1);
    if let Some(policy) = policy {
        wish["spec"]["kubernetes"] = json!({"essentialPolicy": policy});
    }
    story.apply(&wish).await;
    story.steady("web", "web:1", 1).await;
    story.task("web").await
}

/// Makes a container exit with 3
async fn fail(story: &Story, task: &str, container: &str) {
    story.kubectl(&["exec", task, &format!("--container={container}"), "--", "touch", "/tmp/fail"]).await;
}

/// Awaits that a container has been started again once
async fn started_again(story: &Story, task: &str, container: &str) -> ContainerStatus {
    let again = |status: &ContainerStatus| status.restart_count == 1 && status.ready;
    story.container(task, container, "has been started again", again).await
}

fn last_exit(status: &ContainerStatus) -> i32 {
    status.last_state.as_ref().unwrap().terminated.as_ref().unwrap().exit_code
}

#[test]
fn the_exit_of_an_essential_container_starts_all_containers_again() {
    real_story("together", async |story| {
        let _operator = story.operator().await;
        let mut app = shell("app", FAILS);
        app["dependsOn"] = json!([{"containerName": "prepare", "condition": "SUCCESS"}]);
        let prepare = helper("prepare", "echo prepared");
        let task = run(story, None, &[app, shell("mate", SERVE), prepare]).await;
        fail(story, &task, "app").await;
        for container in ["app", "mate"] {
            let ended = started_again(story, &task, container).await.last_state.unwrap().terminated.unwrap();
            // kubelet removes the containers first, so nobody learns that the first one had exited with 3.
            assert_eq!((ended.reason.as_deref(), ended.exit_code), (Some("RestartingAllContainers"), 137));
        }
        let prepared = |status: &ContainerStatus| status.restart_count == 1;
        story.container(&task, "prepare", "has run again, as in a new task", prepared).await;
        story.steady("web", "web:1", 1).await;
        assert_eq!(story.task("web").await, task, "the pod stays, with its address and its volumes");
    });
}

#[test]
fn an_essential_container_that_becomes_unhealthy_is_started_again_alone_and_a_finding_says_so() {
    real_story("unhealthy-mate", async |story| {
        let _operator = story.operator().await;
        let mut app = shell("app", &format!("touch /tmp/well; {SERVE}"));
        app["healthCheck"] = json!({"command": ["CMD", "test", "-e", "/tmp/well"], "interval": 5, "retries": 1});
        let task = run(story, None, &[app, shell("mate", SERVE)]).await;
        story.kubectl(&["exec", &task, "--container=app", "--", "rm", "/tmp/well"]).await;
        assert_eq!(last_exit(&started_again(story, &task, "app").await), 0);
        story.steady("web", "web:1", 1).await;
        let mate = story.container(&task, "mate", "runs", |status| status.ready).await;
        assert_eq!(mate.restart_count, 0);
        let status = story.get::<TaskDefinition>("web").await.status.unwrap();
        let codes: Vec<_> = status.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(codes.contains(&"UnhealthyNotCoupled"), "{codes:?}");
    });
}

#[test]
fn a_container_that_is_not_essential_and_one_of_the_policy_in_place_are_started_again_alone() {
    real_story("alone", async |story| {
        let _operator = story.operator().await;
        let containers = [shell("app", FAILS), shell("mate", SERVE), helper("extra", FAILS)];
        let task = run(story, Some("InPlace"), &containers).await;
        fail(story, &task, "extra").await;
        assert_eq!(last_exit(&started_again(story, &task, "extra").await), 3);
        fail(story, &task, "app").await;
        assert_eq!(last_exit(&started_again(story, &task, "app").await), 3);
        story.steady("web", "web:1", 1).await;
        let mate = story.container(&task, "mate", "runs", |status| status.ready).await;
        assert_eq!(mate.restart_count, 0);
        let extra = story.container(&task, "extra", "runs", |status| status.ready).await;
        assert_eq!(extra.restart_count, 1, "once by itself, and not for the other");
    });
}
