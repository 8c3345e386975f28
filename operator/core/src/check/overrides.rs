//! R-OVERRIDE: what a run says differently from its task definition.
//!
//! Overrides come as RunTask's structure or as EventBridge's `input`, which is the same as JSON text. They are applied to
//! the document *before* it is checked, so that an override can do nothing that a task definition could not.
//!
//! *Not here*: whether the result is a valid task definition. Values of environment variables never stand in a message.

use std::collections::BTreeMap;

use ecs_crds::TaskDefinitionSpec;
use ecs_crds::ecs::{
    ContainerDefinition, ContainerOverride, InferenceAccelerator, InferenceAcceleratorOverride, KeyValuePair,
    TaskOverride, TaskSize, Unknown,
};
use ecs_crds::status::Class;

use crate::findings::{Findings, Path};

/// The longest overrides that RunTask takes, in characters of JSON
const CHARACTERS: usize = 8192;

/// Reads EventBridge's `input`: RunTask's overrides as JSON text
///
/// EventBridge passes members that it does not know to nobody, so those are a warning.
pub fn read_input(input: &str, path: &Path, findings: &mut Findings) -> Option<TaskOverride> {
    let block = |findings: &mut Findings, message: String| {
        findings.block(path, Class::Exact, "InvalidOverride", message);
        None
    };
    // serde's own messages quote the values that they stumble over: only the place is told.
    let overrides: TaskOverride = match serde_json::from_str(input) {
        Ok(overrides) => overrides,
        Err(error) if error.is_data() => {
            let (line, column) = (error.line(), error.column());
            return block(
                findings,
                format!(
                    "the input is not an object of RunTask's overrides: the value before line {line}, column {column} \
                     has the wrong type"
                ),
            );
        }
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            return block(findings, format!("the input is not JSON from line {line}, column {column} on"));
        }
    };
    let of_containers = overrides.container_overrides.iter().flatten().flat_map(|container| container.unknown.keys());
    for key in overrides.unknown.keys().chain(of_containers) {
        let message = format!("RunTask's overrides have no member `{key}`, so this part of the input has no effect");
        findings.warn(path, Class::Unsupported, "UnknownOverride", message);
    }
    Some(overrides)
}

/// Judges overrides by themselves, without the task definition that they are for
pub fn check(overrides: &TaskOverride, path: &Path, findings: &mut Findings) {
    let characters = serde_json::to_string(overrides).map_or(0, |json| json.chars().count());
    if characters > CHARACTERS {
        let message = format!("the overrides are {characters} characters of JSON, RunTask takes at most {CHARACTERS}");
        findings.block(path, Class::Exact, "InvalidOverride", message);
    }
    let containers = overrides.container_overrides.as_deref().unwrap_or_default();
    for (index, container) in containers.iter().enumerate() {
        if container.name.as_deref().unwrap_or_default().is_empty() {
            let message = "a container override needs the `name` of its container";
            findings.block(
                &path.key("containerOverrides").index(index).key("name"),
                Class::Exact,
                "RequiredField",
                message,
            );
        }
    }
}

/// The task definition as a run with these overrides sees it; `path` is where the overrides stand in their own document
#[must_use]
pub fn apply(
    overrides: &TaskOverride,
    path: &Path,
    spec: &TaskDefinitionSpec,
    findings: &mut Findings,
) -> TaskDefinitionSpec {
    let TaskOverride {
        container_overrides,
        cpu,
        inference_accelerator_overrides,
        execution_role_arn,
        memory,
        task_role_arn,
        ephemeral_storage,
        unknown: _,
    } = overrides;
    let mut spec = spec.clone();
    replace(&mut spec.cpu, cpu.clone().map(TaskSize::Text));
    replace(&mut spec.memory, memory.clone().map(TaskSize::Text));
    replace(&mut spec.execution_role_arn, execution_role_arn.clone());
    replace(&mut spec.task_role_arn, task_role_arn.clone());
    replace(&mut spec.ephemeral_storage, ephemeral_storage.clone());
    accelerators(inference_accelerator_overrides.as_deref().unwrap_or_default(), &mut spec.inference_accelerators);

    let containers = spec.container_definitions.get_or_insert_default();
    let path = path.key("containerOverrides");
    for (index, item) in container_overrides.iter().flatten().enumerate() {
        match containers.iter_mut().find(|container| container.name.is_some() && container.name == item.name) {
            Some(container) => apply_to_container(item, container),
            None => unknown_container(item, containers, &path.index(index).key("name"), findings),
        }
    }
    spec
}

fn unknown_container(
    item: &ContainerOverride,
    containers: &[ContainerDefinition],
    path: &Path,
    findings: &mut Findings,
) {
    let name = item.name.as_deref().unwrap_or_default();
    let known: Vec<&str> = containers.iter().filter_map(|container| container.name.as_deref()).collect();
    let message = format!("the task definition has no container `{name}`; it has {}", known.join(", "));
    findings.block(path, Class::Exact, "UnknownContainer", message);
}

fn apply_to_container(item: &ContainerOverride, container: &mut ContainerDefinition) {
    let ContainerOverride {
        name: _,
        command,
        environment,
        environment_files,
        cpu,
        memory,
        memory_reservation,
        resource_requirements,
        unknown: _,
    } = item.clone();
    replace(&mut container.command, command);
    replace(&mut container.environment_files, environment_files);
    replace(&mut container.cpu, cpu);
    replace(&mut container.memory, memory);
    replace(&mut container.memory_reservation, memory_reservation);
    replace(&mut container.resource_requirements, resource_requirements);
    if let Some(overriding) = environment {
        let base = container.environment.take().unwrap_or_default();
        container.environment = Some(merge(base, overriding));
    }
}

/// The environment merged by name: the override wins, and stands where its name stood first
fn merge(base: Vec<KeyValuePair>, overriding: Vec<KeyValuePair>) -> Vec<KeyValuePair> {
    let mut merged: Vec<KeyValuePair> = Vec::with_capacity(base.len() + overriding.len());
    let mut places: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for pair in base.into_iter().chain(overriding) {
        match places.get(&pair.name).and_then(|place| merged.get_mut(*place)) {
            Some(earlier) => *earlier = pair,
            None => {
                places.insert(pair.name.clone(), merged.len());
                merged.push(pair);
            }
        }
    }
    merged
}

fn accelerators(overrides: &[InferenceAcceleratorOverride], base: &mut Option<Vec<InferenceAccelerator>>) {
    for InferenceAcceleratorOverride { device_name, device_type, unknown: _ } in overrides {
        let base = base.get_or_insert_default();
        match base.iter_mut().find(|accelerator| accelerator.device_name == *device_name) {
            Some(accelerator) => replace(&mut accelerator.device_type, device_type.clone()),
            None => base.push(InferenceAccelerator {
                device_name: device_name.clone(),
                device_type: device_type.clone(),
                unknown: Unknown::new(),
            }),
        }
    }
}

/// An override that is given replaces; one that is absent leaves things as they are
fn replace<T>(base: &mut Option<T>, overriding: Option<T>) {
    if overriding.is_some() {
        *base = overriding;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn codes(findings: &Findings) -> Vec<(String, String)> {
        findings.iter().map(|f| (f.path.clone(), f.code.clone())).collect()
    }

    fn check(overrides: Value, expected: &Value, expected_findings: &[(&str, &str)]) {
        let base = json!({
            "family": "report", "cpu": 256, "taskRoleArn": "base",
            "containerDefinitions": [
                {
                    "name": "main", "entryPoint": ["/run"], "command": ["daily"], "memory": 64,
                    "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]
                },
                {"name": "side"},
            ],
        });
        let mut findings = Findings::default();
        let overrides: TaskOverride = serde_json::from_value(overrides).unwrap();
        let spec = serde_json::from_value(base.clone()).unwrap();
        let applied = apply(&overrides, &Path::root().key("input"), &spec, &mut findings);
        let mut whole = base;
        for (pointer, value) in expected.as_object().unwrap() {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            whole.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        assert_eq!(serde_json::to_value(applied).unwrap(), whole);
        let expected: Vec<_> = expected_findings.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect();
        assert_eq!(codes(&findings), expected);
    }

    #[test]
    fn an_override_replaces_the_command_and_merges_the_environment() {
        // V138
        check(
            json!({"containerOverrides": [{"name": "main", "command": ["x"], "environment": [
                {"name": "A", "value": "2"}, {"name": "C", "value": "3"}]}]}),
            &json!({
                "/containerDefinitions/0/command": ["x"],
                "/containerDefinitions/0/environment": [
                    {"name": "A", "value": "2"}, {"name": "B", "value": "1"}, {"name": "C", "value": "3"}],
            }),
            &[],
        );
    }

    #[test]
    fn an_override_for_a_container_that_the_task_lacks_blocks() {
        // V139
        check(
            json!({"containerOverrides": [{"name": "side"}, {"name": "mian"}, {}]}),
            &json!({}),
            &[
                ("/input/containerOverrides/1/name", "UnknownContainer"),
                ("/input/containerOverrides/2/name", "UnknownContainer"),
            ],
        );
    }

    #[test]
    fn task_level_overrides_replace() {
        check(
            json!({
                "cpu": "512", "memory": "1GB", "taskRoleArn": "other", "executionRoleArn": "pull",
                "ephemeralStorage": {"sizeInGiB": 30},
                "inferenceAcceleratorOverrides": [{"deviceName": "d", "deviceType": "eia2.large"}],
                "containerOverrides": [{"name": "main", "cpu": 1, "memory": 2, "memoryReservation": 3,
                    "environmentFiles": [{"type": "s3", "value": "arn"}],
                    "resourceRequirements": [{"type": "GPU", "value": "1"}]}],
            }),
            &json!({
                "/cpu": "512", "/memory": "1GB", "/taskRoleArn": "other", "/executionRoleArn": "pull",
                "/ephemeralStorage": {"sizeInGiB": 30},
                "/inferenceAccelerators": [{"deviceName": "d", "deviceType": "eia2.large"}],
                "/containerDefinitions/0/cpu": 1, "/containerDefinitions/0/memory": 2,
                "/containerDefinitions/0/memoryReservation": 3,
                "/containerDefinitions/0/environmentFiles": [{"type": "s3", "value": "arn"}],
                "/containerDefinitions/0/resourceRequirements": [{"type": "GPU", "value": "1"}],
            }),
            &[],
        );
    }

    #[test]
    fn an_input_that_is_no_override_is_refused_without_quoting_it() {
        for (input, expected) in [
            ("{}", &[][..]),
            (r#"{"containerOverrides": null}"#, &[]),
            (r#"{"hunter2": 1}"#, &["UnknownOverride"]),
            (r#"{"containerOverrides": [{"name": "main", "hunter2": 1}]}"#, &["UnknownOverride"]),
            ("[]", &["InvalidOverride"]),
            ("hunter2", &["InvalidOverride"]),
            (r#"{"containerOverrides": "hunter2"}"#, &["InvalidOverride"]),
            (
                r#"{"containerOverrides": [{"environment": [{"name": "A", "value": ["hunter2"]}]}]}"#,
                &["InvalidOverride"],
            ),
        ] {
            let mut findings = Findings::default();
            let overrides = read_input(input, &Path::root().key("input"), &mut findings);
            assert_eq!(overrides.is_some(), !findings.blocked(), "{input}");
            assert_eq!(findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), expected, "{input}");
            // A key may be named, a value never.
            assert!(
                expected == ["UnknownOverride"] || findings.iter().all(|f| !f.message.contains("hunter2")),
                "{input}"
            );
        }
    }

    #[test]
    fn overrides_longer_than_run_task_takes_are_refused() {
        let overrides = TaskOverride { cpu: Some("1".repeat(CHARACTERS)), ..TaskOverride::default() };
        let mut findings = Findings::default();
        super::check(&overrides, &Path::root(), &mut findings);
        assert!(findings.blocked());
    }
}
