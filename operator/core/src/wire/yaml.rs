//! YAML as JSON: several documents, merge keys, and CloudFormation's short tags in their long form (`!Ref X` is
//! `{"Ref": "X"}`).
//!
//! *Guarantees*: nothing that parses is lost; a key that is no text becomes the text that it is written as.
//!
//! *Not here*: what an expression means (`cloudformation`).

use serde::Deserialize;
use serde_json::{Map, Number, Value};
use serde_yaml_ng::Value as Yaml;

/// Tags whose long form has no `Fn::`
const PLAIN_TAGS: &[&str] = &["Ref", "Condition"];

/// The documents of a text, without empty ones
pub(super) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let mut documents = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(text) {
        let mut yaml = Yaml::deserialize(document).map_err(|error| error.to_string())?;
        yaml.apply_merge().map_err(|error| error.to_string())?;
        let value = json(yaml)?;
        if !value.is_null() {
            documents.push(value);
        }
    }
    Ok(documents)
}

fn json(yaml: Yaml) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => json_number(&number),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Mapping(members) => {
            let members = members.into_iter().map(|(name, value)| Ok((key(&name)?, json(value)?)));
            Value::Object(members.collect::<Result<Map<_, _>, String>>()?)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let name = if PLAIN_TAGS.contains(&tag) { tag.to_owned() } else { format!("Fn::{tag}") };
            Value::Object(Map::from_iter([(name, json(tagged.value)?)]))
        }
    })
}

/// Infinity and NaN are no JSON: they stay as texts, which no number field takes
fn json_number(number: &serde_yaml_ng::Number) -> Value {
    let integer = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
    integer
        .or_else(|| number.as_f64().and_then(Number::from_f64))
        .map_or_else(|| number.to_string().into(), Value::Number)
}

fn key(yaml: &Yaml) -> Result<String, String> {
    match yaml {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(flag) => Ok(flag.to_string()),
        Yaml::Null => Ok("null".to_owned()),
        Yaml::Sequence(_) | Yaml::Mapping(_) | Yaml::Tagged(_) => Err("a key of a mapping is no text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_read_as_their_long_form() {
        for (text, expected) in [
            ("!Ref X", r#"[{"Ref":"X"}]"#),
            ("!Condition X", r#"[{"Condition":"X"}]"#),
            ("a: !GetAtt X.Arn", r#"[{"a":{"Fn::GetAtt":"X.Arn"}}]"#),
            ("!Join [',', [!Ref A, b]]", r#"[{"Fn::Join":[",",[{"Ref":"A"},"b"]]}]"#),
            ("Fn::Base64: !Sub 'a${B}'", r#"[{"Fn::Base64":{"Fn::Sub":"a${B}"}}]"#),
            ("443: a\ntrue: b", r#"[{"443":"a","true":"b"}]"#),
            ("base: &b {a: 1}\nc: {<<: *b, d: 2}", r#"[{"base":{"a":1},"c":{"a":1,"d":2}}]"#),
            ("a: .nan", r#"[{"a":".nan"}]"#),
            ("---\na: 1\n---\n---\nb: 0123", r#"[{"a":1},{"b":"0123"}]"#),
        ] {
            let read = Value::Array(documents(text).unwrap());
            assert_eq!(read, serde_json::from_str::<Value>(expected).unwrap(), "{text}");
        }
    }
}
