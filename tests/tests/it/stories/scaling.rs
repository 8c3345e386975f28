//! Services that scale: who writes the number of tasks, and when.
//!
//! Metrics are objects: the autoscaler asks for a list at a URL, and a custom resource of that group and name is one.

use std::time::Duration;

use ecs_core::config::{ExternalMetric, OperatorConfig};
use ecs_crds::EcsService;
use ecs_operator::{Clock, Options};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use super::bed::{Story, operator_options, service, story, task_definition};

const EXTERNAL: &str = "external.metrics.k8s.io";

/// A service whose count is left to what scales it
fn scaled(name: &str, scaling: Value) -> Value {
    let mut document = service(name, "web", 0);
    document["spec"].as_object_mut().unwrap().remove("desiredCount");
    document["spec"]["autoScaling"] = scaling;
    document
}

fn count(service: &EcsService) -> Option<i64> {
    service.spec.desired_count
}

/// Awaits that a service is to run so many tasks
async fn counts(story: &Story, name: &str, expected: i64) -> EcsService {
    story.wait(name, &format!("is to run {expected} tasks"), |s: &EcsService| count(s) == Some(expected)).await
}

/// Has the API server keep values of a metric, as the external metrics API shows them
async fn metric(story: &Story, name: &str) {
    let object = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{name}.{EXTERNAL}"), "annotations": {"api-approved.kubernetes.io": "unapproved, of a test"}},
        "spec": {
            "group": EXTERNAL, "scope": "Namespaced",
            "names": {"kind": "ExternalMetricValue", "listKind": "ExternalMetricValueList", "plural": name, "singular": name},
            "versions": [{"name": "v1beta1", "served": true, "storage": true, "schema": {"openAPIV3Schema": object}}],
        },
    });
    let crd: CustomResourceDefinition = serde_json::from_value(crd).unwrap();
    let api: Api<CustomResourceDefinition> = Api::all(story.client.clone());
    api.patch(&crd.name_any(), &PatchParams::apply("stories").force(), &Patch::Apply(&crd)).await.unwrap();
    let name = crd.name_any();
    let established = await_condition(api, &name, conditions::is_crd_established());
    tokio::time::timeout(Duration::from_secs(30), established).await.unwrap().unwrap();
}

/// Sets the value of a metric in the namespace of a story
async fn measure(story: &Story, name: &str, value: u32) {
    let resource = kube::api::ApiResource {
        group: EXTERNAL.to_owned(),
        version: "v1beta1".to_owned(),
        api_version: format!("{EXTERNAL}/v1beta1"),
        kind: "ExternalMetricValue".to_owned(),
        plural: name.to_owned(),
    };
    let value = json!({
        "apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": "now", "labels": {"queue": "orders"}},
        "metricName": name, "metricLabels": {}, "timestamp": Timestamp::now(), "value": value.to_string(),
    });
    let api: Api<kube::api::DynamicObject> = Api::namespaced_with(story.client.clone(), &story.namespace, &resource);
    api.patch("now", &PatchParams::apply("stories").force(), &Patch::Apply(&value)).await.unwrap();
}

/// Target tracking of a queue's depth
fn tracking(min: i64, max: i64) -> Value {
    json!({"minCapacity": min, "maxCapacity": max, "policies": [{
        "policyName": "depth", "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 10, "scaleOutCooldown": 1, "scaleInCooldown": 0,
            "customizedMetricSpecification": {"namespace": "Shop", "metricName": "Depth", "statistic": "Average"},
        },
    }]})
}

/// An operator that knows the metric
fn knows_metric(story: &Story) -> Options {
    let depth =
        ExternalMetric { name: "queuedepths".to_owned(), labels: [("queue".to_owned(), "orders".to_owned())].into() };
    let external_metrics = [("Shop/Depth".to_owned(), depth)].into();
    Options { config: OperatorConfig { external_metrics, ..OperatorConfig::default() }, ..operator_options(story) }
}

#[test]
fn an_autoscaler_moves_the_service_as_its_metric_says_and_starts_no_deployment() {
    story("autoscaler", async |story| {
        metric(story, "queuedepths").await;
        measure(story, "queuedepths", 10).await;
        let operator = story.operator_with(knows_metric(story)).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&scaled("web", tracking(2, 6))).await;
        story.steady("web", "web:1", 2).await;
        let sees = |hpa: &HorizontalPodAutoscaler| {
            let status = hpa.status.clone().unwrap_or_default();
            let is = |kind: &str| status.conditions.iter().flatten().any(|c| c.type_ == kind && c.status == "True");
            is("AbleToScale") && is("ScalingActive") && status.current_replicas == Some(2)
        };
        story.wait("web", "sees two tasks and the metric", sees).await;

        let mark = story.audit_mark().await;
        measure(story, "queuedepths", 30).await;
        let out = story.steady("web", "web:1", 6).await.status.unwrap();
        assert_eq!((out.service_revision.as_deref(), out.deployments.len()), (Some("web.service-1"), 1));
        let made = story.requests(&operator.user, mark).await;
        let of = |resource: &str| made.iter().filter(|r| r.resource == resource).count();
        let written = made.iter().filter(|r| !["ecsservices/status", "events"].contains(&r.resource.as_str())).count();
        assert_eq!(written, of("deployments"), "only the Deployment is written: {made:?}");
        // Twice as many tasks or four more at a time: from 2 to 6 in one step or two
        assert!((1..=2).contains(&written), "{made:?}");

        measure(story, "queuedepths", 1).await;
        story.steady("web", "web:1", 2).await;

        let mut resting = scaled("web", tracking(2, 6));
        resting["spec"]["autoScaling"]["suspendedState"] = json!({"dynamicScalingOutSuspended": true});
        story.apply(&resting).await;
        let disabled = |hpa: &HorizontalPodAutoscaler| {
            let up = hpa.spec.behavior.clone().and_then(|b| b.scale_up).and_then(|up| up.select_policy);
            up.as_deref() == Some("Disabled")
        };
        story.wait("web", "scales out no more", disabled).await;
        measure(story, "queuedepths", 60).await;
        let limited = |hpa: &HorizontalPodAutoscaler| {
            let status = hpa.status.clone().unwrap_or_default();
            status.conditions.iter().flatten().any(|c| c.type_ == "ScalingLimited" && c.status == "True")
                && status.current_metrics.iter().flatten().any(|m| format!("{m:?}").contains("60"))
        };
        story.wait("web", "wants more tasks and may not", limited).await;
        assert_eq!(count(&story.get::<EcsService>("web").await), Some(2));

        resting["spec"].as_object_mut().unwrap().remove("autoScaling");
        story.apply(&resting).await;
        story.gone::<HorizontalPodAutoscaler>("web").await;
        let kept = story.steady("web", "web:1", 2).await;
        assert_eq!(kept.status.unwrap().autoscaling, None, "who scales no more keeps its tasks");
    });
}

#[test]
fn a_gitops_tool_and_what_scales_a_service_do_not_fight() {
    story("gitops", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let document = scaled("web", json!({"minCapacity": 2, "maxCapacity": 9}));
        story.apply(&document).await;
        let seeded = story.steady("web", "web:1", 2).await;
        let writers: Vec<_> = (seeded.managed_fields().iter())
            .filter(|m| m.fields_v1.as_ref().is_some_and(|f| f.0.to_string().contains("desiredCount")))
            .map(|m| (m.manager.as_deref(), m.subresource.as_deref()))
            .filter(|(_, subresource)| *subresource != Some("status"))
            .collect();
        let by_scale = |(_, subresource): &(_, Option<&str>)| *subresource == Some("scale");
        assert!(writers.iter().all(by_scale), "seeded through the scale subresource: {writers:?}");

        story.kubectl(&["scale", "ecsservice", "web", "--replicas=5"]).await;
        story.steady("web", "web:1", 5).await;
        // The tool applies what it has again and again; what it does not say stays
        let mut tagged = document.clone();
        tagged["spec"]["tags"] = json!([{"key": "team", "value": "shop"}]);
        story.apply(&tagged).await;
        let same = story.steady("web", "web:1", 5).await;
        let codes = |s: &EcsService| {
            let findings = s.status.clone().unwrap_or_default().findings;
            findings.into_iter().map(|f| f.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&same), Vec::<String>::new());

        tagged["spec"]["desiredCount"] = 3.into();
        story.apply(&tagged).await;
        let contested = story.steady("web", "web:1", 3).await;
        assert_eq!(codes(&contested), ["DesiredCountContested"]);
    });
}

#[test]
fn a_scheduled_action_sets_the_bounds_at_its_time() {
    story("scheduled", async |story| {
        let noon: Timestamp = Timestamp::now().round(jiff::Unit::Second).unwrap();
        let clock = Clock::standing_at(noon);
        let options = || Options { clock: clock.clone(), ..operator_options(story) };
        let operator = story.operator_with(options()).await;
        let in_hours = |hours: i64| noon + SignedDuration::from_hours(hours);
        let at = |hours: i64| format!("at({})", in_hours(hours).strftime("%FT%T"));
        let action = |name: &str, schedule: String, bounds: Value| json!({"scheduledActionName": name, "schedule": schedule, "scalableTargetAction": bounds});
        let mut document = scaled(
            "web",
            json!({"minCapacity": 1, "maxCapacity": 9, "scheduledActions": [
                action("morning", at(1), json!({"minCapacity": 4})), action("night", at(2), json!({"minCapacity": 1, "maxCapacity": 2})),
                action("later", at(4), json!({"minCapacity": 5, "maxCapacity": 5})),
            ]}),
        );
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&document).await;
        story.steady("web", "web:1", 1).await;

        clock.set(in_hours(1));
        let morning = story.steady("web", "web:1", 4).await.status.unwrap();
        let bounds = morning.autoscaling.unwrap();
        assert_eq!((bounds.effective_min, bounds.effective_max), (4, 9));
        let said = "(service web) scheduled action morning set the least number of tasks to 4 and the largest to 9.";
        assert!(morning.events.iter().any(|e| e.message == said), "{:?}", morning.events);
        assert_eq!(morning.service_revision.as_deref(), Some("web.service-1"), "no new deployment");

        // What comes due while nobody runs is made up for, once
        operator.stop().await;
        clock.set(in_hours(3));
        let operator = story.operator_with(options()).await;
        story.steady("web", "web:1", 2).await;

        // What rests is not
        document["spec"]["autoScaling"]["suspendedState"] = json!({"scheduledScalingSuspended": true});
        story.apply(&document).await;
        let rests = |s: &EcsService| {
            s.status.clone().unwrap_or_default().autoscaling.is_some_and(|a| a.scheduled_scaling_suspended)
        };
        story.wait("web", "has its actions rest", rests).await;
        clock.set(in_hours(5));
        document["spec"]["autoScaling"]["suspendedState"] = json!({"scheduledScalingSuspended": false});
        story.apply(&document).await;
        story.wait("web", "has its actions go on", |s: &EcsService| !rests(s)).await;
        assert_eq!(count(&story.get::<EcsService>("web").await), Some(2));

        // A change of the spec's own bounds takes back what actions have set
        document["spec"]["autoScaling"]["minCapacity"] = 3.into();
        story.apply(&document).await;
        counts(story, "web", 3).await;
        operator.stop().await;
    });
}
