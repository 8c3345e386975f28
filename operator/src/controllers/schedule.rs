//! One ScheduledTask.

use std::time::Duration;

use ecs_core::plan;
use ecs_core::report;
use ecs_kube::Fault;

use crate::controllers::{carry_out, next, now, write_status};
use crate::queue::Next;
use crate::world::World;

/// Looks at one ScheduledTask
pub(super) async fn look(world: &World, namespace: &str, name: &str) -> Result<Next, Fault> {
    let Some(gathered) = world.schedule(namespace, name) else { return Ok(Next::Settled) };
    if gathered.schedule.metadata.deletion_timestamp.is_some() {
        return Ok(Next::Settled);
    }
    let view = gathered.view();
    let context = world.context();
    let now = now();
    let plan = plan::schedule::schedule(&view, &context, now);
    let carried = carry_out(world, &plan.plan).await?;
    let report = report::schedule::schedule(&view, &plan, &carried.outcome, now);
    let before = view.schedule.status.as_ref();
    let (status, written) = write_status(world, view.schedule, before, &report.status, &report.events).await?;
    if let Some(schedule) = written {
        world.caches.schedules.wrote(schedule);
    }
    Ok(match (next(&carried, status), plan.look_at) {
        // Its start or end date is still to come: the clock, not a change, brings the next look.
        (Next::Settled, Some(at)) => {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Next::After(wait.clamp(Duration::from_secs(1), Duration::from_secs(24 * 3600)))
        }
        (next, _) => next,
    })
}
