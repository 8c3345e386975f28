//! A pod template → a task definition.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use serde_json::{Value, json};

use super::around::Around;
use super::container::{Part, Setting, container};
use super::placement::{Placement, placement};
use super::volumes::Volumes;
use super::{Members, Profile, Report, resources, security, some};
use crate::findings::Path;
use crate::names::{FAMILY, MANAGED_BY};

/// A task definition that is being made, and what of the pod its service says
pub(super) struct Task {
    pub(super) members: Members,
    pub(super) placement: Placement,
    pub(super) labels: BTreeMap<String, String>,
}

/// Turns a pod template; `service`: whether it runs on and on
pub(super) fn task(
    family: &str,
    template: &PodTemplateSpec,
    service: bool,
    (around, namespace): (&Around, Option<&str>),
    path: &Path,
    report: &mut Report<'_>,
) -> Task {
    let PodTemplateSpec { metadata, spec } = template;
    let labels = metadata.as_ref().and_then(|m| m.labels.clone()).unwrap_or_default();
    let mut members = Members::default();
    members.put("family", family);
    let Some(pod) = spec else {
        report.refused(true, path, "LossPod", "there is no pod in the template");
        return Task { members, placement: Placement::default(), labels };
    };
    let path = path.key("spec");
    left_out(pod, &path, report);
    members.put("networkMode", if pod.host_network == Some(true) { "host" } else { "awsvpc" });
    members.put(
        "requiresCompatibilities",
        [if report.profile == Profile::Fargate { "FARGATE" } else { "EC2" }].as_slice(),
    );
    shared(pod, &path, &mut members, report);
    members.put("taskRoleArn", role(pod, (around, namespace), &path, report));
    let placement = placement(pod, &labels, &path, report);
    members.put("placementConstraints", placement.member_of.clone());
    members.put("runtimePlatform", placement.platform.clone());
    resources::task(pod, &path, &mut members, report);
    let all: Vec<&Container> = pod.init_containers.iter().flatten().chain(&pod.containers).collect();
    let volumes = Volumes::of(pod.volumes.as_deref().unwrap_or_default(), &all, (around, namespace), &path, report);
    members.put("volumes", volumes.of_task());
    let setting = Setting { pod, volumes: &volumes, around, namespace, service };
    members.put("containerDefinitions", containers(&setting, &path, report));
    members.put("tags", tags(&labels));
    Task { members, placement, labels }
}

/// Every container, each after what must be before it
fn containers(setting: &Setting<'_>, path: &Path, report: &mut Report<'_>) -> Vec<Value> {
    let mut definitions = Vec::new();
    let mut before: Vec<Value> = Vec::new();
    for (index, given) in setting.pod.init_containers.iter().flatten().enumerate() {
        let part = if given.restart_policy.as_deref() == Some("Always") { Part::Sidecar } else { Part::Init };
        let path = path.key("initContainers").index(index);
        definitions.push(container(given, part, setting, before.clone(), &path, report));
        let checked = given.startup_probe.as_ref().is_some_and(|probe| probe.exec.is_some());
        let condition = match part {
            Part::Sidecar if checked => "HEALTHY",
            Part::Sidecar => "START",
            Part::Init | Part::Regular => "SUCCESS",
        };
        let dependency = json!({"containerName": given.name, "condition": condition});
        // What ended before this one began ended before the next one too
        before.retain(|dependency| part == Part::Sidecar || dependency["condition"] != "SUCCESS");
        before.push(dependency);
    }
    for (index, given) in setting.pod.containers.iter().enumerate() {
        let path = path.key("containers").index(index);
        definitions.push(container(given, Part::Regular, setting, before.clone(), &path, report));
    }
    if setting.pod.host_network == Some(true) {
        names(setting.pod, &mut definitions);
    }
    let controls = security::pod(setting.pod.security_context.as_ref(), path, report);
    if let Some(Value::Object(first)) = definitions.first_mut().filter(|_| !controls.is_empty()) {
        first.insert("systemControls".to_owned(), controls.into());
    }
    definitions
}

/// Names that a pod knows beside those of the network; ECS gives them to containers, and not in every network mode
fn names(pod: &PodSpec, definitions: &mut [Value]) {
    let aliases = pod.host_aliases.iter().flatten();
    let hosts: Vec<Value> = aliases
        .flat_map(|alias| alias.hostnames.iter().flatten().map(|name| json!({"hostname": name, "ipAddress": alias.ip})))
        .collect();
    let dns = pod.dns_config.clone().unwrap_or_default();
    for definition in definitions.iter_mut().filter_map(Value::as_object_mut) {
        let mut these = Members::default();
        these.put("extraHosts", hosts.clone());
        these.put("dnsServers", dns.nameservers.clone().unwrap_or_default());
        these.put("dnsSearchDomains", dns.searches.clone().unwrap_or_default());
        definition.extend(these.0);
    }
}

/// What containers of a pod share
fn shared(pod: &PodSpec, path: &Path, members: &mut Members, report: &mut Report<'_>) {
    let host = pod.host_network == Some(true);
    report.only_on_instances(host, &path.key("hostNetwork"), "network of a host");
    if report.only_on_instances(pod.host_pid == Some(true), &path.key("hostPID"), "processes of a host") {
        members.put("pidMode", "host");
    } else if pod.share_process_namespace == Some(true) {
        members.put("pidMode", "task");
    }
    if report.only_on_instances(pod.host_ipc == Some(true), &path.key("hostIPC"), "IPC of a host") {
        members.put("ipcMode", "host");
    }
    let message = "in the network mode awsvpc names come from the network alone; use a private hosted zone";
    report.lost(!host && some(&pod.host_aliases), &path.key("hostAliases"), "LossNames", message);
    report.lost(!host && pod.dns_config.is_some(), &path.key("dnsConfig"), "LossNames", message);
}

/// The role of the pod's ServiceAccount
fn role(pod: &PodSpec, (around, namespace): (&Around, Option<&str>), path: &Path, report: &mut Report<'_>) -> Value {
    let account = pod.service_account_name.as_deref().or(pod.service_account.as_deref());
    let Some(account) = account.filter(|a| !a.is_empty() && *a != "default") else { return Value::Null };
    let path = path.key("serviceAccountName");
    let role = around.role(namespace, account);
    if role.is_some() {
        let message =
            "the role's trust policy must let ecs-tasks.amazonaws.com assume it; rights in the Kubernetes API end";
        report.near(true, &path, "TaskRoleTrust", message);
    } else {
        let message = "which role of IAM this account stands for is not known; give the ServiceAccount with its \
                       eks.amazonaws.com/role-arn too. Rights in the Kubernetes API end";
        report.lost(true, &path, "LossServiceAccount", message);
    }
    role.map(Value::from).unwrap_or_default()
}

/// Labels as tags, but for those of tools
fn tags(labels: &BTreeMap<String, String>) -> Vec<Value> {
    let ours = |key: &str| key == MANAGED_BY || key == FAMILY || key.starts_with(ecs_crds::GROUP);
    let of_tools = |key: &str| ours(key) || key.ends_with("template-hash") || key == "pod-template-generation";
    let kept = labels.iter().filter(|(key, _)| !of_tools(key));
    kept.take(50).map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// What a pod has and a task has not
fn left_out(pod: &PodSpec, path: &Path, report: &mut Report<'_>) {
    let PodSpec {
        active_deadline_seconds,
        affinity: _,
        automount_service_account_token: _,
        containers: _,
        dns_config: _,
        dns_policy,
        enable_service_links: _,
        ephemeral_containers,
        host_aliases: _,
        host_ipc: _,
        host_network: _,
        host_pid: _,
        host_users,
        hostname,
        hostname_override,
        image_pull_secrets,
        init_containers: _,
        node_name,
        node_selector: _,
        os: _,
        overhead,
        preemption_policy,
        priority: _,
        priority_class_name,
        readiness_gates,
        resource_claims,
        resources: _,
        restart_policy: _,
        runtime_class_name,
        scheduler_name,
        scheduling_gates,
        scheduling_group,
        security_context: _,
        service_account: _,
        service_account_name: _,
        set_hostname_as_fqdn,
        share_process_namespace: _,
        subdomain,
        termination_grace_period_seconds: _,
        tolerations,
        topology_spread_constraints: _,
        volumes: _,
    } = pod;
    let usual = |policy: &str| matches!(policy, "ClusterFirst" | "Default" | "ClusterFirstWithHostNet");
    report.lost_each(
        path,
        "LossPod",
        &[
            ("activeDeadlineSeconds", active_deadline_seconds.is_some()),
            ("dnsPolicy", dns_policy.as_deref().is_some_and(|policy| !usual(policy))),
            ("ephemeralContainers", some(ephemeral_containers)),
            ("hostUsers", *host_users == Some(false)),
            ("hostname", some(hostname)),
            ("hostnameOverride", some(hostname_override)),
            ("imagePullSecrets", some(image_pull_secrets)),
            ("nodeName", some(node_name)),
            ("overhead", some(overhead)),
            ("preemptionPolicy", preemption_policy.as_deref().is_some_and(|p| p != "PreemptLowerPriority")),
            ("priorityClassName", some(priority_class_name)),
            ("readinessGates", some(readiness_gates)),
            ("resourceClaims", some(resource_claims)),
            ("runtimeClassName", some(runtime_class_name)),
            ("schedulerName", scheduler_name.as_deref().is_some_and(|s| s != "default-scheduler")),
            ("schedulingGates", some(scheduling_gates)),
            ("schedulingGroup", scheduling_group.is_some()),
            ("setHostnameAsFQDN", *set_hostname_as_fqdn == Some(true)),
            ("subdomain", some(subdomain)),
            ("tolerations", some(tolerations)),
        ],
    );
}
