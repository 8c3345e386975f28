//! What an EcsCluster allows, and the filter that every finished plan passes.
//!
//! *Guarantees*: whatever `decide` wished, nothing leaves here that mode, pause or breaker forbid; Observe writes nothing but
//! what the EcsCluster itself shows; deletions come last, and all of them or none.

use std::collections::BTreeSet;

use ecs_crds::{ConflictPolicy, DeletionPolicy, EcsClusterSpec, SyncHold, SyncMode, SyncResource};

use super::plan::{Breaker, EcsAct, EcsStep, Kept, KubeAct, KubeStep, Ledger, SyncPlan, Withheld};
use super::side::{Kind, KubeSide};
use crate::names;

/// What an EcsCluster allows
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The UID of the EcsCluster: tags of ours carry it
    pub binding: String,
    /// Which side follows which
    pub mode: SyncMode,
    /// What becomes of a field that both sides changed
    pub conflicts: ConflictPolicy,
    /// What becomes of the other side when one side is deleted
    pub deletions: DeletionPolicy,
    /// What is synced
    pub resources: BTreeSet<SyncResource>,
    /// Whether imported services run here
    pub workloads: SyncHold,
    /// Whether imported schedules fire here
    pub schedules: SyncHold,
    /// How many deletions one look may do, whatever share of the objects that is
    pub max_deletions: usize,
    /// Which share of the objects one look may delete, in percent, however many these are
    pub max_percent: usize,
    /// Nothing is written
    pub paused: bool,
    /// The account that answered first: no other is believed
    pub account: Option<String>,
    /// The deletions that a person has confirmed, by their digest
    pub confirmed: Option<String>,
}

impl Policy {
    /// What the spec of an EcsCluster allows
    #[must_use]
    pub fn of(spec: &EcsClusterSpec, binding: &str, account: Option<&str>, confirmed: Option<&str>) -> Self {
        let sync = &spec.sync;
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        Self {
            binding: binding.to_owned(),
            mode: sync.mode,
            conflicts: sync.conflict_policy,
            deletions: sync.deletion_policy,
            resources: sync.resources.iter().copied().collect(),
            workloads: sync.workloads,
            schedules: sync.schedules,
            max_deletions: number(sync.breaker.max_deletions),
            max_percent: number(sync.breaker.max_percent),
            paused: sync.paused,
            account: account.map(str::to_owned),
            confirmed: confirmed.map(str::to_owned),
        }
    }

    /// Whether ECS may be written
    #[must_use]
    pub fn writes_ecs(&self) -> bool {
        matches!(self.mode, SyncMode::Export | SyncMode::TwoWay)
    }

    /// Whether specs here may be written
    #[must_use]
    pub fn writes_kube(&self) -> bool {
        matches!(self.mode, SyncMode::Import | SyncMode::TwoWay)
    }

    /// Whether objects of a kind are synced
    #[must_use]
    pub fn covers(&self, kind: Kind) -> bool {
        self.resources.contains(&match kind {
            Kind::TaskDefinition => SyncResource::TaskDefinitions,
            Kind::Service => SyncResource::Services,
            Kind::Schedule => SyncResource::Schedules,
        })
    }

    /// How many deletions one look may do among so many objects
    #[must_use]
    pub fn limit(&self, objects: usize) -> usize {
        self.max_deletions.max(objects.saturating_mul(self.max_percent) / 100)
    }
}

/// Whether a step takes something away, or answers that a whole kind seems to have gone
fn deletes(step: &EcsStep) -> bool {
    matches!(step.act, EcsAct::Delete { .. })
}

/// Takes from a finished plan what the policy forbids; what is taken is told in `withheld`
#[must_use]
pub fn filter(mut plan: SyncPlan, kube: &KubeSide, policy: &Policy) -> SyncPlan {
    let why = |allowed: bool| match (policy.paused, allowed) {
        (true, _) => Some(Kept::Paused),
        (_, false) => Some(Kept::Mode),
        _ => None,
    };
    if let Some(kept) = why(policy.writes_ecs()) {
        let steps = std::mem::take(&mut plan.ecs);
        plan.withheld.extend(steps.into_iter().map(|s| Withheld { what: s.words(), id: s.id, why: kept }));
    }
    if let Some(kept) = why(policy.writes_kube()) {
        // That a stored revision has a number on ECS is an observation, no edit: Export needs it too.
        let observed = |step: &KubeStep| {
            kept == Kept::Mode && policy.writes_ecs() && matches!(step.act, KubeAct::Revision { document: None, .. })
        };
        let (stay, steps): (Vec<_>, Vec<_>) = std::mem::take(&mut plan.kube).into_iter().partition(observed);
        plan.kube = stay;
        plan.withheld.extend(steps.into_iter().map(|s| Withheld { what: s.words(), id: s.id, why: kept }));
    }
    breaker(&mut plan, kube, policy);
    order(&mut plan);
    if policy.mode == SyncMode::Observe {
        plan.agreed.clear();
        plan.ledger = Ledger { synced: kube.synced.clone(), tombstones: kube.tombstones.clone() };
    }
    plan
}

/// Makers before users; what is deleted comes last, users before what they use
fn order(plan: &mut SyncPlan) {
    let (mut last, mut first): (Vec<_>, Vec<_>) = std::mem::take(&mut plan.ecs).into_iter().partition(deletes);
    first.sort_by(|a, b| a.id.cmp(&b.id));
    last.sort_by(|a, b| b.id.cmp(&a.id));
    first.extend(last);
    plan.ecs = first;
}

/// More deletions than one look may do, on either side, wait for a person; so does what would answer that a whole kind is gone
fn breaker(plan: &mut SyncPlan, kube: &KubeSide, policy: &Policy) {
    let gone = |kind: Kind| {
        let had: Vec<_> = kube.synced.keys().chain(kube.tombstones.keys()).filter(|id| id.kind == kind).collect();
        had.len() > 1 && had.iter().all(|id| !plan.present.contains(*id))
    };
    let emptied: BTreeSet<Kind> =
        [Kind::TaskDefinition, Kind::Service, Kind::Schedule].into_iter().filter(|kind| gone(*kind)).collect();
    let ecs = |step: &EcsStep| deletes(step) || (emptied.contains(&step.id.kind) && plan.recreated.contains(&step.id));
    let here = |step: &KubeStep| matches!(step.act, KubeAct::Delete { .. });
    let words = plan.ecs.iter().filter(|s| ecs(s)).map(EcsStep::words);
    let deletions: BTreeSet<String> = words.chain(plan.kube.iter().filter(|s| here(s)).map(KubeStep::words)).collect();
    let limit = policy.limit(kube.synced.len() + kube.tombstones.len());
    let token =
        names::sha256(&format!("{}\n{}", policy.binding, deletions.iter().cloned().collect::<Vec<_>>().join("\n")));
    let token = token[..16].to_owned();
    let whole_kind = plan
        .ecs
        .iter()
        .filter(|s| ecs(s))
        .map(|s| s.id.kind)
        .chain(plan.kube.iter().filter(|s| here(s)).map(|s| s.id.kind));
    let whole_kind = whole_kind.into_iter().any(|kind| emptied.contains(&kind));
    if (deletions.len() <= limit && !whole_kind) || policy.confirmed.as_deref() == Some(token.as_str()) {
        return;
    }
    let (kept, stay): (Vec<_>, Vec<_>) = plan.ecs.iter().cloned().partition(|s| ecs(s));
    let (kept_here, stay_here): (Vec<_>, Vec<_>) = plan.kube.iter().cloned().partition(|s| here(s));
    let told = kept.into_iter().map(|s| (s.words(), s.id)).chain(kept_here.into_iter().map(|s| (s.words(), s.id)));
    let told: Vec<Withheld> = told.map(|(what, id)| Withheld { id, what, why: Kept::Breaker }).collect();
    (plan.ecs, plan.kube) = (stay, stay_here);
    plan.withheld.extend(told);
    plan.breaker = Some(Breaker { token, deletions, limit });
}
