//! Deployments as data: what pods show, one look after the other, and the verdict.

mod scheduler;

use ecs_crds::{CompletedRevision, EcsServiceStatus, LifecycleStage, ServiceDeploymentStatus, StagedDeployment};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::*;
use crate::config::{FailingTasks, OperatorConfig};
use crate::model::deployment::{Alarms as Watched, Breaker, EarlySuccess, Judgement, Threshold};
use crate::model::service::Service;
use crate::revision::{ServiceRevision, Supervision};

/// A time of these tests, so many seconds after their beginning
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A service of so many tasks
fn service(desired: i64, judgement: Judgement) -> Service {
    let spec = serde_json::from_value(json!({"taskDefinition": "web", "desiredCount": desired})).unwrap();
    let checked = crate::check::service(&spec, "web", &Default::default(), &Default::default());
    Service { judgement, ..checked.model.unwrap() }
}

/// A revision whose tasks have the essential containers `app` and `helper`, and wait for `migrate`
fn revision(number: i64) -> ServiceRevision {
    let rules = json!({
        "essential": ["app", "helper"], "awaited": ["migrate"], "startTimeouts": {"migrate": 20},
        "endTask": ["app", "helper"],
    });
    let content = json!({
        "inputs": {"taskDefinition": format!("web:{number}")},
        "rendered": {"template": {}, "minReadySeconds": 0, "supervision": rules},
    });
    ServiceRevision { service: "web".into(), number, content: serde_json::from_value(content).unwrap() }
}

/// A pod of a revision, and what its status says
fn pod(name: &str, revision: i64, status: Value) -> Pod {
    serde_json::from_value(json!({
        "metadata": {
            "name": name, "uid": name, "creationTimestamp": at(0),
            "labels": {"ecs-operator.dev/service-revision": revision.to_string()},
        },
        "status": status,
    }))
    .unwrap()
}

/// A task whose container `app` was restarted so often
fn crashing(name: &str, restarts: i64) -> Pod {
    let app = json!({"name": "app", "ready": false, "image": "", "imageID": "", "restartCount": restarts});
    pod(name, 2, json!({"phase": "Running", "containerStatuses": [app]}))
}

/// A task that is ready since then
fn ready(name: &str, revision: i64, since: i64) -> Pod {
    let ready = json!({"type": "Ready", "status": "True", "lastTransitionTime": at(since)});
    pod(name, revision, json!({"phase": "Running", "conditions": [ready]}))
}

/// A task that waits for its image
fn no_image(name: &str) -> Pod {
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff"}});
    let app = json!({"name": "app", "ready": false, "image": "", "imageID": "", "restartCount": 0, "state": waiting});
    pod(name, 2, json!({"phase": "Pending", "containerStatuses": [app]}))
}

/// A Deployment that has so many tasks of a revision, all of them available
fn deployment(revision: i64, tasks: i64) -> Deployment {
    let labels = json!({"ecs-operator.dev/service-revision": revision.to_string()});
    serde_json::from_value(json!({
        "spec": {"replicas": tasks, "selector": {}, "template": {"metadata": {"labels": labels}}},
        "status": {"replicas": tasks, "updatedReplicas": tasks, "availableReplicas": tasks},
    }))
    .unwrap()
}

/// A service in the middle of its second deployment, after the first has completed
struct Scene {
    service: Service,
    status: EcsServiceStatus,
    config: OperatorConfig,
    alarms: Alarms,
    stages: Option<staged::Stages>,
    deployment: Option<Deployment>,
}

fn scene(desired: i64, judgement: Judgement) -> Scene {
    let completed = json!({"revision": 1, "taskDefinition": "web:1"});
    let status = json!({
        "deployments": [{
            "id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": "web:2", "desiredCount": desired,
            "runningCount": 0, "pendingCount": 0, "rolloutState": "IN_PROGRESS",
        }],
        "rollout": {"revision": 2, "completed": completed},
    });
    Scene {
        service: service(desired, judgement),
        status: serde_json::from_value(status).unwrap(),
        config: OperatorConfig::default(),
        alarms: Alarms::new(),
        stages: None,
        deployment: None,
    }
}

impl Scene {
    /// A look, whose verdict is written to the status
    fn look(&mut self, pods: &[Pod], now: i64) -> Verdict {
        let pods: Vec<&Pod> = pods.iter().collect();
        let tasks = tasks(&pods);
        let primary = revision(2);
        let subject = Subject {
            service: &self.service,
            primary: &primary,
            workload: Workload::sum(self.deployment.iter().map(Workload::from)),
            tasks: &tasks,
            hold: None,
            stuck: false,
            stored: &[1, 2],
            stages: self.stages.as_ref(),
        };
        let given = Given { previous: &self.status, alarms: &self.alarms, config: &self.config, now: at(now) };
        let verdict = judge(subject, given);
        self.status.rollout = Some(verdict.book.clone());
        self.status.deployments[0].rollout_state = verdict.state.as_str().to_owned();
        verdict
    }

    /// How many failed tasks a look counts
    fn failed(&mut self, pods: &[Pod], now: i64) -> i64 {
        self.look(pods, now).book.failed_tasks
    }
}

fn breaker(threshold: Threshold, rollback: bool, reset_on_healthy_task: bool) -> Judgement {
    Judgement { breaker: Some(Breaker { threshold, rollback, reset_on_healthy_task }), ..Judgement::default() }
}

#[test]
fn a_failure_is_counted_once_however_often_it_is_looked_at() {
    let mut scene = scene(2, Judgement::default());
    assert_eq!(scene.failed(&[crashing("a", 1)], 1), 1);
    assert_eq!(scene.failed(&[crashing("a", 1)], 2), 1, "as after a restart of the operator");
    assert_eq!(scene.failed(&[crashing("a", 3), crashing("b", 0)], 3), 3);
    assert_eq!(scene.failed(&[crashing("b", 1)], 4), 4, "what a task that is gone did stays counted");
    let old = pod("old", 1, json!({"phase": "Failed"}));
    assert_eq!(scene.failed(&[crashing("b", 1), old], 5), 4, "a task of an older deployment is none of this one's");
    let evicted = pod("c", 2, json!({"phase": "Failed"}));
    assert_eq!(scene.failed(&[crashing("b", 1), evicted], 6), 5);
}

/// V182
#[test]
fn v182_two_essential_containers_that_end_together_are_one_failure() {
    let container = |name: &str| json!({"name": name, "ready": true, "image": "", "imageID": "", "restartCount": 1});
    let both = json!({"phase": "Running", "containerStatuses": [container("app"), container("helper")]});
    assert_eq!(scene(2, Judgement::default()).failed(&[pod("a", 2, both)], 1), 1, "V182");
}

#[test]
fn what_stopping_does_to_a_task_is_no_failure() {
    let stopping = |finished: i64| {
        let ended = json!({"terminated": {"exitCode": 143, "finishedAt": at(finished)}});
        let app = json!({"name": "app", "ready": false, "image": "", "imageID": "", "restartCount": 0, "state": ended});
        let mut pod = pod("a", 2, json!({"phase": "Running", "containerStatuses": [app]}));
        pod.metadata.deletion_timestamp = serde_json::from_value(json!(at(40))).unwrap();
        pod.metadata.deletion_grace_period_seconds = Some(30);
        pod
    };
    assert_eq!(scene(1, Judgement::default()).failed(&[stopping(12)], 13), 0, "told to stop at 10");
    assert_eq!(scene(1, Judgement::default()).failed(&[stopping(9)], 13), 1, "it had ended before");
}

/// V98
#[test]
fn v98_a_launch_that_fails_counts_once_a_minute() {
    let mut scene = scene(1, Judgement::default());
    assert_eq!(scene.look(&[no_image("a")], 0).look_at, Some(at(60)), "V98");
    assert_eq!(scene.failed(&[no_image("a")], 59), 0);
    assert_eq!(scene.failed(&[no_image("a")], 130), 2);
    assert_eq!(scene.failed(&[no_image("a")], 131), 2);
    // It got its image, and loses it: a minute begins anew.
    assert_eq!(scene.failed(&[crashing("a", 0)], 140), 2);
    assert_eq!(scene.failed(&[no_image("a")], 150), 2);
    assert_eq!(scene.failed(&[no_image("a")], 209), 2);
    assert_eq!(scene.failed(&[no_image("a")], 210), 3);
}

/// V94, V95
#[test]
fn the_breaker_trips_at_its_threshold_and_not_before() {
    for (name, threshold, desired, too_many) in [
        ("V94", Threshold::BoundedPercent(50), 1, 3),
        ("V94", Threshold::BoundedPercent(50), 25, 13),
        ("V94", Threshold::BoundedPercent(50), 400, 200),
        ("V94", Threshold::BoundedPercent(50), 800, 200),
        ("V95", Threshold::UnboundedPercent(50), 2, 1),
        ("V95", Threshold::UnboundedPercent(50), 800, 400),
        ("V95", Threshold::Count(5), 800, 5),
    ] {
        let mut scene = scene(desired, breaker(threshold, true, true));
        assert_eq!(scene.look(&[crashing("a", too_many - 1)], 1).state, State::InProgress, "{name} {desired}");
        let verdict = scene.look(&[crashing("a", too_many)], 2);
        let failed = Turn::Failed { cause: Cause::Tasks, back_to: Some(1) };
        assert_eq!((verdict.turn, verdict.hold), (Some(failed), Some(2)), "{name} {desired}");
        assert_eq!(scene.look(&[crashing("a", too_many + 1)], 3).turn, None, "{name}: said once");
    }
}

/// V97
#[test]
fn v97_a_healthy_task_resets_the_count_where_that_is_asked_for() {
    for (resets, expected) in [(true, State::InProgress), (false, State::Failed)] {
        let mut scene = scene(2, breaker(Threshold::BoundedPercent(50), true, resets));
        assert_eq!(scene.failed(&[crashing("a", 2)], 1), 2, "V97");
        let healthy = scene.failed(&[crashing("a", 2), ready("b", 2, 2)], 2);
        assert_eq!(healthy, if resets { 0 } else { 2 });
        assert_eq!(scene.look(&[crashing("a", 4), ready("b", 2, 2)], 3).state, expected, "V97 {resets}");
    }
}

/// V96 with the story of the same
#[test]
fn v96_without_a_completed_deployment_or_without_rollback_it_stays_where_it_failed() {
    let three = Threshold::Count(3);
    let mut first = scene(1, breaker(three, true, true));
    first.status.rollout.as_mut().unwrap().completed = None;
    let verdict = first.look(&[crashing("a", 3)], 1);
    let stays = Some(Turn::Failed { cause: Cause::Tasks, back_to: None });
    assert_eq!((verdict.turn, verdict.hold), (stays.clone(), None), "V96");
    let mut unasked = scene(1, breaker(three, false, true));
    assert_eq!(unasked.look(&[crashing("a", 3)], 1).turn, stays);
    assert_eq!(unasked.look(&[ready("a", 2, 2)], 9).state, State::Failed, "it stays failed, whatever its tasks do");
}

#[test]
fn an_alarm_fails_a_deployment_but_not_one_that_began_with_it() {
    let queries = ["errors", "latency"].map(|name| (name.to_owned(), name.to_owned())).into();
    let watched = Judgement {
        alarms: Some(Watched { queries, rollback: true }),
        bake: SignedDuration::from_mins(2),
        ..Judgement::default()
    };
    let mut scene = scene(1, watched);
    scene.alarms = [("errors".into(), AlarmState::Ok), ("latency".into(), AlarmState::Alarm)].into();
    assert_eq!(scene.look(&[], 0).state, State::InProgress, "latency was in ALARM before");
    scene.deployment = Some(deployment(2, 1));
    let baking = scene.look(&[ready("a", 2, 1)], 10);
    assert_eq!((baking.state, baking.look_at), (State::InProgress, Some(at(130))));

    let mut quiet =
        Scene { service: scene.service.clone(), status: scene.status.clone(), ..self::scene(1, Judgement::default()) };
    quiet.deployment.clone_from(&scene.deployment);
    assert_eq!(quiet.look(&[ready("a", 2, 1)], 130).state, State::Completed);

    scene.alarms.insert("errors".into(), AlarmState::Alarm);
    let verdict = scene.look(&[ready("a", 2, 1)], 100);
    let failed = Turn::Failed { cause: Cause::Alarm("errors".into()), back_to: Some(1) };
    assert_eq!((verdict.turn, verdict.hold), (Some(failed), Some(2)));
}

#[test]
fn early_success_needs_a_part_of_the_tasks_and_the_old_ones_gone_where_it_blocks() {
    let pods = [ready("a", 2, 1), ready("b", 2, 1), ready("old", 1, 0), crashing("c", 0)];
    for (percent, blocking, expected) in [
        (50, false, State::Completed),
        (50, true, State::InProgress),
        (75, false, State::InProgress),
        (0, false, State::Completed),
    ] {
        let early = Some(EarlySuccess { healthy_percent: percent, blocking });
        let mut scene = scene(4, Judgement { early, ..Judgement::default() });
        assert_eq!(scene.look(&pods, 5).state, expected, "{percent} % {blocking}");
    }
}

/// The names of the tasks that are replaced, and when to look again
fn replaced(
    pods: &[Pod],
    status: &EcsServiceStatus,
    rules: &Supervision,
    now: i64,
) -> (Vec<String>, Option<Timestamp>) {
    let pods: Vec<&Pod> = pods.iter().collect();
    let times = FailingTasks { launch_seconds: 60, replace_after_seconds: 30 };
    let found = supervise(&tasks(&pods), &|_| Some(rules.clone()), status, times, at(now));
    (found.replace.iter().map(|t| t.name().to_owned()).collect(), found.look_at)
}

/// V67
#[test]
fn v67_a_task_is_replaced_when_an_essential_container_ended_once_it_is_counted_and_of_some_age() {
    let rules = revision(2).content.rendered.supervision;
    let mut scene = scene(2, Judgement::default());
    let pods = [crashing("a", 1), crashing("b", 0)];
    let nothing: (Vec<String>, Option<Timestamp>) = (vec![], None);
    assert_eq!(replaced(&pods, &scene.status, &rules, 40), nothing, "V67: not before it is counted");
    assert_eq!(scene.failed(&pods, 40), 1, "V67");
    assert_eq!(replaced(&pods, &scene.status, &rules, 20), (vec![], Some(at(30))), "it fails at once: later");
    assert_eq!(replaced(&pods, &scene.status, &rules, 40).0, ["a"]);
    let mut stopping = crashing("a", 1);
    stopping.metadata.deletion_timestamp = serde_json::from_value(json!(at(70))).unwrap();
    assert_eq!(replaced(&[stopping], &scene.status, &rules, 41), nothing, "not twice");
    scene.status.deployments[0].rollout_state = "FAILED".into();
    assert_eq!(replaced(&pods, &scene.status, &rules, 41), nothing, "a failed deployment starts no tasks");
}

/// V69
#[test]
fn v69_a_run_shorter_than_the_restart_attempt_period_ends_the_task() {
    let rules: Supervision =
        serde_json::from_value(json!({"essential": ["app"], "restartAfter": {"app": 60}})).unwrap();
    for (ran, expected) in [(20, vec!["a".to_owned()]), (60, vec![])] {
        let run = json!({"terminated": {"exitCode": 1, "startedAt": at(0), "finishedAt": at(ran)}});
        let app =
            json!({"name": "app", "ready": true, "image": "", "imageID": "", "restartCount": 1, "lastState": run});
        let pod = pod("a", 2, json!({"phase": "Running", "containerStatuses": [app]}));
        assert_eq!(replaced(&[pod], &EcsServiceStatus::default(), &rules, 90).0, expected, "V69 {ran}");
    }
}

#[test]
fn a_container_that_others_wait_for_too_long_ends_the_task() {
    let rules = revision(2).content.rendered.supervision;
    let running = json!({"running": {"startedAt": at(0)}});
    let migrate =
        json!({"name": "migrate", "ready": false, "image": "", "imageID": "", "restartCount": 0, "state": running});
    let pods = [pod("a", 2, json!({"phase": "Pending", "initContainerStatuses": [migrate]}))];
    let mut scene = scene(1, Judgement::default());
    assert_eq!(scene.look(&pods, 5).look_at, Some(at(20)));
    assert_eq!(replaced(&pods, &scene.status, &rules, 19), (vec![], Some(at(20))));
    assert_eq!(scene.failed(&pods, 20), 1);
    assert_eq!(replaced(&pods, &scene.status, &rules, 21).0, ["a"]);
    assert_eq!(scene.failed(&pods, 30), 1);
}

#[test]
fn an_alarm_while_it_bakes_stands_in_the_status_before_traffic_goes_back() {
    let queries = [("errors".to_owned(), "errors > 1".to_owned())].into();
    let watched = Watched { queries, rollback: true };
    let mut scene = scene(2, Judgement { alarms: Some(watched), ..Judgement::default() });
    let strategy = json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5});
    let spec = json!({"taskDefinition": "web", "desiredCount": 2, "deploymentConfiguration": strategy,
                      "kubernetes": {"service": "ClusterIP"}});
    let spec = serde_json::from_value(spec).unwrap();
    scene.service.staged =
        crate::check::service(&spec, "web", &Default::default(), &Default::default()).model.unwrap().staged;
    let bakes = StagedDeployment {
        stage: LifecycleStage::BakeTime,
        production_permille: 1000,
        ..staged::begin(2, Some(1), false, at(0))
    };
    let source = CompletedRevision { revision: 1, task_definition: "web:1".to_owned() };
    let stages = staged::Stages { source: Some(source), laid_out: true, healthy: 2, ..staged::Stages::default() };
    scene.stages = Some(staged::Stages { record: Some(bakes.clone()), ..stages });

    scene.alarms.insert("errors".into(), AlarmState::Ok);
    let calm = scene.look(&[], 1);
    assert_eq!((calm.state, calm.record.as_ref(), calm.look_at), (State::InProgress, Some(&bakes), Some(at(300))));
    scene.alarms.insert("errors".into(), AlarmState::Alarm);
    let failed = scene.look(&[], 2);
    let turn = Turn::Failed { cause: Cause::Alarm("errors".into()), back_to: Some(1) };
    assert_eq!((failed.state, failed.turn, failed.hold), (State::Failed, Some(turn), Some(2)));
    let record = failed.record.unwrap();
    assert_eq!((record.status, record.production_permille), (ServiceDeploymentStatus::RollbackInProgress, 0));
}
