//! A hundred services in peace.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::iter;

use super::bed::{Request, operator_options, service, story, task_definition};

/// How many services
const SERVICES: usize = 100;

/// Ten minutes are shortened by the time between two looks: by default each object is looked at without cause every ten
/// minutes, here every second. Three looks at each are what half an hour of the default brings; that watches end and begin
/// again meanwhile is Kubernetes' part and costs no list.
#[test]
fn a_hundred_quiet_services_cost_no_request_but_watches() {
    story("quiet", async |story| {
        let operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let documents: Vec<_> = (0..SERVICES).map(|n| service(&format!("web-{n}"), "web", 1)).collect();
        iter(&documents).for_each_concurrent(8, async |document| drop(story.apply(document).await)).await;
        for n in 0..SERVICES {
            story.steady(&format!("web-{n}"), "web:1", 1).await;
        }
        operator.stop().await;

        // The start itself finds all as it should be: beside the lists and the questions what the cluster can do (dry runs,
        // and which API groups there are), nothing.
        let mark = story.audit_mark().await;
        let options = ecs_operator::Options { resync: Duration::from_secs(1), ..operator_options(story) };
        let before = story.looks.counts();
        let operator = story.operator_with(options).await;
        story.looks.until(|now| before.keys().all(|key| now[key] > before[key])).await;
        let started = story.requests(&operator.user, mark).await;
        let question = |r: &&Request| r.name == "ecs-operator-probe" || (r.verb == "get" && r.resource.is_empty());
        let others: Vec<_> = started.iter().filter(|r| r.verb != "list" && !question(r)).collect();
        assert_eq!(others, Vec::<&Request>::new());
        let mut listed: Vec<_> = started.iter().filter(|r| r.verb == "list").map(|r| r.resource.as_str()).collect();
        let lists = listed.len();
        listed.sort_unstable();
        listed.dedup();
        assert_eq!(listed.len(), lists, "every kind is listed once: {started:#?}");

        let mark = story.audit_mark().await;
        let before = story.looks.counts();
        assert_eq!(before.len(), SERVICES + 1, "every service and the family");
        story.looks.until(|now| before.keys().all(|key| now[key] >= before[key] + 3)).await;
        assert_eq!(story.requests(&operator.user, mark).await, Vec::<Request>::new());
    });
}
