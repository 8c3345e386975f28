//! Placement of a service's and a schedule's pods: the specification's vectors V108 to V119, and what is found on the way.

use std::collections::BTreeSet;

use ecs_crds::status::Finding;
use serde_json::{Value, json};

use crate::check::{self, Checked};
use crate::config::{Context, Node, Nodes, OperatorConfig};
use crate::findings::{Findings, Path};
use crate::translate::service::selector;

/// Nodes of these labels
fn nodes(labels: &[Value]) -> Nodes {
    let node = |(index, labels): (usize, &Value)| Node {
        name: format!("node-{index}"),
        labels: serde_json::from_value(labels.clone()).unwrap(),
        provider_id: Some(format!("aws:///eu-central-1a/i-{index}")),
    };
    Nodes::new(labels.iter().enumerate().map(node).collect())
}

fn configured(config: Value) -> Context {
    let config: OperatorConfig = serde_json::from_value(config).unwrap();
    Context { config, ..Context::default() }
}

fn two_nodes() -> Context {
    let instance_type = |name: &str| json!({ "node.kubernetes.io/instance-type": name });
    Context { nodes: nodes(&[instance_type("g2.2xlarge"), instance_type("t3.small")]), ..Context::default() }
}

/// The pod template of a service `web` and its task definition, and what was found, as `severity code path`
fn rendered(service: &Value, task: &Value, context: &Context) -> (Option<Value>, Vec<String>) {
    let mut spec = json!({ "taskDefinition": "web", "desiredCount": 2 });
    spec.as_object_mut().unwrap().extend(service.as_object().unwrap().clone());
    let mut task_spec = json!({ "containerDefinitions": [{ "name": "web", "image": "web", "memory": 64 }] });
    task_spec.as_object_mut().unwrap().extend(task.as_object().unwrap().clone());

    let none = BTreeSet::new();
    let Checked { model, findings } = check::service(&serde_json::from_value(spec).unwrap(), "web", &none, context);
    let of_task = check::task_definition(&serde_json::from_value(task_spec).unwrap(), "web", &none, context);
    let mut all = Findings::default();
    all.extend(findings);
    all.extend(of_task.findings);
    let models = model.zip(of_task.model);
    if let Some((service, task)) = &models {
        check::placement::together(&task.constraints, &service.placement.constraints, &Path::root(), &mut all);
    }
    // What is found in the containers is no matter of placement.
    let of_containers = |f: &&Finding| f.path.starts_with("/containerDefinitions");
    let found =
        all.iter().filter(|f| !of_containers(f)).map(|f| format!("{:?} {} {}", f.severity, f.code, f.path)).collect();
    let template = models.filter(|_| !all.blocked()).map(|(service, task)| {
        let own = json!({
            "metadata": { "labels": { "ecs-operator.dev/service": "web" } },
            "spec": { "containers": [], "nodeSelector": { OS: "linux" } },
        });
        let mut template = serde_json::from_value(own).unwrap();
        super::place(&mut template, &task.constraints, &service.placement, &selector(&service));
        serde_json::to_value(template).unwrap()
    });
    (template, found)
}

fn member_of(expression: &str) -> Value {
    json!({ "placementConstraints": [{ "type": "memberOf", "expression": expression }] })
}

/// What `placement` of a service becomes, at a pointer into the pod's spec; without `AttributeAsLabel`, which custom
/// attributes all have
fn check(placement: &Value, context: &Context, at: &str, expected: &Value, findings: &[&str]) {
    let (template, found) = rendered(placement, &json!({}), context);
    let found: Vec<_> = found.iter().filter(|found| !found.contains("AttributeAsLabel")).collect();
    assert_eq!(found, findings, "{placement}");
    let template = template.unwrap_or_else(|| panic!("{placement} is blocked"));
    assert_eq!(template["spec"].pointer(at).unwrap_or(&Value::Null), expected, "{placement}");
}

const TERMS: &str = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
const BESIDE: &str = "/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution";
const APART: &str = "/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution";
const SPREADS: &str = "/topologySpreadConstraints";

fn label(key: &str, operator: &str, values: &[&str]) -> Value {
    let key = key.replacen("~/", "ecs-attribute.ecs-operator.dev/", 1);
    if values.is_empty() {
        return json!({ "key": key, "operator": operator });
    }
    json!({ "key": key, "operator": operator, "values": values })
}

fn term(tests: &[Value]) -> Value {
    json!({ "matchExpressions": tests })
}

fn on_hosts(labels: &Value) -> Value {
    json!([{ "labelSelector": { "matchLabels": labels }, "topologyKey": "kubernetes.io/hostname" }])
}

fn spread(keys: &[&str]) -> Value {
    let mates = json!({ "matchLabels": { "ecs-operator.dev/service": "web" } });
    let constraint = |key: &&str| json!({ "topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": mates });
    keys.iter().map(constraint).collect()
}

const TYPE: &str = "node.kubernetes.io/instance-type";
const ZONE: &str = "topology.kubernetes.io/zone";
const ARCH: &str = "kubernetes.io/arch";
const OS: &str = "kubernetes.io/os";
const HOST: &str = "kubernetes.io/hostname";
const BUILD: &str = "node.kubernetes.io/windows-build";

#[test]
fn v108_v109_v110_v114_v119_expressions_become_node_selector_terms() {
    let context = two_nodes();
    let cases: &[(&str, Value, &[&str])] = &[
        (
            "attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d",
            json!([term(&[label(TYPE, "In", &["g2.2xlarge"]), label(ZONE, "NotIn", &["us-east-1d"])])]),
            &["Info PatternExpanded"],
        ),
        (
            "attribute:stack != prod",
            json!([term(&[label("~/stack", "NotIn", &["prod"]), label("~/stack", "Exists", &[])])]),
            &[],
        ),
        ("not(attribute:stack == prod)", json!([term(&[label("~/stack", "NotIn", &["prod"])])]), &[]),
        (
            "not(attribute:stack != prod)",
            json!([term(&[label("~/stack", "In", &["prod"])]), term(&[label("~/stack", "DoesNotExist", &[])])]),
            &[],
        ),
        (
            "(attribute:s == a or attribute:s == b) and attribute:ecs.os-type == linux",
            json!([
                term(&[label("~/s", "In", &["a"]), label(OS, "In", &["linux"])]),
                term(&[label("~/s", "In", &["b"]), label(OS, "In", &["linux"])]),
            ]),
            &[],
        ),
        ("attribute:ecs.cpu-architecture == x86_64", json!([term(&[label(ARCH, "In", &["amd64"])])]), &[]),
        ("attribute:tier >= 3", json!([term(&[label("~/tier", "Gt", &["2"])])]), &[]),
        ("attribute:tier <= 3", json!([term(&[label("~/tier", "Lt", &["4"])])]), &[]),
        // No label is negative, and -1 is no legal value of a selector.
        ("attribute:tier >= 0", json!([term(&[label("~/tier", "Exists", &[])])]), &[]),
        (
            "attribute:ecs.os-family == WINDOWS_SERVER_2022_CORE",
            json!([term(&[label(OS, "In", &["windows"]), label(BUILD, "In", &["10.0.20348"])])]),
            &[],
        ),
        (
            "attribute:ecs.capability.external exists",
            json!([term(&[label("eks.amazonaws.com/compute-type", "In", &["hybrid"])])]),
            &[],
        ),
        (
            "attribute:example.com/disk in [ssd, nvme]",
            json!([term(&[label("example.com/disk", "In", &["nvme", "ssd"])])]),
            &[],
        ),
        (
            "ec2InstanceId in [i-0, i-9]",
            json!([
                { "matchFields": [label("metadata.name", "In", &["i-9"])] },
                { "matchFields": [label("metadata.name", "In", &["node-0"])] },
            ]),
            &["Warn StaticNodeSet"],
        ),
        (
            "ec2InstanceId == 'I_9'",
            json!([term(&[label(HOST, "In", &["no-such-value"])])]),
            &["Warn PlacementMatchesNoNode", "Warn StaticNodeSet"],
        ),
        (
            "attribute:ecs.instance-type =~ x9.*",
            json!([term(&[label(TYPE, "In", &["no-such-value"])])]),
            &["Warn PatternMatchesNothing"],
        ),
        (
            "attribute:ecs.os-type !exists",
            json!([term(&[label(HOST, "In", &["no-such-value"])])]),
            &["Warn PlacementMatchesNoNode"],
        ),
        ("agentConnected == true", Value::Null, &["Info AgentAlwaysConnected"]),
        ("agentConnected == true or attribute:x == y", Value::Null, &["Info AgentAlwaysConnected"]),
        ("attribute:ecs.availability-zone exists", Value::Null, &[]),
    ];
    for (expression, expected, findings) in cases {
        let findings: Vec<_> = findings.iter().map(|f| format!("{f} /placementConstraints/0/expression")).collect();
        let findings: Vec<_> = findings.iter().map(String::as_str).collect();
        check(&member_of(expression), &context, TERMS, expected, &findings);
    }
}

#[test]
fn v111_groups_of_tasks_are_pod_affinity() {
    let cases = [
        ("not(task:group == database)", APART, on_hosts(&json!({ "ecs-operator.dev/task-group": "database" }))),
        ("task:group != database", APART, on_hosts(&json!({ "ecs-operator.dev/task-group": "database" }))),
        ("task:group == service:My_Web", BESIDE, on_hosts(&json!({ "ecs-operator.dev/service": "my-web-31a45129" }))),
        (
            "task:group == family:web and attribute:ecs.os-type exists",
            BESIDE,
            on_hosts(&json!({ "ecs-operator.dev/family": "web", "ecs-operator.dev/task-group": "family_web" })),
        ),
        (
            "(task:group in [a, service:b] and attribute:x == 1) or (attribute:x == 2 and task:group in [service:b, a])",
            BESIDE,
            json!([{ "labelSelector": { "matchExpressions": [
                label("ecs-operator.dev/task-group", "In", &["a", "service_b"]) ] }, "topologyKey": HOST }]),
        ),
    ];
    for (expression, at, expected) in cases {
        check(&member_of(expression), &Context::default(), at, &expected, &[]);
    }
}

#[test]
fn v112_v113_what_kubernetes_cannot_say_blocks() {
    for (expression, code) in [
        ("task:group == a or attribute:x == y", "TaskGroupInDisjunction"),
        ("runningTasksCount == 1", "SubjectUnsupported"),
        ("registeredAt < 2018-02-18T22:28:28+00:00", "SubjectUnsupported"),
        ("agentVersion exists", "SubjectUnsupported"),
        ("not(agentConnected == true)", "SubjectUnsupported"),
        ("task:group =~ a.*", "SubjectUnsupported"),
        ("ec2InstanceId > 3", "SubjectUnsupported"),
        ("attribute:ecs.vpc-id == vpc-1", "AttributeUnmapped"),
        ("attribute:ecs.capability.external == x", "AttributeUnmapped"),
        ("attribute:stack == 'my stack'", "PlacementExpressionInvalid"),
        ("attribute:tier > high", "PlacementExpressionInvalid"),
        ("attribute:x =~ (?=a)b", "PlacementExpressionInvalid"),
        ("attribute:stack =", "PlacementExpressionInvalid"),
    ] {
        let (template, found) = rendered(&member_of(expression), &json!({}), &Context::default());
        let found: Vec<_> = found.into_iter().filter(|found| !found.contains("AttributeAsLabel")).collect();
        assert_eq!(found, [format!("Block {code} /placementConstraints/0/expression")], "{expression}");
        assert_eq!(template, None);
    }
}

#[test]
fn v115_constraints_of_the_task_definition_and_the_service_hold_together() {
    let task = member_of("attribute:ecs.availability-zone in [a, b]");
    let service = member_of("attribute:ecs.cpu-architecture == arm64");
    let (template, found) = rendered(&service, &task, &Context::default());
    assert_eq!(found, Vec::<String>::new());
    let expected = json!([term(&[label(ARCH, "In", &["arm64"]), label(ZONE, "In", &["a", "b"])])]);
    assert_eq!(template.unwrap()["spec"].pointer(TERMS), Some(&expected));

    let alternatives = |attribute: &str| {
        let each: Vec<_> = (0..9).map(|value| format!("attribute:example.com/{attribute} == {value}")).collect();
        member_of(&each.join(" or "))
    };
    let (template, found) = rendered(&alternatives("a"), &alternatives("b"), &Context::default());
    let blocks: Vec<_> = found.iter().filter(|found| found.starts_with("Block")).collect();
    assert_eq!(blocks, ["Block PlacementTooComplex /placementConstraints"]);
    assert_eq!(template, None);

    let many = |count| json!({ "placementConstraints": vec![member_of("attribute:a exists")["placementConstraints"][0].clone(); count] });
    for (service, task, expected) in
        [(5, 5, None), (6, 5, Some("/placementConstraints")), (11, 0, Some("/placementConstraints"))]
    {
        let (_, found) = rendered(&many(service), &many(task), &Context::default());
        let blocks: Vec<_> = found.iter().filter_map(|found| found.strip_prefix("Block InvalidValue ")).collect();
        assert_eq!(blocks.first().copied(), expected, "{service} {task}");
    }
}

#[test]
fn v116_distinct_instances_are_apart() {
    let distinct = json!({ "placementConstraints": [{ "type": "distinctInstance" }] });
    check(&distinct, &Context::default(), APART, &on_hosts(&json!({ "ecs-operator.dev/service": "web" })), &[]);
}

#[test]
fn v117_v118_strategies_are_spread_constraints_or_a_scheduler() {
    let packing = configured(json!({ "binpackScheduler": { "memory": "most-memory" } }));
    let plain = Context::default();
    let zone = json!({ "type": "spread", "field": "attribute:ecs.availability-zone" });
    let several = "Info PlacementRulesAdded /placementStrategy";
    let cases: &[(Value, &Context, &str, Value, &[&str])] = &[
        (json!([]), &plain, SPREADS, spread(&[ZONE, HOST]), &[]),
        (json!([zone, { "type": "spread", "field": "host" }]), &plain, SPREADS, spread(&[ZONE, HOST]), &[several]),
        (json!([{ "type": "spread", "field": "instanceID" }]), &plain, SPREADS, spread(&[HOST]), &[]),
        (
            json!([{ "type": "spread", "field": "attribute:rack" }, zone]),
            &plain,
            SPREADS,
            spread(&["ecs-attribute.ecs-operator.dev/rack", ZONE]),
            &[several],
        ),
        // The API server refuses the same key twice.
        (json!([zone, zone]), &plain, SPREADS, spread(&[ZONE]), &[several]),
        (json!([{ "type": "random" }]), &plain, SPREADS, Value::Null, &[]),
        (
            json!([{ "type": "binpack", "field": "memory" }]),
            &plain,
            "/schedulerName",
            Value::Null,
            &["Warn BinpackIgnored /placementStrategy/0/field"],
        ),
        (
            json!([{ "type": "binpack", "field": "MEMORY" }]),
            &packing,
            "/schedulerName",
            json!("most-memory"),
            &["Info BinpackByScheduler /placementStrategy/0/field"],
        ),
        (
            json!([{ "type": "binpack", "field": "cpu" }]),
            &packing,
            SPREADS,
            Value::Null,
            &["Warn BinpackIgnored /placementStrategy/0/field"],
        ),
    ];
    for (strategy, context, at, expected, findings) in cases {
        check(&json!({ "placementStrategy": strategy }), context, at, expected, findings);
    }
}

#[test]
fn what_ecs_refuses_is_blocked_at_its_path() {
    let constraint = |constraint: Value| json!({ "placementConstraints": [constraint] });
    let rule = |rule: Value| json!({ "placementStrategy": [rule] });
    let providers = |items: &[(&str, i64, i64)]| -> Value {
        let item = |(name, weight, base): &(&str, i64, i64)| json!({ "capacityProvider": name, "weight": weight, "base": base });
        json!({ "capacityProviderStrategy": items.iter().map(item).collect::<Vec<_>>() })
    };
    let with = |mut document: Value, key: &str, value: &str| {
        document[key] = json!(value);
        document
    };
    let linux = "attribute:ecs.os-type == linux";
    for (document, expected) in [
        (
            constraint(json!({ "type": "distinctInstance", "expression": linux })),
            "InvalidValue /placementConstraints/0/expression",
        ),
        (constraint(json!({ "type": "memberOf" })), "InvalidValue /placementConstraints/0/expression"),
        (constraint(json!({ "expression": linux })), "InvalidValue /placementConstraints/0/type"),
        (constraint(json!({ "type": "near" })), "InvalidValue /placementConstraints/0/type"),
        (with(member_of(linux), "launchType", "FARGATE"), "NotAllowedOnFargate /placementConstraints"),
        (with(rule(json!({ "type": "random" })), "launchType", "FARGATE"), "NotAllowedOnFargate /placementStrategy"),
        (rule(json!({ "type": "spread" })), "InvalidValue /placementStrategy/0/field"),
        (rule(json!({ "type": "spread", "field": "attribute:" })), "InvalidValue /placementStrategy/0/field"),
        (
            rule(json!({ "type": "spread", "field": "attribute:ecs.vpc-id" })),
            "AttributeUnmapped /placementStrategy/0/field",
        ),
        (rule(json!({ "type": "binpack", "field": "disk" })), "InvalidValue /placementStrategy/0/field"),
        (rule(json!({ "field": "host" })), "InvalidValue /placementStrategy/0/type"),
        (json!({ "placementStrategy": vec![json!({ "type": "random" }); 6] }), "InvalidValue /placementStrategy"),
        (with(providers(&[("a", 1, 0)]), "launchType", "EC2"), "InvalidValue /capacityProviderStrategy"),
        (providers(&[("a", 0, 0), ("b", 0, 1)]), "InvalidValue /capacityProviderStrategy"),
        (providers(&[("a", 1, 1), ("b", 1, 1)]), "InvalidValue /capacityProviderStrategy"),
        (providers(&[("a", 1, 0); 21]), "InvalidValue /capacityProviderStrategy"),
    ] {
        let (template, found) = rendered(&document, &json!({}), &Context::default());
        let blocks: Vec<_> = found.iter().filter_map(|found| found.strip_prefix("Block ")).collect();
        assert_eq!(blocks, [expected], "{document}");
        assert_eq!(template, None);
    }
}

#[test]
fn patterns_go_by_nodes_and_configuration() {
    let universe = configured(json!({ "labelUniverse": { TYPE: ["m5.large", "m5d.large", "c5.large"] } }));
    let family = |name: &str, family: &str| json!({ TYPE: name, "karpenter.k8s.aws/instance-family": family });
    let families = Context {
        nodes: nodes(&[family("m5.large", "m5"), family("m5d.large", "m5d"), family("c5.large", "c5")]),
        ..Context::default()
    };
    let mixed =
        Context { nodes: nodes(&[family("m5.large", "m5"), json!({ TYPE: "m5.xlarge" })]), ..Context::default() };
    let expanded = "Info PatternExpanded /placementConstraints/0/expression";
    for (context, expected, finding) in [
        (&universe, label(TYPE, "In", &["m5.large", "m5d.large"]), expanded),
        (
            &families,
            label("karpenter.k8s.aws/instance-family", "In", &["m5", "m5d"]),
            "Info PatternByFamily /placementConstraints/0/expression",
        ),
        (&mixed, label(TYPE, "In", &["m5.large", "m5.xlarge"]), expanded),
    ] {
        let expected = json!([term(&[expected])]);
        check(&member_of("attribute:ecs.instance-type =~ m5.*"), context, TERMS, &expected, &[finding]);
    }
}

#[test]
fn the_configuration_maps_attributes() {
    let context = configured(json!({ "attributeLabels": { "ecs.vpc-id": "example.com/vpc", "stack": "stack" } }));
    for (expression, expected) in [
        ("attribute:ecs.vpc-id == vpc-1", label("example.com/vpc", "In", &["vpc-1"])),
        ("attribute:stack == prod", label("stack", "In", &["prod"])),
    ] {
        check(&member_of(expression), &context, TERMS, &json!([term(&[expected])]), &[]);
    }
}

#[test]
fn capacity_providers_are_needed_alone_and_preferred_together() {
    let spot = label("karpenter.sh/capacity-type", "In", &["spot"]);
    let on_demand = label("karpenter.sh/capacity-type", "In", &["on-demand"]);
    let context = configured(json!({ "capacityProviders": {
        "FARGATE_SPOT": { "nodeSelectorTerms": [{ "matchExpressions": [spot] }] },
        "FARGATE": { "labels": { "karpenter.sh/capacity-type": "on-demand" } },
        "ANY": {},
        "WRONG": { "nodeSelectorTerms": [{ "matchExpressions": [{ "key": "a", "operator": "In" }] }] },
    } }));
    let strategy = |items: &[(&str, i64)]| -> Value {
        let item = |(name, weight): &(&str, i64)| json!({ "capacityProvider": name, "weight": weight });
        json!({ "capacityProviderStrategy": items.iter().map(item).collect::<Vec<_>>() })
    };
    let preferred =
        |weight: i32, test: &Value| json!({ "weight": weight, "preference": term(std::slice::from_ref(test)) });
    const PREFERRED: &str = "/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution";
    let split = "Warn CapacitySplitApproximate /capacityProviderStrategy";
    let unmapped =
        |index: usize| format!("Warn CapacityProviderUnmapped /capacityProviderStrategy/{index}/capacityProvider");
    let cases: &[(Value, &str, Value, &[&str])] = &[
        (strategy(&[("FARGATE_SPOT", 1)]), TERMS, json!([term(std::slice::from_ref(&spot))]), &[]),
        (strategy(&[("FARGATE_SPOT", 0)]), TERMS, json!([term(std::slice::from_ref(&spot))]), &[]),
        (strategy(&[("FARGATE_SPOT", 3), ("FARGATE", 0)]), TERMS, json!([term(std::slice::from_ref(&spot))]), &[]),
        (
            strategy(&[("FARGATE_SPOT", 2), ("FARGATE", 1)]),
            PREFERRED,
            json!([preferred(67, &spot), preferred(33, &on_demand)]),
            &[split],
        ),
        (
            strategy(&[("FARGATE_SPOT", 1000), ("FARGATE", 1)]),
            PREFERRED,
            json!([preferred(100, &spot), preferred(1, &on_demand)]),
            &[split],
        ),
        // The provider that is not known takes its share anywhere: the other is preferred, not needed.
        (
            strategy(&[("FARGATE_SPOT", 1), ("asg", 1)]),
            PREFERRED,
            json!([preferred(50, &spot)]),
            &[split, &unmapped(1)],
        ),
        (strategy(&[("asg", 1)]), "/affinity", Value::Null, &[&unmapped(0)]),
        (strategy(&[("WRONG", 1)]), "/affinity", Value::Null, &[&unmapped(0)]),
        (strategy(&[("ANY", 1)]), "/affinity", Value::Null, &[]),
    ];
    for (document, at, expected, findings) in cases {
        check(document, &context, at, expected, findings);
    }
}

#[test]
fn a_launch_type_adds_what_its_profile_says() {
    let context = configured(json!({ "launchTypeProfiles": { "EC2": {
        "nodeSelector": { "pool": "ec2", OS: "windows" },
        "tolerations": [{ "key": "ec2", "effect": "NoSchedule" }, { "effect": "NoExecute" }],
        "labels": { "team": "a", "ecs-operator.dev/service": "other" },
    } } }));
    let ec2 = json!({ "launchType": "EC2" });
    let nodes = "Info LaunchTypeNodes /launchType";
    check(&ec2, &context, "/nodeSelector", &json!({ "pool": "ec2", OS: "linux" }), &[nodes]);
    let tolerations =
        json!([{ "key": "ec2", "effect": "NoSchedule" }, { "operator": "Exists", "effect": "NoExecute" }]);
    check(&ec2, &context, "/tolerations", &tolerations, &[nodes]);
    let (template, _) = rendered(&ec2, &json!({}), &context);
    let labels = &template.unwrap()["metadata"]["labels"];
    assert_eq!((&labels["team"], &labels["ecs-operator.dev/service"]), (&json!("a"), &json!("web")));

    let hybrid = json!({ OS: "linux", "eks.amazonaws.com/compute-type": "hybrid" });
    check(&json!({ "launchType": "EXTERNAL" }), &Context::default(), "/nodeSelector", &hybrid, &[nodes]);
    check(&json!({ "launchType": "EC2" }), &Context::default(), "/nodeSelector", &json!({ OS: "linux" }), &[]);
}

#[test]
fn a_scheduled_task_is_placed_by_its_own_words_and_spread_only_by_them() {
    let run = |patch: &Value| {
        let mut task = json!({ "taskDefinition": "nightly" });
        task.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        let spec = json!({ "scheduleExpression": "rate(1 day)", "task": task });
        let none = BTreeSet::new();
        let checked = check::schedule(&serde_json::from_value(spec).unwrap(), "nightly", &none, &Context::default());
        checked.model.unwrap_or_else(|| panic!("{:?}", checked.findings)).run
    };
    let pod = |patch: &Value| {
        let rendered = crate::translate::schedule::RenderedTask {
            number: 1,
            template: serde_json::from_value(json!({ "spec": { "containers": [] } })).unwrap(),
            tags: std::collections::BTreeMap::new(),
            constraints: crate::model::placement::Constraints::default(),
        };
        let job = crate::translate::schedule::job("nightly", &run(patch), rendered);
        serde_json::to_value(job.spec.unwrap().template.spec.unwrap()).unwrap()
    };
    let plain = pod(&json!({}));
    assert_eq!((plain.get("affinity"), plain.get("topologySpreadConstraints")), (None, None));
    let placed = pod(&json!({
        "placementConstraints": [{ "type": "distinctInstance" }],
        "placementStrategy": [{ "type": "spread", "field": "host" }],
    }));
    let mates = json!({ "ecs-operator.dev/task-group": "family_nightly" });
    assert_eq!(placed.pointer(APART), Some(&on_hosts(&mates)));
    assert_eq!(placed["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"], mates);
}
