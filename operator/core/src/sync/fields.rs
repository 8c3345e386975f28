//! Documents as fields, the units of the merge, and back.
//!
//! A field is a member of a document: `/desiredCount`, `/networkConfiguration`. A few members are opened further: a list by the
//! names of its elements, an object by its members (`/containerDefinitions/web/image`, `/task/taskDefinition`), so that two
//! people who edit different things of one document do not meet.
//!
//! *Guarantees*: setting a field to what a document says leaves it as it is; setting every field of one document in another
//! makes the two equal, but for the order of named lists.
//!
//! *Not here*: which fields differ (`merge`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::side::Kind;
use crate::names;

/// Values by field
pub type Fields = BTreeMap<String, Value>;

/// How a member is opened
#[derive(Clone, Copy)]
enum Opened {
    /// An object by its members
    Members,
    /// A list by this member of its elements, and each element by its members
    Elements(&'static str),
    /// A list by this member of its elements, which stay whole
    Whole(&'static str),
}

/// The members that are opened, by kind and field
const OPENED: &[(Kind, &str, Opened)] = &[
    (Kind::TaskDefinition, "/containerDefinitions", Opened::Elements("name")),
    (Kind::Service, "/autoScaling", Opened::Members),
    (Kind::Service, "/autoScaling/policies", Opened::Whole("policyName")),
    (Kind::Service, "/autoScaling/scheduledActions", Opened::Whole("scheduledActionName")),
    (Kind::Schedule, "/task", Opened::Members),
];

fn opened(kind: Kind, field: &str) -> Option<Opened> {
    OPENED.iter().find(|(of, at, _)| *of == kind && *at == field).map(|(_, _, how)| *how)
}

/// A member's name as a step of a field's path
#[must_use]
pub fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn name_of(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The fields of a document; null is as good as absent
#[must_use]
pub fn fields(kind: Kind, document: &Value) -> Fields {
    let mut found = Fields::new();
    take_apart(kind, "", document, &mut found);
    found
}

fn take_apart(kind: Kind, at: &str, value: &Value, found: &mut Fields) {
    let how = if at.is_empty() { Some(Opened::Members) } else { opened(kind, at) };
    match (how, value) {
        (_, Value::Null) => {}
        (Some(Opened::Members), Value::Object(members)) => {
            for (key, member) in members {
                take_apart(kind, &format!("{at}/{}", step(key)), member, found);
            }
        }
        (Some(Opened::Elements(key) | Opened::Whole(key)), Value::Array(items)) if named(items, key) => {
            let whole = matches!(how, Some(Opened::Whole(_)));
            for item in items {
                let at = format!("{at}/{}", step(item[key].as_str().unwrap_or_default()));
                match item {
                    Value::Object(members) if !whole => {
                        let members = members.iter().filter(|(_, value)| !value.is_null());
                        found.extend(members.map(|(key, value)| (format!("{at}/{}", step(key)), value.clone())));
                    }
                    _ => drop(found.insert(at, item.clone())),
                }
            }
        }
        _ => drop(found.insert(at.to_owned(), value.clone())),
    }
}

/// Whether every element has a name, and each its own: else the list is one field
fn named(items: &[Value], key: &str) -> bool {
    let names: Vec<_> = items.iter().filter_map(|item| item.get(key).and_then(Value::as_str)).collect();
    names.len() == items.len() && (1..names.len()).all(|n| !names[..n].contains(&names[n]))
}

/// Sets a field of a document, or takes it away
pub fn set(kind: Kind, document: &mut Value, field: &str, value: Option<Value>) {
    let steps: Vec<String> = field.split('/').skip(1).map(name_of).collect();
    place(kind, document, "", &steps, value);
}

fn place(kind: Kind, at: &mut Value, path: &str, steps: &[String], value: Option<Value>) {
    let Some((first, rest)) = steps.split_first() else {
        *at = value.unwrap_or_default();
        return;
    };
    let inner = format!("{path}/{}", step(first));
    match opened(kind, path) {
        Some(Opened::Elements(key) | Opened::Whole(key)) => {
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            let Value::Array(items) = at else { return };
            let is = |item: &Value| item.get(key).is_some_and(|name| name == first.as_str());
            // An element ends with its name: nothing of what is nameless could be found again
            let ends = value.is_none() && (rest.is_empty() || (rest.len() == 1 && rest[0] == key));
            if ends {
                items.retain(|item| !is(item));
                return;
            }
            let index = match items.iter().position(is) {
                Some(index) => index,
                None if value.is_none() => return,
                None => {
                    items.push(Value::Object(Map::from_iter([(key.to_owned(), first.as_str().into())])));
                    items.len() - 1
                }
            };
            place(kind, &mut items[index], &inner, rest, value);
        }
        _ => {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            let Value::Object(members) = at else { return };
            if rest.is_empty() {
                match value {
                    Some(value) => drop(members.insert(first.clone(), value)),
                    None => drop(members.remove(first)),
                }
                return;
            }
            if value.is_none() && !members.contains_key(first) {
                return;
            }
            let member = members.entry(first.clone()).or_insert(Value::Null);
            place(kind, member, &inner, rest, value);
            let empty = match &*member {
                Value::Object(members) => members.is_empty(),
                Value::Array(items) => items.is_empty(),
                other => other.is_null(),
            };
            if empty {
                members.remove(first);
            }
        }
    }
}

/// Fields whose texts are shown in a base or a conflict: names and words, never anything that a person fills with a secret
const PLAIN: &[&str] = &[
    "availabilityZoneRebalancing",
    "capacityProvider",
    "cpu",
    "endDate",
    "executionRoleArn",
    "family",
    "group",
    "image",
    "launchType",
    "memory",
    "name",
    "networkMode",
    "platformVersion",
    "propagateTags",
    "roleArn",
    "scheduleExpression",
    "scheduleExpressionTimezone",
    "schedulingStrategy",
    "startDate",
    "state",
    "taskDefinition",
    "taskRoleArn",
];
/// The longest text that is shown
const PLAIN_MAX: usize = 200;

/// What may stand in a status for a field: numbers, booleans and plain words as they are, everything else as a salted digest
#[must_use]
pub fn shown(field: &str, value: &Value, salt: &str) -> Value {
    let last = field.rsplit('/').next().unwrap_or_default();
    match value {
        Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) if text.len() <= PLAIN_MAX && PLAIN.contains(&last) => value.clone(),
        other => {
            let digest = names::sha256(&format!("{salt}\u{0}{field}\u{0}{other}"));
            format!("sha256:{}", &digest[..32]).into()
        }
    }
}

/// Fields as they may stand in a status
#[must_use]
pub fn all_shown(fields: &Fields, salt: &str) -> Fields {
    fields.iter().map(|(field, value)| (field.clone(), shown(field, value, salt))).collect()
}

/// A digest of shown fields
#[must_use]
pub fn digest(shown: &Fields) -> String {
    let lines: Vec<String> = shown.iter().map(|(field, value)| format!("{field}={value}\n")).collect();
    names::sha256(&lines.concat())[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(containers: Value) -> Value {
        json!({"networkMode": "awsvpc", "containerDefinitions": containers, "volumes": null})
    }

    #[test]
    fn a_document_is_taken_apart_by_what_people_edit() {
        let document = task(json!([{"name": "a/b", "image": "x", "command": ["c"]}, {"name": "b", "cpu": 1}]));
        let found: Vec<_> = fields(Kind::TaskDefinition, &document).into_keys().collect();
        assert_eq!(
            found,
            [
                "/containerDefinitions/a~1b/command",
                "/containerDefinitions/a~1b/image",
                "/containerDefinitions/a~1b/name",
                "/containerDefinitions/b/cpu",
                "/containerDefinitions/b/name",
                "/networkMode",
            ]
        );
        let document = task(json!([{"name": "a"}, {"name": "a"}]));
        assert!(fields(Kind::TaskDefinition, &document).contains_key("/containerDefinitions"), "names that are none");
        let scaling =
            json!({"autoScaling": {"minCapacity": 1, "policies": [{"policyName": "cpu", "x": 1}]}, "tags": []});
        let found: Vec<_> = fields(Kind::Service, &scaling).into_keys().collect();
        assert_eq!(found, ["/autoScaling/minCapacity", "/autoScaling/policies/cpu", "/tags"]);
    }

    #[test]
    fn fields_of_one_document_set_in_another_make_them_equal() {
        let one = task(json!([{"name": "a", "image": "x", "cpu": 1}, {"name": "b", "image": "y"}]));
        let other = task(json!([{"name": "b", "image": "z"}, {"name": "c/d", "image": "q", "links": ["b"]}]));
        for (from, to) in [(&one, &other), (&other, &one), (&one, &json!({}))] {
            let (have, want) = (fields(Kind::TaskDefinition, from), fields(Kind::TaskDefinition, to));
            let mut merged = from.clone();
            for field in have.keys().chain(want.keys()) {
                set(Kind::TaskDefinition, &mut merged, field, want.get(field).cloned());
            }
            assert_eq!(fields(Kind::TaskDefinition, &merged), want);
        }
    }

    #[test]
    fn setting_what_is_there_changes_nothing() {
        let document =
            json!({"autoScaling": {"minCapacity": 1, "policies": [{"policyName": "cpu"}]}, "desiredCount": 2});
        let mut again = document.clone();
        for (field, value) in fields(Kind::Service, &document) {
            set(Kind::Service, &mut again, &field, Some(value));
        }
        assert_eq!(again, document);
        for field in fields(Kind::Service, &document).into_keys() {
            set(Kind::Service, &mut again, &field, None);
        }
        assert_eq!(again, json!({}), "and nothing is left of a document whose every field is taken away");
    }

    #[test]
    fn what_can_hold_a_secret_is_shown_as_a_digest() {
        let canary = "hunter2-canary";
        let document = json!({"containerDefinitions": [{"name": "a", "image": "nginx:1", "command": [canary],
            "environment": [{"name": "P", "value": canary}], "dockerLabels": {"x": canary}, "future": canary}]});
        let shown = all_shown(&fields(Kind::TaskDefinition, &document), "salt");
        assert!(!json!(shown).to_string().contains(canary));
        assert_eq!(shown["/containerDefinitions/a/image"], "nginx:1");
        let schedule = all_shown(&fields(Kind::Schedule, &json!({"input": canary, "description": canary})), "salt");
        assert!(!json!(schedule).to_string().contains(canary));
    }

    #[test]
    fn digests_tell_values_fields_and_salts_apart() {
        let of = |field: &str, value: Value, salt: &str| shown(field, &value, salt);
        let one = of("/tags", json!([1]), "s");
        for other in [of("/tags", json!([2]), "s"), of("/volumes", json!([1]), "s"), of("/tags", json!([1]), "t")] {
            assert_ne!(one, other);
        }
        assert_eq!(one, of("/tags", json!([1]), "s"));
    }
}
