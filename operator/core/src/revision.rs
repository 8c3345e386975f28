//! Revisions: what is kept in ControllerRevisions, and when a new one is due (decisions §2).
//!
//! A *task definition revision* `web-3` holds the document as it was given and the codes that its author accepted, so that
//! it can be checked and translated again at any time. A *service revision* `web.service-3` holds what started a
//! deployment and the pod template that was rendered for it: nothing but a new deployment ever rolls a pod.
//!
//! *Guarantees*: numbers never go back; a new one is due only when content differs from the newest (A→B→A is 3).

mod companion;
mod routes;
mod supervision;

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::TaskDefinitionSpec;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{NodeSelectorTerm, PodTemplateSpec, ServicePort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::task::TaskRole;
use crate::names;
use crate::wire::canonical;

pub use companion::{Companion, CompanionKind};
pub use routes::{Offered, Routes};
pub use supervision::Supervision;

/// The value of [`names::REVISION_OF`] on a task definition revision
pub const OF_TASK_DEFINITION: &str = "task-definition";
/// The value of [`names::REVISION_OF`] on a service revision
pub const OF_SERVICE: &str = "service";

/// One immutable revision of a family
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRevision {
    /// The family, exactly as ECS names it
    pub family: String,
    /// Its number in the namespace, from 1
    pub number: i64,
    /// The document as it was given
    pub content: TaskContent,
}

/// What a task definition revision holds
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskContent {
    /// The document
    pub spec: TaskDefinitionSpec,
    /// The codes of findings whose Block was accepted
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accept: BTreeSet<String>,
}

impl TaskContent {
    /// Whether two contents mean the same
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.accept == other.accept && canonical::task_definition(&self.spec) == canonical::task_definition(&other.spec)
    }
}

impl TaskRevision {
    /// As services and status name it: `family:number`
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}:{}", self.family, self.number)
    }

    /// Reads a ControllerRevision; none where it holds something else
    #[must_use]
    pub fn decode(stored: &ControllerRevision) -> Option<Self> {
        let family = stored.metadata.annotations.as_ref()?.get(names::FAMILY)?.clone();
        let content = decode(stored, OF_TASK_DEFINITION)?;
        Some(Self { family, number: stored.revision, content })
    }

    /// The ControllerRevision, without owner: it outlives the TaskDefinition while anything references it
    #[must_use]
    pub fn encode(&self, namespace: &str) -> ControllerRevision {
        let labels = BTreeMap::from([
            (names::REVISION_OF.to_owned(), OF_TASK_DEFINITION.to_owned()),
            (names::FAMILY.to_owned(), names::label_value(&self.family)),
            (names::REVISION.to_owned(), self.number.to_string()),
        ]);
        let annotations = BTreeMap::from([(names::FAMILY.to_owned(), self.family.clone())]);
        let name = names::task_revision_name(&self.family, self.number);
        encode(name, namespace, labels, annotations, None, self.number, &self.content)
    }
}

/// One immutable revision of a service: one deployment
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceRevision {
    /// The Kubernetes name of the service
    pub service: String,
    /// Its number, from 1
    pub number: i64,
    /// What the deployment is made of
    pub content: ServiceContent,
}

/// What a service revision holds
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceContent {
    /// What starts a deployment when it changes
    pub inputs: Inputs,
    /// What was rendered from them
    pub rendered: Rendered,
}

/// What starts a deployment when it changes
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inputs {
    /// `family:revision`
    pub task_definition: String,
    /// The fields of the service spec that start a deployment, in canonical form
    #[serde(default)]
    pub service: Value,
}

/// What a deployment runs, rendered once
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rendered {
    /// The pod template, but for the label that names this revision
    pub template: PodTemplateSpec,
    /// How long a pod must be ready before it counts as available, in seconds
    pub min_ready_seconds: i32,
    /// The ports of the Service in front
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// The ways to the tasks beside that Service
    #[serde(default, skip_serializing_if = "Routes::is_empty")]
    pub routes: Routes,
    /// The role of the tasks
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<TaskRole>,
    /// What the pods need beside them
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companions: Vec<Companion>,
    /// What the operator sees to in the tasks
    #[serde(default)]
    pub supervision: Supervision,
    /// The nodes of each capacity provider, where the service keeps its shares exactly: a Deployment for each
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<ProviderNodes>,
}

/// The nodes of one capacity provider
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderNodes {
    /// The provider
    pub provider: String,
    /// What its tasks need of a node; none: nothing
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<NodeSelectorTerm>,
}

impl ServiceRevision {
    /// As ECS names a deployment
    #[must_use]
    pub fn deployment_id(&self) -> String {
        names::deployment_id(self.number)
    }

    /// The name of its ControllerRevision
    #[must_use]
    pub fn name(&self) -> String {
        names::service_revision_name(&self.service, self.number)
    }

    /// The pod template with the label that names this revision
    #[must_use]
    pub fn template(&self) -> PodTemplateSpec {
        let mut template = self.content.rendered.template.clone();
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        labels.insert(names::SERVICE_REVISION.to_owned(), self.number.to_string());
        template
    }

    /// Reads a ControllerRevision; none where it holds something else
    #[must_use]
    pub fn decode(stored: &ControllerRevision) -> Option<Self> {
        let service = stored.metadata.labels.as_ref()?.get(names::SERVICE)?.clone();
        let content = decode(stored, OF_SERVICE)?;
        Some(Self { service, number: stored.revision, content })
    }

    /// The ControllerRevision, owned by its EcsService
    #[must_use]
    pub fn encode(&self, namespace: &str, owner: OwnerReference) -> ControllerRevision {
        let labels = BTreeMap::from([
            (names::REVISION_OF.to_owned(), OF_SERVICE.to_owned()),
            (names::SERVICE.to_owned(), self.service.clone()),
        ]);
        encode(self.name(), namespace, labels, BTreeMap::new(), Some(owner), self.number, &self.content)
    }
}

/// The number of a family's next revision: the one that it has on ECS where that is above all others, else the next one
#[must_use]
pub fn next_number(newest: Option<i64>, on_ecs: Option<i64>) -> i64 {
    let newest = newest.unwrap_or(0);
    on_ecs.filter(|number| *number > newest).unwrap_or(newest + 1)
}

fn decode<C: for<'de> Deserialize<'de>>(stored: &ControllerRevision, of: &str) -> Option<C> {
    let kind = stored.metadata.labels.as_ref()?.get(names::REVISION_OF)?;
    if kind != of {
        return None;
    }
    C::deserialize(&stored.data.as_ref()?.0).ok()
}

fn encode<C: Serialize>(
    name: String,
    namespace: &str,
    mut labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    owner: Option<OwnerReference>,
    revision: i64,
    content: &C,
) -> ControllerRevision {
    labels.insert(names::MANAGED_BY.to_owned(), names::MANAGER.to_owned());
    ControllerRevision {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: Some(namespace.to_owned()),
            labels: Some(labels),
            annotations: (!annotations.is_empty()).then_some(annotations),
            owner_references: owner.map(|o| vec![o]),
            ..ObjectMeta::default()
        },
        // Contents are plain data: they always serialise.
        data: serde_json::to_value(content).ok().map(RawExtension),
        revision,
    }
}
