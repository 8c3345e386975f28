//! TaskDefinition: an ECS RegisterTaskDefinition document under `spec`, its numbered revisions in `status`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws_status::AwsStatus;
use crate::ecs::{
    ContainerDefinition, EphemeralStorage, InferenceAccelerator, ProxyConfiguration, RuntimePlatform, Tag,
    TaskDefinitionPlacementConstraint, TaskSize, TrustedExecutionConfiguration, Volume, shape::ecs_shape,
};
use crate::status::{Finding, conditions_schema};

ecs_shape! {
    /// A TaskDefinition describes the containers of a task. `spec` takes an ECS RegisterTaskDefinition document as it is.
    /// Each change of its content makes a new, immutable, numbered revision; services and schedules that name the bare
    /// family follow the newest one.
    #[derive(CustomResource)]
    #[kube(
        group = "ecs-operator.dev",
        version = "v1alpha1",
        kind = "TaskDefinition",
        plural = "taskdefinitions",
        shortname = "taskdef",
        category = "ecs",
        namespaced,
        status = "TaskDefinitionStatus",
        derive = "PartialEq",
        printcolumn = r#"{"name":"Family","type":"string","jsonPath":".status.family"}"#,
        printcolumn = r#"{"name":"Revision","type":"integer","jsonPath":".status.revision"}"#,
        printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
        printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
        printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
    )]
    pub struct TaskDefinitionSpec {
        /// The family, unique in a namespace (default: metadata.name; letters, digits, `-` and `_`, at most 255 characters)
        pub family: Option<String>,
        /// The short name or full Amazon Resource Name (ARN) of the IAM role that containers in this task can assume
        pub task_role_arn: Option<String>,
        /// The Amazon Resource Name (ARN) of the task execution role that grants the Amazon ECS container agent
        /// permission to make Amazon Web Services API calls on your behalf
        pub execution_role_arn: Option<String>,
        /// The Docker networking mode to use for the containers in the task (one of `bridge`, `host`, `awsvpc`, `none`)
        pub network_mode: Option<String>,
        /// A list of container definitions in JSON format that describe the different containers that make up your task
        /// (required)
        #[schemars(required, extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
        pub container_definitions: Option<Vec<ContainerDefinition>>,
        /// A list of volume definitions in JSON format that containers in your task might use
        pub volumes: Option<Vec<Volume>>,
        /// An array of placement constraint objects to use for the task
        pub placement_constraints: Option<Vec<TaskDefinitionPlacementConstraint>>,
        /// The task launch type that Amazon ECS validates the task definition against
        pub requires_compatibilities: Option<Vec<String>>,
        /// The CPU of the whole task: units (1024 are one vCPU) as a number or string, or `"1 vCPU"`
        pub cpu: Option<TaskSize>,
        /// The memory of the whole task: MiB as a number or string, or `"2GB"`
        pub memory: Option<TaskSize>,
        /// The metadata that you apply to the task definition to help you categorize and organize them (0 to 50 items)
        pub tags: Option<Vec<Tag>>,
        /// The process namespace to use for the containers in the task (one of `host`, `task`)
        pub pid_mode: Option<String>,
        /// The IPC resource namespace to use for the containers in the task (one of `host`, `task`, `none`)
        pub ipc_mode: Option<String>,
        /// The configuration details for the App Mesh proxy
        pub proxy_configuration: Option<ProxyConfiguration>,
        /// The Elastic Inference accelerators to use for the containers in the task
        pub inference_accelerators: Option<Vec<InferenceAccelerator>>,
        /// The amount of ephemeral storage to allocate for the task
        pub ephemeral_storage: Option<EphemeralStorage>,
        /// The operating system that your tasks definitions run on
        pub runtime_platform: Option<RuntimePlatform>,
        /// Enables fault injection when you register your task definition and allows for fault injection requests to be
        /// accepted from the task's containers
        pub enable_fault_injection: Option<bool>,
        /// The trusted execution configuration for tasks that use this task definition, including the isolation mode and,
        /// if configured, an attestation policy
        pub trusted_execution_configuration: Option<TrustedExecutionConfiguration>,
    }
}

/// What the operator observed of a TaskDefinition
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskDefinitionStatus {
    /// The generation of `metadata` that this status describes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The family: `spec.family`, else `metadata.name`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The number of the newest revision
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The newest revision as services name it: `family:revision`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
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
