//! A template taken apart into its sections.
//!
//! *Not here*: evaluation.

use serde_json::{Map, Value, json};

/// The sections that expressions speak about
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    pub(super) parameters: Map<String, Value>,
    pub(super) mappings: Map<String, Value>,
    pub(super) conditions: Map<String, Value>,
    pub(super) resources: Map<String, Value>,
}

impl Template {
    /// The template that a document is, whole or as pages quote it: `Resources` alone, or one resource; none where it is none
    pub(super) fn of(document: &Map<String, Value>) -> Option<Self> {
        let section = |name: &str| document.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        if document.contains_key("AWSTemplateFormatVersion") || document.get("Resources").is_some_and(Value::is_object)
        {
            return Some(Self {
                parameters: section("Parameters"),
                mappings: section("Mappings"),
                conditions: section("Conditions"),
                resources: section("Resources"),
            });
        }
        if is_resource(document) {
            let resources = Map::from_iter([("Resource".to_owned(), json!(document))]);
            return Some(Self { resources, ..Self::default() });
        }
        let all = !document.is_empty() && document.values().all(|value| value.as_object().is_some_and(is_resource));
        all.then(|| Self { resources: document.clone(), ..Self::default() })
    }

    /// The type of a resource: `AWS::ECS::Service`; empty where there is no such resource
    pub(super) fn type_of(&self, logical_id: &str) -> &str {
        self.resources
            .get(logical_id)
            .and_then(|resource| resource.get("Type"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A property of a resource, as it is written
    pub(super) fn property(&self, logical_id: &str, name: &str) -> Option<&Value> {
        self.resources.get(logical_id)?.get("Properties")?.get(name)
    }
}

fn is_resource(members: &Map<String, Value>) -> bool {
    members.get("Type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("AWS::"))
}
