//! What the cluster can do, asked once at start: dry runs of a Deployment and of a HorizontalPodAutoscaler show which fields
//! the API server keeps (decisions §6.2, §6.6, §6.9), and discovery which add-ons are installed. No pod is made.

use ecs_core::config::Capabilities;
use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use ecs_core::names::MANAGER;
use ecs_core::plan::ChildKind;
use ecs_core::plan::covers::covers;
use ecs_core::revision::CompanionKind;

use crate::execute::resource;

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
    let tolerance = json!({"behavior": {"scaleUp": {"tolerance": "0"}}});
    let hpa_tolerance = autoscaler_kept(client, namespace, tolerance).await?;
    let external = json!({"metric": {"name": "probe"}, "target": {"type": "Value", "value": "1"}});
    let to_zero = json!({"minReplicas": 0, "metrics": [{"type": "External", "external": external}]});
    let hpa_scale_to_zero = autoscaler_kept(client, namespace, to_zero).await?;
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
        hpa_tolerance,
        hpa_scale_to_zero,
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
    let template = json!({"metadata": {"labels": labels}, "spec": pod});
    let spec = json!({"replicas": 0, "selector": {"matchLabels": labels}, "template": template});
    let there = dry_run(client, namespace, ChildKind::Deployment, &spec).await?;
    Ok(there.is_some_and(|there| covers(&fields, &there["template"]["spec"])))
}

/// Whether the API server accepts these fields of a HorizontalPodAutoscaler and keeps them
async fn autoscaler_kept(client: &Client, namespace: &str, fields: Value) -> Result<bool, kube::Error> {
    let target = json!({"apiVersion": ecs_crds::API_VERSION, "kind": "EcsService", "name": "probe"});
    let mut spec = json!({"maxReplicas": 1, "scaleTargetRef": target});
    if let (Some(spec), Some(fields)) = (spec.as_object_mut(), fields.as_object()) {
        spec.extend(fields.clone());
    }
    let there = dry_run(client, namespace, ChildKind::HorizontalPodAutoscaler, &spec).await?;
    Ok(there.is_some_and(|there| covers(&fields, &there)))
}

/// The spec that the API server would store; none where it refuses it
async fn dry_run(
    client: &Client,
    namespace: &str,
    kind: ChildKind,
    spec: &Value,
) -> Result<Option<Value>, kube::Error> {
    let name = "ecs-operator-probe";
    let manifest = json!({
        "apiVersion": kind.api_version(), "kind": kind.kind(), "metadata": {"name": name}, "spec": spec,
    });
    let params =
        PatchParams { dry_run: true, force: true, field_manager: Some(MANAGER.to_owned()), field_validation: None };
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource(kind));
    match api.patch(name, &params, &Patch::Apply(&manifest)).await {
        Ok(mut answer) => Ok(Some(answer.data["spec"].take())),
        Err(kube::Error::Api(status)) if matches!(status.code, 400 | 422 | 500) => Ok(None),
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
