//! What a configuration file says of itself: `apiVersion` and `kind`, as in every manifest.

use std::fmt;

use ecs_crds::{GROUP, VERSION};
use serde::{Deserialize, Serialize};

/// `apiVersion`: the one that this version reads
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiVersion;

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{GROUP}/{VERSION}")
    }
}

impl TryFrom<String> for ApiVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = Self.to_string();
        if text == known { Ok(Self) } else { Err(format!("`{text}` is not read by this version; write {known}")) }
    }
}

impl From<ApiVersion> for String {
    fn from(version: ApiVersion) -> Self {
        version.to_string()
    }
}

/// `kind`: there is one
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfigKind {
    /// The administrator's configuration
    #[default]
    OperatorConfig,
}
