//! CloudFormation templates from arbitrary bytes: resources whose values are expressions now and then.
//!
//! *Not here*: what a template means (`ecs_core::wire`).

use ecs_core::support::Spec;
use serde_json::{Map, Value, json};

use crate::shape::Shape;

/// What expressions refer to, whether the template has it or not
const NAMES: &[&str] =
    &["P", "L", "N", "Task", "Service", "Queue", "Nowhere", "AWS::Region", "AWS::NoValue", "AWS::AccountId"];

/// The resources that are converted, and the spec whose members their properties share
const KINDS: &[(&str, &str, Spec)] = &[
    ("Task", "AWS::ECS::TaskDefinition", Spec::TaskDefinition),
    ("Service", "AWS::ECS::Service", Spec::EcsService),
    ("Schedule", "AWS::Scheduler::Schedule", Spec::ScheduledTask),
    ("Rule", "AWS::Events::Rule", Spec::ScheduledTask),
];

/// A template
pub(crate) fn template(shape: &mut Shape<'_>) -> Value {
    let mut resources = Map::new();
    for _ in 0..=shape.below(3) {
        let (id, kind, spec) = shape.pick(KINDS);
        let properties = shape.spec(spec);
        let properties = expressed(shape, pascal(properties, 0), 0);
        let mut resource = json!({ "Type": kind, "Properties": properties });
        if shape.one_in(4) {
            resource["Condition"] = shape.pick(&["C", "D", "E", "Nowhere"]).into();
        }
        resources.insert(id.to_owned(), resource);
    }
    if shape.one_in(4) {
        let target = json!({ "MaxCapacity": 4, "MinCapacity": 1, "ResourceId": { "Fn::Sub": "service/c/${Service.Name}" },
            "ScalableDimension": "ecs:service:DesiredCount", "ServiceNamespace": "ecs" });
        let target = expressed(shape, target, 0);
        resources.insert(
            "Target".to_owned(),
            json!({ "Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target }),
        );
    }
    if shape.one_in(8) {
        let body =
            json!({ "T${X}": { "Type": "AWS::ECS::TaskDefinition", "Properties": { "Family": { "Ref": "X" } } } });
        resources.insert("Fn::ForEach::Loop".to_owned(), json!(["X", expression(shape, 0), body]));
    }
    json!({
        "Parameters": {
            "P": { "Type": "String", "Default": shape.text() },
            "L": { "Type": "CommaDelimitedList", "Default": "a, b,,c" },
            "N": { "Type": "Number" },
        },
        "Mappings": { "M": { "a": { "b": "c", "l": ["x", "y"] } } },
        "Conditions": { "C": condition(shape, 0), "D": { "Fn::Not": [{ "Condition": "C" }] }, "E": condition(shape, 0) },
        "Resources": resources,
    })
}

/// Member names as templates spell them
fn pascal(value: Value, depth: usize) -> Value {
    let upper = |name: String| {
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    match value {
        Value::Object(members) if depth < 8 => {
            Value::Object(members.into_iter().map(|(name, value)| (upper(name), pascal(value, depth + 1))).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| pascal(item, depth + 1)).collect(),
        value => value,
    }
}

/// The value with expressions in place of some of its parts
fn expressed(shape: &mut Shape<'_>, value: Value, depth: usize) -> Value {
    if shape.one_in(12) {
        return expression(shape, depth);
    }
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, expressed(shape, value, depth + 1))).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| expressed(shape, item, depth + 1)).collect(),
        value => value,
    }
}

/// An expression, or what stands within one
fn expression(shape: &mut Shape<'_>, depth: usize) -> Value {
    if depth > 5 || shape.is_empty() {
        return json!(shape.pick(&["a", "b", ",", "0", "10.0.0.0/16", "${P}"]));
    }
    let name = shape.pick(NAMES);
    let mut inner = |_| expression(shape, depth + 1);
    let [a, b, c] = [inner(0), inner(1), inner(2)];
    match shape.below(18) {
        0 | 1 => json!({ "Ref": name }),
        2 => json!({ "Fn::GetAtt": [name, "Arn"] }),
        3 => json!({ "Fn::GetAtt": format!("{name}.Name.Deep") }),
        4 => json!({ "Fn::Sub": format!("x-${{{name}}}-${{!literal}}-${{P}}") }),
        5 => json!({ "Fn::Sub": ["${A}${B.C}", { "A": a, "B.C": b }] }),
        6 => json!({ "Fn::Join": [",", [a, b, c]] }),
        7 => json!({ "Fn::Split": [",", a] }),
        8 => json!({ "Fn::Select": [shape.pick(&[json!(0), json!("1"), json!(-1), json!(99)]), [a, b]] }),
        9 => json!({ "Fn::If": [shape.pick(&["C", "D", "Nowhere"]), a, b] }),
        10 => json!({ "Fn::FindInMap": ["M", "a", shape.pick(&["b", "l", "z"])] }),
        11 => json!({ "Fn::Base64": a }),
        12 => json!({ "Fn::Cidr": [a, shape.below(300), shape.below(40)] }),
        13 => json!({ "Fn::ImportValue": a }),
        14 => json!({ "Fn::Length": [a, b] }),
        15 => json!({ "Fn::ToJsonString": { "k": a } }),
        16 => json!([a, b]),
        _ => json!({ "Fn::Transform": { "Name": "AWS::Include" } }),
    }
}

fn condition(shape: &mut Shape<'_>, depth: usize) -> Value {
    if depth > 4 {
        return json!({ "Condition": "C" });
    }
    match shape.below(6) {
        0 => json!({ "Fn::Equals": [expression(shape, 4), expression(shape, 4)] }),
        1 => json!({ "Fn::And": [condition(shape, depth + 1), condition(shape, depth + 1)] }),
        2 => json!({ "Fn::Or": [condition(shape, depth + 1), condition(shape, depth + 1)] }),
        3 => json!({ "Fn::Not": [condition(shape, depth + 1)] }),
        4 => json!({ "Condition": shape.pick(&["C", "D", "E", "Nowhere"]) }),
        _ => shape.json(0),
    }
}
