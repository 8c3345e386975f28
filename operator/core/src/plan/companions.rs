//! Companions of pods: applied before what runs with them, given up when nothing does any more.
//!
//! Companions are shared by all that run one revision of a task definition in a namespace. Their names do not tell how they
//! were rendered, so two owners may want one with different content (the configuration changed between two deployments): the
//! newest deployment has its way, and nobody puts right what another owner wrote.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde::Serialize;
use serde_json::Value;

use crate::names;
use crate::plan::{Child, ChildKind, Existing, Plan, Step, is_owned_by};
use crate::revision::{Companion, CompanionKind};
use crate::translate::companion::object;

/// Revisions whose companions a schedule keeps beside those that it wants: their tasks may still be starting
const REVISIONS_KEPT: usize = 2;

/// A companion as it is there
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Observed<'a> {
    /// What it is
    #[serde(skip)]
    pub kind: CompanionKind,
    /// Its metadata
    pub metadata: &'a ObjectMeta,
    /// Everything but API version, kind and metadata
    #[serde(flatten)]
    pub body: &'a Value,
}

impl Observed<'_> {
    fn is(&self, companion: &Companion) -> bool {
        self.kind == companion.kind && self.metadata.name.as_deref() == Some(&companion.name)
    }
}

/// Adds the steps that bring an owner's companions there; `deploys` tells that this plan starts a deployment
pub(super) fn want<'a>(
    plan: &mut Plan,
    wanted: impl Iterator<Item = &'a Companion>,
    there: &[Observed<'_>],
    (namespace, owner): (&str, &OwnerReference),
    deploys: bool,
) {
    let mut seen = BTreeSet::new();
    for companion in wanted {
        if !seen.insert((companion.kind, &companion.name)) {
            continue;
        }
        if companion.kind.is_cluster_scoped() {
            let (metadata, object) = object(companion, namespace, owner);
            plan.for_administrator.push(Child::new(ChildKind::Companion(companion.kind), &metadata, &object));
            continue;
        }
        let observed = there.iter().find(|observed| observed.is(companion));
        let settled = observed.is_some_and(|observed| {
            let others = observed.metadata.owner_references.as_ref().is_some_and(|owners| owners.len() > 1);
            others && is_owned_by(observed.metadata, &owner.uid)
        });
        if deploys || !settled {
            let (metadata, object) = object(companion, namespace, owner);
            let child = Child::new(ChildKind::Companion(companion.kind), &metadata, &object);
            plan.want(if companion.kind.outlives_owners() { child } else { child.shared() }, observed);
        }
    }
}

/// An owner's companions that `kept` does not name: deleted where it is the only owner, else its part is given up
pub(super) fn superfluous(there: &[Observed<'_>], owner: &str, kept: impl Fn() -> Vec<Companion>) -> Vec<Step> {
    let mine: Vec<_> = there.iter().filter(|observed| is_owned_by(observed.metadata, owner)).collect();
    if mine.is_empty() {
        return Vec::new();
    }
    let kept = kept();
    let unused = mine.into_iter().filter(|observed| !kept.iter().any(|companion| observed.is(companion)));
    unused.map(|observed| given_up(observed, owner)).collect()
}

/// The companions of a schedule that neither it nor its latest runs want
pub(super) fn superfluous_of_schedule(there: &[Observed<'_>], owner: &str, wanted: &[Companion]) -> Vec<Step> {
    let unused = there.iter().filter(|observed| {
        is_owned_by(observed.metadata, owner) && !wanted.iter().any(|companion| observed.is(companion))
    });
    let unused: Vec<_> = unused.map(|observed| (revision(observed), observed)).collect();
    let numbers: BTreeSet<_> = unused.iter().map(|(number, _)| *number).collect();
    let latest: BTreeSet<_> = numbers.into_iter().rev().take(REVISIONS_KEPT).collect();
    unused
        .into_iter()
        .filter(|(number, _)| !latest.contains(number))
        .map(|(_, observed)| given_up(observed, owner))
        .collect()
}

/// The revision of the task definition that a companion belongs to
fn revision(observed: &Observed<'_>) -> Option<i64> {
    observed.metadata.labels.as_ref()?.get(names::REVISION)?.parse().ok()
}

fn given_up(observed: &Observed<'_>, owner: &str) -> Step {
    let existing = Existing::of(ChildKind::Companion(observed.kind), observed.metadata);
    let alone = observed.metadata.owner_references.as_ref().is_some_and(|owners| owners.len() == 1);
    if alone { Step::Delete(existing) } else { Step::Release(existing, owner.to_owned()) }
}

#[cfg(test)]
mod tests;
