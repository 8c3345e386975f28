//! The command line of `ecs-operator`, and the one place that reads the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

/// Layers Amazon ECS onto Kubernetes: task definitions, services and schedules as Kubernetes objects
#[derive(Debug, Parser)]
#[command(name = "ecs-operator", version, arg_required_else_help = true)]
pub(crate) struct Args {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look after the TaskDefinitions, EcsServices and ScheduledTasks of a cluster
    ///
    /// Uses KUBECONFIG, or the ServiceAccount of the pod that it runs in. Ends with 0 on SIGTERM or Ctrl-C, after what is
    /// under way is finished.
    Run(Box<RunArgs>),
    /// Keep the namespaces that EcsClusters bind and their clusters of Amazon ECS the same
    ///
    /// A process of its own, with rights of its own: it needs no pods, and the operator needs no AWS. Uses KUBECONFIG or its
    /// ServiceAccount, and AWS's usual settings. Ends with 0 on SIGTERM or Ctrl-C, after what is under way is finished.
    #[cfg(feature = "aws")]
    Sync(Box<SyncArgs>),
    /// Print the CustomResourceDefinitions as YAML
    ///
    /// Install them with: ecs-operator crds | kubectl apply --server-side -f -
    Crds,
}

/// How to run
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// What every process is told
    #[command(flatten)]
    pub(crate) process: ProcessArgs,
    /// The administrator's configuration: a YAML file of kind OperatorConfig
    #[arg(long, value_name = "FILE", env = "ECS_OPERATOR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Take these capabilities of the cluster instead of detecting them: a comma-separated list of podResources,
    /// containerRestartRules, restartAllContainers, hostnameOverride; what is not named is off
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) capabilities: Option<Vec<String>>,
    /// How often each object is looked at without cause, in seconds; it costs no request
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub(crate) resync: Duration,
    /// Answer /healthz, /readyz and /metrics (OpenMetrics) on this address, as 0.0.0.0:8080 [default: on none]
    #[arg(long, value_name = "ADDRESS", env = "ECS_OPERATOR_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
}

/// How to sync
#[cfg(feature = "aws")]
#[derive(Debug, clap::Args)]
pub(crate) struct SyncArgs {
    /// What every process is told
    #[command(flatten)]
    pub(crate) process: ProcessArgs,
    /// An endpoint for every API instead of AWS's own, such as an emulator's; no object can name one
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL")]
    pub(crate) endpoint_url: Option<String>,
    /// A profile of AWS's shared configuration [default: AWS_PROFILE, then the environment, web identity, Pod Identity or
    /// instance role, as every AWS program finds them]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// What every process is told
#[derive(Debug, clap::Args)]
pub(crate) struct ProcessArgs {
    /// A context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Look after this namespace alone [default: all]
    #[arg(long, value_name = "NAMESPACE", env = "ECS_OPERATOR_NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// What to log: a level (error, warn, info, debug, trace) or a filter like `info,ecs_operator=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "ECS_OPERATOR_LOG")]
    pub(crate) log: String,
    /// How to log
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "ECS_OPERATOR_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,
    /// The name of this replica, shown in events and as the holder of the Lease
    #[arg(long, value_name = "NAME", env = "HOSTNAME", hide_env_values = true)]
    pub(crate) instance: Option<String>,
    /// Write only while holding this Lease, so that replicas can stand by
    #[arg(long, value_name = "NAME")]
    pub(crate) lease: Option<String>,
    /// The namespace of the Lease [default: that of the pod or of the context]
    #[arg(long, value_name = "NAMESPACE", requires = "lease")]
    pub(crate) lease_namespace: Option<String>,
    /// How long another replica waits for a leader that says nothing, in seconds; the leader stops writing after two
    /// thirds of it
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds, requires = "lease")]
    pub(crate) lease_duration: Duration,
}

/// How to log
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|d| !d.is_zero())
        .ok_or_else(|| "say more than 0 seconds".to_owned())
}
