//! What documents say of the code: the stories that they name, and the example that holds every setting.

use std::collections::BTreeSet;
use std::fs;

use ecs_core::config::OperatorConfig;
use serde_json::Value;

use crate::repository::{read, root};

/// The head of a table of behaviours
const BEHAVIOURS: &str = "| ECS behaviour | what you see here | story |";

/// Every page, by its path from the root
fn pages() -> Vec<String> {
    let files = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    pages.sort();
    pages.iter().map(|path| format!("docs/{}", path.file_name().unwrap().to_string_lossy())).collect()
}

/// The stories and tests that a line names: `module::name`, of this crate's stories or as `unit module::name` beside the code
fn named(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).filter(|word| word.contains("::")).collect()
}

/// Whether there is a test of that name in a file of that module
fn exists(story: &str) -> bool {
    let (modules, name) = story.rsplit_once("::").unwrap();
    let path = modules.replace("::", "/");
    let places = [format!("tests/tests/it/stories/{path}.rs"), format!("operator/core/src/{path}.rs")];
    let test = format!("fn {name}(");
    places.iter().any(|place| fs::read_to_string(root().join(place)).is_ok_and(|text| text.contains(&test)))
}

#[test]
fn every_row_of_a_table_of_behaviours_names_tests_that_exist() {
    let mut rows = 0;
    for page in pages() {
        let text = read(&page);
        for table in text.split(BEHAVIOURS).skip(1) {
            for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
                let stories = named(row);
                assert!(!stories.is_empty(), "{page}: no story shows it: {row}");
                let missing: Vec<_> = stories.into_iter().filter(|story| !exists(story)).collect();
                assert!(missing.is_empty(), "{page}: there is no {missing:?}: {row}");
                rows += 1;
            }
        }
    }
    assert!(rows > 30, "the tables have {rows} rows");
}

/// The places of all members; items of lists share theirs
fn places(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let at = format!("{at}/{key}");
                places(value, &at, found);
                found.insert(at);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| places(item, &format!("{at}/[]"), found)),
        _ => {}
    }
}

#[test]
fn the_example_of_a_configuration_holds_every_setting_that_exists() {
    let written: Value = serde_yaml_ng::from_str(&read("examples/operatorconfig.yaml")).unwrap();
    let config: OperatorConfig = serde_json::from_value(written.clone()).unwrap();
    let (mut there, mut all) = (BTreeSet::new(), BTreeSet::new());
    places(&written, "", &mut there);
    // What is written again holds the members of every structure, those that were left out too
    places(&serde_json::to_value(config).unwrap(), "", &mut all);
    let missing: Vec<_> = all.difference(&there).collect();
    assert!(missing.is_empty(), "examples/operatorconfig.yaml lacks {missing:#?}");
    let empty: Vec<_> = written.as_object().unwrap().iter().filter(|(_, value)| value.is_null()).collect();
    assert!(empty.is_empty(), "an example shows a value: {empty:?}");
}
