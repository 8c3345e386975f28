//! What a person sees.

use serde_json::json;

use ecs_core::render::ObjectRef;
use ecs_crds::status::{Class, Finding};

use super::*;

fn located(severity: Severity, path: &str, code: &str, message: &str) -> Located {
    Located {
        finding: Finding {
            path: path.to_owned(),
            class: Class::Unsupported,
            code: code.to_owned(),
            severity,
            message: message.to_owned(),
        },
        object: ObjectRef { kind: "TaskDefinition".to_owned(), name: "web".to_owned() },
    }
}

#[test]
fn findings_stand_under_their_object_the_gravest_first() {
    let long =
        "a message that is so long that it does not fit into one line of a hundred columns and goes on in the next one";
    let rendered = Rendered {
        objects: vec![json!({})],
        findings: vec![located(Severity::Info, "", "Small", "short"), located(Severity::Block, "/a/0", "Big", long)],
    };
    let mut out = Vec::new();
    findings(&rendered, &mut out, Paint::none()).unwrap();
    let expected = "\
TaskDefinition web
  BLOCK  /a/0  Big
         a message that is so long that it does not fit into one line of a hundred columns and goes
         on in the next one
  info   /  Small
         short

refused: 1 finding to resolve, or to accept with --accept CODE; 1 object rendered; 0 warn, 1 info
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}
