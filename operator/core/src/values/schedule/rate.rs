//! `rate(…)`: every so many minutes of clock time, a day being 24 hours whatever the zone does (section 12A.4).

use super::cursor::Token;
use super::set::digits;
use super::{Fault, Located};

/// A parsed `rate(…)`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many units lie between two runs, at least 1
    pub value: u32,
    /// The unit
    pub unit: RateUnit,
    /// Whether the unit was written in the plural: Rules want it for every number but 1
    pub plural: bool,
}

/// The unit of a rate
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateUnit {
    /// 60 seconds
    Minute,
    /// 60 minutes
    Hour,
    /// 24 hours
    Day,
}

impl Rate {
    /// Reads what stands between the parentheses
    pub(super) fn parse(inner: Token<'_>) -> Result<Self, Located> {
        let words = inner.words();
        let [value, unit] = words[..] else {
            return Err((inner.at, Fault::Rate));
        };
        let (unit_name, at) = (unit.text.to_ascii_lowercase(), unit.at);
        let (unit, plural) = match unit_name.as_str() {
            "minute" => (RateUnit::Minute, false),
            "minutes" => (RateUnit::Minute, true),
            "hour" => (RateUnit::Hour, false),
            "hours" => (RateUnit::Hour, true),
            "day" => (RateUnit::Day, false),
            "days" => (RateUnit::Day, true),
            _ => return Err((at, Fault::Rate)),
        };
        match digits(value.text) {
            Some(number) if number > 0 => Ok(Self { value: number, unit, plural }),
            _ => Err((value.at, Fault::Rate)),
        }
    }

    /// The interval in minutes
    #[must_use]
    pub const fn minutes(self) -> u64 {
        let unit = match self.unit {
            RateUnit::Minute => 1,
            RateUnit::Hour => 60,
            RateUnit::Day => 24 * 60,
        };
        self.value as u64 * unit
    }

    /// Whether number and unit agree as Rules want it: `1 minute`, `2 minutes`
    #[must_use]
    pub const fn agrees(self) -> bool {
        self.plural == (self.value != 1)
    }
}
