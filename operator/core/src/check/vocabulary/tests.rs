//! What the vocabulary check finds, as data.

use serde_json::json;

use super::*;

/// `path code severity` of every finding
fn found(spec: Spec, document: &Value) -> Vec<String> {
    let mut findings = Findings::default();
    check(spec, document, &mut findings);
    findings.iter().map(|f| format!("{} {} {:?}", f.path, f.code, f.severity)).collect()
}

fn message(spec: Spec, document: &Value) -> String {
    let mut findings = Findings::default();
    check(spec, document, &mut findings);
    findings.iter().next().unwrap().message.clone()
}

fn container(members: &Value) -> Value {
    json!({ "containerDefinitions": [members] })
}

#[test]
fn what_stands_at_a_mark_is_not_repeated() {
    let spec =
        container(&json!({ "environment": [{ "name": "A", "value?": "a password that was put at the wrong place" }] }));
    let message = message(Spec::TaskDefinition, &spec);
    assert!(message.starts_with("`value` was left open") && !message.contains("password"), "{message}");
}

#[test]
fn task_definitions_are_found_out() {
    let cases = [
        (container(&json!({ "name": "a", "essential": null, "portMappings": [] })), vec![]),
        (json!({}), vec!["/containerDefinitions RequiredField Block"]),
        (container(&json!({ "porMappings": [] })), vec!["/containerDefinitions/0/porMappings UnknownField Block"]),
        (
            container(&json!({ "_comment": "x", "x-note": 1 })),
            vec![
                "/containerDefinitions/0/_comment CommentIgnored Info",
                "/containerDefinitions/0/x-note CommentIgnored Info",
            ],
        ),
        (
            json!({ "containerDefinitions": [], "revision": 3, "status": "ACTIVE" }),
            vec!["/revision ReadOnlyField Info", "/status ReadOnlyField Info"],
        ),
        (
            container(
                &json!({ "image?": "UnknownValue: why", "logConfiguration?": "", "dnsServers": [], "dnsServers?": 1 }),
            ),
            vec![
                "/containerDefinitions/0/dnsServers UnknownValue Block",
                "/containerDefinitions/0/image UnknownValue Block",
                "/containerDefinitions/0/logConfiguration UnknownValue Warn",
            ],
        ),
        (
            json!({ "containerDefinitions?": "InvalidValue: a number", "taskRoleArn?": "UnknownValue: why", "nothing?": null }),
            vec![
                "/containerDefinitions InvalidValue Block",
                "/nothing UnknownValue Block",
                "/taskRoleArn UnknownValue Warn",
            ],
        ),
        (container(&json!({ "revision": 3 })), vec!["/containerDefinitions/0/revision UnknownField Block"]),
        (
            container(&json!({ "portMappings": [{ "containerPort": 80, "protocol": "TCP" }] })),
            vec!["/containerDefinitions/0/portMappings/0/protocol InvalidValue Block"],
        ),
        (
            container(&json!({ "portMappings": { "containerPort": 80 } })),
            vec!["/containerDefinitions/0/portMappings InvalidValue Block"],
        ),
        (
            container(&json!({ "logConfiguration": { "options": {} } })),
            vec!["/containerDefinitions/0/logConfiguration/logDriver RequiredField Block"],
        ),
        (container(&json!({ "logConfiguration": { "logDriver": "json-file" } })), vec![]),
        (container(&json!({ "logConfiguration": { "logDriver": "awslogs", "options": { "a": "b" } } })), vec![]),
        (
            container(&json!({ "secrets": [{ "name": "A", "valueFrom": "a" }, { "name": "B", "valueFrom": "b" }] })),
            vec![],
        ),
        (container(&json!({ "firelensConfiguration": { "type": "fluentbit", "options": { "x": "y" } } })), vec![]),
        (
            json!({ "containerDefinitions": [], "volumes": [
                { "name": "v", "host": {}, "configuredAtLaunch": false },
                { "name": "e", "efsVolumeConfiguration": { "fileSystemId": "fs-1", "rootDirectory": "/x" } },
            ] }),
            vec![],
        ),
        (
            json!({ "containerDefinitions": [], "cpu": 256, "memory": "0.5GB", "enableFaultInjection": false,
                "executionRoleArn": "arn:aws:iam::1:role/x", "tags": [{ "key": "a", "value": "b!" }] }),
            vec!["/executionRoleArn ExecutionRoleNotUsed Info", "/tags/0/value InvalidValue Block"],
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(found(Spec::TaskDefinition, &document), expected, "{document}");
    }
}

#[test]
fn services_are_found_out() {
    let cases = [
        (json!({ "desiredCuont": 1 }), vec!["/desiredCuont UnknownField Block"]),
        (json!({ "launchType": "" }), vec!["/launchType InvalidValue Block"]),
        (
            json!({ "events": [], "runningCount": 1 }),
            vec!["/events ReadOnlyField Info", "/runningCount ReadOnlyField Info"],
        ),
        (
            json!({ "networkConfiguration": { "awsvpcConfiguration": {
                "subnets": ["a", "b"], "securityGroups": ["c"], "assignPublicIp": "DISABLED" } } }),
            vec!["/networkConfiguration/awsvpcConfiguration/subnets SubnetsNotApplied Info"],
        ),
        (
            json!({ "loadBalancers": [{ "loadBalancerName": "x", "containerName": "a", "containerPort": 80 }] }),
            vec!["/loadBalancers/0/loadBalancerName ClassicLoadBalancerUnsupported Block"],
        ),
        (
            json!({ "deploymentConfiguration": {
                "deploymentCircuitBreaker": { "enable": false, "rollback": false },
                "alarms": { "alarmNames": [], "enable": false, "rollback": false },
                "strategy": "ROLLING", "bakeTimeInMinutes": 0, "lifecycleHooks": [],
                "canaryConfiguration": { "canaryBakeTime": 1 } } }),
            vec!["/deploymentConfiguration/canaryConfiguration/canaryBakeTime UnknownField Block"],
        ),
        (json!({ "serviceConnectConfiguration": { "enabled": false } }), vec![]),
        (
            json!({ "autoScaling": { "minCapacity": 1, "policies": [{ "policyName": "p",
                "stepScalingPolicyConfiguration": { "stepAdjustments": [{}] } }] }, "kubernetes": { "workload": "Stop" } }),
            vec![
                "/autoScaling/policies/0/stepScalingPolicyConfiguration/stepAdjustments/0/scalingAdjustment RequiredField Block",
                "/kubernetes/workload InvalidValue Block",
            ],
        ),
        (
            json!({ "capacityProviderStrategy": [{ "capacityProvider": "F", "weight": 1001 }] }),
            vec!["/capacityProviderStrategy/0/weight InvalidValue Block"],
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(found(Spec::EcsService, &document), expected, "{document}");
    }
}

#[test]
fn schedules_are_found_out() {
    let cases = [
        (json!({}), vec!["/scheduleExpression RequiredField Block", "/task RequiredField Block"]),
        (
            json!({ "scheduleExpression": "rate(1 day)", "task": { "taskDefinition": "a", "count": 11 } }),
            vec!["/task/count InvalidValue Block"],
        ),
        (
            json!({ "scheduleExpression": "rate(1 day)", "source": "Rule", "flexibleTimeWindow": { "mode": "OFF" },
                "retryPolicy": { "maximumRetryAttempts": 0 }, "deadLetterConfig": { "arn": "arn:aws:sqs:eu:1:q" },
                "task": { "taskDefinition": "a", "overrides": { "containerOverrides": [{ "name": "a", "cmd": [] }] } } }),
            vec![
                "/deadLetterConfig DeadLetterUnsupported Warn",
                "/task/overrides/containerOverrides/0/cmd UnknownField Block",
            ],
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(found(Spec::ScheduledTask, &document), expected, "{document}");
    }
}

#[test]
fn messages_tell_what_to_do() {
    let cases = [
        (
            json!({ "desiredCuont": 1 }),
            "`desiredCuont` is not known here, to ECS neither; did you mean `desiredCount`?",
        ),
        (
            json!({ "desired_count": 1 }),
            "`desired_count` is not known here, to ECS neither; did you mean `desiredCount`?",
        ),
        (json!({ "qqq": 1 }), "`qqq` is not known here, to ECS neither; remove it"),
        (json!({ "schedulingStrategy": "ALL" }), "`ALL` is not allowed here; use one of REPLICA, DAEMON"),
        (json!({ "desiredCount": "1" }), "a text stands where a whole number is expected; correct it"),
    ];
    for (document, expected) in cases {
        assert_eq!(message(Spec::EcsService, &document), expected);
    }
}

#[test]
fn no_value_of_a_variable_reaches_a_message() {
    let document = container(
        &json!({ "environment": [{ "name": "A", "value": { "oops": "hunter2" } }], "command": [7, "hunter2"] }),
    );
    let mut findings = Findings::default();
    check(Spec::TaskDefinition, &document, &mut findings);
    assert_eq!(findings.iter().count(), 2);
    assert!(findings.iter().all(|f| !f.message.contains("hunter2")));
}
