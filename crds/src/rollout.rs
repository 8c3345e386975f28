//! What the operator must remember to judge a service's deployments. It stands in the service's status, so that a restart
//! neither forgets a failure nor counts one twice.
//!
//! *Not here*: what ECS shows of a deployment; that is [`crate::Deployment`].

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operator's own book about the PRIMARY deployment
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// The number of the service revision that this book is about
    pub revision: i64,
    /// The newest service revision whose deployment was COMPLETED: where a roll-back goes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<CompletedRevision>,
    /// The number of the service revision whose deployment FAILED last
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<i64>,
    /// Whether this deployment is the way back from one that failed
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rolling_back: bool,
    /// How many tasks of this deployment have failed since one was healthy
    #[serde(default)]
    pub failed_tasks: i64,
    /// When the youngest healthy task that was noticed became healthy
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy_at: Option<Time>,
    /// When the deployment had all that it needs but for its bake time
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baking_since: Option<Time>,
    /// What was counted of each pod that is still there, by its UID
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counted: BTreeMap<String, Counted>,
    /// Alarms that were seen not to be in ALARM at the start, so that they are watched
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watched_alarms: Vec<String>,
    /// Alarms that were in ALARM at the start, so that they say nothing about this deployment
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored_alarms: Vec<String>,
    /// Whether a task waits for a node, which has been said
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unplaced: bool,
    /// The tasks whose start has been said
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Said>,
    /// The tasks whose stop has been said
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Said>,
}

/// A service revision whose deployment was COMPLETED
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompletedRevision {
    /// Its number
    pub revision: i64,
    /// What it runs: `family:revision`
    pub task_definition: String,
}

/// The high-water marks of one pod: what of it was counted as failed tasks
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// How often an essential container of it had ended
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exits: i64,
    /// How often a container that others wait for had failed
    #[serde(default, skip_serializing_if = "is_zero")]
    pub init_exits: i64,
    /// How many launches of it had failed, one a minute
    #[serde(default, skip_serializing_if = "is_zero")]
    pub launches: i64,
    /// Since when it cannot be launched, but for the launches that are counted
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Time>,
}

/// How far something was said: all before a second, and so many of it
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// The second
    pub at: Time,
    /// How many tasks of that second
    pub count: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
