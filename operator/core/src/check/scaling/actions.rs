//! `autoScaling.scheduledActions[]`: bounds that change by the clock.

use std::collections::BTreeSet;

use ecs_crds::ecs::{ScalableTargetAction, ScheduledAction};
use ecs_crds::status::Class;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::capacity;
use crate::findings::{Findings, Path};
use crate::model::scaling::Action;
use crate::names;
use crate::values::schedule::{ScheduleExpression, time_zone};

/// The actions; one that cannot be read is a Block
pub(super) fn actions(given: &[ScheduledAction], path: &Path, findings: &mut Findings) -> Vec<Action> {
    let mut names = BTreeSet::new();
    let mut actions = Vec::new();
    for (index, action) in given.iter().enumerate() {
        let path = path.index(index);
        if action.scheduled_action_name.as_ref().is_some_and(|name| !names.insert(name)) {
            let message = "another scheduled action has this name; each needs one of its own";
            findings.block(&path.key("scheduledActionName"), Class::Exact, "InvalidValue", message);
        }
        actions.extend(self::action(action, &path, findings));
    }
    actions
}

fn action(given: &ScheduledAction, path: &Path, findings: &mut Findings) -> Option<Action> {
    let ScheduledAction {
        schedule,
        timezone,
        scheduled_action_name,
        start_time,
        end_time,
        scalable_target_action,
        unknown: _,
    } = given;
    let mut refuse = |member: &str, code: &str, message: String| {
        findings.block(&path.key(member), Class::Exact, code, message);
    };
    let text = schedule.as_deref().unwrap_or_default();
    let expression = text.parse::<ScheduleExpression>();
    if let Err(error) = &expression {
        refuse("schedule", "InvalidSchedule", format!("`{text}` is no schedule, {error}"));
    }
    // AWS's own default name is no IANA name of a place, but known by it
    let zone = timezone.as_deref().filter(|zone| *zone != "UTC").map_or(Ok(TimeZone::UTC), time_zone);
    if let Err(error) = &zone {
        refuse("timezone", "InvalidValue", error.to_string());
    }
    let mut date = |member: &str, text: Option<&str>| {
        let date = text.and_then(self::date);
        if let (Some(text), None) = (text, date) {
            refuse(member, "InvalidValue", format!("`{text}` is no date; write it in UTC as yyyy-mm-ddThh:mm:ssZ"));
        }
        date
    };
    let (start, end) = (date("startTime", start_time.as_deref()), date("endTime", end_time.as_deref()));
    let ScalableTargetAction { min_capacity, max_capacity, unknown: _ } =
        scalable_target_action.clone().unwrap_or_default();
    let (min, max) = (min_capacity.and_then(capacity), max_capacity.and_then(capacity));
    let illegal = (min_capacity, max_capacity) != (min.map(i64::from), max.map(i64::from));
    if illegal || (min, max) == (None, None) || min.zip(max).is_some_and(|(min, max)| min > max) {
        let message = "it sets minCapacity, maxCapacity or both, from 0 on, the maximum not below the minimum";
        refuse("scalableTargetAction", "InvalidValue", message.to_owned());
    }
    let (expression, zone) = (expression.ok()?, zone.ok()?);
    let digest = names::sha8(&format!("{text}|{timezone:?}|{start_time:?}|{end_time:?}"));
    Some(Action { name: scheduled_action_name.clone()?, expression, zone, start, end, min, max, digest })
}

/// A date as AWS takes it: with an offset, or in UTC
fn date(text: &str) -> Option<Timestamp> {
    let in_utc = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse().ok().or_else(in_utc)
}
