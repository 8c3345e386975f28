//! What is known of the cluster's nodes: labels and provider ids, for placement.
//!
//! Nodes change all the time; nothing is looked at for that. What placement makes of them is frozen into a service revision.

use std::sync::Arc;

use ecs_core::config::{Bindings, Context, Node, Nodes};
use ecs_kube::Cache;
use k8s_openapi::api::core::v1::Node as KubeNode;

use crate::world::World;

/// Of a node only its name, labels and provider id are kept
pub(crate) fn slim(node: &mut KubeNode) {
    node.status = None;
    node.metadata.annotations = None;
    if let Some(spec) = &mut node.spec {
        let provider_id = spec.provider_id.take();
        *spec = k8s_openapi::api::core::v1::NodeSpec { provider_id, ..Default::default() };
    }
}

/// The nodes as placement looks at them
pub(crate) fn known(cache: &Cache<KubeNode>) -> Nodes {
    let node = |node: Arc<KubeNode>| Node {
        name: node.metadata.name.clone().unwrap_or_default(),
        labels: node.metadata.labels.clone().unwrap_or_default(),
        provider_id: node.spec.as_ref().and_then(|s| s.provider_id.clone()),
    };
    Nodes::new(cache.all().into_iter().map(node).collect())
}

impl World {
    /// What translation depends on beside the documents, as it is now
    pub(crate) fn context(&self) -> Context {
        let nodes = self.nodes.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let clusters = self.caches.clusters.as_ref().map(|cache| cache.all()).unwrap_or_default();
        let bindings = Bindings::new(clusters.iter().map(|cluster| &**cluster));
        Context { nodes, bindings, ..self.settings.clone() }
    }

    /// Takes in that nodes have changed. No object is looked at for that: placement is frozen into service revisions
    pub(crate) fn nodes_touched(&self) {
        let known = self.caches.nodes.as_deref().map(known).unwrap_or_default();
        *self.nodes.write().unwrap_or_else(std::sync::PoisonError::into_inner) = known;
    }
}
