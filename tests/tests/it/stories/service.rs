//! A service from its first task to its last.

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Event, Pod, Service, ServiceAccount};

use super::bed::{condition, reason, service, story, task_definition};

#[test]
fn a_service_runs_its_tasks_and_status_tells_the_truth() {
    story("steady", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 3)).await;
        let found = story.steady("web", "web:1", 3).await;
        let status = found.status.unwrap();

        assert_eq!(status.desired_count, Some(3));
        assert_eq!(status.service_revision.as_deref(), Some("web.service-1"));
        assert_eq!(status.selector.as_deref(), Some("ecs-operator.dev/service=web"));
        assert_eq!(status.deployments.len(), 1, "{:?}", status.deployments);
        let primary = &status.deployments[0];
        assert_eq!((primary.id.as_str(), primary.status.as_str()), ("ecs-svc/1", "PRIMARY"));
        assert_eq!((primary.task_definition.as_str(), primary.rollout_state.as_str()), ("web:1", "COMPLETED"));
        assert_eq!((primary.desired_count, primary.running_count, primary.pending_count), (3, 3, 0));
        assert_eq!(condition(&status.conditions, "Accepted"), "True");
        assert_eq!(reason(&status.conditions, "Ready"), "SteadyState");
        assert_eq!(condition(&status.conditions, "Reconciling"), "", "absent when steady");
        let said: Vec<_> = status.events.iter().map(|e| e.message.as_str()).collect();
        let ends =
            ["(service web) has reached a steady state.", "(service web) (deployment ecs-svc/1) deployment completed."];
        assert_eq!(said[..2], ends);
        let started = said[2..].iter().map(|m| m.matches("(task web-").count()).sum::<usize>();
        assert!(said[2..].iter().all(|m| m.starts_with("(service web) has started ")), "{said:?}");
        assert_eq!(started, 3, "each task is named once: {said:?}");

        let pods = story.list::<Pod>().await;
        assert_eq!(pods.len(), 3);
        let front = story.get::<Service>("web").await.spec.unwrap();
        assert_eq!(front.ports.unwrap().iter().map(|p| p.port).collect::<Vec<_>>(), [8080]);
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1", "web.service-1"]);
        assert_eq!(story.names::<ServiceAccount>().await, ["default"], "no task role, no ServiceAccount");

        let published = story.list::<Event>().await;
        let reasons: Vec<_> = published.iter().filter_map(|e| e.reason.as_deref()).collect();
        for expected in ["RevisionRegistered", "TasksStarted", "DeploymentCompleted", "SteadyState"] {
            assert!(reasons.contains(&expected), "{expected} in {reasons:?}");
        }
    });
}

#[test]
fn kubectl_shows_the_columns_that_an_ecs_user_knows() {
    story("columns", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        let table = story.kubectl(&["get", "ecs"]).await;
        let rows: Vec<Vec<&str>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
        let header = rows.iter().find(|r| r.contains(&"DESIRED")).unwrap();
        assert_eq!(header[1..], ["DESIRED", "RUNNING", "PENDING", "TASKDEF", "ROLLOUT", "AGE"]);
        let row = rows.iter().find(|r| r[0].starts_with("ecsservice")).unwrap();
        assert_eq!(row[1..6], ["2", "2", "0", "web:1", "COMPLETED"]);
    });
}

#[test]
fn a_deleted_service_takes_everything_of_ours_along() {
    story("deleted", async |story| {
        let _operator = story.operator().await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["taskRoleArn"] = "arn:aws:iam::123456789012:role/web".into();
        story.apply(&definition).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        let accounts = story.names::<ServiceAccount>().await;
        let role = accounts.iter().find(|a| *a != "default").unwrap();

        story.delete::<EcsService>("web").await;
        story.gone::<Deployment>("web").await;
        story.gone::<Service>("web").await;
        story.gone::<ControllerRevision>("web.service-1").await;
        story.gone::<ServiceAccount>(role).await;
        for set in story.names::<ReplicaSet>().await {
            story.gone::<ReplicaSet>(&set).await;
        }
        for pod in story.names::<Pod>().await {
            story.gone::<Pod>(&pod).await;
        }
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1"], "the task definition stays");
    });
}

#[test]
fn kubectl_scale_changes_the_number_of_tasks() {
    story("scale", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 2);
        document["spec"]["deploymentConfiguration"] =
            serde_json::json!({"minimumHealthyPercent": 50, "maximumPercent": 150});
        story.apply(&document).await;
        story.steady("web", "web:1", 2).await;
        let surge = async || {
            let strategy = story.get::<Deployment>("web").await.spec.unwrap().strategy.unwrap();
            serde_json::to_value(strategy.rolling_update).unwrap()
        };
        assert_eq!(surge().await, serde_json::json!({"maxSurge": 1, "maxUnavailable": "50%"}));

        story.kubectl(&["scale", "ecsservice", "web", "--replicas=7"]).await;
        let found = story.steady("web", "web:1", 7).await;
        assert_eq!(found.spec.desired_count, Some(7));
        assert_eq!(found.status.unwrap().service_revision.as_deref(), Some("web.service-1"), "no new deployment");
        assert_eq!(surge().await, serde_json::json!({"maxSurge": 3, "maxUnavailable": "50%"}));

        story.kubectl(&["scale", "ecsservice", "web", "--replicas=0"]).await;
        story.steady("web", "web:1", 0).await;
    });
}
