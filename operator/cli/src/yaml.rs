//! JSON values as YAML that every reader takes for the same.
//!
//! kubectl reads YAML 1.1, in which `no`, `off` and `y` are booleans and `12:30` is a number; common writers write YAML 1.2
//! and leave such texts bare. Here a text is bare only where no reader can take it for anything else.

use std::io::{self, Write};

use serde_json::Value;

/// What YAML 1.1 or 1.2 takes for something other than text, in lower case
const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"];
/// The units after a number that make it a text: quantities
const UNITS: &[&str] = &["m", "Ki", "Mi", "Gi", "Ti"];

/// Writes a value as one YAML document
pub fn document(value: &Value, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "---")?;
    match value {
        Value::Object(_) | Value::Array(_) if !is_empty(value) => block(value, 0, out),
        value => writeln!(out, "{}", flow(value)),
    }
}

/// A non-empty object or list on lines of its own
fn block(value: &Value, indent: usize, out: &mut impl Write) -> io::Result<()> {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(members) => {
            for (index, (key, value)) in members.iter().enumerate() {
                // The first member stands on the line of the list's dash
                let pad = if index == 0 { "" } else { &pad };
                write!(out, "{pad}{}:", text(key))?;
                member(value, indent, out)?;
            }
            Ok(())
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let pad = if index == 0 { "" } else { &pad };
                write!(out, "{pad}- ")?;
                if is_empty(item) { writeln!(out, "{}", flow(item))? } else { block(item, indent + 2, out)? }
            }
            Ok(())
        }
        scalar => writeln!(out, "{}", flow(scalar)),
    }
}

fn member(value: &Value, indent: usize, out: &mut impl Write) -> io::Result<()> {
    match value {
        Value::Object(_) if !is_empty(value) => {
            write!(out, "\n{}", " ".repeat(indent + 2))?;
            block(value, indent + 2, out)
        }
        Value::Array(_) if !is_empty(value) => {
            write!(out, "\n{}", " ".repeat(indent))?;
            block(value, indent, out)
        }
        value => writeln!(out, " {}", flow(value)),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A value on one line
fn flow(value: &Value) -> String {
    match value {
        Value::String(value) => text(value),
        // JSON is YAML
        value => value.to_string(),
    }
}

fn text(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { quoted(value) }
}

/// As JSON, which leaves some characters bare that YAML does not allow
fn quoted(value: &str) -> String {
    let json = Value::from(value).to_string();
    let mut quoted = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            quoted.push(c);
        }
    }
    quoted
}

/// Whether a text can stand bare
fn is_plain(value: &str) -> bool {
    let number = UNITS.iter().find_map(|unit| value.strip_suffix(unit));
    if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())) {
        return true;
    }
    let starts = value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let inner = value.chars().all(|c| c.is_ascii_alphanumeric() || "_./:-@%".contains(c));
    starts && inner && !value.ends_with(':') && !WORDS.contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: &Value) -> String {
        let mut out = Vec::new();
        document(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn documents_read_like_kubectl_writes_them() {
        let value = json!({
            "apiVersion": "v1",
            "empty": [], "none": {}, "nothing": null,
            "spec": { "containers": [{ "image": "nginx:1", "name": "a", "args": ["-c", "x: y"] }], "n": 3, "q": "250m" },
        });
        let expected = "---\napiVersion: v1\nempty: []\nnone: {}\nnothing: null\nspec:\n  containers:\n  - args:\n    - \"-c\"\n    - \"x: y\"\n    image: nginx:1\n    name: a\n  \"n\": 3\n  q: 250m\n";
        assert_eq!(written(&value), expected.replace("\nnone:", "\n\"none\":"));
    }

    #[test]
    fn what_is_written_reads_as_what_it_was() {
        let value = json!({
            "a": [[1, [2, {}]], [], { "x": [{ "y": { "z": [null, true, 1.5, -3] } }] }],
            "texts": ["no", "1e3", "", " a ", "a\nb\tc\\\"", "ü\u{7f}\u{85}", "#", "a #b", "- a", "key: v", "%d", "@", "`", "!x", "&a", "*a"],
            "a key: with": { "": "" },
        });
        assert_eq!(serde_yaml_ng::from_str::<Value>(&written(&value)).unwrap(), value);
    }

    #[test]
    fn texts_that_a_reader_could_take_for_something_else_are_quoted() {
        for text in [
            "no",
            "Off",
            "y",
            "1e3",
            "0x1f",
            "1_000",
            "null",
            "~",
            "12:30:45",
            "2026-01-01",
            "",
            "010",
            "-",
            "=",
            "<<",
            ".5",
            "a:",
        ] {
            assert_eq!(written(&json!(text)), format!("---\n{}\n", Value::from(text)));
        }
        for text in ["nginx:1.27", "/bin/sh", "web-1", "Always", "500m", "128Mi", "a@sha256:ab"] {
            assert_eq!(written(&json!(text)), format!("---\n{text}\n"));
        }
    }
}
