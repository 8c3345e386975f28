//! One container definition → [`Container`], and what containers must be together.
//!
//! *Not here*: what spans the task (order, pod-wide network, volumes, uniqueness of ports): those modules read the same
//! definitions.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::ecs::{ContainerDefinition, ResourceRequirement, Ulimit};
use ecs_crds::status::Class;

use super::identity::{NAME_MAX, is_ecs_name};
use super::platform::{Host, NetworkMode};
use super::report::{Report, each, said};
use super::{health, process, resources, security};
use crate::config::Context;
use crate::findings::Path;
use crate::model::task::{Container, Mount, Os, Variable};
use crate::names::{LABEL_MAX, is_annotation_key, is_ours, k8s_name};

/// What a container's check knows of the task
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) os: Os,
    pub(super) mode: NetworkMode,
    pub(super) host: Host,
    /// Whether it is the only container
    pub(super) alone: bool,
    pub(super) context: &'a Context,
}

/// The container that the definition describes; its ports, secrets and logs are filled in when all are known
pub(super) fn container(
    path: &Path,
    definition: &ContainerDefinition,
    mounts: Vec<Mount>,
    around: Surroundings<'_>,
    report: &mut Report,
) -> Container {
    #[rustfmt::skip] // one name a line would hide what follows
    let ContainerDefinition {
        name, image, cpu, memory, memory_reservation, essential, restart_policy, entry_point, command, environment,
        start_timeout, stop_timeout, version_consistency, working_directory, interactive, pseudo_terminal,
        docker_labels, ulimits, health_check, system_controls, resource_requirements,
        // Who it is and what it may do: `security`
        linux_parameters: _, user: _, privileged: _, readonly_root_filesystem: _, docker_security_options: _,
        credential_specs: _,
        // What spans the task: `depends`, `network`, `platform`, `ports`, `storage`
        depends_on: _, links: _, hostname: _, dns_servers: _, dns_search_domains: _, extra_hosts: _,
        disable_networking: _, port_mappings: _, mount_points: _, volumes_from: _,
        // What needs the cluster or the other containers: `secrets`, `logging`
        secrets: _, repository_credentials: _, log_configuration: _, firelens_configuration: _,
        // The support table reports these while their translation is to come
        environment_files: _,
        // The vocabulary's check judges these
        unknown: _,
    } = definition;
    let ecs_name = container_name(path, name.as_ref(), report);
    let mut environment = process::environment(&path.key("environment"), environment.as_ref(), report);
    let labelled = docker_labels.as_ref().is_some_and(|labels| !labels.is_empty());
    not_applied(path, ulimits.as_ref(), labelled, around.context, report);
    let mut asked = resources::container(path, [*cpu, *memory, *memory_reservation], report);
    let security::Secured { security, wants_init_process } =
        security::secured(path, definition, around, &mut asked.plugged, report);
    asked.devices = devices(path, resource_requirements.as_ref(), &mut environment, around.context, report);
    Container {
        path: path.clone(),
        name: k8s_name(&ecs_name, LABEL_MAX),
        ecs_name,
        image: process::image(path, image.as_ref(), version_consistency.as_ref(), report),
        essential: essential.unwrap_or(true),
        resources: asked,
        entry_point: process::entry_point(&path.key("entryPoint"), entry_point.as_ref(), report),
        command: command.clone().unwrap_or_default(),
        working_directory: said(working_directory.as_ref()).map(str::to_owned),
        environment,
        ports: Vec::new(),
        mounts,
        health_check: health::check(&path.key("healthCheck"), health_check.as_ref(), around.os, report),
        start_timeout: report.optional_within(&path.key("startTimeout"), *start_timeout, 0..=health::TIMEOUT_MAX),
        stop_timeout: report.optional_within(&path.key("stopTimeout"), *stop_timeout, 0..=health::TIMEOUT_MAX),
        restart: health::restart(&path.key("restartPolicy"), restart_policy.as_ref(), report),
        security,
        sysctls: security::sysctls(&path.key("systemControls"), system_controls.as_ref(), around, report),
        wants_init_process,
        stdin: interactive.unwrap_or_default(),
        tty: pseudo_terminal.unwrap_or_default(),
        promoted_labels: promoted(docker_labels.as_ref(), around.context),
        docker_labels: docker_labels.clone().unwrap_or_default(),
        secrets: Vec::new(),
        registry: None,
        logging: None,
    }
}

/// The Docker labels that the administrator wants on the pod, where their keys can be there
fn promoted(labels: Option<&BTreeMap<String, String>>, context: &Context) -> BTreeMap<String, String> {
    let wanted = |key: &str| context.config.promote_docker_labels.iter().any(|pattern| pattern.matches(key));
    let labels = labels.into_iter().flatten().filter(|(key, _)| wanted(key) && is_annotation_key(key) && !is_ours(key));
    labels.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn container_name(path: &Path, name: Option<&String>, report: &mut Report) -> String {
    let Some(name) = said(name) else {
        report.block(&path.key("name"), "ContainerNameRequired", "a container needs a name; give it one");
        return String::new();
    };
    if !is_ecs_name(name) {
        let message = format!("`{name}` is no container name; use letters, digits, `-` and `_`, at most {NAME_MAX}");
        report.invalid(&path.key("name"), message);
    }
    name.to_owned()
}

/// Members without a counterpart
fn not_applied(path: &Path, ulimits: Option<&Vec<Ulimit>>, labelled: bool, context: &Context, report: &mut Report) {
    for (at, ulimit) in each(&path.key("ulimits"), ulimits) {
        let Ulimit { name, soft_limit, hard_limit, unknown: _ } = ulimit;
        let Some(name) = said(name.as_ref()) else {
            report.required(&at, "name");
            continue;
        };
        let node = &context.config.node_defaults;
        if [*soft_limit, *hard_limit].into_iter().flatten().all(|limit| node.gives(name, limit)) {
            let message = format!("`{name}` is what every container has on these nodes, as the administrator says");
            report.info(&at, Class::Equivalent, "UlimitsNotApplied", message);
            continue;
        }
        let of = |limit: Option<i64>| limit.map_or_else(|| "unset".to_owned(), |n| n.to_string());
        let message = format!(
            "`{name}` (soft {}, hard {}) is not applied: Kubernetes has no ulimits; raise the node's default, or set it in \
             the image's entry point",
            of(*soft_limit),
            of(*hard_limit)
        );
        report.warn(&at, Class::Unsupported, "UlimitsNotApplied", message);
    }
    if labelled {
        let message = "Docker labels are kept as an annotation of the pod; programs that read Docker's do not see them";
        report.info(&path.key("dockerLabels"), Class::Advisory, "DockerLabelsKept", message);
    }
}

/// R-GPU
fn devices(
    path: &Path,
    requirements: Option<&Vec<ResourceRequirement>>,
    environment: &mut Vec<Variable>,
    context: &Context,
    report: &mut Report,
) -> Option<(&'static str, u32)> {
    let mut found = None;
    for (at, requirement) in each(&path.key("resourceRequirements"), requirements) {
        let device = resources::device(&at, requirement, environment, &context.config.devices_per_node, report);
        if device.is_some() && found.is_some() {
            report.block(&at, "GpuStyleConflict", "a container has one GPU requirement; merge them");
        }
        found = found.or(device);
    }
    found
}

/// What containers must be together: some, one essential, no name twice
pub(super) fn check_together(definitions: &[ContainerDefinition], containers: &[Container], report: &mut Report) {
    let path = Path::root().key("containerDefinitions");
    if definitions.is_empty() {
        report.block(&path, "ContainerRequired", "there is no container; define at least one");
    } else if !containers.iter().any(|c| c.essential) {
        let message = "no container is essential, so the task would have nothing to do; make one essential";
        report.block(&path, "EssentialRequired", message);
    }
    let mut seen = BTreeSet::new();
    for container in containers.iter().filter(|c| !c.ecs_name.is_empty()) {
        if !seen.insert(&container.name) {
            let message = format!("another container is called `{}`; rename one", container.ecs_name);
            report.block(&container.path.key("name"), "ContainerNameConflict", message);
        }
    }
    let styles: BTreeSet<_> = containers.iter().filter_map(|c| c.resources.devices.map(|(name, _)| name)).collect();
    if styles.len() > 1 {
        let message = "all containers of a task ask for GPUs in the same way; use whole or shared ones throughout";
        report.block(&path, "GpuStyleConflict", message);
    }
}
