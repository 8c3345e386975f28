//! What EventBridge passes to a target for one event: a part of the event, or a template filled from it.
//!
//! JSON paths are the subset that EventBridge documents for this: dots, dashes, underscores, alphanumerics and array indices
//! (`$.detail.items[0].name`). Its wildcard `*` is refused: what several values become in a template is not documented.
//!
//! *Not here*: the event, which the caller gives, and what the target makes of the result.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A place in an event
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPath(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Member(String),
    Element(usize),
}

/// Why a text is no place in an event
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no path of EventBridge: write members after dots and array indices in brackets, as in `$.detail.items[0]`"
)]
pub struct InvalidPath(String);

impl FromStr for EventPath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidPath(text.to_owned());
        let mut rest = text.strip_prefix('$').ok_or_else(invalid)?;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (segment, after) = segment(rest).ok_or_else(invalid)?;
            segments.push(segment);
            rest = after;
        }
        Ok(Self(segments))
    }
}

/// The first segment of a path, and what follows it
fn segment(text: &str) -> Option<(Segment, &str)> {
    if let Some(inside) = text.strip_prefix('[') {
        let (index, after) = inside.split_once(']')?;
        let index = index.parse().ok().filter(|_| index.bytes().all(|b| b.is_ascii_digit()))?;
        return Some((Segment::Element(index), after));
    }
    let name = text.strip_prefix('.')?;
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (name, after) = name.split_at(end);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
    (!name.is_empty() && name.chars().all(allowed)).then(|| (Segment::Member(name.to_owned()), after))
}

impl EventPath {
    /// What stands there; none where the event has no such place
    #[must_use]
    pub fn of<'a>(&self, event: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(event, |value, segment| match segment {
            Segment::Member(name) => value.get(name),
            Segment::Element(index) => value.get(*index),
        })
    }
}

/// What of an event is passed on
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventInput {
    /// A part of it (`inputPath`)
    Part(EventPath),
    /// A template with values of it (`inputTransformer`)
    Template {
        /// Where the values are, by the names that the template gives them
        variables: BTreeMap<String, EventPath>,
        /// The text around them
        template: String,
    },
    /// An input of EventBridge Scheduler with its context attributes: `<aws.scheduler.scheduled-time>` and others
    Attributes(String),
}

/// What begins a context attribute of EventBridge Scheduler
pub const ATTRIBUTE: &str = "<aws.scheduler.";

/// Why a template cannot be filled
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// No such variable. A template may hold secrets, and what looks like a name may be one: so the place is told, not the name
    #[error("the template names a variable at its character {0}, and inputPathsMap has no such variable")]
    UnknownVariable(usize),
    /// A `<` without its `>`
    #[error("a `<` of the template has no `>`")]
    Open,
}

/// What a template may name without a path: what AWS knows of the rule or schedule and of one run
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predefined {
    /// `<aws.events.rule-arn>`, `<aws.scheduler.schedule-arn>`
    pub arn: String,
    /// `<aws.events.rule-name>`
    pub name: String,
    /// `<aws.events.event.ingestion-time>`, `<aws.scheduler.scheduled-time>`: RFC 3339 in UTC, to the second
    pub time: String,
    /// `<aws.scheduler.execution-id>`
    pub id: String,
}

impl EventInput {
    /// The text that the target gets; none where the event has no such part
    ///
    /// # Errors
    ///
    /// A template with a variable that nobody defines, or that does not end.
    pub fn text(&self, event: &Value, known: &Predefined) -> Result<Option<String>, InvalidTemplate> {
        match self {
            Self::Part(path) => Ok(path.of(event).map(Value::to_string)),
            Self::Template { variables, template } => {
                Filling { variables, event, known, filled: String::new(), quoted: false }.fill(template).map(Some)
            }
            Self::Attributes(text) => Ok(Some(known.attributes(text))),
        }
    }
}

impl Predefined {
    /// A text with its context attributes filled in; every run is the first attempt
    fn attributes(&self, text: &str) -> String {
        let Self { arn, name: _, time, id } = self;
        let values =
            [("schedule-arn", arn.as_str()), ("scheduled-time", time), ("execution-id", id), ("attempt-number", "1")];
        values.iter().fold(text.to_owned(), |text, (key, value)| text.replace(&format!("{ATTRIBUTE}{key}>"), value))
    }
}

/// Nobody defines the variable
struct Undefined;

/// A template being filled
struct Filling<'a> {
    variables: &'a BTreeMap<String, EventPath>,
    event: &'a Value,
    known: &'a Predefined,
    filled: String,
    /// Whether the place is inside a JSON string
    quoted: bool,
}

impl Filling<'_> {
    fn fill(mut self, template: &str) -> Result<String, InvalidTemplate> {
        let mut rest = template;
        while let Some(open) = rest.find('<') {
            self.text(&rest[..open]);
            let inside = &rest[open + 1..];
            let close = inside.find('>').ok_or(InvalidTemplate::Open)?;
            let value = self.value(&inside[..close]).map_err(|Undefined| {
                let before = template.len() - rest.len() + open;
                InvalidTemplate::UnknownVariable(template[..before].chars().count() + 1)
            })?;
            self.put(value.as_ref());
            rest = &inside[close + 1..];
        }
        self.text(rest);
        Ok(self.filled)
    }

    /// Text of the template as it stands
    fn text(&mut self, text: &str) {
        let mut escaped = false;
        for c in text.chars() {
            self.quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
        }
        self.filled.push_str(text);
    }

    /// The value of a variable; none where the event has no such place
    fn value(&self, name: &str) -> Result<Option<Value>, Undefined> {
        let whole = || Ok(Some(self.event.clone()));
        match name {
            "aws.events.rule-arn" => Ok(Some(self.known.arn.as_str().into())),
            "aws.events.rule-name" => Ok(Some(self.known.name.as_str().into())),
            "aws.events.event.ingestion-time" => Ok(Some(self.known.time.as_str().into())),
            "aws.events.event.json" => whole(),
            "aws.events.event" => {
                let mut event = self.event.clone();
                event.as_object_mut().map(|members| members.remove("detail"));
                Ok(Some(event))
            }
            _ => self.variables.get(name).map(|path| path.of(self.event).cloned()).ok_or(Undefined),
        }
    }

    /// A value where its placeholder stood: as JSON, but inside a string without quotes of its own
    fn put(&mut self, value: Option<&Value>) {
        match value {
            None if self.quoted => {}
            None => self.filled.push_str("\"\""),
            Some(Value::String(text)) if self.quoted => {
                let json = Value::from(text.as_str()).to_string();
                self.filled.push_str(json.strip_prefix('"').and_then(|j| j.strip_suffix('"')).unwrap_or_default());
            }
            Some(value) if self.quoted => self.filled.extend(value.to_string().chars().filter(|c| *c != '"')),
            Some(value) => self.filled.push_str(&value.to_string()),
        }
    }
}

impl fmt::Display for EventPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Member(name) => write!(f, ".{name}"),
            Segment::Element(index) => write!(f, "[{index}]"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "time": "2026-11-21T10:00:00Z",
            "detail-type": "Scheduled Event",
            "resources": ["arn:aws:events:eu-west-1:123456789012:rule/nightly"],
            "detail": { "name": "say \"hi\"", "count": 3, "list": ["a", "b"] },
        })
    }

    #[test]
    fn a_path_leads_to_what_stands_there_or_to_nothing() {
        for (path, expected) in [
            ("$", Some(event())),
            ("$.time", Some(json!("2026-11-21T10:00:00Z"))),
            ("$.detail-type", Some(json!("Scheduled Event"))),
            ("$.detail.list[1]", Some(json!("b"))),
            ("$.detail.list[2]", None),
            ("$.detail.nothing.here", None),
        ] {
            let parsed: EventPath = path.parse().unwrap();
            assert_eq!(parsed.of(&event()), expected.as_ref(), "{path}");
            assert_eq!(parsed.to_string(), path);
        }
        for path in ["", "time", "$time", "$.", "$..time", "$.a[", "$.a[x]", "$.a[+1]", "$.a b", "$.*", "$['time']"] {
            assert_eq!(path.parse::<EventPath>(), Err(InvalidPath(path.to_owned())));
        }
    }

    /// What a template with the variables time, name, count, list and nothing is filled to
    fn filled(template: &str) -> Result<String, InvalidTemplate> {
        let paths = [
            ("time", "$.time"),
            ("name", "$.detail.name"),
            ("count", "$.detail.count"),
            ("list", "$.detail.list"),
            ("nothing", "$.detail.nothing"),
        ];
        let variables = paths.map(|(name, path)| (name.to_owned(), path.parse().unwrap())).into();
        let input = EventInput::Template { variables, template: template.to_owned() };
        input.text(&event(), &known()).map(Option::unwrap)
    }

    fn known() -> Predefined {
        let text = str::to_owned;
        Predefined { arn: text("the-arn"), name: text("nightly"), time: text("then"), id: text("an-id") }
    }

    #[test]
    fn the_attributes_of_the_scheduler_are_filled_in() {
        let input = r#"{"a": "<aws.scheduler.scheduled-time> <aws.scheduler.attempt-number> <aws.scheduler.other>"}"#;
        let filled = EventInput::Attributes(input.to_owned()).text(&event(), &known());
        assert_eq!(filled, Ok(Some(r#"{"a": "then 1 <aws.scheduler.other>"}"#.to_owned())));
    }

    #[test]
    fn a_template_is_filled_as_event_bridge_fills_it() {
        for (template, expected) in [
            // A string gets its quotes where it has none
            (r#"{"at": <time>}"#, r#"{"at": "2026-11-21T10:00:00Z"}"#),
            (r#"{"at": "<time>"}"#, r#"{"at": "2026-11-21T10:00:00Z"}"#),
            (r#"{"at": "at <time>, <count> times"}"#, r#"{"at": "at 2026-11-21T10:00:00Z, 3 times"}"#),
            (r#"{"n": <count>, "l": <list>}"#, r#"{"n": 3, "l": ["a","b"]}"#),
            // Inner quotes of an array are removed, and those of a string are escaped, so that the string stays one
            (r#"{"l": "of <list>"}"#, r#"{"l": "of [a,b]"}"#),
            (r#"{"s": "<name>"}"#, r#"{"s": "say \"hi\""}"#),
            (r#"{"s": "a \"<name>"}"#, r#"{"s": "a \"say \"hi\""}"#),
            (r#"{"s": "<count>", "t": <count>}"#, r#"{"s": "3", "t": 3}"#),
            (
                r#"{"rule": <aws.events.rule-name>, "a": "<aws.events.rule-arn>"}"#,
                r#"{"rule": "nightly", "a": "the-arn"}"#,
            ),
            (r#"{"x": "<nothing>", "y": <nothing>}"#, r#"{"x": "", "y": ""}"#),
        ] {
            assert_eq!(filled(template).as_deref(), Ok(expected), "{template}");
        }
        let whole: Value = serde_json::from_str(&filled("<aws.events.event.json>").unwrap()).unwrap();
        assert_eq!(whole, event());
        assert!(!filled("<aws.events.event>").unwrap().contains("\"detail\":"));
    }

    #[test]
    fn a_template_that_cannot_be_filled_says_why() {
        assert_eq!(filled("{\"a\": <b>}"), Err(InvalidTemplate::UnknownVariable(7)));
        assert_eq!(filled("{\"a\": <time"), Err(InvalidTemplate::Open));
    }
}
