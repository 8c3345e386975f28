//! What an EcsTask shows: DescribeTasks' picture of its tasks, and whether they did what they were started for.

use ecs_crds::status::Reason;
use ecs_crds::{DescribedTask, EcsTaskStatus, LastStatus, StopCode};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::plan::run::tasks::succeeded;
use crate::plan::task::{Life, TaskPlan, TaskView};
use crate::report::{Event, Outcome, Report, Standing, appeared, finding_events};
use crate::task_view::Stop;

/// The status of an EcsTask after a plan was carried out
#[must_use]
pub fn task(view: &TaskView<'_>, plan: &TaskPlan, outcome: &Outcome, now: Timestamp) -> Report<EcsTaskStatus> {
    let previous = view.task.status.clone().unwrap_or_default();
    let generation = view.task.metadata.generation;
    let (findings, findings_omitted) = match &plan.findings {
        Some(findings) => findings.for_status(),
        None => (previous.findings.clone(), previous.findings_omitted),
    };
    let standing = standing(plan, outcome, &previous);
    let status = EcsTaskStatus {
        observed_generation: generation,
        conditions: standing.conditions(&previous.conditions, generation, now),
        findings,
        findings_omitted,
        ..so_far(view, plan, outcome, &previous, now)
    };
    let mut events = Vec::new();
    if let Some(findings) = &plan.findings {
        let (observed, omitted) = (previous.observed_generation, previous.findings_omitted);
        events.extend(finding_events(findings, observed, generation));
        events.extend(appeared(findings, observed, generation, &previous.findings, omitted));
    }
    events.extend(said(&previous, &status));
    Report { status, events, look_at: None }
}

/// What became of the tasks; what is set stays, whatever may be gone by then
fn so_far(
    view: &TaskView<'_>,
    plan: &TaskPlan,
    outcome: &Outcome,
    previous: &EcsTaskStatus,
    now: Timestamp,
) -> EcsTaskStatus {
    let Some(life) = &plan.life else {
        let started = plan.starts.clone().filter(|_| *outcome == Outcome::Done);
        return EcsTaskStatus {
            last_status: started.is_some().then_some(LastStatus::Provisioning),
            desired_status: started.is_some().then_some(LastStatus::Running),
            created_at: started.is_some().then_some(Time(now)),
            task_definition: started,
            ..EcsTaskStatus::default()
        };
    };
    let Life { tasks, wanted: _, over, stop, unplaced: _, .. } = life;
    let going = tasks.iter().filter(|task| task.last_status != LastStatus::Stopped);
    let last_status = if *over {
        LastStatus::Stopped
    } else {
        // Of those that go on the one that runs, or is nearest to it
        let nearness = |status: &LastStatus| match status {
            LastStatus::Running => 7,
            LastStatus::Activating => 6,
            LastStatus::Deactivating => 5,
            LastStatus::Stopping => 4,
            LastStatus::Deprovisioning => 3,
            LastStatus::Pending => 2,
            LastStatus::Provisioning => 1,
            LastStatus::Stopped => 0,
        };
        going.clone().map(|task| task.last_status).max_by_key(nearness).unwrap_or(LastStatus::Provisioning)
    };
    let to_stop =
        *over || (tasks.len() >= life.wanted && going.clone().all(|t| t.desired_status == LastStatus::Stopped));
    let told = telling(tasks).filter(|_| to_stop);
    let stop = told.and_then(stop_of).or_else(|| stop.clone());
    let started = tasks.iter().filter_map(|task| task.started_at.clone()).min();
    let stopped = tasks.iter().filter_map(|task| task.stopped_at.clone()).max();
    let job = view.jobs.first().map(|job| &job.metadata);
    let created = job.and_then(|m| m.creation_timestamp.clone());
    EcsTaskStatus {
        task_definition: previous.task_definition.clone().or_else(|| of_job(view)),
        last_status: Some(last_status),
        desired_status: Some(if to_stop { LastStatus::Stopped } else { LastStatus::Running }),
        stop_code: stop.as_ref().map(|stop| stop.code),
        stopped_reason: stop.map(|stop| stop.reason),
        exit_code: told.and_then(|task| task.exit_code),
        created_at: previous.created_at.clone().or(created),
        started_at: previous.started_at.clone().or(started),
        stopped_at: over.then(|| previous.stopped_at.clone().or(stopped).unwrap_or(Time(now))),
        containers: match tasks.as_slice() {
            [only] if life.wanted == 1 => only.containers.clone(),
            _ => Vec::new(),
        },
        tasks: tasks.clone(),
        ..EcsTaskStatus::default()
    }
}

/// The task definition that the Job runs, where the status was lost
fn of_job(view: &TaskView<'_>) -> Option<String> {
    let metadata = &view.jobs.first()?.metadata;
    let family = metadata.annotations.as_ref()?.get(crate::names::FAMILY)?;
    let number = metadata.labels.as_ref()?.get(crate::names::REVISION)?;
    Some(format!("{family}:{number}"))
}

/// The task whose end speaks for all: the first that failed, else the last
fn telling(tasks: &[DescribedTask]) -> Option<&DescribedTask> {
    let mut ended: Vec<&DescribedTask> = tasks.iter().filter(|task| task.stop_code.is_some()).collect();
    ended.sort_by_key(|task| task.stopped_at.as_ref().map(|t| t.0));
    ended.iter().find(|task| !succeeded(task.stop_code, task.exit_code)).or_else(|| ended.last()).copied()
}

fn stop_of(task: &DescribedTask) -> Option<Stop> {
    Some(Stop::new(task.stop_code?, task.stopped_reason.clone().unwrap_or_default()))
}

fn standing(plan: &TaskPlan, outcome: &Outcome, previous: &EcsTaskStatus) -> Standing {
    if let Some(life) = plan.life.as_ref().filter(|life| life.over) {
        return of_over(life);
    }
    if let Some(standing) = Standing::held_up(plan.refused.as_ref(), outcome, plan.awaiting.as_ref()) {
        return standing;
    }
    if let Some(held) = &plan.held {
        return Standing::under_way(Reason::Held, format!("{held}; no task starts here"));
    }
    let definition = plan.starts.as_ref().or(previous.task_definition.as_ref());
    let definition = definition.map_or("the task definition", String::as_str);
    let Some(life) = &plan.life else {
        return Standing::under_way(Reason::TaskInProgress, format!("{definition} is started"));
    };
    if let Some(why) = &life.unplaced {
        return Standing::under_way(Reason::TaskInProgress, format!("unable to place a task because {why}"));
    }
    let count = |which: fn(&&DescribedTask) -> bool| life.tasks.iter().filter(which).count();
    let running = count(|task| task.last_status == LastStatus::Running);
    let stopped = count(|task| task.last_status == LastStatus::Stopped);
    let message = format!("{definition}: of {} tasks {running} run and {stopped} have stopped", life.wanted);
    Standing::under_way(Reason::TaskInProgress, message)
}

/// All tasks have stopped
fn of_over(life: &Life) -> Standing {
    let failed: Vec<&DescribedTask> =
        life.tasks.iter().filter(|task| !succeeded(task.stop_code, task.exit_code)).collect();
    if failed.is_empty() && !life.tasks.is_empty() && life.tasks.len() >= life.wanted {
        return Standing::ready(
            Reason::TaskSucceeded,
            "every task has stopped, its essential container with exit code 0",
        );
    }
    let told = telling(&life.tasks);
    let stop = told.and_then(stop_of).or_else(|| life.stop.clone());
    let Some(Stop { code, reason }) = stop else {
        return Standing::stalled(Reason::TaskFailed, "not every task got to start; the events of the Job say why");
    };
    let exit = told.and_then(|task| task.exit_code).map(|code| format!(" (exit code {code})")).unwrap_or_default();
    let of =
        if life.wanted > 1 { format!("{} of {} tasks failed: ", failed.len(), life.wanted) } else { String::new() };
    let why = if code == StopCode::UserInitiated { Reason::TaskStopped } else { Reason::TaskFailed };
    Standing::stalled(why, format!("{of}{reason}{exit}"))
}

/// What is to be told once: that tasks have stopped, and how
fn said(previous: &EcsTaskStatus, status: &EcsTaskStatus) -> Vec<Event> {
    let before = |name: &str| previous.tasks.iter().find(|task| task.name == name);
    let is_stopped = |task: &DescribedTask| task.last_status == LastStatus::Stopped;
    let newly = status.tasks.iter().filter(|task| is_stopped(task) && !before(&task.name).is_some_and(is_stopped));
    let event = |task: &DescribedTask| {
        let exit = task.exit_code.map(|code| format!(" (exit code {code})")).unwrap_or_default();
        let reason = task.stopped_reason.as_deref().unwrap_or_default();
        Event {
            warning: !succeeded(task.stop_code, task.exit_code) && task.stop_code != Some(StopCode::UserInitiated),
            reason: "TaskStopped".to_owned(),
            note: format!("(task {}) has stopped: {reason}{exit}", task.name),
        }
    };
    let started = previous.last_status.is_none() && status.last_status.is_some_and(|s| s != LastStatus::Stopped);
    let begun = started.then(|| Event {
        warning: false,
        reason: "TaskStarted".to_owned(),
        note: format!("{} is started", status.task_definition.as_deref().unwrap_or_default()),
    });
    begun.into_iter().chain(newly.map(event)).collect()
}
