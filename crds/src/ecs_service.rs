//! EcsService: an ECS CreateService document under `spec`, and ECS's own picture of the service in `status`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::autoscaling::Autoscaling;
use crate::aws_status::AwsStatus;
use crate::described_task::DescribedTask;
use crate::ecs::{
    AutoScaling, CapacityProviderStrategyItem, DeploymentConfiguration, DeploymentController, GatewayConnector,
    LoadBalancer, MonitoringConfiguration, NetworkConfiguration, PlacementConstraint, PlacementStrategy,
    ServiceConnectConfiguration, ServiceRegistry, ServiceVolumeConfiguration, Tag, VpcLatticeConfiguration,
    shape::ecs_shape,
};
use crate::rollout::Rollout;
use crate::staged::{HookTarget, StagedDeployment};
use crate::status::{Finding, conditions_schema};
use crate::traffic::{ServiceDiscovery, ServiceGateway, ServiceIngress};

ecs_shape! {
    /// An EcsService keeps a number of tasks of one task definition running, as an ECS service does. `spec` takes an ECS
    /// CreateService document as it is; `spec.autoScaling` is Application Auto Scaling's part and `spec.kubernetes` what
    /// neither ECS nor another AWS API knows.
    #[derive(CustomResource)]
    #[kube(
        group = "ecs-operator.dev",
        version = "v1alpha1",
        kind = "EcsService",
        plural = "ecsservices",
        shortname = "ecssvc",
        category = "ecs",
        namespaced,
        status = "EcsServiceStatus",
        derive = "PartialEq",
        scale(
            spec_replicas_path = ".spec.desiredCount",
            status_replicas_path = ".status.runningCount",
            label_selector_path = ".status.selector"
        ),
        printcolumn = r#"{"name":"Desired","type":"integer","jsonPath":".status.desiredCount"}"#,
        printcolumn = r#"{"name":"Running","type":"integer","jsonPath":".status.runningCount"}"#,
        printcolumn = r#"{"name":"Pending","type":"integer","jsonPath":".status.pendingCount"}"#,
        printcolumn = r#"{"name":"TaskDef","type":"string","jsonPath":".status.taskDefinition"}"#,
        printcolumn = r#"{"name":"Rollout","type":"string","jsonPath":".status.deployments[0].rolloutState"}"#,
        printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status","priority":1}"#,
        printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason","priority":1}"#,
        printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
    )]
    pub struct EcsServiceSpec {
        /// The short name or full Amazon Resource Name (ARN) of the cluster that you run your service on
        pub cluster: Option<String>,
        /// The name of the service, unique in a namespace (default: metadata.name)
        pub service_name: Option<String>,
        /// The family and revision (family:revision) or full ARN of the task definition to run in your service
        pub task_definition: Option<String>,
        /// Indicates whether to use Availability Zone rebalancing for the service (one of `ENABLED`, `DISABLED`)
        pub availability_zone_rebalancing: Option<String>,
        /// A load balancer object representing the load balancers to use with your service
        pub load_balancers: Option<Vec<LoadBalancer>>,
        /// The details of the service discovery registry to associate with this service
        pub service_registries: Option<Vec<ServiceRegistry>>,
        /// The number of instantiations of the specified task definition to place and keep running in your service
        pub desired_count: Option<i64>,
        /// An identifier that you provide to ensure the idempotency of the request
        pub client_token: Option<String>,
        /// The infrastructure that you run your service on (one of `EC2`, `FARGATE`, `EXTERNAL`, `MANAGED_INSTANCES`)
        pub launch_type: Option<String>,
        /// The capacity provider strategy to use for the service
        pub capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
        /// The platform version that your tasks in the service are running on
        pub platform_version: Option<String>,
        /// The name or full Amazon Resource Name (ARN) of the IAM role that allows Amazon ECS to make calls to your load
        /// balancer on your behalf
        pub role: Option<String>,
        /// Optional deployment parameters that control how many tasks run during the deployment and the ordering of
        /// stopping and starting tasks
        pub deployment_configuration: Option<DeploymentConfiguration>,
        /// An array of placement constraint objects to use for tasks in your service
        pub placement_constraints: Option<Vec<PlacementConstraint>>,
        /// The placement strategy objects to use for tasks in your service
        pub placement_strategy: Option<Vec<PlacementStrategy>>,
        /// The network configuration for the service
        pub network_configuration: Option<NetworkConfiguration>,
        /// The period of time, in seconds, that the Amazon ECS service scheduler ignores unhealthy Elastic Load
        /// Balancing, VPC Lattice, and container health checks after a task has first started
        pub health_check_grace_period_seconds: Option<i64>,
        /// The scheduling strategy to use for the service (one of `REPLICA`, `DAEMON`)
        pub scheduling_strategy: Option<String>,
        /// The deployment controller to use for the service
        pub deployment_controller: Option<DeploymentController>,
        /// The metadata that you apply to the service to help you categorize and organize them (0 to 50 items)
        pub tags: Option<Vec<Tag>>,
        /// Specifies whether to turn on Amazon ECS managed tags for the tasks within the service
        #[serde(rename = "enableECSManagedTags")]
        pub enable_ecs_managed_tags: Option<bool>,
        /// Specifies whether to propagate the tags from the task definition to the task (one of `TASK_DEFINITION`,
        /// `SERVICE`, `NONE`)
        pub propagate_tags: Option<String>,
        /// Determines whether the execute command functionality is turned on for the service
        pub enable_execute_command: Option<bool>,
        /// The configuration for this service to discover and connect to services, and be discovered by, and connected
        /// from, other services within a namespace
        pub service_connect_configuration: Option<ServiceConnectConfiguration>,
        /// The configuration for a volume specified in the task definition as a volume that is configured at launch time
        pub volume_configurations: Option<Vec<ServiceVolumeConfiguration>>,
        /// The VPC Lattice configuration for the service being created
        pub vpc_lattice_configurations: Option<Vec<VpcLatticeConfiguration>>,
        /// The gateway connectors that attach the service to a gateway ingress path (0 to 1 items)
        pub gateway_connectors: Option<Vec<GatewayConnector>>,
        /// The optional monitoring configuration for the service, which defines the resolution for the service-level
        /// CPUUtilization and MemoryUtilization Amazon CloudWatch metrics
        pub monitoring: Option<MonitoringConfiguration>,
        /// Application Auto Scaling of this service: the scalable target, its policies and scheduled actions
        pub auto_scaling: Option<AutoScaling>,
        /// What neither ECS nor another AWS API knows
        pub kubernetes: Option<ServiceKubernetes>,
    }
}

/// What of an EcsService is Kubernetes' alone
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceKubernetes {
    /// Run (default): tasks run here. Hold: the service is translated, checked and shown, but no task starts here
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Workload>,
    /// The Service in front of the tasks (default: ClusterIP when a container maps a port, else None)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceKind>,
    /// The rules of a listener, as an Ingress, and the health check of the target group (default: none)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress: Option<ServiceIngress>,
    /// An HTTPRoute of the Gateway API (default: none)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<ServiceGateway>,
    /// A headless Service under the name that a Cloud Map service has (default: none)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_discovery: Option<ServiceDiscovery>,
    /// What happens when one of several essential containers stops (default: what comes nearest to ECS in this cluster)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub essential_policy: Option<EssentialPolicy>,
    /// Who decides in the place of the Lambda functions of `deploymentConfiguration.lifecycleHooks` (default: nobody, and the
    /// service is refused)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook_target: Option<HookTarget>,
    /// Whether the shares of capacity providers are kept exactly (default: Approximate)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_split: Option<CapacitySplit>,
    /// ECS's forceNewDeployment: any new value starts a new deployment
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_deployment: Option<String>,
}

/// Whether tasks run in this cluster
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Workload {
    /// Tasks run here
    #[default]
    Run,
    /// Translated, checked and shown, but nothing starts here
    Hold,
}

/// The Service in front of a service's tasks
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ServiceKind {
    /// One stable virtual address
    ClusterIP,
    /// One DNS record per task
    Headless,
    /// No Service
    None,
}

/// How tasks are shared out among several capacity providers
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CapacitySplit {
    /// One Deployment, whose tasks prefer the providers' nodes by weight
    #[default]
    Approximate,
    /// One Deployment for each provider, so that base and weight hold at every count
    Exact,
}

/// What happens when an essential container stops
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EssentialPolicy {
    /// The kubelet restarts that container alone
    InPlace,
    /// The kubelet restarts every container of the pod (needs RestartAllContainersOnContainerExits)
    RestartAll,
    /// The operator deletes the pod, and a new one takes its place
    ReplaceTask,
}

/// What the operator observed of an EcsService, in DescribeServices' words
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EcsServiceStatus {
    /// The generation of `metadata` that this status describes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// How many tasks the service is to run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_count: Option<i64>,
    /// How many tasks are in the state RUNNING
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_count: Option<i64>,
    /// How many tasks are in the state PENDING
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_count: Option<i64>,
    /// The label selector of the service's tasks, for the scale subresource
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The task definition of the PRIMARY deployment: `family:revision`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// The ControllerRevision that the PRIMARY deployment runs
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_revision: Option<String>,
    /// The deployments that have tasks, newest first; the first is PRIMARY
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<Deployment>,
    /// The newest 20 service events, newest first
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<ServiceEvent>,
    /// Tasks that stopped within about an hour, the newest first, at most 20
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped_tasks: Vec<DescribedTask>,
    /// The service revision whose deployment failed and was rolled back; it is not tried again until the spec changes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_hold: Option<String>,
    /// The operator's own book about the PRIMARY deployment
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// The newest deployment in stages (BLUE_GREEN, CANARY, LINEAR), also when it is over
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<StagedDeployment>,
    /// The bounds of the number of tasks that hold now, where the service scales
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,
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

/// One deployment of a service, as DescribeServices shows it
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// `ecs-svc/<number of the service revision>`
    pub id: String,
    /// `PRIMARY`: the newest; `ACTIVE`: an older one that still has tasks
    pub status: String,
    /// `family:revision`
    pub task_definition: String,
    /// How many tasks this deployment is to run
    pub desired_count: i64,
    /// How many of its tasks are in the state RUNNING
    pub running_count: i64,
    /// How many of its tasks are in the state PENDING
    pub pending_count: i64,
    /// How many of its tasks have failed in a row
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_tasks: Option<i64>,
    /// `IN_PROGRESS`, `COMPLETED` or `FAILED`
    pub rollout_state: String,
    /// Why the roll-out is in that state
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout_state_reason: Option<String>,
    /// When the deployment began
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// When this entry last changed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Time>,
}

/// One event of a service, as DescribeServices shows it
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEvent {
    /// When it happened
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// What happened, in ECS's words
    pub message: String,
}
