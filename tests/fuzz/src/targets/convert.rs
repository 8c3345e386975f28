//! ECS → objects of ours → ECS → objects of ours: converting is the identity on what it made, and export loses nothing.

use ecs_core::wire::canonical;
use ecs_core::wire::{self, Content, Document, Parameters, export};
use ecs_crds::status::Severity;
use ecs_crds::{EcsServiceSpec, ScheduledTaskSpec};
use serde_json::{Value, json};

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
    let told = findings.iter().any(|finding| finding.severity != Severity::Info);
    let inputs: Vec<String> = calls.iter().map(|call| call.input.to_string()).collect();
    let after = wire::read(&inputs.join("\n")).unwrap();
    let [after] = &after[..] else { panic!("one object became {} documents: {inputs:?}", after.len()) };
    // A call of RunTask has no name
    if !matches!(before.content, Content::EcsTask(_)) {
        assert_eq!(after.ecs_name(), Some(name.as_str()), "{object}");
    }
    // What an API cannot be told is a finding; everything else comes back
    if !told {
        assert_eq!(canonical(&before, &name), canonical(after, &name), "{inputs:?}");
    }
    // What was exported once is exported the same again, tags and members of ours and all
    let (again, _) = export(after.clone());
    assert_eq!(calls, again, "{object}");
}

/// What a document says, in the form that is the same for whatever means the same; without what is ours alone and the name, by
/// which the two are known
fn canonical(document: &Document, name: &str) -> Value {
    match document.content.clone() {
        Content::TaskDefinition(spec) => canonical::task_definition(&spec),
        Content::EcsService(spec) => {
            let service_name = Some(name.to_owned());
            canonical::service(&EcsServiceSpec { kubernetes: None, service_name, ..*spec })
        }
        Content::ScheduledTask(spec) => {
            canonical::schedule(&ScheduledTaskSpec { kubernetes: None, name: Some(name.to_owned()), ..*spec })
        }
        Content::EcsTask(spec) => without_nulls(json!(spec.run)),
        Content::Refused => Value::Null,
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.into_iter().filter(|(_, value)| !value.is_null());
            said.map(|(key, value)| (key, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn read(object: &Value) -> Document {
    wire::read(&object.to_string()).unwrap().remove(0)
}
