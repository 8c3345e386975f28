//! Schedules and what is found in them.

use ecs_crds::status::Severity::{self, Block, Info};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::model::schedule::Activity;

fn checked(patch: &Value, accept: &[&str]) -> Checked<Schedule> {
    let mut spec = json!({ "scheduleExpression": "cron(0 10 * * ? *)", "task": { "taskDefinition": "report" } });
    for (key, value) in patch.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let accept = accept.iter().map(|code| (*code).to_owned()).collect();
    super::check(&serde_json::from_value(spec).unwrap(), "nightly", &accept, &Context::default())
}

fn schedule(patch: &Value) -> Schedule {
    let checked = checked(patch, &[]);
    checked.model.unwrap_or_else(|| panic!("{patch}: {:?}", checked.findings))
}

/// The findings of a schedule that is valid but for `patch`
fn check(patch: &Value, expected: &[(&str, &str, Severity)]) {
    let Checked { model, findings } = checked(patch, &[]);
    let found: Vec<_> = findings.iter().map(|f| (f.path.as_str(), f.code.as_str(), f.severity)).collect();
    assert_eq!(found, expected, "{patch}");
    assert_eq!(model.is_some(), !findings.blocked(), "{patch}");
}

#[test]
fn a_plain_schedule_has_the_defaults_of_aws() {
    let Schedule { name, time_zone, enabled, held, start, end, starting_deadline_seconds, run, .. } =
        schedule(&json!({}));
    assert_eq!((name.as_str(), time_zone.as_str(), enabled, held), ("nightly", "Etc/UTC", true, false));
    assert_eq!((start, end, starting_deadline_seconds), (None, None, 86_400));
    assert_eq!((run.count, run.task_group().as_str(), run.overrides), (1, "family:report", TaskOverride::default()));
    check(&json!({}), &[]);
}

#[test]
fn what_a_cron_job_cannot_say_blocks_at_its_path() {
    let expression = ("/scheduleExpression", "EngineNotAvailable", Block);
    for (patch, expected) in [
        (json!({ "scheduleExpression": "cron(0 12 * * ? 2027)" }), expression), // V129
        (json!({ "scheduleExpression": "cron(0 0 L * ? *)" }), expression),
        (json!({ "scheduleExpression": "rate(7 minutes)" }), expression), // V133
        (json!({ "scheduleExpression": "at(2026-12-01T09:00:00)" }), expression), // V136
        (
            json!({ "flexibleTimeWindow": { "mode": "FLEXIBLE", "maximumWindowInMinutes": 15 } }), // V141
            ("/flexibleTimeWindow/mode", "EngineNotAvailable", Block),
        ),
        (json!({ "source": "Rule", "inputPath": "$.detail" }), ("/inputPath", "EngineNotAvailable", Block)),
        (json!({ "source": "Rule", "inputTransformer": {} }), ("/inputTransformer", "EngineNotAvailable", Block)),
    ] {
        check(&patch, &[expected]);
    }
}

#[test]
fn an_invalid_schedule_blocks_at_its_path() {
    let invalid = |path| (path, "InvalidValue", Block);
    for (patch, expected) in [
        (json!({ "scheduleExpression": null }), ("/scheduleExpression", "RequiredField", Block)),
        (json!({ "scheduleExpression": "cron(0 10 * * * *)" }), ("/scheduleExpression", "InvalidSchedule", Block)), // V130
        (
            json!({ "source": "Rule", "scheduleExpression": "rate(1 minutes)" }),
            ("/scheduleExpression", "InvalidSchedule", Block),
        ), // V135
        (
            json!({ "source": "Rule", "scheduleExpression": "at(2026-12-01T09:00:00)" }),
            ("/scheduleExpression", "InvalidSchedule", Block),
        ),
        (json!({ "scheduleExpressionTimezone": "Europe/Brlin" }), invalid("/scheduleExpressionTimezone")),
        (json!({ "scheduleExpressionTimezone": "europe/berlin" }), invalid("/scheduleExpressionTimezone")),
        (json!({ "scheduleExpressionTimezone": "Local" }), invalid("/scheduleExpressionTimezone")),
        (
            json!({ "source": "Rule", "scheduleExpressionTimezone": "Europe/Berlin" }),
            invalid("/scheduleExpressionTimezone"),
        ),
        (json!({ "source": "Rule", "startDate": "2026-12-01T00:00:00Z" }), invalid("/startDate")),
        (json!({ "source": "Rule", "groupName": "nights" }), invalid("/groupName")),
        (json!({ "inputPath": "$.detail" }), invalid("/inputPath")),
        (json!({ "startDate": "tomorrow" }), invalid("/startDate")),
        (json!({ "startDate": "2026-12-01T00:00:00Z", "endDate": "2026-12-01T00:00:00Z" }), invalid("/endDate")),
        (json!({ "task": null }), ("/task", "RequiredField", Block)),
        (json!({ "task": {} }), ("/task/taskDefinition", "RequiredField", Block)),
        (json!({ "task": { "taskDefinition": "report:latest" } }), invalid("/task/taskDefinition")),
        (json!({ "task": { "taskDefinition": "report", "count": 0 } }), invalid("/task/count")),
        (json!({ "task": { "taskDefinition": "report", "count": 11 } }), invalid("/task/count")),
        (json!({ "input": "not JSON" }), ("/input", "InvalidOverride", Block)),
        (
            json!({ "input": "{}", "task": { "taskDefinition": "report", "overrides": {} } }),
            ("/task/overrides", "InvalidOverride", Block),
        ),
    ] {
        check(&patch, &[expected]);
    }
}

#[test]
fn where_run_times_differ_from_event_bridge_it_is_said() {
    let first = ("/scheduleExpression", "FirstRunLater", Info);
    let twice = ("/scheduleExpression", "DstDuplicateRun", Info);
    let new_york = |expression: &str| json!({ "scheduleExpression": expression, "scheduleExpressionTimezone": "America/New_York" });
    for (patch, expected) in [
        (json!({ "scheduleExpression": "rate(5 minutes)" }), Some(first)), // V134
        (json!({ "scheduleExpression": "rate(5 minutes)", "source": "Rule" }), None),
        (new_york("cron(30 1 * * ? *)"), Some(twice)), // V132
        (new_york("cron(0 * * * ? *)"), Some(twice)),
        (new_york("cron(30 2 * * ? *)"), None),
        (new_york("cron(30 1 * 12 ? *)"), None),
        (new_york("cron(30 1 15 * ? *)"), None),
        (new_york("cron(30 1 ? * SUN *)"), Some(twice)),
        (new_york("cron(30 1 ? * MON *)"), None),
        (
            json!({ "scheduleExpression": "cron(45 1 * * ? *)", "scheduleExpressionTimezone": "Australia/Lord_Howe" }),
            Some(twice),
        ),
        (
            json!({ "scheduleExpression": "cron(15 1 * * ? *)", "scheduleExpressionTimezone": "Australia/Lord_Howe" }),
            None,
        ),
        (json!({ "scheduleExpression": "cron(30 1 * * ? *)", "scheduleExpressionTimezone": "Asia/Tokyo" }), None),
        (
            json!({ "actionAfterCompletion": "DELETE" }),
            Some(("/actionAfterCompletion", "DeleteAfterCompletionIgnored", Info)),
        ),
    ] {
        check(&patch, expected.as_slice());
    }
}

#[test]
fn consent_lifts_a_flexible_window_but_nothing_that_a_cron_job_cannot_say() {
    let window = checked(&json!({ "flexibleTimeWindow": { "mode": "FLEXIBLE" } }), &["EngineNotAvailable"]);
    assert!(window.model.is_some());
    for patch in [
        json!({ "scheduleExpression": "rate(7 minutes)" }),
        json!({ "scheduleExpression": "never" }),
        json!({ "source": "Rule", "inputPath": "$" }),
    ] {
        let Checked { model, findings } = checked(&patch, &["EngineNotAvailable", "InvalidSchedule"]);
        assert!(model.is_none() && findings.blocked(), "{patch}");
    }
}

#[test]
fn what_is_missing_is_found_once_however_many_look() {
    for patch in [json!({ "scheduleExpression": null }), json!({ "task": null }), json!({ "task": {} })] {
        let mut spec = json!({ "scheduleExpression": "rate(1 day)", "task": { "taskDefinition": "report" } });
        spec.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        let accept = BTreeSet::new();
        let Checked { model, findings } =
            crate::check::schedule(&serde_json::from_value(spec).unwrap(), "nightly", &accept, &Context::default());
        assert!(model.is_none(), "{patch}");
        assert_eq!(findings.iter().filter(|f| f.severity == Block).count(), 1, "{patch}: {findings:?}");
    }
}

#[test]
fn a_rate_is_clock_time_whatever_the_zone() {
    let schedule =
        schedule(&json!({ "scheduleExpression": "rate(1 hour)", "scheduleExpressionTimezone": "Europe/Berlin" }));
    assert_eq!(schedule.time_zone, "Etc/UTC");
}

#[test]
fn a_schedule_is_active_from_its_start_until_its_end() {
    let (start, end): (Timestamp, Timestamp) =
        ("2026-12-01T00:00:00Z".parse().unwrap(), "2026-12-31T00:00:00Z".parse().unwrap());
    let second = jiff::SignedDuration::from_secs(1);
    let dated = schedule(&json!({ "startDate": "2026-12-01T00:00:00", "endDate": "2026-12-31T01:00:00+01:00" }));
    for (schedule, now, expected) in [
        (&dated, start - second, Activity::NotYet { until: start }),
        (&dated, start, Activity::Active { until: Some(end) }),
        (&dated, end - second, Activity::Active { until: Some(end) }),
        (&dated, end, Activity::Over),
        (&schedule(&json!({})), start, Activity::Active { until: None }),
    ] {
        assert_eq!(schedule.active(now), expected, "{now}");
    }
    assert_eq!(dated.anchor(end), start);
}

#[test]
fn disabled_and_held_schedules_never_fire() {
    for (patch, suspended) in [
        (json!({ "state": "ENABLED" }), false),
        (json!({ "state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "source": "Rule" }), false),
        (json!({ "state": "DISABLED" }), true),
        (json!({ "kubernetes": { "workload": "Hold" } }), true),
        (json!({ "kubernetes": { "workload": "Run" } }), false),
    ] {
        assert_eq!(schedule(&patch).suspended(), suspended, "{patch}");
    }
}

#[test]
fn the_input_is_the_same_as_overrides() {
    let overrides = json!({ "containerOverrides": [{ "name": "main", "command": ["x"] }] });
    let by_input = schedule(&json!({ "input": overrides.to_string() })).run;
    let by_structure = schedule(&json!({ "task": { "taskDefinition": "report", "overrides": overrides } })).run;
    assert_eq!(by_input.overrides, by_structure.overrides);
    assert_eq!(
        (by_input.overrides_at.to_string(), by_structure.overrides_at.to_string()),
        ("/input".into(), "/task/overrides".into())
    );
}

#[test]
fn a_schedule_fires_between_its_dates_and_a_rate_from_its_start() {
    let dated = |expression: &str| {
        json!({
            "scheduleExpression": expression,
            "startDate": "2026-11-21T10:07:42Z",
            "endDate": "2026-11-21T10:20:00Z",
        })
    };
    for (patch, expected) in [
        (dated("cron(0/5 * * * ? *)"), &["10:10", "10:15"][..]),
        (dated("rate(5 minutes)"), &["10:07", "10:12", "10:17"]), // V134
        (json!({ "scheduleExpression": "rate(5 minutes)" }), &["10:02", "10:07", "10:12"]),
        (json!({ "scheduleExpression": "rate(5 minutes)", "source": "Rule" }), &["10:07", "10:12", "10:17"]),
    ] {
        let schedule = schedule(&patch);
        let since: Timestamp = "2026-11-21T10:02:03Z".parse().unwrap();
        let fires = schedule.fires(since).unwrap();
        let times: Vec<_> =
            fires.after(Timestamp::UNIX_EPOCH).take(3).map(|time| time.strftime("%H:%M").to_string()).collect();
        assert_eq!(times, expected, "{patch}");
    }
}
