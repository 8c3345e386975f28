//! What an expression means, in words.
//!
//! *Guarantees*: the words are made from the parsed sets, so they tell what fires, however the expression is spelled.

use std::collections::BTreeSet;

use super::set::{Field, Set};
use super::{At, Cron, Day, MonthDays, Rate, RateUnit, ScheduleExpression, WeekDays};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const WEEKS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
/// How many clock times are written out; more are told by hours and minutes
const CLOCK_TIMES: usize = 6;

impl ScheduleExpression {
    /// When the expression fires by the clocks of `zone`, as a phrase: `at 10:15 on Fridays, Europe/Berlin`
    #[must_use]
    pub fn explain(&self, zone: &str) -> String {
        match self {
            Self::Cron(cron) => format!("{}, {zone}", cron.explain()),
            Self::Rate(rate) => rate.explain(),
            Self::At(at) => format!("{}, {zone}", at.explain()),
        }
    }
}

impl Cron {
    fn explain(&self) -> String {
        let Self { minutes, hours, day, months, years } = self;
        let times = times(*hours, *minutes);
        let days = match day {
            Day::OfMonth(days) => days.explain(*months),
            Day::OfWeek(days) => days.explain(*months),
        };
        // Every minute of every day is every minute.
        let days = if days == "every day" && times.starts_with("every") { String::new() } else { format!(" {days}") };
        format!("{times}{days}{}", years.as_ref().map_or_else(String::new, explain_years))
    }
}

/// The times of the day
fn times(hours: Set, minutes: Set) -> String {
    let (hour, minute): (Vec<u16>, Vec<u16>) = (hours.iter().collect(), minutes.iter().collect());
    let every_hour = is_full(Field::Hour, hours);
    if !every_hour && hour.len() * minute.len() <= CLOCK_TIMES {
        let times = hour.iter().flat_map(|hour| minute.iter().map(move |minute| format!("{hour:02}:{minute:02}")));
        return format!("at {}", list(&times.collect::<Vec<_>>()));
    }
    let of_hours = match (every_hour, &hour[..]) {
        (true, _) => String::new(),
        (false, [hour]) => format!(" from {hour:02}:00 to {hour:02}:59"),
        (false, _) => format!(" in the hours {}", list(&runs(&hour, u16::to_string))),
    };
    match (even(&minute), &minute[..]) {
        (Some(1), _) => format!("every minute{of_hours}"),
        (Some(step), _) => format!("every {step} minutes{of_hours}"),
        (None, [minute]) if every_hour => format!("at minute {minute} of every hour"),
        (None, [minute]) => format!("at minute {minute}{of_hours}"),
        (None, _) => {
            let minutes = list(&runs(&minute, u16::to_string));
            format!("at minutes {minutes}{}", if every_hour { " of every hour" } else { &of_hours })
        }
    }
}

/// The step of minutes that divide the hour evenly from minute 0 on
fn even(minutes: &[u16]) -> Option<usize> {
    let step = 60 / minutes.len().max(1);
    let expected = (0..60).step_by(step.max(1)).map(|minute| u16::try_from(minute).ok());
    (minutes.len() > 1 && minutes.iter().copied().map(Some).eq(expected)).then_some(step)
}

impl MonthDays {
    fn explain(self, months: Set) -> String {
        let Self { days, last, last_weekday, nearest_weekday } = self;
        if is_full(Field::DayOfMonth, days) {
            return format!("every day{}", in_months(months));
        }
        let mut parts = Vec::new();
        match &days.iter().collect::<Vec<_>>()[..] {
            [] => {}
            [day] => parts.push(format!("day {day}")),
            days => parts.push(format!("days {}", list(&runs(days, u16::to_string)))),
        }
        parts.extend(nearest_weekday.iter().map(|day| format!("the weekday (Monday to Friday) nearest to day {day}")));
        if last_weekday {
            parts.push("the last weekday (Monday to Friday)".to_owned());
        }
        if last {
            parts.push("the last day".to_owned());
        }
        format!("on {}{}", list(&parts), of_months(months))
    }
}

impl WeekDays {
    fn explain(self, months: Set) -> String {
        let Self { days, last, nth } = self;
        if is_full(Field::DayOfWeek, days) {
            return format!("every day{}", in_months(months));
        }
        let plain = runs(&days.iter().collect::<Vec<_>>(), |day| format!("{}s", name(&DAYS, *day)));
        let mut special: Vec<String> = last.iter().map(|day| format!("the last {}", name(&DAYS, day))).collect();
        special.extend(nth.map(|(day, week)| format!("the {} {}", name(&WEEKS, week), name(&DAYS, day))));
        match (plain.is_empty(), special.is_empty()) {
            (true, _) => format!("on {}{}", list(&special), of_months(months)),
            (false, true) => format!("on {}{}", list(&plain), in_months(months)),
            (false, false) => format!("on {} and on {}{}", list(&plain), list(&special), of_months(months)),
        }
    }
}

/// The months of days that are every day or come by the week
fn in_months(months: Set) -> String {
    if is_full(Field::Month, months) { String::new() } else { format!(" in {}", month_names(months)) }
}

/// The months of days that are counted within them
fn of_months(months: Set) -> String {
    if is_full(Field::Month, months) { " of each month".to_owned() } else { format!(" of {}", month_names(months)) }
}

fn month_names(months: Set) -> String {
    list(&runs(&months.iter().collect::<Vec<_>>(), |month| name(&MONTHS, *month).to_owned()))
}

fn explain_years(years: &BTreeSet<u16>) -> String {
    let years: Vec<u16> = years.iter().copied().collect();
    match (&runs(&years, u16::to_string)[..], &years[..]) {
        ([_], [first, .., last]) => format!(" from {first} to {last}"),
        (years, _) => format!(" in {}", list(years)),
    }
}

impl Rate {
    fn explain(self) -> String {
        let unit = match self.unit {
            RateUnit::Minute => "minute",
            RateUnit::Hour => "hour",
            RateUnit::Day => "day",
        };
        let day = match (self.unit, self.value) {
            (RateUnit::Day, 1) => " of 24 hours",
            (RateUnit::Day, _) => " of 24 hours each",
            (RateUnit::Minute | RateUnit::Hour, _) => "",
        };
        let interval = if self.value == 1 { unit.to_owned() } else { format!("{} {unit}s", self.value) };
        format!("every {interval}{day}, counted from when the schedule starts, in any time zone")
    }
}

impl At {
    fn explain(self) -> String {
        let time = self.time;
        let month = name(&MONTHS, time.month().unsigned_abs().into());
        let seconds = if time.second() == 0 { String::new() } else { format!(":{:02}", time.second()) };
        format!(
            "once, at {:02}:{:02}{seconds} on {} {month} {:04}",
            time.hour(),
            time.minute(),
            time.day(),
            time.year()
        )
    }
}

/// Whether a set has every number of a field
fn is_full(field: Field, set: Set) -> bool {
    let (low, high) = field.range();
    (low..=high).all(|number| set.contains(number))
}

/// The name of a number that counts from 1
fn name<'a>(names: &[&'a str], number: u16) -> &'a str {
    names.get(usize::from(number).saturating_sub(1)).copied().unwrap_or_default()
}

/// Runs of three and more numbers as `a to b`, the others one by one
fn runs(numbers: &[u16], text: impl Fn(&u16) -> String) -> Vec<String> {
    let mut parts = Vec::new();
    for run in numbers.chunk_by(|a, b| a + 1 == *b) {
        match run {
            [first, _, .., last] => parts.push(format!("{} to {}", text(first), text(last))),
            _ => parts.extend(run.iter().map(&text)),
        }
    }
    parts
}

/// `a, b and c`
fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
