//! What documents render to, by kind and name of objects and by findings.

use super::*;
use crate::wire;

const TASK: &str = r#"{"family": "web", "containerDefinitions": [
    {"name": "a", "image": "nginx:1", "memory": 128, "portMappings": [{"containerPort": 80}]}]}"#;

fn options() -> Options {
    Options::default()
}

fn of(texts: &[&str], options: &Options) -> Rendered {
    render(texts.iter().flat_map(|text| wire::read(text).unwrap()).collect(), options)
}

/// `Kind namespace/name` of every object, and `kind/name path code` of every finding that is not Info
fn check(texts: &[&str], options: &Options, objects: &[&str], findings: &[&str]) {
    let rendered = of(texts, options);
    let shown: Vec<_> = rendered
        .objects
        .iter()
        .map(|o| {
            let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
            format!("{} {}/{}", text(&o["kind"]), text(&o["metadata"]["namespace"]), text(&o["metadata"]["name"]))
        })
        .collect();
    assert_eq!(shown, objects, "{texts:?} {:?}", rendered.findings);
    let grave = rendered.findings.iter().filter(|located| located.finding.severity > Severity::Info);
    let shown: Vec<_> =
        grave.map(|l| format!("{}/{} {} {}", l.object.kind, l.object.name, l.finding.path, l.finding.code)).collect();
    assert_eq!(shown, findings, "{texts:?}");
}

#[test]
fn a_lone_task_definition_is_a_service_of_one_task() {
    check(&[TASK], &options(), &["Deployment default/web", "Service default/web"], &[]);
}

#[test]
fn a_lone_task_definition_is_a_job_when_that_is_asked_for() {
    let options = Options { lone_task: LoneTask::Task, namespace: "shop".to_owned(), ..options() };
    check(&[TASK], &options, &["Job shop/web"], &[]);
}

#[test]
fn a_lone_service_runs_a_stub_and_says_so() {
    let service = r#"{"serviceName": "shop", "taskDefinition": "web:7", "desiredCount": 2}"#;
    let stub = ["EcsService/shop /taskDefinition TaskDefinitionStub"];
    check(&[service], &options(), &["Deployment default/shop"], &stub);
}

#[test]
fn a_service_runs_the_task_definition_beside_it_whatever_its_number() {
    let service = r#"{"serviceName": "shop", "taskDefinition": "web:7", "desiredCount": 2}"#;
    check(&[service, TASK], &options(), &["Deployment default/shop", "Service default/shop"], &[]);
    let rendered = of(&[service, TASK], &options());
    assert_eq!(rendered.objects[0]["spec"]["template"]["metadata"]["labels"]["ecs-operator.dev/revision"], "7");
    assert_eq!(rendered.objects[0]["metadata"].get("ownerReferences"), None);
}

#[test]
fn what_is_refused_yields_no_object_and_says_where() {
    let refused = TASK.replace("\"memory\": 128", "\"memory\": \"lots\"");
    check(
        &[&refused],
        &options(),
        &[],
        &[
            "TaskDefinition/web /containerDefinitions/0/memory InvalidValue",
            "TaskDefinition/web /containerDefinitions/0/memory MemoryRequired",
        ],
    );
}

#[test]
fn a_service_of_a_refused_task_definition_waits() {
    let service = r#"{"serviceName": "shop", "taskDefinition": "web", "desiredCount": 2}"#;
    let refused = TASK.replace("\"memory\": 128", "\"memoy\": 128");
    let rendered = of(&[service, &refused], &options());
    assert!(rendered.objects.is_empty());
    assert!(rendered.findings.iter().any(|l| l.object.kind == "EcsService" && l.finding.path == "/taskDefinition"));
}

#[test]
fn a_schedule_renders_to_a_cron_job() {
    let schedule = "apiVersion: ecs-operator.dev/v1alpha1\nkind: ScheduledTask\nmetadata: {name: nightly, namespace: n}\n\
                    spec: {scheduleExpression: 'cron(0 3 * * ? *)', task: {taskDefinition: web}}";
    let task = format!(
        "apiVersion: ecs-operator.dev/v1alpha1\nkind: TaskDefinition\nmetadata: {{name: web, namespace: n}}\nspec: {TASK}"
    );
    check(&[schedule, &task], &options(), &["CronJob n/nightly"], &[]);
}

#[test]
fn accepted_codes_let_a_document_through() {
    let task =
        TASK.replace("\"memory\": 128", "\"memory\": 128, \"secrets\": [{\"name\": \"A\", \"valueFrom\": \"x\"}]");
    check(&[&task], &options(), &[], &["TaskDefinition/web /containerDefinitions/0/secrets NoSecretBackend"]);
    let options = Options { accept: BTreeSet::from(["NoSecretBackend".to_owned()]), ..options() };
    let objects = ["Deployment default/web", "Service default/web"];
    check(&[&task], &options, &objects, &["TaskDefinition/web /containerDefinitions/0/secrets NoSecretBackend"]);
}

#[test]
fn revisions_are_shown_when_asked_for() {
    let options = Options { revisions: true, ..options() };
    check(
        &[TASK],
        &options,
        &["ControllerRevision default/web-1", "Deployment default/web", "Service default/web"],
        &[],
    );
}

#[test]
fn what_cannot_be_read_is_a_finding_of_its_document() {
    check(&["{\"what\": 1}"], &options(), &[], &["Document/1  UnknownDocument"]);
}
