//! Task-level `cpu` and `memory`: strings on ECS ("1 vCPU", "2GB", "1024"), but people write bare numbers too.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A task size as written: an integer (CPU units or MiB) or a string with an optional unit
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TaskSize {
    /// CPU units or MiB
    Number(i64),
    /// As ECS writes it: `"256"`, `"1 vCPU"`, `"2GB"`
    Text(String),
}

impl TaskSize {
    /// The value as text, whichever way it was written
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Number(n) => Cow::Owned(n.to_string()),
            Self::Text(s) => Cow::Borrowed(s),
        }
    }
}

impl JsonSchema for TaskSize {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "TaskSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-int-or-string": true })
    }
}
