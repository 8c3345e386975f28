//! Ingress, HTTPRoute and TargetGroupBindings of a service: applied after its Services, deleted when nobody wants them.
//!
//! *Not here*: the Services themselves, which the plan of a service has at hand in their own type.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use crate::plan::{Child, ChildKind, Existing, Plan, Step, is_owned_by};

/// One of them as it is there; a cluster need not know every kind
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Way<'a> {
    /// What it is
    #[serde(skip)]
    pub kind: ChildKind,
    /// Its metadata
    pub metadata: &'a ObjectMeta,
    /// Everything but API version, kind and metadata
    #[serde(flatten)]
    pub body: &'a Value,
}

/// The ways that are wanted: each with the step that brings it there
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    there: &'a [Way<'a>],
    names: Vec<(ChildKind, String)>,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(there: &'a [Way<'a>]) -> Self {
        Self { there, names: Vec::new() }
    }

    /// Adds the step that brings a way there
    pub(super) fn want(&mut self, plan: &mut Plan, kind: ChildKind, metadata: &ObjectMeta, object: &impl Serialize) {
        let child = Child::new(kind, metadata, object);
        let observed = self.there.iter().find(|way| way.kind == kind && way.metadata.name == metadata.name);
        self.names.push((kind, child.name.clone()));
        plan.want(child, observed);
    }

    /// What this owner has beside them
    pub(super) fn superfluous(self, owner: &str) -> Vec<Step> {
        let Self { there, names } = self;
        let wanted = |way: &Way<'_>| {
            names.iter().any(|(kind, name)| *kind == way.kind && way.metadata.name.as_ref() == Some(name))
        };
        let unused = there.iter().filter(|way| is_owned_by(way.metadata, owner) && !wanted(way));
        unused.map(|way| Step::Delete(Existing::of(way.kind, way.metadata))).collect()
    }
}
