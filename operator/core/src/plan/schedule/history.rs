//! The runs that have been: what became of them, and which finished Jobs of the engine go.
//!
//! As a CronJob keeps its history and ECS its stopped tasks: ten Jobs of either outcome, for an hour after their end. The
//! latest stays, because its name tells which time was started last.
//!
//! *Not here*: the Jobs of a CronJob, which its controller and their TTL delete.

use ecs_crds::{RunState, ScheduleRun};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::names;
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
}

/// The runs whose Jobs are there, the latest time first
#[must_use]
pub fn past<'a>(jobs: &[&'a Job]) -> Vec<Past<'a>> {
    let mut past: Vec<_> = jobs.iter().filter_map(|job| run(job)).collect();
    past.sort_by_key(|run| std::cmp::Reverse(run.time));
    past
}

fn run(job: &Job) -> Option<Past<'_>> {
    let conditions = job.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let holds = |kind: &str| conditions.iter().find(|c| c.type_ == kind && c.status == "True");
    let ended = |condition: &JobCondition| {
        let completion = job.status.as_ref().and_then(|status| status.completion_time.as_ref());
        completion.or(condition.last_transition_time.as_ref()).map(|time| time.0)
    };
    let (state, finished_at, reason) = match (holds("Failed"), holds("Complete")) {
        (Some(failed), _) => (RunState::Failed, ended(failed), Some(why(failed))),
        (None, Some(complete)) => (RunState::Succeeded, ended(complete), None),
        (None, None) => (RunState::Running, None, None),
    };
    Some(Past { job, time: scheduled(job)?, state, finished_at, reason })
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
        })
        .collect();
    for run in before.iter().filter(|run| past.iter().all(|past| name(past) != run.job)) {
        let state = if run.state == RunState::Running { RunState::Deleted } else { run.state };
        runs.push(ScheduleRun { state, ..run.clone() });
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.scheduled_time.0));
    runs.truncate(KEPT);
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
