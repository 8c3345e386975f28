//! What the engine decides, as tables.

use jiff::tz::TimeZone;

use super::*;
use crate::values::schedule::{Anchor, ScheduleExpression};

const DAY: i64 = 86_400;

fn time(text: &str) -> Timestamp {
    let text = if text.contains('T') { text.to_owned() } else { format!("2026-11-21T{text}") };
    let text = if text.len() == 16 { format!("{text}:00Z") } else { format!("{text}Z") };
    text.parse().unwrap()
}

fn times(texts: &[&str]) -> Vec<Timestamp> {
    texts.iter().map(|text| time(text)).collect()
}

fn with_slots<R>(expression: &str, window_minutes: u32, then: impl FnOnce(&Slots<'_>) -> R) -> R {
    let expression: ScheduleExpression = expression.parse().unwrap();
    let fires = expression.fires(&TimeZone::UTC, Anchor::FiresAt(time("00:00")));
    then(&Slots { fires, window_minutes, uid: "b7a3" })
}

/// Checks a decision about a schedule without a window: what starts, how many are given up, until when all is decided
fn check(expression: &str, known: (&str, &[&str], i64), now: &str, expected: (&[&str], usize, &str)) {
    let (decided_until, started, age) = known;
    let started = times(started);
    let known = Known {
        decided_until: time(decided_until),
        cron_job_from: None,
        age: SignedDuration::from_secs(age),
        started: &started,
    };
    let decision = with_slots(expression, 0, |slots| decide(slots, &known, time(now)));
    let start: Vec<_> = decision.start.iter().map(|slot| slot.time).collect();
    let missed = decision.missed.map_or(0, |(count, _)| count);
    let (starts, count, until) = expected;
    assert_eq!((start, missed, decision.decided_until), (times(starts), count, time(until)), "{expression} at {now}");
}

#[test]
fn a_run_starts_at_its_time_and_never_again() {
    let hourly = "cron(0 * * * ? *)";
    check(hourly, ("09:30", &[], DAY), "09:59:59", (&[], 0, "09:30"));
    check(hourly, ("09:30", &[], DAY), "10:00", (&["10:00"], 0, "10:00"));
    check(hourly, ("10:00", &[], DAY), "10:00", (&[], 0, "10:00"));
    check(hourly, ("10:00", &[], DAY), "10:59:59", (&[], 0, "10:00"));
    // The Job is there, and whoever made it did not come to say so.
    check(hourly, ("09:30", &["10:00"], DAY), "10:00:05", (&[], 0, "10:00"));
    // The clock was set back.
    check(hourly, ("10:00", &[], DAY), "09:00", (&[], 0, "10:00"));
}

#[test]
fn after_a_pause_only_the_latest_run_is_made_up_for_if_it_is_young_enough() {
    let hourly = "cron(0 * * * ? *)";
    check(hourly, ("09:30", &[], DAY), "13:20", (&["13:00"], 3, "13:00"));
    check(hourly, ("09:30", &[], 600), "13:20", (&[], 4, "13:00"));
    check(hourly, ("09:30", &[], 1200), "13:20", (&["13:00"], 3, "13:00"));
    // One that is on time does not bring the missed ones along.
    check(hourly, ("09:30", &[], DAY), "13:00:10", (&["13:00"], 3, "13:00"));
    // The latest was started: those before it are not taken out in its place.
    check(hourly, ("09:30", &["13:00"], DAY), "13:20", (&[], 3, "13:00"));
    check("at(2026-11-21T10:00:30)", ("1970-01-01T00:00", &[], DAY), "12:00", (&["10:00:30"], 0, "10:00:30"));
    check("at(2026-11-21T10:00:30)", ("1970-01-01T00:00", &["10:00"], DAY), "12:00", (&[], 0, "10:00:30"));
    check("at(2026-11-21T10:00:00)", ("1970-01-01T00:00", &[], 3600), "12:00", (&[], 1, "10:00"));
}

#[test]
fn a_long_pause_costs_little() {
    check("rate(1 minute)", ("2020-01-01T00:00", &[], DAY), "00:00", (&["00:00"], 0, "00:00"));
    let known = Known {
        decided_until: Timestamp::UNIX_EPOCH,
        cron_job_from: None,
        age: SignedDuration::from_hours(24),
        started: &[],
    };
    let missed = with_slots("cron(* * * * ? *)", 0, |slots| decide(slots, &known, time("00:00"))).missed;
    assert_eq!(missed.map(|(count, _)| count), Some(COUNTED - 1));
}

#[test]
fn what_a_cron_job_knows_of_is_left_to_it() {
    let known = |from| Known {
        decided_until: time("09:30"),
        cron_job_from: Some(time(from)),
        age: SignedDuration::from_hours(24),
        started: &[],
    };
    let starts = |from, now| {
        let decision = with_slots("cron(0 * * * ? *)", 0, |slots| decide(slots, &known(from), time(now)));
        decision.start.iter().map(|slot| slot.time).collect::<Vec<_>>()
    };
    assert_eq!(starts("10:30", "12:10"), times(&["10:00"]));
    assert_eq!(starts("10:00", "12:10"), times(&["10:00"]), "a CronJob fires strictly after its making");
    assert_eq!(starts("09:45", "12:10"), times(&[]));
}

#[test]
fn a_flexible_window_delays_each_run_by_its_own_time_and_loses_none() {
    with_slots("rate(5 minutes)", 15, |slots| {
        let all: Vec<Slot> = slots.fires.after(time("08:00")).take(100).map(|time| slots.slot(time)).collect();
        let delays: Vec<_> = all.iter().map(|slot| slot.at.duration_since(slot.time)).collect();
        assert!(delays.iter().all(|d| (SignedDuration::ZERO..SignedDuration::from_mins(15)).contains(d)), "{delays:?}");
        assert!(delays.iter().any(|d| *d > SignedDuration::from_mins(10)) && delays.iter().any(|d| d.as_mins() < 5));
        assert_eq!(all[0], slots.slot(all[0].time), "V141: the same delay after a restart");

        // From one look to the next, as the engine takes them: each run starts once, at its time.
        let mut known = Known {
            decided_until: time("08:00"),
            cron_job_from: None,
            age: SignedDuration::from_hours(24),
            started: &[],
        };
        let (mut now, mut started) = (known.decided_until, Vec::new());
        while started.len() < 90 {
            now = slots.next(now).unwrap().at;
            let decision = decide(slots, &known, now);
            assert_eq!(decision.missed, None);
            assert!(!decision.start.is_empty() && decision.start.iter().all(|slot| slot.at == now));
            started.extend(decision.start);
            known.decided_until = decision.decided_until;
        }
        // Those of before the first look were drawn by it too.
        started.retain(|slot| slot.time > time("08:00"));
        started.sort_by_key(|slot| slot.time);
        assert_eq!(started[..60], all[..60]);
    });
}

#[test]
fn the_next_look_is_at_the_next_start() {
    for (expression, moment, expected) in [
        ("cron(0 * * * ? *)", "09:30", Some("10:00")),
        ("cron(0 * * * ? *)", "10:00", Some("11:00")),
        ("at(2026-11-21T10:00:30)", "10:00", Some("10:00:30")),
        ("at(2026-11-21T10:00:30)", "10:00:30", None),
        ("cron(0 0 31 2 ? *)", "10:00", None),
    ] {
        let next = with_slots(expression, 0, |slots| slots.next(time(moment)));
        assert_eq!(next.map(|slot| slot.at), expected.map(time), "{expression} after {moment}");
    }
}
