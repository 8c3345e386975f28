//! A CronJob's schedule → EventBridge expressions.
//!
//! Five fields become six. Days of the week count from 1; of the two days one must be `?`, so a schedule that restricts both,
//! which Kubernetes joins by *or*, becomes two.

/// What a schedule became
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expressions {
    /// The zone that a prefix names
    pub(super) timezone: Option<String>,
    /// One, or two where both days are restricted
    pub(super) expressions: Vec<String>,
}

/// Shorthands
const SHORT: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Turns a schedule; none where EventBridge cannot say it
pub(super) fn expressions(schedule: &str) -> Option<Expressions> {
    let schedule = schedule.trim();
    let prefixed = schedule.strip_prefix("CRON_TZ=").or_else(|| schedule.strip_prefix("TZ="));
    let (timezone, schedule) = match prefixed.and_then(|rest| rest.split_once(char::is_whitespace)) {
        Some((zone, rest)) => (Some(zone.to_owned()), rest.trim()),
        None => (None, schedule),
    };
    if let Some(period) = schedule.strip_prefix("@every ") {
        return Some(Expressions { timezone, expressions: vec![rate(period.trim())?] });
    }
    let schedule = SHORT.iter().find(|(short, _)| *short == schedule).map_or(schedule, |(_, long)| long);
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return None };
    let (minute, hour) = (field(minute, 0), field(hour, 0));
    let month = field(month, 1);
    let cron = |day: &str, weekday: &str| format!("cron({minute} {hour} {day} {month} {weekday} *)");
    let by_day = || cron(&field(day, 1), "?");
    let by_weekday = || Some(cron("?", &weekdays(weekday)?));
    let expressions = match (any(day), any(weekday)) {
        (true, true) => vec![cron("*", "?")],
        (false, true) => vec![by_day()],
        (true, false) => vec![by_weekday()?],
        (false, false) => vec![by_day(), by_weekday()?],
    };
    Some(Expressions { timezone, expressions })
}

/// Whether a field restricts nothing
fn any(field: &str) -> bool {
    matches!(field, "*" | "?" | "*/1")
}

/// A field whose numbers stay: EventBridge has no `*/n` that counts from the least
fn field(text: &str, least: u8) -> String {
    if any(text) {
        return "*".to_owned();
    }
    let item = |item: &str| item.strip_prefix("*/").map_or_else(|| item.to_owned(), |step| format!("{least}/{step}"));
    text.split(',').map(item).collect::<Vec<_>>().join(",").to_uppercase()
}

/// Days of the week, one more each; names stay
fn weekdays(text: &str) -> Option<String> {
    let day = |day: &str| match day.parse::<u8>() {
        Ok(number) => (number <= 6).then(|| (number + 1).to_string()),
        Err(_) => Some(day.to_uppercase()),
    };
    let item = |item: &str| {
        let (days, step) = item.split_once('/').map_or((item, None), |(days, step)| (days, Some(step)));
        let days = match days {
            "*" | "?" => {
                if step.is_some() {
                    "1".to_owned()
                } else {
                    "1-7".to_owned()
                }
            }
            days => days.split('-').map(day).collect::<Option<Vec<_>>>()?.join("-"),
        };
        Some(step.map_or_else(|| days.clone(), |step| format!("{days}/{step}")))
    };
    Some(text.split(',').map(item).collect::<Option<Vec<_>>>()?.join(","))
}

/// `@every 1h30m` → `rate(90 minutes)`; none where it is no whole number of minutes
fn rate(period: &str) -> Option<String> {
    let mut seconds = 0u64;
    let mut rest = period;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let (unit, after) = rest[end..].split_at(1);
        let factor = match unit {
            "h" => 3600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(factor)?)?;
        rest = after;
    }
    let minutes = (seconds > 0 && seconds.is_multiple_of(60)).then_some(seconds / 60)?;
    Some(if minutes == 1 { "rate(1 minute)".to_owned() } else { format!("rate({minutes} minutes)") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v173_five_fields_become_six() {
        for (schedule, expected) in [
            ("0 9 * * 1-5", &["cron(0 9 ? * 2-6 *)"][..]),
            ("0 0 13 * 5", &["cron(0 0 13 * ? *)", "cron(0 0 ? * 6 *)"]),
            ("*/15 * * * *", &["cron(0/15 * * * ? *)"]),
            ("0 0 */2 * *", &["cron(0 0 1/2 * ? *)"]),
            ("0 0 * * */2", &["cron(0 0 ? * 1/2 *)"]),
            ("0 0 * jan,3 sun-tue", &["cron(0 0 ? JAN,3 SUN-TUE *)"]),
            ("0 0 ? * 0,6", &["cron(0 0 ? * 1,7 *)"]),
            ("@hourly", &["cron(0 * * * ? *)"]),
            ("@weekly", &["cron(0 0 ? * 1 *)"]),
            ("@every 1h30m", &["rate(90 minutes)"]),
            ("@every 60s", &["rate(1 minute)"]),
        ] {
            let found = expressions(schedule).map(|e| e.expressions).unwrap_or_default();
            assert_eq!(found, expected, "{schedule}");
            for expression in found {
                assert!(expression.parse::<crate::values::schedule::ScheduleExpression>().is_ok(), "{expression}");
            }
        }
        for refused in ["@every 90s", "@every 0m", "@reboot", "* * * *", "0 0 * * 7", "@every h", ""] {
            assert_eq!(expressions(refused), None, "{refused}");
        }
    }

    #[test]
    fn a_zone_before_the_fields_is_read() {
        let read = expressions("CRON_TZ=Europe/Berlin 0 9 * * *").map(|e| (e.timezone, e.expressions));
        assert_eq!(read, Some((Some("Europe/Berlin".to_owned()), vec!["cron(0 9 * * ? *)".to_owned()])));
    }
}
