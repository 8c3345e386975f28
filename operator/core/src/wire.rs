//! `wire`: ECS documents ⇄ specs, and the canonical form that says whether two documents mean the same.
//!
//! *Guarantees*: whatever parses is a [`Document`], with findings by path where it is not what it should be; nothing is lost
//! on the way.
//!
//! *Not here*: judgement of values (`check`), files and streams (the callers read those), translation.

pub mod canonical;
mod cloudformation;
mod convert;
mod describe;
mod events;
mod export;
pub(crate) mod hole;
mod left_out;
mod lenient;
mod parameters;
mod placeholder;
mod recognise;
mod scaling;
mod spelling;
mod yaml;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use ecs_crds::status::Class;
use ecs_crds::{EcsServiceSpec, EcsTaskSpec, ScheduledTaskSpec, TaskDefinitionSpec};

use crate::findings::{Findings, Path};
use crate::support::Spec;

pub use convert::{Converted, ConvertedDocument, convert, converted};
pub(crate) use export::own_left_out as input;
pub use export::{Exported, export};
pub use left_out::LeftOut;
pub use parameters::{ParameterError, Parameters};

/// A document as it was read
#[derive(Clone, Debug)]
pub struct Document {
    /// `metadata.name` of one of our objects
    pub name: Option<String>,
    /// `metadata.namespace` of one of our objects
    pub namespace: Option<String>,
    /// `metadata.annotations` of one of our objects
    pub annotations: BTreeMap<String, String>,
    /// Whether it was one of our objects: its names and numbers are those of this side
    pub is_object: bool,
    /// What it holds
    pub content: Content,
    /// What was found while reading
    pub findings: Findings,
    /// What of its lists could not be read
    pub left_out: LeftOut,
}

/// What a document holds
#[derive(Clone, Debug)]
pub enum Content {
    /// A task definition
    TaskDefinition(Box<TaskDefinitionSpec>),
    /// A service
    EcsService(Box<EcsServiceSpec>),
    /// A schedule
    ScheduledTask(Box<ScheduledTaskSpec>),
    /// Tasks to start once
    EcsTask(Box<EcsTaskSpec>),
    /// Nothing that can be read further: the findings tell why
    Refused,
}

/// A text that is neither JSON nor YAML
#[derive(Debug, thiserror::Error)]
#[error("neither JSON nor YAML: {0}")]
pub struct ReadError(String);

impl Document {
    /// The name of what the document describes: the ECS name, else the object's
    #[must_use]
    pub fn ecs_name(&self) -> Option<&str> {
        let ecs_name = match &self.content {
            Content::TaskDefinition(spec) => spec.family.as_deref(),
            Content::EcsService(spec) => spec.service_name.as_deref(),
            Content::ScheduledTask(spec) => spec.name.as_deref(),
            Content::EcsTask(_) | Content::Refused => None,
        };
        ecs_name.or(self.name.as_deref())
    }
}

/// Reads a text: JSON, or YAML of one or several documents, each one of our objects, a document of ECS or a template
///
/// # Errors
///
/// Where the text is neither JSON nor YAML. Everything else is a finding of its document.
pub fn read(text: &str) -> Result<Vec<Document>, ReadError> {
    read_with(text, &Parameters::default())
}

/// Reads a text with what is given for the parameters of templates
///
/// # Errors
///
/// As [`read`].
pub fn read_with(text: &str, given: &Parameters) -> Result<Vec<Document>, ReadError> {
    Ok(documents([Source::parse(text)?], given))
}

/// A text whose documents are still to be told apart
#[derive(Clone, Debug)]
pub struct Source(Vec<Value>);

impl Source {
    /// Parses a text
    ///
    /// # Errors
    ///
    /// As [`read`].
    pub fn parse(text: &str) -> Result<Self, ReadError> {
        parse(text).map(Self)
    }
}

/// The documents of several texts; what belongs together may stand in any of them: a rule and its targets, a service and what
/// scales it
#[must_use]
pub fn documents(sources: impl IntoIterator<Item = Source>, given: &Parameters) -> Vec<Document> {
    let values = sources.into_iter().flat_map(|Source(values)| values).flat_map(recognise::listed).collect();
    let values = scaling::joined(events::joined(values));
    values.into_iter().flat_map(|value| recognised(value, given)).map(document).collect()
}

fn recognised(value: Value, given: &Parameters) -> Vec<recognise::Recognised> {
    let Value::Object(members) = value else {
        return recognise::documents(value);
    };
    match cloudformation::documents(&members, given) {
        Some(documents) => documents,
        None => recognise::documents(Value::Object(cloudformation::fragment(members, given))),
    }
}

/// JSON where it begins like JSON, for its messages are better; else YAML
fn parse(text: &str) -> Result<Vec<Value>, ReadError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(['{', '[']) {
        let read: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
        match read {
            Ok(values) => return Ok(values),
            Err(error) if placeholder::bare(text) => {
                return Err(ReadError(format!("{error}{}", placeholder::hint(text))));
            }
            Err(error) => {
                // YAML's flow style begins like JSON too
                return yaml(text).map_err(|_| ReadError(format!("{error}{}", placeholder::hint(text))));
            }
        }
    }
    yaml(text)
}

fn yaml(text: &str) -> Result<Vec<Value>, ReadError> {
    yaml::documents(text).map_err(|error| ReadError(format!("{error}{}", placeholder::hint(text))))
}

/// A document of what was recognised
fn document(recognised: recognise::Recognised) -> Document {
    let recognise::Recognised { name, namespace, annotations, is_object, spec, mut findings, from_template } =
        recognised;
    let mut left_out = LeftOut::default();
    let content = match spec {
        Some((kind, value)) => {
            let value = lenient::read(kind, value, from_template, &mut findings, &mut left_out);
            match kind {
                Spec::TaskDefinition => typed(value, Content::TaskDefinition, &mut findings),
                Spec::EcsService => typed(value, Content::EcsService, &mut findings),
                Spec::ScheduledTask => typed(value, Content::ScheduledTask, &mut findings),
                Spec::EcsTask => typed(value, Content::EcsTask, &mut findings),
            }
        }
        None => Content::Refused,
    };
    Document { name, namespace, annotations, is_object, content, findings, left_out }
}

fn typed<T: for<'de> Deserialize<'de>>(
    value: Value,
    content: fn(Box<T>) -> Content,
    findings: &mut Findings,
) -> Content {
    match serde_json::from_value(value) {
        Ok(spec) => content(Box::new(spec)),
        // Cannot happen after a lenient reading; what serde says could quote a value, so it is not passed on
        Err(_) => {
            let message = "a member has a type that cannot be read; compare the document with `kubectl explain`";
            findings.block(&Path::root(), Class::Unsupported, "InvalidValue", message);
            Content::Refused
        }
    }
}

#[cfg(test)]
mod tests;
