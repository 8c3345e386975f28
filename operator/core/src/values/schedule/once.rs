//! `at(…)`: one run at a local date and time (section 12A.5).

use jiff::civil::DateTime;

use super::cursor::Token;
use super::set::digits;
use super::{Fault, Located};

/// A parsed `at(…)`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The wall clock time of the run, in the schedule's zone
    pub time: DateTime,
}

impl At {
    /// Reads what stands between the parentheses: `yyyy-mm-ddThh:mm:ss` and no other spelling of ISO 8601
    pub(super) fn parse(inner: Token<'_>) -> Result<Self, Located> {
        let time = date_time(inner.text).ok_or((inner.at, Fault::At))?;
        Ok(Self { time })
    }
}

fn date_time(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.split('-');
    let mut time = time.split(':');
    let parsed = DateTime::new(
        digits(date.next().filter(|year| year.len() == 4)?)?,
        two(date.next()?)?,
        two(date.next()?)?,
        two(time.next()?)?,
        two(time.next()?)?,
        two(time.next()?)?,
        0,
    );
    parsed.ok().filter(|_| date.next().is_none() && time.next().is_none())
}

fn two(text: &str) -> Option<i8> {
    digits(text).filter(|_| text.len() == 2)
}
