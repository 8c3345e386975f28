//! Canonical forms (mapping specification, 14.2 to 14.4): equal forms mean equal content.
//!
//! Made for comparison only: what ECS treats as a set is sorted and what equals a default is gone, so a canonical form must
//! never be translated (the order of containers matters there). The family is identity, not content, and left out.
//!
//! *Guarantees*: idempotent, by [`task_definition`] of what it returns.
//!
//! *Not here*: rule 7 (role names → ARNs), which needs an account: the sync process knows one. Judgement of values: what
//! cannot be read is kept as it is.

mod schedule;
mod service;

use serde_json::{Map, Value};

use ecs_crds::{GROUP, TaskDefinitionSpec};

use super::hole;
pub use schedule::schedule;
pub use service::service;

/// Members that DescribeTaskDefinition adds and RegisterTaskDefinition does not take (rule 1)
pub const READ_ONLY: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// Whose members are data with free keys, so that no key is a comment there
const MAPS: &[&str] = &["dockerLabels", "options", "driverOpts", "labels"];

/// A default value: a member that equals it is as good as absent
#[derive(Clone, Copy)]
enum Default {
    True,
    False,
    Number(i64),
    Text(&'static str),
}

/// Members by path of the model, and what they are where nobody says
type Defaults = &'static [(&'static str, Default)];
/// Lists by path of the model, and the members that order them
type Sets = &'static [(&'static str, &'static [&'static str])];

/// What makes documents of one kind comparable
struct Rules {
    defaults: Defaults,
    sets: Sets,
    /// Defaults that depend on another member
    contextual: fn(&str, &mut Map<String, Value>, &Context),
}

const TASK_DEFINITION: Rules = Rules { defaults: DEFAULTS, sets: SETS, contextual };

/// Rule 3: what ECS fills in. Members that depend on others are in [`contextual`]
const DEFAULTS: Defaults = &[
    ("containerDefinitions[].cpu", Default::Number(0)),
    ("containerDefinitions[].disableNetworking", Default::False),
    ("containerDefinitions[].essential", Default::True),
    ("containerDefinitions[].healthCheck.interval", Default::Number(30)),
    ("containerDefinitions[].healthCheck.retries", Default::Number(3)),
    ("containerDefinitions[].healthCheck.startPeriod", Default::Number(0)),
    ("containerDefinitions[].healthCheck.timeout", Default::Number(5)),
    ("containerDefinitions[].interactive", Default::False),
    ("containerDefinitions[].linuxParameters.initProcessEnabled", Default::False),
    ("containerDefinitions[].mountPoints[].readOnly", Default::False),
    ("containerDefinitions[].portMappings[].hostPort", Default::Number(0)),
    ("containerDefinitions[].portMappings[].protocol", Default::Text("tcp")),
    ("containerDefinitions[].privileged", Default::False),
    ("containerDefinitions[].pseudoTerminal", Default::False),
    ("containerDefinitions[].readonlyRootFilesystem", Default::False),
    ("containerDefinitions[].restartPolicy.restartAttemptPeriod", Default::Number(300)),
    ("containerDefinitions[].versionConsistency", Default::Text("enabled")),
    ("containerDefinitions[].volumesFrom[].readOnly", Default::False),
    ("enableFaultInjection", Default::False),
    ("volumes[].configuredAtLaunch", Default::False),
    ("volumes[].dockerVolumeConfiguration.autoprovision", Default::False),
    ("volumes[].dockerVolumeConfiguration.driver", Default::Text("local")),
    ("volumes[].dockerVolumeConfiguration.scope", Default::Text("task")),
    ("volumes[].efsVolumeConfiguration.authorizationConfig.iam", Default::Text("DISABLED")),
    ("volumes[].efsVolumeConfiguration.rootDirectory", Default::Text("/")),
    ("volumes[].efsVolumeConfiguration.transitEncryption", Default::Text("DISABLED")),
    ("volumes[].s3filesVolumeConfiguration.rootDirectory", Default::Text("/")),
];

/// Rule 5: lists that are sets, and the members that order them (none: plain values). Every other list keeps its order
const SETS: Sets = &[
    ("containerDefinitions[]", &["name"]),
    ("containerDefinitions[].dependsOn[]", &["containerName", "condition"]),
    ("containerDefinitions[].dockerSecurityOptions[]", &[]),
    ("containerDefinitions[].environment[]", &["name"]),
    ("containerDefinitions[].extraHosts[]", &["hostname", "ipAddress"]),
    ("containerDefinitions[].linuxParameters.capabilities.add[]", &[]),
    ("containerDefinitions[].linuxParameters.capabilities.drop[]", &[]),
    ("containerDefinitions[].linuxParameters.devices[]", &["hostPath"]),
    ("containerDefinitions[].linuxParameters.devices[].permissions[]", &[]),
    ("containerDefinitions[].linuxParameters.tmpfs[]", &["containerPath"]),
    ("containerDefinitions[].linuxParameters.tmpfs[].mountOptions[]", &[]),
    ("containerDefinitions[].links[]", &[]),
    ("containerDefinitions[].logConfiguration.secretOptions[]", &["name"]),
    ("containerDefinitions[].mountPoints[]", &["containerPath", "sourceVolume"]),
    ("containerDefinitions[].portMappings[]", &["containerPort", "containerPortRange", "protocol"]),
    ("containerDefinitions[].resourceRequirements[]", &["type", "value"]),
    ("containerDefinitions[].restartPolicy.ignoredExitCodes[]", &[]),
    ("containerDefinitions[].secrets[]", &["name"]),
    ("containerDefinitions[].systemControls[]", &["namespace"]),
    ("containerDefinitions[].ulimits[]", &["name"]),
    ("containerDefinitions[].volumesFrom[]", &["sourceContainer"]),
    ("placementConstraints[]", &["type", "expression"]),
    ("proxyConfiguration.properties[]", &["name"]),
    ("requiresCompatibilities[]", &[]),
    ("tags[]", &["key"]),
    ("volumes[]", &["name"]),
];

/// The canonical form of a task definition, `tags` beside the other members as in RegisterTaskDefinition
///
/// A caller for whom tags are no content takes that member away.
#[must_use]
pub fn task_definition(spec: &TaskDefinitionSpec) -> Value {
    let Ok(Value::Object(mut document)) = serde_json::to_value(spec) else {
        return Value::Null;
    };
    document.remove("family");
    for key in READ_ONLY {
        document.remove(*key);
    }
    strip_our_tags(&mut document);
    for (member, unit) in [("cpu", "vcpu"), ("memory", "gb")] {
        if let Some(size) = document.get_mut(member) {
            *size = plain_size(size, unit);
        }
    }
    let context = Context::of(&document);
    canonical("", Value::Object(document), &context).unwrap_or_else(|| Value::Object(Map::new()))
}

/// What defaults depend on
struct Context {
    rules: &'static Rules,
    fargate: bool,
    linux: bool,
    own_address: bool,
}

impl Context {
    fn of(document: &Map<String, Value>) -> Self {
        let fargate = document
            .get("requiresCompatibilities")
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|item| item == "FARGATE"));
        let family = document.get("runtimePlatform").and_then(|platform| platform.get("operatingSystemFamily"));
        let mode = document.get("networkMode").and_then(Value::as_str);
        Self {
            rules: &TASK_DEFINITION,
            fargate,
            linux: family.and_then(Value::as_str).is_none_or(|family| family == "LINUX"),
            own_address: matches!(mode, Some("awsvpc" | "host")),
        }
    }

    /// Where defaults depend on nothing but what is at their place
    fn plain(rules: &'static Rules) -> Self {
        Self { rules, fargate: false, linux: false, own_address: false }
    }
}

/// The canonical form of the value at a path of the model (`containerDefinitions[].name`), none where it is as good as absent
fn canonical(path: &str, value: Value, context: &Context) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => structure(path, members, context).map(Value::Object),
        Value::Array(items) => list(&format!("{path}[]"), items, context).map(Value::Array),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            (!is_default(path, &value, context.rules)).then_some(value)
        }
    }
}

fn structure(path: &str, members: Map<String, Value>, context: &Context) -> Option<Map<String, Value>> {
    if path.rsplit('.').next().is_some_and(|name| MAPS.contains(&name)) {
        return (!members.is_empty()).then_some(members);
    }
    let mut kept = Map::new();
    for (key, value) in members {
        if key.starts_with('_') || key.starts_with("x-") || hole::marked(&key).is_some() {
            continue;
        }
        let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if let Some(value) = canonical(&inner, value, context) {
            kept.insert(key, value);
        }
    }
    (context.rules.contextual)(path, &mut kept, context);
    (!kept.is_empty()).then_some(kept)
}

/// Rule 3, the defaults that depend on another member
fn contextual(path: &str, members: &mut Map<String, Value>, context: &Context) {
    let is = |members: &Map<String, Value>, key: &str, value: &Value| members.get(key) == Some(value);
    match path {
        "" if context.linux && !context.fargate && is(members, "networkMode", &"bridge".into()) => {
            members.remove("networkMode");
        }
        "runtimePlatform" if context.fargate => {
            members.retain(|_, value| value != "LINUX" && value != "X86_64");
        }
        "trustedExecutionConfiguration" if members.len() == 1 => {
            members.retain(|_, value| value != "SHARED");
        }
        "containerDefinitions[].restartPolicy" if is(members, "enabled", &false.into()) => members.clear(),
        "containerDefinitions[].linuxParameters.devices[]" => {
            let all: Value = ["mknod", "read", "write"].into();
            if is(members, "permissions", &all) {
                members.remove("permissions");
            }
        }
        "containerDefinitions[].portMappings[]"
            if context.own_address && members.get("hostPort") == members.get("containerPort") =>
        {
            members.remove("hostPort");
        }
        _ => {}
    }
}

/// Elements are kept even where nothing of them is left: how many there are is content
fn list(path: &str, items: Vec<Value>, context: &Context) -> Option<Vec<Value>> {
    let mut items: Vec<Value> = items
        .into_iter()
        .map(|item| match item {
            Value::Object(members) => Value::Object(structure(path, members, context).unwrap_or_default()),
            plain => plain,
        })
        .collect();
    if path == "containerDefinitions[].environment[]" {
        items = last_of_each_name(items);
    }
    if let Some((_, keys)) = context.rules.sets.iter().find(|(set, _)| *set == path) {
        items.sort_by_cached_key(|item| sort_key(item, keys));
        items.dedup();
    }
    (!items.is_empty()).then_some(items)
}

/// Rule 6: of several variables of one name, the last counts
fn last_of_each_name(items: Vec<Value>) -> Vec<Value> {
    let names: Vec<Option<Value>> = items.iter().map(|item| item.get("name").cloned()).collect();
    items
        .into_iter()
        .enumerate()
        .filter(|(index, _)| names[*index].is_none() || !names[index + 1..].contains(&names[*index]))
        .map(|(_, item)| item)
        .collect()
}

/// Numbers before texts, then by the named members, then by everything: equal sets come out equal
fn sort_key(item: &Value, keys: &[&str]) -> Vec<(i64, String)> {
    let part = |value: Option<&Value>| match value {
        Some(Value::Number(number)) => (number.as_i64().unwrap_or(i64::MAX), String::new()),
        Some(Value::String(text)) => (i64::MAX, text.clone()),
        Some(other) => (i64::MAX, other.to_string()),
        None => (i64::MAX, String::new()),
    };
    keys.iter().map(|key| part(item.get(*key))).chain([part(Some(item))]).collect()
}

fn is_default(path: &str, value: &Value, rules: &Rules) -> bool {
    rules.defaults.iter().any(|(at, default)| {
        *at == path
            && match default {
                Default::True => *value == true,
                Default::False => *value == false,
                Default::Number(number) => value == number,
                Default::Text(text) => value == text,
            }
    })
}

/// Rule 4 (R-TASKSIZE): CPU units or MiB as an integer string; what is not a size stays as it is
fn plain_size(size: &Value, unit: &str) -> Value {
    let text = match size {
        Value::Number(number) => return number.to_string().into(),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        other => return other.clone(),
    };
    if let Ok(plain) = text.parse::<u64>() {
        return plain.to_string().into();
    }
    let scaled =
        text.strip_suffix(unit).map(str::trim_end).filter(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    match scaled.and_then(|number| number.parse::<f64>().ok()).map(|number| number * 1024.0) {
        Some(units) if units.fract() == 0.0 => format!("{units:.0}").into(),
        _ => size.clone(),
    }
}

/// Our own tags come from the sync, not from the user (decisions §5)
fn strip_our_tags(document: &mut Map<String, Value>) {
    let ours = |tag: &Value| tag.get("key").and_then(Value::as_str).is_some_and(|key| key.starts_with(GROUP));
    if let Some(Value::Array(tags)) = document.get_mut("tags") {
        tags.retain(|tag| !ours(tag));
    }
}

#[cfg(test)]
mod tests;
