//! Security contexts → `user`, `privileged`, `linuxParameters`, `dockerSecurityOptions`, `systemControls`.

use k8s_openapi::api::core::v1::{
    AppArmorProfile, Capabilities, PodSecurityContext, SELinuxOptions, SeccompProfile, SecurityContext,
};
use serde_json::{Map, Value, json};

use super::{Members, Profile, Report, some};
use crate::findings::Path;

/// What one container may; the pod's words count where the container says nothing
pub(super) fn container(
    own: Option<&SecurityContext>,
    pod: Option<&PodSecurityContext>,
    path: &Path,
    to: &mut Members,
    report: &mut Report<'_>,
) -> Map<String, Value> {
    let default = SecurityContext::default();
    let SecurityContext {
        allow_privilege_escalation,
        app_armor_profile,
        capabilities,
        privileged,
        proc_mount,
        read_only_root_filesystem,
        run_as_group,
        run_as_non_root,
        run_as_user,
        se_linux_options,
        seccomp_profile,
        windows_options,
    } = own.unwrap_or(&default);
    let path = path.key("securityContext");
    user(
        run_as_user.or(pod.and_then(|p| p.run_as_user)),
        run_as_group.or(pod.and_then(|p| p.run_as_group)),
        &path,
        to,
        report,
    );
    report.lost_each(
        &path,
        "LossSecurity",
        &[
            ("runAsNonRoot", *run_as_non_root == Some(true) && run_as_user.is_none()),
            ("procMount", proc_mount.as_deref().is_some_and(|m| m != "Default")),
            ("seccompProfile", seccomp_profile.as_ref().is_some_and(|p| !is_default(p))),
            ("windowsOptions", windows_options.is_some()),
        ],
    );
    if report.only_on_instances(*privileged == Some(true), &path.key("privileged"), "privileged containers") {
        to.put("privileged", true);
    }
    to.put("readonlyRootFilesystem", read_only_root_filesystem.filter(|r| *r).map(Value::from).unwrap_or_default());
    let mut options = Vec::new();
    options.extend((*allow_privilege_escalation == Some(false)).then(|| "no-new-privileges".to_owned()));
    options.extend(app_armor_profile.as_ref().or(pod.and_then(|p| p.app_armor_profile.as_ref())).and_then(app_armor));
    options.extend(
        se_linux_options.as_ref().or(pod.and_then(|p| p.se_linux_options.as_ref())).map(se_linux).unwrap_or_default(),
    );
    match report.profile {
        Profile::Ec2 => to.put("dockerSecurityOptions", options),
        Profile::Fargate => {
            let message = "Fargate takes no security options; what they forbid is allowed there";
            report.lost(!options.is_empty(), &path, "LossSecurity", message);
        }
    }
    linux(capabilities.as_ref(), &path.key("capabilities"), report)
}

/// What of the pod's own words is not a container's
pub(super) fn pod(given: Option<&PodSecurityContext>, path: &Path, report: &mut Report<'_>) -> Vec<Value> {
    let Some(PodSecurityContext {
        app_armor_profile: _,
        fs_group,
        fs_group_change_policy,
        run_as_group: _,
        run_as_non_root,
        run_as_user,
        se_linux_change_policy,
        se_linux_options: _,
        seccomp_profile,
        supplemental_groups,
        supplemental_groups_policy,
        sysctls,
        windows_options,
    }) = given
    else {
        return Vec::new();
    };
    let path = path.key("securityContext");
    report.lost_each(
        &path,
        "LossSecurity",
        &[
            ("fsGroup", fs_group.is_some()),
            ("fsGroupChangePolicy", fs_group_change_policy.is_some()),
            ("runAsNonRoot", *run_as_non_root == Some(true) && run_as_user.is_none()),
            ("seLinuxChangePolicy", se_linux_change_policy.is_some()),
            ("seccompProfile", seccomp_profile.as_ref().is_some_and(|p| !is_default(p))),
            ("supplementalGroups", some(supplemental_groups)),
            ("supplementalGroupsPolicy", supplemental_groups_policy.is_some()),
            ("windowsOptions", windows_options.is_some()),
        ],
    );
    let sysctls = sysctls.iter().flatten();
    sysctls.map(|sysctl| json!({"namespace": sysctl.name, "value": sysctl.value})).collect()
}

fn user(user: Option<i64>, group: Option<i64>, path: &Path, to: &mut Members, report: &mut Report<'_>) {
    match (user, group) {
        (Some(user), Some(group)) => to.put("user", format!("{user}:{group}")),
        (Some(user), None) => to.put("user", user.to_string()),
        (None, group) => {
            report.lost(
                group.is_some(),
                &path.key("runAsGroup"),
                "LossSecurity",
                "ECS takes a group only beside a user; give runAsUser too",
            );
        }
    }
}

/// Docker's own profile is what containers of ECS have
fn is_default(profile: &SeccompProfile) -> bool {
    profile.type_ == "RuntimeDefault"
}

fn app_armor(profile: &AppArmorProfile) -> Option<String> {
    let AppArmorProfile { localhost_profile, type_ } = profile;
    match type_.as_str() {
        "Localhost" => localhost_profile.as_ref().map(|name| format!("apparmor:{name}")),
        "Unconfined" => Some("apparmor:unconfined".to_owned()),
        _ => None,
    }
}

fn se_linux(options: &SELinuxOptions) -> Vec<String> {
    let SELinuxOptions { level, role, type_, user } = options;
    let each = [("user", user), ("role", role), ("type", type_), ("level", level)];
    each.into_iter().filter_map(|(name, value)| Some(format!("label:{name}:{}", value.as_ref()?))).collect()
}

fn linux(given: Option<&Capabilities>, path: &Path, report: &mut Report<'_>) -> Map<String, Value> {
    let Some(Capabilities { add, drop }) = given else { return Map::new() };
    let mut these = Members::default();
    let (mut add, drop) = (add.clone().unwrap_or_default(), drop.clone().unwrap_or_default());
    if report.profile == Profile::Fargate {
        let before = add.len();
        add.retain(|capability| capability == "SYS_PTRACE");
        report.refused(
            add.len() < before,
            &path.key("add"),
            "LossOnFargate",
            "Fargate adds no capability but SYS_PTRACE; choose the profile EC2",
        );
    }
    these.put("add", add);
    these.put("drop", drop);
    let mut linux = Members::default();
    linux.put("capabilities", these);
    linux.0
}
