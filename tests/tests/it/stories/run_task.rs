//! `kubectl ecs run-task`, `stop-task`, `tasks` and `logs`, as the program runs them.

use ecs_crds::{EcsTask, LastStatus};
use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};

use super::bed::{Ended, Story, ecs, story, task_definition};

/// Runs `kubectl ecs` and expects this exit code
pub(crate) async fn run(story: &Story, words: &[&str], code: i32) -> Ended {
    let ended = ecs(story, words, "").await;
    assert_eq!(ended.code, code, "kubectl ecs {words:?}: {ended:#?}");
    ended
}

/// What `-o json` prints
fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

#[test]
fn run_task_starts_a_task_says_its_name_and_waits_for_its_end() {
    story("cli-run", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "web:1")).await;
        story.registered("web", "web:1").await;
        let started = run(story, &["run-task", "--task-definition", "web", "--count", "2"], 0).await;
        let name = started.stdout.trim().strip_prefix("ecstask/web-").unwrap_or_else(|| panic!("{started:#?}"));
        let is = |task: &EcsTask| task.status.as_ref().is_some_and(|s| s.last_status == Some(LastStatus::Stopped));
        let task = story.wait(&format!("web-{name}"), "has stopped", is).await;
        assert_eq!((task.spec.run.count, task.spec.kubernetes.unwrap().time_to_live_seconds), (Some(2), Some(3600)));

        let overrides = r#"{"containerOverrides": [{"name": "app", "command": ["migrate"]}]}"#;
        let words = ["run-task", "--task-definition", "web:1", "--name", "once", "--overrides", overrides];
        let words = [&words[..], &["--started-by", "me", "--tags", "key=team,value=a", "--wait"]].concat();
        let done = run(story, &words, 0).await;
        assert!(done.stdout.is_empty(), "{done:#?}");
        for told in ["ecstask/once is created in", "STOPPED: every task has stopped"] {
            assert!(done.stderr.contains(told), "{told}: {done:#?}");
        }
        let job = serde_json::to_value(story.get::<Job>("once").await).unwrap();
        assert_eq!(job["spec"]["template"]["spec"]["containers"][0]["args"], json!(["migrate"]));

        // One of that name is there.
        let again = run(story, &["run-task", "--task-definition", "web", "--name", "once"], 2).await;
        assert!(again.stderr.contains("\"once\" already exists"), "{again:#?}");
        let described = json_of(&run(story, &["tasks", "once", "-o", "json"], 0).await);
        let task = &described["tasks"][0];
        assert_eq!([&task["lastStatus"], &task["startedBy"]], [&json!("STOPPED"), &json!("me")]);
        assert_eq!([&task["exitCode"], &task["containers"][0]["exitCode"]], [&json!(0), &json!(0)]);
    });
}

#[test]
fn a_dry_run_starts_nothing_and_prints_what_would() {
    story("cli-dry-run", async |story| {
        story.apply(&task_definition("web", "web:1")).await;
        let words = ["run-task", "--task-definition", "web", "--name", "once", "--group", "batch"];
        let client = run(story, &[&words[..], &["--dry-run", "-o", "yaml"]].concat(), 0).await;
        let document: Value = serde_yaml_ng::from_str(&client.stdout).unwrap();
        assert_eq!([&document["kind"], &document["spec"]["group"]], [&json!("EcsTask"), &json!("batch")]);
        let server = json_of(&run(story, &[&words[..], &["--dry-run=server", "-o", "json"]].concat(), 0).await);
        assert!(server["metadata"]["uid"].is_string() && server["metadata"]["managedFields"].is_null(), "{server:#}");
        assert_eq!(story.names::<EcsTask>().await, Vec::<String>::new());
        // What was printed can be applied.
        story.apply(&document).await;
        let given = r#"{"taskDefinition": "web", "count": 3, "startedBy": "a-document"}"#;
        let words = ["run-task", "--cli-input-json", given, "--count", "2", "--dry-run", "-o", "json"];
        let spec = &json_of(&run(story, &words, 0).await)["spec"];
        assert_eq!([&spec["count"], &spec["startedBy"]], [&json!(2), &json!("a-document")]);
    });
}

#[test]
fn stop_task_stops_a_task_by_its_name_or_its_pod_s_and_who_waits_ends_with_125() {
    story("cli-stop", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-pending:1")).await;
        let start = async |name: &str| {
            run(story, &["run-task", "--task-definition", "web", "--name", name], 0).await;
            let pods = story.bound(1).await;
            let pod = pods.into_iter().find(|pod| pod.starts_with(name)).unwrap();
            story.kubelet_says(&pod, "Running", &[("app", None)]).await;
            let runs =
                |task: &EcsTask| task.status.as_ref().is_some_and(|s| s.last_status == Some(LastStatus::Running));
            story.wait(name, "runs", runs).await;
            pod
        };
        start("one").await;
        let shown = run(story, &["tasks", "one"], 0).await;
        assert!(shown.stdout.lines().nth(1).is_some_and(|line| line.contains("RUNNING")), "{shown:#?}");
        let waiter = ["run-task", "--task-definition", "web", "--name", "waited", "--wait"];
        let (waited, ()) = tokio::join!(run(story, &waiter, 125), async {
            run(story, &["stop-task", "one", "--reason", "costs too much"], 0).await;
            story.wait("waited", "is there", |_: &EcsTask| true).await;
            let told = run(story, &["stop-task", "waited"], 0).await;
            assert_eq!(told.stdout, "ecstask/waited is told to stop\n");
        });
        assert!(waited.stderr.contains("Task stopped by user"), "{waited:#?}");
        let stopped = |task: &EcsTask| task.status.as_ref().is_some_and(|s| s.last_status == Some(LastStatus::Stopped));
        let one = story.wait("one", "has stopped", stopped).await;
        assert_eq!(one.status.unwrap().stopped_reason.as_deref(), Some("costs too much"));
    });
}

#[test]
fn what_is_not_there_or_cannot_be_is_refused_and_said() {
    story("cli-refusals", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "web:1")).await;
        story.registered("web", "web:1").await;
        let wait = ["run-task", "--task-definition"];
        for (words, code, told) in [
            (&["run-task"][..], 64, "--task-definition"),
            (&["run-task", "--task-definition", "web", "--logs"], 64, "--wait"),
            (&[wait[0], wait[1], "typo", "--wait"], 2, "there is no TaskDefinition of the family `typo`"),
            (&[wait[0], wait[1], "web", "--count", "11", "--wait"], 2, "at most 10 tasks"),
            (&[wait[0], wait[1], "web", "--overrides", "{"], 64, "--overrides is no JSON"),
            (&[wait[0], wait[1], "web", "--tags", "team=a"], 64, "write key=KEY,value=VALUE"),
            (&[wait[0], wait[1], "web", "--name", "No_Name"], 2, "refused: "),
            (&["stop-task", "nowhere"], 2, "there is no EcsTask and no task `nowhere`"),
            (&["tasks", "nowhere"], 2, "there is nothing called `nowhere`"),
            (&["logs", "nowhere"], 2, "there is no task of `nowhere`"),
            (&["tasks", "--kubeconfig", "/nowhere"], 64, "/nowhere"),
        ] {
            let ended = run(story, words, code).await;
            assert!(ended.stderr.contains(told), "{words:?}: {ended:#?}");
        }
        let overrides = r#"{"containerOverrides": [{"name": "nobody", "command": ["a"]}]}"#;
        let words = [wait[0], wait[1], "web", "--wait", "--overrides", overrides];
        let refused = run(story, &words, 2).await;
        assert!(refused.stderr.contains("nobody"), "{refused:#?}");
    });
}
