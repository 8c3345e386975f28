//! One EcsService.

use ecs_core::plan;
use ecs_core::report;
use ecs_kube::Fault;

use crate::controllers::{carry_out, next, now, write_status};
use crate::queue::Next;
use crate::world::World;

/// Looks at one EcsService
pub(super) async fn look(world: &World, namespace: &str, name: &str) -> Result<Next, Fault> {
    let Some(gathered) = world.service(namespace, name) else { return Ok(Next::Settled) };
    // Its children go with it; making them anew would only be in the way.
    if gathered.service.metadata.deletion_timestamp.is_some() {
        return Ok(Next::Settled);
    }
    let view = gathered.view();
    let context = world.context();
    let plan = plan::service::service(&view, &context);
    let carried = carry_out(world, &plan.plan).await?;
    let report = report::service::service(&view, &gathered.pods(), &plan, &carried.outcome, now());
    let before = view.service.status.as_ref();
    let (status, written) = write_status(world, view.service, before, &report.status, &report.events).await?;
    if let Some(service) = written {
        world.caches.services.wrote(service);
    }
    Ok(next(&carried, status))
}
