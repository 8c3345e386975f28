//! A real node beside the simulated ones: kubelet, containerd, runc, CNI and kube-proxy, as root.
//!
//! ```text
//! supervisor ── unshare(1) ──> real-node, PID 1 of namespaces of its own (processes, mounts, network, IPC, names)
//!     │                           └── containerd, kubelet, kube-proxy, every container
//!     └── sweep: waits until the supervisor has ended, however it ends, and removes the cgroups
//! ```
//!
//! *Guarantees*: nothing is made on the machine but cgroups named after the cluster. The node's namespaces have no names and
//! no links to the machine's: the kernel takes processes, mounts and networks away when PID 1 ends, and PID 1 ends with the
//! supervisor. The machine's root is read-only in the node, and kubelet sees the sysctls that it wants without setting them.
//! API server and node speak through Unix sockets in the cluster's folder ([`relay`]); addresses are the same in each cluster.
//!
//! *Pods* run here only when their namespace is labelled `ecs-operator.dev/node: real` ([`admission`]); the node's taint
//! keeps all others away, so what was written for simulated nodes goes on unchanged.

mod admission;
mod cgroups;
mod config;
mod image;
mod machine;
mod mounts;
mod node;
mod relay;
mod tar;

use std::net::Ipv4Addr;
use std::process::{ChildStdin, Command, Stdio};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::cgroups::sweep;
pub(crate) use self::machine::{Cannot, Tools, prepare};
pub(crate) use self::node::run;
use super::instance::{Instance, Name};
use super::process::tied_to_this_process;
use crate::binaries::Binaries;
use crate::kubectl::Kubectl;

/// The node's name.
pub(super) const NAME: &str = "real-1";
/// How the API server reaches the node, in the cluster's folder.
pub(super) const EGRESS_FILE: &str = "node/egress.json";
/// Key and value of its label and taint, and of the label of the namespaces whose pods run on it.
const MARK: (&str, &str) = ("ecs-operator.dev/node", "real");
/// Its address, in a network that it shares with nobody but its pods.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 200, 0, 2);
const PODS: &str = "10.244.0.0/24";

/// What PID 1 of the node is told, in node/order.json.
#[derive(Serialize, Deserialize)]
struct Order {
    name: Name,
    apiserver: u16,
    binaries: Binaries,
    tools: Tools,
}

/// What must be held while the node stands: its end tells the other side that this process has ended.
pub(super) struct Held(#[expect(dead_code, reason = "held, not used")] Option<ChildStdin>);

/// Before the API server starts: the folder for the sockets, and the process that cleans up after this one.
pub(super) fn begin(instance: &Instance, apiserver: u16) -> Result<Held> {
    let folder = instance.path("node");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let egress = serde_json::to_vec(&config::egress_selector())?;
    std::fs::write(instance.path(EGRESS_FILE), egress).context("cannot write the egress configuration")?;
    relay::serve_api_server(apiserver)?;
    let mut sweep = Command::new("/proc/self/exe");
    sweep.args(["cluster", "sweep", "--name", &instance.name.to_string()]).current_dir("/");
    sweep.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut sweep = sweep.spawn().context("cannot start the process that removes cgroups")?;
    Ok(Held(sweep.stdin.take()))
}

/// The command that is the node.
pub(super) fn command(instance: &Instance, apiserver: u16, binaries: &Binaries, tools: &Tools) -> Result<Command> {
    cgroups::create(&instance.name)?;
    let order = Order { name: instance.name.clone(), apiserver, binaries: binaries.clone(), tools: tools.clone() };
    let file = instance.path("node/order.json");
    std::fs::write(&file, serde_json::to_vec(&order)?).with_context(|| format!("cannot write {}", file.display()))?;
    let mut command = tied_to_this_process(machine::UNSHARE.as_ref());
    command.args(machine::NAMESPACES).arg("--");
    // /proc/self would be unshare's own, and cargo may replace the file meanwhile.
    command.arg(format!("/proc/{}/exe", std::process::id())).args(["cluster", "real-node"]).arg(instance.path(""));
    Ok(command)
}

/// What is created once the API server answers.
pub(super) fn objects(apiserver: u16) -> Value {
    admission::objects(apiserver)
}

/// What is still missing before pods can run on the node; none when nothing is.
pub(super) fn missing(kubectl: &Kubectl) -> Option<String> {
    let Ok(node) = kubectl.json(&format!("/api/v1/nodes/{NAME}")) else { return Some("it has not registered".into()) };
    let conditions = node["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready");
    if ready.is_none_or(|ready| ready["status"] != "True") {
        return Some(ready.and_then(|ready| ready["message"].as_str()).unwrap_or("it is not ready").to_owned());
    }
    let taints = node["spec"]["taints"].as_array().map(Vec::as_slice).unwrap_or_default();
    taints.iter().find(|taint| taint["key"] != MARK.0).map(|taint| format!("it is tainted {}", taint["key"]))
}

/// Kills what is left in the node's cgroups and removes them.
pub(super) fn remove_cgroups(name: &Name) -> Result<()> {
    cgroups::remove(name)
}
