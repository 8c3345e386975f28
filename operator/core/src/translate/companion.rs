//! The objects beside a pod, collected while it is made, and as manifests of a namespace.
//!
//! *Not here*: what each says (`secrets`, `logs` …).

use serde::Serialize;
use serde_json::{Map, Value, json};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::model::task::Task;
use crate::names;
use crate::revision::{Companion, CompanionKind};

/// The companions of one pod under construction
#[derive(Clone, Debug)]
pub(crate) struct Companions {
    family: String,
    number: i64,
    made: Vec<Companion>,
}

impl Companions {
    /// None yet, for this revision of a task definition
    pub(crate) fn of(task: &Task, number: i64) -> Self {
        Self { family: task.family().to_owned(), number, made: Vec::new() }
    }

    /// The name of a companion: `<family>-<part>-<revision>`, where `part` is a container's ECS name or begins with it
    pub(crate) fn name(&self, part: &str) -> String {
        let number = self.number.to_string();
        let room = names::LABEL_MAX.saturating_sub(number.len() + 1);
        format!("{}-{number}", names::k8s_name(&format!("{}-{part}", self.family), room))
    }

    /// Adds a companion of exactly this revision
    pub(crate) fn add(&mut self, kind: CompanionKind, name: String, body: &impl Serialize) {
        let mut companion = Companion::new(kind, name, body);
        companion.labels.insert(names::FAMILY.to_owned(), names::label_value(&self.family));
        companion.labels.insert(names::REVISION.to_owned(), self.number.to_string());
        self.push(companion);
    }

    /// Adds a companion, such as one that several revisions share
    pub(crate) fn push(&mut self, companion: Companion) {
        if !self.made.contains(&companion) {
            self.made.push(companion);
        }
    }

    /// What was made
    pub(crate) fn made(self) -> Vec<Companion> {
        self.made
    }
}

/// A companion as an object of a namespace, without API version and kind
///
/// It is shared by everything in the namespace that runs with it, so no owner is its controller; one that outlives its owners
/// names none.
#[must_use]
pub fn object(companion: &Companion, namespace: &str, owner: &OwnerReference) -> (ObjectMeta, Value) {
    let Companion { kind, name, labels, annotations, body } = companion;
    let owner = OwnerReference { controller: None, block_owner_deletion: None, ..owner.clone() };
    let mut labels = labels.clone();
    labels.insert(names::MANAGED_BY.to_owned(), names::MANAGER.to_owned());
    let metadata = ObjectMeta {
        name: Some(name.clone()),
        namespace: (!kind.is_cluster_scoped()).then(|| namespace.to_owned()),
        labels: Some(labels),
        annotations: (!annotations.is_empty()).then(|| annotations.clone()),
        owner_references: (!kind.is_cluster_scoped() && !kind.outlives_owners()).then(|| vec![owner]),
        ..ObjectMeta::default()
    };
    let mut object = Map::from_iter([("metadata".to_owned(), json!(metadata))]);
    object.extend(body.as_object().cloned().unwrap_or_default());
    (metadata, Value::Object(object))
}
