//! `cron(…)` as the sets of minutes, hours, days, months and years that it means (mapping specification, section 12A.3).
//!
//! *Guarantees*: every set but `years` is within its field's range and, special days aside, not empty.
//!
//! *Not here*: time zones. A cron is about wall clocks.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Weekday};

use super::cursor::Token;
use super::set::{Field, Set, digits};
use super::{Fault, Located};

/// A parsed `cron(…)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    /// The minutes of the hour, 0 to 59
    pub minutes: Set,
    /// The hours of the day, 0 to 23
    pub hours: Set,
    /// The days: AWS restricts those of the month or those of the week, never both
    pub day: Day,
    /// The months, 1 to 12
    pub months: Set,
    /// The years; none: every year
    pub years: Option<BTreeSet<u16>>,
}

/// Which days a cron fires on
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// day-of-week is `?`
    OfMonth(MonthDays),
    /// day-of-month is `?`
    OfWeek(WeekDays),
}

/// Days of the month: the union of what is set
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthDays {
    /// The days, 1 to 31
    pub days: Set,
    /// `L`: the last day
    pub last: bool,
    /// `LW`: the last weekday, Monday to Friday
    pub last_weekday: bool,
    /// `nW`: the weekday nearest to day n, within the month
    pub nearest_weekday: Set,
}

/// Days of the week, where 1 is Sunday: the union of what is set
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WeekDays {
    /// The days, 1 to 7
    pub days: Set,
    /// `nL`: the last such day of the month
    pub last: Set,
    /// `n#k`: the k-th such day of the month, as (day, k)
    pub nth: Option<(u16, u16)>,
}

impl Cron {
    /// Reads what stands between the parentheses
    pub(super) fn parse(inner: Token<'_>) -> Result<Self, Located> {
        let words = inner.words();
        let [minute, hour, day_of_month, month, day_of_week, year] = words[..] else {
            return Err((inner.at, Fault::FieldCount(words.len())));
        };
        Ok(Self {
            minutes: plain(Field::Minute, minute)?,
            hours: plain(Field::Hour, hour)?,
            day: match (day_of_month.text == "?", day_of_week.text == "?") {
                (false, true) => Day::OfMonth(MonthDays::parse(day_of_month)?),
                (true, false) => Day::OfWeek(WeekDays::parse(day_of_week)?),
                (true, true) | (false, false) => return Err((day_of_week.at, Fault::QuestionMarks)),
            },
            months: plain(Field::Month, month)?,
            years: years(year)?,
        })
    }

    /// Whether this cron fires on a date at all
    #[must_use]
    pub fn fires_on(&self, date: Date) -> bool {
        let in_year =
            self.years.as_ref().is_none_or(|years| u16::try_from(date.year()).is_ok_and(|y| years.contains(&y)));
        in_year
            && self.months.contains(date.month().unsigned_abs().into())
            && match self.day {
                Day::OfMonth(days) => days.contains(date),
                Day::OfWeek(days) => days.contains(date),
            }
    }

    /// Whether this cron fires at a wall clock minute
    #[must_use]
    pub fn fires_at(&self, time: DateTime) -> bool {
        self.hours.contains(time.hour().unsigned_abs().into())
            && self.minutes.contains(time.minute().unsigned_abs().into())
            && self.fires_on(time.date())
    }
}

impl MonthDays {
    fn parse(token: Token<'_>) -> Result<Self, Located> {
        let mut days = Self::default();
        for item in items(Field::DayOfMonth, token)? {
            let upper = item.text.to_ascii_uppercase();
            match upper.as_str() {
                "L" => days.last = true,
                "LW" => days.last_weekday = true,
                _ => match upper.strip_suffix('W') {
                    Some(day) => {
                        days.nearest_weekday.insert(value(Field::DayOfMonth, Token { text: day, at: item.at })?);
                    }
                    None => expand(Field::DayOfMonth, item)?.into_iter().for_each(|n| days.days.insert(n)),
                },
            }
        }
        Ok(days)
    }

    fn contains(self, date: Date) -> bool {
        let last = date.last_of_month().day();
        self.days.contains(date.day().unsigned_abs().into())
            || (self.last && date.day() == last)
            || (self.last_weekday && nearest_weekday(date, last) == Some(date.day()))
            || self.nearest_weekday.iter().any(|day| {
                i8::try_from(day).is_ok_and(|day| day <= last && nearest_weekday(date, day) == Some(date.day()))
            })
    }
}

/// The day of Monday to Friday that is nearest to `day`, inside the month of `date`
fn nearest_weekday(date: Date, day: i8) -> Option<i8> {
    let last = date.last_of_month().day();
    let weekday = Date::new(date.year(), date.month(), day).ok()?.weekday();
    Some(match weekday {
        Weekday::Saturday if day == 1 => day + 2,
        Weekday::Saturday => day - 1,
        Weekday::Sunday if day == last => day - 2,
        Weekday::Sunday => day + 1,
        _ => day,
    })
}

impl WeekDays {
    fn parse(token: Token<'_>) -> Result<Self, Located> {
        let mut week = Self::default();
        let items = items(Field::DayOfWeek, token)?;
        for item in &items {
            let upper = item.text.to_ascii_uppercase();
            if upper == "L" {
                week.days.insert(7);
            } else if let Some((day, k)) = item.split_once('#') {
                if items.len() > 1 {
                    return Err((item.at, Fault::HashAlone));
                }
                let nth = digits(k.text).filter(|k| (1..=5).contains(k));
                let nth = nth.ok_or_else(|| (k.at, Fault::HashWeek(k.text.to_owned())))?;
                week.nth = Some((value(Field::DayOfWeek, day)?, nth));
            } else if let Some(day) = upper.strip_suffix('L') {
                week.last.insert(value(Field::DayOfWeek, Token { text: day, at: item.at })?);
            } else {
                expand(Field::DayOfWeek, *item)?.into_iter().for_each(|n| week.days.insert(n));
            }
        }
        Ok(week)
    }

    fn contains(self, date: Date) -> bool {
        let weekday = u16::from(date.weekday().to_sunday_one_offset().unsigned_abs());
        let week = u16::from((date.day() - 1).unsigned_abs() / 7 + 1);
        self.days.contains(weekday)
            || (self.last.contains(weekday) && date.day() > date.last_of_month().day() - 7)
            || self.nth == Some((weekday, week))
    }
}

/// A field without special days
fn plain(field: Field, token: Token<'_>) -> Result<Set, Located> {
    let mut set = Set::default();
    for item in items(field, token)? {
        expand(field, item)?.into_iter().for_each(|n| set.insert(n));
    }
    Ok(set)
}

/// The years; all of them are the same as `*`
fn years(token: Token<'_>) -> Result<Option<BTreeSet<u16>>, Located> {
    let mut years = BTreeSet::new();
    for item in items(Field::Year, token)? {
        years.extend(expand(Field::Year, item)?);
    }
    let (low, high) = Field::Year.range();
    Ok(if years.len() == usize::from(high - low + 1) { None } else { Some(years) })
}

/// The items between commas; an empty one and a stray `?` are faults
fn items(field: Field, token: Token<'_>) -> Result<Vec<Token<'_>>, Located> {
    let items = token.split(|c| c == ',');
    for item in &items {
        if item.text.is_empty() {
            return Err((item.at, Fault::EmptyItem(field)));
        }
        if item.text.contains('?') {
            return Err((item.at, Fault::QuestionMark));
        }
    }
    Ok(items)
}

/// One item as its numbers: `*`, `a`, `a-b`, and each of them with `/step`
///
/// `a/s` runs to the end of the field. A range that runs backwards wraps around, and its step counts along the way.
fn expand(field: Field, item: Token<'_>) -> Result<Vec<u16>, Located> {
    let (base, step) = match item.split_once('/') {
        Some((base, step)) => (base, Some(self::step(step)?)),
        None => (item, None),
    };
    let (low, high) = field.range();
    let (from, to) = if base.text == "*" {
        (low, high)
    } else if let Some((from, to)) = base.split_once('-') {
        (value(field, from)?, value(field, to)?)
    } else {
        let from = value(field, base)?;
        (from, if step.is_some() { high } else { from })
    };
    if from > to && field == Field::Year {
        return Err((base.at, Fault::YearRange));
    }
    let step = step.unwrap_or(1);
    Ok(if from <= to {
        (from..=to).step_by(step).collect()
    } else {
        (from..=high).chain(low..=to).step_by(step).collect()
    })
}

fn value(field: Field, token: Token<'_>) -> Result<u16, Located> {
    field.number(token.text).ok_or_else(|| (token.at, Fault::Value { field, text: token.text.to_owned() }))
}

fn step(token: Token<'_>) -> Result<usize, Located> {
    digits(token.text).filter(|step| *step > 0).ok_or_else(|| (token.at, Fault::Step(token.text.to_owned())))
}
