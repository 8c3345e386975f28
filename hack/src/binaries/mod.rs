//! The programs that the test bed runs, at the versions that hack/tools pins.
//!
//! Looked up in $KUBEBUILDER_ASSETS, then PATH, then the per-user cache; what is found nowhere is built into that
//! cache from the Go modules of hack/tools. Found ones are used only when their version fits: PATH may hold an etcd
//! that is years old.

mod build;
mod find;
mod version;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub(crate) use self::find::Origin;
use self::version::Version;
use crate::progress::Progress;
use crate::workspace;

/// One program: what it is called, where it comes from, which versions will do.
struct Binary {
    name: &'static str,
    version: Version,
    /// Folder of hack/tools whose go.mod pins it.
    module: &'static str,
    package: &'static str,
    /// Go variables to set, without which the program calls itself version 0.0.0.
    stamp: &'static str,
    /// Go build tags, which leave out what needs C libraries.
    tags: &'static str,
    /// Who needs it.
    part_of: PartOf,
    ask_version: &'static [&'static str],
    accept: Accept,
}

/// What a program belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartOf {
    /// Every cluster.
    ControlPlane,
    /// Clusters with a real node only.
    RealNode,
}

/// Which other versions than the pinned one will do.
enum Accept {
    /// The same major.minor.
    SameMinor,
    /// Any from this one on: kubectl only sends requests.
    From(Version),
}

const KUBERNETES: Version = Version::new(1, 36, 3);
const KUBERNETES_STAMP: &str = "-X k8s.io/component-base/version.gitVersion=v1.36.3 \
     -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36";

/// A program of k8s.io/kubernetes. Another one also needs `go get -tool` in hack/tools/kubernetes.
const fn kubernetes(name: &'static str, package: &'static str) -> Binary {
    Binary {
        name,
        version: KUBERNETES,
        module: "kubernetes",
        package,
        stamp: KUBERNETES_STAMP,
        tags: "",
        part_of: PartOf::ControlPlane,
        ask_version: &["--version"],
        accept: Accept::SameMinor,
    }
}

/// A program of containerd.
const fn containerd(name: &'static str, package: &'static str) -> Binary {
    Binary {
        name,
        version: Version::new(2, 4, 2),
        module: "containerd",
        package,
        stamp: "-X github.com/containerd/containerd/v2/version.Version=v2.4.2",
        tags: "no_btrfs no_devmapper no_zfs",
        part_of: PartOf::RealNode,
        ask_version: &["--version"],
        accept: Accept::SameMinor,
    }
}

const ALL: [Binary; 11] = [
    kubernetes("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
    kubernetes("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    kubernetes("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
    Binary {
        ask_version: &["version", "--client"],
        accept: Accept::From(Version::new(1, 30, 0)),
        ..kubernetes("kubectl", "k8s.io/kubernetes/cmd/kubectl")
    },
    Binary {
        name: "etcd",
        version: Version::new(3, 6, 16),
        module: "etcd",
        package: "go.etcd.io/etcd/server/v3",
        stamp: "",
        tags: "",
        part_of: PartOf::ControlPlane,
        ask_version: &["--version"],
        accept: Accept::SameMinor,
    },
    Binary {
        name: "kwok",
        version: Version::new(0, 8, 0),
        module: "kwok",
        package: "sigs.k8s.io/kwok/cmd/kwok",
        stamp: "-X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0",
        tags: "",
        part_of: PartOf::ControlPlane,
        ask_version: &["--version"],
        accept: Accept::SameMinor,
    },
    Binary { part_of: PartOf::RealNode, ..kubernetes("kubelet", "k8s.io/kubernetes/cmd/kubelet") },
    Binary { part_of: PartOf::RealNode, ..kubernetes("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy") },
    containerd("containerd", "github.com/containerd/containerd/v2/cmd/containerd"),
    // The shim prints its version only with -v.
    Binary {
        ask_version: &["-v"],
        ..containerd("containerd-shim-runc-v2", "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2")
    },
    containerd("ctr", "github.com/containerd/containerd/v2/cmd/ctr"),
];

impl Binary {
    fn accepts(&self, found: Version) -> bool {
        match self.accept {
            Accept::SameMinor => (found.major, found.minor) == (self.version.major, self.version.minor),
            Accept::From(oldest) => found >= oldest,
        }
    }

    fn cached(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}", self.name, self.version)).join(self.name)
    }
}

/// Whether this is a program of the real node.
pub(crate) fn of_real_node(name: &str) -> bool {
    ALL.iter().any(|binary| binary.name == name && binary.part_of == PartOf::RealNode)
}

/// A program that will do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Where it lies
    pub(crate) path: PathBuf,
    /// The version it gives
    pub(crate) version: String,
    /// Which of the places it was found in
    pub(crate) origin: Origin,
}

/// The programs of one cluster, by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Binaries(BTreeMap<String, Found>);

impl Binaries {
    /// Finds all of them and builds what is missing; the first time this takes minutes. Those of the real node are left
    /// out where none is wanted.
    pub(crate) fn ensure(real_node: bool, progress: &Progress) -> Result<Self> {
        let cache = workspace::cache()?;
        let mut found = BTreeMap::new();
        let mut missing = Vec::new();
        for binary in ALL.iter().filter(|binary| real_node || binary.part_of == PartOf::ControlPlane) {
            match find::find(binary, &cache) {
                Some(place) => drop(found.insert(binary.name.to_owned(), place)),
                None => missing.push(binary),
            }
        }
        if !missing.is_empty() {
            build::build(&missing, &cache, progress)?;
        }
        for binary in missing {
            let path = binary.cached(&cache);
            let place = Found { path, version: binary.version.to_string(), origin: Origin::Cache };
            found.insert(binary.name.to_owned(), place);
        }
        Ok(Self(found))
    }

    /// The path of one of them.
    pub(crate) fn path(&self, name: &str) -> Result<&Path> {
        let found = self.0.get(name).with_context(|| format!("{name} is not a program of the test bed"))?;
        Ok(&found.path)
    }

    /// All of them, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Found)> {
        self.0.iter().map(|(name, found)| (name.as_str(), found))
    }
}
