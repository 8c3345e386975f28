//! The program: reads the command line and the configuration, and hands over to [`run`].

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use ecs_core::config::{Capabilities, OperatorConfig};
use ecs_kube::{Client, Cluster, Election, Gate, Leadership, Listener, stand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

#[cfg(feature = "aws")]
use crate::args::SyncArgs;
use crate::args::{Args, Command, ProcessArgs, RunArgs};
use crate::listen::listen;
#[cfg(feature = "aws")]
use crate::sync::{SyncOptions, remotes::AwsRemotes, run_sync};
use crate::{Clock, Metrics, Options, run, telemetry};

/// Reads the command line and does what it says, as the process `ecs-operator`
#[must_use]
pub fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Crds => crds(),
        Command::Run(args) => serve(*args),
        #[cfg(feature = "aws")]
        Command::Sync(args) => keep_the_same(*args),
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
    let RunArgs { process, config: file, capabilities, resync, listen: address } = args;
    let config = config(file.as_deref())?;
    let capabilities = capabilities.as_ref().map(|names| Capabilities::named(names)).transpose();
    let capabilities = capabilities.map_err(anyhow::Error::msg)?;
    let (namespace, instance) = (process.namespace.clone(), process.instance.clone());
    let metrics = Metrics::default();
    lead(&process, metrics.listener(), async |client, leadership| {
        let (close, closed) = oneshot::channel::<()>();
        let closed = async move {
            let _ = closed.await;
        };
        let answering = match address {
            Some(address) => Some(tokio::spawn(listen(address, metrics.clone(), leadership.clone(), closed).await?)),
            None => None,
        };
        let clock = Clock::default();
        let options = Options { namespace, config, capabilities, resync, instance, clock, leadership, metrics };
        let done = run(client, options, stop_signal()?).await;
        drop(close);
        if let Some(answering) = answering {
            answering.await?;
        }
        Ok(done?)
    })
    .await
}

/// Runs the sync
#[cfg(feature = "aws")]
#[tokio::main]
async fn keep_the_same(args: SyncArgs) -> anyhow::Result<()> {
    let SyncArgs { process, endpoint_url: endpoint, profile } = args;
    let settings = ecs_aws::Settings { endpoint, profile, ..ecs_aws::Settings::default() };
    let (namespace, instance) = (process.namespace.clone(), process.instance.clone());
    lead(&process, std::sync::Arc::new(|_| {}), async |client, leadership| {
        let options = SyncOptions { namespace, instance, clock: Clock::default(), leadership };
        Ok(run_sync(client, AwsRemotes::new(settings), options, stop_signal()?).await?)
    })
    .await
}

/// Does the work of a process, with a client whose writes pass while this replica leads
async fn lead(
    args: &ProcessArgs,
    listener: Listener,
    work: impl AsyncFnOnce(Client, Leadership) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    telemetry::start(&args.log, args.log_format)?;
    let cluster = Cluster::find(args.context.clone()).await?;
    let (resign, resigned) = oneshot::channel();
    let (leadership, election) = election(args, &cluster, resigned)?;
    let gate = Gate::new(leadership.clone(), listener);
    let done = work(cluster.client(&gate)?, leadership).await;
    // Only now, when nothing of ours is under way, another replica may begin.
    drop(resign);
    if let Some(election) = election {
        election.await?;
    }
    done
}

/// Whether this process may write: always, or by an election that goes on until `resigned`
fn election(
    args: &ProcessArgs,
    cluster: &Cluster,
    resigned: oneshot::Receiver<()>,
) -> anyhow::Result<(Leadership, Option<JoinHandle<()>>)> {
    let Some(lease) = &args.lease else { return Ok((Leadership::always(), None)) };
    let namespace = args.lease_namespace.clone().unwrap_or_else(|| cluster.namespace().to_owned());
    // A name alone is not enough: a restarted process must not take its predecessor's Lease for its own.
    let instance = args.instance.as_deref().unwrap_or("ecs-operator");
    let identity = format!("{instance}_{:x}", jiff::Timestamp::now().as_nanosecond());
    let election = Election::new(namespace, lease.clone(), identity, args.lease_duration);
    let resigned = async {
        let _ = resigned.await;
    };
    let (leadership, stands) = stand(cluster.client(&Gate::open())?, election, resigned);
    Ok((leadership, Some(tokio::spawn(stands))))
}

/// Resolves at SIGTERM or Ctrl-C
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    })
}

fn config(file: Option<&Path>) -> anyhow::Result<OperatorConfig> {
    let Some(file) = file else { return Ok(OperatorConfig::default()) };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the configuration {} cannot be read", file.display()))?;
    serde_yaml_ng::from_str(&text).with_context(|| format!("the configuration {} cannot be used", file.display()))
}
