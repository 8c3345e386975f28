//! Carries out a step: looks once more at what it was planned on, then makes its calls in their order.
//!
//! *Guarantees*: a step that was carried out already makes no call; one whose ground has changed makes none either.

use ecs_core::ports::EcsFault;
use ecs_core::sync::calls::{Api, Call, calls};
use ecs_core::sync::ground::{Ground, ground};
use ecs_core::sync::plan::{EcsAct, EcsStep};
use ecs_core::sync::side::{Kind, Seen};
use serde_json::Value;

use crate::failure::{Class, Failure};
use crate::observe::Aws;

/// What ECS answers where another service has the name
const TAKEN: &[&str] = &["ConflictException", "ResourceAlreadyExistsException"];

impl Aws {
    pub(crate) async fn carry_out(&self, step: &EcsStep) -> Result<(), EcsFault> {
        let place = match self.place() {
            Some(place) => place,
            None => self.find().await.ok().and_then(|(_, place)| place).ok_or_else(|| EcsFault::Transient {
                operation: "DescribeClusters".to_owned(),
                code: "NoAnswer".to_owned(),
            })?,
        };
        match ground(step, &self.now(step).await) {
            Ground::Done => return Ok(()),
            Ground::Changed => return Err(EcsFault::Changed),
            Ground::Firm => {}
        }
        let calls = calls(step, &place).map_err(EcsFault::Impossible)?;
        let deletes = matches!(step.act, EcsAct::Delete { .. });
        for call in &calls {
            let answered = self.sender.call(call).await;
            self.forget(step);
            match answered {
                Ok(answer) => in_part(call, &answer)?,
                Err(failure) if deletes && failure.class == Class::Missing => {}
                Err(failure) if TAKEN.contains(&failure.code.as_str()) => return Err(EcsFault::Changed),
                Err(failure) => return Err(failure.fault()),
            }
        }
        Ok(())
    }

    /// What a step is about, as it is now
    async fn now(&self, step: &EcsStep) -> Seen {
        let name = &step.id.name;
        match step.id.kind {
            Kind::TaskDefinition => self.family(name).await,
            Kind::Service => self.service(name, scales(&step.act)).await,
            Kind::Schedule => {
                let found = match name.strip_prefix("rule:") {
                    Some(rule) => self.rule(rule).await,
                    None => self.schedule(name, None).await,
                };
                found.unwrap_or_else(|| Seen::Unknown("it runs something else".to_owned()))
            }
        }
    }

    /// What was read of it before is no longer true
    fn forget(&self, step: &EcsStep) {
        self.memory.forget(&step.id.name);
        let arn = match &step.act {
            EcsAct::Update { arn, .. } | EcsAct::Delete { arn, .. } => arn.as_deref(),
            EcsAct::Claim { arn, .. } => Some(arn.as_str()),
            EcsAct::Create { .. } => None,
        };
        if let Some(arn) = arn {
            self.memory.forget(crate::services::last(arn));
        }
    }
}

/// Whether a step is about scaling too
fn scales(act: &EcsAct) -> bool {
    match act {
        EcsAct::Create { .. } | EcsAct::Claim { .. } => false,
        EcsAct::Update { fields, .. } => fields.iter().any(|field| field.starts_with("/autoScaling")),
        EcsAct::Delete { before, .. } => !before["autoScaling"].is_null(),
    }
}

/// PutTargets and RemoveTargets answer 200 where they failed
fn in_part(call: &Call, answer: &Value) -> Result<(), EcsFault> {
    let failed = answer["FailedEntryCount"].as_i64().unwrap_or_default();
    if call.api != Api::EventBridge || failed == 0 {
        return Ok(());
    }
    let code = answer["FailedEntries"][0]["ErrorCode"].as_str().unwrap_or("FailedEntryCount").to_owned();
    let class = if code.contains("Concurrent") { Class::Unsent } else { Class::Refused };
    Err(Failure { operation: call.operation.clone(), code, class }.fault())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_that_failed_in_part_failed() {
        let call = |operation: &str| Call { api: Api::EventBridge, operation: operation.to_owned(), input: json!({}) };
        assert_eq!(in_part(&call("PutTargets"), &json!({"FailedEntryCount": 0})), Ok(()));
        let failed = json!({"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "ManagedRuleException", "ErrorMessage": "secret"}]});
        let fault = EcsFault::Refused { operation: "PutTargets".to_owned(), code: "ManagedRuleException".to_owned() };
        assert_eq!(in_part(&call("PutTargets"), &failed), Err(fault));
    }
}
