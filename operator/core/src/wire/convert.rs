//! `convert`: whatever people have → objects of ours, ready to be kept and applied.
//!
//! *Guarantees*: one entry per document that was read, with an object or a finding that tells why there is none. A finding
//! never quotes a value.
//!
//! *Not here*: files, formats, exit codes; what an object becomes in a cluster (`render`).

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use ecs_crds::status::{Class, Finding, Severity};
use ecs_crds::{GROUP, VERSION};

use super::parameters::Parameters;
use super::{Content, Document, LeftOut, ReadError, read_with};
use crate::check::vocabulary;
use crate::findings::{Findings, Path};
use crate::names::{CRON_JOB_MAX, LABEL_MAX, k8s_name};
use crate::support::Spec;
use crate::values::revision_ref::RevisionRef;

/// What of the words of a spec is told here: what ECS refuses too. How the rest is translated is told where it is applied
const REFUSALS: &[&str] = &["UnknownField", "RequiredField", "InvalidValue", "CommentIgnored", "ReadOnlyField"];

/// What a text was converted to
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Converted {
    /// In the order in which they were read
    pub documents: Vec<ConvertedDocument>,
}

/// A document of ECS, and the object of ours that says the same
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConvertedDocument {
    /// The kind of the object; `Document` where there is none
    pub kind: String,
    /// The name of the object; of what is refused, its name in the template or its number
    pub name: String,
    /// The object; none where the findings tell why not
    pub object: Option<Value>,
    /// What was found: sorted by path
    pub findings: Vec<Finding>,
}

impl Converted {
    /// The gravest severity found
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.documents.iter().flat_map(|document| &document.findings).map(|finding| finding.severity).max()
    }
}

/// Converts a text as [`super::read_with`] reads it; objects that name no namespace get `namespace`
///
/// # Errors
///
/// Where the text is neither JSON nor YAML. Everything else is a finding of its document.
pub fn convert(text: &str, given: &Parameters, namespace: Option<&str>) -> Result<Converted, ReadError> {
    Ok(converted(read_with(text, given)?, namespace))
}

/// Converts documents that were read; objects that name no namespace get `namespace`
#[must_use]
pub fn converted(documents: Vec<Document>, namespace: Option<&str>) -> Converted {
    let mut taken = BTreeSet::new();
    let documents = documents.into_iter().enumerate();
    let documents = documents.map(|(index, document)| of(document, index + 1, namespace, &mut taken)).collect();
    Converted { documents }
}

fn of(
    document: Document,
    number: usize,
    namespace: Option<&str>,
    taken: &mut BTreeSet<(&'static str, String)>,
) -> ConvertedDocument {
    let ecs_name = document.ecs_name().map(str::to_owned);
    let Document { name, namespace: own_namespace, annotations, is_object, content, mut findings, left_out } = document;
    let (spec, kind, value) = match content {
        Content::TaskDefinition(spec) => (Spec::TaskDefinition, "TaskDefinition", serde_json::to_value(spec)),
        Content::EcsService(spec) => (Spec::EcsService, "EcsService", serde_json::to_value(spec)),
        Content::ScheduledTask(spec) => (Spec::ScheduledTask, "ScheduledTask", serde_json::to_value(spec)),
        Content::EcsTask(spec) => (Spec::EcsTask, "EcsTask", serde_json::to_value(spec)),
        Content::Refused => {
            let (kind, name) = ("Document".to_owned(), name.unwrap_or_else(|| number.to_string()));
            return ConvertedDocument { kind, name, object: None, findings: findings.into_iter().collect() };
        }
    };
    let mut value = value.unwrap_or_default();
    words(spec, &value, &left_out, &mut findings);
    pinned(spec, &value, is_object, &mut findings);
    if let Value::Object(members) = &mut value {
        // Told as findings; they would only be in the way
        members.retain(|member, _| !vocabulary::read_only(spec).contains(&member.as_str()));
    }
    let max = if spec == Spec::ScheduledTask { CRON_JOB_MAX } else { LABEL_MAX };
    let name = name.or_else(|| Some(k8s_name(&ecs_name?, max)));
    let name = name.unwrap_or_else(|| made_up(spec, &value, number, &mut findings));
    if !taken.insert((kind, name.clone())) {
        let message = "another document before it has this name; applied together, this one replaces it";
        findings.warn(&Path::root(), Class::Approximate, "NameTwice", message);
    }
    let mut metadata = Map::from_iter([("name".to_owned(), json!(name))]);
    if let Some(namespace) = own_namespace.as_deref().or(namespace) {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    if !annotations.is_empty() {
        metadata.insert("annotations".to_owned(), json!(annotations));
    }
    let object =
        json!({ "apiVersion": format!("{GROUP}/{VERSION}"), "kind": kind, "metadata": metadata, "spec": value });
    ConvertedDocument { kind: kind.to_owned(), name, object: Some(object), findings: findings.into_iter().collect() }
}

/// What ECS refuses, once for each place
fn words(spec: Spec, value: &Value, left_out: &LeftOut, findings: &mut Findings) {
    let told: BTreeSet<String> = findings.iter().map(|finding| finding.path.clone()).collect();
    let mut found = Findings::default();
    vocabulary::check(spec, value, &mut found);
    let refused = |f: &Finding| REFUSALS.contains(&f.code.as_str()) || vocabulary::is_left_open(f, value);
    let found: Findings = found.into_iter().filter(refused).collect();
    let is_told = |f: &Finding| told.iter().any(|told| told == &f.path || told.starts_with(&format!("{}/", f.path)));
    findings.extend(left_out.restored(found).into_iter().filter(|f| !is_told(f)).collect());
}

/// A number of ECS's is none of ours: revisions are numbered here as they are made
fn pinned(spec: Spec, value: &Value, is_object: bool, findings: &mut Findings) {
    let (at, path) = match spec {
        Spec::TaskDefinition => return,
        Spec::EcsService | Spec::EcsTask => ("/taskDefinition", Path::root().key("taskDefinition")),
        Spec::ScheduledTask => ("/task/taskDefinition", Path::root().key("task").key("taskDefinition")),
    };
    let reference = value.pointer(at).and_then(Value::as_str).and_then(|text| text.parse::<RevisionRef>().ok());
    if let Some(RevisionRef { family, revision: Some(revision), .. }) = reference
        && !is_object
    {
        let message = format!(
            "`{family}:{revision}` is ECS's number, and here revisions are numbered as they are made, from 1; write `{family}` to \
             follow the newest one, or the number that it has here"
        );
        findings.warn(&path, Class::Approximate, "RevisionOfEcs", message);
    }
}

/// An object needs a name: that of what it runs
fn made_up(spec: Spec, value: &Value, number: usize, findings: &mut Findings) -> String {
    let (member, runs) = match spec {
        Spec::TaskDefinition => ("family", value.pointer("/containerDefinitions/0/name")),
        Spec::EcsService => ("serviceName", value.pointer("/taskDefinition")),
        Spec::ScheduledTask => ("name", value.pointer("/task/taskDefinition")),
        Spec::EcsTask => ("taskDefinition", value.pointer("/taskDefinition")),
    };
    let runs = runs.and_then(Value::as_str).and_then(|name| name.rsplit('/').next()).and_then(|n| n.split(':').next());
    let name = runs.filter(|name| !name.is_empty()).map_or_else(|| format!("unnamed-{number}"), str::to_owned);
    let name = k8s_name(&name, CRON_JOB_MAX);
    let message = match spec {
        Spec::EcsTask => format!("a call has no name; the object is called `{name}`, give it another for each call"),
        _ => format!("the document has no name; the object is called `{name}`, and so will ECS's counterpart be"),
    };
    findings.info(&Path::root().key(member), Class::Approximate, "NameMadeUp", message);
    name
}

#[cfg(test)]
mod tests;
