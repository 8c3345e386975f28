//! `status.aws`: what the sync process knows of an object's counterpart on AWS, written by its own field manager.
//!
//! *Guarantees*: no value of an environment variable or secret stands here: [`AwsStatus::base`] holds digests wherever a field
//! can carry one.
//!
//! *Not here*: who merges and why (`ecs-core`, `sync`).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::status::ConditionType;
use crate::{EcsServiceStatus, EcsTaskStatus, ScheduledTaskStatus, TaskDefinitionStatus};

/// The counterpart of an object on AWS, as the sync process last saw and agreed it
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsStatus {
    /// The Amazon Resource Name of the counterpart
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// TaskDefinition: the number that the newest revision has on ECS
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_revision: Option<i64>,
    /// What both sides last agreed on, by field; `sha256:…` where the field is long or can carry a secret
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "base_schema")]
    pub base: Option<BTreeMap<String, Value>>,
    /// A write to AWS that has begun and has not been seen there yet
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<AwsAttempt>,
    /// Since when the counterpart is missing; one sighting proves nothing
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_since: Option<Time>,
    /// The deployment that ECS's circuit breaker took back
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<AwsRolledBack>,
    /// The fields that both sides changed, and what each says
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<AwsConflict>,
}

/// A write to AWS that has begun
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsAttempt {
    /// When it began
    pub at: Time,
    /// A digest of the content that AWS is to have afterwards
    pub digest: String,
}

/// A deployment that ECS's circuit breaker took back: it is no edit, and is not fought
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsRolledBack {
    /// The revision on ECS that failed
    pub from: i64,
    /// The revision on ECS that runs instead
    pub to: i64,
}

/// A field that both sides changed since they last agreed
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsConflict {
    /// The field; elements of named lists stand by their names: `/containerDefinitions/web/image`
    pub path: String,
    /// What Kubernetes says; absent where the field is; a digest where it can carry a secret
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub kubernetes: Option<Value>,
    /// What ECS says; absent where the field is; a digest where it can carry a secret
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub ecs: Option<Value>,
}

/// A status that the workload operator and the sync process share, each with a field manager of its own
pub trait SharedStatus {
    /// What of the status is the workload operator's
    #[must_use]
    fn without_sync(&self) -> Self;
}

macro_rules! shared_status {
    ($($status:ty),* $(,)?) => {$(
        impl SharedStatus for $status {
            fn without_sync(&self) -> Self {
                let mut own = Self { aws: None, ..self.clone() };
                own.conditions.retain(|condition| condition.type_ != ConditionType::Synced.to_string());
                own
            }
        }
    )*};
}

shared_status!(TaskDefinitionStatus, EcsServiceStatus, ScheduledTaskStatus);

/// A run has no counterpart that is kept the same
impl SharedStatus for EcsTaskStatus {
    fn without_sync(&self) -> Self {
        self.clone()
    }
}

fn any_value(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
}

/// Replaced whole: a base is true as a whole or not at all
fn base_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "x-kubernetes-map-type": "atomic",
        "additionalProperties": { "x-kubernetes-preserve-unknown-fields": true },
    })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
    use k8s_openapi::jiff::Timestamp;

    use super::*;

    #[test]
    fn what_the_sync_writes_makes_no_difference_to_the_workload_operator() {
        let condition = |kind: ConditionType| Condition {
            last_transition_time: Time(Timestamp::UNIX_EPOCH),
            message: String::new(),
            observed_generation: None,
            reason: "Any".to_owned(),
            status: "True".to_owned(),
            type_: kind.to_string(),
        };
        let own = EcsServiceStatus { conditions: vec![condition(ConditionType::Ready)], ..EcsServiceStatus::default() };
        let mut shared = own.clone();
        shared.conditions.push(condition(ConditionType::Synced));
        shared.aws = Some(AwsStatus { aws_revision: Some(7), ..AwsStatus::default() });
        assert_ne!(shared, own);
        assert_eq!(shared.without_sync(), own);
        assert_ne!(EcsServiceStatus { running_count: Some(1), ..shared }.without_sync(), own, "the rest still counts");
    }
}
