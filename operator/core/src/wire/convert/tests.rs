//! What objects are made of, and what they are called.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// `kind name [path code …]` of every document
fn check(text: &Value, expected: &[&str]) {
    let converted = convert(&text.to_string(), &Parameters::default(), None).unwrap();
    let shown: Vec<String> = converted
        .documents
        .iter()
        .map(|document| {
            let findings = document.findings.iter().map(|f| format!(" {}:{}", f.path, f.code)).collect::<String>();
            format!("{} {}{findings}", document.kind, document.name)
        })
        .collect();
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn an_object_is_called_as_ecs_calls_it_or_after_what_it_runs() {
    let cases: &[(Value, &[&str])] = &[
        (json!({ "family": "web", "containerDefinitions": [] }), &["TaskDefinition web"]),
        (json!({ "family": "My_Web", "containerDefinitions": [] }), &["TaskDefinition my-web-31a45129"]),
        (json!([{ "name": "app", "image": "i" }]), &["TaskDefinition app /family:NameMadeUp"]),
        (json!({ "containerDefinitions": [] }), &["TaskDefinition unnamed-1 /family:NameMadeUp"]),
        (
            json!({ "cluster": "c", "taskDefinition": "arn:aws:ecs:r:1:task-definition/web:3", "desiredCount": 1 }),
            &["EcsService web /serviceName:NameMadeUp"],
        ),
        (
            json!([{ "serviceName": "a", "taskDefinition": "t" }, { "serviceName": "a", "taskDefinition": "t" }]),
            &["EcsService a", "EcsService a :NameTwice"],
        ),
    ];
    for (text, expected) in cases {
        check(text, expected);
    }
}

#[test]
fn what_ecs_refuses_is_told_once_and_what_is_translated_otherwise_is_not() {
    check(
        &json!({ "family": "f", "containerDefinitions": [{ "name": "a", "imge": "i", "cpu": "lots", "links": ["b"] }] }),
        &["TaskDefinition f /containerDefinitions/0/cpu:InvalidValue /containerDefinitions/0/imge:UnknownField"],
    );
}

#[test]
fn what_scales_a_service_is_part_of_it() {
    let target = json!({ "ServiceNamespace": "ecs", "ResourceId": "service/c/a", "MinCapacity": 1, "MaxCapacity": 3 });
    let policy =
        json!({ "ServiceNamespace": "ecs", "ResourceId": "service/c/a", "PolicyName": "p", "PolicyARN": "arn" });
    let service = json!({ "services": [{ "serviceName": "a", "taskDefinition": "t" }], "failures": [] });
    let text = [service, json!({ "ScalableTargets": [target] }), json!({ "ScalingPolicies": [policy] })];
    let text = text.map(|document| document.to_string()).join("\n");
    let converted = convert(&text, &Parameters::default(), None).unwrap();
    assert_eq!(converted.documents.len(), 1);
    let spec = &converted.documents[0].object.as_ref().unwrap()["spec"];
    assert_eq!(spec["autoScaling"], json!({ "minCapacity": 1, "maxCapacity": 3, "policies": [{ "policyName": "p" }] }));
    check(&target, &["Document 1 :ScalingWithoutService"]);
}

#[test]
fn objects_of_ours_come_out_as_they_went_in() {
    let object = json!({
        "apiVersion": "ecs-operator.dev/v1alpha1", "kind": "TaskDefinition",
        "metadata": { "name": "web", "namespace": "n", "annotations": { "a": "b" } },
        "spec": { "family": "other", "containerDefinitions": [{ "name": "a", "image": "i" }] },
    });
    let converted = convert(&object.to_string(), &Parameters::default(), Some("given")).unwrap();
    assert_eq!(converted.documents[0].object.as_ref().unwrap(), &object);
}

#[test]
fn a_namespace_is_written_only_where_one_is_given() {
    let text = json!({ "family": "web", "containerDefinitions": [] }).to_string();
    for (given, expected) in [(None, json!({ "name": "web" })), (Some("n"), json!({ "name": "web", "namespace": "n" }))]
    {
        let converted = convert(&text, &Parameters::default(), given).unwrap();
        assert_eq!(converted.documents[0].object.as_ref().unwrap()["metadata"], expected);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[\\[{]?[ -~\\n]{0,60}", tags in "(!(Ref|Sub|GetAtt|If|Join) ?)?[a-zA-Z:{}\\[\\], \n-]{0,40}") {
        let _ = convert(&text, &Parameters::default(), None);
        let _ = convert(&format!("Resources:\n  A: {tags}"), &Parameters::default(), None);
    }
}
