//! ScheduledTask: an EventBridge schedule or rule with an ECS target.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ecs::{DeadLetterConfig, FlexibleTimeWindow, InputTransformer, RetryPolicy, RunTask, shape::ecs_shape};
use crate::ecs_service::Workload;
use crate::status::{Finding, conditions_schema};

ecs_shape! {
    /// A ScheduledTask runs a task at the times of an EventBridge expression: `cron(…)`, `rate(…)` or `at(…)`. `spec`
    /// holds the schedule's own fields and, under `task`, what ECS RunTask takes.
    #[derive(CustomResource)]
    #[kube(
        group = "ecs-operator.dev",
        version = "v1alpha1",
        kind = "ScheduledTask",
        plural = "scheduledtasks",
        shortname = "schedtask",
        category = "ecs",
        namespaced,
        status = "ScheduledTaskStatus",
        derive = "PartialEq",
        printcolumn = r#"{"name":"Expression","type":"string","jsonPath":".spec.scheduleExpression"}"#,
        printcolumn = r#"{"name":"TaskDef","type":"string","jsonPath":".status.taskDefinition"}"#,
        printcolumn = r#"{"name":"State","type":"string","jsonPath":".status.state"}"#,
        printcolumn = r#"{"name":"Last","type":"date","jsonPath":".status.lastScheduleTime"}"#,
        printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
        printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason","priority":1}"#,
        printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
    )]
    pub struct ScheduledTaskSpec {
        /// Which of AWS's two services this mirrors: Scheduler (default) or Rule
        pub source: Option<ScheduleSource>,
        /// The name of the schedule (default: metadata.name; 1 to 64 characters)
        pub name: Option<String>,
        /// The name of the schedule group to associate with this schedule (1 to 64 characters)
        pub group_name: Option<String>,
        /// When the task runs: `cron(…)`, `rate(…)` or `at(…)` (required; 1 to 256 characters)
        #[schemars(required)]
        pub schedule_expression: Option<String>,
        /// The date, in UTC, after which the schedule can begin invoking its target
        pub start_date: Option<String>,
        /// The date, in UTC, before which the schedule can invoke its target
        pub end_date: Option<String>,
        /// The description you specify for the schedule (0 to 512 characters)
        pub description: Option<String>,
        /// The IANA time zone in which the expression is evaluated (default: UTC)
        pub schedule_expression_timezone: Option<String>,
        /// Specifies whether the schedule is enabled or disabled (one of `ENABLED`, `DISABLED`; default: ENABLED)
        pub state: Option<String>,
        /// The Amazon Resource Name (ARN) for the customer managed KMS key that EventBridge Scheduler will use to encrypt
        /// and decrypt your data (1 to 2048 characters)
        pub kms_key_arn: Option<String>,
        /// Allows you to configure a time window during which EventBridge Scheduler invokes the schedule (default: OFF)
        pub flexible_time_window: Option<FlexibleTimeWindow>,
        /// Specifies the action that EventBridge Scheduler applies to the schedule after the schedule completes invoking
        /// the target (one of `NONE`, `DELETE`)
        pub action_after_completion: Option<String>,
        /// How EventBridge retries the call that starts the task
        pub retry_policy: Option<RetryPolicy>,
        /// Where EventBridge puts the calls that it gave up
        pub dead_letter_config: Option<DeadLetterConfig>,
        /// The role that EventBridge assumes to start the task
        pub role_arn: Option<String>,
        /// The JSON text that EventBridge passes: RunTask's overrides
        pub input: Option<String>,
        /// Rules only: the part of the event that is passed
        pub input_path: Option<String>,
        /// Rules only: how the event is turned into the input
        pub input_transformer: Option<InputTransformer>,
        /// The task to run: what ECS RunTask takes (required)
        #[schemars(required)]
        pub task: Option<RunTask>,
        /// What neither ECS nor another AWS API knows
        pub kubernetes: Option<ScheduleKubernetes>,
    }
}

/// Which AWS service a ScheduledTask mirrors
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ScheduleSource {
    /// EventBridge Scheduler: time zones, start and end dates, flexible windows
    #[default]
    Scheduler,
    /// An EventBridge rule with a schedule: UTC only
    Rule,
}

/// What of a ScheduledTask is Kubernetes' alone
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleKubernetes {
    /// Run (default): the schedule fires here. Hold: it is translated, checked and shown, but never fires here
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Workload>,
}

/// What the operator observed of a ScheduledTask
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledTaskStatus {
    /// The generation of `metadata` that this status describes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `ENABLED` or `DISABLED`: whether the schedule fires
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The cron expression that Kubernetes runs
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The time zone of `cron`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The task definition that the next run uses: `family:revision`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// When the schedule last fired
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_schedule_time: Option<Time>,
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
