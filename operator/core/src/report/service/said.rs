//! What ECS would say in a service's events, in ECS's words.
//!
//! *Guarantees*: each thing is said once, also over a restart of the operator; what happened between two writes of the
//! status is said together, so that events are bounded by the duration of a roll-out and not by its size.

use ecs_crds::status::ConditionType;
use ecs_crds::{EcsServiceStatus, Rollout, Said};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::staged;
use crate::deploy::{Cause, Task, Turn, Verdict};
use crate::names;
use crate::plan::scaling::Scaled;
use crate::report::{Event, is_true};

/// How many tasks one event names
const NAMED: usize = 10;

/// One thing that is said
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Saying {
    pub(super) reason: &'static str,
    pub(super) warning: bool,
    pub(super) message: String,
}

impl Saying {
    /// The same as a Kubernetes event
    pub(super) fn event(&self) -> Event {
        Event { warning: self.warning, reason: self.reason.to_owned(), note: self.message.clone() }
    }
}

/// What there is to say about a service's tasks and its deployment, the newest last; the book remembers what was said
pub(super) fn sayings(
    name: &str,
    tasks: &[Task<'_>],
    verdict: &Verdict,
    book: &mut Rollout,
    previous: &EcsServiceStatus,
) -> Vec<Saying> {
    let mut said = Vec::new();
    let mut say = |reason, warning, message: String| {
        said.push(Saying { reason, warning, message: format!("(service {name}) {message}") });
    };
    // Where there was a status and no book, tasks of before are no news.
    let silent = previous.rollout.is_none() && !previous.deployments.is_empty();
    let started = news(tasks, Task::created, &mut book.started);
    if !silent && let Some(names) = named(&started) {
        say("TasksStarted", false, format!("has started {} tasks: {names}.", started.len()));
    }
    let stopped = news(tasks, Task::told_to_stop, &mut book.stopped);
    if !silent && let Some(names) = named(&stopped) {
        say("TasksStopped", false, format!("has stopped {} running tasks: {names}.", stopped.len()));
    }
    for (reason, message) in staged::news(verdict, previous) {
        say(reason, false, message);
    }
    let unplaced = tasks.iter().find_map(Task::unplaced);
    if let Some(why) = unplaced.filter(|_| !book.unplaced) {
        let why = why.trim_end_matches('.');
        say(
            "UnableToPlace",
            true,
            format!("was unable to place a task because no node met all of its requirements: {why}."),
        );
    }
    book.unplaced = unplaced.is_some();
    let id = names::deployment_id(book.revision);
    match &verdict.turn {
        Some(Turn::Completed) => say("DeploymentCompleted", false, format!("(deployment {id}) deployment completed.")),
        Some(Turn::Failed { cause, back_to }) => {
            let why = match cause {
                Cause::Tasks => "tasks failed to start".to_owned(),
                Cause::Alarm(name) => format!("alarm {name} is in ALARM"),
                Cause::Hook(id) => format!("lifecycle hook {id} failed"),
                Cause::Aborted => "a rollback was requested".to_owned(),
                Cause::Superseded => "a new deployment was started".to_owned(),
            };
            say("DeploymentFailed", true, format!("(deployment {id}) deployment failed: {why}."));
            if let Some(number) = back_to {
                let back = names::deployment_id(*number);
                say("RollingBack", true, format!("rolling back to deployment {back}."));
            }
        }
        None => {}
    }
    said
}

/// What scheduled actions have just set
pub(super) fn scheduled(name: &str, scaled: &Scaled) -> Vec<Saying> {
    let say = |done: &String| {
        let message = format!("(service {name}) {done}.");
        Saying { reason: "ScheduledScaling", warning: false, message }
    };
    scaled.done.iter().map(say).collect()
}

/// Whether the service has just reached a steady state
pub(super) fn steady(name: &str, previous: &EcsServiceStatus, conditions: &[Condition]) -> Option<Saying> {
    let now = is_true(conditions, ConditionType::Ready) && !is_true(&previous.conditions, ConditionType::Ready);
    let message = format!("(service {name}) has reached a steady state.");
    now.then_some(Saying { reason: "SteadyState", warning: false, message })
}

/// The tasks to which something has happened since it was last said; `said` goes on to the last of them
fn news<'a>(
    tasks: &[Task<'a>],
    when: impl Fn(&Task<'a>) -> Option<Timestamp>,
    said: &mut Option<Said>,
) -> Vec<&'a str> {
    let mut happened: Vec<(Timestamp, &str)> = tasks.iter().filter_map(|t| Some((when(t)?, t.name()))).collect();
    happened.sort_unstable();
    let Some((last, _)) = happened.last().copied() else { return Vec::new() };
    let (at, count) = said.as_ref().map_or((Timestamp::MIN, 0), |s| (s.at.0, usize::try_from(s.count).unwrap_or(0)));
    // Of the second that was said last, as many as were there then
    let again = happened.iter().filter(|(time, _)| *time == at).skip(count);
    let later = happened.iter().filter(|(time, _)| *time > at);
    let news: Vec<&str> = again.chain(later).map(|(_, name)| *name).collect();
    if last >= at && !news.is_empty() {
        let of_last = happened.iter().filter(|(time, _)| *time == last).count();
        *said = Some(Said { at: Time(last), count: i64::try_from(of_last).unwrap_or(i64::MAX) });
    }
    news
}

/// Tasks as ECS lists them: `(task a) (task b)`; none where there are none
fn named(names: &[&str]) -> Option<String> {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("(task {name})")).collect();
    let more = names.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("{}{rest}", shown.join(" ")))
}
