//! Placeholders of programs that make documents: what has not been through ecspresso, Jinja or envsubst yet is no document of
//! ECS, and is told by the syntax that it is written in.
//!
//! *Not here*: CloudFormation's expressions, which are evaluated (`cloudformation`).

use serde_json::Value;

use ecs_crds::status::Class;

use crate::findings::{Findings, Path};

/// Members whose texts belong to the user's programs, paths and patterns, where braces and dollars may well be meant
const FREE: &[&str] = &[
    "command",
    "containerPath",
    "description",
    "dockerLabels",
    "driverOpts",
    "entryPoint",
    "environment",
    "expression",
    "healthCheck",
    "input",
    "inputTransformer",
    "labels",
    "options",
    "rootDirectory",
    "sourcePath",
    "tags",
    "workingDirectory",
];

/// What a placeholder is found as
pub(super) const CODE: &str = "TemplateSyntax";

/// What to say of a placeholder in a text of ECS's own; none where there is none
pub(super) fn found(text: &str, path: &Path) -> Option<String> {
    let free = || path.to_string().split('/').any(|segment| FREE.contains(&segment));
    let syntax = syntax(text).filter(|_| !free())?;
    Some(format!("a placeholder, {syntax}, stands here; fill it in first, with the program that the document is for"))
}

/// Tells of the placeholders in a value that is refused as a whole
pub(super) fn check_all(value: &Value, path: &Path, findings: &mut Findings) {
    match value {
        Value::String(text) => {
            if let Some(message) = found(text, path) {
                findings.block(path, Class::Unsupported, CODE, message);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| check_all(item, &path.index(index), findings));
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| check_all(member, &path.key(key), findings));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What to add to the message about a text that does not parse
pub(super) fn hint(text: &str) -> String {
    let marked = ["{{", "{%", "<%", "$$", "${"].iter().any(|mark| text.contains(mark)) || bare(text);
    if marked { held(text) } else { String::new() }
}

/// What to add to the message about a document that is none of ECS's
pub(super) fn held(text: &str) -> String {
    match syntax(text) {
        Some(syntax) => {
            format!("; it holds placeholders, {syntax}: run the program that the document is written for first")
        }
        None => String::new(),
    }
}

/// Whether a document that begins like JSON has a bare `$NAME` for a value: YAML would read it as a text
pub(super) fn bare(text: &str) -> bool {
    text.match_indices(": $").any(|(at, mark)| {
        text.get(at + mark.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
            && text.get(..at).is_some_and(|before| before.ends_with('"'))
    })
}

/// The syntax of the first placeholder
fn syntax(text: &str) -> Option<&'static str> {
    let between = |open: &str, close: &str| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close));
    if between("{{", "}}") {
        return Some("`{{ … }}` as in Go templates, ecspresso and Jinja");
    }
    if between("{%", "%}") {
        return Some("`{% … %}` as in Jinja");
    }
    if between("<%", "%>") {
        return Some("`<% … %>` as in ERB");
    }
    if between("${", "}") {
        return Some("`${…}` as in shells, envsubst and Terraform");
    }
    if text.split('<').skip(1).any(is_name) {
        return Some("`<NAME>` as in CodePipeline");
    }
    let is_variable = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase());
    text.split('$').skip(1).any(is_variable).then_some("`$NAME` as in shells and envsubst")
}

/// What follows a `<` and is a name in capitals up to its `>`
fn is_name(rest: &str) -> bool {
    rest.split_once('>').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_told_by_its_syntax_where_it_cannot_be_meant() {
        for (path, text, found) in [
            ("image", "{{ must_env `IMAGE` }}", true),
            ("image", "<IMAGE1_NAME>", true),
            ("executionRoleArn", "${ROLE}", true),
            ("image", "<% image %>", true),
            ("family", "{% if x %}a{% endif %}", true),
            ("image", "example.com/web:1@sha256:0", false),
            ("image", "<image>", false),
            ("family", "a<b", false),
            ("family", "load-test-$INPUT", true),
            ("family", "$home {", false),
            ("environment", "${HOME}", false),
            ("command", "{{ x }}", false),
            ("options", "{{.Name}}", false),
        ] {
            assert_eq!(super::found(text, &Path::root().key(path)).is_some(), found, "{path}: {text}");
        }
    }

    #[test]
    fn a_bare_name_for_a_value_of_json_is_a_placeholder() {
        for (text, found) in [
            (r#"{"a": $NAME}"#, true),
            (r#"{"a": "$NAME"}"#, false),
            (r#"{"a": "b: $NAME"}"#, false),
            ("a: $NAME", false),
        ] {
            assert_eq!(bare(text), found, "{text}");
        }
    }
}
