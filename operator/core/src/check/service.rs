//! EcsService spec → [`Service`]: what a service with rolling deployments may say.
//!
//! *Not here*: unknown keys, value lists and fields whose translation is still to come; the vocabulary check judges those
//! along the support table.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::ecs::{DeploymentController, Tag};
use ecs_crds::status::Class;
use ecs_crds::{CapacitySplit, EcsServiceSpec, ServiceKubernetes, Workload};
use serde_json::{Value, json};

use crate::check::Checked;
use crate::check::deployment::deployment;
use crate::check::network::security_groups;
use crate::check::placement::{self, Placed};
use crate::check::staged;
use crate::check::{launch, scaling, scheduling, traffic};
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::service::{Propagate, Scheduling, Service};
use crate::names::{self, LABEL_MAX, k8s_name};
use crate::values::revision_ref::RevisionRef;

/// Checks a service; `metadata_name` is the default of `serviceName`, `accept` the codes whose Block is accepted
#[must_use]
pub fn check(
    spec: &EcsServiceSpec,
    metadata_name: &str,
    accept: &BTreeSet<String>,
    context: &Context,
) -> Checked<Service> {
    let mut findings = Findings::default();
    let model = model(spec, metadata_name, context, &mut findings);
    let findings = findings.accepting(accept);
    Checked { model: model.filter(|_| !findings.blocked()), findings }
}

fn model(spec: &EcsServiceSpec, metadata_name: &str, context: &Context, findings: &mut Findings) -> Option<Service> {
    // Taken apart whole, so that a new field does not compile until it is placed. What is bound to `_` has no effect on the
    // objects yet: the support table reports it wherever it is present.
    let EcsServiceSpec {
        cluster,
        service_name,
        task_definition,
        availability_zone_rebalancing,
        load_balancers,
        service_registries,
        desired_count,
        client_token: _,
        launch_type,
        capacity_provider_strategy,
        platform_version: _,
        role: _,
        deployment_configuration,
        placement_constraints,
        placement_strategy,
        network_configuration,
        health_check_grace_period_seconds,
        scheduling_strategy: _,
        deployment_controller,
        tags,
        enable_ecs_managed_tags: _,
        propagate_tags,
        enable_execute_command: _,
        service_connect_configuration,
        volume_configurations,
        vpc_lattice_configurations: _,
        gateway_connectors: _,
        monitoring: _,
        auto_scaling,
        kubernetes,
        unknown: _,
    } = spec;
    let root = Path::root();
    let ServiceKubernetes {
        workload,
        service,
        essential_policy,
        force_deployment,
        capacity_split,
        ingress,
        gateway,
        service_discovery,
        hook_target,
    } = kubernetes.clone().unwrap_or_default();

    ecs_controller_only(deployment_controller.as_ref(), findings);
    let ecs_name = service_name.clone().unwrap_or_else(|| metadata_name.to_owned());
    ecs_name_is_legal(&ecs_name, &root.key("serviceName"), findings);
    let seed = auto_scaling.as_ref().and_then(|a| a.min_capacity);
    let scheduling = scheduling::scheduling(spec, findings);
    let desired_count = scheduling::count(scheduling, desired_count.or(seed), findings);
    let scaling = scaling::scaling(auto_scaling.as_ref(), &ecs_name, context, findings);
    let (rolling, judgement) = deployment(deployment_configuration.as_ref(), scheduling, &context.config, findings);

    let daemon = scheduling == Scheduling::Daemon;
    let exact = scheduling::keeps_shares(spec, scheduling, capacity_split, findings);
    let placement = placement::Words {
        constraints: placement_constraints.as_ref(),
        strategy: placement_strategy.as_ref(),
        providers: capacity_provider_strategy.as_ref(),
        launch_type: launch_type.as_deref(),
        exact,
        of: if daemon { Placed::Daemon } else { Placed::Service },
    };
    let placement = placement::placement(placement, &root, context, findings);

    let traffic = traffic::Words {
        load_balancers: load_balancers.as_ref(),
        registries: service_registries.as_ref(),
        connect: service_connect_configuration.as_ref(),
        ingress: ingress.as_ref(),
        gateway: gateway.as_ref(),
        discovery: service_discovery.as_ref(),
    };
    let traffic = traffic::traffic(traffic, context, findings);
    let stages = staged::Words {
        configuration: deployment_configuration.as_ref(),
        load_balancers: load_balancers.as_ref(),
        hook_target: hook_target.as_ref(),
        service,
        daemon,
        traffic: &traffic,
    };
    let staged = staged::staged(stages, context.capabilities, findings);

    let volumes_at = root.key("volumeConfigurations");
    Some(Service {
        name: k8s_name(&ecs_name, LABEL_MAX),
        ecs_name,
        task_definition: reference(task_definition.as_deref(), &root.key("taskDefinition"), findings)?,
        scheduling,
        desired_count: desired_count?,
        scaling,
        rolling,
        judgement,
        staged,
        health_check_grace_seconds: health_check_grace_period_seconds.unwrap_or(0).max(0),
        cluster: cluster.clone(),
        launch_type: launch_type.clone(),
        placement,
        tags: self::tags(tags.as_deref().unwrap_or_default(), &root.key("tags"), findings),
        tag_labels: context.config.tag_labels,
        security_groups: security_groups(network_configuration.as_ref(), &root, context.capabilities, findings),
        propagate_tags: match propagate_tags.as_deref() {
            Some("SERVICE") => Propagate::Service,
            Some("TASK_DEFINITION") => Propagate::TaskDefinition,
            _ => Propagate::None,
        },
        service_kind: service,
        traffic,
        essential_policy,
        force_deployment,
        volumes: launch::volumes(&volumes_at, volume_configurations.as_ref(), daemon, context.capabilities, findings),
        rebalances: rebalances(availability_zone_rebalancing.as_deref(), findings),
        held: workload == Some(Workload::Hold),
        held_by_cluster: None,
        deployment_inputs: deployment_inputs(spec),
    })
}

/// The reference to a task definition, or a Block where it cannot be understood
pub(crate) fn reference(text: Option<&str>, path: &Path, findings: &mut Findings) -> Option<RevisionRef> {
    let Some(text) = text.filter(|t| !t.is_empty()) else {
        findings.block(
            path,
            Class::Exact,
            "RequiredField",
            "`taskDefinition` is required: name a family, or family:revision",
        );
        return None;
    };
    match text.parse() {
        Ok(reference) => Some(reference),
        Err(error) => {
            findings.block(path, Class::Exact, "InvalidValue", format!("`{text}` is not a task definition: {error}"));
            None
        }
    }
}

/// §8.2: pods are spread when they start; a descheduler may move those with the label later
fn rebalances(written: Option<&str>, findings: &mut Findings) -> bool {
    let wanted = written == Some("ENABLED");
    if wanted {
        let message = format!(
            "tasks are spread over zones when they start; to move running ones, have a descheduler look at the pods with the \
             label {}",
            names::AZ_REBALANCE
        );
        let path = Path::root().key("availabilityZoneRebalancing");
        findings.info(&path, Class::Approximate, "RebalancingNeedsDescheduler", message);
    }
    wanted
}

fn ecs_controller_only(controller: Option<&DeploymentController>, findings: &mut Findings) {
    let kind = controller.and_then(|c| c.r#type.as_deref()).unwrap_or("ECS");
    if matches!(kind, "CODE_DEPLOY" | "EXTERNAL") {
        findings.block(
            &Path::root().key("deploymentController").key("type"),
            Class::Unsupported,
            "DeploymentControllerUnsupported",
            format!("Deployments by {kind} are outside this cluster; use the ECS deployment controller"),
        );
    }
}

/// Names as ECS takes them: letters, digits, `-` and `_`, at most 255 characters
pub(crate) fn ecs_name_is_legal(name: &str, path: &Path, findings: &mut Findings) {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 255 || !name.chars().all(legal) {
        findings.block(
            path,
            Class::Exact,
            "InvalidValue",
            format!("`{name}` is not a name that ECS takes: use letters, digits, `-` and `_`, at most 255 characters"),
        );
    }
}

/// Tags as a map; ECS allows fifty, and none of AWS's own prefix
pub(crate) fn tags(tags: &[Tag], path: &Path, findings: &mut Findings) -> BTreeMap<String, String> {
    if tags.len() > 50 {
        findings.block(
            path,
            Class::Exact,
            "InvalidValue",
            format!("{} tags are given, ECS takes at most 50", tags.len()),
        );
    }
    let mut map = BTreeMap::new();
    for (index, Tag { key, value, unknown: _ }) in tags.iter().enumerate() {
        let key = key.clone().unwrap_or_default();
        if key.to_ascii_lowercase().starts_with("aws:") {
            let message = format!("the tag key `{key}` begins with `aws:`, which AWS keeps for itself");
            findings.block(&path.index(index).key("key"), Class::Exact, "InvalidValue", message);
        }
        map.insert(key, value.clone().unwrap_or_default());
    }
    map
}

/// The scheduling strategy that deployment inputs name; the other one needs no mention
pub(crate) const DAEMON: &str = "DAEMON";

/// The fields that start a deployment when they change (R-SVCREV), without nulls and empty values
fn deployment_inputs(spec: &EcsServiceSpec) -> Value {
    let ServiceKubernetes {
        workload: _,
        service: _,
        essential_policy,
        force_deployment,
        capacity_split,
        ingress,
        gateway,
        // The headless Service is beside the tasks
        service_discovery: _,
        // Who judges a deployment changes none
        hook_target: _,
    } = spec.kubernetes.clone().unwrap_or_default();
    let exact = capacity_split == Some(CapacitySplit::Exact);
    let providers = spec.capacity_provider_strategy.iter().flatten().map(|item| &item.capacity_provider);
    let providers: Vec<_> = providers.collect();
    let rules = ingress.as_ref().and_then(|ingress| ingress.rules.as_ref());
    let ports = rules.map(|rules| rules.iter().map(|rule| rule.container_port.unwrap_or(0)).collect::<BTreeSet<_>>());
    prune(json!({
        // Never changed: what runs the tasks is of another kind
        "schedulingStrategy": spec.scheduling_strategy.as_deref().filter(|s| *s == DAEMON),
        "platformVersion": spec.platform_version.as_deref().filter(|v| *v != "LATEST"),
        "networkConfiguration": spec.network_configuration,
        "loadBalancers": spec.load_balancers,
        "serviceRegistries": spec.service_registries,
        "serviceConnectConfiguration": spec.service_connect_configuration,
        "volumeConfigurations": spec.volume_configurations,
        "vpcLatticeConfigurations": spec.vpc_lattice_configurations,
        "essentialPolicy": essential_policy,
        // As the ECS service's load balancers: where traffic arrives and how it is checked changes the pods, hosts do not
        "healthCheck": ingress.as_ref().and_then(|ingress| ingress.health_check.as_ref()),
        "ingressPorts": ports,
        "gatewayPort": gateway.map(|gateway| gateway.container_port.unwrap_or(0)),
        // Another Deployment for each of them; how many tasks each runs is no reason for a new one
        "capacityProviders": exact.then_some(providers),
        "forceDeployment": force_deployment,
    }))
}

/// Drops what means the same as absence, so that an empty list never starts a deployment
fn prune(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(k, v)| (k, prune(v)))
            .filter(|(_, v)| !is_empty(v))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(prune).collect::<Vec<_>>().into(),
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service::Rolling;

    fn spec(value: Value) -> EcsServiceSpec {
        serde_json::from_value(value).unwrap()
    }

    fn codes(value: Value) -> Vec<String> {
        let checked = check(&spec(value), "web", &BTreeSet::new(), &Context::default());
        checked.findings.iter().map(|f| format!("{} {}", f.path, f.code)).collect()
    }

    #[test]
    fn a_plain_service_gets_ecs_defaults() {
        let service = check(
            &spec(json!({"taskDefinition": "web", "desiredCount": 2})),
            "web",
            &BTreeSet::new(),
            &Context::default(),
        )
        .model
        .unwrap();
        assert_eq!((service.ecs_name.as_str(), service.desired_count), ("web", 2));
        assert_eq!(service.rolling, Rolling { minimum_healthy_percent: 100, maximum_percent: 200 });
    }

    #[test]
    fn what_cannot_run_is_blocked_at_its_path() {
        for (value, expected) in [
            (json!({"desiredCount": 1}), "/taskDefinition RequiredField"),
            (json!({"taskDefinition": "web"}), "/desiredCount RequiredField"),
            (json!({"taskDefinition": "web", "desiredCount": -1}), "/desiredCount InvalidValue"),
            (json!({"taskDefinition": "a b", "desiredCount": 1}), "/taskDefinition InvalidValue"),
            (json!({"taskDefinition": "web", "desiredCount": 1, "serviceName": "a.b"}), "/serviceName InvalidValue"),
            (
                json!({"taskDefinition": "web", "desiredCount": 1, "deploymentController": {"type": "CODE_DEPLOY"}}),
                "/deploymentController/type DeploymentControllerUnsupported",
            ),
            (
                json!({"taskDefinition": "web", "desiredCount": 1, "deploymentConfiguration": {"maximumPercent": 50}}),
                "/deploymentConfiguration/maximumPercent InvalidValue",
            ),
            (
                json!({"taskDefinition": "web", "desiredCount": 1, "tags": [{"key": "aws:x", "value": ""}]}),
                "/tags/0/key InvalidValue",
            ),
        ] {
            assert_eq!(codes(value), [expected]);
        }
    }

    #[test]
    fn v107_tags_and_what_says_nothing_start_no_deployment() {
        let of =
            |value| check(&spec(value), "web", &BTreeSet::new(), &Context::default()).model.unwrap().deployment_inputs;
        let plain = of(json!({"taskDefinition": "web", "desiredCount": 1}));
        let empty = json!({"taskDefinition": "web", "desiredCount": 5, "loadBalancers": [], "platformVersion": "LATEST",
                           "networkConfiguration": {"awsvpcConfiguration": {"securityGroups": []}}});
        assert_eq!(plain, of(empty));
        let tagged = json!({"taskDefinition": "web", "desiredCount": 1, "tags": [{"key": "a", "value": "b"}]});
        assert_eq!(plain, of(tagged));
        let forced = json!({"taskDefinition": "web", "desiredCount": 1, "kubernetes": {"forceDeployment": "2"}});
        assert_ne!(plain, of(forced));
    }

    #[test]
    fn hosts_start_no_deployment_and_what_the_pods_feel_does() {
        let of = |ingress: Value| {
            let whole = json!({"taskDefinition": "web", "desiredCount": 1, "kubernetes": {"ingress": ingress}});
            check(&spec(whole), "web", &BTreeSet::new(), &Context::default()).model.unwrap().deployment_inputs
        };
        let plain = of(json!({"rules": [{"containerPort": 80, "hosts": ["a"]}]}));
        for (ingress, starts) in [
            (
                json!({"rules": [{"containerPort": 80, "hosts": ["b"], "paths": ["/x"]}], "annotations": {"a": "b"}}),
                false,
            ),
            (json!({"rules": [{"containerPort": 80}, {"containerPort": 80}], "className": "nginx"}), false),
            (json!({"rules": [{"containerPort": 81, "hosts": ["a"]}]}), true),
            (json!({"rules": [{"containerPort": 80, "hosts": ["a"]}], "healthCheck": {"path": "/up"}}), true),
            (json!({}), true),
        ] {
            assert_eq!(of(ingress.clone()) != plain, starts, "{ingress}");
        }
        let nothing = json!({"taskDefinition": "web", "desiredCount": 1});
        let nothing = check(&spec(nothing), "web", &BTreeSet::new(), &Context::default()).model.unwrap();
        assert_eq!(nothing.deployment_inputs, of(json!({})));
    }
}
