//! What containers say about names and name servers, which Kubernetes holds per pod.
//!
//! *Not here*: the network mode (`platform`) and ports (`ports`).

use std::net::IpAddr;

use ecs_crds::ecs::{ContainerDefinition, HostEntry};
use ecs_crds::status::Class;

use super::platform::{NetworkMode, network_cut};
use super::report::{Report, each, said};
use super::{SHARED, each_container};
use crate::findings::Path;
use crate::model::task::Network;
use crate::values::dns::is_subdomain;

/// So many name servers, search domains and characters of search domains Kubernetes takes
const SERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_CHARACTERS_MAX: usize = 2048;

/// The pod's names and name servers
pub(super) fn network(definitions: &[ContainerDefinition], mode: NetworkMode, report: &mut Report) -> Network {
    let mut network = Network { cut_off: mode == NetworkMode::None, ..Network::default() };
    let mut cut_off = Vec::new();
    for (path, definition) in each_container(definitions) {
        hostname(&path.key("hostname"), definition, mode, definitions.len() == 1, &mut network, report);
        servers(&path.key("dnsServers"), definition.dns_servers.as_ref(), &mut network, report);
        searches(&path.key("dnsSearchDomains"), definition.dns_search_domains.as_ref(), &mut network, report);
        hosts(&path.key("extraHosts"), definition.extra_hosts.as_ref(), &mut network, report);
        linked(&path.key("links"), definition, &mut network, report);
        not_in_awsvpc(&path, definition, mode, report);
        if definition.disable_networking == Some(true) {
            cut_off.push(path.key("disableNetworking"));
        }
    }
    let all = cut_off.len() == definitions.len();
    for path in cut_off {
        if mode == NetworkMode::Host {
            report.invalid(
                &path,
                "no container is cut off from the node's network; change `networkMode`, or remove this",
            );
        } else if all {
            network.cut_off = true;
            network_cut(&path, report);
        } else {
            let message = "containers of a pod share one network; put this one into a task of its own";
            report.warn(&path, Class::Unsupported, "PerContainerNetworkUnsupported", message);
        }
    }
    network
}

/// ECS refuses these members there; on Kubernetes they work for the pod
fn not_in_awsvpc(path: &Path, definition: &ContainerDefinition, mode: NetworkMode, report: &mut Report) {
    let members = [
        ("hostname", said(definition.hostname.as_ref()).is_some()),
        ("links", definition.links.as_ref().is_some_and(|list| !list.is_empty())),
        ("extraHosts", definition.extra_hosts.as_ref().is_some_and(|list| !list.is_empty())),
    ];
    for (member, _) in members.into_iter().filter(|(_, present)| *present && mode == NetworkMode::Awsvpc) {
        let message = format!("ECS refuses `{member}` with `networkMode: awsvpc`; here it holds for the pod");
        report.warn(&path.key(member), Class::Approximate, "NotAllowedInAwsvpc", message);
    }
}

fn hostname(
    path: &Path,
    definition: &ContainerDefinition,
    mode: NetworkMode,
    alone: bool,
    network: &mut Network,
    report: &mut Report,
) {
    let Some(written) = said(definition.hostname.as_ref()) else { return };
    if mode == NetworkMode::Host {
        let message = "a pod in the node's network has the node's host name";
        report.warn(path, Class::Unsupported, "HostnameNotApplied", message);
        return;
    }
    match &network.hostname {
        Some(first) if first != written => {
            let message = format!("a pod has one host name, and `{first}` came first; make them agree");
            report.warn(path, SHARED, "HostnameConflict", message);
        }
        Some(_) => {}
        None => {
            if !alone {
                let message = "the host name is the whole pod's";
                report.info(path, SHARED, "HostnamePodWide", message);
            }
            network.hostname = Some(written.to_owned());
        }
    }
}

fn servers(path: &Path, list: Option<&Vec<String>>, network: &mut Network, report: &mut Report) {
    for (at, text) in each(path, list) {
        let Ok(server) = text.parse::<IpAddr>() else {
            report.invalid(&at, format!("`{text}` is no address; write the name server's IP address"));
            continue;
        };
        if network.dns_servers.contains(&server) {
            continue;
        }
        if network.dns_servers.len() == SERVERS_MAX {
            let message = format!("`{text}` is left out: a pod has at most {SERVERS_MAX} name servers");
            report.warn(&at, SHARED, "DnsTruncated", message);
            continue;
        }
        if network.dns_servers.is_empty() {
            let message = "names of the cluster do not resolve in this pod unless these servers forward to it";
            report.info(path, SHARED, "ClusterDnsBypassed", message);
        }
        network.dns_servers.push(server);
    }
}

fn searches(path: &Path, list: Option<&Vec<String>>, network: &mut Network, report: &mut Report) {
    for (at, text) in each(path, list) {
        let domain = text.trim_end_matches('.').to_lowercase();
        if !is_subdomain(&domain) {
            report.invalid(&at, format!("`{text}` is no domain name; correct it"));
            continue;
        }
        if network.dns_search_domains.contains(&domain) {
            continue;
        }
        let characters: usize = network.dns_search_domains.iter().map(|domain| domain.len() + 1).sum();
        if network.dns_search_domains.len() == SEARCHES_MAX || characters + domain.len() > SEARCH_CHARACTERS_MAX {
            let message = format!("`{text}` is left out: a pod has no room for more search domains");
            report.warn(&at, SHARED, "DnsTruncated", message);
            continue;
        }
        if network.dns_search_domains.is_empty() {
            report.info(
                path,
                SHARED,
                "DnsSearchPodWide",
                "the search domains are the whole pod's, beside the cluster's own",
            );
        }
        network.dns_search_domains.push(domain);
    }
}

fn hosts(path: &Path, list: Option<&Vec<HostEntry>>, network: &mut Network, report: &mut Report) {
    for (at, entry) in each(path, list) {
        let HostEntry { hostname, ip_address, unknown: _ } = entry;
        let (Some(name), Some(text)) = (said(hostname.as_ref()), said(ip_address.as_ref())) else {
            let member = if said(hostname.as_ref()).is_none() { "hostname" } else { "ipAddress" };
            report.required(&at, member);
            continue;
        };
        let Ok(address) = text.parse() else {
            let message = format!("`{text}` is no address; write an IP address, `host-gateway` exists in Docker only");
            report.invalid(&at.key("ipAddress"), message);
            continue;
        };
        if !is_subdomain(&name.to_lowercase()) {
            report.invalid(
                &at.key("hostname"),
                format!("`{name}` is no host name that Kubernetes takes; use a-z, 0-9, `-` and `.`"),
            );
            continue;
        }
        alias(network, address, &name.to_lowercase());
        report.info(&at, SHARED, "ExtraHostPodWide", "the host entry is the whole pod's");
    }
}

/// `links`: the names of the other container are localhost
fn linked(path: &Path, definition: &ContainerDefinition, network: &mut Network, report: &mut Report) {
    for (at, written) in each(path, definition.links.as_ref()) {
        let Some((name, alias_name)) = link(written) else { continue };
        for host in alias_name.into_iter().chain([name]) {
            let host = host.to_lowercase();
            if is_subdomain(&host) {
                alias(network, IpAddr::from([127, 0, 0, 1]), &host);
            } else {
                let message =
                    format!("`{host}` is no host name that Kubernetes takes, so it does not resolve; use localhost");
                report.warn(&at, Class::Unsupported, "LinkNameNotResolvable", message);
            }
        }
    }
}

/// The name and alias of a link; none where it has more parts
pub(super) fn link(text: &str) -> Option<(&str, Option<&str>)> {
    let mut parts = text.split(':');
    let (name, alias) = (parts.next().filter(|name| !name.is_empty())?, parts.next());
    parts.next().is_none().then_some((name, alias))
}

fn alias(network: &mut Network, address: IpAddr, name: &str) {
    let index = network.hosts.iter().position(|(other, _)| *other == address).unwrap_or_else(|| {
        network.hosts.push((address, Vec::new()));
        network.hosts.len() - 1
    });
    if let Some((_, names)) = network.hosts.get_mut(index)
        && !names.iter().any(|other| other == name)
    {
        names.push(name.to_owned());
    }
}
