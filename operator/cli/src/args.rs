//! The command line, and the one place that reads the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use ecs_core::render::LoneTask;
use ecs_core::support::Operation;

use crate::complete::{CompleteArgs, CompletionArgs, ManArgs};
use crate::convert::{ConvertArgs, ExportArgs};
use crate::deploy::DeployArgs;
use crate::exec::ExecArgs;
use crate::logs::LogsArgs;
use crate::reverse::ReverseArgs;
use crate::rollout::RolloutCommand;
use crate::run_task::{RunTaskArgs, StopTaskArgs};
use crate::schedule::ScheduleCommand;
use crate::tasks::TasksArgs;
use crate::update_service::UpdateServiceArgs;
use crate::wait::WaitCommand;

const HELP: &str = "\
Where to begin:
  What would become of this task definition?
    aws ecs describe-task-definition --task-definition web | kubectl ecs render -f -

  And why?
    kubectl ecs explain containerDefinitions.healthCheck

  Take a stack over into objects to keep in git:
    kubectl ecs convert -f template.yaml --parameter ImageUri=nginx:1.27 > shop.yaml

  When does this fire?
    kubectl ecs schedule next 'cron(0 9 ? * MON-FRI *)' --timezone Europe/Berlin

  Deploy another image, and know how it ended:
    kubectl ecs deploy web --image web:1.8.2

Every command reads JSON and YAML, takes `-` for standard input where it takes a file, and has
examples of its own: kubectl ecs COMMAND --help

Exit codes, in every command:
  0   done; nothing found, or only what is good to know (Info)
  1   done; some behaviour differs from ECS in a way that may matter (Warn)
  2   refused, or there is no such thing; what is to be resolved stands on standard error
  64  wrong usage, or a file that cannot be read

Colours appear on a terminal only, and not where NO_COLOR is set.";

const EXPLAIN_HELP: &str = "\
Examples:
  By the end of a path, in any case:
    kubectl ecs explain hostPort

  A whole structure, lists without their marks:
    kubectl ecs explain containerDefinitions.logConfiguration

  Every field that is not translated exactly:
    kubectl ecs explain --all -o json | jq -r '.[] | select(.class != \"EXACT\") | [.operation, .path, .text] | @tsv'

Exit codes:
  0   explained
  2   no field of that name; the nearest one is told
  64  wrong usage";

const AFTER_HELP: &str = "\
Examples:
  Turn a task definition as ECS has it into Kubernetes YAML, and read what differs:
    aws ecs describe-task-definition --task-definition web | kubectl ecs render -f -

  A service together with the task definition that it runs:
    kubectl ecs render -f task-definition.json -f service.json

  Take it for good that log routing is not there, and see whether the API server would take the rest:
    kubectl ecs render -f web.json --accept NoSecretBackend | kubectl apply --dry-run=server -f -

  What is left to do, as a table:
    kubectl ecs render -f web.json -o json | jq -r '.findings[] | [.severity, .path, .code] | @tsv'

Exit codes:
  0   rendered; nothing found, or only what is good to know (Info)
  1   rendered; some behaviour differs from ECS in a way that may matter (Warn)
  2   refused: at least one document has a finding that must be resolved or accepted first (Block);
      the other documents are rendered all the same
  64  wrong usage, or a file that is neither JSON nor YAML";

const LONG_ABOUT: &str = "\
Print the exact Kubernetes objects that the operator would apply for ECS documents, without a cluster

Reads JSON or YAML: TaskDefinition, EcsService and ScheduledTask objects, the input of RegisterTaskDefinition and \
CreateService, the output of DescribeTaskDefinition and DescribeServices, CloudFormation templates, schedules and rules of \
EventBridge, and bare lists of containers. Documents are \
rendered together: a service runs the task definition that is given beside it. A task definition that nothing runs is \
rendered as a service of one task; for a service whose task definition is not given a stub stands in.

Objects go to standard output; what is translated other than exactly, and what is not translated, goes to standard error, \
with the path of each field and what to do. What only a cluster knows is left out: owner references, and the digest by which \
the operator notices changes.";

/// See ECS documents the way the operator does
///
/// A plugin of kubectl: `kubectl ecs …` where kubectl-ecs is in PATH.
#[derive(Debug, Parser)]
#[command(name = "kubectl-ecs", bin_name = "kubectl ecs", version, arg_required_else_help = true, after_help = HELP)]
pub(crate) struct Args {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the exact Kubernetes objects that the operator would apply for ECS documents, without a cluster
    #[command(long_about = LONG_ABOUT, after_help = AFTER_HELP, arg_required_else_help = true)]
    Render(RenderArgs),
    /// Write objects of ours that say what ECS documents and CloudFormation templates say
    #[command(arg_required_else_help = true)]
    Convert(ConvertArgs),
    /// Print the inputs of the ECS and EventBridge calls that objects of ours stand for, as JSON documents
    #[command(arg_required_else_help = true)]
    Export(ExportArgs),
    /// Write objects of ours that say what Kubernetes workloads are, with what they lose on ECS
    #[command(arg_required_else_help = true)]
    Reverse(ReverseArgs),
    /// Say what becomes of a field of an ECS document, and why
    #[command(arg_required_else_help = true, after_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
    /// See when an EventBridge schedule expression fires, and what it means
    #[command(arg_required_else_help = true)]
    Schedule {
        /// What to see
        #[command(subcommand)]
        command: ScheduleCommand,
    },
    /// Deploy a new revision of a service's task definition, and wait for the end; a roll-back is no success
    #[command(arg_required_else_help = true)]
    Deploy(DeployArgs),
    /// Change a service, as `aws ecs update-service` does: its count, its task definition, or a deployment anew
    #[command(arg_required_else_help = true)]
    UpdateService(UpdateServiceArgs),
    /// Wait, as `aws ecs wait` does
    #[command(arg_required_else_help = true)]
    Wait {
        /// For what
        #[command(subcommand)]
        command: WaitCommand,
    },
    /// See how far the deployment of a service is; pause it, let it continue, roll it back
    #[command(arg_required_else_help = true)]
    Rollout {
        /// What to do
        #[command(subcommand)]
        command: RolloutCommand,
    },
    /// Start tasks once, as `aws ecs run-task` does; wait for them, with their logs and exit code
    #[command(arg_required_else_help = true)]
    RunTask(Box<RunTaskArgs>),
    /// Stop a task, as `aws ecs stop-task` does
    #[command(arg_required_else_help = true)]
    StopTask(StopTaskArgs),
    /// Show tasks, running and stopped, as DescribeTasks does
    #[command(visible_alias = "describe-tasks")]
    Tasks(TasksArgs),
    /// Print what the containers of tasks print
    #[command(arg_required_else_help = true)]
    Logs(LogsArgs),
    /// Run a command in a container of a task, as `aws ecs execute-command` does
    #[command(visible_alias = "execute-command", arg_required_else_help = true)]
    Exec(ExecArgs),
    /// Print a script that completes these commands in a shell
    #[command(arg_required_else_help = true)]
    Completion(CompletionArgs),
    /// What the script that `completion kubectl` prints runs
    #[command(hide = true)]
    Complete(CompleteArgs),
    /// Write the manual pages, one for each command
    #[command(hide = true)]
    Man(ManArgs),
}

/// What to explain, and how
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The path of the field or the end of it, in AWS's model or in a spec: containerDefinitions[].portMappings[].hostPort,
    /// hostPort, spec.task.count, /spec/containerDefinitions/0/image; `*` is any name of one level, `**` any number of levels
    #[arg(required_unless_present = "all")]
    pub(crate) path: Option<String>,
    /// Every field of every operation
    #[arg(long, conflicts_with = "path")]
    pub(crate) all: bool,
    /// Only the input of one operation: RegisterTaskDefinition, CreateService, UpdateService, RunTask, CreateSchedule,
    /// PutRule, PutTargets, RegisterScalableTarget, PutScalingPolicy, PutScheduledAction
    #[arg(long, value_name = "NAME")]
    pub(crate) operation: Option<Operation>,
    /// How to print: text for people (yaml means the same), or a JSON list of {operation, path, class, rule, text}
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    pub(crate) output: Output,
}

/// What to render, and how
#[derive(Debug, clap::Args)]
pub(crate) struct RenderArgs {
    /// A file of ECS documents or of objects of ours, `-` for standard input; give it again for more
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How to print: YAML, or one JSON object `{"objects": […], "findings": […]}`
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    pub(crate) output: Output,
    /// What a task definition that nothing runs is rendered as
    #[arg(long = "as", value_enum, value_name = "KIND", default_value_t = As::Service)]
    pub(crate) lone_task: As,
    /// The namespace of documents that name none
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    pub(crate) namespace: String,
    /// Codes of Block findings to accept, as the annotation ecs-operator.dev/accept does on an object
    #[arg(long, value_name = "CODE,…", value_delimiter = ',')]
    pub(crate) accept: Vec<String>,
    /// What the cluster can do [default: what Kubernetes 1.36 can]: a comma-separated list of podResources,
    /// containerRestartRules, restartAllContainers, hostnameOverride, externalSecrets, secretsStoreCsi, targetGroupBindings,
    /// gatewayApi, volumeSnapshots, securityGroupPolicies,
    /// hpaTolerance, hpaScaleToZero; what is not named is off
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) capabilities: Option<Vec<String>>,
    /// The administrator's configuration: the file that the operator is started with
    #[arg(long, value_name = "FILE", env = "ECS_OPERATOR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// A value for a CloudFormation template, as `kubectl ecs convert` takes it
    #[arg(short, long = "parameter", value_name = "KEY=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Print the ControllerRevisions too, in which the operator keeps task definitions and rendered pods
    #[arg(long)]
    pub(crate) revisions: bool,
}

/// How to print
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Objects as YAML documents; findings for people, on standard error
    Yaml,
    /// Objects and findings as one JSON object, also where something is refused
    Json,
}

/// What a task definition that nothing runs is rendered as
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum As {
    /// A service of one task
    Service,
    /// A Job, as RunTask would start it
    Task,
}

impl From<As> for LoneTask {
    fn from(kind: As) -> Self {
        match kind {
            As::Service => Self::Service,
            As::Task => Self::Task,
        }
    }
}

/// The words that the program was started with, its own name first
pub(crate) fn given() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// Whether the user asked for no colour (no-color.org)
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
