//! EventBridge's schedule expressions: `cron(…)`, `rate(…)` and `at(…)`.
//!
//! *Guarantees*: an expression that parses is held as the times it means (sets of numbers, an interval, a date), never as
//! text, so that a CronJob, an engine and an explanation all read the same thing; an error says where and why.
//!
//! *Not here*: the clock, and what EventBridge Scheduler and Rules allow apart from each other (`check::schedule`).

mod cron;
mod cron_job;
mod cursor;
mod explain;
mod fires;
mod once;
mod rate;
mod set;
mod zone;

use std::str::FromStr;

pub use cron::{Cron, Day, MonthDays, WeekDays};
pub use cron_job::{CronFields, NotACronJob};
pub use fires::{Anchor, FireTimes, Fires};
pub use once::At;
pub use rate::{Rate, RateUnit};
pub use set::{Field, Set};
pub use zone::{UnknownZone, time_zone};

use cursor::Token;

/// A parsed schedule expression
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleExpression {
    /// `cron(minute hour day-of-month month day-of-week year)`
    Cron(Cron),
    /// `rate(5 minutes)`
    Rate(Rate),
    /// `at(2026-12-01T09:00:00)`
    At(At),
}

/// Why a text is no schedule expression, and where
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {fault}", position + 1)]
pub struct ScheduleError {
    /// How many characters stand before the fault
    pub position: usize,
    /// What is wrong there
    pub fault: Fault,
}

/// What is wrong with a schedule expression
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// None of the three forms
    #[error("an expression reads cron(…), rate(…) or at(…)")]
    Form,
    /// The number of cron fields
    #[error(
        "cron() has six fields, minute hour day-of-month month day-of-week year, and {0} are given; a five-field cron \
         line of Unix lacks the year and the `?`"
    )]
    FieldCount(usize),
    /// Both day fields say something, or neither does
    #[error("exactly one of day-of-month and day-of-week is `?`: the one that does not matter")]
    QuestionMarks,
    /// `?` elsewhere, or not alone
    #[error("`?` stands alone, and only as day-of-month or day-of-week")]
    QuestionMark,
    /// Nothing between two commas
    #[error("an item of the {0} list is empty")]
    EmptyItem(Field),
    /// Not a number or name that the field knows
    #[error("`{text}` is no {field}: it takes {}", field.takes())]
    Value {
        /// The field
        field: Field,
        /// What stands there
        text: String,
    },
    /// A step of zero, or none
    #[error("`{0}` is no step: a step is a whole number from 1")]
    Step(String),
    /// A year range that runs backwards
    #[error("a range of years runs forwards")]
    YearRange,
    /// `#` beside other items
    #[error("`#` stands alone in day-of-week: write one schedule for each")]
    HashAlone,
    /// A week of the month that no month has
    #[error("`{0}` is no week of the month: `#` takes 1 to 5")]
    HashWeek(String),
    /// Not `rate(number unit)`
    #[error("rate() takes a whole number from 1 and a unit: minute, minutes, hour, hours, day or days")]
    Rate,
    /// Not a date and time
    #[error("at() takes a date and time without zone: yyyy-mm-ddThh:mm:ss")]
    At,
}

impl FromStr for ScheduleExpression {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|(at, fault)| {
            // Inside, places are byte offsets; a reader counts characters.
            let position = text.get(..at).map_or(0, |before| before.chars().count());
            ScheduleError { position, fault }
        })
    }
}

/// A fault and the byte offset where it stands
type Located = (usize, Fault);

fn parse(text: &str) -> Result<ScheduleExpression, Located> {
    let open = text.find('(').ok_or((0, Fault::Form))?;
    let inner = text[open + 1..].strip_suffix(')').ok_or((text.len(), Fault::Form))?;
    let inner = Token { text: inner, at: open + 1 };
    match text[..open].to_ascii_lowercase().as_str() {
        "cron" => Cron::parse(inner).map(ScheduleExpression::Cron),
        "rate" => Rate::parse(inner).map(ScheduleExpression::Rate),
        "at" => At::parse(inner).map(ScheduleExpression::At),
        _ => Err((0, Fault::Form)),
    }
}

#[cfg(test)]
mod tests;
