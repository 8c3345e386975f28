//! The names of Services that an EcsService makes, and who of several has one: a Service cannot lead to two services.
//!
//! *Not here*: the name of the service itself; whoever is younger gives way there as a whole.

use std::collections::BTreeSet;

use ecs_crds::status::Class;
use ecs_crds::{EcsService, ServiceKind};

use crate::findings::{Findings, Path};
use crate::names::{LABEL_MAX, k8s_name};
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
    let connect = service.spec.service_connect_configuration.as_ref().filter(|connect| connect.enabled == Some(true));
    let offers = connect.and_then(|connect| connect.services.as_ref()).into_iter().flatten();
    for (index, offer) in offers.enumerate() {
        let path = root.key("serviceConnectConfiguration").key("services").index(index);
        let dotless = |name: &&String| !name.is_empty() && !name.contains('.');
        let discovery = offer.discovery_name.as_ref().filter(|name| !name.is_empty()).or(offer.port_name.as_ref());
        let alias = offer.client_aliases.iter().flatten().filter_map(|alias| alias.dns_name.as_ref()).find(dotless);
        names.extend(discovery.into_iter().chain(alias).map(|name| (path.clone(), k8s_name(name, LABEL_MAX))));
    }
    names
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
                "the Service `{name}` is the older EcsService `{}`'s; one Service cannot lead to both, so choose another name",
                holder.metadata.name.as_deref().unwrap_or_default()
            );
            findings.block(&path, Class::Exact, "AliasConflict", message);
        }
    }
    findings
}
