//! R-BG T2, T3: how an HTTPRoute and an Ingress of the AWS Load Balancer Controller share traffic between two Services.
//!
//! *Not here*: who gets how much.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::{HTTPIngressPath, Ingress, ServiceBackendPort};
use serde_json::json;

use super::Ways;
use super::foreign::{BackendRef, HeaderMatch, HttpRoute, RouteRule};
use crate::model::staged::{Backend, Staged};
use crate::names;

/// The Services that share the traffic
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Production traffic
    pub(crate) production: Vec<Share>,
    /// The Service that test traffic goes to
    pub(crate) test: Option<String>,
}

/// A Service and its weight
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// The Service
    pub(crate) service: String,
    /// Its weight
    pub(crate) weight: i64,
}

/// Shares the traffic of the ways
pub(crate) fn share(ways: &mut Ways, shape: &Staged, shares: &Shares) {
    let header = shape.test_header.as_ref();
    match shape.backend {
        Backend::Route => ways.http_route.iter_mut().for_each(|route| of_route(route, shares, header)),
        Backend::Ingress => ways.ingress.iter_mut().for_each(|ingress| of_ingress(ingress, shares, header)),
        Backend::Selector => {}
    }
}

fn of_route(route: &mut HttpRoute, shares: &Shares, header: Option<&(String, String)>) {
    let Some(rule) = route.spec.rules.first_mut() else { return };
    let Some(port) = rule.backend_refs.first().map(|backend| backend.port) else { return };
    let backend = |service: &str, weight: i64| BackendRef { name: service.to_owned(), port, weight: Some(weight) };
    rule.backend_refs = shares.production.iter().map(|share| backend(&share.service, share.weight)).collect();
    if let (Some((name, value)), Some(test)) = (header, &shares.test) {
        let marked = HeaderMatch { r#type: "Exact", name: name.clone(), value: value.clone() };
        let mut matches = rule.matches.clone();
        matches.iter_mut().for_each(|found| found.headers = vec![marked.clone()]);
        route.spec.rules.insert(0, RouteRule { matches, backend_refs: vec![backend(test, 1)] });
    }
}

/// An Ingress names an action where others name a Service; annotations say what the action does, and when
fn of_ingress(ingress: &mut Ingress, shares: &Shares, header: Option<&(String, String)>) {
    let service = ingress.metadata.name.clone().unwrap_or_default();
    let mut ports = BTreeSet::new();
    let rules = ingress.spec.iter_mut().flat_map(|spec| spec.rules.iter_mut().flatten());
    for http in rules.filter_map(|rule| rule.http.as_mut()) {
        let mut paths = Vec::new();
        for path in std::mem::take(&mut http.paths) {
            let Some(port) = port(&path) else { continue };
            ports.insert(port);
            paths.extend(header.and(shares.test.as_ref()).map(|_| act(&path, test_action(&service, port))));
            paths.push(act(&path, action(&service, port)));
        }
        http.paths = paths;
    }
    let forward = |to: &[(&str, i64)], port: i32| {
        let group =
            |(service, weight): &(&str, i64)| json!({"serviceName": service, "servicePort": port, "weight": weight});
        let groups: Vec<_> = to.iter().map(group).collect();
        json!({"type": "forward", "forwardConfig": {"targetGroups": groups}}).to_string()
    };
    let mut said = BTreeMap::new();
    for port in ports {
        let production: Vec<_> = shares.production.iter().map(|share| (share.service.as_str(), share.weight)).collect();
        said.insert(annotation("actions", &action(&service, port)), forward(&production, port));
        if let (Some((name, value)), Some(test)) = (header, &shares.test) {
            let marked =
                json!([{"field": "http-header", "httpHeaderConfig": {"httpHeaderName": name, "values": [value]}}]);
            let action = test_action(&service, port);
            said.insert(annotation("actions", &action), forward(&[(test.as_str(), 1)], port));
            said.insert(annotation("conditions", &action), marked.to_string());
        }
    }
    ingress.metadata.annotations.get_or_insert_default().extend(said);
}

fn port(path: &HTTPIngressPath) -> Option<i32> {
    path.backend.service.as_ref()?.port.as_ref()?.number
}

fn act(path: &HTTPIngressPath, action: String) -> HTTPIngressPath {
    let mut path = path.clone();
    if let Some(service) = path.backend.service.as_mut() {
        service.name = action;
        service.port = Some(ServiceBackendPort { name: Some("use-annotation".to_owned()), number: None });
    }
    path
}

fn action(service: &str, port: i32) -> String {
    names::k8s_name(&format!("{service}-{port}"), names::LABEL_MAX)
}

fn test_action(service: &str, port: i32) -> String {
    names::k8s_name(&format!("{service}-test-{port}"), names::LABEL_MAX)
}

fn annotation(of: &str, action: &str) -> String {
    format!("alb.ingress.kubernetes.io/{of}.{action}")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    use super::*;
    use crate::translate::traffic::HttpRouteSpec;
    use crate::translate::traffic::foreign::{PathMatch, RouteMatch};

    fn shape(backend: Backend, header: bool) -> Staged {
        Staged {
            strategy: "CANARY",
            steps: vec![50, 1000],
            step_bake: SignedDuration::ZERO,
            bake: SignedDuration::ZERO,
            hooks: Vec::new(),
            backend,
            test_header: header.then(|| ("x-test".to_owned(), "green".to_owned())),
        }
    }

    fn shares() -> Shares {
        let share = |service: &str, weight| Share { service: service.to_owned(), weight };
        Shares { production: vec![share("blue", 950), share("green", 50)], test: Some("green".to_owned()) }
    }

    /// Ways of every kind that lead to the port 80 of `shop`
    fn ways() -> Ways {
        let matched =
            RouteMatch { path: PathMatch { r#type: "PathPrefix", value: "/".to_owned() }, headers: Vec::new() };
        let backend = BackendRef { name: "shop".to_owned(), port: 80, weight: None };
        let rule = RouteRule { matches: vec![matched], backend_refs: vec![backend] };
        let spec = HttpRouteSpec { parent_refs: Vec::new(), hostnames: Vec::new(), rules: vec![rule] };
        let backend = json!({"service": {"name": "shop", "port": {"number": 80}}});
        let path = json!({"path": "/", "pathType": "Prefix", "backend": backend});
        let ingress = json!({"metadata": {"name": "shop"}, "spec": {"rules": [{"http": {"paths": [path]}}]}});
        Ways {
            http_route: Some(HttpRoute { metadata: Default::default(), spec }),
            ingress: Some(serde_json::from_value(ingress).unwrap()),
            ..Ways::default()
        }
    }

    #[test]
    fn a_route_has_weights_and_leads_marked_requests_to_green() {
        for header in [false, true] {
            let mut ways = ways();
            share(&mut ways, &shape(Backend::Route, header), &shares());
            let mut rules = ways.http_route.unwrap().spec.rules;
            let weights: Vec<_> =
                rules.pop().unwrap().backend_refs.into_iter().map(|b| (b.name, b.port, b.weight)).collect();
            assert_eq!(weights, [("blue".to_owned(), 80, Some(950)), ("green".to_owned(), 80, Some(50))]);
            let marked =
                rules.pop().map(|rule| (rule.matches[0].headers[0].value.clone(), rule.backend_refs[0].name.clone()));
            assert_eq!(marked, header.then(|| ("green".to_owned(), "green".to_owned())), "the first rule wins");
        }
    }

    #[test]
    fn an_ingress_names_actions_that_annotations_explain() {
        let mut ways = ways();
        share(&mut ways, &shape(Backend::Ingress, true), &shares());
        let ingress = serde_json::to_value(ways.ingress.unwrap()).unwrap();
        let paths = ingress["spec"]["rules"][0]["http"]["paths"].as_array().unwrap();
        let names: Vec<_> = paths.iter().map(|path| path["backend"]["service"]["name"].clone()).collect();
        assert_eq!(names, ["shop-test-80", "shop-80"], "the condition is asked first");
        let says = |key: &str| -> Value {
            let annotation = &ingress["metadata"]["annotations"][format!("alb.ingress.kubernetes.io/{key}")];
            serde_json::from_str(annotation.as_str().unwrap()).unwrap()
        };
        let groups = |key: &str| says(key)["forwardConfig"]["targetGroups"].clone();
        let group = |service: &str, weight: i64| json!({"serviceName": service, "servicePort": 80, "weight": weight});
        assert_eq!(groups("actions.shop-80"), json!([group("blue", 950), group("green", 50)]));
        assert_eq!(groups("actions.shop-test-80"), json!([group("green", 1)]));
        assert_eq!(says("conditions.shop-test-80")[0]["httpHeaderConfig"]["values"], json!(["green"]));
    }
}
