//! The tasks of a schedule's runs: stopped when ECS would stop them, whoever made their Jobs (R-JOB, R-ESS).
//!
//! A Job waits for all of its containers, and counts a pod that is stopped as failed. So the end of such a task is recorded
//! with its run first, and is then what the run tells.
//!
//! *Not here*: how a task is seen (`plan::run::tasks`), what a run makes of it (`history`).

use std::collections::BTreeMap;

use ecs_crds::{DescribedTask, LastStatus, StoppedTask};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

use super::ScheduleView;
use crate::config::Context;
use crate::plan::run::tasks::{goes_on, look, stop, succeeded};
use crate::plan::{Step, is_owned_by};
use crate::task_view::Stop;

/// The ends of tasks of which Jobs tell otherwise, by the name of the Job
pub type Stopped = BTreeMap<String, Vec<StoppedTask>>;

/// What the tasks ask for
#[derive(Clone, Debug, Default)]
pub(super) struct Supervised {
    /// What is recorded when the plan is carried out
    pub(super) stopped: Stopped,
    /// The stopping of tasks whose end was recorded before
    pub(super) steps: Vec<Step>,
    /// When a task that cannot start is given up
    pub(super) look_at: Option<Timestamp>,
}

/// Looks at the tasks of the Jobs that are there
pub(super) fn supervise(view: &ScheduleView<'_>, context: &Context, now: Timestamp) -> Supervised {
    let mut supervised = Supervised::default();
    for job in &view.jobs {
        let recorded = recorded(view, job);
        let mut stopped = recorded.to_vec();
        let uid = job.metadata.uid.as_deref().unwrap_or_default();
        for pod in view.pods.iter().filter(|pod| is_owned_by(&pod.metadata, uid)) {
            let before = recorded.iter().find(|task| pod.metadata.name.as_ref() == Some(&task.name));
            let why = before.map(|task| Stop::new(task.stop_code, task.stopped_reason.clone()));
            let looked = look(pod, why, None, context, now);
            supervised.look_at = supervised.look_at.into_iter().chain(looked.given_up_at).min();
            match before {
                Some(_) if goes_on(pod) => supervised.steps.push(stop(pod)),
                Some(_) => {}
                None if pod.metadata.deletion_timestamp.is_none() => stopped.extend(untold(pod, looked.task)),
                None => {}
            }
        }
        if !stopped.is_empty() {
            supervised.stopped.insert(job.metadata.name.clone().unwrap_or_default(), stopped);
        }
    }
    supervised
}

/// What the status has recorded of a Job's tasks
fn recorded<'a>(view: &ScheduleView<'a>, job: &Job) -> &'a [StoppedTask] {
    let runs = view.schedule.status.as_ref().map(|status| status.runs.as_slice()).unwrap_or_default();
    let run = runs.iter().find(|run| job.metadata.name.as_ref() == Some(&run.job));
    run.map(|run| run.stopped.as_slice()).unwrap_or_default()
}

/// The end of a task, where its Job does not tell it: the Job waits for more, or takes it for failed
fn untold(pod: &Pod, task: DescribedTask) -> Option<StoppedTask> {
    let DescribedTask { name, desired_status, stop_code, stopped_reason, exit_code, .. } = task;
    let told = match pod.status.as_ref().and_then(|s| s.phase.as_deref()) {
        Some("Succeeded") => true,
        Some("Failed") => !succeeded(stop_code, exit_code),
        _ => desired_status != LastStatus::Stopped || !goes_on(pod),
    };
    let stop_code = stop_code.filter(|_| !told)?;
    Some(StoppedTask { name, stop_code, stopped_reason: stopped_reason.unwrap_or_default(), exit_code })
}

#[cfg(test)]
mod tests;
