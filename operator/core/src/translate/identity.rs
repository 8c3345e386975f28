//! The identity of tasks: a task role as a ServiceAccount that IRSA reads, or that EKS Pod Identity knows by its name.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::model::task::TaskRole;
use crate::names;

/// The annotation by which EKS gives a ServiceAccount's pods an IAM role
const IRSA: &str = "eks.amazonaws.com/role-arn";

/// A role's ServiceAccount
///
/// It is shared by everything in the namespace that runs with the role, so no owner is its controller.
#[must_use]
pub fn service_account(role: &TaskRole, namespace: &str, owner: &OwnerReference) -> ServiceAccount {
    let owner = OwnerReference { controller: None, block_owner_deletion: None, ..owner.clone() };
    ServiceAccount {
        metadata: ObjectMeta {
            name: Some(role.service_account.clone()),
            namespace: Some(namespace.to_owned()),
            labels: Some(BTreeMap::from([(names::MANAGED_BY.to_owned(), names::MANAGER.to_owned())])),
            annotations: role.taken.is_irsa().then(|| BTreeMap::from([(IRSA.to_owned(), role.arn.clone())])),
            owner_references: Some(vec![owner]),
            ..ObjectMeta::default()
        },
        ..ServiceAccount::default()
    }
}
