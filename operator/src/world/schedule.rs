//! What concerns one schedule: what is gathered for a look at it, and what asks for one.

use std::sync::Arc;

use ecs_core::names;
use ecs_core::plan::is_owned_by;
use ecs_core::plan::schedule::{ScheduleView, child_name, runs_for};
use ecs_crds::{EcsService, ScheduledTask};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{FamilyGathered, World, label, place, schedule_family};
use crate::kinds::Companions;

/// What was gathered for a schedule
pub(crate) struct ScheduleGathered {
    pub(crate) schedule: Arc<ScheduledTask>,
    family: Option<FamilyGathered>,
    cron_jobs: Vec<Arc<CronJob>>,
    jobs: Vec<Arc<Job>>,
    pods: Vec<Arc<Pod>>,
    accounts: Vec<Arc<ServiceAccount>>,
    companions: Companions,
}

impl ScheduleGathered {
    /// The view that the pure middle takes
    pub(crate) fn view(&self) -> ScheduleView<'_> {
        ScheduleView {
            schedule: &self.schedule,
            family: self.family.as_ref().map(FamilyGathered::view),
            cron_jobs: self.cron_jobs.iter().map(|j| &**j).collect(),
            jobs: self.jobs.iter().map(|j| &**j).collect(),
            pods: self.pods.iter().map(|p| &**p).collect(),
            service_accounts: self.accounts.iter().map(|a| &**a).collect(),
            companions: self.companions.view(),
        }
    }
}

impl World {
    /// Gathers a schedule
    pub(crate) fn schedule(&self, namespace: &str, name: &str) -> Option<ScheduleGathered> {
        let schedule = self.caches.schedules.get(namespace, name)?;
        let uid = schedule.metadata.uid.clone().unwrap_or_default();
        let child = child_name(&schedule);
        let cron_jobs = self.caches.cron_jobs.in_namespace(namespace);
        let jobs = self.caches.jobs.in_namespace(namespace);
        let pods = self.caches.pods.in_namespace(namespace);
        Some(ScheduleGathered {
            family: schedule_family(&schedule).map(|f| self.family(namespace, &f)),
            cron_jobs: cron_jobs.into_iter().filter(|j| is_owned_by(&j.metadata, &uid)).collect(),
            jobs: jobs.into_iter().filter(|j| runs_for(&j.metadata, &child, &uid)).collect(),
            pods: pods.into_iter().filter(|p| label(&p.metadata, names::SCHEDULE) == Some(&child)).collect(),
            accounts: self.caches.accounts.in_namespace(namespace),
            companions: self.caches.kinds.companions(namespace),
            schedule,
        })
    }

    /// Asks for a look at what a changed Job runs for
    ///
    /// The Jobs of a CronJob have that as their owner, and those of a deleted one have none; their label remains.
    pub(crate) fn job_touched(&self, job: &Job) {
        if label(&job.metadata, names::SCHEDULE).is_some() {
            self.run_touched(&job.metadata);
        } else {
            self.child_touched(&job.metadata);
        }
    }

    /// Asks for a look at the schedule that a Job or a pod runs for, where it runs for one
    pub(super) fn run_touched(&self, metadata: &ObjectMeta) {
        let Some(child) = label(metadata, names::SCHEDULE) else { return };
        let schedules = self.caches.schedules.in_namespace(&place(metadata).0);
        schedules.iter().filter(|s| child_name(s) == child).for_each(|s| self.schedule_touched(s));
    }

    /// Asks for looks at whatever waits by the clock: the time is another than the one they wait by
    pub(crate) fn clock_jumped(&self) {
        self.caches.services.all().iter().for_each(|service| self.service_touched(service));
        self.caches.schedules.all().iter().for_each(|schedule| self.schedule_touched(schedule));
        self.caches.tasks.all().iter().for_each(|task| self.task_touched(task));
        let staged = |service: &EcsService| service.status.as_ref().is_some_and(|s| s.deployment.is_some());
        self.caches.services.all().iter().filter(|s| staged(s)).for_each(|service| self.service_touched(service));
    }
}
