//! Load balancers, registries, Ingress, Gateway and Service Connect: what a service says → [`Traffic`].
//!
//! *Not here*: whether a port is one that the task maps, and what the cluster can attach; [`joined`] knows both.

mod connect;
mod http;
pub mod joined;

pub(crate) use http::ALB;

use ecs_crds::ServiceDiscovery;
use ecs_crds::ecs::{LoadBalancer as Balancer, ServiceConnectConfiguration, ServiceRegistry};
use ecs_crds::status::Class;
use ecs_crds::{ServiceGateway, ServiceIngress};

use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::traffic::{LoadBalancer, Target, Traffic};
use crate::values::dns::is_label;

/// What a service says about its traffic
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    /// `loadBalancers`
    pub(crate) load_balancers: Option<&'a Vec<Balancer>>,
    /// `serviceRegistries`
    pub(crate) registries: Option<&'a Vec<ServiceRegistry>>,
    /// `serviceConnectConfiguration`
    pub(crate) connect: Option<&'a ServiceConnectConfiguration>,
    /// `kubernetes.ingress`
    pub(crate) ingress: Option<&'a ServiceIngress>,
    /// `kubernetes.gateway`
    pub(crate) gateway: Option<&'a ServiceGateway>,
    /// `kubernetes.serviceDiscovery`
    pub(crate) discovery: Option<&'a ServiceDiscovery>,
}

/// What it means
pub(crate) fn traffic(words: Words<'_>, context: &Context, findings: &mut Findings) -> Traffic {
    let Words { load_balancers, registries, connect, ingress, gateway, discovery } = words;
    let root = Path::root();
    let kubernetes = root.key("kubernetes");
    let balancers = each(&root.key("loadBalancers"), load_balancers);
    let discovery = discovery.and_then(|d| discovery_name(d, &kubernetes.key("serviceDiscovery"), findings));
    Traffic {
        load_balancers: balancers.filter_map(|(path, balancer)| self::balancer(balancer, &path, findings)).collect(),
        ingress: ingress.and_then(|i| http::ingress(i, &kubernetes.key("ingress"), findings)),
        health_check: ingress
            .and_then(|i| i.health_check.as_ref())
            .map(|check| http::health_check(check, &kubernetes.key("ingress").key("healthCheck"), findings)),
        gateway: gateway.and_then(|g| http::gateway(g, &kubernetes.key("gateway"), findings)),
        is_client: connect.is_some_and(|connect| connect.enabled == Some(true)),
        offers: connect
            .map(|c| connect::offers(c, &root.key("serviceConnectConfiguration"), context, findings))
            .unwrap_or_default(),
        registries: registered(&root.key("serviceRegistries"), registries, discovery.as_deref(), findings),
        discovery,
    }
}

/// One of `loadBalancers`
fn balancer(balancer: &Balancer, path: &Path, findings: &mut Findings) -> Option<LoadBalancer> {
    let Balancer {
        target_group_arn,
        load_balancer_name,
        container_name,
        container_port,
        // For deployments in steps; the support table speaks of it
        advanced_configuration: _,
        unknown: _,
    } = balancer;
    if said(target_group_arn).is_some() && said(load_balancer_name).is_some() {
        invalid(path, "a load balancer is a target group or a Classic Load Balancer; name one of them", findings);
    }
    if said(target_group_arn).is_none() && said(load_balancer_name).is_none() {
        required(path, "targetGroupArn", findings);
    }
    let target = target(container_name, *container_port, path, findings);
    Some(LoadBalancer { target_group: said(target_group_arn)?.to_owned(), target: target? })
}

/// The container port that both members name; each is required
fn target(container: &Option<String>, port: Option<i64>, path: &Path, findings: &mut Findings) -> Option<Target> {
    if said(container).is_none() {
        required(path, "containerName", findings);
    }
    if port.is_none() {
        required(path, "containerPort", findings);
    }
    let port = port_number(port?, &path.key("containerPort"), findings);
    Some(Target { path: path.clone(), container: said(container)?.to_owned(), port: port? })
}

/// What `serviceRegistries` name of the task, and that AWS alone knows what the registries are called
fn registered(
    path: &Path,
    registries: Option<&Vec<ServiceRegistry>>,
    discovery: Option<&str>,
    findings: &mut Findings,
) -> Vec<Target> {
    if registries.is_some_and(|r| r.len() > 1) {
        invalid(path, "ECS takes one registry for each service; keep one", findings);
    }
    let mut targets = Vec::new();
    for (path, registry) in each(path, registries) {
        let ServiceRegistry { registry_arn: _, port, container_name, container_port, unknown: _ } = registry;
        if discovery.is_none() {
            let message = "the name of this Cloud Map service is not known here, so no Service stands for it; name it in \
                           spec.kubernetes.serviceDiscovery";
            findings.warn(&path, Class::Equivalent, "RegistryNameUnknown", message);
        } else {
            let message = "the name resolves in this namespace of the cluster, not under the private DNS zone of Cloud Map; \
                           clients that use the zone need a rewrite in the cluster's DNS";
            findings.info(&path, Class::Equivalent, "DnsZoneDiffers", message);
        }
        // Some tools write 0 and "" for absent
        let (port, container_port) = (port.filter(|p| *p != 0), container_port.filter(|p| *p != 0));
        if port.is_some() && (said(container_name).is_some() || container_port.is_some()) {
            invalid(&path, "a registry has a port, or a container's name and port; keep one", findings);
        } else if said(container_name).is_some() || container_port.is_some() {
            targets.extend(target(container_name, container_port, &path, findings));
        }
    }
    targets
}

fn discovery_name(discovery: &ServiceDiscovery, path: &Path, findings: &mut Findings) -> Option<String> {
    let ServiceDiscovery { name } = discovery;
    if !is_label(name) {
        let message = format!("`{name}` is no DNS label; use a-z, 0-9 and `-`, neither first nor last, at most 63");
        invalid(&path.key("name"), message, findings);
        return None;
    }
    Some(name.clone())
}

/// A port's number, or a Block
fn port_number(port: i64, path: &Path, findings: &mut Findings) -> Option<u16> {
    let number = u16::try_from(port).ok().filter(|port| *port > 0);
    if number.is_none() {
        invalid(path, format!("`{port}` is no port; use a number from 1 to 65535"), findings);
    }
    number
}

fn invalid(path: &Path, message: impl Into<String>, findings: &mut Findings) {
    findings.block(path, Class::Unsupported, "InvalidValue", message);
}

fn required(path: &Path, member: &str, findings: &mut Findings) {
    let message = format!("`{member}` is required here and missing; add it");
    findings.block(&path.key(member), Class::Unsupported, "RequiredField", message);
}

/// A text that says something: ECS and its tools write `""` for absent
fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// The elements of an optional list with their paths
fn each<'a, T>(path: &Path, list: Option<&'a Vec<T>>) -> impl Iterator<Item = (Path, &'a T)> + use<'a, T> {
    let path = path.clone();
    list.into_iter().flatten().enumerate().map(move |(index, item)| (path.index(index), item))
}
