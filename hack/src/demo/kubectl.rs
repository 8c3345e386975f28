//! kubectl as a person would use it, against the demo's cluster.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cluster::{Cluster, tied_to_this_process};

/// kubectl with a kubeconfig.
pub(super) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    /// For this cluster.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { program: cluster.kubectl.clone(), kubeconfig: cluster.kubeconfig.clone() }
    }

    /// Applies a manifest, as `kubectl apply -f -`.
    pub(super) fn apply(&self, manifest: &Value) -> Result<()> {
        self.run(&["apply", "-f", "-"], &manifest.to_string()).map(drop)
    }

    /// Applies YAML on the server's side and waits until it is served.
    pub(super) fn apply_text(&self, yaml: &str) -> Result<()> {
        self.run(&["apply", "--server-side", "-f", "-"], yaml)?;
        self.run(&["wait", "--for=condition=Established", "--timeout=30s", "-f", "-"], yaml).map(drop)
    }

    /// Changes an object by a JSON patch.
    pub(super) fn patch(&self, kind: &str, name: &str, patch: &Value) -> Result<()> {
        self.run(&["patch", kind, name, "--type=json", "-p", &patch.to_string()], "").map(drop)
    }

    /// An object as JSON.
    pub(super) fn get(&self, kind: &str, name: &str) -> Result<Value> {
        let text = self.run(&["get", kind, name, "-o", "json"], "")?;
        serde_json::from_str(&text).with_context(|| format!("kubectl get {kind} {name} gave no JSON"))
    }

    /// What `kubectl get ecs` prints.
    pub(super) fn table(&self) -> Result<String> {
        self.run(&["get", "ecs"], "")
    }

    /// Runs kubectl; the error is what it printed.
    pub(super) fn run(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = tied_to_this_process(&self.program)
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // When kubectl ends without reading, its own message below says why.
            drop(stdin.write_all(input.as_bytes()));
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("kubectl {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
