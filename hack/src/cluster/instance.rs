//! One named cluster on disk: its directory, its lock and its state file.
//!
//! The supervisor alone writes the state; everyone else reads it and believes nothing that the processes it names
//! do not confirm.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::process::ProcessId;
use crate::binaries::Binaries;
use crate::workspace;

/// The name of a cluster, which is also its directory's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Name(String);

impl FromStr for Name {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 40 || text.starts_with('-') || !text.chars().all(allowed) {
            bail!("`{text}` is not a cluster name: use 1 to 40 of a-z, 0-9 and -, not beginning with -");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The loopback ports of one cluster.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Ports {
    /// etcd, for the API server
    pub(crate) etcd: u16,
    /// etcd, for peers it does not have
    pub(crate) etcd_peer: u16,
    /// The API server
    pub(crate) apiserver: u16,
}

/// A part that the supervisor started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The program's name
    pub(crate) name: String,
    /// Its process
    pub(crate) process: ProcessId,
}

/// What is known of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// The process that holds all the others
    pub(crate) supervisor: ProcessId,
    /// The process with which the cluster ends
    pub(crate) owner: Option<ProcessId>,
    /// When it was begun
    pub(crate) since: jiff::Timestamp,
    /// Whether it was seen to be ready
    pub(crate) ready: bool,
    /// Why it ended by itself
    pub(crate) failure: Option<String>,
    /// Where it listens
    pub(crate) ports: Ports,
    /// What was started, in order
    pub(crate) parts: Vec<Part>,
    /// What it was started from
    pub(crate) binaries: Binaries,
    /// Whether a real node stands beside the simulated ones
    pub(crate) real_node: bool,
}

/// The place of a cluster on disk, whether it exists or not.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// Its name
    pub(crate) name: Name,
    folder: PathBuf,
}

impl Instance {
    /// The place of this name.
    pub(crate) fn new(name: Name) -> Self {
        let folder = workspace::clusters().join(&name.0);
        Self { name, folder }
    }

    /// Every place that has a directory.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let Ok(entries) = fs::read_dir(workspace::clusters()) else { return Ok(Vec::new()) };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Ok(names.map(Self::new).collect())
    }

    /// A file or folder of its directory.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    /// The admin's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.path("kubeconfig")
    }

    /// The API server's audit log.
    pub(crate) fn audit_log(&self) -> PathBuf {
        self.path("log/audit.log")
    }

    /// Its state; none when there is no such cluster.
    pub(crate) fn load(&self) -> Option<State> {
        serde_json::from_slice(&fs::read(self.path("state.json")).ok()?).ok()
    }

    /// Replaces its state at once, so that no reader ever sees half of it.
    pub(crate) fn save(&self, state: &State) -> Result<()> {
        let temporary = self.path(".state.json");
        fs::write(&temporary, serde_json::to_vec_pretty(state)?)?;
        fs::rename(&temporary, self.path("state.json"))
            .with_context(|| format!("cannot write the state of cluster {} in {}", self.name, self.folder.display()))
    }

    /// Creates its directory, which only this user may read: it holds keys and tokens.
    pub(crate) fn create(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for folder in ["log", "pki", "etcd", "kubectl-cache"] {
            let folder = self.path(folder);
            builder.create(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        Ok(())
    }

    /// Removes its directory.
    pub(crate) fn remove(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.folder.display()))
            }
            _ => Ok(()),
        }
    }

    /// Held while a cluster of this name is brought up or down. It lies beside the directory, which comes and goes.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let folder = workspace::clusters();
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let path = folder.join(format!(".{}.lock", self.name));
        loop {
            let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
            // Whoever held it before may have removed the file; then others lock another one of that name.
            let current = fs::metadata(&path).map(|current| current.ino()).ok();
            if current == Some(file.metadata()?.ino()) {
                return Ok(Lock { path, _file: file });
            }
        }
    }
}

/// The lock of one name, until it is dropped.
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Removes the file too, when nothing is left to be locked.
    pub(crate) fn remove(self) {
        // A file that stays does no harm.
        drop(fs::remove_file(&self.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_never_leave_the_clusters_folder() {
        for good in ["dev", "test-123", "0"] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "-a", "A", "a b", &"a".repeat(41)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_state_survives_the_file() -> Result<()> {
        let state: State = serde_json::from_value(serde_json::json!({
            "supervisor": {"pid": 7, "started": 70}, "owner": null, "since": "2026-11-21T08:00:00Z", "ready": true,
            "failure": null, "ports": {"etcd": 1, "etcd_peer": 2, "apiserver": 3},
            "parts": [{"name": "etcd", "process": {"pid": 8, "started": 80}}],
            "binaries": {"etcd": {"path": "/x/etcd", "version": "3.6.16", "origin": "cache"}}, "real_node": false,
        }))?;
        let again: State = serde_json::from_slice(&serde_json::to_vec(&state)?)?;
        assert_eq!(serde_json::to_value(&state)?, serde_json::to_value(&again)?);
        assert_eq!(again.binaries.path("etcd")?.to_str(), Some("/x/etcd"));
        Ok(())
    }
}
