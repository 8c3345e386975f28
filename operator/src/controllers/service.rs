//! One EcsService.

use ecs_core::deploy::Alarms;
use ecs_core::plan;
use ecs_core::report::{self, service::Given};
use ecs_kube::Fault;

use crate::controllers::{carry_out, next, to_the_second, write_status};
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
    let now = to_the_second(world.clock.now());
    let plan = plan::service::service(&view, &context, now);
    let carried = carry_out(world, &plan.plan).await?;
    let before = view.service.status.as_ref();
    let watched = plan.target.as_ref().and_then(|target| target.watched_alarms(before));
    let alarms = match watched {
        Some(watched) => world.alarms.ask(watched.queries.iter()).await,
        None => Alarms::new(),
    };
    let given = Given { alarms: &alarms, config: &context.config, now };
    let report = report::service::service(&view, &plan, &carried.outcome, given);
    let (status, written) = write_status(world, view.service, before, &report.status, &report.events).await?;
    if let Some(service) = written {
        world.caches.services.wrote(service);
    }
    // Alarms change without a change that we see.
    let asked = watched.and_then(|_| now.checked_add(world.alarms.period()).ok());
    Ok(next(&carried, status).by(report.look_at, now).by(asked, now))
}
