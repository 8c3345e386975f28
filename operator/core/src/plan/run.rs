//! What a run of tasks is made of, whoever starts it: the pod of a task definition with the run's overrides, and what the pod
//! needs beside it.

pub(crate) mod tasks;

use std::collections::BTreeSet;

use ecs_crds::ecs::TaskOverride;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::check::{self, overrides, placement};
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::placement::Constraints;
use crate::plan::family::found_in;
use crate::revision::{Companion, TaskRevision};
use crate::translate;
use crate::translate::pod::{Setting, pod};
use crate::translate::schedule::RenderedTask;

/// What of a run changes the task that it runs
#[derive(Clone, Copy, Debug)]
pub(crate) struct Differences<'a> {
    /// What it overrides
    pub(crate) overrides: &'a TaskOverride,
    /// Where that stands
    pub(crate) overrides_at: &'a Path,
    /// Its own placement constraints
    pub(crate) constraints: &'a Constraints,
    /// The security groups of its pods
    pub(crate) security_groups: &'a BTreeSet<String>,
    /// Where the members of RunTask stand
    pub(crate) at: &'a Path,
    /// Codes of Blocks that the owner's author accepts
    pub(crate) accept: &'a BTreeSet<String>,
}

/// A task, ready to run
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// The pod
    pub(crate) task: RenderedTask,
    /// What it needs beside it
    pub(crate) companions: Vec<Companion>,
    /// Who it is
    pub(crate) service_account: Option<ServiceAccount>,
}

/// Makes a task: overrides are applied to the task definition first, so what is checked and translated is the task that will
/// run. None where they do not fit the task definition, or make it one that is refused
pub(crate) fn made(
    revision: &TaskRevision,
    differences: Differences<'_>,
    (namespace, owner): (&str, &OwnerReference),
    context: &Context,
    findings: &mut Findings,
) -> Option<Made> {
    let Differences { overrides, overrides_at, constraints, security_groups, at, accept } = differences;
    let spec = overrides::apply(overrides, overrides_at, &revision.content.spec, findings);
    let checked = check::task_definition(&spec, &revision.family, &revision.content.accept, context);
    let Some(task) = checked.model.filter(|_| !findings.blocked()) else {
        if let Some(worst) = checked.findings.worst().filter(|_| checked.findings.blocked()) {
            let message =
                format!("with these overrides {} is refused at {}: {}", revision.id(), worst.path, worst.message);
            findings.block(overrides_at, worst.class, &worst.code, message);
        }
        return None;
    };
    let mut found = Findings::default();
    let task = check::launch::of_schedule(task, at, &mut found);
    placement::together(&task.constraints, constraints, at, &mut found);
    findings.extend(found.accepting(accept));
    if findings.blocked() {
        return None;
    }
    let mut pod = pod(&task, revision.number, &Setting::Job, context);
    translate::security_groups::apply(security_groups, &mut pod.labels, &mut pod.companions);
    let mut found = checked.findings;
    found.extend(pod.findings.clone());
    if !found.is_empty() {
        let (known, _) = found_in(&revision.content, &revision.family, context);
        findings.extend(found.without(&known).of_document(&revision.id(), &at.key("taskDefinition")));
    }
    let template = pod.template();
    let service_account = task.role().map(|role| translate::identity::service_account(role, namespace, owner));
    let (tags, constraints) = (task.tags().clone(), task.constraints.clone());
    let task = RenderedTask { number: revision.number, template, tags, constraints };
    Some(Made { task, companions: pod.companions, service_account })
}
