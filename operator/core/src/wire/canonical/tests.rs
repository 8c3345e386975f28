//! The rules of section 14.2 as data (V151–V158), and idempotence as a property.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn of(document: Value) -> Value {
    task_definition(&serde_json::from_value(document).unwrap())
}

fn container(members: &Value) -> Value {
    let mut container = json!({ "name": "a", "image": "i", "memory": 128 });
    container.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({ "containerDefinitions": [container] })
}

fn port(mode: &str, mapping: &Value) -> Value {
    let mut document = container(&json!({ "portMappings": [mapping] }));
    document["networkMode"] = mode.into();
    document
}

#[test]
fn documents_that_mean_the_same_have_one_form() {
    let described = json!({
        "containerDefinitions": [{
            "name": "a", "image": "i", "memory": 128, "cpu": 0, "essential": true, "environment": [], "mountPoints": [],
            "volumesFrom": [], "portMappings": [], "systemControls": [],
        }],
        "family": "a", "revision": 7, "requiresAttributes": [{"name": "x"}], "status": "ACTIVE", "volumes": [],
        "placementConstraints": [], "compatibilities": ["EC2"], "networkMode": "bridge", "tags": [],
    });
    let efs = |volume: Value| json!({ "volumes": [{ "name": "v", "efsVolumeConfiguration": volume }] });
    let environment = |list: Value| container(&json!({ "environment": list }));
    let equal = [
        ("V151", container(&json!({})), described),
        (
            "V152 awsvpc",
            port("awsvpc", &json!({ "containerPort": 80 })),
            port("awsvpc", &json!({ "containerPort": 80, "hostPort": 80, "protocol": "tcp" })),
        ),
        (
            "V152 bridge",
            port("bridge", &json!({ "containerPort": 80 })),
            port("bridge", &json!({ "containerPort": 80, "hostPort": 0, "protocol": "tcp" })),
        ),
        (
            "V153",
            container(&json!({ "healthCheck": { "command": ["CMD", "x"] } })),
            container(
                &json!({ "healthCheck": { "command": ["CMD", "x"], "interval": 30, "timeout": 5, "retries": 3 } }),
            ),
        ),
        (
            "V154",
            environment(json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }])),
            environment(json!([{ "name": "B", "value": "2" }, { "name": "A", "value": "1" }])),
        ),
        (
            "rule 6",
            environment(json!([{ "name": "A", "value": "1" }, { "name": "A", "value": "2" }])),
            environment(json!([{ "name": "A", "value": "2" }])),
        ),
        ("V156", json!({ "cpu": "1 vCPU", "memory": "2GB" }), json!({ "cpu": 1024, "memory": "2048" })),
        ("V157", efs(json!({ "fileSystemId": "fs-1", "rootDirectory": "/" })), efs(json!({ "fileSystemId": "fs-1" }))),
        ("V158", json!({ "volumes": [{ "name": "v", "host": {} }] }), json!({ "volumes": [{ "name": "v" }] })),
        (
            "comments and our own tags",
            json!({ "_comment": "x", "cpu": 256, "tags": [{ "key": "ecs-operator.dev/owner", "value": "u" }] }),
            json!({ "cpu": "256" }),
        ),
        (
            "a restart policy that is off",
            container(&json!({ "restartPolicy": { "enabled": false, "restartAttemptPeriod": 60 } })),
            container(&json!({})),
        ),
        (
            "all permissions of a device",
            container(&json!({ "linuxParameters": { "devices": [
                { "hostPath": "/d", "permissions": ["write", "read", "mknod"] }] } })),
            container(&json!({ "linuxParameters": { "devices": [{ "hostPath": "/d" }] } })),
        ),
        (
            "Fargate's platform",
            json!({ "requiresCompatibilities": ["FARGATE"],
                "runtimePlatform": { "operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64" } }),
            json!({ "requiresCompatibilities": ["FARGATE"] }),
        ),
    ];
    for (vector, left, right) in equal {
        assert_eq!(of(left), of(right), "{vector}");
    }
}

#[test]
fn documents_that_differ_have_two_forms() {
    let environment = |list: Value| container(&json!({ "environment": list }));
    let different = [
        (
            "V152",
            port("bridge", &json!({ "containerPort": 80, "hostPort": 80 })),
            port("bridge", &json!({ "containerPort": 80 })),
        ),
        ("V154", container(&json!({ "command": ["a", "b"] })), container(&json!({ "command": ["b", "a"] }))),
        ("V155", environment(json!([{ "name": "A", "value": "" }])), environment(json!([]))),
        ("an unknown member", json!({ "x": 1 }), json!({})),
        (
            "a label that looks like a comment",
            container(&json!({ "dockerLabels": { "_a": "" } })),
            container(&json!({})),
        ),
        ("an empty argument", container(&json!({ "command": [""] })), container(&json!({}))),
        ("a stop timeout", container(&json!({ "stopTimeout": 30 })), container(&json!({}))),
    ];
    for (vector, left, right) in different {
        assert_ne!(of(left), of(right), "{vector}");
    }
}

#[test]
fn a_size_that_is_none_stays_as_it_is() {
    for (size, form) in [(".25 vcpu", "256"), ("0.5GB", "0.5GB"), ("1.0001 vCPU", "1.0001 vCPU"), ("x", "x")] {
        assert_eq!(of(json!({ "cpu": size })), json!({ "cpu": form }));
    }
}

/// An object of some of these members
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let member = |(key, value): (&'static str, BoxedStrategy<Value>)| {
        prop::option::of(value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
    };
    let members: Vec<_> = members.into_iter().map(member).collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect())).boxed()
}

fn list_of(element: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![Just(Value::Null), prop::collection::vec(element, 0..4).prop_map(Value::Array)].boxed()
}

/// Documents over the members that the rules speak of, in values that the rules tell apart
fn documents() -> BoxedStrategy<Value> {
    let text = prop::sample::select(vec!["", "/", "1 vCPU", "512", "a", "awsvpc", "bridge", "enabled", "tcp"]);
    let text = text.prop_map(Value::from).boxed();
    let number = prop::sample::select(vec![0, 5, 30, 80, 300]).prop_map(|n: i64| json!(n)).boxed();
    let flag = any::<bool>().prop_map(Value::from).boxed();
    let odd = prop_oneof![Just(json!({})), Just(json!([])), Just(json!([{ "_c": {} }])), Just(json!(null))].boxed();
    let pair = object(vec![("name", text.clone()), ("value", text.clone()), ("_note", odd.clone())]);
    let port = object(vec![
        ("containerPort", number.clone()),
        ("hostPort", number.clone()),
        ("protocol", text.clone()),
        ("odd", odd.clone()),
    ]);
    let restart = object(vec![("enabled", flag.clone()), ("restartAttemptPeriod", number.clone())]);
    let container = object(vec![
        ("name", text.clone()),
        ("cpu", number),
        ("essential", flag.clone()),
        ("environment", list_of(pair.clone())),
        ("portMappings", list_of(port)),
        ("mountPoints", list_of(object(vec![("readOnly", flag), ("odd", odd.clone())]))),
        ("restartPolicy", restart),
        ("odd", odd),
    ]);
    object(vec![
        ("family", text.clone()),
        ("networkMode", text.clone()),
        ("cpu", text.clone()),
        ("volumes", list_of(object(vec![("name", text), ("host", Just(json!({})).boxed())]))),
        ("containerDefinitions", list_of(container)),
    ])
}

proptest! {
    #[test]
    fn the_canonical_form_of_a_canonical_form_is_itself(document in documents()) {
        let once = of(document);
        prop_assert_eq!(&of(once.clone()), &once);
    }
}
