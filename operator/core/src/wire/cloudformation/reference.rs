//! What names in expressions refer to: parameters, pseudo parameters, resources and their attributes.
//!
//! *Guarantees*: only what the template or the caller tells is a value. What a stack would make up (generated names, ARNs) is a
//! hole; where it names something that is converted too, the hole keeps that name.
//!
//! *Not here*: functions.

use serde_json::Value;

use super::evaluate::Evaluator;
use super::{function, identity, traffic};
use crate::wire::hole::{hole, naming, why};

/// Properties that `!Ref` gives, by type
const NAMES: &[(&str, &str)] = &[
    ("AWS::ApplicationAutoScaling::ScalableTarget", "ResourceId"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::ECR::Repository", "RepositoryName"),
    ("AWS::ECS::Cluster", "ClusterName"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::Scheduler::Schedule", "Name"),
];

/// The value that `!Ref` gives; none for `AWS::NoValue`
pub(super) fn to(evaluator: &mut Evaluator<'_>, name: &str) -> Option<Value> {
    if name == "AWS::NoValue" {
        return None;
    }
    if let Some(parameter) = evaluator.template.parameters.get(name).cloned() {
        return Some(self::parameter(evaluator, name, &parameter));
    }
    if let Some(given) = evaluator.given.get(name) {
        return Some(given.into());
    }
    if name.starts_with("AWS::") {
        return Some(pseudo(evaluator, name));
    }
    if evaluator.template.resources.contains_key(name) {
        return Some(resource(evaluator, name));
    }
    Some(hole(&format!("`!Ref {name}` refers to nothing in the template; give --parameter {name}=…")))
}

fn parameter(evaluator: &mut Evaluator<'_>, name: &str, declared: &Value) -> Value {
    let kind = declared.get("Type").and_then(Value::as_str).unwrap_or("String");
    let from_store = kind.starts_with("AWS::SSM::Parameter::Value<");
    let given = evaluator.given.get(name).map(Value::from);
    if is_secret(declared) {
        // An empty default is no secret: it says that there is none
        if given.is_none() && declared.get("Default") != Some(&"".into()) {
            return hole(&format!(
                "the parameter `{name}` is a secret (NoEcho), so that its default is not used; name where the secret is kept in \
                 `secrets`, or give --parameter {name}=… to have it in plain text"
            ));
        }
        evaluator.secrets.insert(name.to_owned());
    }
    let value = match (given, declared.get("Default")) {
        (Some(given), _) => given,
        (None, Some(Value::String(stored))) if from_store => {
            return hole(&format!(
                "the parameter `{name}` is read from `{stored}` of the SSM parameter store; give --parameter {name}=…"
            ));
        }
        (None, Some(default)) if !from_store => default.clone(),
        _ => return hole(&format!("the parameter `{name}` has no default; give --parameter {name}=…")),
    };
    let Some(text) = function::plain_text(&value) else {
        return if kind.contains("List") && value.is_array() {
            value
        } else {
            hole("a parameter's default is no text")
        };
    };
    if kind.contains("List") {
        return text.split(',').map(str::trim).collect();
    }
    evaluator.evaluate(&Value::String(text)).unwrap_or_default()
}

/// CloudFormation shows the value of such a parameter nowhere
fn is_secret(declared: &Value) -> bool {
    declared.get("NoEcho").and_then(function::plain_text).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The partition and the domain follow from the region
fn pseudo(evaluator: &Evaluator<'_>, name: &str) -> Value {
    let region = evaluator.given.get("AWS::Region").unwrap_or_default();
    let (partition, domain) = match region.split('-').next() {
        Some("cn") => ("aws-cn", "amazonaws.com.cn"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    };
    match name {
        "AWS::Partition" if !region.is_empty() => partition.into(),
        "AWS::URLSuffix" if !region.is_empty() => domain.into(),
        "AWS::Partition" | "AWS::URLSuffix" => {
            hole(&format!("`{name}` follows from the region; give --parameter AWS::Region=…"))
        }
        _ => hole(&format!("`{name}` is known only where the stack is; give --parameter {name}=…")),
    }
}

fn resource(evaluator: &mut Evaluator<'_>, logical_id: &str) -> Value {
    let kind = evaluator.template.type_of(logical_id).to_owned();
    let unknown = format!("`!Ref {logical_id}` is known only when the stack is made; give --parameter {logical_id}=…");
    match kind.as_str() {
        "AWS::ECS::TaskDefinition" => return naming(&unknown, &identity::family(evaluator, logical_id).name()),
        "AWS::ECS::Service" => return naming(&unknown, &identity::service(evaluator, logical_id).name()),
        // By the template's own name: what they stand for is looked up where it is needed (`traffic`)
        traffic::TARGET_GROUP | traffic::REGISTRY => return naming(&unknown, logical_id),
        _ => {}
    }
    let property = NAMES.iter().find(|(of, _)| *of == kind).map(|(_, property)| *property);
    let name = property.and_then(|property| identity::property(evaluator, logical_id, property));
    name.map_or_else(|| hole(&unknown), Value::from)
}

/// The value that `!GetAtt` gives for `Resource.Attribute`
pub(super) fn attribute(evaluator: &mut Evaluator<'_>, name: &str) -> Value {
    if let Some(given) = evaluator.given.get(name) {
        return given.into();
    }
    let unknown = format!("`!GetAtt {name}` is known only when the stack is made; give --parameter {name}=…");
    let Some((logical_id, attribute)) = name.split_once('.') else {
        return hole(&unknown);
    };
    let kind = evaluator.template.type_of(logical_id).to_owned();
    let named = |evaluator: &mut Evaluator<'_>, property| identity::property(evaluator, logical_id, property);
    match (kind.as_str(), attribute) {
        ("AWS::ECS::TaskDefinition", "TaskDefinitionArn") => {
            naming(&unknown, &identity::family(evaluator, logical_id).name())
        }
        ("AWS::ECS::Service", "Name") => {
            let service = identity::service(evaluator, logical_id);
            service.ecs_name.map_or_else(|| naming(&unknown, &service.metadata_name), Value::from)
        }
        (traffic::TARGET_GROUP, "TargetGroupArn") | (traffic::REGISTRY, "Arn") => naming(&unknown, logical_id),
        ("AWS::SSM::Parameter", "Value") => named(evaluator, "Value").map_or_else(|| hole(&unknown), Value::from),
        ("AWS::ECS::Cluster", "Arn") => match named(evaluator, "ClusterName") {
            Some(name) => arn(evaluator, "ecs", &format!("cluster/{name}")).unwrap_or_else(|| naming(&unknown, &name)),
            None => hole(&unknown),
        },
        ("AWS::IAM::Role", "Arn") => {
            let path = named(evaluator, "Path").unwrap_or_else(|| "/".to_owned());
            let name = named(evaluator, "RoleName");
            name.and_then(|name| arn(evaluator, "iam", &format!("role{path}{name}"))).unwrap_or_else(|| hole(&unknown))
        }
        ("AWS::ECR::Repository", "Arn") => {
            let name = named(evaluator, "RepositoryName");
            let arn = name.and_then(|name| arn(evaluator, "ecr", &format!("repository/{name}")));
            arn.unwrap_or_else(|| hole(&unknown))
        }
        ("AWS::ECR::Repository", "RepositoryUri") => {
            let name = named(evaluator, "RepositoryName");
            let [account, region, domain] =
                ["AWS::AccountId", "AWS::Region", "AWS::URLSuffix"].map(|n| fact(evaluator, n));
            match (account, region, domain, name) {
                (Some(account), Some(region), Some(domain), Some(name)) => {
                    format!("{account}.dkr.ecr.{region}.{domain}/{name}").into()
                }
                _ => hole(&unknown),
            }
        }
        _ => hole(&unknown),
    }
}

/// An ARN, where account and region are given
fn arn(evaluator: &mut Evaluator<'_>, service: &str, resource: &str) -> Option<Value> {
    let [partition, region, account] = ["AWS::Partition", "AWS::Region", "AWS::AccountId"].map(|n| fact(evaluator, n));
    let region = if service == "iam" { String::new() } else { region? };
    Some(format!("arn:{}:{service}:{region}:{}:{resource}", partition?, account?).into())
}

fn fact(evaluator: &mut Evaluator<'_>, name: &str) -> Option<String> {
    let value = to(evaluator, name)?;
    if why(&value).is_some() { None } else { function::plain_text(&value) }
}

/// The resources that an expression refers to, in the order in which they are written
pub(super) fn resources_in(evaluator: &Evaluator<'_>, expression: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect(expression, &mut names);
    names.retain(|name| evaluator.template.resources.contains_key(name));
    names
}

fn collect(expression: &Value, names: &mut Vec<String>) {
    let resource = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    match expression {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("Ref" | "Fn::GetAtt", Value::String(name)) => names.push(resource(name)),
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        names.extend(parts.first().and_then(Value::as_str).map(resource));
                    }
                    ("Fn::Sub", Value::String(text)) => in_text(text, names),
                    ("Fn::Sub", Value::Array(parts)) => {
                        parts.iter().filter_map(Value::as_str).for_each(|text| in_text(text, names));
                        parts.iter().skip(1).for_each(|local| collect(local, names));
                    }
                    _ => collect(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn in_text(text: &str, names: &mut Vec<String>) {
    for part in super::substitute::parts(text) {
        if let super::substitute::Part::Name(name) = part {
            names.push(name.split('.').next().unwrap_or_default().to_owned());
        }
    }
}
