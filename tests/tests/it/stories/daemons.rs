//! Daemon services: one task on every node that takes it.

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::bed::{Story, condition, reason, service, story, task_definition};

/// The attribute of ECS that tells the nodes of a story, as a label
const STACK: &str = "ecs-attribute.ecs-operator.dev/stack";

/// A simulated node of this story alone: it is cordoned, which daemons do not mind
async fn node(story: &Story, number: usize) -> String {
    let name = format!("{}-{number}", story.namespace);
    let size = json!({"cpu": "64", "memory": "256Gi", "pods": "1000"});
    let node = json!({
        "metadata": {
            "name": name, "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", STACK: story.namespace},
        },
        "spec": {"unschedulable": true},
        "status": {"capacity": size, "allocatable": size},
    });
    let nodes: Api<Node> = Api::all(story.client.clone());
    nodes.create(&PostParams::default(), &serde_json::from_value(node).unwrap()).await.unwrap();
    name
}

/// Whether a node is one of the story's stack
async fn belongs(story: &Story, node: &str, belongs: bool) {
    let labels = json!({"metadata": {"labels": {STACK: belongs.then_some(&story.namespace)}}});
    let nodes: Api<Node> = Api::all(story.client.clone());
    nodes.patch(node, &PatchParams::default(), &Patch::Merge(labels)).await.unwrap();
}

/// A daemon service on the nodes of this story
fn daemons(story: &Story, name: &str, configuration: Value) -> Value {
    let mut document = service(name, "agent", 0);
    let spec = document["spec"].as_object_mut().unwrap();
    spec.remove("desiredCount");
    spec.insert("schedulingStrategy".to_owned(), "DAEMON".into());
    let expression = format!("attribute:stack == {}", story.namespace);
    spec.insert("placementConstraints".to_owned(), json!([{"type": "memberOf", "expression": expression}]));
    spec.insert("deploymentConfiguration".to_owned(), configuration);
    document
}

#[test]
fn a_daemon_service_runs_one_task_on_every_node_as_nodes_come_and_go() {
    story("daemons", async |story| {
        let _operator = story.operator().await;
        let mut nodes = vec![node(story, 1).await, node(story, 2).await];
        story.apply(&task_definition("agent", "nginx:1")).await;
        story.apply(&daemons(story, "agent", json!({"minimumHealthyPercent": 50}))).await;
        let found = story.steady("agent", "agent:1", 2).await.status.unwrap();
        let primary = &found.deployments[0];
        assert_eq!((found.desired_count, primary.desired_count), (Some(2), 2), "as many as there are nodes");
        assert_eq!((primary.status.as_str(), primary.rollout_state.as_str()), ("PRIMARY", "COMPLETED"));
        let last = "(service agent) has reached a steady state.";
        assert_eq!(found.events.first().map(|e| e.message.as_str()), Some(last));
        assert_eq!(story.names::<Deployment>().await, Vec::<String>::new());
        assert_eq!(story.names::<PodDisruptionBudget>().await, Vec::<String>::new(), "daemons go with their node");

        for number in 3..=4 {
            nodes.push(node(story, number).await);
        }
        let grown = story.steady("agent", "agent:1", 4).await.status.unwrap();
        assert_eq!(grown.service_revision.as_deref(), Some("agent.service-1"), "no new deployment");
        belongs(story, &nodes[0], false).await;
        story.steady("agent", "agent:1", 3).await;
        belongs(story, &nodes[0], true).await;
        story.steady("agent", "agent:1", 4).await;

        // A new image rolls through, with half of the tasks healthy all the time
        let moments = story.moments().await;
        story.apply(&task_definition("agent", "kwok-late:2")).await;
        let rolling = |s: &EcsService| {
            let deployments = s.status.clone().unwrap_or_default().deployments;
            deployments.len() == 2 && deployments[0].rollout_state == "IN_PROGRESS"
        };
        story.wait("agent", "rolls", rolling).await;
        story.steady("agent", "agent:2", 4).await;
        let moments = moments.end();
        let lowest = moments.iter().map(|m| m.healthy).min();
        assert!(lowest >= Some(2) && lowest < Some(4), "ECS keeps 50 % of 4 daemons: {moments:?}");
        assert!(moments.iter().all(|m| m.alive <= 4), "no second task on a node: {moments:?}");

        story.delete::<EcsService>("agent").await;
        story.gone::<DaemonSet>("agent").await;
        for pod in story.names::<Pod>().await {
            story.gone::<Pod>(&pod).await;
        }
        let api: Api<Node> = Api::all(story.client.clone());
        for node in nodes {
            api.delete(&node, &DeleteParams::default()).await.unwrap();
        }
    });
}

#[test]
fn the_strategy_of_a_service_never_changes_and_a_daemon_has_no_count() {
    story("daemon-stays", async |story| {
        let _operator = story.operator().await;
        let node = node(story, 1).await;
        story.apply(&task_definition("agent", "nginx:1")).await;
        let document = daemons(story, "agent", json!({}));
        story.apply(&document).await;
        story.steady("agent", "agent:1", 1).await;

        story.apply(&service("agent", "agent", 2)).await;
        let refused = |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            status.observed_generation == s.metadata.generation && condition(&status.conditions, "Accepted") == "False"
        };
        let found = story.wait("agent", "is refused", refused).await.status.unwrap();
        assert_eq!(reason(&found.conditions, "Accepted"), "InvalidValue");
        assert_eq!(story.names::<Deployment>().await, Vec::<String>::new());
        assert_eq!(story.names::<DaemonSet>().await, ["agent"], "what runs is left alone");

        let mut counted = document.clone();
        counted["spec"]["desiredCount"] = 2.into();
        story.apply(&counted).await;
        let found = story.wait("agent", "is refused for its count", |s: &EcsService| {
            refused(s) && s.status.as_ref().is_some_and(|s| s.findings.iter().any(|f| f.path == "/desiredCount"))
        });
        assert_eq!(reason(&found.await.status.unwrap().conditions, "Accepted"), "InvalidValue");

        story.delete::<EcsService>("agent").await;
        story.gone::<DaemonSet>("agent").await;
        let api: Api<Node> = Api::all(story.client.clone());
        api.delete(&node, &DeleteParams::default()).await.unwrap();
    });
}
