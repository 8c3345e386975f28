//! What ECS RunTask takes.
//!
//! Shapes only: what a value means is judged in `ecs-core`. Texts are condensed from the service models of
//! botocore 1.44.5 (Apache-2.0).

use super::shape::ecs_shape;
use super::{
    CapacityProviderStrategyItem, EbsTagSpecification, EnvironmentFile, EphemeralStorage, KeyValuePair,
    NetworkConfiguration, PlacementConstraint, PlacementStrategy, ResourceRequirement, Tag,
};

ecs_shape! {
    /// The overrides that are sent to a container
    pub struct ContainerOverride {
        /// The name of the container that receives the override
        pub name: Option<String>,
        /// The command to send to the container that overrides the default command from the Docker image or the task
        /// definition
        pub command: Option<Vec<String>>,
        /// The environment variables to send to the container
        pub environment: Option<Vec<KeyValuePair>>,
        /// A list of files containing the environment variables to pass to a container, instead of the value from the
        /// container definition
        pub environment_files: Option<Vec<EnvironmentFile>>,
        /// The number of cpu units reserved for the container, instead of the default value from the task definition
        pub cpu: Option<i64>,
        /// The hard limit (in MiB) of memory to present to the container, instead of the default value from the task
        /// definition
        pub memory: Option<i64>,
        /// The soft limit (in MiB) of memory to reserve for the container, instead of the default value from the task
        /// definition
        pub memory_reservation: Option<i64>,
        /// The type and amount of a resource to assign to a container, instead of the default value from the task
        /// definition
        pub resource_requirements: Option<Vec<ResourceRequirement>>,
    }

    /// Details on an Elastic Inference accelerator task override
    pub struct InferenceAcceleratorOverride {
        /// The Elastic Inference accelerator device name to override for the task
        pub device_name: Option<String>,
        /// The Elastic Inference accelerator type to use
        pub device_type: Option<String>,
    }

    /// The overrides that are associated with a task
    pub struct TaskOverride {
        /// One or more container overrides that are sent to a task
        pub container_overrides: Option<Vec<ContainerOverride>>,
        /// The CPU override for the task
        pub cpu: Option<String>,
        /// The Elastic Inference accelerator override for the task
        pub inference_accelerator_overrides: Option<Vec<InferenceAcceleratorOverride>>,
        /// The Amazon Resource Name (ARN) of the task execution role override for the task
        pub execution_role_arn: Option<String>,
        /// The memory override for the task
        pub memory: Option<String>,
        /// The Amazon Resource Name (ARN) of the role that containers in this task can assume
        pub task_role_arn: Option<String>,
        /// The ephemeral storage setting override for the task
        pub ephemeral_storage: Option<EphemeralStorage>,
    }

    /// The termination policy for the Amazon EBS volume when the task exits
    pub struct TaskManagedEbsVolumeTerminationPolicy {
        /// Indicates whether the volume should be deleted on when the task stops (required)
        pub delete_on_termination: Option<bool>,
    }

    /// The configuration for the Amazon EBS volume that Amazon ECS creates and manages on your behalf
    pub struct TaskManagedEbsVolumeConfiguration {
        /// Indicates whether the volume should be encrypted
        pub encrypted: Option<bool>,
        /// The Amazon Resource Name (ARN) identifier of the Amazon Web Services Key Management Service key to use for
        /// Amazon EBS encryption
        pub kms_key_id: Option<String>,
        /// The volume type
        pub volume_type: Option<String>,
        /// The size of the volume in GiB
        pub size_in_gi_b: Option<i64>,
        /// The snapshot that Amazon ECS uses to create the volume
        pub snapshot_id: Option<String>,
        /// The rate, in MiB/s, at which data is fetched from a snapshot of an existing Amazon EBS volume to create a new
        /// volume for attachment to the task
        pub volume_initialization_rate: Option<i64>,
        /// The number of I/O operations per second (IOPS)
        pub iops: Option<i64>,
        /// The throughput to provision for a volume, in MiB/s, with a maximum of 1,000 MiB/s
        pub throughput: Option<i64>,
        /// The tags to apply to the volume
        pub tag_specifications: Option<Vec<EbsTagSpecification>>,
        /// The ARN of the IAM role to associate with this volume (required)
        pub role_arn: Option<String>,
        /// The termination policy for the volume when the task exits
        pub termination_policy: Option<TaskManagedEbsVolumeTerminationPolicy>,
        /// The Linux filesystem type for the volume (one of `ext3`, `ext4`, `xfs`, `ntfs`)
        pub filesystem_type: Option<String>,
    }

    /// Configuration settings for the task volume that was configuredAtLaunch that weren't set during RegisterTaskDef
    pub struct TaskVolumeConfiguration {
        /// The name of the volume (required)
        pub name: Option<String>,
        /// The configuration for the Amazon EBS volume that Amazon ECS creates and manages on your behalf
        #[serde(rename = "managedEBSVolume")]
        pub managed_ebs_volume: Option<TaskManagedEbsVolumeConfiguration>,
    }

    /// RunTaskRequest
    pub struct RunTask {
        /// The capacity provider strategy to use for the task
        pub capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
        /// The short name or full Amazon Resource Name (ARN) of the cluster to run your task on
        pub cluster: Option<String>,
        /// The number of instantiations of the specified task to place on your cluster
        pub count: Option<i64>,
        /// Specifies whether to use Amazon ECS managed tags for the task
        #[serde(rename = "enableECSManagedTags")]
        pub enable_ecs_managed_tags: Option<bool>,
        /// Determines whether to use the execute command functionality for the containers in this task
        pub enable_execute_command: Option<bool>,
        /// The name of the task group to associate with the task
        pub group: Option<String>,
        /// The infrastructure to run your standalone task on (one of `EC2`, `FARGATE`, `EXTERNAL`, `MANAGED_INSTANCES`)
        pub launch_type: Option<String>,
        /// The network configuration for the task
        pub network_configuration: Option<NetworkConfiguration>,
        /// A list of container overrides in JSON format that specify the name of a container in the specified task
        /// definition and the overrides it should receive
        pub overrides: Option<TaskOverride>,
        /// An array of placement constraint objects to use for the task
        pub placement_constraints: Option<Vec<PlacementConstraint>>,
        /// The placement strategy objects to use for the task
        pub placement_strategy: Option<Vec<PlacementStrategy>>,
        /// The platform version the task uses
        pub platform_version: Option<String>,
        /// Specifies whether to propagate the tags from the task definition to the task (one of `TASK_DEFINITION`,
        /// `SERVICE`, `NONE`)
        pub propagate_tags: Option<String>,
        /// This parameter is only used by Amazon ECS
        pub reference_id: Option<String>,
        /// An optional tag specified when a task is started
        pub started_by: Option<String>,
        /// The metadata that you apply to the task to help you categorize and organize them (0 to 50 items)
        pub tags: Option<Vec<Tag>>,
        /// The family and revision (family:revision) or full ARN of the task definition to run (required)
        pub task_definition: Option<String>,
        /// An identifier that you provide to ensure the idempotency of the request
        pub client_token: Option<String>,
        /// The details of the volume that was configuredAtLaunch
        pub volume_configurations: Option<Vec<TaskVolumeConfiguration>>,
    }
}
