//! Which deployment a service is in: the revision that is PRIMARY, what it may do, and the tasks that are replaced.
//!
//! *Guarantees*: what the status does not say yet is not acted upon, so that a roll-back stands in it before it happens; a
//! failed revision is not tried again while the spec asks for it; going back to what runs starts no deployment.

use ecs_crds::EcsServiceStatus;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;

use crate::config::Context;
use crate::deploy::{State, Supervised, state_of, supervise, tasks};
use crate::model::service::Service;
use crate::plan::service::{ServiceView, Target, deployed_revision};
use crate::plan::{ChildKind, Existing, Plan, Step};
use crate::revision::{Inputs, ServiceRevision};
use crate::translate::service::service_strategy;

/// The revisions of a service, and what is known of them
pub(super) struct History<'a> {
    stored: &'a [&'a ControllerRevision],
    status: EcsServiceStatus,
    newest: Option<ServiceRevision>,
    /// What was PRIMARY at the last look
    current: Option<ServiceRevision>,
}

/// What is to be PRIMARY
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Course {
    pub(super) primary: ServiceRevision,
    /// The failed revision that the spec still asks for
    pub(super) hold: Option<i64>,
}

impl<'a> History<'a> {
    /// Reads what is stored and what the status says
    pub(super) fn of(view: &'a ServiceView<'_>) -> Self {
        let status = view.service.status.clone().unwrap_or_default();
        let newest = view.revisions.iter().max_by_key(|r| r.revision).and_then(|r| ServiceRevision::decode(r));
        let named = |r: &&&ControllerRevision| r.metadata.name == status.service_revision;
        let current = view.revisions.iter().find(named).and_then(|r| ServiceRevision::decode(r));
        Self { stored: &view.revisions, status, newest, current }
    }

    /// The number of the newest revision; 0 where there is none
    pub(super) fn last(&self) -> i64 {
        self.newest.as_ref().map_or(0, |n| n.number)
    }

    /// The newest revision whose deployment was COMPLETED, where it is stored
    pub(super) fn completed(&self) -> Option<i64> {
        let completed = self.status.rollout.as_ref()?.completed.as_ref()?.revision;
        self.stored.iter().any(|r| r.revision == completed).then_some(completed)
    }

    /// What is PRIMARY now
    pub(super) fn current(&self) -> Option<&ServiceRevision> {
        self.current.as_ref().or(self.newest.as_ref())
    }

    /// A stored revision
    pub(super) fn revision(&self, number: i64) -> Option<ServiceRevision> {
        self.stored.iter().find(|r| r.revision == number).and_then(|r| ServiceRevision::decode(r))
    }

    /// The failed revision that the service was rolled back from, and the one that it was rolled back to
    fn rolled_back(&self) -> Option<(i64, ServiceRevision)> {
        let hold = self.status.rollback_hold.as_deref()?;
        let failed = self.newest.as_ref().filter(|n| n.name() == hold)?.number;
        let completed = self.completed()?;
        Some((failed, self.revision(completed).filter(|_| completed != failed)?))
    }

    /// To go on as it is
    pub(super) fn stay(&self) -> Option<Course> {
        if let Some((failed, primary)) = self.rolled_back() {
            return Some(Course { primary, hold: Some(failed) });
        }
        Some(Course { primary: self.current()?.clone(), hold: None })
    }

    /// The revision of these inputs, where one is there that may run
    pub(super) fn course(&self, inputs: &Inputs) -> Option<Course> {
        let same = |revision: &&ServiceRevision| revision.content.inputs == *inputs;
        let newest = self.newest.as_ref().filter(same);
        if newest.is_some()
            && let Some((failed, primary)) = self.rolled_back()
        {
            return Some(Course { primary, hold: Some(failed) });
        }
        let failed = self.status.rollout.as_ref().and_then(|book| book.failed);
        let current = self.current.as_ref().filter(same);
        // Stored, and perhaps not begun: the operator may have ended between the two
        let primary = current.or(newest.filter(|n| Some(n.number) != failed))?;
        Some(Course { primary: primary.clone(), hold: None })
    }
}

/// What a Deployment keeps running where ECS could neither stop nor start a task; none where it can go on
pub(super) fn stuck(
    view: &ServiceView<'_>,
    model: &Service,
    wanted: &ServiceRevision,
    history: &History<'_>,
) -> Option<ServiceRevision> {
    if !service_strategy(model).stuck || model.held || model.staged.is_some() {
        return None;
    }
    let deployed = view.deployments.iter().find_map(|d| deployed_revision(d))?;
    // In the middle of a deployment: what runs stays as it is, and the Deployment is paused
    let mixed = || tasks(&view.pods).iter().any(|t| t.alive() && t.revision != wanted.number);
    if deployed == wanted.number { mixed().then(|| wanted.clone()) } else { history.revision(deployed) }
}

/// Whether the Deployment stands still: its deployment failed and is not rolled back, or may not go on
pub(super) fn paused(view: &ServiceView<'_>, target: &Target) -> bool {
    let previous = view.service.status.clone().unwrap_or_default();
    let failed = state_of(&previous, &target.primary.deployment_id()) == Some(State::Failed);
    failed || (target.stuck && target.running.number == target.primary.number)
}

/// Adds the replacing of tasks that have ended as ECS sees it; returns when a look can find more
pub(super) fn replace(
    view: &ServiceView<'_>,
    history: &History<'_>,
    context: &Context,
    now: Timestamp,
    plan: &mut Plan,
) -> Option<Timestamp> {
    let rules = |number: i64| history.revision(number).map(|r| r.content.rendered.supervision);
    let tasks = tasks(&view.pods);
    let Supervised { replace, look_at } = supervise(&tasks, &rules, &history.status, context.config.failing_tasks, now);
    let existing = replace.iter().map(|task| Existing::of(ChildKind::Pod, &task.pod().metadata));
    plan.replace = existing.map(Step::Replace).collect();
    look_at
}
