//! `deploymentConfiguration` → [`Rolling`] and [`Judgement`]: how a deployment goes, and what makes it fail or complete.

use ecs_crds::ecs::{
    DeploymentAlarms, DeploymentCircuitBreaker, DeploymentConfiguration, DeploymentEarlySuccessCriteria,
    ThresholdConfiguration,
};
use ecs_crds::status::Class;
use jiff::SignedDuration;

use crate::config::OperatorConfig;
use crate::findings::{Findings, Path};
use crate::model::deployment::{Alarms, Breaker, EarlySuccess, Judgement, Threshold};
use crate::model::service::{Rolling, Scheduling};

/// Checks the deployment configuration; stages are checked elsewhere
pub(super) fn deployment(
    given: Option<&DeploymentConfiguration>,
    scheduling: Scheduling,
    config: &OperatorConfig,
    findings: &mut Findings,
) -> (Rolling, Judgement) {
    let Some(DeploymentConfiguration {
        deployment_circuit_breaker,
        maximum_percent,
        minimum_healthy_percent,
        alarms,
        strategy,
        bake_time_in_minutes,
        // Stages are a matter of their own
        lifecycle_hooks: _,
        linear_configuration: _,
        canary_configuration: _,
        early_success_criteria,
        unknown: _,
    }) = given
    else {
        return (Rolling::default_of(scheduling), Judgement::default());
    };
    let path = Path::root().key("deploymentConfiguration");
    let rolling = rolling(*minimum_healthy_percent, *maximum_percent, scheduling, &path, findings);
    let alarms = alarms.as_ref().and_then(|a| self::alarms(a, config, &path.key("alarms"), findings));
    if matches!(strategy.as_deref(), Some("BLUE_GREEN" | "CANARY" | "LINEAR")) {
        let (breaker, early) = (deployment_circuit_breaker.as_ref(), early_success_criteria.as_ref());
        for_rolling(
            breaker.and_then(|b| b.enable),
            &path.key("deploymentCircuitBreaker"),
            "CircuitBreakerNotUsed",
            findings,
        );
        for_rolling(early.and_then(|e| e.enable), &path.key("earlySuccessCriteria"), "EarlySuccessNotUsed", findings);
        return (rolling, Judgement { alarms, ..Judgement::default() });
    }
    let breaker = deployment_circuit_breaker.as_ref();
    let early = early_success_criteria.as_ref().and_then(|e| early(e, rolling, &path, findings));
    let watched = alarms.is_some() || early.is_some();
    let judgement = Judgement {
        breaker: breaker.and_then(|b| self::breaker(b, &path.key("deploymentCircuitBreaker"), findings)),
        bake: bake(*bake_time_in_minutes, alarms.is_some(), watched, config, &path, findings),
        alarms,
        early,
    };
    (rolling, judgement)
}

/// What ECS has for rolling deployments alone
fn for_rolling(enabled: Option<bool>, path: &Path, code: &str, findings: &mut Findings) {
    if enabled == Some(true) {
        let message =
            "ECS heeds this in rolling deployments alone; here alarms, hooks and `kubectl ecs rollout abort` roll back";
        findings.info(path, Class::Exact, code, message);
    }
}

/// The bounds of a rolling deployment
fn rolling(
    minimum: Option<i64>,
    maximum: Option<i64>,
    scheduling: Scheduling,
    path: &Path,
    findings: &mut Findings,
) -> Rolling {
    if scheduling == Scheduling::Daemon && maximum.is_some_and(|p| p != 100) {
        let message = "a node runs one task of a DAEMON service, so none starts before another stops; 100 is used";
        findings.info(&path.key("maximumPercent"), Class::Approximate, "MaximumPercentNotApplied", message);
    }
    let replica = scheduling == Scheduling::Replica;
    if replica && maximum.is_some_and(|p| p < 100) {
        let message = "a replica service needs `maximumPercent` of at least 100";
        findings.block(&path.key("maximumPercent"), Class::Exact, "InvalidValue", message);
    }
    let defaults = Rolling::default_of(scheduling);
    let percent = |value: i64, low: i32, high: i32| i32::try_from(value).unwrap_or(high).clamp(low, high);
    Rolling {
        minimum_healthy_percent: minimum.map_or(defaults.minimum_healthy_percent, |p| percent(p, 0, 100)),
        maximum_percent: maximum.filter(|_| replica).map_or(defaults.maximum_percent, |p| percent(p, 100, 100_000)),
    }
}

fn breaker(given: &DeploymentCircuitBreaker, path: &Path, findings: &mut Findings) -> Option<Breaker> {
    let DeploymentCircuitBreaker { enable, rollback, reset_on_healthy_task, threshold_configuration, unknown: _ } =
        given;
    let threshold = threshold_configuration.as_ref();
    let threshold = threshold
        .map_or(Some(Threshold::default()), |t| self::threshold(t, &path.key("thresholdConfiguration"), findings))?;
    enable.unwrap_or_default().then(|| Breaker {
        threshold,
        rollback: rollback.unwrap_or_default(),
        reset_on_healthy_task: reset_on_healthy_task.unwrap_or(true),
    })
}

fn threshold(given: &ThresholdConfiguration, path: &Path, findings: &mut Findings) -> Option<Threshold> {
    let ThresholdConfiguration { r#type, value, unknown: _ } = given;
    let value = (*value)?;
    let of: fn(i64) -> Threshold = match r#type.as_deref()? {
        "COUNT" => Threshold::Count,
        "BOUNDED_PERCENT" => Threshold::BoundedPercent,
        "UNBOUNDED_PERCENT" => Threshold::UnboundedPercent,
        // The vocabulary's check refuses it
        _ => return None,
    };
    if value < 1 {
        let message = format!("`{value}` failed tasks are none; the value is at least 1");
        findings.block(&path.key("value"), Class::Exact, "InvalidValue", message);
        return None;
    }
    Some(of(value))
}

/// The alarms that somebody can be asked about; the others are named
fn alarms(given: &DeploymentAlarms, config: &OperatorConfig, path: &Path, findings: &mut Findings) -> Option<Alarms> {
    let DeploymentAlarms { alarm_names, rollback, enable, unknown: _ } = given;
    if *enable != Some(true) {
        return None;
    }
    let names = alarm_names.as_deref().unwrap_or_default();
    let query = |name: &String| config.alarms.prometheus.as_ref().and(config.alarms.queries.get(name).cloned());
    for (index, name) in names.iter().enumerate().filter(|(_, name)| query(name).is_none()) {
        let message = format!(
            "nobody can be asked about the alarm `{name}`, so it stops no deployment; give alarms.prometheus and \
             alarms.queries in the configuration"
        );
        findings.warn(&path.key("alarmNames").index(index), Class::Unsupported, "AlarmsNotMonitored", message);
    }
    let queries: std::collections::BTreeMap<_, _> =
        names.iter().filter_map(|name| Some((name.clone(), query(name)?))).collect();
    (!queries.is_empty()).then(|| Alarms { queries, rollback: rollback.unwrap_or_default() })
}

fn early(
    given: &DeploymentEarlySuccessCriteria,
    rolling: Rolling,
    path: &Path,
    findings: &mut Findings,
) -> Option<EarlySuccess> {
    let DeploymentEarlySuccessCriteria { enable, healthy_percent, source_service_revision_cleanup, unknown: _ } = given;
    if *enable != Some(true) {
        return None;
    }
    let path = path.key("earlySuccessCriteria");
    let mut required = |member: &str| {
        let message = format!("`{member}` is required where early success criteria are enabled; add it");
        findings.block(&path.key(member), Class::Exact, "RequiredField", message);
    };
    let cleanup = source_service_revision_cleanup.as_deref().or_else(|| {
        required("sourceServiceRevisionCleanup");
        None
    });
    let healthy_percent = healthy_percent.or_else(|| {
        required("healthyPercent");
        None
    })?;
    if healthy_percent < i64::from(rolling.minimum_healthy_percent) {
        let message = format!(
            "{healthy_percent} % is less than the minimumHealthyPercent of {} %; raise it, or lower that",
            rolling.minimum_healthy_percent
        );
        findings.block(&path.key("healthyPercent"), Class::Exact, "InvalidValue", message);
    }
    Some(EarlySuccess { healthy_percent, blocking: cleanup? == "BLOCKING" })
}

/// How long is watched on. ECS computes the time from the alarms themselves, which are not here; so the spec's counts, else
/// the configuration's
fn bake(
    minutes: Option<i64>,
    alarmed: bool,
    watched: bool,
    config: &OperatorConfig,
    path: &Path,
    findings: &mut Findings,
) -> SignedDuration {
    let path = path.key("bakeTimeInMinutes");
    if minutes.is_some_and(|m| !(0..=1440).contains(&m)) {
        findings.block(&path, Class::Exact, "InvalidValue", "a bake time is 0 to 1440 minutes");
    } else if minutes.is_some_and(|m| m > 0) && !watched {
        let message = "a rolling deployment bakes only with alarms that can be asked about, or early success criteria; \
                       it is complete as soon as its tasks are";
        findings.info(&path, Class::Equivalent, "BakeTimeNotUsed", message);
    }
    match minutes {
        _ if !watched => SignedDuration::ZERO,
        Some(minutes) => SignedDuration::from_mins(minutes.clamp(0, 1440)),
        None if alarmed => SignedDuration::from_secs(config.alarms.bake_seconds.into()),
        None => SignedDuration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Prometheus;
    use serde_json::{Value, json};

    /// What a configuration becomes, and the findings about it as `path code`
    fn check(given: Value, config: &OperatorConfig) -> (Judgement, Vec<String>) {
        let mut findings = Findings::default();
        let given: DeploymentConfiguration = serde_json::from_value(given).unwrap();
        let (_, judgement) = deployment(Some(&given), Scheduling::Replica, config, &mut findings);
        let said = findings.iter().map(|f| format!("{} {}", f.path.replace("/deploymentConfiguration", ""), f.code));
        (judgement, said.collect())
    }

    #[test]
    fn a_breaker_is_taken_with_ecs_defaults() {
        let config = OperatorConfig::default();
        let (judgement, said) = check(json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}}), &config);
        let expected =
            Breaker { threshold: Threshold::BoundedPercent(50), rollback: true, reset_on_healthy_task: true };
        assert_eq!((judgement.breaker, said), (Some(expected), vec![]));
        let off = json!({"deploymentCircuitBreaker": {"enable": false, "rollback": true}});
        assert_eq!(check(off, &config).0, Judgement::default());
        let threshold = json!({"type": "COUNT", "value": 0});
        let none = json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true, "thresholdConfiguration": threshold}});
        assert_eq!(check(none, &config).1, ["/deploymentCircuitBreaker/thresholdConfiguration/value InvalidValue"]);
    }

    #[test]
    fn an_alarm_is_watched_where_it_has_a_query_and_named_where_it_has_none() {
        let given = json!({"alarms": {"alarmNames": ["errors", "latency"], "enable": true, "rollback": true}});
        let mut config = OperatorConfig::default();
        let (judgement, said) = check(given.clone(), &config);
        assert_eq!(judgement.alarms, None);
        assert_eq!(said, ["/alarms/alarmNames/0 AlarmsNotMonitored", "/alarms/alarmNames/1 AlarmsNotMonitored"]);

        config.alarms.prometheus = Some(Prometheus { url: "http://prometheus:9090".into() });
        config.alarms.queries.insert("errors".into(), "errors > 1".into());
        let (judgement, said) = check(given, &config);
        assert_eq!(judgement.alarms.map(|a| a.queries.into_keys().collect()), Some(vec!["errors".to_owned()]));
        assert_eq!(judgement.bake, SignedDuration::from_mins(5));
        assert_eq!(said, ["/alarms/alarmNames/1 AlarmsNotMonitored"]);
    }

    #[test]
    fn early_success_needs_both_its_members_and_no_less_than_what_stays_healthy() {
        let config = OperatorConfig::default();
        let early = |members: Value| check(json!({"bakeTimeInMinutes": 3, "earlySuccessCriteria": members}), &config);
        let whole = json!({"enable": true, "healthyPercent": 100, "sourceServiceRevisionCleanup": "DEFERRED"});
        let (judgement, said) = early(whole);
        assert_eq!(judgement.early, Some(EarlySuccess { healthy_percent: 100, blocking: false }));
        assert_eq!((judgement.bake, said), (SignedDuration::from_mins(3), vec![]));
        let less = json!({"enable": true, "healthyPercent": 50, "sourceServiceRevisionCleanup": "BLOCKING"});
        assert_eq!(early(less).1, ["/earlySuccessCriteria/healthyPercent InvalidValue"]);
        let said = early(json!({"enable": true})).1;
        let both = ["healthyPercent RequiredField", "sourceServiceRevisionCleanup RequiredField"];
        assert_eq!(said[1..], both.map(|m| format!("/earlySuccessCriteria/{m}")), "{said:?}");
        assert_eq!(early(json!({"enable": false})).1, ["/bakeTimeInMinutes BakeTimeNotUsed"]);
    }
}
