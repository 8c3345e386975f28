//! EcsCluster on the API server: what it refuses, what it fills in, and what two field managers do to one status.

use ecs_crds::{EcsCluster, EcsService, ScheduledTask, SyncMode, SyncResource};
use ecs_operator::Options;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::CronJob;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::bed::{
    Story, condition, operator_options, own_cluster, reason, schedule, service, story, story_on, task_definition,
};

/// An EcsCluster for the story's namespace, which has its name too
fn document(story: &Story, spec: &Value) -> Value {
    let mut whole = json!({"region": "eu-central-1", "cluster": "shop", "namespace": story.namespace});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let api_version = format!("{}/{}", ecs_crds::GROUP, ecs_crds::VERSION);
    json!({"apiVersion": api_version, "kind": "EcsCluster", "metadata": {"name": story.namespace}, "spec": whole})
}

async fn apply(story: &Story, spec: &Value) -> Result<EcsCluster, String> {
    let api: Api<EcsCluster> = Api::all(story.client.clone());
    let (params, patch) = (PatchParams::apply("author").force(), Patch::Apply(document(story, spec)));
    api.patch(&story.namespace, &params, &patch).await.map_err(|error| error.to_string())
}

#[test]
fn a_binding_is_careful_by_default_and_keeps_its_namespace() {
    story("binding", async |story| {
        let cluster = apply(story, &json!({})).await.unwrap();
        assert_eq!(cluster.spec.sync.mode, SyncMode::Observe);
        assert_eq!((cluster.spec.sync.period.as_str(), cluster.spec.sync.resources.len()), ("5m", 4));
        let sync =
            json!({"mode": "TwoWay", "period": "1m30s", "resources": ["Services"], "breaker": {"maxPercent": 5}});
        let cluster = apply(story, &json!({"sync": sync})).await.unwrap();
        assert_eq!(cluster.spec.sync.resources, [SyncResource::Services]);
        assert_eq!((cluster.spec.sync.breaker.max_deletions, cluster.spec.sync.breaker.max_percent), (5, 5));
        for (spec, says) in [
            (json!({"namespace": "elsewhere"}), "the namespace cannot be changed"),
            (json!({"sync": {"period": "4s"}}), "at least 5s"),
            (json!({"sync": {"period": "soon"}}), "Go duration"),
            (json!({"sync": {"mode": "Mirror"}}), "Unsupported value"),
            (json!({"roleArn": "admin"}), "roleArn"),
            (json!({"cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/shop"}), "cluster"),
        ] {
            let refused = apply(story, &spec).await.unwrap_err();
            assert!(refused.contains(says), "{spec}: {refused}");
        }
        let api: Api<EcsCluster> = Api::all(story.client.clone());
        api.delete(&story.namespace, &DeleteParams::background()).await.unwrap();
    });
}

#[test]
fn what_the_sync_writes_into_a_status_stays_and_costs_the_operator_no_write() {
    story("shared-status", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 1)).await;
        let settled = story.steady("web", "web:1", 1).await;
        let api_version = format!("{}/{}", ecs_crds::GROUP, ecs_crds::VERSION);
        let condition = json!({"type": "Synced", "status": "True", "reason": "Agreed", "message": "both sides say the same",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let status = json!({"apiVersion": api_version, "kind": "EcsService", "metadata": {"name": "web"},
            "status": {"aws": {"base": {"/desiredCount": 1}}, "conditions": [condition]}});
        let api: Api<EcsService> = story.api();
        let params = PatchParams::apply("ecs-operator-sync").force();
        let written = api.patch_status("web", &params, &Patch::Apply(&status)).await.unwrap();
        // A change that makes the operator look and write: both managers' parts are there afterwards.
        story.edit::<EcsService>("web", &json!({"spec": {"desiredCount": 2}})).await;
        let after = story.steady("web", "web:1", 2).await;
        let status = after.status.unwrap();
        assert_eq!(status.aws, written.status.unwrap().aws);
        assert_eq!(super::bed::condition(&status.conditions, "Synced"), "True");
        assert_eq!(super::bed::condition(&status.conditions, "Ready"), "True");
        assert!(settled.status.unwrap().aws.is_none());
    });
}

#[test]
fn what_was_imported_acts_here_only_when_the_cluster_or_the_object_says_run() {
    // An operator of the whole cluster: nobody else may be there
    story_on(own_cluster("hold"), "hold", async |story| {
        apply(story, &json!({})).await.unwrap();
        let _operator = story.operator_with(Options { namespace: None, ..operator_options(story) }).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let imported = |mut document: Value| {
            document["metadata"]["annotations"] = json!({"ecs-operator.dev/imported": "1"});
            document
        };
        for document in [
            imported(schedule("nightly", "web", "cron(0 3 * * ? *)")),
            imported(schedule("lifted", "web", "cron(0 3 * * ? *)")),
            imported(service("web", "web", 1)),
            schedule("own", "web", "cron(0 3 * * ? *)"),
            service("mine", "web", 1),
        ] {
            story.apply(&document).await;
        }
        story.edit::<ScheduledTask>("lifted", &json!({"spec": {"kubernetes": {"workload": "Run"}}})).await;
        for name in ["own", "lifted"] {
            story.wait(name, "has its CronJob", |_: &CronJob| true).await;
        }
        story.steady("mine", "web:1", 1).await;
        let held = |s: &ScheduledTask| {
            let conditions = s.status.clone().unwrap_or_default().conditions;
            let why = conditions.iter().find(|c| c.type_ == "Ready").map(|c| c.message.clone()).unwrap_or_default();
            reason(&conditions, "Ready") == "Held" && why.contains(&format!("EcsCluster `{}`", story.namespace))
        };
        story.wait("nightly", "is held by its EcsCluster", held).await;
        story.not_ready("web", "Held").await;
        let suspended = |job: &CronJob| job.spec.suspend == Some(true);
        assert!(suspended(&story.get::<CronJob>("nightly").await) && !suspended(&story.get::<CronJob>("own").await));
        assert_eq!(story.get::<Deployment>("web").await.spec.unwrap().replicas, Some(0));

        apply(story, &json!({"sync": {"schedules": "Run"}})).await.unwrap();
        story.wait("nightly", "has a CronJob that fires", |job: &CronJob| !suspended(job)).await;
        let status = story.get::<EcsService>("web").await.status.unwrap();
        assert_eq!(condition(&status.conditions, "Ready"), "False", "services are still held");
        apply(story, &json!({"sync": {"workloads": "Run"}})).await.unwrap();
        story.steady("web", "web:1", 1).await;
        story.wait("nightly", "is held again", held).await;
        story.wait("nightly", "has a CronJob that fires no more", suspended).await;
    });
}
