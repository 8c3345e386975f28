//! One ScheduledTask: the CronJob that fires when it would, or why there is none.
//!
//! A CronJob exists only between the start and the end date, and is made anew when a disabled schedule is enabled again: a
//! CronJob that is resumed may run a missed start, which EventBridge never does.

use ecs_crds::ScheduledTask;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::check::{self, Checked};
use crate::check::{overrides, placement};
use crate::config::Context;
use crate::findings::{Findings, accepted_codes};
use crate::model::schedule::{Activity, Schedule};
use crate::names::{CRON_JOB_MAX, SCHEDULE, k8s_name};
use crate::plan::companions::{self, Observed};
use crate::plan::family::FamilyView;
use crate::plan::references::{Awaiting, blocked, resolve};
use crate::plan::{Child, ChildKind, Existing, Plan, Step, owner, superfluous_accounts};
use crate::revision::{Companion, TaskRevision};
use crate::translate;
use crate::translate::pod::{Setting, pod};
use crate::translate::schedule::RenderedTask;

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
    /// ServiceAccounts of ours in the namespace
    pub service_accounts: Vec<&'a ServiceAccount>,
    /// Companions of ours in the namespace
    pub companions: Vec<Observed<'a>>,
}

/// The name of a schedule's CronJob, which begins the names of its Jobs and is their label (R-NAME)
#[must_use]
pub fn child_name(schedule: &ScheduledTask) -> String {
    let name = schedule.spec.name.as_deref().or(schedule.metadata.name.as_deref());
    k8s_name(name.unwrap_or_default(), CRON_JOB_MAX)
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
    /// The CronJob's schedule and time zone
    pub cron: (String, String),
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
    /// When the clock alone makes another look due
    pub look_at: Option<Timestamp>,
}

/// Plans a schedule at a time
#[must_use]
pub fn schedule(view: &ScheduleView<'_>, context: &Context, now: Timestamp) -> SchedulePlan {
    let metadata = &view.schedule.metadata;
    let context = &context.in_namespace(metadata.namespace.as_deref().unwrap_or_default());
    let name = metadata.name.as_deref().unwrap_or_default();
    let Checked { model, mut findings } =
        check::schedule(&view.schedule.spec, name, &accepted_codes(metadata), context);
    let refused = blocked(&findings);
    let Some(model) = model.filter(|_| refused.is_none()) else {
        return without(findings, refused, None);
    };
    let revision = match resolve(view.family.as_ref(), &model.run.task_definition, running(view)) {
        Ok(revision) => revision,
        Err(awaiting) => return without(findings, None, Some(awaiting)),
    };
    let Some(objects) = objects(view, &model, &revision, context, &mut findings) else {
        // The overrides do not fit the task definition, or make it one that is refused: the findings say why.
        let refused = blocked(&findings);
        return without(findings, refused, None);
    };

    let activity = model.active(now);
    let cron = (objects.cron_job.spec.schedule.clone(), objects.cron_job.spec.time_zone.clone().unwrap_or_default());
    let (plan, look_at) = match activity {
        Activity::NotYet { until } => (gone(view), Some(until)),
        Activity::Active { until } => (steps(view, objects), until),
        Activity::Over => (gone(view), None),
    };
    let armed = Some(Armed { schedule: model, task_definition: revision.id(), activity, cron });
    SchedulePlan { findings, refused: None, awaiting: None, armed, plan, look_at }
}

fn without(findings: Findings, refused: Option<Awaiting>, awaiting: Option<Awaiting>) -> SchedulePlan {
    SchedulePlan { findings, refused, awaiting, armed: None, plan: Plan::default(), look_at: None }
}

/// What the schedule runs already, by its status
fn running<'a>(view: &ScheduleView<'a>) -> Option<&'a str> {
    view.schedule.status.as_ref()?.task_definition.as_deref()
}

/// The objects of one schedule: one field per kind of child
struct Objects {
    companions: Vec<Companion>,
    service_account: Option<ServiceAccount>,
    cron_job: CronJob,
}

/// The overrides are applied to the task definition first, so what is checked and translated is the task that will run
fn objects(
    view: &ScheduleView<'_>,
    model: &Schedule,
    revision: &TaskRevision,
    context: &Context,
    findings: &mut Findings,
) -> Option<Objects> {
    let path = &model.run.overrides_at;
    let spec = overrides::apply(&model.run.overrides, path, &revision.content.spec, findings);
    let checked = check::task_definition(&spec, &revision.family, &revision.content.accept, context);
    let Some(task) = checked.model.filter(|_| !findings.blocked()) else {
        if let Some(worst) = checked.findings.worst().filter(|_| checked.findings.blocked()) {
            let message =
                format!("with these overrides {} is refused at {}: {}", revision.id(), worst.path, worst.message);
            findings.block(path, worst.class, &worst.code, message);
        }
        return None;
    };
    let metadata = &view.schedule.metadata;
    let mut found = Findings::default();
    let at = crate::findings::Path::root().key("task");
    let task = check::launch::of_schedule(task, &at, &mut found);
    placement::together(&task.constraints, &model.run.placement.constraints, &at, &mut found);
    findings.extend(found.accepting(&accepted_codes(metadata)));
    if findings.blocked() {
        return None;
    }
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    let owner = owner("ScheduledTask", metadata, true);
    let since = metadata.creation_timestamp.as_ref().map_or(Timestamp::UNIX_EPOCH, |t| t.0);
    let pod = pod(&task, revision.number, &Setting::Job, context);
    let template = pod.template();
    let (tags, constraints) = (task.tags().clone(), task.constraints.clone());
    let rendered = RenderedTask { number: revision.number, template, tags, constraints };
    // `check` lets no expression through that a CronJob cannot say.
    let mut cron_job = translate::schedule::cron_job(model, rendered, since).ok()?;
    cron_job.metadata.namespace = Some(namespace.to_owned());
    cron_job.metadata.owner_references = Some(vec![owner.clone()]);
    let service_account = task.role().map(|role| translate::identity::service_account(role, namespace, &owner));
    Some(Objects { companions: pod.companions, service_account, cron_job })
}

fn steps(view: &ScheduleView<'_>, objects: Objects) -> Plan {
    let Objects { companions, service_account, cron_job } = objects;
    let there = view.cron_jobs.iter().find(|j| j.metadata.name == cron_job.metadata.name).copied();
    let metadata = &view.schedule.metadata;
    let owner = owner("ScheduledTask", metadata, true);
    let mut plan = Plan::default();
    // What a schedule runs now is what it wants: it has no deployments
    let place = (metadata.namespace.as_deref().unwrap_or_default(), &owner);
    companions::want(&mut plan, companions.iter(), &view.companions, place, false);
    if let Some(account) = &service_account {
        let there = view.service_accounts.iter().find(|a| a.metadata.name == account.metadata.name).copied();
        plan.want(Child::new(ChildKind::ServiceAccount, &account.metadata, account).shared(), there);
    }
    let suspended = |j: &CronJob| j.spec.suspend.unwrap_or(false);
    match there.filter(|t| suspended(t) && !suspended(&cron_job)) {
        // Enabled again: a new CronJob knows of no missed start. Its making follows when the old one is gone.
        Some(old) => plan.applies.push(Step::Orphan(Existing::of(ChildKind::CronJob, &old.metadata))),
        None => plan.want(Child::new(ChildKind::CronJob, &cron_job.metadata, &cron_job), there),
    }
    for old in view.cron_jobs.iter().filter(|j| j.metadata.name != cron_job.metadata.name) {
        plan.prune.push(Step::Orphan(Existing::of(ChildKind::CronJob, &old.metadata)));
    }
    // A run that is under way goes on with the identity that it began with.
    let running =
        view.cron_jobs.iter().any(|j| j.status.as_ref().and_then(|s| s.active.as_ref()).is_some_and(|a| !a.is_empty()));
    if !running {
        let used = service_account.iter().filter_map(|account| account.metadata.name.clone()).collect();
        plan.prune.extend(superfluous_accounts(&view.service_accounts, &owner.uid, &used));
    }
    plan.prune.extend(companions::superfluous_of_schedule(&view.companions, &owner.uid, &companions));
    plan
}

/// Before the start date and after the end date there is no CronJob
fn gone(view: &ScheduleView<'_>) -> Plan {
    let delete = |j: &&CronJob| Step::Orphan(Existing::of(ChildKind::CronJob, &j.metadata));
    Plan { prune: view.cron_jobs.iter().map(delete).collect(), ..Plan::default() }
}
