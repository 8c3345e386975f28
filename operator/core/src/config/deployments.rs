//! The administrator's part in tasks that fail: times.

use serde::{Deserialize, Serialize};

/// Times of tasks that fail
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FailingTasks {
    /// How long a task that cannot be launched waits until it counts as failed, and so on; default: 60
    pub launch_seconds: u32,
}

impl Default for FailingTasks {
    fn default() -> Self {
        Self { launch_seconds: 60 }
    }
}
