//! The operator as users run it: the program, in a process of its own.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::story::Story;

/// The operator's process; it ends with this value
pub(crate) struct Process(Child);

/// Starts `ecs-operator run` for the namespace of a story
pub(crate) fn start(story: &Story) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_operator-of-stories"));
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
