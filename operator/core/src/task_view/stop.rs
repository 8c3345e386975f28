//! Why a task stopped, in ECS's words.
//!
//! Kubernetes keeps no reason for the end of a pod, so it is concluded from what there is: a record, an essential container
//! that ended before the pod was deleted, a disruption, a container that could not start, and at last the owner, which alone
//! deletes pods that nothing is wrong with.

use ecs_crds::StopCode;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};

use super::parts::{Kind, Part};
use super::{finished, of_job};

/// Why a task stops
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What kind of thing stops it
    pub code: StopCode,
    /// The reason, in ECS's words
    pub reason: String,
}

impl Stop {
    /// A stop for a reason
    #[must_use]
    pub fn new(code: StopCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// Somebody asked for it
    #[must_use]
    pub fn by_user(reason: Option<&str>) -> Self {
        Self::new(StopCode::UserInitiated, reason.filter(|r| !r.is_empty()).unwrap_or("Task stopped by user"))
    }

    /// Whether the task failed: what a deployment circuit breaker counts
    #[must_use]
    pub fn failed(&self) -> bool {
        match self.code {
            StopCode::TaskFailedToStart | StopCode::EssentialContainerExited => true,
            StopCode::ServiceSchedulerInitiated => self.reason == UNHEALTHY,
            StopCode::UserInitiated | StopCode::SpotInterruption | StopCode::TerminationNotice => false,
        }
    }
}

const EXITED: &str = "Essential container in task exited";
const UNHEALTHY: &str = "Task failed container health checks";
const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";
const SPOT: &str = "Your Spot Task was interrupted.";

/// What a container waits for or ended with where it could not start → ECS's word for it
const CANNOT: &[(&str, &str)] = &[
    ("ContainerCannotRun", "CannotStartContainerError"),
    ("CreateContainerConfigError", "ResourceInitializationError: unable to pull secrets or registry auth"),
    ("CreateContainerError", "CannotCreateContainerError"),
    ("ErrImageNeverPull", "CannotPullContainerError"),
    ("ErrImagePull", "CannotPullContainerError"),
    ("ImageInspectError", "CannotPullContainerError"),
    ("ImagePullBackOff", "CannotPullContainerError"),
    ("InvalidImageName", "CannotPullContainerError"),
    ("PreCreateHookError", "CannotCreateContainerError"),
    ("RegistryUnavailable", "CannotPullContainerError"),
    ("RunContainerError", "CannotStartContainerError"),
    ("SignatureValidationFailed", "CannotPullContainerError"),
    ("StartError", "CannotStartContainerError"),
];

/// Why the task stops or stopped; what it says of one that goes on means nothing
pub(super) fn stop(pod: &Pod, parts: &[Part<'_>], facts: &super::Facts<'_>) -> Option<Stop> {
    // What never started cannot have ended by itself, whatever its containers show once the pod goes
    if let Some(stop) = facts.stop.filter(|stop| stop.code == StopCode::TaskFailedToStart) {
        return Some(stop.clone());
    }
    let deleted = deleted_at(pod);
    let disruption = disruption(pod, facts.spot);
    let outside = deleted.into_iter().chain(disruption.as_ref().map(|(at, _)| *at)).min();
    let by_itself = |ended: &ContainerStateTerminated| outside.is_none_or(|at| before(ended, at, facts.stop.is_some()));
    if let Some((part, ended)) = exit(parts).filter(|(_, ended)| by_itself(ended)) {
        return Some(by_exit(part, ended));
    }
    let recorded = || facts.stop.cloned();
    let concluded = || disruption.map(|(_, stop)| stop).or_else(|| setup(parts)).or_else(|| failing(parts));
    recorded().or_else(concluded).or_else(|| deleted.map(|_| by_owner(pod, facts)))
}

/// Whether a container ended before the pod was told to stop. Times are whole seconds: what ended in that very second was told
/// to where a stop is known of, or where it ended as one that is told to
fn before(ended: &ContainerStateTerminated, told: Timestamp, known: bool) -> bool {
    match finished(ended) {
        Some(finished) if finished == told => !known && !matches!(ended.exit_code, 0 | 137 | 143),
        finished => finished.is_some_and(|finished| finished < told),
    }
}

/// Nothing was wrong with the pod, so whoever deleted it had no more use for it
fn by_owner(pod: &Pod, facts: &super::Facts<'_>) -> Stop {
    if of_job(pod) {
        return Stop::by_user(None);
    }
    let on_whose_behalf = facts.deployment.map_or_else(|| "the service".to_owned(), |id| format!("(deployment {id})"));
    let reason = format!("Scaling activity initiated by {on_whose_behalf}");
    Stop::new(StopCode::ServiceSchedulerInitiated, reason)
}

/// The essential container that ended first, where that ends the task
pub(super) fn exit<'p, 'a>(parts: &'p [Part<'a>]) -> Option<(&'p Part<'a>, &'a ContainerStateTerminated)> {
    let ended = parts.iter().filter_map(|part| Some((part, part.ends_task()?)));
    ended.min_by_key(|(_, ended)| finished(ended))
}

/// When the deletion of the pod was asked for
pub(super) fn deleted_at(pod: &Pod) -> Option<Timestamp> {
    let until = pod.metadata.deletion_timestamp.as_ref()?.0;
    let grace = SignedDuration::from_secs(pod.metadata.deletion_grace_period_seconds.unwrap_or_default());
    Some(until.checked_sub(grace).unwrap_or(until))
}

/// The stop that the end of an essential container is
pub(super) fn by_exit(part: &Part<'_>, ended: &ContainerStateTerminated) -> Stop {
    let reason = ended.reason.as_deref().unwrap_or_default();
    if let Some(cannot) = cannot(reason, ended.message.as_deref().unwrap_or_default()) {
        return Stop::new(StopCode::TaskFailedToStart, cannot);
    }
    if unhealthy(part, ended) {
        return Stop::new(StopCode::ServiceSchedulerInitiated, UNHEALTHY);
    }
    Stop::new(StopCode::EssentialContainerExited, EXITED)
}

/// Whether the kubelet killed a container for its health check. It says so nowhere; but whom it kills in the middle of the
/// pod's life, and not for memory, it kills for that
pub(super) fn unhealthy(part: &Part<'_>, ended: &ContainerStateTerminated) -> bool {
    part.checked() && matches!(ended.exit_code, 137 | 143) && ended.reason.as_deref() == Some("Error")
}

/// The exit code; none where the kubelet lost sight of the container and made one up
pub(super) fn code(ended: &ContainerStateTerminated) -> Option<i32> {
    (ended.reason.as_deref() != Some("ContainerStatusUnknown")).then_some(ended.exit_code)
}

/// What went wrong with a container, in ECS's words
pub(super) fn of_container(ended: &ContainerStateTerminated) -> Option<String> {
    let (reason, message) = (ended.reason.as_deref()?, ended.message.as_deref().unwrap_or_default());
    match reason {
        "OOMKilled" => Some(OUT_OF_MEMORY.to_owned()),
        "ContainerStatusUnknown" => Some("ContainerRuntimeError: the container was lost with its host".to_owned()),
        _ => cannot(reason, message),
    }
}

/// ECS's words for a container that cannot start
pub(super) fn cannot(reason: &str, message: &str) -> Option<String> {
    let (_, word) = CANNOT.iter().find(|(known, _)| *known == reason)?;
    Some(if message.is_empty() { (*word).to_owned() } else { format!("{word}: {message}") })
}

/// As what ECS would stop a task of which a container cannot start
pub(super) fn failing(parts: &[Part<'_>]) -> Option<Stop> {
    let reasons = parts.iter().filter_map(Part::waiting);
    let cannot = reasons.filter_map(|(reason, message)| cannot(reason, message)).next()?;
    Some(Stop::new(StopCode::TaskFailedToStart, cannot))
}

/// Why no node takes the pod
pub(super) fn unplaced(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False")?;
    let why = scheduled.message.as_deref().or(scheduled.reason.as_deref()).unwrap_or_default();
    Some(format!("no container instance met all of its requirements: {why}"))
}

/// A container that had to succeed first and did not
fn setup(parts: &[Part<'_>]) -> Option<Stop> {
    let mut setup = parts.iter().filter(|part| part.kind == Kind::Setup);
    let (part, ended) = setup.find_map(|part| Some((part, part.ended().filter(|ended| ended.exit_code != 0)?)))?;
    let words = of_container(ended).unwrap_or_else(|| {
        format!("Task failed to start: container {} exited with {} and had to succeed", part.name, ended.exit_code)
    });
    Some(Stop::new(StopCode::TaskFailedToStart, words))
}

/// What took the pod away from outside, and when: its node, or somebody who needed the room
fn disruption(pod: &Pod, spot: bool) -> Option<(Timestamp, Stop)> {
    let status = pod.status.as_ref()?;
    let host = pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or("unknown");
    let given_up = |message: &str| {
        Stop::new(StopCode::TerminationNotice, format!("Host (node {host}) gave the task up: {message}"))
    };
    let interrupted = || Stop::new(StopCode::SpotInterruption, SPOT);
    let why = status.reason.as_deref();
    let condition = status.conditions.iter().flatten().find(|c| c.type_ == "DisruptionTarget" && c.status == "True");
    if let Some(condition) = condition {
        let by_host = ["TerminationByKubelet", "EvictionByEvictionAPI", "DeletionByTaintManager"];
        let by_host = condition.reason.as_deref().is_some_and(|reason| by_host.contains(&reason));
        let at = condition.last_transition_time.as_ref().map_or(Timestamp::MIN, |t| t.0);
        let message = condition.message.as_deref().unwrap_or_default();
        return Some((at, if spot && by_host && why != Some("Evicted") { interrupted() } else { given_up(message) }));
    }
    let message = status.message.as_deref().unwrap_or_default();
    let stop = match why? {
        "NodeShutdown" | "Shutdown" | "Terminated" if spot => interrupted(),
        "Evicted" | "NodeLost" | "NodeShutdown" | "Preempting" | "Shutdown" | "Terminated" => given_up(message),
        // Of a pod that has run it says nothing new; else the kubelet would not take the pod that it was given
        _ if status.container_statuses.iter().flatten().any(|s| !s.image_id.is_empty()) => return None,
        reason => {
            let refused = format!("ResourceInitializationError: node {host} refused the task: {reason} {message}");
            Stop::new(StopCode::TaskFailedToStart, refused.trim_end())
        }
    };
    Some((Timestamp::MIN, stop))
}
