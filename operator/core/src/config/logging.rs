//! Configuration of logging: what ships the logs of containers.

use serde::{Deserialize, Serialize};

/// `logging`: what ships the logs of containers whose log driver is not FireLens
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Logging {
    /// The log backend; default: none, so that a log driver is a warning and what it is told is kept as an annotation
    pub backend: LogBackend,
}

/// What ships logs
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LogBackend {
    /// Whatever the cluster has; nothing is told to it
    #[default]
    None,
    /// Fluent Operator
    FluentOperator,
    /// A fragment of a Fluent Bit configuration
    ConfigMap,
}
