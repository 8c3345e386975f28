//! Sizes of the task and its containers, and whether they fit together (R-RES 2), and GPUs (R-GPU).
//!
//! *Not here*: requests and limits (`translate`), Fargate's table (`fargate`).

use std::collections::BTreeMap;

use ecs_crds::ecs::{NvidiaMpsAllocation, ResourceRequirement, SharingStrategy, TaskSize};
use ecs_crds::status::Class;

use super::report::{Report, said};
use crate::config::DevicesPerNode;
use crate::findings::Path;
use crate::model::task::{Container, Os, Resources, Size, Variable};
use crate::values::cpu::CpuUnits;
use crate::values::memory::Mebibytes;
use crate::values::task_size::{task_cpu, task_memory};

/// Docker takes no less, and raises what is smaller
const MEMORY_MIN: i64 = 6;

/// The extended resource of whole GPUs
const GPU: &str = "nvidia.com/gpu";
/// The extended resource of Neuron devices
const NEURON: &str = "aws.amazon.com/neuron";
/// The extended resource of GPUs that are shared by NVIDIA's Multi-Process Service
const SHARED_GPU: &str = "nvidia.com/gpu.shared";

/// `cpu` and `memory` of the task
pub(super) fn size(cpu: Option<&TaskSize>, memory: Option<&TaskSize>, os: Os, report: &mut Report) -> Size {
    let root = Path::root();
    let text = |size: Option<&TaskSize>| size.map(|size| size.text().into_owned()).filter(|text| !text.is_empty());
    let (cpu_text, memory_text) = (text(cpu), text(memory));
    let size =
        Size { cpu: cpu_text.as_deref().and_then(task_cpu), memory: memory_text.as_deref().and_then(task_memory) };
    if let Some(text) = cpu_text.filter(|_| size.cpu.is_none()) {
        let message = format!("`{text}` is no task CPU; write units (1024 are one vCPU) or, for example, `0.5 vCPU`");
        report.invalid(&root.key("cpu"), message);
    }
    if let Some(text) = memory_text.filter(|_| size.memory.is_none()) {
        let message = format!("`{text}` is no task memory; write MiB or, for example, `2GB`");
        report.invalid(&root.key("memory"), message);
    }
    if os.is_windows() {
        for (member, _) in [("cpu", size.cpu.is_some()), ("memory", size.memory.is_some())].iter().filter(|(_, is)| *is)
        {
            let message = "Windows ignores the size of the task, here as on ECS; size the containers";
            report.info(&root.key(member), Class::Advisory, "TaskSizeIgnoredOnWindows", message);
        }
    }
    size
}

/// `cpu`, `memory` and `memoryReservation` of a container
pub(super) fn container(path: &Path, written: [Option<i64>; 3], report: &mut Report) -> Resources {
    let [cpu, memory, reservation] = written;
    let cpu = report.optional_within(&path.key("cpu"), cpu, 0..=i64::from(CpuUnits::MAX));
    let mut mib = |member: &str, value: Option<i64>| {
        report.optional_within(&path.key(member), value.filter(|mib| *mib != 0), 1..=i64::from(i32::MAX))
    };
    let (memory, reservation) = (mib("memory", memory), mib("memoryReservation", reservation));
    if let Some(small) = memory.filter(|mib| *mib < MEMORY_MIN) {
        let message = format!("{small} MiB are too few to start a container; it gets {MEMORY_MIN}, as on ECS");
        report.warn(&path.key("memory"), Class::Approximate, "MemoryRaised", message);
    }
    let memory = memory.map(|mib| mib.max(MEMORY_MIN));
    let at = path.key("memoryReservation");
    let reservation = match (memory, reservation) {
        (Some(hard), Some(soft)) if hard < soft => {
            let message = format!("the reservation of {soft} MiB is above the limit of {hard} MiB; lower it");
            report.block(&at, "MemoryReservationExceedsMemory", message);
            Some(hard)
        }
        (Some(hard), Some(soft)) if hard == soft => {
            let message = "the reservation equals the limit, and ECS wants it lower; leave one of them out";
            report.warn(&at, Class::Approximate, "MemoryReservationEqualsMemory", message);
            Some(soft)
        }
        (_, soft) => soft,
    };
    Resources {
        cpu: cpu.and_then(CpuUnits::new),
        memory: memory.and_then(Mebibytes::new),
        reservation: reservation.and_then(Mebibytes::new),
        devices: None,
        plugged: BTreeMap::new(),
    }
}

/// Whether the containers have memory and fit into the task; `sized`: the task says its memory, if only in a wrong form
pub(super) fn check(containers: &[Container], size: Size, sized: bool, report: &mut Report) {
    let (mut cpu_sum, mut memory_sum) = (0_u64, 0_u64);
    for container in containers {
        let Resources { cpu, memory, reservation, devices: _, plugged: _ } = &container.resources;
        let at = container.path.key("memory");
        match (size.memory, memory.or(*reservation)) {
            (None, None) if !sized => {
                let message = "neither the container nor the task says how much memory it needs; set `memory`";
                report.block(&at, "MemoryRequired", message);
            }
            (Some(task), Some(_)) if memory.is_some_and(|memory| memory > task) => {
                let message = format!("the container may use more than the task's {} MiB; lower it", task.get());
                report.block(&at, "TaskMemoryExceeded", message);
            }
            _ => {}
        }
        cpu_sum += cpu.map_or(0, |cpu| u64::from(cpu.get()));
        memory_sum += memory.or(*reservation).map_or(0, |memory| u64::from(memory.get()));
    }
    if let Some(task) = size.cpu.filter(|task| cpu_sum > u64::from(task.get())) {
        let message =
            format!("the containers ask for {cpu_sum} CPU units, the task has {}; raise or lower", task.get());
        report.block(&Path::root().key("cpu"), "TaskCpuExceeded", message);
    }
    if let Some(task) = size.memory.filter(|task| memory_sum > u64::from(task.get())) {
        let message = format!("the containers ask for {memory_sum} MiB, the task has {}; raise or lower", task.get());
        report.block(&Path::root().key("memory"), "TaskMemoryExceeded", message);
    }
}

/// The kinds of device that ECS hands out
#[derive(Clone, Copy)]
enum Device {
    Gpu,
    Accelerator,
    Neuron,
}

/// One resource requirement: an extended resource and how many of it
pub(super) fn device(
    path: &Path,
    requirement: &ResourceRequirement,
    environment: &mut Vec<Variable>,
    per_node: &DevicesPerNode,
    report: &mut Report,
) -> Option<(&'static str, u32)> {
    let ResourceRequirement { value, r#type, sharing_strategy, unknown: _ } = requirement;
    let kinds = [("GPU", Device::Gpu), ("InferenceAccelerator", Device::Accelerator), ("NeuronDevice", Device::Neuron)];
    if r#type.is_none() {
        report.required(path, "type");
    }
    match report.choice(&path.key("type"), r#type.as_deref(), &kinds)? {
        Device::Accelerator => {
            let message = "Elastic Inference is no more, on AWS as here; the container runs without";
            report.warn(path, Class::Unsupported, "InferenceAcceleratorUnsupported", message);
            None
        }
        Device::Neuron => {
            if per_node.neuron.is_none() {
                let message = "how many Neuron devices a node has is not configured (`devicesPerNode.neuron`); accept to run \
                               without";
                report.block(path, "NeuronDeviceUnsupported", message);
            }
            per_node.neuron.map(|number| (NEURON, number))
        }
        Device::Gpu => match sharing_strategy {
            Some(SharingStrategy { nvidia_mps, unknown: _ }) => {
                shared(&path.key("sharingStrategy"), nvidia_mps.as_ref(), environment, report)
            }
            None => whole(&path.key("value"), said(value.as_ref()), per_node.gpu, report),
        },
    }
}

fn whole(path: &Path, value: Option<&str>, all: Option<u32>, report: &mut Report) -> Option<(&'static str, u32)> {
    if value.is_some_and(|value| value.eq_ignore_ascii_case("all")) {
        if all.is_none() {
            let message = "how many GPUs a node has is not configured (`devicesPerNode.gpu`); write the number";
            report.block(path, "GpuAllUnsupported", message);
        }
        return all.map(|number| (GPU, number));
    }
    let number = value.and_then(|value| value.parse().ok()).filter(|number| (1..=1024).contains(number));
    if number.is_none() {
        report.invalid(path, "this is no number of GPUs; write one of 1 to 1024");
    }
    number.map(|number| (GPU, number))
}

fn shared(
    path: &Path,
    mps: Option<&NvidiaMpsAllocation>,
    environment: &mut Vec<Variable>,
    report: &mut Report,
) -> Option<(&'static str, u32)> {
    let Some(NvidiaMpsAllocation { memory, max_compute_percent, unknown: _ }) = mps else {
        report.required(path, "nvidiaMps");
        return None;
    };
    let path = path.key("nvidiaMps");
    let Some(memory) = memory else {
        report.required(&path, "memory");
        return None;
    };
    let memory = report.within(&path.key("memory"), *memory, 1..=i64::from(i32::MAX));
    let percent = report.optional_within(&path.key("maxComputePercent"), *max_compute_percent, 1..=100);
    let message = "the scheduler counts shared GPUs, not their memory; see that the device plugin shares as you need";
    report.info(&path, Class::Approximate, "GpuMemoryNotScheduled", message);
    let mut set = |name: &str, value: String| {
        environment.retain(|variable| variable.name != name);
        environment.push(Variable { name: name.to_owned(), value });
    };
    set("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", format!("0={memory}M"));
    if let Some(percent) = percent {
        set("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", percent.to_string());
    }
    Some((SHARED_GPU, 1))
}
