//! The controllers: gather, let the pure middle plan, carry out, report. One file per kind, each the same short way.

mod family;
mod schedule;
mod service;
mod task;

use std::time::Duration;

use ecs_core::plan::{Child, Plan, Step};
use ecs_core::report::{Event, Outcome};
use ecs_crds::SharedStatus;
use ecs_crds::status::Reason;
use ecs_kube::{Fault, Object, Written};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::key::Key;
use crate::pace::Turn;
use crate::queue::Next;
use crate::world::World;

/// Status is written at most this often for each object
const STATUS_PERIOD: Duration = Duration::from_secs(1);

/// Looks at one key
pub(crate) async fn look(world: &World, key: Key) -> Next {
    let began = Instant::now();
    let looked = ecs_kube::look(async {
        match &key {
            Key::Family { namespace, family } => family::look(world, namespace, family).await,
            Key::Service { namespace, name } => service::look(world, namespace, name).await,
            Key::Schedule { namespace, name } => schedule::look(world, namespace, name).await,
            Key::Task { namespace, name } => task::look(world, namespace, name).await,
        }
    });
    let looked = looked.await;
    let next = looked.unwrap_or_else(|fault| {
        tracing::warn!(%key, %fault, "a look at an object failed; it is tried again");
        Next::Failed
    });
    world.metrics.looked(&key, next, began.elapsed());
    tracing::debug!(%key, ?next, "looked at");
    next
}

/// What came of carrying out a plan
struct Carried {
    outcome: Outcome,
    /// When another look is due whatever happens: at once where something was found that the plan did not know, later where
    /// a child is written with restraint
    look_again: Option<Duration>,
}

/// Carries out a plan: every apply in order, then, if all succeeded, the pruning
async fn carry_out(world: &World, plan: &Plan) -> Result<Carried, Fault> {
    let mut look_again = None;
    for step in plan.applies.iter().chain(&plan.prune).chain(&plan.replace) {
        if let Step::Update(child, _) = step
            && let Turn::After { wait, contested } = world.pace.turn(&child.identity(), child.digest())
        {
            return Ok(Carried { outcome: restrained(child, contested), look_again: Some(wait) });
        }
        match world.kube.carry_out(step).await {
            Ok(written) => {
                said(&written);
                world.metrics.wrote(&written);
                if matches!(written, Written::Known(..)) {
                    look_again = Some(Duration::ZERO);
                }
                world.caches.wrote(written);
            }
            Err(fault) => {
                let Some(reason) = fault.reason() else { return Err(fault) };
                return Ok(Carried { outcome: Outcome::Failed { reason, message: fault.to_string() }, look_again });
            }
        }
    }
    Ok(Carried { outcome: Outcome::Done, look_again })
}

/// A child that waits to be written again: after a few times the user should know
fn restrained(child: &Child, contested: bool) -> Outcome {
    if !contested {
        return Outcome::Done;
    }
    let message = format!(
        "something keeps changing the {} `{}` back; look for another controller or an admission webhook in its managedFields",
        child.kind.kind(),
        child.name
    );
    Outcome::Failed { reason: Reason::Contested, message }
}

/// Logs what a step did
fn said(written: &Written) {
    let name = |o: &ecs_kube::DynamicObject| {
        (o.metadata.namespace.clone().unwrap_or_default(), o.metadata.name.clone().unwrap_or_default())
    };
    match written {
        Written::Applied(kind, object) => {
            let (namespace, name) = name(object);
            tracing::info!(kind = kind.kind(), namespace, name, "applied");
        }
        Written::Known(kind, object) => {
            let (namespace, name) = name(object);
            tracing::info!(kind = kind.kind(), namespace, name, "found, and ours");
        }
        Written::Stopping(object) => {
            let (namespace, name) = name(object);
            tracing::info!(kind = "Pod", namespace, name, "replaced");
        }
        Written::Scaled(before, now) => {
            let (namespace, name) = (&before.namespace, &before.name);
            tracing::info!(kind = "EcsService", namespace, name, count = now.count, "scaled");
        }
        Written::Deleted(gone) => {
            tracing::info!(kind = gone.kind.kind(), namespace = gone.namespace, name = gone.name, "deleted");
        }
    }
}

/// Writes a status that differs from the one that is there, and publishes what is to be said; at most once a second, so
/// that a roll-out costs writes by its duration and not by its size
async fn write_status<K, S>(
    world: &World,
    object: &K,
    before: Option<&S>,
    status: &S,
    events: &[Event],
) -> Result<(Next, Option<K>), Fault>
where
    K: Object,
    S: Serialize + PartialEq + SharedStatus,
{
    if before.map(SharedStatus::without_sync).as_ref() == Some(status) {
        return Ok((Next::Settled, None));
    }
    let uid = object.meta().uid.clone().unwrap_or_default();
    let last = lock(&world.status_written).get(&uid).copied();
    if let Some(wait) = last.and_then(|at| STATUS_PERIOD.checked_sub(at.elapsed())).filter(|w| !w.is_zero()) {
        return Ok((Next::After(wait), None));
    }
    let written = world.kube.write_status(object, status).await?;
    {
        let mut recent = lock(&world.status_written);
        recent.retain(|_, at| at.elapsed() < STATUS_PERIOD);
        recent.insert(uid, Instant::now());
    }
    for event in events {
        world.events.publish(object, event).await;
    }
    Ok((Next::Settled, Some(written)))
}

/// What is next after a plan was carried out and its status written
fn next(carried: &Carried, status: Next) -> Next {
    match (&carried.outcome, carried.look_again, status) {
        // The status waits for its turn, the child for its own: the earlier one counts.
        (_, Some(wait), Next::After(turn)) => Next::After(wait.min(turn)),
        (_, Some(wait), _) => Next::After(wait),
        // What only the user or another object can mend is looked at again on a change; once in a while it is tried anew,
        // because the change may be out of our sight (a stranger's object, a quota, an admission rule).
        (Outcome::Failed { .. }, None, Next::Settled) => Next::Failed,
        (_, None, status) => status,
    }
}

/// The time, as precise as the API server keeps it
fn now() -> Timestamp {
    to_the_second(Timestamp::now())
}

/// A time as precise as the API server keeps it
fn to_the_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
