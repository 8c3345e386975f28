//! What stands around the tasks of a service and is looked at by nobody here: the ways to them (Ingress, HTTPRoute,
//! TargetGroupBindings) and their PodDisruptionBudget. Applied after the Services, deleted when nobody wants them.
//!
//! *Not here*: the Services themselves, which the plan of a service has at hand in their own type.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use crate::plan::{Child, ChildKind, Existing, Plan, Step, is_owned_by};

/// One of them as it is there; a cluster need not know every kind
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Neighbour<'a> {
    /// What it is
    #[serde(skip)]
    pub kind: ChildKind,
    /// Its metadata
    pub metadata: &'a ObjectMeta,
    /// Everything but API version, kind and metadata
    #[serde(flatten)]
    pub body: &'a Value,
}

/// Those that are wanted: each with the step that brings it there
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    there: &'a [Neighbour<'a>],
    names: Vec<(ChildKind, String)>,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(there: &'a [Neighbour<'a>]) -> Self {
        Self { there, names: Vec::new() }
    }

    /// Adds the step that brings one there
    pub(super) fn want(&mut self, plan: &mut Plan, kind: ChildKind, metadata: &ObjectMeta, object: &impl Serialize) {
        let child = Child::new(kind, metadata, object);
        let observed = self.there.iter().find(|one| one.kind == kind && one.metadata.name == metadata.name);
        self.names.push((kind, child.name.clone()));
        plan.want(child, observed);
    }

    /// What this owner has beside them
    pub(super) fn superfluous(self, owner: &str) -> Vec<Step> {
        let Self { there, names } = self;
        let wanted = |one: &Neighbour<'_>| {
            names.iter().any(|(kind, name)| *kind == one.kind && one.metadata.name.as_ref() == Some(name))
        };
        let unused = there.iter().filter(|one| is_owned_by(one.metadata, owner) && !wanted(one));
        unused.map(|one| Step::Delete(Existing::of(one.kind, one.metadata))).collect()
    }
}
