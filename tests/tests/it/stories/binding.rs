//! EcsCluster on the API server: what it refuses, what it fills in, and what two field managers do to one status.

use ecs_crds::{EcsCluster, EcsService, SyncMode, SyncResource};
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::bed::{Story, service, story, task_definition};

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
