//! The canonical form of a service with its scaling (mapping specification, 14.3 and 14.4).
//!
//! *Not here*: which members leave a comparison because something else owns them (`desiredCount` under scaling), and the numbers
//! of task definitions on either side: the sync knows those.

use serde_json::{Map, Value, json};

use ecs_crds::EcsServiceSpec;

use super::{Context, Default, Defaults, Rules, Sets, canonical, strip_our_tags};
use crate::names::cluster_name;

/// Identity, calls' own members, and what is only reported
const NO_CONTENT: &[&str] = &[
    "cluster",
    "serviceName",
    "clientToken",
    "kubernetes",
    "role",
    "serviceArn",
    "clusterArn",
    "status",
    "runningCount",
    "pendingCount",
    "deployments",
    "taskSets",
    "events",
    "roleArn",
    "createdAt",
    "createdBy",
    "currentServiceDeployment",
    "currentServiceRevisions",
    "platformFamily",
    "resourceManagementType",
];

/// What of scaling only names the service, or is only reported
const SCALING_NO_CONTENT: &[&str] = &[
    "serviceNamespace",
    "resourceId",
    "scalableDimension",
    "scalableTargetARN",
    "roleARN",
    "creationTime",
    "predictedCapacity",
    "policyARN",
    "scheduledActionARN",
    "alarms",
];

const RULES: Rules = Rules { defaults: DEFAULTS, sets: SETS, contextual };

const DEFAULTS: Defaults = &[
    ("autoScaling.policies[].stepScalingPolicyConfiguration.cooldown", Default::Number(300)),
    ("autoScaling.policies[].targetTrackingScalingPolicyConfiguration.disableScaleIn", Default::False),
    ("autoScaling.policies[].targetTrackingScalingPolicyConfiguration.scaleInCooldown", Default::Number(300)),
    ("autoScaling.policies[].targetTrackingScalingPolicyConfiguration.scaleOutCooldown", Default::Number(300)),
    ("autoScaling.scheduledActions[].timezone", Default::Text("UTC")),
    ("autoScaling.suspendedState.dynamicScalingInSuspended", Default::False),
    ("autoScaling.suspendedState.dynamicScalingOutSuspended", Default::False),
    ("autoScaling.suspendedState.scheduledScalingSuspended", Default::False),
    ("capacityProviderStrategy[].base", Default::Number(0)),
    ("capacityProviderStrategy[].weight", Default::Number(0)),
    ("deploymentConfiguration.alarms.enable", Default::False),
    ("deploymentConfiguration.alarms.rollback", Default::False),
    ("deploymentConfiguration.bakeTimeInMinutes", Default::Number(0)),
    ("deploymentConfiguration.deploymentCircuitBreaker.enable", Default::False),
    ("deploymentConfiguration.deploymentCircuitBreaker.resetOnHealthyTask", Default::True),
    ("deploymentConfiguration.deploymentCircuitBreaker.rollback", Default::False),
    ("deploymentConfiguration.earlySuccessCriteria.enable", Default::False),
    ("deploymentConfiguration.strategy", Default::Text("ROLLING")),
    ("deploymentController.type", Default::Text("ECS")),
    ("enableECSManagedTags", Default::False),
    ("enableExecuteCommand", Default::False),
    ("healthCheckGracePeriodSeconds", Default::Number(0)),
    ("networkConfiguration.awsvpcConfiguration.assignPublicIp", Default::Text("DISABLED")),
    ("platformVersion", Default::Text("LATEST")),
    ("propagateTags", Default::Text("NONE")),
    ("schedulingStrategy", Default::Text("REPLICA")),
    ("serviceConnectConfiguration.enabled", Default::False),
];

const SETS: Sets = &[
    ("autoScaling.policies[]", &["policyName"]),
    ("autoScaling.scheduledActions[]", &["scheduledActionName"]),
    ("capacityProviderStrategy[]", &["capacityProvider"]),
    ("deploymentConfiguration.alarms.alarmNames[]", &[]),
    ("deploymentConfiguration.lifecycleHooks[]", &["hookTargetArn"]),
    ("deploymentConfiguration.lifecycleHooks[].lifecycleStages[]", &[]),
    ("loadBalancers[]", &["targetGroupArn", "loadBalancerName", "containerName", "containerPort"]),
    ("networkConfiguration.awsvpcConfiguration.securityGroups[]", &[]),
    ("networkConfiguration.awsvpcConfiguration.subnets[]", &[]),
    ("placementConstraints[]", &["type", "expression"]),
    ("serviceConnectConfiguration.services[]", &["portName"]),
    ("serviceRegistries[]", &["registryArn", "containerName", "containerPort"]),
    ("tags[]", &["key"]),
    ("volumeConfigurations[]", &["name"]),
    ("vpcLatticeConfigurations[]", &["targetGroupArn", "portName"]),
];

/// The canonical form of a service, its scaling under `autoScaling`
#[must_use]
pub fn service(spec: &EcsServiceSpec) -> Value {
    let Ok(Value::Object(mut document)) = serde_json::to_value(spec) else {
        return Value::Null;
    };
    for key in NO_CONTENT {
        document.remove(*key);
    }
    strip_our_tags(&mut document);
    if let Some(Value::Object(scaling)) = document.get_mut("autoScaling") {
        scaling_content(scaling);
    }
    let daemon = document.get("schedulingStrategy").is_some_and(|strategy| strategy == "DAEMON");
    if daemon {
        document.remove("desiredCount");
    }
    if let Some(Value::Object(configuration)) = document.get_mut("deploymentConfiguration") {
        percentages(configuration, daemon);
    }
    canonical("", Value::Object(document), &Context::plain(&RULES)).unwrap_or_else(|| Value::Object(Map::new()))
}

fn scaling_content(scaling: &mut Map<String, Value>) {
    let lists: Vec<&mut Value> = scaling
        .iter_mut()
        .filter(|(key, _)| *key == "policies" || *key == "scheduledActions")
        .map(|(_, v)| v)
        .collect();
    for item in lists.into_iter().filter_map(Value::as_array_mut).flatten().filter_map(Value::as_object_mut) {
        item.retain(|key, _| !SCALING_NO_CONTENT.contains(&key.as_str()));
    }
    scaling.retain(|key, _| !SCALING_NO_CONTENT.contains(&key.as_str()));
}

/// What ECS fills in depends on the scheduling strategy; a DAEMON's may also say what ECS shows of it elsewhere
fn percentages(configuration: &mut Map<String, Value>, daemon: bool) {
    let pair = (configuration.get("maximumPercent").cloned(), configuration.get("minimumHealthyPercent").cloned());
    let replica = (Some(json!(200)), Some(json!(100)));
    let both = pair == replica || (daemon && pair == (Some(json!(100)), Some(json!(0))));
    let (maximum, healthy) = if daemon { (100, 0) } else { (200, 100) };
    if both || configuration.get("maximumPercent") == Some(&json!(maximum)) {
        configuration.remove("maximumPercent");
    }
    if both || configuration.get("minimumHealthyPercent") == Some(&json!(healthy)) {
        configuration.remove("minimumHealthyPercent");
    }
}

fn contextual(path: &str, members: &mut Map<String, Value>, _: &Context) {
    match path {
        "deploymentConfiguration.deploymentCircuitBreaker.thresholdConfiguration"
            if members.get("type").is_some_and(|t| t == "BOUNDED_PERCENT")
                && members.get("value") == Some(&json!(50)) =>
        {
            members.clear();
        }
        "placementStrategy[]" => {
            if let Some(Value::String(field)) = members.get_mut("field") {
                let lower = field.to_lowercase();
                *field = if lower == "host" || lower == "instanceid" { "instanceId".to_owned() } else { lower };
            }
        }
        "serviceConnectConfiguration.services[]" if members.get("discoveryName") == members.get("portName") => {
            members.remove("discoveryName");
        }
        "serviceConnectConfiguration" => {
            if let Some(Value::String(namespace)) = members.get_mut("namespace") {
                *namespace = cluster_name(namespace).to_owned();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(spec: Value) -> Value {
        service(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn what_ecs_fills_in_makes_no_difference() {
        let plain = json!({"serviceName": "web", "taskDefinition": "web:1", "desiredCount": 2});
        for filled in [
            // V159
            json!({"deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING",
                "deploymentCircuitBreaker": {"enable": false, "rollback": false},
                "alarms": {"alarmNames": [], "enable": false, "rollback": false}}}),
            json!({"schedulingStrategy": "REPLICA", "propagateTags": "NONE", "deploymentController": {"type": "ECS"}}),
            json!({"loadBalancers": [], "serviceRegistries": [], "placementConstraints": [], "placementStrategy": []}),
            json!({"serviceArn": "arn", "clusterArn": "arn", "status": "ACTIVE", "events": [], "runningCount": 2}),
            json!({"serviceConnectConfiguration": {"enabled": false}}),
            json!({"tags": [{"key": "ecs-operator.dev/uid", "value": "1"}], "kubernetes": {"workload": "Hold"}}),
        ] {
            let mut whole = plain.clone();
            whole.as_object_mut().unwrap().extend(filled.as_object().unwrap().clone());
            assert_eq!(of(whole), of(plain.clone()), "{filled}");
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in [
            (json!({"desiredCount": 1}), json!({"desiredCount": 2})),
            (json!({"deploymentConfiguration": {"maximumPercent": 150}}), json!({})),
            (
                json!({"schedulingStrategy": "DAEMON", "deploymentConfiguration": {"maximumPercent": 150}}),
                json!({"schedulingStrategy": "DAEMON"}),
            ),
            (
                json!({"placementStrategy": [{"type": "spread", "field": "host"}, {"type": "random"}]}),
                json!({"placementStrategy": [{"type": "random"}, {"type": "spread", "field": "host"}]}),
            ),
        ] {
            assert_ne!(of(one.clone()), of(other), "{one}");
        }
    }

    #[test]
    fn sets_and_spellings_make_no_difference() {
        for (one, other) in [
            // V162
            (
                json!({"placementStrategy": [{"type": "spread", "field": "host"}]}),
                json!({"placementStrategy": [{"type": "spread", "field": "instanceId"}]}),
            ),
            (
                json!({"schedulingStrategy": "DAEMON", "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0}}),
                json!({"schedulingStrategy": "DAEMON"}),
            ),
            (
                json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["b", "a"], "assignPublicIp": "DISABLED", "securityGroups": []}}}),
                json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a", "b"]}}}),
            ),
            (
                json!({"autoScaling": {"minCapacity": 1, "resourceId": "service/c/web",
                "policies": [{"policyName": "b"}, {"policyName": "a", "policyARN": "arn", "alarms": [{"alarmName": "x"}]}]}}),
                json!({"autoScaling": {"minCapacity": 1, "policies": [{"policyName": "a"}, {"policyName": "b"}],
                "suspendedState": {"dynamicScalingInSuspended": false}}}),
            ),
        ] {
            assert_eq!(of(one.clone()), of(other), "{one}");
        }
    }
}
