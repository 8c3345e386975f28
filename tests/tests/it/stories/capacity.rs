//! Capacity providers: how many tasks run on whose nodes.

use std::collections::BTreeMap;

use ecs_core::config::OperatorConfig;
use ecs_crds::EcsService;
use ecs_operator::Options;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::bed::{Story, operator_options, service, story, task_definition};

/// An operator for which the zones of the test bed are capacity providers
fn zones(story: &Story) -> Options {
    let provider = |zone: &str| json!({"labels": {"topology.kubernetes.io/zone": zone}});
    let providers = json!({"BASE": provider("zone-a"), "SPOT": provider("zone-b"), "OTHER": provider("zone-c")});
    let config: OperatorConfig = serde_json::from_value(json!({"capacityProviders": providers})).unwrap();
    Options { config, ..operator_options(story) }
}

fn split(count: i64, strategy: &[(&str, i64, i64)]) -> Value {
    let item =
        |(name, base, weight): &(&str, i64, i64)| json!({"capacityProvider": name, "base": base, "weight": weight});
    let mut document = service("web", "web", count);
    document["spec"]["capacityProviderStrategy"] = strategy.iter().map(item).collect();
    document["spec"]["kubernetes"] = json!({"capacitySplit": "Exact"});
    document
}

/// How many tasks run on each node
async fn by_node(story: &Story) -> BTreeMap<String, usize> {
    let mut nodes = BTreeMap::new();
    for pod in story.list::<Pod>().await.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
        *nodes.entry(pod.spec.unwrap().node_name.unwrap_or_default()).or_default() += 1;
    }
    nodes
}

#[test]
fn exact_shares_hold_at_every_count_and_roll_one_after_the_other() {
    story("shares", async |story| {
        let _operator = story.operator_with(zones(story)).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let strategy = [("BASE", 2, 1), ("SPOT", 0, 3)];
        let mut document = split(10, &strategy);
        document["spec"]["deploymentConfiguration"] = json!({"minimumHealthyPercent": 80, "maximumPercent": 120});
        story.apply(&document).await;
        let found = story.steady("web", "web:1", 10).await.status.unwrap();
        assert_eq!((found.desired_count, found.deployments.len()), (Some(10), 1), "one service, one deployment");
        assert_eq!(by_node(story).await, [("node-1".to_owned(), 4), ("node-2".to_owned(), 6)].into());
        let names = story.names::<Deployment>().await;
        assert_eq!(names.len(), 2, "{names:?}");

        story.kubectl(&["scale", "ecsservice", "web", "--replicas=6"]).await;
        story.steady("web", "web:1", 6).await;
        assert_eq!(by_node(story).await, [("node-1".to_owned(), 3), ("node-2".to_owned(), 3)].into());
        document["spec"]["desiredCount"] = 10.into();
        story.apply(&document).await;
        story.steady("web", "web:1", 10).await;

        let moments = story.moments().await;
        story.apply(&task_definition("web", "kwok-late:2")).await;
        story.steady("web", "web:2", 10).await;
        let moments = moments.end();
        let (lowest, highest) = (moments.iter().map(|m| m.healthy).min(), moments.iter().map(|m| m.alive).max());
        assert!(lowest >= Some(8), "ECS keeps 80 % of 10 tasks healthy: {moments:?}");
        assert!(highest <= Some(12), "ECS runs at most 120 % of 10 tasks: {moments:?}");
        assert_eq!(by_node(story).await, [("node-1".to_owned(), 4), ("node-2".to_owned(), 6)].into());
        assert_eq!(story.names::<Deployment>().await, names);

        // Other weights move tasks and start no deployment; other providers do
        document["spec"]["capacityProviderStrategy"][0]["weight"] = 3.into();
        story.apply(&document).await;
        let moved = story.steady("web", "web:2", 10).await.status.unwrap();
        assert_eq!(by_node(story).await, [("node-1".to_owned(), 6), ("node-2".to_owned(), 4)].into());
        let revision = moved.service_revision.clone();
        document["spec"]["capacityProviderStrategy"][1]["capacityProvider"] = "OTHER".into();
        story.apply(&document).await;
        let another = |s: &EcsService| s.status.as_ref().is_some_and(|s| s.service_revision != revision);
        story.wait("web", "begins another deployment", another).await;
        for name in names.iter().filter(|name| name.contains("spot")) {
            story.gone::<Deployment>(name).await;
        }
        story.steady("web", "web:2", 10).await;
        assert_eq!(by_node(story).await, [("node-1".to_owned(), 6), ("node-3".to_owned(), 4)].into());
    });
}
