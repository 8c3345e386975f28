//! Tasks that start once: what they run, how they end, and that nothing starts them again.

use ecs_core::config::{FailingTasks, OperatorConfig};
use ecs_crds::{EcsTask, EcsTaskStatus, LastStatus, StopCode};
use ecs_operator::{Clock, Options};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::bed::{Story, condition, ecs_task, operator_options, reason, story, task_definition};

fn status(task: &EcsTask) -> EcsTaskStatus {
    task.status.clone().unwrap_or_default()
}

/// Awaits that all of it has stopped
async fn stopped(story: &Story, name: &str) -> EcsTaskStatus {
    let is = |task: &EcsTask| status(task).last_status == Some(LastStatus::Stopped);
    status(&story.wait(name, "has stopped", is).await)
}

fn ready(status: &EcsTaskStatus) -> (&str, &str) {
    (condition(&status.conditions, "Ready"), reason(&status.conditions, "Ready"))
}

#[test]
fn a_task_runs_what_it_overrides_and_is_ready_when_it_has_ended_with_zero() {
    story("run-task", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "web:1")).await;
        story.registered("web", "web:1").await;
        let mut task = ecs_task("once", "web");
        task["spec"]["group"] = "batch".into();
        task["spec"]["startedBy"] = "a-person".into();
        task["spec"]["overrides"] = json!({"containerOverrides": [
            {"name": "app", "command": ["migrate"], "environment": [{"name": "STEP", "value": "2"}]},
        ]});
        story.apply(&task).await;
        let status = stopped(story, "once").await;
        assert_eq!(ready(&status), ("True", "TaskSucceeded"));
        assert_eq!(status.task_definition.as_deref(), Some("web:1"));
        assert_eq!((status.stop_code, status.exit_code), (Some(StopCode::EssentialContainerExited), Some(0)));
        assert_eq!(status.stopped_reason.as_deref(), Some("Essential container in task exited"));
        assert_eq!(status.containers[0].exit_code, Some(0));
        let described = &status.tasks[0];
        assert_eq!((described.group.as_deref(), described.started_by.as_deref()), (Some("batch"), Some("a-person")));
        let pod = serde_json::to_value(story.get::<Pod>(&described.name).await).unwrap();
        let app = &pod["spec"]["containers"][0];
        assert_eq!((&app["args"], &app["env"][0]["value"]), (&json!(["migrate"]), &json!("2")));
        // A person and a script see it too.
        let shown = story.kubectl(&["get", "ecstask", "once", "--no-headers"]).await;
        let shown: Vec<&str> = shown.split_whitespace().take(5).collect();
        assert_eq!(shown, ["once", "web:1", "STOPPED", "0", "EssentialContainerExited"]);
        story.kubectl(&["wait", "ecstask/once", "--for=condition=Ready", "--timeout=10s"]).await;
    });
}

#[test]
fn of_five_tasks_one_fails_and_the_others_go_on() {
    story("count", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-pending:1")).await;
        let mut task = ecs_task("five", "web");
        task["spec"]["count"] = 5.into();
        story.apply(&task).await;
        let pods = story.bound(5).await;
        for pod in &pods {
            story.kubelet_says(pod, "Running", &[("app", None)]).await;
        }
        story.kubelet_says(&pods[0], "Failed", &[("app", Some(3))]).await;
        let one = |task: &EcsTask| {
            let of = |wanted| status(task).tasks.iter().filter(|t| t.last_status == wanted).count();
            (of(LastStatus::Running), of(LastStatus::Stopped)) == (4, 1)
        };
        story.wait("five", "has one that failed and four that run", one).await;
        for pod in &pods[1..] {
            story.kubelet_says(pod, "Succeeded", &[("app", Some(0))]).await;
        }
        let status = stopped(story, "five").await;
        assert_eq!(ready(&status), ("False", "TaskFailed"));
        assert_eq!(status.exit_code, Some(3));
        let mut codes: Vec<_> = status.tasks.iter().map(|task| task.exit_code.unwrap()).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 0, 0, 0, 3]);
        assert_eq!(story.list::<Pod>().await.len(), 5, "none was started again");
    });
}

#[test]
fn a_task_stops_at_the_first_essential_exit_and_that_is_its_outcome() {
    story("essential", async |story| {
        let _operator = story.operator().await;
        let mut definition = task_definition("web", "kwok-pending:1");
        let containers = definition["spec"]["containerDefinitions"].as_array_mut().unwrap();
        containers.push(json!({"name": "api", "image": "kwok-pending:1", "memory": 64}));
        containers.push(json!({"name": "mon", "image": "mon:1", "memory": 64, "essential": false}));
        story.apply(&definition).await;
        story.apply(&ecs_task("two", "web")).await;
        let pod = story.bound(1).await.remove(0);
        story.kubelet_says(&pod, "Running", &[("app", None), ("api", None)]).await;
        story.kubelet_says(&pod, "Running", &[("app", Some(7)), ("api", None)]).await;
        let status = stopped(story, "two").await;
        assert_eq!(ready(&status), ("False", "TaskFailed"));
        assert_eq!((status.stop_code, status.exit_code), (Some(StopCode::EssentialContainerExited), Some(7)));
        assert_eq!(status.tasks.len(), 1, "no other task was started for it");
        assert!(story.get::<Job>("two").await.status.unwrap().active.unwrap_or(0) == 0);
    });
}

#[test]
fn stop_task_stops_it_with_the_reason_that_was_given() {
    story("stop", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-pending:1")).await;
        story.apply(&ecs_task("long", "web")).await;
        let pod = story.bound(1).await.remove(0);
        story.kubelet_says(&pod, "Running", &[("app", None)]).await;
        let runs = |task: &EcsTask| status(task).last_status == Some(LastStatus::Running);
        story.wait("long", "runs", runs).await;
        let stop = json!({"spec": {"kubernetes": {"stop": {"reason": "costs too much"}}}});
        story.edit::<EcsTask>("long", &stop).await;
        let status = stopped(story, "long").await;
        assert_eq!(
            (status.stop_code, status.desired_status),
            (Some(StopCode::UserInitiated), Some(LastStatus::Stopped))
        );
        assert_eq!(status.stopped_reason.as_deref(), Some("costs too much"));
        assert_eq!(ready(&status), ("False", "TaskStopped"));
        assert_eq!(story.names::<Job>().await, ["long"], "the Job tells that it was started");
    });
}

#[test]
fn an_image_that_cannot_be_pulled_stops_the_task_in_the_words_of_ecs() {
    story("image", async |story| {
        let failing_tasks = FailingTasks { launch_seconds: 1, ..FailingTasks::default() };
        let config = OperatorConfig { failing_tasks, ..OperatorConfig::default() };
        let _operator = story.operator_with(Options { config, ..operator_options(story) }).await;
        story.apply(&task_definition("web", "kwok-image-pull-backoff:1")).await;
        story.apply(&ecs_task("pull", "web")).await;
        let status = stopped(story, "pull").await;
        assert_eq!(status.stop_code, Some(StopCode::TaskFailedToStart));
        let words = "CannotPullContainerError: Back-off pulling image \"kwok-image-pull-backoff:1\"";
        assert_eq!(status.stopped_reason.as_deref(), Some(words));
        assert_eq!(ready(&status), ("False", "TaskFailed"));
    });
}

#[test]
fn a_call_that_was_made_cannot_be_changed() {
    story("final", async |story| {
        story.apply(&task_definition("web", "web:1")).await;
        let mut task = ecs_task("once", "web");
        task["spec"]["overrides"] = json!({"containerOverrides": [{"name": "app", "command": ["a"]}]});
        task["spec"]["kubernetes"] = json!({"workload": "Hold"});
        story.apply(&task).await;
        for (pointer, value) in [
            ("/spec/taskDefinition", json!("web:2")),
            ("/spec/count", json!(2)),
            ("/spec/tags", json!([{"key": "a", "value": "b"}])),
            ("/spec/overrides", json!({"containerOverrides": [{"name": "app", "command": ["b"]}]})),
            ("/spec/overrides", Value::Null),
        ] {
            let mut changed = task.clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            changed.pointer_mut(parent).unwrap()[key] = value;
            let refused = story.try_apply(&changed).await.unwrap_err().to_string();
            assert!(refused.contains("Create another EcsTask instead"), "{pointer}: {refused}");
        }
        task["spec"]["kubernetes"] = json!({"workload": "Run", "timeToLiveSeconds": 60});
        story.apply(&task).await;
    });
}

#[test]
fn neither_a_restart_nor_a_deleted_job_starts_a_task_twice() {
    story("once", async |story| {
        let operator = story.operator().await;
        story.apply(&task_definition("web", "kwok-pending:1")).await;
        story.apply(&ecs_task("once", "web")).await;
        story.wait("once", "has a Job", |_: &Job| true).await;
        operator.die();
        let uid = story.get::<Job>("once").await.uid();

        let operator = story.operator().await;
        let pod = story.bound(1).await.remove(0);
        let begun = |task: &EcsTask| status(task).tasks.iter().any(|t| t.name == pod);
        story.wait("once", "knows its pod", begun).await;
        assert_eq!(story.get::<Job>("once").await.uid(), uid);

        story.delete::<Job>("once").await;
        let ended = stopped(story, "once").await;
        assert_eq!((ended.stop_code, ready(&ended)), (Some(StopCode::UserInitiated), ("False", "TaskStopped")));
        operator.stop().await;
        let _again = story.operator().await;
        let key = format!("task {}/once", story.namespace);
        let before = story.looks.counts().get(&key).copied().unwrap_or(0);
        story.looks.until(|counts| counts.get(&key).copied().unwrap_or(0) > before).await;
        assert_eq!(story.names::<Job>().await, Vec::<String>::new());
        assert_eq!(status(&story.get::<EcsTask>("once").await), ended, "and its end is still known");
    });
}

#[test]
fn the_job_goes_after_an_hour_and_the_task_when_its_time_is_up() {
    story("ttl", async |story| {
        let clock = Clock::standing_at(Timestamp::now());
        let options = Options { clock: clock.clone(), ..operator_options(story) };
        let _operator = story.operator_with(options).await;
        story.apply(&task_definition("web", "web:1")).await;
        let mut task = ecs_task("once", "web");
        task["spec"]["kubernetes"] = json!({"timeToLiveSeconds": 7200});
        story.apply(&task).await;
        let ended = stopped(story, "once").await;
        assert_eq!(story.names::<Job>().await, ["once"]);
        let end = ended.stopped_at.unwrap().0;
        clock.set(end + SignedDuration::from_secs(3601));
        story.gone_where("once", |_: &Job| true).await;
        assert_eq!(status(&story.get::<EcsTask>("once").await).exit_code, Some(0));
        clock.set(end + SignedDuration::from_secs(7201));
        story.gone_where("once", |_: &EcsTask| true).await;
    });
}
