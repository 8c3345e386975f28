//! Health checks that fail, and what follows.

use serde_json::json;

use super::super::bed::{SERVE, real_story, service, shell, task_of};

#[test]
fn a_container_that_becomes_unhealthy_is_started_again_and_its_task_recovers() {
    real_story("unhealthy", async |story| {
        let _operator = story.operator().await;
        let mut app = shell("app", &format!("touch /tmp/well; echo begins; {SERVE}"));
        app["healthCheck"] =
            json!({"command": ["CMD", "test", "-e", "/tmp/well"], "interval": 5, "timeout": 2, "retries": 1});
        story.apply(&task_of("web", &[app])).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let task = story.task("web").await;

        story.kubectl(&["exec", &task, "--container=app", "--", "rm", "/tmp/well"]).await;
        story.not_ready("web", "AwaitingSteadyState").await;
        story.steady("web", "web:1", 1).await;
        let healed = story.container(&task, "app", "is healthy again", |status| status.ready).await;
        assert_eq!(healed.restart_count, 1);
        let ended = healed.last_state.unwrap().terminated.unwrap();
        assert_eq!(ended.exit_code, 0, "it was asked to end, and did: {ended:?}");
        assert_eq!(story.log_before(&task, "app").await[0].text, "begins");
    });
}
