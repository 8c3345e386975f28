//! The program: reads the command line and the configuration, and hands over to [`run`].

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use ecs_core::config::{Capabilities, OperatorConfig};
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Args, Command, RunArgs};
use crate::{Clock, Options, run, telemetry};

/// Reads the command line and does what it says, as the process `ecs-operator`
#[must_use]
pub fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Crds => crds(),
        Command::Run(args) => serve(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ecs-operator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn crds() -> anyhow::Result<()> {
    let yaml = ecs_crds::yaml()?;
    // A closed pipe (`| head`) is the reader's wish, not an error.
    match std::io::Write::write_all(&mut std::io::stdout(), yaml.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[tokio::main]
async fn serve(args: RunArgs) -> anyhow::Result<()> {
    telemetry::start(&args.log, args.log_format)?;
    let options = Options {
        namespace: args.namespace,
        config: config(args.config.as_deref())?,
        capabilities: args
            .capabilities
            .map(|names| Capabilities::named(&names))
            .transpose()
            .map_err(anyhow::Error::msg)?,
        resync: args.resync,
        instance: args.instance,
        clock: Clock::default(),
    };
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let client = ecs_kube::connect(args.context).await?;
    Ok(run(client, options, stop).await?)
}

fn config(file: Option<&Path>) -> anyhow::Result<OperatorConfig> {
    let Some(file) = file else { return Ok(OperatorConfig::default()) };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the configuration {} cannot be read", file.display()))?;
    serde_yaml_ng::from_str(&text).with_context(|| format!("the configuration {} cannot be used", file.display()))
}
