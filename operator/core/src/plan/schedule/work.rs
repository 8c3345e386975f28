//! What a schedule's runs are made of: the CronJob, the Jobs that are due, and what their pods need beside them.

use std::collections::BTreeSet;

use ecs_crds::ecs::TaskOverride;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::due::Due;
use super::{ScheduleView, child_name};
use crate::check;
use crate::config::Context;
use crate::findings::{Findings, Path, accepted_codes};
use crate::model::schedule::{Activity, Schedule};
use crate::names;
use crate::plan::run::{Differences, Made, made};
use crate::plan::{Child, ChildKind, owner};
use crate::revision::{Companion, TaskRevision};
use crate::translate;
use crate::translate::schedule::RenderedTask;

/// What it takes to make a run
pub(super) struct Workshop<'a> {
    pub(super) view: &'a ScheduleView<'a>,
    pub(super) model: &'a Schedule,
    pub(super) revision: &'a TaskRevision,
    pub(super) context: &'a Context,
    /// From when a rate counts
    pub(super) anchor: Timestamp,
}

/// What is wanted beside the history
pub(super) struct Work {
    pub(super) companions: Vec<Companion>,
    pub(super) service_account: Option<ServiceAccount>,
    /// The Jobs to start now
    pub(super) jobs: Vec<Child>,
    /// The CronJob, where there is to be one now or, suspended or held, when it fires again
    pub(super) cron_job: Option<CronJob>,
    /// The Job of the next run, where no CronJob makes it
    pub(super) preview: Option<Child>,
}

impl Workshop<'_> {
    /// Makes what is due; none where the overrides do not fit the task definition, or make it one that is refused
    pub(super) fn work(&self, due: &Due, now: Timestamp, findings: &mut Findings) -> Option<Work> {
        // One that runs the same each time is rendered once; where each event has its own overrides, the next stands for all.
        let shown = due.next.map_or(now, |slot| slot.time);
        let made = self.made_at(shown, findings)?;
        let preview = due.next.filter(|_| !due.cron_job).map(|_| self.job(shown, made.task.clone()));
        let mut work = Work {
            companions: made.companions.clone(),
            service_account: made.service_account.clone(),
            jobs: Vec::new(),
            cron_job: None,
            preview,
        };
        for slot in &due.start {
            let own = self.model.input.is_some().then(|| self.made_at(slot.time, findings));
            let own = match own {
                Some(own) => own?,
                None => Made { task: made.task.clone(), companions: Vec::new(), service_account: None },
            };
            work.jobs.push(self.job(slot.time, own.task));
            work.companions.extend(own.companions.into_iter().filter(|c| !made.companions.contains(c)));
        }
        if due.cron_job {
            // `check` realises by a CronJob only what one can say.
            let mut cron_job = translate::schedule::cron_job(self.model, made.task, self.anchor).ok()?;
            cron_job.metadata.namespace = self.view.schedule.metadata.namespace.clone();
            cron_job.metadata.owner_references = Some(vec![self.owner()]);
            work.cron_job = Some(cron_job);
        }
        Some(work)
    }

    fn owner(&self) -> OwnerReference {
        owner("ScheduledTask", &self.view.schedule.metadata, true)
    }

    /// The Job of the run for a time
    fn job(&self, time: Timestamp, task: RenderedTask) -> Child {
        let name = names::of_run(&child_name(self.view.schedule), time);
        let mut job: Job = translate::schedule::job_of_run(self.model, name, task, time, self.anchor);
        job.metadata.namespace = self.view.schedule.metadata.namespace.clone();
        job.metadata.owner_references = Some(vec![self.owner()]);
        Child::new(ChildKind::Job, &job.metadata, &job)
    }

    /// The task of the run for a time: overrides are applied to the task definition first, so what is checked and translated
    /// is the task that will run
    fn made_at(&self, time: Timestamp, findings: &mut Findings) -> Option<Made> {
        let uid = self.view.schedule.metadata.uid.as_deref().unwrap_or_default();
        let overrides = check::schedule::overrides_of_run(self.model, uid, time, findings);
        self.made(&overrides.filter(|_| !findings.blocked())?, findings)
    }

    fn made(&self, overrides: &TaskOverride, findings: &mut Findings) -> Option<Made> {
        let Self { view, model, revision, context, anchor: _ } = self;
        let metadata = &view.schedule.metadata;
        let differences = Differences {
            overrides,
            overrides_at: model.input.as_ref().map_or(&model.run.overrides_at, |(_, path)| path),
            constraints: &model.run.placement.constraints,
            security_groups: &model.run.security_groups,
            at: &Path::root().key("task"),
            accept: &accepted_codes(metadata),
        };
        let namespace = metadata.namespace.as_deref().unwrap_or_default();
        made(revision, differences, (namespace, &self.owner()), context, findings)
    }
}

/// The names of the ServiceAccounts that runs use from now on
pub(super) fn accounts(work: &Work) -> BTreeSet<String> {
    work.service_account.iter().filter_map(|account| account.metadata.name.clone()).collect()
}

/// Whether anything is to be made beside the history
pub(super) fn is_wanted(due: &Due) -> bool {
    due.cron_job || !due.start.is_empty() || matches!(due.activity, Activity::Active { .. })
}
