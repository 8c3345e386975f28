//! R-HOOK: who is asked before a deployment leaves a stage.
//!
//! A hook's ID follows from the deployment, the stage and its place in the spec, so that an answer finds its question again
//! whatever happened to the operator in between.

use ecs_crds::{HookStatus, LifecycleHook, LifecycleStage, StagedDeployment};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Machine, names};
use crate::deploy::judge::Cause;
use crate::model::staged::{Hook, HookTarget};

/// What the hooks of a stage say
pub(super) enum Answer {
    /// Some of them nothing yet
    Waits,
    /// Go on
    Passes,
    /// Go back
    Fails(Cause),
}

/// The ID of the hook at a place of the spec, in the stage that a deployment is in
#[must_use]
pub fn hook_id(record: &StagedDeployment, index: usize) -> String {
    let stage = record.stage.as_str().to_lowercase().replace('_', "-");
    format!("{}-{stage}-{}-{index}", record.revision, record.step)
}

impl Machine<'_> {
    /// Asks the hooks of this stage, and hears what they say
    pub(super) fn hooks(&mut self) -> Answer {
        let stage = self.record.stage;
        // What is being taken away is asked no more
        let Some(shape) = self.shape.filter(|_| stage != LifecycleStage::CleanUp) else { return Answer::Passes };
        let mut waits = false;
        for (index, hook) in shape.hooks.iter().enumerate().filter(|(_, hook)| hook.stages.contains(&stage)) {
            let id = hook_id(&self.record, index);
            let known = self.record.hooks.iter().position(|known| known.hook_id == id);
            let at = known.unwrap_or_else(|| {
                self.record.hooks.push(self.asked(id.clone(), hook));
                self.record.hooks.len() - 1
            });
            let status = self.heard(&self.record.hooks[at], hook);
            self.record.hooks[at].status = status;
            match status {
                HookStatus::Succeeded => {}
                HookStatus::Failed => return Answer::Fails(Cause::Hook(id)),
                HookStatus::InProgress => {
                    self.next.at(Some(self.record.hooks[at].expires_at.0));
                    waits = true;
                }
            }
        }
        if waits { Answer::Waits } else { Answer::Passes }
    }

    fn asked(&self, hook_id: String, hook: &Hook) -> LifecycleHook {
        let now = self.seen.now;
        let target_type = match hook.target {
            HookTarget::Pause => "PAUSE",
            HookTarget::Job { .. } => "JOB",
        };
        LifecycleHook {
            hook_id,
            target_type: target_type.to_owned(),
            status: HookStatus::InProgress,
            started_at: Time(now),
            expires_at: Time(now.checked_add(hook.timeout).unwrap_or(now)),
        }
    }

    fn heard(&self, known: &LifecycleHook, hook: &Hook) -> HookStatus {
        let (id, words) = (known.hook_id.as_str(), &self.seen.words);
        if known.status != HookStatus::InProgress {
            return known.status;
        }
        if names(&words.rollback, id) {
            return HookStatus::Failed;
        }
        let said = match hook.target {
            HookTarget::Pause if names(&words.continues, id) => HookStatus::Succeeded,
            HookTarget::Pause => HookStatus::InProgress,
            HookTarget::Job { .. } => self.seen.jobs.get(id).copied().unwrap_or(HookStatus::InProgress),
        };
        let late = self.seen.now >= known.expires_at.0;
        match said {
            HookStatus::InProgress if late && hook.continues => HookStatus::Succeeded,
            HookStatus::InProgress if late => HookStatus::Failed,
            said => said,
        }
    }
}
