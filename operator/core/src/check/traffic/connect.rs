//! Service Connect: what a service offers, by the names of Kubernetes Services (mapping specification, 10.2).
//!
//! There is no proxy here: what only the proxy does is told.

use ecs_crds::ecs::{
    ServiceConnectClientAlias, ServiceConnectConfiguration, ServiceConnectService, TimeoutConfiguration,
};
use ecs_crds::status::Class;

use super::{each, invalid, port_number, said};
use crate::findings::{Findings, Path};
use crate::model::traffic::Offer;
use crate::names::{LABEL_MAX, k8s_name};

/// What the service offers; nothing where Service Connect is off
pub(super) fn offers(
    connect: &ServiceConnectConfiguration,
    path: &Path,
    namespace: &str,
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
    let here = said(cloud_map).map(|name| name.rsplit('/').next().unwrap_or(name));
    if here.is_some_and(|name| name != namespace) {
        let message = "the names hold in this Kubernetes namespace, whatever the Cloud Map namespace is called";
        findings.info(&path.key("namespace"), Class::Approximate, "NamespaceIsKubernetes", message);
    }
    let proxy = [
        ("logConfiguration", log_configuration.is_some()),
        ("accessLogConfiguration", access_log_configuration.is_some()),
        ("containerConfigurations", container_configurations.as_ref().is_some_and(|c| !c.is_empty())),
    ];
    for (member, _) in proxy.iter().filter(|(_, present)| *present) {
        no_proxy(&path.key(member), findings);
    }
    let services = each(&path.key("services"), services.as_ref());
    services.filter_map(|(path, service)| offer(service, path, namespace, findings)).collect()
}

fn no_proxy(path: &Path, findings: &mut Findings) {
    let message = "this is for the proxy of Service Connect, and there is no proxy here";
    findings.info(path, Class::Advisory, "NoServiceConnectProxy", message);
}

fn offer(service: &ServiceConnectService, path: Path, namespace: &str, findings: &mut Findings) -> Option<Offer> {
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
    let mut port = None;
    for (path, alias) in each(&path.key("clientAliases"), client_aliases.as_ref()) {
        let ServiceConnectClientAlias { port: alias_port, dns_name, test_traffic_rules, unknown: _ } = alias;
        port = alias_port.and_then(|port| port_number(port, &path.key("port"), findings));
        names.extend(alias_name(dns_name, discovery, namespace, &path, findings));
        if test_traffic_rules.is_some() {
            let message = "there is no test traffic in a rolling deployment, and nothing here sorts it out by a header";
            findings.warn(&path.key("testTrafficRules"), Class::Unsupported, "TestTrafficRulesIgnored", message);
        }
    }
    names.dedup();
    Some(Offer { path, port_name, names, port })
}

/// The Service of an alias; none where the alias is no name of a Service
fn alias_name(
    dns_name: &Option<String>,
    discovery: &str,
    namespace: &str,
    path: &Path,
    findings: &mut Findings,
) -> Option<String> {
    let Some(name) = said(dns_name) else {
        let message = format!(
            "clients on ECS use `{discovery}` and the Cloud Map namespace as host name by default; here they use \
             `{discovery}`, or `{discovery}.{namespace}`"
        );
        findings.info(path, Class::Approximate, "AliasWithoutNamespace", message);
        return None;
    };
    if !name.contains('.') {
        return Some(service_name(name, &path.key("dnsName"), findings));
    }
    // The search path of every pod makes this a name of the cluster's own
    if name != format!("{discovery}.{namespace}") {
        let message = format!(
            "`{name}` is not put into the host entries of clients yet by this version; let clients use `{discovery}`, which \
             resolves in this namespace"
        );
        findings.warn(&path.key("dnsName"), Class::Unsupported, "TranslationPending", message);
    }
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
