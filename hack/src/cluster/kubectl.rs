//! The API server, asked through the kubectl binary, so that xtask needs no Kubernetes client.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::instance::Instance;
use super::process::tied_to_this_process;

/// kubectl as a cluster's admin.
pub(super) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    cache: PathBuf,
}

impl Kubectl {
    /// This program for this cluster.
    pub(super) fn new(program: &Path, instance: &Instance) -> Self {
        let cache = instance.path("kubectl-cache");
        Self { program: program.to_owned(), kubeconfig: instance.kubeconfig(), cache }
    }

    /// Whether the API server says, within so many seconds, that it is ready.
    pub(super) fn ready(&self, seconds: u32) -> bool {
        self.run(&["get", "--raw", "/readyz", &format!("--request-timeout={seconds}s")], "").is_ok()
    }

    /// The answer of a path.
    pub(super) fn raw(&self, path: &str) -> Result<String> {
        self.run(&["get", "--raw", path, "--request-timeout=5s"], "")
    }

    /// The answer of a path, as JSON.
    pub(super) fn json(&self, path: &str) -> Result<Value> {
        serde_json::from_str(&self.raw(path)?).with_context(|| format!("{path} is not JSON"))
    }

    /// Creates an object or a list of objects.
    pub(super) fn create(&self, object: &Value) -> Result<()> {
        self.run(&["create", "--validate=false", "--request-timeout=5s", "-f", "-"], &object.to_string()).map(drop)
    }

    fn run(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = tied_to_this_process(&self.program)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .arg("--cache-dir")
            .arg(&self.cache)
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
