//! `dependsOn`: which container starts when, by the times at which containers write.

use serde_json::{Value, json};

use super::super::bed::{SERVE, Story, helper, real_story, service, shell, task_of};

/// A container that waits for others
fn after(mut container: Value, others: &[(&str, &str)]) -> Value {
    let edges: Vec<Value> = others.iter().map(|(name, on)| json!({"containerName": name, "condition": on})).collect();
    container["dependsOn"] = edges.into();
    container
}

/// Fails unless these lines, each of a container, were written one after the other
async fn check_order(story: &Story, task: &str, lines: &[(&str, &str)]) {
    let mut last = None;
    for (container, text) in lines {
        let line = story.says(task, container, text).await;
        if let Some((at, what)) = last {
            assert!(at < line.at, "{container} says `{text}` at {}, before {what:?} at {at}", line.at);
        }
        last = Some((line.at, (container, text)));
    }
}

#[test]
fn containers_start_when_what_they_depend_on_has_completed_succeeded_become_healthy_or_started() {
    real_story("order", async |story| {
        let _operator = story.operator().await;
        let prepare = helper("prepare", "echo begins; sleep 1; echo completes");
        let migrate = helper("migrate", "echo begins; sleep 1; echo succeeds");
        let mut db = shell("db", &format!("echo begins; sleep 2; echo is well; touch /tmp/well; {SERVE}"));
        db["healthCheck"] = json!({"command": ["CMD-SHELL", "test -e /tmp/well"], "interval": 5, "retries": 3});
        let proxy = shell("proxy", &format!("echo begins; sleep 2; echo works; {SERVE}"));
        let app = shell("app", &format!("echo begins; {SERVE}"));
        // Given from the last to the first, so that the order comes from the edges.
        let containers = [
            after(app, &[("proxy", "START"), ("db", "HEALTHY"), ("migrate", "SUCCESS"), ("prepare", "COMPLETE")]),
            after(proxy, &[("db", "HEALTHY")]),
            after(db, &[("migrate", "SUCCESS")]),
            after(migrate, &[("prepare", "COMPLETE")]),
            prepare,
        ];
        story.apply(&task_of("web", &containers)).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let task = story.task("web").await;
        let expected = [
            ("prepare", "begins"),
            ("prepare", "completes"),
            ("migrate", "begins"),
            ("migrate", "succeeds"),
            ("db", "begins"),
            ("db", "is well"),
            ("proxy", "begins"),
            ("app", "begins"),
            // START waits for the start and no longer.
            ("proxy", "works"),
        ];
        check_order(story, &task, &expected).await;
    });
}

#[test]
fn a_container_waits_as_long_as_what_it_depends_on_fails() {
    real_story("order-fails", async |story| {
        let _operator = story.operator().await;
        let migrate = helper("migrate", "mkdir /runs/first 2>/dev/null && { echo fails; exit 4; }; echo succeeds");
        let app = after(shell("app", &format!("echo begins; {SERVE}")), &[("migrate", "SUCCESS")]);
        let mut definition = task_of("web", &[migrate, app]);
        let mount = json!([{"sourceVolume": "runs", "containerPath": "/runs"}]);
        definition["spec"]["volumes"] = json!([{"name": "runs"}]);
        definition["spec"]["containerDefinitions"][0]["mountPoints"] = mount;
        story.apply(&definition).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let task = story.task("web").await;
        check_order(story, &task, &[("migrate", "succeeds"), ("app", "begins")]).await;
        assert_eq!(story.exit(&task, "migrate").await.exit_code, 0);
        let migrate = story.container(&task, "migrate", "has run twice", |status| status.restart_count == 1).await;
        assert_eq!(migrate.last_state.unwrap().terminated.unwrap().exit_code, 4);
    });
}
