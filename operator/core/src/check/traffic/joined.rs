//! Traffic and the task that takes it: ports that are mapped, names that are free, and what the cluster can attach.
//!
//! *Not here*: other services of the namespace; the plan looks at those.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::ServiceKind;
use ecs_crds::status::Class;

use super::invalid;
use crate::config::{Capabilities, Context};
use crate::findings::{Findings, Path};
use crate::model::service::Service;
use crate::model::task::{AppProtocol, Port, Protocol, Task};
use crate::model::traffic::{Binding, Joined, LoadBalancer, Offer, Receiver, Target};

/// Joins a service's traffic with the task that it runs
#[must_use]
pub fn joined(service: &Service, task: &Task, context: &Context, findings: &mut Findings) -> Joined {
    let traffic = &service.traffic;
    for target in &traffic.registries {
        mapped(target, task, findings);
    }
    let balancers: Vec<_> =
        traffic.load_balancers.iter().filter(|balancer| mapped(&balancer.target, task, findings)).collect();
    let bindings = if context.capabilities.target_group_bindings { bound(&balancers, findings) } else { Vec::new() };
    let default_port = default_port(service, task);
    let mut attached: Vec<u16> = bindings.iter().map(|binding| binding.port).collect();
    attached.extend(http_ports(service, task, default_port, context.capabilities, findings));
    for balancer in &balancers {
        tell(balancer, &bindings, &attached, context, findings);
    }
    if !attached.is_empty() && service.service_kind == Some(ServiceKind::None) {
        let message = "load balancers, Ingresses and routes reach the tasks through the Service; remove None";
        invalid(&Path::root().key("kubernetes").key("service"), message, findings);
    }
    Joined {
        receivers: receivers(service, task, &attached, findings),
        bindings,
        default_port: default_port.filter(|_| uses_default(service)),
        connect: connect(service, task, findings),
        hosts: hosts(service),
        host_entries: BTreeMap::new(),
    }
}

/// Whether a container maps the port that a document names; a Block otherwise, as ECS has it
fn mapped(target: &Target, task: &Task, findings: &mut Findings) -> bool {
    let Target { path, container, port } = target;
    let Some(found) = task.container(container) else {
        let message = format!("the task definition has no container `{container}`; name one that maps port {port}");
        findings.block(&path.key("containerName"), Class::Exact, "PortNotMapped", message);
        return false;
    };
    let mappings = found.ports().iter().filter(|mapping| mapping.container_port == *port).count();
    if mappings == 0 {
        let message =
            format!("the container `{container}` has no port mapping for {port}; add one to the task definition");
        findings.block(&path.key("containerPort"), Class::Exact, "PortNotMapped", message);
    } else if mappings > 1 {
        let message = format!(
            "the container `{container}` maps port {port} with two protocols, and ECS makes no service that names such a port; \
             keep one mapping, or name another port"
        );
        findings.block(&path.key("containerPort"), Class::Exact, "PortConflict", message);
    }
    mappings == 1
}

/// R-TGB: the target groups to bind
fn bound(balancers: &[&LoadBalancer], findings: &mut Findings) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    for LoadBalancer { target_group, target } in balancers {
        let path = target.path.key("targetGroupArn");
        if !(target_group.starts_with("arn:") && target_group.contains(":targetgroup/")) {
            invalid(&path, "this is no ARN of a target group; write arn:…:targetgroup/name/number", findings);
        } else if bindings.iter().any(|binding| binding.target_group == *target_group) {
            invalid(&path, "this target group is named twice; one binding reaches one port", findings);
        } else {
            bindings.push(Binding { target_group: target_group.clone(), port: target.port });
        }
    }
    bindings
}

/// What becomes of a target group
fn tell(balancer: &LoadBalancer, bindings: &[Binding], attached: &[u16], context: &Context, findings: &mut Findings) {
    let LoadBalancer { target_group, target } = balancer;
    if bindings.iter().any(|binding| binding.target_group == *target_group) {
        let message = format!(
            "what AWS knows of the target group is assumed: targets of type ip, {} s of drain time (drainSeconds of the \
             configuration), the health check of spec.kubernetes.ingress.healthCheck or none",
            context.config.drain_seconds
        );
        findings.info(&target.path, Class::Equivalent, "TargetGroupAssumed", message);
    } else if attached.contains(&target.port) {
        let message = "an Ingress or a route takes the place of the target group, which is left alone";
        findings.info(&target.path, Class::Equivalent, "TargetGroupReplaced", message);
    } else {
        let message = format!(
            "the cluster has no TargetGroupBinding (AWS Load Balancer Controller) and no rule of spec.kubernetes.ingress leads \
             to port {}, so the target group gets no targets; reach the tasks through their Service",
            target.port
        );
        findings.warn(&target.path, Class::Unsupported, "LoadBalancerNotAttached", message);
    }
}

/// The port of what names none: the first load balancer's, else the task's only TCP port
fn default_port(service: &Service, task: &Task) -> Option<u16> {
    let first = service.traffic.load_balancers.first().map(|balancer| balancer.target.port);
    let mut tcp = task.ports().filter(|port| port.protocol == Protocol::Tcp).map(|port| port.container_port);
    first.or_else(|| tcp.next().filter(|_| tcp.next().is_none()))
}

fn uses_default(service: &Service) -> bool {
    let rules = service.traffic.ingress.iter().flat_map(|ingress| &ingress.rules);
    rules.map(|rule| rule.port).chain(service.traffic.gateway.iter().map(|gateway| gateway.port)).any(|p| p.is_none())
}

/// The ports that an Ingress and a route reach
fn http_ports(
    service: &Service,
    task: &Task,
    default_port: Option<u16>,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> Vec<u16> {
    let kubernetes = Path::root().key("kubernetes");
    let rules = service.traffic.ingress.iter().flat_map(|ingress| &ingress.rules);
    let mut wanted: Vec<_> = rules.map(|rule| (rule.path.clone(), rule.port)).collect();
    if let Some(gateway) = &service.traffic.gateway {
        if capabilities.gateway_api {
            wanted.push((kubernetes.key("gateway"), gateway.port));
        } else {
            let message = "the cluster has no HTTPRoute (Gateway API), so no route is made; install its \
                           CustomResourceDefinitions, or use spec.kubernetes.ingress";
            findings.warn(&kubernetes.key("gateway"), Class::Unsupported, "GatewayNotAttached", message);
        }
    }
    let mut ports = Vec::new();
    for (path, port) in wanted {
        let path = path.key("containerPort");
        let Some(port) = port.or(default_port) else {
            let message = "the task maps no TCP port, or several, and no load balancer names one; name the port here";
            findings.block(&path, Class::Exact, "PortNotMapped", message);
            continue;
        };
        if task.ports().any(|p| p.container_port == port && p.protocol == Protocol::Tcp) {
            ports.push(port);
        } else {
            let message =
                format!("no container has a port mapping for {port} over TCP; add one to the task definition");
            findings.block(&path, Class::Exact, "PortNotMapped", message);
        }
    }
    ports
}

/// R-LBHC, R-DRAIN: the containers that take traffic; the first port's is checked
fn receivers(service: &Service, task: &Task, attached: &[u16], findings: &mut Findings) -> Vec<Receiver> {
    let path = Path::root().key("kubernetes").key("ingress").key("healthCheck");
    let check = service.traffic.health_check.as_ref();
    if check.is_some() && attached.is_empty() {
        let message = "no load balancer, Ingress or route reaches the tasks, so nothing is checked";
        findings.info(&path, Class::Equivalent, "HealthCheckNotUsed", message);
    }
    let checked = attached.first().copied();
    let mut receivers = Vec::new();
    for container in task.containers() {
        let takes = |port: &u16| container.ports().iter().any(|mapping| mapping.container_port == *port);
        if !attached.iter().any(takes) {
            continue;
        }
        let health = checked.filter(takes).zip(check).map(|(port, check)| (check.clone(), check.port.unwrap_or(port)));
        let replaces = container.health_check.is_none();
        if health.is_some() && !replaces {
            let message = format!(
                "a failing check takes the task out of service and does not replace it: the health check of the container \
                 `{}` does",
                container.ecs_name()
            );
            findings.info(&path, Class::Approximate, "LbHealthDoesNotReplace", message);
        }
        receivers.push(Receiver { container: container.name().to_owned(), health, replaces });
    }
    receivers
}

/// Service Connect's names with their ports; one name leads each port to one place
fn connect(service: &Service, task: &Task, findings: &mut Findings) -> BTreeMap<String, BTreeMap<u16, Port>> {
    let mut names: BTreeMap<String, BTreeMap<u16, Port>> = BTreeMap::new();
    let own = service.service_kind.unwrap_or(ServiceKind::ClusterIP);
    for Offer { path, port_name, names: offered, host: _, port, test_header: _ } in &service.traffic.offers {
        let Some(target) = task.ports().find(|mapping| mapping.name.as_ref() == Some(port_name)) else {
            let message = format!("no port mapping of the task definition is named `{port_name}`; name one that is");
            findings.block(&path.key("portName"), Class::Exact, "PortNotMapped", message);
            continue;
        };
        if matches!(target.app_protocol, Some(AppProtocol::Http2 | AppProtocol::Grpc)) {
            let message = "connections are balanced, not requests: clients that keep one connection keep one task";
            findings.info(path, Class::Approximate, "ConnectionsStick", message);
        }
        let port = port.unwrap_or(target.container_port);
        for name in offered {
            let ports = names.entry(name.clone()).or_default();
            let before = ports.insert(port, target.clone());
            let mapped = task.ports().find(|mapping| mapping.container_port == port);
            let own_differs = *name == service.name
                && match own {
                    ServiceKind::None => false,
                    ServiceKind::ClusterIP => {
                        mapped.is_some_and(|mapping| mapping.container_port != target.container_port)
                    }
                    ServiceKind::Headless => port != target.container_port,
                };
            if before.is_some_and(|before| before != *target) || own_differs {
                let message =
                    format!("`{name}:{port}` leads to two places in this service; choose another name or port");
                findings.block(path, Class::Exact, "AliasConflict", message);
            }
        }
    }
    discovery_is_free(service, &names.keys().map(String::as_str).collect(), findings);
    names
}

/// Host names with dots, by the Service of the discovery name
fn hosts(service: &Service) -> BTreeMap<String, BTreeSet<String>> {
    let mut hosts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for offer in &service.traffic.offers {
        if let (Some(name), Some(host)) = (offer.names.first(), &offer.host) {
            hosts.entry(name.clone()).or_default().insert(host.clone());
        }
    }
    hosts
}

/// The headless Service has a name of its own, or that of a Service that may be headless
fn discovery_is_free(service: &Service, offered: &BTreeSet<&str>, findings: &mut Findings) {
    let Some(name) = service.traffic.discovery.as_deref() else { return };
    let own = name == service.name && service.service_kind == Some(ServiceKind::ClusterIP);
    if own || offered.contains(name) {
        let message = format!("`{name}` is the name of a Service with an address of its own; choose another");
        let path = Path::root().key("kubernetes").key("serviceDiscovery").key("name");
        findings.block(&path, Class::Exact, "AliasConflict", message);
    }
}
