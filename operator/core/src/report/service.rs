//! What an EcsService shows: ECS's own picture of a service, from the plan and the pods that are there.

use ecs_crds::status::{ConditionType, Reason};
use ecs_crds::{Deployment as DeploymentEntry, EcsServiceStatus, ServiceEvent};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::names;
use crate::plan::service::{ServicePlan, ServiceView, Target, child_name, deployed_revision, ecs_name};
use crate::report::{Event, Outcome, Report, Standing, appeared, finding_events, is_true};
use crate::revision::ServiceRevision;

/// How many service events a status shows, as DescribeServices would
const EVENTS_SHOWN: usize = 20;

/// The tasks of one deployment
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tasks {
    running: i64,
    pending: i64,
}

/// The status of a service after a plan was carried out
#[must_use]
pub fn service(
    view: &ServiceView<'_>,
    pods: &[&Pod],
    plan: &ServicePlan,
    outcome: &Outcome,
    now: Timestamp,
) -> Report<EcsServiceStatus> {
    let previous = view.service.status.clone().unwrap_or_default();
    let generation = view.service.metadata.generation;
    let deployments = match &plan.target {
        Some(target) => deployments(view, pods, target, outcome, &previous, now),
        None => previous.deployments.clone(),
    };
    let desired = plan.target.as_ref().map(|t| i64::from(t.service.desired_count)).or(view.service.spec.desired_count);
    let tasks = tasks(pods.iter().copied());
    let standing = standing(plan, outcome, &deployments, view, tasks);
    let conditions = standing.conditions(&previous.conditions, generation, now);

    let mut events = finding_events(&plan.findings, previous.observed_generation, generation);
    let (observed, omitted) = (previous.observed_generation, previous.findings_omitted);
    events.extend(appeared(&plan.findings, observed, generation, &previous.findings, omitted));
    let said = said(view, &previous, &deployments, &conditions);
    events.extend(said.iter().map(|(reason, note)| Event {
        warning: false,
        reason: (*reason).to_owned(),
        note: note.clone(),
    }));
    events.extend(turned(&previous, &standing));
    let new_events = said.into_iter().map(|(_, message)| ServiceEvent { created_at: Some(Time(now)), message });
    let service_events = new_events.chain(previous.events.clone()).take(EVENTS_SHOWN).collect();

    let (findings, findings_omitted) = plan.findings.for_status();
    let status = EcsServiceStatus {
        observed_generation: generation,
        desired_count: desired,
        running_count: Some(tasks.running),
        pending_count: Some(tasks.pending),
        selector: Some(format!("{}={}", names::SERVICE, child_name(view.service))),
        task_definition: deployments.first().map(|d| d.task_definition.clone()),
        service_revision: plan.target.as_ref().map(|t| t.primary.name()).or(previous.service_revision),
        deployments,
        events: service_events,
        conditions,
        findings,
        findings_omitted,
        // The sync process's field manager owns it: what we leave out, our apply leaves alone
        aws: None,
    };
    Report { status, events }
}

/// RUNNING and PENDING as ECS counts them: a task that is stopping is neither
fn tasks<'a>(pods: impl Iterator<Item = &'a Pod>) -> Tasks {
    let mut tasks = Tasks::default();
    for pod in pods.filter(|p| p.metadata.deletion_timestamp.is_none()) {
        match pod.status.as_ref().and_then(|s| s.phase.as_deref()) {
            Some("Running") => tasks.running += 1,
            Some("Succeeded" | "Failed") => {}
            _ => tasks.pending += 1,
        }
    }
    tasks
}

fn revision_of(pod: &Pod) -> Option<i64> {
    pod.metadata.labels.as_ref()?.get(names::SERVICE_REVISION)?.parse().ok()
}

/// The deployments, newest first: the wanted one, and older ones that still have tasks
fn deployments(
    view: &ServiceView<'_>,
    pods: &[&Pod],
    target: &Target,
    outcome: &Outcome,
    previous: &EcsServiceStatus,
    now: Timestamp,
) -> Vec<DeploymentEntry> {
    let of = |number: i64| tasks(pods.iter().copied().filter(move |p| revision_of(p) == Some(number)));
    let desired = i64::from(target.service.desired_count);
    let mut entries = vec![{
        let id = target.primary.deployment_id();
        let was_complete = previous.deployments.first().is_some_and(|d| d.id == id && d.rollout_state == "COMPLETED");
        let complete = was_complete || (*outcome == Outcome::Done && completed(view, target));
        let (state, word) = if complete { ("COMPLETED", "completed") } else { ("IN_PROGRESS", "in progress") };
        entry(
            &target.primary,
            "PRIMARY",
            desired,
            of(target.primary.number),
            state,
            format!("ECS deployment {id} {word}."),
        )
    }];
    let mut older: Vec<i64> =
        pods.iter().filter_map(|p| revision_of(p)).filter(|n| *n != target.primary.number).collect();
    older.sort_unstable_by(|a, b| b.cmp(a));
    older.dedup();
    for number in older {
        let tasks = of(number);
        let stored = view.revisions.iter().find(|r| r.revision == number);
        if let Some(revision) = stored.and_then(|r| ServiceRevision::decode(r)).filter(|_| tasks != Tasks::default()) {
            let id = revision.deployment_id();
            let reason = format!("ECS deployment {id} completed.");
            entries.push(entry(&revision, "ACTIVE", tasks.running + tasks.pending, tasks, "COMPLETED", reason));
        }
    }
    entries.into_iter().map(|e| dated(e, view, previous, now)).collect()
}

fn entry(
    revision: &ServiceRevision,
    status: &str,
    desired: i64,
    tasks: Tasks,
    rollout_state: &str,
    reason: String,
) -> DeploymentEntry {
    DeploymentEntry {
        id: revision.deployment_id(),
        status: status.to_owned(),
        task_definition: revision.content.inputs.task_definition.clone(),
        desired_count: desired,
        running_count: tasks.running,
        pending_count: tasks.pending,
        failed_tasks: None,
        rollout_state: rollout_state.to_owned(),
        rollout_state_reason: Some(reason),
        created_at: None,
        updated_at: None,
    }
}

/// Dates an entry: it keeps its times until something about it changes. An ACTIVE deployment keeps how its roll-out ended
fn dated(
    mut entry: DeploymentEntry,
    view: &ServiceView<'_>,
    previous: &EcsServiceStatus,
    now: Timestamp,
) -> DeploymentEntry {
    let before = previous.deployments.iter().find(|d| d.id == entry.id);
    if let Some(before) = before.filter(|_| entry.status == "ACTIVE") {
        entry.rollout_state.clone_from(&before.rollout_state);
        entry.rollout_state_reason.clone_from(&before.rollout_state_reason);
    }
    let stored = view.revisions.iter().find(|r| format!("ecs-svc/{}", r.revision) == entry.id);
    let created =
        before.and_then(|b| b.created_at.clone()).or(stored.and_then(|s| s.metadata.creation_timestamp.clone()));
    entry.created_at = Some(created.unwrap_or(Time(now)));
    let updated = before.and_then(|b| b.updated_at.clone());
    entry.updated_at.clone_from(&updated);
    if before != Some(&entry) {
        entry.updated_at = Some(Time(now));
    }
    entry
}

/// Whether every task of the service is one of the wanted revision, and available
fn completed(view: &ServiceView<'_>, target: &Target) -> bool {
    if target.stuck() || target.service.held {
        return false;
    }
    let name = Some(target.service.name.as_str());
    let Some(deployment) = view.deployments.iter().find(|d| d.metadata.name.as_deref() == name) else { return false };
    let Some(status) = &deployment.status else { return false };
    let count = |n: Option<i32>| n.unwrap_or(0);
    deployed_revision(deployment) == Some(target.running.number)
        && status.observed_generation >= deployment.metadata.generation
        && [count(status.replicas), count(status.updated_replicas), count(status.available_replicas)]
            == [target.service.desired_count; 3]
}

fn available(deployments: &[&Deployment]) -> i64 {
    deployments.iter().filter_map(|d| d.status.as_ref()?.available_replicas).map(i64::from).sum()
}

fn standing(
    plan: &ServicePlan,
    outcome: &Outcome,
    deployments: &[DeploymentEntry],
    view: &ServiceView<'_>,
    tasks: Tasks,
) -> Standing {
    if let Some(standing) = Standing::held_up(plan.refused.as_ref(), outcome, plan.awaiting.as_ref()) {
        return standing;
    }
    let (Some(target), Some(primary)) = (&plan.target, deployments.first()) else {
        return Standing::under_way(Reason::RolloutInProgress, "nothing runs yet");
    };
    let desired = i64::from(target.service.desired_count);
    if target.service.held {
        return Standing::under_way(Reason::Held, "held by spec.kubernetes.workload: Hold; no task runs here");
    }
    if target.stuck() {
        let message = format!(
            "with desiredCount {desired} the minimumHealthyPercent and maximumPercent allow neither stopping nor starting a \
             task; {} keeps running until one of them changes",
            target.running.content.inputs.task_definition
        );
        return Standing::stalled(Reason::DeploymentConfigurationStuck, message);
    }
    if primary.rollout_state != "COMPLETED" {
        let message = format!(
            "{} runs {} of {desired} tasks ({} pending)",
            primary.task_definition, primary.running_count, primary.pending_count
        );
        return Standing::under_way(Reason::RolloutInProgress, message);
    }
    let steady = tasks == Tasks { running: desired, pending: 0 }
        && available(&view.deployments) == desired
        && deployments.len() == 1;
    if steady {
        return Standing::ready(Reason::SteadyState, format!("{} runs {desired} tasks", primary.task_definition));
    }
    let message = format!("{} of {desired} tasks run, {} are available", tasks.running, available(&view.deployments));
    Standing::under_way(Reason::AwaitingSteadyState, message)
}

/// What ECS would say in the service's events
fn said(
    view: &ServiceView<'_>,
    previous: &EcsServiceStatus,
    deployments: &[DeploymentEntry],
    conditions: &[k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition],
) -> Vec<(&'static str, String)> {
    let name = ecs_name(view.service);
    let mut said = Vec::new();
    let was_ready = is_true(&previous.conditions, ConditionType::Ready);
    if !was_ready && is_true(conditions, ConditionType::Ready) {
        said.push(("SteadyState", format!("(service {name}) has reached a steady state.")));
    }
    if let Some(primary) = deployments.first() {
        let before = previous.deployments.iter().find(|d| d.id == primary.id);
        if primary.rollout_state == "COMPLETED" && before.is_none_or(|b| b.rollout_state != "COMPLETED") {
            said.push((
                "DeploymentCompleted",
                format!("(service {name}) (deployment {}) deployment completed.", primary.id),
            ));
        }
        if before.is_none() {
            let note =
                format!("(service {name}) (deployment {}) has begun with {}.", primary.id, primary.task_definition);
            said.push(("DeploymentStarted", note));
        }
    }
    said
}

/// A warning where the service got stalled, or for another reason than before
fn turned(previous: &EcsServiceStatus, standing: &Standing) -> Option<Event> {
    let reason = standing.reason.to_string();
    let stalled = ConditionType::Stalled.to_string();
    let before = previous.conditions.iter().any(|c| c.type_ == stalled && c.reason == reason);
    (standing.stalled && !before).then(|| Event { warning: true, reason, note: standing.message.clone() })
}
