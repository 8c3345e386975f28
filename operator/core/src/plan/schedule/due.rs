//! What the clock makes due: runs to start, a CronJob to make or to end, and when to look again.

use ecs_crds::ArmedSchedule;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::ScheduleView;
use super::history::Past;
use super::memory::{Memory, recall, with_evidence};
use super::slots::{Decision, Known, Slot, Slots, decide};
use crate::model::schedule::{Activity, Realisation, Schedule};

/// How long before the end date the engine takes over from the CronJob, which would fire at the end date itself
const BEFORE_THE_END: SignedDuration = SignedDuration::from_secs(60);

/// What is due
pub(super) struct Due {
    /// Whether its dates let it fire
    pub(super) activity: Activity,
    /// Whether there is to be a CronJob now
    pub(super) cron_job: bool,
    /// Runs to start now
    pub(super) start: Vec<Slot>,
    /// What is remembered when they are started
    pub(super) memory: ArmedSchedule,
    /// Until when all was decided before
    pub(super) undecided: Option<Time>,
    /// Whether its times have changed, which is to be written down before anything is done
    pub(super) anew: bool,
    /// When it fires next
    pub(super) next: Option<Slot>,
    /// The latest time that was started, now or before
    pub(super) last: Option<Timestamp>,
    /// How many runs are given up, and the latest of them
    pub(super) missed: Option<(usize, Timestamp)>,
    /// Whether it will never fire again
    pub(super) completed: bool,
    /// When the clock alone makes another look due
    pub(super) look_at: Option<Timestamp>,
}

/// Looks at the clock; none for a zone that does not exist, which `check` lets not through
pub(super) fn due(view: &ScheduleView<'_>, model: &Schedule, past: &[Past<'_>], now: Timestamp) -> Option<Due> {
    let age = SignedDuration::from_secs(model.starting_deadline_seconds);
    let memory = recall(view, model, now);
    let uid = view.schedule.metadata.uid.as_deref().unwrap_or_default();
    let slots = Slots { fires: model.fires(memory.anchor()).ok()?, window_minutes: model.window_minutes, uid };
    let Memory { mut armed, anew } = with_evidence(memory, view, past, &slots, age, now);
    let undecided = armed.decided_until.clone();
    let activity = model.active(now);
    let (cron_job, handover) = cron_job(model, activity, now);

    let status = view.schedule.status.as_ref();
    let shown = status.iter().flat_map(|status| &status.runs).map(|run| run.scheduled_time.0);
    let started: Vec<Timestamp> = past.iter().map(|past| past.time).chain(shown).collect();
    let (mut decision, mut next) = (Decision::default(), None);
    if let Some(Time(decided_until)) = armed.decided_until.clone() {
        let covers = view.cron_jobs.iter().find(|_| cron_job).and_then(|j| j.metadata.creation_timestamp.as_ref());
        let known = Known { decided_until, cron_job_from: covers.map(|created| created.0), age, started: &started };
        decision = match anew {
            true => Decision { decided_until, ..Decision::default() },
            false => decide(&slots, &known, now),
        };
        armed.decided_until = Some(Time(decision.decided_until));
        next = slots.next(now.max(decision.decided_until));
    }
    let Decision { start, missed, decided_until: _ } = decision;
    let of_cron_job = view.cron_jobs.iter().filter_map(|j| j.status.as_ref()?.last_schedule_time.as_ref());
    let before = status.and_then(|status| status.last_schedule_time.as_ref());
    let times = started.into_iter().chain(of_cron_job.chain(before).map(|time| time.0));
    let last = times.chain(start.iter().map(|slot| slot.time)).max();

    // A CronJob needs nobody to watch the clock for it.
    let own = next.map(|slot| slot.at).filter(|_| !cron_job);
    let until = match activity {
        Activity::NotYet { until } => Some(until),
        Activity::Active { until } => until,
        Activity::Over => None,
    };
    let look_at = [own, until, handover].into_iter().flatten().filter(|at| *at > now).min();
    let completed = next.is_none() && !model.suspended() && !anew;
    Some(Due { activity, cron_job, start, memory: armed, undecided, anew, next, last, missed, completed, look_at })
}

/// Whether there is to be a CronJob now, and when the engine takes over from it
fn cron_job(model: &Schedule, activity: Activity, now: Timestamp) -> (bool, Option<Timestamp>) {
    let (Realisation::CronJob, Activity::Active { until }) = (&model.realisation, activity) else {
        return (false, None);
    };
    let handover = until.map(|end| end.checked_sub(BEFORE_THE_END).unwrap_or(end));
    (handover.is_none_or(|at| now < at), handover)
}
