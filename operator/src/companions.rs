//! The caches of companions: objects of kinds that only some clusters have.
//!
//! Kinds of add-ons that the cluster has not are never watched; their caches only hold our own writes, so that a companion
//! of a stored revision is not tried again and again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecs_core::config::Capabilities;
use ecs_core::plan::companions::Observed;
use ecs_core::revision::CompanionKind;
use ecs_kube::{Cache, DynamicObject};

/// One cache for each kind of companion
pub(crate) struct Companions(BTreeMap<CompanionKind, Kept>);

struct Kept {
    cache: Arc<Cache<DynamicObject>>,
    watched: bool,
}

impl Companions {
    /// Empty caches, of which those that the cluster can fill are watched
    pub(crate) fn new(capabilities: Capabilities) -> Self {
        let kept = |kind: &CompanionKind| (*kind, Kept { cache: Arc::default(), watched: kind.served(capabilities) });
        Self(CompanionKind::ALL.iter().map(kept).collect())
    }

    /// What is to be watched
    pub(crate) fn watched(&self) -> impl Iterator<Item = (CompanionKind, &Arc<Cache<DynamicObject>>)> {
        self.0.iter().filter(|(_, kept)| kept.watched).map(|(kind, kept)| (*kind, &kept.cache))
    }

    /// Whether every first list is complete
    pub(crate) fn ready(&self) -> bool {
        self.watched().all(|(_, cache)| cache.is_ready())
    }

    /// Takes in the answer to a write of ours
    pub(crate) fn wrote(&self, kind: CompanionKind, object: DynamicObject) {
        if let Some(kept) = self.0.get(&kind) {
            kept.cache.wrote(object);
        }
    }

    /// Takes in that we deleted this object
    pub(crate) fn deleted(&self, kind: CompanionKind, namespace: &str, name: &str, uid: &str) {
        if let Some(kept) = self.0.get(&kind) {
            kept.cache.deleted(namespace, name, uid);
        }
    }

    /// The companions of a namespace
    pub(crate) fn gather(&self, namespace: &str) -> Gathered {
        let of = |(kind, kept): (&CompanionKind, &Kept)| {
            let kind = *kind;
            kept.cache.in_namespace(namespace).into_iter().map(move |object| (kind, object))
        };
        Gathered(self.0.iter().flat_map(of).collect())
    }
}

/// The companions of a namespace, kept alive while a view looks at them
pub(crate) struct Gathered(Vec<(CompanionKind, Arc<DynamicObject>)>);

impl Gathered {
    /// As plans take them
    pub(crate) fn view(&self) -> Vec<Observed<'_>> {
        self.0
            .iter()
            .map(|(kind, object)| Observed { kind: *kind, metadata: &object.metadata, body: &object.data })
            .collect()
    }
}
