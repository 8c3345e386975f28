//! The operator as users run it: the program, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::story::Story;

/// The operator's process; it ends with this value
pub(crate) struct Process(Child);

/// Starts `ecs-operator run` for the namespace of a story
pub(crate) fn start(story: &Story) -> Process {
    let kubeconfig = kubeconfig(story, &format!("operator-of-{}", story.namespace));
    spawn(story, &kubeconfig, &[])
}

/// Starts one of several replicas, as a user of its own whom the audit log tells apart
pub(crate) fn start_replica(story: &Story, user: &str) -> Process {
    let kubeconfig = kubeconfig(story, user);
    let lease = ["--lease", "ecs-operator", "--lease-namespace", &story.namespace, "--lease-duration", "3"];
    spawn(story, &kubeconfig, &[&lease[..], &["--instance", user]].concat())
}

/// A file for a user; it lies with what the build makes, so nothing is left elsewhere
fn kubeconfig(story: &Story, user: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{user}.kubeconfig", story.namespace));
    std::fs::write(&file, story.cluster.kubeconfig_as(user)).unwrap();
    file
}

fn spawn(story: &Story, kubeconfig: &Path, arguments: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_operator-of-stories"));
    command.args(["run", "--namespace", &story.namespace]).args(arguments).env("KUBECONFIG", kubeconfig);
    Process(command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap())
}

impl Process {
    /// SIGKILL
    pub(crate) async fn kill(&mut self) {
        self.0.kill().await.unwrap();
    }

    /// SIGTERM, and how it ends
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        tokio::time::timeout(Duration::from_secs(5), self.0.wait())
            .await
            .unwrap_or_else(|_| panic!("it does not end"))
            .unwrap()
    }

    /// SIGSTOP: it stands still, and knows nothing of it
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.0.id().unwrap()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }
}
