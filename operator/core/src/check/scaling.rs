//! `autoScaling` → [`Scaling`]: Application Auto Scaling of a service (mapping specification, 12B).
//!
//! *Not here*: unknown keys, lists of values and what is required; the vocabulary check judges those. The bounds that hold
//! now are `plan::scaling`'s.

mod actions;
mod policies;

use ecs_crds::ecs::{AutoScaling, SuspendedState};
use ecs_crds::status::Class;

use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::scaling::{Bounds, Resource, Scaling, Suspended};
use crate::model::service::Service;
use crate::model::task::Task;

/// Checks `autoScaling` of the service that has this ECS name
pub(super) fn scaling(
    given: Option<&AutoScaling>,
    ecs_name: &str,
    context: &Context,
    findings: &mut Findings,
) -> Option<Scaling> {
    let AutoScaling {
        service_namespace,
        resource_id,
        scalable_dimension,
        min_capacity,
        max_capacity,
        // No role is needed to scale here, and tags of a scalable target have no place
        role_arn: _,
        tags: _,
        suspended_state,
        policies,
        scheduled_actions,
        unknown: _,
    } = given?;
    let path = Path::root().key("autoScaling");
    let of_another = |id: &str| {
        let mut parts = id.split('/');
        parts.next() != Some("service") || parts.next_back() != Some(ecs_name)
    };
    for (member, is_another) in [
        ("serviceNamespace", service_namespace.as_deref().is_some_and(|namespace| namespace != "ecs")),
        ("resourceId", resource_id.as_deref().is_some_and(of_another)),
        ("scalableDimension", scalable_dimension.as_deref().is_some_and(|d| d != "ecs:service:DesiredCount")),
    ] {
        if is_another {
            let message = "it names something else than the count of this service; leave it out";
            findings.block(&path.key(member), Class::Unsupported, "InvalidValue", message);
        }
    }
    let suspended = suspended(suspended_state.as_ref());
    Some(Scaling {
        bounds: bounds(*min_capacity, *max_capacity, &path, findings)?,
        suspended,
        tracking: policies::policies(policies.as_deref().unwrap_or_default(), &path.key("policies"), context, findings),
        actions: actions::actions(
            scheduled_actions.as_deref().unwrap_or_default(),
            &path.key("scheduledActions"),
            findings,
        ),
    })
}

fn suspended(given: Option<&SuspendedState>) -> Suspended {
    let Some(SuspendedState {
        dynamic_scaling_in_suspended,
        dynamic_scaling_out_suspended,
        scheduled_scaling_suspended,
        unknown: _,
    }) = given
    else {
        return Suspended::default();
    };
    Suspended {
        scale_in: *dynamic_scaling_in_suspended == Some(true),
        scale_out: *dynamic_scaling_out_suspended == Some(true),
        scheduled: *scheduled_scaling_suspended == Some(true),
    }
}

fn bounds(min: Option<i64>, max: Option<i64>, path: &Path, findings: &mut Findings) -> Option<Bounds> {
    let mut required = |member: &str, given: Option<i64>| {
        if given.is_none() {
            let message = format!("`{member}` is required where a service is scaled; add it");
            findings.block(&path.key(member), Class::Exact, "RequiredField", message);
        }
        given
    };
    let (min, max) = (required("minCapacity", min), required("maxCapacity", max));
    let (min, max) = (min?, max?);
    let bounds = capacity(min).zip(capacity(max)).filter(|(min, max)| min <= max);
    if bounds.is_none() {
        let message = format!("from {min} to {max} tasks is no range; both are at least 0, and maxCapacity the larger");
        findings.block(&path.key("maxCapacity"), Class::Exact, "InvalidValue", message);
    }
    bounds.map(|(min, max)| Bounds { min, max })
}

/// A number of tasks
fn capacity(number: i64) -> Option<i32> {
    i32::try_from(number).ok().filter(|number| *number >= 0)
}

/// R-RES 3a: what is measured against a reservation needs one
pub(crate) fn reserved(service: &Service, task: &Task, findings: &mut Findings) {
    for (resource, path) in service.scaling.iter().flat_map(Scaling::resources) {
        let (there, code) = match resource {
            Resource::Cpu => {
                let own = task.containers.iter().any(|c| c.resources.cpu.is_some());
                (own || task.size.cpu.is_some(), "CpuRequestMissing")
            }
            Resource::Memory => {
                let own = |c: &crate::model::task::Container| c.resources.memory.or(c.resources.reservation).is_some();
                (task.containers.iter().any(own) || task.size.memory.is_some(), "MemoryRequestMissing")
            }
        };
        if !there {
            let name = resource.name();
            let message = format!(
                "the policy keeps the use of {name} at a part of what the tasks reserve, and they reserve none; give the \
                 task definition or a container of it `{name}`"
            );
            findings.block(path, Class::Unsupported, code, message);
        }
    }
}

#[cfg(test)]
mod tests;
