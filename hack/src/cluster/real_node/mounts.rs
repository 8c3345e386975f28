//! What the node sees of the machine's files, in a mount namespace that ends with it.
//!
//! Everything is read-only but the cluster's folder and what is laid over the machine's own: /run, /tmp, /var/lib, /var/log, …

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::mount::{
    MountFlags, MountPropagationFlags, mount, mount_bind, mount_bind_recursive, mount_change, mount_remount,
};

/// Covered by empty file systems in memory. Tests use /mnt and /srv as hosts' folders.
const COVERED: [&str; 6] = ["/run", "/tmp", "/mnt", "/srv", "/var/lib", "/var/log"];

/// Folders that are kept in the cluster's folder, for their size or for a look at them, and where the node sees them.
const KEPT: [(&str, &str); 3] =
    [("node/containerd", "/var/lib/containerd"), ("node/kubelet", "/var/lib/kubelet"), ("log/node", "/var/log")];

/// Sysctls of the whole machine and what kubelet wants them to be. It sees them so, and sets none.
const SYSCTLS: [(&str, &str); 6] = [
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/keys/root_maxbytes", "25000000"),
];

/// Lays the node's view over the machine's. `needed` are folders that must stay to be seen, whatever covers them.
pub(super) fn prepare(cluster: &Path, needed: &[PathBuf]) -> Result<()> {
    // Nothing of what follows reaches the machine, and all of it reaches the containers.
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE).context("cannot own the mounts")?;
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::SHARED).context("cannot share the mounts")?;
    mount("proc", "/proc", "proc", MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, None)
        .context("cannot mount /proc")?;
    let cluster_folder = File::open(cluster).with_context(|| format!("cannot open {}", cluster.display()))?;
    let needed: Vec<(&Path, File)> =
        needed.iter().filter_map(|folder| Some((folder.as_path(), File::open(folder).ok()?))).collect();
    for folder in COVERED.iter().filter(|folder| Path::new(folder).is_dir()) {
        mount("tmpfs", *folder, "tmpfs", MountFlags::empty(), Some(c"mode=755"))
            .with_context(|| format!("cannot cover {folder}"))?;
    }
    fs::set_permissions("/tmp", std::os::unix::fs::PermissionsExt::from_mode(0o1777)).context("cannot open /tmp")?;
    for (folder, open) in needed.iter().filter(|(folder, _)| is_covered(folder)) {
        uncover(folder, open)?;
    }
    uncover(cluster, &cluster_folder)?;
    // The working directory still was the one below.
    std::env::set_current_dir(cluster).context("cannot enter the cluster's folder")?;
    for (kept, seen) in KEPT {
        let kept = cluster.join(kept);
        fs::create_dir_all(&kept).with_context(|| format!("cannot create {}", kept.display()))?;
        fs::create_dir_all(seen).with_context(|| format!("cannot create {seen}"))?;
        mount_bind(&kept, seen).with_context(|| format!("cannot bind {seen}"))?;
    }
    veil_sysctls(cluster)?;
    mount_remount("/", MountFlags::BIND | MountFlags::RDONLY, c"").context("cannot make / read-only")
}

fn is_covered(folder: &Path) -> bool {
    COVERED.iter().any(|covered| folder.starts_with(covered))
}

/// Makes an open folder seen again at its path, as a mount of its own that stays writable.
fn uncover(folder: &Path, open: &File) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    mount_bind_recursive(format!("/proc/self/fd/{}", open.as_raw_fd()), folder)
        .with_context(|| format!("cannot uncover {}", folder.display()))
}

fn veil_sysctls(cluster: &Path) -> Result<()> {
    for (name, value) in SYSCTLS {
        let sysctl = Path::new("/proc/sys").join(name);
        let veil = cluster.join("node").join(name.replace('/', "."));
        fs::write(&veil, format!("{value}\n")).with_context(|| format!("cannot write {}", veil.display()))?;
        if sysctl.exists() {
            mount_bind(&veil, &sysctl).with_context(|| format!("cannot veil {name}"))?;
        }
    }
    Ok(())
}
