//! What must hold for a finding whatever it is about.

use ecs_crds::status::Finding;
use serde_json::Value;

/// Findings are sentences about a place that is there, or could be
pub(crate) fn assert_sound<'a>(findings: impl IntoIterator<Item = &'a Finding>) {
    for finding in findings {
        let Finding { path, class: _, code, severity: _, message } = finding;
        assert!(path.is_empty() || path.starts_with('/'), "no JSON pointer: {finding:?}");
        assert!(code.chars().all(|c| c.is_ascii_alphanumeric()) && !code.is_empty(), "no code: {finding:?}");
        assert!(!message.trim().is_empty() && !message.ends_with('.'), "no message: {finding:?}");
    }
}

/// Findings point into the document: at something, or at a member that an object of it lacks
pub(crate) fn assert_points_into<'a>(findings: impl IntoIterator<Item = &'a Finding>, document: &Value) {
    for finding in findings {
        let parent = finding.path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let there = document.pointer(&finding.path).is_some() || document.pointer(parent).is_some_and(Value::is_object);
        assert!(there, "a finding points nowhere: {finding:?} in {document}");
    }
}
