//! EventBridge's documents as people have them, and what they are read as.

use serde_json::json;

use crate::wire::{Content, read};

/// `name {spec}` and `path:code …` of every document
fn check(text: &serde_json::Value, expected: &[(&str, serde_json::Value, &[&str])]) {
    let documents = read(&text.to_string()).unwrap();
    assert_eq!(documents.len(), expected.len(), "{documents:#?}");
    for (document, (name, spec, findings)) in documents.iter().zip(expected) {
        let found: Vec<String> = document.findings.iter().map(|f| format!("{}:{}", f.path, f.code)).collect();
        assert_eq!(&found, findings);
        let read = match &document.content {
            Content::ScheduledTask(spec) => serde_json::to_value(spec).unwrap(),
            _ => serde_json::Value::Null,
        };
        assert_eq!(&read, spec);
        assert_eq!(document.ecs_name().unwrap_or("-"), *name);
    }
}

const CLUSTER: &str = "arn:aws:ecs:eu-west-1:123456789012:cluster/prod";
const ROLE: &str = "arn:aws:iam::123456789012:role/events";

#[test]
fn a_schedule_is_a_scheduled_task() {
    let schedule = json!({
        "Name": "nightly", "GroupName": "reports", "ScheduleExpression": "cron(0 3 * * ? *)",
        "FlexibleTimeWindow": { "Mode": "OFF" }, "Arn": "arn:aws:scheduler:…", "CreationDate": "2026-01-01T00:00:00Z",
        "Target": {
            "Arn": CLUSTER, "RoleArn": ROLE, "Input": "{}", "RetryPolicy": { "MaximumRetryAttempts": 0 },
            "EcsParameters": {
                "TaskDefinitionArn": "report:3", "TaskCount": 2, "LaunchType": "FARGATE",
                "NetworkConfiguration": { "awsvpcConfiguration": { "Subnets": ["s"], "AssignPublicIp": "DISABLED" } },
                "CapacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1 }],
                "Tags": [{ "team": "shop" }, { "Key": "a", "Value": "b" }],
            },
        },
    });
    let task = json!({
        "name": "nightly", "groupName": "reports", "scheduleExpression": "cron(0 3 * * ? *)",
        "flexibleTimeWindow": { "mode": "OFF" }, "arn": "arn:aws:scheduler:…", "creationDate": "2026-01-01T00:00:00Z",
        "roleArn": ROLE, "input": "{}", "retryPolicy": { "maximumRetryAttempts": 0 },
        "task": {
            "taskDefinition": "report:3", "count": 2, "launchType": "FARGATE", "cluster": CLUSTER,
            "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["s"], "assignPublicIp": "DISABLED" } },
            "capacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1 }],
            "tags": [{ "key": "team", "value": "shop" }, { "key": "a", "value": "b" }],
        },
    });
    check(&schedule, &[("nightly", task, &[])]);
}

#[test]
fn a_rule_and_its_targets_meet() {
    let target =
        json!({ "Id": "1", "Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": { "TaskDefinitionArn": "report" } });
    let rule = json!({ "Name": "r", "ScheduleExpression": "rate(1 day)", "State": "ENABLED" });
    let task = json!({
        "source": "Rule", "name": "r", "scheduleExpression": "rate(1 day)", "state": "ENABLED", "roleArn": ROLE,
        "task": { "taskDefinition": "report", "cluster": CLUSTER },
    });
    // PutTargets, what ListTargetsByRule prints, and both in one as a template has them
    check(&json!([rule, { "Rule": "r", "Targets": [target] }]), &[("r", task.clone(), &[])]);
    check(&json!([{ "Targets": [target] }, rule]), &[("r", task.clone(), &[])]);
    let mut whole = rule.clone();
    whole["Targets"] = json!([target]);
    check(&whole, &[("r", task, &[])]);
}

#[test]
fn each_task_of_a_rule_is_a_scheduled_task_of_its_own() {
    let rule = json!({
        "Name": "r", "ScheduleExpression": "rate(1 day)",
        "Targets": [
            { "Id": "a", "Arn": CLUSTER, "EcsParameters": { "TaskDefinitionArn": "x" } },
            { "Id": "b", "Arn": CLUSTER, "EcsParameters": { "TaskDefinitionArn": "y" } },
            { "Id": "c", "Arn": "arn:aws:sns:eu-west-1:1:t" },
        ],
    });
    let task = |id: &str, definition: &str| {
        json!({
            "source": "Rule", "name": format!("r-{id}"), "scheduleExpression": "rate(1 day)",
            "task": { "taskDefinition": definition, "cluster": CLUSTER },
        })
    };
    let findings: &[&str] = &["/name:SeveralTargets", "/task:TargetNotEcs"];
    check(&rule, &[("r-a", task("a", "x"), findings), ("r-b", task("b", "y"), findings)]);
}

#[test]
fn what_is_no_schedule_of_a_task_is_refused_and_says_so() {
    let nothing = serde_json::Value::Null;
    check(
        &json!({ "Name": "r", "ScheduleExpression": "rate(1 day)" }),
        &[("r", nothing.clone(), &["/task:RequiredField"])],
    );
    check(
        &json!({ "Name": "r", "ScheduleExpression": "rate(1 day)", "Targets": [{ "Id": "q", "Arn": "arn:aws:sqs:…" }] }),
        &[("r", nothing, &["/task:TargetNotEcs"])],
    );
    check(
        &json!({ "Name": "n", "ScheduleExpression": "rate(1 day)", "Target": { "Arn": "q", "SqsParameters": {} } }),
        &[(
            "n",
            json!({ "name": "n", "scheduleExpression": "rate(1 day)", "task": { "cluster": "q" } }),
            &["/task:TargetNotEcs", "/task:TargetNotEcs"],
        )],
    );
    check(
        &json!({ "Name": "r", "EventPattern": "{}", "Targets": [{ "Id": "a", "EcsParameters": { "TaskDefinitionArn": "x" } }] }),
        &[(
            "r",
            json!({
                "source": "Rule", "name": "r", "task": { "taskDefinition": "x" },
                "eventPattern?": "EventPatternUnsupported: the rule also listens to events, and no event reaches the cluster; \
                                  keep it with EventBridge, or give only its schedule",
            }),
            &["/eventPattern:EventPatternUnsupported"],
        )],
    );
}
