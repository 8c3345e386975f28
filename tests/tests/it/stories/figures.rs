//! What a service costs the API server (decisions §3), at 3 tasks and at 300 in three zones, from its audit log. The figures
//! are printed: `cargo xtask test -- --test it stories::figures -- --nocapture`.

use std::collections::BTreeMap;
use std::time::Duration;

use ecs_crds::EcsService;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};
use serde_json::json;

use super::bed::{Request, Story, operator_options, service, story, task_definition};

/// What the operator wrote: children, statuses, and over how many seconds
#[derive(Debug)]
struct Cost {
    writes: usize,
    statuses: usize,
    seconds: i64,
}

/// The cost of requests, Kubernetes events left out: they are counted apart. Reads there are none
fn cost(what: &str, requests: &[Request]) -> Cost {
    let counted = || requests.iter().filter(|request| request.resource != "events");
    let reads: Vec<_> = counted().filter(|request| matches!(request.verb.as_str(), "get" | "list")).collect();
    assert!(reads.is_empty(), "{what}: {reads:?}");
    let statuses = counted().filter(|request| request.resource.ends_with("/status")).count();
    let times: Vec<Timestamp> = counted().map(|request| request.at.parse().unwrap()).collect();
    let seconds = match (times.iter().min(), times.iter().max()) {
        (Some(first), Some(last)) => last.duration_since(*first).as_secs() + 1,
        _ => 0,
    };
    let cost = Cost { writes: counted().count() - statuses, statuses, seconds };
    let events = requests.len() - counted().count();
    println!("{what}: {} writes and {} of status in {seconds} s, {events} events", cost.writes, cost.statuses);
    cost
}

/// A status is written at most once a second for each object, of which there are two
fn is_paced(cost: &Cost) {
    assert!(i64::try_from(cost.statuses).unwrap() <= cost.seconds + 2, "{cost:?}");
}

/// Rolls to another image, and what that costs
async fn roll(story: &Story, user: &str, image: &str, revision: &str, tasks: i64) -> Cost {
    let mark = story.audit_mark().await;
    story.apply(&task_definition("web", image)).await;
    story.steady("web", revision, tasks).await;
    cost(&format!("a roll-out of {tasks} tasks"), &story.requests(user, mark).await)
}

/// How many tasks run in each zone
async fn zones(story: &Story) -> BTreeMap<String, usize> {
    let nodes = Api::<Node>::all(story.client.clone()).list(&ListParams::default()).await.unwrap();
    let zone = |node: &str| {
        let of = nodes.iter().find(|n| n.name_any() == node).unwrap_or_else(|| panic!("no node {node}"));
        of.labels().get("topology.kubernetes.io/zone").cloned().unwrap_or_default()
    };
    let mut zones = BTreeMap::new();
    for pod in story.list::<Pod>().await.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
        *zones.entry(zone(&pod.spec.unwrap().node_name.unwrap())).or_default() += 1;
    }
    zones
}

#[test]
fn a_roll_out_costs_as_many_writes_at_three_hundred_tasks_as_at_three_and_a_scale_change_two() {
    story("figures", async |story| {
        let options = ecs_operator::Options { resync: Duration::from_millis(300), ..operator_options(story) };
        let operator = story.operator_with(options).await;
        let user = operator.user.as_str();
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 3);
        document["spec"]["placementStrategy"] = json!([{"type": "spread", "field": "attribute:ecs.availability-zone"}]);
        story.apply(&document).await;
        story.steady("web", "web:1", 3).await;
        let small = roll(story, user, "nginx:2", "web:2", 3).await;

        let mark = story.audit_mark().await;
        document["spec"]["desiredCount"] = 300.into();
        story.apply(&document).await;
        story.steady("web", "web:2", 300).await;
        let scaled = cost("a change from 3 to 300 tasks", &story.requests(user, mark).await);
        assert!(scaled.writes <= 2, "{scaled:?}");
        is_paced(&scaled);
        let zones = zones(story).await;
        println!("300 tasks in zones: {zones:?}");
        assert!(zones.len() == 3 && zones.values().all(|tasks| (95..=105).contains(tasks)), "{zones:?}");

        let large = roll(story, user, "nginx:3", "web:3", 300).await;
        assert_eq!(large.writes, small.writes, "the revision, the service revision, the template: {large:?}");
        is_paced(&small);
        is_paced(&large);

        // Steady is when the new tasks are there; the old ones are still to end, and their ends are told.
        for old in story.list::<Pod>().await.iter().filter(|pod| pod.metadata.deletion_timestamp.is_some()) {
            story.gone::<Pod>(&old.name_any()).await;
        }
        let told = |s: &EcsService| {
            s.status.as_ref().is_some_and(|s| s.stopped_tasks.iter().all(|task| task.stopped_at.is_some()))
        };
        story.wait("web", "has told the end of every task", told).await;
        let mark = story.audit_mark().await;
        let before = story.looks.counts();
        story.looks.until(|now| before.keys().all(|key| now[key] >= before[key] + 5)).await;
        let settled = cost("five looks at 300 settled tasks", &story.requests(user, mark).await);
        assert_eq!((settled.writes, settled.statuses), (0, 0));
    });
}
