//! Deployments: how a service moves from one revision to the next.

use ecs_crds::EcsService;
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use serde_json::json;

use super::bed::{Story, condition, operator_options, reason, service, story, task_definition};

/// The image that the Deployment runs
pub(crate) async fn image(story: &Story, name: &str) -> String {
    let template = story.get::<Deployment>(name).await.spec.unwrap().template;
    template.spec.unwrap().containers[0].image.clone().unwrap()
}

#[test]
fn a_new_image_becomes_revision_two_and_rolls_within_the_bounds_of_ecs() {
    story("rolls", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 10);
        document["spec"]["deploymentConfiguration"] = json!({"minimumHealthyPercent": 50, "maximumPercent": 150});
        story.apply(&document).await;
        story.steady("web", "web:1", 10).await;

        let moments = story.moments().await;
        // A task of this image is healthy three seconds after it started, so the roll-out takes its time.
        story.apply(&task_definition("web", "kwok-late:2")).await;
        let rolling = story
            .wait("web", "is IN_PROGRESS with two deployments", |s: &EcsService| {
                let deployments = s.status.clone().unwrap_or_default().deployments;
                deployments.len() == 2
                    && deployments[0].rollout_state == "IN_PROGRESS"
                    && deployments[0].running_count > 0
            })
            .await;
        let status = rolling.status.unwrap();
        let shown: Vec<_> =
            status.deployments.iter().map(|d| (d.status.as_str(), d.task_definition.as_str())).collect();
        assert_eq!(shown, [("PRIMARY", "web:2"), ("ACTIVE", "web:1")]);
        assert_eq!(status.task_definition.as_deref(), Some("web:2"));
        assert_eq!(reason(&status.conditions, "Ready"), "RolloutInProgress");
        assert_eq!(condition(&status.conditions, "Reconciling"), "True");

        let done = story.steady("web", "web:2", 10).await.status.unwrap();
        assert_eq!((done.deployments.len(), done.deployments[0].rollout_state.as_str()), (1, "COMPLETED"));
        assert_eq!(done.service_revision.as_deref(), Some("web.service-2"));
        let moments = moments.end();
        let lowest = moments.iter().map(|m| m.healthy).min();
        let highest = moments.iter().map(|m| m.alive).max();
        assert!(lowest >= Some(5), "ECS keeps 50 % of 10 tasks healthy: {moments:?}");
        assert!(highest <= Some(15), "ECS runs at most 150 % of 10 tasks: {moments:?}");
        assert!(highest > Some(10) || lowest < Some(10), "the roll-out was not watched: {moments:?}");
        assert_eq!(story.list::<ReplicaSet>().await.len(), 2);
    });
}

#[test]
fn early_success_completes_a_deployment_while_the_rest_of_its_tasks_are_still_to_come() {
    story("early", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 4);
        // Two at a time, and two healthy ones are enough.
        document["spec"]["deploymentConfiguration"] = json!({
            "minimumHealthyPercent": 50, "maximumPercent": 100,
            "earlySuccessCriteria": {"enable": true, "healthyPercent": 50, "sourceServiceRevisionCleanup": "DEFERRED"},
        });
        story.apply(&document).await;
        story.steady("web", "web:1", 4).await;
        story.apply(&task_definition("web", "kwok-late:2")).await;
        let done = story.steady("web", "web:2", 4).await.status.unwrap();
        let at =
            |words: &str| done.events.iter().find(|e| e.message.ends_with(words)).and_then(|e| e.created_at.clone());
        let (completed, steady) =
            (at("(deployment ecs-svc/2) deployment completed."), at("has reached a steady state."));
        assert!(completed.is_some() && completed < steady, "complete while tasks are still to come: {:?}", done.events);
        assert_eq!(done.deployments.len(), 1, "the rest followed");
    });
}

#[test]
fn a_pinned_service_stays_when_the_family_moves_on_and_moves_when_the_pin_moves() {
    story("pinned", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("pinned", "web:1", 1)).await;
        story.apply(&service("follows", "web", 1)).await;
        story.steady("pinned", "web:1", 1).await;
        let before = story.get::<Deployment>("pinned").await.metadata.generation;

        story.apply(&task_definition("web", "nginx:2")).await;
        story.steady("follows", "web:2", 1).await;
        // Both are looked at for the same change: what follows has moved, so the pinned one was left where it is.
        story.steady("pinned", "web:1", 1).await;
        assert_eq!(story.get::<Deployment>("pinned").await.metadata.generation, before);
        assert_eq!(image(story, "pinned").await, "nginx:1");

        story.apply(&service("pinned", "web:2", 1)).await;
        story.steady("pinned", "web:2", 1).await;
        assert_eq!(image(story, "pinned").await, "nginx:2");
        story.apply(&service("pinned", "web:1", 1)).await;
        let back = story.steady("pinned", "web:1", 1).await;
        assert_eq!(back.status.unwrap().service_revision.as_deref(), Some("pinned.service-3"));
    });
}

#[test]
fn a_deployment_configuration_that_allows_nothing_keeps_what_runs_and_says_so() {
    story("stuck", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 3);
        // 125 % of 3 tasks are 3: ECS may neither stop nor start one.
        document["spec"]["deploymentConfiguration"] = json!({"minimumHealthyPercent": 100, "maximumPercent": 125});
        story.apply(&document).await;
        story.steady("web", "web:1", 3).await;

        story.apply(&task_definition("web", "nginx:2")).await;
        let stuck = story.not_ready("web", "DeploymentConfigurationStuck").await.status.unwrap();
        assert_eq!(condition(&stuck.conditions, "Stalled"), "True");
        assert_eq!((stuck.running_count, stuck.pending_count), (Some(3), Some(0)));
        assert_eq!(image(story, "web").await, "nginx:1");

        document["spec"]["deploymentConfiguration"]["maximumPercent"] = 200.into();
        story.apply(&document).await;
        let moved = story.steady("web", "web:2", 3).await.status.unwrap();
        assert_eq!(condition(&moved.conditions, "Stalled"), "");
        assert_eq!(image(story, "web").await, "nginx:2");
    });
}

#[test]
fn another_capability_set_changes_no_pod_template_until_a_deployment_is_forced() {
    story("upgrade", async |story| {
        let capabilities = |names: &[&str]| Some(ecs_core::config::Capabilities::named(names).unwrap());
        let mut old = operator_options(story);
        old.capabilities = capabilities(&["podResources", "containerRestartRules"]);
        let operator = story.operator_with(old).await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["cpu"] = "256".into();
        definition["spec"]["memory"] = "512".into();
        story.apply(&definition).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        let before = story.get::<Deployment>("web").await;
        assert!(before.spec.as_ref().unwrap().template.spec.as_ref().unwrap().resources.is_some());
        operator.stop().await;

        let mut new = operator_options(story);
        new.capabilities = capabilities(&[]);
        let _operator = story.operator_with(new).await;
        let found = story
            .wait("web", "says that the difference applies at the next deployment", |s: &EcsService| {
                let findings = s.status.clone().unwrap_or_default().findings;
                findings.iter().any(|f| f.code == "AppliesAtNextDeployment")
            })
            .await;
        assert_eq!(condition(&found.status.unwrap().conditions, "Ready"), "True");
        assert_eq!(story.get::<Deployment>("web").await.metadata.generation, before.metadata.generation);

        let mut document = service("web", "web", 2);
        document["spec"]["kubernetes"] = json!({"forceDeployment": "after the upgrade"});
        story.apply(&document).await;
        let forced = story
            .wait("web", "has completed the forced deployment", |s: &EcsService| {
                let status = s.status.clone().unwrap_or_default();
                status.service_revision.as_deref() == Some("web.service-2")
                    && condition(&status.conditions, "Ready") == "True"
            })
            .await;
        let codes: Vec<_> = forced.status.unwrap().findings.into_iter().map(|f| f.code).collect();
        assert!(!codes.contains(&"AppliesAtNextDeployment".to_owned()), "{codes:?}");
        let after = story.get::<Deployment>("web").await.spec.unwrap().template.spec.unwrap();
        assert!(after.resources.is_none(), "rendered without podResources: {:?}", after.resources);
    });
}

#[test]
fn a_held_service_is_shown_but_runs_nothing() {
    story("held", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut document = service("web", "web", 3);
        document["spec"]["kubernetes"] = json!({"workload": "Hold"});
        story.apply(&document).await;
        let held = story.not_ready("web", "Held").await.status.unwrap();
        assert_eq!((held.desired_count, held.running_count, held.pending_count), (Some(3), Some(0), Some(0)));
        assert_eq!(condition(&held.conditions, "Accepted"), "True");
        assert_eq!(story.get::<Deployment>("web").await.spec.unwrap().replicas, Some(0));
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1", "web.service-1"], "translated all the same");

        document["spec"]["kubernetes"]["workload"] = "Run".into();
        story.apply(&document).await;
        story.steady("web", "web:1", 3).await;
        document["spec"]["kubernetes"]["workload"] = "Hold".into();
        story.apply(&document).await;
        story
            .wait("web", "has stopped its tasks", |s: &EcsService| {
                let status = s.status.clone().unwrap_or_default();
                reason(&status.conditions, "Ready") == "Held" && status.running_count == Some(0)
            })
            .await;
    });
}

#[test]
fn an_operator_started_again_with_another_configuration_rolls_no_pod_and_changes_no_companion() {
    story("reconfigured", async |story| {
        let operator = story.operator().await;
        let mut definition = task_definition("web", "nginx:1");
        definition["spec"]["containerDefinitions"][0]["secrets"] =
            json!([{"name": "TOKEN", "valueFrom": "/prod/token"}]);
        story.apply(&definition).await;
        let mut document = service("web", "web", 2);
        document["spec"]["loadBalancers"] = json!([{
            "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef",
            "containerName": "app", "containerPort": 8080,
        }]);
        story.apply(&document).await;
        story.steady("web", "web:1", 2).await;
        let of = json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret"});
        let generations = async || {
            let secrets = story.api_of(&of).list(&ListParams::default()).await.unwrap();
            let deployment = story.get::<Deployment>("web").await.metadata.generation;
            (
                deployment,
                secrets.iter().map(|secret| secret.metadata.generation).collect::<Vec<_>>(),
                story.names::<Pod>().await,
            )
        };
        let before = generations().await;
        operator.stop().await;

        let mut options = operator_options(story);
        options.config =
            serde_json::from_value(json!({"drainSeconds": 99, "secrets": {"refreshInterval": "1h"}})).unwrap();
        let _operator = story.operator_with(options).await;
        let told = |s: &EcsService| {
            let findings = s.status.clone().unwrap_or_default().findings;
            findings.iter().any(|finding| finding.code == "AppliesAtNextDeployment")
        };
        story.wait("web", "says that the difference applies at the next deployment", told).await;
        assert_eq!(generations().await, before);

        document["spec"]["kubernetes"] = json!({"forceDeployment": "now"});
        story.apply(&document).await;
        story.wait("web", "has nothing left to say", |s: &EcsService| !told(s)).await;
        story.steady("web", "web:1", 2).await;
        let pod = story.get::<Deployment>("web").await.spec.unwrap().template.spec.unwrap();
        let drain = pod.containers[0].lifecycle.clone().and_then(|l| l.pre_stop?.sleep).map(|sleep| sleep.seconds);
        assert_eq!(drain, Some(99));
    });
}
