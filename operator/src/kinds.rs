//! The caches of objects that need no type of their own here: companions of pods, neighbours of services, and kinds that only some
//! clusters have.
//!
//! Kinds of add-ons that the cluster has not are never watched; their caches only hold our own writes, so that an object of a
//! stored revision is not tried again and again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecs_core::config::Capabilities;
use ecs_core::plan::companions::Observed;
use ecs_core::plan::neighbours::Neighbour;
use ecs_core::plan::{ChildKind, is_owned_by};
use ecs_core::revision::CompanionKind;
use ecs_kube::{Cache, DynamicObject};

/// What stands around the tasks of a service, beside its Services
const NEIGHBOURS: &[ChildKind] = &[
    ChildKind::Ingress,
    ChildKind::HttpRoute,
    ChildKind::TargetGroupBinding,
    ChildKind::PodDisruptionBudget,
    ChildKind::HorizontalPodAutoscaler,
];

/// One cache for each kind
pub(crate) struct Kinds(BTreeMap<ChildKind, Kept>);

struct Kept {
    cache: Arc<Cache<DynamicObject>>,
    watched: bool,
}

impl Kinds {
    /// Empty caches, of which those that the cluster can fill are watched
    pub(crate) fn new(capabilities: Capabilities) -> Self {
        let kinds = CompanionKind::ALL.iter().map(|kind| ChildKind::Companion(*kind)).chain(NEIGHBOURS.iter().copied());
        let kept = |kind: ChildKind| (kind, Kept { cache: Arc::default(), watched: kind.served(capabilities) });
        Self(kinds.map(kept).collect())
    }

    /// What is to be watched
    pub(crate) fn watched(&self) -> impl Iterator<Item = (ChildKind, &Arc<Cache<DynamicObject>>)> {
        self.0.iter().filter(|(_, kept)| kept.watched).map(|(kind, kept)| (*kind, &kept.cache))
    }

    /// Whether every first list is complete
    pub(crate) fn ready(&self) -> bool {
        self.watched().all(|(_, cache)| cache.is_ready())
    }

    /// Takes in the answer to a write of ours
    pub(crate) fn wrote(&self, kind: ChildKind, object: DynamicObject) {
        if let Some(kept) = self.0.get(&kind) {
            kept.cache.wrote(object);
        }
    }

    /// Takes in that we deleted this object
    pub(crate) fn deleted(&self, kind: ChildKind, namespace: &str, name: &str, uid: &str) {
        if let Some(kept) = self.0.get(&kind) {
            kept.cache.deleted(namespace, name, uid);
        }
    }

    /// The companions of a namespace
    pub(crate) fn companions(&self, namespace: &str) -> Companions {
        let of = |(kind, kept): (&ChildKind, &Kept)| {
            let ChildKind::Companion(kind) = *kind else { return Vec::new() };
            kept.cache.in_namespace(namespace).into_iter().map(|object| (kind, object)).collect()
        };
        Companions(self.0.iter().flat_map(of).collect())
    }

    /// The neighbours that an owner has
    pub(crate) fn neighbours(&self, namespace: &str, owner: &str) -> Neighbours {
        let of = |kind: &ChildKind| {
            let objects = self.0.get(kind).map(|kept| kept.cache.in_namespace(namespace)).unwrap_or_default();
            let kind = *kind;
            objects.into_iter().filter(|o| is_owned_by(&o.metadata, owner)).map(move |object| (kind, object))
        };
        Neighbours(NEIGHBOURS.iter().flat_map(of).collect())
    }
}

/// The companions of a namespace, kept alive while a view looks at them
pub(crate) struct Companions(Vec<(CompanionKind, Arc<DynamicObject>)>);

impl Companions {
    /// As plans take them
    pub(crate) fn view(&self) -> Vec<Observed<'_>> {
        self.0
            .iter()
            .map(|(kind, object)| Observed { kind: *kind, metadata: &object.metadata, body: &object.data })
            .collect()
    }
}

/// The neighbours that an owner has, kept alive while a view looks at them
pub(crate) struct Neighbours(Vec<(ChildKind, Arc<DynamicObject>)>);

impl Neighbours {
    /// As plans take them
    pub(crate) fn view(&self) -> Vec<Neighbour<'_>> {
        self.0
            .iter()
            .map(|(kind, object)| Neighbour { kind: *kind, metadata: &object.metadata, body: &object.data })
            .collect()
    }
}
