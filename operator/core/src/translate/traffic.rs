//! Traffic: the objects that lead to the tasks of a service, and what it adds to their pods.
//!
//! Two steps, as in `service`: [`routes`] and [`receive`] are part of a deployment; [`ways`] makes the objects each time
//! anything is looked at.

mod foreign;
mod ingress;
mod pod;
mod services;
mod shares;

use k8s_openapi::api::core::v1::Service as KubeService;
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::config::Capabilities;
use crate::model::service::Service;
use crate::model::traffic::Joined;
use crate::names;
use crate::revision::{Offered, Rendered, Routes};

pub use foreign::{BackendRef, HeaderMatch, HttpRoute, HttpRouteSpec, ParentRef, PathMatch, RouteMatch, RouteRule};
pub use foreign::{ServiceReference, TargetGroupBinding, TargetGroupBindingSpec};
pub(crate) use pod::{know, receive};
pub(crate) use services::{own_hosts, own_ports};
pub(crate) use shares::{Share, Shares, share};

/// The objects beside the Service in front of the tasks
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ways {
    /// What Service Connect offers
    pub connect: Vec<KubeService>,
    /// What stands for a Cloud Map service
    pub discovery: Option<KubeService>,
    /// The rules of a listener
    pub ingress: Option<Ingress>,
    /// The same for a Gateway
    pub http_route: Option<HttpRoute>,
    /// Target groups
    pub target_group_bindings: Vec<TargetGroupBinding>,
}

/// What of the traffic is kept with a revision
#[must_use]
pub fn routes(joined: &Joined) -> Routes {
    let Joined { bindings, default_port, receivers: _, connect, hosts, host_entries: _ } = joined;
    let offered = |(name, ports): (&String, _)| Offered {
        name: name.clone(),
        ports: services::connect_ports(ports),
        hosts: hosts.get(name).cloned().unwrap_or_default(),
    };
    Routes { bindings: bindings.clone(), default_port: *default_port, connect: connect.iter().map(offered).collect() }
}

/// The objects; `metadata` is what all children of the service have
#[must_use]
pub fn ways(service: &Service, rendered: &Rendered, metadata: &ObjectMeta, capabilities: Capabilities) -> Ways {
    let traffic = &service.traffic;
    let Routes { bindings, default_port, connect } = &rendered.routes;
    let gateway = traffic.gateway.as_ref().filter(|_| capabilities.gateway_api);
    Ways {
        connect: services::connect(service, connect, metadata),
        discovery: services::discovery(service, &rendered.ports, metadata),
        ingress: traffic
            .ingress
            .as_ref()
            .and_then(|ingress| ingress::ingress(ingress, traffic.health_check.as_ref(), *default_port, metadata)),
        http_route: gateway.and_then(|gateway| foreign::http_route(gateway, *default_port, metadata)),
        target_group_bindings: bindings.iter().map(|binding| foreign::binding(binding, metadata)).collect(),
    }
}

/// The metadata of a further child
fn named(name: &str, metadata: &ObjectMeta) -> ObjectMeta {
    ObjectMeta { name: Some(names::k8s_name(name, names::LABEL_MAX)), ..metadata.clone() }
}

/// The name of the Service in front of the tasks, which is that of every child
fn own_name(metadata: &ObjectMeta) -> String {
    metadata.name.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests;
