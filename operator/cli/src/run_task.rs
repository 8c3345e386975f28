//! `kubectl ecs run-task` and `stop-task`: ECS's calls, as an EcsTask.
//!
//! *Not here*: what the documents mean (`ecs-core`), the way to the cluster (`ecs-kube`), logs (`logs`).

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use clap::ValueEnum;
use ecs_core::report::is_true;
use ecs_core::values::revision_ref::RevisionRef;
use ecs_crds::status::ConditionType;
use ecs_crds::{EcsTask, EcsTaskStatus, LastStatus, TaskDefinition};
use ecs_kube::Session;
use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Map, Value, json};

use crate::access::{AccessArgs, block_on, object_alone, refusal};
use crate::logs;
use crate::read;
use crate::yaml;

/// It did not get to run, or was stopped before its container could end by itself
const NEVER_ENDED: u8 = 125;
/// The document is refused, or there is no such thing
const REFUSED: u8 = 2;

const RUN_HELP: &str = "\
Examples:
  A task of the newest revision, its logs, and its exit code:
    kubectl ecs run-task --task-definition migrate --wait --logs

  With overrides, as the AWS CLI takes them:
    kubectl ecs run-task --task-definition web:7 --overrides '{\"containerOverrides\": [{\"name\": \"app\", \
\"command\": [\"migrate\"]}]}'

  The document of an `aws ecs run-task --cli-input-json`:
    kubectl ecs run-task --cli-input-json file://run.json --count 3

  To keep in git instead of starting it:
    kubectl ecs run-task --task-definition migrate --name migrate-42 --dry-run=client -o yaml

Exit codes:
  0        started; with --wait: the essential container of every task ended with 0
  1 … 255  with --wait: the exit code of the essential container; of several tasks the first that is not 0
  2        refused; what is to be resolved stands on standard error
  64       wrong usage, or a cluster that cannot be reached
  125      with --wait: the task did not get to run, or was stopped";

const STOP_HELP: &str = "\
Examples:
  kubectl ecs stop-task migrate-x7k2p --reason 'costs too much'

A task of a service is stopped too; its service starts another.

Exit codes:
  0   told to stop
  2   there is no task of that name
  64  wrong usage, or a cluster that cannot be reached";

/// What to start
#[derive(Debug, clap::Args)]
#[command(after_help = RUN_HELP)]
pub(crate) struct RunTaskArgs {
    /// The task definition: `family` for its newest revision, or `family:revision`
    #[arg(long, value_name = "FAMILY[:REVISION]", required_unless_present = "cli_input_json")]
    task_definition: Option<String>,
    /// How many tasks to start
    #[arg(long, value_name = "N")]
    count: Option<i64>,
    /// What differs from the task definition: RunTask's `overrides` as JSON, or file://PATH
    #[arg(long, value_name = "JSON")]
    overrides: Option<String>,
    /// Who or what starts the task
    #[arg(long, value_name = "TEXT")]
    started_by: Option<String>,
    /// The task group [default: family:FAMILY]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Tags: key=KEY,value=VALUE …
    #[arg(long, value_name = "TAG", num_args = 1..)]
    tags: Vec<String>,
    /// Whose tags the tasks get too
    #[arg(long, value_name = "TASK_DEFINITION|NONE")]
    propagate_tags: Option<String>,
    /// The launch type
    #[arg(long, value_name = "EC2|FARGATE|EXTERNAL")]
    launch_type: Option<String>,
    /// The ECS cluster, kept as a label
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// A reference, kept with the task
    #[arg(long, value_name = "TEXT")]
    reference_id: Option<String>,
    /// Placement constraints as JSON, or file://PATH
    #[arg(long, value_name = "JSON")]
    placement_constraints: Option<String>,
    /// Placement strategy as JSON, or file://PATH
    #[arg(long, value_name = "JSON")]
    placement_strategy: Option<String>,
    /// Capacity provider strategy as JSON, or file://PATH
    #[arg(long, value_name = "JSON")]
    capacity_provider_strategy: Option<String>,
    /// Network configuration as JSON, or file://PATH
    #[arg(long, value_name = "JSON")]
    network_configuration: Option<String>,
    /// The input of RunTask as JSON, or file://PATH; other options win over its members
    #[arg(long, value_name = "JSON")]
    cli_input_json: Option<String>,
    /// The name of the EcsTask [default: FAMILY- and a random ending]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long the EcsTask is kept after its tasks have stopped, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    time_to_live: i64,
    /// Wait until every task has stopped, and end with the exit code of the essential container
    #[arg(long)]
    wait: bool,
    /// Print the logs of the tasks while waiting
    #[arg(long, requires = "wait")]
    logs: bool,
    /// Start nothing: print the EcsTask, or let the server judge it first
    #[arg(long, value_enum, default_value_t = DryRun::None, num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    dry_run: DryRun,
    /// How to print what was started
    #[arg(short, long, value_enum, default_value_t = Format::Name)]
    output: Format,
    #[command(flatten)]
    access: AccessArgs,
}

/// Whether anything is started
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DryRun {
    /// Start it
    None,
    /// Print it
    Client,
    /// Let the API server judge it, and print what it would keep
    Server,
}

/// How to print an object
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Its name: ecstask/NAME
    Name,
    /// As JSON
    Json,
    /// As YAML
    Yaml,
}

/// What to stop
#[derive(Debug, clap::Args)]
#[command(after_help = STOP_HELP)]
pub(crate) struct StopTaskArgs {
    /// An EcsTask, or a task by the name of its pod
    name: String,
    /// Why; it becomes the task's stoppedReason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    access: AccessArgs,
}

/// Starts tasks
pub(crate) fn run(args: &RunTaskArgs, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let task = args.object()?;
    if args.dry_run == DryRun::Client {
        return print(&task, args.output, out).map(|()| 0);
    }
    block_on(async {
        let session = args.access.open().await?;
        if let Some(family) = unknown_family(&session, &task).await? {
            let namespace = session.namespace();
            writeln!(
                errors,
                "refused: there is no TaskDefinition of the family `{family}` in {namespace}; create it first"
            )?;
            return Ok(REFUSED);
        }
        let made: EcsTask = match refusal(session.create(&task, args.dry_run == DryRun::Server).await)? {
            Ok(made) => made,
            Err(message) => {
                writeln!(errors, "refused: {message}")?;
                return Ok(REFUSED);
            }
        };
        if !(args.wait && args.output == Format::Name) || args.dry_run == DryRun::Server {
            print(&made, args.output, out)?;
        }
        if !args.wait || args.dry_run == DryRun::Server {
            return Ok(0);
        }
        let name = made.metadata.name.unwrap_or_default();
        writeln!(errors, "ecstask/{name} is created in {}", session.namespace())?;
        wait(&session, &name, args.logs, out, errors).await
    })
}

/// The family that the call names, where there is none of that name: RunTask refuses such a call too
async fn unknown_family(session: &Session, task: &EcsTask) -> anyhow::Result<Option<String>> {
    let Some(Ok(named)) = task.spec.run.task_definition.as_deref().map(str::parse::<RevisionRef>) else {
        return Ok(None);
    };
    let definitions = match session.list::<TaskDefinition>("").await {
        Ok(definitions) => definitions,
        // Who may not look is not kept from asking
        Err(ecs_kube::ApiError::Api(status)) if status.code == 403 => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is = |definition: &TaskDefinition| {
        definition.spec.family.as_ref().or(definition.metadata.name.as_ref()) == Some(&named.family)
    };
    Ok((!definitions.iter().any(is)).then_some(named.family))
}

impl RunTaskArgs {
    /// The EcsTask that says what the options say
    fn object(&self) -> anyhow::Result<EcsTask> {
        let mut spec = match &self.cli_input_json {
            None => Map::new(),
            Some(text) => match json_of("--cli-input-json", text)? {
                Value::Object(members) => members,
                _ => anyhow::bail!("--cli-input-json is no object; give the input of RunTask"),
            },
        };
        let texts = [
            ("taskDefinition", &self.task_definition),
            ("startedBy", &self.started_by),
            ("group", &self.group),
            ("propagateTags", &self.propagate_tags),
            ("launchType", &self.launch_type),
            ("cluster", &self.cluster),
            ("referenceId", &self.reference_id),
        ];
        for (key, text) in texts {
            spec.extend(text.as_ref().map(|text| (key.to_owned(), json!(text))));
        }
        spec.extend(self.count.map(|count| ("count".to_owned(), json!(count))));
        let documents = [
            ("overrides", "--overrides", &self.overrides),
            ("placementConstraints", "--placement-constraints", &self.placement_constraints),
            ("placementStrategy", "--placement-strategy", &self.placement_strategy),
            ("capacityProviderStrategy", "--capacity-provider-strategy", &self.capacity_provider_strategy),
            ("networkConfiguration", "--network-configuration", &self.network_configuration),
        ];
        for (key, option, text) in documents {
            if let Some(text) = text {
                spec.insert(key.to_owned(), json_of(option, text)?);
            }
        }
        if !self.tags.is_empty() {
            let tags: anyhow::Result<Vec<Value>> = self.tags.iter().map(|tag| tag_of(tag)).collect();
            spec.insert("tags".to_owned(), tags?.into());
        }
        spec.insert("kubernetes".to_owned(), json!({ "timeToLiveSeconds": self.time_to_live }));
        let definition = spec.get("taskDefinition").and_then(Value::as_str).unwrap_or_default();
        anyhow::ensure!(!definition.is_empty(), "no task definition is named; give --task-definition");
        let family = definition.rsplit('/').next().and_then(|name| name.split(':').next()).unwrap_or_default();
        let metadata = match &self.name {
            Some(name) => json!({ "name": name }),
            None => json!({ "generateName": format!("{}-", ecs_core::names::k8s_name(family, 50)) }),
        };
        let object = json!({
            "apiVersion": ecs_crds::API_VERSION, "kind": "EcsTask", "metadata": metadata, "spec": spec,
        });
        serde_json::from_value(object).context("the options do not make a RunTask call")
    }
}

/// JSON as the AWS CLI takes it
fn json_of(option: &str, text: &str) -> anyhow::Result<Value> {
    let read = match text.strip_prefix("file://") {
        Some(path) => &read::text(Path::new(path))?,
        None => text,
    };
    serde_json::from_str(read).with_context(|| format!("{option} is no JSON"))
}

/// `key=KEY,value=VALUE`
fn tag_of(text: &str) -> anyhow::Result<Value> {
    let parts = text
        .split_once(',')
        .and_then(|(key, value)| Some((key.trim().strip_prefix("key=")?, value.trim().strip_prefix("value=")?)));
    let (key, value) = parts.with_context(|| format!("`{text}` is no tag; write key=KEY,value=VALUE"))?;
    Ok(json!({ "key": key, "value": value }))
}

fn print(task: &EcsTask, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    let object = object_alone(task)?;
    let metadata = &task.metadata;
    let name = metadata.name.as_deref().or(metadata.generate_name.as_deref()).unwrap_or_default();
    match format {
        Format::Name => writeln!(out, "ecstask/{name}")?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?,
        Format::Yaml => yaml::document(&object, &mut { out })?,
    }
    Ok(())
}

/// Waits for the end, prints what the tasks print, and says by the exit code how they ended
async fn wait(
    session: &Session,
    name: &str,
    with_logs: bool,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> anyhow::Result<u8> {
    let mut follower = logs::Follower::default();
    let mut changes = session.changes::<EcsTask>(name);
    let mut told = String::new();
    loop {
        tokio::select! {
            change = changes.next() => {
                let task = change.context("the watch ended")??;
                let status = task.status.unwrap_or_default();
                if let Some(code) = refused(&status, errors)? {
                    return Ok(code);
                }
                let line = line(&status);
                if line != told {
                    writeln!(errors, "{line}")?;
                    told = line;
                }
                if with_logs {
                    follower.follow(session, &status);
                }
                if status.last_status == Some(LastStatus::Stopped) {
                    while let Some(line) = follower.next().await {
                        logs::print(line, out, errors)?;
                    }
                    return Ok(code(&status));
                }
            }
            Some(line) = follower.next(), if follower.is_following() => {
                logs::print(line, out, errors)?;
            }
        }
    }
}

/// The exit code where the document is refused
fn refused(status: &EcsTaskStatus, errors: &mut dyn Write) -> anyhow::Result<Option<u8>> {
    let accepted = ConditionType::Accepted.to_string();
    let Some(condition) = status.conditions.iter().find(|c| c.type_ == accepted && c.status == "False") else {
        return Ok(None);
    };
    writeln!(errors, "refused: {}", condition.message)?;
    Ok(Some(REFUSED))
}

/// Where it is, in a line
fn line(status: &EcsTaskStatus) -> String {
    let ready = ConditionType::Ready.to_string();
    let message =
        status.conditions.iter().find(|c| c.type_ == ready).map_or("waiting for the operator", |c| &c.message);
    match status.last_status {
        Some(last) => format!("{last}: {message}"),
        None => message.to_owned(),
    }
}

/// The exit code for how the tasks ended
fn code(status: &EcsTaskStatus) -> u8 {
    match status.exit_code {
        _ if is_true(&status.conditions, ConditionType::Ready) => 0,
        Some(code) if code != 0 => u8::try_from(code).unwrap_or(u8::MAX),
        _ => NEVER_ENDED,
    }
}

/// Stops a task
pub(crate) fn stop(args: &StopTaskArgs, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let StopTaskArgs { name, reason, access } = args;
    block_on(async {
        let session = access.open().await?;
        let stop = json!({ "spec": { "kubernetes": { "stop": { "reason": reason } } } });
        if session.get::<EcsTask>(name).await?.is_some() {
            session.merge::<EcsTask>(name, &stop).await?;
            writeln!(out, "ecstask/{name} is told to stop")?;
            return Ok(0);
        }
        let pod: Option<Pod> = session.get(name).await?;
        let Some(labels) = pod.and_then(|pod| pod.metadata.labels).filter(logs::is_ours) else {
            writeln!(errors, "there is no EcsTask and no task `{name}` in {}", session.namespace())?;
            return Ok(REFUSED);
        };
        // A task of an EcsTask is stopped through it, where the reason is kept; another's has no place for one
        if let Some(owner) = labels.get(ecs_core::names::TASK)
            && let Some(task) = session.get::<EcsTask>(owner).await?
            && task.spec.run.count.unwrap_or(1) == 1
        {
            session.merge::<EcsTask>(owner, &stop).await?;
            writeln!(out, "ecstask/{owner} is told to stop")?;
            return Ok(0);
        }
        session.delete::<Pod>(name).await?;
        writeln!(out, "pod/{name} is told to stop")?;
        if reason.is_some() {
            writeln!(errors, "its reason is kept nowhere: only an EcsTask has a place for it")?;
        }
        Ok(0)
    })
}

#[cfg(test)]
mod tests;
