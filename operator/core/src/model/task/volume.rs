//! The volumes of a valid task definition.
//!
//! *Not here*: who mounts them (`container`), and the volumes' Kubernetes objects (`translate`).

use std::collections::BTreeMap;

use crate::findings::Path;
use crate::names::sha8;
use crate::values::memory::Mebibytes;

/// A volume of the pod
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Where the document asks for it
    pub path: Path,
    /// The name in the task definition; that of a volume that a container brings with it is its Kubernetes name
    pub ecs_name: String,
    /// The Kubernetes name
    pub name: String,
    /// What it is made of
    pub source: VolumeSource,
}

/// What a volume is made of
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// An empty directory that lives as long as the pod
    Empty,
    /// Memory, up to this size where one is given
    Memory(Option<Mebibytes>),
    /// A path of the node, where it is granted
    Host(HostPath),
    /// An export of an NFS server
    Nfs {
        /// The server's name or address
        server: String,
        /// The exported path
        path: String,
        /// Whether nothing can be written
        read_only: bool,
    },
    /// Storage that outlives the pods
    Claim(Claim),
    /// Storage of a class that each pod gets for itself
    PerPod(Dynamic),
    /// `configuredAtLaunch`, before a service says what it is
    AtLaunch,
    /// An EBS volume that each pod gets for itself (R-EBS)
    Ebs(EbsVolume),
}

/// A path of the node
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPath {
    /// The path
    pub path: String,
    /// What must be there
    pub kind: HostPathKind,
}

/// What must be at a path of the node
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostPathKind {
    /// Anything: a socket, a file, a device
    Any,
    /// A directory
    Directory,
    /// A directory, which is made where nothing is
    DirectoryOrCreate,
}

/// Storage that outlives the pods, known by the name of its PersistentVolumeClaim
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The claim's name, one per storage and namespace
    pub name: String,
    /// What satisfies the claim
    pub storage: Storage,
}

/// What satisfies a claim
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Storage that a class provisions
    Dynamic(Dynamic),
    /// A file system that is there already
    Static(FileSystem),
}

/// Storage that a StorageClass provisions
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dynamic {
    /// The class
    pub class: String,
    /// Its size, as a quantity
    pub size: String,
    /// The access mode: `ReadWriteOnce`, `ReadWriteMany` …
    pub access_mode: &'static str,
}

/// A file system that a CSI driver mounts
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// What the names of its objects begin with
    pub prefix: &'static str,
    /// The CSI driver
    pub driver: String,
    /// What the driver calls the file system, directory and access point
    pub handle: String,
    /// What the driver is told beside
    pub attributes: BTreeMap<String, String>,
    /// Mount options
    pub mount_options: Vec<String>,
}

/// `managedEBSVolume`: an EBS volume that each task gets for itself
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EbsVolume {
    /// The size in GiB
    pub gib: i64,
    /// The snapshot that it begins with
    pub snapshot: Option<String>,
    /// Parameters of its StorageClass but its tags
    pub parameters: BTreeMap<String, String>,
    /// Its tags
    pub tags: BTreeMap<String, String>,
    /// Whose tags it gets beside its own
    pub propagate_tags: Option<TagsOf>,
}

impl EbsVolume {
    /// With tags of others beside its own, which go first
    #[must_use]
    pub fn tagged(mut self, others: BTreeMap<String, String>) -> Self {
        let own = std::mem::replace(&mut self.tags, others);
        self.tags.extend(own);
        self
    }

    /// The parameters of its StorageClass
    #[must_use]
    pub fn class_parameters(&self) -> BTreeMap<String, String> {
        let tags = self.tags.iter().enumerate();
        let tags = tags.map(|(n, (key, value))| (format!("tagSpecification_{}", n + 1), format!("{key}={value}")));
        self.parameters.clone().into_iter().chain(tags).collect()
    }

    /// The name of its StorageClass: one per set of parameters, as a class cannot be changed
    #[must_use]
    pub fn class(&self) -> String {
        let parameters = self.class_parameters();
        let text: Vec<String> = parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("ecs-ebs-{}", sha8(&text.join("\n")))
    }
}

/// Whose tags are copied to a volume
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagsOf {
    /// The task definition's
    TaskDefinition,
    /// The service's
    Service,
}
