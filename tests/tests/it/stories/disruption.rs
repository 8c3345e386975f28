//! What an eviction may take of a service.

use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde_json::json;

use super::bed::{service, story, task_definition};

#[test]
fn an_eviction_leaves_as_many_tasks_as_ecs_would() {
    story("disruption", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        // Of so many tasks so many stay; a service that is to stay whole gives one
        for (name, percent, stay) in [("whole", 100, 4), ("half", 50, 3), ("rounded", 41, 3), ("free", 0, 0)] {
            let mut document = service(name, "web", 5);
            document["spec"]["deploymentConfiguration"] = json!({"minimumHealthyPercent": percent});
            story.apply(&document).await;
            let may_go = format!("lets {} of 5 tasks go", 5 - stay);
            let budget = |budget: &PodDisruptionBudget| {
                let status = budget.status.clone().unwrap_or_default();
                (status.expected_pods, status.desired_healthy, status.disruptions_allowed)
                    == (Some(5), Some(stay), Some(5 - stay))
            };
            story.wait(name, &may_go, budget).await;
        }
        story.kubectl(&["scale", "ecsservice", "whole", "--replicas=0"]).await;
        story.gone::<PodDisruptionBudget>("whole").await;
    });
}
