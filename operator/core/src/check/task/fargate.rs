//! What Fargate refuses (R-FARGATE, R-FGBAN), so that a document that is accepted here can be registered there.
//!
//! *Not here*: what the forbidden fields mean elsewhere; their subjects translate them.

use std::collections::BTreeSet;

use ecs_crds::TaskDefinitionSpec;
use ecs_crds::ecs::{ContainerDefinition, LinuxParameters};
use ecs_crds::status::Class;

use super::report::{Report, each, said};
use crate::findings::Path;
use crate::model::task::{Compatibility, Os, Size};

/// CPU units → MiB: the least, the most and the step
const SIZES: &[(u32, u32, u32, u32)] = &[
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// 256 units go with sizes that have no common step
const SMALLEST: (u32, &[u32]) = (256, &[512, 1024, 2048]);

/// The log drivers that Fargate has
const LOG_DRIVERS: &[&str] = &["awslogs", "splunk", "awsfirelens"];

/// Checks a document that wants to run on Fargate, whatever else it lists
pub(super) fn check(
    spec: &TaskDefinitionSpec,
    compatibilities: &BTreeSet<Compatibility>,
    size: Size,
    os: Os,
    report: &mut Report,
) {
    if !compatibilities.contains(&Compatibility::Fargate) {
        return;
    }
    let root = Path::root();
    if spec.network_mode.as_deref() != Some("awsvpc") {
        refuse(&root.key("networkMode"), "any network mode but `awsvpc`", report);
    }
    sizes(size, os, report);
    let task_level = [
        ("ipcMode", said(spec.ipc_mode.as_ref()).is_some()),
        ("pidMode", spec.pid_mode.as_deref() == Some("host")),
        ("placementConstraints", filled(spec.placement_constraints.as_ref())),
    ];
    refuse_each(&root, &task_level, report);
    for (path, volume) in each(&root.key("volumes"), spec.volumes.as_ref()) {
        let host = volume.host.as_ref().is_some_and(|host| said(host.source_path.as_ref()).is_some());
        let docker = volume.docker_volume_configuration.is_some();
        refuse_each(&path, &[("host/sourcePath", host), ("dockerVolumeConfiguration", docker)], report);
    }
    for (path, definition) in each(&root.key("containerDefinitions"), spec.container_definitions.as_ref()) {
        container(&path, definition, report);
    }
}

/// The smallest size that Fargate offers with at least so many CPU units and MiB, whatever the system
#[must_use]
pub(crate) fn smallest_size(units: u32, mib: u32) -> Option<(u32, u32)> {
    let fits = |memory: &u32| *memory >= mib;
    let smallest = (units <= SMALLEST.0).then(|| SMALLEST.1.iter().copied().find(fits)).flatten();
    smallest.map(|memory| (SMALLEST.0, memory)).or_else(|| {
        SIZES.iter().filter(|(cpu, ..)| *cpu >= units).find_map(|(cpu, low, high, step)| {
            Some((*cpu, (*low..=*high).step_by(usize::try_from(*step).ok()?).find(fits)?))
        })
    })
}

/// R-FARGATE: the sizes that Fargate offers
fn sizes(size: Size, os: Os, report: &mut Report) {
    let Size { cpu: Some(cpu), memory: Some(memory) } = size else {
        let message = "Fargate needs `cpu` and `memory` of the task; set both";
        report.block(&Path::root().key("cpu"), "InvalidFargateSize", message);
        return;
    };
    let (cpu, memory) = (cpu.get(), memory.get());
    let offered = match SIZES.iter().find(|(units, ..)| *units == cpu) {
        Some((_, least, most, step)) => (*least..=*most).contains(&memory) && memory.is_multiple_of(*step),
        None => cpu == SMALLEST.0 && SMALLEST.1.contains(&memory),
    };
    let offered = offered && (!os.is_windows() || matches!(cpu, 1024 | 2048 | 4096));
    if !offered {
        let message = format!("Fargate has no size of {cpu} CPU units and {memory} MiB; choose a pair of its table");
        report.block(&Path::root().key("cpu"), "InvalidFargateSize", message);
    }
}

fn container(path: &Path, definition: &ContainerDefinition, report: &mut Report) {
    let gpu = each(path, definition.resource_requirements.as_ref()).any(|(_, r)| r.r#type.as_deref() == Some("GPU"));
    let outside = |timeout: Option<i64>| timeout.is_some_and(|seconds| !(2..=120).contains(&seconds));
    let driver = definition.log_configuration.as_ref().and_then(|log| log.log_driver.as_deref());
    let members = [
        ("disableNetworking", definition.disable_networking == Some(true)),
        ("dnsServers", filled(definition.dns_servers.as_ref())),
        ("dnsSearchDomains", filled(definition.dns_search_domains.as_ref())),
        ("dockerSecurityOptions", filled(definition.docker_security_options.as_ref())),
        ("extraHosts", filled(definition.extra_hosts.as_ref())),
        ("hostname", said(definition.hostname.as_ref()).is_some()),
        ("links", filled(definition.links.as_ref())),
        ("privileged", definition.privileged == Some(true)),
        ("resourceRequirements", gpu),
        ("stopTimeout", outside(definition.stop_timeout)),
        ("startTimeout", outside(definition.start_timeout)),
        ("logConfiguration/logDriver", driver.is_some_and(|driver| !LOG_DRIVERS.contains(&driver))),
    ];
    refuse_each(path, &members, report);
    if let Some(linux) = &definition.linux_parameters {
        linux_parameters(&path.key("linuxParameters"), linux, report);
    }
}

fn linux_parameters(path: &Path, linux: &LinuxParameters, report: &mut Report) {
    let members = [
        ("devices", filled(linux.devices.as_ref())),
        ("sharedMemorySize", linux.shared_memory_size.is_some()),
        ("maxSwap", linux.max_swap.is_some()),
        ("swappiness", linux.swappiness.is_some()),
    ];
    refuse_each(path, &members, report);
    let added = path.key("capabilities").key("add");
    for (at, capability) in each(&added, linux.capabilities.as_ref().and_then(|c| c.add.as_ref())) {
        if capability != "SYS_PTRACE" {
            refuse(&at, "any added capability but `SYS_PTRACE`", report);
        }
    }
    if filled(linux.tmpfs.as_ref()) {
        let message = "older Fargate platforms refuse tmpfs; here it works";
        report.info(&path.key("tmpfs"), Class::Equivalent, "TmpfsOnFargate", message);
    }
}

/// Refuses the members that are there; a name may be a path of two
fn refuse_each(path: &Path, members: &[(&str, bool)], report: &mut Report) {
    for (member, _) in members.iter().filter(|(_, present)| *present) {
        let at = member.split('/').fold(path.clone(), |at, key| at.key(key));
        refuse(&at, &format!("this value of `{}`", member.replace('/', ".")), report);
    }
}

fn refuse(path: &Path, what: &str, report: &mut Report) {
    let message = format!("Fargate refuses {what}; remove it, or FARGATE from `requiresCompatibilities`");
    report.block(path, "NotAllowedOnFargate", message);
}

fn filled<T>(list: Option<&Vec<T>>) -> bool {
    list.is_some_and(|list| !list.is_empty())
}
