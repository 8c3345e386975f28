//! Fire times: single ones that are known, and rules that hold for all.

use super::*;

/// The first fire times after a moment, as local times with offsets
fn check(text: &str, zone: &str, after: &str, expected: &[&str]) {
    let zone = time_zone(zone).unwrap();
    let after: Timestamp = after.parse().unwrap();
    let expression = parsed(text);
    let times: Vec<String> = expression
        .fires(&zone, Anchor::FiresAt(after))
        .after(after)
        .take(expected.len() + 1)
        .map(|time| time.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        .collect();
    // An expected time more than there is means that the schedule ends there.
    let ends = expected.last() == Some(&"end");
    let expected_times = if ends { &expected[..expected.len() - 1] } else { expected };
    let got = if ends { &times[..] } else { &times[..expected.len().min(times.len())] };
    assert_eq!(got, expected_times, "{text} after {after}");
}

#[test]
fn fire_times_are_those_of_the_vectors_and_of_the_documentation() {
    let last_fridays = ["2022-11-25T10:15:00+01:00", "2022-12-30T10:15:00+01:00", "end"];
    for (text, zone, after, expected) in [
        ("cron(15 10 ? * 6L 2019-2022)", "Europe/Berlin", "2022-11-20T00:00:00Z", &last_fridays[..]), // V129
        ("cron(0 0 1W * ? *)", "Etc/UTC", "2026-07-31T00:00:00Z", &["2026-08-03T00:00:00+00:00"]),    // V131
        ("cron(0 0 ? * 6#5 *)", "Etc/UTC", "2026-11-01T00:00:00Z", &["2027-01-29T00:00:00+00:00"]),
        // V132: 02:30 does not exist on 8 March, and 01:30 comes twice on 1 November.
        ("cron(30 2 * * ? *)", "America/New_York", "2026-03-07T12:00:00Z", &["2026-03-09T02:30:00-04:00"]),
        (
            "cron(30 1 * * ? *)",
            "America/New_York",
            "2026-11-01T04:00:00Z",
            &["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
        ),
        ("cron(0 12 29 2 ? *)", "Etc/UTC", "2096-03-01T00:00:00Z", &["2104-02-29T12:00:00+00:00"]),
        ("cron(0 0 30 2 ? *)", "Etc/UTC", "1970-01-01T00:00:00Z", &["end"]),
        ("cron(0 0 31 2,4,6,9,11 ? *)", "Asia/Tokyo", "1970-01-01T00:00:00Z", &["end"]),
        ("cron(59 23 31 12 ? *)", "Etc/UTC", "2198-12-31T23:59:00Z", &["2199-12-31T23:59:00+00:00", "end"]),
        ("cron(0 0 1 1 ? 1970)", "Etc/UTC", "-009999-01-02T01:59:59Z", &["1970-01-01T00:00:00+00:00", "end"]),
        ("cron(* * * * ? *)", "Etc/UTC", "9999-12-30T22:00:00.999999999Z", &["end"]),
        ("at(2026-12-01T09:00:00)", "Europe/Berlin", "2026-11-01T00:00:00Z", &["2026-12-01T09:00:00+01:00", "end"]), // V136
        ("at(2026-12-01T09:00:00)", "Europe/Berlin", "2026-12-01T08:00:00Z", &["end"]),
        ("at(2026-03-29T02:30:00)", "Europe/Berlin", "2026-01-01T00:00:00Z", &["end"]),
        ("at(2026-10-25T02:30:00)", "Europe/Berlin", "2026-01-01T00:00:00Z", &["2026-10-25T02:30:00+02:00", "end"]),
        (
            "rate(90 minutes)",
            "Etc/UTC",
            "2026-11-21T10:07:42Z",
            &["2026-11-21T11:37:00+00:00", "2026-11-21T13:07:00+00:00"],
        ),
        // A day is 24 hours, whatever the clocks do.
        ("rate(1 day)", "Europe/Berlin", "2026-03-28T11:00:00Z", &["2026-03-29T13:00:00+02:00"]),
        ("rate(4294967295 days)", "Etc/UTC", "2026-11-21T10:07:42Z", &["end"]),
        ("rate(1 minute)", "Etc/UTC", "9999-12-30T21:59:00Z", &["9999-12-30T22:00:00+00:00", "end"]),
    ] {
        check(text, zone, after, expected);
    }
}

#[test]
fn a_rate_fires_at_its_anchor_for_a_scheduler_and_one_interval_later_for_a_rule() {
    let utc = TimeZone::UTC;
    let anchor: Timestamp = "2026-11-21T10:07:42Z".parse().unwrap();
    let expression = parsed("rate(7 minutes)");
    for (anchor, expected) in [
        (Anchor::FiresAt(anchor), ["2026-11-21T10:07:00Z", "2026-11-21T10:14:00Z"]),
        (Anchor::FiresAfter(anchor), ["2026-11-21T10:14:00Z", "2026-11-21T10:21:00Z"]),
    ] {
        let fires = expression.fires(&utc, anchor);
        let first: Vec<String> = fires.after(Timestamp::MIN).take(2).map(|time| time.to_string()).collect();
        assert_eq!(first, expected);
        let all: Vec<String> = fires.before("2026-11-21T10:21:00.5Z".parse().unwrap()).map(|t| t.to_string()).collect();
        assert_eq!(all.last(), first.first(), "nothing before the first run");
        assert_eq!(all.first().unwrap(), "2026-11-21T10:21:00Z");
    }
}

#[test]
fn start_and_end_date_bound_all_but_at() {
    let utc = TimeZone::UTC;
    let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let (start, end) = (time("2026-11-21T10:07:42Z"), time("2026-11-21T10:15:00Z"));
    for (text, expected) in [
        ("cron(0/5 * * * ? *)", &["10:10"][..]),
        ("cron(7/1 * * * ? *)", &["10:08", "10:09", "10:10", "10:11", "10:12", "10:13", "10:14"]),
        ("rate(4 minutes)", &["10:07", "10:11"]),
        ("at(2027-01-01T00:00:00)", &["00:00"]),
    ] {
        let expression = parsed(text);
        let fires = expression.fires(&utc, Anchor::FiresAt(start.unwrap())).within(start, end);
        let forwards: Vec<Timestamp> = fires.after(Timestamp::MIN).collect();
        let mut backwards: Vec<Timestamp> = fires.before(Timestamp::MAX).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards, "{text}");
        let times: Vec<String> = forwards.iter().map(|time| time.strftime("%H:%M").to_string()).collect();
        assert_eq!(times, expected, "{text}");
    }
}

/// Any cron, with special days, years and whatever else is allowed
fn any_cron() -> impl Strategy<Value = String> {
    let day_of_month = prop_oneof![
        4 => field(1, 31),
        1 => Just("L".to_owned()),
        1 => Just("LW".to_owned()),
        2 => (1..=31).prop_map(|day| format!("{day}W")),
        1 => (1..=31, 1..=31).prop_map(|(a, b)| format!("{a}W,{b},L")),
    ];
    let day_of_week = prop_oneof![
        4 => field(1, 7),
        1 => (1..=7).prop_map(|day| format!("{day}L")),
        1 => (1..=7, 1..=5).prop_map(|(day, week)| format!("{day}#{week}")),
    ];
    let year = prop_oneof![
        4 => Just("*".to_owned()),
        1 => (1970..=2199, 1..=40).prop_map(|(from, step)| format!("{from}/{step}")),
        1 => (1970..=2199, 1970..=2199).prop_map(|(a, b)| format!("{a},{b}")),
    ];
    (field(0, 59), field(0, 23), day_of_month, field(1, 12), day_of_week, year, any::<bool>()).prop_map(
        |(minute, hour, of_month, month, of_week, year, by_month)| {
            if by_month {
                format!("cron({minute} {hour} {of_month} {month} ? {year})")
            } else {
                format!("cron({minute} {hour} ? {month} {of_week} {year})")
            }
        },
    )
}

fn any_expression() -> impl Strategy<Value = String> {
    let rate = (1u32.., prop_oneof![Just("minutes"), Just("hours"), Just("days")]);
    prop_oneof![
        6 => any_cron(),
        1 => rate.prop_map(|(n, unit)| format!("rate({n} {unit})")),
        1 => (1u32..200).prop_map(|n| format!("rate({n} minutes)")),
        1 => (1i64..4_000_000_000).prop_map(|n| {
            format!("at({})", Timestamp::from_second(n).unwrap().strftime("%Y-%m-%dT%H:%M:%S"))
        }),
    ]
}

fn any_moment() -> impl Strategy<Value = Timestamp> {
    let nanoseconds = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    let near = 0..7_300_000_000_000_000_000i128;
    prop_oneof![
        1 => nanoseconds,
        8 => near,
        1 => prop_oneof![Just(Timestamp::MIN.as_nanosecond()), Just(Timestamp::MAX.as_nanosecond())],
    ]
    .prop_map(|nanosecond| Timestamp::from_nanosecond(nanosecond).unwrap())
}

proptest! {
    #[test]
    fn fire_times_come_in_order_and_the_way_back_is_the_way_there(
        text in any_expression(),
        zone in prop_oneof![Just("Etc/UTC"), Just("Europe/Berlin"), Just("Australia/Lord_Howe"), Just("Pacific/Apia")],
        anchor in any_moment(),
        moment in any_moment(),
        rule in any::<bool>(),
    ) {
        let zone = time_zone(zone).unwrap();
        let expression = parsed(&text);
        let anchor = if rule { Anchor::FiresAfter(anchor) } else { Anchor::FiresAt(anchor) };
        let fires = expression.fires(&zone, anchor);
        let times: Vec<Timestamp> = fires.after(moment).take(20).collect();
        let mut last = moment;
        for time in &times {
            prop_assert!(*time > last, "{} after {}", time, last);
            if let ScheduleExpression::Cron(cron) = &expression {
                prop_assert!(cron.fires_at(zone.to_datetime(*time)), "{}", time);
            }
            last = *time;
        }
        let Some(last) = times.last() else { return Ok(()) };
        let just_after = last.checked_add(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MAX);
        let mut back: Vec<Timestamp> = fires.before(just_after).take_while(|time| *time > moment).collect();
        back.reverse();
        prop_assert_eq!(&times, &back);
        let previous = fires.before(moment).next();
        prop_assert!(previous.is_none_or(|previous| previous < moment));
        if let Some(previous) = previous {
            let next = fires.after(previous).next();
            prop_assert!(next == Some(times[0]) || next == Some(moment), "{:?} after {}", next, previous);
        }
        prop_assert!(!expression.explain("Etc/UTC").contains("  "));
    }
}
