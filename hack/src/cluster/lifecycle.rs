//! `up` and `down`: reuse, clean up, start, stop. The internal interface for the tests and the demo.
//!
//! `up` is idempotent: a cluster that answers is used as it is; anything less is cleaned away and begun again.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::instance::{Instance, Name, State};
use super::parts::Pace;
use super::process::ProcessId;
use super::real_node;
use super::supervise::{Order, Report};
use crate::binaries::Binaries;
use crate::kubectl::Kubectl;
use crate::progress::Progress;

/// How to bring a cluster up.
pub(crate) struct UpOptions {
    /// Clusters of different names stand side by side
    pub(crate) name: Name,
    /// The process with which the cluster ends; without one it stays until `down`
    pub(crate) owner: Option<u32>,
    /// Whether one that runs already is replaced
    pub(crate) fresh: bool,
    /// How fast pods become ready
    pub(crate) pace: Pace,
    /// Whether a real node joins the simulated ones; it takes root
    pub(crate) real_node: bool,
}

/// A cluster that is ready.
pub(crate) struct Cluster {
    /// The admin's kubeconfig, with contexts for the other users
    pub(crate) kubeconfig: PathBuf,
    /// The kubectl that goes with it
    pub(crate) kubectl: PathBuf,
    /// Every request that the API server has answered
    pub(crate) audit_log: PathBuf,
    instance: Instance,
}

impl Cluster {
    fn new(instance: Instance, binaries: &Binaries) -> Result<Self> {
        let kubectl = binaries.path("kubectl")?.to_owned();
        Ok(Self { kubeconfig: instance.kubeconfig(), kubectl, audit_log: instance.audit_log(), instance })
    }

    /// Ends it and removes its directory.
    pub(crate) fn down(&self) -> Result<()> {
        down(&self.instance).map(drop)
    }
}

/// Brings a cluster up, or finds it up.
pub(crate) fn up(options: &UpOptions, progress: &Progress) -> Result<Cluster> {
    let owner =
        options.owner.map(|pid| ProcessId::of(pid).with_context(|| format!("no process {pid} to own the cluster")));
    let owner = owner.transpose()?;
    let instance = Instance::new(options.name.clone());
    let _lock = instance.lock()?;
    if let Some(state) = instance.load() {
        if !options.fresh && unhealthy(&instance, &state).is_none() {
            if options.real_node && !state.real_node {
                let name = &instance.name;
                bail!(
                    "cluster {name} runs without a real node: end it with `cargo xtask cluster down --name {name}` first"
                );
            }
            reused(&state, owner, progress);
            return Cluster::new(instance, &state.binaries);
        }
        progress.step(&format!("cleaning up what is left of cluster {}", instance.name));
        stop(&instance);
    }
    let tools = options.real_node.then(|| real_node::prepare(progress)).transpose()?;
    let binaries = Binaries::ensure(options.real_node, progress)?;
    let mut attempts = 3;
    loop {
        attempts -= 1;
        let (name, binaries_too, tools) = (instance.name.clone(), binaries.clone(), tools.clone());
        let order = Order { name, owner, binaries: binaries_too, pace: options.pace, real_node: tools };
        match start(&instance, &order, progress) {
            Ok(()) => return Cluster::new(instance, &binaries),
            // Between choosing a port and listening on it, someone else may take it.
            Err(error) if attempts > 0 && format!("{error:#}").contains("address already in use") => {
                progress.step("a port was taken meanwhile: once more with others");
            }
            Err(error) => return Err(error),
        }
    }
}

/// Ends a cluster, whatever state it is in, and removes its directory. Says whether there was one.
pub(crate) fn down(instance: &Instance) -> Result<bool> {
    let existed = instance.path("").exists();
    // Before the lock: an `up` that is still under way holds it, and ends by this.
    stop(instance);
    let lock = instance.lock()?;
    stop(instance);
    instance.remove()?;
    lock.remove();
    Ok(existed)
}

/// Stops the API server, or has it go on.
pub(super) fn pause(instance: &Instance, stop: bool) -> Result<()> {
    let state = instance.load().with_context(|| format!("cluster {} is not up", instance.name))?;
    let part = state.parts.iter().find(|part| part.name == "kube-apiserver");
    part.with_context(|| format!("cluster {} has no API server yet", instance.name))?.process.pause(stop)
}

/// Why a cluster is not to be used; none when it is.
pub(super) fn unhealthy(instance: &Instance, state: &State) -> Option<String> {
    if let Some(failure) = &state.failure {
        return Some(failure.clone());
    }
    if !state.supervisor.alive() {
        return Some("its supervisor was killed".to_owned());
    }
    if !state.ready {
        return Some("it is still starting".to_owned());
    }
    if let Some(part) = state.parts.iter().find(|part| !part.process.alive()) {
        return Some(format!("{} has ended", part.name));
    }
    let kubectl = state.binaries.path("kubectl").map(|program| Kubectl::new(program, &instance.kubeconfig()));
    // A busy machine may be slow to answer, and a cluster that is used must not be cleaned away for that.
    (!kubectl.is_ok_and(|kubectl| kubectl.ready(10))).then(|| "the API server does not answer".to_owned())
}

fn reused(state: &State, owner: Option<ProcessId>, progress: &Progress) {
    progress.step(&format!("already running (supervisor {})", state.supervisor.pid));
    if let Some(current) = state.owner.filter(|current| Some(*current) != owner) {
        progress.step(&format!("note: it ends with process {}, which owns it", current.pid));
    }
}

/// Asks the supervisor to end the cluster, then makes sure that everything it named has ended.
fn stop(instance: &Instance) {
    let asked = std::fs::write(instance.path("stop"), "").is_ok();
    let Some(state) = instance.load() else { return };
    let deadline = Instant::now() + Duration::from_secs(10);
    while asked && state.supervisor.alive() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    state.supervisor.kill();
    for part in state.parts.iter().rev() {
        part.process.kill();
    }
    while state.parts.iter().any(|part| part.process.alive()) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    if state.real_node {
        // What is left is named by the cgroup itself when somebody looks; a cluster must go all the same.
        drop(real_node::remove_cgroups(&instance.name));
    }
}

fn start(instance: &Instance, order: &Order, progress: &Progress) -> Result<()> {
    instance.remove()?;
    instance.create()?;
    progress.step(&format!("starting cluster {}", instance.name));
    let mut supervisor = spawn_supervisor(instance)?;
    // Kept open until the cluster is ready: its end tells the supervisor that this process has ended.
    let mut lease = supervisor.stdin.take().context("the supervisor has no stdin")?;
    writeln!(lease, "{}", serde_json::to_string(order)?).context("the supervisor does not listen")?;
    let reports = supervisor.stdout.take().context("the supervisor has no stdout")?;
    for line in BufReader::new(reports).lines() {
        match serde_json::from_str(&line?)? {
            Report::Step(text) => progress.step(&text),
            Report::Ready => {
                progress.step(&format!("cluster {} is ready", instance.name));
                return Ok(());
            }
            Report::Failed(why) => bail!("cluster {} did not start: {why}", instance.name),
        }
    }
    bail!("cluster {} was ended while it started: by `cluster down`, or its supervisor was killed", instance.name)
}

fn spawn_supervisor(instance: &Instance) -> Result<Child> {
    let log = instance.path("log/supervisor.log");
    let log = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    // Not current_exe(): cargo may have replaced the file while this process runs.
    let mut command = Command::new("/proc/self/exe");
    command.arg0("xtask").args(["cluster", "supervise"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().context("cannot start the supervisor")
}
