//! What runs the tasks of a service, as one: a Deployment, several, or a DaemonSet.
//!
//! *Not here*: the tasks themselves ([`super::Task`]).

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::names;

/// The workloads of a service together, and what their controllers say of them
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The number of the service revision that they run; none where they run several, or are not there
    pub revision: Option<i64>,
    /// How many tasks they are to run
    pub wanted: i64,
    /// How many tasks there are, of whatever revision
    pub tasks: i64,
    /// How many of them are of the newest revision
    pub updated: i64,
    /// How many of them are available
    pub available: i64,
    /// Whether all of this is about the newest that was asked for
    pub current: bool,
}

impl Default for Workload {
    /// Nothing is there
    fn default() -> Self {
        Self { revision: None, wanted: 0, tasks: 0, updated: 0, available: 0, current: false }
    }
}

impl Workload {
    /// Several as one
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().reduce(Self::and).unwrap_or_default()
    }

    fn and(self, other: Self) -> Self {
        Self {
            revision: self.revision.filter(|revision| other.revision == Some(*revision)),
            wanted: self.wanted + other.wanted,
            tasks: self.tasks + other.tasks,
            updated: self.updated + other.updated,
            available: self.available + other.available,
            current: self.current && other.current,
        }
    }

    /// Whether every task is one of this revision, and so many are available
    #[must_use]
    pub fn runs_everywhere(&self, revision: i64, desired: i64) -> bool {
        let Self { revision: runs, wanted: _, tasks, updated, available, current } = *self;
        current && runs == Some(revision) && [tasks, updated, available] == [desired; 3]
    }
}

impl From<&Deployment> for Workload {
    fn from(deployment: &Deployment) -> Self {
        let spec = deployment.spec.as_ref();
        let status = deployment.status.clone().unwrap_or_default();
        Self {
            revision: spec.and_then(|s| revision(&s.template)),
            wanted: spec.and_then(|s| s.replicas).unwrap_or(1).into(),
            tasks: status.replicas.unwrap_or(0).into(),
            updated: status.updated_replicas.unwrap_or(0).into(),
            available: status.available_replicas.unwrap_or(0).into(),
            current: deployment.status.is_some() && seen(status.observed_generation, &deployment.metadata),
        }
    }
}

impl From<&DaemonSet> for Workload {
    fn from(daemons: &DaemonSet) -> Self {
        let status = daemons.status.clone().unwrap_or_default();
        Self {
            revision: daemons.spec.as_ref().and_then(|s| revision(&s.template)),
            wanted: status.desired_number_scheduled.into(),
            tasks: status.current_number_scheduled.into(),
            updated: status.updated_number_scheduled.unwrap_or(0).into(),
            available: status.number_available.unwrap_or(0).into(),
            current: daemons.status.is_some() && seen(status.observed_generation, &daemons.metadata),
        }
    }
}

/// Whether a controller has seen the newest spec
fn seen(observed: Option<i64>, metadata: &ObjectMeta) -> bool {
    observed >= metadata.generation
}

/// The number of the service revision that a pod template names
fn revision(template: &PodTemplateSpec) -> Option<i64> {
    template.metadata.as_ref()?.labels.as_ref()?.get(names::SERVICE_REVISION)?.parse().ok()
}
