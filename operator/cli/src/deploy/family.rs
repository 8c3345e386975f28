//! The TaskDefinition of a family: which it is, and when its newest document has become a revision.

use std::io::Write;

use anyhow::Context as _;
use ecs_core::report::is_true;
use ecs_crds::TaskDefinition;
use ecs_crds::status::{ConditionType, Severity};
use ecs_kube::Session;
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::convert;
use crate::stable::Outcome;

/// The TaskDefinition that has this family: of several the oldest, as the operator sees it
pub(crate) async fn find(session: &Session, family: &str) -> anyhow::Result<Option<TaskDefinition>> {
    let all = session.list::<TaskDefinition>("").await?;
    let of_family =
        all.into_iter().filter(|d| d.spec.family.as_ref().or(d.metadata.name.as_ref()).is_some_and(|f| f == family));
    Ok(of_family.min_by_key(|d| (d.metadata.creation_timestamp.as_ref().map(|t| t.0), d.metadata.uid.clone())))
}

/// Waits until the document of a TaskDefinition is a revision, and gives its `family:revision`
pub(crate) async fn registered(
    session: &Session,
    name: &str,
    deadline: Instant,
    errors: &mut dyn Write,
) -> anyhow::Result<Result<String, Outcome>> {
    let mut changes = session.changes::<TaskDefinition>(name);
    loop {
        let Ok(change) = timeout_at(deadline, changes.next()).await else {
            writeln!(errors, "taskdefinition/{name} is not registered yet; does the operator run?")?;
            return Ok(Err(Outcome::TimedOut));
        };
        let definition = change.context("the watch ended")??;
        let generation = definition.metadata.generation;
        let Some(status) = definition.status.filter(|s| s.observed_generation == generation) else { continue };
        if let Some(registered) = status.task_definition.filter(|_| is_true(&status.conditions, ConditionType::Ready)) {
            return Ok(Ok(registered));
        }
        if status.conditions.iter().any(|c| c.type_ == ConditionType::Accepted.to_string() && c.status == "False") {
            writeln!(errors, "taskdefinition/{name} is refused:")?;
            for finding in status.findings.iter().filter(|finding| finding.severity == Severity::Block) {
                writeln!(errors, "  {}", convert::line(finding))?;
            }
            return Ok(Err(Outcome::Stalled));
        }
    }
}
