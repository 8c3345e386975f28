//! What the operator sees to in the tasks of a deployment, as no Kubernetes controller does (R-SUP).
//!
//! It stands in the service revision beside the pod template, so that the rules of a task are those of its deployment.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::PodSpec;
use serde::{Deserialize, Serialize};

/// The rules of a task, by the names that containers have in the pod
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Supervision {
    /// Essential containers, whose end is a failure of the task
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub essential: BTreeSet<String>,
    /// Containers that run to completion before others start
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub awaited: BTreeSet<String>,
    /// R-ESS: containers whose end, with any exit code, is the end of the task
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub end_task: BTreeSet<String>,
    /// R-RESTART: essential containers that stay stopped after some exit codes, which is the end of the task
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub may_stay_stopped: BTreeSet<String>,
    /// R-RESTART: essential containers that must have run so many seconds to be restarted; an earlier end is the task's
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub restart_after: BTreeMap<String, i64>,
    /// R-STARTTO: how many seconds a container may take that others wait for
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub start_timeouts: BTreeMap<String, i64>,
}

impl Supervision {
    /// Whether nothing is known: a revision of a version that did not supervise
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.essential.is_empty()
    }

    /// What can be told of a pod's containers where nothing else is known: each regular one is essential
    #[must_use]
    pub fn guessed(spec: &PodSpec) -> Self {
        Self { essential: spec.containers.iter().map(|c| c.name.clone()).collect(), ..Self::default() }
    }
}
