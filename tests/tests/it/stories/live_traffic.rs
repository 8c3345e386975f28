//! Traffic of a live service: its targets change, its tasks stay where ECS would not restart one, and nothing is made anew.

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::Ingress;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::bed::{Story, service, story, task_definition};

const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup";

/// What must stay: the tasks, the template that they are made from, and the address in front of them
#[derive(Debug, PartialEq)]
struct Stays {
    tasks: Vec<String>,
    template: Option<i64>,
    address: Option<String>,
}

async fn stays(story: &Story) -> Stays {
    Stays {
        tasks: story.names::<Pod>().await,
        template: story.get::<Deployment>("web").await.metadata.generation,
        address: story.get::<Service>("web").await.spec.unwrap().cluster_ip,
    }
}

/// Awaits that the service has taken its document in and runs as before
async fn taken_in(story: &Story, document: &Value) -> EcsService {
    story.apply(document).await;
    story.steady("web", "web:1", 2).await
}

fn hosts(ingress: &Ingress) -> Vec<String> {
    let rules = ingress.spec.clone().unwrap_or_default().rules.unwrap_or_default();
    rules.into_iter().filter_map(|rule| rule.host).collect()
}

/// The names of the objects of an add-on's kind
async fn names_of(story: &Story, api_version: &str, kind: &str) -> Vec<String> {
    let api = story.api_of(&json!({"apiVersion": api_version, "kind": kind}));
    api.list(&kube::api::ListParams::default()).await.unwrap().iter().map(kube::ResourceExt::name_any).collect()
}

#[test]
fn hosts_routes_and_names_of_a_live_service_change_and_no_task_is_touched() {
    story("live-hosts", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 2);
        document["spec"]["kubernetes"] = json!({
            "ingress": {"rules": [{"hosts": ["a.example.com"], "paths": ["/*"]}]},
            "gateway": {"parentRefs": [{"name": "public"}], "hostnames": ["a.example.com"]},
        });
        taken_in(story, &document).await;
        let (before, ingress) = (stays(story).await, story.get::<Ingress>("web").await.uid());

        document["spec"]["kubernetes"]["ingress"]["rules"][0]["hosts"] = json!(["b.example.com", "c.example.com"]);
        document["spec"]["kubernetes"]["gateway"]["hostnames"] = json!(["b.example.com"]);
        document["spec"]["kubernetes"]["serviceDiscovery"] = json!({"name": "shop"});
        taken_in(story, &document).await;
        let moved = story.wait("web", "has the other hosts", |i: &Ingress| hosts(i).len() == 2).await;
        assert_eq!(hosts(&moved), ["b.example.com", "c.example.com"]);
        assert_eq!(moved.uid(), ingress, "the Ingress is the same, so its load balancer is");
        assert_eq!(names_of(story, "gateway.networking.k8s.io/v1", "HTTPRoute").await.len(), 1);
        let headless = story.get::<Service>("shop").await.spec.unwrap();
        assert_eq!(headless.cluster_ip.as_deref(), Some("None"));
        assert_eq!(stays(story).await, before);

        document["spec"]["kubernetes"].as_object_mut().unwrap().remove("serviceDiscovery");
        story.apply(&document).await;
        story.gone::<Service>("shop").await;
        story.steady("web", "web:1", 2).await;
        assert_eq!(stays(story).await, before);
    });
}

#[test]
fn another_target_group_is_a_deployment_as_on_ecs_and_no_healthy_task_is_missed() {
    story("live-targets", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 2);
        let target = |name: &str| json!({"targetGroupArn": format!("{TARGET_GROUP}/{name}/0123456789abcdef"), "containerName": "app", "containerPort": 8080});
        document["spec"]["loadBalancers"] = json!([target("blue")]);
        taken_in(story, &document).await;
        let (before, deployment) = (stays(story).await, story.get::<Deployment>("web").await.uid());

        let moments = story.moments().await;
        document["spec"]["loadBalancers"] = json!([target("blue"), target("green")]);
        story.apply(&document).await;
        let second =
            |s: &EcsService| s.status.as_ref().and_then(|s| s.service_revision.as_deref()) == Some("web.service-2");
        story.wait("web", "has begun a deployment", second).await;
        story.steady("web", "web:1", 2).await;
        let moments = moments.end();
        assert!(moments.iter().all(|moment| moment.healthy >= 2), "100 % stay healthy: {moments:?}");
        assert_eq!(names_of(story, "elbv2.k8s.aws/v1beta1", "TargetGroupBinding").await.len(), 2);
        assert_eq!(story.get::<Deployment>("web").await.uid(), deployment, "it is the same Deployment");
        assert_eq!(stays(story).await.address, before.address);

        document["spec"]["loadBalancers"] = json!([target("green")]);
        story.apply(&document).await;
        let third =
            |s: &EcsService| s.status.as_ref().and_then(|s| s.service_revision.as_deref()) == Some("web.service-3");
        story.wait("web", "has begun another deployment", third).await;
        story.steady("web", "web:1", 2).await;
        assert_eq!(names_of(story, "elbv2.k8s.aws/v1beta1", "TargetGroupBinding").await.len(), 1);
        assert_eq!(story.get::<Deployment>("web").await.uid(), deployment);
    });
}

#[test]
fn service_connect_comes_and_goes_on_a_live_service_with_a_deployment_each_time() {
    story("live-connect", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 2);
        taken_in(story, &document).await;
        let before = stays(story).await;
        document["spec"]["serviceConnectConfiguration"] = json!({
            "enabled": true, "namespace": "shop",
            "services": [{"portName": "http", "discoveryName": "storefront", "clientAliases": [{"port": 80, "dnsName": "front"}]}],
        });
        story.apply(&document).await;
        let alias = story.wait("front", "leads to the tasks", |s: &Service| s.spec.is_some()).await.spec.unwrap();
        assert_eq!(alias.ports.unwrap()[0].port, 80);
        let revision = |number: i64| {
            move |s: &EcsService| {
                let status = s.status.clone().unwrap_or_default();
                status.service_revision == Some(format!("web.service-{number}"))
            }
        };
        story.wait("web", "has begun a deployment", revision(2)).await;
        story.steady("web", "web:1", 2).await;
        document["spec"].as_object_mut().unwrap().remove("serviceConnectConfiguration");
        story.apply(&document).await;
        story.gone::<Service>("front").await;
        story.wait("web", "has begun another deployment", revision(3)).await;
        story.steady("web", "web:1", 2).await;
        assert_eq!(stays(story).await.address, before.address);
    });
}
