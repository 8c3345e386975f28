//! `kubectl ecs rollout`: how far the deployment of a service is, and a person's part in it.
//!
//! What a person says is an annotation of the EcsService (`continue`, `rollback`, `pause`), which the operator reads; only
//! `undo` changes the spec, in the name of who calls it.
//!
//! *Not here*: how a deployment goes on (`ecs-core`).

mod show;

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use ecs_core::names;
use ecs_core::revision::ServiceRevision;
use ecs_crds::{EcsService, EcsServiceStatus, HookStatus, StagedDeployment};
use ecs_kube::Session;
use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use serde_json::{Value, json};

use crate::access::{AccessArgs, block_on};

const HELP: &str = "\
Examples:
  Follow a deployment to its end; not 0 where it was rolled back:
    kubectl ecs rollout status web --watch --timeout 20m

  Let it go on where a PAUSE hook, or `rollout pause`, holds it:
    kubectl ecs rollout continue web

  Give all traffic back to what ran before, at once:
    kubectl ecs rollout abort web

  Run the task definition of the deployment before this one again:
    kubectl ecs rollout undo web

Exit codes:
  0   status: the deployment is complete; else: said
  1   status: the deployment goes on, also where --timeout is over
  2   status: it failed, or was rolled back; else: there is nothing to say it to
  64  wrong usage, or a cluster that cannot be reached";

/// It goes on
const GOES_ON: u8 = 1;
/// It failed, or there is no such thing
const REFUSED: u8 = 2;

/// What to do with a deployment
#[derive(Debug, Subcommand)]
#[command(after_help = HELP)]
pub(crate) enum RolloutCommand {
    /// Show how far the deployment of a service is
    #[command(after_help = HELP)]
    Status(StatusArgs),
    /// Keep the deployment in the lifecycle stage that it is in
    Pause(SayArgs),
    /// Let the deployment go on: answer its PAUSE hooks, and undo `pause`
    Continue(SayArgs),
    /// Roll the deployment back: traffic at once, then the tasks
    Abort(SayArgs),
    /// Run the task definition of an older deployment again, as a new deployment
    Undo(UndoArgs),
    /// List the deployments that are remembered
    History(HistoryArgs),
}

/// Of which service, and for how long
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// The EcsService
    service: String,
    /// Go on showing until the deployment is over
    #[arg(short, long)]
    watch: bool,
    /// How long at most, as 90s, 20m or 2h; default: without end
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "watch")]
    timeout: Option<Duration>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
    #[command(flatten)]
    access: AccessArgs,
}

/// To which service something is said
#[derive(Debug, clap::Args)]
pub(crate) struct SayArgs {
    /// The EcsService
    service: String,
    /// Say nothing: print what would be said
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Where a service goes back to
#[derive(Debug, clap::Args)]
pub(crate) struct UndoArgs {
    /// The EcsService
    service: String,
    /// The number of the deployment, as `history` shows it; default: the newest with another task definition
    #[arg(long, value_name = "N")]
    to_revision: Option<i64>,
    /// Change nothing: print what would be changed
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// The deployments of which service
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    /// The EcsService
    service: String,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
    #[command(flatten)]
    access: AccessArgs,
}

/// How to print
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// As JSON
    Json,
}

/// `90s`, `20m`, `2h`
fn duration(text: &str) -> Result<Duration, String> {
    let unit = |unit: char| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        _ => None,
    };
    let parsed = text.chars().last().and_then(unit).and_then(|seconds| {
        let number: u64 = text.get(..text.len() - 1)?.parse().ok()?;
        number.checked_mul(seconds)
    });
    parsed.map(Duration::from_secs).ok_or_else(|| format!("`{text}` is no time; write 90s, 20m or 2h"))
}

/// Does it
pub(crate) fn run(
    command: &RolloutCommand,
    now: Timestamp,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> anyhow::Result<u8> {
    block_on(async {
        match command {
            RolloutCommand::Status(args) => status(args, now, out, errors).await,
            RolloutCommand::Pause(args) => say(args, Said::Pause, out, errors).await,
            RolloutCommand::Continue(args) => say(args, Said::Continue, out, errors).await,
            RolloutCommand::Abort(args) => say(args, Said::Abort, out, errors).await,
            RolloutCommand::Undo(args) => undo(args, out, errors).await,
            RolloutCommand::History(args) => history(args, out, errors).await,
        }
    })
}

async fn service(session: &Session, name: &str, errors: &mut dyn Write) -> anyhow::Result<Option<EcsService>> {
    let found = session.get::<EcsService>(name).await?;
    if found.is_none() {
        writeln!(errors, "there is no EcsService `{name}` in {}", session.namespace())?;
    }
    Ok(found)
}

async fn status(args: &StatusArgs, now: Timestamp, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let session = args.access.open().await?;
    let Some(found) = service(&session, &args.service, errors).await? else { return Ok(REFUSED) };
    if !args.watch {
        show::status(&found, args.output, now, out)?;
        return Ok(code(&found));
    }
    let mut changes = session.changes::<EcsService>(&args.service);
    let mut told = String::new();
    let watched = async {
        loop {
            let service = changes.next().await.context("the watch ended")??;
            let line = show::line(&service);
            if line != told {
                writeln!(errors, "{line}")?;
                told = line;
            }
            if code(&service) != GOES_ON {
                return anyhow::Ok(service);
            }
        }
    };
    let ended = match args.timeout {
        Some(limit) => tokio::time::timeout(limit, watched).await.ok().transpose()?,
        None => Some(watched.await?),
    };
    let Some(service) = ended else {
        writeln!(errors, "the deployment goes on; waited no longer than --timeout says")?;
        return Ok(GOES_ON);
    };
    if args.output == Output::Json {
        show::status(&service, args.output, now, out)?;
    }
    Ok(code(&service))
}

/// How a service's deployment is, as an exit code
fn code(service: &EcsService) -> u8 {
    let status = service.status.clone().unwrap_or_default();
    let seen = status.observed_generation == service.metadata.generation;
    match status.deployments.first().map(|d| d.rollout_state.as_str()) {
        Some("FAILED") if seen => REFUSED,
        // What failed may be on its way back
        _ if seen && status.rollback_hold.is_some() && !under_way(&status) => REFUSED,
        Some("COMPLETED") if seen => 0,
        _ => GOES_ON,
    }
}

fn under_way(status: &EcsServiceStatus) -> bool {
    let first = status.deployments.first();
    first.is_some_and(|d| d.rollout_state == "IN_PROGRESS") || staged(status).is_some()
}

/// The deployment in stages that is under way
fn staged(status: &EcsServiceStatus) -> Option<&StagedDeployment> {
    status.deployment.as_ref().filter(|deployment| !deployment.status.is_over())
}

/// What a person says
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Pause,
    Continue,
    Abort,
}

/// The annotations that say it; none where there is nothing to say it to
fn words(said: Said, service: &EcsService) -> Result<Value, &'static str> {
    let nothing = "no deployment in stages is under way";
    let status = service.status.as_ref().ok_or(nothing)?;
    let deployment = staged(status).ok_or(nothing)?;
    let id = names::deployment_id(deployment.revision);
    match said {
        Said::Pause => Ok(json!({ names::PAUSE: id })),
        Said::Abort => Ok(json!({ names::ROLLBACK: id })),
        Said::Continue => {
            let waits =
                deployment.hooks.iter().filter(|h| h.status == HookStatus::InProgress && h.target_type == "PAUSE");
            let hooks: Vec<&str> = waits.map(|hook| hook.hook_id.as_str()).collect();
            let paused = service.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(names::PAUSE));
            match (hooks.is_empty(), paused) {
                (true, false) => Err("the deployment waits for nobody"),
                (true, true) => Ok(json!({ names::PAUSE: null })),
                (false, _) => Ok(json!({ names::PAUSE: null, names::CONTINUE: hooks.join(",") })),
            }
        }
    }
}

async fn say(args: &SayArgs, said: Said, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let session = args.access.open().await?;
    let Some(found) = service(&session, &args.service, errors).await? else { return Ok(REFUSED) };
    match words(said, &found) {
        Ok(annotations) => {
            let patch = json!({ "metadata": { "annotations": annotations } });
            change(&session, &args.service, &patch, args.dry_run, out).await
        }
        Err(why) => {
            writeln!(errors, "{}: {why}", args.service)?;
            Ok(REFUSED)
        }
    }
}

/// Changes a service, or prints the change
async fn change(
    session: &Session,
    name: &str,
    patch: &Value,
    dry_run: bool,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    if dry_run {
        writeln!(out, "{}", serde_json::to_string_pretty(patch)?)?;
        return Ok(0);
    }
    session.merge::<EcsService>(name, patch).await?;
    writeln!(out, "ecsservice/{name} patched")?;
    Ok(0)
}

/// The deployments that are remembered, the newest first
async fn revisions(
    session: &Session,
    service: &EcsService,
) -> anyhow::Result<Vec<(ControllerRevision, ServiceRevision)>> {
    let child = ecs_core::plan::service::child_name(service);
    let stored = session.list::<ControllerRevision>(&format!("{}={child}", names::SERVICE)).await?;
    let read = stored.into_iter().filter_map(|stored| ServiceRevision::decode(&stored).map(|read| (stored, read)));
    let mut revisions: Vec<_> = read.collect();
    revisions.sort_by_key(|(_, read)| std::cmp::Reverse(read.number));
    Ok(revisions)
}

async fn undo(args: &UndoArgs, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let session = args.access.open().await?;
    let Some(found) = service(&session, &args.service, errors).await? else { return Ok(REFUSED) };
    let revisions = revisions(&session, &found).await?;
    let Some((number, task_definition)) = before(&found, revisions.iter().map(|(_, read)| read), args.to_revision)
    else {
        writeln!(
            errors,
            "{}: no older deployment with another task definition is remembered; see `history`",
            args.service
        )?;
        return Ok(REFUSED);
    };
    writeln!(errors, "{}: back to {task_definition} of {}", args.service, names::deployment_id(number))?;
    let patch = json!({ "spec": { "taskDefinition": task_definition } });
    change(&session, &args.service, &patch, args.dry_run, out).await
}

/// The deployment to go back to: its number and its task definition
fn before<'a>(
    service: &EcsService,
    revisions: impl Iterator<Item = &'a ServiceRevision>,
    wanted: Option<i64>,
) -> Option<(i64, String)> {
    let status = service.status.clone().unwrap_or_default();
    let current = status.service_revision.unwrap_or_default();
    let running = status.task_definition.unwrap_or_default();
    let mut older = revisions.filter(|read| match wanted {
        Some(number) => read.number == number,
        None => read.name() != current && read.content.inputs.task_definition != running,
    });
    older.next().map(|read| (read.number, read.content.inputs.task_definition.clone()))
}

async fn history(args: &HistoryArgs, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let session = args.access.open().await?;
    let Some(found) = service(&session, &args.service, errors).await? else { return Ok(REFUSED) };
    let revisions = revisions(&session, &found).await?;
    show::history(&found, &revisions, args.output, out)?;
    Ok(0)
}

#[cfg(test)]
mod tests;
