//! Every change of the clocks, against a walk over every minute around it.

use std::collections::HashSet;

use super::*;

/// Zones with all the habits there are: whole and half hours, both hemispheres, two hours, Ramadan, changes by decree
const ZONES: [&str; 30] = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/Chisinau",
    "Europe/Volgograd",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Caracas",
    "America/Havana",
    "America/Mexico_City",
    "America/Scoresbysund",
    "America/Port-au-Prince",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Norfolk",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Tehran",
    "Asia/Gaza",
    "Asia/Beirut",
    "Asia/Amman",
    "Asia/Pyongyang",
    "Antarctica/Troll",
];

/// How many minutes around a change of the clocks are looked at: no change of these years is larger
const AROUND: i64 = 5 * 60;
/// The same where a zone skips a day
const AROUND_A_DAY: i64 = 26 * 60;

/// Checks the fire times around one change of the clocks
fn check(name: &str, zone: &TimeZone, change: Timestamp, around: i64) {
    let minute = |n: i64| change + SignedDuration::from_mins(n);
    let mut seen = HashSet::new();
    let first: Vec<(Timestamp, jiff::civil::DateTime)> = (-around..=around)
        .map(|n| (minute(n), zone.to_datetime(minute(n))))
        .filter(|(_, local)| seen.insert(*local))
        .collect();
    for text in ["cron(* * * * ? *)", "cron(0/30 0-3 ? * * *)", "cron(30 2 L * ? *)"] {
        let cron = cron(text);
        // The first hours are only there to know what is a repetition.
        let walked: Vec<Timestamp> = first
            .iter()
            .filter(|(time, local)| *time > minute(-180) && cron.fires_at(*local))
            .map(|(time, _)| *time)
            .collect();
        let expression = parsed(text);
        let fires = expression.fires(zone, Anchor::FiresAt(change));
        let forwards: Vec<Timestamp> = fires.after(minute(-180)).take_while(|time| *time <= minute(around)).collect();
        assert_eq!(forwards, walked, "{text} in {name} after {change}");
        // The other way round, from places inside and outside of what is repeated or skipped.
        for n in (-175..around).step_by(97).chain((-120..=120).step_by(20)) {
            let moment = minute(n) + SignedDuration::from_secs(n % 3);
            let next = walked.iter().copied().find(|time| *time > moment);
            assert_eq!(
                fires.after(moment).next().filter(|time| *time <= minute(around)),
                next,
                "{text} in {name} after {moment}"
            );
            let previous = walked.iter().copied().rfind(|time| *time < moment);
            assert_eq!(
                fires.before(moment).next().filter(|time| *time > minute(-180)),
                previous,
                "{text} in {name} before {moment}"
            );
        }
    }
}

fn check_all<'a>(zones: impl IntoIterator<Item = &'a str>, from: &str, until: &str, around: i64) -> usize {
    let (from, until): (Timestamp, Timestamp) = (from.parse().unwrap(), until.parse().unwrap());
    let mut changes = 0;
    for name in zones {
        let zone = time_zone(name).unwrap();
        for change in zone.following(from).take_while(|change| change.timestamp() < until) {
            check(name, &zone, change.timestamp(), around);
            changes += 1;
        }
    }
    changes
}

#[test]
fn around_every_change_of_the_clocks_of_ten_years_a_schedule_fires_as_a_walk_over_every_minute_says() {
    let changes = check_all(ZONES, "2016-01-01T00:00:00Z", "2026-01-01T00:00:00Z", AROUND);
    assert!(changes > 400, "{changes} changes");
}

#[test]
fn a_day_that_a_zone_skips_is_skipped() {
    assert_eq!(check_all(["Pacific/Apia"], "2011-12-01T00:00:00Z", "2012-01-31T00:00:00Z", AROUND_A_DAY), 1);
}

/// `ECS_TEST_ALL_ZONES=1 cargo test --release -p ecs-core every_zone`: minutes
#[test]
fn around_every_change_of_the_clocks_of_every_zone_too() {
    if std::env::var_os("ECS_TEST_ALL_ZONES").is_none() {
        return;
    }
    let names: Vec<String> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    let changes =
        check_all(names.iter().map(String::as_str), "1972-06-01T00:00:00Z", "2036-01-01T00:00:00Z", AROUND_A_DAY);
    assert!(changes > 10_000, "{changes} changes");
}
