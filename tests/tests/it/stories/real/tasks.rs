//! Tasks that start once, as containers: what reaches the process, how they stop, and what is told of their end.

use ecs_core::config::{FailingTasks, OperatorConfig};
use ecs_crds::{EcsTask, EcsTaskStatus, LastStatus, RunState, ScheduledTask, StopCode};
use ecs_operator::{Clock, Options};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::super::bed::{
    SERVE, Story, condition, ecs_task, helper, operator_options, real_story, reason, schedule, shell, task_of,
};

/// Awaits that all of it has stopped
async fn stopped(story: &Story, name: &str) -> EcsTaskStatus {
    let status = |task: &EcsTask| task.status.clone().unwrap_or_default();
    let is = |task: &EcsTask| status(task).last_status == Some(LastStatus::Stopped);
    status(&story.wait(name, "has stopped", is).await)
}

/// Awaits that its one task runs; the name of the pod
async fn runs(story: &Story, name: &str) -> String {
    let is = |task: &EcsTask| task.status.as_ref().is_some_and(|s| s.last_status == Some(LastStatus::Running));
    story.wait(name, "runs", is).await.status.unwrap().tasks.remove(0).name
}

/// The exit code of each container, by name
fn codes(status: &EcsTaskStatus) -> Vec<(&str, Option<i32>)> {
    let mut codes: Vec<_> = status.containers.iter().map(|c| (c.name.as_str(), c.exit_code)).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn overrides_reach_the_process_and_its_exit_code_is_the_outcome() {
    real_story("task-overrides", async |story| {
        let _operator = story.operator().await;
        let mut app = shell("app", "exit 1");
        app["environment"] = json!([{"name": "STEP", "value": "1"}, {"name": "KEPT", "value": "as it was"}]);
        story.apply(&task_of("migrate", &[app])).await;
        let mut task = ecs_task("once", "migrate");
        let command = ["sh", "-c", "echo step $STEP, $KEPT, $NEW; exit $CODE"];
        let variables = [("STEP", "2"), ("NEW", "$(STEP)"), ("CODE", "42")];
        let environment = variables.map(|(name, value)| json!({"name": name, "value": value}));
        task["spec"]["overrides"] =
            json!({"containerOverrides": [{"name": "app", "command": command, "environment": environment}]});
        story.apply(&task).await;
        let status = stopped(story, "once").await;
        assert_eq!((status.stop_code, status.exit_code), (Some(StopCode::EssentialContainerExited), Some(42)));
        assert_eq!(codes(&status), [("app", Some(42))]);
        assert_eq!(
            (condition(&status.conditions, "Ready"), reason(&status.conditions, "Ready")),
            ("False", "TaskFailed")
        );
        let said: Vec<String> = story.log(&status.tasks[0].name, "app").await.into_iter().map(|l| l.text).collect();
        assert_eq!(said, ["step 2, as it was, $(STEP)"]);
    });
}

#[test]
fn a_task_that_is_stopped_has_its_sigterm_and_what_is_deaf_is_killed_after_stop_timeout() {
    real_story("task-stop", async |story| {
        let _operator = story.operator().await;
        let mut polite = shell("polite", "trap 'echo bye; exit 7' TERM; echo begins; sleep 600 & wait");
        let mut deaf = shell("deaf", "trap '' TERM; echo begins; while :; do sleep 1; done");
        for container in [&mut polite, &mut deaf] {
            container["stopTimeout"] = 3.into();
        }
        story.apply(&task_of("long", &[polite, deaf])).await;
        story.apply(&ecs_task("long", "long")).await;
        let task = runs(story, "long").await;
        for container in ["polite", "deaf"] {
            story.says(&task, container, "begins").await;
        }
        let stop = json!({"spec": {"kubernetes": {"stop": {"reason": "costs too much"}}}});
        story.edit::<EcsTask>("long", &stop).await;
        let status = stopped(story, "long").await;
        assert_eq!(codes(&status), [("deaf", Some(137)), ("polite", Some(7))]);
        assert_eq!(
            (status.stop_code, status.stopped_reason.as_deref()),
            (Some(StopCode::UserInitiated), Some("costs too much"))
        );
        let (stopping, stopped) = (status.tasks[0].stopping_at.clone(), status.tasks[0].stopped_at.clone());
        let took = stopped.unwrap().0.duration_since(stopping.unwrap().0);
        assert!((2..=10).contains(&took.as_secs()), "the deaf one was killed after {took:?}");
    });
}

#[test]
fn an_essential_exit_ends_the_task_though_others_run_on() {
    real_story("task-essential", async |story| {
        let _operator = story.operator().await;
        // A helper is a sidecar, which ends with the pod; a mate is another main container, which a Job would wait for.
        let app = shell("app", "sleep 2; exit 5");
        story.apply(&task_of("work", &[app, shell("mate", SERVE), helper("router", SERVE)])).await;
        story.apply(&ecs_task("work", "work")).await;
        let status = stopped(story, "work").await;
        assert_eq!((status.stop_code, status.exit_code), (Some(StopCode::EssentialContainerExited), Some(5)));
        assert_eq!(codes(&status)[0], ("app", Some(5)));
        assert_eq!(status.tasks.len(), 1);
    });
}

#[test]
fn a_run_of_a_schedule_ends_well_with_its_essential_container_though_another_runs_on() {
    real_story("run-essential", async |story| {
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let (clock, time) = (Clock::standing_at(now), now + SignedDuration::from_mins(10));
        let _operator = story.operator_with(Options { clock: clock.clone(), ..operator_options(story) }).await;
        story.apply(&task_of("report", &[shell("app", "sleep 2; exit 0"), shell("mate", SERVE)])).await;
        story.apply(&schedule("once", "report", &format!("at({})", time.strftime("%Y-%m-%dT%H:%M:%S")))).await;
        story.wait("once", "is armed", |s: &ScheduledTask| s.status.as_ref().is_some_and(|s| s.armed.is_some())).await;
        clock.set(time);
        let well = |s: &ScheduledTask| {
            let runs = s.status.clone().unwrap_or_default().runs;
            runs.first().is_some_and(|run| run.state == RunState::Succeeded && run.stopped[0].exit_code == Some(0))
        };
        story.wait("once", "has a run that went well", well).await;
        assert!(story.names::<Pod>().await.len() <= 1, "no other task was started for it");
    });
}

#[test]
fn an_image_that_the_registry_does_not_have_stops_the_task_in_the_words_of_ecs() {
    real_story("task-image", async |story| {
        let failing_tasks = FailingTasks { launch_seconds: 2, ..FailingTasks::default() };
        let config = OperatorConfig { failing_tasks, ..OperatorConfig::default() };
        let _operator = story.operator_with(Options { config, ..operator_options(story) }).await;
        let mut app = shell("app", "exit 0");
        app["image"] = "localhost/nowhere:1".into();
        story.apply(&task_of("pull", &[app])).await;
        story.apply(&ecs_task("pull", "pull")).await;
        let status = stopped(story, "pull").await;
        assert_eq!(status.stop_code, Some(StopCode::TaskFailedToStart));
        let said = status.stopped_reason.unwrap_or_default();
        assert!(said.starts_with("CannotPullContainerError: ") && said.contains("localhost/nowhere:1"), "{said}");
        assert_eq!(status.exit_code, None);
    });
}
