//! Documents that are wrong, and documents that only look so.

use ecs_core::wire::{Parameters, convert};
use ecs_crds::{EcsService, TaskDefinition};
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment};
use kube::api::PostParams;
use serde_json::{Value, json};

use super::bed::{Story, condition, reason, service, story, task_definition};

/// Awaits that a document is refused for this reason, by a message that names `says`
async fn refused(story: &Story, name: &str, why: &str, says: &[&str]) {
    let found = story
        .wait(name, &format!("is refused: {why}"), |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            status.observed_generation == s.metadata.generation && reason(&status.conditions, "Accepted") == why
        })
        .await;
    let status = found.status.unwrap();
    assert_eq!(condition(&status.conditions, "Accepted"), "False");
    assert_eq!(condition(&status.conditions, "Stalled"), "True");
    let accepted = status.conditions.iter().find(|c| c.type_ == "Accepted").unwrap();
    for part in says {
        assert!(accepted.message.contains(part), "{part} in {}", accepted.message);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_by_the_api_server() {
    story("wrong-type", async |story| {
        let mut document = service("web", "web", 1);
        document["spec"]["desiredCount"] = "three".into();
        let error = story.try_apply(&document).await.unwrap_err();
        assert!(error.to_string().contains("spec.desiredCount"), "{error}");
    });
}

#[test]
fn a_broken_edit_is_refused_by_path_and_what_runs_goes_on() {
    story("broken-edit", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        let before = story.get::<Deployment>("web").await.metadata;

        let mut document = service("web", "web", 5);
        document["spec"]["deploymentConfiguration"] = json!({"maximumPercent": 50});
        story.apply(&document).await;
        refused(story, "web", "InvalidValue", &["/deploymentConfiguration/maximumPercent"]).await;
        let mut document = service("web", "web", 5);
        document["spec"]["launchType"] = "FARGTE".into();
        story.apply(&document).await;
        refused(story, "web", "InvalidValue", &["/launchType", "FARGATE"]).await;
        let mut document = service("web", "web", 5);
        document["spec"]["healthCheckGracePeriodSecond"] = 5.into();
        story.apply(&document).await;
        refused(story, "web", "UnknownField", &["healthCheckGracePeriodSeconds"]).await;
        let shown = story.get::<EcsService>("web").await.status.unwrap();
        assert_eq!((shown.running_count, shown.task_definition.as_deref()), (Some(2), Some("web:1")));
        let after = story.get::<Deployment>("web").await.metadata;
        assert_eq!((after.uid, after.generation), (before.uid, before.generation));

        // A service that is refused for its own document still gets nothing from its family.
        story.apply(&task_definition("web", "nginx:2")).await;
        story.registered("web", "web:2").await;
        story.apply(&service("web", "web", 5)).await;
        story.steady("web", "web:2", 5).await;
    });
}

#[test]
fn a_refused_task_definition_makes_no_revision_and_its_service_goes_on() {
    story("refused-definition", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 1)).await;
        story.steady("web", "web:1", 1).await;

        let mut broken = task_definition("web", "nginx:2");
        broken["spec"]["networkMode"] = "brige".into();
        story.apply(&broken).await;
        let shown = story
            .wait("web", "is refused", |t: &TaskDefinition| {
                condition(&t.status.clone().unwrap_or_default().conditions, "Accepted") == "False"
            })
            .await
            .status
            .unwrap();
        assert_eq!(reason(&shown.conditions, "Accepted"), "InvalidValue");
        assert!(shown.findings.iter().any(|f| f.path == "/networkMode" && f.message.contains("bridge")));
        assert_eq!(story.names::<ControllerRevision>().await, ["web-1", "web.service-1"]);
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
    });
}

/// What `aws ecs describe-services` prints of a service, nulls and read-only members included
fn describe_output(name: &str) -> Value {
    let mut document = service(name, "web", 1);
    document["spec"] = json!({
        "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/shop/web",
        "serviceName": name,
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
        "loadBalancers": [],
        "serviceRegistries": [],
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1",
        "launchType": null,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": false, "rollback": false}, "maximumPercent": 200,
            "minimumHealthyPercent": 100, "alarms": null,
        },
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED"}],
        "events": [{"id": "1", "message": "(service web) has reached a steady state."}],
        "createdAt": 1_700_000_000.5,
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": null,
        "schedulingStrategy": "REPLICA",
        "enableECSManagedTags": false,
        "propagateTags": "NONE",
        "enableExecuteCommand": false,
        "tags": null,
    });
    document
}

#[test]
fn a_pasted_describe_output_with_nulls_is_taken_by_every_way_of_applying() {
    story("pasted", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&describe_output("server-side")).await;
        let posted = serde_json::from_value(describe_output("posted")).unwrap();
        story.api_of(&describe_output("posted")).create(&PostParams::default(), &posted).await.unwrap();
        let text = describe_output("kubectl").to_string();
        let (succeeded, _, stderr) = story.cluster.kubectl(&story.namespace, &["apply", "-f", "-"], &text).await;
        assert!(succeeded, "{stderr}");
        for name in ["server-side", "posted", "kubectl"] {
            let status = story.steady(name, "web:1", 1).await.status.unwrap();
            let ignored = status
                .findings
                .iter()
                .any(|f| f.path == "/serviceArn" && f.severity == ecs_crds::status::Severity::Info);
            assert!(ignored, "{:?}", status.findings);
        }
    });
}

#[test]
fn what_convert_left_open_is_refused_until_it_is_filled_in() {
    story("left-open", async |story| {
        let _operator = story.operator().await;
        let template = json!({"Resources": {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
            "Family": "web",
            "ContainerDefinitions": [{
                "Name": "app", "Image": "nginx:1", "Memory": 64,
                "Environment": [{"Name": "QUEUE", "Value": {"Fn::GetAtt": ["Queue", "QueueUrl"]}}],
            }],
        }}}});
        let converted = convert(&template.to_string(), &Parameters::default(), None).unwrap();
        let mut object = converted.documents[0].object.clone().unwrap();
        story.apply(&object).await;
        let shown = story
            .wait("web", "is refused", |t: &TaskDefinition| {
                condition(&t.status.clone().unwrap_or_default().conditions, "Accepted") == "False"
            })
            .await;
        let open = shown.status.unwrap().findings.into_iter().find(|f| f.code == "UnknownValue").unwrap();
        assert_eq!(open.path, "/containerDefinitions/0/environment/0/value");

        object["spec"]["containerDefinitions"][0]["environment"][0] =
            json!({"name": "QUEUE", "value": "https://queue"});
        story.apply(&object).await;
        story.registered("web", "web:1").await;
    });
}
