//! Any text, as a file or standard input brings it: it is read, converted and rendered, or refused.

use ecs_core::render::{Options, render};
use ecs_core::wire::{self, Parameters};

use super::yaml::assert_reads_as_written;
use crate::finding::assert_sound;

pub(crate) fn check(data: &[u8]) {
    let text = super::text(data);
    let given = Parameters::parse(["P=1", "AWS::Region=eu-west-1", "Role.Arn=arn:aws:iam::1:role/r"]).unwrap();
    let Ok(documents) = wire::read_with(&text, &given) else { return };
    let converted = wire::convert(&text, &given, None).unwrap();
    assert_eq!(converted.documents.len(), documents.len(), "read and convert see the same documents");
    for document in &converted.documents {
        assert_sound(&document.findings);
        assert!(
            document.object.is_some() || !document.findings.is_empty(),
            "neither an object nor a reason: {document:?}"
        );
        if let Some(object) = &document.object {
            assert_reads_as_written(object);
        }
    }
    let rendered = render(documents, &Options::default());
    assert_sound(rendered.findings.iter().map(|located| &located.finding));
}
