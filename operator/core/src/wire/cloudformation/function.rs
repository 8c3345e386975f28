//! What each intrinsic function computes.
//!
//! *Guarantees*: an argument that is not known, or of a shape that CloudFormation refuses, gives a hole that says so.
//!
//! *Not here*: what names refer to (`reference`), loops (`foreach`).

use serde_json::{Map, Value};

use super::evaluate::{Evaluator, Truth};
use super::substitute::{Part, parts};
use super::{base64, cidr, reference};
use crate::wire::hole::{hole, within};

/// The function that an object calls, and its argument
pub(super) fn call_of(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = members.iter();
    match (members.next(), members.next()) {
        (Some((name, argument)), None) if is_function(name) => Some((name, argument)),
        _ => None,
    }
}

fn is_function(name: &str) -> bool {
    name == "Ref" || (name.starts_with("Fn::") && !name.starts_with("Fn::ForEach::"))
}

/// The value of a call; none for `AWS::NoValue`
pub(super) fn call(evaluator: &mut Evaluator<'_>, name: &str, argument: &Value) -> Option<Value> {
    let value = match name {
        "Ref" => return reference_by(evaluator, argument),
        "Fn::If" => return choose(evaluator, argument),
        "Fn::GetAtt" => attribute(evaluator, argument),
        "Fn::Sub" => substitute(evaluator, argument),
        "Fn::Join" => join(evaluator, argument),
        "Fn::Split" => split(evaluator, argument),
        "Fn::Select" => return Some(select(evaluator, argument).unwrap_or_else(|why| hole(&why))),
        "Fn::FindInMap" => find_in_map(evaluator, argument),
        "Fn::Base64" => text_of(evaluator, argument).map(|text| base64::encode(text.as_bytes()).into()),
        "Fn::Cidr" => cidr_blocks(evaluator, argument),
        "Fn::ImportValue" => import(evaluator, argument),
        "Fn::Length" => {
            known(evaluator, argument).and_then(|list| list.as_array().map(|l| l.len().into()).ok_or(shape(name)))
        }
        "Fn::ToJsonString" => known(evaluator, argument).map(|value| value.to_string().into()),
        "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
            let call = Value::Object(Map::from_iter([(name.to_owned(), argument.clone())]));
            evaluator.truth(&call).map(Value::from)
        }
        "Fn::GetAZs" => Err("`!GetAZs` is what CloudFormation sees in the region".to_owned()),
        "Fn::Transform" => Err("`Fn::Transform` is a macro that only CloudFormation can run".to_owned()),
        _ => Err(format!("`{name}` is no function that can be evaluated here")),
    };
    Some(match value {
        Ok(Value::String(text)) => evaluator.text(text),
        Ok(value) => value,
        Err(why) => hole(&why),
    })
}

fn shape(function: &str) -> String {
    format!("the arguments of `{function}` are not what CloudFormation takes")
}

/// Of a scalar, as CloudFormation writes it into texts
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value without holes, or why there is one
fn known(evaluator: &mut Evaluator<'_>, expression: &Value) -> Result<Value, String> {
    let value = evaluator.evaluate(expression).unwrap_or_default();
    match within(&value) {
        Some(why) => Err(why.to_owned()),
        None => Ok(value),
    }
}

fn text_of(evaluator: &mut Evaluator<'_>, expression: &Value) -> Result<String, String> {
    let value = known(evaluator, expression)?;
    plain_text(&value).ok_or_else(|| "a list or an object stands where a text is expected".to_owned())
}

fn reference_by(evaluator: &mut Evaluator<'_>, argument: &Value) -> Option<Value> {
    match argument {
        Value::String(name) => evaluator.reference(name),
        _ => Some(hole(&shape("Ref"))),
    }
}

/// Where the condition is not known but both ways lead to the same value, that is the value
fn choose(evaluator: &mut Evaluator<'_>, argument: &Value) -> Option<Value> {
    let Some([condition, then, otherwise]) = argument.as_array().map(Vec::as_slice) else {
        return Some(hole(&shape("Fn::If")));
    };
    let truth = match condition {
        Value::String(name) => evaluator.condition(name),
        expression => evaluator.truth(expression),
    };
    match truth {
        Ok(true) => evaluator.evaluate(then),
        Ok(false) => evaluator.evaluate(otherwise),
        Err(why) => {
            let (then, otherwise) = (evaluator.evaluate(then), evaluator.evaluate(otherwise));
            let same = then == otherwise;
            if same { then } else { Some(hole(&format!("it depends on a condition, and {why}"))) }
        }
    }
}

/// `Resource.Attribute`, or the two as a list
fn attribute(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let name = match argument {
        Value::String(name) => name.clone(),
        Value::Array(parts) => {
            let parts: Result<Vec<_>, _> = parts.iter().map(|part| text_of(evaluator, part)).collect();
            parts?.join(".")
        }
        _ => return Err(shape("Fn::GetAtt")),
    };
    Ok(reference::attribute(evaluator, &name))
}

fn substitute(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let nothing = Map::new();
    let (text, local) = match argument {
        Value::String(text) => (text, &nothing),
        Value::Array(items) => match items.as_slice() {
            [Value::String(text), Value::Object(local)] => (text, local),
            _ => return Err(shape("Fn::Sub")),
        },
        _ => return Err(shape("Fn::Sub")),
    };
    let parts = parts(text);
    if let [Part::Name(name)] = parts.as_slice() {
        // Alone it is the value itself, and a hole keeps what it names
        return Ok(variable(evaluator, name, local));
    }
    let mut substituted = String::new();
    for part in parts {
        match part {
            Part::Text(text) => substituted.push_str(text),
            Part::Name(name) => {
                let value = variable(evaluator, name, local);
                if let Some(why) = within(&value) {
                    return Err(why.to_owned());
                }
                let value =
                    plain_text(&value).ok_or_else(|| format!("`{name}` is no text, so it cannot stand in one"))?;
                // Spent here already, before the text grows further
                substituted.push_str(plain_text(&evaluator.text(value)).unwrap_or_default().as_str());
            }
        }
    }
    dynamic(evaluator, &substituted)
}

/// A text may turn out to be a dynamic reference once it is put together
fn dynamic(evaluator: &mut Evaluator<'_>, text: &str) -> Result<Value, String> {
    known(evaluator, &Value::String(text.to_owned()))
}

fn variable(evaluator: &mut Evaluator<'_>, name: &str, local: &Map<String, Value>) -> Value {
    let value = match local.get(name) {
        Some(expression) => evaluator.evaluate(expression),
        None if name.contains('.') => Some(reference::attribute(evaluator, name)),
        None => evaluator.reference(name),
    };
    value.unwrap_or_else(|| "".into())
}

fn join(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let Some([delimiter, list]) = argument.as_array().map(Vec::as_slice) else {
        return Err(shape("Fn::Join"));
    };
    let delimiter = text_of(evaluator, delimiter)?;
    let Value::Array(items) = known(evaluator, list)? else {
        return Err(shape("Fn::Join"));
    };
    if !evaluator.spend(items.len() * delimiter.len() / 32) {
        return Err("the text is too long to be evaluated here".to_owned());
    }
    let texts: Option<Vec<_>> = items.iter().map(plain_text).collect();
    dynamic(evaluator, &texts.ok_or_else(|| shape("Fn::Join"))?.join(&delimiter))
}

fn split(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let Some([delimiter, text]) = argument.as_array().map(Vec::as_slice) else {
        return Err(shape("Fn::Split"));
    };
    let delimiter = text_of(evaluator, delimiter)?;
    if delimiter.is_empty() {
        return Err(shape("Fn::Split"));
    }
    Ok(text_of(evaluator, text)?.split(&delimiter).collect())
}

/// Only the item that is selected has to be known
fn select(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let Some([index, list]) = argument.as_array().map(Vec::as_slice) else {
        return Err(shape("Fn::Select"));
    };
    let index: usize = text_of(evaluator, index)?.trim().parse().map_err(|_| shape("Fn::Select"))?;
    let list = evaluator.evaluate(list).unwrap_or_default();
    match list {
        Value::Array(items) => items.into_iter().nth(index).ok_or_else(|| format!("the list has no item {index}")),
        other => Err(within(&other).map_or_else(|| shape("Fn::Select"), str::to_owned)),
    }
}

fn find_in_map(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let Some([map, first, second, rest @ ..]) = argument.as_array().map(Vec::as_slice) else {
        return Err(shape("Fn::FindInMap"));
    };
    let default = rest.first().and_then(|options| options.get("DefaultValue"));
    let keys = [map, first, second].map(|key| text_of(evaluator, key));
    let [map, first, second] = keys;
    let (map, first, second) = (map?, first?, second?);
    let found = evaluator.template.mappings.get(&map).and_then(|m| m.get(&first)).and_then(|m| m.get(&second)).cloned();
    match (found, default) {
        (Some(value), _) => known(evaluator, &value),
        (None, Some(default)) => known(evaluator, default),
        (None, None) => Err(format!("the mapping `{map}` has no `{first}`, `{second}`")),
    }
}

fn cidr_blocks(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let Some([block, count, rest @ ..]) = argument.as_array().map(Vec::as_slice) else {
        return Err(shape("Fn::Cidr"));
    };
    let block = text_of(evaluator, block)?;
    let mut number = |expression: &Value| -> Result<u32, String> {
        text_of(evaluator, expression)?.trim().parse().map_err(|_| shape("Fn::Cidr"))
    };
    let count = number(count)?;
    let bits = rest.first().map_or(Ok(8), &mut number)?;
    let blocks = cidr::blocks(&block, count, bits);
    blocks.map(Value::from).ok_or_else(|| format!("`{block}` has no {count} blocks of {bits} bits"))
}

fn import(evaluator: &mut Evaluator<'_>, argument: &Value) -> Result<Value, String> {
    let name = text_of(evaluator, argument)?;
    match evaluator.given.get(&name) {
        Some(value) => Ok(value.into()),
        None => Err(format!("`!ImportValue {name}` is exported by another stack; give --parameter '{name}=…'")),
    }
}

/// Whether an expression of the Conditions section holds
pub(super) fn truth(evaluator: &mut Evaluator<'_>, expression: &Value) -> Truth {
    let members = match expression {
        Value::Bool(flag) => return Ok(*flag),
        Value::Object(members) => members,
        _ => return Err("a condition is no expression".to_owned()),
    };
    let mut entries = members.iter();
    let (Some((name, argument)), None) = (entries.next(), entries.next()) else {
        return Err("a condition is no expression".to_owned());
    };
    let operands = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    match (name.as_str(), operands) {
        ("Condition", _) => match argument {
            Value::String(name) => evaluator.condition(name),
            _ => Err(shape("Condition")),
        },
        ("Fn::Equals", [left, right]) => {
            let (left, right) = (known(evaluator, left)?, known(evaluator, right)?);
            Ok(left == right || plain_text(&left).is_some_and(|left| plain_text(&right) == Some(left)))
        }
        ("Fn::Not", [operand]) => evaluator.truth(operand).map(|truth| !truth),
        ("Fn::And", operands) if !operands.is_empty() => decided(evaluator, operands, false),
        ("Fn::Or", operands) if !operands.is_empty() => decided(evaluator, operands, true),
        _ => match call(evaluator, name, argument) {
            Some(value) => match (&value, within(&value)) {
                (_, Some(why)) => Err(why.to_owned()),
                (Value::Bool(flag), None) => Ok(*flag),
                (Value::String(text), None) if text == "true" || text == "false" => Ok(text == "true"),
                _ => Err(shape(name)),
            },
            None => Err(shape(name)),
        },
    }
}

/// One operand that decides is enough, also beside others that are not known
fn decided(evaluator: &mut Evaluator<'_>, operands: &[Value], decides: bool) -> Truth {
    let truths: Vec<Truth> = operands.iter().map(|operand| evaluator.truth(operand)).collect();
    if truths.contains(&Ok(decides)) {
        return Ok(decides);
    }
    truths.into_iter().find(Result::is_err).unwrap_or(Ok(!decides))
}
