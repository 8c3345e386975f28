//! `cargo xtask demo`: an ECS task definition, a service and a schedule on a real control plane, from nothing.
//!
//! The cluster and the operator end with this process, however it ends. Everything the demo does a person can do with
//! kubectl; the last lines say how.

mod documents;
mod watch;

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};
use serde_json::json;

use self::documents::Documents;

use crate::cluster::{self, Cluster, Pace, UpOptions, tied_to_this_process};
use crate::kubectl::Kubectl;
use crate::progress::Progress;
use crate::workspace;

/// What to show.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// An ECS task definition of your own (JSON, as for `aws ecs register-task-definition`) instead of examples/web
    path: Option<PathBuf>,
    /// Ends when everything was shown, and leaves nothing running
    #[arg(long)]
    exit: bool,
}

/// Shows it.
pub(crate) fn run(arguments: &Arguments, progress: &Progress) -> Result<ExitCode> {
    let documents = Documents::read(arguments.path.as_deref())?;
    build(progress)?;
    let name = "demo".parse()?;
    anyhow::ensure!(!cluster::owned(&name), "a demo runs already in this checkout; end it with Ctrl-C first");
    let own = Some(std::process::id());
    let cluster =
        cluster::up(&UpOptions { name, owner: own, fresh: true, pace: Pace::Gentle, real_node: false }, progress)?;
    let kubectl = Kubectl::new(&cluster.kubectl, &cluster.kubeconfig);

    progress.step("installing the CustomResourceDefinitions: ecs-operator crds | kubectl apply --server-side -f -");
    kubectl.install(&crds()?)?;
    let mut operator = operator(&cluster, progress)?;
    let shown = show(&documents, &kubectl, progress);
    if let Err(error) = shown {
        progress.error(&format!("{error:#}"));
        eprintln!("The operator's log: {}", log(&cluster).display());
        end(&mut operator, &cluster, progress)?;
        return Ok(ExitCode::FAILURE);
    }
    if !arguments.exit {
        go_on_by_hand(&documents);
        wait_for_ctrl_c();
    }
    end(&mut operator, &cluster, progress)?;
    Ok(ExitCode::SUCCESS)
}

/// The story: apply, become steady, change the image, become steady again.
fn show(documents: &Documents, kubectl: &Kubectl, progress: &Progress) -> Result<()> {
    for document in &documents.all {
        progress.step(&format!("applying {}", document.title));
        kubectl.apply(&document.manifest)?;
    }
    watch::accepted(kubectl, &documents.definition)?;
    watch::steady(kubectl, &documents.service, 1, progress)?;
    println!("\n{}", table(kubectl)?);

    let image = documents.next_image();
    progress.step(&format!("changing the image to {image}: the document becomes revision 2"));
    let patch = json!([{"op": "replace", "path": "/spec/containerDefinitions/0/image", "value": image}]);
    kubectl.patch("taskdefinition", &documents.definition, &patch)?;
    watch::steady(kubectl, &documents.service, 2, progress)?;
    println!("\n{}", table(kubectl)?);
    println!("Behind it:\n\n{}", kubectl.run(&["get", "deployments,services,cronjobs,controllerrevisions"], "")?);
    Ok(())
}

fn table(kubectl: &Kubectl) -> Result<String> {
    kubectl.run(&["get", "ecs"], "")
}

fn build(progress: &Progress) -> Result<()> {
    progress.step("building the operator");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace::root()).args(["build", "--package", "ecs-operator", "--package", "kubectl-ecs"]);
    let status = command.status().context("cannot run cargo")?;
    anyhow::ensure!(status.success(), "the operator could not be built");
    Ok(())
}

/// The operator's binary, beside this one: cargo put both into one folder.
fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program")?;
    Ok(own.with_file_name("ecs-operator"))
}

fn crds() -> Result<String> {
    let output = Command::new(binary()?).arg("crds").output().context("cannot run ecs-operator crds")?;
    anyhow::ensure!(output.status.success(), "ecs-operator crds failed");
    Ok(String::from_utf8(output.stdout)?)
}

fn log(cluster: &Cluster) -> PathBuf {
    cluster.kubeconfig.with_file_name("operator.log")
}

fn operator(cluster: &Cluster, progress: &Progress) -> Result<Child> {
    let log = log(cluster);
    progress.step(&format!("starting the operator: ecs-operator run (its log: {})", log.display()));
    let file = std::fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    tied_to_this_process(&binary()?)
        .arg("run")
        .env("KUBECONFIG", &cluster.kubeconfig)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .context("cannot start the operator")
}

/// SIGTERM to the operator, as a cluster would, then down with the cluster.
fn end(operator: &mut Child, cluster: &Cluster, progress: &Progress) -> Result<()> {
    progress.step("stopping the operator and the cluster");
    if let Some(pid) = i32::try_from(operator.id()).ok().and_then(Pid::from_raw) {
        // It may have ended already; waiting below tells.
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
    let status = operator.wait().context("cannot wait for the operator")?;
    cluster.down()?;
    anyhow::ensure!(status.success(), "the operator ended with {status}");
    Ok(())
}

fn go_on_by_hand(documents: &Documents) {
    let (service, definition) = (&documents.service, &documents.definition);
    println!("The cluster and the operator stay until you press Ctrl-C here. In another terminal:\n");
    println!("  eval \"$(cargo xtask cluster env --name demo)\"");
    println!("  kubectl get ecs");
    println!("  kubectl get ecsservice {service} -o yaml    # status: deployments, events, findings");
    println!("  kubectl scale ecsservice {service} --replicas 5");
    println!("  kubectl edit taskdefinition {definition}    # each change is a revision");
    println!("  kubectl get events --field-selector reason=SteadyState");
    println!("  target/debug/kubectl-ecs render -f examples/web/taskdefinition.json");
}

/// Ctrl-C ends this process at once; the cluster and the operator, tied to it, go with it.
fn wait_for_ctrl_c() {
    loop {
        std::thread::park();
    }
}
