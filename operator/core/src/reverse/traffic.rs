//! Services → Service Connect; a HorizontalPodAutoscaler → target tracking.

use k8s_openapi::api::autoscaling::v2::{
    HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget, ResourceMetricSource,
};
use k8s_openapi::api::core::v1::{Service, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};

use super::{Members, Report};
use crate::findings::Path;

/// `serviceConnectConfiguration`: the names by which others find the tasks. Ports that it speaks of get a name where they
/// have none
pub(super) fn service_connect(
    services: &[&Service],
    task: &mut Members,
    path: &Path,
    report: &mut Report<'_>,
) -> Value {
    let mut offered = Vec::new();
    for service in services {
        let name = service.metadata.name.clone().unwrap_or_default();
        let Some(spec) = &service.spec else { continue };
        left_out(&name, spec, path, report);
        let headless = spec.cluster_ip.as_deref() == Some("None");
        let message = format!(
            "the headless Service `{name}` needs a service of Cloud Map; make one and name it in serviceRegistries"
        );
        report.lost(headless, path, "LossHeadlessService", &message);
        if headless {
            continue;
        }
        for port in spec.ports.iter().flatten() {
            let target = port.target_port.clone().unwrap_or(IntOrString::Int(port.port));
            match port_name(task, &target) {
                Some(mapping) => offered.push(json!({
                    "portName": mapping,
                    "discoveryName": if offered.is_empty() { name.clone() } else { format!("{name}-{}", port.port) },
                    "clientAliases": [{"port": port.port, "dnsName": name}],
                })),
                None => {
                    let message =
                        format!("the Service `{name}` leads to a port that no container names; give it in `ports`");
                    report.lost(true, path, "LossServicePort", &message);
                }
            }
        }
    }
    if offered.is_empty() { Value::Null } else { json!({"enabled": true, "services": offered}) }
}

fn left_out(name: &str, spec: &ServiceSpec, path: &Path, report: &mut Report<'_>) {
    let outside = matches!(spec.type_.as_deref(), Some("NodePort" | "LoadBalancer"));
    let message = format!(
        "the Service `{name}` is reached from outside; make a load balancer and a target group, and name it in loadBalancers"
    );
    report.lost(outside, path, "LossLoadBalancer", &message);
    let sticky = spec.session_affinity.as_deref().is_some_and(|a| a != "None");
    let special =
        sticky || spec.traffic_distribution.is_some() || spec.internal_traffic_policy.as_deref() == Some("Local");
    let message =
        format!("Service Connect chooses among tasks by itself; what the Service `{name}` says of it is left out");
    report.lost(special, path, "LossServiceRouting", &message);
}

/// The name of the port mapping that a Service means; one that has none gets one
fn port_name(task: &mut Members, target: &IntOrString) -> Option<String> {
    let containers = task.0.get_mut("containerDefinitions")?.as_array_mut()?;
    let mappings = containers.iter_mut().filter_map(|c| c.get_mut("portMappings")?.as_array_mut()).flatten();
    let meant = |mapping: &&mut Value| match target {
        IntOrString::Int(port) => mapping["containerPort"] == *port,
        IntOrString::String(name) => mapping["name"] == name.as_str(),
    };
    let mapping = mappings.into_iter().find(meant)?;
    if mapping["name"].is_null() {
        mapping["name"] = format!("port-{}", mapping["containerPort"]).into();
    }
    Some(mapping["name"].as_str()?.to_owned())
}

/// `autoScaling`
pub(super) fn auto_scaling(scaler: &HorizontalPodAutoscaler, path: &Path, report: &mut Report<'_>) -> Value {
    let HorizontalPodAutoscalerSpec { behavior, max_replicas, metrics, min_replicas, scale_target_ref: _ } =
        &scaler.spec;
    let path = path.key("autoscaling");
    let down = behavior.as_ref().and_then(|b| b.scale_down.as_ref()).and_then(|d| d.stabilization_window_seconds);
    let message = "of the HorizontalPodAutoscaler's behaviour the window of scaling in is kept, as its cooldown";
    report.near(behavior.is_some(), &path.key("behavior"), "LossScalingBehavior", message);
    let mut policies = Vec::new();
    for (index, metric) in metrics.iter().flatten().enumerate() {
        match tracked(metric) {
            Some((name, predefined, percent)) => {
                let mut tracking = Members::default();
                tracking.put("targetValue", f64::from(percent));
                tracking.put("predefinedMetricSpecification", json!({"predefinedMetricType": predefined}));
                tracking.put("scaleInCooldown", down.map(Value::from).unwrap_or_default());
                policies.push(json!({
                    "policyName": name,
                    "policyType": "TargetTrackingScaling",
                    "targetTrackingScalingPolicyConfiguration": Value::from(tracking),
                }));
            }
            None => {
                let message = "Application Auto Scaling tracks the use of CPU and memory by itself; give this metric to CloudWatch and a policy of yours";
                report.lost(true, &path.key("metrics").index(index), "LossMetric", message);
            }
        }
    }
    json!({"minCapacity": min_replicas.unwrap_or(1), "maxCapacity": max_replicas, "policies": policies})
}

/// A policy's name, ECS's metric and the percentage that it keeps to
fn tracked(metric: &MetricSpec) -> Option<(&'static str, &'static str, i32)> {
    let ResourceMetricSource { name, target } = metric.resource.as_ref()?;
    let MetricTarget { average_utilization, average_value: _, type_: _, value: _ } = target;
    let (policy, predefined) = match name.as_str() {
        "cpu" => ("cpu", "ECSServiceAverageCPUUtilization"),
        "memory" => ("memory", "ECSServiceAverageMemoryUtilization"),
        _ => return None,
    };
    Some((policy, predefined, (*average_utilization)?))
}
