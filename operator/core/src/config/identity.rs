//! Configuration of what tasks are and are called beside their names: roles and tags.

use serde::{Deserialize, Serialize};

/// How pods take the IAM role of their ServiceAccount
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskRoles {
    /// IAM roles for service accounts: the ServiceAccount names the role
    #[default]
    Irsa,
    /// EKS Pod Identity: an association of the ServiceAccount, which somebody makes in AWS
    PodIdentity,
}

impl TaskRoles {
    /// Whether it is the default
    #[must_use]
    pub fn is_irsa(&self) -> bool {
        *self == Self::Irsa
    }
}

/// Which tags become labels, beside the annotation that has them all (R-TAG 2)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub enum TagLabels {
    /// Those whose key and value are valid as they are, so that no two can collide
    #[default]
    Strict,
    /// All, with what labels do not take replaced
    Lossy,
    /// None
    Off,
}
