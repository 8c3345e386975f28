//! `kubectl ecs update-service`: what a pipeline changes of a service, as UpdateService does.
//!
//! *Not here*: everything else of a service; that is its document's.

use std::io::Write;

use ecs_core::values::revision_ref::RevisionRef;
use ecs_crds::EcsService;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::{AccessArgs, block_on, refusal};
use crate::stable::{EXIT_CODES, Outcome, Patience, rest};

/// What is changed
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct UpdateServiceArgs {
    /// The EcsService
    service: String,
    /// Start a deployment although nothing else changes: every task is replaced
    #[arg(long, group = "change")]
    force_new_deployment: bool,
    /// How many tasks to run
    #[arg(long, value_name = "N", group = "change", value_parser = clap::value_parser!(i64).range(0..))]
    desired_count: Option<i64>,
    /// The task definition: `family` for its newest revision, now and later, or `family:revision`
    #[arg(long, value_name = "FAMILY[:REVISION]", group = "change")]
    task_definition: Option<RevisionRef>,
    /// Wait until the service is stable again, as `kubectl ecs wait services-stable` does
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    access: AccessArgs,
}

fn help() -> String {
    format!(
        "\
Examples:
  New tasks of the same task definition, which read their secrets anew:
    kubectl ecs update-service web --force-new-deployment --wait

  Back to an older revision:
    kubectl ecs update-service web --task-definition web:41

Exit codes (without --wait: 0, 2 and 64):
{EXIT_CODES}"
    )
}

/// Updates
pub(crate) fn run(
    args: &UpdateServiceArgs,
    now: Timestamp,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> anyhow::Result<u8> {
    let UpdateServiceArgs { service: name, wait, patience, access, .. } = args;
    let deadline = patience.deadline();
    block_on(async {
        let session = access.open().await?;
        let Some(service) = session.get::<EcsService>(name).await? else {
            writeln!(errors, "there is no EcsService `{name}` in {}", session.namespace())?;
            return Ok(Outcome::Stalled.code());
        };
        if args.desired_count.is_some() && service.spec.auto_scaling.is_some() {
            writeln!(errors, "spec.autoScaling scales this service too; what it sets next, it sets over this")?;
        }
        if let Err(message) = refusal(session.merge::<EcsService>(name, &patch(args, now)).await)? {
            writeln!(errors, "refused: {message}")?;
            return Ok(Outcome::Stalled.code());
        }
        writeln!(out, "ecsservice/{name} is updated")?;
        if !wait {
            return Ok(0);
        }
        let rest = rest(&session, name, None, deadline, errors).await?;
        writeln!(out, "{name}: {}", rest.reason)?;
        Ok(rest.outcome.code())
    })
}

/// The change, as a merge patch
fn patch(args: &UpdateServiceArgs, now: Timestamp) -> Value {
    let mut spec = json!({});
    if let Some(count) = args.desired_count {
        spec["desiredCount"] = count.into();
    }
    if let Some(reference) = &args.task_definition {
        spec["taskDefinition"] = reference.to_string().into();
    }
    if args.force_new_deployment {
        spec["kubernetes"]["forceDeployment"] = now.to_string().into();
    }
    json!({ "spec": spec })
}
