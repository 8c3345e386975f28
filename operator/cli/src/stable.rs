//! Whether a service has come to rest, and how: what `deploy`, `update-service` and `wait` wait for.
//!
//! *Not here*: what made it move.

use std::io::Write;

use anyhow::Context as _;
use ecs_core::report::is_true;
use ecs_core::revision::ServiceRevision;
use ecs_crds::status::{ConditionType, Reason};
use ecs_crds::{Deployment, EcsService, EcsServiceStatus};
use ecs_kube::Session;
use futures::StreamExt;
use jiff::SignedDuration;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

/// How these commands end, beside 0 and those of every command
pub(crate) const EXIT_CODES: &str = "\
  0    the service runs what it is to run, and all of its tasks are healthy
  2    refused, or nothing goes on before somebody changes something; or there is no such service
  3    the deployment failed; the service was rolled back, or stays where it was
  64   wrong usage, or a cluster that cannot be reached
  124  time is up, and the service still moves; it goes on moving";

/// How long to wait
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Patience {
    /// How long to wait: 90s, 10m, 1h30m
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    timeout: SignedDuration,
}

impl Patience {
    /// When it ends, if it begins now
    pub(crate) fn deadline(self) -> Instant {
        Instant::now() + self.timeout.unsigned_abs()
    }
}

/// How a service came to rest
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Outcome {
    /// It runs what it is to run
    Stable,
    /// What it was to run failed
    Failed,
    /// It goes on only when somebody changes something
    Stalled,
    /// It still moves
    TimedOut,
}

impl Outcome {
    /// What a program ends with
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Stable => 0,
            Self::Stalled => 2,
            Self::Failed => 3,
            Self::TimedOut => 124,
        }
    }
}

/// A service at the end of the wait
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rest {
    /// Its name
    pub(crate) service: String,
    /// How it came to rest
    pub(crate) outcome: Outcome,
    /// What the operator says of it
    pub(crate) reason: String,
    /// What it was to run: `family:revision`, where that is known
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<String>,
    /// What its PRIMARY deployment runs
    pub(crate) task_definition: Option<String>,
    /// Its deployments
    pub(crate) deployments: Vec<Deployment>,
}

/// Whether a look at a service says how it came to rest: `wanted` is what it is to run, where that is known, and `held` what
/// failed and is not tried again
fn outcome(service: &EcsService, wanted: Option<&str>, held: Option<&str>) -> Option<Outcome> {
    let status = service.status.as_ref().filter(|s| s.observed_generation == service.metadata.generation)?;
    let stalled = is_true(&status.conditions, ConditionType::Stalled);
    if status.rollback_hold.is_some() && wanted.is_none_or(|wanted| held == Some(wanted)) {
        return stalled.then_some(Outcome::Failed);
    }
    if wanted.is_some() && wanted != status.task_definition.as_deref() {
        return None;
    }
    let ready = condition(status, ConditionType::Ready)?;
    let because = |reason: Reason| ready.reason == reason.to_string();
    let refused = condition(status, ConditionType::Accepted).is_some_and(|accepted| accepted.status == "False");
    match () {
        () if ready.status == "True" => Some(Outcome::Stable),
        () if because(Reason::DeploymentFailed) => Some(Outcome::Failed),
        () if stalled || refused || because(Reason::Held) => Some(Outcome::Stalled),
        () => None,
    }
}

fn condition(status: &EcsServiceStatus, kind: ConditionType) -> Option<&Condition> {
    status.conditions.iter().find(|condition| condition.type_ == kind.to_string())
}

/// What the operator says of a service
fn reason(status: &EcsServiceStatus) -> String {
    let refused = condition(status, ConditionType::Accepted).filter(|accepted| accepted.status == "False");
    let said = refused.or_else(|| condition(status, ConditionType::Ready));
    said.map_or_else(|| "the operator has not looked at it yet".to_owned(), |said| said.message.clone())
}

/// Where its deployments are, in a line
fn line(status: &EcsServiceStatus) -> String {
    let deployments = status.deployments.iter().map(|d| {
        let Deployment { status, task_definition, running_count, desired_count, pending_count, .. } = d;
        let failed = d.failed_tasks.filter(|n| *n > 0).map_or_else(String::new, |n| format!(", {n} failed"));
        format!(
            "{status} {task_definition} {running_count} of {desired_count} running, {pending_count} pending{failed} ({})",
            d.rollout_state
        )
    });
    deployments.collect::<Vec<_>>().join("; ")
}

/// Waits until a service has come to rest, and tells on the way what its deployments and events tell
pub(crate) async fn rest(
    session: &Session,
    name: &str,
    wanted: Option<String>,
    deadline: Instant,
    errors: &mut dyn Write,
) -> anyhow::Result<Rest> {
    let mut told = Told::default();
    let mut held = Held::default();
    let mut changes = session.changes::<EcsService>(name);
    let mut last = EcsServiceStatus::default();
    let outcome = loop {
        let Ok(change) = timeout_at(deadline, changes.next()).await else { break Outcome::TimedOut };
        let service = change.context("the watch ended")??;
        last = service.status.clone().unwrap_or_default();
        told.tell(&last, errors)?;
        let held = held.task_definition(session, last.rollback_hold.as_deref()).await?;
        if let Some(outcome) = outcome(&service, wanted.as_deref(), held) {
            break outcome;
        }
    };
    Ok(Rest {
        service: name.to_owned(),
        outcome,
        reason: reason(&last),
        wanted,
        task_definition: last.task_definition,
        deployments: last.deployments,
    })
}

/// What was told already
#[derive(Default)]
struct Told {
    line: String,
    events: Option<Vec<ecs_crds::ServiceEvent>>,
}

impl Told {
    /// Tells what is new: where the deployments are, and the events that came since the first look
    fn tell(&mut self, status: &EcsServiceStatus, out: &mut dyn Write) -> std::io::Result<()> {
        let known = self.events.replace(status.events.clone()).unwrap_or_else(|| status.events.clone());
        for event in status.events.iter().rev().filter(|event| !known.contains(event)) {
            writeln!(out, "{}", event.message)?;
        }
        let line = line(status);
        if line != self.line {
            writeln!(out, "{line}")?;
            self.line = line;
        }
        out.flush()
    }
}

/// What a failed revision that is not tried again runs; asked for once
#[derive(Default)]
struct Held {
    revision: String,
    task_definition: Option<String>,
}

impl Held {
    async fn task_definition(&mut self, session: &Session, revision: Option<&str>) -> anyhow::Result<Option<&str>> {
        let Some(revision) = revision else { return Ok(None) };
        if self.revision != revision {
            let stored = session.get::<ControllerRevision>(revision).await?;
            let content = stored.and_then(|stored| ServiceRevision::decode(&stored)).map(|decoded| decoded.content);
            *self = Self { revision: revision.to_owned(), task_definition: content.map(|c| c.inputs.task_definition) };
        }
        Ok(self.task_definition.as_deref())
    }
}

#[cfg(test)]
mod tests;
