//! `kubectl ecs deploy`: a new revision of a service's task definition, and the way of its deployment to the end.
//!
//! What a pipeline does with ECS in three calls (RegisterTaskDefinition, UpdateService, `wait services-stable`), with an end that
//! tells a roll-back from a success.
//!
//! *Not here*: how a deployment is judged (the operator), when a service is at rest (`stable`).

mod document;
pub(crate) mod family;

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use ecs_core::values::revision_ref::RevisionRef;
use ecs_crds::{EcsService, TaskDefinition};
use ecs_kube::Session;
use serde_json::json;

use crate::access::{AccessArgs, block_on, object_alone, refusal};
use crate::convert;
use crate::stable::{EXIT_CODES, Outcome, Patience, Rest, rest};
use crate::yaml;
use document::{Image, of_file, with_images};

/// What is deployed, and how
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
pub(crate) struct DeployArgs {
    /// The EcsService
    service: String,
    /// The new task definition, `-` for standard input: the input of RegisterTaskDefinition, the output of
    /// DescribeTaskDefinition, or a TaskDefinition object
    #[arg(short, long = "filename", value_name = "FILE", required_unless_present = "images")]
    file: Option<PathBuf>,
    /// Another image for a container of the task definition, of the only one where none is named; give it again for more
    #[arg(long = "image", value_name = "[CONTAINER=]IMAGE")]
    images: Vec<Image>,
    /// Do not wait for the deployment to end
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    patience: Patience,
    /// Change nothing: let the API server judge the task definition, and print it
    #[arg(long, conflicts_with = "no_wait")]
    dry_run: bool,
    /// How to print: text for people, or one JSON object `{service, outcome, reason, wanted, taskDefinition, deployments}`
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
    #[command(flatten)]
    access: AccessArgs,
}

/// How to print
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line; with --dry-run the task definition as YAML
    Text,
    /// JSON
    Json,
}

fn help() -> String {
    format!(
        "\
Examples:
  Another image, and the way to its end, with the service's events:
    kubectl ecs deploy web --image web:1.8.2

  One container of several, in a pipeline that wants to know how it ended:
    kubectl ecs deploy web --image app=web:1.8.2 --timeout 20m -o json | jq -r .outcome

  A task definition from a file, as `aws ecs register-task-definition --cli-input-json` takes it:
    kubectl ecs deploy web -f task-definition.json

  What would be registered:
    kubectl ecs deploy web --image web:1.8.2 --dry-run

The task definition is changed in the cluster. Where it is kept in git, change it there and wait with
kubectl ecs wait services-stable. A service that names family:revision gets the new revision's number; one that names
the family follows by itself.

Exit codes:
{EXIT_CODES}"
    )
}

/// Deploys, and says by the exit code how it went
pub(crate) fn run(args: &DeployArgs, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let given = match &args.file {
        None => None,
        Some(file) => {
            let (definition, findings) = of_file(file)?;
            findings.iter().try_for_each(|finding| writeln!(errors, "{}", convert::line(finding)))?;
            let Some(definition) = definition else { return Ok(Outcome::Stalled.code()) };
            Some(definition)
        }
    };
    block_on(async {
        let session = args.access.open().await?;
        match deploy(args, &session, given, out, errors).await? {
            Ok(code) => Ok(code),
            Err(refused) => {
                writeln!(errors, "{refused}")?;
                Ok(Outcome::Stalled.code())
            }
        }
    })
}

/// The exit code, or why nothing is deployed
async fn deploy(
    args: &DeployArgs,
    session: &Session,
    given: Option<TaskDefinition>,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> anyhow::Result<Result<u8, String>> {
    let DeployArgs { service: name, no_wait, patience, dry_run, output, .. } = args;
    let deadline = patience.deadline();
    let Some(service) = session.get::<EcsService>(name).await? else {
        return Ok(Err(format!("there is no EcsService `{name}` in {}", session.namespace())));
    };
    let Some(now) = service.spec.task_definition.as_deref().and_then(|text| text.parse::<RevisionRef>().ok()) else {
        return Ok(Err(format!("spec.taskDefinition of `{name}` names no task definition; set it first")));
    };
    let family = given.as_ref().and_then(family_of).unwrap_or(&now.family).to_owned();
    let written = match write(args, session, &family, given, errors).await? {
        Ok(written) => written,
        Err(refused) => return Ok(Err(refused)),
    };
    if *dry_run {
        return print_definition(&written, *output, out).map(|()| Ok(0));
    }
    let definition = written.metadata.name.unwrap_or_default();
    let registered = match family::registered(session, &definition, deadline, errors).await? {
        Ok(registered) => registered,
        Err(outcome) => return Ok(Ok(outcome.code())),
    };
    writeln!(errors, "{registered} is registered")?;
    let follows = now.revision.is_none() && now.family == family;
    if !follows {
        let reference = if now.revision.is_some() { &registered } else { &family };
        let patch = json!({ "spec": { "taskDefinition": reference } });
        if let Err(message) = refusal(session.merge::<EcsService>(name, &patch).await)? {
            return Ok(Err(format!("refused: {message}")));
        }
    }
    if *no_wait {
        writeln!(out, "ecsservice/{name} is to run {registered}")?;
        return Ok(Ok(0));
    }
    // What the service's own document asks for, its status is about; what it follows, that has to be looked for
    let mut rest = rest(session, name, follows.then(|| registered.clone()), deadline, errors).await?;
    rest.wanted = Some(registered);
    print_rest(&rest, *output, out)?;
    Ok(Ok(rest.outcome.code()))
}

/// Writes the task definition that is to run, or has the server judge it; else why it is not written
async fn write(
    args: &DeployArgs,
    session: &Session,
    family: &str,
    given: Option<TaskDefinition>,
    errors: &mut dyn Write,
) -> anyhow::Result<Result<TaskDefinition, String>> {
    let DeployArgs { images, dry_run, .. } = args;
    let Some(mut next) = next(family::find(session, family).await?, given) else {
        return Ok(Err(format!("there is no TaskDefinition of the family `{family}`; give it with -f FILE")));
    };
    for change in with_images(&mut next.spec, images)? {
        writeln!(errors, "{change}")?;
    }
    let answer = match next.metadata.resource_version {
        Some(_) => session.replace(&next, *dry_run).await,
        None => session.create(&next, *dry_run).await,
    };
    Ok(refusal(answer)?.map_err(|message| format!("refused: {message}")))
}

fn family_of(definition: &TaskDefinition) -> Option<&str> {
    definition.spec.family.as_deref().or(definition.metadata.name.as_deref())
}

/// The object that is to be written: the one that is there, with what is given for its spec
fn next(there: Option<TaskDefinition>, given: Option<TaskDefinition>) -> Option<TaskDefinition> {
    match (there, given) {
        (Some(mut there), Some(given)) => {
            there.spec = given.spec;
            there.metadata.annotations.get_or_insert_default().extend(given.metadata.annotations.unwrap_or_default());
            Some(there)
        }
        (there, given) => there.or(given),
    }
}

fn print_definition(definition: &TaskDefinition, output: Output, out: &mut dyn Write) -> anyhow::Result<()> {
    let object = object_alone(definition)?;
    match output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?,
        Output::Text => yaml::document(&object, &mut { out })?,
    }
    Ok(())
}

fn print_rest(rest: &Rest, output: Output, out: &mut dyn Write) -> anyhow::Result<()> {
    match output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(rest)?)?,
        Output::Text => writeln!(out, "{}: {}", rest.service, rest.reason)?,
    }
    Ok(())
}
