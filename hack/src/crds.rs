//! `cargo xtask crds`: the custom resource definitions of add-ons that objects of ours are made for.
//!
//! hack/tools/crds pins the Go modules that carry them; the files are read where `go mod download` puts them. The AWS Load
//! Balancer Controller publishes no module that has its own: crds/targetgroupbindings.yaml stands in, written from its
//! documentation. Nothing here installs anything.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cluster::answer;
use crate::workspace;

/// A module, and its definitions that the stories need
const MODULES: &[(&str, &str, &[&str])] = &[
    (
        "github.com/external-secrets/external-secrets",
        "config/crds/bases",
        &[
            "external-secrets.io_externalsecrets.yaml",
            "external-secrets.io_secretstores.yaml",
            "external-secrets.io_clustersecretstores.yaml",
        ],
    ),
    (
        "github.com/kubernetes-csi/external-snapshotter/client/v8",
        "config/crd",
        &[
            "snapshot.storage.k8s.io_volumesnapshots.yaml",
            "snapshot.storage.k8s.io_volumesnapshotcontents.yaml",
            "snapshot.storage.k8s.io_volumesnapshotclasses.yaml",
        ],
    ),
    (
        "sigs.k8s.io/gateway-api",
        "config/crd/standard",
        &[
            "gateway.networking.k8s.io_gatewayclasses.yaml",
            "gateway.networking.k8s.io_gateways.yaml",
            "gateway.networking.k8s.io_httproutes.yaml",
        ],
    ),
    (
        "sigs.k8s.io/secrets-store-csi-driver",
        "config/crd/bases",
        &["secrets-store.csi.x-k8s.io_secretproviderclasses.yaml"],
    ),
];

/// Prints the paths, one a line
pub(crate) fn run() -> Result<ExitCode> {
    let mut files = vec![workspace::root().join("hack/src/crds/targetgroupbindings.yaml")];
    for (module, folder, names) in MODULES {
        let folder = downloaded(module)?.join(folder);
        files.extend(names.iter().map(|name| folder.join(name)));
    }
    for file in files {
        anyhow::ensure!(file.is_file(), "{} is not in its module any more; see hack/src/crds.rs", file.display());
        answer(&file.display().to_string());
    }
    Ok(ExitCode::SUCCESS)
}

/// What `go mod download -json` says of a module
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Module {
    #[serde(default)]
    dir: PathBuf,
    #[serde(default)]
    error: Option<String>,
}

/// Where a module lies, downloaded first where it is not there yet; go.sum says what it must be
fn downloaded(module: &str) -> Result<PathBuf> {
    let folder: &Path = &workspace::tool_modules().join("crds");
    let mut go = Command::new("go");
    go.current_dir(folder).env("GOWORK", "off").env("GOFLAGS", "").args(["mod", "download", "-json", module]);
    let done = go.stderr(Stdio::inherit()).output().context("cannot start go: install Go 1.26 or later")?;
    let said: Module = serde_json::from_slice(&done.stdout)
        .with_context(|| format!("`go mod download {module}` failed ({})", done.status))?;
    match said.error {
        Some(error) => anyhow::bail!("go could not download {module}: {error}"),
        None => Ok(said.dir),
    }
}
