//! Configuration of what stands in this cluster for what only an image, a node or Active Directory knows.
//!
//! *Not here*: what happens where nothing is configured; the checks of the fields say that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `runtimeClasses`: the runtime classes that isolate as `trustedExecutionConfiguration` asks
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RuntimeClasses {
    /// For ISOLATED_SANDBOX; none (default): such a task is refused
    pub isolated_sandbox: Option<String>,
    /// For CONFIDENTIAL_SANDBOX; none (default): such a task is refused
    pub confidential_sandbox: Option<String>,
}

/// `nodeDefaults`: what every container has on the nodes, whatever it asks for
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NodeDefaults {
    /// Name of a ulimit → its soft limit, -1 for none; default: nothing is known
    pub ulimits: BTreeMap<String, i64>,
}

/// `devicesPerNode`: how many devices `ALL` means; default: nothing is known, so that it is refused
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DevicesPerNode {
    /// GPUs (nvidia.com/gpu)
    pub gpu: Option<u32>,
    /// Neuron devices (aws.amazon.com/neuron)
    pub neuron: Option<u32>,
}

impl NodeDefaults {
    /// Whether every container has at least this limit; -1 is none
    #[must_use]
    pub fn gives(&self, ulimit: &str, limit: i64) -> bool {
        self.ulimits.get(ulimit).is_some_and(|given| *given == -1 || (limit != -1 && *given >= limit))
    }
}
