//! Where the task runs: launch types, operating system, processor, network mode, namespaces, isolation.
//!
//! *Not here*: which fields a launch type or operating system forbids (`fargate`, `windows`).

use std::collections::BTreeSet;

use ecs_crds::ecs::{ContainerDefinition, RuntimePlatform, TrustedExecutionConfiguration};
use ecs_crds::status::Class;

use super::report::{Report, each, said};
use crate::config::{Grants, RuntimeClasses};
use crate::findings::Path;
pub(super) use crate::model::task::Host;
use crate::model::task::{Compatibility, Os, Platform};

/// `requiresCompatibilities`
const COMPATIBILITIES: &[(&str, Compatibility)] = &[
    ("EC2", Compatibility::Ec2),
    ("FARGATE", Compatibility::Fargate),
    ("EXTERNAL", Compatibility::External),
    ("MANAGED_INSTANCES", Compatibility::ManagedInstances),
];

/// `runtimePlatform.cpuArchitecture` → `kubernetes.io/arch`
const ARCHITECTURES: &[(&str, &str)] = &[("X86_64", "amd64"), ("ARM64", "arm64")];

const BUILD_2019: Option<&str> = Some("10.0.17763");
const BUILD_2022: Option<&str> = Some("10.0.20348");
const BUILD_2025: Option<&str> = Some("10.0.26100");

/// The Windows families → `node.kubernetes.io/windows-build`; none where Kubernetes supports it no more
const SYSTEMS: &[(&str, Option<Option<&str>>)] = &[
    ("WINDOWS_SERVER_2019_FULL", Some(BUILD_2019)),
    ("WINDOWS_SERVER_2019_CORE", Some(BUILD_2019)),
    ("WINDOWS_SERVER_2016_FULL", Some(None)),
    ("WINDOWS_SERVER_2004_CORE", Some(None)),
    ("WINDOWS_SERVER_2022_CORE", Some(BUILD_2022)),
    ("WINDOWS_SERVER_2022_FULL", Some(BUILD_2022)),
    ("WINDOWS_SERVER_2025_CORE", Some(BUILD_2025)),
    ("WINDOWS_SERVER_2025_FULL", Some(BUILD_2025)),
    ("WINDOWS_SERVER_20H2_CORE", Some(None)),
    ("LINUX", None),
];

/// The operating systems that `operatingSystemFamily` names
pub(crate) fn operating_systems() -> impl Iterator<Item = &'static str> {
    SYSTEMS.iter().map(|(name, _)| *name)
}

/// The value of `node.kubernetes.io/windows-build` of a Windows; none for what Kubernetes has no nodes of
pub(crate) fn windows_build(family: &str) -> Option<&'static str> {
    SYSTEMS.iter().find(|(name, _)| *name == family).and_then(|(_, build)| build.flatten())
}

/// `networkMode`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkMode {
    Bridge,
    Host,
    Awsvpc,
    None,
}

const NETWORK_MODES: &[(&str, NetworkMode)] = &[
    ("bridge", NetworkMode::Bridge),
    ("host", NetworkMode::Host),
    ("awsvpc", NetworkMode::Awsvpc),
    ("none", NetworkMode::None),
];

/// `pidMode` and `ipcMode`
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Host,
    Task,
    None,
}

/// `requiresCompatibilities`
pub(super) fn compatibilities(list: Option<&Vec<String>>, report: &mut Report) -> BTreeSet<Compatibility> {
    let path = Path::root().key("requiresCompatibilities");
    let found: BTreeSet<_> =
        each(&path, list).filter_map(|(at, name)| report.choice(&at, Some(name), COMPATIBILITIES)).collect();
    if !found.is_empty() {
        let message =
            "launch types select what the document is checked against; nodes are chosen by the Kubernetes scheduler";
        report.info(&path, Class::Advisory, "CompatibilityChecksOnly", message);
    }
    found
}

/// `runtimePlatform`
pub(super) fn platform(
    written: Option<&RuntimePlatform>,
    compatibilities: &BTreeSet<Compatibility>,
    report: &mut Report,
) -> Platform {
    let path = Path::root().key("runtimePlatform");
    let (architecture, system) = match written {
        Some(RuntimePlatform { cpu_architecture, operating_system_family, unknown: _ }) => {
            (said(cpu_architecture.as_ref()), said(operating_system_family.as_ref()))
        }
        None => (None, None),
    };
    // Fargate without an architecture is X86_64
    let default = compatibilities.contains(&Compatibility::Fargate).then_some("amd64");
    let architecture = report.choice(&path.key("cpuArchitecture"), architecture, ARCHITECTURES).or(default);
    Platform { os: os(&path.key("operatingSystemFamily"), system, report), architecture }
}

fn os(path: &Path, family: Option<&str>, report: &mut Report) -> Os {
    let Some(Some(build)) = report.choice(path, family, SYSTEMS) else { return Os::Linux };
    match build {
        Some(build) => {
            let message =
                format!("pods go to nodes of build {build}; whether those are FULL or CORE is the node's matter");
            report.info(path, Class::Approximate, "WindowsEditionNotSelected", message);
        }
        None => {
            let message =
                "Kubernetes supports no nodes of this Windows; use 2019, 2022 or 2025, or accept any Windows node";
            report.block(path, "WindowsVersionUnsupported", message);
        }
    }
    Os::Windows { build }
}

/// `networkMode`; absent is bridge, on Windows nat
pub(super) fn network_mode(
    written: Option<&String>,
    definitions: &[ContainerDefinition],
    grants: &Grants,
    report: &mut Report,
) -> NetworkMode {
    let path = Path::root().key("networkMode");
    let mode = report.choice(&path, said(written), NETWORK_MODES).unwrap_or(NetworkMode::Bridge);
    match mode {
        NetworkMode::Awsvpc => {}
        NetworkMode::Host => report.privilege(&path, "`networkMode: host`", grants.host_network),
        NetworkMode::Bridge if definitions.len() > 1 => report.info(
            &path,
            super::SHARED,
            "NetworkNamespaceShared",
            "containers of a pod share one address and localhost, where bridge mode gives each its own",
        ),
        NetworkMode::Bridge => {}
        NetworkMode::None => no_network(&path, definitions, report),
    }
    mode
}

fn no_network(path: &Path, definitions: &[ContainerDefinition], report: &mut Report) {
    if definitions.iter().any(|d| d.port_mappings.as_ref().is_some_and(|ports| !ports.is_empty())) {
        report.invalid(path, "a task without a network has no ports; remove `portMappings` or change `networkMode`");
    }
    network_cut(path, report);
}

/// What a task without a network rests on
pub(super) fn network_cut(path: &Path, report: &mut Report) {
    let message = "a NetworkPolicy cuts the pod off, which holds only where the cluster's network plugin enforces them: see \
                   that it does";
    report.warn(path, Class::Approximate, "NetworkPolicyNeeded", message);
}

/// `pidMode`: whose processes the containers see beside their own
pub(super) fn pid(written: Option<&String>, grants: &Grants, report: &mut Report) -> Option<Namespace> {
    let path = Path::root().key("pidMode");
    let mode = report.choice(&path, said(written), &[("host", Namespace::Host), ("task", Namespace::Task)]);
    if mode == Some(Namespace::Host) {
        report.privilege(&path, "`pidMode: host`", grants.host_pid);
    }
    mode
}

/// `ipcMode`: whether it is the node's; containers of a pod always share IPC
pub(super) fn ipc(written: Option<&String>, grants: &Grants, report: &mut Report) -> bool {
    let path = Path::root().key("ipcMode");
    let choices = [("host", Namespace::Host), ("task", Namespace::Task), ("none", Namespace::None)];
    let mode = report.choice(&path, said(written), &choices);
    match mode {
        Some(Namespace::Host) => report.privilege(&path, "`ipcMode: host`", grants.host_ipc),
        Some(Namespace::None) => report.warn(
            &path,
            Class::Approximate,
            "IpcNotPrivate",
            "containers of a pod share one IPC namespace; put those that must not into tasks of their own",
        ),
        Some(Namespace::Task) | None => {}
    }
    mode == Some(Namespace::Host)
}

/// `trustedExecutionConfiguration`: a security property that must not be dropped
///
/// The name of the runtime class that has it; none where the kernel may be shared.
pub(super) fn isolation(
    written: Option<&TrustedExecutionConfiguration>,
    classes: &RuntimeClasses,
    report: &mut Report,
) -> Option<String> {
    let TrustedExecutionConfiguration { isolation_mode, attestation_policy, unknown: _ } = written?;
    let path = Path::root().key("trustedExecutionConfiguration");
    let modes = [
        ("SHARED", None),
        ("ISOLATED_SANDBOX", Some(&classes.isolated_sandbox)),
        ("CONFIDENTIAL_SANDBOX", Some(&classes.confidential_sandbox)),
    ];
    let mode = report.choice(&path.key("isolationMode"), said(isolation_mode.as_ref()), &modes);
    if isolation_mode.is_none() {
        report.required(&path, "isolationMode");
    }
    let class = mode.flatten().and_then(Option::clone);
    if mode.flatten().is_some() && class.is_none() {
        report.block(
            &path.key("isolationMode"),
            "IsolationUnavailable",
            "no runtime class is configured that isolates so (`runtimeClasses`); use SHARED, or accept a pod that shares its \
             node's kernel",
        );
    }
    if attestation_policy.is_some() {
        let message = "nothing here attests; the policy is kept in the document only";
        report.warn(&path.key("attestationPolicy"), Class::Unsupported, "AttestationPolicyIgnored", message);
    }
    class
}
