//! Target tracking as a HorizontalPodAutoscaler on the scale subresource of the EcsService (mapping specification, 12B).
//!
//! *Not here*: the bounds that hold now, an argument; scheduled actions, which the operator carries out.

mod requests;

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, ExternalMetricSource, HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscaler,
    HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec, MetricTarget,
    ResourceMetricSource,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};

use crate::config::Capabilities;
use crate::model::scaling::{Bounds, Metric, Scaling, Tracking};

pub(super) use requests::request;

/// How long growth is bounded where the spec names no cooldown, in seconds
const GROWTH: i64 = 60;

/// The autoscaler of a service; none where no policy can be followed, or no task is ever to run
pub(super) fn autoscaler(
    scaling: &Scaling,
    bounds: Bounds,
    metadata: ObjectMeta,
    owner: &OwnerReference,
    capabilities: Capabilities,
) -> Option<HorizontalPodAutoscaler> {
    if scaling.tracking.is_empty() || bounds.max < 1 {
        return None;
    }
    Some(HorizontalPodAutoscaler {
        metadata,
        spec: HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some(owner.api_version.clone()),
                kind: owner.kind.clone(),
                name: owner.name.clone(),
            },
            min_replicas: Some(if bounds.min == 0 && to_zero(scaling, capabilities) { 0 } else { bounds.min.max(1) }),
            max_replicas: bounds.max,
            metrics: Some(scaling.tracking.iter().map(metric).collect()),
            behavior: Some(behavior(scaling, capabilities)),
        },
        status: None,
    })
}

/// Whether the autoscaler may go down to no task: Kubernetes also wants a metric that is there without tasks
#[must_use]
pub fn to_zero(scaling: &Scaling, capabilities: Capabilities) -> bool {
    let without_tasks = |tracking: &Tracking| matches!(tracking.metric, Metric::External { .. });
    capabilities.hpa_scale_to_zero && scaling.tracking.iter().any(without_tasks)
}

fn metric(tracking: &Tracking) -> MetricSpec {
    match &tracking.metric {
        Metric::Utilization(resource) => MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(ResourceMetricSource {
                name: resource.name().to_owned(),
                target: MetricTarget {
                    type_: "Utilization".to_owned(),
                    // Percent, rounded half up
                    average_utilization: Some(((tracking.target + 0.5).floor() as i32).max(1)),
                    ..MetricTarget::default()
                },
            }),
            ..MetricSpec::default()
        },
        Metric::External { name, labels } => MetricSpec {
            type_: "External".to_owned(),
            external: Some(ExternalMetricSource {
                metric: MetricIdentifier {
                    name: name.clone(),
                    selector: (!labels.is_empty())
                        .then(|| LabelSelector { match_labels: Some(labels.clone()), ..LabelSelector::default() }),
                },
                target: MetricTarget {
                    type_: "Value".to_owned(),
                    value: Some(quantity(tracking.target)),
                    ..MetricTarget::default()
                },
            }),
            ..MetricSpec::default()
        },
    }
}

/// A number as the API server writes it: whole, or in thousandths
fn quantity(number: f64) -> Quantity {
    let thousandths = (number * 1000.0).round().max(1.0) as i64;
    Quantity(if thousandths % 1000 == 0 { (thousandths / 1000).to_string() } else { format!("{thousandths}m") })
}

/// Cooldowns, suspended states and tolerances
fn behavior(scaling: &Scaling, capabilities: Capabilities) -> HorizontalPodAutoscalerBehavior {
    let tracking = &scaling.tracking;
    let out = tracking.iter().map(|t| t.scale_out_cooldown.unwrap_or(GROWTH)).min().unwrap_or(GROWTH);
    let wait = tracking.iter().map(|t| t.scale_in_cooldown).max().unwrap_or(0);
    let only_out = tracking.iter().all(|t| t.disable_scale_in);
    let select = |rests: bool| Some(if rests { "Disabled" } else { "Max" }.to_owned());
    let policy = |type_: &str, value: i32, period_seconds: i32| HPAScalingPolicy {
        type_: type_.to_owned(),
        value,
        period_seconds,
    };
    let tolerance = |of: &str| capabilities.hpa_tolerance.then(|| Quantity(of.to_owned()));
    let period = seconds(out, 1, 1800);
    HorizontalPodAutoscalerBehavior {
        scale_up: Some(HPAScalingRules {
            stabilization_window_seconds: Some(0),
            policies: Some(vec![policy("Percent", 100, period), policy("Pods", 4, period)]),
            select_policy: select(scaling.suspended.scale_out),
            tolerance: tolerance("0"),
        }),
        scale_down: Some(HPAScalingRules {
            stabilization_window_seconds: Some(seconds(wait, 0, 3600)),
            policies: Some(vec![policy("Percent", 100, 60)]),
            select_policy: select(only_out || scaling.suspended.scale_in),
            tolerance: tolerance("100m"),
        }),
    }
}

fn seconds(seconds: i64, least: i32, most: i32) -> i32 {
    i32::try_from(seconds).unwrap_or(most).clamp(least, most)
}
