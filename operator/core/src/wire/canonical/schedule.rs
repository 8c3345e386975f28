//! The canonical form of a schedule or rule with its ECS target (mapping specification, 14.4).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use ecs_crds::ScheduledTaskSpec;

use super::{Context, Default, Defaults, Rules, Sets, canonical, strip_our_tags};

/// Identity, and what is only reported
const NO_CONTENT: &[&str] =
    &["name", "groupName", "source", "kubernetes", "clientToken", "arn", "creationDate", "lastModificationDate"];

const RULES: Rules = Rules { defaults: DEFAULTS, sets: SETS, contextual };

const DEFAULTS: Defaults = &[
    ("actionAfterCompletion", Default::Text("NONE")),
    ("description", Default::Text("")),
    ("flexibleTimeWindow.mode", Default::Text("OFF")),
    ("retryPolicy.maximumEventAgeInSeconds", Default::Number(86400)),
    ("retryPolicy.maximumRetryAttempts", Default::Number(185)),
    ("scheduleExpressionTimezone", Default::Text("UTC")),
    ("state", Default::Text("ENABLED")),
    ("task.count", Default::Number(1)),
    ("task.enableECSManagedTags", Default::False),
    ("task.enableExecuteCommand", Default::False),
    ("task.networkConfiguration.awsvpcConfiguration.assignPublicIp", Default::Text("DISABLED")),
];

const SETS: Sets = &[
    ("task.capacityProviderStrategy[]", &["capacityProvider"]),
    ("task.networkConfiguration.awsvpcConfiguration.securityGroups[]", &[]),
    ("task.networkConfiguration.awsvpcConfiguration.subnets[]", &[]),
    ("task.placementConstraints[]", &["type", "expression"]),
    ("task.tags[]", &["key"]),
];

/// The canonical form of a schedule: overrides of its task as the input that EventBridge passes
#[must_use]
pub fn schedule(spec: &ScheduledTaskSpec) -> Value {
    let Ok(Value::Object(mut document)) = serde_json::to_value(spec) else {
        return Value::Null;
    };
    for key in NO_CONTENT {
        document.remove(*key);
    }
    if let Some(Value::Object(task)) = document.get_mut("task") {
        task.remove("cluster");
        strip_our_tags(task);
        let overrides = task.remove("overrides").filter(|overrides| !overrides.is_null());
        if let Some(overrides) = overrides.filter(|_| spec.input.is_none()) {
            document.insert("input".to_owned(), overrides.to_string().into());
        }
    }
    for (member, plain) in [
        ("input", compact as fn(&str) -> String),
        ("scheduleExpression", expression),
        ("startDate", moment),
        ("endDate", moment),
    ] {
        if let Some(Value::String(text)) = document.get_mut(member) {
            *text = plain(text);
        }
    }
    canonical("", Value::Object(document), &Context::plain(&RULES)).unwrap_or_else(|| Value::Object(Map::new()))
}

/// JSON without spaces, its members sorted; what is no JSON stays
fn compact(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| sorted(&value).to_string())
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}

/// Upper case, single spaces, units in the plural: `rate(1 minutes)` is `rate(1 minute)`
fn expression(text: &str) -> String {
    let words: Vec<String> = text.to_uppercase().split_whitespace().map(str::to_owned).collect();
    let text = words.join(" ").replace("( ", "(").replace(" )", ")");
    match text.strip_prefix("RATE(").and_then(|rest| rest.strip_suffix(')')) {
        Some(rate) => format!("RATE({})", rate.strip_suffix('S').unwrap_or(rate)),
        None => text,
    }
}

/// A moment in UTC by the second; without an offset it is in UTC; what is none stays
fn moment(text: &str) -> String {
    let utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let at = text.parse::<Timestamp>().ok().or_else(utc);
    at.and_then(|at| Timestamp::from_second(at.as_second()).ok()).map_or_else(|| text.to_owned(), |at| at.to_string())
}

fn contextual(_: &str, _: &mut Map<String, Value>, _: &Context) {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(spec: Value) -> Value {
        schedule(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn defaults_and_spellings_make_no_difference() {
        for (one, other) in [
            (json!({"scheduleExpression": "rate(1 minutes)"}), json!({"scheduleExpression": "RATE( 1  minute )"})),
            (
                json!({"scheduleExpression": "cron(0 9 ? * mon-fri *)", "state": "ENABLED", "groupName": "g"}),
                json!({"scheduleExpression": "cron(0 9 ? * MON-FRI *)", "scheduleExpressionTimezone": "UTC"}),
            ),
            (
                json!({"flexibleTimeWindow": {"mode": "OFF"}, "retryPolicy": {"maximumEventAgeInSeconds": 86400, "maximumRetryAttempts": 185}}),
                json!({"actionAfterCompletion": "NONE"}),
            ),
            (
                json!({"task": {"cluster": "c", "count": 1, "taskDefinition": "a:1"}}),
                json!({"task": {"cluster": "arn:aws:ecs:r:1:cluster/c", "taskDefinition": "a:1"}}),
            ),
            (json!({"input": "{ \"b\": 1, \"a\": [] }"}), json!({"input": "{\"a\":[],\"b\":1}"})),
            (
                json!({"task": {"overrides": {"containerOverrides": [{"name": "a"}]}}}),
                json!({"input": "{\"containerOverrides\": [{\"name\": \"a\"}]}", "task": {}}),
            ),
            (json!({"startDate": "2026-01-01T00:00:00"}), json!({"startDate": "2026-01-01T01:00:00.5+01:00"})),
        ] {
            assert_eq!(of(one.clone()), of(other), "{one}");
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in [
            (json!({"scheduleExpression": "rate(1 minute)"}), json!({"scheduleExpression": "rate(2 minutes)"})),
            (json!({"state": "DISABLED"}), json!({})),
            (json!({"input": "a"}), json!({"input": "b"})),
            (json!({"endDate": "2026-01-01T00:00:00Z"}), json!({})),
            (json!({"task": {"count": 2}}), json!({"task": {}})),
        ] {
            assert_ne!(of(one.clone()), of(other), "{one}");
        }
    }
}
