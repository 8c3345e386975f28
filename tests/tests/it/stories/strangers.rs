//! Objects that are not ours, under names that our children need.

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Service, ServiceAccount};
use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::bed::{Object, Story, condition, service, story, task_definition};

const ROLE: &str = "arn:aws:iam::123456789012:role/web";

/// A task definition whose service needs a Deployment, a Service and a ServiceAccount
fn with_role() -> Value {
    let mut definition = task_definition("web", "nginx:1");
    definition["spec"]["taskRoleArn"] = ROLE.into();
    definition
}

/// A stranger's object stands in the way: it stays as it is, status says so, and the service starts when it is gone
async fn in_the_way<K: Object>(story: &Story, stranger: &Value) {
    let operator = story.operator().await;
    let mark = story.audit_mark().await;
    story.apply(stranger).await;
    let name = stranger["metadata"]["name"].as_str().unwrap();
    story.apply(&with_role()).await;
    story.apply(&service("web", "web", 1)).await;
    let refused = story.not_ready("web", "NameTaken").await.status.unwrap();
    assert_eq!(condition(&refused.conditions, "Stalled"), "True");
    assert_eq!(condition(&refused.conditions, "Accepted"), "True");
    let message = &refused.conditions.iter().find(|c| c.type_ == "Ready").unwrap().message;
    assert!(message.contains(&format!("{} `{name}`", K::kind(&()))), "{message}");

    // The service and its deletion pass by; the stranger's object is as its author left it.
    story.delete::<EcsService>("web").await;
    let there = story.get::<K>(name).await;
    let authors: Vec<_> = there.managed_fields().iter().filter_map(|f| f.manager.as_deref()).collect();
    assert!(!authors.iter().any(|a| a.starts_with("ecs-operator")), "{authors:?}");
    let plural = K::plural(&());
    let asked = story.requests(&operator.user, mark).await;
    let writes: Vec<_> =
        asked.iter().filter(|r| r.resource == plural && r.name == name && r.verb != "get").map(|r| r.code).collect();
    assert!(!writes.is_empty() && writes.iter().all(|code| *code == 409), "{writes:?}");

    // Another service of that name waits, and starts when the stranger goes.
    story.apply(&service("web", "web", 1)).await;
    story.not_ready("web", "NameTaken").await;
    story.delete::<K>(name).await;
    story.steady("web", "web:1", 1).await;
}

#[test]
fn a_strangers_deployment_is_never_touched() {
    story("stranger-deployment", async |story| {
        let labels = json!({"app": "theirs"});
        let stranger = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels}, "spec": {"containers": [{"name": "theirs", "image": "theirs"}]},
            }},
        });
        in_the_way::<Deployment>(story, &stranger).await;
    });
}

#[test]
fn a_strangers_service_is_never_touched() {
    story("stranger-service", async |story| {
        let stranger = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 9}]},
        });
        in_the_way::<Service>(story, &stranger).await;
    });
}

#[test]
fn a_strangers_service_account_is_never_touched() {
    story("stranger-account", async |story| {
        // The name that the role's ServiceAccount has is learnt from a service that gets it.
        let operator = story.operator().await;
        story.apply(&with_role()).await;
        story.apply(&service("probe", "web", 0)).await;
        story.steady("probe", "web:1", 0).await;
        let name = story.names::<ServiceAccount>().await.into_iter().find(|a| a != "default").unwrap();
        story.delete::<EcsService>("probe").await;
        story.gone::<ServiceAccount>(&name).await;
        operator.stop().await;

        let stranger = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
        in_the_way::<ServiceAccount>(story, &stranger).await;
    });
}
