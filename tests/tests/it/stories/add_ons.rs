//! Objects of add-ons that an operator makes once it finds their kinds in the cluster, and what they lead to.

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{HostAlias, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::Ingress;
use kube::ResourceExt as _;
use kube::api::{DynamicObject, ListParams};
use kube::runtime::wait::await_condition;
use serde_json::{Value, json};

use super::bed::{Story, operator_options, service, story, task_definition};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf";
const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef";

/// A kind of an add-on
fn kind(api_version: &str, kind: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind})
}

/// The objects of a kind, as JSON
async fn all(story: &Story, of: &Value) -> Vec<Value> {
    let found = story.api_of(of).list(&ListParams::default()).await.unwrap();
    found.items.iter().map(|object| serde_json::to_value(object).unwrap()).collect()
}

/// Awaits that an object of an add-on is gone
async fn gone(story: &Story, of: &Value, name: &str) {
    let gone = await_condition(story.api_of(of), name, |object: Option<&DynamicObject>| object.is_none());
    tokio::time::timeout(std::time::Duration::from_secs(60), gone).await.unwrap().unwrap();
}

/// The ready addresses behind a Service
fn ready_addresses(slice: &EndpointSlice) -> Vec<String> {
    let endpoints = slice.endpoints.iter().flatten();
    let ready = endpoints.filter(|e| e.conditions.as_ref().is_some_and(|c| c.ready == Some(true)));
    let mut addresses: Vec<_> = ready.flat_map(|endpoint| endpoint.addresses.clone()).collect();
    addresses.sort();
    addresses
}

/// Awaits that a Service leads to exactly the ready pods, of which there are `count`, at this port
async fn leads_to_ready_pods(story: &Story, service: &str, count: usize, port: i32) {
    let slices = story.list::<EndpointSlice>().await;
    let of =
        |slice: &&EndpointSlice| slice.labels().get("kubernetes.io/service-name").map(String::as_str) == Some(service);
    let name = slices.iter().find(of).unwrap_or_else(|| panic!("{service} has no EndpointSlice")).name_any();
    let slice = story
        .wait(&name, &format!("has {count} ready addresses"), |slice: &EndpointSlice| {
            ready_addresses(slice).len() == count
        })
        .await;
    let ready = |pod: &&Pod| {
        let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
        pod.metadata.deletion_timestamp.is_none()
            && conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True")
    };
    let pods = story.list::<Pod>().await;
    let mut expected: Vec<_> = pods.iter().filter(ready).filter_map(|pod| pod.status.clone()?.pod_ip).collect();
    expected.sort();
    assert_eq!(ready_addresses(&slice), expected);
    assert!(slice.ports.iter().flatten().all(|there| there.port == Some(port)), "{:?}", slice.ports);
}

#[test]
fn a_secret_is_an_external_secret_that_stays_for_a_way_back_and_goes_with_the_service() {
    story("external-secret", async |story| {
        let _operator = story.operator().await;
        let of = kind("external-secrets.io/v1", "ExternalSecret");
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["containerDefinitions"][0]["secrets"] =
            json!([{"name": "PASSWORD", "valueFrom": format!("{SECRET}:password::")}]);
        story.apply(&definition).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;

        let made = all(story, &of).await;
        assert_eq!(made.len(), 1, "{made:#?}");
        let (name, spec) = (made[0]["metadata"]["name"].as_str().unwrap(), &made[0]["spec"]);
        assert_eq!(spec["data"][0]["remoteRef"]["key"], SECRET);
        assert_eq!(spec["data"][0]["remoteRef"]["property"], "password");
        assert_eq!(spec["target"]["name"], name, "the Secret is called as the ExternalSecret is");
        let pods = story.list::<Pod>().await;
        let read = pods[0].spec.clone().unwrap().containers[0].env.clone().unwrap();
        let reference =
            read.iter().find(|v| v.name == "PASSWORD").and_then(|v| v.value_from.clone()?.secret_key_ref).unwrap();
        assert_eq!(
            (reference.name.as_str(), reference.optional),
            (name, Some(false)),
            "a task without it does not start"
        );

        story.apply(&task_definition("web", "nginx:2")).await;
        story.steady("web", "web:2", 2).await;
        assert_eq!(all(story, &of).await.len(), 1, "the revision that reads it is kept, for a way back");
        story.delete::<EcsService>("web").await;
        gone(story, &of, name).await;
    });
}

#[test]
fn where_only_the_csi_driver_is_installed_secrets_reach_tasks_through_it() {
    story("csi-secret", async |story| {
        let capabilities = ecs_core::config::Capabilities::named(&["podResources", "secretsStoreCsi"]).unwrap();
        let options = ecs_operator::Options { capabilities: Some(capabilities), ..operator_options(story) };
        let _operator = story.operator_with(options).await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["containerDefinitions"][0]["secrets"] = json!([{"name": "PASSWORD", "valueFrom": SECRET}]);
        story.apply(&definition).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;

        let made = all(story, &kind("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass")).await;
        assert_eq!(made.len(), 1, "{made:#?}");
        assert_eq!(made[0]["spec"]["provider"], "aws");
        let name = made[0]["metadata"]["name"].as_str().unwrap();
        let pod = story.list::<Pod>().await.remove(0).spec.unwrap();
        let volumes = pod.volumes.unwrap();
        let classes = volumes.iter().filter_map(|v| v.csi.clone()?.volume_attributes?.remove("secretProviderClass"));
        assert_eq!(classes.collect::<Vec<_>>(), [name], "the driver makes the Secret when it mounts the class");
        assert!(all(story, &kind("external-secrets.io/v1", "ExternalSecret")).await.is_empty());
    });
}

#[test]
fn a_target_group_is_bound_to_a_service_that_leads_to_ready_tasks() {
    story("bound", async |story| {
        let _operator = story.operator().await;
        let of = kind("elbv2.k8s.aws/v1beta1", "TargetGroupBinding");
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 3);
        document["spec"]["loadBalancers"] =
            json!([{"targetGroupArn": TARGET_GROUP, "containerName": "app", "containerPort": 8080}]);
        story.apply(&document).await;
        story.steady("web", "web:1", 3).await;

        let made = all(story, &of).await;
        assert_eq!(made.len(), 1, "{made:#?}");
        assert_eq!(made[0]["spec"]["targetGroupARN"], TARGET_GROUP);
        assert_eq!(made[0]["spec"]["serviceRef"], json!({"name": "web", "port": 8080}));
        assert_eq!(made[0]["spec"]["multiClusterTargetGroup"], true, "targets of ECS stay registered");
        leads_to_ready_pods(story, "web", 3, 8080).await;

        document["spec"]["loadBalancers"] = json!([]);
        story.apply(&document).await;
        gone(story, &of, made[0]["metadata"]["name"].as_str().unwrap()).await;
        story.steady("web", "web:1", 3).await;
    });
}

#[test]
fn a_route_of_a_gateway_leads_to_ready_tasks() {
    story("routed", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 2);
        document["spec"]["kubernetes"] = json!({"gateway": {"parentRefs": [{"name": "public", "namespace": "gateways"}], "hostnames": ["shop.example.com"]}});
        story.apply(&document).await;
        story.steady("web", "web:1", 2).await;
        let made = all(story, &kind("gateway.networking.k8s.io/v1", "HTTPRoute")).await;
        assert_eq!(made.len(), 1, "{made:#?}");
        assert_eq!(made[0]["spec"]["hostnames"], json!(["shop.example.com"]));
        let backend = &made[0]["spec"]["rules"][0]["backendRefs"][0];
        assert_eq!((&backend["name"], &backend["port"]), (&json!("web"), &json!(8080)));
        leads_to_ready_pods(story, "web", 2, 8080).await;
    });
}

#[test]
fn an_ingress_leads_to_tasks_once_they_are_ready_and_not_before() {
    story("ingress", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 2);
        document["spec"]["kubernetes"] =
            json!({"ingress": {"rules": [{"hosts": ["shop.example.com"], "paths": ["/*"]}]}});
        story.apply(&document).await;
        story.steady("web", "web:1", 2).await;
        let ingress = story.get::<Ingress>("web").await;
        let rule = ingress.spec.unwrap().rules.unwrap().remove(0);
        let backend = rule.http.unwrap().paths.remove(0).backend.service.unwrap();
        assert_eq!((backend.name.as_str(), backend.port.unwrap().number), ("web", Some(8080)));
        leads_to_ready_pods(story, "web", 2, 8080).await;

        // Tasks that never become ready get no traffic, and the old ones keep theirs.
        story.apply(&task_definition("web", "kwok-image-pull-backoff:2")).await;
        story
            .wait("web", "starts tasks that cannot", |s: &EcsService| {
                s.status.as_ref().is_some_and(|s| s.pending_count == Some(2))
            })
            .await;
        leads_to_ready_pods(story, "web", 2, 8080).await;
    });
}

#[test]
fn a_block_that_the_user_accepts_by_name_lets_the_task_run_without_what_is_missing() {
    story("accepted", async |story| {
        let capabilities = ecs_core::config::Capabilities::named(&["podResources"]).unwrap();
        let options = ecs_operator::Options { capabilities: Some(capabilities), ..operator_options(story) };
        let _operator = story.operator_with(options).await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["containerDefinitions"][0]["secrets"] = json!([{"name": "PASSWORD", "valueFrom": SECRET}]);
        story.apply(&definition).await;
        let found = |t: &ecs_crds::TaskDefinition| {
            let findings = t.status.clone().unwrap_or_default().findings;
            findings.into_iter().find(|f| f.code == "NoSecretBackend").map(|f| (f.severity, f.path))
        };
        let (block, warn) = (ecs_crds::status::Severity::Block, ecs_crds::status::Severity::Warn);
        let path = "/containerDefinitions/0/secrets".to_owned();
        story.wait("web", "is refused", |t| found(t) == Some((block, path.clone()))).await;
        assert!(story.names::<k8s_openapi::api::apps::v1::ControllerRevision>().await.is_empty());

        definition["metadata"]["annotations"] = json!({"ecs-operator.dev/accept": "SomethingElse, NoSecretBackend"});
        story.apply(&definition).await;
        story.wait("web", "is accepted with a warning", |t| found(t) == Some((warn, path.clone()))).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let pod = story.list::<Pod>().await.remove(0).spec.unwrap();
        assert!(pod.containers[0].env.iter().flatten().all(|variable| variable.name != "PASSWORD"));
    });
}

#[test]
fn clients_of_service_connect_know_host_names_with_dots_from_their_next_deployment() {
    story("connect-hosts", async |story| {
        let _operator = story.operator().await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["containerDefinitions"][0]["portMappings"] =
            json!([{"containerPort": 8080, "name": "http"}]);
        story.apply(&definition).await;
        let mut client = service("client", "web", 1);
        client["spec"]["serviceConnectConfiguration"] = json!({"enabled": true});
        story.apply(&client).await;
        story.steady("client", "web:1", 1).await;
        let mut offering = service("shop", "web", 1);
        offering["spec"]["serviceConnectConfiguration"] = json!({"enabled": true, "namespace": "internal",
            "services": [{"portName": "http", "discoveryName": "orders", "clientAliases": [{"port": 80}]}]});
        story.apply(&offering).await;
        story.steady("shop", "web:1", 1).await;

        let told = |service: &EcsService| {
            let findings = service.status.iter().flat_map(|status| &status.findings);
            findings.into_iter().any(|finding| finding.code == "AppliesAtNextDeployment")
        };
        story.wait("client", "knows that a deployment would change it", told).await;
        let hosts = |deployment: Deployment| deployment.spec.unwrap().template.spec.unwrap().host_aliases;
        assert_eq!(hosts(story.get("client").await), None, "running tasks learn nothing, as on ECS");

        client["spec"]["kubernetes"] = json!({"forceDeployment": "1"});
        story.apply(&client).await;
        let knows = |deployment: &Deployment| hosts(deployment.clone()).is_some();
        let known = hosts(story.wait("client", "knows the hosts", knows).await).unwrap();
        let address = story.get::<Service>("orders").await.spec.unwrap().cluster_ip.unwrap();
        let expected = HostAlias { ip: address, hostnames: Some(vec!["orders.internal".to_owned()]) };
        assert_eq!(known, [expected]);
        assert_eq!(hosts(story.get("shop").await), None, "a service does not know itself by a host name");
    });
}
