//! EventBridge's schedules and rules → specs of ScheduledTask: CreateSchedule, GetSchedule, PutRule, PutTargets and
//! ListTargetsByRule as the AWS CLI has them, and the properties of CloudFormation's resources.
//!
//! *Guarantees*: every target becomes a document or a finding. Members that are not known stay, for `check` to judge.
//!
//! *Not here*: spelling and types of members (`lenient`); what is not known from a template (`hole`).

use serde_json::{Map, Value, json};

use ecs_crds::status::Class;

use super::hole;
use super::recognise::Recognised;
use super::spelling::{get, rename, take};
use crate::findings::{Findings, Path};
use crate::names::{CRON_JOB_MAX, k8s_name};
use crate::support::Spec;

/// Members of a target that say that it is none of ECS
const OTHER_TARGETS: &[&str] = &[
    "AppSyncParameters",
    "BatchParameters",
    "EventBridgeParameters",
    "EventBridgePutEventsV2Parameters",
    "EventBridgePutRawEventsParameters",
    "HttpParameters",
    "KinesisParameters",
    "RedshiftDataParameters",
    "RunCommandParameters",
    "SageMakerPipelineParameters",
    "SqsParameters",
];
/// What DescribeRule adds to the input of PutRule
const RULE_READ_ONLY: &[&str] = &["Arn", "CreatedBy", "ManagedBy"];

/// Whether a document is a schedule, a rule, or targets of a rule
pub(super) fn is_schedule(members: &Map<String, Value>) -> bool {
    let any = |names: &[&str]| names.iter().any(|name| get(members, name).is_some());
    any(&["scheduleExpression", "ecsParameters", "targets"])
        || (any(&["target"]) && any(&["flexibleTimeWindow"]))
        || (any(&["eventPattern"]) && any(&["name"]))
}

/// The documents of a schedule or a rule, whichever it is
pub(super) fn documents(mut members: Map<String, Value>) -> Vec<Recognised> {
    if get(&members, "ecsParameters").is_some() {
        return rule(Map::from_iter([("Targets".to_owned(), json!([members]))]), None);
    }
    if get(&members, "target").is_some() || get(&members, "flexibleTimeWindow").is_some() {
        return schedule(members, None);
    }
    if let Some(name) = take(&mut members, "rule") {
        members.entry("Name").or_insert(name);
    }
    rule(members, None)
}

/// PutTargets beside its PutRule: the rule gets the targets, as a template has them
///
/// What ListTargetsByRule prints names no rule; it belongs to the only rule that has none.
pub(super) fn joined(values: Vec<Value>) -> Vec<Value> {
    let is_targets = |value: &Value| {
        value.as_object().is_some_and(|m| get(m, "targets").is_some() && get(m, "scheduleExpression").is_none())
    };
    let (targets, mut rest): (Vec<_>, Vec<_>) = values.into_iter().partition(is_targets);
    for given in targets {
        let rule = given.as_object().and_then(|m| get(m, "rule")).cloned();
        let mut rules = rest.iter_mut().filter_map(Value::as_object_mut).filter(|members| {
            let misses = get(members, "target").is_none() && get(members, "targets").is_none();
            let fits = rule.is_none() || get(members, "name") == rule.as_ref();
            misses && fits && get(members, "scheduleExpression").is_some()
        });
        match (rules.next(), rules.next(), given) {
            (Some(members), None, Value::Object(mut given)) => {
                members.insert("Targets".to_owned(), take(&mut given, "targets").unwrap_or_default());
            }
            (_, _, given) => rest.push(given),
        }
    }
    rest
}

/// A schedule of EventBridge Scheduler; `name` is that of the object where the caller knows one
pub(super) fn schedule(mut members: Map<String, Value>, name: Option<&str>) -> Vec<Recognised> {
    let mut findings = Findings::default();
    let target = take(&mut members, "target");
    for read_only in ["arn", "creationDate", "lastModificationDate"] {
        rename(&mut members, read_only, read_only);
    }
    made_up_name(&mut members, name, &mut findings);
    match target {
        Some(Value::Object(target)) => add_target(target, &mut members, &mut findings),
        Some(other) => {
            let why = hole::why(&other).map_or_else(|| "it is no object".to_owned(), |why| format!("not known: {why}"));
            let message = format!("the target tells which task to run; {why}");
            findings.block(&Path::root().key("task"), Class::Unsupported, "TargetNotEcs", message);
        }
        None => no_target(&mut findings),
    }
    vec![of(name.map(str::to_owned), members, findings)]
}

/// A rule with its targets: one document for each target that is of ECS
pub(super) fn rule(mut members: Map<String, Value>, name: Option<&str>) -> Vec<Recognised> {
    let mut findings = Findings::default();
    members.insert("source".to_owned(), "Rule".into());
    for read_only in RULE_READ_ONLY {
        take(&mut members, read_only);
    }
    only_schedules(&mut members, &mut findings);
    made_up_name(&mut members, name, &mut findings);
    let targets = match take(&mut members, "targets") {
        Some(Value::Array(targets)) => targets,
        Some(Value::Object(target)) => vec![Value::Object(target)],
        _ => Vec::new(),
    };
    let is_ecs = |target: &Value| target.as_object().is_some_and(|m| get(m, "ecsParameters").is_some());
    let (tasks, others): (Vec<_>, Vec<_>) = targets.into_iter().partition(is_ecs);
    if tasks.is_empty() {
        return without_task(&members, name, others.is_empty());
    }
    for other in &others {
        let id = other.as_object().and_then(|m| get(m, "id")).and_then(Value::as_str).unwrap_or_default();
        let message = format!("the target `{id}` is none of ECS; only the tasks of the rule run here");
        findings.warn(&Path::root().key("task"), Class::Unsupported, "TargetNotEcs", message);
    }
    let several = tasks.len() > 1;
    let tasks = tasks.into_iter().filter_map(|task| if let Value::Object(task) = task { Some(task) } else { None });
    tasks.map(|task| of_target(task, members.clone(), name, several, findings.clone())).collect()
}

fn of_target(
    mut target: Map<String, Value>,
    mut members: Map<String, Value>,
    name: Option<&str>,
    several: bool,
    mut findings: Findings,
) -> Recognised {
    let id = take(&mut target, "id").and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
    let rule = get(&members, "name").and_then(Value::as_str).map(str::to_owned);
    let mut name = name.map(str::to_owned);
    if several {
        let whole = format!("{}-{id}", rule.as_deref().or(name.as_deref()).unwrap_or("rule"));
        name = Some(k8s_name(&whole, CRON_JOB_MAX));
        let message = "the rule has several tasks: each is a ScheduledTask of its own, named after rule and target";
        findings.info(&Path::root().key("name"), Class::Equivalent, "SeveralTargets", message);
        take(&mut members, "name");
        members.insert("name".to_owned(), whole.into());
    } else if rule.is_none() && name.is_none() && !id.is_empty() {
        members.insert("name".to_owned(), id.into());
    }
    // The rule's own role is for targets that bring none
    if get(&target, "roleArn").is_some() {
        take(&mut members, "roleArn");
    }
    add_target(target, &mut members, &mut findings);
    of(name, members, findings)
}

fn of(name: Option<String>, members: Map<String, Value>, findings: Findings) -> Recognised {
    Recognised { name, spec: Some((Spec::ScheduledTask, members.into())), findings, ..Recognised::default() }
}

/// In a template a rule may well have nothing to do with ECS, and then there is nothing to tell
fn without_task(members: &Map<String, Value>, name: Option<&str>, no_targets: bool) -> Vec<Recognised> {
    let mut findings = Findings::default();
    match (name, no_targets) {
        (Some(_), _) => {
            let message = "the rule has no ECS target; it stays with EventBridge";
            findings.info(&Path::root(), Class::Unsupported, "TargetNotEcs", message);
        }
        (None, true) => no_target(&mut findings),
        (None, false) => {
            let message = "no target of the rule is of ECS; only ECS targets can be served here";
            findings.block(&Path::root().key("task"), Class::Unsupported, "TargetNotEcs", message);
        }
    }
    let rule = get(members, "name").and_then(Value::as_str);
    vec![Recognised { name: name.or(rule).map(str::to_owned), findings, ..Recognised::default() }]
}

fn no_target(findings: &mut Findings) {
    let message = "the target tells which task to run, and there is none; give it beside the rule, as `aws events \
                   list-targets-by-rule` prints it";
    findings.block(&Path::root().key("task"), Class::Unsupported, "RequiredField", message);
}

/// What of a rule is no schedule
fn only_schedules(members: &mut Map<String, Value>, findings: &mut Findings) {
    let root = Path::root();
    if take(members, "eventPattern").is_some_and(|pattern| !pattern.is_null()) {
        let message = "the rule also listens to events, and no event reaches the cluster; keep it with EventBridge, or give only \
                       its schedule";
        findings.block(&root.key("eventPattern"), Class::Unsupported, "EventPatternUnsupported", message);
        members.insert(hole::mark("eventPattern"), format!("EventPatternUnsupported: {message}").into());
    }
    if take(members, "eventBusName").is_some_and(|bus| !bus.is_null() && bus != "default") {
        let message = "schedules are only on the default event bus; leave the bus out";
        findings.block(&root.key("eventBusName"), Class::Unsupported, "InvalidValue", message);
        members.insert(hole::mark("eventBusName"), format!("InvalidValue: {message}").into());
    }
    if take(members, "tags").is_some_and(|tags| tags.as_array().is_none_or(|tags| !tags.is_empty())) {
        let message = "tags of the rule itself have no place here; those of its tasks are kept";
        findings.info(&root.key("tags"), Class::Advisory, "RuleTagsNotKept", message);
    }
}

/// A name that the template does not tell is that of the object
fn made_up_name(members: &mut Map<String, Value>, object: Option<&str>, findings: &mut Findings) {
    let Some(object) = object else {
        return;
    };
    if let Some(why) = get(members, "name").and_then(hole::why) {
        let message = format!("not known from the template: {why}; the object is called `{object}` after its resource");
        findings.warn(&Path::root().key("name"), Class::Approximate, "NameOfResource", message);
        take(members, "name");
    }
}

/// The members of a target, where a ScheduledTask has them
fn add_target(mut target: Map<String, Value>, members: &mut Map<String, Value>, findings: &mut Findings) {
    for other in OTHER_TARGETS {
        if take(&mut target, other).is_some_and(|parameters| !parameters.is_null()) {
            let message = format!("{other} are of a target that is none of ECS; only ECS targets can be served here");
            findings.block(&Path::root().key("task"), Class::Unsupported, "TargetNotEcs", message);
        }
    }
    let mut task = match take(&mut target, "ecsParameters") {
        Some(Value::Object(parameters)) => task_of(parameters),
        _ => {
            let message = "the target has no EcsParameters, so it is none of ECS; only ECS targets can be served here";
            findings.block(&Path::root().key("task"), Class::Unsupported, "TargetNotEcs", message);
            Map::new()
        }
    };
    if let Some(cluster) = take(&mut target, "arn") {
        task.insert("cluster".to_owned(), hole::named(cluster));
    }
    members.insert("task".to_owned(), task.into());
    take(&mut target, "id");
    members.extend(target);
}

/// EcsParameters → RunTask's members
fn task_of(mut parameters: Map<String, Value>) -> Map<String, Value> {
    for (from, to) in [
        ("taskDefinitionArn", "taskDefinition"),
        ("taskCount", "count"),
        ("tagList", "tags"),
        ("placementStrategies", "placementStrategy"),
    ] {
        rename(&mut parameters, from, to);
    }
    if let Some(Value::Array(tags)) = take(&mut parameters, "tags") {
        parameters.insert("tags".to_owned(), tags.into_iter().flat_map(tags_of).collect());
    }
    if let Some(definition) = take(&mut parameters, "taskDefinition") {
        parameters.insert("taskDefinition".to_owned(), hole::named(definition));
    }
    parameters
}

/// EventBridge Scheduler has maps where everyone else has a key and a value
fn tags_of(tag: Value) -> Vec<Value> {
    match tag {
        Value::Object(members)
            if hole::why(&Value::Object(members.clone())).is_none() && get(&members, "key").is_none() =>
        {
            members.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
        }
        tag => vec![tag],
    }
}

#[cfg(test)]
mod tests;
