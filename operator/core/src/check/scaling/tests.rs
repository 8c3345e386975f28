//! `autoScaling` as data: what is refused, what is told, and what is left of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::check;
use crate::config::{Capabilities, Context, ExternalMetric, OperatorConfig};
use crate::model::scaling::{Metric, Resource};
use crate::model::service::Service;

fn context() -> Context {
    let metric = |name: &str| ExternalMetric { name: name.to_owned(), labels: [("app".into(), name.into())].into() };
    let known = [
        ("ALBRequestCountPerTarget".to_owned(), metric("requests")),
        ("Queues/Depth/Queue=orders".to_owned(), metric("depth")),
    ];
    Context {
        config: OperatorConfig { external_metrics: known.into(), ..OperatorConfig::default() },
        capabilities: Capabilities { hpa_tolerance: true, ..Capabilities::default() },
        ..Context::default()
    }
}

/// The model, and `path code` of what is found, with `autoScaling` of a service `web`
fn scaled(scaling: Value) -> (Option<Service>, Vec<String>) {
    let spec = json!({"taskDefinition": "web", "desiredCount": 2, "autoScaling": scaling});
    let spec = serde_json::from_value(spec).unwrap();
    let checked = check::service(&spec, "web", &BTreeSet::new(), &context());
    (checked.model, checked.findings.iter().map(|f| format!("{} {}", f.path, f.code)).collect())
}

fn tracking(configuration: Value) -> Value {
    json!({"minCapacity": 1, "maxCapacity": 9, "policies": [{
        "policyName": "p", "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": configuration,
    }]})
}

fn action(action: Value) -> Value {
    json!({"minCapacity": 1, "maxCapacity": 9, "scheduledActions": [action]})
}

#[test]
fn what_no_service_can_mean_is_refused_at_its_path() {
    let cpu = json!({"predefinedMetricType": "ECSServiceAverageCPUUtilization"});
    let step = json!({"policyName": "p", "policyType": "TargetTrackingScaling", "stepScalingPolicyConfiguration": {}});
    for (scaling, expected) in [
        (json!({"minCapacity": 1}), "/autoScaling/maxCapacity RequiredField"),
        (json!({"minCapacity": 3, "maxCapacity": 2}), "/autoScaling/maxCapacity InvalidValue"),
        (json!({"minCapacity": -1, "maxCapacity": 2}), "/autoScaling/maxCapacity InvalidValue"),
        (
            json!({"minCapacity": 1, "maxCapacity": 2, "resourceId": "service/c/other"}),
            "/autoScaling/resourceId InvalidValue",
        ),
        (
            json!({"minCapacity": 1, "maxCapacity": 2, "policies": [step]}),
            "/autoScaling/policies/0/policyType InvalidValue",
        ),
        (
            tracking(json!({"targetValue": 60.0})),
            "/autoScaling/policies/0/targetTrackingScalingPolicyConfiguration InvalidValue",
        ),
        (
            tracking(json!({"targetValue": 0.0, "predefinedMetricSpecification": cpu})),
            "/autoScaling/policies/0/targetTrackingScalingPolicyConfiguration/targetValue InvalidValue",
        ),
        (
            action(
                json!({"scheduledActionName": "a", "schedule": "daily", "scalableTargetAction": {"minCapacity": 1}}),
            ),
            "/autoScaling/scheduledActions/0/schedule InvalidSchedule",
        ),
        (
            action(json!({"scheduledActionName": "a", "schedule": "rate(1 day)", "scalableTargetAction": {}})),
            "/autoScaling/scheduledActions/0/scalableTargetAction InvalidValue",
        ),
    ] {
        let (model, found) = scaled(scaling.clone());
        assert!(model.is_none() && found.contains(&expected.to_owned()), "{scaling}: {found:?}");
    }
}

#[test]
fn what_cannot_be_followed_is_told_and_left_out() {
    let custom = |metric: Value| tracking(json!({"targetValue": 10.0, "customizedMetricSpecification": metric}));
    let at = "/autoScaling/policies/0";
    let configured = format!("{at}/targetTrackingScalingPolicyConfiguration");
    let policy =
        |member: &str| json!({"minCapacity": 1, "maxCapacity": 2, "policies": [{"policyName": "p", member: {}}]});
    for (scaling, expected) in [
        (policy("stepScalingPolicyConfiguration"), format!("{at} StepScalingUnsupported")),
        (
            custom(json!({"namespace": "Queues", "metricName": "Depth"})),
            format!("{configured}/customizedMetricSpecification MetricUnavailable"),
        ),
        (
            custom(json!({"metrics": [{"id": "a", "expression": "b/c", "returnData": true}]})),
            format!("{configured}/customizedMetricSpecification MetricUnavailable"),
        ),
    ] {
        let (model, found) = scaled(scaling.clone());
        assert_eq!(model.unwrap().scaling.unwrap().tracking, [], "{scaling}");
        assert_eq!(found, [expected], "{scaling}");
    }
}

#[test]
fn a_metric_is_a_resource_or_what_the_administrator_says() {
    let predefined =
        |kind: &str| json!({"targetValue": 60.5, "predefinedMetricSpecification": {"predefinedMetricType": kind}});
    let dimensions = json!([{"name": "Queue", "value": "orders"}]);
    let stat = json!({"namespace": "Queues", "metricName": "Depth", "dimensions": dimensions});
    let external = |name: &str| Metric::External { name: name.into(), labels: [("app".into(), name.into())].into() };
    for (configuration, expected) in [
        (predefined("ECSServiceAverageCPUUtilization"), Metric::Utilization(Resource::Cpu)),
        (predefined("ECSServiceAverageMemoryUtilization"), Metric::Utilization(Resource::Memory)),
        (predefined("ALBRequestCountPerTarget"), external("requests")),
        (json!({"targetValue": 5.0, "customizedMetricSpecification": stat}), external("depth")),
        (
            json!({"targetValue": 5.0, "customizedMetricSpecification": {"metrics": [
                {"id": "m", "metricStat": {"metric": stat, "stat": "Sum"}},
            ]}}),
            external("depth"),
        ),
    ] {
        let found = scaled(tracking(configuration.clone())).0.unwrap().scaling.unwrap();
        assert_eq!(found.tracking.iter().map(|t| &t.metric).collect::<Vec<_>>(), [&expected], "{configuration}");
    }
}
