//! `Fn::ForEach::Name`: a loop that writes members.
//!
//! *Guarantees*: bounded by the evaluator's steps. A loop whose collection is not known stays as a hole under its own name.

use serde_json::{Map, Value};

use super::evaluate::Evaluator;
use super::function;
use crate::wire::hole::{hole, within};

const PREFIX: &str = "Fn::ForEach::";
/// Loops may stand in each other, not deeper than CloudFormation allows
const NESTED: usize = 5;

/// Members with every loop among them written out, not evaluated
pub(super) fn written_out(evaluator: &mut Evaluator<'_>, members: Map<String, Value>) -> Map<String, Value> {
    members_of(evaluator, members, 0)
}

fn members_of(evaluator: &mut Evaluator<'_>, members: Map<String, Value>, nested: usize) -> Map<String, Value> {
    if !members.keys().any(|key| key.starts_with(PREFIX)) {
        return members;
    }
    let mut written = Map::new();
    for (key, value) in members {
        if !key.starts_with(PREFIX) {
            written.insert(key, value);
            continue;
        }
        match turns(evaluator, &value, nested) {
            Ok(turns) => turns.into_iter().for_each(|turn| written.extend(turn)),
            Err(why) => {
                written.insert(key, hole(&why));
            }
        }
    }
    written
}

/// What each turn of a loop writes
fn turns(evaluator: &mut Evaluator<'_>, value: &Value, nested: usize) -> Result<Vec<Map<String, Value>>, String> {
    let Some([Value::String(variable), collection, Value::Object(body)]) = value.as_array().map(Vec::as_slice) else {
        return Err("`Fn::ForEach` takes a name, a list and an object".to_owned());
    };
    if nested >= NESTED {
        return Err("`Fn::ForEach` nests too deeply".to_owned());
    }
    let collection = evaluator.evaluate(collection).unwrap_or_default();
    if let Some(why) = within(&collection) {
        return Err(why.to_owned());
    }
    let Value::Array(items) = collection else {
        return Err("`Fn::ForEach` takes a list to go through".to_owned());
    };
    let mut turns = Vec::new();
    for item in items.iter().filter_map(function::plain_text) {
        let turn = Turn { variable, item: &item };
        let body = turn.object(evaluator, body).ok_or("`Fn::ForEach` writes more than can be evaluated here")?;
        turns.push(members_of(evaluator, body, nested + 1));
    }
    Ok(turns)
}

/// One turn: the variable stands for the item
struct Turn<'a> {
    variable: &'a str,
    item: &'a str,
}

impl Turn<'_> {
    fn object(&self, evaluator: &mut Evaluator<'_>, members: &Map<String, Value>) -> Option<Map<String, Value>> {
        members.iter().map(|(key, value)| Some((self.text(key), self.value(evaluator, value)?))).collect()
    }

    fn value(&self, evaluator: &mut Evaluator<'_>, value: &Value) -> Option<Value> {
        if !evaluator.spend(1) {
            return None;
        }
        Some(match value {
            Value::Object(members) if members.get("Ref").is_some_and(|name| name == self.variable) => self.item.into(),
            Value::Object(members) => Value::Object(self.object(evaluator, members)?),
            Value::Array(items) => items.iter().map(|item| self.value(evaluator, item)).collect::<Option<_>>()?,
            Value::String(text) => self.text(text).into(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }

    /// `${X}` is the item, `&{X}` its letters and digits
    fn text(&self, text: &str) -> String {
        let Self { variable, item } = self;
        let letters: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{variable}}}"), item).replace(&format!("&{{{variable}}}"), &letters)
    }
}
