//! A service and its task definition → what a deployment runs, and the objects around it.
//!
//! Two steps, because they happen at different times: [`render`] makes the pod template once for each service revision;
//! [`objects`] makes what runs it and its neighbours from a stored revision, each time anything is looked at.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{PodTemplateSpec, Service as KubeService, ServiceAccount, ServicePort, ServiceSpec};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use ecs_crds::ServiceKind;

use crate::config::{Capabilities, Context};
use crate::findings::Findings;
use crate::model::scaling::{Bounds, Scaling};
use crate::model::service::{Propagate, Service};
use crate::model::task::{AppProtocol, Container, Port, Protocol, Task};
use crate::model::traffic::Joined;
use crate::names;
use crate::revision::{Rendered, ServiceRevision};
use crate::translate::disruption::disruption_budget;
use crate::translate::firelens::name_cluster;
use crate::translate::identity::service_account;
use crate::translate::placement::{place, providers};
use crate::translate::pod::{Setting, pod};
use crate::translate::scaling;
use crate::translate::traffic::{self, Ways};
use crate::translate::workload::{Runner, runner};
use crate::translate::{security_groups, tags};

/// How long ECS counts a task without a health check as unproven, in seconds
const UNPROVEN_SECONDS: i32 = 40;

/// The objects of one service: one field per kind of child
#[derive(Clone, Debug, PartialEq)]
pub struct Objects {
    /// The identity of the tasks; none without a task role
    pub service_account: Option<ServiceAccount>,
    /// What runs the tasks
    pub runner: Runner,
    /// The address in front of them
    pub service: Option<KubeService>,
    /// The other ways to them
    pub ways: Ways,
    /// How many of them an eviction may take at once
    pub disruption_budget: Option<PodDisruptionBudget>,
    /// What changes their number by a metric
    pub autoscaler: Option<HorizontalPodAutoscaler>,
}

/// Renders what a deployment of this service runs; `joined` is its traffic with this task, `number` the revision of the task
/// definition
#[must_use]
pub fn render(service: &Service, task: &Task, joined: &Joined, number: i64, context: &Context) -> (Rendered, Findings) {
    let setting = Setting::Service {
        health_check_grace_seconds: service.health_check_grace_seconds,
        essential_policy: service.essential_policy,
    };
    let mut pod = pod(task, number, &setting, context);
    security_groups::apply(&service.security_groups, &mut pod.labels, &mut pod.companions);
    traffic::receive(
        &mut pod.spec,
        &joined.receivers,
        service.health_check_grace_seconds,
        context.config.drain_seconds,
    );
    traffic::know(&mut pod.spec, &joined.host_entries);
    for (resource, _) in service.scaling.iter().flat_map(Scaling::resources) {
        scaling::request(&mut pod.spec, task.main().map(Container::name), resource);
    }
    // R-ROLL: somebody checks the task's health
    let proven = task.has_essential_health_check() || !joined.receivers.is_empty();
    let mut template = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(pod_labels(service, task, number).into_iter().chain(pod.labels).collect()),
            annotations: non_empty(pod_annotations(service, task, pod.annotations)),
            ..ObjectMeta::default()
        }),
        spec: Some(pod.spec),
    };
    place(&mut template, &task.constraints, &service.placement, &selector(service));
    template.spec.iter_mut().for_each(|spec| name_cluster(spec, service.cluster.as_deref()));
    let rendered = Rendered {
        template,
        min_ready_seconds: if proven { 0 } else { UNPROVEN_SECONDS },
        ports: service_ports(task.ports()),
        routes: traffic::routes(joined),
        role: task.role().cloned(),
        companions: pod.companions,
        supervision: pod.supervision,
        providers: providers(&task.constraints, &service.placement),
    };
    (rendered, pod.findings)
}

/// What else the objects of a service depend on now
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether its roll-out goes on no further
    pub paused: bool,
    /// The bounds of its count, where it scales
    pub bounds: Option<Bounds>,
    /// Deployments that await their turn, by name, and what they run until then
    pub waiting: BTreeMap<String, ServiceRevision>,
}

/// The objects of a service that runs this revision
#[must_use]
pub fn objects(
    service: &Service,
    revision: &ServiceRevision,
    namespace: &str,
    owner: &OwnerReference,
    state: State,
    capabilities: Capabilities,
) -> Objects {
    let metadata = |service| metadata(service, namespace, owner);
    let rendered = &revision.content.rendered;
    Objects {
        service_account: rendered.role.as_ref().map(|role| service_account(role, namespace, owner)),
        runner: runner(service, revision, &metadata(service), &state),
        service: kube_service(service, rendered, namespace, owner),
        ways: traffic::ways(service, rendered, &metadata(service), capabilities),
        disruption_budget: disruption_budget(service, metadata(service)),
        autoscaler: service
            .scaling
            .as_ref()
            .zip(state.bounds)
            .and_then(|(scaling, bounds)| scaling::autoscaler(scaling, bounds, metadata(service), owner, capabilities)),
    }
}

/// The label selector of the service's pods
#[must_use]
pub fn selector(service: &Service) -> BTreeMap<String, String> {
    BTreeMap::from([(names::SERVICE.to_owned(), service.name.clone())])
}

fn kube_service(
    service: &Service,
    rendered: &Rendered,
    namespace: &str,
    owner: &OwnerReference,
) -> Option<KubeService> {
    let discovered = service.traffic.discovery.as_ref() == Some(&service.name);
    let default = if discovered { ServiceKind::Headless } else { ServiceKind::ClusterIP };
    let kind = service.service_kind.unwrap_or(default);
    let ports = traffic::own_ports(service, &rendered.ports, &rendered.routes.connect);
    if kind == ServiceKind::None || ports.is_empty() {
        return None;
    }
    Some(KubeService {
        metadata: traffic::own_hosts(service, &rendered.routes.connect, metadata(service, namespace, owner)),
        spec: Some(ServiceSpec {
            cluster_ip: (kind == ServiceKind::Headless).then(|| "None".to_owned()),
            selector: Some(selector(service)),
            ports: Some(ports),
            ..ServiceSpec::default()
        }),
        status: None,
    })
}

fn metadata(service: &Service, namespace: &str, owner: &OwnerReference) -> ObjectMeta {
    let mut annotations = BTreeMap::new();
    if service.name != service.ecs_name {
        annotations.insert(names::ECS_NAME.to_owned(), service.ecs_name.clone());
    }
    if !service.tags.is_empty() {
        annotations.insert(names::TAGS.to_owned(), tags::json(&service.tags));
    }
    let mut labels = tags::labels(&service.tags, service.tag_labels);
    labels.extend(common_labels(service));
    ObjectMeta {
        name: Some(service.name.clone()),
        namespace: Some(namespace.to_owned()),
        labels: Some(labels),
        annotations: non_empty(annotations),
        owner_references: Some(vec![owner.clone()]),
        ..ObjectMeta::default()
    }
}

fn common_labels(service: &Service) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::from([
        (names::MANAGED_BY.to_owned(), names::MANAGER.to_owned()),
        (names::SERVICE.to_owned(), service.name.clone()),
    ]);
    if let Some(cluster) = &service.cluster {
        let short = names::cluster_name(cluster);
        labels.insert(names::CLUSTER.to_owned(), names::label_value(short));
    }
    labels
}

fn pod_labels(service: &Service, task: &Task, number: i64) -> BTreeMap<String, String> {
    let mut labels = tags::labels(task_tags(service, task), service.tag_labels);
    labels.extend(common_labels(service));
    labels.insert(names::FAMILY.to_owned(), names::label_value(task.family()));
    labels.insert(names::REVISION.to_owned(), number.to_string());
    labels.insert(names::TASK_GROUP.to_owned(), names::label_value(&format!("service:{}", service.ecs_name)));
    if service.rebalances {
        labels.insert(names::AZ_REBALANCE.to_owned(), "true".to_owned());
    }
    if let Some(launch_type) = &service.launch_type {
        labels.insert(names::LAUNCH_TYPE.to_owned(), names::label_value(launch_type));
    }
    labels
}

/// The tags of a task, as `propagateTags` says
fn task_tags<'a>(service: &'a Service, task: &'a Task) -> &'a BTreeMap<String, String> {
    const NONE: &BTreeMap<String, String> = &BTreeMap::new();
    match service.propagate_tags {
        Propagate::None => NONE,
        Propagate::Service => &service.tags,
        Propagate::TaskDefinition => task.tags(),
    }
}

fn pod_annotations(
    service: &Service,
    task: &Task,
    mut annotations: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    annotations.insert(names::FAMILY.to_owned(), task.family().to_owned());
    let tags = task_tags(service, task);
    if !tags.is_empty() {
        annotations.insert(names::TAGS.to_owned(), tags::json(tags));
    }
    if let Some(nonce) = &service.force_deployment {
        annotations.insert(names::FORCE_DEPLOYMENT.to_owned(), nonce.clone());
    }
    annotations
}

fn non_empty(map: BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then_some(map)
}

/// One Service port for each container port
fn service_ports<'a>(ports: impl Iterator<Item = &'a Port>) -> Vec<ServicePort> {
    let mut numbers = BTreeSet::new();
    let mut names = BTreeSet::new();
    ports
        .filter(|port| numbers.insert((port.container_port, port.protocol)))
        .map(|port| {
            let made = service_port(port);
            // Two ECS names may become one here; the pod's names are unique.
            let name = made.name.filter(|name| names.insert(name.clone()));
            ServicePort { name: name.or_else(|| Some(port.pod_port_name.clone())), ..made }
        })
        .collect()
}

/// A Service port that leads to a container port
pub(crate) fn service_port(port: &Port) -> ServicePort {
    let number = i32::from(port.container_port);
    ServicePort {
        name: Some(service_port_name(port)),
        port: number,
        target_port: Some(IntOrString::Int(number)),
        protocol: Some(protocol(port.protocol).to_owned()),
        app_protocol: port.app_protocol.map(|p| app_protocol(p).to_owned()),
        ..ServicePort::default()
    }
}

/// R-PORTNAME for a Service: the ECS name with `-` for `_`, else the pod's name of the port
fn service_port_name(port: &Port) -> String {
    match &port.name {
        Some(ecs_name) => names::k8s_name(&ecs_name.replace('_', "-"), names::LABEL_MAX),
        None => port.pod_port_name.clone(),
    }
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
    }
}

fn app_protocol(protocol: AppProtocol) -> &'static str {
    match protocol {
        AppProtocol::Http => "http",
        AppProtocol::Http2 => "kubernetes.io/h2c",
        AppProtocol::Grpc => "grpc",
    }
}
