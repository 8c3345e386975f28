//! How often ECS is looked at: a Go duration, as Kubernetes writes them.

use std::time::Duration;

/// The default of `spec.sync.period`
const DEFAULT: Duration = Duration::from_secs(300);
/// The shortest period
const LEAST: Duration = Duration::from_secs(5);

/// A period; what cannot be read is the default, and what is too short the least (the API server admits neither)
#[must_use]
pub fn period(text: &str) -> Duration {
    go_duration(text).map_or(DEFAULT, |period| period.max(LEAST))
}

/// `1h30m`, `1.5s`, `300ms`
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let (unit, length) = match &rest.as_bytes()[digits..] {
            [b'm', b's', ..] => (0.001, 2),
            [b's', ..] => (1.0, 1),
            [b'm', ..] => (60.0, 1),
            [b'h', ..] => (3600.0, 1),
            _ => return None,
        };
        seconds += number * unit;
        rest = &rest[digits + length..];
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_go_writes_durations() {
        for (text, millis) in [
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("7.5s", 7_500),
            ("5500ms", 5_500),
            ("1s", 5_000),
            ("", 300_000),
            ("5", 300_000),
            ("soon", 300_000),
        ] {
            assert_eq!(period(text).as_millis(), millis, "{text}");
        }
    }
}
