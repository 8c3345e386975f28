//! R-SUP: the tasks that ECS would end and replace, and that Kubernetes goes on with.
//!
//! *Guarantees*: a task is replaced for what its own containers did, and only after that was counted; one that is already
//! stopping is left alone; a task that fails at once is restarted in its place until it has some age, so that a service that
//! cannot run costs a bounded number of writes.

use ecs_crds::EcsServiceStatus;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus};

use super::count::Next;
use super::judge::{State, state_of};
use super::pods::{Task, terminated};
use crate::config::FailingTasks;
use crate::names;
use crate::revision::Supervision;

/// The tasks that are to be replaced now
#[derive(Clone, Debug, Default)]
pub struct Supervised<'a> {
    /// The tasks; deleting their pods is replacing them
    pub replace: Vec<Task<'a>>,
    /// When a look can find more without a change
    pub look_at: Option<Timestamp>,
}

/// Finds the tasks that are to be replaced; `rules` gives those of a service revision
#[must_use]
pub fn supervise<'a>(
    tasks: &[Task<'a>],
    rules: &dyn Fn(i64) -> Option<Supervision>,
    previous: &EcsServiceStatus,
    times: FailingTasks,
    now: Timestamp,
) -> Supervised<'a> {
    let mut next = Next::default();
    let mut replace = Vec::new();
    for task in tasks.iter().filter(|t| t.alive()) {
        let Some(rules) = rules(task.revision) else { continue };
        for late in task.containers().filter_map(|c| task.late(c, &rules)) {
            next.at(Some(late).filter(|at| *at > now));
        }
        let late = task.containers().any(|c| task.late(c, &rules).is_some_and(|at| at <= now));
        if !(late || ended(*task, &rules)) || !counted(*task, &rules, previous, now) {
            continue;
        }
        let age = SignedDuration::from_secs(times.replace_after_seconds.into());
        let due = task.created().and_then(|at| at.checked_add(age).ok()).filter(|_| !late).unwrap_or(now);
        if due <= now {
            replace.push(*task);
        } else {
            next.at(Some(due));
        }
    }
    Supervised { replace, look_at: next.0 }
}

/// Whether the task has ended as ECS sees it
fn ended(task: Task<'_>, rules: &Supervision) -> bool {
    task.containers().any(|container| {
        let name = &container.name;
        let ended = terminated(container.state.as_ref());
        (rules.end_task.contains(name) && (ended.is_some() || container.restart_count > 0))
            || (rules.may_stay_stopped.contains(name) && ended.is_some())
            || rules.restart_after.get(name).is_some_and(|least| runs(container).any(|run| ran_less(run, *least)))
    })
}

/// The ends of runs that a container's status tells of
fn runs(container: &ContainerStatus) -> impl Iterator<Item = &ContainerStateTerminated> {
    [container.state.as_ref(), container.last_state.as_ref()].into_iter().filter_map(terminated)
}

fn ran_less(run: &ContainerStateTerminated, seconds: i64) -> bool {
    let (Some(from), Some(to)) = (&run.started_at, &run.finished_at) else { return false };
    to.0.duration_since(from.0) < SignedDuration::from_secs(seconds)
}

/// Whether what the task did stands in the status, where it is counted at all. A task of a failed deployment is never
/// replaced: ECS starts no more of them
fn counted(task: Task<'_>, rules: &Supervision, previous: &EcsServiceStatus, now: Timestamp) -> bool {
    let Some(book) = previous.rollout.as_ref().filter(|b| b.revision == task.revision) else { return true };
    match state_of(previous, &names::deployment_id(book.revision)) {
        Some(State::Failed) => false,
        Some(State::Completed) => true,
        Some(State::InProgress) | None => {
            let known = book.counted.get(task.uid()).cloned().unwrap_or_default();
            known.exits >= task.exits(rules) && known.init_exits >= task.init_exits(rules, now)
        }
    }
}
