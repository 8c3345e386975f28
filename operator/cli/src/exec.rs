//! `kubectl ecs exec`: a command in a container of a task, as ExecuteCommand starts one.
//!
//! kubectl does it: the terminal, its size and its signals are what it is good at. Here is only which pod and container.

use std::io::{ErrorKind, Write};
use std::process::Command;

use anyhow::Context as _;
use ecs_core::names::{LABEL_MAX, k8s_name};
use ecs_core::task_view::{Facts, view};
use ecs_crds::{DescribedTask, LastStatus};
use jiff::Timestamp;

use crate::access::{AccessArgs, block_on};
use crate::tasks;

/// There is no such task, or no such container
const REFUSED: u8 = 2;

const HELP: &str = "\
Examples:
  A shell in a task of a service:
    kubectl ecs exec web -it -- sh

  A command in one container of one task:
    kubectl ecs exec web-7d9c5b-x2x4k -c app -- cat /etc/resolv.conf

Of several tasks the first that runs is taken; standard error says which. It needs kubectl in PATH, and the right to create
pods/exec. ECS asks for enableExecuteCommand; here the right decides.

Exit codes:
  0        the command ended with 0
  1 … 255  the command ended with it
  2        there is no such task that runs, or no such container
  64       wrong usage, or a cluster that cannot be reached";

/// Where, and what
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ExecArgs {
    /// An EcsService, EcsTask or ScheduledTask, or a task by the name of its pod
    name: String,
    /// The container, by its name in the task definition [default: the only one]
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// Pass standard input on
    #[arg(short, long)]
    interactive: bool,
    /// Standard input is a terminal
    #[arg(short, long)]
    tty: bool,
    #[command(flatten)]
    access: AccessArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs the command, and ends as it ends
pub(crate) fn run(args: &ExecArgs, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let (tasks, namespace) = block_on(async {
        let session = args.access.open().await?;
        let pods = tasks::pods(&session, Some(&args.name)).await?;
        let tasks = pods.iter().map(|pod| view(pod, &Facts::default(), Timestamp::now()).task).collect();
        Ok((tasks, session.namespace().to_owned()))
    })?;
    let (task, container) = match place(tasks, args) {
        Ok(place) => place,
        Err(message) => {
            writeln!(errors, "{message}")?;
            return Ok(REFUSED);
        }
    };
    writeln!(errors, "task {}, container {container}", task.name)?;
    errors.flush()?;
    let status = kubectl(args, &namespace, &task.name, &container).status();
    let status = status.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!("kubectl is not in PATH, and exec goes through it"),
        _ => error.into(),
    })?;
    let code = status.code().context("kubectl was ended by a signal")?;
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}

/// The first task that runs, and the container that is meant
fn place(mut tasks: Vec<DescribedTask>, args: &ExecArgs) -> Result<(DescribedTask, String), String> {
    let runs = |t: &DescribedTask| matches!(t.last_status, LastStatus::Running | LastStatus::Activating);
    tasks.retain(|task| runs(task) && task.desired_status == LastStatus::Running);
    tasks.sort_by(|a, b| a.name.cmp(&b.name));
    let task = tasks.into_iter().next().ok_or_else(|| format!("no task of `{}` runs", args.name))?;
    let names: Vec<&str> = task.containers.iter().map(|container| container.name.as_str()).collect();
    let container = match (&args.container, names.as_slice()) {
        (Some(name), _) if names.contains(&name.as_str()) => name.clone(),
        (None, [only]) => (*only).to_owned(),
        (Some(name), _) => return Err(format!("no container is called `{name}`; there are {}", names.join(", "))),
        (None, _) => return Err(format!("the task has several containers; name one with -c, of {}", names.join(", "))),
    };
    Ok((task, container))
}

fn kubectl(args: &ExecArgs, namespace: &str, pod: &str, container: &str) -> Command {
    let AccessArgs { kubeconfig, context, namespace: _ } = &args.access;
    let mut kubectl = Command::new("kubectl");
    if let Some(file) = kubeconfig {
        kubectl.arg("--kubeconfig").arg(file);
    }
    if let Some(context) = context {
        kubectl.args(["--context", context]);
    }
    kubectl.args(["--namespace", namespace, "exec", pod, "--container", &k8s_name(container, LABEL_MAX)]);
    for (wanted, option) in [(args.interactive, "--stdin"), (args.tty, "--tty")] {
        kubectl.args(wanted.then_some(option));
    }
    kubectl.arg("--").args(&args.command);
    kubectl
}
