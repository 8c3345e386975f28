//! One family: its TaskDefinitions and their revisions.

use ecs_core::plan;
use ecs_core::report;
use ecs_kube::Fault;

use crate::controllers::{carry_out, next, now, write_status};
use crate::queue::Next;
use crate::world::World;

/// Looks at one family
pub(super) async fn look(world: &World, namespace: &str, family: &str) -> Result<Next, Fault> {
    let gathered = world.family(namespace, family);
    if gathered.is_empty() {
        return Ok(Next::Settled);
    }
    let view = gathered.view();
    let context = world.context();
    let holder = view.holder().map(|h| (h, plan::family::judge(h, family, &context)));
    let accepted = holder.as_ref().and_then(|(_, (_, content))| content.clone());
    let plan = plan::family::family(&view, accepted, &context.config);
    let carried = carry_out(world, &plan.plan).await?;

    let mut status = Next::Settled;
    for definition in view.definitions.iter().filter(|d| d.metadata.deletion_timestamp.is_none()) {
        let findings = match &holder {
            Some((held, (findings, _))) if std::ptr::eq(*held, *definition) => findings.clone(),
            _ => plan::family::judge(definition, family, &context).0,
        };
        let report = report::family::family(&view, definition, &findings, &plan, &carried.outcome, now());
        let before = definition.status.as_ref();
        let (write, written) = write_status(world, *definition, before, &report.status, &report.events).await?;
        if let Some(definition) = written {
            world.caches.definitions.wrote(definition);
        }
        if write != Next::Settled {
            status = write;
        }
    }
    Ok(next(&carried, status))
}
