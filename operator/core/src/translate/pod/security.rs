//! Security contexts, and whether containers see each other's processes.
//!
//! *Guarantees*: nothing above the Pod Security Standard *baseline* but what the model says is granted; seccomp as Docker has
//! it by default (decisions §6.7).

use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{
    AppArmorProfile, Capabilities, PodSecurityContext, SELinuxOptions, SeccompProfile, SecurityContext, Sysctl,
    WindowsSecurityContextOptions,
};

use super::order::Order;
use super::volumes;
use crate::findings::Findings;
use crate::model::task::{AppArmor, Os, SeLinux, Security, Task};

/// The pod's security context; Windows pods take none of it
pub(super) fn pod(task: &Task, order: &Order, findings: &mut Findings) -> Option<PodSecurityContext> {
    let seccomp = SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None };
    // A privileged container has no seccomp profile, whatever the pod says
    let privileged = task.containers.iter().all(|container| container.security.privileged);
    let context = PodSecurityContext {
        seccomp_profile: (!privileged).then_some(seccomp),
        sysctls: sysctls(task, order, findings),
        fs_group: volumes::group(task),
        fs_group_change_policy: volumes::group(task).map(|_| "OnRootMismatch".to_owned()),
        ..PodSecurityContext::default()
    };
    (!task.platform.os.is_windows() && context != PodSecurityContext::default()).then_some(context)
}

/// R-SYSCTL: of two values the one of the container that starts last counts
fn sysctls(task: &Task, order: &Order, findings: &mut Findings) -> Option<Vec<Sysctl>> {
    let mut set: Vec<Sysctl> = Vec::new();
    for container in order.init.iter().chain(&order.regular).filter_map(|index| task.containers.get(*index)) {
        for (name, value) in &container.sysctls {
            match set.iter_mut().find(|sysctl| sysctl.name == *name) {
                Some(sysctl) if sysctl.value != *value => {
                    let message =
                        format!("`{name}` has several values in this task; this one counts, as it is set last");
                    let path = container.path.key("systemControls");
                    findings.warn(&path, Class::Approximate, "SysctlConflict", message);
                    sysctl.value.clone_from(value);
                }
                Some(_) => {}
                None => set.push(Sysctl { name: name.clone(), value: value.clone() }),
            }
        }
    }
    (!set.is_empty()).then_some(set)
}

/// `pidMode: task`, or an init process for the only container: the pod's own reaps what it leaves behind
pub(super) fn shares_processes(task: &Task, order: &Order, findings: &mut Findings) -> bool {
    let mut shares = task.shares_processes;
    for container in task.containers.iter().filter(|c| c.wants_init_process) {
        if task.shares_processes {
            continue;
        }
        if order.running() == 1 && !task.platform.os.is_windows() && !task.host.processes {
            shares = true;
            continue;
        }
        let path = container.path.key("linuxParameters").key("initProcessEnabled");
        let message = "no init process is added where a pod has several containers or its node's processes; start one in the image \
             (tini, dumb-init)";
        findings.info(&path, Class::Advisory, "InitProcessNotProvided", message);
    }
    shares
}

/// A container's security context; none where it would be empty
pub(super) fn container(security: &Security, os: Os) -> Option<SecurityContext> {
    #[rustfmt::skip] // one name a line would hide what follows
    let Security {
        user, group, read_only_root, privileged, added, dropped, no_new_privileges, app_armor, selinux, gmsa,
    } = security;
    if os.is_windows() {
        let account = WindowsSecurityContextOptions {
            gmsa_credential_spec_name: Some(gmsa.clone()?),
            ..WindowsSecurityContextOptions::default()
        };
        return Some(SecurityContext { windows_options: Some(account), ..SecurityContext::default() });
    }
    let some = |list: &Vec<String>| (!list.is_empty() && !privileged).then(|| list.clone());
    let capabilities = Capabilities { add: some(added), drop: some(dropped) };
    let context = SecurityContext {
        privileged: privileged.then_some(true),
        run_as_user: *user,
        run_as_group: *group,
        read_only_root_filesystem: read_only_root.then_some(true),
        capabilities: (capabilities != Capabilities::default()).then_some(capabilities),
        allow_privilege_escalation: no_new_privileges.then_some(false),
        app_armor_profile: app_armor.as_ref().map(profile),
        se_linux_options: labels(selinux),
        ..SecurityContext::default()
    };
    (context != SecurityContext::default()).then_some(context)
}

fn labels(labels: &SeLinux) -> Option<SELinuxOptions> {
    let SeLinux { user, role, kind, level } = labels.clone();
    let options = SELinuxOptions { user, role, type_: kind, level };
    (options != SELinuxOptions::default()).then_some(options)
}

fn profile(profile: &AppArmor) -> AppArmorProfile {
    let (kind, name) = match profile {
        AppArmor::Unconfined => ("Unconfined", None),
        AppArmor::RuntimeDefault => ("RuntimeDefault", None),
        AppArmor::Localhost(name) => ("Localhost", Some(name.clone())),
    };
    AppArmorProfile { type_: kind.to_owned(), localhost_profile: name }
}
