//! CloudFormation templates → task definitions, services with their scaling, and schedules.
//!
//! ```text
//! template ─► evaluate ─► join (target → service, policy → target) ─► one document per resource
//! ```
//!
//! *Guarantees*: every resource of ECS, every schedule and every rule with an ECS target becomes a document or a finding that
//! tells why not. What the template does not tell is a hole, found at its path by `lenient`; references between the resources
//! that are converted hold by name.
//!
//! *Not here*: spelling and types of members (`lenient`), their judgement (`check`), macros and nested stacks.

mod base64;
mod cidr;
mod evaluate;
mod foreach;
mod function;
mod identity;
mod reference;
mod scaling;
mod substitute;
mod template;
mod traffic;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use ecs_crds::status::{Class, Severity};

use super::parameters::Parameters;
use super::recognise::Recognised;
use super::{events, hole, spelling};
use crate::findings::{Findings, Path};
use crate::support::Spec;

use evaluate::Evaluator;
use identity::Identity;
use scaling::{AutoScaling, Scaling};
use template::Template;

/// Macros that are evaluated here, or that touch no resource of ours
const HARMLESS_MACROS: &[&str] =
    &["AWS::LanguageExtensions", "AWS::SecretsManager-2020-07-23", "AWS::Serverless-2016-10-31"];

/// The documents of a template; none where the value is no template
pub(super) fn documents(document: &Map<String, Value>, given: &Parameters) -> Option<Vec<Recognised>> {
    let mut evaluator = Evaluator::new(Template::of(document)?, given);
    let resources = evaluator.template.resources.clone();
    let mut scaling = Scaling::of(&mut evaluator, &resources);
    let mut documents = Vec::new();
    for (logical_id, resource) in &resources {
        documents.extend(of_resource(&mut evaluator, &mut scaling, logical_id, resource));
    }
    documents.extend(scaling.without_service());
    documents.extend(macros(document));
    if documents.is_empty() {
        let message = "the template has no task definition, service or schedule of ECS";
        documents.push(refused("Template", Severity::Block, "UnknownDocument", message));
    }
    Some(documents)
}

/// A value whose expressions stand outside of a template, as pages quote the properties of one resource
///
/// Only a document that is spelt as templates are may have expressions; elsewhere `Ref` is a word like any other.
pub(super) fn fragment(members: Map<String, Value>, given: &Parameters) -> Map<String, Value> {
    if members.keys().any(|key| !key.starts_with(|c: char| c.is_ascii_uppercase())) {
        return members;
    }
    match Evaluator::new(Template::default(), given).evaluate(&Value::Object(members)) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn of_resource(
    evaluator: &mut Evaluator<'_>,
    scaling: &mut Scaling,
    logical_id: &str,
    resource: &Value,
) -> Vec<Recognised> {
    if let Some(why) = hole::why(resource) {
        return vec![refused(logical_id, Severity::Block, "UnknownValue", &format!("a loop over resources: {why}"))];
    }
    let kind = evaluator.template.type_of(logical_id).to_owned();
    if !is_ours(&kind) {
        return Vec::new();
    }
    let exists = match resource.get("Condition").and_then(Value::as_str).map(str::to_owned) {
        Some(condition) => evaluator.condition(&condition).map_err(|why| (condition, why)),
        None => Ok(true),
    };
    let properties =
        |evaluator: &mut Evaluator<'_>| match evaluator.evaluate(resource.get("Properties").unwrap_or(&json!({}))) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
    evaluator.secrets.clear();
    let mut documents = match (&exists, kind.as_str()) {
        (Ok(false), _) => {
            let message = format!("the condition of this {kind} does not hold, so that no stack would make it");
            vec![refused(logical_id, Severity::Info, "ConditionFalse", &message)]
        }
        (_, "AWS::ECS::TaskDefinition") => {
            let members = properties(evaluator);
            vec![task_definition(evaluator, logical_id, members)]
        }
        (_, "AWS::ECS::Service") => {
            let members = properties(evaluator);
            vec![service(evaluator, logical_id, members, scaling.take(logical_id))]
        }
        (_, "AWS::Scheduler::Schedule") => {
            let name = identity::schedule(evaluator, logical_id).metadata_name;
            events::schedule(properties(evaluator), Some(&name))
        }
        (_, "AWS::Events::Rule") => {
            let name = identity::schedule(evaluator, logical_id).metadata_name;
            events::rule(properties(evaluator), Some(&name))
        }
        _ => vec![refused(logical_id, Severity::Info, "ResourceNotConverted", &not_converted(&kind))],
    };
    for document in &mut documents {
        document.from_template = true;
        plain_secrets(&evaluator.secrets, &mut document.findings);
        if let Err((condition, why)) = &exists {
            let message = format!(
                "whether this {kind} exists depends on the condition `{condition}`, and {why}; it is taken to exist"
            );
            document.findings.warn(&Path::root(), Class::Approximate, "ConditionUnknown", message);
        }
    }
    documents
}

/// Secrets whose values are given, and stand in a document
fn plain_secrets(secrets: &BTreeSet<String>, findings: &mut Findings) {
    for secret in secrets {
        let message = format!(
            "the parameter `{secret}` is a secret (NoEcho), and the value that is given stands here as plain text; keep it in AWS \
             Secrets Manager or the SSM parameter store, and name it in `secrets`"
        );
        findings.warn(&Path::root(), Class::Approximate, "PlainSecret", message);
    }
}

/// What changes the template before a stack is made of it, and is not run here
fn macros(document: &Map<String, Value>) -> Option<Recognised> {
    let names: Vec<&str> = match document.get("Transform")? {
        Value::Array(items) => items.iter().map(macro_name).collect(),
        one => vec![macro_name(one)],
    };
    let run_here: Vec<_> = names.into_iter().filter(|name| !HARMLESS_MACROS.contains(name)).collect();
    let message = format!(
        "the macro {} changes the template before a stack is made of it, and only CloudFormation can run it; convert what `aws \
         cloudformation get-template --template-stage Processed` prints",
        run_here.join(", ")
    );
    (!run_here.is_empty()).then(|| refused("Template", Severity::Warn, "MacroNotRun", &message))
}

fn macro_name(transform: &Value) -> &str {
    transform.as_str().or_else(|| transform.get("Name")?.as_str()).unwrap_or("without a name")
}

fn is_ours(kind: &str) -> bool {
    kind.starts_with("AWS::ECS::") || matches!(kind, "AWS::Scheduler::Schedule" | "AWS::Events::Rule")
}

fn not_converted(kind: &str) -> String {
    let instead = match kind {
        "AWS::ECS::Cluster" => {
            "the Kubernetes cluster takes its place; bind it with an EcsCluster to keep both in step"
        }
        "AWS::ECS::CapacityProvider" | "AWS::ECS::ClusterCapacityProviderAssociations" => {
            "capacity providers are configured for the operator, and nodes are the cluster's to provide"
        }
        "AWS::ECS::TaskSet" | "AWS::ECS::PrimaryTaskSet" => {
            "deployments by an external controller are not served here; give the service itself a task definition"
        }
        _ => "no object of ours mirrors it",
    };
    format!("{kind} is not converted: {instead}")
}

fn refused(name: &str, severity: Severity, code: &str, message: &str) -> Recognised {
    let mut findings = Findings::default();
    findings.add(&Path::root(), Class::Unsupported, code, severity, message);
    Recognised { name: Some(name.to_owned()), findings, from_template: true, ..Recognised::default() }
}

fn task_definition(evaluator: &mut Evaluator<'_>, logical_id: &str, mut members: Map<String, Value>) -> Recognised {
    let mut findings = Findings::default();
    let identity = identity::family(evaluator, logical_id);
    named(&mut members, "family", &identity, &mut findings);
    if let Some(Value::Object(proxy)) = members.get_mut("ProxyConfiguration") {
        spelling::rename(proxy, "proxyConfigurationProperties", "properties");
    }
    recognised(Spec::TaskDefinition, identity, members, findings)
}

fn service(
    evaluator: &mut Evaluator<'_>,
    logical_id: &str,
    mut members: Map<String, Value>,
    auto_scaling: Option<AutoScaling>,
) -> Recognised {
    let mut findings = Findings::default();
    let identity = identity::service(evaluator, logical_id);
    named(&mut members, "serviceName", &identity, &mut findings);
    for reference in ["cluster", "taskDefinition"] {
        if let Some(value) = spelling::take(&mut members, reference) {
            members.insert(reference.to_owned(), hole::named(value));
        }
    }
    spelling::rename(&mut members, "placementStrategies", "placementStrategy");
    if let Some(Value::Object(mut force)) = spelling::take(&mut members, "forceNewDeployment")
        && let Some(nonce) = spelling::take(&mut force, "forceNewDeploymentNonce")
    {
        members.insert("kubernetes".to_owned(), json!({ "forceDeployment": nonce }));
    }
    default_count(&mut members, auto_scaling.is_some(), &mut findings);
    traffic::of_service(evaluator, &mut members, &mut findings);
    if let Some(auto_scaling) = auto_scaling {
        members.insert("autoScaling".to_owned(), auto_scaling.members.into());
        findings.extend(auto_scaling.findings);
    }
    recognised(Spec::EcsService, identity, members, findings)
}

/// CloudFormation runs one task where a new service says no number; a DAEMON service has none
fn default_count(members: &mut Map<String, Value>, scaled: bool, findings: &mut Findings) {
    let daemon = spelling::get(members, "schedulingStrategy").is_some_and(|strategy| strategy == "DAEMON");
    if scaled || daemon || spelling::get(members, "desiredCount").is_some() {
        return;
    }
    members.insert("desiredCount".to_owned(), 1.into());
    let message = "the template says no number of tasks, and CloudFormation starts a new service with 1";
    findings.info(&Path::root().key("desiredCount"), Class::Exact, "DesiredCountDefault", message);
}

fn recognised(spec: Spec, identity: Identity, members: Map<String, Value>, findings: Findings) -> Recognised {
    Recognised {
        name: Some(identity.metadata_name),
        spec: Some((spec, members.into())),
        findings,
        from_template: true,
        ..Recognised::default()
    }
}

/// A name that the template does not tell is that of the object, and a finding
fn named(members: &mut Map<String, Value>, member: &str, identity: &Identity, findings: &mut Findings) {
    if identity.ecs_name.is_some() {
        return;
    }
    let made = &identity.metadata_name;
    let path = Path::root().key(member);
    match spelling::take(members, member).as_ref().and_then(hole::why) {
        Some(why) => {
            let message =
                format!("not known from the template: {why}; the object is called `{made}` after its resource");
            findings.warn(&path, Class::Approximate, "NameOfResource", message);
        }
        None => {
            let message =
                format!("CloudFormation would make a name up; the object is called `{made}` after its resource");
            findings.info(&path, Class::Approximate, "NameOfResource", message);
        }
    }
}

#[cfg(test)]
mod tests;
