//! R-ORDER: which containers start first, as init containers, sidecars and containers of a pod.
//!
//! *Guarantees*: every edge is kept by the order, or a finding says that it is not; at least one container is a main one.

use std::collections::BTreeSet;

use ecs_crds::status::Class;

use super::{Setting, all_containers};
use crate::findings::Findings;
use crate::model::task::{Condition, Dependency, Task};

/// A container's part in the pod
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Runs to completion: a plain init container
    Task,
    /// Starts before the main containers and keeps running: an init container that always restarts
    Sidecar,
    /// What the pod is for: a container
    Main,
    /// Starts after the main containers: a container behind them
    Trailer,
}

/// The order of a pod's containers, by their index in the definition
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) init: Vec<usize>,
    pub(super) regular: Vec<usize>,
    kinds: Vec<Kind>,
}

impl Order {
    /// The part of a container
    pub(super) fn kind(&self, index: usize) -> Kind {
        self.kinds.get(index).copied().unwrap_or(Kind::Main)
    }

    /// How many containers keep running
    pub(super) fn running(&self) -> usize {
        self.kinds.iter().filter(|kind| **kind != Kind::Task).count()
    }

    /// Whether the kubelet waits for the other end of an edge
    fn keeps(&self, edge: &Dependency) -> bool {
        let place =
            |index: usize| (self.init.iter().position(|i| *i == index), self.regular.iter().position(|i| *i == index));
        match (place(edge.from), place(edge.to)) {
            ((Some(from), _), (Some(to), _)) => to < from,
            ((None, Some(_)), (Some(_), _)) => true,
            // The kubelet starts containers in the order of the list, without waiting for health
            ((None, Some(from)), (None, Some(to))) => to < from && edge.condition == Condition::Start,
            _ => false,
        }
    }
}

/// The order, with what is not as on ECS
pub(super) fn order(task: &Task, setting: Setting, findings: &mut Findings) -> Order {
    let essential: Vec<bool> = task.containers.iter().map(|c| c.essential).collect();
    let order = arrange(&essential, &task.dependencies, setting.is_job());
    for edge in task.dependencies.iter().filter(|edge| !order.keeps(edge)) {
        let message = "the pod cannot start these two in this order; the container may start before the other is ready";
        findings.warn(&edge.path, Class::Approximate, "DependencyOrderRelaxed", message);
    }
    restarting(task, &order, findings);
    waiting_longer(task, &order, findings);
    if serialised(&order, task) {
        let message = "containers that ECS would start at the same time start one after the other";
        findings.info(&all_containers(), Class::Approximate, "InitPhaseSerialised", message);
    }
    order
}

/// R-ORDER 2 to 5
pub(super) fn arrange(essential: &[bool], edges: &[Dependency], job: bool) -> Order {
    let is_essential = |index: usize| essential.get(index).copied().unwrap_or_default();
    let hard = |edge: &&Dependency| is_essential(edge.from) || !is_essential(edge.to);
    let hard_target = |index: usize| edges.iter().filter(hard).any(|edge| edge.to == index);
    let ends = |index: usize| {
        edges.iter().any(|e| e.to == index && matches!(e.condition, Condition::Complete | Condition::Success))
    };
    let mut kinds: Vec<Kind> = (0..essential.len())
        .map(|index| {
            if ends(index) {
                Kind::Task
            } else if hard_target(index) || !is_essential(index) {
                Kind::Sidecar
            } else {
                Kind::Main
            }
        })
        .collect();
    let main = |kinds: &[Kind], index: usize| kinds.get(index) == Some(&Kind::Main);
    // A job ends when its containers do, so one that only watches must not be among them
    if !job {
        let trailers: Vec<usize> = (0..essential.len())
            .filter(|i| kinds.get(*i) == Some(&Kind::Sidecar) && !is_essential(*i) && !hard_target(*i))
            .filter(|i| edges.iter().any(|e| e.from == *i && main(&kinds, e.to)))
            .collect();
        for index in trailers {
            if let Some(kind) = kinds.get_mut(index) {
                *kind = Kind::Trailer;
            }
        }
    }
    let of = |wanted: Kind| kinds.iter().enumerate().filter(move |(_, kind)| **kind == wanted).map(|(index, _)| index);
    // No edge joins two trailers: its target would be the target of a hard edge
    let regular = of(Kind::Main).chain(of(Kind::Trailer)).collect();
    let waiting: BTreeSet<usize> = of(Kind::Task).chain(of(Kind::Sidecar)).collect();
    Order { init: sorted(waiting, edges, &kinds), regular, kinds }
}

/// Kahn's algorithm: of those that wait for nobody, sidecars first, then the order of definition
fn sorted(mut waiting: BTreeSet<usize>, edges: &[Dependency], kinds: &[Kind]) -> Vec<usize> {
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = |index: &usize| !edges.iter().any(|edge| edge.from == *index && waiting.contains(&edge.to));
        let next = waiting.iter().copied().filter(free).min_by_key(|i| (kinds.get(*i) != Some(&Kind::Sidecar), *i));
        // The check let no cycle through; without a free one the order of definition is as good as any
        let Some(next) = next.or_else(|| waiting.first().copied()) else { break };
        waiting.remove(&next);
        sorted.push(next);
    }
    sorted
}

/// Non-essential containers, which stay stopped on ECS
fn restarting(task: &Task, order: &Order, findings: &mut Findings) {
    for (index, container) in task.containers.iter().enumerate() {
        let stays = !container.essential && order.kind(index) != Kind::Task;
        if stays && container.restart.is_none() {
            let message =
                "this container is started again when it exits; on ECS it would stay stopped, as it is not essential";
            findings.info(&container.path.key("essential"), Class::Approximate, "NonEssentialRestarts", message);
        }
    }
}

/// Containers that wait for a start and get to wait for more
fn waiting_longer(task: &Task, order: &Order, findings: &mut Findings) {
    for edge in task.dependencies.iter().filter(|edge| edge.condition == Condition::Start && order.keeps(edge)) {
        let (what, longer) = match order.kind(edge.to) {
            Kind::Sidecar => ("is healthy", waits_for_health(task, order, edge.to)),
            Kind::Task => ("has exited with 0", true),
            Kind::Main | Kind::Trailer => ("", false),
        };
        if longer {
            let message = format!("this container starts when the other {what}, as another one waits for that");
            findings.info(&edge.path, Class::Approximate, "StartWaitsLonger", message);
        }
    }
}

/// Whether a container starts only when this one is healthy
pub(super) fn waits_for_health(task: &Task, order: &Order, index: usize) -> bool {
    order.kind(index) == Kind::Sidecar
        && task.dependencies.iter().any(|e| e.to == index && e.condition == Condition::Healthy && order.keeps(e))
}

/// Whether two neighbours of the init phase wait for each other only because it is a list
fn serialised(order: &Order, task: &Task) -> bool {
    order.init.windows(2).any(|pair| {
        let &[first, second] = pair else { return false };
        let slow = order.kind(first) == Kind::Task || waits_for_health(task, order, first);
        slow && !task.dependencies.iter().any(|edge| edge.from == second && edge.to == first)
    })
}
