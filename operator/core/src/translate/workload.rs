//! What runs the tasks of a service: a Deployment, one for each capacity provider, or a DaemonSet for one task on every node
//! (R-ROLL, R-CPS, R-DAEMON).
//!
//! Where there are several Deployments one of them rolls at a time, so that the bounds of the whole service are those of the
//! one that rolls.

use k8s_openapi::api::apps::v1::{
    DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, Deployment, DeploymentSpec, DeploymentStrategy,
    RollingUpdateDaemonSet, RollingUpdateDeployment,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::model::placement::{NodeSet, Providers, Share};
use crate::model::service::{Scheduling, Service};
use crate::names;
use crate::revision::{ProviderNodes, ServiceRevision};
use crate::translate::capacity::divide;
use crate::translate::placement;
use crate::translate::rollout::{self, DaemonStrategy, Strategy};
use crate::translate::service::{State, selector};

/// The Deployment controller takes this for "no deadline": failure is found by other means
const NO_DEADLINE: i32 = i32::MAX;
/// Old ReplicaSets kept, for people who look at the Deployment
const REPLICA_SETS_KEPT: i32 = 10;

/// What runs the tasks
#[derive(Clone, Debug, PartialEq)]
pub enum Runner {
    /// So many tasks, wherever the scheduler puts them: one Deployment, or one for each capacity provider
    Deployments(Vec<Deployment>),
    /// One task on every node that takes it
    DaemonSet(Box<DaemonSet>),
    /// Nothing: a daemon service that is held
    Nothing,
}

impl Default for Runner {
    fn default() -> Self {
        Self::Deployments(Vec::new())
    }
}

/// What runs the tasks of this revision
pub(super) fn runner(service: &Service, revision: &ServiceRevision, metadata: &ObjectMeta, state: &State) -> Runner {
    match service.scheduling {
        Scheduling::Replica => Runner::Deployments(deployments(service, revision, metadata, state)),
        Scheduling::Daemon if service.held => Runner::Nothing,
        Scheduling::Daemon => {
            Runner::DaemonSet(Box::new(daemon_set(service, revision, metadata.clone(), state.paused)))
        }
    }
}

/// One Deployment of a service
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name
    pub name: String,
    /// How many tasks it runs
    pub count: i32,
    /// The capacity provider whose nodes they run on, where each has a Deployment
    provider: Option<ProviderNodes>,
}

/// The Deployments of a service, in the order in which they take their turns
#[must_use]
pub fn parts(service: &Service, revision: &ServiceRevision) -> Vec<Part> {
    let providers = &revision.content.rendered.providers;
    if providers.is_empty() {
        return vec![Part { name: service.name.clone(), count: service.desired_count, provider: None }];
    }
    // The weights are those of now; a revision of other providers shares its tasks out evenly
    let shares: Vec<Share> = providers.iter().map(|provider| share(service, provider)).collect();
    let known = shares.iter().any(|share| share.base > 0 || share.weight > 0);
    let even = || shares.iter().map(|share| Share { weight: 1, ..share.clone() }).collect::<Vec<_>>();
    let counts = if known { divide(service.desired_count, &shares) } else { divide(service.desired_count, &even()) };
    let part = |(provider, count): (&ProviderNodes, i32)| Part {
        name: names::k8s_name(&format!("{}-{}", service.ecs_name, provider.provider), names::LABEL_MAX),
        count,
        provider: Some(provider.clone()),
    };
    providers.iter().zip(counts).map(part).collect()
}

fn share(service: &Service, nodes: &ProviderNodes) -> Share {
    let provider = nodes.provider.clone();
    let of_now = match &service.placement.providers {
        Providers::Exact(shares) => shares.iter().find(|share| share.provider == provider).cloned(),
        Providers::Any | Providers::Only(_) | Providers::Preferred(_) => None,
    };
    of_now.unwrap_or(Share { provider, base: 0, weight: 0, nodes: NodeSet::every() })
}

fn deployments(service: &Service, revision: &ServiceRevision, metadata: &ObjectMeta, state: &State) -> Vec<Deployment> {
    let made = parts(service, revision).into_iter().map(|part| {
        let runs = state.waiting.get(&part.name).unwrap_or(revision);
        // A template is of one revision whole
        let of_its_own = |own: &ProviderNodes| {
            runs.content.rendered.providers.iter().find(|provider| provider.provider == own.provider).cloned()
        };
        let provider = part.provider.as_ref().map(|own| of_its_own(own).unwrap_or_else(|| own.clone()));
        let part = Part { provider, ..part };
        let metadata = ObjectMeta { name: Some(part.name.clone()), ..metadata.clone() };
        deployment(service, &part, runs, metadata, state.paused)
    });
    made.collect()
}

/// Whether ECS could neither stop nor start a task of a deployment
#[must_use]
pub fn is_stuck(service: &Service) -> bool {
    match service.scheduling {
        Scheduling::Replica => rollout::strategy(service.desired_count, service.rolling).stuck,
        Scheduling::Daemon => rollout::daemon_strategy(service.desired_count, service.rolling).stuck,
    }
}

fn deployment(
    service: &Service,
    part: &Part,
    revision: &ServiceRevision,
    metadata: ObjectMeta,
    paused: bool,
) -> Deployment {
    let Strategy { max_unavailable, max_surge, stuck: _ } = rollout::strategy(service.desired_count, service.rolling);
    let mut labels = selector(service);
    let mut template = revision.template();
    let mut max_unavailable = IntOrString::String(max_unavailable);
    if let Some(provider) = &part.provider {
        placement::on_nodes_of(&mut template, provider);
        labels.insert(names::CAPACITY_PROVIDER.to_owned(), names::label_value(&provider.provider));
        // One Deployment rolls at a time, and what the service may do without is its to spend
        let (lower, _) = rollout::bounds(service.desired_count, service.rolling);
        let unavailable = i64::from(service.desired_count) - lower;
        max_unavailable = IntOrString::Int(i32::try_from(unavailable).unwrap_or(i32::MAX));
    }
    Deployment {
        metadata,
        spec: Some(DeploymentSpec {
            replicas: Some(if service.held { 0 } else { part.count }),
            selector: LabelSelector { match_labels: Some(labels), ..LabelSelector::default() },
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::Int(max_surge)),
                    max_unavailable: Some(max_unavailable),
                }),
            }),
            min_ready_seconds: Some(revision.content.rendered.min_ready_seconds),
            progress_deadline_seconds: Some(NO_DEADLINE),
            revision_history_limit: Some(REPLICA_SETS_KEPT),
            paused: paused.then_some(true),
            template,
        }),
        status: None,
    }
}

fn daemon_set(service: &Service, revision: &ServiceRevision, metadata: ObjectMeta, paused: bool) -> DaemonSet {
    let DaemonStrategy { max_unavailable, stuck: _ } = rollout::daemon_strategy(service.desired_count, service.rolling);
    // A DaemonSet cannot be paused; it can be told to leave its old tasks alone
    let update_strategy = if paused {
        DaemonSetUpdateStrategy { type_: Some("OnDelete".to_owned()), rolling_update: None }
    } else {
        DaemonSetUpdateStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(RollingUpdateDaemonSet {
                max_surge: Some(IntOrString::Int(0)),
                max_unavailable: Some(max_unavailable),
            }),
        }
    };
    DaemonSet {
        metadata,
        spec: Some(DaemonSetSpec {
            selector: LabelSelector { match_labels: Some(selector(service)), ..LabelSelector::default() },
            update_strategy: Some(update_strategy),
            min_ready_seconds: Some(revision.content.rendered.min_ready_seconds),
            revision_history_limit: Some(REPLICA_SETS_KEPT),
            template: revision.template(),
        }),
        status: None,
    }
}
