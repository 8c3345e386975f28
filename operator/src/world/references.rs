//! Which family an object is of, or runs.

use ecs_core::values::revision_ref::RevisionRef;
use ecs_crds::{EcsService, ScheduledTask, TaskDefinition};

/// The family of a TaskDefinition
pub(crate) fn family_of(definition: &TaskDefinition) -> String {
    let family = definition.spec.family.clone().filter(|f| !f.is_empty());
    family.or(definition.metadata.name.clone()).unwrap_or_default()
}

/// The family that a reference names, where it is one
pub(super) fn referenced_family(reference: Option<&str>) -> Option<String> {
    reference?.parse::<RevisionRef>().ok().map(|r| r.family)
}

/// The family that a service runs
pub(super) fn service_family(service: &EcsService) -> Option<String> {
    referenced_family(service.spec.task_definition.as_deref())
}

/// The family that a schedule runs
pub(super) fn schedule_family(schedule: &ScheduledTask) -> Option<String> {
    referenced_family(schedule.spec.task.as_ref()?.task_definition.as_deref())
}
