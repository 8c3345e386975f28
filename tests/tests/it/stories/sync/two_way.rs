//! Two people, one at each side: what each does arrives at the other, once, and nothing else happens.

use ecs_crds::{EcsService, TaskDefinition};
use serde_json::{Value, json};

use super::aws::{Emulator, Kind, writes};
use super::bed::{Bed, definition};
use crate::stories::bed::{condition, reason, story};

/// A service of a family, made with the console and imported
async fn begin(bed: &Bed<'_>) {
    bed.call("RegisterTaskDefinition", definition("web", "nginx:1")).await;
    for name in ["web", "api", "old"] {
        let service = json!({"cluster": "shop", "serviceName": name, "taskDefinition": "web:1", "desiredCount": 1,
            "tags": [{"key": "team", "value": "a"}]});
        bed.call("CreateService", service).await;
    }
    bed.settle().await;
}

async fn update(bed: &Bed<'_>, name: &str, change: &Value) {
    let mut input = json!({"cluster": "shop", "service": name});
    input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    bed.call("UpdateService", input).await;
}

async fn spec(bed: &Bed<'_>, name: &str) -> Value {
    serde_json::to_value(bed.story.get::<EcsService>(name).await.spec).unwrap()
}

/// The operations that wrote since this was asked last
fn written(bed: &Bed<'_>) -> Vec<String> {
    bed.emulator.calls().into_iter().map(|call| call.operation).filter(|operation| writes(operation)).collect()
}

async fn edits_arrive(bed: &Bed<'_>) {
    let story = bed.story;
    story.edit::<EcsService>("web", &json!({"spec": {"desiredCount": 3}})).await;
    bed.settle().await;
    assert_eq!(bed.described("web").await["desiredCount"], 3, "an edit here");
    update(bed, "web", &json!({"desiredCount": 5})).await;
    bed.settle().await;
    assert_eq!(spec(bed, "web").await["desiredCount"], 5, "an edit there");
    let managed = story.get::<EcsService>("web").await.metadata.managed_fields.unwrap();
    let importer = managed.iter().rfind(|entry| entry.manager.as_deref() == Some("ecs-operator-import")).unwrap();
    assert!(format!("{:?}", importer.fields_v1).contains("f:desiredCount"), "{importer:?}");

    bed.call("RegisterTaskDefinition", definition("web", "nginx:2")).await;
    update(bed, "web", &json!({"taskDefinition": "web:2"})).await;
    bed.settle().await;
    let family = story.registered("web", "web:2").await;
    let revised = serde_json::to_value(&family.spec).unwrap();
    assert_eq!(revised["containerDefinitions"][0]["image"], "nginx:2", "a revision there");
    assert_eq!(spec(bed, "web").await["taskDefinition"], "web:2");

    let containers = definition("web", "nginx:3")["containerDefinitions"].clone();
    story.edit::<TaskDefinition>("web", &json!({"spec": {"containerDefinitions": containers}})).await;
    story.registered("web", "web:3").await;
    story.edit::<EcsService>("web", &json!({"spec": {"taskDefinition": "web:3"}})).await;
    bed.settle().await;
    assert!(bed.described("web").await["taskDefinition"].as_str().unwrap().ends_with("web:3"), "a revision here");
    let newest = bed.call("DescribeTaskDefinition", json!({"taskDefinition": "web"})).await;
    assert_eq!(newest["taskDefinition"]["revision"], 3, "registered once");
}

async fn tags_cost_no_deployment(bed: &Bed<'_>) {
    written(bed);
    let tags = json!([{"key": "team", "value": "b"}]);
    bed.story.edit::<EcsService>("web", &json!({"spec": {"tags": tags}})).await;
    bed.emulator.calls();
    bed.sweep().await;
    assert_eq!(written(bed), ["TagResource"]);
    bed.settle().await;
}

async fn conflicts_wait_for_a_person(bed: &Bed<'_>) {
    let story = bed.story;
    bed.rebind(&json!({"spec": {"sync": {"paused": true}}})).await;
    bed.sweep().await;
    bed.sweep().await;
    story.edit::<EcsService>("web", &json!({"spec": {"desiredCount": 7}})).await;
    update(bed, "web", &json!({"desiredCount": 8})).await;
    bed.rebind(&json!({"spec": {"sync": {"paused": false}}})).await;
    bed.sweep().await;
    bed.sweep().await;
    let web = story.get::<EcsService>("web").await.status.unwrap();
    assert_eq!((condition(&web.conditions, "Synced"), reason(&web.conditions, "Synced")), ("False", "Conflict"));
    let conflicts = web.aws.unwrap().conflicts;
    assert_eq!((conflicts[0].kubernetes.clone(), conflicts[0].ecs.clone()), (Some(json!(7)), Some(json!(8))));
    assert_eq!(
        (spec(bed, "web").await["desiredCount"].clone(), bed.described("web").await["desiredCount"].clone()),
        (json!(7), json!(8))
    );
    assert!(bed.binding().await.status.unwrap().conflicts[0].starts_with("EcsService/web"));
    story.edit::<EcsService>("web", &json!({"spec": {"desiredCount": 8}})).await;
    bed.settle().await;
    let web = story.get::<EcsService>("web").await.status.unwrap();
    assert_eq!(reason(&web.conditions, "Synced"), "Agreed", "both say the same now");
}

async fn deletions_follow_the_policy(bed: &Bed<'_>) {
    let story = bed.story;
    story.delete::<EcsService>("old").await;
    bed.settle().await;
    let status = bed.binding().await.status.unwrap();
    assert_eq!(status.tombstones.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["EcsService/old"]);
    assert_eq!(bed.described("old").await["status"], "ACTIVE");
    bed.sweep().await;
    assert!(story.names::<EcsService>().await.iter().all(|name| name != "old"), "what was deleted stays away");

    bed.rebind(&json!({"spec": {"sync": {"deletionPolicy": "Delete"}}})).await;
    bed.settle().await;
    assert_eq!(bed.described("old").await["status"], "ACTIVE", "a policy that is changed later digs nothing up");
    story.delete::<EcsService>("api").await;
    bed.settle().await;
    assert_ne!(bed.described("api").await["status"], "ACTIVE", "deleted here, deleted there");
}

async fn the_breaker_asks_a_person(bed: &Bed<'_>) {
    let story = bed.story;
    for n in 0..3 {
        let service =
            json!({"cluster": "shop", "serviceName": format!("s{n}"), "taskDefinition": "web:3", "desiredCount": 0});
        bed.call("CreateService", service).await;
    }
    bed.settle().await;
    bed.rebind(&json!({"spec": {"sync": {"breaker": {"maxDeletions": 1, "maxPercent": 0}}}})).await;
    for n in 0..3 {
        bed.call("DeleteService", json!({"cluster": "shop", "service": format!("s{n}"), "force": true})).await;
    }
    for _ in 0..4 {
        bed.sweep().await;
        bed.pass(61);
    }
    let status = bed.binding().await.status.unwrap();
    assert_eq!(reason(&status.conditions, "Ready"), "BreakerOpen", "{status:#?}");
    assert_eq!(story.names::<EcsService>().await.iter().filter(|name| name.starts_with('s')).count(), 3);
    let token = status.breaker.unwrap().token;
    bed.rebind(&json!({"metadata": {"annotations": {"ecs-operator.dev/confirm-deletions": token}}})).await;
    bed.settle().await;
    assert_eq!(story.names::<EcsService>().await, ["web"]);
    assert_eq!(reason(&bed.binding().await.status.unwrap().conditions, "Ready"), "Agreed");
}

#[test]
fn what_each_side_does_arrives_at_the_other() {
    for kind in [Kind::Moto, Kind::Ministack] {
        story("two-way", async |story| {
            let emulator = Emulator::start(kind).await;
            let bed = Bed::new(story, &emulator, &json!({"mode": "TwoWay"})).await;
            let _operator = story.operator().await;
            let sync = bed.sync().await;
            begin(&bed).await;
            edits_arrive(&bed).await;
            tags_cost_no_deployment(&bed).await;
            conflicts_wait_for_a_person(&bed).await;
            deletions_follow_the_policy(&bed).await;
            the_breaker_asks_a_person(&bed).await;
            sync.stop().await;
            bed.end().await;
        });
    }
}
