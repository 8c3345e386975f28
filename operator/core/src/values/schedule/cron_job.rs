//! A schedule expression as the five fields of a CronJob, where a CronJob says the same (sections 12A.3 and 12A.4).
//!
//! *Guarantees*: fields that are emitted fire at the expression's times and no others; the same times give the same text.
//!
//! *Not here*: the time zone, which is the schedule's. A rate's fields are for UTC.

use std::fmt;

use jiff::Timestamp;

use super::cron::{Cron, Day, MonthDays, WeekDays};
use super::set::{Field, Set};
use super::{Rate, ScheduleExpression};

/// The five fields of a CronJob's `schedule`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronFields {
    /// 0 to 59
    pub minute: String,
    /// 0 to 23
    pub hour: String,
    /// 1 to 31
    pub day_of_month: String,
    /// 1 to 12
    pub month: String,
    /// 0 to 6, where 0 is Sunday
    pub day_of_week: String,
}

impl fmt::Display for CronFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minute, hour, day_of_month, month, day_of_week } = self;
        write!(f, "{minute} {hour} {day_of_month} {month} {day_of_week}")
    }
}

/// What of an expression a CronJob cannot say
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACronJob {
    /// A year other than `*`
    #[error("a CronJob has no years")]
    Year,
    /// `L`, `W` or `#`
    #[error("a CronJob knows neither `L` nor `W` nor `#`")]
    SpecialDay,
    /// An interval that does not divide the hour or the day
    #[error("a CronJob fires at fixed times of the day, and this interval divides neither an hour nor a day")]
    Interval,
    /// `at(…)`
    #[error("a CronJob repeats, and at() fires once")]
    Once,
}

impl ScheduleExpression {
    /// The fields of a CronJob that fires at the same times; a rate counts from `anchor`, to the minute
    ///
    /// # Errors
    ///
    /// What a CronJob cannot say. It depends on the expression alone, never on the anchor.
    pub fn cron_job(&self, anchor: Timestamp) -> Result<CronFields, NotACronJob> {
        match self {
            Self::Cron(cron) => cron.cron_job(),
            Self::Rate(rate) => rate.cron_job(anchor),
            Self::At(_) => Err(NotACronJob::Once),
        }
    }
}

impl Cron {
    fn cron_job(&self) -> Result<CronFields, NotACronJob> {
        let Self { minutes, hours, day, months, years } = self;
        if years.is_some() {
            return Err(NotACronJob::Year);
        }
        let any = || "*".to_owned();
        let (day_of_month, day_of_week) = match *day {
            Day::OfMonth(MonthDays { days, last: false, last_weekday: false, nearest_weekday })
                if nearest_weekday.is_empty() =>
            {
                (text(Field::DayOfMonth.range(), days), any())
            }
            Day::OfWeek(WeekDays { days, last, nth: None }) if last.is_empty() => {
                // AWS counts from 1, cron from 0: both begin on Sunday.
                (any(), text((0, 6), days.iter().map(|day| day.saturating_sub(1)).collect()))
            }
            Day::OfMonth(_) | Day::OfWeek(_) => return Err(NotACronJob::SpecialDay),
        };
        Ok(CronFields {
            minute: text(Field::Minute.range(), *minutes),
            hour: text(Field::Hour.range(), *hours),
            day_of_month,
            month: text(Field::Month.range(), *months),
            day_of_week,
        })
    }
}

/// The canonical text of a set: the shortest of `*`, `a-b`, `*/d`, `a-b/d` that says it, else a list
fn text((min, max): (u16, u16), set: Set) -> String {
    let numbers: Vec<u16> = set.iter().collect();
    if numbers.len() == usize::from(max - min) + 1 {
        return "*".to_owned();
    }
    if let ([first, .., last], Some(step)) = (&numbers[..], progression(&numbers)) {
        let complete = last + step > max;
        return match step {
            1 => format!("{first}-{last}"),
            _ if complete && *first == min => format!("*/{step}"),
            _ if complete => format!("{first}-{max}/{step}"),
            _ => format!("{first}-{last}/{step}"),
        };
    }
    numbers.chunk_by(|a, b| a + 1 == *b).map(run).collect::<Vec<_>>().join(",")
}

/// The step of three or more numbers in arithmetic progression
fn progression(numbers: &[u16]) -> Option<u16> {
    let [first, second, _, ..] = numbers else { return None };
    let step = second - first;
    numbers.windows(2).all(|pair| pair[1] - pair[0] == step).then_some(step)
}

/// A run of consecutive numbers: `a-b` from three on
fn run(numbers: &[u16]) -> String {
    match numbers {
        [first, _, .., last] if numbers.len() >= 3 => format!("{first}-{last}"),
        _ => numbers.iter().map(u16::to_string).collect::<Vec<_>>().join(","),
    }
}

const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;

impl Rate {
    fn cron_job(self, anchor: Timestamp) -> Result<CronFields, NotACronJob> {
        let interval = self.minutes();
        let anchor_minutes = anchor.as_second().div_euclid(60);
        let minute = anchor_minutes.rem_euclid(60).unsigned_abs();
        let hour = anchor_minutes.div_euclid(60).rem_euclid(24).unsigned_abs();
        let (minute, hour) = if HOUR.is_multiple_of(interval) {
            (every(interval, minute, HOUR), "*".to_owned())
        } else if interval.is_multiple_of(HOUR) && DAY.is_multiple_of(interval) {
            (minute.to_string(), every(interval / HOUR, hour, 24))
        } else {
            return Err(NotACronJob::Interval);
        };
        let any = || "*".to_owned();
        Ok(CronFields { minute, hour, day_of_month: any(), month: any(), day_of_week: any() })
    }
}

/// Every `step` of a cycle of `length`, so that `anchor` is one of them
fn every(step: u64, anchor: u64, length: u64) -> String {
    match anchor % step {
        _ if step == 1 => "*".to_owned(),
        _ if step == length => anchor.to_string(),
        0 => format!("*/{step}"),
        first => format!("{first}-{}/{step}", length - 1),
    }
}
