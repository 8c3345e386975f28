//! The API of ecs-operator: the kinds of the group `ecs-operator.dev`, and nothing that acts.
//!
//! *Guarantees*: an ECS document reads without loss ([`ecs`]); what is ours alone is strict; every reason and
//! finding that a status can show is listed in [`status`].
//!
//! *Not here*: judgement of ECS values, translation, defaults. Those live in `ecs-core`.

mod autoscaling;
mod aws_status;
mod described_task;
pub mod ecs;
mod ecs_cluster;
mod ecs_service;
mod ecs_task;
mod rollout;
mod scheduled_task;
mod staged;
pub mod status;
mod task_definition;
mod traffic;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

pub use autoscaling::*;
pub use aws_status::*;
pub use described_task::*;
pub use ecs_cluster::*;
pub use ecs_service::*;
pub use ecs_task::*;
pub use rollout::*;
pub use scheduled_task::*;
pub use staged::*;
pub use task_definition::*;
pub use traffic::*;

/// The API group, and the prefix of every label and annotation of ours
pub const GROUP: &str = "ecs-operator.dev";

/// The version of the API group
pub const VERSION: &str = "v1alpha1";
/// Group and version of every kind, as `apiVersion` holds them
pub const API_VERSION: &str = "ecs-operator.dev/v1alpha1";

/// The CustomResourceDefinitions of all kinds, in the order of their names
#[must_use]
pub fn crds() -> Vec<CustomResourceDefinition> {
    vec![EcsCluster::crd(), EcsService::crd(), EcsTask::crd(), ScheduledTask::crd(), TaskDefinition::crd()]
}

/// The CustomResourceDefinitions as one YAML stream
///
/// # Errors
///
/// None in practice: the definitions are plain data.
pub fn yaml() -> Result<String, serde_yaml_ng::Error> {
    crds().iter().map(|crd| serde_yaml_ng::to_string(crd).map(|text| format!("---\n{text}"))).collect()
}
