//! Runs whose pods hold two essential containers: what is recorded, which pods are stopped, and what the run tells.

use ecs_crds::{RunState, ScheduledTask};
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::plan::schedule::history::past;

const NOW: i64 = 1_780_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

/// A pod of the Job; of each container it tells the exit code, or that it runs
fn pod(name: &str, phase: &str, containers: &[(&str, Option<i32>)]) -> Pod {
    let status = |(name, exit): &(&str, Option<i32>)| {
        let state = match exit {
            None => json!({"running": {"startedAt": at(0)}}),
            Some(code) => json!({"terminated": {
                "exitCode": code, "reason": if *code == 0 { "Completed" } else { "Error" }, "startedAt": at(0),
                // Each a little later than the one before
                "finishedAt": at(if *name == "one" { 10 } else { 12 }),
            }}),
        };
        json!({"name": name, "image": "i", "imageID": "i", "ready": exit.is_none(), "restartCount": 0, "state": state})
    };
    let named = |(name, _): &(&str, Option<i32>)| json!({"name": name, "image": "i"});
    let pod = json!({
        "metadata": {
            "name": name, "creationTimestamp": at(0),
            "annotations": {"ecs-operator.dev/essential": "one,two"},
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "nightly-1", "uid": "job"}],
        },
        "spec": {"restartPolicy": "Never", "containers": containers.iter().map(named).collect::<Vec<_>>()},
        "status": {
            "phase": phase, "startTime": at(0), "containerStatuses": containers.iter().map(status).collect::<Vec<_>>(),
        },
    });
    serde_json::from_value(pod).unwrap()
}

/// A pod that waits for an image
fn waiting(name: &str) -> Pod {
    let mut pod = serde_json::to_value(pod(name, "Pending", &[("one", None), ("two", None)])).unwrap();
    let waits = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}});
    pod["status"]["containerStatuses"][0]["state"] = waits;
    serde_json::from_value(pod).unwrap()
}

fn job(condition: Option<&str>, failed: i32) -> Job {
    let conditions = condition.map(|kind| {
        json!([{"type": kind, "status": "True", "reason": "Why", "message": "it says", "lastTransitionTime": at(60)}])
    });
    let job = json!({
        "metadata": {"name": "nightly-1", "uid": "job"}, "status": {"conditions": conditions, "failed": failed},
    });
    serde_json::from_value(job).unwrap()
}

fn ended(pod: &str, exit_code: Option<i32>) -> StoppedTask {
    let (stop_code, reason) = match exit_code {
        Some(_) => (ecs_crds::StopCode::EssentialContainerExited, "Essential container in task exited"),
        None => (ecs_crds::StopCode::TaskFailedToStart, "CannotPullContainerError: no such image"),
    };
    StoppedTask { name: pod.to_owned(), stop_code, stopped_reason: reason.to_owned(), exit_code }
}

/// A look at one Job and its pods by what the status has recorded: what it records, and whose pods it stops
fn look(job: &Job, pods: &[Pod], recorded: &[StoppedTask], seconds: i64) -> (Supervised, Vec<String>) {
    let mut schedule = ScheduledTask::new("nightly", serde_json::from_value(json!({})).unwrap());
    let run = json!({"job": "nightly-1", "scheduledTime": at(0), "state": "Running", "stopped": recorded});
    schedule.status = Some(serde_json::from_value(json!({"runs": [run]})).unwrap());
    let view = ScheduleView {
        schedule: &schedule,
        family: None,
        cron_jobs: Vec::new(),
        jobs: vec![job],
        pods: pods.iter().collect(),
        service_accounts: Vec::new(),
        companions: Vec::new(),
    };
    let supervised = supervise(&view, &Context::default(), at(seconds));
    let stops = |step: &Step| match step {
        Step::Replace(pod) => pod.name.clone(),
        other => panic!("{other:?}"),
    };
    let stopped = supervised.steps.iter().map(stops).collect();
    (supervised, stopped)
}

#[test]
fn the_end_of_an_essential_container_is_recorded_before_its_task_is_stopped() {
    let runs = |one, two| pod("a", "Running", &[("one", one), ("two", two)]);
    let mut leaving = runs(Some(7), None);
    leaving.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at(40)));
    let seven = || vec![ended("a", Some(7))];
    for (what, pod, before, after, stops) in [
        ("both run", runs(None, None), vec![], vec![], false),
        ("one ends", runs(Some(7), None), vec![], seven(), false),
        ("both have, and the pod is about to", runs(Some(7), Some(0)), vec![], vec![], false),
        ("that is recorded", runs(Some(7), None), seven(), seven(), true),
        ("it is told to stop", leaving.clone(), seven(), seven(), false),
        ("somebody else deletes it", leaving, vec![], vec![], false),
        ("it has stopped", pod("a", "Failed", &[("one", Some(7)), ("two", Some(143))]), seven(), seven(), false),
        ("a Job tells a failure", pod("a", "Failed", &[("one", Some(7)), ("two", Some(0))]), vec![], vec![], false),
        ("a Job tells success", pod("a", "Succeeded", &[("one", Some(0)), ("two", Some(0))]), vec![], vec![], false),
        (
            "a Job takes for failed what ended well, while nobody looked",
            pod("a", "Failed", &[("one", Some(0)), ("two", Some(1))]),
            vec![],
            vec![ended("a", Some(0))],
            false,
        ),
        ("it waits for an image", waiting("a"), vec![], vec![], false),
    ] {
        let (supervised, stopped) = look(&job(None, 0), &[pod], &before, 20);
        assert_eq!(supervised.stopped.get("nightly-1").cloned().unwrap_or_default(), after, "{what}");
        assert_eq!(stopped, if stops { vec!["a"] } else { vec![] }, "{what}");
    }
}

#[test]
fn a_task_that_cannot_start_is_given_up_in_its_time() {
    let pods = [waiting("a")];
    let (early, stopped) = look(&job(None, 0), &pods, &[], 20);
    let given_up_at = early.look_at.unwrap();
    assert!(early.stopped.is_empty() && stopped.is_empty());
    let late = given_up_at.as_second() - NOW;
    let (recorded, stopped) = look(&job(None, 0), &pods, &[], late);
    let recorded = recorded.stopped["nightly-1"].clone();
    assert_eq!((recorded.as_slice(), stopped.len()), ([ended("a", None)].as_slice(), 0));
    assert_eq!(look(&job(None, 0), &pods, &recorded, late).1, ["a"]);
}

#[test]
fn a_run_tells_the_outcome_of_its_essential_containers() {
    use RunState::{Failed, Running, Succeeded};
    let of_job = Some("Why: it says");
    let exited = Some("Essential container in task exited (exit code 7)");
    for (what, condition, failed, stopped, expected) in [
        ("nothing is over", None, 0, vec![ended("a", Some(0))], (Running, None)),
        ("it ended by itself", Some("Complete"), 0, vec![], (Succeeded, None)),
        ("it failed by itself", Some("Failed"), 1, vec![], (Failed, of_job)),
        ("ended well, then stopped", Some("Failed"), 1, vec![ended("a", Some(0))], (Succeeded, None)),
        ("ended badly, then stopped", Some("Failed"), 1, vec![ended("a", Some(7))], (Failed, exited)),
        ("of two one by itself", Some("Failed"), 2, vec![ended("a", Some(0))], (Failed, of_job)),
        ("of two both well", Some("Failed"), 2, vec![ended("a", Some(0)), ended("b", Some(0))], (Succeeded, None)),
        ("of two one badly", Some("Failed"), 2, vec![ended("a", Some(0)), ended("b", Some(7))], (Failed, exited)),
        ("the Job ran out of time", Some("Failed"), 0, vec![], (Failed, of_job)),
    ] {
        let job = job(condition, failed);
        let past = past(&[&job], &[("nightly-1".to_owned(), stopped)].into());
        assert_eq!((past[0].state, past[0].reason.as_deref()), expected, "{what}");
        assert_eq!(past[0].finished_at, condition.map(|_| at(60)), "{what}");
    }
}
