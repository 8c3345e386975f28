//! A set of the numbers that a cron field allows, and what each field takes.

use std::fmt;

/// A field of cron()
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59
    Minute,
    /// 0 to 23
    Hour,
    /// 1 to 31
    DayOfMonth,
    /// 1 to 12
    Month,
    /// 1 to 7, where 1 is Sunday
    DayOfWeek,
    /// 1970 to 2199
    Year,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Field {
    /// The smallest and the largest number of the field
    #[must_use]
    pub const fn range(self) -> (u16, u16) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (1, 7),
            Self::Year => (1970, 2199),
        }
    }

    /// What the field takes, in words
    #[must_use]
    pub const fn takes(self) -> &'static str {
        match self {
            Self::Minute => "0 to 59",
            Self::Hour => "0 to 23",
            Self::DayOfMonth => "1 to 31, L, LW or a day and W",
            Self::Month => "1 to 12 or JAN to DEC",
            Self::DayOfWeek => "1 to 7 or SUN to SAT (1 is Sunday), L, a day and L, or a day, # and a week",
            Self::Year => "1970 to 2199",
        }
    }

    /// Reads one number or name of this field
    pub(super) fn number(self, text: &str) -> Option<u16> {
        let named = |names: &[&str]| names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = match self {
            Self::Month => named(&MONTHS),
            Self::DayOfWeek => named(&DAYS),
            Self::Minute | Self::Hour | Self::DayOfMonth | Self::Year => None,
        };
        let (low, high) = self.range();
        match named {
            Some(index) => u16::try_from(index + 1).ok(),
            None => digits(text).filter(|n| (low..=high).contains(n)),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day-of-month",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
            Self::Year => "year",
        })
    }
}

/// Digits and nothing else: `str::parse` alone would take a sign
pub(super) fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A set of numbers from 0 to 63
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set(u64);

impl Set {
    /// Whether the number is in the set
    #[must_use]
    pub const fn contains(self, number: u16) -> bool {
        number < 64 && self.0 & (1 << number) != 0
    }

    /// Whether nothing is in the set
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its numbers, in order
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u16> {
        (0..64).filter(move |n| self.contains(*n))
    }

    /// Adds a number; one above 63 is none that a field has
    pub(super) fn insert(&mut self, number: u16) {
        if number < 64 {
            self.0 |= 1 << number;
        }
    }
}

impl FromIterator<u16> for Set {
    fn from_iter<I: IntoIterator<Item = u16>>(numbers: I) -> Self {
        let mut set = Self::default();
        numbers.into_iter().for_each(|n| set.insert(n));
        set
    }
}
