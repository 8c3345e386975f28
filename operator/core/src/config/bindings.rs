//! What EcsClusters say of the objects that were imported into their namespaces: whether they act here too.
//!
//! Facts, no configuration: the operator fills them from the cluster; offline there are none.

use std::sync::Arc;

use ecs_crds::{EcsCluster, SyncHold, Workload};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::names;

/// The EcsClusters; a copy shares them
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings(Arc<[Binding]>);

/// What of an EcsCluster counts
#[derive(Clone, Debug, PartialEq, Eq)]
struct Binding {
    name: String,
    namespace: String,
    workloads: SyncHold,
    schedules: SyncHold,
}

/// What can be held
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holdable {
    /// Services
    Workloads,
    /// Schedules
    Schedules,
}

impl Bindings {
    /// These EcsClusters
    #[must_use]
    pub fn new<'a>(clusters: impl IntoIterator<Item = &'a EcsCluster>) -> Self {
        let binding = |cluster: &EcsCluster| Binding {
            name: cluster.metadata.name.clone().unwrap_or_default(),
            namespace: cluster.spec.namespace.clone(),
            workloads: cluster.spec.sync.workloads,
            schedules: cluster.spec.sync.schedules,
        };
        Self(clusters.into_iter().map(binding).collect())
    }

    /// The name of the EcsCluster that holds an object, if one does: what was imported, and whose spec says nothing about it
    #[must_use]
    pub fn hold(&self, kind: Holdable, metadata: &ObjectMeta, workload: Option<Workload>) -> Option<String> {
        let imported = metadata.annotations.as_ref().is_some_and(|a| a.contains_key(names::IMPORTED));
        let holds = |binding: &&Binding| {
            let says = match kind {
                Holdable::Workloads => binding.workloads,
                Holdable::Schedules => binding.schedules,
            };
            metadata.namespace.as_ref() == Some(&binding.namespace) && says == SyncHold::Hold
        };
        let binding = self.0.iter().find(holds).filter(|_| imported && workload.is_none())?;
        Some(binding.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_imported_is_held_until_the_cluster_or_the_object_says_run() {
        let cluster = |sync: serde_json::Value| {
            let object = json!({
                "apiVersion": ecs_crds::API_VERSION, "kind": "EcsCluster", "metadata": {"name": "prod"},
                "spec": {"region": "eu-west-1", "cluster": "prod", "namespace": "shop", "sync": sync},
            });
            Bindings::new([&serde_json::from_value(object).unwrap()])
        };
        let object = |namespace: &str, imported: bool| ObjectMeta {
            namespace: Some(namespace.to_owned()),
            annotations: imported.then(|| [(names::IMPORTED.to_owned(), "1".to_owned())].into()),
            ..ObjectMeta::default()
        };
        let run = json!({"schedules": "Run"});
        for (what, sync, namespace, imported, workload, expected) in [
            ("imported", json!({}), "shop", true, None, true),
            ("made here", json!({}), "shop", false, None, false),
            ("of another namespace", json!({}), "web", true, None, false),
            ("lifted", json!({}), "shop", true, Some(Workload::Run), false),
            ("its own affair", json!({}), "shop", true, Some(Workload::Hold), false),
            ("schedules run", run.clone(), "shop", true, None, false),
        ] {
            let bindings = cluster(sync);
            let held = bindings.hold(Holdable::Schedules, &object(namespace, imported), workload);
            assert_eq!(held.as_deref(), expected.then_some("prod"), "{what}");
        }
        assert!(cluster(run).hold(Holdable::Workloads, &object("shop", true), None).is_some(), "services still do not");
    }
}
