//! When a schedule fires: its expression, zone and dates, and where a CronJob would fire at others than EventBridge.
//!
//! *Not here*: the fire times themselves (`values::schedule`).

use ecs_crds::ScheduleSource;
use ecs_crds::status::Class;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::missing;
use crate::findings::{Findings, Path};
use crate::values::schedule::{Anchor, At, Cron, ScheduleExpression, time_zone};

/// The zone of whatever names none: a CronJob without one would follow its controller's own
const UTC: &str = "Etc/UTC";

/// The expression, if it can be read
pub(super) fn expression(
    text: Option<&str>,
    source: ScheduleSource,
    findings: &mut Findings,
) -> Option<ScheduleExpression> {
    let path = Path::root().key("scheduleExpression");
    let Some(text) = text else { return missing("scheduleExpression", &Path::root(), findings) };
    let expression: ScheduleExpression = match text.parse() {
        Ok(expression) => expression,
        Err(error) => {
            findings.block(&path, Class::Exact, "InvalidSchedule", format!("`{text}` is no schedule, {error}"));
            return None;
        }
    };
    if let Some(message) = not_of_a_rule(&expression).filter(|_| source == ScheduleSource::Rule) {
        findings.block(&path, Class::Exact, "InvalidSchedule", message);
        return None;
    }
    Some(expression)
}

/// What EventBridge Scheduler takes and a rule does not
fn not_of_a_rule(expression: &ScheduleExpression) -> Option<&'static str> {
    match expression {
        ScheduleExpression::Rate(rate) if !rate.agrees() => {
            Some("a rule wants the singular for 1 and the plural otherwise: rate(1 minute), rate(2 minutes)")
        }
        ScheduleExpression::At(_) => Some("an EventBridge rule has no at(); use `source: Scheduler`"),
        ScheduleExpression::Cron(_) | ScheduleExpression::Rate(_) => None,
    }
}

/// The zone that the spec names, spelled as the database spells it
pub(super) fn zone(name: Option<&str>, source: ScheduleSource, findings: &mut Findings) -> Option<TimeZone> {
    let path = Path::root().key("scheduleExpressionTimezone");
    if source == ScheduleSource::Rule && !matches!(name, None | Some("UTC" | UTC)) {
        let message = "the schedule of an EventBridge rule is in UTC; leave the zone out, or use `source: Scheduler`";
        findings.block(&path, Class::Exact, "InvalidValue", message);
        return None;
    }
    match time_zone(name.unwrap_or(UTC)) {
        Ok(zone) => Some(zone),
        Err(error) => {
            findings.block(&path, Class::Exact, "InvalidValue", error.to_string());
            None
        }
    }
}

/// The zone of the CronJob: rates are clock time, which EventBridge counts without any zone
pub(super) fn zone_of(expression: &ScheduleExpression, zone: &TimeZone) -> String {
    match expression {
        ScheduleExpression::Rate(_) => UTC.to_owned(),
        ScheduleExpression::Cron(_) | ScheduleExpression::At(_) => zone.iana_name().unwrap_or(UTC).to_owned(),
    }
}

/// Start and end date
pub(super) fn dates(
    start: Option<&str>,
    end: Option<&str>,
    findings: &mut Findings,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let start = date(start, "startDate", findings);
    let end = date(end, "endDate", findings);
    if let (Some(first), Some(last)) = (start, end)
        && last <= first
    {
        let message = format!("the schedule would end at {last}, before it starts at {first}");
        findings.block(&Path::root().key("endDate"), Class::Exact, "InvalidValue", message);
    }
    (start, end)
}

/// A date as AWS takes it: with an offset, or in UTC
fn date(text: Option<&str>, key: &str, findings: &mut Findings) -> Option<Timestamp> {
    let text = text?;
    let in_utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    let date = text.parse().ok().or_else(|| in_utc().map(|zoned| zoned.timestamp()));
    if date.is_none() {
        let message = format!("`{text}` is no date; write it in UTC as yyyy-mm-ddThh:mm:ssZ");
        findings.block(&Path::root().key(key), Class::Exact, "InvalidValue", message);
    }
    date
}

/// A wall clock minute at which a CronJob would fire twice, and EventBridge once
pub(super) fn fires_twice(expression: &ScheduleExpression, zone: &TimeZone) -> Option<DateTime> {
    match expression {
        ScheduleExpression::Cron(cron) => repeated(cron, zone),
        ScheduleExpression::Rate(_) | ScheduleExpression::At(_) => None,
    }
}

/// Whether the parser of the CronJob controller (robfig/cron v3) loses its way where this zone changes its clocks
///
/// It counts in whole hours and looks for the hour 0 of a day: where a change lies beside a full hour, is not by one hour, or skips midnight, it leaves runs of that day out, or has them on the next one (tests/differential/README.md).
pub(super) fn misleads(expression: &ScheduleExpression, zone: &TimeZone) -> bool {
    let ScheduleExpression::Cron(_) = expression else { return false };
    changes(zone).any(|(moment, before, after)| {
        let local = before.to_datetime(moment);
        let shift = after.seconds() - before.seconds();
        let hour = matches!(shift, -3600 | 0 | 3600);
        !hour || local.minute() != 0 || (shift > 0 && local.hour() == 0)
    })
}

/// Says where a CronJob fires twice
pub(super) fn says_twice(time: DateTime, zone: &TimeZone, findings: &mut Findings) {
    let name = zone.iana_name().unwrap_or(UTC);
    let message = format!(
        "where clocks are set back the CronJob fires twice and EventBridge once: in {name} for example at {time}; \
         `spec.kubernetes.dst: Strict`, a zone without summer time, or another hour avoids it"
    );
    findings.info(&Path::root().key("scheduleExpression"), Class::Approximate, "DstDuplicateRun", message);
}

/// Warns of an at() that never comes, because the clocks of its zone skip it
pub(super) fn skipped(expression: &ScheduleExpression, zone: &TimeZone, findings: &mut Findings) {
    let ScheduleExpression::At(At { time }) = expression else { return };
    let fires = expression.fires(zone, Anchor::FiresAt(Timestamp::UNIX_EPOCH));
    if fires.after(Timestamp::MIN).next().is_none() {
        let name = zone.iana_name().unwrap_or(UTC);
        let message = format!("the clocks of {name} skip {time}, so the task never runs; choose another time");
        findings.warn(&Path::root().key("scheduleExpression"), Class::Exact, "TimeSkipped", message);
    }
}

/// The first wall clock minute that comes twice and at which the cron fires
fn repeated(cron: &Cron, zone: &TimeZone) -> Option<DateTime> {
    changes(zone).find_map(|(moment, before, after)| {
        let back = before.seconds() - after.seconds();
        let first = after.to_datetime(moment);
        (0..back / 60)
            .filter_map(|minute| first.checked_add(SignedDuration::from_mins(minute.into())).ok())
            .find(|time| cron.fires_at(*time))
    })
}

/// The changes of a zone's clocks: when, and the offsets before and after
///
/// Looks at 28 years, after which dates fall on the same weekdays again, from the year of the zone database on: the answer
/// is the document's and does not change with the clock.
fn changes(zone: &TimeZone) -> impl Iterator<Item = (Timestamp, Offset, Offset)> {
    let new_year = |year| jiff::civil::date(year, 1, 1).to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let (from, until) = (new_year(2026).unwrap_or_default(), new_year(2054).unwrap_or_default());
    zone.following(from).take_while(move |change| change.timestamp() < until).filter_map(|change| {
        let moment = change.timestamp();
        Some((moment, zone.to_offset(moment.checked_sub(1.second()).ok()?), change.offset()))
    })
}
