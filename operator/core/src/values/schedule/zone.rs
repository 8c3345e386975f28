//! Time zones by their IANA names.
//!
//! The database is the one that is compiled in (jiff's bundle, never the machine's): the same document gets the same answer
//! everywhere, and nothing is read.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Why a name is no time zone
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no time zone of the IANA database, such as `Europe/Berlin`{}", self.advice())]
pub struct UnknownZone {
    /// The name
    pub name: String,
    /// How the database spells it, where only the case differs
    pub spelled: Option<String>,
}

impl UnknownZone {
    fn advice(&self) -> String {
        self.spelled.as_ref().map_or_else(String::new, |spelled| format!("; did you mean `{spelled}`"))
    }
}

/// The zone of a name, spelled as the database spells it
///
/// # Errors
///
/// A name that the database has not, or has in another case: Kubernetes and AWS want the exact one.
pub fn time_zone(name: &str) -> Result<TimeZone, UnknownZone> {
    let zone = TimeZoneDatabase::bundled().get(name).ok();
    let spelled = zone.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
    match zone {
        Some(zone) if spelled.as_deref() == Some(name) => Ok(zone),
        Some(_) | None => Err(UnknownZone { name: name.to_owned(), spelled }),
    }
}
