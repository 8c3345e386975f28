//! A pod seen as an ECS task: what DescribeTasks would say of it.
//!
//! ```text
//! no node yet ─► PROVISIONING      placed ─► PENDING      containers run ─► ACTIVATING (readiness gates) ─► RUNNING
//! deleted, or an essential container ended ─► DEACTIVATING (preStop) ─► STOPPING ─► DEPROVISIONING ─► STOPPED
//! ```
//!
//! *Guarantees*: everything follows from the pod, the facts and the time, so a restarted operator sees the same; a task that
//! has stopped says why.
//!
//! The kubelet restarts containers where ECS would start another task. So a pod of a service is seen as the task that it is
//! now ([`Seen::task`]) and the one that it was before its containers were last restarted ([`Seen::previous`]).
//!
//! *Not here*: who acts on what is seen, and where it is kept when the pod is gone.

mod parts;
mod slim;
mod stop;

use ecs_crds::{DescribedContainer, DescribedTask, HealthStatus, LastStatus};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::names;
use parts::{Kind, Part, parts};
pub use slim::slim;
pub use stop::Stop;

/// What a look at the pod alone cannot tell
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// Who or what is recorded to have stopped the task, where somebody has
    pub stop: Option<&'a Stop>,
    /// The ID of the deployment in whose favour a service stops tasks: that of its PRIMARY one
    pub deployment: Option<&'a str>,
    /// Whether the node is spot capacity
    pub spot: bool,
}

/// What is seen of a pod
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The task that the pod is
    pub task: DescribedTask,
    /// The task that it was before its essential containers were last restarted
    pub previous: Option<DescribedTask>,
    /// How often an essential container was restarted: so many tasks of ECS ended before this one
    pub restarts: i32,
    /// As what ECS would stop the task that Kubernetes still tries to start
    pub failing: Option<Stop>,
    /// Why no node takes it; ECS would not start it, or wait for capacity
    pub unplaced: Option<String>,
}

impl Seen {
    /// Whether it has stopped for good
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.task.last_status == LastStatus::Stopped
    }

    /// Whether an essential container ended while the pod goes on: what ECS would stop, and somebody has to
    #[must_use]
    pub fn overdue(&self) -> bool {
        self.task.last_status == LastStatus::Stopping && self.task.desired_status == LastStatus::Stopped
    }
}

/// Sees a pod as a task. Of its spec and status it takes what [`slim`] leaves
#[must_use]
pub fn view(pod: &Pod, facts: &Facts<'_>, now: Timestamp) -> Seen {
    let parts = parts(pod);
    let stop = stop::stop(pod, &parts, facts);
    let stopping_at = stopping_at(pod, &parts);
    let last_status = last_status(pod, &parts, stopping_at, now);
    let stopped = last_status == LastStatus::Stopped;
    let to_stop = stopped || stopping_at.is_some();
    let task = DescribedTask {
        node: pod.spec.as_ref().and_then(|s| s.node_name.clone()),
        last_status,
        desired_status: if to_stop { LastStatus::Stopped } else { LastStatus::Running },
        health_status: health(&parts),
        stop_code: stop.as_ref().filter(|_| to_stop).map(|s| s.code),
        stopped_reason: stop.filter(|_| to_stop).map(|s| s.reason),
        exit_code: stop::exit(&parts).and_then(|(_, ended)| stop::code(ended)),
        created_at: pod.metadata.creation_timestamp.clone(),
        started_at: started_at(&parts).map(Time),
        stopping_at: stopping_at.map(Time),
        stopped_at: stopped.then(|| stopped_at(pod, &parts).or(stopping_at)).flatten().map(Time),
        containers: parts.iter().map(|part| part.described(stopped)).collect(),
        ..named(pod)
    };
    let waits = !to_stop && last_status != LastStatus::Running;
    Seen {
        previous: previous(pod, &parts),
        restarts: parts.iter().filter(|p| p.decides()).map(Part::restarts).max().unwrap_or_default(),
        failing: stop::failing(&parts).filter(|_| waits),
        unplaced: stop::unplaced(pod).filter(|_| waits),
        task,
    }
}

/// What a pod's name, labels and annotations say
fn named(pod: &Pod) -> DescribedTask {
    let metadata = &pod.metadata;
    let label = |key: &str| metadata.labels.as_ref().and_then(|l| l.get(key));
    let annotation = |key: &str| metadata.annotations.as_ref().and_then(|a| a.get(key));
    let family = annotation(names::FAMILY).or_else(|| label(names::FAMILY));
    let deployment = label(names::SERVICE_REVISION).map(|number| format!("ecs-svc/{number}"));
    DescribedTask {
        name: metadata.name.clone().unwrap_or_default(),
        task_definition: family.zip(label(names::REVISION)).map(|(family, number)| format!("{family}:{number}")),
        group: annotation(names::TASK_GROUP)
            .cloned()
            .or_else(|| label(names::SERVICE).map(|service| format!("service:{service}"))),
        started_by: annotation(names::STARTED_BY).cloned().or(deployment),
        ..DescribedTask::default()
    }
}

fn last_status(pod: &Pod, parts: &[Part<'_>], stopping_at: Option<Timestamp>, now: Timestamp) -> LastStatus {
    let status = pod.status.clone().unwrap_or_default();
    if matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return LastStatus::Stopped;
    }
    if let Some(since) = stopping_at {
        let draining = SignedDuration::from_secs(parts.iter().map(Part::drain).max().unwrap_or_default());
        let deleted = pod.metadata.deletion_timestamp.is_some();
        return match parts.iter().any(|p| p.running().is_some()) {
            false => LastStatus::Deprovisioning,
            true if deleted && now < since + draining => LastStatus::Deactivating,
            true => LastStatus::Stopping,
        };
    }
    let placed = pod.spec.as_ref().is_some_and(|s| s.node_name.is_some()) || status.start_time.is_some();
    let mut deciding = parts.iter().filter(|p| p.decides()).peekable();
    if deciding.peek().is_none() || deciding.any(|p| p.running().is_none()) {
        return if placed { LastStatus::Pending } else { LastStatus::Provisioning };
    }
    let gates = pod.spec.iter().filter_map(|s| s.readiness_gates.as_ref()).flatten();
    let open = |gate: &str| status.conditions.iter().flatten().any(|c| c.type_ == gate && c.status == "True");
    let mut shut = gates.filter(|gate| !open(&gate.condition_type));
    if shut.next().is_some() { LastStatus::Activating } else { LastStatus::Running }
}

/// R-PROBE: only essential containers with a health check count
fn health(parts: &[Part<'_>]) -> HealthStatus {
    let checked: Vec<HealthStatus> = parts.iter().filter(|p| p.decides() && p.checked()).map(Part::health).collect();
    if checked.contains(&HealthStatus::Unhealthy) {
        HealthStatus::Unhealthy
    } else if !checked.is_empty() && checked.iter().all(|h| *h == HealthStatus::Healthy) {
        HealthStatus::Healthy
    } else {
        HealthStatus::Unknown
    }
}

/// When every essential container had started
fn started_at(parts: &[Part<'_>]) -> Option<Timestamp> {
    let deciding: Option<Vec<Timestamp>> = parts.iter().filter(|p| p.decides()).map(Part::started).collect();
    deciding?.into_iter().max()
}

/// When the task began to stop: at its deletion, or when an essential container ended for good
fn stopping_at(pod: &Pod, parts: &[Part<'_>]) -> Option<Timestamp> {
    let exit = stop::exit(parts).and_then(|(_, ended)| finished(ended));
    stop::deleted_at(pod).into_iter().chain(exit).min()
}

fn finished(ended: &ContainerStateTerminated) -> Option<Timestamp> {
    ended.finished_at.as_ref().map(|t| t.0)
}

/// When the last container had stopped; a pod that never got to run has stopped when that was said of it
fn stopped_at(pod: &Pod, parts: &[Part<'_>]) -> Option<Timestamp> {
    let containers = parts.iter().filter_map(Part::ended).filter_map(finished).max();
    let conditions = pod.status.iter().filter_map(|s| s.conditions.as_ref()).flatten();
    let said = || conditions.filter_map(|c| c.last_transition_time.as_ref()).map(|t| t.0).max();
    containers.or_else(said)
}

/// The task that a pod of a service was before its containers were last restarted
fn previous(pod: &Pod, parts: &[Part<'_>]) -> Option<DescribedTask> {
    let ended = parts.iter().filter(|p| p.decides()).filter_map(|p| Some((p, p.ended_before()?)));
    let (part, ended) = ended.max_by_key(|(_, ended)| finished(ended))?;
    let stop = stop::by_exit(part, ended);
    let containers = parts.iter().filter_map(|p| Some(p.described_as_ended(p.ended_before()?)));
    let containers: Vec<DescribedContainer> = containers.collect();
    Some(DescribedTask {
        node: pod.spec.as_ref().and_then(|s| s.node_name.clone()),
        last_status: LastStatus::Stopped,
        desired_status: LastStatus::Stopped,
        stop_code: Some(stop.code),
        stopped_reason: Some(stop.reason),
        exit_code: stop::code(ended),
        started_at: ended.started_at.clone(),
        stopping_at: ended.finished_at.clone(),
        stopped_at: ended.finished_at.clone(),
        containers,
        ..named(pod)
    })
}

/// Whether a pod is a task of its own, which nothing starts again
fn of_job(pod: &Pod) -> bool {
    pod.metadata.owner_references.iter().flatten().any(|o| o.kind == "Job")
}

/// The ECS name of a container
fn ecs_name<'a>(pod: &'a Pod, name: &'a str) -> &'a str {
    let key = names::of_container(names::ECS_NAME, name);
    pod.metadata.annotations.as_ref().and_then(|a| a.get(&key)).map_or(name, String::as_str)
}

/// The names in a list of ours
fn listed<'a>(pod: &'a Pod, key: &str) -> Option<Vec<&'a str>> {
    Some(pod.metadata.annotations.as_ref()?.get(key)?.split(',').collect())
}

/// Whether a container's end is the task's
fn deciding(kind: Kind, essential: bool, restarted: bool) -> bool {
    kind != Kind::Setup && essential && !restarted
}

#[cfg(test)]
mod tests;
