//! What a template says beside a service about the traffic that reaches it: target groups with the rules that lead to them, and
//! Cloud Map services.
//!
//! The stack makes the ARNs, so they are not known. What they stand for is: an Ingress takes the place of a target group whose
//! listener the template describes in full, a name that of a registry.
//!
//! *Guarantees*: where a rule says more than an Ingress can, or leaves something open, the ARN stays a hole.
//!
//! *Not here*: load balancers, certificates, DNS zones; their judgement (`check::traffic`).

use serde_json::{Map, Value, json};

use ecs_crds::status::Class;

use super::evaluate::Evaluator;
use super::{identity, reference};
use crate::findings::{Findings, Path};
use crate::values::dns::{is_label, is_subdomain};
use crate::wire::hole;
use crate::wire::spelling::{get, take};

/// A target group: `!Ref` gives its ARN
pub(super) const TARGET_GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
/// A Cloud Map service
pub(super) const REGISTRY: &str = "AWS::ServiceDiscovery::Service";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";

/// The health check of a target group, as ours has it
const HEALTH_CHECK: &[(&str, &str)] = &[
    ("HealthCheckProtocol", "protocol"),
    ("HealthCheckPath", "path"),
    ("HealthCheckPort", "port"),
    ("HealthCheckIntervalSeconds", "intervalSeconds"),
    ("HealthCheckTimeoutSeconds", "timeoutSeconds"),
    ("HealthyThresholdCount", "healthyThresholdCount"),
    ("UnhealthyThresholdCount", "unhealthyThresholdCount"),
];

/// Puts what the template knows in the place of ARNs that it does not know
pub(super) fn of_service(evaluator: &mut Evaluator<'_>, members: &mut Map<String, Value>, findings: &mut Findings) {
    registries(evaluator, members, findings);
    load_balancers(evaluator, members, findings);
}

/// The logical ID of a resource of this type that a hole stands for
fn resource(evaluator: &Evaluator<'_>, value: Option<&Value>, kind: &str) -> Option<String> {
    value.and_then(hole::name).filter(|name| evaluator.template.type_of(name) == kind).map(str::to_owned)
}

/// `kubernetes` of the service
fn kubernetes(members: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    members.entry("kubernetes").or_insert_with(|| json!({})).as_object_mut()
}

fn registries(evaluator: &mut Evaluator<'_>, members: &mut Map<String, Value>, findings: &mut Findings) {
    let mut known = None;
    let registries = members.get_mut("ServiceRegistries").and_then(Value::as_array_mut);
    for (index, registry) in registries.into_iter().flatten().enumerate() {
        let Some(registry) = registry.as_object_mut() else { continue };
        let Some(service) = resource(evaluator, get(registry, "registryArn"), REGISTRY) else { continue };
        let name = identity::property(evaluator, &service, "Name").filter(|name| is_label(name));
        // Tasks of several services under one name are more than a Service of one of them can be
        let Some(name) = name.filter(|name| services_of(evaluator, name) == 1) else { continue };
        take(registry, "registryArn");
        let message = format!(
            "the stack makes this Cloud Map service; tasks are found by its name `{name}`, which stands under \
             kubernetes.serviceDiscovery"
        );
        let path = Path::root().key("serviceRegistries").index(index).key("registryArn");
        findings.info(&path, Class::Equivalent, "RegistryOfTemplate", message);
        known = Some(name);
    }
    if let Some(name) = known
        && let Some(kubernetes) = kubernetes(members)
    {
        kubernetes.insert("serviceDiscovery".to_owned(), json!({ "name": name }));
    }
}

/// How many services of the template register under a name
fn services_of(evaluator: &mut Evaluator<'_>, name: &str) -> usize {
    let is_service = |resource: &&Value| resource.get("Type").is_some_and(|kind| kind == "AWS::ECS::Service");
    let resources: Vec<Value> = evaluator.template.resources.values().filter(is_service).cloned().collect();
    let registers = |resource: &&Value| {
        let registries = resource.pointer("/Properties/ServiceRegistries").unwrap_or(&Value::Null);
        let referred = reference::resources_in(evaluator, registries);
        referred.iter().any(|registry| identity::property(evaluator, registry, "Name").as_deref() == Some(name))
    };
    resources.iter().filter(registers).count()
}

fn load_balancers(evaluator: &mut Evaluator<'_>, members: &mut Map<String, Value>, findings: &mut Findings) {
    let Some(Value::Array(balancers)) = members.remove("LoadBalancers") else {
        return;
    };
    let (mut kept, mut rules, mut check) = (Vec::new(), Vec::<Value>::new(), None);
    for balancer in balancers {
        let arn = balancer.as_object().and_then(|balancer| get(balancer, "targetGroupArn"));
        let port = balancer.as_object().and_then(|balancer| get(balancer, "containerPort")).cloned();
        let found = resource(evaluator, arn, TARGET_GROUP).zip(port);
        let replaced = found.and_then(|(group, port)| Some((self::rules(evaluator, &group, &port)?, group)));
        let Some((of_group, group)) = replaced else {
            kept.push(balancer);
            continue;
        };
        check = check.or_else(|| health_check(evaluator, &group));
        rules.extend(of_group);
        let message = format!(
            "the stack makes the target group `{group}`, so it cannot be bound from here: an Ingress with the rules of its \
             listener takes its place, without ports and certificates of the listener, which its annotations tell; give \
             --parameter {group}=arn:… to bind a target group that there is"
        );
        findings.warn(&Path::root().key("loadBalancers"), Class::Approximate, "TargetGroupOfTemplate", message);
    }
    if !kept.is_empty() {
        members.insert("LoadBalancers".to_owned(), kept.into());
    }
    if !rules.is_empty()
        && let Some(kubernetes) = kubernetes(members)
    {
        let mut ingress = Map::from_iter([("rules".to_owned(), Value::Array(rules))]);
        ingress.extend(check.map(|check| ("healthCheck".to_owned(), check)));
        kubernetes.insert("ingress".to_owned(), ingress.into());
    }
}

/// The rules of an Ingress that lead where the template leads this target group; none where they would say something else
fn rules(evaluator: &mut Evaluator<'_>, group: &str, port: &Value) -> Option<Vec<Value>> {
    let protocol = identity::property(evaluator, group, "Protocol")?;
    if !matches!(protocol.as_str(), "HTTP" | "HTTPS") {
        return None;
    }
    let mut rules: Vec<Value> = Vec::new();
    for (kind, actions) in [(RULE, "Actions"), (LISTENER, "DefaultActions")] {
        for properties in all_of(evaluator, kind) {
            let actions = properties.get(actions).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if !actions.iter().any(|action| groups_of(action).any(|one| hole::name(one) == Some(group))) {
                continue;
            }
            // Whoever logs in first, or shares the traffic, is more than an Ingress can say
            let [action] = actions else { return None };
            let mut groups = groups_of(action).filter_map(hole::name);
            if groups.any(|one| one != group) {
                return None;
            }
            let mut rule = conditions(properties.get("Conditions"))?;
            rule.insert("containerPort".to_owned(), port.clone());
            let rule = Value::Object(rule);
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    (!rules.is_empty()).then_some(rules)
}

/// The properties of every resource of a type that the stack is known to have
fn all_of(evaluator: &mut Evaluator<'_>, kind: &str) -> Vec<Map<String, Value>> {
    let of_kind = |resource: &&Value| resource.get("Type").is_some_and(|found| found == kind);
    let resources: Vec<Value> = evaluator.template.resources.values().filter(of_kind).cloned().collect();
    let mut found = Vec::new();
    for resource in resources {
        let condition = resource.get("Condition").and_then(Value::as_str).map(str::to_owned);
        if condition.is_some_and(|condition| evaluator.condition(&condition) == Ok(false)) {
            continue;
        }
        if let Some(Value::Object(properties)) = resource.get("Properties").and_then(|p| evaluator.evaluate(p)) {
            found.push(properties);
        }
    }
    found
}

/// The target groups that an action leads to
fn groups_of(action: &Value) -> impl Iterator<Item = &Value> {
    let several = action.pointer("/ForwardConfig/TargetGroups").and_then(Value::as_array).into_iter().flatten();
    action.get("TargetGroupArn").into_iter().chain(several.filter_map(|group| group.get("TargetGroupArn")))
}

/// Hosts and paths; none where the listener looks at anything else
fn conditions(conditions: Option<&Value>) -> Option<Map<String, Value>> {
    let mut rule = Map::new();
    let Some(conditions) = conditions else {
        return Some(rule);
    };
    for condition in conditions.as_array()? {
        let (member, config) = match condition.get("Field")?.as_str()? {
            "host-header" => ("hosts", "/HostHeaderConfig/Values"),
            "path-pattern" => ("paths", "/PathPatternConfig/Values"),
            _ => return None,
        };
        let values = condition.pointer(config).or_else(|| condition.get("Values"))?;
        if values.as_array().is_some_and(|values| values.iter().any(|value| value == "*")) {
            continue;
        }
        // An Ingress has neither `*.png` nor `shop-*`
        let texts = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        let legal = |text: &str| if member == "paths" { text.starts_with('/') } else { is_host(text) };
        if !texts.into_iter().all(legal) {
            return None;
        }
        // Two conditions of one field must both hold, which two hosts of an Ingress do not say
        if rule.insert(member.to_owned(), values.clone()).is_some() {
            return None;
        }
    }
    Some(rule)
}

fn is_host(text: &str) -> bool {
    is_subdomain(text.strip_prefix("*.").unwrap_or(text))
}

/// What the template says of the check; what it does not say is AWS's default here as there
fn health_check(evaluator: &mut Evaluator<'_>, group: &str) -> Option<Value> {
    let properties = evaluator.template.resources.get(group)?.get("Properties").cloned()?;
    let Some(Value::Object(properties)) = evaluator.evaluate(&properties) else {
        return None;
    };
    let mut check = Map::new();
    for (theirs, ours) in HEALTH_CHECK {
        let value = properties.get(*theirs).filter(|value| **value != "traffic-port");
        check.extend(value.map(|value| ((*ours).to_owned(), value.clone())));
    }
    let codes = ["/Matcher/HttpCode", "/Matcher/GrpcCode"];
    let properties = Value::Object(properties);
    let matcher = codes.iter().find_map(|at| properties.pointer(at));
    check.extend(matcher.map(|codes| ("matcher".to_owned(), codes.clone())));
    (!check.is_empty()).then(|| check.into())
}
