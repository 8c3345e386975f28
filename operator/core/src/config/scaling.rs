//! The administrator's part in auto scaling: where metrics of CloudWatch are found in this cluster.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A metric of the cluster's external metrics API that stands for one of CloudWatch
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalMetric {
    /// Its name there
    pub name: String,
    /// The labels that select its series; default: none
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}
