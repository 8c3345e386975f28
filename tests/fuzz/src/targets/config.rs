//! The administrator's configuration and the names of capabilities: read or refused, the same when written again, and whatever
//! it says, documents are rendered by it.

use ecs_core::config::{Capabilities, OperatorConfig};
use ecs_core::render::{Options, render};
use ecs_core::wire;

use crate::finding::assert_sound;

const DOCUMENTS: &str = include_str!("../../../golden/volumes-of-every-kind/input.json");

pub(crate) fn check(data: &[u8]) {
    let text = super::text(data);
    let _ = Capabilities::named(&text.split(',').collect::<Vec<_>>());
    let Ok(config) = serde_yaml_ng::from_str::<OperatorConfig>(&text) else { return };
    let written = serde_yaml_ng::to_string(&config).unwrap();
    assert_eq!(serde_yaml_ng::from_str::<OperatorConfig>(&written).unwrap(), config, "{written}");
    let mut options = Options::default();
    options.context.config = config;
    for namespace in ["default", "shop-a"] {
        options.namespace = namespace.to_owned();
        let rendered = render(wire::read(DOCUMENTS).unwrap(), &options);
        assert_sound(rendered.findings.iter().map(|located| &located.finding));
    }
}
