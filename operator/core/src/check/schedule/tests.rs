//! Schedules and what is found in them.

use ecs_crds::status::Severity::{self, Block, Info};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::model::schedule::{Activity, Realisation};

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
    assert_eq!((name.as_str(), time_zone.as_str(), enabled, held), ("nightly", "Etc/UTC", true, None));
    assert_eq!((start, end, starting_deadline_seconds), (None, None, 86_400));
    assert_eq!((run.count, run.task_group().as_str(), run.overrides), (1, "family:report", TaskOverride::default()));
    check(&json!({}), &[]);
}

#[test]
fn a_cron_job_runs_what_it_can_and_the_engine_the_rest() {
    let kubernetes = |value: Value| json!({ "kubernetes": value });
    let engine = |patch: Value, word: &str| match schedule(&patch).realisation {
        Realisation::Engine { because } => assert!(because.contains(word), "{patch}: {because}"),
        Realisation::CronJob => panic!("{patch} is a CronJob"),
    };
    let dst = json!({ "scheduleExpression": "cron(30 1 * * ? *)", "scheduleExpressionTimezone": "America/New_York" });
    let strict = |mut patch: Value| {
        patch["kubernetes"] = json!({ "dst": "Strict" });
        patch
    };
    for (patch, word) in [
        (json!({ "scheduleExpression": "cron(0 12 * * ? 2027)" }), "years"), // V129
        (json!({ "scheduleExpression": "cron(0 0 L * ? *)" }), "`L`"),
        (json!({ "scheduleExpression": "rate(7 minutes)" }), "interval"), // V133
        (json!({ "scheduleExpression": "at(2026-12-01T09:00:00)" }), "once"), // V136
        (json!({ "flexibleTimeWindow": { "mode": "FLEXIBLE", "maximumWindowInMinutes": 15 } }), "window"), // V141
        (json!({ "source": "Rule", "inputPath": "$.detail" }), "input"),
        (json!({ "source": "Rule", "inputTransformer": { "inputTemplate": "{}" } }), "input"),
        (json!({ "input": "{\"<aws.scheduler.execution-id>\": 1}" }), "input"),
        (kubernetes(json!({ "executor": "Engine" })), "executor"),
        (json!({ "scheduleExpressionTimezone": "Australia/Lord_Howe" }), "loses runs"),
        (json!({ "scheduleExpressionTimezone": "Africa/Cairo" }), "loses runs"),
        (json!({ "scheduleExpressionTimezone": "Pacific/Chatham" }), "loses runs"),
        (strict(dst.clone()), "twice"),
    ] {
        engine(patch, word);
    }
    for patch in
        [json!({}), kubernetes(json!({ "executor": "CronJob" })), dst, strict(json!({})), json!({ "input": "{}" })]
    {
        assert_eq!(schedule(&patch).realisation, Realisation::CronJob, "{patch}");
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
        (json!({ "source": "Rule", "inputPath": "$['detail']" }), invalid("/inputPath")),
        (json!({ "source": "Rule", "inputPath": "$", "input": "{}" }), invalid("/inputPath")),
        (
            json!({ "source": "Rule", "inputTransformer": { "inputPathsMap": { "aws.x": "$" }, "inputTemplate": "{}" } }),
            invalid("/inputTransformer/inputPathsMap/aws.x"),
        ),
        (
            json!({ "flexibleTimeWindow": { "mode": "FLEXIBLE" } }),
            invalid("/flexibleTimeWindow/maximumWindowInMinutes"),
        ),
        (
            json!({ "scheduleExpression": "rate(7 minutes)", "kubernetes": { "executor": "CronJob" } }),
            invalid("/kubernetes/executor"),
        ),
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
    let twice = ("/scheduleExpression", "DstDuplicateRun", Info);
    let new_york = |expression: &str| json!({ "scheduleExpression": expression, "scheduleExpressionTimezone": "America/New_York" });
    for (patch, expected) in [
        (json!({ "scheduleExpression": "rate(5 minutes)" }), None), // V134
        (
            json!({ "scheduleExpression": "at(2027-03-28T02:30:00)", "scheduleExpressionTimezone": "Europe/Berlin" }),
            Some(("/scheduleExpression", "TimeSkipped", Severity::Warn)),
        ),
        (new_york("cron(30 1 * * ? *)"), Some(twice)), // V132
        (new_york("cron(0 * * * ? *)"), Some(twice)),
        (new_york("cron(30 2 * * ? *)"), None),
        (new_york("cron(30 1 * 12 ? *)"), None),
        (new_york("cron(30 1 15 * ? *)"), None),
        (new_york("cron(30 1 ? * SUN *)"), Some(twice)),
        (new_york("cron(30 1 ? * MON *)"), None),
        (json!({ "scheduleExpression": "cron(30 1 * * ? *)", "scheduleExpressionTimezone": "Asia/Tokyo" }), None),
        (
            json!({ "actionAfterCompletion": "DELETE" }),
            Some(("/actionAfterCompletion", "DeleteAfterCompletionIgnored", Info)),
        ),
        (json!({ "actionAfterCompletion": "DELETE", "kubernetes": { "deleteAfterCompletion": true } }), None),
    ] {
        check(&patch, expected.as_slice());
    }
}

#[test]
fn consent_lifts_nothing_without_which_there_are_no_times() {
    for patch in [
        json!({ "scheduleExpression": "never" }),
        json!({ "source": "Rule", "inputPath": "nowhere" }),
        json!({ "scheduleExpression": "rate(7 minutes)", "kubernetes": { "executor": "CronJob" } }),
    ] {
        let Checked { model, findings } = checked(&patch, &["InvalidValue", "InvalidSchedule"]);
        assert!(model.is_none() && findings.blocked(), "{patch}");
    }
}

#[test]
fn the_input_of_a_run_is_made_of_its_event() {
    let of = |patch: Value| {
        let mut spec = json!({ "source": "Rule", "task": { "taskDefinition": "report", "cluster":
            "arn:aws:ecs:eu-west-1:123456789012:cluster/main" } });
        spec.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        let mut findings = Findings::default();
        let time = "2026-11-21T10:00:00Z".parse().unwrap();
        let overrides = overrides_of_run(&schedule(&spec), "uid", time, &mut findings);
        let found: Vec<_> = findings.iter().map(|f| (f.path.clone(), f.code.clone())).collect();
        (overrides.map(|overrides| json!(overrides)), found)
    };
    let transformer = |template: &str| {
        json!({ "inputTransformer": {
        "inputPathsMap": { "time": "$.time", "rule": "$.resources[0]" }, "inputTemplate": template } })
    };
    let environment = |name: &str, value: &str| {
        json!({ "containerOverrides": [
        { "name": "main", "environment": [{ "name": name, "value": value }] }] })
    };
    let template = r#"{"containerOverrides": [{"name": "main", "environment": [{"name": "AT", "value": <time>}]}]}"#;
    assert_eq!(of(transformer(template)), (Some(environment("AT", "2026-11-21T10:00:00Z")), vec![]));
    let template = r#"{"containerOverrides": [{"name": "main", "environment": [{"name": "BY", "value": "<rule>"}]}]}"#;
    let rule = "arn:aws:events:eu-west-1:123456789012:rule/nightly";
    assert_eq!(of(transformer(template)), (Some(environment("BY", rule)), vec![]));
    assert_eq!(of(json!({ "inputPath": "$.detail" })), (Some(json!({})), vec![]));
    for (patch, path) in [
        (transformer("{\"a\": <nobody>}"), "/inputTransformer"),
        (transformer("at <time>"), "/inputTransformer"),
        (json!({ "inputPath": "$.detail.nothing" }), "/inputPath"),
        (json!({ "inputPath": "$.time" }), "/inputPath"),
    ] {
        assert_eq!(of(patch.clone()), (None, vec![(path.to_owned(), "InvalidOverride".to_owned())]), "{patch}");
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
    let at = schedule(&json!({ "scheduleExpression": "at(2027-01-01T00:00:00)", "endDate": "2026-12-31T00:00:00Z" }));
    assert_eq!(at.active(end), Activity::Active { until: None }, "AWS does not apply dates to at()");
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
        let fires = schedule.fires(schedule.start.unwrap_or(since)).unwrap();
        let times: Vec<_> =
            fires.after(Timestamp::UNIX_EPOCH).take(3).map(|time| time.strftime("%H:%M").to_string()).collect();
        assert_eq!(times, expected, "{patch}");
    }
}
