//! R-BG: what of a service is deployed in stages, and the objects that its record asks for.
//!
//! *Guarantees*: what the status does not say yet is not done; a revision whose stored form is missing changes nothing.

use std::collections::BTreeMap;

use ecs_crds::{CompletedRevision, HookStatus, StagedDeployment};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::config::Capabilities;
use crate::deploy::staged::{Stages, Words, hook_id, layout, settled_on};
use crate::deploy::tasks;
use crate::model::scaling::Bounds;
use crate::model::service::Service;
use crate::model::staged::{HookTarget, Layout};
use crate::names;
use crate::plan::deployments::History;
use crate::plan::service::{ServiceView, Target, deployed_revision};
use crate::plan::{Child, ChildKind, Existing, Plan, Step};
use crate::revision::ServiceRevision;
use crate::translate::gate::gate;
use crate::translate::staged::{Colour, Laid, colour_name, lay_out};

/// What is deployed in stages; none where deployments roll
pub(super) fn stages(
    view: &ServiceView<'_>,
    model: &Service,
    primary: &ServiceRevision,
    history: &History<'_>,
) -> Option<Stages> {
    let record = view.service.status.as_ref().and_then(|s| s.deployment.clone());
    let under_way = record.as_ref().is_some_and(|record| !record.status.is_over());
    if model.staged.is_none() && !under_way {
        // No stages are asked for any more: what runs stays where it is until it rolls
        return has_colour(view, primary.number).then(|| rests(primary, model));
    }
    let source = match &record {
        Some(record) if under_way => record.source,
        Some(record) => settled_on(record),
        None => history.completed().or_else(|| home(view).and_then(deployed_revision)),
    };
    let desired = if model.held { 0 } else { model.desired_count };
    let asked = match &record {
        Some(record) => layout(record, model.staged.as_ref(), desired),
        None => source.map(|revision| Layout::settled(revision, desired)).unwrap_or_default(),
    };
    let green = record.as_ref().filter(|_| under_way).map_or(primary.number, |record| record.revision);
    let known = |number: i64| Some(number) == source || number == green;
    let annotation = |key: &str| view.service.metadata.annotations.as_ref().and_then(|a| a.get(key)).cloned();
    let word = |key: &str| annotation(key).unwrap_or_default().into();
    Some(Stages {
        source: source.and_then(|number| history.revision(number)).map(|revision| CompletedRevision {
            revision: revision.number,
            task_definition: revision.content.inputs.task_definition,
        }),
        layout: asked,
        laid_out: false,
        others: tasks(&view.pods).iter().any(|task| task.alive() && !known(task.revision)),
        healthy: view.deployments.iter().find(|d| deployed_revision(d) == Some(green)).map_or(0, |d| available(d)),
        jobs: view.jobs.iter().filter_map(|job| decided(job)).collect(),
        words: Words { continues: word(names::CONTINUE), rollback: word(names::ROLLBACK), pause: word(names::PAUSE) },
        record,
    })
}

/// A revision that runs in a Deployment of its own, and that nothing takes traffic from
fn rests(primary: &ServiceRevision, model: &Service) -> Stages {
    let desired = if model.held { 0 } else { model.desired_count };
    Stages { layout: Layout::settled(primary.number, desired), ..Stages::default() }
}

/// The Deployment of a service that rolls
fn home<'a>(view: &ServiceView<'a>) -> Option<&'a Deployment> {
    let name = super::service::child_name(view.service);
    view.deployments.iter().find(|d| d.metadata.name.as_ref() == Some(&name)).copied()
}

/// Whether a revision has a Deployment of its own
fn has_colour(view: &ServiceView<'_>, number: i64) -> bool {
    let name = colour_name(&super::service::child_name(view.service), number);
    view.deployments.iter().any(|d| d.metadata.name.as_ref() == Some(&name))
}

/// The tasks of a Deployment that are available, by a status that is about its newest spec
fn available(deployment: &Deployment) -> i32 {
    let status = deployment.status.as_ref().filter(|s| s.observed_generation >= deployment.metadata.generation);
    status.and_then(|s| s.available_replicas).unwrap_or(0)
}

/// What a Job of a hook has decided
fn decided(job: &Job) -> Option<(String, HookStatus)> {
    let hook = job.metadata.annotations.as_ref()?.get(names::HOOK)?.clone();
    let conditions = job.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    let is = |kind: &str| conditions.iter().any(|c| c.type_ == kind && c.status == "True");
    match (is("Complete"), is("Failed")) {
        (true, _) => Some((hook, HookStatus::Succeeded)),
        (_, true) => Some((hook, HookStatus::Failed)),
        _ => None,
    }
}

/// The objects that the record asks for; none where a revision that it names cannot be read
pub(super) fn laid(
    view: &ServiceView<'_>,
    target: &Target,
    stages: &Stages,
    bounds: Option<Bounds>,
    (namespace, owner): (&str, &OwnerReference),
    capabilities: Capabilities,
) -> Option<Laid> {
    let history = History::of(view);
    let read = |number: i64| match number == target.primary.number {
        true => Some(target.primary.clone()),
        false => history.revision(number),
    };
    let lanes: Vec<_> = stages.layout.lanes().collect();
    let revisions = lanes.iter().map(|lane| read(lane.revision)).collect::<Option<Vec<_>>>()?;
    // The Deployment from when deployments rolled goes on as blue
    let at_home = |number: i64| {
        let blue = stages.layout.blue.is_some_and(|blue| blue.revision == number);
        !has_colour(view, number) && home(view).is_some_and(|d| blue || deployed_revision(d) == Some(number))
    };
    let colours: Vec<_> = (lanes.iter().zip(&revisions))
        .map(|(lane, revision)| Colour { revision, tasks: lane.tasks, at_home: at_home(lane.revision) })
        .collect();
    let shape = target.service.staged.as_ref();
    Some(lay_out(&target.service, shape, &stages.layout, &colours, (namespace, owner), bounds, capabilities))
}

/// Whether a Deployment of before is kept: tasks that roll out of it need it until those after them are there
pub(super) fn is_needed(view: &ServiceView<'_>, target: &Target, old: &Deployment) -> bool {
    let rolls_out = target.stages.is_none() && deployed_revision(old) != Some(target.running.number);
    let there = home(view).filter(|d| deployed_revision(d) == Some(target.running.number)).map_or(0, available);
    rolls_out && there < target.service.desired_count && !target.service.held
}

/// The Jobs that are to decide now, and those that have nothing more to say
pub(super) fn gates(plan: &mut Plan, view: &ServiceView<'_>, target: &Target, namespace: &str, owner: &OwnerReference) {
    let record = target.stages.as_ref().and_then(|stages| stages.record.as_ref());
    for (child, name) in record.iter().flat_map(|record| asked(record, target, namespace, owner)) {
        // A Job is not changed once it has begun
        if !view.jobs.iter().any(|job| job.metadata.name.as_ref() == Some(&name)) {
            plan.applies.push(Step::Create(child));
        }
    }
    let number = record.map(|record| record.revision.to_string());
    let of = |job: &Job| job.metadata.labels.as_ref()?.get(names::SERVICE_REVISION).cloned();
    let old = view.jobs.iter().filter(|job| of(job) != number);
    plan.prune.extend(old.map(|job| Step::Delete(Existing::of(ChildKind::Job, &job.metadata))));
}

fn asked(record: &StagedDeployment, target: &Target, namespace: &str, owner: &OwnerReference) -> Vec<(Child, String)> {
    let hooks = target.service.staged.iter().flat_map(|shape| shape.hooks.iter().enumerate());
    let waits: BTreeMap<&str, ()> = (record.hooks.iter())
        .filter(|hook| hook.status == HookStatus::InProgress && !record.status.is_over())
        .map(|hook| (hook.hook_id.as_str(), ()))
        .collect();
    let job = |(index, hook): (usize, &crate::model::staged::Hook)| {
        let id = hook_id(record, index);
        let HookTarget::Job { job, details } = &hook.target else { return None };
        if !waits.contains_key(id.as_str()) {
            return None;
        }
        let metadata = ObjectMeta { namespace: Some(namespace.to_owned()), ..ObjectMeta::default() };
        let made = gate(&target.service, record, &id, (job, details, hook.timeout), metadata, owner);
        Some((Child::new(ChildKind::Job, &made.metadata, &made), made.metadata.name.clone().unwrap_or_default()))
    };
    hooks.filter_map(job).collect()
}
