//! What the engine knows of its own past: from the status, and where that is lost from the Jobs and the CronJob.
//!
//! Children are evidence. Steps are ordered so that each implies those before it: a CronJob comes after the runs that are due
//! before it, and the engine deletes no Job before the status remembers its time, the latest one never. So no run starts twice
//! even where the status is lost; that is why the engine's Jobs have no TTL that somebody else enforces.
//!
//! *Not here*: what is due (`slots`).

use ecs_crds::ArmedSchedule;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::ScheduleView;
use super::history::Past;
use super::slots::Slots;
use crate::model::schedule::Schedule;
use crate::names::ANCHOR;
use crate::values::schedule::ScheduleExpression;

/// What is remembered
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Memory {
    /// With what the schedule is armed; `decided_until` is none while it does not fire
    pub(super) armed: ArmedSchedule,
    /// Whether its times have changed
    pub(super) anew: bool,
}

impl Memory {
    /// From when a rate counts
    pub(super) fn anchor(&self) -> Timestamp {
        self.armed.anchor.0
    }
}

/// How a schedule stands to what was remembered of it
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arming {
    /// It is new
    New,
    /// Nothing is remembered, but it has children: the status was lost
    Lost,
    /// Its times are other ones than before
    Changed,
    /// As before
    Same,
}

/// Remembers, but for what the Jobs say of the times decided
pub(super) fn recall(view: &ScheduleView<'_>, model: &Schedule, now: Timestamp) -> Memory {
    let before = view.schedule.status.as_ref().and_then(|status| status.armed.as_ref());
    let metadata = &view.schedule.metadata;
    let same_expression = before.is_some_and(|before| same_times(&before.expression, &model.expression));
    let time = |time: Option<Timestamp>| time.map(Time);
    let arming = match before {
        None if view.cron_jobs.is_empty() && view.jobs.is_empty() => Arming::New,
        None => Arming::Lost,
        Some(before)
            if same_expression
                && before.time_zone == model.time_zone
                && (&before.start, &before.end) == (&time(model.start), &time(model.end)) =>
        {
            Arming::Same
        }
        Some(_) => Arming::Changed,
    };
    let created = metadata.creation_timestamp.as_ref().map(|created| created.0);
    let children = view.cron_jobs.iter().map(|j| &j.metadata).chain(view.jobs.iter().map(|j| &j.metadata));
    let anchor = model.start.or_else(|| anchor(metadata)).or_else(|| match (arming, before) {
        (_, Some(before)) if same_expression => Some(before.anchor.0),
        (Arming::Lost, _) => children.filter_map(anchor_of_child).max(),
        _ => None,
    });
    let anchor = anchor.unwrap_or(match arming {
        Arming::Changed => now,
        // Without a cluster nothing was created: a time that makes the same document render the same.
        _ => created.unwrap_or(Timestamp::UNIX_EPOCH),
    });
    let decided_until = (!model.suspended()).then(|| match arming {
        Arming::New => begin(model, anchor, created.unwrap_or(now)),
        Arming::Lost => created_last(view).or(created).unwrap_or(now),
        Arming::Changed => begin(model, anchor, now),
        // What fell into the time in which it did not fire is not made up for.
        Arming::Same => before.and_then(|before| before.decided_until.as_ref()).map_or(now, |until| until.0),
    });
    Memory {
        armed: ArmedSchedule {
            expression: view.schedule.spec.schedule_expression.clone().unwrap_or_default(),
            time_zone: model.time_zone.clone(),
            start: time(model.start),
            end: time(model.end),
            anchor: Time(anchor),
            decided_until: time(decided_until),
        },
        anew: arming == Arming::Changed,
    }
}

/// Adds what the children say: what has started is decided, and so is all before it
///
/// A time that lies further ahead than any run may be late was left by a clock that went wrong: it counts for nothing, or the
/// schedule would stand still until then.
pub(super) fn with_evidence(
    memory: Memory,
    view: &ScheduleView<'_>,
    past: &[Past<'_>],
    slots: &Slots<'_>,
    age: SignedDuration,
    now: Timestamp,
) -> Memory {
    let Some(Time(until)) = memory.armed.decided_until.clone() else { return memory };
    let credible = |time: &Timestamp| time.duration_since(now) <= age;
    let of_jobs = past.iter().map(|past| slots.slot(past.time).at);
    let of_cron_jobs =
        view.cron_jobs.iter().filter_map(|j| j.status.as_ref()?.last_schedule_time.as_ref().map(|t| t.0));
    let until = Some(until).filter(credible).unwrap_or(now);
    let until = of_jobs.chain(of_cron_jobs).filter(credible).fold(until, Timestamp::max);
    Memory { armed: ArmedSchedule { decided_until: Some(Time(until)), ..memory.armed }, ..memory }
}

/// Until when a schedule that begins to fire at `since` has nothing to decide
fn begin(model: &Schedule, anchor: Timestamp, since: Timestamp) -> Timestamp {
    match model.expression {
        // How late it may be is judged by its age, not by when it was written down.
        ScheduleExpression::At(_) => Timestamp::UNIX_EPOCH,
        // Its first run is in the very minute in which it begins.
        ScheduleExpression::Rate(_) if minute(anchor) == minute(since) => {
            Timestamp::from_second(minute(since) * 60 - 1).unwrap_or(since)
        }
        ScheduleExpression::Rate(_) | ScheduleExpression::Cron(_) => since,
    }
}

fn minute(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60)
}

/// When the latest CronJob was made: the runs before it were started before it was
fn created_last(view: &ScheduleView<'_>) -> Option<Timestamp> {
    view.cron_jobs.iter().filter_map(|j| j.metadata.creation_timestamp.as_ref()).map(|created| created.0).max()
}

/// The anchor that an import wrote beside the spec: when the schedule was created on AWS
fn anchor(metadata: &ObjectMeta) -> Option<Timestamp> {
    metadata.annotations.as_ref()?.get(ANCHOR)?.parse().ok()
}

/// The anchor that a child was made with
fn anchor_of_child(metadata: &ObjectMeta) -> Option<Timestamp> {
    anchor(metadata)
}

/// Whether an expression of before has the same times as this one
fn same_times(before: &str, expression: &ScheduleExpression) -> bool {
    match (before.parse(), expression) {
        (Ok(ScheduleExpression::Rate(before)), ScheduleExpression::Rate(rate)) => before.minutes() == rate.minutes(),
        (Ok(before), expression) => before == *expression,
        (Err(_), _) => false,
    }
}
