//! What the operator must remember to scale a service by the clock. It stands in the service's status, so that an action is
//! carried out once, also over a restart.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bounds of a service that scales, and its scheduled actions
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Autoscaling {
    /// The least number of tasks now: minCapacity, until a scheduled action sets another
    pub effective_min: i32,
    /// The largest number of tasks now: maxCapacity, until a scheduled action sets another
    pub effective_max: i32,
    /// The minCapacity that the spec said when these were set; a change of it overwrites what actions have set
    pub min_capacity: i32,
    /// The maxCapacity that the spec said when these were set
    pub max_capacity: i32,
    /// Whether scheduled actions rest; those of the meantime are not made up for
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scheduled_scaling_suspended: bool,
    /// The scheduled actions by name
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<String, ActionMemory>,
}

/// What is known of one scheduled action
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionMemory {
    /// A digest of when it acts
    pub digest: String,
    /// Since when it is known: a rate counts from here
    pub since: Time,
    /// Until when it was looked at: what was due before is done, or nobody's to do
    pub until: Time,
}
