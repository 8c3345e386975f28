//! Files that are generated equal what their generator makes now. `UPDATE_GENERATED=1 cargo test -p ecs-tests generated`
//! rewrites them.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its own data has failed")]

use std::fs;

use serde_json::Value;

use crate::reference;
use crate::repository::{read, root};

/// The first line of every generated YAML file
const HEADER: &str =
    "# Generated from crds/src; do not edit. `UPDATE_GENERATED=1 cargo test -p ecs-tests generated` rewrites it\n";
/// kubectl's client-side apply keeps the whole object in an annotation, and annotations have this limit
const LAST_APPLIED_MAX: usize = 256 * 1024;

/// Compares a file with what is generated, or rewrites it where that is asked for
fn check(path: &str, generated: &str) {
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(root().join(path), generated).unwrap();
    }
    let hint = "run: UPDATE_GENERATED=1 cargo test -p ecs-tests generated";
    assert!(root().join(path).exists(), "{path} is missing; {hint}");
    let written = read(path);
    let difference =
        (1..).zip(written.lines().zip(generated.lines())).find(|(_, (written, generated))| written != generated);
    assert!(written == generated, "{path} is not what its generator makes, from line {difference:?} on; {hint}");
}

/// Each CustomResourceDefinition with the file that holds it
fn definitions() -> Vec<(String, Value)> {
    let definitions = ecs_crds::crds().into_iter();
    definitions
        .map(|crd| (format!("crds/{}.yaml", crd.spec.names.plural), serde_json::to_value(crd).unwrap()))
        .collect()
}

#[test]
fn generated_custom_resource_definitions_are_those_of_the_types() {
    for crd in ecs_crds::crds() {
        let path = format!("crds/{}.yaml", crd.spec.names.plural);
        check(&path, &format!("{HEADER}{}", serde_yaml_ng::to_string(&crd).unwrap()));
    }
    let mut there: Vec<String> = fs::read_dir(root().join("crds"))
        .unwrap()
        .map(|entry| format!("crds/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|path| path.ends_with(".yaml"))
        .collect();
    there.sort();
    assert_eq!(there, definitions().into_iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn generated_reference_is_that_of_the_support_table() {
    let pages = reference::pages();
    for (path, page) in &pages {
        check(path, page);
    }
    let there = fs::read_dir(root().join("docs/reference")).unwrap().count();
    assert_eq!(there, pages.len(), "docs/reference holds generated pages only");
}

#[test]
fn every_description_in_a_custom_resource_definition_says_something() {
    for (path, definition) in definitions() {
        let empty = empty_descriptions(&definition, "");
        assert!(empty.is_empty(), "{path}: {empty:?}");
    }
}

#[test]
fn no_structure_of_ecs_requires_a_member() {
    for (path, definition) in definitions() {
        let required = required_of_ecs(&definition, "");
        assert!(required.is_empty(), "{path}: {required:?}; an import must never be a 422");
    }
}

/// The places of structures that keep unknown fields, and still require known ones
fn required_of_ecs(value: &Value, path: &str) -> Vec<String> {
    let Value::Object(members) = value else {
        let items = value.as_array().into_iter().flatten();
        return items.flat_map(|item| required_of_ecs(item, path)).collect();
    };
    let keeps = members.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    // The spec of a schedule joins the inputs of several calls, and is nothing without them; a map list has its key
    let whole = path.ends_with("/properties/spec") || path.ends_with("/containerDefinitions/items");
    let here = (keeps && !whole && members.contains_key("required")).then(|| path.to_owned());
    let below = members.iter().flat_map(|(key, member)| required_of_ecs(member, &format!("{path}/{key}")));
    here.into_iter().chain(below).collect()
}

/// The places of descriptions without text
fn empty_descriptions(value: &Value, path: &str) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, member)| {
                let path = format!("{path}/{key}");
                match member {
                    Value::String(text) if key == "description" && text.trim().is_empty() => vec![path],
                    _ => empty_descriptions(member, &path),
                }
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| empty_descriptions(item, &format!("{path}/{index}")))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn custom_resource_definitions_are_small_enough_for_kubectl_apply() {
    for (path, definition) in definitions() {
        let size = definition.to_string().len();
        assert!(size < LAST_APPLIED_MAX, "{path}: {size} bytes do not fit into the last-applied annotation");
    }
}
