//! Which of the documents that people have at hand this is: one of our objects, the input of an ECS call, the output of a
//! Describe call, or a list of containers as AWS's pages show it.
//!
//! *Not here*: types and values of members (`lenient`, `check`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use ecs_crds::GROUP;
use ecs_crds::status::Class;

use super::{describe, events, placeholder, scaling, spelling};
use crate::findings::{Findings, Path};
use crate::support::{Operation, Spec};

/// The types of AWS Copilot's manifests
const COPILOT: &[&str] = &[
    "Backend Service",
    "Load Balanced Web Service",
    "Request-Driven Web Service",
    "Scheduled Job",
    "Static Site",
    "Worker Service",
];

/// A document whose kind is known, and its spec as it was written
#[derive(Default)]
pub(super) struct Recognised {
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) annotations: BTreeMap<String, String>,
    /// One of our objects
    pub(super) is_object: bool,
    /// None: it cannot be read; the findings tell why
    pub(super) spec: Option<(Spec, Value)>,
    pub(super) findings: Findings,
    /// Read from a template, where texts stand for numbers
    pub(super) from_template: bool,
}

/// The documents of one value: a list or a Describe output holds several
pub(super) fn documents(value: Value) -> Vec<Recognised> {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(is_container) => {
            vec![of(Spec::TaskDefinition, json!({ "containerDefinitions": items }))]
        }
        Value::Array(items) => items.into_iter().flat_map(documents).collect(),
        Value::Object(members) if members.contains_key("apiVersion") => object(members),
        Value::Object(members) => ecs(members),
        _ => vec![refused(
            "UnknownDocument",
            "this is neither an object nor a list; give an ECS document or an object of ours",
        )],
    }
}

/// The items of a list of documents; a list of containers is one document
pub(super) fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) if !items.iter().all(is_container) => items,
        value => vec![value],
    }
}

fn of(spec: Spec, value: Value) -> Recognised {
    Recognised { spec: Some((spec, value)), ..Recognised::default() }
}

fn refused(code: &str, message: &str) -> Recognised {
    let mut findings = Findings::default();
    findings.block(&Path::root(), Class::Unsupported, code, message);
    Recognised { findings, ..Recognised::default() }
}

/// A Kubernetes object, or a list of them
fn object(mut members: Map<String, Value>) -> Vec<Recognised> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text(members.get("apiVersion")), text(members.get("kind")));
    if let Some(Value::Array(items)) = members.remove("items") {
        return items.into_iter().flat_map(documents).collect();
    }
    let spec = match kind.as_str() {
        _ if version.split('/').next() != Some(GROUP) => None,
        "TaskDefinition" => Some(Spec::TaskDefinition),
        "EcsService" => Some(Spec::EcsService),
        "ScheduledTask" => Some(Spec::ScheduledTask),
        "EcsTask" => Some(Spec::EcsTask),
        _ => None,
    };
    let Some(spec) = spec else {
        let message = format!(
            "kind `{kind}` of `{version}` is not translated; give a TaskDefinition, EcsService, EcsTask or ScheduledTask of \
             {GROUP}, or an ECS document{}",
            placeholder::held(&Value::Object(members).to_string())
        );
        return vec![refused("UnknownDocument", &message)];
    };
    let metadata = members.remove("metadata").unwrap_or_default();
    let annotations = metadata.get("annotations").and_then(Value::as_object).into_iter().flatten();
    vec![Recognised {
        name: metadata.get("name").and_then(Value::as_str).map(str::to_owned),
        namespace: metadata.get("namespace").and_then(Value::as_str).map(str::to_owned),
        annotations: annotations.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
        is_object: true,
        ..of(spec, members.remove("spec").unwrap_or_else(|| json!({})))
    }]
}

/// An ECS document
fn ecs(mut members: Map<String, Value>) -> Vec<Recognised> {
    for envelope in ["taskDefinition", "taskDefinitions", "service", "services"] {
        spelling::rename(&mut members, envelope, envelope);
    }
    if spelling::get(&members, "containerDefinitions").is_some() {
        return vec![of(Spec::TaskDefinition, members.into())];
    }
    if members.get("taskDefinition").is_some_and(Value::is_object) {
        return vec![of(Spec::TaskDefinition, describe::task_definition(members))];
    }
    for several in ["taskDefinitions", "services"] {
        if members.get(several).is_some_and(|list| list.as_array().is_some_and(|l| l.iter().all(Value::is_object))) {
            let described = members.remove(several).unwrap_or_default();
            return documents_of_describe(several, described, members.get("failures"));
        }
    }
    if members.get("service").is_some_and(Value::is_object) {
        return documents_of_describe("services", Value::Array(members.remove("service").into_iter().collect()), None);
    }
    if scaling::is_scaling(&members) {
        return vec![refused(
            "ScalingWithoutService",
            "it scales something that is not in this text; give the service beside it, or write `autoScaling` of the EcsService",
        )];
    }
    if events::is_schedule(&members) {
        return events::documents(members);
    }
    if members.get("service").is_some_and(Value::is_string) {
        return vec![describe::update_service(members)];
    }
    if only_of_services().any(|key| spelling::get(&members, key).is_some()) {
        return vec![of(Spec::EcsService, members.into())];
    }
    if let Some(message) = foreign(&members) {
        return vec![refused("UnknownDocument", message)];
    }
    if is_container(&Value::Object(members.clone())) {
        return vec![of(Spec::TaskDefinition, json!({ "containerDefinitions": [members] }))];
    }
    if members.contains_key("taskDefinition") {
        return vec![of(Spec::EcsTask, members.into())];
    }
    let near = ["containerDefinitions", "taskDefinition", "serviceName", "scheduleExpression"]
        .into_iter()
        .find(|known| members.keys().any(|key| (1..=2).contains(&strsim::damerau_levenshtein(key, known))));
    let near = near.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    let hint = placeholder::held(&Value::Object(members).to_string());
    let message = "no document of ECS has these members; give a task definition, a service, or an object of ours";
    vec![refused("UnknownDocument", &format!("{message}{near}{hint}"))]
}

/// Documents of others, by what makes one of ECS out of them
fn foreign(members: &Map<String, Value>) -> Option<&'static str> {
    let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
    if COPILOT.contains(&kind) {
        return Some(
            "this is a manifest of AWS Copilot; `copilot svc package` or `copilot job package` writes the template that it \
                     stands for: give that",
        );
    }
    let is_compose = members.get("services").and_then(Value::as_object).is_some_and(|services| {
        services.values().any(|service| service.get("image").is_some() || service.get("build").is_some())
    });
    is_compose.then_some(
        "this is a Compose file; give the task definition that was made of it, as `aws ecs describe-task-definition` \
                          prints it",
    )
}

fn documents_of_describe(several: &str, described: Value, failures: Option<&Value>) -> Vec<Recognised> {
    let Value::Array(items) = described else {
        return Vec::new();
    };
    if items.is_empty() {
        let reasons = failures.and_then(Value::as_array).into_iter().flatten();
        let reasons: Vec<_> = reasons.filter_map(|failure| failure.get("reason")?.as_str()).collect();
        let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        let message = format!("ECS found none of what was asked for{why}; look at names, cluster and region");
        return vec![refused("NothingDescribed", &message)];
    }
    let items = items.into_iter().filter_map(|item| match item {
        Value::Object(members) => Some(members),
        _ => None,
    });
    match several {
        "services" => items.map(|members| of(Spec::EcsService, describe::service(members))).collect(),
        _ => items.map(|members| of(Spec::TaskDefinition, members.into())).collect(),
    }
}

fn is_container(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        let has = |name: &str| spelling::get(members, name).is_some();
        has("image") || (has("name") && has("essential"))
    })
}

/// A member of CreateService that other programs' files have as well
const TOO_COMMON: &str = "role";

/// Members of CreateService that RunTask has not, by which a service is told
fn only_of_services() -> impl Iterator<Item = &'static str> {
    let top = |operation: Operation| {
        operation.rows().iter().map(|row| row.path.trim_end_matches("[]")).filter(|path| !path.contains('.'))
    };
    let told = move |path: &str| path != TOO_COMMON && !top(Operation::RunTask).any(|other| other == path);
    top(Operation::CreateService).filter(move |path| told(path))
}
