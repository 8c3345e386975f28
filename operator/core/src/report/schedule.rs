//! What a ScheduledTask shows: what fires, when it last did and next will, or why it does not.

use ecs_crds::status::Reason;
use ecs_crds::{ArmedSchedule, Executor, RunState, SchedulePhase, ScheduleRun, ScheduledTaskStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::model::schedule::{Activity, Realisation};
use crate::plan::schedule::history::{past, shown};
use crate::plan::schedule::{Armed, SchedulePlan, ScheduleView};
use crate::report::{Event, Outcome, Report, Standing, appeared, finding_events};

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
    let armed = plan.armed.as_ref();
    let cron = armed.and_then(|a| a.cron.clone());
    let past = past(&view.jobs, &plan.stopped);
    let runs = shown(&past, &previous.runs);
    let done = *outcome == Outcome::Done;
    let mut events = finding_events(&plan.findings, previous.observed_generation, generation);
    let (observed, omitted) = (previous.observed_generation, previous.findings_omitted);
    events.extend(appeared(&plan.findings, observed, generation, &previous.findings, omitted));
    events.extend(armed.filter(|_| done).and_then(missed));
    events.extend(failed(&runs, &previous.runs));
    let phase = armed.map(phase);
    events.extend(phase.filter(|phase| previous.phase.is_some_and(|before| before != *phase)).and_then(turned));
    let running = past.iter().filter(|run| run.finished_at.is_none()).count();
    let status = ScheduledTaskStatus {
        observed_generation: generation,
        state: armed.map(|a| if a.schedule.enabled { "ENABLED" } else { "DISABLED" }.to_owned()),
        phase,
        executor: armed.map(executor),
        cron: cron.as_ref().map(|(fields, _)| fields.clone()),
        time_zone: armed.map(|a| a.schedule.time_zone.clone()),
        task_definition: armed.map(|a| a.task_definition.clone()).or(previous.task_definition),
        last_schedule_time: match armed.filter(|_| done) {
            Some(armed) => armed.last.map(Time),
            None => previous.last_schedule_time,
        },
        next_schedule_time: armed.and_then(|a| a.next).map(|slot| Time(slot.at)),
        active: armed.map(|_| i64::try_from(running).unwrap_or(i64::MAX)),
        runs,
        armed: remembered(armed, previous.armed, done),
        conditions: standing(plan, outcome).conditions(&previous.conditions, generation, now),
        findings,
        findings_omitted,
        // The sync process's field manager owns it: what we leave out, our apply leaves alone
        aws: None,
    };
    Report { status, events, look_at: None }
}

/// What is remembered: that runs were started only if they were
fn remembered(armed: Option<&Armed>, before: Option<ArmedSchedule>, done: bool) -> Option<ArmedSchedule> {
    match armed {
        None => before,
        Some(armed) if done => Some(armed.memory.clone()),
        Some(armed) => Some(ArmedSchedule { decided_until: armed.undecided.clone(), ..armed.memory.clone() }),
    }
}

fn executor(armed: &Armed) -> Executor {
    match armed.schedule.realisation {
        Realisation::CronJob => Executor::CronJob,
        Realisation::Engine { .. } => Executor::Engine,
    }
}

fn phase(armed: &Armed) -> SchedulePhase {
    let Armed { schedule, activity, next, last, .. } = armed;
    match activity {
        Activity::NotYet { .. } => SchedulePhase::Pending,
        Activity::Over => SchedulePhase::Completed,
        Activity::Active { .. } if schedule.held.is_some() => SchedulePhase::Held,
        Activity::Active { .. } if !schedule.enabled => SchedulePhase::Disabled,
        Activity::Active { .. } if next.is_some() => SchedulePhase::Active,
        Activity::Active { .. } if last.is_some() => SchedulePhase::Completed,
        Activity::Active { .. } => SchedulePhase::Missed,
    }
}

fn standing(plan: &SchedulePlan, outcome: &Outcome) -> Standing {
    if let Some(standing) = Standing::held_up(plan.refused.as_ref(), outcome, plan.awaiting.as_ref()) {
        return standing;
    }
    let Some(armed) = &plan.armed else {
        return Standing::under_way(Reason::TaskDefinitionNotReady, "nothing is armed yet");
    };
    let Armed { schedule, task_definition, activity, cron, .. } = armed;
    if armed.anew {
        return Standing::under_way(Reason::Arming, "the times of the schedule have changed and are being taken over");
    }
    match (phase(armed), activity, cron) {
        (SchedulePhase::Pending, Activity::NotYet { until }, _) => {
            Standing::ready(Reason::Scheduled, format!("the schedule begins at {until}"))
        }
        (SchedulePhase::Pending, ..) => Standing::ready(Reason::Scheduled, "the schedule is still to begin"),
        (SchedulePhase::Held, ..) => {
            let held = schedule.held.as_ref().map(ToString::to_string).unwrap_or_default();
            Standing::under_way(Reason::Held, format!("{held}; it does not fire here"))
        }
        (SchedulePhase::Disabled, ..) => Standing::ready(Reason::Disabled, "the schedule is DISABLED"),
        (SchedulePhase::Completed, Activity::Over, _) => {
            Standing::ready(Reason::Ended, "the end date has passed; the schedule fires no more")
        }
        (SchedulePhase::Completed, ..) => {
            Standing::ready(Reason::Completed, "the schedule has fired for the last time")
        }
        (SchedulePhase::Missed, ..) => {
            Standing::stalled(Reason::Missed, "its time has passed and no task was started; give it another time")
        }
        (SchedulePhase::Active, _, Some((fields, zone))) => {
            Standing::ready(Reason::Scheduled, format!("{task_definition} runs at `{fields}` ({zone})"))
        }
        (SchedulePhase::Active, _, None) => {
            let why = match &schedule.realisation {
                Realisation::Engine { because } => because.as_str(),
                Realisation::CronJob => "the end date is near",
            };
            Standing::ready(Reason::Scheduled, format!("{task_definition} is started by the operator's engine: {why}"))
        }
    }
}

fn missed(armed: &Armed) -> Option<Event> {
    let (count, latest) = armed.missed?;
    let deadline = armed.schedule.starting_deadline_seconds;
    let note = format!(
        "{count} runs until {latest} were missed and are not made up for: after a pause only the latest starts, at most \\
         {deadline} seconds late (retryPolicy.maximumEventAgeInSeconds)"
    );
    Some(Event { warning: true, reason: "RunMissed".to_owned(), note })
}

/// One event for each run that is seen to have failed
fn failed<'a>(runs: &'a [ScheduleRun], before: &'a [ScheduleRun]) -> impl Iterator<Item = Event> + 'a {
    let known = |run: &ScheduleRun| before.iter().any(|b| b.job == run.job && b.state == RunState::Failed);
    runs.iter().filter(move |run| run.state == RunState::Failed && !known(run)).map(|run| {
        let (time, job) = (run.scheduled_time.0, &run.job);
        let note = format!("the run of {time} failed (Job {job}): {}", run.reason.as_deref().unwrap_or_default());
        Event { warning: true, reason: "RunFailed".to_owned(), note }
    })
}

/// What is said when a schedule comes to a phase
fn turned(phase: SchedulePhase) -> Option<Event> {
    let (warning, reason, note) = match phase {
        SchedulePhase::Disabled => (false, "ScheduleDisabled", "the schedule is DISABLED and starts nothing"),
        SchedulePhase::Held => (false, "ScheduleHeld", "the schedule is held and starts nothing here"),
        SchedulePhase::Active => (false, "ScheduleActive", "the schedule fires from now on; nothing is made up for"),
        SchedulePhase::Completed => (false, "ScheduleCompleted", "the schedule fires no more"),
        SchedulePhase::Missed => {
            (true, "ScheduleMissed", "the only time of the schedule has passed and no task was started")
        }
        SchedulePhase::Pending => return None,
    };
    Some(Event { warning, reason: reason.to_owned(), note: note.to_owned() })
}
