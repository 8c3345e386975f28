//! One EcsTask: the Job that starts its tasks once, what became of them, and what is to be done about it.
//!
//! ```text
//! not begun ─► a Job ─► begun: pods come and go ─► over ─► the Job goes an hour later, the EcsTask when its time is up
//! ```
//!
//! *Guarantees*: tasks start at most once: there is a Job or a status that says so, and the Job stays until the status has said
//! what became of it. A task that ECS would stop is stopped only after its outcome is recorded.
//!
//! *Not here*: the words of DescribeTasks (`task_view`), the status as a whole (`report`).

mod life;

use ecs_crds::{DescribedTask, EcsTask, EcsTaskStatus, LastStatus};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};

use crate::check::{self, Checked};
use crate::config::Context;
use crate::findings::{Findings, Path, accepted_codes};
use crate::model::ecs_task::Start;
use crate::model::held::Held;
use crate::names;
use crate::plan::companions::{self, Observed};
use crate::plan::family::FamilyView;
use crate::plan::references::{Awaiting, blocked, resolve};
use crate::plan::run::tasks::{goes_on, stop};
use crate::plan::run::{Differences, made};
use crate::plan::{Child, ChildKind, Existing, Plan, Step, owner};
use crate::revision::TaskRevision;
use crate::task_view::Stop;
use crate::translate;

pub use life::Life;

/// How long ECS shows a stopped task, and a stopped pod is kept with its logs
const SHOWN: SignedDuration = SignedDuration::from_hours(1);

/// An EcsTask and what is there of it
#[derive(Clone, Debug)]
pub struct TaskView<'a> {
    /// The EcsTask
    pub task: &'a EcsTask,
    /// The family that the spec names, where it names one
    pub family: Option<FamilyView<'a>>,
    /// Jobs that it owns
    pub jobs: Vec<&'a Job>,
    /// Pods that run for it
    pub pods: Vec<&'a Pod>,
    /// ServiceAccounts of ours in the namespace
    pub service_accounts: Vec<&'a ServiceAccount>,
    /// Companions of ours in the namespace
    pub companions: Vec<Observed<'a>>,
}

/// The name of an EcsTask's Job, which is the label of its pods too
#[must_use]
pub fn child_name(task: &EcsTask) -> String {
    names::of_task(task.metadata.name.as_deref().unwrap_or_default())
}

/// What is due for an EcsTask
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskPlan {
    /// What was found in the document, as long as nothing has begun; then the status keeps it
    pub findings: Option<Findings>,
    /// Why the document is not accepted
    pub refused: Option<Awaiting>,
    /// What is awaited before the tasks can start
    pub awaiting: Option<Awaiting>,
    /// What keeps it from starting yet
    pub held: Option<Held>,
    /// The revision that is started now
    pub starts: Option<String>,
    /// What became of the tasks
    pub life: Option<Life>,
    /// The steps
    pub plan: Plan,
    /// When the clock alone makes another look due
    pub look_at: Option<Timestamp>,
}

impl TaskPlan {
    /// Whether the plan ends with the deletion of the EcsTask itself
    #[must_use]
    pub fn deletes_itself(&self) -> bool {
        let itself = |step: &Step| matches!(step, Step::Delete(existing) if existing.kind == ChildKind::EcsTask);
        self.plan.prune.iter().any(itself)
    }
}

/// Plans an EcsTask at a time
#[must_use]
pub fn task(view: &TaskView<'_>, context: &Context, now: Timestamp) -> TaskPlan {
    let recorded = view.task.status.clone().unwrap_or_default();
    if recorded.last_status.is_some() || !view.jobs.is_empty() {
        return begun(view, &recorded, context, now);
    }
    let metadata = &view.task.metadata;
    let context = &context.in_namespace(metadata.namespace.as_deref().unwrap_or_default());
    let name = metadata.name.as_deref().unwrap_or_default();
    let Checked { model, mut findings } = check::ecs_task(&view.task.spec, name, &accepted_codes(metadata), context);
    if let Some(stop) = stop_asked(view.task) {
        // What was never started is never going to be
        let life = Life::never(stop);
        return TaskPlan { findings: Some(findings), life: Some(life), ..TaskPlan::default() };
    }
    let refused = blocked(&findings);
    let Some(start) = model.filter(|_| refused.is_none()) else {
        return TaskPlan { findings: Some(findings), refused, ..TaskPlan::default() };
    };
    let revision = match resolve(view.family.as_ref(), &start.run.task_definition, None) {
        Ok(revision) => revision,
        Err(awaiting) => {
            return TaskPlan {
                findings: Some(findings),
                awaiting: Some(awaiting),
                held: start.held,
                ..TaskPlan::default()
            };
        }
    };
    let steps = steps(view, &start, &revision, context, &mut findings);
    let refused = blocked(&findings);
    let starts = (refused.is_none() && start.held.is_none()).then(|| revision.id());
    let plan = steps.filter(|_| starts.is_some()).unwrap_or_default();
    TaskPlan { findings: Some(findings), refused, held: start.held, starts, plan, ..TaskPlan::default() }
}

/// The steps that start the tasks
fn steps(
    view: &TaskView<'_>,
    start: &Start,
    revision: &TaskRevision,
    context: &Context,
    findings: &mut Findings,
) -> Option<Plan> {
    let metadata = &view.task.metadata;
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    let owner = owner("EcsTask", metadata, true);
    let differences = Differences {
        overrides: &start.run.overrides,
        overrides_at: &start.run.overrides_at,
        constraints: &start.run.placement.constraints,
        security_groups: &start.run.security_groups,
        at: &Path::root(),
        accept: &accepted_codes(metadata),
    };
    let made = made(revision, differences, (namespace, &owner), context, findings)?;
    let mut job = translate::schedule::job_of_task(&start.name, &start.run, made.task);
    job.metadata.namespace = Some(namespace.to_owned());
    job.metadata.owner_references = Some(vec![owner.clone()]);
    let mut plan = Plan::default();
    companions::want(&mut plan, made.companions.iter(), &view.companions, (namespace, &owner), false);
    if let Some(account) = &made.service_account {
        let there = view.service_accounts.iter().find(|a| a.metadata.name == account.metadata.name).copied();
        plan.want(Child::new(ChildKind::ServiceAccount, &account.metadata, account).shared(), there);
    }
    plan.want(Child::new(ChildKind::Job, &job.metadata, &job), None::<&Job>);
    Some(plan)
}

/// What is due once the tasks have started: nothing that starts them again
fn begun(view: &TaskView<'_>, recorded: &EcsTaskStatus, context: &Context, now: Timestamp) -> TaskPlan {
    let asked = stop_asked(view.task);
    let life = life::life(view, recorded, asked.as_ref(), context, now);
    let mut plan = Plan::default();
    let mut look_at = life.look_at;
    if life.over {
        // Nothing is taken away before the status has told what became of it
        let stopped = recorded.stopped_at.as_ref().filter(|_| recorded.last_status == Some(LastStatus::Stopped));
        if let Some(stopped) = stopped.map(|t| t.0) {
            let mut when_over = |after: SignedDuration, steps: &mut dyn Iterator<Item = Step>| {
                let at = stopped.checked_add(after).unwrap_or(Timestamp::MAX);
                match at <= now {
                    true => plan.prune.extend(steps),
                    false => look_at = Some(look_at.map_or(at, |other| other.min(at))),
                }
            };
            let there = view.jobs.iter().filter(|job| job.metadata.deletion_timestamp.is_none());
            let mut jobs = there.map(|job| Step::Delete(Existing::of(ChildKind::Job, &job.metadata))).peekable();
            if jobs.peek().is_some() {
                when_over(SHOWN, &mut jobs);
            }
            let kubernetes = view.task.spec.kubernetes.as_ref();
            if let Some(seconds) = kubernetes.and_then(|k| k.time_to_live_seconds) {
                let itself = Step::Delete(Existing::of(ChildKind::EcsTask, &view.task.metadata));
                when_over(SignedDuration::from_secs(seconds), &mut std::iter::once(itself));
            }
        }
    } else if asked.is_some() {
        let suspended = |job: &&&Job| job.spec.as_ref().and_then(|s| s.suspend).unwrap_or(false);
        let goes_on = |job: &&&Job| !suspended(job) && job.metadata.deletion_timestamp.is_none();
        let jobs = view.jobs.iter().filter(goes_on);
        plan.applies.extend(jobs.map(|job| Step::Suspend(Existing::of(ChildKind::Job, &job.metadata))));
    } else {
        plan.replace.extend(overdue(view, recorded));
    }
    TaskPlan { life: Some(life), plan, look_at, ..TaskPlan::default() }
}

/// The pods of tasks that are recorded as to be stopped, and still go on
fn overdue(view: &TaskView<'_>, recorded: &EcsTaskStatus) -> Vec<Step> {
    let to_stop =
        |task: &&DescribedTask| task.desired_status == LastStatus::Stopped && task.last_status != LastStatus::Stopped;
    let names: Vec<&str> = recorded.tasks.iter().filter(to_stop).map(|task| task.name.as_str()).collect();
    let named = |pod: &Pod| pod.metadata.name.as_deref().is_some_and(|name| names.contains(&name));
    view.pods.iter().filter(|pod| named(pod) && goes_on(pod)).map(|pod| stop(pod)).collect()
}

/// Who asks for the tasks to be stopped
fn stop_asked(task: &EcsTask) -> Option<Stop> {
    let stop = task.spec.kubernetes.as_ref()?.stop.as_ref()?;
    Some(Stop::by_user(stop.reason.as_deref()))
}

#[cfg(test)]
mod tests;
