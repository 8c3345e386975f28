//! The process that holds a cluster: it starts the parts, brings them to ready, watches them and ends them.
//!
//! *Guarantees*: every part is a child tied to this process by the kernel, so none outlives it, however it ends.
//! It ends the cluster by itself when asked (a file named `stop`, or no directory any more), when the owner ends, when the caller ends before
//! the cluster was ready, or when a part ends: there is no half of a cluster.
//! *Not here*: choosing to reuse or to clean up an older cluster; `up` does that before this process exists.

use std::fs::{self, File};
use std::io::{self, Write, stdin, stdout};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, anyhow};
use serde::{Deserialize, Serialize};

use super::instance::{Instance, Name, Part, Ports, State};
use super::parts::{self, Arguments, Pace};
use super::process::{ProcessId, tied_to_this_process};
use super::{credentials, nodes, real_node};
use crate::binaries::Binaries;
use crate::kubectl::Kubectl;

/// What `up` sends as the first line of stdin; the rest of stdin says, by its end, that `up` has ended.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    /// Which cluster
    pub(super) name: Name,
    /// The process with which it ends
    pub(super) owner: Option<ProcessId>,
    /// What to run
    pub(super) binaries: Binaries,
    /// How fast pods become ready
    pub(super) pace: Pace,
    /// What a real node beside the simulated ones takes from the machine
    pub(super) real_node: Option<real_node::Tools>,
}

/// What the supervisor answers on stdout, a line of JSON each.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Report {
    /// This was reached
    Step(String),
    /// Everything was; nothing follows
    Ready,
    /// It will not be; nothing follows
    Failed(String),
}

/// Why a cluster ends.
enum Ending {
    Asked,
    OwnerEnded,
    CallerEnded,
    Failed(Error),
}

impl From<Error> for Ending {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Runs until the cluster has ended.
pub(super) fn supervise() -> Result<()> {
    // Out of the terminal's reach: Ctrl-C there must not take the cluster from others that use it.
    rustix::process::setsid().context("cannot begin a session")?;
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line).context("`cluster supervise` is started by `cluster up` only")?;
    let caller_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&caller_ended);
    std::thread::spawn(move || {
        // Nothing more is ever sent: this returns when the caller's end of the pipe closes.
        drop(io::copy(&mut stdin(), &mut io::sink()));
        ended.store(true, Ordering::Relaxed);
    });
    let mut supervisor = Supervisor::new(order, caller_ended)?;
    let ending = supervisor.run();
    supervisor.end(ending)
}

struct Supervisor {
    instance: Instance,
    state: State,
    pace: Pace,
    /// In the order of their start, etcd first.
    children: Vec<Child>,
    caller_ended: Arc<AtomicBool>,
    real_node: Option<real_node::Tools>,
    /// Whoever removes the real node's cgroups waits for its end.
    held: Option<real_node::Held>,
}

impl Supervisor {
    fn new(order: Order, caller_ended: Arc<AtomicBool>) -> Result<Self> {
        let Order { name, owner, binaries, pace, real_node } = order;
        let state = State {
            supervisor: ProcessId::own()?,
            owner,
            since: jiff::Timestamp::now(),
            ready: false,
            failure: None,
            ports: free_ports()?,
            parts: Vec::new(),
            binaries,
            real_node: real_node.is_some(),
        };
        let instance = Instance::new(name);
        // For every part too: sockets have short paths only from here.
        std::env::set_current_dir(instance.path("")).context("cannot enter the cluster's folder")?;
        Ok(Self { instance, state, pace, children: Vec::new(), caller_ended, real_node, held: None })
    }

    fn run(&mut self) -> Ending {
        if let Err(ending) = self.bring_up() {
            return ending;
        }
        report(&Report::Ready);
        loop {
            if let Err(ending) = self.check() {
                return ending;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn bring_up(&mut self) -> Result<(), Ending> {
        self.instance.save(&self.state)?;
        let ports = self.state.ports;
        let tokens = credentials::write(&self.instance)?;
        parts::write_files(&self.instance, self.pace)?;
        if self.state.real_node {
            self.held = Some(real_node::begin(&self.instance, ports.apiserver)?);
        }
        self.start("etcd", &parts::etcd(&self.instance, ports))?;
        // The API server retries until etcd answers; starting both at once saves a second.
        self.start("kube-apiserver", &parts::apiserver(&self.instance, ports, self.state.real_node))?;
        let address = SocketAddr::from(([127, 0, 0, 1], ports.apiserver));
        self.wait("the API server to listen", |_| TcpStream::connect(address).is_ok().then_some(()))?;
        tokens.write_kubeconfigs(&self.instance, ports.apiserver)?;
        self.start("kube-controller-manager", &parts::controller_manager(&self.instance))?;
        self.start("kube-scheduler", &parts::scheduler(&self.instance))?;
        self.start("kwok", &parts::kwok(&self.instance))?;
        if let Some(tools) = &self.real_node {
            let command = real_node::command(&self.instance, ports.apiserver, &self.state.binaries, tools)?;
            self.spawn("real node", command)?;
        }
        let kubectl = Kubectl::new(self.state.binaries.path("kubectl")?, &self.instance.kubeconfig());
        // While it starts it may accept a request long before it answers: ask again rather than wait.
        self.wait("the API server to be ready", |_| kubectl.ready(1).then_some(()))?;
        report(&Report::Step("API server ready".to_owned()));
        self.bring_up_nodes(&kubectl)?;
        if self.state.real_node {
            kubectl.create(&real_node::objects(ports.apiserver))?;
            self.wait("the real node to be ready", |_| real_node::missing(&kubectl).is_none().then_some(()))?;
            report(&Report::Step(format!("real node {} ready", real_node::NAME)));
        }
        self.state.ready = true;
        self.instance.save(&self.state)?;
        Ok(())
    }

    fn bring_up_nodes(&mut self, kubectl: &Kubectl) -> Result<(), Ending> {
        let features = nodes::declared_features(&kubectl.raw("/metrics")?);
        let version = kubectl.json("/version")?;
        let version = version["gitVersion"].as_str().unwrap_or_default().trim_start_matches('v').to_owned();
        kubectl.create(&nodes::list(&features, &version))?;
        self.wait("the nodes to be ready", |_| {
            let listed = kubectl.json("/api/v1/nodes").ok()?;
            nodes::missing(&listed, &features).is_none().then_some(())
        })?;
        report(&Report::Step(format!("{} nodes ready, declaring {}", nodes::COUNT, features.join(", "))));
        // Until the controllers made it, pods of the namespace are refused.
        self.wait("the default service account", |_| {
            kubectl.raw("/api/v1/namespaces/default/serviceaccounts/default").is_ok().then_some(())
        })
    }

    fn start(&mut self, name: &str, arguments: &Arguments) -> Result<(), Ending> {
        let mut command = tied_to_this_process(self.state.binaries.path(name)?);
        command.args(arguments.as_slice());
        self.spawn(name, command)
    }

    fn spawn(&mut self, name: &str, mut command: Command) -> Result<(), Ending> {
        let log = self.instance.path(&log_of(name));
        let log = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null());
        command.stdout(log.try_clone().context("cannot use the log twice")?).stderr(log);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let process = ProcessId::of(child.id());
        self.children.push(child);
        let process = process.with_context(|| format!("{name} ended at once"))?;
        self.state.parts.push(Part { name: name.to_owned(), process });
        self.instance.save(&self.state)?;
        Ok(())
    }

    /// Asks every 50 ms, for a minute at most.
    fn wait<T>(&mut self, what: &str, ask: impl Fn(&Self) -> Option<T>) -> Result<T, Ending> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            self.check()?;
            if let Some(answer) = ask(self) {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                let logs = self.instance.path("log");
                return Err(anyhow!("waited a minute for {what}; read the logs in {}", logs.display()).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether there is a reason to end.
    fn check(&mut self) -> Result<(), Ending> {
        // A directory that is gone (`cargo clean`) is a request too: nobody could find this cluster any more.
        if self.instance.path("stop").exists() || !self.instance.path("state.json").exists() {
            return Err(Ending::Asked);
        }
        if self.state.owner.is_some_and(|owner| !owner.alive()) {
            return Err(Ending::OwnerEnded);
        }
        if !self.state.ready && self.caller_ended.load(Ordering::Relaxed) {
            return Err(Ending::CallerEnded);
        }
        for (part, child) in self.state.parts.iter().zip(&mut self.children) {
            if let Some(status) = child.try_wait().context("cannot watch a part")? {
                let log = self.instance.path(&log_of(&part.name));
                let last = last_lines(&fs::read_to_string(&log).unwrap_or_default(), 5);
                return Err(anyhow!("{} ended ({status}); {} ends with:\n{last}", part.name, log.display()).into());
            }
        }
        Ok(())
    }

    /// Ends the parts, last started first, so that etcd goes last. They are killed: nothing of theirs is kept.
    fn end(&mut self, ending: Ending) -> Result<()> {
        for child in self.children.iter_mut().rev() {
            // One that has ended already cannot be killed; it is reaped all the same.
            drop(child.kill());
            drop(child.wait());
        }
        if self.state.real_node {
            real_node::remove_cgroups(&self.instance.name)?;
        }
        match ending {
            Ending::Asked | Ending::OwnerEnded | Ending::CallerEnded => self.instance.remove(),
            Ending::Failed(error) => {
                // The directory stays for its logs, until the next `up` or `down`.
                eprintln!("{error:#}");
                let failure = format!("{error:#}");
                self.state.failure = Some(failure.clone());
                self.instance.save(&self.state)?;
                report(&Report::Failed(failure));
                Ok(())
            }
        }
    }
}

fn log_of(part: &str) -> String {
    format!("log/{}.log", part.replace(' ', "-"))
}

fn report(report: &Report) {
    // Nobody may be listening any more, and that is for check() to notice.
    if let Ok(line) = serde_json::to_string(report) {
        drop(writeln!(stdout(), "{line}"));
    }
}

/// Free now: all are held at once while they are chosen, so that they differ, and released for the parts to take.
fn free_ports() -> Result<Ports> {
    let bind = || TcpListener::bind(("127.0.0.1", 0)).context("cannot bind a port on 127.0.0.1");
    let held = [bind()?, bind()?, bind()?];
    let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port());
    Ok(Ports { etcd: port(&held[0])?, etcd_peer: port(&held[1])?, apiserver: port(&held[2])? })
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_a_short_log_are_all_of_it() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a\n", 5), "a");
        assert_eq!(last_lines("", 5), "");
    }

    #[test]
    fn ports_differ() -> Result<()> {
        let Ports { etcd, etcd_peer, apiserver } = free_ports()?;
        assert!(etcd != etcd_peer && etcd_peer != apiserver && apiserver != etcd);
        Ok(())
    }
}
