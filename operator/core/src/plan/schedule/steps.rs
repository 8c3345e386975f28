//! The steps of a schedule, in the order in which each implies those before it: what runs need, the Jobs that are due, then
//! the CronJob; then what is superfluous.

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::CronJob;

use super::ScheduleView;
use super::due::Due;
use super::history::{self, Past};
use super::work::{Work, accounts, is_wanted};
use crate::names::TIMES;
use crate::plan::{Child, ChildKind, Existing, Plan, Step, companions, owner, superfluous_accounts};

/// The steps, and when history makes another look due
pub(super) fn steps(
    view: &ScheduleView<'_>,
    work: Work,
    due: &Due,
    past: &[Past<'_>],
    now: Timestamp,
) -> (Plan, Option<Timestamp>) {
    let metadata = &view.schedule.metadata;
    let owner = owner("ScheduledTask", metadata, true);
    let used = accounts(&work);
    let Work { companions, service_account, jobs, cron_job, preview: _ } = work;
    let mut plan = Plan::default();
    if is_wanted(due) {
        // What a schedule runs now is what it wants: it has no deployments
        let place = (metadata.namespace.as_deref().unwrap_or_default(), &owner);
        companions::want(&mut plan, companions.iter(), &view.companions, place, false);
        if let Some(account) = &service_account {
            let there = view.service_accounts.iter().find(|a| a.metadata.name == account.metadata.name).copied();
            plan.want(Child::new(ChildKind::ServiceAccount, &account.metadata, account).shared(), there);
        }
    }
    plan.applies.extend(jobs.into_iter().map(Step::Create));
    let wanted = cron_job.as_ref().and_then(|j| j.metadata.name.clone());
    if let Some(cron_job) = cron_job {
        want_cron_job(&mut plan, &cron_job, view);
    }
    // Its runs go on: a CronJob that ends leaves its Jobs, whose TTL ends them.
    let ended = view.cron_jobs.iter().filter(|j| wanted.is_none() || j.metadata.name != wanted);
    plan.prune.extend(ended.map(|j| Step::Orphan(Existing::of(ChildKind::CronJob, &j.metadata))));

    // A run that is under way goes on with the identity that it began with.
    if is_wanted(due) && past.iter().all(|run| run.finished_at.is_some()) && due.start.is_empty() {
        plan.prune.extend(superfluous_accounts(&view.service_accounts, &owner.uid, &used));
    }
    if is_wanted(due) {
        plan.prune.extend(companions::superfluous_of_schedule(&view.companions, &owner.uid, &companions));
    }
    let status = view.schedule.status.as_ref();
    let remembered = status.and_then(|status| status.armed.as_ref()).and_then(|armed| armed.decided_until.as_ref());
    let (gone, look_at) = history::superfluous(past, &owner.uid, remembered.map(|until| until.0), due.cron_job, now);
    plan.prune.extend(gone);
    (plan, look_at)
}

/// The CronJob. One that was made for other times, or that was suspended, is made anew: it would run a missed start
fn want_cron_job(plan: &mut Plan, cron_job: &CronJob, view: &ScheduleView<'_>) {
    let there = view.cron_jobs.iter().find(|j| j.metadata.name == cron_job.metadata.name).copied();
    let suspended = |j: &CronJob| j.spec.suspend.unwrap_or(false);
    let anew = |there: &&CronJob| {
        let others = times(there).is_some_and(|made_for| Some(made_for) != times(cron_job));
        others || (suspended(there) && !suspended(cron_job))
    };
    match there.filter(|there| there.metadata.deletion_timestamp.is_none()).filter(anew) {
        // Its making follows when the old one is gone.
        Some(old) => plan.applies.push(Step::Orphan(Existing::of(ChildKind::CronJob, &old.metadata))),
        None => plan.want(Child::new(ChildKind::CronJob, &cron_job.metadata, cron_job), there),
    }
}

/// The times that a CronJob is made for
fn times(cron_job: &CronJob) -> Option<&String> {
    cron_job.metadata.annotations.as_ref()?.get(TIMES)
}
