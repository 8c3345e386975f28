//! The verdict about the PRIMARY deployment: in progress, completed or failed, and what the status must remember of it.

use std::collections::BTreeMap;

use ecs_crds::{CompletedRevision, EcsServiceStatus, Rollout, ServiceDeploymentStatus, StagedDeployment};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::count::{Next, count};
use super::pods::Task;
use super::staged::{Advanced, Seen, Stages, advance, begin};
use super::workload::Workload;
use crate::config::OperatorConfig;
use crate::model::service::Service;
use crate::names;
use crate::revision::{ServiceRevision, Supervision};

/// How far a deployment is, in ECS's words
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// IN_PROGRESS
    InProgress,
    /// COMPLETED
    Completed,
    /// FAILED
    Failed,
}

impl State {
    /// As DescribeServices spells it
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// What an alarm says
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    /// Nothing
    Ok,
    /// ALARM
    Alarm,
}

/// What alarms say, by name; one that could not be asked about is missing
pub type Alarms = BTreeMap<String, AlarmState>;

/// Why a deployment failed
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Too many of its tasks failed
    Tasks,
    /// An alarm of this name is in ALARM
    Alarm(String),
    /// A hook of this ID said no, or nothing for too long
    Hook(String),
    /// A person wants it rolled back
    Aborted,
    /// The service asks for something else by now
    Superseded,
}

impl Cause {
    /// Why, as `rolloutStateReason` says it
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Tasks => "ECS deployment circuit breaker: tasks failed to start.".to_owned(),
            Self::Alarm(name) => format!("ECS deployment alarms: {name} is in ALARM."),
            Self::Hook(id) => format!("ECS deployment lifecycle hook: {id} failed."),
            Self::Aborted => "ECS deployment: a rollback was requested.".to_owned(),
            Self::Superseded => "ECS deployment: a new deployment was started.".to_owned(),
        }
    }
}

/// A deployment, and what there is of it
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The service
    pub service: &'a Service,
    /// The PRIMARY deployment's revision
    pub primary: &'a ServiceRevision,
    /// What runs its tasks, as it was before this look changed it
    pub workload: Workload,
    /// The service's tasks
    pub tasks: &'a [Task<'a>],
    /// The failed revision that is not tried again, where this deployment is the way back from it
    pub hold: Option<i64>,
    /// Whether the deployment configuration allows no step now
    pub stuck: bool,
    /// The numbers of the stored revisions, which a roll-back can apply
    pub stored: &'a [i64],
    /// What is deployed in stages; none: the deployment rolls
    pub stages: Option<&'a Stages>,
}

/// What else a verdict depends on
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The status before this look
    pub previous: &'a EcsServiceStatus,
    /// What alarms say
    pub alarms: &'a Alarms,
    /// The administrator's configuration
    pub config: &'a OperatorConfig,
    /// The time
    pub now: Timestamp,
}

/// What has just happened to a deployment
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is complete
    Completed,
    /// It failed
    Failed {
        /// Why
        cause: Cause,
        /// The revision that the service is rolled back to; none where it stays where it is
        back_to: Option<i64>,
    },
}

/// What is to be thought of a deployment
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How far it is
    pub state: State,
    /// Why, in ECS's words
    pub reason: String,
    /// What is to be remembered
    pub book: Rollout,
    /// The failed revision that is not tried again
    pub hold: Option<i64>,
    /// What has just happened
    pub turn: Option<Turn>,
    /// The deployment in stages, where there is one under way
    pub record: Option<StagedDeployment>,
    /// When a look can show something new without a change
    pub look_at: Option<Timestamp>,
}

/// The state of a deployment that the status shows as PRIMARY
#[must_use]
pub fn state_of(previous: &EcsServiceStatus, deployment_id: &str) -> Option<State> {
    let entry = previous.deployments.first().filter(|d| d.id == deployment_id)?;
    [State::InProgress, State::Completed, State::Failed].into_iter().find(|s| s.as_str() == entry.rollout_state)
}

/// Judges the PRIMARY deployment
#[must_use]
pub fn judge(subject: Subject<'_>, given: Given<'_>) -> Verdict {
    let id = subject.primary.deployment_id();
    let Given { previous, now, .. } = given;
    let mut book = book(subject, previous);
    let before = state_of(previous, &id).unwrap_or(State::InProgress);
    let mut next = Next::default();
    let Step { state, turn, record } = match before {
        State::InProgress if !subject.service.held => in_progress(subject, given, &mut book, &mut next),
        settled => Step::to(settled, None),
    };
    if state != State::InProgress {
        book.counted.clear();
        (book.watched_alarms, book.ignored_alarms, book.baking_since) = Default::default();
    }
    let hold = match &turn {
        Some(Turn::Failed { back_to: Some(_), .. }) => Some(subject.primary.number),
        _ => subject.hold,
    };
    match state {
        State::Completed => {
            let task_definition = subject.primary.content.inputs.task_definition.clone();
            book.completed = Some(CompletedRevision { revision: subject.primary.number, task_definition });
            book.rolling_back = false;
        }
        State::Failed => book.failed = Some(subject.primary.number),
        State::InProgress => {}
    }
    let kept = || previous.deployments.first().filter(|d| d.id == id)?.rollout_state_reason.clone();
    let reason = match (&turn, state) {
        (Some(Turn::Failed { cause, .. }), _) => cause.reason(),
        (_, State::Failed) => kept().unwrap_or_else(|| Cause::Tasks.reason()),
        (_, State::Completed) => format!("ECS deployment {id} completed."),
        (_, State::InProgress) if book.rolling_back && subject.stages.is_some() => {
            format!("ECS deployment: rolling back to deploymentId {id}.")
        }
        (_, State::InProgress) if book.rolling_back => {
            format!("ECS deployment circuit breaker: rolling back to deploymentId {id}.")
        }
        (_, State::InProgress) => format!("ECS deployment {id} in progress."),
    };
    let look_at = next.0.map(|at| at.max(now));
    Verdict { state, reason, book, hold, turn, record, look_at }
}

/// The book about this deployment: the one that is kept, or a new one where another deployment has begun
fn book(subject: Subject<'_>, previous: &EcsServiceStatus) -> Rollout {
    let number = subject.primary.number;
    let shown = previous.deployments.first();
    let mut kept = previous.rollout.clone().unwrap_or_else(|| {
        // A status from before there were books
        let revision = shown.and_then(|d| d.id.rsplit('/').next()?.parse().ok()).unwrap_or_default();
        Rollout { revision, ..Rollout::default() }
    });
    let complete = |d: &&ecs_crds::Deployment| {
        d.rollout_state == "COMPLETED" || (d.rollout_state == "IN_PROGRESS" && runs_everywhere(subject, kept.revision))
    };
    if let Some(shown) = shown.filter(|d| d.id == names::deployment_id(kept.revision)).filter(complete) {
        let (revision, task_definition) = (kept.revision, shown.task_definition.clone());
        if kept.revision != number {
            kept.completed = Some(CompletedRevision { revision, task_definition });
        }
    }
    if kept.revision == number && previous.rollout.is_some() {
        return kept;
    }
    Rollout {
        revision: number,
        completed: kept.completed,
        failed: kept.failed,
        rolling_back: subject.hold.is_some(),
        started: kept.started,
        stopped: kept.stopped,
        ..Rollout::default()
    }
}

/// A step of a deployment
struct Step {
    state: State,
    turn: Option<Turn>,
    record: Option<StagedDeployment>,
}

impl Step {
    fn to(state: State, turn: Option<Turn>) -> Self {
        Self { state, turn, record: None }
    }

    fn failed(cause: Cause, back_to: Option<i64>) -> Self {
        Self::to(State::Failed, Some(Turn::Failed { cause, back_to }))
    }
}

fn in_progress(subject: Subject<'_>, given: Given<'_>, book: &mut Rollout, next: &mut Next) -> Step {
    let Given { previous: _, alarms: _, config, now } = given;
    let Subject { service, primary, .. } = subject;
    let rules = &primary.content.rendered.supervision;
    let guessed;
    let rules = if rules.is_unknown() {
        guessed = primary.content.rendered.template.spec.as_ref().map(Supervision::guessed).unwrap_or_default();
        &guessed
    } else {
        rules
    };
    next.at(count(book, subject.tasks, rules, config.failing_tasks, now));
    let judgement = &service.judgement;
    healthy(subject, book, judgement.breaker.is_none_or(|b| b.reset_on_healthy_task), now);
    let failed = if book.rolling_back { None } else { failure(subject, given.alarms, book) };
    if let Some(stages) = subject.stages.filter(|s| s.goes_on(primary.number, service.staged.as_ref())) {
        return in_stages(subject, stages, failed, book, next, now);
    }
    if let Some((cause, rollback)) = failed {
        let back_to = book.completed.as_ref().map(|c| c.revision);
        let back_to = back_to.filter(|n| rollback && *n != primary.number && subject.stored.contains(n));
        return Step::failed(cause, back_to);
    }
    if !enough(subject, now) {
        return Step::to(State::InProgress, None);
    }
    let baked_from = book.baking_since.get_or_insert(Time(now)).0;
    let baked = baked_from.checked_add(judgement.bake).unwrap_or(now);
    // The way back was proven before
    if baked <= now || book.rolling_back {
        return Step::to(State::Completed, Some(Turn::Completed));
    }
    next.at(Some(baked));
    Step::to(State::InProgress, None)
}

/// Why a deployment fails, and whether that rolls it back
fn failure(subject: Subject<'_>, alarms: &Alarms, book: &mut Rollout) -> Option<(Cause, bool)> {
    let judgement = &subject.service.judgement;
    if let Some(breaker) = judgement.breaker
        && book.failed_tasks >= breaker.threshold.at(subject.service.desired_count)
    {
        return Some((Cause::Tasks, breaker.rollback));
    }
    let watched = judgement.alarms.as_ref()?;
    if let Some(name) = alarmed(book.watched_alarms.as_slice(), alarms) {
        return Some((Cause::Alarm(name), watched.rollback));
    }
    classify(book, watched.queries.keys(), alarms);
    None
}

/// A deployment that goes on in stages, or begins to
fn in_stages(
    subject: Subject<'_>,
    stages: &Stages,
    failed: Option<(Cause, bool)>,
    book: &mut Rollout,
    next: &mut Next,
    now: Timestamp,
) -> Step {
    let number = subject.primary.number;
    let Some(record) = stages.under_way() else {
        let source = stages.source.as_ref().map(|source| source.revision);
        let record = Some(begin(number, source, stages.others, now));
        return Step { record, ..Step::to(State::InProgress, None) };
    };
    let ours = record.revision == number;
    let way_back = subject.hold == Some(record.revision);
    let seen = Seen {
        laid_out: stages.laid_out,
        others: stages.others,
        healthy: stages.healthy,
        desired: subject.service.desired_count,
        superseded: !ours && !way_back,
        failed: failed.filter(|_| ours),
        jobs: stages.jobs.clone(),
        words: stages.words.clone(),
        now,
    };
    let Advanced { record, failed, look_at } = advance(record, subject.service.staged.as_ref(), &seen);
    next.at(look_at);
    let step = match (record.status, failed) {
        (ServiceDeploymentStatus::RollbackInProgress, Some(cause)) if ours => {
            book.completed.clone_from(&stages.source);
            Step::failed(cause, record.source)
        }
        (ServiceDeploymentStatus::Stopped, Some(cause)) if ours => Step::failed(cause, None),
        (ServiceDeploymentStatus::Successful, _) if ours => Step::to(State::Completed, Some(Turn::Completed)),
        (ServiceDeploymentStatus::RollbackSuccessful, _) if way_back => {
            Step::to(State::Completed, Some(Turn::Completed))
        }
        _ => Step::to(State::InProgress, None),
    };
    Step { record: Some(record), ..step }
}

/// Takes in that tasks became healthy, each once
fn healthy(subject: Subject<'_>, book: &mut Rollout, resets: bool, now: Timestamp) {
    let min_ready = subject.primary.content.rendered.min_ready_seconds;
    let of_primary = subject.tasks.iter().filter(|t| t.revision == subject.primary.number);
    let youngest = of_primary.filter_map(|t| t.healthy_since(min_ready, now)).max();
    if let Some(youngest) = youngest.filter(|y| book.healthy_at.as_ref().is_none_or(|known| known.0 < *y)) {
        book.healthy_at = Some(Time(youngest));
        if resets {
            book.failed_tasks = 0;
        }
    }
}

/// The first alarm that is watched and in ALARM
fn alarmed(watched: &[String], alarms: &Alarms) -> Option<String> {
    watched.iter().find(|name| alarms.get(*name) == Some(&AlarmState::Alarm)).cloned()
}

/// An alarm's first answer tells whether it says anything about this deployment
fn classify<'a>(book: &mut Rollout, names: impl Iterator<Item = &'a String>, alarms: &Alarms) {
    for name in names {
        if book.watched_alarms.contains(name) || book.ignored_alarms.contains(name) {
            continue;
        }
        match alarms.get(name) {
            Some(AlarmState::Ok) => book.watched_alarms.push(name.clone()),
            Some(AlarmState::Alarm) => book.ignored_alarms.push(name.clone()),
            None => {}
        }
    }
}

/// Whether the deployment has all the tasks that it needs: every one, or as many as early success asks for
fn enough(subject: Subject<'_>, now: Timestamp) -> bool {
    if subject.stuck {
        return false;
    }
    let Some(early) = subject.service.judgement.early else { return runs_everywhere(subject, subject.primary.number) };
    let desired = subject.service.desired_count;
    let needed = (i64::from(desired) * early.healthy_percent + 99) / 100;
    let old = subject.tasks.iter().any(|t| t.revision != subject.primary.number && t.alive());
    // A Deployment counts old tasks as available too, so the tasks themselves are asked
    let min_ready = subject.primary.content.rendered.min_ready_seconds;
    let healthy = |t: &&Task<'_>| t.revision == subject.primary.number && t.healthy_since(min_ready, now).is_some();
    let healthy = subject.tasks.iter().filter(healthy).count();
    i64::try_from(healthy).unwrap_or(i64::MAX) >= needed && !(early.blocking && old)
}

/// Whether every task of the service is one of this revision, and available
fn runs_everywhere(subject: Subject<'_>, number: i64) -> bool {
    let newest = number == subject.primary.number;
    let all = if newest { i64::from(subject.service.desired_count) } else { subject.workload.wanted };
    subject.workload.runs_everywhere(number, all)
}
