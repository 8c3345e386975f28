//! What became of the tasks of an EcsTask: what is seen of their pods, joined with what the status has recorded of those
//! that are gone.

use std::collections::BTreeMap;

use ecs_crds::{DescribedTask, EcsTaskStatus, LastStatus};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::TaskView;
use crate::config::Context;
use crate::task_view::{Facts, Seen, Stop, view as see};

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
    let (mut look_at, mut unplaced) = (None, None);
    let mut gone: Vec<String> = tasks.keys().cloned().collect();
    for pod in &view.pods {
        let name = pod.metadata.name.clone().unwrap_or_default();
        gone.retain(|gone| *gone != name);
        let before = tasks.get(&name);
        let stop = before.and_then(recorded_stop);
        let facts = Facts { stop: stop.as_ref().or(asked), spot: on_spot(pod, context), ..Facts::default() };
        let seen = see(pod, &facts, now);
        unplaced = unplaced.or_else(|| seen.unplaced.clone());
        let task = match given_up(pod, &seen, stop, context, now) {
            GivenUp::Not => seen.task,
            GivenUp::At(at) => {
                look_at = Some(look_at.map_or(at, |other: Timestamp| other.min(at)));
                seen.task
            }
            GivenUp::Now(stop) => DescribedTask {
                desired_status: LastStatus::Stopped,
                stop_code: Some(stop.code),
                stopped_reason: Some(stop.reason),
                stopping_at: before.and_then(|b| b.stopping_at.clone()).or(Some(Time(now))),
                ..seen.task
            },
        };
        // What has stopped stays as it was recorded: its pod may still change on its way out
        let task = match before {
            Some(before) if before.last_status == LastStatus::Stopped => continue,
            Some(before) => with_its_end(task, before),
            None => task,
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

/// Whether a task that cannot start is given up
enum GivenUp {
    Not,
    At(Timestamp),
    Now(Stop),
}

/// A task that cannot start is given up some time after its pod came to its node, and then stays so
fn given_up(pod: &Pod, seen: &Seen, recorded: Option<Stop>, context: &Context, now: Timestamp) -> GivenUp {
    if seen.stopped() || seen.task.desired_status == LastStatus::Stopped {
        return GivenUp::Not;
    }
    if let Some(stop) = recorded {
        return GivenUp::Now(stop);
    }
    let Some(stop) = seen.failing.clone() else { return GivenUp::Not };
    let since = pod.status.as_ref().and_then(|s| s.start_time.as_ref()).or(pod.metadata.creation_timestamp.as_ref());
    let patience = SignedDuration::from_secs(i64::from(context.config.failing_tasks.launch_seconds));
    let until = since.and_then(|since| since.0.checked_add(patience).ok()).unwrap_or(now);
    if until <= now { GivenUp::Now(stop) } else { GivenUp::At(until) }
}

/// A task whose end was recorded keeps its exit codes: they are why it stops, and what follows is the stopping
fn with_its_end(mut task: DescribedTask, before: &DescribedTask) -> DescribedTask {
    if before.stop_code.is_some() {
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

/// Whether the node is spot capacity, by the labels of those who provide it
fn on_spot(pod: &Pod, context: &Context) -> bool {
    let name = pod.spec.as_ref().and_then(|s| s.node_name.as_deref());
    let labels = ["karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType"];
    let spot = |node: &crate::config::Node| {
        let mut kinds = labels.iter().filter_map(|label| node.labels.get(*label));
        kinds.any(|kind| kind.eq_ignore_ascii_case("spot"))
    };
    name.is_some_and(|name| context.nodes.iter().any(|node| node.name == name && spot(node)))
}
