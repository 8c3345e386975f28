//! `kubernetes.ingress` and `kubernetes.gateway`: rules in the words of a listener, and the health check (R-ING, R-LBHC).
//!
//! *Not here*: bounds of numbers; the vocabulary check has them from the support table.

use ecs_crds::status::Class;
use ecs_crds::{
    GatewayParent, IngressRule as Rule, PathType, ServiceGateway, ServiceIngress, TargetHealthCheck, TargetProtocol,
};

use super::{each, invalid, port_number, required, said};
use crate::findings::{Findings, Path};
use crate::model::traffic::{CheckBy, Gateway, HealthCheck, Ingress, IngressRule, Parent};
use crate::values::dns::is_subdomain;

/// The IngressClass of the AWS Load Balancer Controller
pub(crate) const ALB: &str = "alb";
/// The method by which Kubernetes asks for health over gRPC
const GRPC_HEALTH: &str = "/grpc.health.v1.Health/Check";

/// The Ingress; none where it has no rules
pub(super) fn ingress(ingress: &ServiceIngress, path: &Path, findings: &mut Findings) -> Option<Ingress> {
    // The health check is taken by itself, since it counts without rules too
    let ServiceIngress { class_name, annotations, rules, health_check: _ } = ingress;
    let class = said(class_name).unwrap_or(ALB).to_owned();
    if !is_subdomain(&class) {
        invalid(&path.key("className"), format!("`{class}` is no name of an IngressClass"), findings);
    }
    let rules = each(&path.key("rules"), rules.as_ref()).map(|(path, rule)| self::rule(rule, path, findings)).collect();
    let ingress = Ingress { class, annotations: annotations.clone().unwrap_or_default(), rules };
    (!ingress.rules.is_empty()).then_some(ingress)
}

fn rule(rule: &Rule, path: Path, findings: &mut Findings) -> IngressRule {
    let Rule { hosts, paths, path_type, container_port } = rule;
    let hosts = each(&path.key("hosts"), hosts.as_ref());
    let hosts = hosts.filter(|(path, host)| legal_host(host, path, findings)).map(|(_, host)| host.clone()).collect();
    let mut patterns = Vec::new();
    for (path, pattern) in each(&path.key("paths"), paths.as_ref()) {
        let kind =
            path_type.unwrap_or(if has_wildcard(pattern) { PathType::ImplementationSpecific } else { PathType::Exact });
        if kind != PathType::ImplementationSpecific && has_wildcard(pattern) {
            invalid(&path, "only the path type ImplementationSpecific takes `*` and `?`; leave pathType out", findings);
        }
        if legal_path(pattern, &path, findings) {
            patterns.push((pattern.clone(), type_name(kind)));
        }
    }
    if patterns.is_empty() {
        patterns.push(("/".to_owned(), type_name(PathType::Prefix)));
    }
    let port = container_port.and_then(|port| port_number(port, &path.key("containerPort"), findings));
    IngressRule { path, hosts, paths: patterns, port }
}

fn type_name(kind: PathType) -> &'static str {
    match kind {
        PathType::Exact => "Exact",
        PathType::Prefix => "Prefix",
        PathType::ImplementationSpecific => "ImplementationSpecific",
    }
}

/// The HTTPRoute; none where it has no Gateway
pub(super) fn gateway(gateway: &ServiceGateway, path: &Path, findings: &mut Findings) -> Option<Gateway> {
    let ServiceGateway { parent_refs, hostnames, paths, container_port } = gateway;
    if parent_refs.is_empty() {
        required(path, "parentRefs", findings);
    }
    let parents = each(&path.key("parentRefs"), Some(parent_refs)).map(|(path, parent)| {
        let GatewayParent { name, namespace, section_name, port } = parent;
        if !is_subdomain(name) {
            invalid(&path.key("name"), format!("`{name}` is no name of a Gateway"), findings);
        }
        let port = port.and_then(|port| port_number(port, &path.key("port"), findings));
        Parent { name: name.clone(), namespace: namespace.clone(), section_name: section_name.clone(), port }
    });
    let parents: Vec<_> = parents.collect();
    let names = each(&path.key("hostnames"), hostnames.as_ref());
    let hostnames =
        names.filter(|(path, host)| legal_host(host, path, findings)).map(|(_, host)| host.clone()).collect();
    let mut matches = Vec::new();
    for (path, pattern) in each(&path.key("paths"), paths.as_ref()) {
        if legal_path(pattern, &path, findings) {
            matches.push(route_match(pattern, &path, findings));
        }
    }
    if matches.is_empty() {
        matches.push(("/".to_owned(), "PathPrefix"));
    }
    let port = container_port.and_then(|port| port_number(port, &path.key("containerPort"), findings));
    (!parents.is_empty()).then_some(Gateway { parents, hostnames, paths: matches, port })
}

/// A listener's path pattern as an HTTPRoute has it
fn route_match(pattern: &str, path: &Path, findings: &mut Findings) -> (String, &'static str) {
    if !has_wildcard(pattern) {
        return (pattern.to_owned(), "Exact");
    }
    match pattern.strip_suffix("/*") {
        Some("") => ("/".to_owned(), "PathPrefix"),
        Some(prefix) if !has_wildcard(prefix) => {
            let message = format!("the route matches `{prefix}` too, which a listener's `{pattern}` does not");
            findings.info(path, Class::Approximate, "PathPrefixWider", message);
            (prefix.to_owned(), "PathPrefix")
        }
        _ => {
            let message = format!(
                "`{pattern}` becomes a regular expression, which not every Gateway implementation supports; see its \
                 documentation"
            );
            findings.info(path, Class::Equivalent, "PathRegularExpression", message);
            (expression(pattern), "RegularExpression")
        }
    }
}

/// `*` is any text, `?` any character
fn expression(pattern: &str) -> String {
    let part = |c: char| match c {
        '*' => ".*".to_owned(),
        '?' => ".".to_owned(),
        c => regex::escape(&c.to_string()),
    };
    pattern.chars().map(part).collect()
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// A DNS name, with `*` as its first label at most
fn legal_host(host: &str, path: &Path, findings: &mut Findings) -> bool {
    let legal = is_subdomain(host.strip_prefix("*.").unwrap_or(host));
    if !legal {
        let message = "this is no host name that an Ingress or a route takes: use lower case, and `*` only as the first label \
                       (for other conditions of a listener annotate the Ingress)";
        invalid(path, message, findings);
    }
    legal
}

fn legal_path(pattern: &str, path: &Path, findings: &mut Findings) -> bool {
    let legal = pattern.starts_with('/') && !pattern.contains("//");
    if !legal {
        invalid(path, "a path begins with `/` and has no two in a row", findings);
    }
    legal
}

/// R-LBHC, but for the port
pub(super) fn health_check(check: &TargetHealthCheck, path: &Path, findings: &mut Findings) -> HealthCheck {
    let TargetHealthCheck {
        protocol,
        path: checked,
        port,
        interval_seconds,
        timeout_seconds,
        healthy_threshold_count,
        unhealthy_threshold_count,
        matcher,
    } = check;
    let small = |number: &Option<i64>, default: i32| number.and_then(|n| i32::try_from(n).ok()).unwrap_or(default);
    let protocol = protocol.unwrap_or_default();
    let by = match protocol {
        TargetProtocol::Http | TargetProtocol::Https => {
            let checked = said(checked).unwrap_or("/").to_owned();
            CheckBy::Http { path: checked, tls: protocol == TargetProtocol::Https }
        }
        TargetProtocol::Tcp => CheckBy::Tcp,
        TargetProtocol::Grpc if said(checked) == Some(GRPC_HEALTH) => CheckBy::Grpc,
        TargetProtocol::Grpc => {
            let message = format!(
                "the probe only connects: a probe of Kubernetes calls `{GRPC_HEALTH}` and no other method; check that one if \
                 the program has it"
            );
            findings.info(&path.key("protocol"), Class::Approximate, "GrpcCheckConnectsOnly", message);
            CheckBy::Tcp
        }
    };
    if matches!(by, CheckBy::Http { .. }) && said(matcher).is_some_and(|codes| !within_success(codes)) {
        let message = "a probe takes the codes 200 to 399 and no other";
        findings.info(&path.key("matcher"), Class::Approximate, "MatcherNotApplied", message);
    }
    HealthCheck {
        by,
        port: port.and_then(|port| port_number(port, &path.key("port"), findings)),
        interval: small(interval_seconds, 30),
        timeout: small(timeout_seconds, 5),
        healthy: small(healthy_threshold_count, 5),
        unhealthy: small(unhealthy_threshold_count, 2),
        matcher: said(matcher).map(str::to_owned),
    }
}

/// Whether all of `200`, `200,302`, `200-299` are codes that a probe takes for success
fn within_success(matcher: &str) -> bool {
    let codes = matcher.split([',', '-']).map(|code| code.trim().parse::<u16>());
    codes.into_iter().all(|code| code.is_ok_and(|code| (200..400).contains(&code)))
}
