//! PID 1 of the node: makes its network, starts its programs, imports the images and reaps what ends.
//!
//! When it ends, however it ends, the kernel kills everything in the node. It ends when one of its programs does.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{WaitOptions, wait};

use super::{ADDRESS, MARK, NAME, Order, config, image, mounts, relay};

/// `cluster real-node`: becomes the node of the cluster in this folder.
pub(crate) fn run(folder: &Path) -> Result<ExitCode> {
    ensure!(std::process::id() == 1, "`cluster real-node` is started by `cluster up` only");
    let file = folder.join("node/order.json");
    let order = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let order: Order = serde_json::from_slice(&order)?;
    let programs = order.binaries.iter().filter_map(|(_, found)| found.path.parent());
    let needed: Vec<PathBuf> = programs.map(Path::to_owned).collect();
    mounts::prepare(folder, &needed)?;
    network()?;
    relay::reach_api_server([Ipv4Addr::LOCALHOST, ADDRESS], order.apiserver)?;
    relay::serve_egress()?;
    Node { folder: folder.to_owned(), order, running: BTreeMap::new() }.run()
}

fn network() -> Result<()> {
    let address = format!("{ADDRESS}/32");
    for arguments in [&["link", "set", "lo", "up"][..], &["address", "add", &address, "dev", "lo"]] {
        succeed(Command::new("ip").args(arguments))?;
    }
    for (sysctl, needed) in [("ipv4/ip_forward", true), ("bridge/bridge-nf-call-iptables", false)] {
        let path = Path::new("/proc/sys/net").join(sysctl);
        // The second one is there only where bridges can be filtered, and then it must be on.
        if needed || path.exists() {
            fs::write(&path, "1").with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

struct Node {
    folder: PathBuf,
    order: Order,
    /// What runs, by process id.
    running: BTreeMap<i32, &'static str>,
}

impl Node {
    fn run(mut self) -> Result<ExitCode> {
        self.write_files()?;
        self.start("containerd", ["--config=/run/containerd.toml"])?;
        // kubelet waits for containerd by itself, and no pod comes before the images: its node is not ready yet.
        self.import_images()?;
        let kubeconfig = self.path("pki/kubelet.kubeconfig");
        let label = format!("--node-labels={}={}", MARK.0, MARK.1);
        self.start(
            "kubelet",
            [
                "--config=/run/kubelet.json",
                &format!("--kubeconfig={kubeconfig}"),
                &format!("--hostname-override={NAME}"),
                &format!("--node-ip={ADDRESS}"),
                &label,
            ],
        )?;
        self.start("kube-proxy", ["--config=/run/kube-proxy.json"])?;
        self.reap()
    }

    fn write_files(&self) -> Result<()> {
        fs::create_dir_all(config::CNI).context("cannot create the folder of the CNI configuration")?;
        let kube_proxy = config::kube_proxy(&self.path("pki/kube-proxy.kubeconfig"));
        for (file, content) in [
            ("/run/containerd.toml", config::containerd(&self.order)),
            ("/run/cni/pods.conflist", config::cni().to_string()),
            ("/run/kubelet.json", config::kubelet(&self.order.name).to_string()),
            ("/run/kube-proxy.json", kube_proxy.to_string()),
            // No name server: pods ask for nothing outside.
            ("/run/resolv.conf", "nameserver 127.0.0.1\n".to_owned()),
        ] {
            fs::write(file, content).with_context(|| format!("cannot write {file}"))?;
        }
        Ok(())
    }

    fn import_images(&self) -> Result<()> {
        let busybox = &self.order.tools.busybox;
        let applets = succeed(Command::new(busybox).arg("--list"))?;
        let content = fs::read(busybox).with_context(|| format!("cannot read {}", busybox.display()))?;
        let archive = "/run/images.tar";
        fs::write(archive, image::archive(&content, &applets)?).context("cannot write the images")?;
        let ctr = self.order.binaries.path("ctr")?;
        let ctr = |arguments: &[&str]| {
            let mut command = Command::new(ctr);
            succeed(command.args(["--address", config::CONTAINERD, "--namespace", "k8s.io"]).args(arguments))
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while let Err(error) = ctr(&["version"]) {
            if Instant::now() > deadline {
                bail!("containerd does not answer, read containerd.log: {error:#}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        ctr(&["images", "import", archive]).map(drop)
    }

    fn start<S: AsRef<OsStr>>(&mut self, name: &'static str, arguments: impl IntoIterator<Item = S>) -> Result<()> {
        let log = self.path(&format!("log/{name}.log"));
        let log = File::create(&log).with_context(|| format!("cannot write {log}"))?;
        let program = self.order.binaries.path(name)?;
        let shim = self.order.binaries.path("containerd-shim-runc-v2")?;
        let beside = shim.parent().unwrap_or(shim).display();
        let mut command = Command::new(program);
        // containerd finds its shim by PATH, and iptables lies with root's programs.
        command.env_clear().env("PATH", format!("{beside}:/usr/sbin:/usr/bin:/sbin:/bin")).args(arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().context("cannot use the log twice")?).stderr(log);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        self.running.insert(i32::try_from(child.id()).context("a process id is too large")?, name);
        Ok(())
    }

    /// Everything whose parent has ended is this process's to reap, shims of containers first of all.
    fn reap(&self) -> Result<ExitCode> {
        loop {
            let ended = wait(WaitOptions::empty()).context("cannot wait for processes")?;
            let Some((pid, status)) = ended else { continue };
            if let Some(name) = self.running.get(&pid.as_raw_nonzero().get()) {
                bail!("{name} ended ({status:?}); read {}", self.path(&format!("log/{name}.log")));
            }
        }
    }

    fn path(&self, relative: &str) -> String {
        self.folder.join(relative).display().to_string()
    }
}

/// Runs a program to its end and gives its stdout; the error is what it printed.
fn succeed(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
