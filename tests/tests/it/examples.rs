//! The examples are documents that our types take whole and our checks accept; those of the documentation are whole objects
//! with a status that our types can show.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed expectation of a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use ecs_core::check;
use ecs_core::config::{Capabilities, Context, Grants, OperatorConfig};
use ecs_core::findings::Findings;
use ecs_core::render::{Options, Rendered, render};
use ecs_core::wire::{Parameters, Source, documents};
use ecs_crds::status::{Finding, Severity};
use ecs_crds::{EcsCluster, EcsService, EcsTask, ScheduledTask, SyncSpec, TaskDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::corpus::equipped;
use crate::repository::{self, read, root, sources};

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
        .chain(["stages/taskdefinition.yaml", "stages/ecsservice.yaml"])
        .chain(["tasks/taskdefinition.yaml", "tasks/ecstask.yaml"])
        .chain(["schedules/taskdefinition.yaml", "schedules/last-friday.yaml", "schedules/every-ninety-minutes.yaml"])
        .chain(["schedules/once.yaml", "schedules/flexible.yaml", "schedules/rule.yaml"])
    {
        check(file, &yaml(&format!("examples/{file}")));
    }
}

#[test]
fn the_example_of_a_binding_says_what_the_defaults_are() {
    let EcsCluster { spec, .. } = serde_json::from_value(yaml("examples/sync/ecscluster.yaml")).unwrap();
    assert_eq!(spec.sync, SyncSpec { period: "1m".to_owned(), ..SyncSpec::default() });
    assert_eq!((spec.cluster.as_str(), spec.namespace.as_str()), ("shop", "storefront"));
}

/// The actions that a policy of IAM allows, without their prefixes
fn allowed(file: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(&read(file)).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let listed = |action: &Value| action.as_array().cloned().unwrap_or_else(|| vec![action.clone()]);
    let actions = statements.iter().flat_map(|statement| listed(&statement["Action"]));
    actions.filter_map(|action| Some(action.as_str()?.split_once(':')?.1.to_owned())).collect()
}

#[test]
fn the_policies_of_the_sync_allow_what_it_calls_and_nothing_else() {
    let source = read("operator/aws/src/operations.rs");
    let called =
        source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => ").map(|(name, _)| name));
    let reads = |name: &&str| ["Describe", "List", "Get"].iter().any(|verb| name.starts_with(verb));
    let (reading, writing): (BTreeSet<&str>, BTreeSet<&str>) = called.partition(reads);
    assert!(reading.len() > 10 && writing.len() > 10, "{reading:?} {writing:?}");
    assert_eq!(allowed("examples/sync/iam-observe.json"), reading.into_iter().map(str::to_owned).collect());
    let mut writing: BTreeSet<String> = writing.into_iter().map(str::to_owned).collect();
    // Whoever names a role hands it over
    writing.insert("PassRole".to_owned());
    assert_eq!(allowed("examples/sync/iam-write.json"), writing);
}

#[test]
fn the_example_of_secrets_is_accepted_where_something_keeps_them() {
    let capabilities = Capabilities { external_secrets: true, ..Capabilities::default() };
    let context = Context { capabilities, ..Context::default() };
    let TaskDefinition { spec, .. } = whole("secrets", &yaml("examples/secrets-and-logs/taskdefinition.yaml"));
    accepted("secrets", &check::task_definition(&spec, "shop", &BTreeSet::new(), &context).findings);
    check("its service", &yaml("examples/secrets-and-logs/ecsservice.yaml"));
}

/// Each folder of examples: its objects, and what they become where an administrator gives what they need
pub(crate) fn folders() -> Vec<(String, Vec<Value>, Rendered)> {
    let mut folders: Vec<_> =
        fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    // What binds a namespace to a cluster of ECS becomes nothing there by itself
    folders.retain(|path| path.is_dir() && !path.ends_with("sync"));
    folders.sort();
    let config = serde_json::from_value(yaml("examples/operatorconfig.yaml")).unwrap();
    let context = Context { config, capabilities: equipped().capabilities, ..Context::default() };
    let rendered = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
        // A task definition before what runs it
        files.sort_by_key(|file| (!file.ends_with("taskdefinition.yaml"), file.clone()));
        let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let sources = texts.iter().map(|text| Source::parse(text).unwrap());
        let options = Options { namespace: "shop".to_owned(), context: context.clone(), ..Options::default() };
        let rendered = render(documents(sources, &Parameters::default()), &options);
        let objects = texts.iter().map(|text| serde_yaml_ng::from_str(text).unwrap()).collect();
        (name, objects, rendered)
    };
    folders.into_iter().map(rendered).collect()
}

#[test]
fn every_folder_of_examples_becomes_objects_and_has_its_place_in_what_changes() {
    let page = read("docs/what-changes.md");
    for (folder, _, rendered) in folders() {
        let blocks: Vec<_> = rendered.findings.iter().filter(|f| f.finding.severity == Severity::Block).collect();
        assert!(blocks.is_empty(), "{folder}: {blocks:?}");
        assert!(!rendered.objects.is_empty(), "{folder}");
        assert!(page.contains(&format!("(../examples/{folder})")), "{folder} is nowhere in docs/what-changes.md");
    }
}

#[test]
fn every_code_that_what_changes_names_is_one_that_the_code_finds() {
    let page = read("docs/what-changes.md");
    let is_code = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(|c| c.is_ascii_alphabetic())
            && word.chars().filter(char::is_ascii_uppercase).count() > 1
            && word.chars().any(char::is_lowercase)
    };
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).filter(is_code).collect();
    assert!(named.len() > 10, "{named:?}");
    let sources = sources();
    for code in named {
        let quoted = format!("\"{code}\"");
        let found = |source: &repository::Source| !source.is_test() && source.text.contains(&quoted);
        assert!(sources.iter().any(found), "{code} is found by nothing");
    }
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
