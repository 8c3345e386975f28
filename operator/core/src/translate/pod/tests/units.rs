//! Vectors V1 to V27 and V38 to V46: units, resources, names, environment, ports.

use ecs_crds::status::Severity::{Block, Info, Warn};
use serde_json::json;

use super::*;
use crate::config::{Capabilities, OperatorConfig};
use crate::revision::CompanionKind;

fn without_pod_resources() -> Context {
    Context { capabilities: Capabilities { pod_resources: false, ..Capabilities::default() }, ..Context::default() }
}

#[test]
fn containers_ask_for_what_ecs_reserves() {
    let cases = [
        ("V1", json!({"cpu": 256}), json!({"cpu": "250m", "memory": "128Mi"}), json!({"memory": "128Mi"})),
        ("V2", json!({"cpu": 10}), json!({"cpu": "10m", "memory": "128Mi"}), json!({"memory": "128Mi"})),
        ("V5", json!({"cpu": 0}), json!({"memory": "128Mi"}), json!({"memory": "128Mi"})),
        (
            "whole CPUs and gigabytes",
            json!({"cpu": 2048, "memory": 1024}),
            json!({"cpu": "2", "memory": "1Gi"}),
            json!({"memory": "1Gi"}),
        ),
        (
            "V7",
            json!({"memory": 300, "memoryReservation": 128}),
            json!({"memory": "128Mi"}),
            json!({"memory": "300Mi"}),
        ),
        ("V8", json!({"memory": null, "memoryReservation": 128}), json!({"memory": "128Mi"}), json!(null)),
        ("V9", json!({"memory": 512}), json!({"memory": "512Mi"}), json!({"memory": "512Mi"})),
    ];
    for (name, more, requests, limits) in cases {
        check_cases([Case {
            name,
            spec: one(more),
            pod: vec![("/spec/containers/0/resources", {
                let mut resources = json!({"requests": requests, "limits": limits});
                resources.as_object_mut().unwrap().retain(|_, value| !value.is_null());
                resources
            })],
            ..Case::default()
        }]);
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused_and_those_that_lose_a_unit_are_noted() {
    check_cases([
        Case {
            name: "V4",
            spec: one(json!({"cpu": 65})),
            pod: vec![
                ("/spec/containers/0/resources/requests/cpu", json!("63m")),
                ("/annotations/ecs-operator.dev~1ecs-cpu.app", json!("65")),
            ],
            ..Case::default()
        },
        Case {
            name: "V10",
            spec: one(json!({"memory": null})),
            findings: vec![(Block, "MemoryRequired", "/containerDefinitions/0/memory")],
            ..Case::default()
        },
        Case {
            name: "V10 accepted",
            spec: one(json!({"memory": null})),
            accept: &["MemoryRequired"],
            pod: vec![("/spec/containers/0/resources", json!(null))],
            findings: vec![(Warn, "MemoryRequired", "/containerDefinitions/0/memory")],
            ..Case::default()
        },
        Case {
            name: "V11",
            spec: one(json!({"memory": 64, "memoryReservation": 128})),
            findings: vec![(Block, "MemoryReservationExceedsMemory", "/containerDefinitions/0/memoryReservation")],
            ..Case::default()
        },
        Case {
            name: "V12",
            spec: one(json!({"memory": 4})),
            pod: vec![("/spec/containers/0/resources/limits/memory", json!("6Mi"))],
            findings: vec![(Warn, "MemoryRaised", "/containerDefinitions/0/memory")],
            ..Case::default()
        },
        Case {
            name: "containers above their task",
            spec: task([container("app", json!({"cpu": 512, "memory": 1024}))], json!({"cpu": 256, "memory": "512"})),
            findings: vec![
                (Block, "TaskCpuExceeded", "/cpu"),
                (Block, "TaskMemoryExceeded", "/memory"),
                (Block, "TaskMemoryExceeded", "/containerDefinitions/0/memory"),
            ],
            ..Case::default()
        },
    ]);
}

#[test]
fn task_sizes_are_those_of_fargate_where_it_is_asked_for() {
    let fargate = |cpu: Value, memory: Value, more: Value| {
        let mut spec = one(json!({"memory": null}));
        merge(&mut spec, json!({"requiresCompatibilities": ["FARGATE"], "cpu": cpu, "memory": memory}));
        merge(&mut spec, more);
        spec
    };
    let refused = || vec![(Block, "InvalidFargateSize", "/cpu")];
    let windows = json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}});
    let cases = [
        ("V13", fargate(json!("1 vCPU"), json!("2GB"), json!({})), vec![]),
        ("V14", fargate(json!("256"), json!("4096"), json!({})), refused()),
        ("V15 off the step", fargate(json!(8192), json!(18_432), json!({})), refused()),
        ("V15", fargate(json!(8192), json!(20_480), json!({})), vec![]),
        ("V16", fargate(json!(512), json!(1024), windows), {
            let mut all = refused();
            // A Windows task's own size is ignored
            all.push((Info, "TaskSizeIgnoredOnWindows", "/cpu"));
            all
        }),
        ("no size", fargate(json!(null), json!(1024), json!({})), refused()),
        (
            "V17",
            {
                let mut spec = fargate(json!(128), json!(777), json!({}));
                merge(&mut spec, json!({"requiresCompatibilities": ["EC2"]}));
                spec
            },
            vec![],
        ),
    ];
    check_cases(cases.map(|(name, spec, findings)| Case { name, spec, findings, ..Case::default() }));
}

#[test]
fn the_size_of_the_task_is_the_pods_or_spread_over_its_containers() {
    let v19 = task(
        [
            container("main", json!({"cpu": 64, "memory": null})),
            container("side", json!({"cpu": 128, "memory": 256, "essential": false})),
        ],
        json!({"cpu": "256", "memory": "512"}),
    );
    let uncoupled = (Info, "EssentialExitReplacesTask", "/containerDefinitions");
    check_cases([
        Case {
            name: "V18",
            spec: task([container("app", json!({"memory": null}))], json!({"cpu": "512", "memory": "1024"})),
            pod: vec![
                ("/spec/resources/requests", json!({"cpu": "500m", "memory": "1Gi"})),
                ("/spec/resources/limits", json!({"cpu": "500m", "memory": "1Gi"})),
                ("/spec/containers/0/resources", json!(null)),
            ],
            ..Case::default()
        },
        Case {
            name: "V19",
            spec: v19,
            context: without_pod_resources(),
            pod: vec![
                ("/spec/resources", json!(null)),
                (
                    "/spec/containers/0/resources",
                    json!({"requests": {"cpu": "125m", "memory": "256Mi"}, "limits": {"cpu": "250m", "memory": "512Mi"}}),
                ),
                (
                    "/spec/initContainers/0/resources",
                    json!({"requests": {"cpu": "125m", "memory": "256Mi"}, "limits": {"cpu": "250m", "memory": "256Mi"}}),
                ),
            ],
            findings: vec![uncoupled, (Info, "TaskSizeDistributed", "/cpu")],
            ..Case::default()
        },
        Case {
            name: "memory that no container can take",
            spec: task([container("app", json!({"memory": 256}))], json!({"memory": "512"})),
            context: without_pod_resources(),
            pod: vec![(
                "/spec/containers/0/resources",
                json!({"requests": {"memory": "256Mi"}, "limits": {"memory": "256Mi"}}),
            )],
            findings: vec![(Info, "TaskMemoryNotFullyReserved", "/memory")],
            ..Case::default()
        },
        Case {
            name: "rounding never makes the containers larger than the pod",
            spec: task(
                (0..10).map(|n| container(&format!("c{n}"), json!({"cpu": 16, "memory": 10}))),
                json!({"cpu": 160, "memory": 512}),
            ),
            pod: vec![
                ("/spec/resources/requests/cpu", json!("156m")),
                ("/spec/containers/0/resources/requests/cpu", json!("15m")),
                ("/spec/containers/3/resources/requests/cpu", json!("15m")),
                ("/spec/containers/4/resources/requests/cpu", json!("16m")),
            ],
            findings: vec![uncoupled],
            ..Case::default()
        },
        Case {
            name: "V20",
            spec: task(
                [container("app", json!({"cpu": 512, "healthCheck": {"command": ["CMD-SHELL", "dir"]}}))],
                json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2019_CORE", "cpuArchitecture": "X86_64"}}),
            ),
            pod: vec![
                (
                    "/spec/containers/0/resources",
                    json!({"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}}),
                ),
                ("/spec/containers/0/livenessProbe/exec/command", json!(["cmd", "/S", "/C", "dir"])),
                ("/spec/os/name", json!("windows")),
                (
                    "/spec/nodeSelector",
                    json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64", "node.kubernetes.io/windows-build": "10.0.17763"}),
                ),
                ("/spec/securityContext", json!(null)),
            ],
            findings: vec![(Info, "WindowsEditionNotSelected", "/runtimePlatform/operatingSystemFamily")],
            ..Case::default()
        },
    ]);
}

#[test]
fn names_fit_kubernetes_and_the_originals_are_kept() {
    let name = container("My_Container", json!({"dockerLabels": {"b": "2", "a": "1"}}));
    check_cases([
        Case {
            name: "V21",
            spec: task([name], json!({})),
            pod: vec![
                ("/spec/containers/0/name", json!("my-container-468ac221")),
                ("/annotations/ecs-operator.dev~1ecs-name.my-container-468ac221", json!("My_Container")),
                ("/annotations/ecs-operator.dev~1docker-labels.my-container-468ac221", json!(r#"{"a":"1","b":"2"}"#)),
            ],
            findings: vec![(Info, "DockerLabelsKept", "/containerDefinitions/0/dockerLabels")],
            ..Case::default()
        },
        Case {
            name: "V22",
            spec: one(json!({"portMappings": [
                {"containerPort": 8080, "name": "web_http-backend-main"}, {"containerPort": 81, "name": "web_admin"},
                {"containerPort": 53, "protocol": "udp"}, {"containerPort": 82, "name": "p8080"},
            ]})),
            pod: vec![(
                "/spec/containers/0/ports",
                json!([
                    {"containerPort": 8080, "name": "p8080", "protocol": "TCP"},
                    {"containerPort": 81, "name": "web-admin", "protocol": "TCP"},
                    {"containerPort": 53, "name": "p53u", "protocol": "UDP"},
                    {"containerPort": 82, "name": "p82", "protocol": "TCP"},
                ]),
            )],
            ..Case::default()
        },
    ]);
}

#[test]
fn commands_and_environment_mean_what_they_say() {
    check_cases([
        Case {
            name: "V24",
            spec: one(json!({"entryPoint": [], "command": ["sh", "-c", "echo $(date) $$ $HOME"]})),
            pod: vec![
                ("/spec/containers/0/command", json!(null)),
                ("/spec/containers/0/args", json!(["sh", "-c", "echo $$(date) $$$ $HOME"])),
            ],
            ..Case::default()
        },
        Case {
            name: "an empty entry point",
            spec: one(json!({"entryPoint": [""]})),
            findings: vec![(Block, "InvalidEntryPoint", "/containerDefinitions/0/entryPoint")],
            ..Case::default()
        },
        Case {
            name: "V25",
            spec: one(
                json!({"environment": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "B"}]}),
            ),
            pod: vec![("/spec/containers/0/env", json!([{"name": "A", "value": "2"}, {"name": "B"}]))],
            ..Case::default()
        },
        Case {
            name: "V26",
            spec: one(json!({"environment": [{"name": "FOO", "value": "x"}, {"name": "A", "value": "$(FOO)"}]})),
            pod: vec![("/spec/containers/0/env/1/value", json!("$$(FOO)"))],
            ..Case::default()
        },
        Case {
            name: "V27",
            spec: one(
                json!({"environment": [{"name": "DB", "value": "x"}], "secrets": [{"name": "DB", "valueFrom": "db"}]}),
            ),
            findings: vec![(Block, "EnvironmentSecretConflict", "/containerDefinitions/0/secrets/0/name")],
            ..Case::default()
        },
        Case {
            name: "a name with an equals sign",
            spec: one(json!({"environment": [{"name": "A=B", "value": "x"}]})),
            findings: vec![(Block, "InvalidEnvironmentName", "/containerDefinitions/0/environment/0/name")],
            ..Case::default()
        },
    ]);
}

#[test]
fn images_are_copied_and_their_pull_policy_follows_the_agent() {
    let digest = format!("example/app@sha256:{}", "0".repeat(64));
    let image = |image: Value| one(json!({"image": image}));
    check_cases([
        Case {
            name: "a tag",
            spec: image(json!("example/app:1")),
            pod: vec![("/spec/containers/0/imagePullPolicy", json!("Always"))],
            findings: vec![(Info, "TagNotPinned", "/containerDefinitions/0/image")],
            ..Case::default()
        },
        Case {
            name: "a digest",
            spec: image(json!(digest)),
            pod: vec![
                ("/spec/containers/0/imagePullPolicy", json!("IfNotPresent")),
                ("/spec/containers/0/image", json!(digest)),
            ],
            ..Case::default()
        },
        Case {
            name: "half a digest",
            spec: image(json!("example/app@sha256:00")),
            findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/image")],
            ..Case::default()
        },
        Case {
            name: "none, which no consent can translate",
            spec: image(json!("")),
            accept: &["ImageRequired"],
            findings: vec![(Block, "ImageRequired", "/containerDefinitions/0/image")],
            ..Case::default()
        },
    ]);
}

#[test]
fn ports_are_declared_and_the_nodes_are_left_alone() {
    let ports = |mode: &str, list: Value| {
        let mut spec = one(json!({"portMappings": list}));
        merge(&mut spec, json!({"networkMode": mode}));
        spec
    };
    let only = |port: u16, protocol: &str, name: &str| {
        vec![("/spec/containers/0/ports", json!([{"containerPort": port, "name": name, "protocol": protocol}]))]
    };
    check_cases([
        Case {
            name: "V38",
            spec: ports("awsvpc", json!([{"containerPort": 80, "hostPort": 80}])),
            pod: only(80, "TCP", "p80"),
            ..Case::default()
        },
        Case {
            name: "another host port in awsvpc",
            spec: ports("awsvpc", json!([{"containerPort": 80, "hostPort": 81}])),
            findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/portMappings/0/hostPort")],
            ..Case::default()
        },
        Case {
            name: "V39",
            spec: ports("bridge", json!([{"containerPort": 80, "hostPort": 0}])),
            pod: only(80, "TCP", "p80"),
            ..Case::default()
        },
        Case {
            name: "V40 after decisions §6.8",
            spec: ports("bridge", json!([{"containerPort": 8125, "hostPort": 8125, "protocol": "udp"}])),
            pod: only(8125, "UDP", "p8125u"),
            findings: vec![(Warn, "HostPortNotApplied", "/containerDefinitions/0/portMappings/0/hostPort")],
            ..Case::default()
        },
        Case {
            name: "V41",
            spec: task(
                ["a", "b"].map(|name| container(name, json!({"portMappings": [{"containerPort": 80}]}))),
                json!({"networkMode": "bridge"}),
            ),
            findings: vec![(Block, "PortConflict", "/containerDefinitions/1/portMappings/0")],
            ..Case::default()
        },
        Case {
            name: "V42 and accept, which never raises privilege",
            spec: ports("host", json!([{"containerPort": 8080}])),
            accept: &["PrivilegeNotAllowed"],
            findings: vec![(Block, "PrivilegeNotAllowed", "/networkMode")],
            ..Case::default()
        },
        Case {
            name: "V43, no ports",
            spec: ports("none", json!([])),
            findings: vec![(Warn, "NetworkPolicyNeeded", "/networkMode")],
            ..Case::default()
        },
        Case {
            name: "V44",
            spec: ports("bridge", json!([{"containerPortRange": "5000-5010"}])),
            pod: vec![
                ("/spec/containers/0/ports/10", json!({"containerPort": 5010, "name": "p5010", "protocol": "TCP"})),
                ("/spec/containers/0/ports/11", json!(null)),
            ],
            ..Case::default()
        },
        Case {
            name: "V44, too many",
            spec: ports("bridge", json!([{"containerPortRange": "1000-2000"}])),
            pod: vec![("/spec/containers/0/ports", json!(null))],
            findings: vec![(Warn, "PortRangeNotExposed", "/containerDefinitions/0/portMappings/0/containerPortRange")],
            ..Case::default()
        },
        Case {
            name: "one port, two protocols",
            spec: ports("awsvpc", json!([{"containerPort": 53}, {"containerPort": 53, "protocol": "udp"}])),
            pod: vec![(
                "/spec/containers/0/ports",
                json!([
                    {"containerPort": 53, "name": "p53", "protocol": "TCP"},
                    {"containerPort": 53, "name": "p53u", "protocol": "UDP"},
                ]),
            )],
            ..Case::default()
        },
        Case {
            name: "another protocol",
            spec: ports("awsvpc", json!([{"containerPort": 53, "protocol": "sctp"}])),
            findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/portMappings/0/protocol")],
            ..Case::default()
        },
        Case {
            name: "no port",
            spec: ports("awsvpc", json!([{}])),
            findings: vec![(Block, "RequiredField", "/containerDefinitions/0/portMappings/0/containerPort")],
            ..Case::default()
        },
    ]);
}

#[test]
fn linked_containers_are_found_on_localhost() {
    let definitions = [container("app", json!({"links": ["mysql:db"]})), container("mysql", json!({}))];
    check_cases([Case {
        name: "V46",
        spec: task(definitions, json!({"networkMode": "bridge"})),
        pod: vec![
            ("/spec/hostAliases", json!([{"ip": "127.0.0.1", "hostnames": ["db", "mysql"]}])),
            ("/spec/initContainers/0/name", json!("mysql")),
        ],
        findings: vec![
            (Info, "EssentialExitReplacesTask", "/containerDefinitions"),
            (Info, "LinkIsLocalhost", "/containerDefinitions/0/links/0"),
            (Info, "NetworkNamespaceShared", "/networkMode"),
        ],
        ..Case::default()
    }]);
}

#[test]
fn v43_a_task_without_a_network_has_a_policy_that_denies_everything() {
    let off = json!({"disableNetworking": true});
    let two = task([container("a", off.clone()), container("b", off.clone())], json!({}));
    for (spec, cut) in [
        (task([container("a", json!({}))], json!({"networkMode": "none"})), true),
        (two, true),
        (task([container("a", off), container("b", json!({}))], json!({})), false),
        (one(json!({})), false),
    ] {
        let made = translated(&spec, &SERVICE, &Context::default(), &[]).0.unwrap();
        let policies: Vec<_> = made.companions.iter().map(|made| (made.kind, made.body.clone())).collect();
        let labels = json!({"ecs-operator.dev/network": "none"});
        let policy = json!({"spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"]}});
        let (wanted, labels) =
            if cut { (vec![(CompanionKind::NetworkPolicy, policy)], labels) } else { (vec![], json!({})) };
        assert_eq!((policies, json!(made.labels)), (wanted, labels), "{spec}");
    }
}

#[test]
fn no_container_is_cut_off_from_the_network_of_its_node() {
    let spec = task([container("a", json!({"disableNetworking": true}))], json!({"networkMode": "host"}));
    let privileges = json!({"allow": [{"namespaces": ["*"], "grants": {"hostNetwork": true}}]});
    let privileges = serde_json::from_value(privileges).unwrap();
    let config = OperatorConfig { privileges, ..OperatorConfig::default() };
    check_cases([Case {
        name: "the node's network, and none",
        spec,
        context: Context { config, ..Context::default() }.in_namespace("a"),
        findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/disableNetworking")],
        ..Case::default()
    }]);
}
