//! One EcsTask.

use ecs_core::plan;
use ecs_core::report;
use ecs_kube::Fault;

use crate::controllers::{carry_out, next, to_the_second, write_status};
use crate::queue::Next;
use crate::world::World;

/// Looks at one EcsTask
pub(super) async fn look(world: &World, namespace: &str, name: &str) -> Result<Next, Fault> {
    let Some(gathered) = world.task(namespace, name) else { return Ok(Next::Settled) };
    // Its Job goes with it, and the tasks with that
    if gathered.task.metadata.deletion_timestamp.is_some() {
        return Ok(Next::Settled);
    }
    let view = gathered.view();
    let context = world.context();
    let now = to_the_second(world.clock.now());
    let plan = plan::task::task(&view, &context, now);
    let carried = carry_out(world, &plan.plan).await?;
    if plan.deletes_itself() && carried.outcome == report::Outcome::Done {
        return Ok(Next::Settled);
    }
    let report = report::task::task(&view, &plan, &carried.outcome, now);
    let before = view.task.status.as_ref();
    let (status, written) = write_status(world, view.task, before, &report.status, &report.events).await?;
    if let Some(task) = written {
        world.caches.tasks.wrote(task);
    }
    Ok(next(&carried, status).by(plan.look_at, now))
}
