//! The containers of a pod: what each is for the task, and where it stands.

use ecs_crds::{DescribedContainer, HealthStatus, LastStatus};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStatus, Pod,
};

use super::{deciding, ecs_name, listed, of_job, stop};
use crate::names;

/// What a container is in its pod
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Runs to completion before the others start
    Setup,
    /// Starts before the main containers and keeps running
    Sidecar,
    /// What the pod is for
    Main,
}

/// A container of a pod
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) kind: Kind,
    /// The name in the task definition
    pub(super) name: &'a str,
    /// Whether the task ends with it
    essential: bool,
    /// Whether ECS itself would start it again
    restarted: bool,
    /// Whether the kubelet starts it again when it ends
    comes_again: bool,
    /// Whether the task is one of its own, and not a service's
    of_job: bool,
    container: &'a Container,
    status: Option<&'a ContainerStatus>,
}

/// The containers in the order in which they start
pub(super) fn parts<'a>(pod: &'a Pod) -> Vec<Part<'a>> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let essential = listed(pod, names::ESSENTIAL);
    let restarted = listed(pod, names::RESTARTED).unwrap_or_default();
    let first = spec.containers.first().map(|c| c.name.as_str());
    let is_essential = |name: &str| match &essential {
        Some(names) => names.contains(&name),
        // A task of one container; what others have put beside it does not end it
        None => first == Some(name),
    };
    let status = pod.status.as_ref();
    let part = |kind: Kind, container: &'a Container| {
        let Container { name, restart_policy, .. } = container;
        let statuses = match kind {
            Kind::Main => status.and_then(|s| s.container_statuses.as_deref()),
            Kind::Setup | Kind::Sidecar => status.and_then(|s| s.init_container_statuses.as_deref()),
        };
        let policy = restart_policy.as_deref().or(spec.restart_policy.as_deref()).unwrap_or("Always");
        Part {
            kind,
            name: ecs_name(pod, name),
            essential: is_essential(name),
            restarted: restarted.contains(&name.as_str()),
            comes_again: policy == "Always",
            of_job: of_job(pod),
            container,
            status: statuses.unwrap_or_default().iter().find(|s| s.name == *name),
        }
    };
    let init = spec.init_containers.iter().flatten().map(|container| {
        let always = container.restart_policy.as_deref() == Some("Always");
        part(if always { Kind::Sidecar } else { Kind::Setup }, container)
    });
    init.chain(spec.containers.iter().map(|container| part(Kind::Main, container))).collect()
}

impl<'a> Part<'a> {
    /// Whether the task runs only while this runs
    pub(super) fn decides(&self) -> bool {
        deciding(self.kind, self.essential, false)
    }

    fn state(&self) -> Option<&'a ContainerState> {
        self.status?.state.as_ref()
    }

    /// That it runs
    pub(super) fn running(&self) -> Option<&'a ContainerStateRunning> {
        self.state()?.running.as_ref()
    }

    /// What it waits for: reason and message
    pub(super) fn waiting(&self) -> Option<(&'a str, &'a str)> {
        let waiting = self.state()?.waiting.as_ref()?;
        Some((waiting.reason.as_deref()?, waiting.message.as_deref().unwrap_or_default()))
    }

    fn terminated(&self) -> Option<&'a ContainerStateTerminated> {
        self.state()?.terminated.as_ref()
    }

    fn terminated_before(&self) -> Option<&'a ContainerStateTerminated> {
        self.status?.last_state.as_ref()?.terminated.as_ref()
    }

    /// How it ended for good. A task of its own ends with the first end of an essential container, also of one that the
    /// kubelet has started again
    pub(super) fn ended(&self) -> Option<&'a ContainerStateTerminated> {
        let overruled = self.of_job && deciding(self.kind, self.essential, self.restarted);
        let before = self.terminated_before().filter(|_| overruled && self.comes_again);
        before.or_else(|| self.terminated())
    }

    /// How it ended, where the task ends with that
    pub(super) fn ends_task(&self) -> Option<&'a ContainerStateTerminated> {
        let ends = deciding(self.kind, self.essential, self.restarted && self.comes_again);
        let starts_again = self.comes_again && !self.of_job;
        self.ended().filter(|_| ends && !starts_again)
    }

    /// How it ended before it was started again
    pub(super) fn ended_before(&self) -> Option<&'a ContainerStateTerminated> {
        if self.of_job {
            return None;
        }
        self.terminated().filter(|_| self.comes_again).or_else(|| self.terminated_before())
    }

    /// How often it was started again
    pub(super) fn restarts(&self) -> i32 {
        self.status.map_or(0, |s| s.restart_count)
    }

    /// When it started
    pub(super) fn started(&self) -> Option<Timestamp> {
        let ended = self.ended().and_then(|e| e.started_at.as_ref());
        ended.or_else(|| self.running()?.started_at.as_ref()).map(|t| t.0)
    }

    /// How long it waits before it is told to stop, in seconds
    pub(super) fn drain(&self) -> i64 {
        let hook = self.container.lifecycle.as_ref().and_then(|l| l.pre_stop.as_ref());
        hook.and_then(|h| h.sleep.as_ref()).map_or(0, |s| s.seconds)
    }

    /// Whether something checks its health
    pub(super) fn checked(&self) -> bool {
        self.container.liveness_probe.is_some() || self.container.startup_probe.is_some()
    }

    /// What its health check says
    pub(super) fn health(&self) -> HealthStatus {
        match self.running() {
            _ if !self.checked() => HealthStatus::Unknown,
            Some(_) if self.status.is_some_and(|s| s.started == Some(true)) => HealthStatus::Healthy,
            None if self.ended().is_some_and(|ended| stop::unhealthy(self, ended)) => HealthStatus::Unhealthy,
            _ => HealthStatus::Unknown,
        }
    }

    /// As DescribeTasks shows it; with the task stop also the containers that never started
    pub(super) fn described(&self, task_stopped: bool) -> DescribedContainer {
        if let Some(ended) = self.ended() {
            return DescribedContainer { health_status: self.health(), ..self.described_as_ended(ended) };
        }
        let failing = self.waiting().and_then(|(reason, message)| stop::cannot(reason, message));
        DescribedContainer {
            last_status: match self.running() {
                _ if task_stopped => LastStatus::Stopped,
                Some(_) => LastStatus::Running,
                None => LastStatus::Pending,
            },
            reason: failing,
            health_status: self.health(),
            ..self.identity()
        }
    }

    /// As DescribeTasks shows it after such an end
    pub(super) fn described_as_ended(&self, ended: &ContainerStateTerminated) -> DescribedContainer {
        DescribedContainer {
            last_status: LastStatus::Stopped,
            exit_code: stop::code(ended),
            reason: stop::of_container(ended),
            ..self.identity()
        }
    }

    fn identity(&self) -> DescribedContainer {
        let digest = self.status.and_then(|s| s.image_id.rsplit_once('@')).map(|(_, digest)| digest.to_owned());
        DescribedContainer {
            name: self.name.to_owned(),
            image: self.container.image.clone(),
            image_digest: digest,
            ..DescribedContainer::default()
        }
    }
}
