//! What a deployment in stages shows: the stage that it is in, its share of the traffic, what it waits for.

use ecs_crds::status::Reason;
use ecs_crds::{Deployment, EcsServiceStatus, HookStatus, LifecycleHook, ServiceDeploymentStatus, StagedDeployment};

use crate::deploy::Verdict;
use crate::names;
use crate::plan::service::Target;
use crate::report::Standing;

/// A share of the traffic, as people write it: `5 %`, `33.3 %`
fn percent(permille: i64) -> String {
    match permille % 10 {
        0 => format!("{} %", permille / 10),
        tenth => format!("{}.{tenth} %", permille / 10),
    }
}

/// The hooks that a deployment waits for
fn awaited(record: &StagedDeployment) -> impl Iterator<Item = &LifecycleHook> {
    record.hooks.iter().filter(|hook| hook.status == HookStatus::InProgress)
}

/// How a service stands whose deployment is under way
pub(super) fn standing(record: &StagedDeployment, target: &Target, primary: &Deployment) -> Standing {
    let id = names::deployment_id(record.revision);
    let (stage, share) = (record.stage, percent(record.production_permille));
    if record.status == ServiceDeploymentStatus::RollbackInProgress {
        let message = format!("{id} is rolled back: {stage}, {share} of production traffic");
        return Standing::under_way(Reason::RolloutInProgress, message);
    }
    let paused =
        target.stages.as_ref().is_some_and(|stages| stages.words.pause.split(',').any(|word| word.trim() == id));
    if paused {
        let message = format!("{id} is paused at {stage} by the annotation {}; remove it to go on", names::PAUSE);
        return Standing::under_way(Reason::AwaitingHook, message);
    }
    if let Some(hook) = awaited(record).next() {
        let what = match hook.target_type.as_str() {
            "PAUSE" => format!("set the annotation {} or {} to it", names::CONTINUE, names::ROLLBACK),
            _ => "its Job decides".to_owned(),
        };
        let message =
            format!("{id} awaits the lifecycle hook {} at {stage} until {}; {what}", hook.hook_id, hook.expires_at.0);
        return Standing::under_way(Reason::AwaitingHook, message);
    }
    let message = format!(
        "{id} is at {stage}, {share} of production traffic; {} runs {} of {} tasks ({} pending)",
        primary.task_definition, primary.running_count, primary.desired_count, primary.pending_count
    );
    Standing::under_way(Reason::RolloutInProgress, message)
}

/// What there is to say of how a deployment went on: the reason of an event, and the message
pub(super) fn news(verdict: &Verdict, previous: &EcsServiceStatus) -> Vec<(&'static str, String)> {
    let Some(record) = &verdict.record else { return Vec::new() };
    let id = names::deployment_id(record.revision);
    let before = previous.deployment.as_ref().filter(|before| before.revision == record.revision);
    let mut news = Vec::new();
    if before.is_none_or(|before| before.production_permille != record.production_permille)
        && (before.is_some() || record.production_permille > 0)
    {
        let share = percent(record.production_permille);
        news.push(("TrafficShift", format!("(deployment {id}) shifts production traffic: {share} goes to it.")));
    }
    if before.is_none_or(|before| (before.stage, before.step) != (record.stage, record.step)) {
        news.push(("LifecycleStage", format!("(deployment {id}) is in the lifecycle stage {}.", record.stage)));
    }
    let known =
        |hook: &LifecycleHook| before.is_some_and(|before| before.hooks.iter().any(|h| h.hook_id == hook.hook_id));
    let asked = awaited(record).filter(|hook| !known(hook));
    news.extend(
        asked.map(|hook| ("AwaitingHook", format!("(deployment {id}) awaits the lifecycle hook {}.", hook.hook_id))),
    );
    news
}
