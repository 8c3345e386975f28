//! R-RES 3a: what every container must reserve for its use to be measured against it.
//!
//! The HorizontalPodAutoscaler adds up the requests of containers and fails where one has none. So each gets the least, and
//! the main one what the task reserves beyond that: together they reserve what the task does.

use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::model::scaling::Resource;
use crate::values::cpu::cpu_quantity;
use crate::values::quantity::{mebibytes, millis};

/// Gives every container that goes on running a request of this resource; `main` is the main one's name
pub(in crate::translate) fn request(spec: &mut PodSpec, main: Option<&str>, resource: Resource) {
    let name = resource.name();
    let whole = spec.resources.as_ref().and_then(|r| number(resource, r.requests.as_ref()?.get(name)?));
    let helpers = spec.init_containers.iter_mut().flatten().filter(|c| c.restart_policy.as_deref() == Some("Always"));
    let mut containers: Vec<&mut Container> = helpers.chain(&mut spec.containers).collect();
    let mut sum = 0;
    for container in &mut containers {
        let requests = container.resources.get_or_insert_default().requests.get_or_insert_default();
        let there = requests.entry(name.to_owned()).or_insert_with(|| quantity(resource, 1));
        sum += number(resource, there).unwrap_or(0);
    }
    let main = containers.into_iter().find(|c| Some(c.name.as_str()) == main);
    let Some((whole, resources)) = whole.zip(main.and_then(|c| c.resources.as_mut())) else { return };
    let limit = resources.limits.as_ref().and_then(|limits| number(resource, limits.get(name)?)).unwrap_or(u32::MAX);
    if let Some(request) = resources.requests.as_mut().and_then(|requests| requests.get_mut(name)) {
        let others = sum - number(resource, request).unwrap_or(0);
        *request = quantity(resource, whole.saturating_sub(others).clamp(1, limit.max(1)));
    }
}

/// In thousandths of a CPU, or MiB
fn number(resource: Resource, quantity: &Quantity) -> Option<u32> {
    match resource {
        Resource::Cpu => millis(quantity),
        Resource::Memory => mebibytes(quantity),
    }
}

fn quantity(resource: Resource, number: u32) -> Quantity {
    match resource {
        Resource::Cpu => cpu_quantity(number),
        Resource::Memory => Quantity(format!("{number}Mi")),
    }
}
