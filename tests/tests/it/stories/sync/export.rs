//! Objects of ours are made on an empty ECS cluster, and come back from there as they went.

use ecs_crds::{EcsService, ScheduledTask, TaskDefinition};
use serde_json::{Value, json};

use super::aws::{Emulator, Kind, writes};
use super::bed::{Bed, CANARY, definition};
use crate::stories::bed::{condition, story};

/// How many services there are
const SERVICES: usize = 12;

fn object(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "ecs-operator.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// Services that follow a family and services that pin a revision, and a schedule
async fn furnish(bed: &Bed<'_>) {
    let story = bed.story;
    for family in ["web", "api"] {
        story.apply(&object("TaskDefinition", family, &definition(family, "nginx:1"))).await;
        story.registered(family, &format!("{family}:1")).await;
    }
    for n in 0..SERVICES {
        let named = if n % 2 == 0 { "web" } else { "api:1" };
        let spec = json!({"taskDefinition": named, "desiredCount": 1, "propagateTags": "SERVICE",
            "tags": [{"key": "n", "value": n.to_string()}], "kubernetes": {"workload": "Hold"}});
        story.apply(&object("EcsService", &format!("service-{n}"), &spec)).await;
    }
    let schedule = json!({"scheduleExpression": "rate(5 minutes)", "roleArn": "arn:aws:iam::123456789012:role/events",
        "task": {"taskDefinition": "web:1", "count": 1}, "kubernetes": {"workload": "Hold"}});
    story.apply(&object("ScheduledTask", "nightly", &schedule)).await;
}

async fn exports(bed: &Bed<'_>) {
    let story = bed.story;
    let _operator = story.operator().await;
    furnish(bed).await;
    let sync = bed.sync().await;
    bed.settle().await;
    let status = bed.binding().await.status.unwrap();
    assert_eq!(condition(&status.conditions, "Ready"), "True", "{status:#?}");
    assert_eq!(status.counts.unwrap().agreed, i64::try_from(SERVICES + 3).unwrap(), "{status:#?}");
    for n in 0..SERVICES {
        let there = bed.described(&format!("service-{n}")).await;
        let named = if n % 2 == 0 { "web:1" } else { "api:1" };
        assert!(there["taskDefinition"].as_str().unwrap().ends_with(named), "{there}");
        assert_eq!(there["desiredCount"], 1);
        let tags = there["tags"].as_array().unwrap();
        let value = |key: &str| tags.iter().find(|tag| tag["key"] == key).map(|tag| tag["value"].clone());
        assert_eq!(value("n"), Some(n.to_string().into()));
        assert!(value("ecs-operator.dev/binding").is_some() && value("ecs-operator.dev/object-uid").is_some());
    }
    let there = bed.call("DescribeTaskDefinition", json!({"taskDefinition": "web"})).await;
    assert_eq!(there["taskDefinition"]["revision"], 1, "one registration for each revision");
    assert_eq!(there["taskDefinition"]["containerDefinitions"][0]["environment"][0]["value"], CANARY);

    bed.emulator.calls();
    for _ in 0..5 {
        bed.sweep().await;
    }
    let written: Vec<_> = bed.emulator.calls().into_iter().filter(|call| writes(&call.operation)).collect();
    assert!(written.is_empty(), "{written:?}");
    sync.stop().await;
    comes_back(bed).await;
}

/// What was exported is imported into another namespace, and says the same
async fn comes_back(bed: &Bed<'_>) {
    let here = (bed.story.list::<TaskDefinition>().await, bed.story.list::<EcsService>().await);
    let schedules = bed.story.list::<ScheduledTask>().await;
    // The same namespace, empty: the binding is new, so nothing of it is remembered
    bed.end().await;
    for service in &here.1 {
        bed.story.delete::<EcsService>(service.metadata.name.as_deref().unwrap()).await;
    }
    for definition in &here.0 {
        bed.story.delete::<TaskDefinition>(definition.metadata.name.as_deref().unwrap()).await;
    }
    bed.story.delete::<ScheduledTask>("nightly").await;
    bed.bind(&json!({"mode": "Import"})).await;
    let sync = bed.sync().await;
    bed.settle().await;
    for before in &here.1 {
        let name = before.metadata.name.as_deref().unwrap();
        let after = bed.story.get::<EcsService>(name).await;
        let form = |service: &EcsService| {
            let mut form = ecs_core::wire::canonical::service(&service.spec);
            let members = form.as_object_mut().unwrap();
            // What follows a family runs a number of it there; the rest is the emulators' own choice for what was left open
            for open in ["taskDefinition", "kubernetes", "launchType", "cluster", "availabilityZoneRebalancing"] {
                members.remove(open);
            }
            members.entry("serviceName").or_insert(name.into());
            form
        };
        assert_eq!(form(&after), form(before), "{name}");
    }
    for before in &here.0 {
        let after = bed.story.get::<TaskDefinition>(before.metadata.name.as_deref().unwrap()).await;
        let form = |definition: &TaskDefinition| ecs_core::wire::canonical::task_definition(&definition.spec);
        assert_eq!(form(&after), form(before));
    }
    let after = bed.story.get::<ScheduledTask>("nightly").await;
    assert_eq!(after.spec.schedule_expression, schedules[0].spec.schedule_expression);
    sync.stop().await;
}

#[test]
fn objects_are_made_on_an_empty_cluster_and_come_back_as_they_went() {
    for kind in [Kind::Moto, Kind::Ministack] {
        story("export", async |story| {
            let emulator = Emulator::start(kind).await;
            let bed = Bed::new(story, &emulator, &json!({"mode": "Export"})).await;
            exports(&bed).await;
            bed.end().await;
        });
    }
}
