//! The names of Services that an EcsService makes, and who of several has one: a Service cannot lead to two services.
//!
//! *Not here*: the name of the service itself; whoever is younger gives way there as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ecs_crds::status::Class;
use ecs_crds::{EcsService, ServiceKind};
use k8s_openapi::api::core::v1::Service as KubeService;

use crate::findings::{Findings, Path};
use crate::names::{self, LABEL_MAX, k8s_name};
use crate::plan::service::child_name;

/// The Services that it makes, as far as its document says
#[must_use]
pub fn service_names(service: &EcsService) -> BTreeSet<String> {
    let own = child_name(service);
    aliases(service).into_iter().map(|(_, name)| name).chain(has_own(service).then_some(own)).collect()
}

fn has_own(service: &EcsService) -> bool {
    service.spec.kubernetes.as_ref().and_then(|kubernetes| kubernetes.service) != Some(ServiceKind::None)
}

/// The names beside its own, with their places
fn aliases(service: &EcsService) -> Vec<(Path, String)> {
    let root = Path::root();
    let mut names = Vec::new();
    let discovery = service.spec.kubernetes.as_ref().and_then(|kubernetes| kubernetes.service_discovery.as_ref());
    if let Some(discovery) = discovery {
        names.push((root.key("kubernetes").key("serviceDiscovery").key("name"), discovery.name.clone()));
    }
    let connect = service.spec.service_connect_configuration.as_ref().filter(|_| is_client(service));
    let offers = connect.and_then(|connect| connect.services.as_ref()).into_iter().flatten();
    for (index, offer) in offers.enumerate() {
        let path = root.key("serviceConnectConfiguration").key("services").index(index);
        let discovery = offer.discovery_name.as_ref().filter(|name| !name.is_empty()).or(offer.port_name.as_ref());
        let aliases = offer.client_aliases.iter().flatten().filter_map(|alias| alias.dns_name.as_ref());
        // A name with dots is no Service's, but a host entry leads to one place as well
        let name = |name: &String| if name.contains('.') { name.clone() } else { k8s_name(name, LABEL_MAX) };
        let all = discovery.into_iter().chain(aliases).filter(|name| !name.is_empty());
        names.extend(all.map(|written| (path.clone(), name(written))));
    }
    names
}

/// Whether clients learn host names of a Service of ours
#[must_use]
pub fn has_hosts(service: &KubeService) -> bool {
    service.metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(names::CONNECT_HOSTS))
}

/// Whether the tasks of a service know the host names that others offer
#[must_use]
pub fn is_client(service: &EcsService) -> bool {
    service.spec.service_connect_configuration.as_ref().is_some_and(|connect| connect.enabled == Some(true))
}

/// The host names that Services are known under, by address
pub(crate) fn host_entries(offered: &[&KubeService]) -> BTreeMap<String, BTreeSet<String>> {
    let mut entries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for service in offered {
        let hosts = service.metadata.annotations.as_ref().and_then(|all| all.get(names::CONNECT_HOSTS));
        let address = service.spec.as_ref().and_then(|spec| spec.cluster_ip.clone());
        let address = address.filter(|address| address.parse::<IpAddr>().is_ok());
        if let (Some(hosts), Some(address)) = (hosts, address) {
            entries.entry(address).or_default().extend(hosts.split(',').map(str::to_owned));
        }
    }
    entries
}

/// A Block for each name that an older service has
pub(super) fn conflicts(service: &EcsService, others: &[&EcsService]) -> Findings {
    let mut findings = Findings::default();
    let age = |s: &EcsService| (s.metadata.creation_timestamp.as_ref().map(|t| t.0), s.metadata.uid.clone());
    let mut older: Vec<_> = others
        .iter()
        .filter(|other| other.metadata.deletion_timestamp.is_none() && age(other) < age(service))
        .filter(|other| child_name(other) != child_name(service))
        .map(|other| (other, service_names(other)))
        .collect();
    older.sort_by_key(|(other, _)| age(other));
    let own = (Path::root().key("serviceName"), child_name(service));
    for (path, name) in aliases(service).into_iter().chain(has_own(service).then_some(own)) {
        if let Some((holder, _)) = older.iter().find(|(_, held)| held.contains(&name)) {
            let message = format!(
                "the name `{name}` is the older EcsService `{}`'s; one name cannot lead to both, so choose another name",
                holder.metadata.name.as_deref().unwrap_or_default()
            );
            findings.block(&path, Class::Exact, "AliasConflict", message);
        }
    }
    findings
}
