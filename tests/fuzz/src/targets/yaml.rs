//! YAML that we write: every reader reads what was meant.

use serde_json::Value;

use crate::shape::Shape;

pub(crate) fn check(data: &[u8]) {
    assert_reads_as_written(&Shape::new(data).json(0));
}

/// What stands in the YAML of a value is the value
pub(crate) fn assert_reads_as_written(value: &Value) {
    let mut written = Vec::new();
    kubectl_ecs::yaml::document(value, &mut written).unwrap();
    let text = String::from_utf8(written).unwrap();
    let read: Value = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
    assert_eq!(&read, value, "{text:?}");
}
