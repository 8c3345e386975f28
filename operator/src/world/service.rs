//! What is gathered for a look at one service.

use std::sync::Arc;

use ecs_core::names;
use ecs_core::plan::aliases::{has_hosts, is_client, service_names};
use ecs_core::plan::is_owned_by;
use ecs_core::plan::service::{ServiceView, child_name};
use ecs_crds::EcsService;
use ecs_kube::{Cache, Object};
use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet, Deployment};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service, ServiceAccount};

use super::{FamilyGathered, World, label, service_family};
use crate::kinds::{Companions, Neighbours};

/// What was gathered for a service
pub(crate) struct ServiceGathered {
    pub(crate) service: Arc<EcsService>,
    others: Vec<Arc<EcsService>>,
    family: Option<FamilyGathered>,
    revisions: Vec<Arc<ControllerRevision>>,
    deployments: Vec<Arc<Deployment>>,
    daemon_sets: Vec<Arc<DaemonSet>>,
    services: Vec<Arc<Service>>,
    offered: Vec<Arc<Service>>,
    accounts: Vec<Arc<ServiceAccount>>,
    neighbours: Neighbours,
    companions: Companions,
    pods: Vec<Arc<Pod>>,
    jobs: Vec<Arc<Job>>,
}

impl ServiceGathered {
    /// The view that the pure middle takes
    pub(crate) fn view(&self) -> ServiceView<'_> {
        ServiceView {
            service: &self.service,
            others: self.others.iter().map(|o| &**o).collect(),
            family: self.family.as_ref().map(FamilyGathered::view),
            revisions: self.revisions.iter().map(|r| &**r).collect(),
            deployments: self.deployments.iter().map(|d| &**d).collect(),
            daemon_sets: self.daemon_sets.iter().map(|d| &**d).collect(),
            services: self.services.iter().map(|s| &**s).collect(),
            offered: self.offered.iter().map(|s| &**s).collect(),
            service_accounts: self.accounts.iter().map(|a| &**a).collect(),
            neighbours: self.neighbours.view(),
            companions: self.companions.view(),
            pods: self.pods.iter().map(|p| &**p).collect(),
            jobs: self.jobs.iter().map(|j| &**j).collect(),
        }
    }
}

impl World {
    /// Gathers a service
    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<ServiceGathered> {
        let caches = &self.caches;
        let service = caches.services.get(namespace, name)?;
        let uid = service.metadata.uid.clone().unwrap_or_default();
        let child = child_name(&service);
        let names = service_names(&service);
        let mut others = caches.services.in_namespace(namespace);
        others.retain(|other| {
            let shares = || !names.is_disjoint(&service_names(other));
            other.metadata.uid != service.metadata.uid && (child_name(other) == child || shares())
        });
        let mut offered = Vec::new();
        if is_client(&service) {
            offered = caches.kube_services.in_namespace(namespace);
            offered.retain(|s| has_hosts(s) && !is_owned_by(&s.metadata, &uid));
        }
        let mut pods = caches.pods.in_namespace(namespace);
        pods.retain(|p| label(&p.metadata, names::SERVICE) == Some(&child));
        Some(ServiceGathered {
            others,
            family: service_family(&service).map(|f| self.family(namespace, &f)),
            revisions: owned(&caches.revisions, namespace, &uid),
            deployments: owned(&caches.deployments, namespace, &uid),
            daemon_sets: owned(&caches.daemon_sets, namespace, &uid),
            services: owned(&caches.kube_services, namespace, &uid),
            offered,
            accounts: caches.accounts.in_namespace(namespace),
            neighbours: caches.kinds.neighbours(namespace, &uid),
            companions: caches.kinds.companions(namespace),
            pods,
            jobs: owned(&caches.jobs, namespace, &uid),
            service,
        })
    }
}

/// The objects of a namespace that an owner has
fn owned<K: Object>(cache: &Cache<K>, namespace: &str, owner: &str) -> Vec<Arc<K>> {
    let mut objects = cache.in_namespace(namespace);
    objects.retain(|object| is_owned_by(object.meta(), owner));
    objects
}
