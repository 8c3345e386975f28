//! What the options of `run-task` say, as the EcsTask that they make.

use clap::Parser;
use serde_json::{Value, json};

use super::*;
use crate::args::{Args, Command};

fn parsed(options: &[&str]) -> RunTaskArgs {
    let words = ["kubectl-ecs", "run-task"].iter().chain(options);
    match Args::try_parse_from(words).unwrap().command {
        Command::RunTask(args) => *args,
        other => panic!("{other:?}"),
    }
}

fn made(options: &[&str]) -> Value {
    serde_json::to_value(parsed(options).object().unwrap()).unwrap()
}

#[test]
fn options_are_those_of_the_aws_cli() {
    let document = made(&[
        "--task-definition",
        "web:7",
        "--count",
        "3",
        "--overrides",
        r#"{"containerOverrides": [{"name": "app", "command": ["migrate"]}]}"#,
        "--started-by",
        "me",
        "--group",
        "batch",
        "--tags",
        "key=team,value=a=b",
        "key=stage,value=",
        "--name",
        "once",
    ]);
    let expected = json!({
        "apiVersion": "ecs-operator.dev/v1alpha1",
        "kind": "EcsTask",
        "metadata": {"name": "once"},
        "spec": {
            "taskDefinition": "web:7", "count": 3, "startedBy": "me", "group": "batch",
            "overrides": {"containerOverrides": [{"name": "app", "command": ["migrate"]}]},
            "tags": [{"key": "team", "value": "a=b"}, {"key": "stage", "value": ""}],
            "kubernetes": {"timeToLiveSeconds": 3600},
        },
    });
    assert_eq!(document, expected);
}

#[test]
fn a_document_is_taken_and_options_win_over_it() {
    let input = r#"{"taskDefinition": "arn:aws:ecs:eu-west-1:1:task-definition/My_Web:3", "count": 2, "group": "a"}"#;
    let document = made(&["--cli-input-json", input, "--count", "5"]);
    assert_eq!(document["spec"]["count"], 5);
    assert_eq!(document["spec"]["group"], "a");
    let name = document["metadata"]["generateName"].as_str().unwrap();
    assert!(name.starts_with("my-web-") && name.ends_with('-'), "{name}");
}

#[test]
fn what_makes_no_call_is_refused_with_what_to_do() {
    for (options, message) in [
        (["--cli-input-json", "{}"], "no task definition is named; give --task-definition"),
        (["--cli-input-json", "[]"], "--cli-input-json is no object; give the input of RunTask"),
        (["--cli-input-json", "{"], "--cli-input-json is no JSON"),
    ] {
        assert_eq!(parsed(&options).object().unwrap_err().to_string(), message);
    }
    let tags = parsed(&["--task-definition", "web", "--tags", "team"]).object().unwrap_err().to_string();
    assert_eq!(tags, "`team` is no tag; write key=KEY,value=VALUE");
}

#[test]
fn the_exit_code_is_the_containers() {
    let status = |exit_code: Option<i32>, ready: &str| {
        let conditions = json!([{"type": "Ready", "status": ready, "reason": "x", "message": "x",
            "lastTransitionTime": "2026-11-21T00:00:00Z"}]);
        serde_json::from_value(json!({"exitCode": exit_code, "conditions": conditions})).unwrap()
    };
    for (exit, ready, expected) in [
        (Some(0), "True", 0),
        (Some(3), "False", 3),
        (Some(137), "False", 137),
        (Some(0), "False", NEVER_ENDED),
        (None, "False", NEVER_ENDED),
    ] {
        assert_eq!(code(&status(exit, ready)), expected, "{exit:?} {ready}");
    }
}
