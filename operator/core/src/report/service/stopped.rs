//! The tasks of a service that have stopped, kept when their pods are gone.
//!
//! *Guarantees*: a task stands there once; the list is bounded, and changes only when a task stops, never by time alone.

use std::collections::BTreeSet;

use ecs_crds::{Deployment, DescribedTask, HealthStatus, LastStatus, Rollout, StopCode};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::task_view::{Facts, Seen, view};

/// How many are kept; ECS shows every one of the last hour
const KEPT: usize = 20;
/// How long, while others stop
const FOR: SignedDuration = SignedDuration::from_hours(1);

/// The stopped tasks, the one that began to stop last first: those that were known, and those that the pods show; `book` tells
/// whose launch has failed. Of too many those go first that the service itself had no more use for
pub(super) fn stopped(
    known: &[DescribedTask],
    pods: &[&Pod],
    deployments: &[Deployment],
    book: Option<&Rollout>,
    now: Timestamp,
) -> Vec<DescribedTask> {
    let mut tasks = known.to_vec();
    let deployment = deployments.first().map(|primary| primary.id.as_str());
    let seen = pods.iter().flat_map(|pod| {
        let stopped = may_have_stopped(pod).then(|| shown(pod, deployment, now)).into_iter().flatten();
        stopped.chain(not_launched(pod, book, now))
    });
    for seen in seen {
        match tasks.iter_mut().find(|task| is_same(task, &seen)) {
            // Of a pod that is deleted, nobody says any more why it did not start
            Some(task) if task.stop_code == Some(StopCode::TaskFailedToStart) && task.stopped_at.is_some() => {}
            Some(task) => *task = seen,
            None if is_recent(&seen, now) => tasks.push(seen),
            None => {}
        }
    }
    let there: BTreeSet<&str> = pods.iter().filter_map(|pod| pod.metadata.name.as_deref()).collect();
    for task in tasks.iter_mut().filter(|task| task.stopped_at.is_none() && !there.contains(task.name.as_str())) {
        task.stopped_at = Some(Time(now));
    }
    if tasks == known {
        return tasks;
    }
    tasks.retain(|task| is_recent(task, now));
    tasks.sort_by_key(|task| (task.stop_code == Some(StopCode::ServiceSchedulerInitiated), newest_first(task)));
    tasks.truncate(KEPT);
    tasks.sort_by_key(newest_first);
    tasks
}

/// Whether a pod is being stopped, has ended, or was something before its containers were restarted
fn may_have_stopped(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let containers =
        status.iter().flat_map(|s| s.container_statuses.iter().chain(&s.init_container_statuses)).flatten();
    let ended = || {
        containers.into_iter().any(|c| c.restart_count > 0 || c.state.as_ref().is_some_and(|s| s.terminated.is_some()))
    };
    pod.metadata.deletion_timestamp.is_some()
        || matches!(status.and_then(|s| s.phase.as_deref()), Some("Succeeded" | "Failed"))
        || ended()
}

/// What a pod shows of tasks that have stopped, or are to
fn shown(pod: &Pod, deployment: Option<&str>, now: Timestamp) -> impl Iterator<Item = DescribedTask> {
    let Seen { mut task, previous, .. } = view(pod, &Facts { deployment, ..Facts::default() }, now);
    // The run with which the task itself ends tells its exit code, the task why it stopped
    task.exit_code =
        task.exit_code.or(previous.as_ref().filter(|run| is_same(run, &task)).and_then(|run| run.exit_code));
    let is_to_stop = task.desired_status == LastStatus::Stopped;
    previous.into_iter().chain(is_to_stop.then_some(task)).map(record)
}

/// The task whose launch has failed, where the book has counted that; ECS would start another, here the same is tried again
fn not_launched(pod: &Pod, book: Option<&Rollout>, now: Timestamp) -> Option<DescribedTask> {
    let counted = book?.counted.get(pod.metadata.uid.as_deref()?)?;
    let seen = view(pod, &Facts::default(), now);
    let stop = seen.failing.filter(|_| counted.launches > 0)?;
    Some(record(DescribedTask {
        stop_code: Some(stop.code),
        stopped_reason: Some(stop.reason),
        stopping_at: Some(Time(now)),
        stopped_at: Some(Time(now)),
        ..seen.task
    }))
}

/// A task as it is kept: not on its way, but at its end
fn record(task: DescribedTask) -> DescribedTask {
    let mut task = DescribedTask {
        last_status: LastStatus::Stopped,
        desired_status: LastStatus::Stopped,
        health_status: HealthStatus::Unknown,
        ..task
    };
    for container in &mut task.containers {
        container.last_status = LastStatus::Stopped;
        container.health_status = HealthStatus::Unknown;
    }
    task
}

fn is_same(one: &DescribedTask, other: &DescribedTask) -> bool {
    (&one.name, &one.started_at) == (&other.name, &other.started_at)
}

fn is_recent(task: &DescribedTask, now: Timestamp) -> bool {
    let since = task.stopped_at.as_ref().or(task.stopping_at.as_ref());
    since.is_none_or(|since| now.duration_since(since.0) < FOR)
}

fn newest_first(task: &DescribedTask) -> (std::cmp::Reverse<Option<Timestamp>>, String) {
    let since = task.stopping_at.as_ref().or(task.stopped_at.as_ref());
    (std::cmp::Reverse(since.map(|t| t.0)), task.name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: &str = "2026-11-21T12:00:00Z";

    fn pod(name: &str, deleted: Option<&str>, restarts: i32, state: Value, last: Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": {
                "name": name, "deletionTimestamp": deleted, "deletionGracePeriodSeconds": deleted.map(|_| 0),
                "labels": {"ecs-operator.dev/service-revision": "1"},
            },
            "spec": {"containers": [{"name": "app", "image": "i"}], "nodeName": "n"},
            "status": {"phase": "Running", "containerStatuses": [{
                "name": "app", "image": "i", "imageID": "", "ready": false, "restartCount": restarts, "state": state, "lastState": last,
            }]},
        }))
        .unwrap()
    }

    fn running(from: &str) -> Value {
        json!({"running": {"startedAt": from}})
    }

    fn ended(from: &str, to: &str, code: i32) -> Value {
        json!({"terminated": {"exitCode": code, "startedAt": from, "finishedAt": to}})
    }

    fn primary(id: &str) -> [Deployment; 1] {
        [Deployment { id: id.to_owned(), ..Deployment::default() }]
    }

    fn look(known: &[DescribedTask], pods: &[Pod], now: &str) -> Vec<DescribedTask> {
        let pods: Vec<&Pod> = pods.iter().collect();
        stopped(known, &pods, &primary("ecs-svc/2"), None, now.parse().unwrap())
    }

    fn told(tasks: &[DescribedTask]) -> Vec<(String, String, Option<i32>, bool)> {
        let code = |task: &DescribedTask| task.stop_code.unwrap().to_string();
        tasks.iter().map(|t| (t.name.clone(), code(t), t.exit_code, t.stopped_at.is_some())).collect()
    }

    fn told_as(name: &str, code: &str, exit: Option<i32>, stopped: bool) -> (String, String, Option<i32>, bool) {
        (name.to_owned(), code.to_owned(), exit, stopped)
    }

    #[test]
    fn a_task_that_is_told_to_stop_is_kept_with_its_exit_code_when_its_pod_is_gone() {
        let start = "2026-11-21T11:00:00Z";
        let runs = pod("a", None, 0, running(start), Value::Null);
        assert_eq!(look(&[], &[runs], NOW), []);
        let told_to = pod("a", Some("2026-11-21T11:59:50Z"), 0, running(start), Value::Null);
        let first = look(&[], &[told_to], NOW);
        assert_eq!(told(&first), [told_as("a", "ServiceSchedulerInitiated", None, false)]);
        let ended = pod("a", Some("2026-11-21T11:59:50Z"), 0, ended(start, "2026-11-21T11:59:58Z", 143), Value::Null);
        let second = look(&first, &[ended], NOW);
        assert_eq!(told(&second), [told_as("a", "ServiceSchedulerInitiated", Some(143), false)]);
        let third = look(&second, &[], "2026-11-21T12:00:01Z");
        assert_eq!(told(&third), [told_as("a", "ServiceSchedulerInitiated", Some(143), true)]);
        assert_eq!(look(&third, &[], "2026-11-22T12:00:00Z"), third, "time alone changes nothing");
        let reason = third[0].stopped_reason.as_deref();
        assert_eq!(reason, Some("Scaling activity initiated by (deployment ecs-svc/2)"));
    }

    #[test]
    fn each_run_of_a_restarted_container_is_a_task_that_stopped() {
        let (one, two) = ("2026-11-21T11:58:00Z", "2026-11-21T11:59:00Z");
        let first = pod("a", None, 1, running(two), ended(one, two, 3));
        let known = look(&[], std::slice::from_ref(&first), NOW);
        assert_eq!(told(&known), [told_as("a", "EssentialContainerExited", Some(3), true)]);
        assert_eq!(look(&known, &[first], NOW), known, "and once");
        let waits = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        let again = pod("a", None, 1, waits, ended(two, NOW, 4));
        let known = look(&known, &[again], NOW);
        let expected = [Some(4), Some(3)].map(|code| told_as("a", "EssentialContainerExited", code, true));
        assert_eq!(told(&known), expected);
    }

    #[test]
    fn a_launch_that_failed_is_kept_with_its_reason_when_the_pod_tells_it_no_more() {
        let waiting = |reason: &str, deleted: Option<&str>| {
            let mut pod =
                pod("a", deleted, 0, json!({"waiting": {"reason": reason, "message": "no such image"}}), Value::Null);
            pod.metadata.uid = Some("u".to_owned());
            pod
        };
        let book = |launches: i64| -> Rollout {
            serde_json::from_value(json!({"revision": 1, "counted": {"u": {"launches": launches}}})).unwrap()
        };
        let look = |known: &[DescribedTask], pod: &Pod, launches: i64| {
            stopped(known, &[pod], &primary("ecs-svc/1"), Some(&book(launches)), NOW.parse().unwrap())
        };
        let pulls = waiting("ErrImagePull", None);
        assert_eq!(look(&[], &pulls, 0), [], "not counted yet");
        let known = look(&[], &pulls, 1);
        assert_eq!(told(&known), [told_as("a", "TaskFailedToStart", None, true)]);
        assert_eq!(known[0].stopped_reason.as_deref(), Some("CannotPullContainerError: no such image"));
        assert_eq!(look(&known, &pulls, 2), known, "it is tried again, and that is no other task");
        let deleted = waiting("ContainerCreating", Some("2026-11-21T11:59:50Z"));
        assert_eq!(look(&known, &deleted, 2), known);
    }

    #[test]
    fn of_many_the_failed_ones_stay_longest_and_none_is_taken_in_that_ended_long_ago() {
        let start = "2026-11-21T11:00:00Z";
        let failed = pod("failed", None, 1, running(start), ended(start, "2026-11-21T11:30:00Z", 3));
        let long_ago = pod("old", None, 1, running(start), ended("2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z", 3));
        let scaled = |n: usize| pod(&format!("s{n}"), Some("2026-11-21T11:59:50Z"), 0, running(start), Value::Null);
        let pods: Vec<Pod> = (0..2 * KEPT).map(scaled).chain([failed, long_ago]).collect();
        let known = look(&[], &pods, NOW);
        assert_eq!(known.len(), KEPT);
        assert_eq!(known.iter().filter(|task| task.name == "failed").count(), 1);
        assert!(known.iter().all(|task| task.name != "old"));
    }
}
