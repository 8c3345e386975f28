//! What an EcsService shows: ECS's own picture of a service, from the plan and the pods that are there.

mod deployments;
mod said;
mod staged;
mod stopped;

use ecs_crds::status::{ConditionType, Reason};
use ecs_crds::{Deployment as DeploymentEntry, EcsServiceStatus, ServiceEvent, StagedDeployment};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::config::OperatorConfig;
use crate::deploy::{self, Alarms, State, Subject, Task, Verdict, Workload, judge};
use crate::findings::Findings;
use crate::model::held::Held;
use crate::names;
use crate::plan::service::{ServicePlan, ServiceView, Target, child_name, ecs_name};
use crate::report::{Event, Outcome, Report, Standing, appeared, finding_events};
use deployments::deployments;
use said::{Saying, sayings, scheduled, steady};
use stopped::stopped;

/// How many service events a status shows, as DescribeServices would
const EVENTS_SHOWN: usize = 20;

/// The tasks of one deployment
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tasks {
    running: i64,
    pending: i64,
}

/// What a report depends on beside the plan
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What alarms say
    pub alarms: &'a Alarms,
    /// The administrator's configuration
    pub config: &'a OperatorConfig,
    /// The time
    pub now: Timestamp,
}

/// The status of a service after a plan was carried out
#[must_use]
pub fn service(
    view: &ServiceView<'_>,
    plan: &ServicePlan,
    outcome: &Outcome,
    given: Given<'_>,
) -> Report<EcsServiceStatus> {
    let now = given.now;
    let previous = view.service.status.clone().unwrap_or_default();
    let generation = view.service.metadata.generation;
    let tasks = deploy::tasks(&view.pods);
    // Nothing is judged before it has begun: a step failed, and what is there is not what is wanted.
    let target = plan.target.as_ref();
    let workload = target.map(|t| t.workload(view)).unwrap_or_default();
    let verdict = target.map(|t| judged(view, &tasks, t, workload, &previous, given));
    let deployments = match (target, &verdict) {
        (Some(target), Some(verdict)) => deployments(view, &tasks, target, verdict, &previous, now),
        _ => previous.deployments.clone(),
    };
    let desired = target.map(|t| i64::from(t.service.desired_count)).or(view.service.spec.desired_count);
    let counts = count(tasks.iter());
    let standing = standing(plan, outcome, verdict.as_ref(), &deployments, workload, counts);
    let conditions = standing.conditions(&previous.conditions, generation, now);

    let name = ecs_name(view.service);
    let mut book = verdict.as_ref().map(|v| v.book.clone());
    let mut said = match (&verdict, &mut book) {
        (Some(verdict), Some(book)) => sayings(name, &tasks, verdict, book, &previous),
        _ => Vec::new(),
    };
    said.extend(plan.scaled.iter().flat_map(|scaled| scheduled(name, scaled)));
    said.extend(steady(name, &previous, &conditions));
    let mut events = finding_events(&plan.findings, previous.observed_generation, generation);
    events.extend(newly_found(&plan.findings, &previous, generation));
    events.extend(said.iter().map(Saying::event));
    events.extend(turned(&previous, &standing));

    let revision_name = |number| names::service_revision_name(&child_name(view.service), number);
    let before = previous.rollback_hold.clone();
    let hold = verdict.as_ref().map_or(before, |verdict| verdict.hold.map(revision_name));
    let (findings, findings_omitted) = plan.findings.for_status();
    let status = EcsServiceStatus {
        observed_generation: generation,
        desired_count: desired,
        running_count: Some(counts.running),
        pending_count: Some(counts.pending),
        selector: Some(format!("{}={}", names::SERVICE, child_name(view.service))),
        task_definition: deployments.first().map(|d| d.task_definition.clone()),
        service_revision: target.map(|t| t.primary.name()).or(previous.service_revision.clone()),
        stopped_tasks: stopped(&previous.stopped_tasks, &view.pods, &deployments, book.as_ref(), now),
        deployments,
        events: newest_first(said, &previous, now),
        rollback_hold: hold,
        rollout: book.or(previous.rollout),
        deployment: record(target, verdict.as_ref(), previous.deployment),
        autoscaling: plan.autoscaling(previous.autoscaling),
        conditions,
        findings,
        findings_omitted,
        // The sync process's field manager owns it: what we leave out, our apply leaves alone
        aws: None,
    };
    let look_at = [plan.look_at, verdict.and_then(|v| v.look_at)].into_iter().flatten().min();
    Report { status, events, look_at }
}

/// What is found of the same generation only now: the cluster changed, not the document
fn newly_found(findings: &Findings, previous: &EcsServiceStatus, generation: Option<i64>) -> Vec<Event> {
    appeared(findings, previous.observed_generation, generation, &previous.findings, previous.findings_omitted)
}

/// The verdict about the PRIMARY deployment
fn judged(
    view: &ServiceView<'_>,
    tasks: &[Task<'_>],
    target: &Target,
    workload: Workload,
    previous: &EcsServiceStatus,
    given: Given<'_>,
) -> Verdict {
    let stored: Vec<i64> = view.revisions.iter().map(|r| r.revision).collect();
    let subject = Subject {
        service: &target.service,
        primary: &target.primary,
        workload,
        tasks,
        hold: target.hold,
        stuck: target.stuck,
        stored: &stored,
        stages: target.stages.as_ref(),
    };
    let Given { alarms, config, now } = given;
    judge(subject, deploy::Given { previous, alarms, config, now })
}

/// The newest deployment in stages. Once deployments roll, an old one would tell where traffic was, and not where it is
fn record(
    target: Option<&Target>,
    verdict: Option<&Verdict>,
    previous: Option<StagedDeployment>,
) -> Option<StagedDeployment> {
    let rolls = target.is_some_and(|target| target.stages.is_none());
    verdict.and_then(|verdict| verdict.record.clone()).or(previous).filter(|_| !rolls)
}

/// The events that a status shows
fn newest_first(said: Vec<Saying>, previous: &EcsServiceStatus, now: Timestamp) -> Vec<ServiceEvent> {
    let new = said.into_iter().rev().map(|s| ServiceEvent { created_at: Some(Time(now)), message: s.message });
    new.chain(previous.events.clone()).take(EVENTS_SHOWN).collect()
}

/// RUNNING and PENDING as ECS counts them: a task that is stopping is neither
fn count<'a>(tasks: impl Iterator<Item = &'a Task<'a>>) -> Tasks {
    let mut counts = Tasks::default();
    for task in tasks.filter(|t| t.alive()) {
        match task.pod().status.as_ref().and_then(|s| s.phase.as_deref()) {
            Some("Running") => counts.running += 1,
            _ => counts.pending += 1,
        }
    }
    counts
}

fn standing(
    plan: &ServicePlan,
    outcome: &Outcome,
    verdict: Option<&Verdict>,
    deployments: &[DeploymentEntry],
    workload: Workload,
    tasks: Tasks,
) -> Standing {
    if let Some(standing) = Standing::held_up(plan.refused.as_ref(), outcome, plan.awaiting.as_ref()) {
        return standing;
    }
    let (Some(target), Some(verdict), Some(primary)) = (&plan.target, verdict, deployments.first()) else {
        return Standing::under_way(Reason::RolloutInProgress, "nothing runs yet");
    };
    let desired = i64::from(target.service.desired_count);
    if target.service.held {
        let held = target.service.held_by_cluster.clone().map_or(Held::Spec, Held::Cluster);
        return Standing::under_way(Reason::Held, format!("{held}; no task runs here"));
    }
    if target.stuck {
        let message = format!(
            "with desiredCount {desired} the minimumHealthyPercent and maximumPercent allow neither stopping nor starting a \
             task; {} keeps running until one of them changes",
            target.running.content.inputs.task_definition
        );
        return Standing::stalled(Reason::DeploymentConfigurationStuck, message);
    }
    if let Some(standing) = failed(target, verdict, primary) {
        return standing;
    }
    if let Some(record) = verdict.record.as_ref().filter(|_| verdict.state == State::InProgress) {
        return staged::standing(record, target, primary);
    }
    if verdict.state != State::Completed {
        let message = format!(
            "{} runs {} of {desired} tasks ({} pending)",
            primary.task_definition, primary.running_count, primary.pending_count
        );
        return Standing::under_way(Reason::RolloutInProgress, message);
    }
    let steady =
        tasks == Tasks { running: desired, pending: 0 } && workload.available == desired && deployments.len() == 1;
    if steady {
        return Standing::ready(Reason::SteadyState, format!("{} runs {desired} tasks", primary.task_definition));
    }
    let message = format!("{} of {desired} tasks run, {} are available", tasks.running, workload.available);
    Standing::under_way(Reason::AwaitingSteadyState, message)
}

/// What a failed deployment makes of the service
fn failed(target: &Target, verdict: &Verdict, primary: &DeploymentEntry) -> Option<Standing> {
    let id = |number: i64| names::deployment_id(number);
    if let Some(number) = verdict.hold {
        let book = &verdict.book;
        let back = book.completed.as_ref().map(|c| c.task_definition.as_str()).unwrap_or_default();
        let message = format!(
            "the deployment {} failed; the service runs {back} again, and tries that deployment anew only when its spec \
             changes (spec.kubernetes.forceDeployment does)",
            id(number)
        );
        let back = target.hold.is_some() && verdict.state == State::Completed;
        let reason = Reason::RolledBack;
        return Some(if back { Standing::stalled(reason, message) } else { Standing::under_way(reason, message) });
    }
    (verdict.state == State::Failed).then(|| {
        let message = format!(
            "the deployment {} of {} failed and starts no more tasks; it is not rolled back, as that is not asked for or no \
             deployment has completed before; change the service to start another one",
            primary.id, primary.task_definition
        );
        Standing::stalled(Reason::DeploymentFailed, message)
    })
}

/// A warning where the service got stalled, or for another reason than before
fn turned(previous: &EcsServiceStatus, standing: &Standing) -> Option<Event> {
    let reason = standing.reason.to_string();
    let stalled = ConditionType::Stalled.to_string();
    let before = previous.conditions.iter().any(|c| c.type_ == stalled && c.reason == reason);
    (standing.stalled && !before).then(|| Event { warning: true, reason, note: standing.message.clone() })
}
