//! One ScheduledTask.

use std::time::Duration;

use ecs_core::plan;
use ecs_core::report;
use ecs_kube::Fault;

use crate::controllers::{carry_out, next, to_the_second, write_status};
use crate::queue::Next;
use crate::world::World;

/// A clock and a timer do not go quite alike: a look that comes too early is repeated after this
const SHORTEST: Duration = Duration::from_millis(5);
/// Once a day the clock is looked at anyway
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Looks at one ScheduledTask
pub(super) async fn look(world: &World, namespace: &str, name: &str) -> Result<Next, Fault> {
    let Some(gathered) = world.schedule(namespace, name) else { return Ok(Next::Settled) };
    if gathered.schedule.metadata.deletion_timestamp.is_some() {
        return Ok(Next::Settled);
    }
    let view = gathered.view();
    let context = world.context();
    let now = to_the_second(world.clock.now());
    let plan = plan::schedule::schedule(&view, &context, now);
    let carried = carry_out(world, &plan.plan).await?;
    if plan.deletes_itself {
        return Ok(Next::Settled);
    }
    let report = report::schedule::schedule(&view, &plan, &carried.outcome, now);
    let before = view.schedule.status.as_ref();
    let (status, written) = write_status(world, view.schedule, before, &report.status, &report.events).await?;
    if let Some(schedule) = written {
        world.caches.schedules.wrote(schedule);
    }
    // What is due next is not kept waiting by a status that waits for its turn, and the other way round.
    let due = plan.look_at.map(|at| {
        let wait = Duration::try_from(at.duration_since(world.clock.now())).unwrap_or_default();
        wait.clamp(SHORTEST, LONGEST)
    });
    Ok(match (next(&carried, status), due) {
        (Next::Settled, Some(due)) => Next::After(due),
        (Next::After(wait), Some(due)) => Next::After(wait.min(due)),
        (next, _) => next,
    })
}
