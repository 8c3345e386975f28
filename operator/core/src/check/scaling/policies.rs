//! `autoScaling.policies[]`: what tracks a metric, and what this cluster cannot follow.

use std::collections::BTreeSet;

use ecs_crds::ecs::{
    CustomizedMetricSpecification, PredefinedMetricSpecification, ScalingPolicy, TargetTrackingMetricDataQuery,
    TargetTrackingScalingPolicyConfiguration,
};
use ecs_crds::status::Class;

use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::scaling::{Metric, Resource, Tracking};

/// ECS's default of both cooldowns, in seconds
const COOLDOWN: i64 = 300;

/// The policies that can be followed; every other one is a finding
pub(super) fn policies(
    given: &[ScalingPolicy],
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Vec<Tracking> {
    let mut names = BTreeSet::new();
    let mut tracking = Vec::new();
    for (index, policy) in given.iter().enumerate() {
        let path = path.index(index);
        if policy.policy_name.as_ref().is_some_and(|name| !names.insert(name)) {
            let message = "another policy has this name; each needs one of its own";
            findings.block(&path.key("policyName"), Class::Exact, "InvalidValue", message);
        }
        tracking.extend(self::policy(policy, &path, context, findings));
    }
    told_together(&tracking, path, context, findings);
    tracking
}

fn policy(given: &ScalingPolicy, path: &Path, context: &Context, findings: &mut Findings) -> Option<Tracking> {
    let ScalingPolicy {
        policy_name: _,
        policy_type,
        step_scaling_policy_configuration: step,
        target_tracking_scaling_policy_configuration: target,
        predictive_scaling_policy_configuration: predictive,
        unknown: _,
    } = given;
    let there: Vec<&str> = [
        ("StepScaling", step.is_some()),
        ("TargetTrackingScaling", target.is_some()),
        ("PredictiveScaling", predictive.is_some()),
    ]
    .into_iter()
    .filter_map(|(kind, is)| is.then_some(kind))
    .collect();
    let kind = policy_type.as_deref().or(there.first().copied()).unwrap_or("StepScaling");
    if there != [kind] {
        let message = format!("a policy of the type {kind} has the configuration of that type, and no other");
        findings.block(&path.key("policyType"), Class::Exact, "InvalidValue", message);
        return None;
    }
    match kind {
        "TargetTrackingScaling" => {
            let path = path.key("targetTrackingScalingPolicyConfiguration");
            self::tracking(target.as_ref()?, &path, context, findings)
        }
        "PredictiveScaling" => {
            let message =
                "nothing here forecasts, so this policy scales nothing; use target tracking or scheduled actions";
            findings.warn(path, Class::Unsupported, "PredictiveScalingUnsupported", message);
            None
        }
        _ => {
            let message = "the steps go by a CloudWatch alarm that nobody here can be asked about, so this policy scales \
                           nothing; use target tracking";
            findings.warn(path, Class::Unsupported, "StepScalingUnsupported", message);
            None
        }
    }
}

fn tracking(
    given: &TargetTrackingScalingPolicyConfiguration,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Option<Tracking> {
    let TargetTrackingScalingPolicyConfiguration {
        target_value,
        predefined_metric_specification: predefined,
        customized_metric_specification: customized,
        scale_out_cooldown,
        scale_in_cooldown,
        disable_scale_in,
        unknown: _,
    } = given;
    for (member, cooldown) in [("scaleOutCooldown", scale_out_cooldown), ("scaleInCooldown", scale_in_cooldown)] {
        if cooldown.is_some_and(|seconds| seconds < 0) {
            findings.block(&path.key(member), Class::Exact, "InvalidValue", "a cooldown is at least 0 seconds");
        }
    }
    let metric = match (predefined, customized) {
        (Some(predefined), None) => {
            self::predefined(predefined, &path.key("predefinedMetricSpecification"), context, findings)?
        }
        (None, Some(customized)) => {
            self::customized(customized, &path.key("customizedMetricSpecification"), context, findings)?
        }
        _ => {
            let message = "target tracking has one metric: give predefinedMetricSpecification or \
                           customizedMetricSpecification";
            findings.block(path, Class::Exact, "InvalidValue", message);
            return None;
        }
    };
    let target = (*target_value)?;
    if target <= 0.0 {
        let message = "a metric cannot be kept at this value here; it is above 0";
        findings.block(&path.key("targetValue"), Class::Unsupported, "InvalidValue", message);
        return None;
    }
    if matches!(metric, Metric::Utilization(_)) && target.fract() != 0.0 {
        let message = "percentages are whole here; the value is rounded";
        findings.info(&path.key("targetValue"), Class::Approximate, "TargetValueRounded", message);
    }
    Some(Tracking {
        path: path.clone(),
        metric,
        target,
        scale_out_cooldown: *scale_out_cooldown,
        scale_in_cooldown: scale_in_cooldown.unwrap_or(COOLDOWN),
        disable_scale_in: *disable_scale_in == Some(true),
    })
}

fn predefined(
    given: &PredefinedMetricSpecification,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Option<Metric> {
    let PredefinedMetricSpecification { predefined_metric_type, resource_label, unknown: _ } = given;
    match predefined_metric_type.as_deref()? {
        "ECSServiceAverageCPUUtilization" | "ECSServiceAverageCPUUtilizationHighResolution" => {
            Some(Metric::Utilization(Resource::Cpu))
        }
        "ECSServiceAverageMemoryUtilization" | "ECSServiceAverageMemoryUtilizationHighResolution" => {
            let message = "the working set is measured, which is not quite what Docker measures";
            findings.info(path, Class::Approximate, "MemoryMeasuredOtherwise", message);
            Some(Metric::Utilization(Resource::Memory))
        }
        metric @ "ALBRequestCountPerTarget" => {
            let whole = resource_label.as_ref().map(|label| format!("{metric}/{label}"));
            external(whole.as_deref(), metric, path, context, findings)
        }
        other => {
            let message =
                format!("`{other}` is no metric of an ECS service; use one of ECSService… or ALBRequestCountPerTarget");
            findings.block(&path.key("predefinedMetricType"), Class::Unsupported, "InvalidValue", message);
            None
        }
    }
}

fn customized(
    given: &CustomizedMetricSpecification,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Option<Metric> {
    let CustomizedMetricSpecification {
        metric_name,
        namespace,
        dimensions,
        // The series that the administrator names has its statistic and unit already
        statistic: _,
        unit: _,
        metrics,
        unknown: _,
    } = given;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (namespace, name, dimensions): (_, _, Vec<(String, String)>) = match metrics.as_deref().unwrap_or_default() {
        [] => {
            let dimensions = dimensions.iter().flatten().map(|d| (text(&d.name), text(&d.value)));
            (text(namespace), text(metric_name), dimensions.collect())
        }
        [TargetTrackingMetricDataQuery { metric_stat: Some(stat), .. }] => {
            let metric = stat.metric.clone().unwrap_or_default();
            let dimensions = metric.dimensions.iter().flatten().map(|d| (text(&d.name), text(&d.value)));
            (text(&metric.namespace), text(&metric.metric_name), dimensions.collect())
        }
        _ => {
            let message =
                "nothing here calculates with metrics of CloudWatch, so this policy scales nothing; use one metric";
            findings.warn(path, Class::Unsupported, "MetricUnavailable", message);
            return None;
        }
    };
    let bare = format!("{namespace}/{name}");
    let dimensions: BTreeSet<String> = dimensions.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let whole = format!("{bare}/{}", dimensions.into_iter().collect::<Vec<_>>().join(","));
    external(Some(&whole), &bare, path, context, findings)
}

/// The metric that stands for one of CloudWatch; `whole` names the series, `bare` the metric
fn external(
    whole: Option<&str>,
    bare: &str,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Option<Metric> {
    let known = &context.config.external_metrics;
    let found = whole.and_then(|whole| known.get(whole)).or_else(|| known.get(bare));
    if found.is_none() {
        let message = format!(
            "nothing in this cluster stands for the metric `{}`, so this policy scales nothing; name one of the external \
             metrics API in externalMetrics of the operator's configuration",
            whole.unwrap_or(bare)
        );
        findings.warn(path, Class::Equivalent, "MetricUnavailable", message);
    }
    found.map(|found| Metric::External { name: found.name.clone(), labels: found.labels.clone() })
}

/// What several policies mean together, and what the cluster makes of them
fn told_together(tracking: &[Tracking], path: &Path, context: &Context, findings: &mut Findings) {
    let disabled = tracking.iter().filter(|t| t.disable_scale_in).count();
    if disabled > 0 && disabled < tracking.len() {
        let message = "a policy that only scales out also keeps the others from scaling in below what it asks for";
        findings.info(path, Class::Approximate, "DisableScaleInMixed", message);
    }
    let differ = |of: fn(&Tracking) -> Option<i64>| tracking.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
    if differ(|t| t.scale_out_cooldown) || differ(|t| Some(t.scale_in_cooldown)) {
        let message =
            "one cooldown holds for all policies: the shortest after scaling out, the longest before scaling in";
        findings.info(path, Class::Approximate, "CooldownsJoined", message);
    }
    if !tracking.is_empty() && !context.capabilities.hpa_tolerance {
        let message = "this cluster scales only where a metric is 10 % off its target, either way; ECS scales out above it, \
                       and in below 90 % of it";
        findings.info(path, Class::Approximate, "ToleranceOfCluster", message);
    }
}
