//! Who a container is and what it may do: user, capabilities, security options, devices, kernel parameters.
//!
//! *Guarantees*: nothing above the Pod Security Standard *baseline* enters the model (R-PRIV, decisions §6.7).

use ecs_crds::ecs::{Device, KernelCapabilities, LinuxParameters, SystemControl, Tmpfs};
use ecs_crds::status::Class;

use super::container::Surroundings;
use super::platform::NetworkMode;
use super::report::{Report, each, said};
use crate::findings::Path;
use crate::model::task::{AppArmor, Os, Security};

/// The capabilities that *baseline* lets a container add
const BASELINE: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The capabilities that ECS knows beside those
const BEYOND: &[&str] = &[
    "ALL",
    "AUDIT_CONTROL",
    "BLOCK_SUSPEND",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "IPC_OWNER",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "NET_BROADCAST",
    "NET_RAW",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// The kernel parameters that Kubernetes lets every pod set
const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// SELinux types that *baseline* permits
const SELINUX_TYPES: &[&str] = &["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// `user`: the numbers of user and group
pub(super) fn user(path: &Path, user: Option<&String>, os: Os, report: &mut Report) -> (Option<i64>, Option<i64>) {
    let Some(user) = said(user).filter(|_| !os.is_windows()) else { return (None, None) };
    let number = |text: &str| match text {
        "root" => Some(0),
        text => text.parse::<i32>().ok().filter(|id| *id >= 0).map(i64::from),
    };
    let (name, group) = user.split_once(':').map_or((user, None), |(name, group)| (name, Some(group)));
    match (number(name), group.map(number)) {
        (Some(user), None) => (Some(user), None),
        (Some(user), Some(Some(group))) => (Some(user), Some(group)),
        _ => {
            let message = format!("the numbers behind `{user}` stand in the image; write them: uid or uid:gid");
            report.block(path, "UserNameNotResolvable", message);
            (None, None)
        }
    }
}

/// `linuxParameters` without its volumes: capabilities into `security`; whether an init process is wanted
pub(super) fn linux(
    path: &Path,
    written: Option<&LinuxParameters>,
    security: &mut Security,
    report: &mut Report,
) -> bool {
    let Some(written) = written else { return false };
    let LinuxParameters {
        capabilities: written_capabilities,
        devices: written_devices,
        init_process_enabled,
        max_swap,
        swappiness,
        // Volumes: `storage`
        shared_memory_size: _,
        tmpfs: _,
        unknown: _,
    } = written;
    capabilities(&path.key("capabilities"), written_capabilities.as_ref(), security, report);
    devices(&path.key("devices"), written_devices.as_ref(), report);
    if max_swap.is_some_and(|mib| mib != 0) {
        let message = "pods have no swap of their own; give the container the memory it needs";
        report.warn(&path.key("maxSwap"), Class::Unsupported, "SwapUnsupported", message);
    }
    if swappiness.is_some() {
        let message = "pods have no swappiness of their own; the node's applies";
        report.info(&path.key("swappiness"), Class::Unsupported, "SwappinessIgnored", message);
    }
    init_process_enabled.unwrap_or_default()
}

fn capabilities(path: &Path, written: Option<&KernelCapabilities>, security: &mut Security, report: &mut Report) {
    let Some(KernelCapabilities { add, drop, unknown: _ }) = written else { return };
    for (at, name) in each(&path.key("add"), add.as_ref()) {
        if BASELINE.contains(&name.as_str()) {
            security.added.push(name.clone());
        } else if BEYOND.contains(&name.as_str()) {
            report.privilege(&at, &format!("the capability `{name}`"));
        } else {
            report.not_one_of(&at, name, known_capabilities());
        }
    }
    for (at, name) in each(&path.key("drop"), drop.as_ref()) {
        // ECS drops first and adds then, runtimes the other way round
        let added = add.as_ref().is_some_and(|add| add.contains(name));
        if !BASELINE.contains(&name.as_str()) && !BEYOND.contains(&name.as_str()) {
            report.not_one_of(&at, name, known_capabilities());
        } else if !added && !security.dropped.contains(name) {
            security.dropped.push(name.clone());
        }
    }
    security.added.dedup();
}

fn known_capabilities() -> impl Iterator<Item = &'static str> {
    let mut all: Vec<&str> = BASELINE.iter().chain(BEYOND).copied().collect();
    all.sort_unstable();
    all.into_iter()
}

fn devices(path: &Path, devices: Option<&Vec<Device>>, report: &mut Report) {
    for (at, device) in each(path, devices) {
        let Device { host_path, container_path: _, permissions: _, unknown: _ } = device;
        match said(host_path.as_ref()) {
            Some(host_path) => {
                let message = format!(
                    "no device plugin is configured for `{host_path}`; remove the device, or accept to go without"
                );
                report.block(&at, "DeviceUnsupported", message);
            }
            None => report.required(&at, "hostPath"),
        }
    }
}

/// `dockerSecurityOptions`
pub(super) fn options(path: &Path, options: Option<&Vec<String>>, report: &mut Report) -> Security {
    let mut security = Security::default();
    for (at, option) in each(path, options) {
        // Docker takes `=` as well as `:` after the first word
        let (kind, value) = option.split_once([':', '=']).unwrap_or((option, ""));
        match (kind, value) {
            ("no-new-privileges", "" | "true") => security.no_new_privileges = true,
            ("apparmor", "unconfined") => report.privilege(&at, "`apparmor:unconfined`"),
            ("apparmor", "docker-default") => security.app_armor = Some(AppArmor::RuntimeDefault),
            ("apparmor", profile) if !profile.is_empty() && profile.trim() == profile => {
                security.app_armor = Some(AppArmor::Localhost(profile.to_owned()));
            }
            ("label", label) => selinux(&at, label, &mut security, report),
            _ => {
                let message = format!("`{option}` has no counterpart; use no-new-privileges, apparmor: or label:");
                report.block(&at, "SecurityOptionUnsupported", message);
            }
        }
    }
    security
}

fn selinux(path: &Path, label: &str, security: &mut Security, report: &mut Report) {
    match label.split_once(':') {
        Some(("level", level)) if !level.is_empty() => security.selinux_level = Some(level.to_owned()),
        Some(("type", name)) if SELINUX_TYPES.contains(&name) => security.selinux_type = Some(name.to_owned()),
        _ => report.privilege(path, &format!("the SELinux option `label:{label}`")),
    }
}

/// R-SYSCTL: the kernel parameters that every pod may set; the others are reported (decisions §6.8)
pub(super) fn sysctls(
    path: &Path,
    controls: Option<&Vec<SystemControl>>,
    around: Surroundings,
    report: &mut Report,
) -> Vec<(String, String)> {
    let mut safe = Vec::new();
    for (at, control) in each(path, controls) {
        let SystemControl { namespace, value, unknown: _ } = control;
        let (Some(name), Some(value)) = (said(namespace.as_ref()), said(value.as_ref())) else {
            let member = if said(namespace.as_ref()).is_none() { "namespace" } else { "value" };
            report.required(&at, member);
            continue;
        };
        if !SAFE_SYSCTLS.contains(&name) {
            let message =
                format!("`{name}` is not applied: nodes let no pod set it unless their administrator says so");
            report.warn(&at, Class::Unsupported, "SysctlNotApplied", message);
            continue;
        }
        if around.mode == NetworkMode::Bridge && !around.alone {
            let message = format!("`{name}` holds for all containers of the pod, where bridge mode sets it for one");
            report.info(&at, Class::Approximate, "SysctlPodWide", message);
        }
        if !around.os.is_windows() {
            safe.push((name.to_owned(), value.to_owned()));
        }
    }
    safe
}

/// The options of a tmpfs: whether it is read-only; what else is asked for is said
pub(super) fn tmpfs_read_only(path: &Path, tmpfs: &Tmpfs, report: &mut Report) -> bool {
    let at = path.key("mountOptions");
    let options = tmpfs.mount_options.as_deref().unwrap_or_default();
    let ignored: Vec<&str> =
        options.iter().map(String::as_str).filter(|option| !matches!(*option, "ro" | "rw" | "defaults")).collect();
    if !ignored.is_empty() {
        let message = format!("{} cannot be said of a memory volume; it is mounted without", ignored.join(", "));
        report.info(&at, Class::Approximate, "TmpfsOptionsIgnored", message);
    }
    options.iter().any(|option| option == "ro")
}
