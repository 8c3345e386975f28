//! EcsTask: an ECS RunTask call as an object: tasks that start once, and what became of them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::described_task::{DescribedContainer, DescribedTask, LastStatus, StopCode};
use crate::ecs::RunTask;
use crate::ecs_service::Workload;
use crate::status::{Finding, conditions_schema};

/// An EcsTask starts tasks once, as an ECS RunTask call does. `spec` takes the input of RunTask as it is, and is as final as a
/// call: only `spec.kubernetes` can change. `status` tells what became of the tasks, as DescribeTasks would.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "ecs-operator.dev",
    version = "v1alpha1",
    kind = "EcsTask",
    plural = "ecstasks",
    shortname = "ecstask",
    category = "ecs",
    namespaced,
    status = "EcsTaskStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"TaskDef","type":"string","jsonPath":".status.taskDefinition"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.lastStatus"}"#,
    printcolumn = r#"{"name":"Exit","type":"integer","jsonPath":".status.exitCode"}"#,
    printcolumn = r#"{"name":"StopCode","type":"string","jsonPath":".status.stopCode"}"#,
    printcolumn = r#"{"name":"StoppedReason","type":"string","jsonPath":".status.stoppedReason","priority":1}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status","priority":1}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true, "x-kubernetes-validations" = as_final_as_a_call()))]
pub struct EcsTaskSpec {
    /// What RunTask takes
    #[serde(flatten)]
    pub run: RunTask,
    /// What ECS does not know; this alone can change
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<TaskKubernetes>,
}

/// The members of RunTask, none of which can change once the call was made
const MEMBERS: [&str; 19] = [
    "capacityProviderStrategy",
    "clientToken",
    "cluster",
    "count",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "group",
    "launchType",
    "networkConfiguration",
    "overrides",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "propagateTags",
    "referenceId",
    "startedBy",
    "tags",
    "taskDefinition",
    "volumeConfigurations",
];

/// The API server's rules that keep a call as it was made
fn as_final_as_a_call() -> Value {
    let rule = |member: &&str| {
        let same = format!(
            "has(self.{member}) == has(oldSelf.{member}) && (!has(self.{member}) || self.{member} == oldSelf.{member})"
        );
        let message = format!("{member} cannot change: the task was started with it. Create another EcsTask instead");
        json!({ "rule": same, "message": message, "fieldPath": format!(".{member}"), "reason": "FieldValueForbidden" })
    };
    MEMBERS.iter().map(rule).collect()
}

/// What of an EcsTask is Kubernetes' alone
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskKubernetes {
    /// Run (default): the tasks start here. Hold: they are translated, checked and shown, but start only when this is Run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Workload>,
    /// ECS's StopTask: as soon as this is there the tasks are told to stop. A task that has stopped never starts again
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopTask>,
    /// How long this EcsTask is kept after its tasks have stopped, in seconds (default: for ever). Leave it out where
    /// something creates the EcsTask again when it is gone, since that would start the tasks again
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub time_to_live_seconds: Option<i64>,
}

/// What StopTask takes
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StopTask {
    /// Why; it becomes `stoppedReason` (default: `Task stopped by user`)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
}

/// What became of the tasks, in DescribeTasks' words
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EcsTaskStatus {
    /// The generation of `metadata` that this status describes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The revision that was started: `family:revision`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// Where the tasks are in their lives; of several that go on, the furthest. `STOPPED` only when all have
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status: Option<LastStatus>,
    /// Where they are to be: `RUNNING` or `STOPPED`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_status: Option<LastStatus>,
    /// What kind of thing stopped them; of several, the first that failed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<StopCode>,
    /// Why they stopped, in ECS's words
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<String>,
    /// The exit code of the essential container that ended the task; of several, the first that is not 0
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// When they were started
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// When the first got to `RUNNING`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When the last had stopped
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Time>,
    /// The containers, where there is one task
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<DescribedContainer>,
    /// The tasks, one by one, by name
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<DescribedTask>,
    /// Accepted, Ready, Reconciling and Stalled (kstatus)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions_schema")]
    pub conditions: Vec<Condition>,
    /// What is translated other than exactly, or not at all: sorted, the first 100
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How many findings are left out of `findings`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings_omitted: Option<i64>,
}
