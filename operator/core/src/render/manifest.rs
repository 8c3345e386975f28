//! Manifests as a person applies them: without what only a cluster knows, each object once.
//!
//! *Not here*: what the objects are; the plans make them.

use serde_json::Value;

use super::given::Family;
use crate::names;
use crate::plan::{Child, ChildKind, Plan, Step};

/// The objects so far
pub(super) struct Manifests {
    revisions: bool,
    objects: Vec<Value>,
}

impl Manifests {
    pub(super) fn new(revisions: bool) -> Self {
        Self { revisions, objects: Vec::new() }
    }

    /// The revisions of a family that was given
    pub(super) fn add_revisions(&mut self, family: &Family) {
        if self.revisions && !family.made_up {
            for stored in &family.stored {
                self.push(Child::new(ChildKind::ControllerRevision, &stored.metadata, stored).manifest);
            }
        }
    }

    /// What a plan applies; a service that was made up keeps no revision
    pub(super) fn add(&mut self, plan: Plan, made_up: bool) {
        for child in plan.for_administrator {
            self.push(child.manifest);
        }
        for step in plan.applies {
            let (Step::Create(child) | Step::Update(child, _)) = step else {
                continue;
            };
            if child.kind != ChildKind::ControllerRevision || (self.revisions && !made_up) {
                self.push(child.manifest);
            }
        }
    }

    /// An object; a ServiceAccount that several share comes once
    pub(super) fn push(&mut self, manifest: Value) {
        let manifest = portable(manifest);
        if !self.objects.contains(&manifest) {
            self.objects.push(manifest);
        }
    }

    pub(super) fn into_objects(self) -> Vec<Value> {
        self.objects
    }
}

/// Without owner and digest: both need the UID that the owner has in the cluster
fn portable(mut manifest: Value) -> Value {
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("ownerReferences");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(names::APPLIED);
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    manifest
}
