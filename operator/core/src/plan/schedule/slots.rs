//! Which runs are due, which are given up, and when to look again: the engine's decisions as a pure function.
//!
//! *Guarantees*: what was decided is never decided again, whatever the clock does; after a pause only the latest missed run
//! is made up for, if it is young enough, as a CronJob does; the same schedule and time draw the same delay.
//!
//! *Not here*: what a run is made of, and what else starts runs.

use jiff::{SignedDuration, Timestamp};

use crate::names::sha256;
use crate::values::schedule::Fires;

/// A start later than this is a missed one that is made up for
const ON_TIME: SignedDuration = SignedDuration::from_secs(60);
/// How many missed runs are counted
const COUNTED: usize = 1000;

/// A time of a schedule, and when the tasks for it start
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The time of the schedule
    pub time: Timestamp,
    /// When the tasks start: then, or later within a flexible window
    pub at: Timestamp,
}

/// The times of a schedule and the delays within its window
#[derive(Clone, Debug)]
pub struct Slots<'a> {
    /// When it fires
    pub fires: Fires<'a>,
    /// How many minutes after its time a task may start
    pub window_minutes: u32,
    /// The UID of the ScheduledTask, from which delays are drawn
    pub uid: &'a str,
}

impl Slots<'_> {
    /// The slot of a time
    #[must_use]
    pub fn slot(&self, time: Timestamp) -> Slot {
        let window = i64::from(self.window_minutes) * 60;
        let delay = match i64::from_str_radix(&sha256(&format!("{} {time}", self.uid))[..12], 16) {
            Ok(drawn) if window > 0 => drawn % window,
            _ => 0,
        };
        Slot { time, at: later(time, SignedDuration::from_secs(delay)) }
    }

    fn window(&self) -> SignedDuration {
        SignedDuration::from_mins(self.window_minutes.into())
    }

    /// The slots that came due after `since` and until `now`, the latest time first
    fn due(&self, since: Timestamp, now: Timestamp) -> impl Iterator<Item = Slot> {
        let times = self.fires.before(later(now, SignedDuration::from_nanos(1)));
        times
            .take_while(move |time| later(*time, self.window()) > since)
            .map(|time| self.slot(time))
            .filter(move |slot| since < slot.at && slot.at <= now)
            .take(COUNTED)
    }

    /// The slot that comes due first after a moment
    #[must_use]
    pub fn next(&self, moment: Timestamp) -> Option<Slot> {
        let mut next: Option<Slot> = None;
        for time in self.fires.after(earlier(moment, self.window())) {
            if next.is_some_and(|next| next.at < time) {
                break;
            }
            let slot = self.slot(time);
            if slot.at > moment && next.is_none_or(|next| slot.at < next.at) {
                next = Some(slot);
            }
        }
        next
    }
}

/// What is known beside the times
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Everything until then is decided
    pub decided_until: Timestamp,
    /// What comes later than this is a CronJob's
    pub cron_job_from: Option<Timestamp>,
    /// How late a missed run may still start
    pub age: SignedDuration,
    /// The times whose runs were started, as far as they are known
    pub started: &'a [Timestamp],
}

/// What is due
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Runs to start now, the earliest first
    pub start: Vec<Slot>,
    /// How many runs are given up, and the latest of them
    pub missed: Option<(usize, Timestamp)>,
    /// Until when everything is decided, once the runs are started
    pub decided_until: Timestamp,
}

/// Decides what is due at `now`
#[must_use]
pub fn decide(slots: &Slots<'_>, known: &Known<'_>, now: Timestamp) -> Decision {
    let Known { decided_until, cron_job_from, age, started } = *known;
    let ours = |slot: &Slot| cron_job_from.is_none_or(|from| slot.time <= from);
    let due: Vec<Slot> = slots.due(decided_until, now).filter(ours).collect();
    let late = |slot: &Slot| now.duration_since(slot.at);
    let on_time = due.iter().any(|slot| late(slot) < ON_TIME);
    let latest = due.iter().position(|slot| late(slot) <= age);
    let mut decision = Decision {
        decided_until: due.iter().map(|slot| slot.at).fold(decided_until, Timestamp::max),
        ..Decision::default()
    };
    for (index, slot) in due.iter().enumerate().filter(|(_, slot)| !is_started(started, slot.time)) {
        if if on_time { late(slot) < ON_TIME } else { latest == Some(index) } {
            decision.start.push(*slot);
        } else {
            let (count, latest) = decision.missed.unwrap_or((0, slot.time));
            decision.missed = Some((count + 1, latest.max(slot.time)));
        }
    }
    decision.start.reverse();
    decision
}

/// Runs are told apart by the minute, as their Jobs' names are
fn is_started(started: &[Timestamp], time: Timestamp) -> bool {
    started.iter().any(|started| started.as_second().div_euclid(60) == time.as_second().div_euclid(60))
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
