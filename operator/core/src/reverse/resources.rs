//! Requests and limits → units, MiB and sizes of tasks.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::{Value, json};

use super::{Members, Profile, Report};
use crate::check::task::smallest_size;
use crate::findings::Path;
use crate::values::cpu::CpuUnits;
use crate::values::quantity::{mebibytes, millis};

/// The extended resource of NVIDIA's device plugin
const GPU: &str = "nvidia.com/gpu";

/// Writes what a container asks for and may have
pub(super) fn container(given: Option<&ResourceRequirements>, path: &Path, to: &mut Members, report: &mut Report<'_>) {
    let Some(ResourceRequirements { claims, limits, requests }) = given else { return };
    let path = path.key("resources");
    report.lost_each(&path, "LossResource", &[("claims", super::some(claims))]);
    let (limits, requests) = (limits.clone().unwrap_or_default(), requests.clone().unwrap_or_default());
    for (name, parent, there) in [("limits", &limits, &requests), ("requests", &requests, &limits)]
        .into_iter()
        .flat_map(|(parent, these, others)| these.keys().map(move |name| (name, parent, others)))
    {
        let known = matches!(name.as_str(), "cpu" | "memory" | GPU);
        let again = parent == "requests" && there.contains_key(name);
        let message = format!("ECS reserves no `{name}`; it is left out");
        report.lost(!known && !again, &path.key(parent).key(name), "LossResource", &message);
    }
    let units = millis_of(&requests).or_else(|| millis_of(&limits)).and_then(CpuUnits::from_millis);
    to.put("cpu", units.map(|units| json!(units.get())).unwrap_or_default());
    let hard = report.profile == Profile::Ec2 && limits.contains_key("cpu");
    report.lost(
        hard,
        &path.key("limits").key("cpu"),
        "LossCpuLimit",
        "ECS limits the CPU of whole tasks only; a container shares what is free",
    );
    match (mib_of(&limits), mib_of(&requests)) {
        (Some(limit), request) => {
            to.put("memory", limit);
            to.put("memoryReservation", request.filter(|r| *r < limit).map(Value::from).unwrap_or_default());
        }
        (None, request) => to.put("memoryReservation", request.map(Value::from).unwrap_or_default()),
    }
    let gpus = limits.get(GPU).or_else(|| requests.get(GPU));
    if report.only_on_instances(gpus.is_some(), &path.key("limits").key(GPU), "GPUs") {
        let gpus = gpus.map(|q| q.0.clone()).unwrap_or_default();
        to.put("resourceRequirements", json!([{"type": "GPU", "value": gpus}]));
    }
}

/// Writes the size of a task: on Fargate the smallest that is offered and holds what its containers may have; on instances
/// only what the pod itself says
pub(super) fn task(pod: &PodSpec, path: &Path, to: &mut Members, report: &mut Report<'_>) {
    let whole = pod.resources.as_ref().map(Wanted::of);
    let size = match (report.profile, whole) {
        (Profile::Ec2, None) => return,
        (Profile::Ec2, Some(wanted)) => {
            to.put(
                "cpu",
                CpuUnits::from_millis(wanted.millis).map(|u| u.get().to_string()).map(Value::from).unwrap_or_default(),
            );
            to.put(
                "memory",
                Some(wanted.mib).filter(|m| *m > 0).map(|m| m.to_string()).map(Value::from).unwrap_or_default(),
            );
            return;
        }
        (Profile::Fargate, whole) => whole.unwrap_or_else(|| Wanted::of_containers(pod)),
    };
    let units = CpuUnits::from_millis(size.millis).map_or(0, CpuUnits::get);
    match smallest_size(units, size.mib) {
        Some((cpu, memory)) => {
            to.put("cpu", cpu.to_string());
            to.put("memory", memory.to_string());
        }
        None => report.refused(
            true,
            &path.key("containers"),
            "LossSize",
            "Fargate has no size that holds this pod; make it smaller, or choose the profile EC2",
        ),
    }
}

/// What is wanted of a machine
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    millis: u32,
    mib: u32,
}

impl Wanted {
    fn of(given: &ResourceRequirements) -> Self {
        let of = |read: fn(&BTreeMap<String, Quantity>) -> Option<u32>| {
            given.limits.as_ref().and_then(read).or_else(|| given.requests.as_ref().and_then(read)).unwrap_or(0)
        };
        Self { millis: of(millis_of), mib: of(mib_of) }
    }

    /// Of everything that runs side by side, or of the largest that runs before
    fn of_containers(pod: &PodSpec) -> Self {
        let wanted = |c: &k8s_openapi::api::core::v1::Container| c.resources.as_ref().map(Self::of).unwrap_or_default();
        let init = pod.init_containers.as_deref().unwrap_or_default();
        let (sidecars, before): (Vec<_>, Vec<_>) =
            init.iter().partition(|c| c.restart_policy.as_deref() == Some("Always"));
        let beside = pod.containers.iter().chain(sidecars).map(wanted);
        let beside = beside.fold(Self::default(), |a, b| Self {
            millis: a.millis.saturating_add(b.millis),
            mib: a.mib.saturating_add(b.mib),
        });
        before
            .into_iter()
            .map(wanted)
            .fold(beside, |a, b| Self { millis: a.millis.max(b.millis), mib: a.mib.max(b.mib) })
    }
}

fn millis_of(list: &BTreeMap<String, Quantity>) -> Option<u32> {
    list.get("cpu").and_then(millis)
}

fn mib_of(list: &BTreeMap<String, Quantity>) -> Option<u32> {
    list.get("memory").and_then(mebibytes)
}
