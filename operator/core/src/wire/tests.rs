//! What people have at hand, and what is read of it.

use serde_json::json;

use ecs_crds::status::Finding;

use super::*;

/// `kind name [path code …]` of every document
fn check(text: &str, expected: &[&str]) {
    let read = read(text).unwrap();
    let shown: Vec<String> = read
        .iter()
        .map(|document| {
            let kind = match document.content {
                Content::TaskDefinition(_) => "task",
                Content::EcsService(_) => "service",
                Content::ScheduledTask(_) => "schedule",
                Content::EcsTask(_) => "run",
                Content::Refused => "refused",
            };
            let findings = document.findings.iter().map(|f| format!(" {}:{}", f.path, f.code)).collect::<String>();
            format!("{kind} {}{findings}", document.ecs_name().unwrap_or("-"))
        })
        .collect();
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn every_document_that_people_have_is_recognised() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{"family": "web", "containerDefinitions": []}"#, &["task web"]),
        (
            r#"{"taskDefinition": {"family": "web", "containerDefinitions": [], "status": "ACTIVE"}, "tags": []}"#,
            &["task web"],
        ),
        (r#"{"containerDefinitions": []}"#, &["task -"]),
        (r#"[{"name": "a", "image": "i"}, {"name": "b", "image": "j"}]"#, &["task -"]),
        (r#"{"name": "a", "image": "i"}"#, &["task -"]),
        (r#"{"serviceName": "web", "taskDefinition": "web"}"#, &["service web"]),
        (r#"{"cluster": "c", "taskDefinition": "web", "desiredCount": 1}"#, &["service -"]),
        (r#"{"services": [{"serviceName": "a"}, {"serviceName": "b"}], "failures": []}"#, &["service a", "service b"]),
        (r#"{"service": {"serviceName": "a"}}"#, &["service a"]),
        (
            r#"{"service": "a", "forceNewDeployment": true}"#,
            &["service a :UpdateServiceDocument /forceNewDeployment:ForceNewDeployment"],
        ),
        (r#"{"taskDefinition": "web", "count": 2}"#, &["run -"]),
        (r#"{"Name": "n", "ScheduleExpression": "rate(1 day)", "Target": {}}"#, &["schedule n /task:TargetNotEcs"]),
        (r#"{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}"#, &["refused Template :UnknownDocument"]),
        (r#"{"services": [], "failures": [{"arn": "a", "reason": "MISSING"}]}"#, &["refused - :NothingDescribed"]),
        ("name: web\ntype: Backend Service\nimage: {build: .}\n", &["refused - :UnknownDocument"]),
        ("services: {web: {image: nginx}}\n", &["refused - :UnknownDocument"]),
        (
            r#"{"family": "f", "container_definitions": "[{\"name\": \"a\", \"image\": \"i\"}]"}"#,
            &["task f :KeySpelling /containerDefinitions:JsonAsString"],
        ),
        (r#"{"what": 1}"#, &["refused - :UnknownDocument"]),
        ("just text", &["refused - :UnknownDocument"]),
        (r#"{"ContainerDefinitions": [{"Name": "a", "Image": "i"}], "Family": "f"}"#, &["task f :KeySpelling"]),
        (r#"{"container_definitions": [{"name": "a", "image": "i"}], "family": "f"}"#, &["task f :KeySpelling"]),
        (r#"{"ServiceName": "web", "TaskDefinition": "web"}"#, &["service web :KeySpelling"]),
        (r#"{"Name": "a", "Image": "i"}"#, &["task - :KeySpelling"]),
        ("apiVersion: v1\nkind: Pod\n", &["refused - :UnknownDocument"]),
        (
            "apiVersion: ecs-operator.dev/v1alpha1\nkind: TaskDefinition\nmetadata: {name: web, namespace: shop}\nspec: {containerDefinitions: []}\n---\napiVersion: ecs-operator.dev/v1alpha1\nkind: EcsService\nmetadata: {name: shop}\nspec: {}\n---\n",
            &["task web", "service shop"],
        ),
        (
            "apiVersion: ecs-operator.dev/v1alpha1\nkind: ScheduledTask\nmetadata: {name: n}\nspec: {}\n",
            &["schedule n"],
        ),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn wrong_types_are_told_by_path_and_nothing_else_is_lost() {
    let container =
        |members: &str| format!(r#"{{"family": "f", "containerDefinitions": [{{"name": "a", {members}}}]}}"#);
    let cases = [
        (
            r#""portMappings": [{"containerPort": "80"}]"#,
            "task f /containerDefinitions/0/portMappings/0/containerPort:NumberAsString",
        ),
        (r#""portMappings": {"containerPort": 80}"#, "task f /containerDefinitions/0/portMappings:InvalidValue"),
        (
            r#""logConfiguration": [{"logDriver": "awslogs"}]"#,
            "task f /containerDefinitions/0/logConfiguration:InvalidValue",
        ),
        (r#""essential": "True""#, "task f /containerDefinitions/0/essential:BooleanAsString"),
        (
            r#""environment": [{"name": "A", "value": 8080}]"#,
            "task f /containerDefinitions/0/environment/0/value:StringExpected",
        ),
        (r#""dockerLabels": {"a": true}"#, "task f /containerDefinitions/0/dockerLabels/a:StringExpected"),
        (r#""command": ["a", null]"#, "task f /containerDefinitions/0/command/1:InvalidValue"),
        (r#""memory": 128.0"#, "task f"),
        (r#""memory": 128.5"#, "task f /containerDefinitions/0/memory:InvalidValue"),
        (r#""memory": "lots""#, "task f /containerDefinitions/0/memory:InvalidValue"),
    ];
    for (members, expected) in cases {
        check(&container(members), &[expected]);
    }
}

#[test]
fn what_is_read_is_what_was_written() {
    let text =
        r#"{"family": "f", "cpu": 256, "containerDefinitions": [{"name": "a", "odd": {"x": [1]}}], "_note": "n"}"#;
    let read = read(text).unwrap();
    let Content::TaskDefinition(spec) = &read[0].content else { unreachable!("a task definition") };
    assert_eq!(serde_json::to_value(spec).unwrap(), serde_json::from_str::<Value>(text).unwrap());
}

#[test]
fn a_described_service_has_what_stands_in_its_primary_deployment() {
    let text = json!({ "services": [{
        "serviceName": "a", "clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/prod",
        "deployments": [
            { "status": "ACTIVE", "serviceConnectConfiguration": { "enabled": false } },
            { "status": "PRIMARY", "serviceConnectConfiguration": { "enabled": true } },
        ],
    }] })
    .to_string();
    let read = read(&text).unwrap();
    let Content::EcsService(spec) = &read[0].content else { unreachable!("a service") };
    assert_eq!(spec.service_connect_configuration.as_ref().unwrap().enabled, Some(true));
    assert_eq!(spec.cluster.as_deref(), Some("prod"));
}

#[test]
fn unknown_members_of_ours_are_told_while_they_can_be_seen() {
    check(
        "apiVersion: ecs-operator.dev/v1alpha1\nkind: EcsService\nmetadata: {name: a}\nspec: {kubernetes: {servic: None}}",
        &["service a /kubernetes/servic:UnknownField"],
    );
}

#[test]
fn a_text_that_does_not_parse_is_an_error_with_a_place() {
    assert!(read("{\"a\": ").unwrap_err().to_string().contains("line 1"));
    assert!(read("a: [").unwrap_err().to_string().contains("line"));
}

#[test]
fn what_is_found_behind_an_item_that_cannot_be_read_is_told_at_its_own_place() {
    let text = r#"{"family": "web", "containerDefinitions": ["web",
        {"name": "a", "image": "i", "memory": "64", "environment": [null, {"name": "A", "value": 1}], "colour": 1}]}"#;
    let of_reading = [
        "/containerDefinitions/0 InvalidValue",
        "/containerDefinitions/1/environment/0 InvalidValue",
        "/containerDefinitions/1/environment/1/value StringExpected",
        "/containerDefinitions/1/memory NumberAsString",
    ];
    let shown = |findings: &[Finding]| findings.iter().map(|f| format!("{} {}", f.path, f.code)).collect::<Vec<_>>();
    let document = read(text).unwrap().remove(0);
    assert_eq!(shown(&document.findings.into_iter().collect::<Vec<_>>()), of_reading);
    let converted = convert(text, &Parameters::default(), None).unwrap().documents.remove(0);
    let mut all = of_reading.to_vec();
    all.insert(1, "/containerDefinitions/1/colour UnknownField");
    assert_eq!(shown(&converted.findings), all);
}

#[test]
fn a_document_whose_telling_member_is_misspelt_is_told_so() {
    let message = |text: &str| read(text).unwrap().remove(0).findings.into_iter().next().unwrap().message;
    let told = message(r#"{"family": "web", "containerDefinition": []}"#);
    assert!(told.ends_with("did you mean `containerDefinitions`?"), "{told}");
    assert!(!message(r#"{"family": "web", "pods": []}"#).contains("did you mean"));
}
