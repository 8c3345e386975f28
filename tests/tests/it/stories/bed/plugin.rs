//! `kubectl ecs` as users run it: the program, in a process of its own.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::story::Story;

/// How a command ended, and what it printed
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code
    pub(crate) code: i32,
    /// Standard output
    pub(crate) stdout: String,
    /// Standard error
    pub(crate) stderr: String,
}

/// Runs `kubectl ecs` in the namespace of a story, with something on standard input
pub(crate) async fn ecs(story: &Story, arguments: &[&str], stdin: &str) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-ecs-of-stories"));
    // kubectl runs its plugins with itself in PATH.
    let kubectl = story.cluster.kubectl.parent().unwrap().to_owned();
    let path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let path = std::env::join_paths([kubectl].into_iter().chain(path)).unwrap();
    // Before what may follow `--`
    let (verb, rest) = arguments.split_at(arguments.iter().position(|word| *word == "--").unwrap_or(arguments.len()));
    command.args(verb).args(["--namespace", &story.namespace]).args(rest);
    command.env("KUBECONFIG", &story.cluster.kubeconfig).env("PATH", path).env("NO_COLOR", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // It may end without reading.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let done = tokio::time::timeout(super::wait::DEADLINE, child.wait_with_output()).await;
    let done = done.unwrap_or_else(|_| panic!("kubectl ecs {arguments:?} does not end")).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let code = done.status.code().unwrap_or_else(|| panic!("kubectl ecs {arguments:?}: {}", done.status));
    Ended { code, stdout: text(done.stdout), stderr: text(done.stderr) }
}
