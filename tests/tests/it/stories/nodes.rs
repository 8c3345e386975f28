//! Where tasks run, and what of the nodes they take: as the scheduler sees it.

use std::collections::BTreeMap;

use ecs_crds::EcsService;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};
use serde_json::json;

use super::bed::{Story, service, story, task_definition};

const ZONE: &str = "topology.kubernetes.io/zone";

/// How many pods run in each zone, by its name
async fn by_zone(story: &Story) -> BTreeMap<String, usize> {
    let nodes = Api::<Node>::all(story.client.clone()).list(&ListParams::default()).await.unwrap();
    let zone = |node: &Node| Some((node.name_any(), node.labels().get(ZONE)?.clone()));
    let zones: BTreeMap<String, String> = nodes.iter().filter_map(zone).collect();
    let mut pods = BTreeMap::new();
    for node in story.list::<Pod>().await.into_iter().filter_map(|pod| pod.spec?.node_name) {
        *pods.entry(zones[&node].clone()).or_default() += 1;
    }
    pods
}

/// Why the scheduler finds no node for a pod
fn unschedulable(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False")?;
    scheduled.message.clone()
}

#[test]
fn tasks_are_spread_over_three_zones_without_being_told() {
    story("zones", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 6)).await;
        story.steady("web", "web:1", 6).await;
        let expected = ["zone-a", "zone-b", "zone-c"].map(|zone| (zone.to_owned(), 2));
        assert_eq!(by_zone(story).await, BTreeMap::from(expected));
    });
}

#[test]
fn a_constraint_puts_every_task_onto_the_nodes_that_it_means() {
    story("constraint", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 4);
        let expression =
            "attribute:ecs.availability-zone in [zone-b, zone-c] and not(attribute:ecs.availability-zone == zone-c)";
        document["spec"]["placementConstraints"] = json!([{"type": "memberOf", "expression": expression}]);
        story.apply(&document).await;
        story.steady("web", "web:1", 4).await;
        assert_eq!(by_zone(story).await, BTreeMap::from([("zone-b".to_owned(), 4)]));
    });
}

#[test]
fn distinct_instances_leave_the_task_pending_for_which_there_is_no_other_node() {
    story("distinct", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 4);
        document["spec"]["placementConstraints"] = json!([{"type": "distinctInstance"}]);
        story.apply(&document).await;
        let counts = |s: &EcsService| s.status.as_ref().map(|s| (s.running_count, s.pending_count));
        story.wait("web", "runs one task on each of three nodes", |s| counts(s) == Some((Some(3), Some(1)))).await;
        assert_eq!(by_zone(story).await.into_values().collect::<Vec<_>>(), [1, 1, 1]);
        let waiting = story.list::<Pod>().await.iter().filter_map(unschedulable).collect::<Vec<_>>();
        assert!(waiting.len() == 1 && waiting[0].contains("anti-affinity"), "{waiting:?}");
    });
}

#[test]
fn the_scheduler_counts_what_a_task_reserves_and_not_what_it_may_use() {
    story("reserves", async |story| {
        let _operator = story.operator().await;
        // A node has 256 GiB: a limit above that is no reservation.
        let mut definition = task_definition("soft", "nginx:1");
        definition["spec"]["containerDefinitions"][0]["memory"] = (300 * 1024).into();
        definition["spec"]["containerDefinitions"][0]["memoryReservation"] = 64.into();
        story.apply(&definition).await;
        story.apply(&service("soft", "soft", 1)).await;
        story.steady("soft", "soft:1", 1).await;

        for (family, member, value, lacks) in
            [("memory", "memory", 300 * 1024, "Insufficient memory"), ("cpu", "cpu", 65 * 1024, "Insufficient cpu")]
        {
            let mut definition = task_definition(family, "nginx:1");
            definition["spec"]["containerDefinitions"][0][member] = value.into();
            story.apply(&definition).await;
            story.apply(&service(family, family, 1)).await;
            let pending = |s: &EcsService| s.status.as_ref().is_some_and(|s| s.pending_count == Some(1));
            story.wait(family, "has a task that no node has room for", pending).await;
            let pods = story.list::<Pod>().await;
            let pod =
                pods.iter().find(|p| p.labels().get("ecs-operator.dev/service").map(String::as_str) == Some(family));
            let says = |pod: &Pod| unschedulable(pod).is_some_and(|why| why.contains(lacks));
            story.wait(&pod.unwrap().name_any(), lacks, says).await;
        }
    });
}

#[test]
fn the_size_of_a_task_is_what_the_scheduler_counts_for_its_pod() {
    story("task-size", async |story| {
        let _operator = story.operator().await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["cpu"] = "40 vCPU".into();
        definition["spec"]["memory"] = "4 GB".into();
        story.apply(&definition).await;
        let mut document = service("web", "web", 4);
        document["spec"]["deploymentConfiguration"] = json!({"minimumHealthyPercent": 0, "maximumPercent": 100});
        story.apply(&document).await;
        // Each of three nodes has 64 CPUs, so one task of 40 fits and a second does not.
        let counts = |s: &EcsService| s.status.as_ref().map(|s| (s.running_count, s.pending_count));
        story
            .wait("web", "has three tasks of 40 CPUs on three nodes of 64", |s| counts(s) == Some((Some(3), Some(1))))
            .await;
        assert_eq!(by_zone(story).await.into_values().collect::<Vec<_>>(), [1, 1, 1]);
    });
}
