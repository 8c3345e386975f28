//! The cluster query language: read or refused with a place, and what is read is placed or told.

use ecs_core::render::{Options, render};
use ecs_core::values::cluster_query::Expression;
use ecs_core::wire;
use serde_json::json;

use crate::finding::assert_sound;

pub(crate) fn check(data: &[u8]) {
    let text = super::text(data);
    if let Err(error) = text.parse::<Expression>() {
        assert!((1..=text.chars().count() + 1).contains(&error.at), "{error} is no place in {text:?}");
    }
    let task = json!({
        "family": "a", "containerDefinitions": [{ "name": "a", "image": "i", "memory": 64 }],
        "placementConstraints": [{ "type": "memberOf", "expression": text }],
    });
    let rendered = render(wire::read(&task.to_string()).unwrap(), &Options::default());
    assert_sound(rendered.findings.iter().map(|located| &located.finding));
}
