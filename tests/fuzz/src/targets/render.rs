//! Documents of every kind together → objects: nothing panics, nothing is lost in silence, no secret is told, the same input
//! gives the same output, and what comes out has names that Kubernetes takes.

use std::collections::BTreeSet;

use ecs_core::config::Capabilities;
use ecs_core::render::{LoneTask, Options, Rendered, render};
use ecs_core::wire;
use ecs_crds::status::Severity;
use serde_json::Value;

use super::is_object_name;
use super::yaml::assert_reads_as_written;
use crate::canary::assert_untold;
use crate::finding::{assert_points_into, assert_sound};
use crate::shape::Shape;

pub(crate) fn check(data: &[u8]) {
    let mut shape = Shape::new(data);
    let mut options = options(&mut shape);
    let documents: Vec<Value> = (0..=shape.below(3)).map(|_| shape.document()).collect();
    let text = Value::from(documents.clone()).to_string();
    let first = rendered(&text, &options);
    if let ([document], [located, ..]) = (&documents[..], &first.findings[..])
        && document["kind"] == located.object.kind.as_str()
        && !lists_with_refused_items(&first)
    {
        assert_points_into(first.findings.iter().map(|located| &located.finding), &document["spec"]);
    }
    // Whatever the first look blocks is accepted, so that most documents get as far as objects
    options.accept = first.findings.iter().map(|located| located.finding.code.clone()).collect();
    rendered(&text, &options);
}

fn rendered(text: &str, options: &Options) -> Rendered {
    let read = || wire::read(text).unwrap();
    let rendered = render(read(), options);
    assert_eq!(rendered, render(read(), options), "the same input, another output: {text}");
    let findings = || rendered.findings.iter().map(|located| &located.finding);
    assert_sound(findings());
    assert_untold(findings());
    let blocked = findings().any(|finding| finding.severity == Severity::Block);
    assert!(!rendered.objects.is_empty() || blocked || options_hide(&rendered), "neither objects nor a reason: {text}");
    let mut names = BTreeSet::new();
    for object in &rendered.objects {
        assert_reads_as_written(object);
        let word = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = (word("/kind"), word("/metadata/name"));
        assert!(!word("/apiVersion").is_empty() && !kind.is_empty(), "no object: {object}");
        assert!(is_object_name(name), "`{name}` is no name of an object: {text}");
        let place =
            (word("/apiVersion").to_owned(), kind.to_owned(), word("/metadata/namespace").to_owned(), name.to_owned());
        assert!(names.insert(place), "{kind} {name} comes twice: {text}");
    }
    rendered
}

/// Items that are refused for their type are taken out, and what is found later counts without them
fn lists_with_refused_items(rendered: &Rendered) -> bool {
    let item = |path: &str| path.rsplit('/').next().is_some_and(|last| last.parse::<usize>().is_ok());
    rendered.findings.iter().any(|located| located.finding.code == "InvalidValue" && item(&located.finding.path))
}

/// A schedule that does not fire now and a task that is held have no objects, and say so
fn options_hide(rendered: &Rendered) -> bool {
    let rests = |code: &str| ["ScheduleNotActive", "TaskNotStarted"].contains(&code);
    rendered.findings.iter().any(|located| rests(&located.finding.code))
}

fn options(shape: &mut Shape<'_>) -> Options {
    let mut flag = || shape.one_in(2);
    let capabilities = Capabilities {
        pod_resources: flag(),
        container_restart_rules: flag(),
        restart_all_containers: flag(),
        hostname_override: flag(),
        external_secrets: flag(),
        secrets_store_csi: flag(),
        target_group_bindings: flag(),
        gateway_api: flag(),
        volume_snapshots: flag(),
        security_group_policies: flag(),
        hpa_tolerance: flag(),
        hpa_scale_to_zero: flag(),
    };
    let mut options = Options {
        lone_task: if flag() { LoneTask::Task } else { LoneTask::Service },
        revisions: flag(),
        ..Options::default()
    };
    options.context.capabilities = capabilities;
    options
}
