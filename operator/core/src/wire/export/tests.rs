//! The inputs of calls, by what they are made of.

use serde_json::json;

use super::*;
use crate::wire::read;

/// `operation input` of every call, and the codes of what was found
fn check(kind: &str, spec: &Value, expected: &[(&str, Value)], codes: &[&str]) {
    let object =
        json!({ "apiVersion": format!("{GROUP}/v1alpha1"), "kind": kind, "metadata": { "name": "n" }, "spec": spec });
    let document = read(&object.to_string()).unwrap().remove(0);
    let (calls, findings) = export(document);
    let calls: Vec<(&str, Value)> = calls.iter().map(|call| (call.operation.as_str(), call.input.clone())).collect();
    assert_eq!(calls, expected);
    assert_eq!(findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), codes);
}

#[test]
fn what_is_ours_and_what_is_null_stays_here() {
    check(
        "TaskDefinition",
        &json!({
            "containerDefinitions": [{ "name": "a", "command": null, "_note": "x" }], "revision": 3,
            "tags": [{ "key": format!("{GROUP}/owner"), "value": "o" }, { "key": "a", "value": "" }],
        }),
        &[(
            "RegisterTaskDefinition",
            json!({ "family": "n", "containerDefinitions": [{ "name": "a" }], "tags": [{ "key": "a", "value": "" }] }),
        )],
        &[],
    );
    check(
        "EcsService",
        &json!({ "taskDefinition": "t", "kubernetes": { "workload": "Hold" } }),
        &[("CreateService", json!({ "serviceName": "n", "taskDefinition": "t" }))],
        &[],
    );
}

#[test]
fn what_is_left_open_is_not_sent_and_told() {
    check(
        "TaskDefinition",
        &json!({ "containerDefinitions": [{ "name": "a", "image?": "UnknownValue: why" }], "taskRoleArn?": "UnknownValue: why" }),
        &[("RegisterTaskDefinition", json!({ "family": "n", "containerDefinitions": [{ "name": "a" }] }))],
        &["UnknownValue", "UnknownValue"],
    );
}

#[test]
fn a_rule_is_told_nothing_that_only_schedules_have() {
    let spec = json!({
        "source": "Rule", "scheduleExpression": "rate(1 day)", "flexibleTimeWindow": { "mode": "OFF" },
        "scheduleExpressionTimezone": "UTC", "task": { "taskDefinition": "t" },
    });
    let target = json!({ "Id": "ecs", "EcsParameters": { "TaskDefinitionArn": "t" } });
    check(
        "ScheduledTask",
        &spec,
        &[
            ("PutRule", json!({ "Name": "n", "ScheduleExpression": "rate(1 day)" })),
            ("PutTargets", json!({ "Rule": "n", "Targets": [target] })),
        ],
        &["NotExported", "NotExported"],
    );
}

#[test]
fn scaling_names_its_service() {
    let derived = json!({
        "ServiceNamespace": "ecs", "ResourceId": "service/c/n", "ScalableDimension": "ecs:service:DesiredCount",
    });
    let with = |more: Value| {
        let mut input = derived.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    check(
        "EcsService",
        &json!({ "cluster": "arn:aws:ecs:r:1:cluster/c", "autoScaling": {
            "minCapacity": 1, "roleARN": "r", "suspendedState": { "scheduledScalingSuspended": true },
            "policies": [{ "policyName": "p", "targetTrackingScalingPolicyConfiguration": { "targetValue": 1.5 } }],
        } }),
        &[
            ("CreateService", json!({ "serviceName": "n", "cluster": "arn:aws:ecs:r:1:cluster/c" })),
            (
                "RegisterScalableTarget",
                with(
                    json!({ "MinCapacity": 1, "RoleARN": "r", "SuspendedState": { "ScheduledScalingSuspended": true } }),
                ),
            ),
            (
                "PutScalingPolicy",
                with(json!({ "PolicyName": "p", "TargetTrackingScalingPolicyConfiguration": { "TargetValue": 1.5 } })),
            ),
        ],
        &[],
    );
}

#[test]
fn what_eventbridge_has_no_place_for_is_told() {
    check(
        "ScheduledTask",
        &json!({
            "scheduleExpression": "rate(1 day)", "input": "{}",
            "task": { "taskDefinition": "t", "startedBy": "me", "overrides": { "cpu": "256" }, "cluster": "c",
                      "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["s"] } } },
        }),
        &[(
            "CreateSchedule",
            json!({
                "Name": "n", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": { "Mode": "OFF" },
                "Target": { "Arn": "c", "Input": "{}", "EcsParameters": {
                    "TaskDefinitionArn": "t",
                    "NetworkConfiguration": { "awsvpcConfiguration": { "Subnets": ["s"] } },
                } },
            }),
        )],
        &["NotExported", "NotExported"],
    );
}

#[test]
fn overrides_are_the_input() {
    check(
        "ScheduledTask",
        &json!({ "source": "Rule", "scheduleExpression": "rate(1 day)",
                 "task": { "taskDefinition": "t", "overrides": { "cpu": "256" } } }),
        &[
            ("PutRule", json!({ "Name": "n", "ScheduleExpression": "rate(1 day)" })),
            (
                "PutTargets",
                json!({ "Rule": "n", "Targets": [
                    { "Id": "ecs", "Input": "{\"cpu\":\"256\"}", "EcsParameters": { "TaskDefinitionArn": "t" } },
                ] }),
            ),
        ],
        &[],
    );
}

#[test]
fn an_ecs_task_is_a_call_of_run_task() {
    check(
        "EcsTask",
        &json!({ "taskDefinition": "t:1", "count": 2, "overrides": { "cpu": "256" }, "kubernetes": { "workload": "Hold" } }),
        &[("RunTask", json!({ "taskDefinition": "t:1", "count": 2, "overrides": { "cpu": "256" } }))],
        &[],
    );
}
