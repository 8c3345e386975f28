//! Schedule expressions: read or refused with a place; their fire times come in strict order, forwards and backwards the same.

use ecs_core::values::schedule::{Anchor, ScheduleExpression, time_zone};
use jiff::{SignedDuration, Timestamp};

/// Zones with clock changes of an hour, of half an hour, over midnight, and of a whole day
const ZONES: &[&str] =
    &["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "Africa/Casablanca"];
/// How many times are looked at
const TIMES: usize = 12;

/// The first byte is the zone, the next four the moment in minutes; the rest is the expression
pub(crate) fn check(data: &[u8]) {
    let Some((head, expression)) = data.split_first_chunk::<5>() else { return };
    let text = super::text(expression);
    let expression = match text.parse::<ScheduleExpression>() {
        Ok(expression) => expression,
        Err(error) => {
            assert!(error.position <= text.chars().count(), "{error} is no place in {text:?}");
            return;
        }
    };
    let zone = ZONES[usize::from(head[0]) % ZONES.len()];
    let minutes = i64::from(i32::from_le_bytes([head[1], head[2], head[3], head[4]])) % 150_000_000;
    let Ok(from) = Timestamp::from_second(minutes * 60) else { return };
    assert!(!expression.explain(zone).is_empty());
    let _ = expression.cron_job(from);
    let zone = time_zone(zone).unwrap();
    for anchor in [Anchor::FiresAt(from), Anchor::FiresAfter(from)] {
        let fires = expression.fires(&zone, anchor);
        let forwards: Vec<Timestamp> = fires.after(from).take(TIMES).collect();
        assert!(forwards.first().is_none_or(|first| *first > from), "{text}: not after {from}: {forwards:?}");
        assert!(forwards.is_sorted_by(|a, b| a < b), "{text}: in no order: {forwards:?}");
        let Some(last) = forwards.last() else { continue };
        let Ok(end) = last.checked_add(SignedDuration::from_nanos(1)) else { continue };
        let mut backwards: Vec<Timestamp> = fires.before(end).take(forwards.len()).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards, "{text}: backwards from {end}");
        for (before, after) in forwards.iter().zip(forwards.iter().skip(1)) {
            assert_eq!(fires.after(*before).next(), Some(*after), "{text}: strictly after {before}");
        }
    }
}
