//! Families and their revisions, and what refers to them.

use ecs_crds::{EcsService, TaskDefinition};
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment};

use super::bed::{condition, reason, service, story, task_definition};

#[test]
fn a_then_b_then_a_is_revision_three_and_the_same_again_is_none() {
    story("aba", async |story| {
        let _operator = story.operator().await;
        for (image, registered) in [("nginx:a", "web:1"), ("nginx:b", "web:2"), ("nginx:a", "web:3")] {
            story.apply(&task_definition("web", image)).await;
            story.registered("web", registered).await;
        }
        // The same in other words: defaults written out, a null, an empty list.
        let mut same = task_definition("web", "nginx:a");
        same["spec"]["containerDefinitions"][0]["essential"] = true.into();
        same["spec"]["tags"] = serde_json::json!([]);
        same["spec"]["pidMode"] = serde_json::Value::Null;
        story.apply(&same).await;
        story.registered("web", "web:3").await;
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1", "web-2", "web-3"]);
    });
}

#[test]
fn a_task_definition_deleted_and_made_again_goes_on_with_the_numbers() {
    story("numbers", async |story| {
        let _operator = story.operator().await;
        for (image, registered) in [("nginx:1", "web:1"), ("nginx:2", "web:2"), ("nginx:3", "web:3")] {
            story.apply(&task_definition("web", image)).await;
            story.registered("web", registered).await;
        }
        story.delete::<TaskDefinition>("web").await;
        story.gone::<ControllerRevision>("web-1").await;
        story.gone::<ControllerRevision>("web-2").await;
        assert_eq!(story.names::<ControllerRevision>().await, ["web-3"], "the newest stays as the counter");
        story.apply(&task_definition("web", "nginx:4")).await;
        story.registered("web", "web:4").await;
    });
}

#[test]
fn a_service_names_the_task_definition_that_it_misses_and_starts_when_it_appears() {
    story("missing", async |story| {
        let _operator = story.operator().await;
        story.apply(&service("web", "shop", 2)).await;
        let waiting = story.not_ready("web", "TaskDefinitionNotFound").await.status.unwrap();
        let message = &waiting.conditions.iter().find(|c| c.type_ == "Ready").unwrap().message;
        assert!(message.contains("shop"), "{message}");
        assert_eq!(condition(&waiting.conditions, "Accepted"), "True", "the document itself is right");
        assert_eq!(story.names::<Deployment>().await, Vec::<String>::new());

        story.apply(&task_definition("shop", "nginx:1")).await;
        story.steady("web", "shop:1", 2).await;

        story.apply(&service("late", "shop:2", 1)).await;
        story.not_ready("late", "RevisionNotFound").await;
        story.apply(&task_definition("shop", "nginx:2")).await;
        story.steady("late", "shop:2", 1).await;
    });
}

#[test]
fn an_inactive_revision_goes_on_where_it_runs_and_starts_nothing_new() {
    story("inactive", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("old", "web:1", 1)).await;
        story.steady("old", "web:1", 1).await;
        story.delete::<TaskDefinition>("web").await;

        story.apply(&service("new", "web:1", 1)).await;
        let refused = story.not_ready("new", "RevisionInactive").await.status.unwrap();
        let message = &refused.conditions.iter().find(|c| c.type_ == "Ready").unwrap().message;
        assert!(message.contains("web:1"), "{message}");
        story.apply(&service("old", "web:1", 3)).await;
        story.steady("old", "web:1", 3).await;
        assert_eq!(story.names::<Deployment>().await, ["old"]);
    });
}

#[test]
fn the_older_of_two_task_definitions_has_the_family_and_the_younger_takes_over() {
    story("family", async |story| {
        let _operator = story.operator().await;
        let named = |name: &str, image: &str| {
            let mut document = task_definition("web", image);
            document["metadata"]["name"] = name.into();
            document
        };
        story.apply(&named("first", "nginx:1")).await;
        story.registered("first", "web:1").await;
        story.a_second_later().await;
        story.apply(&named("second", "nginx:2")).await;
        let younger = story
            .wait("second", "is refused", |t: &TaskDefinition| {
                condition(&t.status.clone().unwrap_or_default().conditions, "Accepted") == "False"
            })
            .await;
        assert_eq!(reason(&younger.status.unwrap().conditions, "Accepted"), "FamilyConflict");
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1"]);

        story.delete::<TaskDefinition>("first").await;
        story.registered("second", "web:2").await;
    });
}

#[test]
fn the_older_of_two_services_has_the_name_and_the_younger_takes_over() {
    story("name", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let named = |name: &str, tasks: i64| {
            let mut document = service("shop", "web", tasks);
            document["metadata"]["name"] = name.into();
            document
        };
        story.apply(&named("first", 1)).await;
        story.steady("first", "web:1", 1).await;
        story.a_second_later().await;
        story.apply(&named("second", 2)).await;
        let younger = story.not_ready("second", "ServiceNameConflict").await.status.unwrap();
        assert_eq!(reason(&younger.conditions, "Accepted"), "ServiceNameConflict");
        assert_eq!(story.get::<Deployment>("shop").await.spec.unwrap().replicas, Some(1));

        story.delete::<EcsService>("first").await;
        story.steady("second", "web:1", 2).await;
    });
}
