//! The canonical form: made twice it is the same, and what ECS takes for a set has no order.

use ecs_core::support::Spec;
use ecs_core::wire::canonical::task_definition;
use ecs_crds::TaskDefinitionSpec;
use serde_json::Value;

use crate::shape::Shape;

pub(crate) fn check(data: &[u8]) {
    let mut shape = Shape::new(data);
    let value = shape.spec(Spec::TaskDefinition);
    let Some(spec) = typed(value.clone()) else { return };
    let form = task_definition(&spec);
    assert_eq!(typed(form.clone()).map(|spec| task_definition(&spec)), Some(form.clone()), "made twice: {value}");
    let Some(turned) = typed(turned(value.clone())) else { return };
    assert_eq!(task_definition(&turned), form, "sets have no order: {value}");
}

fn typed(value: Value) -> Option<TaskDefinitionSpec> {
    serde_json::from_value(value).ok()
}

/// The environment, secrets and ports of each container from back to front
fn turned(mut value: Value) -> Value {
    for container in value["containerDefinitions"].as_array_mut().into_iter().flatten() {
        for set in ["environment", "secrets", "links", "ulimits"] {
            if let Some(items) = container.get_mut(set).and_then(Value::as_array_mut) {
                let mut names: Vec<String> = items.iter().map(|item| item["name"].to_string()).collect();
                names.sort();
                names.dedup();
                // Of two with one name the order decides
                if names.len() == items.len() {
                    items.reverse();
                }
            }
        }
    }
    value
}
