//! What a script sees of `kubectl ecs schedule`: standard output, standard error and the exit code.

use clap::Parser;
use serde_json::Value;

use super::*;
use crate::args::{Args, Command};

/// Exit code, standard output and standard error at ten past nine on 21 November 2026
fn run_with(arguments: &[&str]) -> (u8, String, String) {
    let arguments = ["kubectl-ecs", "schedule"].into_iter().chain(arguments.iter().copied());
    let Command::Schedule { command } = Args::try_parse_from(arguments).unwrap().command else {
        unreachable!("`schedule` is the command");
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let now = "2026-11-21T09:10:00Z".parse().unwrap();
    let code = run(&command, now, &mut stdout, &mut stderr, Paint::none()).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code, text(stdout), text(stderr))
}

fn check(arguments: &[&str], stdout: &str, stderr: &str) {
    let (code, out, err) = run_with(arguments);
    assert_eq!((code, out.as_str(), err.as_str()), (0, stdout, stderr), "{arguments:?}");
}

#[test]
fn the_next_times_are_printed_one_a_line_with_their_offsets() {
    let berlin = ["--timezone", "Europe/Berlin"];
    check(
        &[&["next", "cron(15 10 ? * 6L 2019-2022)", "--from", "2022-10-28T08:15:00Z"], &berlin[..]].concat(),
        "2022-11-25T10:15:00+01:00\n2022-12-30T10:15:00+01:00\n",
        "",
    );
    // 02:00 and 02:30 do not exist on 28 March 2027.
    check(
        &[&["next", "cron(0/30 1-3 * * ? *)", "--from", "2027-03-27T22:00:00+01:00", "--count", "5"], &berlin[..]]
            .concat(),
        "2027-03-28T01:00:00+01:00\n2027-03-28T01:30:00+01:00\n2027-03-28T03:00:00+02:00\n2027-03-28T03:30:00+02:00\n\
         2027-03-29T01:00:00+02:00\n",
        "",
    );
    check(&["next", "cron(0 10 * * ? *)", "-n", "1"], "2026-11-21T10:00:00+00:00\n", "");
    check(&["next", "at(2026-12-01T09:00:00)", "--tz", "Asia/Kathmandu"], "2026-12-01T09:00:00+05:45\n", "");
    check(
        &["next", "rate(90 minutes)", "-n", "2", "--anchor", "2026-11-21T09:00:30Z"],
        "2026-11-21T10:30:00+00:00\n2026-11-21T12:00:00+00:00\n",
        "",
    );
    check(
        &["next", "rate(90 minutes)", "-n", "1", "--anchor", "2026-11-21T10:00:30Z", "--source", "Rule"],
        "2026-11-21T11:30:00+00:00\n",
        "",
    );
    check(
        &["next", "rate(90 minutes)", "-n", "1", "--anchor", "2026-11-21T10:00:30Z", "--source", "scheduler"],
        "2026-11-21T10:00:00+00:00\n",
        "",
    );
    check(
        &["next", "rate(1 hour)", "-n", "1"],
        "2026-11-21T10:10:00+00:00\n",
        "note: a rate counts from when its schedule starts; counting from 2026-11-21T09:10:00Z, --anchor sets another\n",
    );
    check(&["next", "cron(0 0 30 2 ? *)"], "", "note: it never fires after 2026-11-21T09:10:00+00:00\n");
    check(&["next", "cron(0 0 * * ? *)", "--count", "0"], "", "");
}

#[test]
fn json_is_one_object() {
    let (code, stdout, _) = run_with(&["next", "cron(0 9 ? * 2#1 *)", "-n", "2", "-o", "json"]);
    let value: Value = serde_json::from_str(&stdout).unwrap();
    let expected = json!({
        "expression": "cron(0 9 ? * 2#1 *)",
        "timezone": "Etc/UTC",
        "from": "2026-11-21T09:10:00+00:00",
        "times": ["2026-12-07T09:00:00+00:00", "2027-01-04T09:00:00+00:00"],
    });
    assert_eq!((code, value), (0, expected));
    let loses =
        "the CronJob controller loses runs where this zone changes its clocks: at midnight, or other than by an hour";
    for (expression, zone, by, reason) in [
        ("cron(0/15 * * * ? *)", "Etc/UTC", "CronJob", Value::Null),
        ("cron(0 0 L * ? *)", "Etc/UTC", "Engine", json!("a CronJob knows neither `L` nor `W` nor `#`")),
        ("cron(0 0 * * ? *)", "Antarctica/Troll", "Engine", json!(loses)),
    ] {
        let (_, stdout, _) = run_with(&["explain", expression, "--timezone", zone, "-o", "json"]);
        let value: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((&value["realisedBy"], &value["reason"]), (&json!(by), &reason), "{expression}");
        assert_eq!(value["cronJob"].is_null(), by == "Engine", "{expression}");
    }
}

#[test]
fn an_expression_is_explained_with_what_becomes_of_it() {
    check(
        &["explain", "cron(0/15 * * * ? *)"],
        "means     every 15 minutes, Etc/UTC\nrealised  by a CronJob: schedule `*/15 * * * *`, timeZone Etc/UTC\n",
        "",
    );
    let begins = |arguments: &[&str], expected: &str| {
        let (code, stdout, stderr) = run_with(arguments);
        assert!(code == 0 && stderr.is_empty() && stdout.starts_with(expected), "{arguments:?}: {stdout}{stderr}");
    };
    begins(
        &["explain", "cron(15 10 ? * 6L 2019-2022)", "--timezone", "Europe/Berlin"],
        "means     at 10:15 on the last Friday of each month from 2019 to 2022, Europe/Berlin\n\
         realised  by the operator's own engine, a Job for each run: a CronJob has no years\n",
    );
    begins(
        &["explain", "rate(6 hours)", "--timezone", "Europe/Berlin", "--anchor", "2026-11-21T10:07:42Z"],
        "means     every 6 hours, counted from when the schedule starts, in any time zone\n\
         realised  by a CronJob: schedule `7 4-23/6 * * *`, timeZone Etc/UTC\n          \
         for a schedule that starts at 2026-11-21T10:07:42+00:00; --anchor sets another\n",
    );
    // What the expression says a CronJob could; its zone is one in which the controller loses runs.
    begins(
        &["explain", "cron(0 10 * * ? *)", "--timezone", "Africa/Cairo"],
        "means     at 10:00 every day, Africa/Cairo\n\
         realised  by the operator's own engine, a Job for each run: the CronJob controller loses runs where this zone changes",
    );
    let (_, stdout, _) = run_with(&["explain", "cron(30 2 * * ? *)", "--timezone", "Europe/Berlin"]);
    assert!(stdout.contains("finding   DstDuplicateRun: "), "{stdout}");
}

#[test]
fn what_is_invalid_is_told_with_its_place_and_exit_code_2() {
    for (arguments, expected) in [
        (
            &["next", "cron(60 10 * * ? *)"][..],
            "error: at character 6: `60` is no minute: it takes 0 to 59\n  cron(60 10 * * ? *)\n       ^\n",
        ),
        (
            &["explain", "cron(0\t10 * * * *)"],
            "error: at character 15: exactly one of day-of-month and day-of-week is `?`: the one that does not matter\n  \
             cron(0 10 * * * *)\n                ^\n",
        ),
        (
            &["next", "cron(0 10 * * ? *)", "--timezone", "europe/berlin"],
            "error: --timezone: `europe/berlin` is no time zone of the IANA database, such as `Europe/Berlin`; did you mean \
             `Europe/Berlin`\n",
        ),
        (
            &["next", "rate(1 minutes)", "--source", "Rule"],
            "error: a rule wants the singular for 1 and the plural otherwise: rate(1 minute), rate(2 minutes)\n",
        ),
        (
            &["explain", "at(2026-12-01T09:00:00)", "--source", "Rule"],
            "error: an EventBridge rule has no at(); use `source: Scheduler`\n",
        ),
        (
            &["next", "cron(0 10 * * ? *)", "--source", "Rule", "--timezone", "Europe/Berlin"],
            "error: the schedule of an EventBridge rule is in UTC; leave the zone out, or use `source: Scheduler`\n",
        ),
    ] {
        let (code, stdout, stderr) = run_with(arguments);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (2, "", expected), "{arguments:?}");
    }
}

#[test]
fn wrong_usage_is_clap_s_to_tell() {
    for arguments in [
        &["next"][..],
        &["next", "rate(5 minutes)", "--from", "yesterday"],
        &["next", "rate(5 minutes)", "--count", "-1"],
        &["next", "rate(5 minutes)", "-o", "yaml"],
        &["explain", "rate(5 minutes)", "--count", "1"],
        &[],
    ] {
        let arguments = ["kubectl-ecs", "schedule"].into_iter().chain(arguments.iter().copied());
        assert!(Args::try_parse_from(arguments).is_err());
    }
}
