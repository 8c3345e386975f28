//! The moments at which an expression fires, forwards and backwards from any moment (sections 12A.3 to 12A.5).
//!
//! *Guarantees*: moments come in strict order; a wall clock minute that the zone skips never fires, one that it repeats fires
//! when it comes first; an expression that never fires ends the iterator instead of searching for ever.
//!
//! *Not here*: the clock, which is an argument; which of the moments that were missed still run.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::set::Field;
use super::{At, Cron, Rate, ScheduleExpression};

/// From when a rate counts, to the minute; the other expressions have their times from the calendar
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// EventBridge Scheduler: the first run is at the anchor
    FiresAt(Timestamp),
    /// An EventBridge rule: the first run is one interval after the anchor
    FiresAfter(Timestamp),
}

/// When an expression fires in a zone: ask it for what comes [`after`](Self::after) or [`before`](Self::before) a moment
#[derive(Clone, Debug)]
pub struct Fires<'a> {
    expression: &'a ScheduleExpression,
    zone: TimeZone,
    anchor: Anchor,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// Fire times, one after the other
pub struct FireTimes<'a>(Box<dyn Iterator<Item = Timestamp> + 'a>);

impl Iterator for FireTimes<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        self.0.next()
    }
}

impl fmt::Debug for FireTimes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FireTimes").finish_non_exhaustive()
    }
}

impl ScheduleExpression {
    /// When this expression fires by the clocks of `zone`, a rate counting from `anchor`
    #[must_use]
    pub fn fires(&self, zone: &TimeZone, anchor: Anchor) -> Fires<'_> {
        Fires { expression: self, zone: zone.clone(), anchor, start: None, end: None }
    }
}

impl<'a> Fires<'a> {
    /// The same times from `start` on and before `end`; AWS does not apply them to at()
    ///
    /// A rate fires in the minute of its start date, whatever the second.
    #[must_use]
    pub fn within(self, start: Option<Timestamp>, end: Option<Timestamp>) -> Self {
        let Self { expression, zone, anchor, start: _, end: _ } = self;
        let (start, end) = match expression {
            ScheduleExpression::Cron(_) => (start, end),
            ScheduleExpression::Rate(_) => {
                (start.map(|start| from_minute(minute_of(start)).unwrap_or(Timestamp::MIN)), end)
            }
            ScheduleExpression::At(_) => (None, None),
        };
        Self { expression, zone, anchor, start, end }
    }

    /// The fire times strictly after `moment`, the next one first
    #[must_use]
    pub fn after(&self, moment: Timestamp) -> FireTimes<'a> {
        let before_start = self.start.map(|start| start.checked_sub(SignedDuration::from_nanos(1)));
        let moment = match before_start {
            Some(Ok(before_start)) => moment.max(before_start),
            Some(Err(_)) | None => moment,
        };
        let end = self.end;
        let times: Box<dyn Iterator<Item = Timestamp> + 'a> = match self.expression {
            ScheduleExpression::Cron(cron) => Box::new(cron.after(self.zone.clone(), moment)),
            ScheduleExpression::Rate(rate) => Box::new(rate.after(self.anchor, moment)),
            ScheduleExpression::At(at) => Box::new(at.fires(&self.zone).into_iter().filter(move |time| *time > moment)),
        };
        FireTimes(Box::new(times.take_while(move |time| end.is_none_or(|end| *time < end))))
    }

    /// The fire times strictly before `moment`, the previous one first
    #[must_use]
    pub fn before(&self, moment: Timestamp) -> FireTimes<'a> {
        let moment = self.end.map_or(moment, |end| moment.min(end));
        let start = self.start;
        let times: Box<dyn Iterator<Item = Timestamp> + 'a> = match self.expression {
            ScheduleExpression::Cron(cron) => Box::new(cron.before(self.zone.clone(), moment)),
            ScheduleExpression::Rate(rate) => Box::new(rate.before(self.anchor, moment)),
            ScheduleExpression::At(at) => Box::new(at.fires(&self.zone).into_iter().filter(move |time| *time < moment)),
        };
        FireTimes(Box::new(times.take_while(move |time| start.is_none_or(|start| start <= *time))))
    }
}

impl Cron {
    fn after(&self, zone: TimeZone, moment: Timestamp) -> impl Iterator<Item = Timestamp> {
        let from = floor(zone.to_datetime(moment));
        self.minutes_between(from, DateTime::MAX)
            .filter_map(move |time| first_occurrence(&zone, time))
            .skip_while(move |time| *time <= moment)
    }

    fn before(&self, zone: TimeZone, moment: Timestamp) -> impl Iterator<Item = Timestamp> {
        let until = latest_before(&zone, moment);
        self.minutes_between(DateTime::MIN, until)
            .rev()
            .filter_map(move |time| first_occurrence(&zone, time))
            .skip_while(move |time| *time >= moment)
    }

    /// The wall clock minutes at which this cron fires, from both ends; `from` and `until` are included
    fn minutes_between(&self, from: DateTime, until: DateTime) -> impl DoubleEndedIterator<Item = DateTime> {
        let (first, last) = ((from.date(), from.hour()), (until.date(), until.hour()));
        self.dates_between(from.date(), until.date()).flat_map(move |date| {
            let hours = self.hours.iter().filter_map(small).filter(move |hour| (first..=last).contains(&(date, *hour)));
            hours.flat_map(move |hour| {
                let minutes = self.minutes.iter().filter_map(small);
                let times =
                    minutes.filter_map(move |minute| Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?)));
                times.filter(move |time| (from..=until).contains(time))
            })
        })
    }

    /// The dates on which it fires: only months of its years are looked into, and only 230 years there are
    fn dates_between(&self, from: Date, until: Date) -> impl DoubleEndedIterator<Item = Date> {
        let (low, high) = Field::Year.range();
        (low..=high)
            .filter_map(|year| i16::try_from(year).ok())
            .filter(move |year| (from.year()..=until.year()).contains(year))
            .flat_map(move |year| {
                self.months.iter().flat_map(move |month| {
                    (1..=31)
                        .filter_map(move |day| Date::new(year, small(month)?, day).ok())
                        .filter(move |date| (from..=until).contains(date) && self.fires_on(*date))
                })
            })
    }
}

/// A number of a cron field as jiff takes it; all of them are small
fn small(number: u16) -> Option<i8> {
    i8::try_from(number).ok()
}

/// The minute of a wall clock time
fn floor(time: DateTime) -> DateTime {
    let minute = Time::new(time.hour(), time.minute(), 0, 0).unwrap_or(Time::MIN);
    time.date().to_datetime(minute)
}

/// When a wall clock time comes, for the first time where the zone repeats it; never where it skips it
///
/// The zone's clocks decide: jiff 0.2 also calls hours ambiguous that are not, where a zone changes its rules and not its
/// offset (America/Nuuk on 28 October 2023).
fn first_occurrence(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let offsets = match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset, offset],
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => [before, after],
    };
    let moments = offsets.into_iter().filter_map(|offset| offset.to_timestamp(time).ok());
    moments.filter(|moment| zone.to_datetime(*moment) == time).min()
}

/// A wall clock time that no time before `moment` is later than: within a repeated hour, its end
fn latest_before(zone: &TimeZone, moment: Timestamp) -> DateTime {
    let local = zone.to_datetime(moment);
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Fold { before, after } => {
            let repeated = SignedDuration::from_secs((before.seconds() - after.seconds()).into());
            local.saturating_add(repeated)
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => local,
    }
}

impl Rate {
    fn after(self, anchor: Anchor, moment: Timestamp) -> impl Iterator<Item = Timestamp> {
        let Counted { anchor, first, interval } = self.counted(anchor);
        let next = (minute_of(moment) - anchor).div_euclid(interval) + 1;
        (next.max(first)..).map_while(move |n| slot(anchor, interval, n))
    }

    fn before(self, anchor: Anchor, moment: Timestamp) -> impl Iterator<Item = Timestamp> {
        let Counted { anchor, first, interval } = self.counted(anchor);
        // The last whole minute before the moment.
        let last = minute_of(moment.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN));
        let previous = (last - anchor).div_euclid(interval);
        (first..=previous).rev().map_while(move |n| slot(anchor, interval, n))
    }

    fn counted(self, anchor: Anchor) -> Counted {
        let (anchor, first) = match anchor {
            Anchor::FiresAt(anchor) => (anchor, 0),
            Anchor::FiresAfter(anchor) => (anchor, 1),
        };
        // 2^32 days are fewer than 2^43 minutes.
        let interval = i64::try_from(self.minutes()).unwrap_or(i64::MAX).max(1);
        Counted { anchor: minute_of(anchor), first, interval }
    }
}

/// A rate in minutes of the epoch
struct Counted {
    anchor: i64,
    /// Which multiple of the interval is the first run
    first: i64,
    interval: i64,
}

/// The n-th run, while time lasts
fn slot(anchor: i64, interval: i64, n: i64) -> Option<Timestamp> {
    from_minute(anchor.checked_add(interval.checked_mul(n)?)?)
}

/// The minute that a moment lies in, counted from the epoch
fn minute_of(moment: Timestamp) -> i64 {
    const NANOSECONDS: i128 = 60 * 1_000_000_000;
    // The year 9999 is fewer than 2^33 minutes away.
    i64::try_from(moment.as_nanosecond().div_euclid(NANOSECONDS)).unwrap_or(i64::MAX)
}

fn from_minute(minute: i64) -> Option<Timestamp> {
    Timestamp::from_second(minute.checked_mul(60)?).ok()
}

impl At {
    /// The one moment; none where the zone skips it
    fn fires(self, zone: &TimeZone) -> Option<Timestamp> {
        first_occurrence(zone, self.time)
    }
}
