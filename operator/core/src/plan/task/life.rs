//! What became of the tasks of an EcsTask: what is seen of their pods, joined with what the status has recorded of those
//! that are gone.

use std::collections::BTreeMap;

use ecs_crds::{DescribedTask, EcsTaskStatus, LastStatus};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::TaskView;
use crate::config::Context;
use crate::plan::run::tasks::look;
use crate::task_view::Stop;

/// What became of the tasks
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    /// The tasks, by name
    pub tasks: Vec<DescribedTask>,
    /// How many there are to be
    pub wanted: usize,
    /// Whether all have stopped, and none comes any more
    pub over: bool,
    /// Why it is over, where no task tells
    pub stop: Option<Stop>,
    /// Why tasks find no node, where they do not
    pub unplaced: Option<String>,
    /// When a task that cannot start is given up
    pub(super) look_at: Option<Timestamp>,
}

impl Life {
    /// Of tasks that are never started
    pub(super) fn never(stop: Stop) -> Self {
        Self { tasks: Vec::new(), wanted: 0, over: true, stop: Some(stop), unplaced: None, look_at: None }
    }
}

/// Looks at the pods. `asked` tells that somebody wants the tasks to stop
pub(super) fn life(
    view: &TaskView<'_>,
    recorded: &EcsTaskStatus,
    asked: Option<&Stop>,
    context: &Context,
    now: Timestamp,
) -> Life {
    let mut tasks: BTreeMap<String, DescribedTask> =
        recorded.tasks.iter().map(|task| (task.name.clone(), task.clone())).collect();
    let (mut look_at, mut unplaced): (Option<Timestamp>, Option<String>) = (None, None);
    let mut gone: Vec<String> = tasks.keys().cloned().collect();
    for pod in &view.pods {
        let name = pod.metadata.name.clone().unwrap_or_default();
        gone.retain(|gone| *gone != name);
        let before = tasks.get(&name);
        let looked = look(pod, before.and_then(recorded_stop), asked, context, now);
        look_at = look_at.into_iter().chain(looked.given_up_at).min();
        unplaced = unplaced.or(looked.unplaced);
        // What has stopped stays as it was recorded: its pod may still change on its way out
        let task = match before {
            Some(before) if before.last_status == LastStatus::Stopped => continue,
            Some(before) => with_its_end(looked.task, before),
            None => looked.task,
        };
        tasks.insert(name, task);
    }
    for name in gone {
        if let Some(task) = tasks.get_mut(&name).filter(|task| task.last_status != LastStatus::Stopped) {
            vanished(task, asked, now);
        }
    }
    let tasks: Vec<DescribedTask> = tasks.into_values().collect();
    let all_stopped = tasks.iter().all(|task| task.last_status == LastStatus::Stopped);
    let over = all_stopped && view.jobs.iter().all(|job| no_more(job, asked.is_some()));
    // What is recorded of tasks that never were stays
    let said = recorded.stop_code.map(|code| Stop::new(code, recorded.stopped_reason.clone().unwrap_or_default()));
    let stop =
        (over && tasks.is_empty()).then(|| said.or_else(|| asked.cloned()).unwrap_or_else(|| Stop::by_user(None)));
    let wanted = view.task.spec.run.count.and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
    Life { tasks, wanted, over, stop, unplaced: unplaced.filter(|_| !over), look_at }
}

/// Whether a Job starts no more pods
fn no_more(job: &Job, asked: bool) -> bool {
    let status = job.status.clone().unwrap_or_default();
    let is = |kind: &str| status.conditions.iter().flatten().any(|c| c.type_ == kind && c.status == "True");
    let idle = status.active.unwrap_or(0) == 0 && status.terminating.unwrap_or(0) == 0;
    is("Complete") || is("Failed") || (asked && is("Suspended") && idle)
}

/// A task whose end was recorded keeps its exit codes: they are why it stops, and what follows is the stopping
fn with_its_end(mut task: DescribedTask, before: &DescribedTask) -> DescribedTask {
    if before.stop_code.is_some() {
        task.stopping_at = before.stopping_at.clone().or(task.stopping_at);
        task.exit_code = before.exit_code.or(task.exit_code);
        for container in &mut task.containers {
            let recorded = before.containers.iter().find(|b| b.name == container.name).and_then(|b| b.exit_code);
            container.exit_code = recorded.or(container.exit_code);
        }
    }
    task
}

/// What the status has recorded about why a task stops
fn recorded_stop(task: &DescribedTask) -> Option<Stop> {
    Some(Stop::new(task.stop_code?, task.stopped_reason.clone().unwrap_or_default()))
}

/// A task whose pod is gone and whose end nobody saw
fn vanished(task: &mut DescribedTask, asked: Option<&Stop>, now: Timestamp) {
    let stop = recorded_stop(task).or_else(|| asked.cloned()).unwrap_or_else(|| Stop::by_user(None));
    task.last_status = LastStatus::Stopped;
    task.desired_status = LastStatus::Stopped;
    task.stop_code = Some(stop.code);
    task.stopped_reason = Some(stop.reason);
    task.stopping_at.get_or_insert(Time(now));
    task.stopped_at = Some(Time(now));
    task.containers.iter_mut().for_each(|container| container.last_status = LastStatus::Stopped);
}
