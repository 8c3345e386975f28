//! How a task stops: SIGTERM, and SIGKILL after `stopTimeout`.

use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::super::bed::{real_story, service, shell, task_of};

#[test]
fn a_container_that_handles_sigterm_ends_with_its_own_code_and_a_deaf_one_is_killed_after_stop_timeout() {
    real_story("stop", async |story| {
        let _operator = story.operator().await;
        let polite = shell("polite", "trap 'echo bye; exit 7' TERM; echo begins; sleep 600 & wait");
        let deaf = shell("deaf", "trap '' TERM; echo begins; while :; do sleep 1; done");
        let mut containers = [polite, deaf];
        for container in &mut containers {
            container["stopTimeout"] = 3.into();
        }
        story.apply(&task_of("web", &containers)).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let task = story.task("web").await;
        for container in ["polite", "deaf"] {
            story.says(&task, container, "begins").await;
        }

        // So that the pod can still be looked at when it has stopped.
        let kept = |by: serde_json::Value| json!({"metadata": {"finalizers": by}});
        story.edit::<Pod>(&task, &kept(json!(["ecs-operator.dev/looked-at"]))).await;
        story.kubectl(&["scale", "ecsservice", "web", "--replicas=0"]).await;
        let polite = story.exit(&task, "polite").await;
        let deaf = story.exit(&task, "deaf").await;
        story.edit::<Pod>(&task, &kept(json!([]))).await;

        assert_eq!((polite.exit_code, deaf.exit_code), (7, 137), "{polite:?} {deaf:?}");
        let longer = deaf.finished_at.unwrap().0.duration_since(polite.finished_at.unwrap().0);
        // Both times are whole seconds.
        assert!((2..=6).contains(&longer.as_secs()), "the deaf one ended {longer:?} after the polite one");
        story.gone::<Pod>(&task).await;
    });
}
