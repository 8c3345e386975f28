//! The test bed's own promise: a real node leaves nothing on the machine, however it ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::super::bed::real_story;
use crate::repository::root;

/// A cluster beside that of the other stories, taken down when the test ends, however it ends
struct Beside {
    name: String,
}

impl Beside {
    fn xtask(&self, command: &[&str]) -> bool {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut xtask = Command::new(cargo);
        xtask.current_dir(root()).args(["xtask", "cluster"]).args(command).args(["--name", &self.name]);
        xtask.status().unwrap().success()
    }

    fn folder(&self) -> PathBuf {
        root().canonicalize().unwrap().join("target/cluster").join(&self.name)
    }

    /// Runs a pod on the real node
    fn run_a_pod(&self, kubectl: &Path) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": "gone"},
            "spec": {"serviceAccountName": "own", "containers": [{"name": "deaf", "image": "localhost/deaf:1"}]},
        });
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "gone", "labels": {"ecs-operator.dev/node": "real"}},
        });
        // Not the namespace's default one, which a controller makes at the same time
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "own", "namespace": "gone"},
        });
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [namespace, account, pod]});
        let file = self.folder().join("pod.json");
        fs::write(&file, list.to_string()).unwrap();
        let file = file.display().to_string();
        for arguments in [["apply", "--filename", &file].as_slice(), &["wait", "--for=condition=Ready", "pod/pod"]] {
            let mut command = Command::new(kubectl);
            command.env("KUBECONFIG", self.folder().join("kubeconfig")).args(["--namespace", "gone"]).args(arguments);
            assert!(command.status().unwrap().success(), "kubectl {arguments:?}");
        }
    }

    /// A process that the cluster names: of a part, else the supervisor
    fn process(&self, part: &str) -> Pid {
        let state: Value = serde_json::from_slice(&fs::read(self.folder().join("state.json")).unwrap()).unwrap();
        let parts = state["parts"].as_array().unwrap();
        let found = parts.iter().find(|found| found["name"] == part).map(|found| &found["process"]);
        let pid = found.unwrap_or(&state["supervisor"])["pid"].as_i64().unwrap();
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
    }

    /// What of it is on the machine: its cgroups, and mounts that name it
    fn traces(&self) -> Vec<String> {
        let cgroup = format!("ecs-testbed-{}", self.name);
        let hierarchies = fs::read_dir("/sys/fs/cgroup").unwrap().map(|entry| entry.unwrap().path());
        let cgroups = hierarchies.chain([PathBuf::from("/sys/fs/cgroup")]).map(|path| path.join(&cgroup));
        let mut traces: Vec<String> = cgroups.filter(|path| path.exists()).map(|p| p.display().to_string()).collect();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let folder = self.folder().display().to_string();
        traces
            .extend(mounts.lines().filter(|line| line.contains(&folder) || line.contains(&cgroup)).map(str::to_owned));
        traces
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.xtask(&["down"]);
    }
}

/// Everything of the machine that a node could change and that no other test does
fn machine() -> Vec<String> {
    let sysctls =
        ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward"];
    let mut all: Vec<String> = sysctls
        .iter()
        .map(|name| format!("{name}={}", fs::read_to_string(Path::new("/proc/sys").join(name)).unwrap().trim()))
        .collect();
    for folder in ["/sys/class/net", "/run/netns", "/var/lib", "/var/log", "/opt", "/run"] {
        let names = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path().display().to_string());
        let mut names: Vec<String> = names.collect();
        names.sort();
        all.extend(names);
    }
    all.push(fs::read_to_string("/proc/net/route").unwrap());
    all
}

/// The namespaces of a process and of everything below it
fn namespaces(below: Pid) -> BTreeSet<String> {
    let all = processes();
    let mut family = vec![below.as_raw_nonzero().get()];
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        family.extend(all.iter().filter(|pid| parent_of(**pid) == Some(parent)));
        at += 1;
    }
    let own = namespaces_of(std::process::id() as i32);
    family.into_iter().flat_map(namespaces_of).filter(|namespace| !own.contains(namespace)).collect()
}

fn processes() -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name());
    entries.filter_map(|name| name.to_str()?.parse().ok()).filter(|pid| alive(*pid)).collect()
}

/// Whether it has not ended: who has waits for its parent to look, which may take a while
fn alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with(['Z', 'X']))
}

fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn namespaces_of(pid: i32) -> Vec<String> {
    let links = ["pid", "net", "mnt", "ipc", "uts"].map(|kind| fs::read_link(format!("/proc/{pid}/ns/{kind}")));
    links.into_iter().filter_map(|link| Some(link.ok()?.display().to_string())).collect()
}

#[test]
fn a_real_node_whose_supervisor_is_killed_leaves_nothing_on_the_machine() {
    real_story("gone", async |story| {
        let before = machine();
        let beside = Beside { name: format!("gone-{}", std::process::id()) };
        assert!(beside.xtask(&["up", "--real-node", "--owner-pid", &std::process::id().to_string()]));
        beside.run_a_pod(&story.cluster.kubectl);
        let made = namespaces(beside.process("real node"));
        assert!(made.len() > 5, "the node and its pod have namespaces of their own: {made:?}");
        assert!(!beside.traces().is_empty(), "its cgroups are there");
        assert_eq!(machine(), before, "while it runs");

        kill_process(beside.process("the supervisor"), Signal::KILL).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let left = || {
            let alive = processes().into_iter().filter(|pid| namespaces_of(*pid).iter().any(|of| made.contains(of)));
            let alive = alive.map(|pid| format!("process {pid}"));
            alive.chain(beside.traces()).collect::<Vec<_>>()
        };
        while !left().is_empty() {
            assert!(Instant::now() < deadline, "left behind: {:#?}", left());
            std::thread::yield_now();
        }
        assert_eq!(machine(), before, "after its end");
    });
}
