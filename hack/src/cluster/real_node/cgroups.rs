//! The one thing that a real node makes on the machine: a cgroup named after its cluster, with every container below it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};

use super::super::instance::Name;

const ROOT: &str = "/sys/fs/cgroup";

/// The cgroup of a cluster, as kubelet calls it: from the root of each hierarchy.
pub(super) fn path(name: &Name) -> String {
    format!("/ecs-testbed-{name}")
}

/// Creates it in each hierarchy.
pub(super) fn create(name: &Name) -> Result<()> {
    let hierarchies = hierarchies()?;
    if let [only] = hierarchies.as_slice() {
        enable_controllers(only)?;
    }
    for folder in places(&hierarchies, name) {
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot create the cgroup {}", folder.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether this machine lets us create one.
pub(super) fn probe() -> Result<()> {
    let probe: Name = format!("probe-{}", std::process::id()).parse()?;
    let created = create(&probe);
    remove(&probe)?;
    created
}

/// Kills what is still in it and removes it, in each hierarchy; that there is none is well too.
pub(super) fn remove(name: &Name) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    for place in places(&hierarchies()?, name) {
        while let Err(error) = remove_tree(&place) {
            if Instant::now() > deadline {
                bail!("cannot remove the cgroup {}: {error}", place.display());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

/// `cluster sweep`: waits until whoever holds the other end of stdin has ended, then removes the cgroups.
pub(crate) fn sweep(name: &Name) -> Result<()> {
    rustix::process::setsid().context("cannot begin a session")?;
    io::copy(&mut io::stdin(), &mut io::sink()).context("cannot wait for the supervisor")?;
    remove(name)
}

/// Children first. Their processes are killed; only when the kernel has taken them away, the folder can go.
fn remove_tree(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    for pid in fs::read_to_string(folder.join("cgroup.procs"))?.lines() {
        if let Some(pid) = pid.parse().ok().and_then(Pid::from_raw) {
            // It may have ended in between, which is what was wanted.
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
    fs::remove_dir(folder)
}

fn places(hierarchies: &[PathBuf], name: &Name) -> impl Iterator<Item = PathBuf> {
    let relative = path(name).trim_start_matches('/').to_owned();
    hierarchies.iter().map(move |hierarchy| hierarchy.join(&relative))
}

/// Version 2 has one, version 1 one for each controller.
fn hierarchies() -> Result<Vec<PathBuf>> {
    let mounts = fs::read_to_string("/proc/mounts").context("cannot read /proc/mounts")?;
    let found = cgroup_mounts(&mounts);
    if found.is_empty() {
        bail!("no cgroups are mounted below {ROOT}");
    }
    Ok(found)
}

fn cgroup_mounts(mounts: &str) -> Vec<PathBuf> {
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let cgroups = fields.filter(|fields| matches!(fields.get(2), Some(&"cgroup" | &"cgroup2")));
    cgroups.filter_map(|fields| fields.get(1).map(PathBuf::from)).filter(|path| path.starts_with(ROOT)).collect()
}

/// In version 2 a cgroup has the controllers that its parent passes on; on most machines all of these are already.
fn enable_controllers(root: &Path) -> Result<()> {
    let available = fs::read_to_string(root.join("cgroup.controllers")).unwrap_or_default();
    let control = root.join("cgroup.subtree_control");
    let enabled = fs::read_to_string(&control).unwrap_or_default();
    for controller in available.split_whitespace() {
        if !enabled.split_whitespace().any(|name| name == controller) {
            fs::write(&control, format!("+{controller}"))
                .with_context(|| format!("cannot enable the cgroup controller {controller}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hierarchy_of_version_1_and_the_one_of_version_2_are_found() {
        let check = |mounts: &str, expected: &[&str]| {
            assert_eq!(cgroup_mounts(mounts), expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        };
        check("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", &["/sys/fs/cgroup"]);
        check(
            "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n\
             cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\ncgroup /elsewhere cgroup rw 0 0\n",
            &["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified"],
        );
    }
}
