//! Whether this machine can hold a real node, and what the node takes from it.
//!
//! Missing programs are installed where apt-get is; nothing else is changed. What is lacking is said by name.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::cgroups;
use crate::progress::Progress;

/// The program that makes namespaces, of util-linux.
pub(super) const UNSHARE: &str = "/usr/bin/unshare";
/// A network, mounts and processes of one's own, all of which end with the process that began them.
pub(super) const NAMESPACES: [&str; 7] =
    ["--mount", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child=SIGKILL"];

/// What the node needs of the kernel, tried in namespaces that end at once.
const TRIAL: &str = "ip link add name ecs0 type bridge && ip link add name ecs1 type veth peer name ecs2 && \
     iptables -t nat -A POSTROUTING -j ACCEPT && mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && \
     mount -t overlay -o lowerdir=/usr,upperdir=/mnt/u,workdir=/mnt/w none /mnt/m";

/// Programs and the Debian packages that bring them.
const PACKAGES: [(&str, &str); 4] =
    [("runc", "runc"), ("ip", "iproute2"), ("iptables", "iptables"), ("unshare", "util-linux")];
const CNI_FOLDERS: [&str; 2] = ["/usr/lib/cni", "/opt/cni/bin"];
const CNI_PLUGINS: [&str; 4] = ["bridge", "host-local", "portmap", "loopback"];

/// Why this machine cannot hold a real node; `cargo xtask` ends with exit code 3.
#[derive(Debug)]
pub(crate) struct Cannot(String);

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this machine cannot hold a real node: {}", self.0)
    }
}

impl std::error::Error for Cannot {}

/// What a node takes from the machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tools {
    /// runc
    pub(super) runc: PathBuf,
    /// A busybox without libraries
    pub(super) busybox: PathBuf,
    /// The folder of the CNI plugins
    pub(super) cni: PathBuf,
}

/// Installs what is missing and tries what the kernel must allow. The error is a [`Cannot`].
pub(crate) fn prepare(progress: &Progress) -> Result<Tools> {
    let prepared = is_root().and_then(|()| tools(progress)).and_then(|tools| {
        cgroups::probe()?;
        try_namespaces()?;
        Ok(tools)
    });
    prepared.map_err(|error| Cannot(format!("{error:#}")).into())
}

fn is_root() -> Result<()> {
    anyhow::ensure!(rustix::process::geteuid().is_root(), "only root can make its namespaces and cgroups");
    Ok(())
}

fn tools(progress: &Progress) -> Result<Tools> {
    let missing = missing();
    if !missing.is_empty() {
        install(&missing, progress).with_context(|| format!("it needs {}", missing.join(", ")))?;
    }
    Ok(Tools {
        runc: find("runc").context("there is no runc")?,
        busybox: busybox().context("there is no busybox without libraries (package busybox-static)")?,
        cni: cni().context("there are no CNI plugins (package containernetworking-plugins)")?,
    })
}

/// The packages that would bring what is not there.
fn missing() -> Vec<&'static str> {
    let mut missing: Vec<&str> =
        PACKAGES.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    missing.extend(cni().is_none().then_some("containernetworking-plugins"));
    missing.extend(busybox().is_none().then_some("busybox-static"));
    missing
}

fn install(packages: &[&str], progress: &Progress) -> Result<()> {
    progress.step(&format!("installing {} with apt-get", packages.join(", ")));
    let wish = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    // The lists may be absent, as in images of Debian, or old.
    apt_get(&wish).or_else(|_| apt_get(&["update"]).and_then(|()| apt_get(&wish)))
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(["-qq", "-o", "Dpkg::Use-Pty=0"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.stdin(Stdio::null()).output().context("this is no Debian: apt-get cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "apt-get {} failed: {}", arguments[0], said.trim());
    Ok(())
}

fn try_namespaces() -> Result<()> {
    let mut command = Command::new(UNSHARE);
    command.args(NAMESPACES).args(["--", "sh", "-ec", TRIAL]);
    let output = command.stdin(Stdio::null()).output().context("cannot run unshare")?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "the kernel does not allow what it needs: {}", said.trim());
    Ok(())
}

/// A program on PATH, or where root's programs are, which PATH may leave out.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn cni() -> Option<PathBuf> {
    let whole = |folder: &&Path| CNI_PLUGINS.iter().all(|plugin| folder.join(plugin).is_file());
    CNI_FOLDERS.iter().map(Path::new).find(whole).map(Path::to_owned)
}

fn busybox() -> Option<PathBuf> {
    find("busybox").filter(|path| fs::read(path).is_ok_and(|elf| is_static(&elf)))
}

/// Whether a 64-bit little-endian ELF program names no interpreter (program header PT_INTERP), so that it needs no libraries.
fn is_static(elf: &[u8]) -> bool {
    let number = |at: usize, bytes: usize| {
        let field = elf.get(at..at + bytes)?;
        Some(field.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)))
    };
    let headers = || Some((number(32, 8)?, number(54, 2)?, number(56, 2)?));
    let (true, Some((first, size, count))) = (elf.starts_with(b"\x7fELF\x02\x01"), headers()) else { return false };
    (0..count).all(|index| number(first.saturating_add(index * size), 4).is_some_and(|kind| kind != 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF header with program headers of these types.
    fn elf(kinds: &[u8]) -> Vec<u8> {
        let mut elf = vec![0; 64 + kinds.len() * 56];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (elf[32], elf[54]) = (64, 56);
        elf[56] = u8::try_from(kinds.len()).unwrap_or_default();
        for (index, kind) in kinds.iter().enumerate() {
            elf[64 + index * 56] = *kind;
        }
        elf
    }

    #[test]
    fn a_program_is_static_when_it_names_no_interpreter() {
        assert!(is_static(&elf(&[6, 1, 1])));
        assert!(!is_static(&elf(&[6, 3, 1])));
        assert!(!is_static(b"#!/bin/sh"));
        assert!(!is_static(&elf(&[1, 1])[..70]), "cut off");
    }
}
