//! Does what is there cover what we want? The question behind every "nothing to do".
//!
//! What the API server stores is what we applied plus defaults, other managers' fields and injected list elements. So an
//! object covers another when every member that we set is there with our value; a list covers another when our elements
//! are found in it, in our order. What is there beyond that is not ours and is left alone.

use serde_json::Value;

/// Whether `there` holds everything that `wanted` says
#[must_use]
pub fn covers(wanted: &Value, there: &Value) -> bool {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => wanted.iter().all(|(key, value)| match there.get(key) {
            Some(there) => covers(value, there),
            None => is_zero(value),
        }),
        (Value::Array(wanted), Value::Array(there)) if wanted.iter().all(Value::is_object) => {
            subsequence(wanted, there)
        }
        (wanted, there) => wanted == there || (is_empty(wanted) && is_empty(there)),
    }
}

/// Whether our elements are found in what is there, in our order
fn subsequence(wanted: &[Value], there: &[Value]) -> bool {
    let mut rest = there.iter();
    wanted.iter().all(|element| rest.any(|candidate| covers(element, candidate)))
}

/// Whether a value says the same as its absence
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Whether the API server stores this value by leaving it out
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        other => is_empty(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(wanted: Value, there: Value, expected: bool) {
        assert_eq!(covers(&wanted, &there), expected, "{wanted} in {there}");
    }

    #[test]
    fn defaults_and_foreign_fields_are_covered() {
        check(json!({"a": 1}), json!({"a": 1, "b": 2}), true);
        check(
            json!({"spec": {"ports": [{"port": 80}]}}),
            json!({"spec": {"ports": [{"port": 80, "protocol": "TCP"}]}}),
            true,
        );
        check(
            json!({"containers": [{"name": "a"}]}),
            json!({"containers": [{"name": "a"}, {"name": "injected"}]}),
            true,
        );
        check(json!({"emptyDir": {}}), json!({}), true);
        check(json!({"args": []}), json!({"args": null}), true);
        check(json!({"minReadySeconds": 0, "stdin": false, "value": ""}), json!({}), true);
    }

    #[test]
    fn an_edit_of_ours_is_seen() {
        check(json!({"replicas": 2}), json!({"replicas": 3}), false);
        check(json!({"replicas": 0}), json!({"replicas": 3}), false);
        check(json!({"a": 1}), json!({}), false);
        check(json!({"env": [{"name": "A", "value": "1"}]}), json!({"env": [{"name": "A", "value": "2"}]}), false);
        check(json!({"args": ["a", "b"]}), json!({"args": ["b", "a"]}), false);
        check(json!({"args": ["a"]}), json!({"args": ["a", "b"]}), false);
        check(json!({"ports": [{"port": 80}, {"port": 81}]}), json!({"ports": [{"port": 80}]}), false);
    }

    #[test]
    fn the_order_of_our_elements_counts() {
        let wanted = json!([{"name": "a"}, {"name": "b"}]);
        check(wanted.clone(), json!([{"name": "a"}, {"name": "x"}, {"name": "b"}]), true);
        check(wanted, json!([{"name": "b"}, {"name": "a"}]), false);
    }
}
