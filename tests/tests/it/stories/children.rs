//! Our own objects under other people's hands.

use std::time::Duration;

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment};
use k8s_openapi::api::core::v1::{Service, ServiceAccount};
use kube::ResourceExt as _;
use kube::api::DeleteParams;
use serde_json::json;

use super::bed::{Object, Request, Story, operator_options, service, story, task_definition};

/// Deletes a child and awaits the one that takes its place
async fn restored<K: Object>(story: &Story, name: &str) {
    let before = story.get::<K>(name).await.uid();
    story.api::<K>().delete(name, &DeleteParams::background()).await.unwrap();
    story
        .wait(name, "is there again", |child: &K| child.uid() != before && child.meta().deletion_timestamp.is_none())
        .await;
}

#[test]
fn a_child_that_is_deleted_by_hand_is_restored() {
    story("deleted-child", async |story| {
        let _operator = story.operator().await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["taskRoleArn"] = "arn:aws:iam::123456789012:role/web".into();
        story.apply(&definition).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        let role = story.names::<ServiceAccount>().await.into_iter().find(|a| a != "default").unwrap();

        restored::<Deployment>(story, "web").await;
        restored::<Service>(story, "web").await;
        restored::<ServiceAccount>(story, &role).await;
        restored::<ControllerRevision>(story, "web.service-1").await;
        restored::<ControllerRevision>(story, "web-1").await;
        let steady = story.steady("web", "web:1", 2).await.status.unwrap();
        assert_eq!(steady.service_revision.as_deref(), Some("web.service-1"), "none of it was a deployment");
    });
}

#[test]
fn a_child_that_is_edited_by_hand_is_restored_and_what_is_not_ours_stays() {
    story("edited-child", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;

        let theirs = json!({
            "metadata": {"labels": {"team": "shop"}, "annotations": {"note": "keep"}},
            "spec": {"replicas": 5, "template": {"metadata": {"annotations": {"injected": "yes"}}}},
        });
        story.edit::<Deployment>("web", &theirs).await;
        let deployment = story
            .wait("web", "has its count again", |d: &Deployment| d.spec.as_ref().unwrap().replicas == Some(2))
            .await;
        assert_eq!(deployment.labels().get("team").map(String::as_str), Some("shop"));
        assert_eq!(deployment.annotations().get("note").map(String::as_str), Some("keep"));
        let template = deployment.spec.unwrap().template.metadata.unwrap().annotations.unwrap();
        assert_eq!(template.get("injected").map(String::as_str), Some("yes"));

        let image = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "evil:1"}]);
        let patch = kube::api::Patch::Json::<()>(serde_json::from_value(image).unwrap());
        story.api::<Deployment>().patch("web", &kube::api::PatchParams::default(), &patch).await.unwrap();
        story
            .wait("web", "has its image again", |d: &Deployment| {
                let template = d.spec.as_ref().unwrap().template.spec.as_ref().unwrap();
                template.containers[0].image.as_deref() == Some("nginx:1")
            })
            .await;

        story.edit::<Service>("web", &json!({"spec": {"selector": {"ecs-operator.dev/service": "other"}}})).await;
        story
            .wait("web", "has its selector again", |s: &Service| {
                let selector = s.spec.as_ref().unwrap().selector.clone().unwrap_or_default();
                selector.get("ecs-operator.dev/service").map(String::as_str) == Some("web")
            })
            .await;
        story.edit::<Deployment>("web", &json!({"metadata": {"labels": {"ecs-operator.dev/service": null}}})).await;
        story
            .wait("web", "has its label again", |d: &Deployment| d.labels().contains_key("ecs-operator.dev/service"))
            .await;
        story.steady("web", "web:1", 2).await;
    });
}

#[test]
fn a_role_shared_by_two_services_goes_with_the_last_of_them() {
    story("shared-role", async |story| {
        let options = ecs_operator::Options { resync: Duration::from_millis(300), ..operator_options(story) };
        let operator = story.operator_with(options).await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["taskRoleArn"] = "arn:aws:iam::123456789012:role/web".into();
        story.apply(&definition).await;
        for name in ["one", "two"] {
            story.apply(&service(name, "web", 1)).await;
        }
        for name in ["one", "two"] {
            story.steady(name, "web:1", 1).await;
        }
        let role = story.names::<ServiceAccount>().await.into_iter().find(|a| a != "default").unwrap();
        let owners = async || story.get::<ServiceAccount>(&role).await.owner_references().len();
        assert_eq!(owners().await, 2);
        // Each finds its wish in what the other has written.
        let (mark, before) = (story.audit_mark().await, story.looks.counts());
        story.looks.until(|now| before.keys().all(|key| now[key] >= before[key] + 3)).await;
        assert_eq!(story.requests(&operator.user, mark).await, Vec::<Request>::new());

        story.delete::<EcsService>("one").await;
        story.gone::<Deployment>("one").await;
        story.wait(&role, "has one owner left", |a: &ServiceAccount| a.owner_references().len() == 1).await;
        story.steady("two", "web:1", 1).await;
        story.delete::<EcsService>("two").await;
        story.gone::<ServiceAccount>(&role).await;
    });
}

#[test]
fn a_role_that_a_new_revision_no_longer_has_is_given_up() {
    story("given-up-role", async |story| {
        let _operator = story.operator().await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["taskRoleArn"] = "arn:aws:iam::123456789012:role/web".into();
        story.apply(&definition).await;
        story.apply(&service("moves", "web", 1)).await;
        story.apply(&service("stays", "web:1", 1)).await;
        story.steady("moves", "web:1", 1).await;
        story.steady("stays", "web:1", 1).await;
        let role = story.names::<ServiceAccount>().await.into_iter().find(|a| a != "default").unwrap();
        story.apply(&task_definition("web", "kwok-late:2")).await;
        let both = |s: &EcsService| s.status.as_ref().is_some_and(|s| s.deployments.len() == 2);
        story.wait("moves", "runs tasks of both revisions", both).await;
        let owners = story.get::<ServiceAccount>(&role).await.owner_references().len();
        assert_eq!(owners, 2, "the old tasks keep their identity until they are gone");
        story.steady("moves", "web:2", 1).await;
        let template = story.get::<Deployment>("moves").await.spec.unwrap().template.spec.unwrap();
        assert_eq!((template.service_account_name, template.service_account), (None, None));
        story.wait(&role, "has one owner left", |a: &ServiceAccount| a.owner_references().len() == 1).await;
        story.steady("stays", "web:1", 1).await;
        story.apply(&service("stays", "web:2", 1)).await;
        story.steady("stays", "web:2", 1).await;
        story.gone::<ServiceAccount>(&role).await;
    });
}

#[test]
fn a_child_that_something_keeps_changing_back_is_written_with_restraint_and_the_status_says_so() {
    story("contested", async |story| {
        let operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        let mark = story.audit_mark().await;
        let meddling = async {
            loop {
                let restored = |d: &Deployment| d.spec.as_ref().is_some_and(|s| s.replicas == Some(1));
                story.wait("web", "has one replica", restored).await;
                story.edit::<Deployment>("web", &json!({"spec": {"replicas": 2}})).await;
            }
        };
        let says = |s: &EcsService| {
            s.status.as_ref().is_some_and(|s| super::bed::reason(&s.conditions, "Ready") == "Contested")
        };
        tokio::select! {
            () = meddling => {}
            _ = story.wait("web", "is contested", says) => {}
        }
        let requests = story.requests(&operator.user, mark).await;
        let writes = requests.iter().filter(|r| r.resource == "deployments" && r.verb == "patch").count();
        assert!((4..=5).contains(&writes), "at once, then after 1, 2 and 4 s: {writes}");
    });
}
