//! `kubectl ecs logs`: what the containers of tasks print.
//!
//! *Not here*: what a log driver ships elsewhere; this is what the nodes have.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use ecs_core::names::{self, LABEL_MAX, k8s_name};
use ecs_core::task_view::{Facts, view};
use ecs_crds::{DescribedTask, EcsTaskStatus, LastStatus};
use ecs_kube::{Lines, Session};
use futures::stream::{BoxStream, SelectAll};
use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::access::{AccessArgs, block_on};
use crate::tasks;

const HELP: &str = "\
Examples:
  The last lines of every task of a service, and what comes:
    kubectl ecs logs web --tail 20 -f

  One container of one task:
    kubectl ecs logs web-7d9c5b-x2x4k -c app

Exit codes:
  0   printed
  2   there is no task or container of that name
  64  wrong usage, or a cluster that cannot be reached";

/// Whose logs
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct LogsArgs {
    /// An EcsService, EcsTask or ScheduledTask, or a task by the name of its pod
    name: String,
    /// Only this container, by its name in the task definition
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// Wait for more
    #[arg(short, long)]
    follow: bool,
    /// Only the last so many lines of each container
    #[arg(long, value_name = "LINES")]
    tail: Option<i64>,
    /// Only what was printed in the last so many seconds
    #[arg(long, value_name = "SECONDS")]
    since: Option<i64>,
    #[command(flatten)]
    access: AccessArgs,
}

/// Prints logs
pub(crate) fn run(args: &LogsArgs, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let LogsArgs { name, container, follow, tail, since, access } = args;
    block_on(async {
        let session = access.open().await?;
        let pods = tasks::pods(&session, Some(name)).await?;
        if pods.is_empty() {
            writeln!(errors, "there is no task of `{name}` in {}", session.namespace())?;
            return Ok(2);
        }
        let lines = Lines { container: None, follow: *follow, tail: *tail, since_seconds: *since };
        let tasks: Vec<_> = pods.iter().map(|pod| view(pod, &Facts::default(), Timestamp::now()).task).collect();
        if let Some(only) = container
            && let Some(there) = without(only, &tasks)
        {
            writeln!(errors, "no container is called `{only}`; there are {there}")?;
            return Ok(2);
        }
        let mut follower = Follower { only: container.clone(), lines: Some(lines), ..Follower::default() };
        tasks.iter().for_each(|task| follower.add(&session, task));
        while let Some(line) = follower.next().await {
            print(line, out, errors)?;
        }
        Ok(0)
    })
}

/// The containers that there are, where none has this name
fn without(container: &str, tasks: &[DescribedTask]) -> Option<String> {
    let names: BTreeSet<&str> = tasks.iter().flat_map(|task| &task.containers).map(|c| c.name.as_str()).collect();
    (!names.contains(container)).then(|| names.into_iter().collect::<Vec<_>>().join(", "))
}

/// Whether a pod is one of ours, by its labels
pub(crate) fn is_ours(labels: &BTreeMap<String, String>) -> bool {
    labels.get(names::MANAGED_BY).is_some_and(|manager| manager == names::MANAGER)
}

/// A line of a log, or why there is none
pub(crate) type Line = Result<String, String>;

/// Prints a line at once: somebody waits for it
pub(crate) fn print(line: Line, out: &mut dyn Write, errors: &mut dyn Write) -> std::io::Result<()> {
    match line {
        Ok(line) => writeln!(out, "{line}").and_then(|()| out.flush()),
        Err(message) => writeln!(errors, "{message}"),
    }
}

/// Follows the logs of tasks, each container once, in the order in which lines come
#[derive(Default)]
pub(crate) struct Follower {
    streams: SelectAll<BoxStream<'static, Line>>,
    followed: BTreeSet<(String, String)>,
    /// Only this container
    only: Option<String>,
    /// Which lines; none: all, and those to come
    lines: Option<Lines>,
}

impl Follower {
    /// Follows what has started of an EcsTask since
    pub(crate) fn follow(&mut self, session: &Session, status: &EcsTaskStatus) {
        status.tasks.iter().for_each(|task| self.add(session, task));
    }

    /// Follows the containers of a task that have started
    fn add(&mut self, session: &Session, task: &DescribedTask) {
        let several = task.containers.len() > 1;
        for container in &task.containers {
            let started = container.last_status == LastStatus::Running || container.exit_code.is_some();
            let meant = self.only.as_ref().is_none_or(|only| *only == container.name);
            if started && meant && self.followed.insert((task.name.clone(), container.name.clone())) {
                let before =
                    if several { format!("[{} {}] ", task.name, container.name) } else { format!("[{}] ", task.name) };
                self.streams.push(self.log(session, &task.name, &container.name, before));
            }
        }
    }

    fn log(&self, session: &Session, pod: &str, container: &str, before: String) -> BoxStream<'static, Line> {
        let all = Lines { follow: true, ..Lines::default() };
        let lines = self.lines.clone().unwrap_or(all);
        let lines = Lines { container: Some(k8s_name(container, LABEL_MAX)), ..lines };
        let (session, pod) = (session.clone(), pod.to_owned());
        let opened = stream::once(async move {
            match session.log(&pod, &lines).await {
                Ok(log) => log
                    .map(move |line| match line {
                        Ok(line) => Ok(format!("{before}{line}")),
                        Err(error) => Err(format!("{before}the log broke: {error}")),
                    })
                    .boxed(),
                Err(error) => stream::once(async move { Err(format!("{before}no log: {error}")) }).boxed(),
            }
        });
        opened.flatten().boxed()
    }

    /// The next line; none where all have ended
    pub(crate) async fn next(&mut self) -> Option<Line> {
        self.streams.next().await
    }

    /// Whether a log is still open
    pub(crate) fn is_following(&self) -> bool {
        !self.streams.is_empty()
    }
}
