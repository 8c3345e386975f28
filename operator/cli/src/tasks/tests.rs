//! Tasks as people read them.

use super::*;

#[test]
fn a_table_tells_in_a_line_how_each_task_is() {
    let tasks: Vec<DescribedTask> = serde_json::from_value(json!([
        {"name": "web-a", "taskDefinition": "web:3", "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
         "healthStatus": "HEALTHY", "startedAt": "2026-11-21T11:58:20Z"},
        {"name": "web-b", "taskDefinition": "web:2", "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
         "healthStatus": "UNKNOWN", "stopCode": "EssentialContainerExited", "exitCode": 137,
         "stoppedReason": "Essential container in task exited", "stoppedAt": "2026-11-21T09:00:00Z"},
    ]))
    .unwrap();
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let mut out = Vec::new();
    print(&tasks, Output::Table, now, &mut out).unwrap();
    let expected = "\
TASK    TASKDEF   LAST      DESIRED   HEALTH    AGE    EXIT   STOPCODE                   STOPPEDREASON
web-a   web:3     RUNNING   RUNNING   HEALTHY   100s   -      -                          -
web-b   web:2     STOPPED   STOPPED   UNKNOWN   3h     137    EssentialContainerExited   Essential container in task exited
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}
