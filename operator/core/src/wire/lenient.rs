//! Reading what people write where ECS is stricter: numbers as strings, strings as numbers, members spelt otherwise.
//!
//! *Guarantees*: what comes out has the types of the support table, so typed reading cannot fail on it; what does not fit is
//! taken out and a Block finding by path; what a template does not tell is left out, and a finding as grave as its absence. What
//! is taken or left out has a mark in its place.
//!
//! *Not here*: unknown members of ECS structures, which stay for `check` to judge.

use serde_json::{Map, Number, Value};

use ecs_crds::status::{Class, Severity};

use super::{LeftOut, hole, placeholder, spelling};
use crate::check::vocabulary;
use crate::findings::{Findings, Path};
use crate::support::{Entry, Kind, Spec, Vocabulary};

/// Members that are ours alone and strict: an unknown one would be lost in typed reading
const STRICT: &[&str] = &["kubernetes"];

/// A spec with the types of the support table; in a template texts stand for numbers, and members are spelt its own way
pub(super) fn read(
    spec: Spec,
    value: Value,
    from_template: bool,
    findings: &mut Findings,
    left_out: &mut LeftOut,
) -> Value {
    let read_only = vocabulary::read_only(spec);
    let mut reader = Reader { read_only, from_template, respelt: false, open: None, findings, left_out };
    let Value::Object(members) = value else {
        reader.refuse(Kind::Structure, &value, &Path::root());
        return Value::Object(Map::new());
    };
    let members = reader.structure(spec.vocabulary(), members, &Path::root());
    // EventBridge's own spelling is another than ours, always
    if reader.respelt && !from_template && spec != Spec::ScheduledTask {
        findings.info(
            &Path::root(),
            Class::Exact,
            "KeySpelling",
            "members are spelt otherwise than ECS does (ContainerDefinitions, container_definitions); they are read by their \
             letters",
        );
    }
    Value::Object(members)
}

struct Reader<'a> {
    read_only: &'static [&'static str],
    from_template: bool,
    respelt: bool,
    /// Why something was taken out that no structure has a mark for yet
    open: Option<String>,
    findings: &'a mut Findings,
    left_out: &'a mut LeftOut,
}

impl Reader<'_> {
    fn structure(&mut self, known: &Vocabulary, members: Map<String, Value>, path: &Path) -> Map<String, Value> {
        let mut read = Map::new();
        for (key, value) in members {
            let key = self.spelling(known, key, path);
            let path = path.key(&key);
            match known.get(&key) {
                Some(entry) => {
                    let outer = self.open.take();
                    let value = self.value(entry, entry.row.field.kind, value, &path);
                    if let Some(why) = std::mem::replace(&mut self.open, outer) {
                        read.insert(hole::mark(&key), why.into());
                    }
                    if let Some(value) = value {
                        read.insert(key, value);
                    }
                }
                None => {
                    // A function in place of members, which only CloudFormation can run
                    let function = key.starts_with("Fn::").then_some("a function stands in place of members");
                    if let Some(why) = hole::within(&value).or(function) {
                        let message = format!("not known from the template: {why}");
                        self.findings.block(&path, Class::Unsupported, "UnknownValue", message.as_str());
                        read.insert(hole::mark(&key), format!("UnknownValue: {message}").into());
                    } else {
                        read.insert(key, value);
                    }
                }
            }
        }
        read
    }

    /// `ContainerDefinitions` is `containerDefinitions` where the latter is known
    fn spelling(&mut self, known: &Vocabulary, key: String, path: &Path) -> String {
        if known.contains_key(&key) {
            return key;
        }
        let read_only = if *path == Path::root() { self.read_only } else { &[] };
        let names = known.keys().map(String::as_str).chain(read_only.iter().copied());
        let Some(name) = spelling::of(names, &key) else {
            return key;
        };
        // Application Auto Scaling's own spelling is another than ours
        self.respelt |= name != key && !path.to_string().starts_with("/autoScaling");
        name.to_owned()
    }

    fn value(&mut self, entry: &Entry, kind: Kind, value: Value, path: &Path) -> Option<Value> {
        if let Some(why) = hole::why(&value) {
            self.gap(entry, why, path);
            return None;
        }
        match (kind, value) {
            (_, Value::Null) => Some(Value::Null),
            (Kind::Json, value) => match hole::within(&value) {
                Some(why) => {
                    self.gap(entry, why, path);
                    None
                }
                None => Some(value),
            },
            (Kind::Structure, Value::Object(mut members)) => {
                if STRICT.contains(&entry.row.path) {
                    self.only_known(&entry.members, &mut members, path);
                    let mut read = self.structure(&entry.members, members, path);
                    if let Some(why) = marks_taken(&mut read) {
                        self.open.get_or_insert(why);
                    }
                    return Some(Value::Object(read));
                }
                Some(Value::Object(self.structure(&entry.members, members, path)))
            }
            (Kind::Map, Value::Object(members)) => Some(self.map(entry, members, path)),
            (kind, Value::Array(items)) if kind.element().is_some() => self.list(entry, kind, items, path),
            // Terraform keeps lists of structures as texts
            (Kind::Structures, Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Array(items)) => {
                    self.tell("JsonAsString", "is JSON written as a string; it is read as what it says", path);
                    self.list(entry, kind, items, path)
                }
                _ => {
                    self.refuse(kind, &Value::String(text), path);
                    None
                }
            },
            (kind, value) => self.scalar(kind, value, path),
        }
    }

    /// A list of plain values that misses one says something else, so it is left out whole; of structures the others stay
    fn list(&mut self, entry: &Entry, kind: Kind, items: Vec<Value>, path: &Path) -> Option<Value> {
        let element = kind.element().unwrap_or(Kind::Json);
        if element != Kind::Structure
            && let Some(why) = items.iter().find_map(hole::within)
        {
            self.gap(entry, why, path);
            return None;
        }
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let place = path.index(index);
            let item = if item.is_null() {
                self.refuse(element, &item, &place);
                None
            } else {
                self.value(entry, element, item, &place)
            };
            match item {
                Some(item) => read.push(item),
                None => self.left_out.note(path, index),
            }
        }
        Some(Value::Array(read))
    }

    fn map(&mut self, entry: &Entry, members: Map<String, Value>, path: &Path) -> Value {
        let mut read = Map::new();
        for (key, value) in members {
            let path = path.key(&key);
            if let Some(why) = hole::why(&value) {
                self.gap(entry, why, &path);
            } else if value.is_null() {
                self.refuse(Kind::Text, &value, &path);
            } else if let Some(value) = self.scalar(Kind::Text, value, &path) {
                read.insert(key, value);
            }
        }
        Value::Object(read)
    }

    fn scalar(&mut self, kind: Kind, value: Value, path: &Path) -> Option<Value> {
        if let Value::String(text) = &value
            && !self.from_template
            && let Some(message) = placeholder::found(text, path)
        {
            self.leave_open(path, Class::Unsupported, placeholder::CODE, Severity::Block, &message);
            return None;
        }
        match (kind, &value) {
            (Kind::Text | Kind::Timestamp | Kind::Size, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => {
                return Some(value);
            }
            (Kind::Integer | Kind::Size, Value::Number(number)) if number.is_i64() => return Some(value),
            (Kind::Double, Value::Number(_)) => return Some(value),
            (Kind::Text | Kind::Timestamp, Value::Number(_) | Value::Bool(_)) => {
                self.tell("StringExpected", "stands where a string is expected; it is read as one", path);
                return Some(value.to_string().into());
            }
            (Kind::Integer, Value::Number(number)) => {
                if let Some(whole) = number.as_f64().and_then(whole) {
                    return Some(whole.into());
                }
            }
            (Kind::Integer | Kind::Double | Kind::Boolean, Value::String(text)) => {
                if let Some(read) = self.read_text(kind, text.trim(), path) {
                    return Some(read);
                }
            }
            _ => {}
        }
        self.refuse(kind, &value, path);
        None
    }

    fn read_text(&mut self, kind: Kind, text: &str, path: &Path) -> Option<Value> {
        let read = match kind {
            Kind::Integer => text.parse::<i64>().ok().map(Value::from),
            Kind::Double => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
            _ => boolean(text).map(Value::from),
        }?;
        if kind == Kind::Boolean {
            self.tell("BooleanAsString", "is written as a string; it is read as true or false", path);
        } else {
            self.tell("NumberAsString", "is written as a string; it is read as a number", path);
        }
        Some(read)
    }

    fn only_known(&mut self, known: &Vocabulary, members: &mut Map<String, Value>, path: &Path) {
        members.retain(|key, _| {
            let keep = known.contains_key(key);
            if !keep {
                vocabulary::unknown(known, key, &path.key(key), self.findings);
                if !vocabulary::is_comment(key) {
                    self.open.get_or_insert_with(|| format!("UnknownField: `{key}` is not known here"));
                }
            }
            keep
        });
    }

    fn tell(&mut self, code: &str, message: &str, path: &Path) {
        // CloudFormation takes it: its parameters are all texts
        if self.from_template {
            return;
        }
        self.findings.info(path, Class::Exact, code, format!("the value {message}, and ECS would refuse it"));
    }

    /// What a template does not tell
    fn gap(&mut self, entry: &Entry, why: &str, path: &Path) {
        let message = format!("not known from the template: {why}");
        self.leave_open(path, entry.row.class, "UnknownValue", vocabulary::absence(entry), &message);
    }

    fn refuse(&mut self, kind: Kind, value: &Value, path: &Path) {
        if !self.from_template && !value.is_string() {
            placeholder::check_all(value, path, self.findings);
        }
        let message = vocabulary::wrong_type(kind, value);
        self.leave_open(path, Class::Unsupported, "InvalidValue", Severity::Block, &message);
    }

    /// A value is taken out: a finding, and a mark in the structure around it
    fn leave_open(&mut self, path: &Path, class: Class, code: &str, severity: Severity, message: &str) {
        self.findings.add(path, class, code, severity, message);
        self.open.get_or_insert_with(|| format!("{code}: {message}"));
    }
}

/// Takes the marks out of a structure that the API server keeps no unknown member of; the first one's reason
fn marks_taken(members: &mut Map<String, Value>) -> Option<String> {
    let marks: Vec<String> = members.keys().filter(|key| hole::marked(key).is_some()).cloned().collect();
    let taken: Vec<Value> = marks.iter().filter_map(|mark| members.remove(mark)).collect();
    let own = taken.iter().find_map(Value::as_str).map(str::to_owned);
    let below = members.values_mut().filter_map(|value| match value {
        Value::Object(members) => marks_taken(members),
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).filter_map(marks_taken).last(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    });
    let below = below.last();
    own.or(below)
}

/// `yes` and `no` are booleans in CloudFormation's YAML
fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// `80.0` is 80
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok())?
}
