//! The documents that stories begin with. They change them where they need to.

use serde_json::{Value, json};

/// An object of ours
pub(crate) fn object(kind: &str, name: &str, spec: Value) -> Value {
    let api_version = format!("{}/{}", ecs_crds::GROUP, ecs_crds::VERSION);
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// A task definition with one container. Its health check makes a task count as available at once
pub(crate) fn task_definition(family: &str, image: &str) -> Value {
    let container = json!({
        "name": "app",
        "image": image,
        "memory": 64,
        "portMappings": [{"containerPort": 8080, "name": "http"}],
        "healthCheck": {"command": ["CMD", "true"]},
    });
    object("TaskDefinition", family, json!({"family": family, "containerDefinitions": [container]}))
}

/// A service
pub(crate) fn service(name: &str, task_definition: &str, desired_count: i64) -> Value {
    object(
        "EcsService",
        name,
        json!({"serviceName": name, "taskDefinition": task_definition, "desiredCount": desired_count}),
    )
}

/// Tasks to start once
pub(crate) fn ecs_task(name: &str, task_definition: &str) -> Value {
    object("EcsTask", name, json!({"taskDefinition": task_definition}))
}

/// A schedule
pub(crate) fn schedule(name: &str, task_definition: &str, expression: &str) -> Value {
    object(
        "ScheduledTask",
        name,
        json!({"scheduleExpression": expression, "task": {"taskDefinition": task_definition}}),
    )
}
