//! R-ING: the rules of a listener as one Ingress.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec,
    ServiceBackendPort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::own_name;
use crate::check::traffic::ALB;
use crate::model::traffic::{CheckBy, HealthCheck, Ingress as Wanted, IngressRule as Rule};

/// The Ingress; none while no port is known
pub(super) fn ingress(
    wanted: &Wanted,
    check: Option<&HealthCheck>,
    default_port: Option<u16>,
    metadata: &ObjectMeta,
) -> Option<Ingress> {
    let Wanted { class, annotations, rules } = wanted;
    let service = own_name(metadata);
    let rules: Vec<_> = rules.iter().flat_map(|rule| self::rules(rule, &service, default_port)).collect();
    let mut all = metadata.annotations.clone().unwrap_or_default();
    if class == ALB {
        all.extend(of_the_controller(check));
    }
    all.extend(annotations.clone());
    (!rules.is_empty()).then(|| Ingress {
        metadata: ObjectMeta { annotations: (!all.is_empty()).then_some(all), ..metadata.clone() },
        spec: Some(IngressSpec {
            ingress_class_name: Some(class.clone()),
            rules: Some(rules),
            ..IngressSpec::default()
        }),
        status: None,
    })
}

/// One rule for each host
fn rules(rule: &Rule, service: &str, default_port: Option<u16>) -> Vec<IngressRule> {
    let Rule { path: _, hosts, paths, port } = rule;
    let Some(port) = port.or(default_port) else { return Vec::new() };
    let path = |(path, kind): &(String, &'static str)| HTTPIngressPath {
        path: Some(path.clone()),
        path_type: (*kind).to_owned(),
        backend: IngressBackend {
            service: Some(IngressServiceBackend {
                name: service.to_owned(),
                port: Some(ServiceBackendPort { number: Some(i32::from(port)), name: None }),
            }),
            resource: None,
        },
    };
    let http = HTTPIngressRuleValue { paths: paths.iter().map(path).collect() };
    let of = |host: Option<String>| IngressRule { host, http: Some(http.clone()) };
    if hosts.is_empty() { vec![of(None)] } else { hosts.iter().cloned().map(Some).map(of).collect() }
}

/// What the AWS Load Balancer Controller reads: pods are targets themselves, as tasks with awsvpc are, and its target group
/// checks what the pods' probes check
fn of_the_controller(check: Option<&HealthCheck>) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::new();
    let mut say = |key: &str, value: String| annotations.insert(format!("alb.ingress.kubernetes.io/{key}"), value);
    say("target-type", "ip".to_owned());
    if let Some(HealthCheck { by, port, interval, timeout, healthy, unhealthy, matcher }) = check {
        match by {
            CheckBy::Http { path, tls } => {
                say("healthcheck-protocol", if *tls { "HTTPS" } else { "HTTP" }.to_owned());
                say("healthcheck-path", path.clone());
            }
            // An Application Load Balancer checks by HTTP alone
            CheckBy::Tcp | CheckBy::Grpc => {}
        }
        if let Some(port) = port {
            say("healthcheck-port", port.to_string());
        }
        say("healthcheck-interval-seconds", interval.to_string());
        say("healthcheck-timeout-seconds", timeout.to_string());
        say("healthy-threshold-count", healthy.to_string());
        say("unhealthy-threshold-count", unhealthy.to_string());
        if let Some(matcher) = matcher {
            say("success-codes", matcher.clone());
        }
    }
    annotations
}
