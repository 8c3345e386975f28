//! One sweep of an EcsCluster: what the namespace says, what ECS says, what is due, carried out and told.
//!
//! *Guarantees*: what the EcsCluster remembers is written last, after everything that it remembers.

use std::time::Duration;

use ecs_core::names;
use ecs_core::ports::{Ask, Ecs as _};
use ecs_core::report::Event;
use ecs_core::sync::gather::{Namespace, kube_side};
use ecs_core::sync::side::{EcsSide, KubeSide};
use ecs_core::sync::{Policy, SyncPlan, period, report, sync};
use ecs_crds::status::{ConditionType, Reason};
use ecs_crds::{EcsCluster, EcsClusterStatus};
use ecs_kube::Fault;
use jiff::Timestamp;

use super::carry::{Carried, Carry};
use super::world::SyncWorld;
use super::{Binding, Remotes};
use crate::queue::{Next, jitter};

/// When is looked again after something was written: what was written is to be seen on both sides
const AFTER_WRITES: Duration = Duration::from_secs(2);
/// When is looked again while something is waited for
const WAITING: Duration = Duration::from_secs(30);

/// Looks at an EcsCluster
pub(super) async fn look<R: Remotes>(world: &SyncWorld<R>, name: &str) -> Next {
    let Some(cluster) = world.caches.clusters.get("", name) else {
        world.close(name).await;
        return Next::Settled;
    };
    let next = sweep(world, &cluster).await.unwrap_or_else(|fault| {
        tracing::warn!(cluster = name, %fault, "a sweep failed; it is tried again");
        Next::Failed
    });
    tracing::debug!(key = name, ?next, "looked at");
    next
}

async fn sweep<R: Remotes>(world: &SyncWorld<R>, cluster: &EcsCluster) -> Result<Next, Fault> {
    let binding = Binding {
        name: cluster.metadata.name.clone().unwrap_or_default(),
        uid: cluster.metadata.uid.clone().unwrap_or_default(),
        spec: cluster.spec.clone(),
    };
    let every = period::period(&cluster.spec.sync.period);
    if let Some(holder) = holder(world, cluster) {
        let why = format!("the EcsCluster `{holder}` is bound to the namespace {} already", cluster.spec.namespace);
        return cannot(world, cluster, Reason::NameTaken, why).await.map(|()| Next::After(every));
    }
    let name = binding.name.clone();
    let ecs = match world.remote(binding.clone()).await {
        Ok(ecs) => ecs,
        Err(why) => return cannot(world, cluster, Reason::Unknown, why).await.map(|()| Next::After(every)),
    };
    let before = cluster.status.clone().unwrap_or_default();
    let seen = ecs.observe(&ask(cluster, &here(world, cluster, &before))).await;
    // What was changed here meanwhile counts
    let (kube, now) = (here(world, cluster, &before), now(world));
    let confirmed = cluster.metadata.annotations.as_ref().and_then(|notes| notes.get(names::CONFIRM_DELETIONS));
    let policy = Policy::of(&cluster.spec, &binding.uid, before.account.as_deref(), confirmed.map(String::as_str));
    let mut plan = sync(&seen, &kube, &policy, now);
    let namespace = &cluster.spec.namespace;
    let carried = Carry { world, ecs: &*ecs, cluster: &name, namespace, now }.all(&plan).await;
    plan.waiting.extend(carried.troubles.clone());
    tell(world, cluster, &before, &seen, &plan, ecs.cost()).await?;
    Ok(next(&name, every, &plan, &carried, now))
}

/// When is looked again
fn next(name: &str, every: Duration, plan: &SyncPlan, carried: &Carried, now: Timestamp) -> Next {
    if carried.written + carried.stale > 0 {
        return Next::After(AFTER_WRITES.min(every));
    }
    if !plan.waiting.is_empty() {
        return Next::After(WAITING.min(every));
    }
    let salt = u32::try_from(now.as_second() & i64::from(u32::MAX)).unwrap_or_default();
    Next::After(every + jitter(&name, salt, every / 10))
}

/// Writes the status, where it became something else, and says so in an event where Ready gives another reason
async fn tell<R: Remotes>(
    world: &SyncWorld<R>,
    cluster: &EcsCluster,
    before: &EcsClusterStatus,
    seen: &EcsSide,
    plan: &SyncPlan,
    cost: report::Cost,
) -> Result<(), Fault> {
    let status = report::status(before, cluster.metadata.generation, seen, plan, cost, now(world));
    write(world, cluster, before, &status).await
}

/// Says why there is no sweep
async fn cannot<R: Remotes>(
    world: &SyncWorld<R>,
    cluster: &EcsCluster,
    reason: Reason,
    why: String,
) -> Result<(), Fault> {
    let before = cluster.status.clone().unwrap_or_default();
    let status = report::unswept(&before, cluster.metadata.generation, reason, why, now(world));
    write(world, cluster, &before, &status).await
}

async fn write<R: Remotes>(
    world: &SyncWorld<R>,
    cluster: &EcsCluster,
    before: &EcsClusterStatus,
    status: &EcsClusterStatus,
) -> Result<(), Fault> {
    if status == before {
        return Ok(());
    }
    world.caches.clusters.wrote(world.kube.write_cluster(cluster, status).await?);
    let ready = |status: &EcsClusterStatus| {
        let ready = status.conditions.iter().find(|c| c.type_ == ConditionType::Ready.to_string());
        ready.map(|c| (c.status == "True", c.reason.clone(), c.message.clone()))
    };
    if let Some((is, reason, note)) = ready(status)
        && ready(before).is_none_or(|(_, was, _)| was != reason)
    {
        let warning = !is && reason != Reason::Syncing.to_string();
        world.events.publish(cluster, &Event { warning, reason, note }).await;
    }
    Ok(())
}

/// The older EcsCluster that holds the namespace
fn holder<R: Remotes>(world: &SyncWorld<R>, cluster: &EcsCluster) -> Option<String> {
    let age = |cluster: &EcsCluster| {
        let made = cluster.metadata.creation_timestamp.as_ref().map(|made| made.0);
        (made, cluster.metadata.uid.clone())
    };
    let all = world.caches.clusters.all();
    let others = all.iter().filter(|other| other.spec.namespace == cluster.spec.namespace && age(other) < age(cluster));
    others.min_by_key(|other| age(other)).and_then(|other| other.metadata.name.clone())
}

/// What the namespace holds
fn here<R: Remotes>(world: &SyncWorld<R>, cluster: &EcsCluster, status: &EcsClusterStatus) -> KubeSide {
    let (namespace, caches) = (cluster.spec.namespace.as_str(), &world.caches);
    let definitions: Vec<_> = caches.definitions.in_namespace(namespace).iter().map(|o| (**o).clone()).collect();
    let services: Vec<_> = caches.services.in_namespace(namespace).iter().map(|o| (**o).clone()).collect();
    let schedules: Vec<_> = caches.schedules.in_namespace(namespace).iter().map(|o| (**o).clone()).collect();
    let revisions: Vec<_> = caches.revisions.in_namespace(namespace).iter().map(|o| (**o).clone()).collect();
    let namespace =
        Namespace { definitions: &definitions, services: &services, schedules: &schedules, revisions: &revisions };
    kube_side(&namespace, &cluster.spec, status)
}

/// What ECS is asked for: all that it lists, and by name all that was or is here
fn ask(cluster: &EcsCluster, kube: &KubeSide) -> Ask {
    let names = kube.locals.keys().chain(kube.synced.keys()).chain(kube.tombstones.keys()).cloned().collect();
    let numbers = kube.revisions.iter().map(|(family, revisions)| {
        (family.clone(), revisions.values().flat_map(|stored| stored.aws.iter().copied()).collect())
    });
    Ask { resources: cluster.spec.sync.resources.iter().copied().collect(), names, known: numbers.collect() }
}

/// The time, as precise as the API server keeps it
fn now<R: Remotes>(world: &SyncWorld<R>) -> Timestamp {
    let now = world.clock.now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
