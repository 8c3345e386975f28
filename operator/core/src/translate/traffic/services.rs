//! Services beside the one in front of the tasks: Service Connect's names, and the headless one of service discovery.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::ServiceKind;
use k8s_openapi::api::core::v1::{Service as KubeService, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::named;
use crate::model::service::Service;
use crate::model::task::Port;
use crate::names;
use crate::revision::Offered;
use crate::translate::service::{selector, service_port};

/// The ports of a name of Service Connect
pub(super) fn connect_ports(ports: &BTreeMap<u16, Port>) -> Vec<ServicePort> {
    let port = |(number, target): (&u16, &Port)| {
        let made = service_port(target);
        let name = made.name.filter(|_| ports.len() == 1).or_else(|| Some(format!("p{number}")));
        ServicePort { port: i32::from(*number), name, ..made }
    };
    ports.iter().map(port).collect()
}

/// The ports of the Service in front of the tasks: its own, and what Service Connect offers under its name
pub(crate) fn own_ports(service: &Service, ports: &[ServicePort], connect: &[Offered]) -> Vec<ServicePort> {
    let mut all = ports.to_vec();
    for offered in connect.iter().filter(|offered| offered.name == service.name) {
        for port in &offered.ports {
            if !all.iter().any(|there| (there.port, &there.protocol) == (port.port, &port.protocol)) {
                // The name may be taken by the very port that both lead to
                all.push(ServicePort { name: Some(format!("p{}", port.port)), ..port.clone() });
            }
        }
    }
    all
}

/// Whether the Service in front of the tasks is made under its name anyway
fn has_own(service: &Service, name: &str) -> bool {
    name == service.name && service.service_kind != Some(ServiceKind::None)
}

/// Service Connect: a Service for each name
pub(super) fn connect(service: &Service, offered: &[Offered], metadata: &ObjectMeta) -> Vec<KubeService> {
    let others = offered.iter().filter(|offered| !has_own(service, &offered.name));
    let made = |Offered { name, ports, hosts }: &Offered| {
        kube_service(service, name, None, ports, &known_as(hosts, metadata.clone()))
    };
    others.map(made).collect()
}

/// The metadata of a Service that clients know under these host names
fn known_as(hosts: &BTreeSet<String>, mut metadata: ObjectMeta) -> ObjectMeta {
    if !hosts.is_empty() {
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        metadata.annotations.get_or_insert_default().insert(names::CONNECT_HOSTS.to_owned(), hosts.join(","));
    }
    metadata
}

/// The metadata of the Service in front of the tasks, with the host names of what Service Connect offers under its name
pub(crate) fn own_hosts(service: &Service, connect: &[Offered], metadata: ObjectMeta) -> ObjectMeta {
    let own = connect.iter().find(|offered| offered.name == service.name);
    own.map_or(metadata.clone(), |offered| known_as(&offered.hosts, metadata))
}

/// Service discovery: an address for each task that is ready
pub(super) fn discovery(service: &Service, ports: &[ServicePort], metadata: &ObjectMeta) -> Option<KubeService> {
    let name = service.traffic.discovery.as_deref()?;
    // Without ports there is no Service in front, so this one is needed even under its name
    let other = !has_own(service, name) || ports.is_empty();
    other.then(|| kube_service(service, name, Some("None".to_owned()), ports, metadata))
}

fn kube_service(
    service: &Service,
    name: &str,
    cluster_ip: Option<String>,
    ports: &[ServicePort],
    metadata: &ObjectMeta,
) -> KubeService {
    KubeService {
        metadata: named(name, metadata),
        spec: Some(ServiceSpec {
            cluster_ip,
            selector: Some(selector(service)),
            ports: (!ports.is_empty()).then(|| ports.to_vec()),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}
