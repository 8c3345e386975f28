//! The operator as users run it: the binary, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use super::story::Story;
use crate::repository::root;

/// The operator's process; it ends with this value
pub(crate) struct Process(Child);

/// Starts `ecs-operator run` for the namespace of a story
pub(crate) async fn start(story: &Story) -> Process {
    let binary = tokio::task::spawn_blocking(binary).await.unwrap();
    let mut command = tokio::process::Command::new(binary);
    command.args(["run", "--namespace", &story.namespace]).env("KUBECONFIG", &story.cluster.kubeconfig);
    Process(command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap())
}

impl Process {
    /// SIGKILL
    pub(crate) async fn kill(&mut self) {
        self.0.kill().await.unwrap();
    }

    /// SIGTERM, and how it ends
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        let id = Pid::from_raw(i32::try_from(self.0.id().unwrap()).unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        tokio::time::timeout(Duration::from_secs(5), self.0.wait())
            .await
            .unwrap_or_else(|_| panic!("it does not end"))
            .unwrap()
    }
}

/// The binary, built into the directory that this test came from
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let this = std::env::current_exe().unwrap();
        let directory = this.ancestors().nth(2).unwrap();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.current_dir(root()).args(["build", "--quiet", "--package", "ecs-operator", "--bin", "ecs-operator"]);
        build.arg("--target-dir").arg(directory.parent().unwrap());
        if directory.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the operator cannot be built");
        directory.join("ecs-operator")
    })
}
