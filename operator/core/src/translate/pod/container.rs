//! One container of the pod, put together from its parts.
//!
//! *Not here*: its place in the pod and what follows from it; that comes in as [`Place`].

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerPort, EnvVar, ResourceRequirements, VolumeMount};
use serde_json::json;

use super::probes::Probes;
use super::resources::rounded;
use super::restart::Restart;
use super::security;
use crate::model::task::{Container as Definition, LogNote, Logging, Mount, Os, Port, Protocol, Task, Variable};
use crate::names::{CONTAINER_CPU, DOCKER_LABELS, ECS_NAME, ESSENTIAL, LOGS, RESTARTED, of_container};
use crate::values::dollar;

/// What follows from a container's place in the pod
#[derive(Debug)]
pub(super) struct Place {
    pub(super) resources: Option<ResourceRequirements>,
    pub(super) restart: Restart,
    pub(super) probes: Probes,
    pub(super) os: Os,
}

/// The container
pub(super) fn container(definition: &Definition, place: Place) -> Container {
    #[rustfmt::skip] // one name a line would hide what follows
    let Definition {
        name, image, entry_point, command, working_directory, environment, ports, mounts, security, stdin, tty,
        // In `place`, which knows the rest of the pod
        essential: _, resources: _, health_check: _, start_timeout: _, restart: _,
        // The whole pod's
        stop_timeout: _, sysctls: _, wants_init_process: _,
        // Annotations
        ecs_name: _, docker_labels: _, promoted_labels: _,
        // Passes of their own over the whole pod
        secrets: _, registry: _, logging: _,
        // Findings
        path: _,
    } = definition;
    let Place { resources, restart, probes, os } = place;
    Container {
        name: name.clone(),
        // A tag is looked up at every start, as the ECS agent does
        image_pull_policy: Some(if image.contains("@sha256:") { "IfNotPresent" } else { "Always" }.to_owned()),
        image: Some(image.clone()),
        command: words(entry_point),
        args: words(command),
        working_dir: working_directory.clone(),
        env: list(environment, variable),
        ports: list(ports, port),
        resources,
        restart_policy: restart.policy.map(str::to_owned),
        restart_policy_rules: restart.rules,
        startup_probe: probes.startup,
        liveness_probe: probes.liveness,
        security_context: security::container(security, os),
        stdin: (*stdin || *tty).then_some(true),
        tty: tty.then_some(true),
        volume_mounts: list(mounts, mount),
        ..Container::default()
    }
}

/// A list of what Kubernetes has; none where it would be empty
fn list<T, K>(items: &[T], one: impl Fn(&T) -> K) -> Option<Vec<K>> {
    (!items.is_empty()).then(|| items.iter().map(one).collect())
}

fn words(words: &[String]) -> Option<Vec<String>> {
    list(words, |word| dollar::escape(word))
}

fn variable(variable: &Variable) -> EnvVar {
    let Variable { name, value } = variable;
    // The API server drops an empty value and means the same
    let value = (!value.is_empty()).then(|| dollar::escape(value));
    EnvVar { name: name.clone(), value, value_from: None }
}

fn port(port: &Port) -> ContainerPort {
    // The Service's: the ECS name and the application protocol
    let Port { container_port, host_port, protocol, name: _, pod_port_name, app_protocol: _ } = port;
    let protocol = match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
    };
    ContainerPort {
        container_port: i32::from(*container_port),
        host_port: host_port.map(i32::from),
        name: Some(pod_port_name.clone()),
        // The server's default too, but part of the list's key
        protocol: Some(protocol.to_owned()),
        ..ContainerPort::default()
    }
}

fn mount(mount: &Mount) -> VolumeMount {
    let Mount { volume, path, read_only } = mount;
    VolumeMount {
        name: volume.clone(),
        mount_path: path.clone(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    }
}

/// What Kubernetes has no place for, by container
pub(super) fn annotations(task: &Task) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::new();
    for container in &task.containers {
        annotations.extend(container.promoted_labels.clone());
        let mut note = |key: &str, value: String| {
            annotations.insert(of_container(key, &container.name), value);
        };
        if container.name != container.ecs_name {
            note(ECS_NAME, container.ecs_name.clone());
        }
        if let Some(cpu) = rounded(container) {
            note(CONTAINER_CPU, cpu.get().to_string());
        }
        if let Some(Logging::Noted(logs)) = &container.logging {
            let LogNote { driver, options, secret_options } = logs;
            let told = json!({"logDriver": driver, "options": options, "secretOptions": secret_options});
            note(LOGS, told.to_string());
        }
        if !container.docker_labels.is_empty() {
            note(DOCKER_LABELS, json!(container.docker_labels).to_string());
        }
    }
    // With which containers the task ends, which a look at a pod could not tell (`task_view`)
    let named = |which: fn(&Definition) -> bool| {
        let names =
            task.containers.iter().filter(|container| which(container)).map(|container| container.name.as_str());
        Some(names.collect::<Vec<_>>().join(",")).filter(|names| !names.is_empty())
    };
    let essential = named(|container| container.essential).filter(|_| task.containers.len() > 1);
    let restarted = named(|container| container.restart.is_some());
    let lists = [(ESSENTIAL, essential), (RESTARTED, restarted)];
    annotations.extend(lists.into_iter().filter_map(|(key, names)| Some((key.to_owned(), names?))));
    annotations
}
