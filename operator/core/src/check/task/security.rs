//! Who a container is and what it may do: user, capabilities, security options, devices, kernel parameters.
//!
//! *Guarantees*: nothing above the Pod Security Standard *baseline* enters the model unless the administrator grants it to the
//! namespace (R-PRIV, decisions §6.7).

use std::collections::BTreeMap;

use ecs_crds::ecs::{ContainerDefinition, Device, KernelCapabilities, LinuxParameters, SystemControl, Tmpfs};
use ecs_crds::status::Class;

use super::container::Surroundings;
use super::platform::NetworkMode;
use super::report::{Report, each, said};
use crate::config::{Context, Grants, OperatorConfig};
use crate::findings::Path;
use crate::model::task::{AppArmor, Host, Security};

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

/// Kernel parameters that belong to the IPC namespace; those of the network begin with `net.`
const IPC_SYSCTLS: &[&str] = &["kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue."];

/// SELinux types that *baseline* permits
const SELINUX_TYPES: &[&str] = &["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Who a container is and what it may do
pub(super) struct Secured {
    pub(super) security: Security,
    /// `initProcessEnabled`
    pub(super) wants_init_process: bool,
}

/// Who a container is and what it may do; devices that a device plugin gives go to `plugged`, by extended resource
pub(super) fn secured(
    path: &Path,
    definition: &ContainerDefinition,
    around: Surroundings<'_>,
    plugged: &mut BTreeMap<String, u32>,
    report: &mut Report,
) -> Secured {
    let grants = &around.context.grants;
    let at = path.key("dockerSecurityOptions");
    let mut security = options(&at, definition.docker_security_options.as_ref(), grants, report);
    security.privileged = definition.privileged.unwrap_or_default();
    if security.privileged {
        report.privilege(&path.key("privileged"), "`privileged: true`", grants.privileged);
    }
    security.gmsa = credential_spec(path, definition, around, report);
    (security.user, security.group) = user(&path.key("user"), definition.user.as_ref(), around, report);
    security.read_only_root = definition.readonly_root_filesystem.unwrap_or_default();
    let mut of = Linux { security: &mut security, plugged };
    let linux_parameters = definition.linux_parameters.as_ref();
    let wants_init_process = linux(&path.key("linuxParameters"), linux_parameters, &mut of, around.context, report);
    consistent(&at, &mut security, report);
    Secured { security, wants_init_process }
}

/// `user`: the numbers of user and group
fn user(
    path: &Path,
    user: Option<&String>,
    around: Surroundings<'_>,
    report: &mut Report,
) -> (Option<i64>, Option<i64>) {
    let Some(user) = said(user).filter(|_| !around.os.is_windows()) else { return (None, None) };
    let OperatorConfig { user_map, group_map, .. } = &around.context.config;
    let number = |text: &str, map: &BTreeMap<String, u32>| match text {
        "root" => Some(0),
        text => {
            let number = text.parse::<i32>().ok().filter(|id| *id >= 0).map(i64::from);
            number.or_else(|| map.get(text).copied().map(i64::from))
        }
    };
    let (name, group) = user.split_once(':').map_or((user, None), |(name, group)| (name, Some(group)));
    match (number(name, user_map), group.map(|group| number(group, group_map))) {
        (Some(user), None) => (Some(user), None),
        (Some(user), Some(Some(group))) => (Some(user), Some(group)),
        _ => {
            let message = format!(
                "the numbers behind `{user}` stand in the image; write them (uid or uid:gid), or have the administrator map the \
                 names (`userMap`, `groupMap`)"
            );
            report.block(path, "UserNameNotResolvable", message);
            (None, None)
        }
    }
}

/// What `linuxParameters` change of a container
struct Linux<'a> {
    security: &'a mut Security,
    plugged: &'a mut BTreeMap<String, u32>,
}

/// `linuxParameters` without its volumes; whether an init process is wanted
fn linux(
    path: &Path,
    written: Option<&LinuxParameters>,
    of: &mut Linux<'_>,
    context: &Context,
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
    capabilities(&path.key("capabilities"), written_capabilities.as_ref(), of.security, &context.grants, report);
    devices(&path.key("devices"), written_devices.as_ref(), of, context, report);
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

fn capabilities(
    path: &Path,
    written: Option<&KernelCapabilities>,
    security: &mut Security,
    grants: &Grants,
    report: &mut Report,
) {
    let Some(KernelCapabilities { add, drop, unknown: _ }) = written else { return };
    for (at, name) in each(&path.key("add"), add.as_ref()) {
        if BASELINE.contains(&name.as_str()) {
            security.added.push(name.clone());
        } else if BEYOND.contains(&name.as_str()) {
            // A privileged container has it already
            let granted = security.privileged && grants.privileged || grants.capability(name);
            report.privilege(&at, &format!("the capability `{name}`"), granted);
            security.added.push(name.clone());
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

/// Devices: of a device plugin where one is configured, else of the node where they are granted (`storage` mounts those)
fn devices(path: &Path, devices: Option<&Vec<Device>>, of: &mut Linux<'_>, context: &Context, report: &mut Report) {
    for (at, device) in each(path, devices) {
        let Device { host_path, container_path, permissions, unknown: _ } = device;
        let Some(host_path) = said(host_path.as_ref()) else {
            report.required(&at, "hostPath");
            continue;
        };
        if let Some(resource) = context.config.devices.get(host_path) {
            *of.plugged.entry(resource.clone()).or_default() += 1;
            let elsewhere = said(container_path.as_ref()).is_some_and(|path| path != host_path);
            if elsewhere || narrowed(permissions.as_ref()) {
                let message =
                    format!("the device plugin of `{resource}` says where the device is and what may be done with it");
                report.info(&at, Class::Approximate, "DeviceOptionsIgnored", message);
            }
        } else if context.grants.device(host_path) {
            of.security.privileged = true;
            let message = format!("the container is privileged, since nothing less gives it `{host_path}`");
            report.warn(&at, Class::Approximate, "DeviceNeedsPrivilege", message);
        } else {
            let message = format!(
                "no device plugin is configured for `{host_path}`, and this namespace is not granted it; remove the device, \
                 or accept to go without"
            );
            report.block(&at, "DeviceUnsupported", message);
        }
    }
}

/// Whether a device may not be used in every way
fn narrowed(permissions: Option<&Vec<String>>) -> bool {
    let all = |list: &Vec<String>| ["read", "write", "mknod"].iter().all(|p| list.iter().any(|there| there == p));
    permissions.is_some_and(|list| !list.is_empty() && !all(list))
}

/// What the API server refuses together
fn consistent(path: &Path, security: &mut Security, report: &mut Report) {
    if security.privileged && security.no_new_privileges {
        security.no_new_privileges = false;
        let message = "a privileged container has every privilege already; `no-new-privileges` is left out";
        report.warn(path, Class::Unsupported, "NoNewPrivilegesNotApplied", message);
    }
}

/// `dockerSecurityOptions`
fn options(path: &Path, options: Option<&Vec<String>>, grants: &Grants, report: &mut Report) -> Security {
    let mut security = Security::default();
    for (at, option) in each(path, options) {
        // Docker takes `=` as well as `:` after the first word
        let (kind, value) = option.split_once([':', '=']).unwrap_or((option, ""));
        match (kind, value) {
            ("no-new-privileges", "" | "true") => security.no_new_privileges = true,
            ("apparmor", "unconfined") => {
                report.privilege(&at, "`apparmor:unconfined`", grants.unconfined_profiles);
                security.app_armor = Some(AppArmor::Unconfined);
            }
            ("apparmor", "docker-default") => security.app_armor = Some(AppArmor::RuntimeDefault),
            ("apparmor", profile) if !profile.is_empty() && profile.trim() == profile => {
                security.app_armor = Some(AppArmor::Localhost(profile.to_owned()));
            }
            // `credential_spec` has looked at it
            ("credentialspec" | "credentialspecdomainless", _) => {}
            ("label", label) => selinux(&at, label, &mut security, grants, report),
            _ => {
                let message = format!("`{option}` has no counterpart; use no-new-privileges, apparmor: or label:");
                report.block(&at, "SecurityOptionUnsupported", message);
            }
        }
    }
    security
}

/// `credentialSpecs`, and the same as an option of Docker: who a Windows container is in Active Directory
fn credential_spec(
    path: &Path,
    definition: &ContainerDefinition,
    around: Surroundings<'_>,
    report: &mut Report,
) -> Option<String> {
    let (own, of_docker) = (path.key("credentialSpecs"), path.key("dockerSecurityOptions"));
    let options = each(&of_docker, definition.docker_security_options.as_ref());
    let options = options.filter(|(_, option)| option.starts_with("credentialspec"));
    let specs = each(&own, definition.credential_specs.as_ref()).chain(options);
    let mut found = None;
    for (at, text) in specs {
        let (kind, spec) = text.split_once([':', '=']).unwrap_or((text, ""));
        if !matches!(kind, "credentialspec" | "credentialspecdomainless") || spec.is_empty() {
            report.invalid(&at, "this names no credential spec; write credentialspec: and where it lies");
        } else if !around.os.is_windows() {
            let message = "a Linux container has no account in Active Directory here; run the task on Windows, or fetch a \
                           ticket in the container, and accept this finding";
            report.block(&at, "GmsaLinuxUnsupported", message);
        } else if let Some(name) = around.context.config.gmsa_credential_specs.get(spec) {
            if kind == "credentialspecdomainless" {
                let message =
                    "nodes outside of the domain need a plugin that asks for the account (CCG); see that they have it";
                report.info(&at, Class::Approximate, "GmsaDomainlessNeedsPlugin", message);
            }
            found.get_or_insert_with(|| name.clone());
        } else {
            let message = "the file lies with AWS; make a GMSACredentialSpec of it and have the administrator map it \
                           (`gmsaCredentialSpecs`), or accept a task without the account";
            report.block(&at, "GmsaCredentialSpecUnmapped", message);
        }
    }
    found
}

fn selinux(path: &Path, label: &str, security: &mut Security, grants: &Grants, report: &mut Report) {
    let (kind, value) = match label.split_once(':') {
        Some(pair) => pair,
        None if label == "disable" => ("type", "spc_t"),
        None => (label, ""),
    };
    let own = kind == "level" || (kind == "type" && SELINUX_TYPES.contains(&value));
    let place = match kind {
        _ if value.is_empty() => None,
        "user" => Some(&mut security.selinux.user),
        "role" => Some(&mut security.selinux.role),
        "type" => Some(&mut security.selinux.kind),
        "level" => Some(&mut security.selinux.level),
        _ => None,
    };
    let Some(place) = place else {
        let message =
            format!("`label:{label}` is no SELinux option; use label:user:, role:, type:, level: or label:disable");
        report.block(path, "SecurityOptionUnsupported", message);
        return;
    };
    if !own {
        report.privilege(path, &format!("the SELinux option `label:{label}`"), grants.unconfined_profiles);
    }
    *place = Some(value.to_owned());
}

/// R-SYSCTL: the kernel parameters that every pod may set, or that are granted; the others are reported (decisions §6.8)
pub(super) fn sysctls(
    path: &Path,
    controls: Option<&Vec<SystemControl>>,
    around: Surroundings<'_>,
    report: &mut Report,
) -> Vec<(String, String)> {
    let mut set = Vec::new();
    for (at, control) in each(path, controls) {
        let SystemControl { namespace, value, unknown: _ } = control;
        let (Some(name), Some(value)) = (said(namespace.as_ref()), said(value.as_ref())) else {
            let member = if said(namespace.as_ref()).is_none() { "namespace" } else { "value" };
            report.required(&at, member);
            continue;
        };
        if let Some(owner) = of_node(name, around.host) {
            let message = format!("`{name}` is the node's where `{owner}` is `host`; remove it");
            report.invalid(&at.key("namespace"), message);
            continue;
        }
        if !SAFE_SYSCTLS.contains(&name) && !unsafe_sysctl(&at, name, &around.context.grants, report) {
            continue;
        }
        if around.mode == NetworkMode::Bridge && !around.alone {
            let message = format!("`{name}` holds for all containers of the pod, where bridge mode sets it for one");
            report.info(&at, Class::Approximate, "SysctlPodWide", message);
        }
        if !around.os.is_windows() {
            set.push((name.to_owned(), value.to_owned()));
        }
    }
    set
}

/// The member that makes a kernel parameter the node's own, which no pod sets
fn of_node(name: &str, host: Host) -> Option<&'static str> {
    if host.network && name.starts_with("net.") {
        return Some("networkMode");
    }
    (host.ipc && IPC_SYSCTLS.iter().any(|beginning| name.starts_with(beginning))).then_some("ipcMode")
}

/// Whether an unsafe kernel parameter is set: where it is granted
fn unsafe_sysctl(path: &Path, name: &str, grants: &Grants, report: &mut Report) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '/');
    if !name.chars().all(legal) {
        report
            .invalid(&path.key("namespace"), format!("`{name}` is no kernel parameter; write its name as sysctl does"));
        return false;
    }
    if grants.sysctl(name) {
        let message = format!(
            "nodes refuse the pod unless their kubelet allows `{name}` (--allowed-unsafe-sysctls): see that they do"
        );
        report.warn(path, Class::Approximate, "UnsafeSysctl", message);
        return true;
    }
    let message = format!("`{name}` is not applied: nodes let no pod set it unless their administrator says so");
    report.warn(path, Class::Unsupported, "SysctlNotApplied", message);
    false
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
