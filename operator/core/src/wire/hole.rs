//! Holes: the places of values that a template does not tell, and why.
//!
//! A hole travels as a value through expressions and joins, and ends in `lenient`, which leaves its member out and finds it
//! by path. In its place the spec has a *mark*: beside `value` that is not known, `value?` with the reason. The API server keeps
//! a mark as it keeps every member of a structure of ECS, and `check` refuses what a mark leaves open: what `convert` could not
//! know is not lost on its way into a cluster.
//!
//! *Not here*: which values are unknown (`cloudformation`), findings (`lenient`).

use serde_json::{Value, json};

/// The one member of a hole; no name of AWS has a slash
const WHY: &str = "hole/unknown";
/// Beside it: what the value names among what is converted, where that is known although the value is not
const NAMES: &str = "hole/names";

/// What stands behind the name of a member that is left open
const MARK: char = '?';

/// The member that says why another is left open
pub(crate) fn mark(name: &str) -> String {
    format!("{name}{MARK}")
}

/// The member that a mark leaves open; none where the key is no mark
pub(crate) fn marked(key: &str) -> Option<&str> {
    key.strip_suffix(MARK)
}

/// A value that is not known, and why, as the end of a sentence
pub(super) fn hole(why: &str) -> Value {
    json!({ WHY: why })
}

/// A value that is not known but names something that is: the ARN of a task definition of the same template
pub(super) fn naming(why: &str, name: &str) -> Value {
    json!({ WHY: why, NAMES: name })
}

/// Why the value is not known; none where it is
pub(super) fn why(value: &Value) -> Option<&str> {
    value.get(WHY)?.as_str()
}

/// What a hole names
pub(super) fn name(value: &Value) -> Option<&str> {
    value.get(NAMES)?.as_str()
}

/// The first hole in a value
pub(super) fn within(value: &Value) -> Option<&str> {
    why(value).or_else(|| match value {
        Value::Array(items) => items.iter().find_map(within),
        Value::Object(members) => members.values().find_map(within),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// The name instead of the hole, in a member that takes a name as well as an ARN
pub(super) fn named(value: Value) -> Value {
    name(&value).map(Value::from).unwrap_or(value)
}
