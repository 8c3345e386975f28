//! Reading what people write where ECS is stricter: numbers as strings, strings as numbers, PascalCase.
//!
//! *Guarantees*: what comes out has the types of the support table, so typed reading cannot fail on it; what does not fit is
//! taken out and a Block finding by path.
//!
//! *Not here*: unknown members of ECS structures, which stay for `check` to judge.

use serde_json::{Map, Number, Value};

use ecs_crds::status::Class;

use crate::check::vocabulary;
use crate::findings::{Findings, Path};
use crate::support::{Entry, Kind, Spec, Vocabulary};

/// Members that are ours alone and strict: an unknown one would be lost in typed reading
const STRICT: &[&str] = &["kubernetes"];

/// A spec with the types of the support table
pub(super) fn read(spec: Spec, value: Value, findings: &mut Findings) -> Value {
    let mut reader = Reader { pascal: false, findings };
    let Value::Object(members) = value else {
        reader.refuse(Kind::Structure, &value, &Path::root());
        return Value::Object(Map::new());
    };
    let members = reader.structure(spec.vocabulary(), members, &Path::root());
    if reader.pascal {
        findings.info(
            &Path::root(),
            Class::Exact,
            "PascalCase",
            "members are spelt in PascalCase, as CloudFormation does; they are read in lowerCamelCase",
        );
    }
    Value::Object(members)
}

struct Reader<'a> {
    pascal: bool,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn structure(&mut self, known: &Vocabulary, members: Map<String, Value>, path: &Path) -> Map<String, Value> {
        let mut read = Map::new();
        for (key, value) in members {
            let key = self.spelling(known, key);
            match known.get(&key) {
                Some(entry) => {
                    let path = path.key(&key);
                    if let Some(value) = self.value(entry, entry.row.field.kind, value, &path) {
                        read.insert(key, value);
                    }
                }
                None => {
                    read.insert(key, value);
                }
            }
        }
        read
    }

    /// `ContainerDefinitions` is `containerDefinitions` where the latter is known
    fn spelling(&mut self, known: &Vocabulary, key: String) -> String {
        let mut letters = key.chars();
        match letters.next() {
            Some(first) if first.is_uppercase() && !known.contains_key(&key) => {
                let respelt: String = first.to_lowercase().chain(letters).collect();
                if known.contains_key(&respelt) {
                    self.pascal = true;
                    return respelt;
                }
                key
            }
            _ => key,
        }
    }

    fn value(&mut self, entry: &Entry, kind: Kind, value: Value, path: &Path) -> Option<Value> {
        match (kind, value) {
            (_, Value::Null) => Some(Value::Null),
            (Kind::Json, value) => Some(value),
            (Kind::Structure, Value::Object(mut members)) => {
                if STRICT.contains(&entry.row.path) {
                    self.only_known(&entry.members, &mut members, path);
                }
                Some(Value::Object(self.structure(&entry.members, members, path)))
            }
            (Kind::Map, Value::Object(members)) => Some(self.map(members, path)),
            (kind, Value::Array(items)) if kind.element().is_some() => Some(self.list(entry, kind, items, path)),
            (kind, value) => self.scalar(kind, value, path),
        }
    }

    fn list(&mut self, entry: &Entry, kind: Kind, items: Vec<Value>, path: &Path) -> Value {
        let element = kind.element().unwrap_or(Kind::Json);
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = path.index(index);
            if item.is_null() {
                self.refuse(element, &item, &path);
            } else if let Some(item) = self.value(entry, element, item, &path) {
                read.push(item);
            }
        }
        Value::Array(read)
    }

    fn map(&mut self, members: Map<String, Value>, path: &Path) -> Value {
        let mut read = Map::new();
        for (key, value) in members {
            let path = path.key(&key);
            if value.is_null() {
                self.refuse(Kind::Text, &value, &path);
            } else if let Some(value) = self.scalar(Kind::Text, value, &path) {
                read.insert(key, value);
            }
        }
        Value::Object(read)
    }

    fn scalar(&mut self, kind: Kind, value: Value, path: &Path) -> Option<Value> {
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
            _ => text.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
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
            }
            keep
        });
    }

    fn tell(&mut self, code: &str, message: &str, path: &Path) {
        self.findings.info(path, Class::Exact, code, format!("the value {message}, and ECS would refuse it"));
    }

    fn refuse(&mut self, kind: Kind, value: &Value, path: &Path) {
        self.findings.block(path, Class::Unsupported, "InvalidValue", vocabulary::wrong_type(kind, value));
    }
}

/// `80.0` is 80
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok())?
}
