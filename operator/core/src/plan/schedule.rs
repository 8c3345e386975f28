//! One ScheduledTask: the CronJob that fires when it would, the Jobs that the engine starts itself, or why there is neither.
//!
//! ```text
//! status, Jobs, CronJob ─► memory ─► slots: what is due? ─► work: CronJob, Jobs ─► steps
//! ```
//!
//! Both name a run's Job after its time, so that whoever starts it, it starts once. The engine starts what a CronJob cannot
//! say, and of every schedule what lies before the making of its CronJob: the first run of a rate, the run at the start date,
//! what was due while one way was changed for the other. A CronJob exists only from the start date until shortly before the end
//! date, and is made anew when its times change or a disabled schedule is enabled again: a CronJob that is changed or resumed
//! may run a missed start, which EventBridge never does.

mod due;
pub mod history;
mod memory;
pub mod slots;
mod steps;
mod tasks;
mod work;

use ecs_crds::{ArmedSchedule, ScheduledTask};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use crate::check::{self, Checked};
use crate::config::{Context, Holdable};
use crate::findings::{Findings, accepted_codes};
use crate::model::held::Held;
use crate::model::schedule::{Activity, Schedule};
use crate::names::{self, SCHEDULE};
use crate::plan::companions::Observed;
use crate::plan::family::FamilyView;
use crate::plan::references::{Awaiting, blocked, resolve};
use crate::plan::{Child, ChildKind, Existing, Plan, Step};

use due::Due;
use history::Past;
pub use slots::Slot;
pub use tasks::Stopped;
use tasks::Supervised;
use work::Workshop;

/// A schedule and what is there of it
#[derive(Clone, Debug)]
pub struct ScheduleView<'a> {
    /// The schedule
    pub schedule: &'a ScheduledTask,
    /// The family that the spec names, where it names one
    pub family: Option<FamilyView<'a>>,
    /// CronJobs that it owns
    pub cron_jobs: Vec<&'a CronJob>,
    /// Jobs that run for it, whoever started them
    pub jobs: Vec<&'a Job>,
    /// Their pods
    pub pods: Vec<&'a Pod>,
    /// ServiceAccounts of ours in the namespace
    pub service_accounts: Vec<&'a ServiceAccount>,
    /// Companions of ours in the namespace
    pub companions: Vec<Observed<'a>>,
}

/// The name of a schedule's CronJob, which begins the names of its Jobs and is their label
#[must_use]
pub fn child_name(schedule: &ScheduledTask) -> String {
    let name = schedule.spec.name.as_deref().or(schedule.metadata.name.as_deref());
    names::of_schedule(name.unwrap_or_default())
}

/// Whether a Job runs for the schedule of this name and UID: as its own, as its CronJob's, or as a deleted CronJob's
#[must_use]
pub fn runs_for(job: &ObjectMeta, child_name: &str, uid: &str) -> bool {
    let labelled = job.labels.as_ref().and_then(|labels| labels.get(SCHEDULE)).is_some_and(|name| name == child_name);
    let mut schedules = job.owner_references.iter().flatten().filter(|owner| owner.kind == "ScheduledTask");
    labelled && schedules.all(|owner| owner.uid == uid)
}

/// What a schedule is to run
#[derive(Clone, Debug, PartialEq)]
pub struct Armed {
    /// The valid model
    pub schedule: Schedule,
    /// `family:revision`
    pub task_definition: String,
    /// Whether its dates let it fire
    pub activity: Activity,
    /// The CronJob's schedule and time zone; none where the engine starts the tasks
    pub cron: Option<(String, String)>,
    /// What is remembered of it when the plan is carried out
    pub memory: ArmedSchedule,
    /// Until when all was decided before the plan
    pub undecided: Option<Time>,
    /// Whether its times have changed: that is written down first, since from when a rate counts must not change again
    pub anew: bool,
    /// When it fires next, if ever
    pub next: Option<Slot>,
    /// The latest time that was started, now or before
    pub last: Option<Timestamp>,
    /// How many runs are given up now, and the latest of them
    pub missed: Option<(usize, Timestamp)>,
}

/// What is due for a schedule
#[derive(Clone, Debug, PartialEq)]
pub struct SchedulePlan {
    /// What was found in the document
    pub findings: Findings,
    /// Why the document is not accepted
    pub refused: Option<Awaiting>,
    /// What is awaited before it can fire
    pub awaiting: Option<Awaiting>,
    /// What fires
    pub armed: Option<Armed>,
    /// The steps
    pub plan: Plan,
    /// The ends of tasks of which their Jobs tell otherwise
    pub stopped: Stopped,
    /// The Job of the next run as it would be now, where the engine starts it
    pub preview: Option<Child>,
    /// Whether the plan ends with the deletion of the ScheduledTask itself
    pub deletes_itself: bool,
    /// When the clock alone makes another look due
    pub look_at: Option<Timestamp>,
}

/// Plans a schedule at a time
#[must_use]
pub fn schedule(view: &ScheduleView<'_>, context: &Context, now: Timestamp) -> SchedulePlan {
    // What runs is looked after also where the document of today is refused, or fires no more
    let Supervised { stopped, steps, look_at } = tasks::supervise(view, context, now);
    let past = history::past(&view.jobs, &stopped);
    let mut planned = planned(view, &past, context, now);
    planned.plan.replace = steps;
    planned.look_at = planned.look_at.into_iter().chain(look_at).min();
    SchedulePlan { stopped, ..planned }
}

/// What is due beside the tasks that run
fn planned(view: &ScheduleView<'_>, past: &[Past<'_>], context: &Context, now: Timestamp) -> SchedulePlan {
    let metadata = &view.schedule.metadata;
    let context = &context.in_namespace(metadata.namespace.as_deref().unwrap_or_default());
    let name = metadata.name.as_deref().unwrap_or_default();
    let Checked { model, mut findings } =
        check::schedule(&view.schedule.spec, name, &accepted_codes(metadata), context);
    let refused = blocked(&findings);
    let Some(mut model) = model.filter(|_| refused.is_none()) else {
        return without(findings, refused, None);
    };
    let workload = view.schedule.spec.kubernetes.as_ref().and_then(|k| k.workload);
    let by_cluster = context.bindings.hold(Holdable::Schedules, metadata, workload);
    model.held = model.held.or(by_cluster.map(Held::Cluster));
    let revision = match resolve(view.family.as_ref(), &model.run.task_definition, running(view)) {
        Ok(revision) => revision,
        Err(awaiting) => return without(findings, None, Some(awaiting)),
    };
    let Some(due) = due::due(view, &model, past, now) else { return without(findings, None, None) };
    let workshop = Workshop { view, model: &model, revision: &revision, context, anchor: due.memory.anchor.0 };
    let Some(work) = workshop.work(&due, now, &mut findings) else {
        // The overrides do not fit the task definition, or make it one that is refused: the findings say why.
        let refused = blocked(&findings);
        return without(findings, refused, None);
    };
    let cron = work.cron_job.as_ref().map(|j| (j.spec.schedule.clone(), j.spec.time_zone.clone().unwrap_or_default()));
    let preview = work.preview.clone();
    let (mut plan, pruned_at) = match due.anew {
        true => (Plan::default(), Some(now)),
        false => steps::steps(view, work, &due, past, now),
    };
    let deletes_itself =
        due.completed && model.delete_after_completion && past.iter().all(|run| run.finished_at.is_some());
    if deletes_itself && plan.applies.is_empty() {
        plan.prune.push(Step::Delete(Existing::of(ChildKind::ScheduledTask, metadata)));
    }
    let Due { activity, memory, undecided, anew, next, last, missed, look_at, .. } = due;
    let look_at = [look_at, pruned_at].into_iter().flatten().min();
    let task_definition = revision.id();
    let armed = Armed { task_definition, schedule: model, activity, cron, memory, undecided, anew, next, last, missed };
    SchedulePlan {
        findings,
        refused: None,
        awaiting: None,
        armed: Some(armed),
        deletes_itself: deletes_itself && plan.applies.is_empty(),
        plan,
        stopped: Stopped::default(),
        preview,
        look_at,
    }
}

fn without(findings: Findings, refused: Option<Awaiting>, awaiting: Option<Awaiting>) -> SchedulePlan {
    SchedulePlan {
        findings,
        refused,
        awaiting,
        armed: None,
        plan: Plan::default(),
        stopped: Stopped::default(),
        preview: None,
        deletes_itself: false,
        look_at: None,
    }
}

/// What the schedule runs already, by its status
fn running<'a>(view: &ScheduleView<'a>) -> Option<&'a str> {
    view.schedule.status.as_ref()?.task_definition.as_deref()
}

#[cfg(test)]
mod tests;
