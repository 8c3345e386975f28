//! Service Connect: what a service offers, by the names of Kubernetes Services (mapping specification, 10.2).
//!
//! There is no proxy here: what only the proxy does is told.

use ecs_crds::ecs::{
    ServiceConnectClientAlias, ServiceConnectConfiguration, ServiceConnectService, TimeoutConfiguration,
};
use ecs_crds::status::Class;

use super::{each, invalid, port_number, said};
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::traffic::Offer;
use crate::names::{LABEL_MAX, k8s_name};

/// What the service offers; nothing where Service Connect is off
pub(super) fn offers(
    connect: &ServiceConnectConfiguration,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Vec<Offer> {
    let ServiceConnectConfiguration {
        enabled,
        namespace: cloud_map,
        services,
        log_configuration,
        access_log_configuration,
        container_configurations,
        unknown: _,
    } = connect;
    if *enabled != Some(true) {
        return Vec::new();
    }
    let cloud_map = said(cloud_map);
    if let Some(name) = cloud_map {
        elsewhere(name, &path.key("namespace"), context, findings);
    }
    let namespaces = Namespaces {
        kubernetes: &context.namespace,
        // An ARN has the number of a namespace, not its name
        cloud_map: cloud_map.filter(|name| !name.starts_with("arn:")),
    };
    let proxy = [
        ("logConfiguration", log_configuration.is_some()),
        ("accessLogConfiguration", access_log_configuration.is_some()),
        ("containerConfigurations", container_configurations.as_ref().is_some_and(|c| !c.is_empty())),
    ];
    for (member, _) in proxy.iter().filter(|(_, present)| *present) {
        no_proxy(&path.key(member), findings);
    }
    let services = each(&path.key("services"), services.as_ref());
    services.filter_map(|(path, service)| offer(service, path, namespaces, findings)).collect()
}

/// The namespaces that names can be of
#[derive(Clone, Copy)]
struct Namespaces<'a> {
    kubernetes: &'a str,
    /// Where the document tells its name
    cloud_map: Option<&'a str>,
}

/// The Cloud Map namespace is this Kubernetes namespace, unless the configuration says that it is another
fn elsewhere(name: &str, path: &Path, context: &Context, findings: &mut Findings) {
    let here = &context.namespace;
    match context.config.cloud_map_namespaces.get(name) {
        Some(there) if there == here => {}
        Some(there) => {
            let message = format!(
                "`cloudMapNamespaces` of the operator's configuration says that this is the Kubernetes namespace `{there}`, and \
                 names of a service in `{here}` hold there only; put the service into `{there}`"
            );
            findings.warn(path, Class::Approximate, "NamespaceElsewhere", message);
        }
        None if name.rsplit('/').next() == Some(here) => {}
        None => {
            let message = "the names hold in this Kubernetes namespace, whatever the Cloud Map namespace is called";
            findings.info(path, Class::Approximate, "NamespaceIsKubernetes", message);
        }
    }
}

fn no_proxy(path: &Path, findings: &mut Findings) {
    let message = "this is for the proxy of Service Connect, and there is no proxy here";
    findings.info(path, Class::Advisory, "NoServiceConnectProxy", message);
}

fn offer(
    service: &ServiceConnectService,
    path: Path,
    namespaces: Namespaces<'_>,
    findings: &mut Findings,
) -> Option<Offer> {
    let ServiceConnectService {
        port_name,
        discovery_name,
        client_aliases,
        ingress_port_override,
        timeout,
        tls,
        unknown: _,
    } = service;
    if ingress_port_override.is_some() {
        no_proxy(&path.key("ingressPortOverride"), findings);
    }
    if let Some(TimeoutConfiguration { idle_timeout_seconds, per_request_timeout_seconds, unknown: _ }) = timeout
        && (idle_timeout_seconds.is_some() || per_request_timeout_seconds.is_some())
    {
        let message = "there is no proxy here that ends idle connections or slow requests; set the time in the clients";
        findings.warn(&path.key("timeout"), Class::Advisory, "ServiceConnectTimeoutIgnored", message);
    }
    if tls.is_some() {
        let message = "there is no proxy here that encrypts, so traffic would be plain text; use a service mesh, and accept \
                       this finding";
        findings.block(&path.key("tls"), Class::Unsupported, "ServiceConnectTlsUnsupported", message);
    }
    // The vocabulary check has found it missing
    let port_name = said(port_name)?.to_owned();
    let discovery = said(discovery_name).unwrap_or(&port_name);
    let mut names = vec![service_name(discovery, &path.key("discoveryName"), findings)];
    if client_aliases.as_ref().is_some_and(|aliases| aliases.len() > 1) {
        invalid(&path.key("clientAliases"), "ECS takes one alias for each service; keep one", findings);
    }
    let (mut port, mut host, mut test_header) = (None, None, None);
    for (path, alias) in each(&path.key("clientAliases"), client_aliases.as_ref()) {
        let ServiceConnectClientAlias { port: alias_port, dns_name, test_traffic_rules, unknown: _ } = alias;
        port = alias_port.and_then(|port| port_number(port, &path.key("port"), findings));
        match said(dns_name) {
            Some(name) if name.contains('.') => host = dotted(name.to_owned(), discovery, namespaces),
            Some(name) => names.push(service_name(name, &path.key("dnsName"), findings)),
            None => host = default_host(discovery, namespaces, &path, findings),
        }
        test_header = test_traffic_rules.as_ref().map(|rules| {
            let header = rules.header.clone().unwrap_or_default();
            let value = header.value.and_then(|value| value.exact);
            (header.name.unwrap_or_default(), value.unwrap_or_default())
        });
    }
    names.dedup();
    Some(Offer { path, port_name, names, host, port, test_header })
}

/// A host name that clients get as a host entry; none where the search path of every pod makes it a name of the cluster's own
fn dotted(name: String, discovery: &str, namespaces: Namespaces<'_>) -> Option<String> {
    (name != format!("{discovery}.{}", namespaces.kubernetes)).then_some(name)
}

/// The host name of an alias that says none: the discovery name in the Cloud Map namespace
fn default_host(discovery: &str, namespaces: Namespaces<'_>, path: &Path, findings: &mut Findings) -> Option<String> {
    if let Some(cloud_map) = namespaces.cloud_map {
        return dotted(format!("{discovery}.{cloud_map}"), discovery, namespaces);
    }
    let message = format!(
        "clients on ECS use `{discovery}` and the name of the Cloud Map namespace as host name by default, and that is not told \
         here; here they use `{discovery}`, or `{discovery}.{}`",
        namespaces.kubernetes
    );
    findings.info(path, Class::Approximate, "AliasWithoutNamespace", message);
    None
}

/// The Kubernetes name of a discovery name or an alias
fn service_name(name: &str, path: &Path, findings: &mut Findings) -> String {
    let kubernetes = k8s_name(name, LABEL_MAX);
    if kubernetes != name {
        let message = format!("clients find it as `{kubernetes}`: `{name}` is no name that Kubernetes takes");
        findings.warn(path, Class::Approximate, "DiscoveryNameChanged", message);
    }
    kubernetes
}
