//! ScheduledTask: an EventBridge schedule or rule with an ECS target.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws_status::AwsStatus;
use crate::described_task::StopCode;
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
        printcolumn = r#"{"name":"By","type":"string","jsonPath":".status.executor","priority":1}"#,
        printcolumn = r#"{"name":"Last","type":"date","jsonPath":".status.lastScheduleTime"}"#,
        printcolumn = r#"{"name":"Next","type":"string","jsonPath":".status.nextScheduleTime"}"#,
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
    /// What starts the tasks. Auto (default): a CronJob where one fires at the same times, else the operator's own engine
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<Executor>,
    /// Lenient (default): where clocks are set back, a CronJob may start the task a second time. Strict: never; the engine
    /// starts the task where a CronJob would do it twice
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dst: Option<DstPolicy>,
    /// Whether `actionAfterCompletion: DELETE` deletes this ScheduledTask and its finished Jobs (default: false, since
    /// whoever applied it would only create it again)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_completion: Option<bool>,
}

/// What starts a schedule's tasks
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Executor {
    /// A CronJob where one fires at the same times, else the engine
    #[default]
    Auto,
    /// A CronJob, or nothing
    CronJob,
    /// The operator itself: a Job for each run
    Engine,
}

/// What happens where clocks are set back
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DstPolicy {
    /// A CronJob may start a task twice
    #[default]
    Lenient,
    /// A task starts once, as with EventBridge
    Strict,
}

/// How far a schedule has come
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchedulePhase {
    /// Its start date is still to come
    Pending,
    /// It fires
    Active,
    /// `state` is DISABLED
    Disabled,
    /// `spec.kubernetes.workload` is Hold, or an EcsCluster holds what was imported
    Held,
    /// It has fired for the last time
    Completed,
    /// Its only run was missed
    Missed,
}

/// What became of a run
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RunState {
    /// Its tasks run, or wait to
    Running,
    /// Every task ended with exit code 0
    Succeeded,
    /// A task failed
    Failed,
    /// Its Job was deleted before it ended
    Deleted,
}

/// One run of a schedule: the tasks that one of its times started
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleRun {
    /// The Job
    pub job: String,
    /// The time of the schedule that it runs for
    pub scheduled_time: Time,
    /// What became of it
    pub state: RunState,
    /// When it ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Why it failed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Tasks that ended as ECS ends them, of which the Job tells otherwise: an essential container ended, or could not start,
    /// and the operator stopped the others
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<StoppedTask>,
}

/// How a task ended, in DescribeTasks' words
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoppedTask {
    /// The name of its pod
    pub name: String,
    /// What kind of thing stopped it
    pub stop_code: StopCode,
    /// Why, in ECS's words
    pub stopped_reason: String,
    /// The exit code of the essential container with which it ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// What the operator remembers of a schedule from one look to the next: with which times it was armed, and how far they are
/// decided
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArmedSchedule {
    /// The expression; a change arms the schedule anew
    pub expression: String,
    /// Its time zone
    pub time_zone: String,
    /// Its start date
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Time>,
    /// Its end date
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Time>,
    /// From when a rate counts
    pub anchor: Time,
    /// Every run that was due until then was started or given up; absent while the schedule does not fire
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_until: Option<Time>,
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
    /// How far the schedule has come
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<SchedulePhase>,
    /// `CronJob` or `Engine`: what starts the tasks
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<Executor>,
    /// The cron expression that Kubernetes runs, where a CronJob starts the tasks
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The time zone of `cron`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The task definition that the next run uses: `family:revision`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// The last time at which the schedule fired
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_schedule_time: Option<Time>,
    /// The time at which it fires next
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_schedule_time: Option<Time>,
    /// How many runs are under way
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<i64>,
    /// The latest 10 runs, newest first, and older ones of which a task is being stopped
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<ScheduleRun>,
    /// What the operator remembers from one look to the next
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub armed: Option<ArmedSchedule>,
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
    /// What the sync process knows of the counterpart on AWS; written by it alone
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsStatus>,
}
