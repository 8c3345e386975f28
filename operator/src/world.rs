//! What the controllers share: the caches of everything watched, the client, and which key an object belongs to.

mod references;
mod schedule;
mod service;
mod task;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, RwLock};

use ecs_core::config::{Capabilities, Context, Nodes};
use ecs_core::names;
use ecs_core::plan::aliases::{has_hosts, is_client, service_names};
use ecs_core::plan::family::FamilyView;
use ecs_core::plan::service::child_name;
use ecs_core::plan::{ChildKind, Existing};
use ecs_core::revision::{OF_SERVICE, OF_TASK_DEFINITION};
use ecs_core::values::revision_ref::RevisionRef;
use ecs_crds::{EcsCluster, EcsService, EcsTask, ScheduledTask, TaskDefinition};
use ecs_kube::{Cache, DynamicObject, Events, Kube, Scaled, Written};
use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet, Deployment};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Node, Pod, Service, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::key::Key;
use crate::kinds::Kinds;
use crate::pace::Pace;
use crate::queue::Queue;

pub(crate) use references::family_of;
use references::{referenced_family, schedule_family, service_family};

/// Everything that a controller needs
pub(crate) struct World {
    pub(crate) kube: Kube,
    pub(crate) events: Events,
    pub(crate) settings: Context,
    /// What is known of the nodes, shared by every context
    pub(crate) nodes: RwLock<Nodes>,
    pub(crate) queue: Arc<Queue<Key>>,
    pub(crate) caches: Caches,
    /// Restraint about children that something else changes back
    pub(crate) pace: Pace,
    /// When the status of an object (by UID) was last written, so that it is written at most once a second
    pub(crate) status_written: Mutex<HashMap<String, Instant>>,
    /// The clock by which schedules run
    pub(crate) clock: Clock,
    /// Where it is counted what is done
    pub(crate) metrics: crate::metrics::Metrics,
    /// Who is asked about alarms of deployments
    pub(crate) alarms: crate::alarms::Asked,
}

/// One cache for each kind that is watched
pub(crate) struct Caches {
    pub(crate) definitions: Arc<Cache<TaskDefinition>>,
    pub(crate) services: Arc<Cache<EcsService>>,
    pub(crate) schedules: Arc<Cache<ScheduledTask>>,
    pub(crate) tasks: Arc<Cache<EcsTask>>,
    pub(crate) revisions: Arc<Cache<ControllerRevision>>,
    pub(crate) deployments: Arc<Cache<Deployment>>,
    pub(crate) daemon_sets: Arc<Cache<DaemonSet>>,
    pub(crate) kube_services: Arc<Cache<Service>>,
    pub(crate) accounts: Arc<Cache<ServiceAccount>>,
    pub(crate) cron_jobs: Arc<Cache<CronJob>>,
    pub(crate) jobs: Arc<Cache<Job>>,
    pub(crate) pods: Arc<Cache<Pod>>,
    pub(crate) kinds: Kinds,
    /// The nodes, where the whole cluster is looked after: who looks after one namespace has no right to see them
    pub(crate) nodes: Option<Arc<Cache<Node>>>,
    /// The EcsClusters, likewise
    pub(crate) clusters: Option<Arc<Cache<EcsCluster>>>,
}

impl Caches {
    /// Empty caches
    pub(crate) fn new(capabilities: Capabilities, whole_cluster: bool) -> Self {
        Self {
            definitions: Arc::default(),
            services: Arc::default(),
            schedules: Arc::default(),
            tasks: Arc::default(),
            revisions: Arc::default(),
            deployments: Arc::default(),
            daemon_sets: Arc::default(),
            kube_services: Arc::default(),
            accounts: Arc::default(),
            cron_jobs: Arc::default(),
            jobs: Arc::default(),
            pods: Arc::default(),
            kinds: Kinds::new(capabilities),
            nodes: whole_cluster.then(Arc::default),
            clusters: whole_cluster.then(Arc::default),
        }
    }

    /// Whether every first list is complete: before that, nothing may be decided
    pub(crate) fn ready(&self) -> bool {
        #[rustfmt::skip] // one name a line would hide what follows
        let Self {
            definitions, services, schedules, tasks, revisions, deployments, daemon_sets, kube_services, accounts, cron_jobs, jobs, pods, kinds,
            nodes, clusters,
        } = self;
        nodes.as_ref().is_none_or(|n| n.is_ready())
            && clusters.as_ref().is_none_or(|c| c.is_ready())
            && definitions.is_ready()
            && services.is_ready()
            && schedules.is_ready()
            && tasks.is_ready()
            && revisions.is_ready()
            && deployments.is_ready()
            && daemon_sets.is_ready()
            && kube_services.is_ready()
            && accounts.is_ready()
            && cron_jobs.is_ready()
            && jobs.is_ready()
            && pods.is_ready()
            && kinds.ready()
    }

    /// Takes in what a step did
    pub(crate) fn wrote(&self, written: Written) {
        match written {
            Written::Applied(kind, object) | Written::Known(kind, object) => {
                self.take_in(kind, *object);
            }
            Written::Stopping(pod) => self.take_in(ChildKind::Pod, *pod),
            Written::Scaled(before, now) => self.scaled(&before, now),
            Written::Deleted(gone) => {
                let (namespace, name, uid) = (&gone.namespace, &gone.name, &gone.uid);
                match gone.kind {
                    ChildKind::ControllerRevision => self.revisions.deleted(namespace, name, uid),
                    ChildKind::Deployment => self.deployments.deleted(namespace, name, uid),
                    ChildKind::DaemonSet => self.daemon_sets.deleted(namespace, name, uid),
                    ChildKind::Service => self.kube_services.deleted(namespace, name, uid),
                    ChildKind::ServiceAccount => self.accounts.deleted(namespace, name, uid),
                    ChildKind::CronJob => self.cron_jobs.deleted(namespace, name, uid),
                    ChildKind::Job => self.jobs.deleted(namespace, name, uid),
                    ChildKind::ScheduledTask => self.schedules.deleted(namespace, name, uid),
                    ChildKind::Pod => self.pods.deleted(namespace, name, uid),
                    ChildKind::EcsTask => self.tasks.deleted(namespace, name, uid),
                    ChildKind::EcsService => self.services.deleted(namespace, name, uid),
                    kind @ (ChildKind::Ingress
                    | ChildKind::HttpRoute
                    | ChildKind::TargetGroupBinding
                    | ChildKind::PodDisruptionBudget
                    | ChildKind::HorizontalPodAutoscaler
                    | ChildKind::Companion(_)) => self.kinds.deleted(kind, namespace, name, uid),
                }
            }
        }
    }

    /// Takes in that the count of a service was written; the answer tells no more than its version
    fn scaled(&self, before: &Existing, now: Scaled) {
        let there = self.services.get(&before.namespace, &before.name);
        let as_it_was = |s: &Arc<EcsService>| s.metadata.resource_version.as_ref() == Some(&before.resource_version);
        let Some(mut service) = there.filter(as_it_was).map(Arc::unwrap_or_clone) else { return };
        service.spec.desired_count = Some(now.count.into());
        service.metadata.resource_version = Some(now.resource_version);
        // A change of the spec is a generation
        service.metadata.generation = service.metadata.generation.map(|generation| generation + 1);
        self.services.wrote(service);
    }

    fn take_in(&self, kind: ChildKind, object: DynamicObject) {
        fn into<K: ecs_kube::Object>(cache: &Cache<K>, object: &DynamicObject) {
            match serde_json::to_value(object).and_then(serde_json::from_value) {
                Ok(object) => cache.wrote(object),
                Err(error) => tracing::error!(%error, "the API server's answer cannot be read; awaiting the watch"),
            }
        }
        match kind {
            ChildKind::ControllerRevision => into(&self.revisions, &object),
            ChildKind::Deployment => into(&self.deployments, &object),
            ChildKind::DaemonSet => into(&self.daemon_sets, &object),
            ChildKind::Service => into(&self.kube_services, &object),
            ChildKind::ServiceAccount => into(&self.accounts, &object),
            ChildKind::CronJob => into(&self.cron_jobs, &object),
            ChildKind::Job => into(&self.jobs, &object),
            ChildKind::ScheduledTask => into(&self.schedules, &object),
            ChildKind::Pod => into(&self.pods, &object),
            ChildKind::EcsTask => into(&self.tasks, &object),
            ChildKind::EcsService => into(&self.services, &object),
            kind @ (ChildKind::Ingress
            | ChildKind::HttpRoute
            | ChildKind::TargetGroupBinding
            | ChildKind::PodDisruptionBudget
            | ChildKind::HorizontalPodAutoscaler
            | ChildKind::Companion(_)) => self.kinds.wrote(kind, object),
        }
    }
}

fn place(metadata: &ObjectMeta) -> (String, String) {
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

fn label<'a>(metadata: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    metadata.labels.as_ref()?.get(key).map(String::as_str)
}

/// What was gathered for a family, kept alive while its view is used
pub(crate) struct FamilyGathered {
    namespace: String,
    family: String,
    definitions: Vec<Arc<TaskDefinition>>,
    stored: Vec<Arc<ControllerRevision>>,
    referenced: BTreeSet<i64>,
}

impl FamilyGathered {
    /// The view that the pure middle takes
    pub(crate) fn view(&self) -> FamilyView<'_> {
        FamilyView {
            namespace: &self.namespace,
            family: &self.family,
            definitions: self.definitions.iter().map(|d| &**d).collect(),
            stored: self.stored.iter().map(|r| &**r).collect(),
            referenced: self.referenced.clone(),
        }
    }

    /// Whether nothing of the family is there
    pub(crate) fn is_empty(&self) -> bool {
        self.definitions.is_empty() && self.stored.is_empty()
    }
}

impl World {
    /// Gathers a family
    pub(crate) fn family(&self, namespace: &str, family: &str) -> FamilyGathered {
        let definitions = self.caches.definitions.in_namespace(namespace);
        let of_family = |r: &Arc<ControllerRevision>| {
            label(&r.metadata, names::REVISION_OF) == Some(OF_TASK_DEFINITION)
                && r.metadata.annotations.as_ref().and_then(|a| a.get(names::FAMILY)).is_some_and(|f| f == family)
        };
        FamilyGathered {
            namespace: namespace.to_owned(),
            family: family.to_owned(),
            definitions: definitions.into_iter().filter(|d| family_of(d) == family).collect(),
            stored: self.caches.revisions.in_namespace(namespace).into_iter().filter(of_family).collect(),
            referenced: self.referenced(namespace, family),
        }
    }

    /// The revisions of a family that services and schedules pin or run
    fn referenced(&self, namespace: &str, family: &str) -> BTreeSet<i64> {
        let mut named = Vec::new();
        for service in self.caches.services.in_namespace(namespace) {
            named.extend(service.spec.task_definition.clone());
            let status = service.status.clone().unwrap_or_default();
            named.extend(status.deployments.into_iter().map(|d| d.task_definition));
            // Where a roll-back goes
            named.extend(status.rollout.and_then(|book| book.completed).map(|completed| completed.task_definition));
        }
        for schedule in self.caches.schedules.in_namespace(namespace) {
            named.extend(schedule.spec.task.as_ref().and_then(|t| t.task_definition.clone()));
            named.extend(schedule.status.clone().and_then(|s| s.task_definition));
        }
        // A task that has started needs its revision no more, but its status names it
        named.extend(self.named_by_tasks(namespace));
        let references = named.iter().filter_map(|n| n.parse::<RevisionRef>().ok());
        references.filter(|r| r.family == family).filter_map(|r| r.revision).collect()
    }

    /// Asks for looks at what a changed TaskDefinition concerns
    pub(crate) fn definition_touched(&self, definition: &TaskDefinition) {
        let (namespace, _) = place(&definition.metadata);
        // A changed family concerns the old one too, whose counter may now be held by nobody.
        let before = definition.status.as_ref().and_then(|s| s.family.clone());
        for family in before.into_iter().chain([family_of(definition)]).collect::<BTreeSet<_>>() {
            self.family_touched(&namespace, &family);
            self.queue.add(Key::Family { namespace: namespace.clone(), family });
        }
    }

    /// Asks for looks at everything that runs a family
    fn family_touched(&self, namespace: &str, family: &str) {
        for service in self.caches.services.in_namespace(namespace) {
            if service_family(&service).as_deref() == Some(family) {
                self.service_touched(&service);
            }
        }
        for schedule in self.caches.schedules.in_namespace(namespace) {
            if schedule_family(&schedule).as_deref() == Some(family) {
                self.schedule_touched(&schedule);
            }
        }
        self.family_of_tasks_touched(namespace, family);
    }

    /// Asks for a look at a changed service, and at those that want its name
    pub(crate) fn service_touched(&self, service: &EcsService) {
        let (namespace, name) = place(&service.metadata);
        let child = child_name(service);
        let names = service_names(service);
        for other in self.caches.services.in_namespace(&namespace) {
            let (_, other_name) = place(&other.metadata);
            let shares = || child_name(&other) == child || !names.is_disjoint(&service_names(&other));
            if other_name != name && shares() {
                self.queue.add(Key::Service { namespace: namespace.clone(), name: other_name });
            }
        }
        self.queue.add(Key::Service { namespace, name });
    }

    /// Asks for a look at a changed schedule
    pub(crate) fn schedule_touched(&self, schedule: &ScheduledTask) {
        let (namespace, name) = place(&schedule.metadata);
        self.queue.add(Key::Schedule { namespace, name });
    }

    /// Asks for looks at what a changed EcsCluster may hold, or no longer holds
    pub(crate) fn cluster_touched(&self, cluster: &EcsCluster) {
        let namespace = &cluster.spec.namespace;
        self.caches.services.in_namespace(namespace).iter().for_each(|service| self.service_touched(service));
        self.caches.schedules.in_namespace(namespace).iter().for_each(|schedule| self.schedule_touched(schedule));
    }

    /// Asks for looks at what a changed ControllerRevision concerns
    pub(crate) fn revision_touched(&self, revision: &ControllerRevision) {
        let metadata = &revision.metadata;
        if label(metadata, names::REVISION_OF) == Some(OF_SERVICE) {
            self.child_touched(metadata);
        } else if let Some(family) = metadata.annotations.as_ref().and_then(|a| a.get(names::FAMILY)) {
            let (namespace, _) = place(metadata);
            self.family_touched(&namespace, family);
            self.queue.add(Key::Family { namespace, family: family.clone() });
        }
    }

    /// Asks for looks at the owners of a changed child
    pub(crate) fn child_touched(&self, metadata: &ObjectMeta) {
        let (namespace, _) = place(metadata);
        for owner in metadata.owner_references.iter().flatten() {
            let (namespace, name) = (namespace.clone(), owner.name.clone());
            match owner.kind.as_str() {
                "EcsService" => self.queue.add(Key::Service { namespace, name }),
                "ScheduledTask" => self.queue.add(Key::Schedule { namespace, name }),
                "EcsTask" => self.queue.add(Key::Task { namespace, name }),
                _ => {}
            }
        }
    }

    /// Asks for looks at the owner of a changed Service, and at the services whose tasks know it by a host name
    pub(crate) fn address_touched(&self, service: &Service) {
        self.child_touched(&service.metadata);
        if !has_hosts(service) {
            return;
        }
        let (namespace, _) = place(&service.metadata);
        for client in self.caches.services.in_namespace(&namespace).iter().filter(|client| is_client(client)) {
            let (namespace, name) = place(&client.metadata);
            self.queue.add(Key::Service { namespace, name });
        }
    }

    /// Asks for a look at the service, the EcsTask or the schedule of a changed pod
    pub(crate) fn pod_touched(&self, pod: &Pod) {
        let (namespace, _) = place(&pod.metadata);
        self.run_touched(&pod.metadata);
        if let Some(child) = label(&pod.metadata, names::TASK) {
            self.pod_of_task_touched(&namespace, child);
        }
        let Some(child) = label(&pod.metadata, names::SERVICE) else { return };
        // Nearly always the EcsService has the very name of its children.
        let named = self.caches.services.get(&namespace, child).filter(|s| child_name(s) == child);
        let services = named.map_or_else(|| self.caches.services.in_namespace(&namespace), |s| vec![s]);
        for service in services.iter().filter(|s| child_name(s) == child) {
            let (namespace, name) = place(&service.metadata);
            self.queue.add(Key::Service { namespace, name });
        }
    }
}
