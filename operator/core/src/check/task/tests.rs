//! What a checked task tells those who build on it. The vectors are tested with the pod, where their effect shows.

use serde_json::{Value, json};

use super::*;
use crate::findings::Findings;
use crate::model::task::{AppProtocol, Compatibility, Protocol};

fn checked(spec: Value) -> Checked<Task> {
    check(&serde_json::from_value(spec).unwrap(), "from-metadata", &BTreeSet::new(), &Context::default())
}

fn model(spec: Value) -> Task {
    checked(spec).model.unwrap()
}

fn said(findings: &Findings) -> String {
    findings.iter().map(|finding| format!("{} {}\n", finding.path, finding.message)).collect()
}

#[test]
fn a_service_reads_ports_role_and_health_from_the_model() {
    let task = model(json!({
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["EC2", "FARGATE"],
        "cpu": "256",
        "memory": "512",
        "taskRoleArn": "arn:aws:iam::123456789012:role/app",
        "tags": [{"key": "team", "value": "a"}],
        "containerDefinitions": [
            {"name": "web", "image": "i", "portMappings": [
                {"containerPort": 8080, "name": "web", "appProtocol": "http2"}, {"containerPort": 53, "protocol": "udp"},
            ]},
            {"name": "side", "image": "i", "essential": false, "healthCheck": {"command": ["CMD", "true"]}},
        ],
    }));
    assert_eq!(task.family(), "from-metadata");
    assert_eq!(task.requires_compatibilities(), &BTreeSet::from([Compatibility::Ec2, Compatibility::Fargate]));
    assert_eq!(task.tags().get("team").map(String::as_str), Some("a"));
    assert!(task.role().unwrap().service_account.starts_with("ecs-task-app-"));
    assert!(!task.has_essential_health_check());
    let ports: Vec<_> =
        task.ports().map(|p| (p.container_port, p.protocol, p.pod_port_name.as_str(), p.app_protocol)).collect();
    assert_eq!(ports, [(8080, Protocol::Tcp, "web", Some(AppProtocol::Http2)), (53, Protocol::Udp, "p53u", None)]);
}

#[test]
fn the_family_of_the_document_goes_before_the_name_of_the_object() {
    let container = json!([{"name": "a", "image": "i", "memory": 64, "healthCheck": {"command": ["CMD", "true"]}}]);
    let task = model(json!({"family": "web", "containerDefinitions": container}));
    assert_eq!(task.family(), "web");
    assert!(task.has_essential_health_check());
    assert!(task.role().is_none());
}

#[test]
fn the_longest_names_stay_within_what_kubernetes_takes() {
    let long = "A".repeat(255);
    let task = model(json!({
        "taskRoleArn": format!("arn:aws:iam::1:role/{long}"),
        "containerDefinitions": [{"name": long, "image": "i", "memory": 64}],
    }));
    assert!(task.role().unwrap().service_account.len() <= 63);
    assert!(task.containers()[0].name().len() <= 63);
    assert_eq!(task.containers()[0].ecs_name(), long);
}

#[test]
fn no_message_and_no_debug_output_shows_a_value_of_the_environment() {
    let spec = json!({"containerDefinitions": [{
        "name": "a", "image": "i", "memory": 64,
        "environment": [{"name": "TOKEN", "value": "hunter2"}, {"name": "B=", "value": "hunter2"}, {"value": "hunter2"}],
        "secrets": [{"name": "TOKEN", "valueFrom": "hunter2"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"key": "hunter2"}},
    }]});
    let Checked { model, findings } = checked(spec);
    assert!(model.is_none());
    assert!(!said(&findings).contains("hunter2"), "{}", said(&findings));
    let task = self::model(json!({"containerDefinitions": [{
        "name": "a", "image": "i", "memory": 64, "environment": [{"name": "TOKEN", "value": "hunter2"}],
    }]}));
    assert!(!format!("{task:?}").contains("hunter2"));
}

#[test]
fn a_refused_value_is_quoted_with_those_that_are_allowed() {
    let Checked { findings, .. } = checked(json!({
        "networkMode": "vpc",
        "containerDefinitions": [{"name": "a", "image": "i", "memory": 64, "healthCheck": {"command": ["CMD", "x"], "retries": 11}}],
    }));
    let said = said(&findings);
    for expected in [
        "/networkMode `vpc` is not allowed here; use one of bridge, host, awsvpc, none\n",
        "/containerDefinitions/0/healthCheck/retries `11` is not allowed here; use a number from 1 to 10\n",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}
