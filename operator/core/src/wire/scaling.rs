//! Application Auto Scaling beside its service: RegisterScalableTarget, PutScalingPolicy and PutScheduledAction, and what the
//! Describe calls print, become `autoScaling` of the service that they name.
//!
//! *Guarantees*: what names no service of the same text stays a document of its own, and is told of.
//!
//! *Not here*: templates (`cloudformation::scaling`), spelling and types of members (`lenient`).

use serde_json::{Map, Value};

use super::spelling::{get, take};

/// Members that say whose scaling it is, and those that only Describe calls print
const DROPPED: &[&str] = &[
    "serviceNamespace",
    "resourceId",
    "scalableDimension",
    "scalableTargetARN",
    "policyARN",
    "scheduledActionARN",
    "alarms",
    "creationTime",
    "predictedCapacity",
];

/// What the Describe calls print
const LISTS: &[&str] = &["scalableTargets", "scalingPolicies", "scheduledActions"];

/// Whether a document is one of Application Auto Scaling
pub(super) fn is_scaling(members: &Map<String, Value>) -> bool {
    get(members, "resourceId").is_some() && get(members, "serviceNamespace").is_some()
}

/// Documents with what scales a service in the service's own
pub(super) fn joined(values: Vec<Value>) -> Vec<Value> {
    let is = |value: &Value| value.as_object().is_some_and(is_scaling);
    let (scaling, mut others): (Vec<_>, Vec<_>) = values.into_iter().flat_map(listed).partition(is);
    let mut left = Vec::new();
    for value in scaling {
        let Value::Object(members) = value else { continue };
        let service =
            service_name(&members).and_then(|name| others.iter_mut().find_map(|other| service_of(other, &name)));
        match service {
            Some(service) => add(service, members),
            None => left.push(Value::Object(members)),
        }
    }
    others.extend(left);
    others
}

/// A Describe output as its items; any other value as it is
fn listed(value: Value) -> Vec<Value> {
    let Value::Object(mut members) = value else {
        return vec![value];
    };
    // A template has `Resources`, and one of our objects `spec`: neither has these at the top
    for list in LISTS {
        let items = get(&members, list).and_then(Value::as_array);
        if items.is_some_and(|items| items.iter().all(|item| item.as_object().is_some_and(is_scaling))) {
            return match take(&mut members, list) {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            };
        }
    }
    vec![Value::Object(members)]
}

/// `service/<cluster>/<name>`
fn service_name(members: &Map<String, Value>) -> Option<String> {
    get(members, "resourceId")?.as_str()?.strip_prefix("service/")?.rsplit('/').next().map(str::to_owned)
}

/// The service of a name in a document: its input, or a Describe output
fn service_of<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let is = |members: &Map<String, Value>| get(members, "serviceName").is_some_and(|found| found == name);
    let members = value.as_object_mut()?;
    if is(members) {
        return Some(members);
    }
    let services = members.get_mut("services")?.as_array_mut()?;
    services.iter_mut().filter_map(Value::as_object_mut).find(|members| is(members))
}

fn add(service: &mut Map<String, Value>, mut members: Map<String, Value>) {
    for name in DROPPED {
        take(&mut members, name);
    }
    let auto_scaling = service.entry("autoScaling").or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(auto_scaling) = auto_scaling else {
        return;
    };
    let list = match &members {
        m if get(m, "policyName").is_some() => "policies",
        m if get(m, "scheduledActionName").is_some() => "scheduledActions",
        _ => {
            auto_scaling.extend(members);
            return;
        }
    };
    if let Value::Array(items) = auto_scaling.entry(list).or_insert_with(|| Value::Array(Vec::new())) {
        items.push(members.into());
    }
}
