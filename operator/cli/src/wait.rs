//! `kubectl ecs wait services-stable`: until services run what they are to run, as the AWS CLI's waiter.
//!
//! *Not here*: when a service is stable (`stable`).

use std::io::Write;

use ecs_core::values::revision_ref::RevisionRef;
use ecs_crds::EcsService;
use ecs_kube::Session;

use crate::access::{AccessArgs, block_on};
use crate::deploy::family;
use crate::stable::{EXIT_CODES, Outcome, Patience, rest};

/// What to wait for
#[derive(Debug, clap::Subcommand)]
pub(crate) enum WaitCommand {
    /// Wait until each service runs as many healthy tasks as it is to, all of its PRIMARY deployment
    #[command(arg_required_else_help = true)]
    ServicesStable(StableArgs),
}

/// Which services
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
pub(crate) struct StableArgs {
    /// The EcsServices, by their names
    #[arg(required_unless_present = "services", value_name = "SERVICE")]
    names: Vec<String>,
    /// The same, as the AWS CLI has them
    #[arg(long, value_name = "SERVICE", num_args = 1..)]
    services: Vec<String>,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    access: AccessArgs,
}

fn help() -> String {
    format!(
        "\
Examples:
  After `kubectl apply -k .`, in a pipeline:
    kubectl ecs wait services-stable web worker --timeout 15m

ECS's waiter is content with a service that was rolled back, since its old tasks are steady. This one says that the deployment
failed. A service that follows a family is awaited with the family's newest revision.

Exit codes (of several services: of the first that is not stable):
{EXIT_CODES}"
    )
}

/// Waits
pub(crate) fn run(command: &WaitCommand, out: &mut dyn Write, errors: &mut dyn Write) -> anyhow::Result<u8> {
    let WaitCommand::ServicesStable(StableArgs { names, services, patience, access }) = command;
    let deadline = patience.deadline();
    block_on(async {
        let session = access.open().await?;
        let mut code = 0;
        for name in names.iter().chain(services) {
            let Some(service) = session.get::<EcsService>(name).await? else {
                writeln!(errors, "there is no EcsService `{name}` in {}", session.namespace())?;
                return Ok(Outcome::Stalled.code());
            };
            let wanted = match wanted(&session, &service).await? {
                Some(family) => match family::registered(&session, &family, deadline, errors).await? {
                    Ok(registered) => Some(registered),
                    Err(outcome) => return Ok(outcome.code()),
                },
                None => None,
            };
            let rest = rest(&session, name, wanted, deadline, errors).await?;
            writeln!(out, "{name}: {}", rest.reason)?;
            code = if code == 0 { rest.outcome.code() } else { code };
        }
        Ok(code)
    })
}

/// The TaskDefinition whose newest revision a service is to run, where it follows one
async fn wanted(session: &Session, service: &EcsService) -> anyhow::Result<Option<String>> {
    let reference = service.spec.task_definition.as_deref().and_then(|text| text.parse::<RevisionRef>().ok());
    let Some(family) = reference.filter(|r| r.revision.is_none()) else { return Ok(None) };
    let found = family::find(session, &family.family).await?;
    Ok(found.and_then(|definition| definition.metadata.name))
}
