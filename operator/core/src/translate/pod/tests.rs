//! Tests of the whole way from a task definition to a pod: the mapping specification's vectors, as data.
//!
//! A case names a document, what the pod must show at JSON pointers (null: absent), and every Warn and Block on the way;
//! of the Infos only those that it lists are looked for.

mod linux;
mod logging;
mod ordering;
mod privileges;
mod properties;
mod secrets;
mod units;
mod volumes;

use std::collections::BTreeSet;

use ecs_crds::TaskDefinitionSpec;
use ecs_crds::status::{Finding, Severity};
use serde_json::{Value, json};

use super::{Pod, Setting, pod};
use crate::check::task::check;
use crate::config::Context;
use crate::findings::Findings;

/// A service without extras
const SERVICE: Setting = Setting::Service { health_check_grace_seconds: 0, essential_policy: None };

/// One vector
struct Case {
    name: &'static str,
    spec: Value,
    setting: Setting,
    context: Context,
    accept: &'static [&'static str],
    /// JSON pointers into `{spec, annotations, companions, supervision}` of the pod and what is there
    pod: Vec<(&'static str, Value)>,
    /// All Warns and Blocks and some Infos: severity, code and path
    findings: Vec<(Severity, &'static str, &'static str)>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            name: "",
            spec: Value::Null,
            setting: SERVICE,
            context: Context::default(),
            accept: &[],
            pod: vec![],
            findings: vec![],
        }
    }
}

/// A container with what every one needs, and more
fn container(name: &str, more: Value) -> Value {
    let mut container = json!({"name": name, "image": "example/app:1", "memory": 128});
    merge(&mut container, more);
    container
}

/// A document of these containers, and more; one policy for essential containers less to think of
fn task(containers: impl IntoIterator<Item = Value>, more: Value) -> Value {
    let mut spec = json!({"networkMode": "awsvpc", "containerDefinitions": containers.into_iter().collect::<Vec<_>>()});
    merge(&mut spec, more);
    spec
}

/// A document of one container called `app`
fn one(more: Value) -> Value {
    task([container("app", more)], json!({}))
}

fn merge(into: &mut Value, more: Value) {
    let Value::Object(more) = more else { panic!("{more} is no object") };
    for (key, value) in more {
        into[key] = value;
    }
}

/// A health check with defaults
fn healthy(more: Value) -> Value {
    let mut check = json!({"command": ["CMD-SHELL", "curl -f localhost || exit 1"]});
    merge(&mut check, more);
    check
}

fn translated(spec: &Value, setting: &Setting, context: &Context, accept: &[&str]) -> (Option<Pod>, Findings) {
    let spec: TaskDefinitionSpec = serde_json::from_value(spec.clone()).unwrap();
    let accept: BTreeSet<String> = accept.iter().map(|code| (*code).to_owned()).collect();
    let checked = check(&spec, "app", &accept, context);
    let made = checked.model.map(|task| pod(&task, 7, setting, context));
    let mut findings = checked.findings;
    findings.extend(made.as_ref().map(|made| made.findings.clone()).unwrap_or_default());
    (made, findings)
}

fn check_cases(cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        let Case { name, spec, setting, context, accept, pod: expected, findings: wanted } = case;
        let (made, findings) = translated(&spec, &setting, &context, accept);
        let found: BTreeSet<(Severity, &str, &str)> = findings
            .iter()
            .map(|Finding { severity, code, path, .. }| (*severity, code.as_str(), path.as_str()))
            .collect();
        let wanted: BTreeSet<_> = wanted.into_iter().collect();
        let loud: BTreeSet<_> =
            found.iter().copied().filter(|finding| finding.0 > Severity::Info || wanted.contains(finding)).collect();
        assert_eq!(loud, wanted, "{name}: findings; all of them: {found:#?}");
        assert_eq!(made.is_none(), findings.blocked(), "{name}: a model exists unless blocked");
        let made = made
            .map(|pod| {
                json!({
                    "spec": pod.spec, "annotations": pod.annotations, "companions": pod.companions,
                    "supervision": pod.supervision,
                })
            })
            .unwrap_or_default();
        for (pointer, value) in expected {
            let there = made.pointer(pointer).cloned().unwrap_or_default();
            assert_eq!(there, value, "{name}: {pointer} of {made:#}");
        }
        for finding in findings.iter() {
            assert!(!finding.message.ends_with('.'), "{name}: {}", finding.message);
        }
    }
}
