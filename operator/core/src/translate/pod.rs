//! The pod of a task: what a Deployment's, DaemonSet's or Job's template holds.
//!
//! *Guarantees*: the same task, setting and context give the same pod; quantities are written as the API server stores them.
//!
//! *Not here*: judgement of input (a [`Task`] is valid); labels, affinity and load balancers' part, which need the service.

mod container;
mod network;
mod order;
mod probes;
mod resources;
mod restart;
mod security;
mod supervision;
mod volumes;

use std::collections::BTreeMap;

use ecs_crds::EssentialPolicy;
use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{Container, PodOS, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::task::{Os, Task};
use crate::revision::{Companion, Supervision};
use crate::translate::companion::Companions;
use crate::translate::{firelens, secrets};
use order::{Kind, Order};

/// How the task runs
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// As a task of a service, which replaces it when it stops
    Service {
        /// `healthCheckGracePeriodSeconds`
        health_check_grace_seconds: i64,
        /// `spec.kubernetes.essentialPolicy`; none: what fits the task
        essential_policy: Option<EssentialPolicy>,
    },
    /// On its own, once: of a schedule or RunTask
    Job,
}

impl Setting {
    /// A service that asks for nothing special, as which a task definition is judged on its own
    pub const PLAIN: Self = Self::Service { health_check_grace_seconds: 0, essential_policy: None };

    fn is_job(self) -> bool {
        self == Self::Job
    }
}

/// The pod of a task, and how it differs from ECS
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// The pod's specification
    pub spec: PodSpec,
    /// Labels beside those of whatever runs it
    pub labels: BTreeMap<String, String>,
    /// Annotations that keep what Kubernetes has no place for
    pub annotations: BTreeMap<String, String>,
    /// What it needs beside it
    pub companions: Vec<Companion>,
    /// What the operator sees to in it; nothing in a job
    pub supervision: Supervision,
    /// What is translated other than exactly because of the setting or the cluster
    pub findings: Findings,
}

impl Pod {
    /// As a template of its own, for a Job
    #[must_use]
    pub fn template(&self) -> PodTemplateSpec {
        PodTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(self.labels.clone()),
                annotations: Some(self.annotations.clone()),
                ..ObjectMeta::default()
            }),
            spec: Some(self.spec.clone()),
        }
    }
}

/// Seconds that Kubernetes gives a pod to stop, and ECS a container
const GRACE: i64 = 30;

/// Makes the pod of a task; `number` is the revision of the task definition, which names the pod's companions
#[must_use]
pub fn pod(task: &Task, number: i64, setting: &Setting, context: &Context) -> Pod {
    let mut companions = Companions::of(task, number);
    let mut findings = Findings::default();
    let order = order::order(task, *setting, &mut findings);
    let (init_containers, containers) = containers(task, &order, *setting, context, &mut findings);
    let network = network::names(task, context.capabilities, &mut findings);
    let labels = network::labels(task, &mut companions);
    let mut spec = PodSpec {
        init_containers,
        containers,
        restart_policy: setting.is_job().then(|| "Never".to_owned()),
        termination_grace_period_seconds: grace(task, &order, &mut findings),
        volumes: volumes::volumes(task, context, &mut companions, &mut findings),
        resources: resources::pod(task, context.capabilities),
        security_context: security::pod(task, &order, &mut findings),
        share_process_namespace: security::shares_processes(task, &order, &mut findings).then_some(true),
        runtime_class_name: task.runtime_class.clone(),
        host_network: task.host.network.then_some(true),
        host_pid: task.host.processes.then_some(true),
        host_ipc: task.host.ipc.then_some(true),
        service_account_name: task.role().map(|role| role.service_account.clone()),
        // The old name of the same field, which the API server fills in: who does not own it too cannot take it away, and a
        // task whose role is gone would keep its identity
        service_account: task.role().map(|role| role.service_account.clone()),
        // ECS tasks have neither a token of Kubernetes nor variables about its Services
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        os: Some(PodOS { name: if task.platform.os.is_windows() { "windows" } else { "linux" }.to_owned() }),
        node_selector: Some(node_selector(task)),
        host_aliases: network.host_aliases,
        hostname: network.hostname,
        hostname_override: network.hostname_override,
        dns_config: network.dns_config,
        dns_policy: network.dns_policy,
        ..PodSpec::default()
    };
    secrets::add(&mut spec, task, context, &mut companions, &mut findings);
    firelens::add(&mut spec, task, number, context, &mut companions, &mut findings);
    let supervision = supervision::supervision(task, &order, *setting, context.capabilities, &mut findings);
    let annotations = container::annotations(task);
    Pod { spec, labels, annotations, companions: companions.made(), supervision, findings }
}

/// Init containers and containers, in the order in which they start
fn containers(
    task: &Task,
    order: &Order,
    setting: Setting,
    context: &Context,
    findings: &mut Findings,
) -> (Option<Vec<Container>>, Vec<Container>) {
    let mut resources = resources::containers(task, order, context.capabilities, findings);
    let mut restarts = restart::restarts(task, order, setting, context.capabilities, findings);
    let mut made: BTreeMap<usize, Container> = BTreeMap::new();
    for (index, container) in task.containers.iter().enumerate() {
        let place = container::Place {
            resources: resources.remove(&index),
            restart: restarts.remove(&index).unwrap_or_default(),
            probes: probes::probes(task, index, order, setting, findings),
            os: task.platform.os,
        };
        made.insert(index, container::container(container, place));
    }
    let mut take = |indices: &[usize]| -> Vec<Container> { indices.iter().filter_map(|i| made.remove(i)).collect() };
    let (init, regular) = (take(&order.init), take(&order.regular));
    ((!init.is_empty()).then_some(init), regular)
}

/// R-GRACE: containers stop together, then sidecars one after the other
fn grace(task: &Task, order: &Order, findings: &mut Findings) -> Option<i64> {
    let stop = |index: &usize| task.containers.get(*index).and_then(|c| c.stop_timeout).unwrap_or(GRACE);
    let longest = order.regular.iter().map(stop).max().unwrap_or(GRACE);
    for index in order.regular.iter().filter(|index| stop(index) < longest) {
        if let Some(container) = task.containers.get(*index) {
            let message = format!("the pod has one time to stop, so this container may take {longest} s as well");
            findings.info(&container.path.key("stopTimeout"), Class::Approximate, "StopTimeoutPodWide", message);
        }
    }
    let sidecars = order.init.iter().filter(|index| order.kind(**index) == Kind::Sidecar);
    let total = longest + sidecars.map(stop).sum::<i64>();
    (total != GRACE).then_some(total)
}

/// `runtimePlatform` as labels of the node
fn node_selector(task: &Task) -> BTreeMap<String, String> {
    let (os, build) = match task.platform.os {
        Os::Linux => ("linux", None),
        Os::Windows { build } => ("windows", build),
    };
    let labels = [
        ("kubernetes.io/os", Some(os)),
        ("kubernetes.io/arch", task.platform.architecture),
        ("node.kubernetes.io/windows-build", build),
    ];
    labels.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect()
}

/// A container of the pod under construction
pub(super) fn container_mut<'a>(spec: &'a mut PodSpec, name: &str) -> Option<&'a mut Container> {
    spec.init_containers.iter_mut().flatten().chain(&mut spec.containers).find(|container| container.name == name)
}

/// The list of containers, where a finding is about all of them
fn all_containers() -> Path {
    Path::root().key("containerDefinitions")
}

#[cfg(test)]
mod tests;
