//! What a container runs: image, entry point, environment.
//!
//! *Not here*: dollar escaping (`translate`); and no value of the environment in any message.

use ecs_crds::ecs::KeyValuePair;
use ecs_crds::status::Class;

use super::report::{Report, each, said};
use crate::findings::Path;
use crate::model::task::Variable;

/// `image`, with `versionConsistency`
pub(super) fn image(path: &Path, image: Option<&String>, consistency: Option<&String>, report: &mut Report) -> String {
    let pins =
        report.choice(&path.key("versionConsistency"), said(consistency), &[("enabled", true), ("disabled", false)]);
    let at = path.key("image");
    let Some(image) = said(image).map(str::trim).filter(|image| !image.is_empty()) else {
        report.block(&at, "ImageRequired", "`image` is missing; name the image to run");
        return String::new();
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-/:@+#".contains(c);
    match image.split_once('@') {
        _ if !image.chars().all(legal) => report.invalid(&at, format!("`{image}` is no image name; fill in its parts")),
        Some((_, digest)) if !is_digest(digest) => {
            report.invalid(&at, format!("`{digest}` is no digest; write sha256: and 64 hex digits"));
        }
        Some(_) => {}
        None if pins.unwrap_or(true) => report.info(
            &at,
            Class::Approximate,
            "TagNotPinned",
            "ECS resolves a tag once per deployment; here every start pulls what the tag names then; write a digest to pin",
        ),
        None => {}
    }
    image.to_owned()
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `entryPoint`; an empty list is none
pub(super) fn entry_point(path: &Path, list: Option<&Vec<String>>, report: &mut Report) -> Vec<String> {
    let list = list.cloned().unwrap_or_default();
    if list.first().is_some_and(String::is_empty) {
        report.block(
            path,
            "InvalidEntryPoint",
            "the program of the entry point is empty; name it, or remove the entry point",
        );
        return Vec::new();
    }
    list
}

/// The name of a variable, plain or secret; what is no name is a finding
pub(super) fn variable_name<'a>(at: &Path, name: Option<&'a String>, report: &mut Report) -> Option<&'a str> {
    let Some(name) = said(name) else {
        report.required(at, "name");
        return None;
    };
    if !name.bytes().all(|b| (b == b' ' || b.is_ascii_graphic()) && b != b'=') {
        let message = "a variable's name has printable ASCII characters but no `=`; rename it";
        report.block(&at.key("name"), "InvalidEnvironmentName", message);
        return None;
    }
    Some(name)
}

/// `environment`: of a name that is there twice the last value counts, as in ECS
pub(super) fn environment(path: &Path, list: Option<&Vec<KeyValuePair>>, report: &mut Report) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for (at, pair) in each(path, list) {
        let KeyValuePair { name, value, unknown: _ } = pair;
        let Some(name) = variable_name(&at, name.as_ref(), report) else { continue };
        variables.retain(|other| other.name != name);
        variables.push(Variable { name: name.to_owned(), value: value.clone().unwrap_or_default() });
    }
    variables
}
