//! CloudFormation templates, in JSON and in YAML: the two say the same, and no secret is told.

use ecs_core::wire::{self, Parameters};

use super::yaml::assert_reads_as_written;
use crate::canary::assert_untold;
use crate::finding::assert_sound;
use crate::shape::Shape;
use crate::template::template;

pub(crate) fn check(data: &[u8]) {
    let mut shape = Shape::new(data);
    let template = template(&mut shape);
    let given = if shape.one_in(2) {
        Parameters::parse(["N=3", "Queue=q", "Task.Arn=x:y/z"]).unwrap()
    } else {
        Parameters::default()
    };
    let converted = wire::convert(&template.to_string(), &given, Some("n")).unwrap();
    let mut yaml = Vec::new();
    kubectl_ecs::yaml::document(&template, &mut yaml).unwrap();
    let of_yaml = wire::convert(&String::from_utf8(yaml).unwrap(), &given, Some("n")).unwrap();
    assert_eq!(converted, of_yaml, "a template in YAML says what it says in JSON: {template}");
    for document in &converted.documents {
        assert_sound(&document.findings);
        assert_untold(&document.findings);
        assert!(
            document.object.is_some() || !document.findings.is_empty(),
            "neither an object nor a reason: {document:?}"
        );
        if let Some(object) = &document.object {
            assert_reads_as_written(object);
        }
    }
}
