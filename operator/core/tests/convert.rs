//! What people have is converted: templates of our own making, compared with what they are to become, and every document of the
//! corpus beside the repository where that is there.
//!
//! `UPDATE_EXPECTED=1 cargo test -p ecs-core --test convert` writes the expectations again.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own data has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_core::check;
use ecs_core::config::Context;
use ecs_core::wire::canonical;
use ecs_core::wire::{Content, Converted, ConvertedDocument, Document, Parameters, convert, export, read};
use ecs_crds::status::Severity;
use serde_json::Value;

/// Objects that go to ECS and back, and how many of them there are
const OBJECTS: &[(&str, usize)] = &[
    (
        r#"{"apiVersion": "ecs-operator.dev/v1alpha1", "kind": "TaskDefinition", "metadata": {"name": "web"},
            "spec": {"containerDefinitions": [{"name": "a", "image": "i", "memory": 64, "dockerLabels": {"A_b": "1"}}],
                     "tags": [{"key": "ecs-operator.dev/owner", "value": "x"}, {"key": "a", "value": "b"}]}}"#,
        1,
    ),
    (
        r#"{"apiVersion": "ecs-operator.dev/v1alpha1", "kind": "EcsService", "metadata": {"name": "web"},
            "spec": {"taskDefinition": "web:3", "desiredCount": 2, "cluster": "c",
                     "autoScaling": {"minCapacity": 1, "maxCapacity": 4, "roleARN": "arn:aws:iam::1:role/r",
                         "suspendedState": {"dynamicScalingInSuspended": true},
                         "policies": [{"policyName": "p", "policyType": "TargetTrackingScaling",
                             "targetTrackingScalingPolicyConfiguration": {"targetValue": 50.0, "scaleInCooldown": 60,
                                 "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}}],
                         "scheduledActions": [{"scheduledActionName": "s", "schedule": "rate(1 day)",
                             "scalableTargetAction": {"minCapacity": 2}}]}}}"#,
        1,
    ),
    (
        r#"{"apiVersion": "ecs-operator.dev/v1alpha1", "kind": "ScheduledTask", "metadata": {"name": "n"},
            "spec": {"scheduleExpression": "rate(1 day)", "input": "{}", "retryPolicy": {"maximumRetryAttempts": 3},
                     "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5}, "roleArn": "arn:aws:iam::111122223333:role/r",
                     "task": {"taskDefinition": "web", "count": 2, "cluster": "arn:aws:ecs:eu-west-1:1:cluster/c",
                         "tags": [{"key": "a", "value": "b"}], "placementStrategy": [{"type": "random"}],
                         "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"], "assignPublicIp": "DISABLED"}}}}}"#,
        1,
    ),
    (
        r#"{"apiVersion": "ecs-operator.dev/v1alpha1", "kind": "ScheduledTask", "metadata": {"name": "r"},
            "spec": {"source": "Rule", "scheduleExpression": "rate(1 day)", "inputPath": "$.detail", "description": "d",
                     "inputTransformer": {"inputPathsMap": {"A_b": "$.x"}, "inputTemplate": "<A_b>"},
                     "task": {"taskDefinition": "web", "tags": [{"key": "a", "value": "b"}], "enableECSManagedTags": true}}}"#,
        1,
    ),
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/templates")
}

/// The corpus, where it is there
fn corpus() -> Option<PathBuf> {
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/corpus"));
    near.into_iter().find(|folder| folder.join("INDEX.tsv").is_file())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn is(path: &Path, part: &str) -> bool {
    path.components().any(|component| component.as_os_str() == part)
}

/// Objects and findings as a person compares them
fn shown(converted: &Converted) -> String {
    let mut text = String::new();
    for document in &converted.documents {
        let ConvertedDocument { kind, name, object, findings } = document;
        writeln!(text, "# {kind} {name}").unwrap();
        for finding in findings {
            writeln!(text, "# {:?} {} {}: {}", finding.severity, finding.path, finding.code, finding.message).unwrap();
        }
        if let Some(object) = object {
            writeln!(text, "{}\n", serde_json::to_string_pretty(object).unwrap()).unwrap();
        }
    }
    text
}

fn check(file: &str, given: &[&str], expected: &str) {
    let text = fs::read_to_string(data().join(file)).unwrap();
    let converted = convert(&text, &Parameters::parse(given).unwrap(), Some("shop")).unwrap();
    let (found, path) = (shown(&converted), data().join(expected));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&path).unwrap(), "{expected}");
}

#[test]
fn templates_become_what_is_expected() {
    check("web.yaml", &[], "web.expected.txt");
    check("loop.json", &[], "loop.expected.txt");
    check("traffic.yaml", &[], "traffic.expected.txt");
}

#[test]
fn what_is_given_for_parameters_fills_the_holes() {
    let given = [
        "Image=nginx:1.27",
        "Subnets=subnet-1,subnet-2",
        "Stage=test",
        "AWS::Region=eu-west-1",
        "AWS::AccountId=123456789012",
        "Role.Arn=arn:aws:iam::123456789012:role/web",
        "Queue.QueueUrl=https://sqs.example.com/q",
    ];
    check("web.yaml", &given, "web.given.expected.txt");
}

#[test]
fn a_secret_of_a_template_stands_in_plain_text_only_where_it_is_given_so_and_that_is_told() {
    check("secret.yaml", &[], "secret.expected.txt");
    check("secret.yaml", &["DbPassword=s3cret"], "secret.given.expected.txt");
    let text = fs::read_to_string(data().join("secret.expected.txt")).unwrap();
    assert!(!text.contains("changeme"), "the default of a secret is not passed on");
}

/// The resources of a template that a person expects to see again, by a reading of its text that knows nothing of `wire`
fn expected_resources(text: &str) -> BTreeMap<&'static str, usize> {
    let mut expected = BTreeMap::new();
    for kind in ["AWS::ECS::TaskDefinition", "AWS::ECS::Service", "AWS::ECS::", "AWS::Events::Rule"] {
        let quoted = |line: &str| {
            let line = line.trim().trim_end_matches(',');
            let (key, value) = line.split_once(':')?;
            (key.trim().trim_matches('"') == "Type").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
        };
        let is = |found: &String| if kind.ends_with("::") { found.starts_with(kind) } else { found == kind };
        expected.insert(kind, text.lines().filter_map(quoted).filter(is).count());
    }
    expected
}

#[test]
fn every_resource_of_the_corpus_is_an_object_or_a_finding_that_tells_why_not() {
    let Some(corpus) = corpus() else {
        return;
    };
    let (mut table, mut totals) = (String::new(), BTreeMap::<String, usize>::new());
    for file in files(&corpus).into_iter().filter(|file| is(file, "cloudformation")) {
        let text = fs::read_to_string(&file).unwrap();
        let converted = convert(&text, &Parameters::default(), None).unwrap();
        let expected = expected_resources(&text);
        let documents = &converted.documents;
        let told = documents.iter().filter(|d| d.object.is_some() || !d.findings.is_empty()).count();
        assert_eq!(told, documents.len(), "{}: each is an object or has findings", file.display());
        let made = |kind: &str| documents.iter().filter(|d| d.kind == kind).count();
        let refused = documents.iter().filter(|d| d.object.is_none());
        let refused: Vec<_> = refused.map(|d| format!("{}:{}", d.name, d.findings[0].code)).collect();
        let resources = expected["AWS::ECS::"] + expected["AWS::Events::Rule"];
        let accounted =
            documents.iter().filter(|d| d.findings.iter().all(|f| f.code != "ScalingWithoutService")).count();
        assert!(accounted >= resources, "{}: {accounted} of {resources}: {refused:?}", file.display());
        for document in documents {
            for finding in &document.findings {
                *totals.entry(format!("{:?} {}", finding.severity, finding.code)).or_default() += 1;
                if std::env::var_os("CFN_PATHS").is_some() {
                    let path: String = finding
                        .path
                        .split('/')
                        .map(|p| if p.parse::<usize>().is_ok() { "[]/".into() } else { format!("{p}/") })
                        .collect();
                    *totals.entry(format!("path {:?} {} {path}", finding.severity, finding.code)).or_default() += 1;
                    if finding.code == "InvalidValue" || finding.code == "UnknownField" {
                        println!("{}: {} {}", file.display(), finding.path, finding.message);
                    }
                }
            }
            *totals.entry(format!("kind {}", document.kind)).or_default() += 1;
        }
        let name: String = file.file_name().unwrap().to_string_lossy().chars().rev().take(60).collect();
        let name: String = name.chars().rev().collect();
        let blocks = documents.iter().flat_map(|d| &d.findings).filter(|f| f.severity == Severity::Block).count();
        writeln!(
            table,
            "{name:60} task {:2} service {:2} schedule {:2} block {blocks:3} | {}",
            made("TaskDefinition"),
            made("EcsService"),
            made("ScheduledTask"),
            refused.join(" "),
        )
        .unwrap();
    }
    println!("{table}\n{totals:#?}");
}

#[test]
fn every_other_document_of_the_corpus_is_an_object_or_refused_with_a_reason() {
    let Some(corpus) = corpus() else {
        return;
    };
    let mut outcomes = BTreeMap::<String, usize>::new();
    let is_document = |file: &PathBuf| file.extension().is_some_and(|e| e == "json" || e == "yaml" || e == "yml");
    for file in files(&corpus).into_iter().filter(|file| is_document(file) && !is(file, "cloudformation")) {
        let text = fs::read_to_string(&file).unwrap();
        let outcome = match convert(&text, &Parameters::default(), None) {
            Err(error) if error.to_string().contains("placeholders") => "not parsed for placeholders".to_owned(),
            Err(_) => "not parsed".to_owned(),
            Ok(converted) => {
                let findings = || converted.documents.iter().flat_map(|document| &document.findings);
                let refused = converted.documents.iter().find(|document| document.object.is_none());
                match (refused, findings().find(|f| f.code == "TemplateSyntax")) {
                    (_, Some(_)) => "refused TemplateSyntax".to_owned(),
                    (Some(document), None) => format!("refused {}", document.findings[0].code),
                    (None, None) => "converted".to_owned(),
                }
            }
        };
        println!("{outcome}: {}", file.display());
        let folder = if is(&file, "templated") { "templated" } else { "plain" };
        assert!(folder == "templated" || outcome != "not parsed", "{}", file.display());
        *outcomes.entry(format!("{folder}: {outcome}")).or_default() += 1;
    }
    println!("{outcomes:#?}");
}

/// Whether the operator refuses a document by its spec alone
fn is_refused(document: &Document) -> bool {
    let (accept, context) = (BTreeSet::new(), Context::default());
    let name = document.name.as_deref().unwrap_or_default();
    match &document.content {
        Content::TaskDefinition(spec) => check::task_definition(spec, name, &accept, &context).findings.blocked(),
        Content::EcsService(spec) => check::service(spec, name, &accept, &context).findings.blocked(),
        Content::ScheduledTask(spec) => check::schedule(spec, name, &accept, &context).findings.blocked(),
        Content::EcsTask(spec) => check::ecs_task(spec, name, &accept, &context).findings.blocked(),
        Content::Refused => true,
    }
}

/// `convert | kubectl apply` loses nothing: what convert could not know or read is open in the object, and refused there.
/// How many objects that is
fn refused_again(text: &str, place: &str) -> usize {
    let converted = convert(text, &Parameters::default(), None).unwrap();
    let blocked = |document: &ConvertedDocument| document.findings.iter().any(|f| f.severity == Severity::Block);
    let objects = converted.documents.iter().filter(|document| blocked(document)).filter_map(|d| d.object.as_ref());
    let mut refused = 0;
    for object in objects {
        let applied = read(&object.to_string()).unwrap().remove(0);
        assert!(is_refused(&applied), "{place}: {object:#}");
        refused += 1;
    }
    refused
}

#[test]
fn what_convert_leaves_open_the_operator_refuses() {
    let container = |members: &str| {
        format!(r#"{{"family": "f", "containerDefinitions": [{{"name": "a", "image": "i", {members}}}]}}"#)
    };
    let template = |members: &str| {
        format!(
            r#"{{"Resources": {{"T": {{"Type": "AWS::ECS::TaskDefinition", "Properties": {{"ContainerDefinitions": [
                {{"Name": "a", "Image": "i", "Memory": 64, {members}}}]}}}}}}}}"#
        )
    };
    for text in [
        template(r#""Environment": [{"Name": "A", "Value": {"Ref": "X"}}]"#),
        template(r#""Environment": [{"Ref": "X"}, {"Name": "B", "Value": "b"}]"#),
        template(r#""Environment": {"Fn::Transform": {"Name": "M"}}"#),
        template(r#""Command": ["a", {"Ref": "X"}]"#),
        template(r#""User": "{{resolve:ssm:user}}""#),
        container(r#""command": "a""#),
        container(r#""command": ["a", null]"#),
        container(r#""cpu": "lots""#),
        container(r#""user": "{{ user }}""#),
        container(r#""environment": {"A": "b"}"#),
        r#"{"serviceName": "s", "taskDefinition": "t", "kubernetes": {"servic": "None"}}"#.to_owned(),
        r#"{"serviceName": "s", "taskDefinition": "t", "kubernetes": {"ingress": {"rules": [{"containerPort": "x"}]}}}"#.to_owned(),
        r#"{"Name": "r", "ScheduleExpression": "rate(1 day)", "EventPattern": "{}",
            "Targets": [{"Id": "1", "EcsParameters": {"TaskDefinitionArn": "t"}}]}"#
            .to_owned(),
    ] {
        assert_eq!(refused_again(&text, &text), 1, "{text}");
    }
    let Some(corpus) = corpus() else {
        return;
    };
    let texts = files(&corpus).into_iter().filter_map(|file| Some((fs::read_to_string(&file).ok()?, file)));
    let texts = texts.filter(|(_, file)| file.extension().is_some_and(|e| e == "json" || e == "yaml" || e == "yml"));
    let refused: usize = texts
        .filter(|(text, _)| read(text).is_ok())
        .map(|(text, file)| refused_again(&text, &file.display().to_string()))
        .sum();
    println!("objects with a Block of convert that the operator refuses: {refused}");
}

/// What must be the same after export and convert: the canonical form, and of kinds that have none the spec as ECS takes it
fn comparable(document: &Document, name: &str, left_out: &[&str]) -> Value {
    let taken = |spec: serde_json::Result<Value>, member: &str| {
        let mut spec = without_nulls_and_marks(spec.unwrap());
        for path in left_out {
            remove(&mut spec, path);
        }
        spec[member] = name.into();
        // What is ours alone stays here
        remove(&mut spec, "/kubernetes");
        spec
    };
    match &document.content {
        Content::TaskDefinition(spec) => canonical::task_definition(spec),
        Content::EcsService(spec) => taken(serde_json::to_value(spec), "serviceName"),
        Content::ScheduledTask(spec) => taken(serde_json::to_value(spec), "name"),
        Content::EcsTask(spec) => without_nulls_and_marks(serde_json::to_value(spec).unwrap()),
        Content::Refused => Value::Null,
    }
}

fn without_nulls_and_marks(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(key, value)| !value.is_null() && !key.ends_with('?'));
            kept.map(|(key, value)| (key, without_nulls_and_marks(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls_and_marks).collect(),
        other => other,
    }
}

fn remove(spec: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('/').unwrap();
    if let Some(members) = spec.pointer_mut(parent).and_then(Value::as_object_mut) {
        members.remove(key);
    }
}

/// CR → ECS JSON → CR, for every object without a Block
fn round_trip(text: &str, place: &str) -> usize {
    let converted = convert(text, &Parameters::default(), None).unwrap();
    let mut trips = 0;
    for ConvertedDocument { name, object, findings, .. } in converted.documents {
        let Some(object) = object.filter(|_| findings.iter().all(|f| f.severity != Severity::Block)) else {
            continue;
        };
        let ignored = findings.iter().filter(|f| f.code == "ReadOnlyField" || f.code == "CommentIgnored");
        let ignored: Vec<&str> = ignored.map(|f| f.path.as_str()).collect();
        let before = read(&object.to_string()).unwrap().remove(0);
        let ecs_name = before.ecs_name().unwrap_or(&name).to_owned();
        let (calls, _) = export(before.clone());
        let inputs: Vec<String> = calls.iter().map(|call| call.input.to_string()).collect();
        let after = read(&inputs.join("\n")).unwrap();
        assert_eq!(after.len(), 1, "{place}: {inputs:?}");
        assert_eq!(after[0].ecs_name(), Some(ecs_name.as_str()), "{place}");
        assert_eq!(comparable(&before, &ecs_name, &ignored), comparable(&after[0], &ecs_name, &[]), "{place}");
        trips += 1;
    }
    trips
}

#[test]
fn an_object_that_went_to_ecs_and_back_says_the_same() {
    for (text, trips) in OBJECTS {
        assert_eq!(round_trip(text, text), *trips, "{text}");
    }
    let Some(corpus) = corpus() else {
        return;
    };
    let mut trips = BTreeMap::<&str, usize>::new();
    for file in files(&corpus) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        if is(&file, "templated") || file.extension().is_some_and(|e| e == "md" || e == "tsv") {
            continue;
        }
        let folder = if is(&file, "cloudformation") { "templates" } else { "documents" };
        *trips.entry(folder).or_default() += round_trip(&text, &file.display().to_string());
    }
    println!("objects that went to ECS and back: {trips:?}");
}
