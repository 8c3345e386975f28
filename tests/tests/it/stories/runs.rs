//! The tasks of a schedule's runs: they stop when ECS would stop them, and the run tells their own outcome.

use ecs_core::config::{FailingTasks, OperatorConfig};
use ecs_crds::{RunState, ScheduleRun, ScheduledTask};
use ecs_operator::{Clock, Options};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::bed::{Story, operator_options, schedule, story, task_definition};

/// A task definition of two essential containers, which do what the story says of them
fn two_essential() -> Value {
    let mut definition = task_definition("report", "kwok-pending:1");
    let containers = definition["spec"]["containerDefinitions"].as_array_mut().unwrap();
    containers.push(json!({"name": "mate", "image": "kwok-pending:1", "memory": 64}));
    definition
}

/// A schedule of one time; its operator's clock stands before it
fn once(name: &str) -> (Clock, Timestamp, Value) {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let time = now + SignedDuration::from_mins(10);
    let document = schedule(name, "report", &format!("at({})", time.strftime("%Y-%m-%dT%H:%M:%S")));
    (Clock::standing_at(now), time, document)
}

/// Awaits that the latest run is over
async fn over(story: &Story, name: &str) -> ScheduleRun {
    let run = |s: &ScheduledTask| s.status.as_ref().and_then(|s| s.runs.first().cloned());
    let is = |s: &ScheduledTask| run(s).is_some_and(|run| run.state != RunState::Running);
    run(&story.wait(name, "has a run that is over", is).await).unwrap()
}

#[test]
fn a_run_stops_at_the_first_essential_exit_and_tells_its_outcome() {
    for (name, exit, state, reason) in [
        ("well", 0, RunState::Succeeded, None),
        ("badly", 7, RunState::Failed, Some("Essential container in task exited (exit code 7)")),
    ] {
        story(name, async |story| {
            let (clock, time, document) = once(name);
            let _operator = story.operator_with(Options { clock: clock.clone(), ..operator_options(story) }).await;
            story.apply(&two_essential()).await;
            story.apply(&document).await;
            story
                .wait(name, "is armed", |s: &ScheduledTask| s.status.as_ref().is_some_and(|s| s.armed.is_some()))
                .await;
            clock.set(time);
            let pod = story.bound(1).await.remove(0);
            story.kubelet_says(&pod, "Running", &[("app", None), ("mate", None)]).await;
            story.kubelet_says(&pod, "Running", &[("app", Some(exit)), ("mate", None)]).await;
            let run = over(story, name).await;
            assert_eq!((run.state, run.reason.as_deref()), (state, reason));
            let stopped: Vec<_> = run.stopped.iter().map(|task| (task.name.as_str(), task.exit_code)).collect();
            assert_eq!(stopped, [(pod.as_str(), Some(exit))]);
            assert_eq!(story.names::<Job>().await.len(), 1, "no other task was started for it");
        });
    }
}

#[test]
fn a_run_that_a_cron_job_has_started_is_looked_after_too() {
    story("of-cron-job", async |story| {
        let _operator = story.operator().await;
        story.apply(&two_essential()).await;
        story.apply(&schedule("tick", "report", "cron(* * * * ? *)")).await;
        let pod = story.bound(1).await.remove(0);
        assert_eq!(story.names::<CronJob>().await, ["tick"]);
        // One run is enough
        story.edit::<ScheduledTask>("tick", &json!({"spec": {"state": "DISABLED"}})).await;
        story.kubelet_says(&pod, "Running", &[("app", None), ("mate", Some(0))]).await;
        story.gone::<Pod>(&pod).await;
        let is = |s: &ScheduledTask| {
            let runs = s.status.clone().unwrap_or_default().runs;
            runs.iter().any(|run| run.state == RunState::Succeeded && run.stopped.iter().any(|task| task.name == pod))
        };
        story.wait("tick", "tells that the run went well", is).await;
    });
}

#[test]
fn a_run_whose_image_cannot_be_pulled_fails_in_the_words_of_ecs() {
    story("run-image", async |story| {
        let (clock, time, document) = once("pull");
        let failing_tasks = FailingTasks { launch_seconds: 1, ..FailingTasks::default() };
        let config = OperatorConfig { failing_tasks, ..OperatorConfig::default() };
        let _operator = story.operator_with(Options { config, clock: clock.clone(), ..operator_options(story) }).await;
        story.apply(&task_definition("report", "kwok-image-pull-backoff:1")).await;
        story.apply(&document).await;
        story.wait("pull", "is armed", |s: &ScheduledTask| s.status.as_ref().is_some_and(|s| s.armed.is_some())).await;
        clock.set(time);
        let words = "CannotPullContainerError: Back-off pulling image \"kwok-image-pull-backoff:1\"";
        let run = over(story, "pull").await;
        assert_eq!((run.state, run.reason.as_deref()), (RunState::Failed, Some(words)));
    });
}
