//! R-RES: requests and limits of the pod and its containers.
//!
//! *Not here*: whether the sizes fit together (`check`). Where a misfit was accepted, the task's size is left out: the API
//! server takes no pod that is smaller than its containers.

use std::collections::BTreeMap;

use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::order::{Kind, Order};
use crate::config::Capabilities;
use crate::findings::{Findings, Path};
use crate::model::task::{Container, Resources, Size, Task};
use crate::values::cpu::{CpuUnits, cpu_quantity};
use crate::values::memory::Mebibytes;

/// What one container asks for
#[derive(Clone, Copy, Debug, Default)]
struct Ask {
    cpu: Option<CpuUnits>,
    cpu_limit: Option<CpuUnits>,
    memory: Option<Mebibytes>,
    memory_limit: Option<Mebibytes>,
}

/// The pod's own requests and limits: its cgroup is the task's on ECS
pub(super) fn pod(task: &Task, capabilities: Capabilities) -> Option<ResourceRequirements> {
    let Size { cpu, memory } = of_task(task);
    let cpu = cpu.map(|cpu| ("cpu".to_owned(), cpu_quantity(cpu.millis())));
    let memory = memory.map(|memory| ("memory".to_owned(), memory.quantity()));
    let sizes: BTreeMap<String, Quantity> = cpu.into_iter().chain(memory).collect();
    let stated = capabilities.pod_resources && !sizes.is_empty();
    stated.then(|| ResourceRequirements { limits: Some(sizes.clone()), requests: Some(sizes), claims: None })
}

/// The task's size where it counts: on Linux, and where the containers fit in
fn of_task(task: &Task) -> Size {
    if task.platform.os.is_windows() {
        return Size::default();
    }
    let wanted: u64 = task.containers.iter().filter_map(|c| c.resources.cpu).map(|cpu| u64::from(cpu.get())).sum();
    let reserved: u64 = task.containers.iter().filter_map(reserved).map(|memory| u64::from(memory.get())).sum();
    Size {
        cpu: task.size.cpu.filter(|cpu| wanted <= u64::from(cpu.get())),
        memory: task.size.memory.filter(|memory| {
            reserved <= u64::from(memory.get()) && task.containers.iter().all(|c| c.resources.memory <= Some(*memory))
        }),
    }
}

/// What a container takes of its task's memory
fn reserved(container: &Container) -> Option<Mebibytes> {
    container.resources.memory.or(container.resources.reservation)
}

/// Requests and limits by container
pub(super) fn containers(
    task: &Task,
    order: &Order,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> BTreeMap<usize, ResourceRequirements> {
    let windows = task.platform.os.is_windows();
    let mut asks: Vec<Ask> = task.containers.iter().map(|container| own(container, windows)).collect();
    let size = of_task(task);
    if !capabilities.pod_resources && size != Size::default() {
        let message = "the task's size is spread over the containers, as this cluster has none for pods: each is bounded by \
                       it, their sum is not";
        let member = if size.cpu.is_some() { "cpu" } else { "memory" };
        findings.info(&Path::root().key(member), Class::Approximate, "TaskSizeDistributed", message);
        distribute_cpu(task, order, size, &mut asks);
        distribute_memory(task, order, size, &mut asks, findings);
    }
    let mut millis: Vec<u32> = asks.iter().map(|ask| ask.cpu.map_or(0, CpuUnits::millis)).collect();
    if let Some(cpu) = size.cpu.filter(|_| capabilities.pod_resources) {
        fit(&mut millis, cpu.millis());
    }
    let main = task.containers.iter().position(|c| c.essential);
    let stated = task.containers.iter().zip(asks).zip(millis).enumerate().map(|(index, ((container, ask), millis))| {
        let storage = task.ephemeral_storage.filter(|_| main == Some(index));
        (index, requirements(&container.resources, ask, millis, storage))
    });
    stated.filter_map(|(index, requirements)| Some((index, requirements?))).collect()
}

/// R-RES 1
fn own(container: &Container, windows: bool) -> Ask {
    let Resources { cpu, memory, reservation, devices: _, plugged: _ } = &container.resources;
    Ask {
        cpu: *cpu,
        // On Windows ECS's CPU is a quota, on Linux shares only
        cpu_limit: cpu.filter(|_| windows),
        memory: reservation.or(*memory),
        memory_limit: *memory,
    }
}

/// The containers that run together, in definition order, the main one first
fn sharing(task: &Task, order: &Order) -> Vec<usize> {
    let main = task.containers.iter().position(|c| c.essential);
    let others = (0..task.containers.len()).filter(|index| Some(*index) != main && order.kind(*index) != Kind::Task);
    main.into_iter().chain(others).collect()
}

/// R-RES 4 for CPU: what is left goes to the main container
fn distribute_cpu(task: &Task, order: &Order, size: Size, asks: &mut [Ask]) {
    let Some(total) = size.cpu else { return };
    let sharing = sharing(task, order);
    let used: u32 = sharing.iter().filter_map(|index| asks.get(*index)?.cpu).map(CpuUnits::get).sum();
    let mut left = total.get().saturating_sub(used);
    for index in sharing {
        let Some(ask) = asks.get_mut(index) else { continue };
        ask.cpu = CpuUnits::new(i64::from(ask.cpu.map_or(0, CpuUnits::get) + left));
        ask.cpu_limit = Some(total);
        left = 0;
    }
}

/// R-RES 4 for memory: what is left goes to the main container, then to those without a limit of their own
fn distribute_memory(task: &Task, order: &Order, size: Size, asks: &mut [Ask], findings: &mut Findings) {
    let Some(total) = size.memory else { return };
    let sharing = sharing(task, order);
    let used: u32 = sharing.iter().filter_map(|index| asks.get(*index)?.memory).map(Mebibytes::get).sum();
    let mut left = total.get().saturating_sub(used);
    for (nth, index) in sharing.into_iter().enumerate() {
        let Some(ask) = asks.get_mut(index) else { continue };
        let limited = ask.memory_limit.is_some();
        let limit = *ask.memory_limit.get_or_insert(total);
        let now = ask.memory.map_or(0, Mebibytes::get);
        if nth == 0 || !limited {
            let more = left.min(limit.get().saturating_sub(now));
            ask.memory = Mebibytes::new(i64::from(now + more));
            left -= more;
        }
    }
    if left > 0 {
        let message =
            format!("{left} MiB of the task are not reserved: every container has a limit that leaves no room");
        findings.info(&Path::root().key("memory"), Class::Approximate, "TaskMemoryNotFullyReserved", message);
    }
}

/// Takes what rounding added too much from the largest: a pod must not be smaller than its containers together
fn fit(millis: &mut [u32], total: u32) {
    let sum: u32 = millis.iter().sum();
    for _ in total..sum {
        let largest =
            millis.iter().enumerate().max_by_key(|(index, n)| (**n, std::cmp::Reverse(*index))).map(|(i, _)| i);
        let Some(n) = largest.and_then(|index| millis.get_mut(index)).filter(|n| **n > 1) else { return };
        *n -= 1;
    }
}

fn requirements(
    resources: &Resources,
    ask: Ask,
    millis: u32,
    storage: Option<Mebibytes>,
) -> Option<ResourceRequirements> {
    let Ask { cpu, cpu_limit, memory, memory_limit } = ask;
    let map = |entries: [(&str, Option<Quantity>); 4]| -> Option<BTreeMap<String, Quantity>> {
        let map: BTreeMap<_, _> = entries.into_iter().filter_map(|(key, q)| Some((key.to_owned(), q?))).collect();
        (!map.is_empty()).then_some(map)
    };
    let storage = storage.map(Mebibytes::quantity);
    let device = resources.devices.map_or(("", None), |(name, number)| (name, Some(Quantity(number.to_string()))));
    let requests = map([
        ("cpu", cpu.map(|_| cpu_quantity(millis))),
        ("memory", memory.map(Mebibytes::quantity)),
        ("ephemeral-storage", storage.clone()),
        ("", None),
    ]);
    let mut limits = map([
        ("cpu", cpu_limit.map(|cpu| cpu_quantity(cpu.millis()))),
        ("memory", memory_limit.map(Mebibytes::quantity)),
        ("ephemeral-storage", storage),
        device,
    ]);
    for (name, number) in &resources.plugged {
        limits.get_or_insert_default().insert(name.clone(), Quantity(number.to_string()));
    }
    (requests.is_some() || limits.is_some()).then_some(ResourceRequirements { claims: None, limits, requests })
}

/// The CPU of a container that rounding loses
pub(super) fn rounded(container: &Container) -> Option<CpuUnits> {
    container.resources.cpu.filter(|cpu| !cpu.survives_rounding())
}
