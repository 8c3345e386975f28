//! Pods as a kubelet reports them, and the tasks that they are.

use ecs_crds::StopCode;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::*;

/// Seconds after the pod was made
fn at(seconds: i64) -> String {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap().to_string()
}

/// A pod of a service, scheduled, with a container `app`; `patch` is merged into it
fn of_service(patch: Value) -> Pod {
    patched(&[patch])
}

fn patched(patches: &[Value]) -> Pod {
    let mut pod = json!({
        "metadata": {
            "name": "web-7d9c-x2x4k",
            "creationTimestamp": at(0),
            "labels": {
                "ecs-operator.dev/family": "web", "ecs-operator.dev/revision": "3", "ecs-operator.dev/service": "web",
                "ecs-operator.dev/service-revision": "2",
            },
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9c", "uid": "u"}],
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "nginx:1"}]},
        "status": {"phase": "Pending", "startTime": at(1)},
    });
    patches.iter().for_each(|patch| merge(&mut pod, patch.clone()));
    serde_json::from_value(pod).unwrap()
}

/// The same as a Job's
fn of_a_job(patch: Value) -> Pod {
    let job = json!({
        "metadata": {
            "labels": {"ecs-operator.dev/service": null, "ecs-operator.dev/service-revision": null},
            "annotations": {"ecs-operator.dev/task-group": "family:web", "ecs-operator.dev/started-by": "me"},
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "web", "uid": "u"}],
        },
        "spec": {"restartPolicy": "Never"},
    });
    patched(&[job, patch])
}

fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    into.remove(&key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (into, patch) => *into = patch,
    }
}

fn status(name: &str, state: Value) -> Value {
    json!({"name": name, "image": "nginx:1", "imageID": "docker.io/library/nginx@sha256:abc", "ready": false,
        "restartCount": 0, "state": state})
}

fn running(name: &str) -> Value {
    let mut running = status(name, json!({"running": {"startedAt": at(5)}}));
    merge(&mut running, json!({"ready": true, "started": true}));
    running
}

fn waiting(name: &str, reason: &str, message: &str) -> Value {
    status(name, json!({"waiting": {"reason": reason, "message": message}}))
}

fn ended(name: &str, code: i32, reason: &str, finished: i64) -> Value {
    status(name, json!({"terminated": end(code, reason, finished)}))
}

fn end(code: i32, reason: &str, finished: i64) -> Value {
    json!({"exitCode": code, "reason": reason, "startedAt": at(5), "finishedAt": at(finished)})
}

/// A container that the kubelet starts again after such an end
fn crashing(name: &str, code: i32, reason: &str) -> Value {
    let mut crashing = waiting(name, "CrashLoopBackOff", "back-off 10s restarting failed container");
    merge(&mut crashing, json!({"restartCount": 2, "lastState": {"terminated": end(code, reason, 30)}}));
    crashing
}

/// A status in this phase with these containers
fn phase(phase: &str, containers: Value) -> Value {
    json!({"status": {"phase": phase, "containerStatuses": containers}})
}

/// A deletion that was asked for after so many seconds
fn deleted(seconds: i64) -> Value {
    json!({"metadata": {"deletionTimestamp": at(seconds + 30), "deletionGracePeriodSeconds": 30}})
}

fn with(one: Value, other: Value) -> Value {
    let mut both = one;
    merge(&mut both, other);
    both
}

/// The task in one line: lastStatus, desiredStatus, and what stops or would stop it
fn line(task: &DescribedTask) -> String {
    let mut line = format!("{} {}", task.last_status, task.desired_status);
    if let (Some(code), Some(reason)) = (task.stop_code, &task.stopped_reason) {
        line = format!("{line} {code}: {reason}");
    }
    line
}

const FACTS: Facts<'static> = Facts { stop: None, deployment: Some("ecs-svc/3"), spot: false };

fn seen(pod: &Pod, facts: &Facts<'_>) -> Seen {
    let mut slimmed = pod.clone();
    slim(&mut slimmed);
    let now = at(60).parse().unwrap();
    let seen = view(&slimmed, facts, now);
    assert_eq!(seen, view(pod, facts, now), "what is kept of a pod is enough for the look at it");
    assert_eq!(seen.task.stopped_at.is_some(), seen.stopped(), "{seen:#?}");
    seen
}

#[track_caller]
fn check(pod: &Pod, expected: &str) {
    assert_eq!(line(&seen(pod, &FACTS).task), expected);
}

#[test]
fn a_task_of_a_service_passes_through_the_states_of_ecs() {
    let unscheduled = json!({"spec": {"nodeName": null}, "status": {"startTime": null}});
    check(&of_service(unscheduled), "PROVISIONING RUNNING");
    check(&of_service(json!({})), "PENDING RUNNING");
    let creating = json!([waiting("app", "ContainerCreating", "")]);
    check(&of_service(phase("Pending", creating)), "PENDING RUNNING");
    let runs = phase("Running", json!([running("app")]));
    check(&of_service(runs.clone()), "RUNNING RUNNING");
    let gate = json!({"spec": {"readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/web"}]}});
    check(&of_service(with(runs.clone(), gate)), "ACTIVATING RUNNING");
    let scaled_in = "STOPPED ServiceSchedulerInitiated: Scaling activity initiated by (deployment ecs-svc/3)";
    check(&of_service(with(runs.clone(), deleted(50))), &format!("STOPPING {scaled_in}"));
    let drains = json!({"spec": {"containers": [
        {"name": "app", "image": "nginx:1", "lifecycle": {"preStop": {"sleep": {"seconds": 15}}}},
    ]}});
    check(&of_service(with(with(runs, drains), deleted(50))), &format!("DEACTIVATING {scaled_in}"));
    let over = phase("Running", json!([ended("app", 0, "Completed", 55)]));
    check(&of_service(with(over, deleted(50))), &format!("DEPROVISIONING {scaled_in}"));
    let over = phase("Failed", json!([ended("app", 143, "Error", 55)]));
    check(&of_service(with(over, deleted(50))), &format!("STOPPED {scaled_in}"));
}

#[test]
fn a_task_of_its_own_stops_with_its_essential_container() {
    let exited = "STOPPED EssentialContainerExited: Essential container in task exited";
    for (name, code, reason, words) in [
        ("Succeeded", 0, "Completed", None),
        ("Failed", 3, "Error", None),
        ("Failed", 137, "OOMKilled", Some("OutOfMemoryError: Container killed due to memory usage")),
    ] {
        let pod = of_a_job(phase(name, json!([ended("app", code, reason, 30)])));
        check(&pod, &format!("STOPPED {exited}"));
        let task = seen(&pod, &FACTS).task;
        let container = &task.containers[0];
        assert_eq!((container.exit_code, container.reason.as_deref()), (Some(code), words), "{name}");
        assert_eq!(task.started_at.unwrap().0.to_string(), at(5));
        assert_eq!(task.stopped_at.unwrap().0.to_string(), at(30));
    }
}

#[test]
fn what_a_container_could_not_do_is_said_in_the_words_of_ecs() {
    for (reason, message, words) in [
        (
            "ImagePullBackOff",
            "Back-off pulling image \"nope\"",
            "CannotPullContainerError: Back-off pulling image \"nope\"",
        ),
        ("ErrImagePull", "not found", "CannotPullContainerError: not found"),
        ("InvalidImageName", "", "CannotPullContainerError"),
        (
            "CreateContainerConfigError",
            "secret \"db\" not found",
            "ResourceInitializationError: unable to pull secrets or registry auth: secret \"db\" not found",
        ),
        ("CreateContainerError", "no such device", "CannotCreateContainerError: no such device"),
        ("RunContainerError", "exec: not found", "CannotStartContainerError: exec: not found"),
    ] {
        let waits = json!([waiting("app", reason, message)]);
        let pod = of_a_job(phase("Pending", waits.clone()));
        check(&pod, "PENDING RUNNING");
        let failing = seen(&pod, &FACTS).failing.unwrap();
        assert_eq!(
            (failing.code, failing.reason.as_str(), failing.failed()),
            (StopCode::TaskFailedToStart, words, true)
        );
        let given_up = of_a_job(with(phase("Failed", waits), deleted(50)));
        check(&given_up, &format!("STOPPED STOPPED TaskFailedToStart: {words}"));
    }
    let start = json!({"terminated": {"exitCode": 128, "reason": "StartError", "message": "exec: \"x\": not found",
        "finishedAt": at(6)}});
    let pod = of_a_job(phase("Failed", json!([status("app", start)])));
    check(&pod, "STOPPED STOPPED TaskFailedToStart: CannotStartContainerError: exec: \"x\": not found");
}

#[test]
fn a_container_that_had_to_succeed_first_keeps_the_task_from_starting() {
    let spec = json!({"spec": {"initContainers": [{"name": "migrate", "image": "m"}]},
        "metadata": {"annotations": {"ecs-operator.dev/essential": "app"}}});
    let failed = json!({"status": {"phase": "Failed", "initContainerStatuses": [ended("migrate", 2, "Error", 9)],
        "containerStatuses": [waiting("app", "PodInitializing", "")]}});
    let expected = "STOPPED STOPPED TaskFailedToStart: Task failed to start: container migrate exited with 2 and had to \
                    succeed";
    check(&of_a_job(with(spec, failed)), expected);
}

/// `app` with the sidecars `envoy` (essential) and `log_router` (not)
fn of_three(status: Value) -> Pod {
    let sidecar = |name: &str| json!({"name": name, "image": "i", "restartPolicy": "Always"});
    let spec = json!({
        "metadata": {"annotations": {
            "ecs-operator.dev/essential": "app,envoy", "ecs-operator.dev/ecs-name.log-router-ab": "log_router",
        }},
        "spec": {"initContainers": [sidecar("log-router-ab"), sidecar("envoy")]},
    });
    of_a_job(with(spec, status))
}

#[test]
fn a_task_of_several_stops_at_the_first_essential_exit() {
    let exited = "STOPPED EssentialContainerExited: Essential container in task exited";
    let of = |router: Value, envoy: Value, app: Value, phase: &str| {
        of_three(
            json!({"status": {"phase": phase, "initContainerStatuses": [router, envoy], "containerStatuses": [app]}}),
        )
    };
    let restarted =
        |name: &str| with(running(name), json!({"restartCount": 1, "lastState": {"terminated": end(1, "Error", 20)}}));
    let all = of(running("log-router-ab"), running("envoy"), running("app"), "Running");
    check(&all, "RUNNING RUNNING");
    assert_eq!(seen(&all, &FACTS).task.containers[0].name, "log_router");

    let without_router = of(restarted("log-router-ab"), running("envoy"), running("app"), "Running");
    check(&without_router, "RUNNING RUNNING");
    let without_envoy = of(running("log-router-ab"), restarted("envoy"), running("app"), "Running");
    check(&without_envoy, &format!("STOPPING {exited}"));
    assert!(seen(&without_envoy, &FACTS).overdue());
    assert_eq!(seen(&without_envoy, &FACTS).task.containers[1].exit_code, Some(1));
    let sidecars_left = of(running("log-router-ab"), running("envoy"), ended("app", 0, "Completed", 20), "Running");
    check(&sidecars_left, &format!("STOPPING {exited}"));
    let starting = of(running("log-router-ab"), running("envoy"), waiting("app", "ContainerCreating", ""), "Pending");
    check(&starting, "PENDING RUNNING");
}

#[test]
fn a_container_that_ecs_itself_restarts_does_not_end_the_task() {
    let annotations = json!({"metadata": {"annotations": {"ecs-operator.dev/restarted": "app"}},
        "spec": {"containers": [{"name": "app", "image": "nginx:1", "restartPolicy": "Always"}]}});
    let again = with(running("app"), json!({"restartCount": 1, "lastState": {"terminated": end(1, "Error", 20)}}));
    check(&of_a_job(with(annotations, phase("Running", json!([again])))), "RUNNING RUNNING");
}

#[test]
fn a_pod_that_restarts_was_another_task_before() {
    let pod = of_service(phase("Running", json!([crashing("app", 3, "Error")])));
    let found = seen(&pod, &FACTS);
    assert_eq!(line(&found.task), "PENDING RUNNING");
    assert_eq!(found.restarts, 2);
    let before = found.previous.unwrap();
    assert_eq!(line(&before), "STOPPED STOPPED EssentialContainerExited: Essential container in task exited");
    assert_eq!(before.containers[0].exit_code, Some(3));
    assert_eq!(before.stopped_at.unwrap().0.to_string(), at(30));

    let checked = json!({"spec": {"containers": [{"name": "app", "livenessProbe": {"exec": {"command": ["true"]}}}]}});
    let killed = of_service(with(checked, phase("Running", json!([crashing("app", 137, "Error")]))));
    let before = seen(&killed, &FACTS).previous.unwrap();
    assert_eq!(line(&before), "STOPPED STOPPED ServiceSchedulerInitiated: Task failed container health checks");
    assert!(Stop::new(before.stop_code.unwrap(), before.stopped_reason.unwrap()).failed());
}

#[test]
fn whoever_stopped_it_is_named() {
    let runs = phase("Running", json!([running("app")]));
    let stop = Stop::by_user(Some("too expensive"));
    let facts = Facts { stop: Some(&stop), ..FACTS };
    let told = of_a_job(with(runs.clone(), deleted(50)));
    assert_eq!(line(&seen(&told, &facts).task), "STOPPING STOPPED UserInitiated: too expensive");
    check(&told, "STOPPING STOPPED UserInitiated: Task stopped by user");

    // It had ended by itself before anybody said anything. Of what ended in that very second nobody can tell, but most end
    // quickly when they are told to.
    let ended_by = |code, second| phase("Failed", json!([ended("app", code, "Error", second)]));
    let exited = "STOPPED STOPPED EssentialContainerExited: Essential container in task exited";
    for (code, second, expected) in [
        (1, 49, exited),
        (0, 49, exited),
        (1, 50, "STOPPED STOPPED UserInitiated: too expensive"),
        (143, 50, "STOPPED STOPPED UserInitiated: too expensive"),
        (1, 51, "STOPPED STOPPED UserInitiated: too expensive"),
    ] {
        let pod = of_a_job(with(ended_by(code, second), deleted(50)));
        assert_eq!(line(&seen(&pod, &facts).task), expected, "{code} after {second} s");
    }
    check(&of_a_job(with(ended_by(1, 50), deleted(50))), exited);

    let target = |reason: &str| {
        let condition = json!({"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "it drains",
            "lastTransitionTime": at(49)});
        of_service(with(with(runs.clone(), deleted(50)), json!({"status": {"conditions": [condition]}})))
    };
    let drained = "STOPPING STOPPED TerminationNotice: Host (node node-1) gave the task up: it drains";
    check(&target("EvictionByEvictionAPI"), drained);
    let spot = Facts { spot: true, ..FACTS };
    let line_of = |reason| line(&seen(&target(reason), &spot).task);
    let interrupted = "STOPPING STOPPED SpotInterruption: Your Spot Task was interrupted.";
    assert_eq!(line_of("TerminationByKubelet"), interrupted);
    assert_eq!(line_of("PreemptionByScheduler"), drained);
}

#[test]
fn what_could_not_start_did_not_exit_whatever_is_left_of_it() {
    let stop = Stop::new(StopCode::TaskFailedToStart, "CannotPullContainerError: no such image");
    let facts = Facts { stop: Some(&stop), ..FACTS };
    let gone = of_a_job(with(phase("Failed", json!([ended("app", 0, "Completed", 49)])), deleted(50)));
    let expected = "STOPPED STOPPED TaskFailedToStart: CannotPullContainerError: no such image";
    assert_eq!(line(&seen(&gone, &facts).task), expected);
}

#[test]
fn what_the_kubelet_gave_up_or_refused_did_not_exit_by_itself() {
    let evicted = json!({"status": {"reason": "Evicted", "message": "The node was low on resource: memory."}});
    let pod = of_a_job(with(phase("Failed", json!([ended("app", 137, "Error", 30)])), evicted));
    let expected = "STOPPED STOPPED TerminationNotice: Host (node node-1) gave the task up: The node was low on resource: \
                    memory.";
    check(&pod, expected);
    let refused = json!({"status": {"phase": "Failed", "reason": "OutOfcpu", "message": "Node didn't have enough",
        "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": at(3)}]}});
    let expected = "STOPPED STOPPED TaskFailedToStart: ResourceInitializationError: node node-1 refused the task: OutOfcpu \
                    Node didn't have enough";
    check(&of_a_job(refused), expected);
}

#[test]
fn a_task_that_finds_no_node_waits_and_says_why() {
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/3 nodes are available", "lastTransitionTime": at(1)});
    let pod = of_a_job(json!({"spec": {"nodeName": null}, "status": {"startTime": null, "conditions": [condition]}}));
    check(&pod, "PROVISIONING RUNNING");
    let why = seen(&pod, &FACTS).unplaced.unwrap();
    assert_eq!(why, "no container instance met all of its requirements: 0/3 nodes are available");
}

#[test]
fn health_is_what_the_checks_of_essential_containers_say() {
    let probe = json!({"exec": {"command": ["true"]}});
    let checked = |name: &str| json!({"name": name, "image": "i", "startupProbe": probe, "livenessProbe": probe});
    let two = |second: Value| {
        let spec = json!({"metadata": {"annotations": {"ecs-operator.dev/essential": "app,api"}},
            "spec": {"containers": [checked("app"), checked("api")]}});
        of_service(with(spec, phase("Running", json!([running("app"), second]))))
    };
    let health = |pod: &Pod| seen(pod, &FACTS).task.health_status.to_string();
    assert_eq!(health(&two(running("api"))), "HEALTHY");
    assert_eq!(health(&two(with(running("api"), json!({"started": false})))), "UNKNOWN");
    assert_eq!(health(&of_service(phase("Running", json!([running("app")])))), "UNKNOWN", "nothing checks");
}

#[test]
fn a_task_is_described_as_ecs_would() {
    let pod = of_service(phase("Running", json!([running("app")])));
    let described = serde_json::to_value(seen(&pod, &FACTS).task).unwrap();
    let expected = json!({
        "name": "web-7d9c-x2x4k", "taskDefinition": "web:3", "group": "service:web", "startedBy": "ecs-svc/2",
        "node": "node-1", "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "healthStatus": "UNKNOWN",
        "createdAt": at(0), "startedAt": at(5),
        "containers": [{"name": "app", "image": "nginx:1", "imageDigest": "sha256:abc", "lastStatus": "RUNNING",
            "healthStatus": "UNKNOWN"}],
    });
    assert_eq!(described, expected);
}
