//! `strategy`, its configuration and `lifecycleHooks` → [`Staged`]: BLUE_GREEN, CANARY and LINEAR (R-BG, R-HOOK).
//!
//! *Not here*: alarms, which judge a deployment of any strategy.

use std::collections::BTreeSet;

use ecs_crds::ecs::{
    CanaryConfiguration, DeploymentConfiguration, DeploymentLifecycleHook, DeploymentLifecycleHookTimeoutConfiguration,
    LinearConfiguration, LoadBalancer,
};
use ecs_crds::status::Class;
use ecs_crds::{HookTarget as WrittenTarget, LifecycleStage, ServiceKind};
use jiff::SignedDuration;

use crate::check::traffic::ALB;
use crate::config::Capabilities;
use crate::findings::{Findings, Path};
use crate::model::staged::{ALL, Backend, Hook, HookTarget, Staged};
use crate::model::traffic::Traffic;

/// The minutes in a day, which is what a step and a bake time may take at most, and what a hook is waited for by default
const DAY: i64 = 1440;

/// What a service says about deployments in stages, and about what it is reached by
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// `deploymentConfiguration`
    pub(super) configuration: Option<&'a DeploymentConfiguration>,
    /// `loadBalancers`
    pub(super) load_balancers: Option<&'a Vec<LoadBalancer>>,
    /// `kubernetes.hookTarget`
    pub(super) hook_target: Option<&'a WrittenTarget>,
    /// `kubernetes.service`
    pub(super) service: Option<ServiceKind>,
    /// Whether it is a DAEMON service
    pub(super) daemon: bool,
    /// What its traffic means
    pub(super) traffic: &'a Traffic,
}

/// How its deployments go on in stages; none where they roll
pub(super) fn staged(words: Words<'_>, capabilities: Capabilities, findings: &mut Findings) -> Option<Staged> {
    let path = Path::root().key("deploymentConfiguration");
    let strategy = words.configuration.and_then(|c| c.strategy.as_deref());
    let strategy = ["BLUE_GREEN", "CANARY", "LINEAR"].into_iter().find(|known| Some(*known) == strategy);
    let Some((strategy, given)) = strategy.zip(words.configuration) else {
        rolls(words, &path, findings);
        return None;
    };
    if words.daemon {
        let message = format!("{strategy} is for REPLICA services: a DAEMON service rolls over its nodes; use ROLLING");
        findings.block(&path.key("strategy"), Class::Exact, "InvalidValue", message);
    }
    let (steps, step_bake) = steps(strategy, given, &path, findings);
    let backend = backend(words, capabilities, steps.len() > 1, &path, findings);
    Some(Staged {
        strategy,
        steps,
        step_bake,
        bake: bake(strategy, given, &path, findings),
        hooks: hooks(given, words.hook_target, &path.key("lifecycleHooks"), findings),
        test_header: test_header(words, backend, findings),
        backend,
    })
}

/// What is said of stages where there are none
fn rolls(words: Words<'_>, path: &Path, findings: &mut Findings) {
    let given = words.configuration;
    if given.is_some_and(|c| c.lifecycle_hooks.as_ref().is_some_and(|hooks| !hooks.is_empty())) {
        let message = "a rolling deployment asks no hook, so this gate would be skipped; choose BLUE_GREEN, CANARY or LINEAR, \
                       or remove it";
        findings.block(&path.key("lifecycleHooks"), Class::Unsupported, "HookNotAsked", message);
    }
    let unused = [
        ("linearConfiguration", given.is_some_and(|c| c.linear_configuration.is_some())),
        ("canaryConfiguration", given.is_some_and(|c| c.canary_configuration.is_some())),
    ];
    for (member, _) in unused.iter().filter(|(_, written)| *written) {
        let message = "a rolling deployment shifts no traffic in steps; set the strategy to use this";
        findings.info(&path.key(member), Class::Exact, "StrategyNotUsed", message);
    }
    for (path, _) in advanced(words.load_balancers) {
        let message = "a rolling deployment has one target group; the alternate one gets no targets";
        findings.info(&path, Class::Exact, "AlternateTargetGroupNotUsed", message);
    }
    for (offer, path) in words.traffic.offers.iter().filter_map(|o| Some((o.test_header.as_ref()?, &o.path))) {
        let message =
            format!("there is no test traffic in a rolling deployment, so the header `{}` sorts out nothing", offer.0);
        findings.warn(&test_rules(path), Class::Unsupported, "TestTrafficRulesIgnored", message);
    }
}

fn test_rules(offer: &Path) -> Path {
    offer.key("clientAliases").index(0).key("testTrafficRules")
}

/// The load balancers with what deployments in stages need
fn advanced(balancers: Option<&Vec<LoadBalancer>>) -> impl Iterator<Item = (Path, &LoadBalancer)> {
    let path = Path::root().key("loadBalancers");
    let each = balancers.into_iter().flatten().enumerate();
    each.filter(|(_, balancer)| balancer.advanced_configuration.is_some())
        .map(move |(index, balancer)| (path.index(index).key("advancedConfiguration"), balancer))
}

/// The steps of the traffic in tenths of a percent, and the time between them
fn steps(
    strategy: &str,
    given: &DeploymentConfiguration,
    path: &Path,
    findings: &mut Findings,
) -> (Vec<i64>, SignedDuration) {
    match strategy {
        "CANARY" => {
            let path = path.key("canaryConfiguration");
            let CanaryConfiguration { canary_percent, canary_bake_time_in_minutes, unknown: _ } =
                given.canary_configuration.clone().unwrap_or_default();
            let percent = permille(canary_percent.unwrap_or(5.0), 1, &path.key("canaryPercent"), findings);
            let wait = minutes(canary_bake_time_in_minutes, 10, &path.key("canaryBakeTimeInMinutes"), findings);
            let first = Some(percent).filter(|percent| *percent < ALL);
            (first.into_iter().chain([ALL]).collect(), wait)
        }
        "LINEAR" => {
            let path = path.key("linearConfiguration");
            let LinearConfiguration { step_percent, step_bake_time_in_minutes, unknown: _ } =
                given.linear_configuration.clone().unwrap_or_default();
            let step = permille(step_percent.unwrap_or(10.0), 30, &path.key("stepPercent"), findings);
            let wait = minutes(step_bake_time_in_minutes, 6, &path.key("stepBakeTimeInMinutes"), findings);
            ((1..).map(|k| k * step).take_while(|p| *p < ALL).chain([ALL]).collect(), wait)
        }
        _ => (vec![ALL], SignedDuration::ZERO),
    }
}

/// A percentage in tenths, at least `least` of them
fn permille(percent: f64, least: i64, path: &Path, findings: &mut Findings) -> i64 {
    let tenths = percent * 10.0;
    let whole = (least..=ALL).find(|tenth| {
        #[expect(clippy::cast_precision_loss, reason = "at most 1000")]
        let tenth = *tenth as f64;
        (tenths - tenth).abs() < 1e-6
    });
    whole.unwrap_or_else(|| {
        let message = format!(
            "`{percent}` is no percentage that ECS takes: write {}.{} to 100.0, in tenths",
            least / 10,
            least % 10
        );
        findings.block(path, Class::Exact, "InvalidValue", message);
        ALL
    })
}

fn minutes(written: Option<i64>, default: i64, path: &Path, findings: &mut Findings) -> SignedDuration {
    if let Some(wrong) = written.filter(|minutes| !(0..=DAY).contains(minutes)) {
        findings.block(
            path,
            Class::Exact,
            "InvalidValue",
            format!("`{wrong}` is no number of minutes from 0 to {DAY}"),
        );
    }
    SignedDuration::from_mins(written.unwrap_or(default).clamp(0, DAY))
}

fn bake(strategy: &str, given: &DeploymentConfiguration, path: &Path, findings: &mut Findings) -> SignedDuration {
    let path = path.key("bakeTimeInMinutes");
    if strategy == "BLUE_GREEN" && given.bake_time_in_minutes.is_none() {
        let message = "`bakeTimeInMinutes` is required for BLUE_GREEN: say how long both revisions run after the shift";
        findings.block(&path, Class::Exact, "RequiredField", message);
    }
    minutes(given.bake_time_in_minutes, 0, &path, findings)
}

/// What shifts the traffic: the first that applies
fn backend(
    words: Words<'_>,
    capabilities: Capabilities,
    in_steps: bool,
    path: &Path,
    findings: &mut Findings,
) -> Backend {
    let traffic = words.traffic;
    if traffic.gateway.is_some() && capabilities.gateway_api {
        return Backend::Route;
    }
    if traffic.ingress.as_ref().is_some_and(|ingress| ingress.class == ALB) {
        return Backend::Ingress;
    }
    let balanced: Vec<Path> = advanced(words.load_balancers).map(|(path, _)| path).collect();
    for path in &balanced {
        let message = "the rules of the listener are AWS's, and nothing here writes them: the target group's targets change with the \
                       Service, all at once; for weights use spec.kubernetes.gateway or spec.kubernetes.ingress";
        findings.warn(path, Class::Approximate, "ListenerRuleNotShifted", message);
    }
    let own = matches!(words.service, Some(ServiceKind::ClusterIP | ServiceKind::Headless));
    let reached = own
        || !balanced.is_empty()
        || !traffic.offers.is_empty()
        || traffic.discovery.is_some()
        || traffic.ingress.is_some()
        || traffic.gateway.is_some();
    if !reached {
        let message = "nothing is named whose traffic could be shifted; give a load balancer with an advancedConfiguration, \
                       serviceConnectConfiguration, spec.kubernetes.gateway, .ingress, or say .service: ClusterIP";
        findings.block(&path.key("strategy"), Class::Unsupported, "TrafficBackendMissing", message);
    }
    if in_steps {
        let message = "a Service takes no weights: the share of the traffic is the share of the tasks, and connections that are \
                       kept stay where they are; for weights use spec.kubernetes.gateway or spec.kubernetes.ingress";
        findings.warn(&path.key("strategy"), Class::Approximate, "TrafficByReplicaRatio", message);
    }
    Backend::Selector
}

/// The header that marks test traffic, where what shifts the traffic can read it
fn test_header(words: Words<'_>, backend: Backend, findings: &mut Findings) -> Option<(String, String)> {
    let mut offers = words.traffic.offers.iter().filter_map(|o| Some((o.test_header.clone()?, &o.path)));
    let (header, path) = offers.next()?;
    if header.0.is_empty() || header.1.is_empty() {
        let message = "test traffic is told by a header and its exact value; give both";
        findings.warn(&test_rules(path), Class::Unsupported, "TestTrafficRulesIgnored", message);
        return None;
    }
    if backend == Backend::Selector {
        let message = "a Service reads no headers: test traffic takes the Service whose name ends in -test";
        findings.warn(&test_rules(path), Class::Unsupported, "TestTrafficRulesIgnored", message);
        return None;
    }
    for (_, other) in offers.filter(|(other, _)| *other != header) {
        let message = "one header marks the test traffic of a service: that of the first name";
        findings.warn(&test_rules(other), Class::Approximate, "TestTrafficRulesIgnored", message);
    }
    Some(header)
}

fn hooks(
    given: &DeploymentConfiguration,
    instead: Option<&WrittenTarget>,
    path: &Path,
    findings: &mut Findings,
) -> Vec<Hook> {
    let hooks = given.lifecycle_hooks.iter().flatten().enumerate();
    hooks.filter_map(|(index, hook)| self::hook(hook, instead, &path.index(index), findings)).collect()
}

fn hook(
    given: &DeploymentLifecycleHook,
    instead: Option<&WrittenTarget>,
    path: &Path,
    findings: &mut Findings,
) -> Option<Hook> {
    let DeploymentLifecycleHook {
        target_type,
        hook_target_arn: _,
        role_arn: _,
        lifecycle_stages,
        hook_details,
        timeout_configuration,
        unknown: _,
    } = given;
    let pauses = target_type.as_deref() == Some("PAUSE");
    let stages = stages(lifecycle_stages.as_deref().unwrap_or_default(), pauses, path, findings);
    let target = if pauses {
        HookTarget::Pause
    } else if let Some(WrittenTarget { job: Some(job) }) = instead {
        let message = "a Job of spec.kubernetes.hookTarget decides in the place of the Lambda function";
        findings.info(path, Class::Equivalent, "HookTargetReplaced", message);
        HookTarget::Job {
            job: job.clone(),
            details: hook_details.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    } else {
        let message = "nothing here calls a Lambda function, and a gate must not be skipped; let a Job of spec.kubernetes.hookTarget \
                       decide, or a person by the target type PAUSE";
        findings.block(path, Class::Unsupported, "HookTargetUnavailable", message);
        return None;
    };
    let DeploymentLifecycleHookTimeoutConfiguration { timeout_in_minutes, action, unknown: _ } =
        timeout_configuration.clone().unwrap_or_default();
    Some(Hook {
        stages,
        target,
        timeout: SignedDuration::from_mins(timeout_in_minutes.unwrap_or(DAY).clamp(1, 20_160)),
        continues: action.as_deref() == Some("CONTINUE"),
    })
}

fn stages(written: &[String], pauses: bool, path: &Path, findings: &mut Findings) -> BTreeSet<LifecycleStage> {
    let path = path.key("lifecycleStages");
    if written.is_empty() {
        let message = "`lifecycleStages` is required and missing; say at which stages the hook is asked";
        findings.block(&path, Class::Exact, "RequiredField", message);
    }
    let mut stages = BTreeSet::new();
    for (index, name) in written.iter().enumerate() {
        // The vocabulary's check refuses other names
        let Some(stage) = LifecycleStage::ALL.into_iter().find(|stage| stage.as_str() == name) else { continue };
        let shifts = matches!(stage, LifecycleStage::TestTrafficShift | LifecycleStage::ProductionTrafficShift);
        if pauses && shifts {
            let message = format!("a PAUSE hook cannot stand at {name}; use the stage before or after it");
            findings.block(&path.index(index), Class::Exact, "InvalidValue", message);
        }
        stages.insert(stage);
    }
    stages
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use crate::check::service;
    use crate::config::Context;
    use crate::model::staged::Staged;

    /// What a service that its Service leads to becomes, and what is found as `path code`
    fn check(configuration: &Value, kubernetes: &Value) -> (Option<Staged>, Vec<String>) {
        let spec = json!({
            "taskDefinition": "web", "desiredCount": 2, "deploymentConfiguration": configuration, "kubernetes": kubernetes,
        });
        let checked = service(&serde_json::from_value(spec).unwrap(), "web", &BTreeSet::new(), &Context::default());
        let found =
            checked.findings.iter().map(|f| format!("{} {}", f.path.replace("/deploymentConfiguration", ""), f.code));
        (checked.model.and_then(|model| model.staged), found.collect())
    }

    fn reached() -> Value {
        json!({"service": "ClusterIP"})
    }

    /// V99, V100
    #[test]
    fn v99_v100_steps_are_those_of_ecs() {
        for (vector, configuration, steps, minutes) in [
            ("V99", json!({"strategy": "CANARY"}), vec![50, 1000], 10),
            ("V99", json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.1}}), vec![1, 1000], 10),
            ("V99", json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 33.3}}), vec![333, 1000], 10),
            ("all", json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 100.0}}), vec![1000], 10),
            (
                "V100",
                json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 30.0}}),
                vec![300, 600, 900, 1000],
                6,
            ),
            ("halves", json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 50}}), vec![500, 1000], 6),
            ("at once", json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 3}), vec![1000], 0),
        ] {
            let staged = check(&configuration, &reached()).0.unwrap_or_else(|| panic!("{vector}: {configuration}"));
            assert_eq!((staged.steps, staged.step_bake.as_mins()), (steps, minutes), "{vector}: {configuration}");
        }
    }

    /// V101, V102
    #[test]
    fn v101_v102_what_cannot_go_on_in_stages_is_blocked() {
        let hook = |hook: Value| json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [hook]});
        let at = |stage: &str| hook(json!({"targetType": "PAUSE", "lifecycleStages": [stage]}));
        let lambda = json!({"hookTargetArn": "arn:aws:lambda:x", "lifecycleStages": ["PRE_SCALE_UP"]});
        let job = json!({"service": "ClusterIP", "hookTarget": {"job": {"image": "smoke:1"}}});
        let blue_green = json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0});
        let ratio = "/strategy TrafficByReplicaRatio";
        for (vector, configuration, kubernetes, expected) in [
            ("V101", blue_green.clone(), json!({}), vec!["/strategy TrafficBackendMissing"]),
            ("V101, reached", blue_green, reached(), vec![]),
            (
                "V102",
                at("PRODUCTION_TRAFFIC_SHIFT"),
                reached(),
                vec!["/lifecycleHooks/0/lifecycleStages/0 InvalidValue"],
            ),
            ("V102", at("TEST_TRAFFIC_SHIFT"), reached(), vec!["/lifecycleHooks/0/lifecycleStages/0 InvalidValue"]),
            ("V102, elsewhere", at("POST_SCALE_UP"), reached(), vec![]),
            ("a function", hook(lambda.clone()), reached(), vec!["/lifecycleHooks/0 HookTargetUnavailable"]),
            ("a Job instead", hook(lambda), job, vec!["/lifecycleHooks/0 HookTargetReplaced"]),
            ("no bake time", json!({"strategy": "BLUE_GREEN"}), reached(), vec!["/bakeTimeInMinutes RequiredField"]),
            (
                "too little",
                json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}),
                reached(),
                vec!["/linearConfiguration/stepPercent InvalidValue"],
            ),
            (
                "too fine",
                json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5.05}}),
                reached(),
                vec!["/canaryConfiguration/canaryPercent InvalidValue"],
            ),
            (
                "a gate that nobody asks",
                json!({"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}]}),
                reached(),
                vec!["/lifecycleHooks HookNotAsked"],
            ),
            (
                "steps that nobody takes",
                json!({"canaryConfiguration": {}}),
                reached(),
                vec!["/canaryConfiguration StrategyNotUsed"],
            ),
            (
                "a breaker, which ECS has for rolling deployments alone",
                json!({"strategy": "CANARY", "deploymentCircuitBreaker": {"enable": true, "rollback": true}}),
                reached(),
                vec!["/deploymentCircuitBreaker CircuitBreakerNotUsed", ratio],
            ),
        ] {
            assert_eq!(check(&configuration, &kubernetes).1, expected, "{vector}: {configuration}");
        }
    }
}
