//! What a ScheduledTask shows: what fires, when it last did, or why it does not.

use ecs_crds::ScheduledTaskStatus;
use ecs_crds::status::Reason;
use jiff::Timestamp;

use crate::model::schedule::Activity;
use crate::plan::schedule::{Armed, SchedulePlan, ScheduleView};
use crate::report::{Outcome, Report, Standing, finding_events};

/// The status of a schedule after a plan was carried out
#[must_use]
pub fn schedule(
    view: &ScheduleView<'_>,
    plan: &SchedulePlan,
    outcome: &Outcome,
    now: Timestamp,
) -> Report<ScheduledTaskStatus> {
    let previous = view.schedule.status.clone().unwrap_or_default();
    let generation = view.schedule.metadata.generation;
    let (findings, findings_omitted) = plan.findings.for_status();
    let cron = plan.armed.as_ref().map(|a| a.cron.clone());
    let fired = view.cron_jobs.iter().filter_map(|j| j.status.as_ref()?.last_schedule_time.clone()).max();
    let status = ScheduledTaskStatus {
        observed_generation: generation,
        state: plan.armed.as_ref().map(|a| if a.schedule.enabled { "ENABLED" } else { "DISABLED" }.to_owned()),
        cron: cron.as_ref().map(|(fields, _)| fields.clone()),
        time_zone: cron.map(|(_, zone)| zone),
        task_definition: plan.armed.as_ref().map(|a| a.task_definition.clone()).or(previous.task_definition),
        last_schedule_time: fired.or(previous.last_schedule_time),
        conditions: standing(plan, outcome).conditions(&previous.conditions, generation, now),
        findings,
        findings_omitted,
    };
    Report { status, events: finding_events(&plan.findings, previous.observed_generation, generation) }
}

fn standing(plan: &SchedulePlan, outcome: &Outcome) -> Standing {
    if let Some(standing) = Standing::held_up(plan.refused.as_ref(), outcome, plan.awaiting.as_ref()) {
        return standing;
    }
    let Some(Armed { schedule, task_definition, activity, cron: (fields, zone) }) = &plan.armed else {
        return Standing::under_way(Reason::TaskDefinitionNotReady, "nothing is armed yet");
    };
    match activity {
        Activity::NotYet { until } => Standing::ready(Reason::Scheduled, format!("the schedule begins at {until}")),
        Activity::Over => Standing::ready(Reason::Ended, "the end date has passed; the schedule fires no more"),
        Activity::Active { .. } if schedule.held => {
            Standing::under_way(Reason::Held, "held by spec.kubernetes.workload: Hold; it does not fire here")
        }
        Activity::Active { .. } if !schedule.enabled => Standing::ready(Reason::Disabled, "the schedule is DISABLED"),
        Activity::Active { .. } => {
            Standing::ready(Reason::Scheduled, format!("{task_definition} runs at `{fields}` ({zone})"))
        }
    }
}
