//! The runs that have been: what became of them, and which finished Jobs of the engine go.
//!
//! As a CronJob keeps its history and ECS its stopped tasks: ten Jobs of either outcome, for an hour after their end. The
//! latest stays, because its name tells which time was started last.
//!
//! *Not here*: the Jobs of a CronJob, which its controller and their TTL delete.

use ecs_crds::{RunState, ScheduleRun, StoppedTask};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::tasks::Stopped;
use crate::names;
use crate::plan::run::tasks::succeeded;
use crate::plan::{ChildKind, Existing, Step, is_owned_by};

/// How long ECS shows a stopped task
const SHOWN: SignedDuration = SignedDuration::from_hours(1);
/// How many Jobs of either outcome are kept, and how many runs a status shows
const KEPT: usize = 10;

/// A run whose Job is there
#[derive(Clone, Debug)]
pub struct Past<'a> {
    /// The Job
    pub job: &'a Job,
    /// The time of the schedule that it runs for
    pub time: Timestamp,
    /// What became of it
    pub state: RunState,
    /// When it ended
    pub finished_at: Option<Timestamp>,
    /// Why it failed
    pub reason: Option<String>,
    /// The ends of tasks of which the Job tells otherwise
    pub stopped: Vec<StoppedTask>,
}

/// The runs whose Jobs are there, the latest time first
#[must_use]
pub fn past<'a>(jobs: &[&'a Job], stopped: &Stopped) -> Vec<Past<'a>> {
    let stopped =
        |job: &Job| job.metadata.name.as_ref().and_then(|name| stopped.get(name)).cloned().unwrap_or_default();
    let mut past: Vec<_> = jobs.iter().filter_map(|job| run(job, stopped(job))).collect();
    past.sort_by_key(|run| std::cmp::Reverse(run.time));
    past
}

fn run(job: &Job, stopped: Vec<StoppedTask>) -> Option<Past<'_>> {
    let status = job.status.clone().unwrap_or_default();
    let holds = |kind: &str| status.conditions.iter().flatten().find(|c| c.type_ == kind && c.status == "True");
    let end = holds("Failed").or_else(|| holds("Complete"));
    let finished_at = end.and_then(|end| status.completion_time.as_ref().or(end.last_transition_time.as_ref()));
    let reason = end.and_then(|end| failure(end, status.failed.unwrap_or(0), &stopped));
    let state = match (end, &reason) {
        (None, _) => RunState::Running,
        (Some(_), None) => RunState::Succeeded,
        (Some(_), Some(_)) => RunState::Failed,
    };
    Some(Past { job, time: scheduled(job)?, state, finished_at: finished_at.map(|time| time.0), reason, stopped })
}

/// Why a run has failed, if it has; `end` is how its Job ended, `failed` how many pods that counts as failed
fn failure(end: &JobCondition, failed: i32, stopped: &[StoppedTask]) -> Option<String> {
    let (well, badly): (Vec<_>, Vec<_>) =
        stopped.iter().partition(|task| succeeded(Some(task.stop_code), task.exit_code));
    if let Some(task) = badly.first() {
        let exit = task.exit_code.map(|code| format!(" (exit code {code})")).unwrap_or_default();
        return Some(format!("{}{exit}", task.stopped_reason));
    }
    // A task that was stopped counts as failed, also where its essential container ended well
    let others = usize::try_from(failed).unwrap_or_default() > well.len();
    (end.type_ == "Failed" && (others || well.is_empty())).then(|| why(end))
}

fn why(failed: &JobCondition) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}: {}", text(&failed.reason), text(&failed.message))
}

/// The time that a Job runs for: the CronJob controller and the engine both write it down; its name tells it to the minute
fn scheduled(job: &Job) -> Option<Timestamp> {
    let written = job.metadata.annotations.as_ref().and_then(|a| a.get(names::SCHEDULED_TIMESTAMP));
    written.and_then(|time| time.parse().ok()).or_else(|| {
        let minutes: i64 = job.metadata.name.as_ref()?.rsplit_once('-')?.1.parse().ok()?;
        Timestamp::from_second(minutes.checked_mul(60)?).ok()
    })
}

/// The latest runs as a status shows them: those whose Jobs are there, and those that it showed before
#[must_use]
pub fn shown(past: &[Past<'_>], before: &[ScheduleRun]) -> Vec<ScheduleRun> {
    let name = |past: &Past<'_>| past.job.metadata.name.clone().unwrap_or_default();
    let mut runs: Vec<ScheduleRun> = past
        .iter()
        .map(|past| ScheduleRun {
            job: name(past),
            scheduled_time: Time(past.time),
            state: past.state,
            finished_at: past.finished_at.map(Time),
            reason: past.reason.clone(),
            stopped: past.stopped.clone(),
        })
        .collect();
    for run in before.iter().filter(|run| past.iter().all(|past| name(past) != run.job)) {
        let state = if run.state == RunState::Running { RunState::Deleted } else { run.state };
        runs.push(ScheduleRun { state, ..run.clone() });
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.scheduled_time.0));
    let mut place = 0..;
    // What is to be stopped is known until it has
    runs.retain(|run| {
        let shown = place.next().is_some_and(|place: usize| place < KEPT);
        shown || (run.state == RunState::Running && !run.stopped.is_empty())
    });
    runs
}

/// Which finished Jobs of the engine go, and when the next one will; `latest` is whether the latest run may go too
///
/// A Job goes only after the status remembers its time, which it does from the look after the one that started it on.
#[must_use]
pub fn superfluous(
    past: &[Past<'_>],
    uid: &str,
    decided_until: Option<Timestamp>,
    latest: bool,
    now: Timestamp,
) -> (Vec<Step>, Option<Timestamp>) {
    let (mut steps, mut look_at) = (Vec::new(), None::<Timestamp>);
    let mut kept = [0_usize; 2];
    let ours = |run: &Past<'_>| is_owned_by(&run.job.metadata, uid);
    let newest = past.iter().position(ours);
    for (index, run) in past.iter().enumerate() {
        let Some(finished_at) = run.finished_at else { continue };
        let kept = &mut kept[usize::from(run.state == RunState::Failed)];
        *kept += 1;
        let remembered = decided_until.is_none_or(|until| run.time <= until);
        if (newest == Some(index) && !latest) || !remembered || !ours(run) {
            continue;
        }
        let gone_at = finished_at.checked_add(SHOWN).unwrap_or(Timestamp::MAX);
        if *kept > KEPT || gone_at <= now {
            steps.push(Step::Delete(Existing::of(ChildKind::Job, &run.job.metadata)));
        } else {
            look_at = Some(look_at.map_or(gone_at, |at| at.min(gone_at)));
        }
    }
    (steps, look_at)
}
