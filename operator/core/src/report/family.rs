//! What a TaskDefinition shows: whether its document is accepted, and which revision is the newest.

use ecs_crds::status::{Reason, Severity};
use ecs_crds::{TaskDefinition, TaskDefinitionStatus};
use jiff::Timestamp;

use crate::findings::Findings;
use crate::plan::family::{FamilyPlan, FamilyView};
use crate::report::{Event, Outcome, Report, Standing, appeared, finding_events};

/// The status of one TaskDefinition of a family after a plan was carried out
#[must_use]
pub fn family(
    view: &FamilyView<'_>,
    definition: &TaskDefinition,
    findings: &Findings,
    plan: &FamilyPlan,
    outcome: &Outcome,
    now: Timestamp,
) -> Report<TaskDefinitionStatus> {
    let previous = definition.status.clone().unwrap_or_default();
    let generation = definition.metadata.generation;
    let standing = standing(view, definition, findings, plan, outcome);
    let (findings_shown, findings_omitted) = findings.for_status();
    let newest = plan.newest.as_ref().filter(|_| standing.ready);
    let status = TaskDefinitionStatus {
        observed_generation: generation,
        family: Some(view.family.to_owned()),
        revision: newest.map(|n| n.number).or(previous.revision),
        task_definition: newest.map(crate::revision::TaskRevision::id).or(previous.task_definition),
        conditions: standing.conditions(&previous.conditions, generation, now),
        findings: findings_shown,
        findings_omitted,
        // The sync process's field manager owns it: what we leave out, our apply leaves alone
        aws: None,
    };
    let mut events = finding_events(findings, previous.observed_generation, generation);
    let (observed, omitted) = (previous.observed_generation, previous.findings_omitted);
    events.extend(appeared(findings, observed, generation, &previous.findings, omitted));
    if status.task_definition != definition.status.as_ref().and_then(|s| s.task_definition.clone()) {
        events.extend(status.task_definition.iter().map(|id| Event {
            warning: false,
            reason: "RevisionRegistered".to_owned(),
            note: format!("{id} is registered"),
        }));
    }
    Report { status, events, look_at: None }
}

fn standing(
    view: &FamilyView<'_>,
    definition: &TaskDefinition,
    findings: &Findings,
    plan: &FamilyPlan,
    outcome: &Outcome,
) -> Standing {
    let holder = view.holder().filter(|h| h.metadata.uid != definition.metadata.uid);
    if let Some(holder) = holder {
        let name = holder.metadata.name.as_deref().unwrap_or_default();
        let message = format!(
            "the family `{}` is held by the older TaskDefinition `{name}`; give this one another family, or delete that one",
            view.family
        );
        return Standing::refused(Reason::FamilyConflict, message);
    }
    if let Some(worst) = findings.worst().filter(|f| f.severity == Severity::Block) {
        return Standing::refused(super::block_reason(&worst.code), format!("{}: {}", worst.path, worst.message));
    }
    match (outcome, &plan.newest) {
        (Outcome::Failed { reason, message }, _) => Standing::stalled(*reason, message.clone()),
        (Outcome::Done, Some(newest)) => {
            Standing::ready(Reason::Registered, format!("{} is the newest revision", newest.id()))
        }
        (Outcome::Done, None) => Standing::under_way(Reason::TaskDefinitionNotReady, "no revision is registered yet"),
    }
}
