//! What the cluster can do, asked once at start: a dry run of a Deployment shows which fields the API server keeps
//! (decisions §6.2, §6.6), and discovery which add-ons are installed. No pod is made.

use ecs_core::config::Capabilities;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use ecs_core::names::MANAGER;
use ecs_core::plan::ChildKind;
use ecs_core::revision::CompanionKind;

/// The feature that every schedulable node must declare for the rule action RestartAllContainers
const RESTART_ALL: &str = "RestartAllContainersOnContainerExits";

/// Detects the capabilities by dry runs in `namespace`
///
/// # Errors
///
/// Where the API server cannot be asked; what it merely refuses counts as absent.
pub async fn detect(client: &Client, namespace: &str) -> Result<Capabilities, kube::Error> {
    let kept = |fields: Value| kept(client, namespace, fields);
    let limits = json!({"cpu": "1", "memory": "64Mi"});
    let rule = |action: &str| {
        json!({"containers": [{"name": "probe", "image": "probe", "restartPolicy": "Always",
            "restartPolicyRules": [{"action": action, "exitCodes": {"operator": "In", "values": [0]}}]}]})
    };
    let restart_rule = json!({"containers": [{"name": "probe", "image": "probe", "restartPolicy": "Never",
        "restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [3]}}]}]});
    let pod_resources = kept(json!({"resources": {"limits": limits, "requests": limits}})).await?;
    let container_restart_rules = kept(restart_rule).await?;
    let restart_all_containers = kept(rule("RestartAllContainers")).await? && every_node_restarts_all(client).await?;
    let hostname_override = kept(json!({"hostnameOverride": "probe.example"})).await?;
    let external_secrets = serves(client, ChildKind::Companion(CompanionKind::ExternalSecret)).await?;
    let secrets_store_csi = serves(client, ChildKind::Companion(CompanionKind::SecretProviderClass)).await?;
    let target_group_bindings = serves(client, ChildKind::TargetGroupBinding).await?;
    let gateway_api = serves(client, ChildKind::HttpRoute).await?;
    let volume_snapshots = serves(client, ChildKind::Companion(CompanionKind::VolumeSnapshot)).await?;
    let security_group_policies = serves(client, ChildKind::Companion(CompanionKind::SecurityGroupPolicy)).await?;
    Ok(Capabilities {
        pod_resources,
        container_restart_rules,
        restart_all_containers,
        hostname_override,
        external_secrets,
        secrets_store_csi,
        target_group_bindings,
        gateway_api,
        volume_snapshots,
        security_group_policies,
    })
}

/// SIDECAR: whether init containers may go on running beside the others, without which no task with a helper can be translated
///
/// # Errors
///
/// Where the API server cannot be asked.
pub async fn has_sidecars(client: &Client, namespace: &str) -> Result<bool, kube::Error> {
    let helper = json!({"initContainers": [{"name": "helper", "image": "probe", "restartPolicy": "Always"}]});
    kept(client, namespace, helper).await
}

/// Whether the API server accepts these fields of a pod spec and keeps them
async fn kept(client: &Client, namespace: &str, fields: Value) -> Result<bool, kube::Error> {
    let mut pod = json!({"containers": [{"name": "probe", "image": "probe"}]});
    if let (Some(pod), Some(fields)) = (pod.as_object_mut(), fields.as_object()) {
        pod.extend(fields.clone());
    }
    let labels = json!({"ecs-operator-probe": "capabilities"});
    let manifest = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "ecs-operator-probe"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    });
    let params =
        PatchParams { dry_run: true, force: true, field_manager: Some(MANAGER.to_owned()), field_validation: None };
    let api: Api<Deployment> = Api::namespaced(client.clone(), namespace);
    match api.patch("ecs-operator-probe", &params, &Patch::Apply(&manifest)).await {
        Ok(answer) => {
            let there = serde_json::to_value(answer.spec.and_then(|s| s.template.spec)).unwrap_or_default();
            Ok(ecs_core::plan::covers::covers(&fields, &there))
        }
        Err(kube::Error::Api(status)) if matches!(status.code, 400 | 422 | 500) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the API server knows a kind that an add-on brings
async fn serves(client: &Client, kind: ChildKind) -> Result<bool, kube::Error> {
    match client.list_api_group_resources(kind.api_version()).await {
        Ok(resources) => Ok(resources.resources.iter().any(|resource| resource.name == kind.plural())),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether every schedulable node declares the feature: on a cluster without nodes nobody knows, so no
async fn every_node_restarts_all(client: &Client) -> Result<bool, kube::Error> {
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await?;
    let mut schedulable =
        nodes.items.iter().filter(|n| !n.spec.as_ref().and_then(|s| s.unschedulable).unwrap_or(false)).peekable();
    let declares = |n: &Node| {
        let declared = n.status.as_ref().and_then(|s| s.declared_features.as_ref());
        declared.is_some_and(|d| d.iter().any(|f| f == RESTART_ALL))
    };
    Ok(schedulable.peek().is_some() && schedulable.all(declares))
}
