//! Golden folders (`tests/golden/<what they show>`): a document, everything that is found in it, and its objects.
//!
//! `input.json` is what a user has; `findings.json` is all that `render` finds in it as it is; `objects.yaml` is what it
//! renders to once the codes of `accept.json` are accepted; `config.yaml` is the administrator's configuration and
//! `capabilities.json` what the cluster can do, where they are not the defaults. `UPDATE_GOLDEN=1` writes findings and objects
//! anew; read the difference before you commit it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_core::config::{Capabilities, Context};
use ecs_core::render::{Options, Rendered, render};
use ecs_core::wire;

use crate::repository::root;

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tests/golden")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn rendered(folder: &Path, accept: BTreeSet<String>) -> Rendered {
    let text = fs::read_to_string(folder.join("input.json")).unwrap();
    let config = fs::read_to_string(folder.join("config.yaml")).map(|text| serde_yaml_ng::from_str(&text).unwrap());
    let named = fs::read_to_string(folder.join("capabilities.json")).ok();
    let named: Option<Vec<String>> = named.map(|text| serde_json::from_str(&text).unwrap());
    let capabilities = named.map_or_else(Capabilities::default, |names| Capabilities::named(&names).unwrap());
    let context = Context { config: config.unwrap_or_default(), capabilities, ..Context::default() };
    render(wire::read(&text).unwrap(), &Options { accept, context, ..Options::default() })
}

fn accepted(folder: &Path) -> BTreeSet<String> {
    fs::read_to_string(folder.join("accept.json")).map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default()
}

/// Compares a text with its file, or writes the file
fn check(file: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, text).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    assert!(text == expected, "{} is out of date; see UPDATE_GOLDEN=1 and git diff\n{text}", file.display());
}

#[test]
fn golden_documents_render_to_what_is_written_down() {
    let folders = folders();
    assert!(!folders.is_empty());
    for folder in folders {
        let findings = rendered(&folder, BTreeSet::new()).findings;
        check(&folder.join("findings.json"), &(serde_json::to_string_pretty(&findings).unwrap() + "\n"));
        let objects = rendered(&folder, accepted(&folder)).objects;
        let yaml: String =
            objects.iter().map(|object| format!("---\n{}", serde_yaml_ng::to_string(object).unwrap())).collect();
        assert!(!yaml.is_empty(), "{} renders to nothing", folder.display());
        check(&folder.join("objects.yaml"), &yaml);
    }
}

#[test]
fn golden_findings_tell_no_secret() {
    for folder in folders() {
        let input: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.join("input.json")).unwrap()).unwrap();
        let documents = input.as_array().cloned().unwrap_or_else(|| vec![input.clone()]);
        let containers = documents.iter().flat_map(|document| document["containerDefinitions"].as_array()).flatten();
        let variables = containers.flat_map(|container| container["environment"].as_array().into_iter().flatten());
        let values: Vec<_> = variables.filter_map(|v| v["value"].as_str()).filter(|value| value.len() > 3).collect();
        for located in rendered(&folder, BTreeSet::new()).findings {
            let message = &located.finding.message;
            assert!(!values.iter().any(|value| message.contains(value)), "{message}");
        }
    }
}
