//! A cluster of sixty services becomes objects, stays as it is, and costs no more than looking.

use std::collections::BTreeMap;

use ecs_crds::{EcsService, ScheduledTask, TaskDefinition};
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::aws::{Emulator, Kind, writes};
use super::bed::{Bed, CANARY, definition};
use crate::stories::bed::{condition, reason, story};

/// How many services the cluster has
const SERVICES: usize = 60;
/// How many families
const FAMILIES: usize = 12;

/// A cluster with services of two revisions each, schedules, a rule, and scaling where the emulator has it
async fn furnish(bed: &Bed<'_>) {
    for family in 0..FAMILIES {
        for image in ["nginx:1", "nginx:2"] {
            bed.call("RegisterTaskDefinition", definition(&format!("family-{family}"), image)).await;
        }
    }
    for n in 0..SERVICES {
        let (family, revision) = (n % FAMILIES, 1 + n % 2);
        let service = json!({"cluster": "shop", "serviceName": format!("service-{n}"), "desiredCount": 1,
            "taskDefinition": format!("family-{family}:{revision}"), "tags": [{"key": "n", "value": n.to_string()}]});
        bed.call("CreateService", service).await;
    }
    let cluster = bed.call("DescribeClusters", json!({"clusters": ["shop"]})).await;
    let cluster = cluster["clusters"][0]["clusterArn"].as_str().unwrap().to_owned();
    let task = cluster.replace("cluster/shop", "task-definition/family-0:1");
    let target = json!({"Arn": cluster, "RoleArn": "arn:aws:iam::123456789012:role/events",
        "EcsParameters": {"TaskDefinitionArn": task, "TaskCount": 1}});
    for n in 0..3 {
        let schedule = json!({"Name": format!("nightly-{n}"), "GroupName": "default", "ScheduleExpression": "rate(5 minutes)",
            "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target});
        bed.call("CreateSchedule", schedule).await;
    }
    bed.call("PutRule", json!({"Name": "hourly", "ScheduleExpression": "rate(1 hour)"})).await;
    let mut target = target;
    target["Id"] = "ecs".into();
    bed.call("PutTargets", json!({"Rule": "hourly", "Targets": [target]})).await;
    if bed.emulator.kind == Kind::Moto {
        scale(bed).await;
    }
}

async fn scale(bed: &Bed<'_>) {
    for n in 0..2 {
        let of = json!({"ServiceNamespace": "ecs", "ResourceId": format!("service/shop/service-{n}"),
            "ScalableDimension": "ecs:service:DesiredCount"});
        let with = |more: Value| {
            let mut all = of.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        bed.call("RegisterScalableTarget", with(json!({"MinCapacity": 1, "MaxCapacity": 4}))).await;
        let tracking = json!({"TargetValue": 50.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}});
        let policy = json!({"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking});
        bed.call("PutScalingPolicy", with(policy)).await;
    }
}

fn counted(bed: &Bed<'_>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for call in bed.emulator.calls() {
        *counted.entry(call.operation).or_default() += 1;
    }
    counted
}

async fn imports(bed: &Bed<'_>) {
    let story = bed.story;
    furnish(bed).await;
    bed.emulator.calls();
    let operator = story.operator().await;
    let sync = bed.sync().await;
    bed.settle().await;

    let status = bed.binding().await.status.unwrap();
    assert_eq!(condition(&status.conditions, "Ready"), "True", "{status:#?}");
    let (services, definitions, schedules) =
        (story.list::<EcsService>().await, story.list::<TaskDefinition>().await, story.list::<ScheduledTask>().await);
    assert_eq!((services.len(), definitions.len(), schedules.len()), (SERVICES, FAMILIES, 4));
    assert_eq!(status.counts.unwrap().agreed, i64::try_from(SERVICES + FAMILIES + 4).unwrap());
    for service in &services {
        let n: usize = service.name_any().trim_start_matches("service-").parse().unwrap();
        let named = format!("family-{}:{}", n % FAMILIES, 1 + n % 2);
        assert_eq!(
            service.spec.task_definition.as_deref(),
            Some(named.as_str()),
            "its number on ECS is its number here"
        );
        let conditions = &service.status.as_ref().unwrap().conditions;
        assert_eq!((condition(conditions, "Synced"), reason(conditions, "Synced")), ("True", "Agreed"), "{n}");
        let scaled = service.spec.auto_scaling.is_some();
        assert_eq!(scaled, bed.emulator.kind == Kind::Moto && n < 2, "service-{n}");
    }
    assert!(
        schedules.iter().all(|s| s.metadata.annotations.as_ref().unwrap().contains_key("ecs-operator.dev/imported"))
    );

    sync.stop().await;
    let sync = bed.sync().await;
    bed.swept_once_more().await;
    quiet(bed).await;
    secretless(bed).await;
    // What is held starts nothing, until somebody lifts it
    story.edit::<EcsService>("service-7", &json!({"spec": {"kubernetes": {"workload": "Run"}}})).await;
    story.steady("service-7", "family-7:2", 1).await;
    let pods = story.list::<k8s_openapi::api::core::v1::Pod>().await;
    assert_eq!(pods.len(), 1, "{:?}", pods.iter().map(kube::ResourceExt::name_any).collect::<Vec<_>>());
    sync.stop().await;
    operator.stop().await;
}

/// Thirty sweeps of two sides that say the same: nothing is written, and what is described is described ten at a time
async fn quiet(bed: &Bed<'_>) {
    let before = bed.binding().await;
    counted(bed);
    for _ in 0..30 {
        bed.sweep_once().await;
    }
    let calls = counted(bed);
    println!("30 quiet sweeps of {SERVICES} services: {calls:?}");
    let written: Vec<_> = calls.keys().filter(|operation| writes(operation)).collect();
    assert_eq!(written, Vec::<&String>::new());
    assert_eq!(calls["DescribeServices"], 30 * SERVICES.div_ceil(10));
    for (operation, once) in [
        ("DescribeClusters", 1),
        ("ListServices", 1),
        ("ListTaskDefinitions", 1),
        ("ListSchedules", 1),
        ("ListRuleNamesByTarget", 1),
        ("DescribeRule", 1),
        ("ListTargetsByRule", 1),
    ] {
        assert_eq!(calls[operation], 30 * once, "{operation}");
    }
    assert_eq!((calls.get("DescribeTaskDefinition"), calls.get("GetSchedule")), (None, None));
    assert_eq!(bed.binding().await.status, before.status);
}

/// Nothing that a status or an event says holds a value of an environment
async fn secretless(bed: &Bed<'_>) {
    let story = bed.story;
    let mut said = serde_json::to_string(&bed.binding().await.status).unwrap();
    for service in story.list::<EcsService>().await {
        said += &serde_json::to_string(&service.status).unwrap();
    }
    for definition in story.list::<TaskDefinition>().await {
        said += &serde_json::to_string(&definition.status).unwrap();
        assert!(serde_json::to_string(&definition.spec).unwrap().contains(CANARY), "the spec has it, as on ECS");
    }
    for event in story.list::<k8s_openapi::api::core::v1::Event>().await {
        said += &serde_json::to_string(&event).unwrap();
    }
    for canary in [CANARY, "canary-of-the-key"] {
        assert!(!said.contains(canary), "{canary} is said");
    }
}

#[test]
fn a_cluster_of_sixty_services_is_imported_held_and_then_left_alone() {
    for kind in [Kind::Moto, Kind::Ministack] {
        story("import", async |story| {
            let emulator = Emulator::start(kind).await;
            let bed = Bed::new(story, &emulator, &json!({"mode": "Import"})).await;
            imports(&bed).await;
            bed.end().await;
        });
    }
}
