//! The operator's own end: killed, stopped, started again.

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::{ControllerRevision, ReplicaSet};

use super::bed::{process, service, story, task_definition};

#[test]
fn an_operator_killed_in_the_middle_of_a_deployment_comes_to_the_same_end() {
    story("killed", async |story| {
        let mut operator = process::start(story);
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 4)).await;
        story.steady("web", "web:1", 4).await;
        story.apply(&task_definition("web", "kwok-late:2")).await;
        story
            .wait("web", "is in the middle", |s: &EcsService| {
                let status = s.status.clone().unwrap_or_default();
                status.deployments.len() == 2 && status.deployments[0].running_count > 0
            })
            .await;
        operator.kill().await;

        let _again = process::start(story);
        let status = story.steady("web", "web:2", 4).await.status.unwrap();
        assert_eq!(status.service_revision.as_deref(), Some("web.service-2"));
        let revisions = story.names::<ControllerRevision>().await;
        assert_eq!(revisions, ["web-1", "web-2", "web.service-1", "web.service-2"]);
        assert_eq!(story.list::<ReplicaSet>().await.len(), 2);
    });
}

#[test]
fn an_operator_that_dies_between_two_writes_is_taken_up_where_it_stopped() {
    story("between", async |story| {
        let operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.registered("web", "web:1").await;
        story.apply(&service("web", "web", 2)).await;
        story.wait("web.service-1", "is there", |_: &ControllerRevision| true).await;
        operator.die();

        // What changes while nobody looks is seen at the start.
        story.apply(&task_definition("web", "nginx:2")).await;
        let _again = story.operator().await;
        story.steady("web", "web:2", 2).await;
        let revisions = story.names::<ControllerRevision>().await;
        assert_eq!(revisions, ["web-1", "web-2", "web.service-1", "web.service-2"]);
    });
}

#[test]
fn sigterm_ends_the_operator_with_zero() {
    story("sigterm", async |story| {
        let mut operator = process::start(story);
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;
        assert_eq!(operator.terminate().await.code(), Some(0));
    });
}
