//! Expressions against the vectors of the mapping specification, a second cron implementation, and a walk over every minute.

use croner::Cron as Croner;
use croner::parser::{CronParser, Seconds};
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, Zoned};
use proptest::prelude::*;

use super::*;

mod differential;
mod explain;
mod fires;
mod zones;

fn parsed(text: &str) -> ScheduleExpression {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn cron(text: &str) -> Cron {
    match parsed(text) {
        ScheduleExpression::Cron(cron) => cron,
        other => panic!("{text} is {other:?}"),
    }
}

/// What a CronJob says for `text`, a rate counting from 10:03 or 10:07 of some day
fn check(text: &str, anchor: &str, expected: Result<&str, NotACronJob>) {
    let anchor: Timestamp = format!("2026-11-21T{anchor}:42Z").parse().unwrap();
    assert_eq!(parsed(text).cron_job(anchor).map(|f| f.to_string()), expected.map(str::to_owned), "{text}");
}

#[test]
fn cron_expressions_become_the_cron_job_fields_of_the_vectors() {
    for (text, expected) in [
        ("cron(0 10 * * ? *)", "0 10 * * *"),                        // V120
        ("cron(0 18 ? * MON-FRI *)", "0 18 * * 1-5"),                // V121
        ("cron(0/15 * * * ? *)", "*/15 * * * *"),                    // V122
        ("cron(1/10 * * * ? *)", "1-59/10 * * * *"),                 // V123
        ("cron(0/30 20-2 ? * MON-FRI *)", "0,30 0-2,20-23 * * 1-5"), // V124
        ("cron(0 0 ? * 1 *)", "0 0 * * 0"),                          // V125
        ("cron(0 0 ? * 7 *)", "0 0 * * 6"),
        ("cron(0 0 ? * L *)", "0 0 * * 6"),
        ("cron(0 0 ? * FRI-MON *)", "0 0 * * 0,1,5,6"),   // V126
        ("cron(30 22-4/2 ? * * *)", "30 0,2,4,22 * * *"), // V127
        ("cron(0 0 1/5 * ? *)", "0 0 */5 * *"),           // V128
        ("Cron( 0\t10  * jan-Mar,dec ? * )", "0 10 * 1-3,12 *"),
        ("cron(0-20/10 8-17 * * ? *)", "0-20/10 8-17 * * *"),
        ("cron(10-50/20 * * * ? 1970-2199)", "10-59/20 * * * *"),
        ("cron(5/70 0 ? * 2,4,6 *)", "5 0 * * 1-6/2"),
        ("cron(0 0 31 NOV-FEB ? *)", "0 0 31 1,2,11,12 *"),
        ("cron(1,1,2,3,5 * * * ? *)", "1-3,5 * * * *"),
    ] {
        check(text, "10:03", Ok(expected));
    }
}

#[test]
fn what_a_cron_job_cannot_say_is_told_apart() {
    for (text, reason) in [
        ("cron(15 10 ? * 6L 2019-2022)", NotACronJob::Year), // V129
        ("cron(0 12 * * ? 2027)", NotACronJob::Year),
        ("cron(0 9 ? * 2#1 *)", NotACronJob::SpecialDay),
        ("cron(0 9 ? * friL *)", NotACronJob::SpecialDay),
        ("cron(0 0 L * ? *)", NotACronJob::SpecialDay),
        ("cron(0 0 1,LW * ? *)", NotACronJob::SpecialDay),
        ("cron(0 0 3W * ? *)", NotACronJob::SpecialDay),
        ("rate(7 minutes)", NotACronJob::Interval), // V133
        ("rate(90 minutes)", NotACronJob::Interval),
        ("rate(5 hours)", NotACronJob::Interval),
        ("rate(2 days)", NotACronJob::Interval),
        ("at(2026-12-01T09:00:00)", NotACronJob::Once),
    ] {
        check(text, "10:03", Err(reason));
    }
}

#[test]
fn rates_keep_the_phase_of_their_anchor() {
    for (text, anchor, expected) in [
        ("rate(5 minutes)", "10:03", "3-59/5 * * * *"), // V133
        ("rate(1 hour)", "10:07", "7 * * * *"),
        ("rate(6 hours)", "10:07", "7 4-23/6 * * *"),
        ("rate(1 day)", "10:07", "7 10 * * *"),
        ("rate(1 minute)", "10:07", "* * * * *"),
        ("rate(15 minutes)", "10:30", "*/15 * * * *"),
        ("rate(60 minutes)", "10:07", "7 * * * *"),
        ("rate(1440 minutes)", "10:07", "7 10 * * *"),
        ("rate(5 hour)", "10:00", ""),
        ("rate(12 hours)", "12:00", "0 */12 * * *"),
    ] {
        match expected {
            "" => check(text, anchor, Err(NotACronJob::Interval)),
            expected => check(text, anchor, Ok(expected)),
        }
    }
}

#[test]
fn a_wrong_expression_is_refused_with_place_and_reason() {
    let value = |field, text: &str| Fault::Value { field, text: text.into() };
    for (text, position, fault) in [
        ("cron(0 10 * * * *)", 14, Fault::QuestionMarks), // V130
        ("cron(0 10 ? * ? *)", 14, Fault::QuestionMarks),
        ("cron(0 10 * * ?)", 5, Fault::FieldCount(5)),
        ("cron()", 5, Fault::FieldCount(0)),
        ("cron(60 10 * * ? *)", 5, value(Field::Minute, "60")),
        ("cron(0 24 * * ? *)", 7, value(Field::Hour, "24")),
        ("cron(0 0 ? * 0 *)", 13, value(Field::DayOfWeek, "0")),
        ("cron(0 0 ? * 3#1,6#3 *)", 13, Fault::HashAlone),
        ("cron(0 0 ? * 3#6 *)", 15, Fault::HashWeek("6".into())),
        ("cron(0 0 ? * MONN *)", 13, value(Field::DayOfWeek, "MONN")),
        ("cron(0 0 * JAN-FOO ? *)", 15, value(Field::Month, "FOO")),
        ("cron(0 0 32W * ? *)", 9, value(Field::DayOfMonth, "32")),
        ("cron(0 0 W * ? *)", 9, value(Field::DayOfMonth, "")),
        ("cron(0 0 ? * L-2 *)", 13, value(Field::DayOfWeek, "L")),
        ("cron(0,,1 0 * * ? *)", 7, Fault::EmptyItem(Field::Minute)),
        ("cron(0/0 0 * * ? *)", 7, Fault::Step("0".into())),
        ("cron(0/ 0 * * ? *)", 7, Fault::Step(String::new())),
        ("cron(+1 0 * * ? *)", 5, value(Field::Minute, "+1")),
        ("cron(? 0 * * ? *)", 5, Fault::QuestionMark),
        ("cron(0 0 ?/2 * * *)", 15, Fault::QuestionMarks),
        ("cron(0 0 * * ? 2028-2027)", 15, Fault::YearRange),
        ("cron(0 0 * * ? 2200)", 15, value(Field::Year, "2200")),
        ("cron(ü 0 * * ? *)", 5, value(Field::Minute, "ü")),
        ("0 10 * * *", 0, Fault::Form),
        ("every(5 minutes)", 0, Fault::Form),
        ("rate(5 minutes", 14, Fault::Form),
        ("rate(0 minutes)", 5, Fault::Rate),
        ("rate(5 weeks)", 7, Fault::Rate),
        ("rate(-5 minutes)", 5, Fault::Rate),
        ("rate(5)", 5, Fault::Rate),
        ("rate(99999999999 days)", 5, Fault::Rate),
        ("at(2026-12-01)", 3, Fault::At),
        ("at(2026-12-01T09:00:00Z)", 3, Fault::At),
        ("at(2026-02-30T09:00:00)", 3, Fault::At),
        ("at(2026-2-03T09:00:00)", 3, Fault::At),
        ("", 0, Fault::Form),
    ] {
        assert_eq!(text.parse::<ScheduleExpression>(), Err(ScheduleError { position, fault }), "{text}");
    }
    let message = "cron(60 10 * * ? *)".parse::<ScheduleExpression>().unwrap_err().to_string();
    assert_eq!(message, "at character 6: `60` is no minute: it takes 0 to 59");
}

#[test]
fn at_is_a_wall_clock_time() {
    assert_eq!(
        parsed("at(2026-12-01T09:00:00)"), // V136
        ScheduleExpression::At(At { time: jiff::civil::datetime(2026, 12, 1, 9, 0, 0, 0) })
    );
}

#[test]
fn special_days_fall_where_the_vectors_say() {
    // V131
    for (text, year, month, expected) in [
        ("cron(0 0 1W * ? *)", 2026, 8, &[3][..]),
        ("cron(0 0 ? * 6L *)", 2026, 11, &[27]),
        ("cron(0 0 ? * 2#1 *)", 2026, 12, &[7]),
        ("cron(0 0 ? * 6#5 *)", 2026, 11, &[]),
        ("cron(0 0 31W * ? *)", 2026, 5, &[29]),
        ("cron(0 0 31W * ? *)", 2026, 6, &[]),
        ("cron(0 0 LW * ? *)", 2026, 2, &[27]),
        ("cron(0 0 L * ? *)", 2028, 2, &[29]),
        ("cron(0 0 15W,L * ? 2026)", 2026, 11, &[16, 30]),
        ("cron(0 0 L * ? 2027)", 2026, 11, &[]),
    ] {
        let cron = cron(text);
        let first = Date::new(year, month, 1).unwrap();
        let days: Vec<i8> = first
            .series(jiff::Span::new().days(1))
            .take_while(|d| d.month() == month)
            .filter(|d| cron.fires_on(*d))
            .map(Date::day)
            .collect();
        assert_eq!(days, expected, "{text}");
    }
}

/// The independent reader of what we write for CronJobs: five fields, and day-of-week from 0
fn croner(text: &str) -> Croner {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
    parser.parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Every minute from `start` on that the parsed sets hold, day by day where the day holds none
fn walk(cron: &Cron, start: &Zoned) -> impl Iterator<Item = Zoned> {
    let mut now = start.clone();
    std::iter::from_fn(move || {
        for _ in 0..200_000 {
            now = if cron.fires_on(now.date()) {
                &now + SignedDuration::from_mins(1)
            } else {
                now.tomorrow().unwrap().start_of_day().unwrap()
            };
            if cron.fires_at(now.datetime()) {
                return Some(now.clone());
            }
        }
        None
    })
}

/// One cron field: `*`, a number, a range (forwards or backwards), a step, or a list of them
fn field(low: u16, high: u16) -> impl Strategy<Value = String> {
    let number = move || low..=high;
    let item = prop_oneof![
        number().prop_map(|a| a.to_string()),
        (number(), number()).prop_map(|(a, b)| format!("{a}-{b}")),
        (number(), 1..=high).prop_map(|(a, s)| format!("{a}/{s}")),
        (1..=high).prop_map(|s| format!("*/{s}")),
        (number(), number(), 1..=high).prop_map(|(a, b, s)| format!("{a}-{b}/{s}")),
    ];
    prop_oneof![2 => Just("*".to_owned()), 3 => proptest::collection::vec(item, 1..4).prop_map(|items| items.join(","))]
}

/// A cron that a CronJob can say
fn plain_cron() -> impl Strategy<Value = String> {
    (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(1, 7), any::<bool>()).prop_map(
        |(minute, hour, of_month, month, of_week, by_month)| {
            if by_month {
                format!("cron({minute} {hour} {of_month} {month} ? *)")
            } else {
                format!("cron({minute} {hour} ? {month} {of_week} *)")
            }
        },
    )
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,40}", inner in "[0-9A-Za-z*?/,#LW\\- ]{0,40}") {
        drop(text.parse::<ScheduleExpression>());
        for form in ["cron", "rate", "at"] {
            if let Ok(expression) = format!("{form}({inner})").parse::<ScheduleExpression>() {
                drop(expression.cron_job(Timestamp::UNIX_EPOCH));
                drop(expression.explain("Etc/UTC"));
                let fires = expression.fires(&TimeZone::UTC, Anchor::FiresAt(Timestamp::UNIX_EPOCH));
                let _ = (fires.after(Timestamp::UNIX_EPOCH).next(), fires.before(Timestamp::MAX).next());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_next_fifty_fire_times_are_those_of_another_implementation(text in plain_cron()) {
        let cron = cron(&text);
        let fields = parsed(&text).cron_job(Timestamp::UNIX_EPOCH).unwrap().to_string();
        let start = "2026-11-21T10:03:00Z".parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC);
        // 31 February never comes; croner says so with an error, the walk by ending.
        let theirs: Vec<Zoned> = croner(&fields).iter_after(start.clone()).take(50).collect();
        let walked: Vec<Zoned> = walk(&cron, &start).take(50).collect();
        prop_assert_eq!(&walked, &theirs, "{} as {}", text, fields);
        let expression = parsed(&text);
        let fires = expression.fires(&TimeZone::UTC, Anchor::FiresAt(Timestamp::UNIX_EPOCH));
        let ours: Vec<Zoned> = fires.after(start.timestamp()).take(50).map(|time| time.to_zoned(TimeZone::UTC)).collect();
        prop_assert_eq!(ours, theirs, "{} as {}", text, fields);
    }

    #[test]
    fn every_minute_around_a_change_of_the_clocks_is_judged_as_by_another_implementation(
        text in plain_cron(),
        (zone, day) in prop_oneof![
            Just(("Europe/Berlin", "2026-03-28")), Just(("America/New_York", "2026-10-31")),
            Just(("Australia/Lord_Howe", "2026-04-04")), Just(("Asia/Kathmandu", "2026-06-01")),
        ],
    ) {
        // The two differ on purpose in which of the skipped and repeated minutes a schedule fires, so what is compared is
        // each minute that exists.
        let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
        let start = day.parse::<Date>().unwrap().to_zoned(zone).unwrap();
        let cron = cron(&text);
        let fields = parsed(&text).cron_job(Timestamp::UNIX_EPOCH).unwrap().to_string();
        let theirs = croner(&fields);
        for minute in 0..2 * 24 * 60 {
            let time = &start + SignedDuration::from_mins(minute);
            prop_assert_eq!(cron.fires_at(time.datetime()), theirs.is_time_matching(&time).unwrap(), "{} as {} at {}", text, fields, time);
        }
    }

    #[test]
    fn a_rate_fires_at_its_anchor_and_every_interval_after_it(anchor in 0i64..4_000_000_000, index in 0usize..18) {
        let intervals = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440];
        let expression = parsed(&format!("rate({} minutes)", intervals[index]));
        let anchor = Timestamp::from_second(anchor - anchor % 60).unwrap();
        let fields = expression.cron_job(anchor).unwrap().to_string();
        let times = croner(&fields).iter_after(anchor.to_zoned(TimeZone::UTC)).take(50);
        let times: Vec<Timestamp> = times.map(|time| time.timestamp()).collect();
        for (n, time) in (1..).zip(&times) {
            prop_assert_eq!(*time, anchor + SignedDuration::from_mins(n * intervals[index]), "{}", fields);
        }
        let ours = expression.fires(&TimeZone::UTC, Anchor::FiresAt(anchor)).after(anchor).take(50);
        prop_assert_eq!(ours.collect::<Vec<_>>(), times, "{}", fields);
    }
}
