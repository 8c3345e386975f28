//! Log drivers and the log router (§6, R-FIRELENS).

use ecs_crds::status::Severity::{Block, Info, Warn};
use serde_json::json;

use super::*;
use crate::config::Capabilities;

/// What is said of every service whose tasks have two containers
const TWO: (Severity, &str, &str) = (Info, "EssentialExitReplacesTask", "/containerDefinitions");

/// A task of an application whose logs go through a router
fn routed(kind: &str, router_options: Value, app: Value) -> Value {
    let router = json!({"essential": false, "firelensConfiguration": {"type": kind, "options": router_options}});
    task([container("app", app), container("router", router)], json!({}))
}

fn firelens(options: Value) -> Value {
    json!({"logConfiguration": {"logDriver": "awsfirelens", "options": options}})
}

/// The configuration of the router
fn config(spec: &Value, context: &Context) -> String {
    let (made, findings) = translated(spec, &SERVICE, context, &[]);
    let made = made.unwrap_or_else(|| panic!("{findings:?}"));
    let config = made.companions.into_iter().find(|companion| companion.body.get("data").is_some()).unwrap();
    config.body["data"].as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_log_driver_without_a_backend_is_noted_on_the_pod_without_credentials() {
    let logs =
        |driver: &str, options: Value| one(json!({"logConfiguration": {"logDriver": driver, "options": options}}));
    check_cases([
        Case { name: "json-file", spec: logs("json-file", json!({})), ..Case::default() },
        Case {
            name: "json-file with a size",
            spec: logs("json-file", json!({"max-size": "10m"})),
            pod: vec![("/annotations/ecs-operator.dev~1logs.app", json!(null))],
            findings: vec![(Info, "LogRotationIsTheNodes", "/containerDefinitions/0/logConfiguration/options")],
            ..Case::default()
        },
        Case {
            name: "awslogs",
            spec: logs("awslogs", json!({"awslogs-group": "g"})),
            pod: vec![(
                "/annotations/ecs-operator.dev~1logs.app",
                json!(r#"{"logDriver":"awslogs","options":{"awslogs-group":"g"},"secretOptions":{}}"#),
            )],
            findings: vec![(Warn, "LogRoutingNotConfigured", "/containerDefinitions/0/logConfiguration")],
            ..Case::default()
        },
        Case {
            name: "a token in plain text is not copied, a reference is",
            spec: one(json!({"logConfiguration": {
                "logDriver": "splunk",
                "options": {"splunk-token": "hunter2", "splunk-url": "https://u:hunter2@x"},
                "secretOptions": [{"name": "x", "valueFrom": "token"}],
            }})),
            pod: vec![(
                "/annotations/ecs-operator.dev~1logs.app",
                json!(
                    r#"{"logDriver":"splunk","options":{"splunk-token":null,"splunk-url":null},"secretOptions":{"x":"token"}}"#
                ),
            )],
            findings: vec![
                (Warn, "LogRoutingNotConfigured", "/containerDefinitions/0/logConfiguration"),
                (Info, "LogOptionNotCopied", "/containerDefinitions/0/logConfiguration/options/splunk-token"),
                (Info, "LogOptionNotCopied", "/containerDefinitions/0/logConfiguration/options/splunk-url"),
            ],
            ..Case::default()
        },
        Case {
            name: "FireLens without a router",
            spec: one(firelens(json!({"Name": "null"}))),
            findings: vec![(Warn, "LogRoutingNotConfigured", "/containerDefinitions/0/logConfiguration")],
            ..Case::default()
        },
    ]);
}

#[test]
fn fluent_bit_gets_what_the_agent_generates() {
    let spec = routed(
        "fluentbit",
        json!({"config-file-type": "file", "config-file-value": "/extra.conf"}),
        firelens(
            json!({"Name": "cloudwatch", "region": "eu-west-1", "exclude-pattern": "^DEBUG", "log-driver-buffer-limit": "9"}),
        ),
    );
    let expected = "\
[INPUT]
    Name forward
    unix_path /var/run/fluent.sock
    Mem_Buf_Limit 25MB

[INPUT]
    Name forward
    Listen 127.0.0.1
    Port 24224

[INPUT]
    Name tcp
    Tag firelens-healthcheck
    Listen 127.0.0.1
    Port 8877

[FILTER]
    Name grep
    Match app-firelens*
    Exclude log ^DEBUG

[FILTER]
    Name record_modifier
    Match *
    Record ecs_cluster ${ECS_CLUSTER}
    Record ecs_task_arn k8s:${POD_NAMESPACE}/${POD_UID}
    Record ecs_task_definition app:7

@INCLUDE /extra.conf

[OUTPUT]
    Name null
    Match firelens-healthcheck

[OUTPUT]
    Name cloudwatch
    Match app-firelens*
    region eu-west-1
";
    assert_eq!(config(&spec, &Context::default()), expected);
}

#[test]
fn fluentd_gets_what_the_agent_generates() {
    let spec = routed(
        "fluentd",
        json!({"enable-ecs-log-metadata": "false"}),
        firelens(json!({"@type": "stdout", "include-pattern": "ERROR"})),
    );
    let config = config(&spec, &Context::default());
    let end = "\
<filter app-firelens**>
    @type grep
    <regexp>
        key log
        pattern ERROR
    </regexp>
</filter>

<match firelens-healthcheck>
    @type null
</match>

<match app-firelens**>
    @type stdout
</match>
";
    assert!(config.starts_with("<source>\n    @type unix\n") && config.ends_with(end), "{config}");
    assert!(!config.contains("ecs_cluster"), "{config}");
}

#[test]
fn a_log_router_is_a_sidecar_whose_address_the_others_know() {
    check_cases([Case {
        name: "a router",
        spec: routed("fluentbit", json!({}), firelens(json!({"Name": "stdout"}))),
        pod: vec![
            ("/spec/initContainers/0/name", json!("router")),
            ("/spec/initContainers/0/restartPolicy", json!("Always")),
            ("/spec/initContainers/0/volumeMounts/0/mountPath", json!("/fluent-bit/etc/fluent-bit.conf")),
            ("/spec/initContainers/0/volumeMounts/0/subPath", json!("fluent-bit.conf")),
            ("/spec/volumes/0/configMap/name", json!("app-router-7")),
            ("/spec/containers/0/env/0", json!({"name": "FLUENT_HOST", "value": "127.0.0.1"})),
            ("/spec/containers/0/env/1", json!({"name": "FLUENT_PORT", "value": "24224"})),
            ("/annotations/ecs-operator.dev~1logs.app", json!(null)),
        ],
        findings: vec![TWO, (Warn, "FirelensStdoutUnavailable", "/containerDefinitions/1/firelensConfiguration")],
        ..Case::default()
    }]);
}

#[test]
fn a_router_that_may_read_the_nodes_logs_reads_its_own_pods() {
    let grants = serde_json::from_value(json!({"hostPath": ["/var/log/pods"]})).unwrap();
    let context = Context { grants, ..Context::default() };
    let spec = routed("fluentbit", json!({}), firelens(json!({"Name": "stdout"})));
    assert!(
        config(&spec, &context).contains("    Path /var/log/ecs-task/app/*.log\n    Tag app-firelens-${POD_UID}\n")
    );
    let expected = "$(POD_NAMESPACE)_$(POD_NAME)_$(POD_UID)";
    check_cases([Case {
        name: "granted",
        spec,
        context,
        pod: vec![
            ("/spec/volumes/1/hostPath/path", json!("/var/log/pods")),
            ("/spec/initContainers/0/volumeMounts/1/subPathExpr", json!(expected)),
            ("/spec/initContainers/0/volumeMounts/1/readOnly", json!(true)),
        ],
        findings: vec![TWO],
        ..Case::default()
    }]);
}

#[test]
fn secret_options_reach_the_router_as_variables() {
    let app = json!({"logConfiguration": {
        "logDriver": "awsfirelens", "options": {"Name": "datadog"}, "secretOptions": [{"name": "apikey", "valueFrom": "dd"}],
    }});
    let capabilities = Capabilities { external_secrets: true, ..Capabilities::default() };
    let context = Context { capabilities, ..Context::default() };
    let spec = routed("fluentbit", json!({}), app);
    assert!(config(&spec, &context).ends_with("    Match app-firelens*\n    apikey ${apikey_0}\n"));
    check_cases([
        Case {
            name: "with a backend",
            spec: spec.clone(),
            context,
            pod: vec![
                ("/spec/initContainers/0/env/0/name", json!("apikey_0")),
                ("/spec/initContainers/0/env/0/valueFrom/secretKeyRef/name", json!("app-router-7")),
            ],
            findings: vec![TWO, (Warn, "FirelensStdoutUnavailable", "/containerDefinitions/1/firelensConfiguration")],
            ..Case::default()
        },
        Case {
            name: "without",
            spec,
            findings: vec![(Block, "NoSecretBackend", "/containerDefinitions/1/firelensConfiguration")],
            ..Case::default()
        },
    ]);
}

#[test]
fn what_a_router_cannot_be_told_is_said() {
    let plain = firelens(json!({"Name": "null"}));
    let s3 = json!({"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/c"});
    let at = "/containerDefinitions/1/firelensConfiguration";
    let option = "/containerDefinitions/0/logConfiguration/options";
    check_cases([
        Case {
            name: "a file in S3",
            spec: routed("fluentbit", s3, plain.clone()),
            findings: vec![(
                Block,
                "FirelensConfigUnreadable",
                "/containerDefinitions/1/firelensConfiguration/options/config-file-value",
            )],
            ..Case::default()
        },
        Case {
            name: "two routers",
            spec: task(
                ["a", "b"].map(|name| container(name, json!({"firelensConfiguration": {"type": "fluentbit"}}))),
                json!({}),
            ),
            findings: vec![(Block, "FirelensConflict", at)],
            ..Case::default()
        },
        Case {
            name: "options without a plugin",
            spec: routed("fluentbit", json!({}), firelens(json!({"region": "x"}))),
            findings: vec![TWO, (Warn, "FirelensOutputMissing", option), (Warn, "FirelensStdoutUnavailable", at)],
            ..Case::default()
        },
        Case {
            name: "a line break would begin a section of its own",
            spec: routed("fluentbit", json!({}), firelens(json!({"Name": "null", "a": "b\n[OUTPUT]"}))),
            findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/logConfiguration/options/a")],
            ..Case::default()
        },
        Case {
            name: "a credential in plain text",
            spec: routed("fluentbit", json!({}), firelens(json!({"Name": "datadog", "apikey": "x"}))),
            findings: vec![
                TWO,
                (Warn, "LogOptionPlainCredential", "/containerDefinitions/0/logConfiguration/options/apikey"),
                (Warn, "FirelensStdoutUnavailable", at),
            ],
            ..Case::default()
        },
    ]);
}
