//! `check`: spec → model. Everything that can be wrong with a document is said here, by path.
//!
//! A model exists only where no Block finding stands: whoever holds one holds a document that Kubernetes has no reason to
//! refuse. The functions of this module join two checks: the words of a document along the support table
//! ([`vocabulary`]), and what they mean together ([`task`], [`service`], [`schedule`]).

mod deployment;
pub mod ecs_task;
pub(crate) mod launch;
mod network;
pub mod overrides;
pub(crate) mod placement;
mod run;
pub(crate) mod scaling;
pub mod schedule;
mod scheduling;
pub mod service;
mod staged;
pub mod task;
pub mod traffic;
pub mod vocabulary;

use std::collections::BTreeSet;

use ecs_crds::{EcsServiceSpec, EcsTaskSpec, ScheduledTaskSpec, TaskDefinitionSpec};

use crate::config::Context;
use crate::findings::Findings;
use crate::model::ecs_task::Start;
use crate::model::schedule::Schedule;
use crate::model::service::Service;
use crate::model::task::Task;

/// The outcome of a check: a model unless blocked, and what was found on the way
#[derive(Clone, Debug)]
pub struct Checked<M> {
    /// The valid model; none where a Block finding stands
    pub model: Option<M>,
    /// Everything found, Blocks included
    pub findings: Findings,
}

impl<M> Checked<M> {
    /// Joins what else was found; a Block that was not accepted takes the model away
    fn joined(mut self, found: Findings, accept: &BTreeSet<String>) -> Self {
        self.findings.extend(found.accepting(accept));
        let model = self.model.filter(|_| !self.findings.blocked());
        if model.is_none() && !self.findings.blocked() {
            self.findings.refuse_accepted(accept);
        }
        Self { model, findings: self.findings }
    }
}

/// Checks a task definition whole; `metadata_name` is the default of `family`, `accept` the codes whose Block is accepted
#[must_use]
pub fn task_definition(
    spec: &TaskDefinitionSpec,
    metadata_name: &str,
    accept: &BTreeSet<String>,
    context: &Context,
) -> Checked<Task> {
    let mut found = Findings::default();
    vocabulary::task_definition(spec, &mut found);
    task::check(spec, metadata_name, accept, context).joined(found, accept)
}

/// Checks a service whole; `metadata_name` is the default of `serviceName`
#[must_use]
pub fn service(
    spec: &EcsServiceSpec,
    metadata_name: &str,
    accept: &BTreeSet<String>,
    context: &Context,
) -> Checked<Service> {
    let mut found = Findings::default();
    vocabulary::service(spec, &mut found);
    service::check(spec, metadata_name, accept, context).joined(found, accept)
}

/// Checks an EcsTask whole; `metadata_name` names its Job
#[must_use]
pub fn ecs_task(
    spec: &EcsTaskSpec,
    metadata_name: &str,
    accept: &BTreeSet<String>,
    context: &Context,
) -> Checked<Start> {
    let mut found = Findings::default();
    vocabulary::ecs_task(spec, &mut found);
    ecs_task::check(spec, metadata_name, accept, context).joined(found, accept)
}

/// Checks a schedule whole; `metadata_name` is the default of `name`
#[must_use]
pub fn schedule(
    spec: &ScheduledTaskSpec,
    metadata_name: &str,
    accept: &BTreeSet<String>,
    context: &Context,
) -> Checked<Schedule> {
    let mut found = Findings::default();
    vocabulary::schedule(spec, &mut found);
    schedule::check(spec, metadata_name, accept, context).joined(found, accept)
}
