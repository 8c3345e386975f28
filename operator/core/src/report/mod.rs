//! `report`: what came of a plan → status and events.
//!
//! *Guarantees*: a status never changes by itself: times move only with what they are the time of; `observedGeneration` is
//! always written; every exit has a status, failures too.

pub mod family;
pub mod schedule;
pub mod service;
pub mod task;

use ecs_crds::status::{ConditionType, Finding, Reason};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::findings::Findings;
use crate::plan::references::Awaiting;

/// What came of carrying out a plan
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step succeeded
    Done,
    /// A step failed in a way that the user can see and mend
    Failed {
        /// The reason for the Ready condition
        reason: Reason,
        /// What happened, in words
        message: String,
    },
}

/// A status and what is to be said about it
#[derive(Clone, Debug, PartialEq)]
pub struct Report<S> {
    /// The status
    pub status: S,
    /// Kubernetes events, once each
    pub events: Vec<Event>,
    /// When a look can show something new without a change
    pub look_at: Option<Timestamp>,
}

/// A Kubernetes event to publish
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whether it is of type Warning
    pub warning: bool,
    /// Its reason: a word in CamelCase
    pub reason: String,
    /// What happened
    pub note: String,
}

/// Where an object stands, from which its conditions follow
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Why the document is not accepted
    pub refused: Option<(Reason, String)>,
    /// Whether what the user asked for runs
    pub ready: bool,
    /// Why
    pub reason: Reason,
    /// Why, in words
    pub message: String,
    /// Whether only a change of spec or cluster helps
    pub stalled: bool,
}

impl Standing {
    /// What the user asked for runs
    #[must_use]
    pub fn ready(reason: Reason, message: impl Into<String>) -> Self {
        Self { refused: None, ready: true, reason, message: message.into(), stalled: false }
    }

    /// Work is under way, or something is awaited
    #[must_use]
    pub fn under_way(reason: Reason, message: impl Into<String>) -> Self {
        Self { ready: false, ..Self::ready(reason, message) }
    }

    /// Only a change helps
    #[must_use]
    pub fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self { stalled: true, ..Self::under_way(reason, message) }
    }

    /// The document is not accepted
    #[must_use]
    pub fn refused(reason: Reason, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { refused: Some((reason, message.clone())), ..Self::stalled(reason, message) }
    }

    /// What keeps a service or a schedule from running as asked, if anything does: a refusal, a failed step, something awaited
    fn held_up(refused: Option<&Awaiting>, outcome: &Outcome, awaiting: Option<&Awaiting>) -> Option<Self> {
        if let Some(Awaiting { reason, message }) = refused {
            return Some(Self::refused(*reason, message.clone()));
        }
        match outcome {
            Outcome::Failed { reason: reason @ Reason::AwaitingDeletion, message } => {
                Some(Self::under_way(*reason, message.clone()))
            }
            Outcome::Failed { reason, message } => Some(Self::stalled(*reason, message.clone())),
            Outcome::Done => awaiting.map(|a| Self::under_way(a.reason, a.message.clone())),
        }
    }

    /// The conditions, with the transition times of the previous ones where nothing changed
    #[must_use]
    pub fn conditions(&self, previous: &[Condition], generation: Option<i64>, now: Timestamp) -> Vec<Condition> {
        let condition = |kind: ConditionType, is: bool, reason: Reason, message: &str| {
            let (kind, status) = (kind.to_string(), if is { "True" } else { "False" });
            let before = previous.iter().find(|c| c.type_ == kind && c.status == status);
            Condition {
                last_transition_time: before.map_or(Time(now), |b| b.last_transition_time.clone()),
                message: message.to_owned(),
                observed_generation: generation,
                reason: reason.to_string(),
                status: status.to_owned(),
                type_: kind,
            }
        };
        let mut conditions = vec![match &self.refused {
            None => condition(ConditionType::Accepted, true, Reason::Valid, "the document is valid and translated"),
            Some((reason, message)) => condition(ConditionType::Accepted, false, *reason, message),
        }];
        conditions.push(condition(ConditionType::Ready, self.ready, self.reason, &self.message));
        if self.stalled {
            conditions.push(condition(ConditionType::Stalled, true, self.reason, &self.message));
        } else if !self.ready {
            conditions.push(condition(ConditionType::Reconciling, true, self.reason, &self.message));
        }
        conditions
    }
}

/// The reason that a Block finding of this code gives to the condition Accepted
#[must_use]
pub fn block_reason(code: &str) -> Reason {
    match code {
        "InvalidValue" | "RequiredField" => Reason::InvalidValue,
        "UnknownField" => Reason::UnknownField,
        _ => Reason::Blocked,
    }
}

/// The events for findings: once for each code of a generation that was not yet observed
#[must_use]
pub fn finding_events(findings: &Findings, observed: Option<i64>, generation: Option<i64>) -> Vec<Event> {
    if observed == generation {
        return Vec::new();
    }
    let mut events: Vec<Event> = Vec::new();
    for finding in findings.iter() {
        if events.iter().all(|e| e.reason != finding.code) {
            events.push(Event {
                warning: finding.severity > ecs_crds::status::Severity::Info,
                reason: finding.code.clone(),
                note: format!("{}: {}", finding.path, finding.message),
            });
        }
    }
    events
}

/// The events for findings that were not there when the same generation was looked at before: what changed is the cluster, a
/// family or the configuration
///
/// None where the status shows only a part of what was found: what is left out may have been told.
#[must_use]
pub fn appeared(
    findings: &Findings,
    observed: Option<i64>,
    generation: Option<i64>,
    shown: &[Finding],
    omitted: Option<i64>,
) -> Vec<Event> {
    if observed != generation || omitted.is_some() {
        return Vec::new();
    }
    let mut events = finding_events(findings, None, Some(0));
    events.retain(|event| shown.iter().all(|finding| finding.code != event.reason));
    events
}

/// Whether a condition of this type is True
#[must_use]
pub fn is_true(conditions: &[Condition], kind: ConditionType) -> bool {
    conditions.iter().any(|c| c.type_ == kind.to_string() && c.status == "True")
}

#[cfg(test)]
mod tests {
    use ecs_crds::status::Class;

    use super::*;
    use crate::findings::Path;

    fn found(codes: &[&str]) -> Findings {
        let mut findings = Findings::default();
        for (index, code) in codes.iter().enumerate() {
            findings.warn(&Path::root().index(index), Class::Approximate, code, "what happens; what to do");
        }
        findings
    }

    #[test]
    fn a_finding_is_an_event_once_for_each_code_and_generation() {
        let now = found(&["A", "A", "B"]);
        for (observed, generation, shown, omitted, expected) in [
            (None, Some(1), &[][..], None, &["A", "B"][..]),
            (Some(1), Some(2), &["A", "B"], None, &["A", "B"]),
            (Some(2), Some(2), &["A", "B"], None, &[]),
            (Some(2), Some(2), &["A"], None, &["B"]),
            (Some(2), Some(2), &["A"], Some(7), &[]),
        ] {
            let (shown, _) = found(shown).for_status();
            let mut events = finding_events(&now, observed, generation);
            events.extend(appeared(&now, observed, generation, &shown, omitted));
            let reasons: Vec<_> = events.iter().map(|event| event.reason.as_str()).collect();
            assert_eq!(reasons, expected, "{observed:?} {generation:?} {shown:?}");
        }
    }
}
