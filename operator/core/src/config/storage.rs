//! Configuration of storage: what stands for Docker's volume drivers and for S3 Files.
//!
//! *Not here*: host paths, which are a privilege (`privileges`).

use serde::{Deserialize, Serialize};

/// `volumeDrivers`: what stands for a Docker volume driver
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VolumeDriver {
    /// The StorageClass that makes its volumes
    pub storage_class: String,
    /// The size of a volume, which Docker does not ask for
    #[serde(default = "size")]
    pub size: String,
    /// From how many nodes a volume is mounted at a time
    #[serde(default)]
    pub access_mode: AccessMode,
}

fn size() -> String {
    "10Gi".to_owned()
}

/// From how many nodes a volume is mounted at a time
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessMode {
    /// From one (default)
    #[default]
    ReadWriteOnce,
    /// From many
    ReadWriteMany,
}

/// `s3files`: how file systems of S3 Files are mounted
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct S3Files {
    /// The CSI driver that mounts them; none (default): they are refused
    pub csi_driver: Option<String>,
}
