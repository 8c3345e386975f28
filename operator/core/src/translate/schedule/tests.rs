//! CronJobs and Jobs as the API server gets them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::check;
use crate::config::Context;

fn schedule(patch: &Value) -> Schedule {
    let mut spec = json!({ "scheduleExpression": "rate(1 day)", "task": { "taskDefinition": "nightly_report" } });
    for (pointer, value) in patch.as_object().unwrap() {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        spec.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    check::schedule::check(&serde_json::from_value(spec).unwrap(), "nightly", &BTreeSet::new(), &Context::default())
        .model
        .unwrap()
}

fn task() -> RenderedTask {
    let template = json!({
        "metadata": { "annotations": { "of-the-pod": "kept" } },
        "spec": { "containers": [{ "name": "main", "image": "report" }] },
    });
    RenderedTask {
        number: 7,
        template: serde_json::from_value(template).unwrap(),
        tags: BTreeMap::from([("team".to_owned(), "a".to_owned()), ("stage".to_owned(), "prod".to_owned())]),
        constraints: Constraints::default(),
    }
}

fn cron_job_of(patch: &Value) -> Value {
    let since = "2026-11-21T10:07:00Z".parse().unwrap();
    serde_json::to_value(cron_job(&schedule(patch), task(), since).unwrap()).unwrap()
}

#[test]
fn a_schedule_becomes_exactly_this_cron_job() {
    let labels = json!({
        "app.kubernetes.io/managed-by": "ecs-operator",
        "ecs-operator.dev/family": "nightly_report",
        "ecs-operator.dev/revision": "7",
        "ecs-operator.dev/schedule": "nightly",
        "ecs-operator.dev/task-group": "family_nightly_report",
    });
    let annotations = json!({
        "ecs-operator.dev/family": "nightly_report",
        "ecs-operator.dev/task-group": "family:nightly_report",
    });
    let mut pod_annotations = annotations.clone();
    pod_annotations["of-the-pod"] = json!("kept");
    let expected = json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": { "name": "nightly", "labels": labels, "annotations": {
            "ecs-operator.dev/anchor": "2026-11-21T10:07:00Z",
            "ecs-operator.dev/times": "7 10 * * * Etc/UTC",
        } },
        "spec": {
            "schedule": "7 10 * * *",
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Allow",
            "startingDeadlineSeconds": 86_400,
            "successfulJobsHistoryLimit": 10,
            "failedJobsHistoryLimit": 10,
            "jobTemplate": {
                "metadata": { "labels": labels, "annotations": annotations },
                "spec": {
                    "backoffLimit": 0,
                    "ttlSecondsAfterFinished": 3600,
                    "template": {
                        "metadata": { "labels": labels, "annotations": pod_annotations },
                        "spec": {
                            "restartPolicy": "Never",
                            "containers": [{ "name": "main", "image": "report" }],
                        },
                    },
                },
            },
        },
    });
    assert_eq!(cron_job_of(&json!({})), expected);
}

/// What stands at each pointer of the CronJob of a schedule with `patch`; null: nothing
fn check(patch: &Value, expected: &[(&str, Value)]) {
    let object = cron_job_of(patch);
    for (pointer, value) in expected {
        assert_eq!(object.pointer(pointer).unwrap_or(&Value::Null), value, "{patch} at {pointer}");
    }
}

#[test]
fn what_a_schedule_says_reaches_its_cron_job() {
    let pod = "/spec/jobTemplate/spec/template/metadata/annotations";
    for (patch, expected) in [
        (json!({ "/state": "DISABLED" }), vec![("/spec/suspend", json!(true))]),
        (json!({ "/kubernetes": { "workload": "Hold" } }), vec![("/spec/suspend", json!(true))]),
        (
            json!({ "/scheduleExpression": "cron(0 10 * * ? *)", "/scheduleExpressionTimezone": "Europe/Berlin" }),
            vec![("/spec/schedule", json!("0 10 * * *")), ("/spec/timeZone", json!("Europe/Berlin"))],
        ),
        (
            json!({ "/retryPolicy": { "maximumEventAgeInSeconds": 600, "maximumRetryAttempts": 5 } }), // V143
            vec![("/spec/startingDeadlineSeconds", json!(600)), ("/spec/jobTemplate/spec/backoffLimit", json!(0))],
        ),
        (
            json!({ "/name": "Nightly_Report", "/description": "All of it" }),
            vec![
                ("/metadata/name", json!(names::k8s_name("Nightly_Report", names::CRON_JOB_MAX))),
                ("/metadata/annotations/ecs-operator.dev~1ecs-name", json!("Nightly_Report")),
                ("/metadata/annotations/ecs-operator.dev~1description", json!("All of it")),
            ],
        ),
        (
            json!({ "/task/count": 3 }), // V137, V183
            vec![
                ("/spec/jobTemplate/spec/completionMode", json!("Indexed")),
                ("/spec/jobTemplate/spec/completions", json!(3)),
                ("/spec/jobTemplate/spec/parallelism", json!(3)),
                ("/spec/jobTemplate/spec/backoffLimitPerIndex", json!(0)),
                ("/spec/jobTemplate/spec/backoffLimit", Value::Null),
            ],
        ),
        (
            json!({
                "/task/group": "nights", "/task/launchType": "FARGATE",
                "/task/cluster": "arn:aws:ecs:eu-west-1:123456789012:cluster/prod",
            }),
            vec![
                ("/metadata/labels/ecs-operator.dev~1task-group", json!("nights")),
                ("/metadata/labels/ecs-operator.dev~1launch-type", json!("FARGATE")),
                ("/metadata/labels/ecs-operator.dev~1cluster", json!("prod")),
            ],
        ),
        (
            json!({ "/task/tags": [{ "key": "team", "value": "b" }] }),
            vec![(&*format!("{pod}/ecs-operator.dev~1tags"), json!(r#"{"team":"b"}"#))],
        ),
        (
            json!({ "/task/tags": [{ "key": "team", "value": "b" }], "/task/propagateTags": "TASK_DEFINITION" }),
            vec![(&*format!("{pod}/ecs-operator.dev~1tags"), json!(r#"{"stage":"prod","team":"b"}"#))],
        ),
    ] {
        check(&patch, &expected);
    }
}

#[test]
fn a_run_of_its_own_is_a_job_without_a_schedule() {
    let job =
        serde_json::to_value(job("Report_1", &schedule(&json!({ "/task/startedBy": "me" })).run, task())).unwrap();
    for (pointer, value) in [
        ("/metadata/name", json!(names::k8s_name("Report_1", names::LABEL_MAX))),
        ("/metadata/annotations/ecs-operator.dev~1ecs-name", json!("Report_1")),
        ("/metadata/annotations/ecs-operator.dev~1started-by", json!("me")),
        ("/metadata/labels/ecs-operator.dev~1schedule", Value::Null),
        ("/spec/backoffLimit", json!(0)),
        ("/spec/template/spec/restartPolicy", json!("Never")),
    ] {
        assert_eq!(job.pointer(pointer).unwrap_or(&Value::Null), &value, "{pointer}");
    }
}
