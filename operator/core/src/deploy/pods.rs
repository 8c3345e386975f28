//! A pod as the task that it is: how often it failed, whether it can be launched, and since when it is healthy.
//!
//! *Guarantees*: what is told of a task that is being stopped is what it did before, not what stopping did to it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodStatus};

use crate::names;
use crate::revision::Supervision;

/// Reasons of a waiting container that ECS would call a failure to launch: those with which there is no container yet, so that
/// nothing that was restarted counts twice
const NOT_LAUNCHED: &[&str] = &[
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "PreCreateHookError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// One task of a service
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    pod: &'a Pod,
    /// The number of the service revision that it runs
    pub revision: i64,
}

/// The tasks of a service, by its pods
pub fn tasks<'a>(pods: &[&'a Pod]) -> Vec<Task<'a>> {
    let revision = |pod: &Pod| pod.metadata.labels.as_ref()?.get(names::SERVICE_REVISION)?.parse().ok();
    pods.iter().filter_map(|pod| Some(Task { pod, revision: revision(pod)? })).collect()
}

impl<'a> Task<'a> {
    /// The pod
    #[must_use]
    pub fn pod(&self) -> &'a Pod {
        self.pod
    }

    /// The pod's UID
    #[must_use]
    pub fn uid(&self) -> &'a str {
        self.pod.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The pod's name
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.pod.metadata.name.as_deref().unwrap_or_default()
    }

    fn status(&self) -> Option<&'a PodStatus> {
        self.pod.status.as_ref()
    }

    /// When the pod was made
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.pod.metadata.creation_timestamp.as_ref().map(|t| t.0)
    }

    /// When it was told to stop; its deletion timestamp is when its time to do so is over
    #[must_use]
    pub fn told_to_stop(&self) -> Option<Timestamp> {
        let metadata = &self.pod.metadata;
        let end = metadata.deletion_timestamp.as_ref()?.0;
        let grace = SignedDuration::from_secs(metadata.deletion_grace_period_seconds.unwrap_or(0));
        Some(end.checked_sub(grace).unwrap_or(end))
    }

    /// Whether it has ended by itself
    #[must_use]
    pub fn ended(&self) -> bool {
        matches!(self.status().and_then(|s| s.phase.as_deref()), Some("Succeeded" | "Failed"))
    }

    /// Whether it counts: neither ended nor told to stop
    #[must_use]
    pub fn alive(&self) -> bool {
        !self.ended() && self.pod.metadata.deletion_timestamp.is_none()
    }

    /// Its containers and those that start before them
    pub(super) fn containers(&self) -> impl Iterator<Item = &'a ContainerStatus> {
        let status = self.status();
        let init = status.and_then(|s| s.init_container_statuses.as_deref()).unwrap_or_default();
        let regular = status.and_then(|s| s.container_statuses.as_deref()).unwrap_or_default();
        init.iter().chain(regular)
    }

    fn named(&self, names: &BTreeSet<String>) -> impl Iterator<Item = &'a ContainerStatus> {
        self.containers().filter(|c| names.contains(&c.name))
    }

    /// Whether a container ended by itself, and not because the pod was told to stop
    pub(super) fn by_itself(&self, terminated: &ContainerStateTerminated) -> bool {
        let Some(told) = self.told_to_stop() else { return true };
        terminated.finished_at.as_ref().is_some_and(|at| at.0 < told)
    }

    /// How often an essential container has ended: that of them which did most often, since one failure of the task ends
    /// several of them
    pub(super) fn exits(&self, rules: &Supervision) -> i64 {
        let of = |c: &ContainerStatus| i64::from(c.restart_count) + i64::from(self.is_ended(c));
        let most = self.named(&rules.essential).map(of).max().unwrap_or(0);
        let failed =
            self.status().is_some_and(|s| s.phase.as_deref() == Some("Failed")) && self.told_to_stop().is_none();
        most.max(i64::from(failed))
    }

    fn is_ended(&self, container: &ContainerStatus) -> bool {
        terminated(container.state.as_ref()).is_some_and(|t| self.by_itself(t))
    }

    /// How often a container failed that others wait for, a start that takes too long included
    pub(super) fn init_exits(&self, rules: &Supervision, now: Timestamp) -> i64 {
        let failed = |c: &ContainerStatus| {
            terminated(c.state.as_ref()).is_some_and(|t| t.exit_code != 0 && self.by_itself(t))
                || self.late(c, rules).is_some_and(|at| at <= now)
        };
        self.named(&rules.awaited).map(|c| i64::from(c.restart_count) + i64::from(failed(c))).max().unwrap_or(0)
    }

    /// When a container that others wait for takes too long, where it still runs
    pub(super) fn late(&self, container: &ContainerStatus, rules: &Supervision) -> Option<Timestamp> {
        let timeout = rules.start_timeouts.get(&container.name)?;
        let started = container.state.as_ref()?.running.as_ref()?.started_at.as_ref()?.0;
        started.checked_add(SignedDuration::from_secs(*timeout)).ok()
    }

    /// Whether it cannot be launched: no node, or a container that cannot be made
    pub(super) fn cannot_launch(&self) -> bool {
        let waiting = |c: &ContainerStatus| {
            c.state
                .as_ref()
                .and_then(|s| s.waiting.as_ref()?.reason.as_deref())
                .is_some_and(|r| NOT_LAUNCHED.contains(&r))
        };
        self.alive() && (self.unplaced().is_some() || self.containers().any(waiting))
    }

    /// Why no node takes it, in the scheduler's words
    #[must_use]
    pub fn unplaced(&self) -> Option<&'a str> {
        let conditions = self.status()?.conditions.as_deref().unwrap_or_default();
        let unplaced = |c: &&k8s_openapi::api::core::v1::PodCondition| {
            c.type_ == "PodScheduled" && c.status == "False" && c.reason.as_deref() == Some("Unschedulable")
        };
        let condition = conditions.iter().find(unplaced).filter(|_| self.alive())?;
        Some(condition.message.as_deref().unwrap_or_default())
    }

    /// Since when it is healthy: ready for as long as its deployment asks
    #[must_use]
    pub fn healthy_since(&self, min_ready_seconds: i32, now: Timestamp) -> Option<Timestamp> {
        let ready = |c: &&k8s_openapi::api::core::v1::PodCondition| c.type_ == "Ready" && c.status == "True";
        let condition = self.status()?.conditions.as_ref()?.iter().find(ready).filter(|_| self.alive())?;
        let since = condition.last_transition_time.as_ref()?.0;
        let healthy = since.checked_add(SignedDuration::from_secs(min_ready_seconds.into())).ok()?;
        (healthy <= now).then_some(healthy)
    }
}

/// The end of a run
pub(super) fn terminated(state: Option<&ContainerState>) -> Option<&ContainerStateTerminated> {
    state?.terminated.as_ref()
}
