//! The ports of all containers, their names in the pod (R-PORTNAME) and what host ports become.
//!
//! *Not here*: Services; they read the ports from the model.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use ecs_crds::ecs::{ContainerDefinition, PortMapping};
use ecs_crds::status::Class;

use super::platform::NetworkMode;
use super::report::{Report, each, said};
use crate::config::Grants;
use crate::findings::Path;
use crate::model::task::{AppProtocol, Container, Port, Protocol};

/// So many ports of ranges are declared in a pod; more stay reachable, but undeclared
const RANGED_MAX: usize = 256;

/// Ports that the ECS agent and its host keep for themselves
const RESERVED: &[i64] = &[22, 2375, 2376, 51_678, 51_679, 51_680];

const PROTOCOLS: &[(&str, Protocol)] = &[("tcp", Protocol::Tcp), ("udp", Protocol::Udp)];

const APP_PROTOCOLS: &[(&str, AppProtocol)] =
    &[("http", AppProtocol::Http), ("http2", AppProtocol::Http2), ("grpc", AppProtocol::Grpc)];

/// What the ports of a pod must not have twice
#[derive(Default)]
struct Taken {
    numbers: BTreeSet<(u16, Protocol)>,
    of_host: BTreeSet<(u16, Protocol)>,
    names: BTreeSet<String>,
}

/// The containers with their ports
pub(super) fn declared(
    definitions: &[ContainerDefinition],
    mut containers: Vec<Container>,
    mode: NetworkMode,
    grants: &Grants,
    report: &mut Report,
) -> Vec<Container> {
    let ranges_fit = ranged(definitions) <= RANGED_MAX;
    let mut taken = Taken::default();
    for (container, definition) in containers.iter_mut().zip(definitions) {
        let path = container.path.key("portMappings");
        for (at, mapping) in each(&path, definition.port_mappings.as_ref()) {
            let ports = mapped(&at, mapping, Ports { mode, fixed: grants.host_port, ranges_fit }, report);
            for port in ports {
                add(&at, port, container, &mut taken, report);
            }
        }
    }
    containers
}

/// How many ports the ranges of a task have
fn ranged(definitions: &[ContainerDefinition]) -> usize {
    let ranges = definitions.iter().flat_map(|d| d.port_mappings.iter().flatten());
    ranges.filter_map(|mapping| range(mapping.container_port_range.as_deref()?)).map(Iterator::count).sum()
}

/// `a-b` with 1 ≤ a < b
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.parse::<u16>().ok()?, last.parse::<u16>().ok()?);
    (first >= 1 && first < last).then_some(first..=last)
}

/// What a mapping's check knows of the task
#[derive(Clone, Copy)]
struct Ports {
    mode: NetworkMode,
    /// Whether ports of the node are granted
    fixed: bool,
    ranges_fit: bool,
}

/// The ports of one mapping, before they have a name in the pod
fn mapped(path: &Path, mapping: &PortMapping, ports: Ports, report: &mut Report) -> Vec<Port> {
    let PortMapping { container_port, host_port, protocol, name, app_protocol, container_port_range, unknown: _ } =
        mapping;
    let protocol = report.choice(&path.key("protocol"), said(protocol.as_ref()), PROTOCOLS).unwrap_or(Protocol::Tcp);
    let app_protocol = report.choice(&path.key("appProtocol"), said(app_protocol.as_ref()), APP_PROTOCOLS);
    if app_protocol.is_some() {
        let message = "the Service names the protocol; the traffic figures of ECS's proxy are not made";
        report.info(&path.key("appProtocol"), Class::Approximate, "ProxyTelemetryMissing", message);
    }
    let port = |container_port, host_port, name| {
        let pod_port_name = String::new();
        Port { container_port, host_port, protocol, name, pod_port_name, app_protocol }
    };
    let name = port_name(&path.key("name"), name.as_ref(), report);
    if let Some(written) = said(container_port_range.as_ref()) {
        if container_port.is_some() || host_port.is_some() {
            report.invalid(path, "a mapping has a range or a port; split it in two");
        }
        if let Some(name) = name {
            let message = format!("a range is many ports, so none is called `{name}`");
            report.info(&path.key("name"), Class::Approximate, "PortRangeNameIgnored", message);
        }
        let numbers = ranged_ports(&path.key("containerPortRange"), written, ports.ranges_fit, report);
        return numbers.into_iter().flatten().map(|number| port(number, None, None)).collect();
    }
    let Some(number) = container_port else {
        report.required(path, "containerPort");
        return Vec::new();
    };
    let number = report.within(&path.key("containerPort"), *number, 1..=65_535);
    let of_host = host(&path.key("hostPort"), *host_port, number, ports, report);
    u16::try_from(number).map(|number| port(number, of_host, name)).into_iter().collect()
}

fn port_name(path: &Path, name: Option<&String>, report: &mut Report) -> Option<String> {
    let name = said(name)?;
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    if name.len() > 64 || name.starts_with('-') || !name.bytes().all(legal) {
        let message = format!("`{name}` is no port name; use at most 64 of a-z, 0-9, `_` and `-`, no `-` at the start");
        report.invalid(path, message);
        return None;
    }
    Some(name.to_owned())
}

fn ranged_ports(path: &Path, written: &str, fit: bool, report: &mut Report) -> Option<RangeInclusive<u16>> {
    let Some(numbers) = range(written) else {
        report.invalid(path, format!("`{written}` is no range; write first-last, both of 1 to 65535"));
        return None;
    };
    if !fit {
        let message = format!(
            "the ranges of the task have more than {RANGED_MAX} ports, so none of `{written}` is declared or part of a \
             Service; pods reach them by address"
        );
        report.warn(path, Class::Approximate, "PortRangeNotExposed", message);
        return None;
    }
    Some(numbers)
}

/// The node's port that is taken: none without a grant, as every pod has an address of its own
fn host(path: &Path, host_port: Option<i64>, container_port: i64, ports: Ports, report: &mut Report) -> Option<u16> {
    let host_port = host_port.filter(|port| *port != 0)?;
    let number = u16::try_from(report.within(path, host_port, 1..=65_535)).ok();
    if ports.mode != NetworkMode::Bridge {
        if host_port != container_port {
            let message = format!(
                "in this network mode the host port is the container's; write {container_port} or leave it out"
            );
            report.invalid(path, message);
        }
        return None;
    }
    if RESERVED.contains(&host_port) {
        let message = format!("ECS keeps port {host_port} of its hosts for itself; it would refuse this");
        report.info(path, Class::Approximate, "ReservedHostPort", message);
    }
    if !ports.fixed {
        let message = format!("port {host_port} of the node is not taken; reach the container through its Service");
        report.warn(path, Class::Approximate, "HostPortNotApplied", message);
    }
    number.filter(|_| ports.fixed)
}

/// Adds a port unless it is taken
fn add(path: &Path, mut port: Port, container: &mut Container, taken: &mut Taken, report: &mut Report) {
    let number = port.container_port;
    let free = taken.numbers.insert((number, port.protocol));
    if !free {
        let message = format!("port {number} is taken already in this task; containers of a pod share its ports");
        report.block(path, "PortConflict", message);
        return;
    }
    if port.host_port.is_some_and(|number| !taken.of_host.insert((number, port.protocol))) {
        let message = "another container of this task takes that port of the node; choose another";
        report.block(&path.key("hostPort"), "PortConflict", message);
    }
    let fallback = format!("p{number}{}", if port.protocol == Protocol::Udp { "u" } else { "" });
    let wanted = port.name.as_deref().and_then(pod_port_name).filter(|name| !taken.names.contains(name));
    port.pod_port_name = wanted.unwrap_or(fallback);
    taken.names.insert(port.pod_port_name.clone());
    container.ports.push(port);
}

/// R-PORTNAME: the name in the pod, if Kubernetes takes it
fn pod_port_name(ecs_name: &str) -> Option<String> {
    let mut name = ecs_name.to_lowercase().replace('_', "-");
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    let name = name.trim_matches('-');
    // `p80` and `p53u` are kept for ports without a name, so that those never find theirs taken
    let numbered = name.strip_prefix('p').is_some_and(|rest| {
        let digits = rest.strip_suffix('u').unwrap_or(rest);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let legal = (1..=15).contains(&name.len()) && name.bytes().any(|b| b.is_ascii_lowercase());
    (legal && !numbered).then(|| name.to_owned())
}
