//! `deployments[]` as DescribeServices shows them: the PRIMARY one, and older ones that still have tasks.

use ecs_crds::{Deployment, EcsServiceStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Tasks, count};
use crate::deploy::{Task, Verdict};
use crate::names;
use crate::plan::service::{ServiceView, Target};
use crate::revision::ServiceRevision;

/// The deployments, the PRIMARY one first, then the newest first
pub(super) fn deployments(
    view: &ServiceView<'_>,
    tasks: &[Task<'_>],
    target: &Target,
    verdict: &Verdict,
    previous: &EcsServiceStatus,
    now: Timestamp,
) -> Vec<Deployment> {
    let primary = &target.primary;
    let desired = i64::from(target.service.desired_count);
    let of = |number: i64| count(tasks.iter().filter(move |t| t.revision == number));
    let mut entries = vec![Deployment {
        desired_count: desired,
        failed_tasks: Some(verdict.book.failed_tasks),
        rollout_state: verdict.state.as_str().to_owned(),
        rollout_state_reason: Some(verdict.reason.clone()),
        ..entry(primary.number, "PRIMARY", &primary.content.inputs.task_definition, of(primary.number))
    }];
    let mut older: Vec<i64> = tasks.iter().map(|t| t.revision).filter(|n| *n != primary.number).collect();
    older.sort_unstable_by(|a, b| b.cmp(a));
    older.dedup();
    let revision = |number: i64| {
        let stored = view.revisions.iter().find(|r| r.revision == number)?;
        ServiceRevision::decode(stored)
    };
    for revision in older.into_iter().filter_map(revision).filter(|r| of(r.number) != Tasks::default()) {
        let tasks = of(revision.number);
        let id = revision.deployment_id();
        // It keeps how its roll-out ended
        let before = previous.deployments.iter().find(|d| d.id == id);
        entries.push(Deployment {
            desired_count: tasks.running + tasks.pending,
            failed_tasks: before.and_then(|b| b.failed_tasks),
            rollout_state: before.map_or("COMPLETED".to_owned(), |b| b.rollout_state.clone()),
            rollout_state_reason: before
                .map_or(Some(format!("ECS deployment {id} completed.")), |b| b.rollout_state_reason.clone()),
            ..entry(revision.number, "ACTIVE", &revision.content.inputs.task_definition, tasks)
        });
    }
    entries.into_iter().map(|e| dated(e, view, previous, now)).collect()
}

fn entry(number: i64, status: &str, task_definition: &str, tasks: Tasks) -> Deployment {
    Deployment {
        id: names::deployment_id(number),
        status: status.to_owned(),
        task_definition: task_definition.to_owned(),
        running_count: tasks.running,
        pending_count: tasks.pending,
        ..Deployment::default()
    }
}

/// Dates an entry: it keeps its times until something about it changes
fn dated(mut entry: Deployment, view: &ServiceView<'_>, previous: &EcsServiceStatus, now: Timestamp) -> Deployment {
    let before = previous.deployments.iter().find(|d| d.id == entry.id);
    let stored = view.revisions.iter().find(|r| names::deployment_id(r.revision) == entry.id);
    let created =
        before.and_then(|b| b.created_at.clone()).or(stored.and_then(|s| s.metadata.creation_timestamp.clone()));
    entry.created_at = Some(created.unwrap_or(Time(now)));
    entry.updated_at = before.and_then(|b| b.updated_at.clone());
    if before != Some(&entry) {
        entry.updated_at = Some(Time(now));
    }
    entry
}
