//! What every status has in common: findings, condition types and the reasons they give.
//!
//! Reasons live here and nowhere else, so that scripts and documentation have one list to look at.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// How faithfully a field is translated (mapping specification, section 0.2)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Class {
    /// Same behaviour, same field semantics
    Exact,
    /// Another mechanism, same observable behaviour
    Equivalent,
    /// Works, and differs as the message says
    Approximate,
    /// Kept, without effect at run time
    Advisory,
    /// Cannot be done
    Unsupported,
}

/// What a finding means for the object it is about
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Severity {
    /// Good to know
    Info,
    /// Behaves differently from ECS in a way that may matter
    Warn,
    /// Nothing is created or changed until this is resolved
    Block,
}

/// One field that is translated other than exactly, or not at all
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// JSON pointer into `spec`
    pub path: String,
    /// How faithfully the field is translated
    pub class: Class,
    /// A stable name for what was found, for scripts and for the `accept` annotation
    pub code: String,
    /// What it means for this object
    pub severity: Severity,
    /// What happens and what to do
    pub message: String,
}

/// The condition types that our kinds report (decisions §3)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionType {
    /// The spec is valid, translated, and free of Block findings
    Accepted,
    /// What the user asked for runs
    Ready,
    /// Work is under way (kstatus; absent otherwise)
    Reconciling,
    /// Only a change of spec or cluster helps (kstatus; absent otherwise)
    Stalled,
    /// Both sides say the same; on synced kinds only, written by the sync process
    Synced,
}

impl fmt::Display for ConditionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why a condition has its status
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Accepted: valid and translated
    Valid,
    /// Accepted=False: a Block finding; the findings tell
    Blocked,
    /// Accepted=False: a value is not allowed
    InvalidValue,
    /// Accepted=False: a key is unknown
    UnknownField,
    /// Accepted=False: an older TaskDefinition holds the family
    FamilyConflict,
    /// Accepted=False: an older EcsService holds the service name
    ServiceNameConflict,
    /// Ready: the newest revision is registered
    Registered,
    /// Ready: the service has reached a steady state
    SteadyState,
    /// Ready: the schedule is armed
    Scheduled,
    /// Ready: the schedule is disabled, as the spec says
    Disabled,
    /// Ready=False: the times of a schedule have changed and are being taken over
    Arming,
    /// Ready: the end date of the schedule has passed
    Ended,
    /// Ready: the schedule has fired for the last time
    Completed,
    /// Ready=False: the only run of the schedule was missed
    Missed,
    /// Ready: every task has stopped, its essential container with exit code 0
    TaskSucceeded,
    /// Ready=False: the tasks have not all stopped yet
    TaskInProgress,
    /// Ready=False, Stalled: a task has stopped otherwise than with exit code 0
    TaskFailed,
    /// Ready=False, Stalled: somebody stopped the tasks
    TaskStopped,
    /// Ready=False: the TaskDefinition does not exist
    TaskDefinitionNotFound,
    /// Ready=False: the revision does not exist
    RevisionNotFound,
    /// Ready=False: the revision's TaskDefinition is gone, so it cannot be used anew
    RevisionInactive,
    /// Ready=False: the TaskDefinition has not been accepted
    TaskDefinitionNotReady,
    /// Ready=False: a stranger's object has the name that a child needs
    NameTaken,
    /// Ready=False: an object of a predecessor of the same name is still being deleted
    AwaitingDeletion,
    /// Ready=False: a deployment is under way
    RolloutInProgress,
    /// Ready=False: a deployment waits for what a lifecycle hook, or a person, says
    AwaitingHook,
    /// Ready=False: the deployment is complete, but not every task runs
    AwaitingSteadyState,
    /// Ready=False: the deployment failed, and the service runs what it ran before
    RolledBack,
    /// Ready=False, Stalled: the deployment failed, and nothing was rolled back
    DeploymentFailed,
    /// Ready=False, Stalled: the deployment configuration allows no progress
    DeploymentConfigurationStuck,
    /// Ready=False: held by `spec.kubernetes.workload: Hold`, or by the EcsCluster from which it was imported
    Held,
    /// Ready=False: something else keeps changing a child back
    Contested,
    /// Ready=False: the API server refused a child
    Refused,
    /// Synced: both sides say the same
    Agreed,
    /// Synced=False: a write is on its way, or not yet seen on the other side
    Syncing,
    /// Synced=False: both sides changed a field, and nobody has decided
    Conflict,
    /// Synced=False: more deletions are planned than one look may do, and nobody has confirmed them
    BreakerOpen,
    /// Synced=Unknown: the other side could not be read
    Unknown,
    /// Synced=False: a write was refused
    Error,
    /// Synced=False: the ECS cluster is gone or inactive
    RemoteClusterGone,
    /// Synced=False: the counterpart was deleted on ECS, and the policy keeps this object
    RemoteGone,
    /// Synced=False: there is no counterpart on ECS, and the mode makes none
    OnlyHere,
    /// Stalled: a state that should be impossible; a bug of the operator
    Bug,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// `conditions` is a map list by type, so that several managers can each own theirs
pub(crate) fn conditions_schema(generator: &mut SchemaGenerator) -> Schema {
    let items = generator.subschema_for::<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition>();
    json_schema!({
        "type": "array",
        "items": items,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    })
}
