//! ECS → objects of ours → ECS → objects of ours: converting is the identity on what it made, and export loses nothing.

use ecs_core::wire::canonical;
use ecs_core::wire::{self, Content, Document, Parameters, export};
use ecs_crds::status::Severity;
use serde_json::Value;

use crate::canary::assert_untold;
use crate::finding::assert_sound;
use crate::shape::Shape;

pub(crate) fn check(data: &[u8]) {
    let document = Shape::new(data).document();
    let converted = wire::convert(&document.to_string(), &Parameters::default(), Some("n")).unwrap();
    for made in &converted.documents {
        assert_sound(&made.findings);
        assert_untold(&made.findings);
        let Some(object) = &made.object else {
            assert!(made.findings.iter().any(|finding| finding.severity == Severity::Block), "no reason: {document}");
            continue;
        };
        let again = wire::convert(&object.to_string(), &Parameters::default(), None).unwrap();
        let object_again = again.documents.first().and_then(|made| made.object.as_ref());
        assert_eq!(object_again, Some(object), "an object of ours converts to itself: {document}");
        if made.findings.iter().all(|finding| finding.severity != Severity::Block) {
            round_trip(object, &made.name);
        }
    }
}

/// What ECS is told of an object says what the object says
fn round_trip(object: &Value, name: &str) {
    let before = read(object);
    let name = before.ecs_name().unwrap_or(name).to_owned();
    let (calls, findings) = export(before.clone());
    assert_untold(&findings);
    let inputs: Vec<String> = calls.iter().map(|call| call.input.to_string()).collect();
    let after = wire::read(&inputs.join("\n")).unwrap();
    let [after] = &after[..] else { panic!("one object became {} documents: {inputs:?}", after.len()) };
    // A call of RunTask has no name
    if !matches!(before.content, Content::EcsTask(_)) {
        assert_eq!(after.ecs_name(), Some(name.as_str()), "{object}");
    }
    if let (Content::TaskDefinition(before), Content::TaskDefinition(after)) = (&before.content, &after.content) {
        assert_eq!(canonical::task_definition(before), canonical::task_definition(after), "{inputs:?}");
    }
    // What was exported once is exported the same again, tags and members of ours and all
    let (again, _) = export(after.clone());
    assert_eq!(calls, again, "{object}");
}

fn read(object: &Value) -> Document {
    wire::read(&object.to_string()).unwrap().remove(0)
}
