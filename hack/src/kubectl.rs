//! The API server, asked through the kubectl binary, so that xtask needs no Kubernetes client.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cluster::tied_to_this_process;

/// kubectl as a cluster's admin.
pub(crate) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    /// This program with this kubeconfig; what it caches lies beside that.
    pub(crate) fn new(program: &Path, kubeconfig: &Path) -> Self {
        Self { program: program.to_owned(), kubeconfig: kubeconfig.to_owned() }
    }

    /// Whether the API server says, within so many seconds, that it is ready.
    pub(crate) fn ready(&self, seconds: u32) -> bool {
        self.run(&["get", "--raw", "/readyz", &format!("--request-timeout={seconds}s")], "").is_ok()
    }

    /// The answer of a path.
    pub(crate) fn raw(&self, path: &str) -> Result<String> {
        self.run(&["get", "--raw", path, "--request-timeout=5s"], "")
    }

    /// The answer of a path, as JSON.
    pub(crate) fn json(&self, path: &str) -> Result<Value> {
        serde_json::from_str(&self.raw(path)?).with_context(|| format!("{path} is not JSON"))
    }

    /// Creates an object or a list of objects.
    pub(crate) fn create(&self, object: &Value) -> Result<()> {
        self.run(&["create", "--validate=false", "--request-timeout=5s", "-f", "-"], &object.to_string()).map(drop)
    }

    /// Applies a manifest, as `kubectl apply -f -`.
    pub(crate) fn apply(&self, manifest: &Value) -> Result<()> {
        self.run(&["apply", "-f", "-"], &manifest.to_string()).map(drop)
    }

    /// Installs CustomResourceDefinitions and waits until they are served.
    pub(crate) fn install(&self, definitions: &str) -> Result<()> {
        self.run(&["apply", "--server-side", "-f", "-"], definitions)?;
        self.run(&["wait", "--for=condition=Established", "--timeout=30s", "-f", "-"], definitions).map(drop)
    }

    /// Changes an object by a JSON patch.
    pub(crate) fn patch(&self, kind: &str, name: &str, patch: &Value) -> Result<()> {
        self.run(&["patch", kind, name, "--type=json", "-p", &patch.to_string()], "").map(drop)
    }

    /// An object as JSON.
    pub(crate) fn get(&self, kind: &str, name: &str) -> Result<Value> {
        let text = self.run(&["get", kind, name, "-o", "json"], "")?;
        serde_json::from_str(&text).with_context(|| format!("kubectl get {kind} {name} gave no JSON"))
    }

    /// Runs kubectl; the error is what it printed.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = tied_to_this_process(&self.program)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .arg("--cache-dir")
            .arg(self.kubeconfig.with_file_name("kubectl-cache"))
            .args(arguments)
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
