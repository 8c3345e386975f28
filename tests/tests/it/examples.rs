//! The examples are documents that our types take whole and our checks accept; those of the documentation are whole objects
//! with a status that our types can show.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed expectation of a test")]

use std::collections::BTreeSet;

use ecs_core::check;
use ecs_core::config::{Capabilities, Context, Grants, OperatorConfig};
use ecs_core::findings::Findings;
use ecs_crds::status::Finding;
use ecs_crds::{EcsService, EcsTask, ScheduledTask, TaskDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::repository::read;

/// Reads an object and shows that our types keep every member of it
fn whole<T: Serialize + DeserializeOwned>(what: &str, document: &Value) -> T {
    let object: T = serde_json::from_value(document.clone()).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(serde_json::to_value(&object).unwrap(), *document, "{what} loses members");
    object
}

fn yaml(path: &str) -> Value {
    serde_yaml_ng::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails where a finding blocks the document
fn accepted(what: &str, findings: &Findings) {
    let worst = findings.worst().filter(|_| findings.blocked());
    assert_eq!(worst, None, "{what}");
}

/// Checks an object of any of our kinds by its spec alone
fn check(what: &str, document: &Value) {
    let accept = BTreeSet::new();
    let name = document["metadata"]["name"].as_str().unwrap_or_default();
    match document["kind"].as_str() {
        Some("TaskDefinition") => {
            let TaskDefinition { spec, .. } = whole(what, document);
            accepted(what, &check::task_definition(&spec, name, &accept, &Context::default()).findings);
        }
        Some("EcsService") => {
            let EcsService { spec, .. } = whole(what, document);
            accepted(what, &check::service(&spec, name, &accept, &Context::default()).findings);
        }
        Some("ScheduledTask") => {
            let ScheduledTask { spec, .. } = whole(what, document);
            accepted(what, &check::schedule(&spec, name, &accept, &Context::default()).findings);
        }
        Some("EcsTask") => {
            let EcsTask { spec, .. } = whole(what, document);
            accepted(what, &check::ecs_task(&spec, name, &accept, &Context::default()).findings);
        }
        other => panic!("{what} is a {other:?}"),
    }
}

#[test]
fn the_example_of_a_configuration_is_taken_and_grants_what_it_says() {
    let config: OperatorConfig = serde_json::from_value(yaml("examples/operatorconfig.yaml")).unwrap();
    let grants = |namespace: &str| config.privileges.in_namespace(namespace);
    assert_eq!(grants("default"), Grants::default());
    assert!(grants("monitoring").host_path("/var/log/pods") && !grants("monitoring").privileged);
    assert!(grants("shop-2").sysctl("net.core.somaxconn") && !grants("shop-2").host_network);
}

#[test]
fn every_example_is_accepted() {
    for file in ["web/taskdefinition.yaml", "web/ecsservice.yaml", "web/scheduledtask.yaml"]
        .into_iter()
        .chain(["traffic/taskdefinition.yaml", "traffic/ecsservice.yaml"])
        .chain(["tasks/taskdefinition.yaml", "tasks/ecstask.yaml"])
        .chain(["schedules/taskdefinition.yaml", "schedules/last-friday.yaml", "schedules/every-ninety-minutes.yaml"])
        .chain(["schedules/once.yaml", "schedules/flexible.yaml", "schedules/rule.yaml"])
    {
        check(file, &yaml(&format!("examples/{file}")));
    }
}

#[test]
fn the_example_of_secrets_is_accepted_where_something_keeps_them() {
    let capabilities = Capabilities { external_secrets: true, ..Capabilities::default() };
    let context = Context { capabilities, ..Context::default() };
    let TaskDefinition { spec, .. } = whole("secrets", &yaml("examples/secrets-and-logs/taskdefinition.yaml"));
    accepted("secrets", &check::task_definition(&spec, "shop", &BTreeSet::new(), &context).findings);
    check("its service", &yaml("examples/secrets-and-logs/ecsservice.yaml"));
}

#[test]
fn the_documents_of_ecs_are_the_specs_of_our_objects() {
    for (ecs, ours) in [("taskdefinition.json", "taskdefinition.yaml"), ("service.json", "ecsservice.yaml")] {
        let ecs: Value = serde_json::from_str(&read(&format!("examples/web/{ecs}"))).unwrap();
        assert_eq!(yaml(&format!("examples/web/{ours}"))["spec"], ecs, "{ours}");
    }
}

#[test]
fn every_override_of_the_example_fits_its_task_definition() {
    let task_definition: TaskDefinition = serde_json::from_value(yaml("examples/web/taskdefinition.yaml")).unwrap();
    let scheduled: ScheduledTask = serde_json::from_value(yaml("examples/web/scheduledtask.yaml")).unwrap();
    let schedule = check::schedule(&scheduled.spec, "web-report", &BTreeSet::new(), &Context::default()).model.unwrap();
    let mut findings = Findings::default();
    let run = schedule.run;
    let spec = check::overrides::apply(&run.overrides, &run.overrides_at, &task_definition.spec, &mut findings);
    accepted("the overrides", &findings);
    accepted(
        "the task as it runs",
        &check::task_definition(&spec, "web", &BTreeSet::new(), &Context::default()).findings,
    );
}

#[test]
fn every_example_of_the_documentation_is_a_whole_object_with_its_status() {
    let page = read("docs/api-examples.md");
    let blocks: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let mut kinds = Vec::new();
    for block in blocks {
        let document: Value = serde_yaml_ng::from_str(block).unwrap_or_else(|error| panic!("{error} in\n{block}"));
        let kind = document["kind"].as_str().unwrap_or_default().to_owned();
        check(&kind, &document);
        assert_eq!(document["status"]["observedGeneration"], document["metadata"]["generation"], "{kind}");
        assert_eq!(document["apiVersion"], json!("ecs-operator.dev/v1alpha1"));
        findings_are_true(&kind, &document);
        kinds.push(kind);
    }
    assert_eq!(kinds, ["TaskDefinition", "EcsService", "ScheduledTask"]);
}

/// The findings that the page shows are those that the checks of its spec find; their words may move on
fn findings_are_true(kind: &str, document: &Value) {
    let accept = BTreeSet::new();
    let name = document["metadata"]["name"].as_str().unwrap();
    let spec = document["spec"].clone();
    let found = match kind {
        "TaskDefinition" => {
            let spec = serde_json::from_value(spec).unwrap();
            check::task_definition(&spec, name, &accept, &Context::default()).findings
        }
        "EcsService" => {
            check::service(&serde_json::from_value(spec).unwrap(), name, &accept, &Context::default()).findings
        }
        _ => check::schedule(&serde_json::from_value(spec).unwrap(), name, &accept, &Context::default()).findings,
    };
    let facts = |f: &Finding| (f.path.clone(), f.class, f.code.clone(), f.severity);
    let shown = document["status"].get("findings").cloned().unwrap_or(json!([]));
    let shown: Vec<Finding> = serde_json::from_value(shown).unwrap();
    assert_eq!(
        shown.iter().map(facts).collect::<BTreeSet<_>>(),
        found.iter().map(facts).collect::<BTreeSet<_>>(),
        "{kind}"
    );
}
