//! Companions: objects that a pod needs beside it before it can start.
//!
//! A companion is made when its pod is rendered and kept with the revision, so that nothing but a new deployment changes it.
//! Everything that runs one revision of a task definition in a namespace shares its companions: each owner by a field manager
//! of its own, and the object goes with the last of them.
//!
//! *Not here*: what a companion says; that is its subject's, in `translate`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Capabilities;

/// The kinds of companions
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CompanionKind {
    /// core/v1 ConfigMap
    ConfigMap,
    /// external-secrets.io/v1 ExternalSecret
    ExternalSecret,
    /// secrets-store.csi.x-k8s.io/v1 SecretProviderClass
    SecretProviderClass,
    /// networking.k8s.io/v1 NetworkPolicy
    NetworkPolicy,
    /// vpcresources.k8s.aws/v1beta1 SecurityGroupPolicy
    SecurityGroupPolicy,
    /// core/v1 PersistentVolumeClaim
    PersistentVolumeClaim,
    /// snapshot.storage.k8s.io/v1 VolumeSnapshot
    VolumeSnapshot,
    /// snapshot.storage.k8s.io/v1 VolumeSnapshotContent, which an administrator makes
    VolumeSnapshotContent,
    /// core/v1 PersistentVolume, which an administrator makes
    PersistentVolume,
    /// storage.k8s.io/v1 StorageClass, which an administrator makes
    StorageClass,
}

impl CompanionKind {
    /// Every kind that the operator makes and watches
    pub const ALL: &[Self] = &[
        Self::ConfigMap,
        Self::ExternalSecret,
        Self::SecretProviderClass,
        Self::NetworkPolicy,
        Self::SecurityGroupPolicy,
        Self::PersistentVolumeClaim,
        Self::VolumeSnapshot,
    ];

    /// The API version
    #[must_use]
    pub fn api_version(self) -> &'static str {
        match self {
            Self::ConfigMap | Self::PersistentVolumeClaim | Self::PersistentVolume => "v1",
            Self::NetworkPolicy => "networking.k8s.io/v1",
            Self::SecurityGroupPolicy => "vpcresources.k8s.aws/v1beta1",
            Self::StorageClass => "storage.k8s.io/v1",
            Self::VolumeSnapshot | Self::VolumeSnapshotContent => "snapshot.storage.k8s.io/v1",
            Self::ExternalSecret => "external-secrets.io/v1",
            Self::SecretProviderClass => "secrets-store.csi.x-k8s.io/v1",
        }
    }

    /// The kind, as manifests name it
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::ExternalSecret => "ExternalSecret",
            Self::SecretProviderClass => "SecretProviderClass",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::SecurityGroupPolicy => "SecurityGroupPolicy",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::PersistentVolume => "PersistentVolume",
            Self::StorageClass => "StorageClass",
            Self::VolumeSnapshot => "VolumeSnapshot",
            Self::VolumeSnapshotContent => "VolumeSnapshotContent",
        }
    }

    /// The resource, as URLs name it
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::ConfigMap => "configmaps",
            Self::ExternalSecret => "externalsecrets",
            Self::SecretProviderClass => "secretproviderclasses",
            Self::NetworkPolicy => "networkpolicies",
            Self::SecurityGroupPolicy => "securitygrouppolicies",
            Self::PersistentVolumeClaim => "persistentvolumeclaims",
            Self::PersistentVolume => "persistentvolumes",
            Self::StorageClass => "storageclasses",
            Self::VolumeSnapshot => "volumesnapshots",
            Self::VolumeSnapshotContent => "volumesnapshotcontents",
        }
    }

    /// Whether it belongs to the whole cluster: then an administrator makes it, and the operator only says so
    #[must_use]
    pub fn is_cluster_scoped(self) -> bool {
        matches!(self, Self::PersistentVolume | Self::StorageClass | Self::VolumeSnapshotContent)
    }

    /// Whether it stays when nothing runs with it any more, since people's data is behind it
    #[must_use]
    pub fn outlives_owners(self) -> bool {
        self == Self::PersistentVolumeClaim
    }

    /// Whether the cluster has this kind, and lets the operator make it
    #[must_use]
    pub fn served(self, capabilities: Capabilities) -> bool {
        match self {
            Self::ConfigMap | Self::NetworkPolicy | Self::PersistentVolumeClaim => true,
            Self::PersistentVolume | Self::StorageClass | Self::VolumeSnapshotContent => false,
            Self::VolumeSnapshot => capabilities.volume_snapshots,
            Self::SecurityGroupPolicy => capabilities.security_group_policies,
            Self::ExternalSecret => capabilities.external_secrets,
            Self::SecretProviderClass => capabilities.secrets_store_csi,
        }
    }
}

/// An object that a pod needs beside it
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Companion {
    /// What it is
    pub kind: CompanionKind,
    /// Its name
    pub name: String,
    /// Labels beside the one that says that it is ours
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Everything but API version, kind and metadata: `{"spec": …}`, `{"data": …}`
    pub body: Value,
}

impl Companion {
    /// A companion without labels and annotations; `body` holds everything but API version, kind and metadata
    #[must_use]
    pub fn new(kind: CompanionKind, name: String, body: &impl Serialize) -> Self {
        // Bodies are plain data: they always serialise.
        let body = serde_json::to_value(body).unwrap_or_default();
        Self { kind, name, labels: BTreeMap::new(), annotations: BTreeMap::new(), body }
    }
}
