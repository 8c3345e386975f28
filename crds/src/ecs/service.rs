//! The parts of an ECS CreateService document.
//!
//! Shapes only: what a value means is judged in `ecs-core`. Texts are condensed from the service models of
//! botocore 1.44.5 (Apache-2.0).

use super::shape::ecs_shape;
use super::{EbsTagSpecification, LogConfiguration};

ecs_shape! {
    /// The advanced settings for a load balancer used in blue/green deployments
    pub struct AdvancedConfiguration {
        /// The Amazon Resource Name (ARN) of the alternate target group for Amazon ECS blue/green deployments
        pub alternate_target_group_arn: Option<String>,
        /// The Amazon Resource Name (ARN) that that identifies the production listener rule (in the case of an
        /// Application Load Balancer) or listener (in the case for an Network Load Balancer) for routing production
        /// traffic
        pub production_listener_rule: Option<String>,
        /// The Amazon Resource Name (ARN) that identifies ) that identifies the test listener rule (in the case of an
        /// Application Load Balancer) or listener (in the case for an Network Load Balancer) for routing test traffic
        pub test_listener_rule: Option<String>,
        /// The Amazon Resource Name (ARN) of the IAM role that grants Amazon ECS permission to call the Elastic Load
        /// Balancing APIs for you
        pub role_arn: Option<String>,
    }

    /// The load balancer configuration to use with a service or task set
    pub struct LoadBalancer {
        /// The full Amazon Resource Name (ARN) of the Elastic Load Balancing target group or groups associated with a
        /// service or task set
        pub target_group_arn: Option<String>,
        /// The name of the load balancer to associate with the Amazon ECS service or task set
        pub load_balancer_name: Option<String>,
        /// The name of the container (as it appears in a container definition) to associate with the load balancer
        pub container_name: Option<String>,
        /// The port on the container to associate with the load balancer
        pub container_port: Option<i64>,
        /// The advanced settings for the load balancer used in blue/green deployments
        pub advanced_configuration: Option<AdvancedConfiguration>,
    }

    /// The details for the service registry
    pub struct ServiceRegistry {
        /// The Amazon Resource Name (ARN) of the service registry
        pub registry_arn: Option<String>,
        /// The port value used if your service discovery service specified an SRV record
        pub port: Option<i64>,
        /// The container name value to be used for your service discovery service
        pub container_name: Option<String>,
        /// The port value to be used for your service discovery service
        pub container_port: Option<i64>,
    }

    /// Defines the failure threshold that the deployment circuit breaker uses to monitor a deployment
    pub struct ThresholdConfiguration {
        /// Determines how Amazon ECS uses value to calculate the failure threshold (required; one of `COUNT`,
        /// `BOUNDED_PERCENT`, `UNBOUNDED_PERCENT`)
        pub r#type: Option<String>,
        /// Specifies the integer that Amazon ECS uses to calculate the failure threshold (required)
        pub value: Option<i64>,
    }

    /// The deployment circuit breaker determines whether a service deployment will fail if the service can't reach a
    /// steady state
    pub struct DeploymentCircuitBreaker {
        /// Determines whether to use the deployment circuit breaker logic for the service (required)
        pub enable: Option<bool>,
        /// Determines whether to configure Amazon ECS to roll back the service if a service deployment fails (required)
        pub rollback: Option<bool>,
        /// Specifies whether the deployment circuit breaker resets its failure count when a task reaches a healthy state
        pub reset_on_healthy_task: Option<bool>,
        /// The threshold configuration that controls when the deployment circuit breaker triggers
        pub threshold_configuration: Option<ThresholdConfiguration>,
    }

    /// One of the methods which provide a way for you to quickly identify when a deployment has failed, and then to
    /// optionally roll back the failure to the last working deployment
    pub struct DeploymentAlarms {
        /// One or more CloudWatch alarm names (required)
        pub alarm_names: Option<Vec<String>>,
        /// Determines whether to configure Amazon ECS to roll back the service if a service deployment fails (required)
        pub rollback: Option<bool>,
        /// Determines whether to use the CloudWatch alarm option in the service deployment process (required)
        pub enable: Option<bool>,
    }

    /// The timeout configuration for a deployment lifecycle hook
    pub struct DeploymentLifecycleHookTimeoutConfiguration {
        /// The number of minutes Amazon ECS waits for the lifecycle hook to complete before taking the timeout action (1
        /// to 20160)
        pub timeout_in_minutes: Option<i64>,
        /// The action Amazon ECS takes when the lifecycle hook times out (one of `ROLLBACK`, `CONTINUE`)
        pub action: Option<String>,
    }

    /// A deployment lifecycle hook runs custom logic or pauses the deployment at specific stages of the deployment
    /// process
    pub struct DeploymentLifecycleHook {
        /// The type of action the lifecycle hook performs (one of `AWS_LAMBDA`, `PAUSE`)
        pub target_type: Option<String>,
        /// The Amazon Resource Name (ARN) of the hook target
        pub hook_target_arn: Option<String>,
        /// The Amazon Resource Name (ARN) of the IAM role that grants Amazon ECS permission to call Lambda functions on
        /// your behalf
        pub role_arn: Option<String>,
        /// The lifecycle stages at which to run the hook
        pub lifecycle_stages: Option<Vec<String>>,
        /// Use this field to specify custom parameters that Amazon ECS passes to your Lambda function on each invocation
        #[serde(default)]
        #[schemars(schema_with = "super::shape::any_json")]
        pub hook_details: Option<serde_json::Value>,
        /// The timeout configuration for the lifecycle hook
        pub timeout_configuration: Option<DeploymentLifecycleHookTimeoutConfiguration>,
    }

    /// Configuration for linear deployment strategy that shifts production traffic in equal percentage increments
    /// with configurable wait times between each step until 100% of traffic is shifted to the new service revision
    pub struct LinearConfiguration {
        /// The percentage of production traffic to shift in each step during a linear deployment
        pub step_percent: Option<f64>,
        /// The amount of time in minutes to wait between each traffic shifting step during a linear deployment
        pub step_bake_time_in_minutes: Option<i64>,
    }

    /// Configuration for a canary deployment strategy that shifts a fixed percentage of traffic to the new service
    /// revision, waits for a specified bake time, then shifts the remaining traffic
    pub struct CanaryConfiguration {
        /// The percentage of production traffic to shift to the new service revision during the canary phase
        pub canary_percent: Option<f64>,
        /// The amount of time in minutes to wait during the canary phase before shifting the remaining production traffic
        /// to the new service revision
        pub canary_bake_time_in_minutes: Option<i64>,
    }

    /// The configuration that determines when a rolling update deployment is considered successful
    pub struct DeploymentEarlySuccessCriteria {
        /// Specifies whether to use the early success criteria for the service deployment (required)
        pub enable: Option<bool>,
        /// The percentage of healthy tasks that the target service revision must reach before Amazon ECS considers the
        /// deployment successful (0 to 100)
        pub healthy_percent: Option<i64>,
        /// The time when Amazon ECS removes the source revisions' tasks relative to deployment completion (one of
        /// `BLOCKING`, `DEFERRED`)
        pub source_service_revision_cleanup: Option<String>,
    }

    /// Optional deployment parameters that control how many tasks run during a deployment and the ordering of
    /// stopping and starting tasks
    pub struct DeploymentConfiguration {
        /// The deployment circuit breaker determines whether a service deployment will fail if the service can't reach a
        /// steady state
        pub deployment_circuit_breaker: Option<DeploymentCircuitBreaker>,
        /// If a service is using the rolling update (ECS) deployment type, the maximumPercent parameter represents an
        /// upper limit on the number of your service's tasks that are allowed in the RUNNING or PENDING state during a
        /// deployment, as a percentage of the desiredCount (rounded down to the nearest integer)
        pub maximum_percent: Option<i64>,
        /// If a service is using the rolling update (ECS) deployment type, the minimumHealthyPercent represents a lower
        /// limit on the number of your service's tasks that must remain in the RUNNING state during a deployment, as a
        /// percentage of the desiredCount (rounded up to the nearest integer)
        pub minimum_healthy_percent: Option<i64>,
        /// Information about the CloudWatch alarms
        pub alarms: Option<DeploymentAlarms>,
        /// The deployment strategy for the service (one of `ROLLING`, `BLUE_GREEN`, `LINEAR`, `CANARY`)
        pub strategy: Option<String>,
        /// The time period when both blue and green service revisions are running simultaneously after the production
        /// traffic has shifted
        pub bake_time_in_minutes: Option<i64>,
        /// An array of deployment lifecycle hook objects to run custom logic or pause the deployment at specific stages
        /// of the deployment lifecycle
        pub lifecycle_hooks: Option<Vec<DeploymentLifecycleHook>>,
        /// Configuration for linear deployment strategy
        pub linear_configuration: Option<LinearConfiguration>,
        /// Configuration for canary deployment strategy
        pub canary_configuration: Option<CanaryConfiguration>,
        /// The early success criteria configuration for a rolling deployment
        pub early_success_criteria: Option<DeploymentEarlySuccessCriteria>,
    }

    /// The deployment controller to use for the service
    pub struct DeploymentController {
        /// The deployment controller type to use (required; one of `ECS`, `CODE_DEPLOY`, `EXTERNAL`)
        pub r#type: Option<String>,
    }

    /// The header matching rules for test traffic routing in Amazon ECS blue/green deployments
    pub struct ServiceConnectTestTrafficHeaderMatchRules {
        /// The exact value that the HTTP header must match for the test traffic routing rule to apply (required)
        pub exact: Option<String>,
    }

    /// The HTTP header rules used to identify and route test traffic during Amazon ECS blue/green deployments
    pub struct ServiceConnectTestTrafficHeaderRules {
        /// The name of the HTTP header to examine for test traffic routing (required)
        pub name: Option<String>,
        /// The header value matching configuration that determines how the HTTP header value is evaluated for test
        /// traffic routing decisions
        pub value: Option<ServiceConnectTestTrafficHeaderMatchRules>,
    }

    /// The test traffic routing configuration for Amazon ECS blue/green deployments
    pub struct ServiceConnectTestTrafficRules {
        /// The HTTP header-based routing rules that determine which requests should be routed to the new service version
        /// during blue/green deployment testing (required)
        pub header: Option<ServiceConnectTestTrafficHeaderRules>,
    }

    /// Each alias ("endpoint") is a fully-qualified name and port number that other tasks ("clients") can use to
    /// connect to this service
    pub struct ServiceConnectClientAlias {
        /// The listening port number for the Service Connect proxy (required; 0 to 65535)
        pub port: Option<i64>,
        /// The dnsName is the name that you use in the applications of client tasks to connect to this service
        pub dns_name: Option<String>,
        /// The configuration for test traffic routing rules used during blue/green deployments with Amazon ECS Service
        /// Connect
        pub test_traffic_rules: Option<ServiceConnectTestTrafficRules>,
    }

    /// An object that represents the timeout configurations for Service Connect
    pub struct TimeoutConfiguration {
        /// The amount of time in seconds a connection will stay active while idle (0 to 2147483647)
        pub idle_timeout_seconds: Option<i64>,
        /// The amount of time waiting for the upstream to respond with a complete response per request (0 to 2147483647)
        pub per_request_timeout_seconds: Option<i64>,
    }

    /// The certificate root authority that secures your service
    pub struct ServiceConnectTlsCertificateAuthority {
        /// The ARN of the Amazon Web Services Private Certificate Authority certificate
        pub aws_pca_authority_arn: Option<String>,
    }

    /// The key that encrypts and decrypts your resources for Service Connect TLS
    pub struct ServiceConnectTlsConfiguration {
        /// The signer certificate authority (required)
        pub issuer_certificate_authority: Option<ServiceConnectTlsCertificateAuthority>,
        /// The Amazon Web Services Key Management Service key
        pub kms_key: Option<String>,
        /// The Amazon Resource Name (ARN) of the IAM role that's associated with the Service Connect TLS
        pub role_arn: Option<String>,
    }

    /// The Service Connect service object configuration
    pub struct ServiceConnectService {
        /// The portName must match the name of one of the portMappings from all the containers in the task definition of
        /// this Amazon ECS service (required)
        pub port_name: Option<String>,
        /// The discoveryName is the name of the new Cloud Map service that Amazon ECS creates for this Amazon ECS service
        pub discovery_name: Option<String>,
        /// The list of client aliases for this Service Connect service
        pub client_aliases: Option<Vec<ServiceConnectClientAlias>>,
        /// The port number for the Service Connect proxy to listen on (0 to 65535)
        pub ingress_port_override: Option<i64>,
        /// A reference to an object that represents the configured timeouts for Service Connect
        pub timeout: Option<TimeoutConfiguration>,
        /// A reference to an object that represents a Transport Layer Security (TLS) configuration
        pub tls: Option<ServiceConnectTlsConfiguration>,
    }

    /// Configuration for Service Connect access logging
    pub struct ServiceConnectAccessLogConfiguration {
        /// The format for Service Connect access log output (required; one of `TEXT`, `JSON`)
        pub format: Option<String>,
        /// Specifies whether to include query parameters in Service Connect access logs (one of `DISABLED`, `ENABLED`)
        pub include_query_parameters: Option<String>,
    }

    /// Contains a configuration setting for the Service Connect proxy container, such as the log level
    pub struct ServiceConnectContainerConfiguration {
        /// The log level of the Service Connect proxy container (one of `debug`, `info`)
        pub log_level: Option<String>,
    }

    /// The Service Connect configuration of your Amazon ECS service
    pub struct ServiceConnectConfiguration {
        /// Specifies whether to use Service Connect with this service (required)
        pub enabled: Option<bool>,
        /// The namespace name or full Amazon Resource Name (ARN) of the Cloud Map namespace for use with Service Connect
        pub namespace: Option<String>,
        /// The list of Service Connect service objects
        pub services: Option<Vec<ServiceConnectService>>,
        /// The log configuration for the container
        pub log_configuration: Option<LogConfiguration>,
        /// The configuration for Service Connect access logging
        pub access_log_configuration: Option<ServiceConnectAccessLogConfiguration>,
        /// The settings for the Service Connect proxy container that Amazon ECS adds to each task in this service (0 to
        /// 10 items)
        pub container_configurations: Option<Vec<ServiceConnectContainerConfiguration>>,
    }

    /// The configuration for the Amazon EBS volume that Amazon ECS creates and manages on your behalf
    pub struct ServiceManagedEbsVolumeConfiguration {
        /// Indicates whether the volume should be encrypted
        pub encrypted: Option<bool>,
        /// The Amazon Resource Name (ARN) identifier of the Amazon Web Services Key Management Service key to use for
        /// Amazon EBS encryption
        pub kms_key_id: Option<String>,
        /// The volume type
        pub volume_type: Option<String>,
        /// The size of the volume in GiB
        pub size_in_gi_b: Option<i64>,
        /// The snapshot that Amazon ECS uses to create volumes for attachment to tasks maintained by the service
        pub snapshot_id: Option<String>,
        /// The rate, in MiB/s, at which data is fetched from a snapshot of an existing EBS volume to create new volumes
        /// for attachment to the tasks maintained by the service
        pub volume_initialization_rate: Option<i64>,
        /// The number of I/O operations per second (IOPS)
        pub iops: Option<i64>,
        /// The throughput to provision for a volume, in MiB/s, with a maximum of 1,000 MiB/s
        pub throughput: Option<i64>,
        /// The tags to apply to the volume
        pub tag_specifications: Option<Vec<EbsTagSpecification>>,
        /// The ARN of the IAM role to associate with this volume (required)
        pub role_arn: Option<String>,
        /// The filesystem type for the volume (one of `ext3`, `ext4`, `xfs`, `ntfs`)
        pub filesystem_type: Option<String>,
    }

    /// The configuration for a volume specified in the task definition as a volume that is configured at launch time
    pub struct ServiceVolumeConfiguration {
        /// The name of the volume (required)
        pub name: Option<String>,
        /// The configuration for the Amazon EBS volume that Amazon ECS creates and manages on your behalf
        #[serde(rename = "managedEBSVolume")]
        pub managed_ebs_volume: Option<ServiceManagedEbsVolumeConfiguration>,
    }

    /// The advanced settings for VPC Lattice used in blue/green deployments
    pub struct VpcLatticeAdvancedConfiguration {
        /// The Amazon Resource Name (ARN) of the alternate target group associated with the VPC Lattice Configuration for
        /// Amazon ECS blue/green deployments
        pub alternate_target_group_arn: Option<String>,
        /// The Amazon Resource Name (ARN) that identifies the production listener rule or listener for routing production
        /// traffic
        pub production_listener_rule: Option<String>,
        /// The Amazon Resource Name (ARN) that identifies the test listener rule or listener for routing test traffic
        pub test_listener_rule: Option<String>,
    }

    /// The VPC Lattice configuration for your service that holds the information for the target group(s) Amazon ECS
    /// tasks will be registered to
    pub struct VpcLatticeConfiguration {
        /// The ARN of the IAM role to associate with this VPC Lattice configuration (required)
        pub role_arn: Option<String>,
        /// The full Amazon Resource Name (ARN) of the target group or groups associated with the VPC Lattice
        /// configuration that the Amazon ECS tasks will be registered to (required)
        pub target_group_arn: Option<String>,
        /// The name of the port mapping to register in the VPC Lattice target group (required)
        pub port_name: Option<String>,
        /// The advanced settings for VPC Lattice used in blue/green deployments
        pub advanced_configuration: Option<VpcLatticeAdvancedConfiguration>,
    }

    /// The codes that indicate a successful health check response from a target
    pub struct GatewayConnectorHealthCheckMatcher {
        /// The HTTP codes that indicate a successful response from a target
        pub http_code: Option<String>,
        /// The gRPC codes that indicate a successful response from a target
        pub grpc_code: Option<String>,
    }

    /// The health check configuration that a gateway uses to evaluate the targets associated with a gateway connector
    pub struct GatewayConnectorHealthCheck {
        /// The protocol that the gateway uses to perform health checks (one of `HTTP`, `HTTPS`)
        pub health_check_protocol: Option<String>,
        /// The port that the gateway uses to perform health checks on the targets
        pub health_check_port: Option<i64>,
        /// The destination path for health check requests
        pub health_check_path: Option<String>,
        /// The amount of time, in seconds, during which no response from a target means a failed health check
        pub health_check_timeout_seconds: Option<i64>,
        /// The approximate amount of time, in seconds, between health checks of an individual target
        pub health_check_interval_seconds: Option<i64>,
        /// The number of consecutive successful health checks that a target must pass before the gateway considers it
        /// healthy
        pub healthy_threshold_count: Option<i64>,
        /// The number of consecutive failed health checks that a target must fail before the gateway considers it
        /// unhealthy
        pub unhealthy_threshold_count: Option<i64>,
        /// The HTTP or gRPC codes that indicate a successful health check response from a target
        pub matcher: Option<GatewayConnectorHealthCheckMatcher>,
    }

    /// The filters that determine which gateway ingress paths a connector applies to
    pub struct GatewayConnectorFilters {
        /// The access types of the gateway ingress paths that the connector applies to (0 to 2 items)
        pub access_types: Option<Vec<String>>,
    }

    /// The amount of time to allow in-flight requests to complete before a deregistering target is removed
    pub struct GatewayConnectorDeregistrationDelay {
        /// The amount of time, in seconds, to wait before a deregistering target is removed (0 to 3600)
        pub timeout_seconds: Option<i64>,
    }

    /// A gateway connector that attaches an Amazon ECS service to a gateway ingress path
    pub struct GatewayConnector {
        /// The name of the service port that the gateway routes ingress traffic to (required)
        pub port_name: Option<String>,
        /// The health check that the gateway uses to determine whether the targets for this connector are healthy
        pub health_check: Option<GatewayConnectorHealthCheck>,
        /// The filters that control which gateway ingress paths the connector applies to
        pub filters: Option<GatewayConnectorFilters>,
        /// The deregistration delay settings for the targets of this connector
        pub deregistration_delay: Option<GatewayConnectorDeregistrationDelay>,
    }

    /// The configuration for a specific set of metrics to collect for a service
    pub struct MetricConfiguration {
        /// The list of metric names to configure (required; 1 to 5 items)
        pub metric_names: Option<Vec<String>>,
        /// The resolution, in seconds, at which to collect the metrics (required; 20 to 60)
        pub resolution_seconds: Option<i64>,
    }

    /// The optional monitoring configuration for a service, which defines the resolution for the service-level
    /// CPUUtilization and MemoryUtilization Amazon CloudWatch metrics
    pub struct MonitoringConfiguration {
        /// The list of metric configurations for the service monitoring (0 to 5 items)
        pub metric_configurations: Option<Vec<MetricConfiguration>>,
    }
}
