//! Application Auto Scaling in a template: scalable targets joined to their services, policies to their targets.
//!
//! *Guarantees*: what scales an ECS service is part of that service's `autoScaling`, or is told of as a finding of its own.
//! What scales anything else is passed over.
//!
//! *Not here*: the properties' spelling and types (`lenient`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use ecs_crds::status::{Class, Severity};

use super::evaluate::Evaluator;
use super::{function, identity, reference, refused};
use crate::findings::{Findings, Path};
use crate::wire::hole;
use crate::wire::recognise::Recognised;

const TARGET: &str = "AWS::ApplicationAutoScaling::ScalableTarget";
const POLICY: &str = "AWS::ApplicationAutoScaling::ScalingPolicy";
const SERVICE: &str = "AWS::ECS::Service";

/// Properties that say whose scaling it is: an EcsService knows that of itself
const DERIVED: &[&str] = &["ServiceNamespace", "ResourceId", "ScalableDimension", "ScalingTargetId"];

/// What scales one service
#[derive(Default)]
pub(super) struct AutoScaling {
    /// `autoScaling`
    pub(super) members: Map<String, Value>,
    /// What was found while joining
    pub(super) findings: Findings,
}

/// What scales the services of a template
#[derive(Default)]
pub(super) struct Scaling {
    /// By the logical ID of the service
    services: BTreeMap<String, AutoScaling>,
    /// Scaling of services that are not in the template, by logical ID
    others: Vec<String>,
}

impl Scaling {
    /// Everything in a template that scales ECS services
    pub(super) fn of(evaluator: &mut Evaluator<'_>, resources: &Map<String, Value>) -> Self {
        let mut scaling = Self::default();
        for (logical_id, resource) in of_type(resources, TARGET) {
            if !exists(evaluator, resource) || !of_ecs(evaluator, logical_id) {
                continue;
            }
            match service_of(evaluator, logical_id) {
                Some(service) => {
                    let members = &mut scaling.services.entry(service).or_default().members;
                    for (key, value) in properties(evaluator, resource) {
                        members.entry(key).or_insert(value);
                    }
                }
                None => scaling.others.push(logical_id.clone()),
            }
        }
        for (logical_id, resource) in of_type(resources, POLICY) {
            if !exists(evaluator, resource) || !of_ecs(evaluator, logical_id) {
                continue;
            }
            match service_of_policy(evaluator, logical_id) {
                Some(service) => {
                    let policy = properties(evaluator, resource);
                    scaling.services.entry(service).or_default().add(logical_id, policy);
                }
                None => scaling.others.push(logical_id.clone()),
            }
        }
        scaling
    }

    /// `autoScaling` of a service
    pub(super) fn take(&mut self, service: &str) -> Option<AutoScaling> {
        self.services.remove(service)
    }

    /// A finding for each that scales a service which is not in the template, or which no stack would make
    pub(super) fn without_service(self) -> impl Iterator<Item = Recognised> {
        let message = "it scales a service that is not in this template; convert the two together, or write `autoScaling` of \
                       the EcsService by hand";
        let left = self.others.into_iter();
        left.map(move |logical_id| refused(&logical_id, Severity::Warn, "ScalingWithoutService", message))
    }
}

impl AutoScaling {
    /// A policy needs a name, if only to be told apart
    fn add(&mut self, logical_id: &str, mut policy: Map<String, Value>) {
        let policies = self.members.entry("policies").or_insert_with(|| Value::Array(Vec::new()));
        let Value::Array(policies) = policies else {
            return;
        };
        if policy.get("PolicyName").is_some_and(|name| hole::why(name).is_some()) {
            let path = Path::root().key("autoScaling").key("policies").index(policies.len()).key("policyName");
            let message =
                format!("not known from the template; the policy is called `{logical_id}`, as its resource is");
            self.findings.info(&path, Class::Approximate, "NameOfResource", message);
            policy.insert("PolicyName".to_owned(), logical_id.into());
        }
        policies.push(policy.into());
    }
}

fn of_type<'a>(resources: &'a Map<String, Value>, kind: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    resources.iter().filter(move |(_, resource)| resource.get("Type").is_some_and(|found| found == kind))
}

/// What depends on an unknown condition is kept, as the resources themselves are
fn exists(evaluator: &mut Evaluator<'_>, resource: &Value) -> bool {
    let condition = resource.get("Condition").and_then(Value::as_str).map(str::to_owned);
    condition.is_none_or(|condition| evaluator.condition(&condition) != Ok(false))
}

/// A policy names its namespace only where it names no target
fn of_ecs(evaluator: &mut Evaluator<'_>, logical_id: &str) -> bool {
    identity::property(evaluator, logical_id, "ServiceNamespace").is_none_or(|namespace| namespace == "ecs")
}

fn properties(evaluator: &mut Evaluator<'_>, resource: &Value) -> Map<String, Value> {
    let Some(Value::Object(mut members)) = resource.get("Properties").and_then(|p| evaluator.evaluate(p)) else {
        return Map::new();
    };
    members.retain(|key, _| !DERIVED.contains(&key.as_str()));
    members
}

/// The service that `ResourceId` refers to, or names: `service/<cluster>/<name>`
fn service_of(evaluator: &mut Evaluator<'_>, logical_id: &str) -> Option<String> {
    let expression = evaluator.template.property(logical_id, "ResourceId")?.clone();
    let referred = reference::resources_in(evaluator, &expression);
    if let Some(service) = referred.into_iter().find(|name| evaluator.template.type_of(name) == SERVICE) {
        return Some(service);
    }
    let id = function::plain_text(&evaluator.evaluate(&expression)?)?;
    let name = id.strip_prefix("service/")?.rsplit('/').next()?.to_owned();
    let services: Vec<String> = of_type(&evaluator.template.resources, SERVICE).map(|(id, _)| id.clone()).collect();
    services.into_iter().find(|service| identity::service(evaluator, service).ecs_name.as_ref() == Some(&name))
}

/// By the target that it names, or by the service itself
fn service_of_policy(evaluator: &mut Evaluator<'_>, logical_id: &str) -> Option<String> {
    if let Some(expression) = evaluator.template.property(logical_id, "ScalingTargetId").cloned() {
        let referred = reference::resources_in(evaluator, &expression);
        let target = referred.into_iter().find(|name| evaluator.template.type_of(name) == TARGET)?;
        return service_of(evaluator, &target);
    }
    service_of(evaluator, logical_id)
}
