//! Kubernetes workloads → ECS documents (mapping specification, section 13): the way back.
//!
//! *Guarantees*: every member of a pod, of its containers and of what controls them is said in ECS's words or named by a
//! finding whose code begins with `Loss`. Structures are taken apart without `..`, so that a new member of Kubernetes does
//! not compile until it has its place.
//!
//! *Not here*: what is outside ECS: load balancers, security groups, Cloud Map, IAM. Findings say what is to be made there.

mod around;
mod container;
mod controllers;
mod cron;
mod environment;
mod placement;
mod pod;
mod probe;
mod resources;
mod security;
mod traffic;
mod volumes;

use serde::Deserialize;
use serde_json::{Map, Value};

use ecs_crds::status::{Class, Severity};

use crate::findings::{Findings, Path};
use crate::wire::{Content, Document, LeftOut};
use around::Around;

/// Where the tasks are to run
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Profile {
    /// On Fargate, which has no nodes to share
    #[default]
    Fargate,
    /// On container instances
    Ec2,
}

/// Turns the workloads among some objects of a cluster into task definitions, services, schedules and tasks
///
/// What stands around a workload is used where it is given: ConfigMaps, ExternalSecrets, ServiceAccounts, Services,
/// HorizontalPodAutoscalers, PersistentVolumes and their claims. The order of the documents is that of the workloads.
#[must_use]
pub fn reverse(objects: &[Value], profile: Profile) -> Vec<Document> {
    let around = Around::of(objects);
    objects.iter().flat_map(|object| controllers::documents(object, &around, profile)).collect()
}

/// Members of an ECS document that is being made
#[derive(Debug, Default)]
struct Members(Map<String, Value>);

impl Members {
    /// Adds a member, unless it says nothing
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        if !empty {
            self.0.insert(key.to_owned(), value);
        }
    }
}

impl From<Members> for Value {
    fn from(members: Members) -> Self {
        Self::Object(members.0)
    }
}

/// What is being found while one workload is turned
struct Report<'a> {
    findings: &'a mut Findings,
    profile: Profile,
}

impl Report<'_> {
    /// Something that ECS has no place for, where it is there
    fn lost(&mut self, there: bool, path: &Path, code: &str, message: &str) {
        if there {
            self.findings.warn(path, Class::Unsupported, code, message);
        }
    }

    /// Several members that ECS has no place for: each with whether it is there
    fn lost_each(&mut self, parent: &Path, code: &str, members: &[(&str, bool)]) {
        for (member, there) in members {
            let message = format!("ECS has nothing like `{member}`; it is left out");
            self.lost(*there, &parent.key(member), code, &message);
        }
    }

    /// Something without which the workload would not be what it is
    fn refused(&mut self, there: bool, path: &Path, code: &str, message: &str) {
        if there {
            self.findings.block(path, Class::Unsupported, code, message);
        }
    }

    /// Something that comes out near to what it was
    fn near(&mut self, there: bool, path: &Path, code: &str, message: &str) {
        if there {
            self.findings.add(path, Class::Approximate, code, Severity::Info, message);
        }
    }

    /// What container instances have and Fargate has not; whether it may be said
    fn only_on_instances(&mut self, there: bool, path: &Path, what: &str) -> bool {
        let refused = there && self.profile == Profile::Fargate;
        self.refused(refused, path, "LossOnFargate", &format!("Fargate has no {what}; choose the profile EC2"));
        there && !refused
    }
}

/// Whether an optional list or text says something
fn some<T: Said>(value: &Option<T>) -> bool {
    value.as_ref().is_some_and(Said::says)
}

/// What can be there and say nothing
trait Said {
    fn says(&self) -> bool;
}

impl<T> Said for Vec<T> {
    fn says(&self) -> bool {
        !self.is_empty()
    }
}

impl Said for String {
    fn says(&self) -> bool {
        !self.is_empty()
    }
}

impl<K, V> Said for std::collections::BTreeMap<K, V> {
    fn says(&self) -> bool {
        !self.is_empty()
    }
}

/// A document of a spec that is said as JSON; one that cannot be read is a bug and says so
fn document<S: serde::de::DeserializeOwned>(
    (namespace, name): (Option<&str>, &str),
    spec: Members,
    findings: Findings,
    content: fn(Box<S>) -> Content,
) -> Document {
    let mut findings = findings;
    let content = match serde_json::from_value(spec.into()) {
        Ok(spec) => content(Box::new(spec)),
        Err(error) => {
            let message = format!("what was made of this object is no document of ours: {error}; please report it");
            findings.block(&Path::root(), Class::Unsupported, "Bug", message);
            Content::Refused
        }
    };
    let namespace = namespace.map(str::to_owned);
    Document {
        name: Some(name.to_owned()),
        namespace,
        annotations: Default::default(),
        is_object: false,
        content,
        findings,
        left_out: LeftOut::default(),
    }
}

#[cfg(test)]
mod tests;
