//! Vectors V47 to V68: start order, essential containers, probes, time to stop.

use ecs_crds::EssentialPolicy;
use ecs_crds::status::Severity::{Block, Info, Warn};
use serde_json::json;

use super::*;
use crate::config::Capabilities;

/// The order in which containers start, sidecars marked with `~`, `|` before the containers
fn line(spec: &Value, setting: Setting) -> String {
    let (pod, findings) = translated(spec, &setting, &Context::default(), &[]);
    let pod = pod.unwrap_or_else(|| panic!("{spec:#}: {findings:#?}")).spec;
    let init = pod.init_containers.unwrap_or_default();
    let init = init.iter().map(|c| format!("{}{}", if c.restart_policy.is_some() { "~" } else { "" }, c.name));
    let regular = pod.containers.iter().map(|c| c.name.clone());
    init.chain(["|".to_owned()]).chain(regular).collect::<Vec<_>>().join(" ")
}

/// Containers written `name` (essential) or `-name`, each with a health check where `HEALTHY` needs one
fn graph(containers: &[&str], edges: &[(&str, &str, &str)]) -> Value {
    let definitions = containers.iter().map(|written| {
        let name = written.trim_start_matches('-');
        let depends: Vec<_> = edges
            .iter()
            .filter(|(from, ..)| *from == name)
            .map(|(_, to, condition)| json!({"containerName": to, "condition": condition}))
            .collect();
        let mut more = json!({"essential": !written.starts_with('-'), "dependsOn": depends});
        if edges.iter().any(|(_, to, condition)| *to == name && *condition == "HEALTHY") {
            merge(&mut more, json!({"healthCheck": healthy(json!({}))}));
        }
        container(name, more)
    });
    task(definitions, json!({}))
}

#[test]
fn containers_start_in_the_order_of_their_dependencies() {
    let router = json!({"firelensConfiguration": {"type": "fluentbit"}});
    let logging = json!({"logConfiguration": {"logDriver": "awsfirelens"}});
    let v57 = task([container("app", logging), container("router", router)], json!({}));
    let waiting = json!({"firelensConfiguration": {"type": "fluentbit"}, "dependsOn": [{"containerName": "app", "condition": "START"}]});
    let logging = json!({"logConfiguration": {"logDriver": "awsfirelens"}});
    let waiting_router = task([container("app", logging), container("router", waiting)], json!({}));
    let cases = [
        ("a log router that waits itself is not waited for", waiting_router, "~app | router"),
        (
            "V47",
            graph(&["app", "-migrate", "envoy"], &[("app", "migrate", "SUCCESS"), ("app", "envoy", "HEALTHY")]),
            "~envoy migrate | app",
        ),
        (
            "V48",
            graph(
                &["app", "-migrate", "-log-router"],
                &[("app", "migrate", "SUCCESS"), ("app", "log-router", "START"), ("migrate", "log-router", "START")],
            ),
            "~log-router migrate | app",
        ),
        ("V49", graph(&["nginx", "app"], &[("nginx", "app", "HEALTHY")]), "~app | nginx"),
        ("V50", graph(&["-mon", "app"], &[("mon", "app", "START")]), "| app mon"),
        ("V51", graph(&["a", "-b", "-c"], &[("a", "b", "SUCCESS"), ("b", "c", "COMPLETE")]), "c b | a"),
        ("V52", graph(&["app", "-proxy", "-migrate"], &[("app", "migrate", "SUCCESS")]), "~proxy migrate | app"),
        (
            "V53",
            graph(&["web", "app", "-db-wait"], &[("web", "app", "START"), ("app", "db-wait", "SUCCESS")]),
            "db-wait ~app | web",
        ),
        ("V57", v57, "~router | app"),
    ];
    for (name, spec, expected) in cases {
        assert_eq!(line(&spec, SERVICE), expected, "{name}");
    }
    assert_eq!(line(&graph(&["-mon", "app"], &[("mon", "app", "START")]), Setting::Job), "~mon | app", "V50 as a job");
}

#[test]
fn what_the_order_cannot_keep_is_said() {
    let uncoupled = (Info, "EssentialExitReplacesTask", "/containerDefinitions");
    check_cases([
        Case {
            name: "V48: nobody waits for the router's health",
            spec: graph(&["app", "-router"], &[("app", "router", "START")]),
            pod: vec![("/spec/initContainers/0/startupProbe", json!(null))],
            findings: vec![uncoupled, (Info, "NonEssentialRestarts", "/containerDefinitions/1/essential")],
            ..Case::default()
        },
        Case {
            name: "V50 as a job",
            spec: graph(&["-mon", "app"], &[("mon", "app", "START")]),
            setting: Setting::Job,
            pod: vec![("/spec/restartPolicy", json!("Never"))],
            findings: vec![(Warn, "DependencyOrderRelaxed", "/containerDefinitions/0/dependsOn/0")],
            ..Case::default()
        },
        Case {
            name: "V51",
            spec: graph(&["a", "-b", "-c"], &[("a", "b", "SUCCESS"), ("b", "c", "COMPLETE")]),
            findings: vec![
                uncoupled,
                (Warn, "CompleteTreatedAsSuccess", "/containerDefinitions/1/dependsOn/0/condition"),
            ],
            ..Case::default()
        },
        Case {
            name: "V54",
            spec: graph(&["a", "b"], &[("a", "b", "START"), ("b", "a", "START")]),
            accept: &["DependencyCycle"],
            findings: vec![(Block, "DependencyCycle", "/containerDefinitions/0/dependsOn/0")],
            ..Case::default()
        },
        Case {
            name: "a container that waits for itself",
            spec: graph(&["a"], &[("a", "a", "START")]),
            findings: vec![(Block, "DependencyCycle", "/containerDefinitions/0/dependsOn/0")],
            ..Case::default()
        },
        Case {
            name: "V55",
            spec: graph(&["a", "b"], &[("a", "b", "SUCCESS")]),
            findings: vec![(Block, "DependencyOnEssentialExit", "/containerDefinitions/0/dependsOn/0/condition")],
            ..Case::default()
        },
        Case {
            name: "V56",
            spec: task(
                [
                    container("a", json!({"dependsOn": [{"containerName": "b", "condition": "HEALTHY"}]})),
                    container("b", json!({})),
                ],
                json!({}),
            ),
            findings: vec![(Block, "DependencyNeedsHealthCheck", "/containerDefinitions/0/dependsOn/0/condition")],
            ..Case::default()
        },
        Case {
            name: "an unknown container",
            spec: graph(&["a"], &[("a", "zz", "START")]),
            findings: vec![(Block, "DependencyUnknown", "/containerDefinitions/0/dependsOn/0/containerName")],
            ..Case::default()
        },
        Case {
            name: "two that ECS starts together",
            spec: graph(&["app", "-x", "-y"], &[("app", "x", "SUCCESS"), ("app", "y", "SUCCESS")]),
            findings: vec![uncoupled, (Info, "InitPhaseSerialised", "/containerDefinitions")],
            ..Case::default()
        },
    ]);
}

#[test]
fn health_checks_become_probes() {
    let checked = |more: Value| one(json!({"healthCheck": healthy(more)}));
    let v60 = {
        let mut spec = graph(&["app", "-db"], &[("app", "db", "HEALTHY")]);
        spec["containerDefinitions"][1]["healthCheck"]["interval"] = json!(10);
        spec["containerDefinitions"][1]["startTimeout"] = json!(20);
        spec
    };
    let uncoupled = (Info, "EssentialExitReplacesTask", "/containerDefinitions");
    let threshold = |n: i32| vec![("/spec/containers/0/startupProbe/failureThreshold", json!(n))];
    let grace = Setting::Service { health_check_grace_seconds: 300, essential_policy: None };
    check_cases([
        Case {
            name: "V58",
            spec: checked(json!({})),
            pod: vec![
                (
                    "/spec/containers/0/startupProbe",
                    json!({"exec": {"command": ["/bin/sh", "-c", "curl -f localhost || exit 1"]}, "periodSeconds": 30, "timeoutSeconds": 5, "failureThreshold": 4}),
                ),
                ("/spec/containers/0/livenessProbe/failureThreshold", json!(3)),
                ("/spec/containers/0/livenessProbe/initialDelaySeconds", json!(null)),
                ("/spec/containers/0/readinessProbe", json!(null)),
            ],
            ..Case::default()
        },
        Case { name: "V59", spec: checked(json!({"startPeriod": 60})), pod: threshold(6), ..Case::default() },
        Case {
            name: "V59 with a grace period",
            spec: checked(json!({"startPeriod": 60})),
            setting: grace,
            pod: threshold(11),
            ..Case::default()
        },
        Case {
            name: "V60",
            spec: v60.clone(),
            pod: vec![
                ("/spec/initContainers/0/startupProbe/failureThreshold", json!(3)),
                ("/spec/initContainers/0/livenessProbe", json!(null)),
            ],
            findings: vec![uncoupled],
            ..Case::default()
        },
        Case {
            name: "V60 as a job",
            spec: v60,
            setting: Setting::Job,
            pod: vec![("/spec/initContainers/0/startupProbe/failureThreshold", json!(3))],
            ..Case::default()
        },
        Case {
            name: "V61",
            spec: checked(json!({"interval": 15, "retries": 5, "startPeriod": 100})),
            pod: threshold(12),
            ..Case::default()
        },
        Case {
            name: "V62",
            spec: task(
                [
                    container("app", json!({})),
                    container("side", json!({"essential": false, "healthCheck": healthy(json!({}))})),
                ],
                json!({}),
            ),
            pod: vec![
                ("/spec/initContainers/0/name", json!("side")),
                ("/spec/initContainers/0/startupProbe", json!(null)),
                ("/spec/initContainers/0/livenessProbe", json!(null)),
            ],
            findings: vec![uncoupled],
            ..Case::default()
        },
        Case {
            name: "V63",
            spec: checked(json!({})),
            setting: Setting::Job,
            pod: vec![
                ("/spec/containers/0/livenessProbe", json!(null)),
                ("/spec/containers/0/startupProbe", json!(null)),
            ],
            ..Case::default()
        },
        Case {
            name: "V64",
            spec: checked(json!({"command": ["curl", "x"]})),
            findings: vec![(Block, "InvalidHealthCheck", "/containerDefinitions/0/healthCheck/command")],
            ..Case::default()
        },
        Case {
            name: "NONE",
            spec: checked(json!({"command": ["NONE"]})),
            findings: vec![(Block, "InvalidHealthCheck", "/containerDefinitions/0/healthCheck/command")],
            ..Case::default()
        },
        Case {
            name: "an interval out of range, accepted",
            spec: checked(json!({"interval": 1})),
            accept: &["InvalidValue"],
            pod: vec![("/spec/containers/0/livenessProbe/periodSeconds", json!(5))],
            findings: vec![(Warn, "InvalidValue", "/containerDefinitions/0/healthCheck/interval")],
            ..Case::default()
        },
        Case {
            name: "an essential sidecar that others only wait to start",
            spec: {
                let mut spec = graph(&["web", "app"], &[("web", "app", "START")]);
                spec["containerDefinitions"][1]["healthCheck"] = healthy(json!({"startPeriod": 60}));
                spec
            },
            pod: vec![
                ("/spec/initContainers/0/startupProbe", json!(null)),
                ("/spec/initContainers/0/livenessProbe/initialDelaySeconds", json!(90)),
            ],
            findings: vec![uncoupled, (Info, "ReadyBeforeHealthy", "/containerDefinitions/1/healthCheck")],
            ..Case::default()
        },
    ]);
}

#[test]
fn a_pod_has_the_time_to_stop_that_its_containers_have() {
    let v65 = task(
        [container("app", json!({"stopTimeout": 60})), container("router", json!({"essential": false}))],
        json!({}),
    );
    let uncoupled = (Info, "EssentialExitReplacesTask", "/containerDefinitions");
    check_cases([
        Case {
            name: "V65",
            spec: v65,
            pod: vec![("/spec/terminationGracePeriodSeconds", json!(90))],
            findings: vec![uncoupled],
            ..Case::default()
        },
        Case {
            name: "V66",
            spec: one(json!({})),
            pod: vec![("/spec/terminationGracePeriodSeconds", json!(null))],
            ..Case::default()
        },
        Case {
            name: "containers with times of their own",
            spec: task(
                ["a", "b"].map(|name| container(name, if name == "a" { json!({"stopTimeout": 5}) } else { json!({}) })),
                json!({}),
            ),
            pod: vec![("/spec/terminationGracePeriodSeconds", json!(null))],
            findings: vec![uncoupled, (Info, "StopTimeoutPodWide", "/containerDefinitions/0/stopTimeout")],
            ..Case::default()
        },
    ]);
}

#[test]
fn the_exit_of_an_essential_container_is_coupled_where_the_cluster_can() {
    let two = || graph(&["a", "b"], &[]);
    let with = |policy| Setting::Service { health_check_grace_seconds: 0, essential_policy: Some(policy) };
    let together = || Context {
        capabilities: Capabilities { restart_all_containers: true, ..Capabilities::default() },
        ..Context::default()
    };
    let replaced = || vec![(Info, "EssentialExitReplacesTask", "/containerDefinitions")];
    let rules = json!([
        {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [0]}},
        {"action": "RestartAllContainers", "exitCodes": {"operator": "NotIn", "values": [0]}},
    ]);
    let alone = || {
        vec![("/spec/containers/0/restartPolicyRules", json!(null)), ("/spec/containers/0/restartPolicy", json!(null))]
    };
    check_cases([
        Case { name: "one container", spec: one(json!({})), context: together(), pod: alone(), ..Case::default() },
        Case {
            name: "V67",
            spec: two(),
            pod: [alone(), vec![("/supervision/endTask", json!(["a", "b"]))]].concat(),
            findings: replaced(),
            ..Case::default()
        },
        Case {
            name: "V67 asked for",
            spec: two(),
            setting: with(EssentialPolicy::ReplaceTask),
            context: together(),
            pod: alone(),
            findings: replaced(),
            ..Case::default()
        },
        Case {
            name: "restarted together",
            spec: two(),
            context: together(),
            pod: vec![
                ("/spec/containers/1/restartPolicy", json!("Always")),
                ("/spec/containers/1/restartPolicyRules", rules),
                ("/supervision", json!({"essential": ["a", "b"]})),
            ],
            ..Case::default()
        },
        Case {
            name: "one that becomes unhealthy is not restarted together",
            spec: task(
                [container("a", json!({"healthCheck": healthy(json!({}))})), container("b", json!({}))],
                json!({}),
            ),
            context: together(),
            findings: vec![(Info, "UnhealthyNotCoupled", "/containerDefinitions/0/healthCheck")],
            ..Case::default()
        },
        Case {
            name: "in place by choice",
            spec: two(),
            setting: with(EssentialPolicy::InPlace),
            pod: [alone(), vec![("/supervision/endTask", json!(null))]].concat(),
            ..Case::default()
        },
        Case {
            name: "a task of a job is stopped, and no other takes its place",
            spec: two(),
            setting: Setting::Job,
            pod: vec![("/supervision", json!({}))],
            findings: vec![(Info, "EssentialExitStopsTask", "/containerDefinitions")],
            ..Case::default()
        },
    ]);
}

#[test]
fn restart_policies_become_rules_where_the_cluster_has_them() {
    let without = || Context {
        capabilities: Capabilities { container_restart_rules: false, ..Capabilities::default() },
        ..Context::default()
    };
    let spec = || one(json!({"restartPolicy": {"enabled": true, "ignoredExitCodes": [0]}}));
    let codes = "/containerDefinitions/0/restartPolicy/ignoredExitCodes";
    check_cases([
        Case {
            name: "V68",
            spec: spec(),
            pod: vec![
                ("/spec/containers/0/restartPolicy", json!("Never")),
                (
                    "/spec/containers/0/restartPolicyRules",
                    json!([{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [0]}}]),
                ),
                ("/supervision/mayStayStopped", json!(["app"])),
                ("/supervision/restartAfter", json!({"app": 300})),
            ],
            ..Case::default()
        },
        Case {
            name: "V68 without rules",
            spec: spec(),
            context: without(),
            pod: vec![("/spec/containers/0/restartPolicy", json!(null))],
            findings: vec![(Warn, "IgnoredExitCodesNotApplied", codes)],
            ..Case::default()
        },
        Case {
            name: "a job without rules",
            spec: spec(),
            setting: Setting::Job,
            context: without(),
            findings: vec![(Warn, "RestartPolicyNotApplied", "/containerDefinitions/0/restartPolicy")],
            ..Case::default()
        },
        Case {
            name: "V69: a period",
            spec: one(json!({"restartPolicy": {"enabled": true, "restartAttemptPeriod": 60}})),
            pod: vec![("/supervision/restartAfter", json!({"app": 60}))],
            ..Case::default()
        },
        Case {
            name: "a period in a job",
            spec: one(json!({"restartPolicy": {"enabled": true, "restartAttemptPeriod": 60}})),
            setting: Setting::Job,
            findings: vec![(
                Warn,
                "RestartAttemptPeriodNotApplied",
                "/containerDefinitions/0/restartPolicy/restartAttemptPeriod",
            )],
            ..Case::default()
        },
        Case {
            name: "off",
            spec: one(json!({"restartPolicy": {"enabled": false, "restartAttemptPeriod": 60}})),
            ..Case::default()
        },
    ]);
}
