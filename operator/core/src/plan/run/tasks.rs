//! The tasks of a Job, whoever made it: what they are, and which of them ECS would have stopped.
//!
//! *Guarantees*: a task that ECS would stop is stopped only after the status tells how it ended, because what its pod shows
//! later is the stopping; one that has ended by itself, or is on its way out, is left alone.
//!
//! *Not here*: the words of DescribeTasks (`task_view`), where the end of a task is kept.

use ecs_crds::{DescribedTask, LastStatus, StopCode};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::config::{Context, Node};
use crate::plan::{ChildKind, Existing, Step};
use crate::task_view::{Facts, Seen, Stop, view};

/// A task of a Job
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    /// As DescribeTasks shows it; what cannot start for too long is to be stopped
    pub(crate) task: DescribedTask,
    /// Why no node takes it
    pub(crate) unplaced: Option<String>,
    /// When it is given up, if it still cannot start then
    pub(crate) given_up_at: Option<Timestamp>,
}

/// Looks at the pod of a task. `recorded` is why it stops, as far as the status tells; `asked`, that somebody wants it to
pub(crate) fn look(
    pod: &Pod,
    recorded: Option<Stop>,
    asked: Option<&Stop>,
    context: &Context,
    now: Timestamp,
) -> Looked {
    let facts = Facts { stop: recorded.as_ref().or(asked), spot: on_spot(pod, context), ..Facts::default() };
    let seen = view(pod, &facts, now);
    let given_up = given_up(pod, &seen, recorded, context, now);
    let Seen { mut task, unplaced, .. } = seen;
    let mut given_up_at = None;
    match given_up {
        GivenUp::Not => {}
        GivenUp::At(at) => given_up_at = Some(at),
        GivenUp::Now(stop) => {
            task.desired_status = LastStatus::Stopped;
            task.stop_code = Some(stop.code);
            task.stopped_reason = Some(stop.reason);
            task.stopping_at = Some(Time(now));
        }
    }
    Looked { task, unplaced, given_up_at }
}

/// Whether a task that cannot start is given up
enum GivenUp {
    Not,
    At(Timestamp),
    Now(Stop),
}

/// A task that cannot start is given up some time after its pod came to its node, and then stays so
fn given_up(pod: &Pod, seen: &Seen, recorded: Option<Stop>, context: &Context, now: Timestamp) -> GivenUp {
    if seen.stopped() || seen.task.desired_status == LastStatus::Stopped {
        return GivenUp::Not;
    }
    if let Some(stop) = recorded {
        return GivenUp::Now(stop);
    }
    let Some(stop) = seen.failing.clone() else { return GivenUp::Not };
    let since = pod.status.as_ref().and_then(|s| s.start_time.as_ref()).or(pod.metadata.creation_timestamp.as_ref());
    let patience = SignedDuration::from_secs(i64::from(context.config.failing_tasks.launch_seconds));
    let until = since.and_then(|since| since.0.checked_add(patience).ok()).unwrap_or(now);
    if until <= now { GivenUp::Now(stop) } else { GivenUp::At(until) }
}

/// Whether the node is spot capacity, by the labels of those who provide it
fn on_spot(pod: &Pod, context: &Context) -> bool {
    let name = pod.spec.as_ref().and_then(|s| s.node_name.as_deref());
    let labels = ["karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType"];
    let spot = |node: &Node| {
        let mut kinds = labels.iter().filter_map(|label| node.labels.get(*label));
        kinds.any(|kind| kind.eq_ignore_ascii_case("spot"))
    };
    name.is_some_and(|name| context.nodes.iter().any(|node| node.name == name && spot(node)))
}

/// Whether a pod goes on until somebody stops it, and nobody has told it to. One whose containers have all ended is about to
/// end by itself, and then stays with its logs
pub(crate) fn goes_on(pod: &Pod) -> bool {
    let status = pod.status.clone().unwrap_or_default();
    let has_ended = |c: &&ContainerStatus| c.state.as_ref().is_some_and(|state| state.terminated.is_some());
    let ended = status.container_statuses.iter().flatten().filter(has_ended).count();
    let all = pod.spec.as_ref().map_or(0, |spec| spec.containers.len());
    pod.metadata.deletion_timestamp.is_none()
        && !matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"))
        && ended < all
}

/// Stops the task of a pod whose end stands in the status
pub(crate) fn stop(pod: &Pod) -> Step {
    Step::Replace(Existing::of(ChildKind::Pod, &pod.metadata))
}

/// Whether the essential container of a task ended with 0
pub(crate) fn succeeded(stop_code: Option<StopCode>, exit_code: Option<i32>) -> bool {
    stop_code == Some(StopCode::EssentialContainerExited) && exit_code == Some(0)
}
