//! `export`: objects of ours → the inputs of the ECS and EventBridge calls that make the same there.
//!
//! *Guarantees*: what [`super::convert`] reads of it says the same as the object. What AWS has no place for is a finding.
//! Members and tags of ours stay out.
//!
//! *Not here*: calls, files, translation of Kubernetes objects that ECS never had.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use ecs_crds::GROUP;
use ecs_crds::status::{Class, Finding};

use super::spelling::{self, take};
use super::{Content, Document, hole};
use crate::check::vocabulary;
use crate::findings::{Findings, Path};
use crate::names;
use crate::support::{Operation, Row, Spec};

/// Members of a schedule that a rule of EventBridge has not: written into PutRule, they would be refused there
const ONLY_OF_SCHEDULER: &[&str] = &[
    "actionAfterCompletion",
    "clientToken",
    "endDate",
    "flexibleTimeWindow",
    "groupName",
    "kmsKeyArn",
    "scheduleExpressionTimezone",
    "startDate",
];

/// The input of a call
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exported {
    /// `RegisterTaskDefinition`, `CreateService` …
    pub operation: String,
    /// What the AWS CLI takes as `--cli-input-json`
    pub input: Value,
}

/// The calls that make in AWS what a document describes, in the order in which they are made, and what was found
#[must_use]
pub fn export(document: Document) -> (Vec<Exported>, Vec<Finding>) {
    let ecs_name = document.ecs_name().map(str::to_owned);
    let Document { name: _, namespace: _, annotations: _, is_object: _, content, mut findings, left_out: _ } = document;
    let (kind, member, spec) = match content {
        Content::TaskDefinition(spec) => (Spec::TaskDefinition, "family", serde_json::to_value(spec)),
        Content::EcsService(spec) => (Spec::EcsService, "serviceName", serde_json::to_value(spec)),
        Content::ScheduledTask(spec) => (Spec::ScheduledTask, "name", serde_json::to_value(spec)),
        Content::EcsTask(spec) => (Spec::EcsTask, "", serde_json::to_value(spec)),
        Content::Refused => return (Vec::new(), findings.into_iter().collect()),
    };
    let spec = spec.unwrap_or_default();
    left_open(kind, &spec, &mut findings);
    let name = ecs_name.filter(|_| !member.is_empty());
    let input = named(own_left_out(kind, &spec), member, name);
    let calls = match kind {
        Spec::TaskDefinition => vec![call("RegisterTaskDefinition", input)],
        Spec::EcsService => service(input),
        Spec::ScheduledTask => schedule(input, &mut findings),
        Spec::EcsTask => vec![call("RunTask", input)],
    };
    (calls, findings.into_iter().collect())
}

fn call(operation: &str, input: Map<String, Value>) -> Exported {
    Exported { operation: operation.to_owned(), input: input.into() }
}

fn named(mut members: Map<String, Value>, member: &str, name: Option<String>) -> Map<String, Value> {
    if let Some(name) = name {
        members.insert(member.to_owned(), name.into());
    }
    members
}

/// What a reader could not know is not sent either
fn left_open(kind: Spec, spec: &Value, findings: &mut Findings) {
    let mut found = Findings::default();
    vocabulary::check(kind, spec, &mut found);
    let told: BTreeSet<String> = findings.iter().map(|finding| finding.path.clone()).collect();
    let is_open = |f: &Finding| vocabulary::is_left_open(f, spec) && !told.contains(&f.path);
    found.into_iter().filter(is_open).for_each(|finding| findings.push(finding));
}

/// Without what is ours, what ECS only reports, remarks, marks and nulls
pub(crate) fn own_left_out(spec: Spec, value: &Value) -> Map<String, Value> {
    let Value::Object(members) = value else {
        return Map::new();
    };
    let mut members = plain(members);
    members.remove("kubernetes");
    for read_only in vocabulary::read_only(spec) {
        members.remove(*read_only);
    }
    let ours = |tag: &Value| tag.get("key").and_then(Value::as_str).is_some_and(|key| key.starts_with(GROUP));
    if let Some(Value::Array(tags)) = members.get_mut("tags") {
        tags.retain(|tag| !ours(tag));
    }
    members
}

fn plain(members: &Map<String, Value>) -> Map<String, Value> {
    let is_ours = |key: &str| vocabulary::is_comment(key) || hole::marked(key).is_some();
    let kept = members.iter().filter(|(key, value)| !is_ours(key) && !value.is_null());
    kept.map(|(key, value)| (key.clone(), plain_value(value))).collect()
}

fn plain_value(value: &Value) -> Value {
    match value {
        Value::Object(members) => plain(members).into(),
        Value::Array(items) => items.iter().map(plain_value).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// CreateService, and what scales the service
fn service(mut members: Map<String, Value>) -> Vec<Exported> {
    let auto_scaling = take(&mut members, "autoScaling");
    let cluster = members.get("cluster").and_then(Value::as_str).unwrap_or("default");
    let cluster = names::cluster_name(cluster);
    let name = members.get("serviceName").and_then(Value::as_str).unwrap_or_default();
    let target = Map::from_iter([
        ("ServiceNamespace".to_owned(), json!("ecs")),
        ("ResourceId".to_owned(), json!(format!("service/{cluster}/{name}"))),
        ("ScalableDimension".to_owned(), json!("ecs:service:DesiredCount")),
    ]);
    let mut calls = vec![call("CreateService", members)];
    let Some(Value::Object(mut scaling)) = auto_scaling else {
        return calls;
    };
    for derived in ["serviceNamespace", "resourceId", "scalableDimension"] {
        take(&mut scaling, derived);
    }
    let several = [
        ("PutScalingPolicy", Operation::PutScalingPolicy, take(&mut scaling, "policies")),
        ("PutScheduledAction", Operation::PutScheduledAction, take(&mut scaling, "scheduledActions")),
    ];
    let mut register = target.clone();
    register.extend(spelt(scaling, "", Operation::RegisterScalableTarget.rows()));
    calls.push(call("RegisterScalableTarget", register));
    for (name, operation, items) in several {
        let Some(Value::Array(items)) = items else { continue };
        for item in items {
            let Value::Object(item) = item else { continue };
            let mut input = target.clone();
            input.extend(spelt(item, "", operation.rows()));
            calls.push(call(name, input));
        }
    }
    calls
}

/// CreateSchedule, or PutRule and PutTargets
fn schedule(mut members: Map<String, Value>, findings: &mut Findings) -> Vec<Exported> {
    let rows = Operation::CreateSchedule.rows();
    let rule = take(&mut members, "source").is_some_and(|source| source == "Rule");
    let mut task = match take(&mut members, "task") {
        Some(Value::Object(task)) => task,
        _ => Map::new(),
    };
    let mut target = Map::new();
    for member in ["roleArn", "input", "inputPath", "inputTransformer", "retryPolicy", "deadLetterConfig"] {
        if let Some(value) = take(&mut members, member) {
            target.insert(member.to_owned(), value);
        }
    }
    if let Some(overrides) = take(&mut task, "overrides") {
        if target.contains_key("input") {
            lost(
                &Path::root().key("task"),
                "overrides",
                "EventBridge takes the overrides as its input, and there is one already",
                findings,
            );
        } else {
            target.insert("input".to_owned(), overrides.to_string().into());
        }
    }
    for member in ["clientToken", "startedBy", "volumeConfigurations"] {
        if take(&mut task, member).is_some() {
            lost(&Path::root().key("task"), member, "EventBridge has no place for it", findings);
        }
    }
    for member in ONLY_OF_SCHEDULER.iter().filter(|_| rule) {
        if take(&mut members, member).is_some() {
            lost(&Path::root(), member, "a rule has no place for it; a schedule of source Scheduler has", findings);
        }
    }
    let mut target = spelt(target, "Target.", rows);
    if let Some(Value::Object(transformer)) = target.remove("inputTransformer") {
        target.insert("InputTransformer".to_owned(), pascal(transformer).into());
    }
    if let Some(path) = target.remove("inputPath") {
        target.insert("InputPath".to_owned(), path);
    }
    if let Some(cluster) = take(&mut task, "cluster") {
        target.insert("Arn".to_owned(), cluster);
    }
    target.insert("EcsParameters".to_owned(), ecs_parameters(task, rule, rows).into());
    if rule {
        return of_rule(spelt(members, "", rows), target);
    }
    let mut input = spelt(members, "", rows);
    input.entry("FlexibleTimeWindow").or_insert_with(|| json!({ "Mode": "OFF" }));
    input.insert("Target".to_owned(), target.into());
    vec![call("CreateSchedule", input)]
}

/// What a run is told, as EventBridge spells it
fn ecs_parameters(mut task: Map<String, Value>, rule: bool, rows: &'static [Row]) -> Map<String, Value> {
    spelling::rename(&mut task, "taskDefinition", "taskDefinitionArn");
    spelling::rename(&mut task, "count", "taskCount");
    let tags = take(&mut task, "tags");
    let mut parameters = spelt(task, "Target.EcsParameters.", rows);
    if let Some(Value::Array(tags)) = tags {
        parameters.insert("Tags".to_owned(), if rule { rule_tags(tags) } else { schedule_tags(&tags) });
    }
    parameters
}

fn of_rule(rule: Map<String, Value>, mut target: Map<String, Value>) -> Vec<Exported> {
    target.insert("Id".to_owned(), "ecs".into());
    let name = rule.get("Name").cloned().unwrap_or_default();
    let targets = Map::from_iter([("Rule".to_owned(), name), ("Targets".to_owned(), json!([target]))]);
    vec![call("PutRule", rule), call("PutTargets", targets)]
}

fn lost(of: &Path, member: &str, why: &str, findings: &mut Findings) {
    let message = format!("`{member}` is left out: {why}");
    findings.warn(&of.key(member), Class::Unsupported, "NotExported", message);
}

/// Scheduler's tags are maps
fn schedule_tags(tags: &[Value]) -> Value {
    let text = |tag: &Value, member: &str| tag.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let tags = tags.iter().map(|tag| Value::Object(Map::from_iter([(text(tag, "key"), text(tag, "value").into())])));
    tags.collect()
}

fn rule_tags(tags: Vec<Value>) -> Value {
    tags.into_iter().map(|tag| if let Value::Object(tag) = tag { pascal(tag).into() } else { tag }).collect()
}

fn pascal(members: Map<String, Value>) -> Map<String, Value> {
    let upper = |key: String| {
        let mut letters = key.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    members.into_iter().map(|(key, value)| (upper(key), value)).collect()
}

/// Members spelt as the table of an operation has them below `parent`; unknown ones keep their spelling
fn spelt(members: Map<String, Value>, parent: &str, rows: &'static [Row]) -> Map<String, Value> {
    let below = || rows.iter().filter_map(|row| row.path.strip_prefix(parent)).filter(|name| !name.contains('.'));
    let name_of = |path: &'static str| path.trim_end_matches(['[', ']', '{', '}']);
    let respell = |(key, value): (String, Value)| {
        let Some(name) = spelling::of(below().map(name_of), &key) else {
            return (key, value);
        };
        let path = below().find(|path| name_of(path) == name).unwrap_or(name);
        let inner = format!("{parent}{path}.");
        (name.to_owned(), spelt_value(value, &inner, rows))
    };
    members.into_iter().map(respell).collect()
}

fn spelt_value(value: Value, parent: &str, rows: &'static [Row]) -> Value {
    match value {
        Value::Object(members) => spelt(members, parent, rows).into(),
        Value::Array(items) => items.into_iter().map(|item| spelt_value(item, parent, rows)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests;
