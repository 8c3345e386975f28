//! How `kubectl ecs rollout` prints a deployment.

use std::io::Write;

use ecs_core::names;
use ecs_core::revision::ServiceRevision;
use ecs_crds::{EcsService, EcsServiceStatus, StagedDeployment};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use serde_json::json;

use super::Output;

/// The deployment in one line, as it is shown while it is watched
pub(super) fn line(service: &EcsService) -> String {
    let status = service.status.clone().unwrap_or_default();
    let Some(first) = status.deployments.first() else { return "no deployment has begun".to_owned() };
    let tasks = format!("{} of {} tasks run", first.running_count, first.desired_count);
    let stage = status.deployment.as_ref().filter(|d| !d.status.is_over()).map(stage);
    let stage = stage.map(|stage| format!(", {stage}")).unwrap_or_default();
    format!("{} {} {}: {tasks}{stage}", first.id, first.task_definition, first.rollout_state)
}

/// The stage of a deployment and its share of the traffic
fn stage(deployment: &StagedDeployment) -> String {
    let percent = deployment.production_permille;
    let waits = deployment.hooks.iter().find(|hook| hook.status == ecs_crds::HookStatus::InProgress);
    let waits = waits.map(|hook| format!(", awaits {}", hook.hook_id)).unwrap_or_default();
    format!("{} {}.{} %{waits}", deployment.stage, percent / 10, percent % 10)
}

/// A service's deployments, and the stage of the newest
pub(super) fn status(service: &EcsService, output: Output, now: Timestamp, out: &mut dyn Write) -> anyhow::Result<()> {
    let status = service.status.clone().unwrap_or_default();
    if output == Output::Json {
        let shown = json!({ "deployments": status.deployments, "deployment": status.deployment });
        writeln!(out, "{}", serde_json::to_string_pretty(&shown)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<14} {:<8} {:<24} {:>7} {:>7} {:>7} {:>6}  STATE",
        "DEPLOYMENT", "STATUS", "TASK DEFINITION", "DESIRED", "RUNNING", "PENDING", "FAILED"
    )?;
    for d in &status.deployments {
        let failed = d.failed_tasks.unwrap_or(0);
        writeln!(
            out,
            "{:<14} {:<8} {:<24} {:>7} {:>7} {:>7} {:>6}  {}",
            d.id,
            d.status,
            d.task_definition,
            d.desired_count,
            d.running_count,
            d.pending_count,
            failed,
            d.rollout_state
        )?;
    }
    staged(&status, now, out)?;
    if let Some(ready) = status.conditions.iter().find(|c| c.type_ == "Ready") {
        writeln!(out, "\n{}: {}", ready.reason, ready.message)?;
    }
    Ok(())
}

fn staged(status: &EcsServiceStatus, now: Timestamp, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(deployment) = &status.deployment else { return Ok(()) };
    let since = now.duration_since(deployment.stage_started_at.0).as_secs().max(0);
    let id = names::deployment_id(deployment.revision);
    writeln!(out, "\n{id}: {} for {since} s, {}", stage(deployment), text(&deployment.status))?;
    if let Some(why) = &deployment.status_reason {
        writeln!(out, "{why}")?;
    }
    for hook in &deployment.hooks {
        writeln!(
            out,
            "hook {} ({}): {}, until {}",
            hook.hook_id,
            hook.target_type,
            text(&hook.status),
            hook.expires_at.0
        )?;
    }
    Ok(())
}

/// A value of an enum as the API spells it
fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The deployments that are remembered
pub(super) fn history(
    service: &EcsService,
    revisions: &[(ControllerRevision, ServiceRevision)],
    output: Output,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let status = service.status.clone().unwrap_or_default();
    let state = |read: &ServiceRevision| {
        let shown = status.deployments.iter().find(|d| d.id == read.deployment_id());
        let failed = status.rollback_hold == Some(read.name())
            || status.rollout.as_ref().is_some_and(|book| book.failed == Some(read.number));
        shown.map(|d| d.rollout_state.clone()).or(failed.then(|| "FAILED".to_owned())).unwrap_or_default()
    };
    let created = |stored: &ControllerRevision| stored.metadata.creation_timestamp.as_ref().map(|t| t.0.to_string());
    if output == Output::Json {
        let of = |(stored, read): &(ControllerRevision, ServiceRevision)| {
            json!({ "id": read.deployment_id(), "revision": read.number, "taskDefinition": read.content.inputs.task_definition,
                    "createdAt": created(stored), "rolloutState": state(read) })
        };
        let shown: Vec<_> = revisions.iter().map(of).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "deployments": shown }))?)?;
        return Ok(());
    }
    writeln!(out, "{:<10} {:<24} {:<22} STATE", "REVISION", "TASK DEFINITION", "CREATED")?;
    for (stored, read) in revisions {
        let created = created(stored).unwrap_or_default();
        writeln!(
            out,
            "{:<10} {:<24} {:<22} {}",
            read.number,
            read.content.inputs.task_definition,
            created,
            state(read)
        )?;
    }
    Ok(())
}
