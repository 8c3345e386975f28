//! The FireLens log router: the configuration that the ECS agent would generate, and how the containers reach it (R-FIRELENS).
//!
//! The router is a container of the task like any other, in the place that the start order gives it. Here it gets a ConfigMap
//! over its default configuration file; the others get its address.
//!
//! *Guarantees*: the configuration follows from the revision of the task definition alone, since all that run it share it.

mod config;

use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, EnvVar, EnvVarSource, HostPathVolumeSource, ObjectFieldSelector, PodSpec, Volume,
    VolumeMount,
};
use serde_json::json;

use crate::config::Context;
use crate::findings::Findings;
use crate::model::task::{Container, LogRoute, LogRouter, Logging, RouterKind, Task};
use crate::names::{self, LABEL_MAX, k8s_name};
use crate::revision::CompanionKind;
use crate::translate::companion::Companions;
use crate::translate::pod::container_mut;
use config::{Described, Routed};

/// Where the node keeps the logs of pods
const POD_LOGS: &str = "/var/log/pods";
/// The ECS cluster of a service or task that names none
const DEFAULT_CLUSTER: &str = "default";
/// The router's variable that holds the ECS cluster's name
const CLUSTER: &str = "ECS_CLUSTER";

/// Gives the log router of a task its configuration
pub(crate) fn add(
    spec: &mut PodSpec,
    task: &Task,
    number: i64,
    context: &Context,
    companions: &mut Companions,
    findings: &mut Findings,
) {
    let Some(router) = &task.log_router else { return };
    let Some(container) = task.containers().get(router.container) else { return };
    let routed: Vec<_> = task.containers().iter().filter_map(|c| Some((c, route(c)?))).collect();
    let reads_logs = reads_logs(router, context, !routed.is_empty(), findings);
    let described = Described {
        task_definition: format!("{}:{number}", task.family()),
        routed: routed.iter().map(|(container, route)| Routed { container, route }).collect(),
        router,
        reads_logs,
    };
    let (path, text) = match router.kind {
        RouterKind::FluentBit => ("/fluent-bit/etc/fluent-bit.conf", config::fluent_bit(&described)),
        RouterKind::Fluentd => ("/fluentd/etc/fluent.conf", config::fluentd(&described)),
    };
    let name = companions.name(container.ecs_name());
    let file = path.rsplit('/').next().unwrap_or(path);
    companions.add(CompanionKind::ConfigMap, name.clone(), &json!({"data": {file: text}}));
    mount_config(spec, container, name, path, file);
    if reads_logs {
        mount_logs(spec, container);
    }
    for (container, _) in &routed {
        address(spec, container);
    }
}

/// Names the ECS cluster to the log router, where there is one
pub(crate) fn name_cluster(spec: &mut PodSpec, cluster: Option<&str>) {
    let Some(cluster) = cluster else { return };
    let short = names::cluster_name(cluster);
    let containers = spec.init_containers.iter_mut().flatten().chain(&mut spec.containers);
    for variable in containers.flat_map(|container| container.env.iter_mut().flatten()) {
        if variable.name == CLUSTER && variable.value.as_deref() == Some(DEFAULT_CLUSTER) {
            variable.value = Some(short.to_owned());
        }
    }
}

fn route(container: &Container) -> Option<&LogRoute> {
    match container.logging.as_ref()? {
        Logging::Routed(route) => Some(route),
        Logging::Noted(_) => None,
    }
}

/// Whether the router may read the log files of its own pod
fn reads_logs(router: &LogRouter, context: &Context, wanted: bool, findings: &mut Findings) -> bool {
    let granted = context.grants.host_path(POD_LOGS);
    if wanted && !granted {
        let message = format!(
            "what containers write to stdout does not reach the log router, only what they send to it themselves \
             (FLUENT_HOST, FLUENT_PORT): it may not read `{POD_LOGS}` of the node; ask the administrator to allow this path"
        );
        findings.warn(&router.path, Class::Approximate, "FirelensStdoutUnavailable", message);
    }
    wanted && granted
}

/// The generated file in the place of the image's own
fn mount_config(spec: &mut PodSpec, container: &Container, config_map: String, path: &str, file: &str) {
    // No ECS volume has a dot in its name, so none has this hash
    let volume = k8s_name("firelens.config", LABEL_MAX);
    let source = ConfigMapVolumeSource { name: config_map, ..ConfigMapVolumeSource::default() };
    let made = Volume { name: volume.clone(), config_map: Some(source), ..Volume::default() };
    spec.volumes.get_or_insert_default().push(made);
    let Some(made) = container_mut(spec, container.name()) else { return };
    let mounts = made.volume_mounts.get_or_insert_default();
    // Only one thing can be mounted at a path; what the document mounts there is configuration too
    if mounts.iter().all(|mount| mount.mount_path != path) {
        mounts.push(VolumeMount {
            name: volume,
            mount_path: path.to_owned(),
            sub_path: Some(file.to_owned()),
            read_only: Some(true),
            ..VolumeMount::default()
        });
    }
    let env = made.env.get_or_insert_default();
    let field = |name: &str, path: &str| {
        let selector = ObjectFieldSelector { api_version: Some("v1".to_owned()), field_path: path.to_owned() };
        let source = EnvVarSource { field_ref: Some(selector), ..EnvVarSource::default() };
        EnvVar { name: name.to_owned(), value: None, value_from: Some(source) }
    };
    for variable in [
        field("POD_NAMESPACE", "metadata.namespace"),
        field("POD_NAME", "metadata.name"),
        field("POD_UID", "metadata.uid"),
        EnvVar { name: CLUSTER.to_owned(), value: Some(DEFAULT_CLUSTER.to_owned()), value_from: None },
    ] {
        set(env, variable);
    }
}

/// The log files of this very pod
fn mount_logs(spec: &mut PodSpec, container: &Container) {
    let volume = k8s_name("firelens.logs", LABEL_MAX);
    let source = HostPathVolumeSource { path: POD_LOGS.to_owned(), type_: Some(String::new()) };
    let made = Volume { name: volume.clone(), host_path: Some(source), ..Volume::default() };
    spec.volumes.get_or_insert_default().push(made);
    if let Some(made) = container_mut(spec, container.name()) {
        made.volume_mounts.get_or_insert_default().push(VolumeMount {
            name: volume,
            mount_path: config::LOGS.to_owned(),
            sub_path_expr: Some("$(POD_NAMESPACE)_$(POD_NAME)_$(POD_UID)".to_owned()),
            read_only: Some(true),
            ..VolumeMount::default()
        });
    }
}

/// The address of the router, as the agent tells it
fn address(spec: &mut PodSpec, container: &Container) {
    let Some(made) = container_mut(spec, container.name()) else { return };
    let env = made.env.get_or_insert_default();
    for (name, value) in [("FLUENT_HOST", "127.0.0.1"), ("FLUENT_PORT", "24224")] {
        set(env, EnvVar { name: name.to_owned(), value: Some(value.to_owned()), value_from: None });
    }
}

/// Sets a variable that the document does not set
fn set(env: &mut Vec<EnvVar>, variable: EnvVar) {
    if env.iter().all(|there| there.name != variable.name) {
        env.push(variable);
    }
}
