//! R-PDB: how many tasks of a service an eviction may take at once.
//!
//! ECS starts a replacement before it drains an instance; an eviction cannot, and a budget of none would keep nodes from
//! being drained for ever. So a service that is to stay whole gives one task at a time.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::model::service::{Scheduling, Service};
use crate::translate::service::selector;

/// The budget of a service that runs tasks; none where there is nothing to protect, and none of daemons, which go with
/// their node
pub(super) fn disruption_budget(service: &Service, metadata: ObjectMeta) -> Option<PodDisruptionBudget> {
    if service.scheduling == Scheduling::Daemon || service.desired_count < 1 || service.held {
        return None;
    }
    let healthy = service.rolling.minimum_healthy_percent;
    let whole = healthy >= 100;
    Some(PodDisruptionBudget {
        metadata,
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: whole.then_some(IntOrString::Int(1)),
            // Rounded up, as ECS's lower bound is
            min_available: (!whole).then(|| IntOrString::String(format!("{healthy}%"))),
            selector: Some(LabelSelector { match_labels: Some(selector(service)), ..LabelSelector::default() }),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
        }),
        status: None,
    })
}
