//! `check` of a RegisterTaskDefinition document: spec → [`Task`].
//!
//! *Guarantees*: every member of the document is taken apart by name, here or in the module of its subject; a member that
//! AWS adds is a compile error there until it is placed. What consent (`accept`) lets through is left out of the model.
//!
//! *Not here*: whether a key or an enum value exists (the vocabulary's check), members whose translation is still to come
//! (the support table reports them), and everything that needs the service or schedule around the task.

mod container;
mod depends;
mod fargate;
mod file_systems;
mod health;
mod identity;
mod logging;
mod network;
mod platform;
mod ports;
mod process;
mod report;
mod resources;
mod secrets;
mod security;
mod storage;
mod volumes;
mod windows;

use std::collections::BTreeSet;

use ecs_crds::TaskDefinitionSpec;
use ecs_crds::ecs::ContainerDefinition;
use ecs_crds::status::Class;

use crate::check::{Checked, placement};
use crate::config::Context;
use crate::findings::Path;
use crate::model::task::Task;

pub(crate) use fargate::smallest_size;
pub(crate) use platform::{operating_systems, windows_build};
use report::Report;

/// Checks a task definition; `accept` names the Block codes that the user lives with
#[must_use]
pub fn check(
    spec: &TaskDefinitionSpec,
    metadata_name: &str,
    accept: &BTreeSet<String>,
    context: &Context,
) -> Checked<Task> {
    let mut report = Report::default();
    let task = task(spec, metadata_name, context, &mut report);
    let findings = report.0.accepting(accept);
    Checked { model: (!findings.blocked()).then_some(task), findings }
}

/// The task that the document describes; what a Block stands on is left out
fn task(spec: &TaskDefinitionSpec, metadata_name: &str, context: &Context, report: &mut Report) -> Task {
    #[rustfmt::skip] // one name a line would hide what follows
    let TaskDefinitionSpec {
        family, task_role_arn, network_mode, container_definitions, volumes, requires_compatibilities, cpu, memory, tags,
        execution_role_arn, pid_mode, ipc_mode, ephemeral_storage, placement_constraints, runtime_platform,
        trusted_execution_configuration,
        // The support table reports these while their translation is to come
        proxy_configuration: _, inference_accelerators: _, enable_fault_injection: _,
        // The vocabulary's check judges these
        unknown: _,
    } = spec;
    let root = Path::root();
    let definitions = container_definitions.as_deref().unwrap_or_default();
    let compatibilities = platform::compatibilities(requires_compatibilities.as_ref(), report);
    let platform = platform::platform(runtime_platform.as_ref(), &compatibilities, report);
    let mode = platform::network_mode(network_mode.as_ref(), definitions, &context.grants, report);
    let size = resources::size(cpu.as_ref(), memory.as_ref(), platform.os, report);
    fargate::check(spec, &compatibilities, size, platform.os, report);
    windows::check(spec, platform.os, report);
    let process_namespace = platform::pid(pid_mode.as_ref(), &context.grants, report);
    let classes = &context.config.runtime_classes;
    let runtime_class = platform::isolation(trusted_execution_configuration.as_ref(), classes, report);
    let host = platform::Host {
        network: mode == platform::NetworkMode::Host,
        processes: process_namespace == Some(platform::Namespace::Host),
        ipc: platform::ipc(ipc_mode.as_ref(), &context.grants, report),
    };

    let surroundings = container::Surroundings { os: platform.os, mode, host, alone: definitions.len() == 1, context };
    let mut storage = storage::storage(volumes.as_ref(), definitions, surroundings, report);
    let containers: Vec<_> = each_container(definitions)
        .map(|(path, definition)| {
            let mounts = storage.mounts.pop_front().unwrap_or_default();
            container::container(&path, definition, mounts, surroundings, report)
        })
        .collect();
    container::check_together(definitions, &containers, report);
    let mut containers = ports::declared(definitions, containers, mode, &context.grants, report);
    resources::check(&containers, size, memory.is_some(), report);
    secrets::fill(definitions, &mut containers, context, report);
    let log_router = logging::fill(definitions, &mut containers, context, report);
    Task {
        family: identity::family(family.as_ref(), metadata_name, report),
        dependencies: depends::dependencies(definitions, &containers, report),
        volumes: storage.volumes,
        size,
        shares_processes: process_namespace == Some(platform::Namespace::Task) && !platform.os.is_windows(),
        host,
        network: network::network(definitions, mode, report),
        ephemeral_storage: storage::ephemeral(ephemeral_storage.as_ref(), report),
        role: identity::role(&root.key("taskRoleArn"), task_role_arn.as_ref(), context, report),
        execution_role: execution_role_arn.clone().filter(|role| !role.is_empty()),
        log_router,
        runtime_class,
        tags: identity::tags(&root.key("tags"), tags.as_ref(), report),
        constraints: placement::task_definition(placement_constraints.as_ref(), context, &mut report.0),
        compatibilities,
        platform,
        containers,
    }
}

/// The container definitions with their paths
fn each_container(definitions: &[ContainerDefinition]) -> impl Iterator<Item = (Path, &ContainerDefinition)> {
    let list = Path::root().key("containerDefinitions");
    definitions.iter().enumerate().map(move |(index, definition)| (list.index(index), definition))
}

/// What differs because the containers of a pod share what ECS gives each of them
const SHARED: Class = Class::Approximate;

#[cfg(test)]
mod tests;
