//! `kubectl ecs tasks`: the tasks of a namespace as ListTasks and DescribeTasks show them.
//!
//! Running tasks are pods. Stopped ones are the pods and EcsTasks that are still there, and what a restarted pod was before.
//!
//! *Not here*: how a pod is seen as a task (`ecs_core::task_view`).

use std::collections::BTreeSet;
use std::io::Write;

use clap::ValueEnum;
use ecs_core::names::{self, LABEL_MAX, k8s_name};
use ecs_core::task_view::{Facts, view};
use ecs_crds::{DescribedTask, EcsService, EcsTask, LastStatus, ScheduleRun, ScheduledTask, StopCode, StoppedTask};
use ecs_kube::Session;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;

use crate::access::{AccessArgs, block_on};
use crate::yaml;

const HELP: &str = "\
Examples:
  Every task of a service, running and stopped:
    kubectl ecs tasks web

  Why did the last one stop?
    kubectl ecs tasks web --desired-status STOPPED -o json | jq -r '.tasks[0].stoppedReason'

Stopped tasks: those of an EcsTask while it is there, those of a schedule and of a service for an hour. Of a service at most 20
are kept, failed ones longest. Where the kubelet restarts a container in its place, each run of it is a task that stopped.

Exit codes:
  0   printed
  2   there is nothing of that name
  64  wrong usage, or a cluster that cannot be reached";

/// Which tasks
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct TasksArgs {
    /// Only those of this EcsService, EcsTask or ScheduledTask, or one task by the name of its pod
    name: Option<String>,
    /// Only those that are to run, or that are to be stopped
    #[arg(long, value_enum, value_name = "STATUS", ignore_case = true)]
    desired_status: Option<Desired>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(flatten)]
    access: AccessArgs,
}

/// Where tasks are to be
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum Desired {
    /// They run, or are to
    Running,
    /// They have stopped, or are to
    Stopped,
}

/// How to print tasks
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line for each
    Table,
    /// `{"tasks": […]}`, each as DescribeTasks shows it
    Json,
    /// The same as YAML
    Yaml,
    /// Their names alone
    Name,
}

/// Prints tasks
pub(crate) fn run(args: &TasksArgs, now: Timestamp, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let TasksArgs { name, desired_status, output, access } = args;
    block_on(async {
        let session = access.open().await?;
        let mut tasks = tasks(&session, name.as_deref(), now).await?;
        if let Some(name) = name.as_deref().filter(|_| tasks.is_empty())
            && session.get::<EcsService>(name).await?.is_none()
            && session.get::<EcsTask>(name).await?.is_none()
            && session.get::<ScheduledTask>(name).await?.is_none()
        {
            let namespace = session.namespace();
            writeln!(
                errors,
                "there is nothing called `{name}` in {namespace}: no EcsService, EcsTask or ScheduledTask, and no task"
            )?;
            return Ok(2);
        }
        tasks.retain(|task| match desired_status {
            None => true,
            Some(Desired::Running) => task.desired_status == LastStatus::Running,
            Some(Desired::Stopped) => task.desired_status == LastStatus::Stopped,
        });
        print(&tasks, *output, now, out)?;
        Ok(0)
    })
}

/// The pods of ours that run for what has this name; without one all
pub(crate) async fn pods(session: &Session, name: Option<&str>) -> anyhow::Result<Vec<Pod>> {
    let ours = format!("{}={}", names::MANAGED_BY, names::MANAGER);
    let pods = session.list::<Pod>(&ours).await?;
    let Some(name) = name else { return Ok(pods) };
    let owners = [
        (names::SERVICE, k8s_name(name, LABEL_MAX)),
        (names::TASK, names::of_task(name)),
        (names::SCHEDULE, names::of_schedule(name)),
    ];
    let meant = |pod: &Pod| {
        let labels = pod.metadata.labels.as_ref();
        let of = |(key, value): &(&str, String)| labels.and_then(|l| l.get(*key)) == Some(value);
        pod.metadata.name.as_deref() == Some(name) || owners.iter().any(of)
    };
    Ok(pods.into_iter().filter(meant).collect())
}

/// The tasks: those that go on first, then by the time of their end, the newest first
async fn tasks(session: &Session, name: Option<&str>, now: Timestamp) -> anyhow::Result<Vec<DescribedTask>> {
    let mut tasks = Vec::new();
    let recorded = match name {
        Some(name) => session.get::<EcsTask>(name).await?.into_iter().collect(),
        None => session.list::<EcsTask>("").await?,
    };
    let mut known: BTreeSet<String> = BTreeSet::new();
    for task in recorded.into_iter().flat_map(|task| task.status.unwrap_or_default().tasks) {
        known.insert(task.name.clone());
        tasks.push(task);
    }
    // The pod of a task that the operator stopped is gone
    for schedule in of_schedules(session, name).await? {
        let ended = schedule.status.unwrap_or_default().runs.into_iter().flat_map(ended);
        tasks.extend(ended.filter(|task| known.insert(task.name.clone())));
    }
    let services = session.list::<EcsService>("").await?;
    for pod in pods(session, name).await? {
        let service = pod.metadata.labels.as_ref().and_then(|labels| labels.get(names::SERVICE));
        let deployment = service.and_then(|service| {
            let of = |s: &&EcsService| s.spec.service_name.as_ref().or(s.metadata.name.as_ref()) == Some(service);
            let status = services.iter().find(of)?.status.as_ref()?;
            Some(status.deployments.first()?.id.clone())
        });
        let facts = Facts { deployment: deployment.as_deref(), ..Facts::default() };
        let seen = view(&pod, &facts, now);
        if !known.contains(&seen.task.name) {
            tasks.extend(seen.previous.filter(|previous| run_of(previous) != run_of(&seen.task)));
            tasks.push(seen.task);
        }
    }
    let kept: Vec<&DescribedTask> = services.iter().flat_map(|service| kept(service, name, now)).collect();
    let stopped = |task: &DescribedTask| task.desired_status == LastStatus::Stopped;
    // Of a pod that is deleted, nobody says any more why it did not start
    let failed = |task: &&&DescribedTask| task.stop_code == Some(StopCode::TaskFailedToStart);
    let told: BTreeSet<_> = kept.iter().filter(failed).map(|task| run_of(task)).collect();
    tasks.retain(|task| !stopped(task) || !told.contains(&run_of(task)));
    let seen: BTreeSet<_> = tasks.iter().filter(|task| stopped(task)).map(run_of).collect();
    tasks.extend(kept.into_iter().filter(|task| !seen.contains(&run_of(task))).cloned());
    tasks.sort_by_key(|task| {
        let end = task.stopped_at.as_ref().map(|t| t.0);
        (end.is_some(), std::cmp::Reverse(end), task.name.clone())
    });
    Ok(tasks)
}

/// One run of one pod, which is a task of ECS
fn run_of(task: &DescribedTask) -> (String, Option<Timestamp>) {
    (task.name.clone(), task.started_at.as_ref().map(|t| t.0))
}

/// The stopped tasks that the status of a service keeps, of the last hour
fn kept<'a>(service: &'a EcsService, name: Option<&'a str>, now: Timestamp) -> impl Iterator<Item = &'a DescribedTask> {
    let of_service = name.is_none_or(|name| {
        [service.metadata.name.as_deref(), service.spec.service_name.as_deref()].contains(&Some(name))
    });
    let tasks = service.status.iter().flat_map(|status| &status.stopped_tasks);
    let recent = move |t: &Time| now.duration_since(t.0) < SignedDuration::from_hours(1);
    let tasks = tasks.filter(move |task| task.stopped_at.as_ref().is_none_or(recent));
    tasks.filter(move |task| of_service || Some(task.name.as_str()) == name)
}

/// The schedules that have this name; without one all
async fn of_schedules(session: &Session, name: Option<&str>) -> anyhow::Result<Vec<ScheduledTask>> {
    Ok(match name {
        Some(name) => session.get(name).await?.into_iter().collect(),
        None => session.list("").await?,
    })
}

/// The tasks of a run whose ends the run tells
fn ended(run: ScheduleRun) -> impl Iterator<Item = DescribedTask> {
    let ScheduleRun { stopped, finished_at, .. } = run;
    stopped.into_iter().map(move |StoppedTask { name, stop_code, stopped_reason, exit_code }| DescribedTask {
        name,
        last_status: LastStatus::Stopped,
        desired_status: LastStatus::Stopped,
        stop_code: Some(stop_code),
        stopped_reason: Some(stopped_reason),
        exit_code,
        stopped_at: finished_at.clone(),
        ..DescribedTask::default()
    })
}

fn print(tasks: &[DescribedTask], output: Output, now: Timestamp, mut out: &mut dyn Write) -> anyhow::Result<()> {
    match output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "tasks": tasks }))?)?,
        Output::Yaml => yaml::document(&json!({ "tasks": tasks }), &mut out)?,
        Output::Name => tasks.iter().try_for_each(|task| writeln!(out, "pod/{}", task.name))?,
        Output::Table => {
            let head = ["TASK", "TASKDEF", "LAST", "DESIRED", "HEALTH", "AGE", "EXIT", "STOPCODE", "STOPPEDREASON"];
            let rows: Vec<[String; 9]> = tasks.iter().map(|task| row(task, now)).collect();
            table(&head, &rows, out)?;
        }
    }
    Ok(())
}

fn row(task: &DescribedTask, now: Timestamp) -> [String; 9] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let since = task.stopped_at.as_ref().or(task.started_at.as_ref()).or(task.created_at.as_ref());
    [
        task.name.clone(),
        or_dash(task.task_definition.clone()),
        task.last_status.to_string(),
        task.desired_status.to_string(),
        task.health_status.to_string(),
        or_dash(since.map(|since| age(since.0, now))),
        or_dash(task.exit_code.map(|code| code.to_string())),
        or_dash(task.stop_code.map(|code| code.to_string())),
        or_dash(task.stopped_reason.clone()),
    ]
}

/// A short time: the largest unit alone
fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn table(head: &[&str; 9], rows: &[[String; 9]], out: &mut dyn Write) -> anyhow::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|h| h.len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut line = |cells: &[&str]| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        writeln!(out, "{}", padded.join("   ").trim_end())
    };
    line(head)?;
    for row in rows {
        line(&row.each_ref().map(String::as_str))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
