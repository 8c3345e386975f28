//! `kubectl ecs reverse`: Kubernetes workloads → objects of ours, and by `export` the inputs of ECS's calls.
//!
//! *Not here*: what a workload means on ECS (`ecs_core::reverse`).

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use ecs_core::reverse::{Profile, reverse};
use ecs_core::wire::converted;
use serde::Deserialize as _;
use serde_json::Value;

use crate::args::Output;
use crate::{convert, read};

const HELP: &str = "\
Examples:
  What would this Deployment be on Fargate, and what would it lose?
    kubectl get deployment web -o yaml | kubectl ecs reverse -f -

  With all that gives it its meaning: its settings, Secrets, account, Services and what scales it:
    kubectl get deploy,cm,sa,svc,hpa,externalsecrets -n shop -o yaml | kubectl ecs reverse -f - > shop.yaml

  Straight to the calls of ECS, for container instances:
    kubectl ecs reverse -f web.yaml --profile EC2 | kubectl ecs export -f -

Exit codes:
  0   turned; nothing found, or only what is good to know (Info)
  1   turned; something has no counterpart on ECS and is left out (Warn)
  2   a workload cannot be on ECS what it is here (Block); the others are printed all the same
  64  wrong usage, or a file that is neither JSON nor YAML";

const ABOUT: &str = "\
Write TaskDefinition, EcsService and ScheduledTask objects that say what Kubernetes workloads are, without a cluster

Reads Deployments, DaemonSets, CronJobs, Jobs and pods, in YAML or JSON, lists too. ConfigMaps, ExternalSecrets, \
ServiceAccounts, Services, HorizontalPodAutoscalers and claims with their PersistentVolumes are used where they are given \
beside. Every member of a pod is said in ECS's words or named in a comment above the object. Load balancers, security groups \
and roles are outside ECS; what is to be made there is told.";

/// What to turn
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_help = HELP)]
pub(crate) struct ReverseArgs {
    /// A file of Kubernetes objects, `-` for standard input; give it again for more
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Where the tasks are to run
    #[arg(long, value_enum, ignore_case = true, default_value_t = On::Fargate)]
    profile: On,
    /// The namespace of objects that name none [default: none is written]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// How to print: YAML with findings as comments, or one JSON object `{"documents": […], "findings": […]}`
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    output: Output,
}

/// Where tasks run
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    /// On Fargate
    #[value(name = "FARGATE")]
    Fargate,
    /// On container instances
    #[value(name = "EC2")]
    Ec2,
}

/// Turns, prints, and says by the exit code how it went
pub(crate) fn run(args: &ReverseArgs, stdout: &mut impl Write) -> anyhow::Result<u8> {
    let mut objects = Vec::new();
    for file in &args.files {
        let text = read::text(file)?;
        for document in serde_yaml_ng::Deserializer::from_str(&text) {
            let value = Value::deserialize(document).with_context(|| format!("{} cannot be used", file.display()))?;
            taken_apart(value, &mut objects);
        }
    }
    let profile = match args.profile {
        On::Fargate => Profile::Fargate,
        On::Ec2 => Profile::Ec2,
    };
    let documents = reverse(&objects, profile);
    anyhow::ensure!(
        !documents.is_empty(),
        "there is no workload in what was given; give a Deployment, DaemonSet, CronJob, Job or Pod"
    );
    convert::print(&converted(documents, args.namespace.as_deref()), args.output, stdout)
}

/// The items of a list, or the object itself
fn taken_apart(value: Value, objects: &mut Vec<Value>) {
    let is_list = value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match value {
        Value::Object(mut members) if is_list => {
            if let Some(Value::Array(items)) = members.remove("items") {
                items.into_iter().for_each(|item| taken_apart(item, objects));
            }
        }
        Value::Null => {}
        other => objects.push(other),
    }
}
