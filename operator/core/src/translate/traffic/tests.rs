//! What services with traffic render to, with the task definition beside them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use k8s_openapi::api::core::v1::{PodSpec, Service as KubeService};

use crate::config::{Capabilities, Context, OperatorConfig};
use crate::plan::aliases::host_entries;
use crate::render::{Options, Rendered, render};
use crate::wire;

const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef";

/// `web` maps 80 over TCP and has no health check; `api` maps 8080 and has one; `dns` maps 53 over UDP
fn task() -> Value {
    json!({ "family": "shop", "containerDefinitions": [
        { "name": "web", "image": "nginx:1", "memory": 128, "portMappings": [{ "containerPort": 80, "name": "http" }] },
        { "name": "api", "image": "api:1", "memory": 128,
          "portMappings": [{ "containerPort": 8080, "name": "api", "appProtocol": "http2" }],
          "healthCheck": { "command": ["CMD", "true"] } },
        { "name": "dns", "image": "dns:1", "memory": 128, "essential": false,
          "portMappings": [{ "containerPort": 53, "protocol": "udp" }] },
    ] })
}

fn service(members: Value) -> Value {
    let mut service = json!({ "serviceName": "shop", "taskDefinition": "shop", "desiredCount": 1 });
    service.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    service
}

/// Everything that a cluster may have
fn everything() -> Capabilities {
    Capabilities { target_group_bindings: true, gateway_api: true, ..Capabilities::default() }
}

fn rendered(task: &Value, members: Value, capabilities: Capabilities) -> Rendered {
    let documents = [task.to_string(), service(members).to_string()];
    let documents = documents.iter().flat_map(|text| wire::read(text).unwrap()).collect();
    let context = Context { capabilities, ..Context::default() };
    render(documents, &Options { context, ..Options::default() })
}

/// The specs of the objects by kind and name, but for what has no part in traffic
fn specs(rendered: &Rendered) -> BTreeMap<String, Value> {
    let name = |object: &Value| {
        format!("{}/{}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap())
    };
    let of_traffic = rendered.objects.iter().filter(|object| object["kind"] != "PodDisruptionBudget");
    of_traffic.map(|object| (name(object), object["spec"].clone())).collect()
}

/// `path code` of the findings of the service
fn findings(rendered: &Rendered) -> Vec<String> {
    let ours = rendered.findings.iter().filter(|located| located.object.kind == "EcsService");
    ours.map(|located| format!("{} {}", located.finding.path, located.finding.code)).collect()
}

/// Compares some objects by `Kind/name`, and all findings of the service
fn check(members: Value, capabilities: Capabilities, expected: &[(&str, Value)], found: &[&str]) {
    let rendered = rendered(&task(), members.clone(), capabilities);
    assert_eq!(findings(&rendered), found, "{members}");
    let specs = specs(&rendered);
    let mut kinds: Vec<_> = specs.keys().filter(|name| *name != "Deployment/shop").collect();
    kinds.sort();
    let mut names: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(kinds, names, "{members}");
    for (name, spec) in expected {
        assert!(spec.is_null() || specs[*name] == *spec, "{name} of {members}: {}", specs[*name]);
    }
}

fn balanced(container: &str, port: i64) -> Value {
    json!([{ "targetGroupArn": GROUP, "containerName": container, "containerPort": port }])
}

#[test]
fn a_target_group_is_bound_to_the_port_of_the_service() {
    let bound = json!({
        "targetGroupARN": GROUP, "targetType": "ip", "serviceRef": { "name": "shop", "port": 80 },
        "multiClusterTargetGroup": true,
    });
    check(
        json!({ "loadBalancers": balanced("web", 80) }),
        everything(),
        &[("Service/shop", Value::Null), ("TargetGroupBinding/shop-3a083afa", bound)],
        &["/loadBalancers/0 TargetGroupAssumed"],
    );
}

#[test]
fn without_a_controller_the_target_group_gets_no_targets_and_says_so() {
    check(
        json!({ "loadBalancers": balanced("web", 80) }),
        Capabilities::default(),
        &[("Service/shop", Value::Null)],
        &["/loadBalancers/0 LoadBalancerNotAttached"],
    );
}

#[test]
fn without_a_controller_an_ingress_takes_the_place_of_the_target_group() {
    let backend = json!({ "service": { "name": "shop", "port": { "number": 80 } } });
    let paths = json!([
        { "path": "/p/*", "pathType": "ImplementationSpecific", "backend": backend },
        { "path": "/exact", "pathType": "Exact", "backend": backend },
    ]);
    let any = json!([{ "path": "/", "pathType": "Prefix", "backend": {
        "service": { "name": "shop", "port": { "number": 8080 } } } }]);
    let ingress = json!({ "ingressClassName": "alb", "rules": [
        { "host": "shop.example.com", "http": { "paths": paths } },
        { "host": "*.example.org", "http": { "paths": paths } },
        { "http": { "paths": any } },
    ] });
    check(
        json!({ "loadBalancers": balanced("web", 80), "kubernetes": { "ingress": { "rules": [
            { "hosts": ["shop.example.com", "*.example.org"], "paths": ["/p/*", "/exact"] },
            { "containerPort": 8080 },
        ] } } }),
        Capabilities::default(),
        &[("Ingress/shop", ingress), ("Service/shop", Value::Null)],
        &["/loadBalancers/0 TargetGroupReplaced"],
    );
}

#[test]
fn annotations_tell_the_controller_what_the_probes_check_and_the_users_win() {
    let ingress = json!({ "rules": [{ "containerPort": 80 }],
        "annotations": { "alb.ingress.kubernetes.io/target-type": "instance", "a": "b" },
        "healthCheck": { "path": "/up", "port": 81, "matcher": "200-299" } });
    let of = |ingress: Value| {
        let rendered = rendered(&task(), json!({ "kubernetes": { "ingress": ingress } }), Capabilities::default());
        rendered.objects.iter().find(|object| object["kind"] == "Ingress").unwrap()["metadata"]["annotations"].clone()
    };
    let alb = |key: &str| format!("alb.ingress.kubernetes.io/{key}");
    assert_eq!(
        of(ingress.clone()),
        json!({
            "a": "b", alb("target-type"): "instance", alb("healthcheck-protocol"): "HTTP", alb("healthcheck-path"): "/up",
            alb("healthcheck-port"): "81", alb("healthcheck-interval-seconds"): "30", alb("success-codes"): "200-299",
            alb("healthcheck-timeout-seconds"): "5", alb("healthy-threshold-count"): "5",
            alb("unhealthy-threshold-count"): "2",
        })
    );
    let mut other = ingress;
    other["className"] = "nginx".into();
    assert_eq!(of(other), json!({ "a": "b", alb("target-type"): "instance" }), "other classes get the user's alone");
}

#[test]
fn a_route_matches_what_a_listener_rule_would() {
    let route = json!({
        "parentRefs": [{ "name": "edge", "namespace": "infra", "sectionName": "https" }],
        "hostnames": ["shop.example.com"],
        "rules": [{
            "matches": [
                { "path": { "type": "PathPrefix", "value": "/p" } },
                { "path": { "type": "Exact", "value": "/exact" } },
                { "path": { "type": "RegularExpression", "value": "/v.\\.0/.*/x" } },
            ],
            "backendRefs": [{ "name": "shop", "port": 80 }],
        }],
    });
    let gateway = json!({ "kubernetes": { "gateway": {
        "parentRefs": [{ "name": "edge", "namespace": "infra", "sectionName": "https" }],
        "hostnames": ["shop.example.com"], "paths": ["/p/*", "/exact", "/v?.0/*/x"], "containerPort": 80,
    } } });
    let paths = ["/kubernetes/gateway/paths/0 PathPrefixWider", "/kubernetes/gateway/paths/2 PathRegularExpression"];
    check(gateway.clone(), everything(), &[("HTTPRoute/shop", route), ("Service/shop", Value::Null)], &paths);
    let missing = ["/kubernetes/gateway GatewayNotAttached", paths[0], paths[1]];
    check(gateway, Capabilities::default(), &[("Service/shop", Value::Null)], &missing);
}

#[test]
fn service_connect_makes_a_service_for_each_name() {
    let port =
        json!({ "name": "api", "port": 81, "targetPort": 8080, "protocol": "TCP", "appProtocol": "kubernetes.io/h2c" });
    let named = json!({ "selector": { "ecs-operator.dev/service": "shop" }, "ports": [port] });
    check(
        json!({ "serviceConnectConfiguration": { "enabled": true, "services": [{
            "portName": "api", "discoveryName": "orders", "clientAliases": [{ "port": 81, "dnsName": "backend" }] }] } }),
        Capabilities::default(),
        &[("Service/shop", Value::Null), ("Service/orders", named.clone()), ("Service/backend", named)],
        &["/serviceConnectConfiguration/services/0 ConnectionsStick"],
    );
    check(
        json!({ "serviceConnectConfiguration": { "enabled": false, "services": [{ "portName": "api" }] } }),
        Capabilities::default(),
        &[("Service/shop", Value::Null)],
        &[],
    );
}

#[test]
fn service_connect_under_the_services_own_name_adds_ports_to_its_service() {
    let ports = |rendered: &Rendered| {
        let ports = specs(rendered)["Service/shop"]["ports"].as_array().unwrap().clone();
        ports.iter().map(|port| format!("{} {} {}", port["name"], port["port"], port["targetPort"])).collect::<Vec<_>>()
    };
    let connect = |port: i64| {
        json!({ "serviceConnectConfiguration": { "enabled": true, "services": [{
            "portName": "http", "discoveryName": "shop", "clientAliases": [{ "port": port, "dnsName": "shop" }] }] } })
    };
    let own = ["\"http\" 80 80", "\"api\" 8080 8080", "\"p53u\" 53 53"];
    let added = rendered(&task(), connect(9000), Capabilities::default());
    assert_eq!(ports(&added), [&own[..], &["\"p9000\" 9000 80"]].concat());
    let same = rendered(&task(), connect(80), Capabilities::default());
    assert_eq!(ports(&same), own);
    let taken = rendered(&task(), connect(8080), Capabilities::default());
    assert_eq!(findings(&taken), ["/serviceConnectConfiguration/services/0 AliasConflict"]);
    assert!(taken.objects.is_empty());
}

#[test]
fn a_registry_becomes_a_headless_service_once_its_name_is_given() {
    let registries = json!([{ "registryArn": "arn:aws:servicediscovery:eu-west-1:1:service/srv-1" }]);
    check(
        json!({ "serviceRegistries": registries }),
        Capabilities::default(),
        &[("Service/shop", Value::Null)],
        &["/serviceRegistries/0 RegistryNameUnknown"],
    );
    let rendered = rendered(
        &task(),
        json!({ "serviceRegistries": registries, "kubernetes": { "serviceDiscovery": { "name": "orders" } } }),
        Capabilities::default(),
    );
    assert_eq!(findings(&rendered), ["/serviceRegistries/0 DnsZoneDiffers"]);
    let (own, headless) = (&specs(&rendered)["Service/shop"], &specs(&rendered)["Service/orders"]);
    assert_eq!(
        (&headless["clusterIP"], &headless["ports"]),
        (&json!("None"), &own["ports"]),
        "SRV for every named port"
    );
    assert_eq!(own.get("clusterIP"), None);
}

#[test]
fn a_registry_of_the_services_own_name_makes_its_service_headless() {
    let discovery = json!({ "name": "shop" });
    let headless =
        rendered(&task(), json!({ "kubernetes": { "serviceDiscovery": discovery } }), Capabilities::default());
    assert_eq!(specs(&headless)["Service/shop"]["clusterIP"], "None");
    check(
        json!({ "kubernetes": { "serviceDiscovery": discovery, "service": "ClusterIP" } }),
        Capabilities::default(),
        &[],
        &["/kubernetes/serviceDiscovery/name AliasConflict"],
    );
}

/// A container of the rendered pod
fn container(rendered: &Rendered, name: &str) -> Value {
    let pod = &specs(rendered)["Deployment/shop"]["template"]["spec"];
    let lists = ["initContainers", "containers"].iter().filter_map(|list| pod[*list].as_array());
    lists.flatten().find(|container| container["name"] == name).unwrap().clone()
}

#[test]
fn the_load_balancers_check_becomes_probes_that_replace_the_task() {
    let checked = |members: Value| {
        let mut members = members;
        members["kubernetes"] = json!({ "ingress": { "healthCheck": {
            "path": "/up", "intervalSeconds": 10, "timeoutSeconds": 3, "healthyThresholdCount": 2,
            "unhealthyThresholdCount": 4 } } });
        rendered(&task(), members, everything())
    };
    let probe = |threshold: i64| {
        json!({ "httpGet": { "path": "/up", "port": 80 }, "periodSeconds": 10, "timeoutSeconds": 3,
                "failureThreshold": threshold })
    };
    let web = checked(json!({ "loadBalancers": balanced("web", 80), "healthCheckGracePeriodSeconds": 35 }));
    let made = container(&web, "web");
    let mut ready = probe(4);
    ready["successThreshold"] = 2.into();
    assert_eq!(made["readinessProbe"], ready);
    assert_eq!(made["livenessProbe"], probe(4));
    assert_eq!(made["startupProbe"], probe(8), "the grace period is four intervals");
    assert_eq!(container(&web, "api").get("readinessProbe"), None);

    let api = checked(json!({ "loadBalancers": balanced("api", 8080) }));
    let made = container(&api, "api");
    assert_eq!(made["readinessProbe"]["httpGet"]["port"], 8080);
    assert!(made["livenessProbe"]["exec"].is_object(), "the container's own check replaces the task");
    assert!(findings(&api).contains(&"/kubernetes/ingress/healthCheck LbHealthDoesNotReplace".to_owned()));
}

#[test]
fn other_protocols_of_checks_have_their_probes() {
    for (check, key, expected, codes) in [
        (json!({ "protocol": "TCP" }), "tcpSocket", json!({ "port": 80 }), 0),
        (json!({ "protocol": "HTTPS" }), "httpGet", json!({ "path": "/", "port": 80, "scheme": "HTTPS" }), 0),
        (json!({ "protocol": "GRPC", "path": "/grpc.health.v1.Health/Check" }), "grpc", json!({ "port": 80 }), 0),
        (json!({ "protocol": "GRPC" }), "tcpSocket", json!({ "port": 80 }), 1),
        (json!({ "matcher": "200,404", "port": 81 }), "httpGet", json!({ "path": "/", "port": 81 }), 1),
    ] {
        let members =
            json!({ "kubernetes": { "ingress": { "rules": [{ "containerPort": 80 }], "healthCheck": check } } });
        let rendered = rendered(&task(), members, Capabilities::default());
        assert_eq!(container(&rendered, "web")["readinessProbe"][key], expected, "{check}");
        assert_eq!(findings(&rendered).len(), codes, "{check}");
    }
}

#[test]
fn v65_time_to_drain_adds_to_the_time_to_stop() {
    let task = json!({ "family": "shop", "containerDefinitions": [
        { "name": "app", "image": "app:1", "memory": 128, "stopTimeout": 60, "portMappings": [{ "containerPort": 80 }],
          "dependsOn": [{ "containerName": "router", "condition": "START" }] },
        { "name": "router", "image": "router:1", "memory": 128 },
    ] });
    let grace = |rendered: &Rendered| {
        specs(rendered)["Deployment/shop"]["template"]["spec"]["terminationGracePeriodSeconds"].clone()
    };
    let plain = rendered(&task, json!({}), everything());
    assert_eq!((grace(&plain), container(&plain, "app").get("lifecycle")), (json!(90), None));
    let balanced = rendered(&task, json!({ "loadBalancers": balanced("app", 80) }), everything());
    assert_eq!(grace(&balanced), 105);
    assert_eq!(container(&balanced, "app")["lifecycle"], json!({ "preStop": { "sleep": { "seconds": 15 } } }));
    assert_eq!(container(&balanced, "router").get("lifecycle"), None);
}

#[test]
fn a_service_behind_a_load_balancer_is_not_held_back_for_want_of_a_health_check() {
    let mut task = task();
    task["containerDefinitions"][1]["healthCheck"] = Value::Null;
    let seconds = |members: Value| {
        let rendered = rendered(&task, members, everything());
        specs(&rendered)["Deployment/shop"]["minReadySeconds"].clone()
    };
    assert_eq!(seconds(json!({})), 40);
    assert_eq!(seconds(json!({ "loadBalancers": balanced("web", 80) })), 0);
}

#[test]
fn what_leads_nowhere_is_refused_at_its_path() {
    let connect = |service: Value| json!({ "serviceConnectConfiguration": { "enabled": true, "services": [service] } });
    let ingress = |rule: Value| json!({ "kubernetes": { "ingress": { "rules": [rule] } } });
    for (members, expected) in [
        (json!({ "loadBalancers": balanced("wep", 80) }), "/loadBalancers/0/containerName PortNotMapped"),
        (json!({ "loadBalancers": balanced("web", 81) }), "/loadBalancers/0/containerPort PortNotMapped"),
        (json!({ "loadBalancers": balanced("web", 70000) }), "/loadBalancers/0/containerPort InvalidValue"),
        (
            json!({ "loadBalancers": [{ "loadBalancerName": "old", "containerName": "web", "containerPort": 80 }] }),
            "/loadBalancers/0/loadBalancerName ClassicLoadBalancerUnsupported",
        ),
        (
            json!({ "loadBalancers": [{ "containerName": "web", "containerPort": 80 }] }),
            "/loadBalancers/0/targetGroupArn RequiredField",
        ),
        (
            json!({ "loadBalancers": [{ "targetGroupArn": "web", "containerName": "web", "containerPort": 80 }] }),
            "/loadBalancers/0/targetGroupArn InvalidValue",
        ),
        (
            json!({ "serviceRegistries": [{ "registryArn": "a", "containerName": "web", "containerPort": 1 }],
                    "kubernetes": { "serviceDiscovery": { "name": "x" } } }),
            "/serviceRegistries/0/containerPort PortNotMapped",
        ),
        (ingress(json!({})), "/kubernetes/ingress/rules/0/containerPort PortNotMapped"),
        (ingress(json!({ "containerPort": 53 })), "/kubernetes/ingress/rules/0/containerPort PortNotMapped"),
        (
            ingress(json!({ "containerPort": 80, "hosts": ["a.*.b"] })),
            "/kubernetes/ingress/rules/0/hosts/0 InvalidValue",
        ),
        (ingress(json!({ "containerPort": 80, "paths": ["x"] })), "/kubernetes/ingress/rules/0/paths/0 InvalidValue"),
        (connect(json!({ "portName": "nope" })), "/serviceConnectConfiguration/services/0/portName PortNotMapped"),
        (
            connect(json!({ "portName": "http", "tls": { "issuerCertificateAuthority": {} } })),
            "/serviceConnectConfiguration/services/0/tls ServiceConnectTlsUnsupported",
        ),
        (
            json!({ "loadBalancers": balanced("web", 80), "kubernetes": { "service": "None" } }),
            "/kubernetes/service InvalidValue",
        ),
    ] {
        let rendered = rendered(&task(), members.clone(), everything());
        assert!(rendered.objects.is_empty(), "{members}");
        assert!(findings(&rendered).iter().any(|found| found == expected), "{members}: {:?}", findings(&rendered));
    }
}

#[test]
fn a_port_of_two_protocols_is_one_that_no_load_balancer_is_attached_to() {
    let mut task = task();
    task["containerDefinitions"][2]["portMappings"] =
        json!([{ "containerPort": 53, "protocol": "udp" }, { "containerPort": 53 }]);
    let plain = rendered(&task, json!({}), everything());
    let ports = &specs(&plain)["Service/shop"]["ports"];
    let pairs: Vec<_> =
        ports.as_array().unwrap().iter().map(|p| (p["port"].as_i64(), p["protocol"].as_str())).collect();
    assert!(pairs.contains(&(Some(53), Some("UDP"))) && pairs.contains(&(Some(53), Some("TCP"))), "{ports}");
    let balanced = rendered(&task, json!({ "loadBalancers": balanced("dns", 53) }), everything());
    assert!(balanced.objects.is_empty());
    assert!(findings(&balanced).contains(&"/loadBalancers/0/containerPort PortConflict".to_owned()));
}

#[test]
fn what_the_proxy_of_service_connect_would_do_is_told() {
    let connect = json!({ "serviceConnectConfiguration": {
        "enabled": true, "namespace": "prod", "logConfiguration": { "logDriver": "awslogs" },
        "services": [{ "portName": "http", "discoveryName": "Web", "ingressPortOverride": 9000,
            "timeout": { "idleTimeoutSeconds": 10 },
            "clientAliases": [{ "port": 80, "dnsName": "web.prod.internal", "testTrafficRules": { "header": { "name": "x" } } }] }],
    } });
    let rendered = rendered(&task(), connect, Capabilities::default());
    let at = "/serviceConnectConfiguration";
    assert_eq!(
        findings(&rendered),
        [
            format!("{at}/logConfiguration NoServiceConnectProxy"),
            format!("{at}/namespace NamespaceIsKubernetes"),
            format!("{at}/services/0/clientAliases/0/testTrafficRules TestTrafficRulesIgnored"),
            format!("{at}/services/0/discoveryName DiscoveryNameChanged"),
            format!("{at}/services/0/ingressPortOverride NoServiceConnectProxy"),
            format!("{at}/services/0/timeout ServiceConnectTimeoutIgnored"),
        ]
    );
}

#[test]
fn a_lone_service_runs_a_stub_that_has_its_ports() {
    let members = json!({
        "loadBalancers": balanced("front", 8080),
        "serviceConnectConfiguration": { "enabled": true,
            "services": [{ "portName": "a", "clientAliases": [{ "port": 8080 }] }, { "portName": "b" }] },
        "kubernetes": { "ingress": { "rules": [{ "containerPort": 9 }] } },
    });
    let documents = wire::read(&service(members).to_string()).unwrap();
    let names: Vec<_> = specs(&render(documents, &Options::default())).into_keys().collect();
    assert_eq!(names, ["Deployment/shop", "Ingress/shop", "Service/a", "Service/b", "Service/shop"]);
}

#[test]
fn of_two_services_with_one_alias_the_older_has_it() {
    let connect = |name: &str| {
        json!({ "serviceName": name, "serviceConnectConfiguration": { "enabled": true, "services": [{
            "portName": "http", "discoveryName": "orders" }] } })
    };
    let texts = [task(), service(connect("a")), service(connect("b")), service(json!({ "serviceName": "orders" }))];
    let documents = texts.iter().flat_map(|text| wire::read(&text.to_string()).unwrap()).collect();
    let rendered = render(documents, &Options::default());
    let names: Vec<_> = specs(&rendered).into_keys().collect();
    assert_eq!(names, ["Deployment/a", "Service/a", "Service/orders"]);
    assert_eq!(
        findings(&rendered),
        ["/serviceConnectConfiguration/services/0 AliasConflict", "/serviceName AliasConflict"]
    );
}

/// The annotations with host names of the Services, as `name host,host`, and the codes found about aliases and the namespace
fn check_hosts(config: OperatorConfig, members: Value, expected: &[&str], codes: &[&str]) {
    let connect = service(json!({ "serviceConnectConfiguration": members }));
    let documents = [task(), connect].iter().flat_map(|text| wire::read(&text.to_string()).unwrap()).collect();
    let context = Context { config, ..Context::default() };
    let rendered = render(documents, &Options { context, namespace: "prod".to_owned(), ..Options::default() });
    let hosts = |object: &Value| {
        let hosts = object["metadata"]["annotations"]["ecs-operator.dev/connect-hosts"].as_str()?;
        Some(format!("{} {hosts}", object["metadata"]["name"].as_str()?))
    };
    let made: Vec<_> = rendered.objects.iter().filter_map(hosts).collect();
    assert_eq!(made, expected, "{members}");
    let found = rendered.findings.iter().filter(|located| located.object.kind == "EcsService");
    assert_eq!(found.map(|located| located.finding.code.as_str()).collect::<Vec<_>>(), codes, "{members}");
}

#[test]
fn a_host_name_with_dots_is_told_to_clients_by_the_service() {
    let mapped = |to: &str| OperatorConfig {
        cloud_map_namespaces: BTreeMap::from([("internal".to_owned(), to.to_owned())]),
        ..OperatorConfig::default()
    };
    let offered = |namespace: Value, discovery: &str, alias: Value| {
        json!({ "enabled": true, "namespace": namespace,
            "services": [{ "portName": "http", "discoveryName": discovery, "clientAliases": [alias] }] })
    };
    let internal = json!("internal");
    let arn = json!("arn:aws:servicediscovery:eu-west-1:1:namespace/ns-1");
    let plain = OperatorConfig::default;
    let here = ["NamespaceIsKubernetes"];
    let cases = [
        (plain(), offered(internal.clone(), "web", json!({"port": 80})), vec!["web web.internal"], here.to_vec()),
        (plain(), offered(internal.clone(), "shop", json!({"port": 80})), vec!["shop shop.internal"], here.to_vec()),
        (
            mapped("prod"),
            offered(internal.clone(), "web", json!({"port": 80, "dnsName": "a.b"})),
            vec!["web a.b"],
            vec![],
        ),
        (
            mapped("test"),
            offered(internal, "web", json!({"port": 80, "dnsName": "web"})),
            vec![],
            vec!["NamespaceElsewhere"],
        ),
        (plain(), offered(json!("prod"), "web", json!({"port": 80})), vec![], vec![]),
        (
            plain(),
            offered(arn, "web", json!({"port": 80})),
            vec![],
            vec!["NamespaceIsKubernetes", "AliasWithoutNamespace"],
        ),
    ];
    for (config, members, expected, codes) in cases {
        check_hosts(config, members, &expected, &codes);
    }
}

#[test]
fn clients_know_the_hosts_of_services_that_have_an_address() {
    let offered = |name: &str, address: &str, hosts: &str| -> KubeService {
        serde_json::from_value(
            json!({ "metadata": { "name": name, "annotations": { "ecs-operator.dev/connect-hosts": hosts } },
            "spec": { "clusterIP": address } }),
        )
        .unwrap()
    };
    let there = [offered("a", "10.0.0.2", "a.b,c.d"), offered("b", "None", "e.f"), offered("c", "10.0.0.1", "g.h")];
    let entries = host_entries(&there.iter().collect::<Vec<_>>());
    let mut pod: PodSpec = serde_json::from_value(json!({ "containers": [],
        "hostAliases": [{ "ip": "10.0.0.2", "hostnames": ["mine"] }] }))
    .unwrap();
    super::know(&mut pod, &entries);
    let expected = json!([
        { "ip": "10.0.0.2", "hostnames": ["mine", "a.b", "c.d"] },
        { "ip": "10.0.0.1", "hostnames": ["g.h"] },
    ]);
    assert_eq!(json!(pod.host_aliases), expected);
}
