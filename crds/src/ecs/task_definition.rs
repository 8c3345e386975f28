//! The parts of an ECS RegisterTaskDefinition document.
//!
//! Shapes only: what a value means is judged in `ecs-core`. Texts are condensed from the service models of
//! botocore 1.44.5 (Apache-2.0).

use std::collections::BTreeMap;

use super::shape::ecs_shape;
use super::{LogConfiguration, Secret};

ecs_shape! {
    /// The repository credentials for private registry authentication
    pub struct RepositoryCredentials {
        /// The Amazon Resource Name (ARN) of the secret containing the private repository credentials (required)
        pub credentials_parameter: Option<String>,
    }

    /// Port mappings allow containers to access ports on the host container instance to send or receive traffic
    pub struct PortMapping {
        /// The port number on the container that's bound to the user-specified or automatically assigned host port
        pub container_port: Option<i64>,
        /// The port number on the container instance to reserve for your container
        pub host_port: Option<i64>,
        /// The protocol that's used for the port mapping (one of `tcp`, `udp`)
        pub protocol: Option<String>,
        /// The name that's used for the port mapping
        pub name: Option<String>,
        /// The application protocol that's used for the port mapping (one of `http`, `http2`, `grpc`)
        pub app_protocol: Option<String>,
        /// The port number range on the container that's bound to the dynamically mapped host port range
        pub container_port_range: Option<String>,
    }

    /// You can enable a restart policy for each container defined in your task definition, to overcome transient
    /// failures faster and maintain task availability
    pub struct ContainerRestartPolicy {
        /// Specifies whether a restart policy is enabled for the container (required)
        pub enabled: Option<bool>,
        /// A list of exit codes that Amazon ECS will ignore and not attempt a restart on
        pub ignored_exit_codes: Option<Vec<i64>>,
        /// A period of time (in seconds) that the container must run for before a restart can be attempted
        pub restart_attempt_period: Option<i64>,
    }

    /// A key-value pair object
    pub struct KeyValuePair {
        /// The name of the key-value pair
        pub name: Option<String>,
        /// The value of the key-value pair
        pub value: Option<String>,
    }

    /// A list of files containing the environment variables to pass to a container
    pub struct EnvironmentFile {
        /// The Amazon Resource Name (ARN) of the Amazon S3 object containing the environment variable file (required)
        pub value: Option<String>,
        /// The file type to use (required; one of `s3`)
        pub r#type: Option<String>,
    }

    /// The details for a volume mount point that's used in a container definition
    pub struct MountPoint {
        /// The name of the volume to mount
        pub source_volume: Option<String>,
        /// The path on the container to mount the host volume at
        pub container_path: Option<String>,
        /// If this value is true, the container has read-only access to the volume
        pub read_only: Option<bool>,
    }

    /// Details on a data volume from another container in the same task definition
    pub struct VolumeFrom {
        /// The name of another container within the same task definition to mount volumes from
        pub source_container: Option<String>,
        /// If this value is true, the container has read-only access to the volume
        pub read_only: Option<bool>,
    }

    /// The Linux capabilities to add or remove from the default Docker configuration for a container defined in the
    /// task definition
    pub struct KernelCapabilities {
        /// The Linux capabilities for the container that have been added to the default configuration provided by Docker
        pub add: Option<Vec<String>>,
        /// The Linux capabilities for the container that have been removed from the default configuration provided by
        /// Docker
        pub drop: Option<Vec<String>>,
    }

    /// An object representing a container instance host device
    pub struct Device {
        /// The path for the device on the host container instance (required)
        pub host_path: Option<String>,
        /// The path inside the container at which to expose the host device
        pub container_path: Option<String>,
        /// The explicit permissions to provide to the container for the device
        pub permissions: Option<Vec<String>>,
    }

    /// The container path, mount options, and size of the tmpfs mount
    pub struct Tmpfs {
        /// The absolute file path where the tmpfs volume is to be mounted (required)
        pub container_path: Option<String>,
        /// The maximum size (in MiB) of the tmpfs volume (required)
        pub size: Option<i64>,
        /// The list of tmpfs volume mount options
        pub mount_options: Option<Vec<String>>,
    }

    /// The Linux-specific options that are applied to the container, such as Linux KernelCapabilities
    pub struct LinuxParameters {
        /// The Linux capabilities for the container that are added to or dropped from the default configuration provided
        /// by Docker
        pub capabilities: Option<KernelCapabilities>,
        /// Any host devices to expose to the container
        pub devices: Option<Vec<Device>>,
        /// Run an init process inside the container that forwards signals and reaps processes
        pub init_process_enabled: Option<bool>,
        /// The value for the size (in MiB) of the /dev/shm volume
        pub shared_memory_size: Option<i64>,
        /// The container path, mount options, and size (in MiB) of the tmpfs mount
        pub tmpfs: Option<Vec<Tmpfs>>,
        /// The total amount of swap memory (in MiB) a container can use
        pub max_swap: Option<i64>,
        /// This allows you to tune a container's memory swappiness behavior
        pub swappiness: Option<i64>,
    }

    /// The dependencies defined for container startup and shutdown
    pub struct ContainerDependency {
        /// The name of a container (required)
        pub container_name: Option<String>,
        /// The dependency condition of the container (required; one of `START`, `COMPLETE`, `SUCCESS`, `HEALTHY`)
        pub condition: Option<String>,
    }

    /// Hostnames and IP address entries that are added to the /etc/hosts file of a container via the extraHosts
    /// parameter of its ContainerDefinition
    pub struct HostEntry {
        /// The hostname to use in the /etc/hosts entry (required)
        pub hostname: Option<String>,
        /// The IP address to use in the /etc/hosts entry (required)
        pub ip_address: Option<String>,
    }

    /// The ulimit settings to pass to the container
    pub struct Ulimit {
        /// The type of the ulimit (required; one of `core`, `cpu`, `data`, `fsize`, `locks`, `memlock`, `msgqueue`,
        /// `nice`, `nofile`, `nproc`, `rss`, `rtprio`, `rttime`, `sigpending`, `stack`)
        pub name: Option<String>,
        /// The soft limit for the ulimit type (required)
        pub soft_limit: Option<i64>,
        /// The hard limit for the ulimit type (required)
        pub hard_limit: Option<i64>,
    }

    /// An object representing a container health check
    pub struct HealthCheck {
        /// A string array representing the command that the container runs to determine if it is healthy (required)
        pub command: Option<Vec<String>>,
        /// The time period in seconds between each health check execution
        pub interval: Option<i64>,
        /// The time period in seconds to wait for a health check to succeed before it is considered a failure
        pub timeout: Option<i64>,
        /// The number of times to retry a failed health check before the container is considered unhealthy
        pub retries: Option<i64>,
        /// The optional grace period to provide containers time to bootstrap before failed health checks count towards
        /// the maximum number of retries
        pub start_period: Option<i64>,
    }

    /// A list of namespaced kernel parameters to set in the container
    pub struct SystemControl {
        /// The namespaced kernel parameter to set a value for
        pub namespace: Option<String>,
        /// The namespaced kernel parameter to set a value for
        pub value: Option<String>,
    }

    /// The GPU memory and compute limits for a container that shares a GPU by using NVIDIA Multi-Process Service
    /// (MPS)
    pub struct NvidiaMpsAllocation {
        /// The amount of GPU memory, in MiB, to allocate to the container (required; at least 1)
        pub memory: Option<i64>,
        /// The maximum percentage of the GPU's compute capacity that the container can use (1 to 100)
        pub max_compute_percent: Option<i64>,
    }

    /// The strategy that a container uses to share a GPU with other containers
    pub struct SharingStrategy {
        /// Shares a GPU between containers by using NVIDIA Multi-Process Service (MPS)
        pub nvidia_mps: Option<NvidiaMpsAllocation>,
    }

    /// The type and amount of a resource to assign to a container
    pub struct ResourceRequirement {
        /// The value for the specified resource type
        pub value: Option<String>,
        /// The type of resource to assign to a container (required; one of `GPU`, `InferenceAccelerator`, `NeuronDevice`)
        pub r#type: Option<String>,
        /// The strategy that the container uses to share a GPU with other containers
        pub sharing_strategy: Option<SharingStrategy>,
    }

    /// The FireLens configuration for the container
    pub struct FirelensConfiguration {
        /// The log router to use (required; one of `fluentd`, `fluentbit`)
        pub r#type: Option<String>,
        /// The options to use when configuring the log router
        pub options: Option<BTreeMap<String, String>>,
    }

    /// Container definitions are used in task definitions to describe the different containers that are launched as
    /// part of a task
    pub struct ContainerDefinition {
        /// The name of the container (required; letters, digits, `-` and `_`, at most 255 characters)
        #[schemars(required)]
        pub name: Option<String>,
        /// The image used to start a container
        pub image: Option<String>,
        /// The private repository authentication credentials to use
        pub repository_credentials: Option<RepositoryCredentials>,
        /// The number of cpu units reserved for the container
        pub cpu: Option<i64>,
        /// The amount (in MiB) of memory to present to the container
        pub memory: Option<i64>,
        /// The soft limit (in MiB) of memory to reserve for the container
        pub memory_reservation: Option<i64>,
        /// The links parameter allows containers to communicate with each other without the need for port mappings
        pub links: Option<Vec<String>>,
        /// The list of port mappings for the container
        #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
        pub port_mappings: Option<Vec<PortMapping>>,
        /// If the essential parameter of a container is marked as true, and that container fails or stops for any reason,
        /// all other containers that are part of the task are stopped
        pub essential: Option<bool>,
        /// The restart policy for a container
        pub restart_policy: Option<ContainerRestartPolicy>,
        /// The entry point that's passed to the container
        pub entry_point: Option<Vec<String>>,
        /// The command that's passed to the container
        pub command: Option<Vec<String>>,
        /// The environment variables to pass to a container
        #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
        pub environment: Option<Vec<KeyValuePair>>,
        /// A list of files containing the environment variables to pass to a container
        pub environment_files: Option<Vec<EnvironmentFile>>,
        /// The mount points for data volumes in your container
        pub mount_points: Option<Vec<MountPoint>>,
        /// Data volumes to mount from another container
        pub volumes_from: Option<Vec<VolumeFrom>>,
        /// Linux-specific modifications that are applied to the default Docker container configuration, such as Linux
        /// kernel capabilities
        pub linux_parameters: Option<LinuxParameters>,
        /// The secrets to pass to the container
        #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
        pub secrets: Option<Vec<Secret>>,
        /// The dependencies defined for container startup and shutdown
        pub depends_on: Option<Vec<ContainerDependency>>,
        /// Time duration (in seconds) to wait before giving up on resolving dependencies for a container
        pub start_timeout: Option<i64>,
        /// Time duration (in seconds) to wait before the container is forcefully killed if it doesn't exit normally on
        /// its own
        pub stop_timeout: Option<i64>,
        /// Specifies whether Amazon ECS will resolve the container image tag provided in the container definition to an
        /// image digest (one of `enabled`, `disabled`)
        pub version_consistency: Option<String>,
        /// The hostname to use for your container
        pub hostname: Option<String>,
        /// The user to use inside the container
        pub user: Option<String>,
        /// The working directory to run commands inside the container in
        pub working_directory: Option<String>,
        /// When this parameter is true, networking is off within the container
        pub disable_networking: Option<bool>,
        /// When this parameter is true, the container is given elevated privileges on the host container instance
        /// (similar to the root user)
        pub privileged: Option<bool>,
        /// When this parameter is true, the container is given read-only access to its root file system
        pub readonly_root_filesystem: Option<bool>,
        /// A list of DNS servers that are presented to the container
        pub dns_servers: Option<Vec<String>>,
        /// A list of DNS search domains that are presented to the container
        pub dns_search_domains: Option<Vec<String>>,
        /// A list of hostnames and IP address mappings to append to the /etc/hosts file on the container
        pub extra_hosts: Option<Vec<HostEntry>>,
        /// A list of strings to provide custom configuration for multiple security systems
        pub docker_security_options: Option<Vec<String>>,
        /// When this parameter is true, you can deploy containerized applications that require stdin or a tty to be
        /// allocated
        pub interactive: Option<bool>,
        /// When this parameter is true, a TTY is allocated
        pub pseudo_terminal: Option<bool>,
        /// A key/value map of labels to add to the container
        pub docker_labels: Option<BTreeMap<String, String>>,
        /// A list of ulimits to set in the container
        pub ulimits: Option<Vec<Ulimit>>,
        /// The log configuration specification for the container
        pub log_configuration: Option<LogConfiguration>,
        /// The container health check command and associated configuration parameters for the container
        pub health_check: Option<HealthCheck>,
        /// A list of namespaced kernel parameters to set in the container
        pub system_controls: Option<Vec<SystemControl>>,
        /// The type and amount of a resource to assign to a container
        pub resource_requirements: Option<Vec<ResourceRequirement>>,
        /// The FireLens configuration for the container
        pub firelens_configuration: Option<FirelensConfiguration>,
        /// A list of ARNs in SSM or Amazon S3 to a credential spec (CredSpec) file that configures the container for
        /// Active Directory authentication
        pub credential_specs: Option<Vec<String>>,
    }

    /// Details on a container instance bind mount host volume
    pub struct HostVolumeProperties {
        /// When the host parameter is used, specify a sourcePath to declare the path on the host container instance
        /// that's presented to the container
        pub source_path: Option<String>,
    }

    /// This parameter is specified when you're using Docker volumes
    pub struct DockerVolumeConfiguration {
        /// The scope for the Docker volume that determines its lifecycle (one of `task`, `shared`)
        pub scope: Option<String>,
        /// If this value is true, the Docker volume is created if it doesn't already exist
        pub autoprovision: Option<bool>,
        /// The Docker volume driver to use
        pub driver: Option<String>,
        /// A map of Docker driver-specific options passed through
        pub driver_opts: Option<BTreeMap<String, String>>,
        /// Custom metadata to add to your Docker volume
        pub labels: Option<BTreeMap<String, String>>,
    }

    /// The authorization configuration details for the Amazon EFS file system
    pub struct EfsAuthorizationConfig {
        /// The Amazon EFS access point ID to use
        pub access_point_id: Option<String>,
        /// Determines whether to use the Amazon ECS task role defined in a task definition when mounting the Amazon EFS
        /// file system (one of `ENABLED`, `DISABLED`)
        pub iam: Option<String>,
    }

    /// This parameter is specified when you're using an Amazon Elastic File System file system for task storage
    pub struct EfsVolumeConfiguration {
        /// The Amazon EFS file system ID to use (required)
        pub file_system_id: Option<String>,
        /// The directory within the Amazon EFS file system to mount as the root directory inside the host
        pub root_directory: Option<String>,
        /// Determines whether to use encryption for Amazon EFS data in transit between the Amazon ECS host and the Amazon
        /// EFS server (one of `ENABLED`, `DISABLED`)
        pub transit_encryption: Option<String>,
        /// The port to use when sending encrypted data between the Amazon ECS host and the Amazon EFS server
        pub transit_encryption_port: Option<i64>,
        /// The authorization configuration details for the Amazon EFS file system
        pub authorization_config: Option<EfsAuthorizationConfig>,
    }

    /// This parameter is specified when you're using an Amazon S3 Files file system for task storage
    pub struct S3FilesVolumeConfiguration {
        /// The full ARN of the S3 Files file system to mount (required)
        pub file_system_arn: Option<String>,
        /// The directory within the Amazon S3 Files file system to mount as the root directory
        pub root_directory: Option<String>,
        /// The port to use for sending encrypted data between the ECS host and the S3 Files file system
        pub transit_encryption_port: Option<i64>,
        /// The full ARN of the S3 Files access point to use
        pub access_point_arn: Option<String>,
    }

    /// The authorization configuration details for Amazon FSx for Windows File Server file system
    pub struct FsxWindowsFileServerAuthorizationConfig {
        /// The authorization credential option to use (required)
        pub credentials_parameter: Option<String>,
        /// A fully qualified domain name hosted by an Directory Service Managed Microsoft AD (Active Directory) or self-
        /// hosted AD on Amazon EC2 (required)
        pub domain: Option<String>,
    }

    /// This parameter is specified when you're using Amazon FSx for Windows File Server file system for task storage
    pub struct FsxWindowsFileServerVolumeConfiguration {
        /// The Amazon FSx for Windows File Server file system ID to use (required)
        pub file_system_id: Option<String>,
        /// The directory within the Amazon FSx for Windows File Server file system to mount as the root directory inside
        /// the host (required)
        pub root_directory: Option<String>,
        /// The authorization configuration details for the Amazon FSx for Windows File Server file system (required)
        pub authorization_config: Option<FsxWindowsFileServerAuthorizationConfig>,
    }

    /// The data volume configuration for tasks launched using this task definition
    pub struct Volume {
        /// The name of the volume
        pub name: Option<String>,
        /// This parameter is specified when you use bind mount host volumes
        pub host: Option<HostVolumeProperties>,
        /// This parameter is specified when you use Docker volumes
        pub docker_volume_configuration: Option<DockerVolumeConfiguration>,
        /// This parameter is specified when you use an Amazon Elastic File System file system for task storage
        pub efs_volume_configuration: Option<EfsVolumeConfiguration>,
        /// This parameter is specified when you use an Amazon S3 Files file system for task storage
        pub s3files_volume_configuration: Option<S3FilesVolumeConfiguration>,
        /// This parameter is specified when you use Amazon FSx for Windows File Server file system for task storage
        pub fsx_windows_file_server_volume_configuration: Option<FsxWindowsFileServerVolumeConfiguration>,
        /// Indicates whether the volume should be configured at launch time
        pub configured_at_launch: Option<bool>,
    }

    /// The constraint on task placement in the task definition
    pub struct TaskDefinitionPlacementConstraint {
        /// The type of constraint (one of `memberOf`)
        pub r#type: Option<String>,
        /// A cluster query language expression to apply to the constraint
        pub expression: Option<String>,
    }

    /// The configuration details for the App Mesh proxy
    pub struct ProxyConfiguration {
        /// The proxy type (one of `APPMESH`)
        pub r#type: Option<String>,
        /// The name of the container that will serve as the App Mesh proxy (required)
        pub container_name: Option<String>,
        /// The set of network configuration parameters to provide the Container Network Interface (CNI) plugin, specified
        /// as key-value pairs
        pub properties: Option<Vec<KeyValuePair>>,
    }

    /// Details on an Elastic Inference accelerator
    pub struct InferenceAccelerator {
        /// The Elastic Inference accelerator device name (required)
        pub device_name: Option<String>,
        /// The Elastic Inference accelerator type to use (required)
        pub device_type: Option<String>,
    }

    /// The amount of ephemeral storage to allocate for the task
    pub struct EphemeralStorage {
        /// The total amount, in GiB, of ephemeral storage to set for the task (required)
        pub size_in_gi_b: Option<i64>,
    }

    /// Information about the platform for the Amazon ECS service or task
    pub struct RuntimePlatform {
        /// The CPU architecture (one of `X86_64`, `ARM64`)
        pub cpu_architecture: Option<String>,
        /// The operating system (one of `WINDOWS_SERVER_2019_FULL`, `WINDOWS_SERVER_2019_CORE`,
        /// `WINDOWS_SERVER_2016_FULL`, `WINDOWS_SERVER_2004_CORE`, `WINDOWS_SERVER_2022_CORE`,
        /// `WINDOWS_SERVER_2022_FULL`, `WINDOWS_SERVER_2025_CORE`, `WINDOWS_SERVER_2025_FULL`,
        /// `WINDOWS_SERVER_20H2_CORE`, `LINUX`)
        pub operating_system_family: Option<String>,
    }

    /// The trusted execution configuration for a task
    pub struct TrustedExecutionConfiguration {
        /// The isolation mode for tasks that use this task definition (required; one of `SHARED`, `ISOLATED_SANDBOX`,
        /// `CONFIDENTIAL_SANDBOX`)
        pub isolation_mode: Option<String>,
        /// The base64-encoded attestation policy envelope for the task
        pub attestation_policy: Option<String>,
    }
}
