//! The write budget (decisions §3), read from the API server's audit log.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ServiceAccount;

use super::bed::{Request, operator_options, service, story, task_definition};

/// How often each kind of request was made, Kubernetes events left out: they are counted apart
fn counts(requests: &[Request]) -> BTreeMap<(&str, &str), usize> {
    let mut counts = BTreeMap::new();
    for request in requests.iter().filter(|r| r.resource != "events") {
        *counts.entry((request.verb.as_str(), request.resource.as_str())).or_default() += 1;
    }
    counts
}

/// The status of a service was written at most once a second
fn paced(requests: &[Request]) {
    let times =
        requests.iter().filter(|r| r.resource == "ecsservices/status").map(|r| r.at.parse::<Timestamp>().unwrap());
    let times: Vec<_> = times.collect();
    for pair in times.windows(2) {
        let between = pair[1].duration_since(pair[0]).as_millis();
        // The pace is that of our sending, these are the times of the answers.
        assert!(between > 900, "{between} ms between two writes of a status: {times:?}");
    }
}

#[test]
fn a_new_service_costs_one_write_a_child_and_a_settled_one_none() {
    story("budget", async |story| {
        let operator = story
            .operator_with(ecs_operator::Options { resync: Duration::from_millis(300), ..operator_options(story) })
            .await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["taskRoleArn"] = "arn:aws:iam::123456789012:role/web".into();
        let mark = story.audit_mark().await;
        story.apply(&definition).await;
        story.registered("web", "web:1").await;
        let made = story.requests(&operator.user, mark).await;
        // What the operator asks at its start stands before its first write.
        let first = made.iter().position(|r| r.resource == "controllerrevisions" && r.verb == "patch").unwrap();
        assert_eq!(
            counts(&made[first..]),
            [(("patch", "controllerrevisions"), 1), (("patch", "taskdefinitions/status"), 1)].into()
        );

        let mark = story.audit_mark().await;
        story.apply(&service("web", "web", 3)).await;
        story.steady("web", "web:1", 3).await;
        let made = story.requests(&operator.user, mark).await;
        let mut counted = counts(&made);
        let statuses = counted.remove(&("patch", "ecsservices/status")).unwrap();
        let children = ["controllerrevisions", "deployments", "poddisruptionbudgets", "serviceaccounts", "services"];
        assert_eq!(counted, children.map(|kind| (("patch", kind), 1)).into(), "one write for each child");
        assert!((2..=4).contains(&statuses), "accepted, then the counts: {statuses}");
        paced(&made);
        let role = story.names::<ServiceAccount>().await.into_iter().find(|a| a != "default").unwrap();

        let mark = story.audit_mark().await;
        story.apply(&task_definition("web", "kwok-late:2")).await;
        story.steady("web", "web:2", 3).await;
        story.gone::<ServiceAccount>(&role).await;
        let made = story.requests(&operator.user, mark).await;
        let mut counted = counts(&made);
        let statuses = counted.remove(&("patch", "ecsservices/status")).unwrap();
        assert_eq!(
            counted,
            [
                (("delete", "serviceaccounts"), 1),
                (("patch", "controllerrevisions"), 2),
                (("patch", "deployments"), 1),
                (("patch", "taskdefinitions/status"), 1),
            ]
            .into(),
            "the revision, the service revision, the template; the role went with the document"
        );
        assert!(statuses <= 12, "some seconds of a roll-out: {statuses}");
        paced(&made);

        // Settled: looked at again and again, it costs nothing.
        let mark = story.audit_mark().await;
        let before = story.looks.counts();
        story.looks.until(|now| before.keys().all(|key| now[key] >= before[key] + 5)).await;
        assert_eq!(story.requests(&operator.user, mark).await, Vec::<Request>::new());
    });
}

#[test]
fn a_stranger_in_the_way_costs_fewer_requests_the_longer_it_stays() {
    story("budget-taken", async |story| {
        let operator = story.operator().await;
        story
            .apply(&serde_json::json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 9}]},
            }))
            .await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 1)).await;
        let mark = story.audit_mark().await;
        story.not_ready("web", "NameTaken").await;
        let key = format!("service {}/web", story.namespace);
        let before = story.looks.counts();
        // Five failures in a row: the back-off has doubled four times.
        story.looks.until(|now| now[&key] >= before[&key] + 5).await;
        let made = story.requests(&operator.user, mark).await;
        let tries = made.iter().filter(|r| r.resource == "services" && r.verb == "patch").count();
        let statuses = made.iter().filter(|r| r.resource == "ecsservices/status").count();
        assert!(tries <= 12 && statuses <= 4, "{tries} tries, {statuses} writes of status: {made:#?}");
    });
}
