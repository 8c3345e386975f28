//! Properties of the pod: whatever the document, nothing panics, every edge is kept or named, and what is made can be made.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::config::Capabilities;
use crate::findings::Path;
use crate::model::task::{Condition, Dependency};
use crate::translate::pod::order::{Kind, Order, arrange};

/// Containers and edges that a check lets through: no circle, and nothing waits for the exit of an essential one
fn graph() -> impl Strategy<Value = (Vec<bool>, Vec<Dependency>)> {
    let edge = (0usize..7, 0usize..7, 0usize..4);
    (vec(any::<bool>(), 1..8), Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(), vec(edge, 0..12)).prop_map(
        |(mut essential, rank, edges)| {
            let count = essential.len();
            if essential.iter().all(|is| !is) {
                essential[0] = true;
            }
            let conditions = [Condition::Start, Condition::Healthy, Condition::Success, Condition::Complete];
            let edges = edges.into_iter().filter_map(|(a, b, condition)| {
                let (a, b) = (a % count, b % count);
                // Edges go down the ranks only, in any order of definition
                let (from, to) = if rank[a] > rank[b] { (a, b) } else { (b, a) };
                let condition = conditions[if essential[to] { condition % 2 } else { condition }];
                (from != to).then(|| Dependency { from, to, condition, path: Path::root() })
            });
            let edges = edges.collect();
            (essential, edges)
        },
    )
}

/// Where a container starts, counted over the whole pod
fn position(order: &Order, index: usize) -> usize {
    order.init.iter().chain(&order.regular).position(|i| *i == index).unwrap()
}

proptest! {
    #[test]
    fn every_order_has_a_main_container_and_keeps_what_an_essential_one_waits_for(
        (essential, edges) in graph(), job in any::<bool>(),
    ) {
        let order = arrange(&essential, &edges, job);
        let all: BTreeSet<usize> = order.init.iter().chain(&order.regular).copied().collect();
        prop_assert_eq!(all.len(), essential.len());
        prop_assert_eq!(order.init.len() + order.regular.len(), essential.len());
        prop_assert!((0..essential.len()).any(|i| order.kind(i) == Kind::Main && essential[i]));
        for edge in &edges {
            let soft = !essential[edge.from] && essential[edge.to];
            let before = position(&order, edge.to) < position(&order, edge.from);
            prop_assert!(before || soft, "{edge:?} in {order:?}");
            if essential[edge.from] {
                prop_assert!(order.init.contains(&edge.to), "{edge:?} in {order:?}");
            }
        }
        for (index, essential) in essential.iter().enumerate() {
            prop_assert!(order.kind(index) != Kind::Task || !essential);
            prop_assert!(order.kind(index) != Kind::Trailer || !job);
        }
    }

    #[test]
    fn no_document_makes_a_panic_and_a_pod_has_no_name_twice(spec in document(), job in any::<bool>(), on in any::<bool>()) {
        let setting = if job { Setting::Job } else { SERVICE };
        let capabilities = Capabilities {
            pod_resources: on, container_restart_rules: !on, restart_all_containers: on, hostname_override: on,
            external_secrets: on, secrets_store_csi: !on, target_group_bindings: on, gateway_api: !on, volume_snapshots: on,
            security_group_policies: on,
            hpa_tolerance: on, hpa_scale_to_zero: !on,
        };
        let context = Context { capabilities, ..Context::default() };
        // Whatever a first look blocks is accepted, so that most documents get as far as a pod
        let (_, first) = translated(&spec, &setting, &context, &[]);
        let all: Vec<&str> = first.iter().map(|finding| finding.code.as_str()).collect();
        let (made, findings) = translated(&spec, &setting, &context, &all);
        prop_assert_eq!(&(made.clone(), findings.clone()), &translated(&spec, &setting, &context, &all));
        let Some(Pod { spec: made, .. }) = made else {
            prop_assert!(findings.blocked());
            return Ok(());
        };
        let containers: Vec<_> = made.init_containers.iter().flatten().chain(&made.containers).collect();
        let unique = |names: Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
        prop_assert!(!made.containers.is_empty());
        prop_assert!(unique(containers.iter().map(|c| c.name.clone()).collect()));
        prop_assert!(unique(containers.iter().flat_map(|c| c.ports.iter().flatten()).filter_map(|p| p.name.clone()).collect()));
        prop_assert!(unique(made.volumes.iter().flatten().map(|v| v.name.clone()).collect()));
        for container in containers {
            let mounts = || container.volume_mounts.iter().flatten();
            prop_assert!(unique(mounts().map(|m| m.mount_path.clone()).collect()));
            prop_assert!(mounts().all(|m| made.volumes.iter().flatten().any(|v| v.name == m.name)));
        }
    }
}

/// A text that is right now and then
fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => prop::sample::select(vec!["a", "b", "c", "v", "w", "START", "HEALTHY", "SUCCESS", "COMPLETE", "awsvpc", "bridge", "tcp", "/x",
            "/y", "1", "10.0.0.1", "FARGATE", "EC2", "a:b", "GPU", "CHOWN", "ALL", "256", "512", "2GB", "p80", "awsfirelens", "5-9", "net.ipv4.tcp_syncookies", "apparmor:x",
                "label:level:s0", "no-new-privileges", "WINDOWS_SERVER_2022_CORE", "ARM64", ""])
            .prop_map(|text| json!(text)),
        1 => ".{0,12}".prop_map(|text| json!(text)),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![4 => (0i64..400).prop_map(|n| json!(n)), 1 => any::<i64>().prop_map(|n| json!(n)), 1 => Just(Value::Null)]
}

/// An object of some of these members
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| prop::option::weighted(0.4, value).prop_map(move |value| value.map(|value| (name, value))))
        .collect();
    members.prop_map(|members| members.into_iter().flatten().map(|(n, v)| (n.to_owned(), v)).collect::<Value>()).boxed()
}

fn list(of: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    vec(of, 0..4).prop_map(Value::Array).boxed()
}

fn flag() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(|is| json!(is)).boxed()
}

fn document() -> impl Strategy<Value = Value> {
    let t = || text().boxed();
    let n = || number().boxed();
    let linux = object(vec![
        ("sharedMemorySize", n()),
        ("initProcessEnabled", flag()),
        ("tmpfs", list(object(vec![("containerPath", t()), ("size", n()), ("mountOptions", list(t()))]))),
        ("capabilities", object(vec![("add", list(t())), ("drop", list(t()))])),
    ]);
    let check = object(vec![
        ("command", Just(json!(["CMD", "x"])).boxed()),
        ("interval", n()),
        ("retries", n()),
        ("startPeriod", n()),
    ]);
    let more = object(vec![
        ("essential", flag()),
        ("cpu", n()),
        ("memory", n()),
        ("memoryReservation", n()),
        ("links", list(t())),
        (
            "portMappings",
            list(object(vec![
                ("containerPort", n()),
                ("hostPort", n()),
                ("name", t()),
                ("containerPortRange", t()),
                ("protocol", t()),
            ])),
        ),
        ("dependsOn", list(object(vec![("containerName", t()), ("condition", t())]))),
        ("mountPoints", list(object(vec![("sourceVolume", t()), ("containerPath", t()), ("readOnly", flag())]))),
        ("volumesFrom", list(object(vec![("sourceContainer", t()), ("readOnly", flag())]))),
        ("linuxParameters", linux),
        ("healthCheck", check),
        ("startTimeout", n()),
        ("stopTimeout", n()),
        ("environment", list(object(vec![("name", t()), ("value", t())]))),
        ("entryPoint", list(t())),
        ("workingDirectory", t()),
        ("image", t()),
        ("dnsServers", list(t())),
        ("dnsSearchDomains", list(t())),
        ("extraHosts", list(object(vec![("hostname", t()), ("ipAddress", t())]))),
        ("systemControls", list(object(vec![("namespace", t()), ("value", t())]))),
        ("dockerSecurityOptions", list(t())),
        ("dockerLabels", object(vec![("a", t()), ("B", t())])),
        ("pseudoTerminal", flag()),
        ("user", t()),
        ("hostname", t()),
        (
            "restartPolicy",
            object(vec![
                ("enabled", flag()),
                ("ignoredExitCodes", list(n().prop_filter("a number", Value::is_number))),
                ("restartAttemptPeriod", n()),
            ]),
        ),
        ("logConfiguration", object(vec![("logDriver", t())])),
        ("firelensConfiguration", object(vec![("type", t())])),
        ("resourceRequirements", list(object(vec![("type", t()), ("value", t())]))),
    ]);
    let container =
        (prop::sample::select(vec!["a", "b", "c", "d"]), more).prop_map(|(name, more)| container(name, more));
    let spec = object(vec![
        ("networkMode", t()),
        ("cpu", t()),
        ("memory", t()),
        ("taskRoleArn", t()),
        ("pidMode", t()),
        ("family", t()),
        ("ephemeralStorage", object(vec![("sizeInGiB", n())])),
        ("runtimePlatform", object(vec![("operatingSystemFamily", t()), ("cpuArchitecture", t())])),
        ("tags", list(object(vec![("key", t()), ("value", t())]))),
        ("requiresCompatibilities", list(t())),
        ("volumes", list(object(vec![("name", t()), ("host", object(vec![])), ("configuredAtLaunch", flag())]))),
    ]);
    (vec(container, 0..5), spec).prop_map(|(containers, mut spec)| {
        let mut seen = BTreeSet::new();
        let containers: Vec<_> = containers.into_iter().filter(|c| seen.insert(c["name"].to_string())).collect();
        merge(&mut spec, json!({"containerDefinitions": containers}));
        spec
    })
}
