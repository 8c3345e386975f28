//! The administrator's part in deployments: times, and who is asked about alarms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Times of tasks that fail
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FailingTasks {
    /// How long a task that cannot be launched waits until it counts as failed, and so on; default: 60
    pub launch_seconds: u32,
    /// How old a task must be before it is replaced for its own failure, so that one that fails at once is restarted in its
    /// place until then and not replaced without end; default: 60
    pub replace_after_seconds: u32,
}

impl Default for FailingTasks {
    fn default() -> Self {
        Self { launch_seconds: 60, replace_after_seconds: 60 }
    }
}

/// Who is asked about the alarms of deployments
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Alarms {
    /// Where the questions go; default: nowhere, so that alarms are a warning
    pub prometheus: Option<Prometheus>,
    /// Name of a CloudWatch alarm → a PromQL query that has a result while the alarm is in ALARM; default: none
    pub queries: BTreeMap<String, String>,
    /// How often is asked during a deployment, in seconds; default: 60
    pub period_seconds: u32,
    /// How long alarms are watched after a deployment's tasks are all there, where the spec has no bakeTimeInMinutes; default:
    /// 300
    pub bake_seconds: u32,
}

impl Default for Alarms {
    fn default() -> Self {
        Self { prometheus: None, queries: BTreeMap::new(), period_seconds: 60, bake_seconds: 300 }
    }
}

/// A Prometheus server, or what answers as one
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prometheus {
    /// Its address, before `/api/v1/query`
    pub url: String,
}
