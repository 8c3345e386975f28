//! What a sweep led to → the status of its EcsCluster.
//!
//! *Guarantees*: a status never changes by itself: the time of a sweep moves only with what it found or did; no line holds a
//! value of a field.

use std::collections::BTreeMap;

use ecs_crds::status::{ConditionType, Reason};
use ecs_crds::{BreakerStatus, EcsClusterStatus, SweepStatus, SyncCounts, SyncedObject, Tombstone};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::plan::{Ledger, SyncPlan};
use super::side::{Alive, EcsSide};

/// How many lines of a list a status shows
const SHOWN: usize = 50;

/// What a sweep cost
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Calls to AWS, by operation
    pub calls: BTreeMap<String, i64>,
    /// How many of them were throttled
    pub throttles: i64,
}

/// The status of an EcsCluster after a sweep
#[must_use]
pub fn status(
    previous: &EcsClusterStatus,
    generation: Option<i64>,
    ecs: &EcsSide,
    plan: &SyncPlan,
    cost: Cost,
    now: Timestamp,
) -> EcsClusterStatus {
    let mut lines: Vec<String> = plan.ecs.iter().map(super::plan::EcsStep::words).collect();
    lines.extend(plan.kube.iter().map(super::plan::KubeStep::words));
    lines.extend(plan.withheld.iter().map(|withheld| format!("not done: {}: {}", withheld.what, withheld.why)));
    lines.extend(plan.waiting.iter().map(|(id, why)| format!("{id} waits: {why}")));
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let counts = SyncCounts {
        agreed: count(plan.equal),
        pending: count(plan.ecs.len() + plan.kube.len() + plan.waiting.len()),
        withheld: count(plan.withheld.len()),
        conflicts: count(plan.conflicts.len()),
        unknown: count(plan.unknown.len()),
    };
    let conflicts = plan.conflicts.iter().map(|conflict| {
        let fields: Vec<&str> = conflict.fields.iter().map(|field| field.path.as_str()).collect();
        let end = conflict.winner.map_or_else(String::new, |winner| format!(" ({winner:?} wins by policy)"));
        format!("{}: {}{end}", conflict.id, fields.join(", "))
    });
    let breaker = plan.breaker.as_ref().map(|breaker| BreakerStatus {
        token: breaker.token.clone(),
        deletions: breaker.deletions.iter().take(SHOWN).cloned().collect(),
        limit: count(breaker.limit),
    });
    let omitted = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    let (synced, tombstones) = remembered(&plan.ledger);
    let unreadable: BTreeMap<String, String> = ecs.unreadable.clone();
    let mut status = EcsClusterStatus {
        observed_generation: generation,
        account: previous.account.clone().or_else(|| ecs.account.clone()),
        counts: Some(counts),
        last_sweep: previous.last_sweep.clone(),
        plan: lines,
        plan_omitted: (omitted > 0).then(|| count(omitted)),
        conflicts: conflicts.take(SHOWN).collect(),
        breaker,
        tombstones,
        synced,
        unreadable,
        conditions: Vec::new(),
    };
    status.conditions = conditions(previous, generation, ecs, plan, now);
    if status != *previous {
        status.last_sweep = Some(SweepStatus { at: Time(now), calls: cost.calls, throttles: cost.throttles });
    }
    status
}

fn remembered(ledger: &Ledger) -> (BTreeMap<String, SyncedObject>, Vec<Tombstone>) {
    let Ledger { synced, tombstones } = ledger;
    let synced = synced
        .iter()
        .map(|(id, known)| (id.to_string(), SyncedObject { uid: known.uid.clone(), digest: known.digest.clone() }));
    let tombstones = tombstones.iter().map(|(id, buried)| Tombstone {
        id: id.to_string(),
        uid: buried.uid.clone(),
        digest: buried.digest.clone(),
        at: Time(buried.at),
        delete: buried.delete,
    });
    (synced.collect(), tombstones.collect())
}

/// Ready: both sides say the same wherever they can be read and the policy lets them
fn conditions(
    previous: &EcsClusterStatus,
    generation: Option<i64>,
    ecs: &EcsSide,
    plan: &SyncPlan,
    now: Timestamp,
) -> Vec<Condition> {
    let busy = !plan.ecs.is_empty() || !plan.kube.is_empty() || !plan.waiting.is_empty();
    let open = plan.conflicts.iter().filter(|conflict| conflict.winner.is_none()).count();
    let (ready, reason, message) = match () {
        () if ecs.cluster == Alive::Gone => {
            (false, Reason::RemoteClusterGone, "the ECS cluster is gone or inactive; nothing is written".to_owned())
        }
        () if plan.breaker.is_some() => (
            false,
            Reason::BreakerOpen,
            "more deletions are planned than one look may do; status.breaker tells".to_owned(),
        ),
        () if open > 0 => {
            (false, Reason::Conflict, format!("{open} objects were changed on both sides; status.conflicts tells"))
        }
        () if !plan.unknown.is_empty() => {
            (false, Reason::Unknown, format!("{} objects could not be read and are left alone", plan.unknown.len()))
        }
        () if busy => (false, Reason::Syncing, "writes are on their way; status.plan tells".to_owned()),
        () if !plan.withheld.is_empty() => {
            (true, Reason::Agreed, "what differs is kept back by mode or policy; status.plan tells".to_owned())
        }
        () => (true, Reason::Agreed, "both sides say the same".to_owned()),
    };
    told(previous, generation, (ready, reason, message), now)
}

/// The status of an EcsCluster that could not be swept: what it said of its objects stands
#[must_use]
pub fn unswept(
    previous: &EcsClusterStatus,
    generation: Option<i64>,
    reason: Reason,
    message: String,
    now: Timestamp,
) -> EcsClusterStatus {
    let conditions = told(previous, generation, (false, reason, message), now);
    EcsClusterStatus { observed_generation: generation, conditions, ..previous.clone() }
}

/// Ready, and what kstatus makes of it
fn told(
    previous: &EcsClusterStatus,
    generation: Option<i64>,
    (ready, reason, message): (bool, Reason, String),
    now: Timestamp,
) -> Vec<Condition> {
    let condition = |kind: ConditionType, is: bool| {
        let (kind, status) = (kind.to_string(), if is { "True" } else { "False" });
        let before = previous.conditions.iter().find(|c| c.type_ == kind && c.status == status);
        Condition {
            last_transition_time: before.map_or(Time(now), |before| before.last_transition_time.clone()),
            message: message.clone(),
            observed_generation: generation,
            reason: reason.to_string(),
            status: status.to_owned(),
            type_: kind,
        }
    };
    let mut conditions = vec![condition(ConditionType::Ready, ready)];
    match reason {
        _ if ready => {}
        Reason::Syncing | Reason::Unknown => conditions.push(condition(ConditionType::Reconciling, true)),
        _ => conditions.push(condition(ConditionType::Stalled, true)),
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::super::gather::ledger;
    use super::super::plan::{Conflict, Kept, Withheld};
    use super::super::side::{Buried, Id, Kind, Synced};
    use super::*;

    fn plan() -> SyncPlan {
        let id = Id::new(Kind::Service, "web");
        let mut plan = SyncPlan { equal: 3, ..SyncPlan::default() };
        plan.ledger.synced.insert(id.clone(), Synced { uid: "u".to_owned(), digest: "d".to_owned() });
        let at = Timestamp::UNIX_EPOCH;
        let buried = Buried { uid: "o".to_owned(), digest: "e".to_owned(), at, delete: true };
        plan.ledger.tombstones.insert(Id::new(Kind::Schedule, "default/old"), buried);
        plan.withheld.push(Withheld { id, what: "import EcsService/new".to_owned(), why: Kept::Mode });
        plan
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_a_status_remembers_is_read_back() {
        let status =
            status(&EcsClusterStatus::default(), Some(1), &EcsSide::default(), &plan(), Cost::default(), at(5));
        assert_eq!(ledger(&status), plan().ledger);
        assert_eq!(status.counts.unwrap().agreed, 3);
        assert_eq!(status.plan, ["not done: import EcsService/new: the mode does not write that side"]);
    }

    #[test]
    fn a_quiet_sweep_leaves_the_status_as_it_is() {
        let of = |previous: &EcsClusterStatus, now: i64| {
            let cost = Cost { calls: [("DescribeServices".to_owned(), now)].into(), throttles: 0 };
            status(previous, Some(1), &EcsSide::default(), &plan(), cost, at(now))
        };
        let first = of(&EcsClusterStatus::default(), 5);
        assert_eq!(of(&first, 65), first);
        let mut moved = plan();
        moved.equal = 4;
        let next = status(&first, Some(1), &EcsSide::default(), &moved, Cost::default(), at(65));
        assert_ne!(next.last_sweep, first.last_sweep);
        assert_eq!(next.conditions[0].last_transition_time, first.conditions[0].last_transition_time);
    }

    #[test]
    fn the_gravest_reason_is_the_one_that_is_told() {
        let told = |change: fn(&mut SyncPlan, &mut EcsSide)| {
            let (mut plan, mut ecs) = (plan(), EcsSide::default());
            change(&mut plan, &mut ecs);
            let status = status(&EcsClusterStatus::default(), None, &ecs, &plan, Cost::default(), at(5));
            let words: Vec<String> =
                status.conditions.iter().map(|c| format!("{} {} {}", c.type_, c.status, c.reason)).collect();
            words.join(", ")
        };
        assert_eq!(told(|_, _| {}), "Ready True Agreed");
        assert_eq!(
            told(|plan, _| drop(plan.waiting.insert(Id::new(Kind::Service, "a"), String::new()))),
            "Ready False Syncing, Reconciling True Syncing"
        );
        let conflict = |plan: &mut SyncPlan, _: &mut EcsSide| {
            plan.conflicts.push(Conflict { id: Id::new(Kind::Service, "a"), fields: vec![], winner: None });
        };
        assert_eq!(told(conflict), "Ready False Conflict, Stalled True Conflict");
        assert_eq!(
            told(|_, ecs| ecs.cluster = Alive::Gone),
            "Ready False RemoteClusterGone, Stalled True RemoteClusterGone"
        );
    }
}
