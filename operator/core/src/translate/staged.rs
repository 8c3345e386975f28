//! R-BG: the objects of a service whose deployments go on in stages: a Deployment for each revision that has tasks, the
//! Services in front of them, and the ways that share the traffic between them.
//!
//! *Not here*: what is asked for (`deploy::staged`); what an object of one revision looks like (`translate::service`).

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{Service as KubeService, ServiceAccount};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::config::Capabilities;
use crate::model::scaling::Bounds;
use crate::model::service::Service;
use crate::model::staged::{ALL, Backend, Layout, Staged};
use crate::names;
use crate::revision::ServiceRevision;
use crate::translate::service::{Objects, State, objects, selector};
use crate::translate::traffic::{Share, Shares, Ways, share};
use crate::translate::workload::Runner;

/// A revision with tasks
#[derive(Clone, Copy, Debug)]
pub struct Colour<'a> {
    /// The revision
    pub revision: &'a ServiceRevision,
    /// How many tasks it runs
    pub tasks: i32,
    /// Whether its tasks are in a Deployment of the service's own name, from when its deployments rolled
    pub at_home: bool,
}

/// The objects of all revisions that have tasks
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Laid {
    /// The identities of the tasks
    pub service_accounts: Vec<ServiceAccount>,
    /// What runs the tasks
    pub runner: Runner,
    /// The addresses in front of them
    pub services: Vec<KubeService>,
    /// The other ways to them; the Services among them are in `services`
    pub ways: Ways,
    /// How many of the tasks may be evicted at once, of whatever revision
    pub disruption_budget: Option<PodDisruptionBudget>,
    /// What changes their number by a metric
    pub autoscaler: Option<HorizontalPodAutoscaler>,
}

impl Laid {
    /// The objects of one revision whose deployments roll
    #[must_use]
    pub fn rolling(objects: Objects) -> Self {
        let Objects { service_account, runner, service, mut ways, disruption_budget, autoscaler } = objects;
        let beside = std::mem::take(&mut ways.connect).into_iter().chain(ways.discovery.take());
        Self {
            service_accounts: service_account.into_iter().collect(),
            runner,
            services: service.into_iter().chain(beside).collect(),
            ways,
            disruption_budget,
            autoscaler,
        }
    }
}

/// The name of the Deployment and the Service of one revision
#[must_use]
pub fn colour_name(service: &str, number: i64) -> String {
    let digest = names::sha8(&names::service_revision_name(service, number));
    names::k8s_name(&format!("{service}-{digest}"), names::LABEL_MAX)
}

/// The name of the Service that test traffic takes
#[must_use]
pub fn test_name(service: &str) -> String {
    names::k8s_name(&format!("{service}-test"), names::LABEL_MAX)
}

/// The objects that a layout asks for; `colours` are the revisions that it names
#[must_use]
pub fn lay_out(
    service: &Service,
    shape: Option<&Staged>,
    layout: &Layout,
    colours: &[Colour<'_>],
    (namespace, owner): (&str, &OwnerReference),
    bounds: Option<Bounds>,
    capabilities: Capabilities,
) -> Laid {
    let mut laid = Laid::default();
    let mut deployments = Vec::new();
    let backend = shape.map_or(Backend::Selector, |shape| shape.backend);
    for colour in colours {
        let state = State { bounds, ..State::default() };
        let Objects { service_account, runner, service: front, ways, disruption_budget, autoscaler } =
            objects(service, colour.revision, namespace, owner, state, capabilities);
        if let Runner::Deployments(made) = runner {
            deployments.extend(made.into_iter().map(|deployment| coloured(deployment, service, colour)));
        }
        laid.autoscaler = autoscaler;
        laid.service_accounts.extend(service_account);
        laid.disruption_budget = disruption_budget;
        if backend != Backend::Selector {
            laid.services.extend(front.as_ref().map(|front| own_front(front, service, colour.revision.number)));
        }
        // What both revisions share is as the one says that has the traffic
        if layout.production() == Some(colour.revision.number) {
            let production = production(service, layout);
            let Ways { connect, discovery, ingress, http_route, target_group_bindings } = ways;
            laid.services.extend(front.as_ref().map(|front| test_front(front, service, layout)));
            let shared = front.into_iter().chain(connect).chain(discovery);
            laid.services.extend(shared.map(|shared| led_to(shared, &production)));
            laid.ways = Ways { ingress, http_route, target_group_bindings, ..Ways::default() };
        }
    }
    laid.runner = Runner::Deployments(deployments);
    // Two revisions may have one role
    laid.service_accounts.dedup_by(|a, b| a.metadata.name == b.metadata.name);
    if let Some(shape) = shape {
        share(&mut laid.ways, shape, &shares(service, layout));
    }
    laid
}

/// The Deployment of one revision: a name and a selector of its own
fn coloured(mut deployment: Deployment, service: &Service, colour: &Colour<'_>) -> Deployment {
    if let Some(spec) = deployment.spec.as_mut() {
        spec.replicas = Some(if service.held { 0 } else { colour.tasks });
    }
    if colour.at_home {
        return deployment;
    }
    let number = colour.revision.number;
    name_after(&mut deployment.metadata, colour_name(&service.name, number), number);
    if let Some(spec) = deployment.spec.as_mut() {
        spec.selector.match_labels = Some(of_revision(service, number));
    }
    deployment
}

fn name_after(metadata: &mut ObjectMeta, name: String, number: i64) {
    metadata.name = Some(name);
    metadata.labels.get_or_insert_default().insert(names::SERVICE_REVISION.to_owned(), number.to_string());
}

/// The tasks of one revision
fn of_revision(service: &Service, number: i64) -> BTreeMap<String, String> {
    let mut labels = selector(service);
    labels.insert(names::SERVICE_REVISION.to_owned(), number.to_string());
    labels
}

/// The tasks that production traffic reaches where a Service alone leads it. Weights that only a route knows leave it with blue
fn production(service: &Service, layout: &Layout) -> BTreeMap<String, String> {
    let by_tasks = service.staged.as_ref().is_none_or(|shape| shape.backend == Backend::Selector);
    let shared = by_tasks && (1..ALL).contains(&layout.permille) && layout.blue.is_some();
    match layout.production() {
        Some(number) if !shared => of_revision(service, number),
        _ => selector(service),
    }
}

fn led_to(mut front: KubeService, pods: &BTreeMap<String, String>) -> KubeService {
    if let Some(spec) = front.spec.as_mut() {
        spec.selector = Some(pods.clone());
    }
    front
}

/// The Service of one revision, which weights name
fn own_front(front: &KubeService, service: &Service, number: i64) -> KubeService {
    let mut front = led_to(front.clone(), &of_revision(service, number));
    name_after(&mut front.metadata, colour_name(&service.name, number), number);
    if let Some(spec) = front.spec.as_mut() {
        spec.cluster_ip = None;
    }
    front
}

/// The Service that test traffic takes
fn test_front(front: &KubeService, service: &Service, layout: &Layout) -> KubeService {
    let number = test(layout).or(layout.production()).unwrap_or_default();
    let mut front = led_to(front.clone(), &of_revision(service, number));
    front.metadata.name = Some(test_name(&service.name));
    front
}

/// The revision that test traffic goes to
fn test(layout: &Layout) -> Option<i64> {
    let lane = if layout.test { layout.green.or(layout.blue) } else { layout.blue.or(layout.green) };
    lane.map(|lane| lane.revision)
}

/// The Services that share the traffic
fn shares(service: &Service, layout: &Layout) -> Shares {
    let named = |number: i64| colour_name(&service.name, number);
    let (blue, green) = crate::model::staged::weights(layout.permille);
    let production = match (layout.blue, layout.green) {
        (Some(from), Some(to)) => vec![
            Share { service: named(from.revision), weight: blue },
            Share { service: named(to.revision), weight: green },
        ],
        (one, other) => {
            one.or(other).map(|lane| Share { service: named(lane.revision), weight: 1 }).into_iter().collect()
        }
    };
    Shares { production, test: test(layout).map(named) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::staged::Lane;

    fn service() -> Service {
        let configuration = json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 25.0}});
        let spec = json!({
            "taskDefinition": "web", "desiredCount": 4, "deploymentConfiguration": configuration,
            "kubernetes": {"service": "ClusterIP"},
        });
        let spec = serde_json::from_value(spec).unwrap();
        crate::check::service(&spec, "web", &Default::default(), &Default::default()).model.unwrap()
    }

    fn revision(number: i64) -> ServiceRevision {
        let port = json!({"name": "http", "port": 80});
        let rendered = json!({"template": {}, "minReadySeconds": 0, "ports": [port]});
        let content = json!({"inputs": {"taskDefinition": format!("web:{number}")}, "rendered": rendered});
        ServiceRevision { service: "web".into(), number, content: serde_json::from_value(content).unwrap() }
    }

    /// The revision that each Service leads to, by name; `all` where it leads to every task
    fn led(permille: i64, test: bool) -> Vec<(String, String)> {
        let (blue, green) = (revision(1), revision(2));
        let lane = |revision, tasks| Some(Lane { revision, tasks });
        let layout = Layout { blue: lane(1, 4), green: lane(2, 1), permille, test };
        let colour = |revision, tasks, at_home| Colour { revision, tasks, at_home };
        let colours = [colour(&blue, 4, true), colour(&green, 1, false)];
        let service = service();
        let shape = service.staged.as_ref();
        let home = ("shop", &OwnerReference::default());
        let laid = lay_out(&service, shape, &layout, &colours, home, None, Capabilities::default());
        let Runner::Deployments(deployments) = laid.runner else { panic!("no Deployments") };
        let named: Vec<_> = deployments.iter().map(|d| d.metadata.name.clone().unwrap()).collect();
        assert_eq!(named, ["web".to_owned(), colour_name("web", 2)], "blue stays where it rolled before");
        let revision = |s: KubeService| s.spec.unwrap().selector.unwrap().remove(names::SERVICE_REVISION);
        let led = laid
            .services
            .into_iter()
            .map(|s| (s.metadata.name.clone().unwrap(), revision(s).unwrap_or_else(|| "all".to_owned())));
        led.collect()
    }

    #[test]
    fn selectors_lead_to_blue_then_to_all_tasks_then_to_green() {
        for (permille, test, production, tested) in
            [(0, false, "1", "1"), (0, true, "1", "2"), (250, true, "all", "2"), (1000, true, "2", "2")]
        {
            let expected = [("web-test", tested), ("web", production)].map(|(a, b)| (a.to_owned(), b.to_owned()));
            assert_eq!(led(permille, test), expected, "{permille}");
        }
    }
}
