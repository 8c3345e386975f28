//! BLUE_GREEN, CANARY and LINEAR: traffic that goes to a new revision in stages, and back.

use std::sync::{Arc, Mutex};

use ecs_core::translate::staged::{colour_name, test_name};
use ecs_crds::{
    EcsService, EcsServiceStatus, HookStatus, LifecycleStage as Stage, ServiceDeploymentStatus, StagedDeployment,
};
use ecs_operator::{Clock, Options};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::DynamicObject;
use kube::runtime::wait::await_condition;
use kube::runtime::watcher::{Config, Event, watcher};
use serde_json::{Value, json};

use super::bed::{Story, condition, operator_options, process, reason, service, story, task_definition};

/// A service whose deployments go on in stages
fn staged(tasks: i64, configuration: Value, kubernetes: Value) -> Value {
    let mut document = service("web", "web", tasks);
    document["spec"]["deploymentConfiguration"] = configuration;
    document["spec"]["kubernetes"] = kubernetes;
    document
}

fn by_selector() -> Value {
    json!({"service": "ClusterIP"})
}

fn by_route() -> Value {
    json!({"gateway": {"parentRefs": [{"name": "public"}]}})
}

fn pause_at(stages: &[&str]) -> Value {
    json!([{"targetType": "PAUSE", "lifecycleStages": stages}])
}

/// An operator with a clock that the story sets
fn options(story: &Story, clock: &Clock) -> Options {
    Options { clock: clock.clone(), ..operator_options(story) }
}

/// A clock that stands still, and goes on by minutes
struct Minutes(Clock, Timestamp);

impl Minutes {
    fn new() -> Self {
        let now = Timestamp::now();
        Self(Clock::standing_at(now), now)
    }

    fn pass(&mut self, minutes: i64) {
        self.1 += SignedDuration::from_mins(minutes);
        self.0.set(self.1);
    }
}

fn record(service: &EcsService) -> Option<StagedDeployment> {
    service.status.as_ref()?.deployment.clone()
}

/// Awaits that the deployment of this revision is in a stage, with so much traffic
async fn at(story: &Story, revision: i64, stage: Stage, permille: i64) -> EcsService {
    story
        .wait("web", &format!("has {revision} at {stage} with {permille} of 1000"), |s: &EcsService| {
            record(s).is_some_and(|r| (r.revision, r.stage, r.production_permille) == (revision, stage, permille))
        })
        .await
}

/// Awaits that the deployment waits for a hook
async fn asked(story: &Story, hook: &str) -> EcsService {
    story
        .wait("web", &format!("awaits {hook}"), |s: &EcsService| {
            let waits =
                |r: StagedDeployment| r.hooks.iter().any(|h| h.hook_id == hook && h.status == HookStatus::InProgress);
            record(s).is_some_and(waits)
        })
        .await
}

async fn say(story: &Story, key: &str, word: &str) {
    let key = format!("ecs-operator.dev/{key}");
    story.edit::<EcsService>("web", &json!({"metadata": {"annotations": {key: word}}})).await;
}

/// Awaits that the service runs what it ran before its deployment failed
async fn rolled_back(story: &Story, tasks: i64) -> EcsServiceStatus {
    let found = story
        .wait("web", "is rolled back", |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            reason(&status.conditions, "Ready") == "RolledBack"
                && condition(&status.conditions, "Stalled") == "True"
                && (status.running_count, status.pending_count) == (Some(tasks), Some(0))
                && status.deployments.len() == 1
        })
        .await;
    found.status.unwrap()
}

/// Awaits that a Service leads to the tasks of one revision
async fn leads_to(story: &Story, name: &str, revision: i64) {
    story
        .wait(name, &format!("leads to {revision}"), |s: &Service| {
            let selector = s.spec.clone().unwrap().selector.unwrap();
            selector.get("ecs-operator.dev/service-revision") == Some(&revision.to_string())
        })
        .await;
}

/// The tasks that the Deployment of a revision is to run
async fn replicas(story: &Story, revision: i64) -> Option<i32> {
    story.get::<Deployment>(&colour_name("web", revision)).await.spec.unwrap().replicas
}

/// Awaits that the Deployment of a revision is to run so many tasks
async fn runs(story: &Story, revision: i64, tasks: i32) {
    story
        .wait(&colour_name("web", revision), &format!("is to run {tasks}"), |d: &Deployment| {
            d.spec.as_ref().unwrap().replicas == Some(tasks)
        })
        .await;
}

/// The revisions, and their weights
type Weights = Vec<(i64, i64)>;

/// What a route says of production traffic
fn weights(route: &DynamicObject) -> Weights {
    let rules = route.data["spec"]["rules"].as_array().unwrap();
    let backends = rules.last().unwrap()["backendRefs"].as_array().unwrap();
    let revision = |name: &str| (1..9).find(|n| colour_name("web", *n) == name).unwrap_or_default();
    let weight = |b: &Value| (revision(b["name"].as_str().unwrap()), b["weight"].as_i64().unwrap_or(1));
    backends.iter().map(weight).collect()
}

fn route() -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"})
}

async fn routed(story: &Story, expected: &[(i64, i64)]) {
    let holds = |object: Option<&DynamicObject>| object.is_some_and(|route| weights(route) == expected);
    let met = await_condition(story.api_of(&route()), "web", holds);
    if tokio::time::timeout(std::time::Duration::from_secs(90), met).await.is_err() {
        let there = story.api_of(&route()).get_opt("web").await.unwrap();
        panic!("not {expected:?}: {:?}", there.map(|route| weights(&route)));
    }
}

/// Every share of the traffic that a route has had, in order
fn watched(story: &Story) -> Arc<Mutex<Vec<Weights>>> {
    let seen: Arc<Mutex<Vec<Weights>>> = Arc::default();
    let (api, written) = (story.api_of(&route()), Arc::clone(&seen));
    tokio::spawn(async move {
        let mut events = watcher(api, Config::default()).boxed();
        while let Some(event) = events.next().await {
            if let Ok(Event::Apply(route) | Event::InitApply(route)) = event {
                let mut seen = written.lock().unwrap();
                let now = weights(&route);
                if seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
        }
    });
    seen
}

fn said<'a>(status: &'a EcsServiceStatus, end: &str) -> Vec<&'a str> {
    status.events.iter().map(|e| e.message.as_str()).filter(|m| m.ends_with(end)).collect()
}

#[test]
fn blue_green_gives_green_all_traffic_at_once_and_keeps_blue_until_it_has_baked() {
    story("blue-green", async |story| {
        let mut time = Minutes::new();
        let _operator = story.operator_with(options(story, &time.0)).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&staged(2, json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}), by_selector())).await;
        story.steady("web", "web:1", 2).await;
        leads_to(story, "web", 1).await;
        leads_to(story, &test_name("web"), 1).await;

        story.apply(&task_definition("web", "nginx:2")).await;
        let baking = at(story, 2, Stage::BakeTime, 1000).await.status.unwrap();
        assert_eq!(reason(&baking.conditions, "Ready"), "RolloutInProgress");
        leads_to(story, "web", 2).await;
        leads_to(story, &test_name("web"), 2).await;
        assert_eq!((replicas(story, 1).await, replicas(story, 2).await), (Some(2), Some(2)), "both run while it bakes");
        let shown: Vec<_> =
            baking.deployments.iter().map(|d| (d.status.as_str(), d.id.as_str(), d.rollout_state.as_str())).collect();
        assert_eq!(shown, [("PRIMARY", "ecs-svc/2", "IN_PROGRESS"), ("ACTIVE", "ecs-svc/1", "COMPLETED")]);

        time.pass(5);
        let status = story.steady("web", "web:2", 2).await.status.unwrap();
        assert_eq!(status.deployment.as_ref().map(|d| d.status), Some(ServiceDeploymentStatus::Successful));
        assert_eq!(story.names::<Deployment>().await, [colour_name("web", 2)]);
        assert_eq!(said(&status, "(deployment ecs-svc/2) deployment completed.").len(), 1, "{:?}", status.events);
        assert_eq!(
            said(&status, "(deployment ecs-svc/2) is in the lifecycle stage BAKE_TIME.").len(),
            1,
            "{:?}",
            status.events
        );
    });
}

#[test]
fn a_canary_gets_its_share_of_a_route_and_then_the_rest_and_is_scaled_in_the_middle() {
    story("canary", async |story| {
        let mut time = Minutes::new();
        let _operator = story.operator_with(options(story, &time.0)).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let configuration =
            json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}});
        story.apply(&staged(2, configuration.clone(), by_route())).await;
        story.steady("web", "web:1", 2).await;
        routed(story, &[(1, 1)]).await;

        story.apply(&task_definition("web", "nginx:2")).await;
        at(story, 2, Stage::ProductionTrafficShift, 50).await;
        routed(story, &[(1, 950), (2, 50)]).await;
        leads_to(story, "web", 1).await;
        story.apply(&staged(3, configuration, by_route())).await;
        runs(story, 1, 3).await;
        runs(story, 2, 3).await;

        time.pass(10);
        story.steady("web", "web:2", 3).await;
        routed(story, &[(2, 1)]).await;
        leads_to(story, "web", 2).await;
        assert_eq!(story.names::<Deployment>().await, [colour_name("web", 2)]);
    });
}

#[test]
fn linear_shifts_the_actions_of_an_ingress_step_by_step() {
    story("linear", async |story| {
        let mut time = Minutes::new();
        let _operator = story.operator_with(options(story, &time.0)).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let configuration =
            json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 40.0, "stepBakeTimeInMinutes": 6}});
        let kubernetes = json!({"ingress": {"rules": [{"hosts": ["shop.example.com"], "paths": ["/*"]}]}});
        story.apply(&staged(1, configuration, kubernetes)).await;
        story.steady("web", "web:1", 1).await;

        let forwards = |ingress: &Ingress| -> Weights {
            let annotations = ingress.metadata.annotations.clone().unwrap_or_default();
            let action = annotations.get("alb.ingress.kubernetes.io/actions.web-8080").cloned().unwrap_or_default();
            let action: Value = serde_json::from_str(&action).unwrap_or_default();
            let groups = action["forwardConfig"]["targetGroups"].as_array().cloned().unwrap_or_default();
            let revision = |name: &str| (1..9).find(|n| colour_name("web", *n) == name).unwrap_or_default();
            groups
                .iter()
                .map(|g| (revision(g["serviceName"].as_str().unwrap()), g["weight"].as_i64().unwrap()))
                .collect()
        };
        let is = async |expected: Weights| {
            story.wait("web", &format!("forwards to {expected:?}"), |i: &Ingress| forwards(i) == expected).await
        };
        let ingress = is(vec![(1, 1)]).await;
        let backend =
            ingress.spec.unwrap().rules.unwrap().remove(0).http.unwrap().paths.remove(0).backend.service.unwrap();
        assert_eq!(
            (backend.name.as_str(), backend.port.unwrap().name.as_deref()),
            ("web-8080", Some("use-annotation"))
        );

        story.apply(&task_definition("web", "nginx:2")).await;
        is(vec![(1, 600), (2, 400)]).await;
        at(story, 2, Stage::ProductionTrafficShift, 400).await;
        time.pass(6);
        is(vec![(1, 200), (2, 800)]).await;
        at(story, 2, Stage::ProductionTrafficShift, 800).await;
        time.pass(6);
        is(vec![(2, 1)]).await;
        story.steady("web", "web:2", 1).await;
    });
}

#[test]
fn a_pause_hook_holds_a_deployment_until_a_person_continues_it_or_rolls_it_back() {
    story("pause-hook", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let configuration = json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0});
        story.apply(&staged(1, configuration.clone(), by_selector())).await;
        story.steady("web", "web:1", 1).await;

        let mut hooked = configuration;
        hooked["lifecycleHooks"] = pause_at(&["POST_TEST_TRAFFIC_SHIFT"]);
        story.apply(&staged(1, hooked, by_selector())).await;
        story.apply(&task_definition("web", "nginx:2")).await;
        let waits = asked(story, "2-post-test-traffic-shift-0-0").await.status.unwrap();
        assert_eq!(reason(&waits.conditions, "Ready"), "AwaitingHook");
        leads_to(story, "web", 1).await;
        leads_to(story, &test_name("web"), 2).await;
        say(story, "continue", "2-post-test-traffic-shift-0-0").await;
        story.steady("web", "web:2", 1).await;

        story.apply(&task_definition("web", "nginx:3")).await;
        asked(story, "3-post-test-traffic-shift-0-0").await;
        say(story, "rollback", "3-post-test-traffic-shift-0-0").await;
        let status = rolled_back(story, 1).await;
        assert_eq!(
            (status.task_definition.as_deref(), status.rollback_hold.as_deref()),
            (Some("web:2"), Some("web.service-3"))
        );
        assert_eq!(status.deployment.map(|d| d.status), Some(ServiceDeploymentStatus::RollbackSuccessful));
        leads_to(story, "web", 2).await;
        leads_to(story, &test_name("web"), 2).await;
        assert_eq!(story.names::<Deployment>().await, [colour_name("web", 2)]);
    });
}

#[test]
fn a_gate_whose_job_fails_rolls_a_deployment_back_and_one_whose_job_succeeds_lets_it_go_on() {
    story("gate", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let lambda = json!([{"hookTargetArn": "arn:aws:lambda:eu-west-1:111122223333:function:smoke", "lifecycleStages": ["POST_SCALE_UP"]}]);
        let configuration = json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": lambda});
        let gated = |image: &str| {
            let kubernetes = json!({"service": "ClusterIP", "hookTarget": {"job": {"image": image}}});
            staged(1, configuration.clone(), kubernetes)
        };
        story.apply(&gated("smoke:1")).await;
        story.steady("web", "web:1", 1).await;
        story.apply(&gated("kwok-fail:1")).await;
        story.apply(&task_definition("web", "nginx:2")).await;
        let status = rolled_back(story, 1).await;
        assert_eq!(status.task_definition.as_deref(), Some("web:1"));
        let why = "(deployment ecs-svc/2) deployment failed: lifecycle hook 2-post-scale-up-0-0 failed.";
        assert_eq!(said(&status, why).len(), 1, "{:?}", status.events);
        let job = story.get::<Job>("web-2-post-scale-up-0-0").await;
        let env = job.spec.unwrap().template.spec.unwrap().containers.remove(0).env.unwrap();
        let stage = env.iter().find(|v| v.name == "ECS_LIFECYCLE_STAGE").and_then(|v| v.value.clone());
        assert_eq!(stage.as_deref(), Some("POST_SCALE_UP"));

        story.apply(&gated("smoke:1")).await;
        story.apply(&task_definition("web", "nginx:3")).await;
        story.steady("web", "web:3", 1).await;
    });
}

#[test]
fn a_rollback_while_it_bakes_gives_blue_all_traffic_at_once() {
    story("bake-back", async |story| {
        let time = Minutes::new();
        let _operator = story.operator_with(options(story, &time.0)).await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&staged(1, json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}), by_route())).await;
        story.steady("web", "web:1", 1).await;
        let seen = watched(story);
        story.apply(&task_definition("web", "nginx:2")).await;
        at(story, 2, Stage::BakeTime, 1000).await;
        routed(story, &[(1, 0), (2, 1)]).await;
        say(story, "rollback", "ecs-svc/2").await;
        rolled_back(story, 1).await;
        routed(story, &[(1, 1)]).await;
        let back: Weights = vec![(1, 1), (2, 0)];
        let seen = seen.lock().unwrap().clone();
        let last = seen.iter().position(|w| *w == [(1, 0), (2, 1)]).unwrap();
        assert_eq!(seen[last + 1], back, "in one step: {seen:?}");
    });
}

#[test]
fn a_change_in_the_middle_goes_back_to_blue_first_and_starts_over() {
    story("middle", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut configuration = json!({"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": 0}});
        story.apply(&staged(1, configuration.clone(), by_route())).await;
        story.steady("web", "web:1", 1).await;
        configuration["canaryConfiguration"]["canaryBakeTimeInMinutes"] = 1440.into();
        story.apply(&staged(1, configuration.clone(), by_route())).await;
        let seen = watched(story);
        story.apply(&task_definition("web", "nginx:2")).await;
        at(story, 2, Stage::ProductionTrafficShift, 50).await;
        routed(story, &[(1, 950), (2, 50)]).await;

        story.apply(&task_definition("web", "nginx:3")).await;
        at(story, 3, Stage::ProductionTrafficShift, 50).await;
        routed(story, &[(1, 950), (3, 50)]).await;
        assert_eq!(story.names::<Deployment>().await.len(), 2, "the second is gone");
        configuration["canaryConfiguration"]["canaryBakeTimeInMinutes"] = 0.into();
        story.apply(&staged(1, configuration, by_route())).await;
        let status = story.steady("web", "web:3", 1).await.status.unwrap();
        assert_eq!(status.rollback_hold, None, "nothing failed");
        let seen = seen.lock().unwrap().clone();
        assert!(seen.iter().flatten().all(|(revision, weight)| *revision != 2 || *weight <= 50), "{seen:?}");
    });
}

#[test]
fn a_service_that_rolled_goes_on_in_stages_and_back_without_a_task_less() {
    story("from-rolling", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("web", "nginx:1")).await;
        story.apply(&service("web", "web", 2)).await;
        story.steady("web", "web:1", 2).await;
        let moments = story.moments().await;
        story.apply(&staged(2, json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0}), by_selector())).await;
        leads_to(story, "web", 1).await;
        assert_eq!(story.names::<Deployment>().await, ["web"], "a strategy starts no deployment");
        story.apply(&task_definition("web", "nginx:2")).await;
        story.steady("web", "web:2", 2).await;
        assert_eq!(story.names::<Deployment>().await, [colour_name("web", 2)]);

        story.apply(&staged(2, json!({"strategy": "ROLLING"}), by_selector())).await;
        story.apply(&task_definition("web", "nginx:3")).await;
        story.steady("web", "web:3", 2).await;
        story.gone::<Deployment>(&colour_name("web", 2)).await;
        assert_eq!(story.names::<Deployment>().await, ["web"]);

        // What was deployed in stages before is forgotten: traffic comes from what rolled since.
        let configuration = json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0});
        story.apply(&staged(2, configuration, by_selector())).await;
        leads_to(story, "web", 3).await;
        story.apply(&task_definition("web", "nginx:4")).await;
        let status = story.steady("web", "web:4", 2).await.status.unwrap();
        assert_eq!(status.deployment.map(|d| (d.source, d.revision)), Some((Some(3), 4)));
        let lowest = moments.end().iter().map(|m| m.healthy).min();
        assert_eq!(lowest, Some(2), "two healthy tasks at every moment");
    });
}

/// Where a deployment is: the stage, the step, and the hook that it waits for
type Place = (Stage, i64, Option<String>);

fn place(record: &StagedDeployment) -> Place {
    (record.stage, record.step, record.hooks.first().map(|hook| hook.hook_id.clone()))
}

#[test]
fn an_operator_killed_at_every_stage_of_a_canary_comes_to_the_same_end() {
    story("canary-killed", async |story| {
        let mut operator = process::start(story);
        story.apply(&task_definition("web", "nginx:1")).await;
        let mut configuration = json!({"strategy": "CANARY", "bakeTimeInMinutes": 0,
            "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 0}});
        story.apply(&staged(2, configuration.clone(), by_route())).await;
        story.steady("web", "web:1", 2).await;
        configuration["lifecycleHooks"] = pause_at(&[
            "PRE_SCALE_UP",
            "POST_SCALE_UP",
            "POST_TEST_TRAFFIC_SHIFT",
            "PRE_PRODUCTION_TRAFFIC_SHIFT",
            "POST_PRODUCTION_TRAFFIC_SHIFT",
        ]);
        story.apply(&staged(2, configuration, by_route())).await;
        let traffic = watched(story);
        // A task of this image is healthy three seconds after it started, so that scaling up is seen too.
        story.apply(&task_definition("web", "kwok-late:2")).await;

        let mut seen: Vec<Place> = Vec::new();
        loop {
            let last = seen.last().cloned();
            let moved = story
                .wait("web", &format!("has gone on from {last:?}"), |s: &EcsService| {
                    record(s).filter(|r| r.revision == 2).is_some_and(|r| r.status.is_over() || Some(place(&r)) != last)
                })
                .await;
            operator.kill().await;
            let record = record(&moved).unwrap();
            seen.push(place(&record));
            // What a person says while nobody listens is heard.
            if let Some(hook) = record.hooks.first() {
                say(story, "continue", &hook.hook_id).await;
            }
            operator = process::start(story);
            if record.status.is_over() {
                break;
            }
        }
        let status = story.steady("web", "web:2", 2).await.status.unwrap();
        let killed_at: Vec<Stage> = seen.iter().map(|(stage, ..)| *stage).collect();
        for stage in [
            Stage::PreScaleUp,
            Stage::ScaleUp,
            Stage::PostScaleUp,
            Stage::PreProductionTrafficShift,
            Stage::PostProductionTrafficShift,
        ] {
            assert!(killed_at.contains(&stage), "not killed at {stage}: {seen:?}");
        }
        let revisions = ["web-1", "web-2", "web.service-1", "web.service-2"];
        assert_eq!(story.names::<ControllerRevision>().await, revisions);
        assert_eq!(story.names::<Deployment>().await, [colour_name("web", 2)]);
        assert_eq!(said(&status, "(deployment ecs-svc/2) deployment completed.").len(), 1, "{:?}", status.events);
        assert_eq!(status.deployments[0].failed_tasks, Some(0));
        let traffic = traffic.lock().unwrap().clone();
        let expected: [Weights; 5] =
            [vec![(1, 1)], vec![(1, 1), (2, 0)], vec![(1, 950), (2, 50)], vec![(1, 0), (2, 1)], vec![(2, 1)]];
        assert_eq!(traffic, expected, "forwards, and to nothing else");
        let alive = |pod: &&Pod| pod.metadata.deletion_timestamp.is_none();
        assert_eq!(story.list::<Pod>().await.iter().filter(alive).count(), 2);
    });
}
