//! Which deployment a service is in: the revision that is PRIMARY, what it may do, and the tasks that are replaced.
//!
//! *Guarantees*: what the status does not say yet is not acted upon, so that a roll-back stands in it before it happens; a
//! failed revision is not tried again while the spec asks for it; going back to what runs starts no deployment.

use std::collections::BTreeMap;

use ecs_crds::EcsServiceStatus;
use ecs_crds::status::Reason;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;

use crate::check::service::DAEMON;
use crate::config::Context;
use crate::deploy::{State, Supervised, Workload, state_of, supervise, tasks};
use crate::model::service::{Scheduling, Service};
use crate::plan::references::Awaiting;
use crate::plan::service::{ServiceView, Target};
use crate::plan::{ChildKind, Existing, Plan, Step};
use crate::revision::{Inputs, ServiceRevision};
use crate::translate::workload::{is_stuck, parts};

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
        stored(self.stored, number)
    }

    /// The failed revision that the service was rolled back from, and the one that it was rolled back to
    fn rolled_back(&self) -> Option<(i64, ServiceRevision)> {
        let hold = self.status.rollback_hold.as_deref()?;
        let failed = self.newest.as_ref().filter(|n| n.name() == hold)?.number;
        let completed = self.completed()?;
        Some((failed, self.revision(completed).filter(|_| completed != failed)?))
    }

    /// Why the service cannot be scheduled like this, where it has been otherwise: that never changes, as on ECS
    pub(super) fn another_strategy(&self, wanted: Scheduling) -> Option<Awaiting> {
        let newest = self.newest.as_ref()?;
        let was = match newest.content.inputs.service.get("schedulingStrategy") {
            Some(strategy) if strategy == DAEMON => Scheduling::Daemon,
            _ => Scheduling::Replica,
        };
        let message =
            "the schedulingStrategy of a service never changes; delete it and make it anew, or under another name";
        (was != wanted).then(|| Awaiting { reason: Reason::InvalidValue, message: message.to_owned() })
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
    if !is_stuck(model) || model.held || model.staged.is_some() {
        return None;
    }
    let daemons = view.daemon_sets.iter().map(|d| Workload::from(*d));
    let deployed = view.deployments.iter().map(|d| Workload::from(*d)).chain(daemons).find_map(|w| w.revision)?;
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

/// Whether the tasks of the wanted Deployments are all there, so that others may go
pub(super) fn replaced(view: &ServiceView<'_>, target: &Target) -> bool {
    let previous = view.service.status.clone().unwrap_or_default();
    target.service.held || state_of(&previous, &target.primary.deployment_id()) == Some(State::Completed)
}

/// The Deployments that await their turn, and what they run until then: of several one rolls at a time
pub(super) fn waiting(view: &ServiceView<'_>, target: &Target) -> BTreeMap<String, ServiceRevision> {
    let mut waiting = BTreeMap::new();
    let mut taken = false;
    let wanted = target.running.number;
    for part in parts(&target.service, &target.running) {
        let there = view.deployments.iter().find(|d| d.metadata.name.as_ref() == Some(&part.name));
        let Some(there) = there.map(|d| Workload::from(*d)) else { continue };
        let before = there.revision.filter(|revision| *revision != wanted);
        if taken && let Some(before) = before.and_then(|number| stored(view.revisions.as_slice(), number)) {
            waiting.insert(part.name, before);
        } else {
            taken |= !there.runs_everywhere(wanted, part.count.into());
        }
    }
    waiting
}

/// A stored revision
fn stored(revisions: &[&ControllerRevision], number: i64) -> Option<ServiceRevision> {
    revisions.iter().find(|r| r.revision == number).and_then(|r| ServiceRevision::decode(r))
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
