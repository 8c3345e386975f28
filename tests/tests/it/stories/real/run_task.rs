//! `kubectl ecs run-task` and `logs` with real containers: exit codes and what processes print.

use super::super::bed::{SERVE, ecs, helper, real_story, shell, task_of};
use super::super::run_task::run;

#[test]
fn run_task_prints_the_logs_of_its_containers_and_ends_with_the_exit_code_of_the_essential_one() {
    real_story("cli-logs", async |story| {
        let _operator = story.operator().await;
        let app = shell("app", "echo begins; echo $WHO; sleep 1; echo ends; exit 42");
        story.apply(&task_of("job", &[app, helper("router", &format!("echo routes; {SERVE}"))])).await;
        let overrides =
            r#"{"containerOverrides": [{"name": "app", "environment": [{"name": "WHO", "value": "it is me"}]}]}"#;
        let words =
            ["run-task", "--task-definition", "job", "--name", "once", "--wait", "--logs", "--overrides", overrides];
        let done = run(story, &words, 42).await;
        let said: Vec<&str> = done.stdout.lines().filter_map(|line| line.split_once(" app] ").map(|l| l.1)).collect();
        assert_eq!(said, ["begins", "it is me", "ends"], "{done:#?}");
        assert!(done.stdout.contains(" router] routes\n") && done.stderr.contains("RUNNING"), "{done:#?}");
        assert!(done.stderr.contains("Essential container in task exited (exit code 42)"), "{done:#?}");

        // Its pod stays, with what it printed.
        let of_app = run(story, &["logs", "once", "--container", "app", "--tail", "1"], 0).await;
        assert!(of_app.stdout.ends_with(" app] ends\n") && of_app.stdout.lines().count() == 1, "{of_app:#?}");
        let unknown = run(story, &["logs", "once", "--container", "nobody"], 2).await;
        assert!(unknown.stderr.contains("no container is called `nobody`; there are app, router"), "{unknown:#?}");
        let shown = ecs(story, &["tasks", "once"], "").await;
        let line = shown.stdout.lines().nth(1).unwrap_or_default().split_whitespace().collect::<Vec<_>>();
        assert!(line.contains(&"STOPPED") && line.contains(&"42"), "{shown:#?}");
    });
}
