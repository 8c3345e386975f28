//! What becomes of every input path of ECS RegisterTaskDefinition.
//!
//! Columns: path, value, class, rule, handling, what becomes of it. Paths and values are those of botocore 1.44.5.

use super::row::*;

const ULIMIT_NAMES: &str = "\
    core|cpu|data|fsize|locks|memlock|msgqueue|nice|nofile|nproc|rss|rtprio|rttime|sigpending|stack";
const LOG_DRIVERS: &str = "json-file|syslog|journald|gelf|fluentd|awslogs|splunk|awsfirelens";
const SYSTEM_FAMILIES: &str = "\
    WINDOWS_SERVER_2019_FULL|WINDOWS_SERVER_2019_CORE|WINDOWS_SERVER_2016_FULL|WINDOWS_SERVER_2004_CORE|\
    WINDOWS_SERVER_2022_CORE|WINDOWS_SERVER_2022_FULL|WINDOWS_SERVER_2025_CORE|WINDOWS_SERVER_2025_FULL|\
    WINDOWS_SERVER_20H2_CORE|LINUX";

rows! { REGISTER_TASK_DEFINITION = RegisterTaskDefinition;
    at "" {
        "family",                        text().required(),                           Exact,       "§2",        Translated,                                    "Names the task definition; default: the object's name";
        "taskRoleArn",                   text(),                                      Equivalent,  "§2",        Translated,                                    "One ServiceAccount per role, bound to it by annotation; pods get no Kubernetes token";
        "executionRoleArn",              text(),                                      Advisory,    "§2",        reported("ExecutionRoleNotUsed", Info),        "image pulls, secrets and logs use the node's and the operator's own identities instead of this role";
        "networkMode",                   text().one_of("bridge|host|awsvpc|none"),    Equivalent,  "§2",        Translated,                                    "A pod network of its own; host needs the administrator's consent, none a NetworkPolicy that denies everything";
        "containerDefinitions[]",        structures().required(),                     Exact,       "R-ORDER",   Translated,                                    "Containers and init containers of the pod";
        "volumes[]",                     structures(),                                Exact,       "§5",        Translated,                                    "Volumes of the pod";
        "placementConstraints[]",        structures(),                                Exact,       "§8.1",      Translated,                                    "Node affinity; groups of tasks are pod affinity";
        "requiresCompatibilities[]",     texts().one_of("EC2|FARGATE|EXTERNAL|MANAGED_INSTANCES"), Advisory,    "R-FARGATE", Translated,                                    "Selects what is checked: Fargate's sizes and prohibitions, or EC2's";
        "cpu",                           size(),                                      Exact,       "R-RES",     Translated,                                    "The pod's CPU, as request and limit";
        "memory",                        size(),                                      Exact,       "R-RES",     Translated,                                    "The pod's memory, as request and limit";
        "tags[]",                        structures().range(0, 50),                   Equivalent,  "R-TAG",     Translated,                                    "Labels and annotations";
        "pidMode",                       text().one_of("host|task"),                  Exact,       "R-PRIV",    Translated,                                    "Containers share processes; host needs the administrator's consent";
        "ipcMode",                       text().one_of("host|task|none"),             Approximate, "R-PRIV",    Translated,                                    "Containers of a pod always share IPC; host needs the administrator's consent";
        "proxyConfiguration",            structure(),                                 Unsupported, "§2",        reported("ProxyConfigurationIgnored", Warn),   "App Mesh has no counterpart here and its support has ended; the proxy runs as an ordinary container that no traffic is sent through";
        "inferenceAccelerators[]",       structures(),                                Unsupported, "§2",        reported("InferenceAcceleratorUnsupported", Warn), "Elastic Inference is no longer offered; containers run without an accelerator";
        "ephemeralStorage",              structure(),                                 Approximate, "§2",        Translated,                                    "Ephemeral storage of the main container";
        "runtimePlatform",               structure(),                                 Exact,       "§2",        Translated,                                    "Node selectors";
        "enableFaultInjection",          flag(),                                      Unsupported, "§2",        reported("FaultInjectionUnsupported", Warn).unless("false"), "tasks cannot inject faults here; use a tool of the cluster";
        "trustedExecutionConfiguration", structure(),                                 Unsupported, "§2",        Translated,                                    "Isolation needs a runtime class of the cluster";
    }
    at "containerDefinitions[]." {
        "name",                    text(),                            Exact,       "R-NAME",     Translated,                                    "The container's name, made legal for Kubernetes";
        "image",                   text(),                            Exact,       "§3",         Translated,                                    "Copied verbatim; pulled at every start unless pinned by digest";
        "repositoryCredentials",   structure(),                       Equivalent,  "R-SECRET",   Translated,                                    "A pull secret of the pod, which External Secrets makes of user name and password";
        "cpu",                     integer(),                         Exact,       "R-CPU",      Translated,                                    "A CPU request of 1000m for 1024 units, no limit on Linux";
        "memory",                  integer(),                         Exact,       "R-MEM",      Translated,                                    "The container's memory limit";
        "memoryReservation",       integer(),                         Equivalent,  "R-RES",      Translated,                                    "The container's memory request";
        "links[]",                 texts(),                           Approximate, "§3",         Translated,                                    "Host aliases of 127.0.0.1 and a start order; Docker's link variables are not made";
        "portMappings[]",          structures(),                      Exact,       "§3",         Translated,                                    "Container ports, and ports of the Service in front of the tasks";
        "essential",               flag(),                            Approximate, "R-ESS",      Translated,                                    "Where the container stands in the pod, and what its exit does to the others";
        "restartPolicy",           structure(),                       Approximate, "R-RESTART",  Translated,                                    "The kubelet restarts the container, with its own back-off";
        "entryPoint[]",            texts(),                           Exact,       "R-DOLLAR",   Translated,                                    "The container's command, dollars escaped";
        "command[]",               texts(),                           Exact,       "R-DOLLAR",   Translated,                                    "The container's arguments, dollars escaped";
        "environment[]",           structures(),                      Exact,       "§3",         Translated,                                    "Environment variables; of several with one name the last counts";
        "environmentFiles[]",      structures(),                      Unsupported, "R-ENVFILE",  reported("EnvFileUnreadable", Block),          "the operator does not read S3; put the variables into `environment`";
        "mountPoints[]",           structures(),                      Exact,       "§3",         Translated,                                    "Volume mounts of the container";
        "volumesFrom[]",           structures(),                      Approximate, "§3",         Translated,                                    "Copies the mounts of another container, those of its image excepted";
        "linuxParameters",         structure(),                       Exact,       "§3",         Translated,                                    "Linux settings of the container";
        "secrets[]",               structures(),                      Equivalent,  "R-SECRET",   Translated,                                    "Environment variables from a Secret, which External Secrets or the Secrets Store CSI driver keeps";
        "dependsOn[]",             structures(),                      Approximate, "R-ORDER",    Translated,                                    "Init containers and sidecars in start order";
        "startTimeout",            integer(),                         Approximate, "R-STARTTO",  Translated,                                    "Bounds the start of a container that others wait for: by its start-up probe, else the operator replaces the task";
        "stopTimeout",             integer(),                         Approximate, "R-GRACE",    Translated,                                    "Part of the pod's termination grace period";
        "versionConsistency",      text().one_of("enabled|disabled"), Approximate, "§3",         Translated,                                    "Tags are not pinned to digests by this version";
        "hostname",                text(),                            Approximate, "§3",         Translated,                                    "The pod's host name, one for all containers";
        "user",                    text(),                            Exact,       "§3",         Translated,                                    "Numeric ids are copied; names cannot be resolved without the image";
        "workingDirectory",        text(),                            Exact,       "§3",         Translated,                                    "The container's working directory";
        "disableNetworking",       flag(),                            Approximate, "§3",         Translated,                                    "A NetworkPolicy that denies everything, where all containers ask for it";
        "privileged",              flag(),                            Exact,       "R-PRIV",     Translated,                                    "Needs the administrator's consent";
        "readonlyRootFilesystem",  flag(),                            Exact,       "§3",         Translated,                                    "The root file system is read-only";
        "dnsServers[]",            texts(),                           Approximate, "§3",         Translated,                                    "The pod's name servers, at most 3; cluster names stop resolving";
        "dnsSearchDomains[]",      texts(),                           Approximate, "§3",         Translated,                                    "The pod's search domains";
        "extraHosts[]",            structures(),                      Approximate, "§3",         Translated,                                    "The pod's host aliases, seen by all containers";
        "dockerSecurityOptions[]", texts(),                           Approximate, "R-PRIV",     Translated,                                    "Security context: no-new-privileges, AppArmor and SELinux options";
        "interactive",             flag(),                            Exact,       "§3",         Translated,                                    "The container keeps stdin open";
        "pseudoTerminal",          flag(),                            Exact,       "§3",         Translated,                                    "The container gets a terminal";
        "dockerLabels{}",          map(),                             Advisory,    "§3",         Translated,                                    "Kept as an annotation of the pod";
        "ulimits[]",               structures(),                      Unsupported, "§3",         Translated,                                    "Kubernetes has no ulimits; the node's container runtime sets them for all";
        "logConfiguration",        structure(),                       Approximate, "§6",         Translated,                                    "awsfirelens goes through the task's log router; other drivers are noted on the pod, and logs stay on the node";
        "healthCheck",             structure(),                       Equivalent,  "R-PROBE",    Translated,                                    "Start-up and liveness probes that run the same command";
        "systemControls[]",        structures(),                      Approximate, "R-SYSCTL",   Translated,                                    "Kernel parameters of the pod; unsafe ones need the administrator's consent";
        "resourceRequirements[]",  structures(),                      Exact,       "R-GPU",      Translated,                                    "Extended resources of the container";
        "firelensConfiguration",   structure(),                       Equivalent,  "R-FIRELENS", Translated,                                    "The log router gets the configuration that the ECS agent would generate";
        "credentialSpecs[]",       texts(),                           Approximate, "§3",         Translated,                                    "On Windows the GMSACredentialSpec that the administrator maps it to; Linux containers have no account";
    }
    at "containerDefinitions[].repositoryCredentials." {
        "credentialsParameter", text().required(), Equivalent, "R-SECRET", Translated, "The secret that holds user name and password of the registry";
    }
    at "containerDefinitions[].portMappings[]." {
        "containerPort",      integer(),                        Exact,       "§3",         Translated, "The port that the container listens on";
        "hostPort",           integer(),                        Exact,       "§3",         Translated, "A fixed host port needs the administrator's consent; Services replace dynamic ones";
        "protocol",           text().one_of("tcp|udp"),         Exact,       "§3",         Translated, "TCP or UDP, on container and Service";
        "name",               text(),                           Exact,       "R-PORTNAME", Translated, "The port's name on container and Service";
        "appProtocol",        text().one_of("http|http2|grpc"), Approximate, "§3",         Translated, "The Service port's appProtocol; no proxy measures it";
        "containerPortRange", text(),                           Approximate, "§3",         Translated, "One container port per number, up to 256 in a pod";
    }
    at "containerDefinitions[].restartPolicy." {
        "enabled",              flag().required(), Approximate, "R-RESTART", Translated, "Whether the container is restarted in place";
        "ignoredExitCodes[]",   integers(),        Approximate, "R-RESTART", Translated, "Restart rules of the container where the cluster has them; then the operator replaces the task";
        "restartAttemptPeriod", integer(),         Approximate, "R-RESTART", Translated, "An essential container that ends sooner ends its task; the pauses between restarts are the kubelet's";
    }
    at "containerDefinitions[].environment[]." {
        "name",  text(), Exact, "§3",       Translated, "The variable's name";
        "value", text(), Exact, "R-DOLLAR", Translated, "The variable's value, dollars escaped";
    }
    at "containerDefinitions[].environmentFiles[]." {
        "value", text().required(),              Unsupported, "R-ENVFILE", WithParent, "The S3 object that holds the variables";
        "type",  text().required().one_of("s3"), Unsupported, "R-ENVFILE", WithParent, "Where the file lies";
    }
    at "containerDefinitions[].mountPoints[]." {
        "sourceVolume",  text(), Exact, "§3", Translated, "The volume that is mounted";
        "containerPath", text(), Exact, "§3", Translated, "Where it is mounted";
        "readOnly",      flag(), Exact, "§3", Translated, "Mounts the volume read-only";
    }
    at "containerDefinitions[].volumesFrom[]." {
        "sourceContainer", text(), Approximate, "§3", Translated, "The container whose mounts are copied";
        "readOnly",        flag(), Exact,       "§3", Translated, "Makes the copied mounts read-only";
    }
    at "containerDefinitions[].linuxParameters." {
        "capabilities",       structure(),  Exact,       "R-PRIV", Translated, "Capabilities of the container's security context";
        "devices[]",          structures(), Unsupported, "R-PRIV", Translated, "Host devices need the administrator's consent";
        "initProcessEnabled", flag(),       Equivalent,  "§3",     Translated, "The pause container reaps processes where the pod has a single container";
        "sharedMemorySize",   integer(),    Equivalent,  "§3",     Translated, "A memory volume of that size at /dev/shm";
        "tmpfs[]",            structures(), Equivalent,  "§3",     Translated, "One memory volume per entry";
        "maxSwap",            integer(),    Unsupported, "§3",     Translated, "Kubernetes gives containers no swap; 0 says the same";
        "swappiness",         integer(),    Unsupported, "§3",     Translated, "Without swap there is nothing to tune";
    }
    at "containerDefinitions[].linuxParameters.capabilities." {
        "add[]",  texts(), Exact, "R-PRIV", Translated, "Added; beyond the baseline they need the administrator's consent";
        "drop[]", texts(), Exact, "§3",     Translated, "Dropped, unless added too";
    }
    at "containerDefinitions[].linuxParameters.devices[]." {
        "hostPath",      text().required(),                  Unsupported, "R-PRIV", Translated, "The device on the host";
        "containerPath", text(),                             Unsupported, "R-PRIV", Translated, "The device in the container";
        "permissions[]", texts().one_of("read|write|mknod"), Unsupported, "R-PRIV", Translated, "What the container may do with the device";
    }
    at "containerDefinitions[].linuxParameters.tmpfs[]." {
        "containerPath",  text().required(),    Equivalent,  "§3", Translated, "Where the memory volume is mounted";
        "size",           integer().required(), Equivalent,  "§3", Translated, "The size limit of the memory volume";
        "mountOptions[]", texts(),              Approximate, "§3", Translated, "`ro` is kept, other options are not";
    }
    at "containerDefinitions[].secrets[]." {
        "name",      text().required(), Equivalent, "R-SECRET", Translated, "The environment variable";
        "valueFrom", text().required(), Equivalent, "R-SECRET", Translated, "The Secrets Manager secret or SSM parameter";
    }
    at "containerDefinitions[].dependsOn[]." {
        "containerName", text().required(),                           Approximate, "R-ORDER", Translated, "The container that comes first";
        "condition",     text().required().one_of("START|COMPLETE|SUCCESS|HEALTHY"), Approximate, "R-ORDER", Translated, "What it must have reached";
    }
    at "containerDefinitions[].extraHosts[]." {
        "hostname",  text().required(), Approximate, "§3", Translated, "The alias";
        "ipAddress", text().required(), Approximate, "§3", Translated, "The address it resolves to";
    }
    at "containerDefinitions[].ulimits[]." {
        "name",      text().required().one_of(ULIMIT_NAMES), Unsupported, "§3", Translated, "The limit's name";
        "softLimit", integer().required(),                   Unsupported, "§3", Translated, "The soft limit";
        "hardLimit", integer().required(),                   Unsupported, "§3", Translated, "The hard limit";
    }
    at "containerDefinitions[].logConfiguration." {
        "logDriver",       text().required().one_of(LOG_DRIVERS), Approximate, "§6", Translated, "Where ECS sends the logs";
        "options{}",       map(),                                 Approximate, "§6", Translated, "Options of the log driver";
        "secretOptions[]", structures(),                          Approximate, "§6", Translated, "Secret options of the log driver";
    }
    at "containerDefinitions[].logConfiguration.secretOptions[]." {
        "name",      text().required(), Approximate, "§6", Translated, "The option";
        "valueFrom", text().required(), Approximate, "§6", Translated, "The secret that holds its value";
    }
    at "containerDefinitions[].healthCheck." {
        "command[]",   texts().required(), Equivalent, "R-PROBE", Translated, "The command of the probes";
        "interval",    integer(),          Equivalent, "R-PROBE", Translated, "The period of the probes";
        "timeout",     integer(),          Equivalent, "R-PROBE", Translated, "The timeout of the probes";
        "retries",     integer(),          Equivalent, "R-PROBE", Translated, "The failure threshold of the probes";
        "startPeriod", integer(),          Equivalent, "R-PROBE", Translated, "The budget of the start-up probe";
    }
    at "containerDefinitions[].systemControls[]." {
        "namespace", text(), Approximate, "R-SYSCTL", Translated, "The kernel parameter's name";
        "value",     text(), Approximate, "R-SYSCTL", Translated, "The kernel parameter's value";
    }
    at "containerDefinitions[].resourceRequirements[]." {
        "value",           text(),                                      Exact,       "R-GPU", Translated, "How many GPUs";
        "type",            text().required().one_of("GPU|InferenceAccelerator|NeuronDevice"), Exact,       "R-GPU", Translated, "GPU becomes nvidia.com/gpu";
        "sharingStrategy", structure(),                                 Approximate, "R-GPU", Translated, "How a GPU is shared";
    }
    at "containerDefinitions[].resourceRequirements[].sharingStrategy." {
        "nvidiaMps", structure(), Approximate, "R-GPU", Translated, "A share of a GPU by NVIDIA MPS";
    }
    at "containerDefinitions[].resourceRequirements[].sharingStrategy.nvidiaMps." {
        "memory",            integer().required().at_least(1), Approximate, "R-GPU", Translated, "The GPU memory of the share";
        "maxComputePercent", integer().range(1, 100),          Approximate, "R-GPU", Translated, "The compute limit of the share";
    }
    at "containerDefinitions[].firelensConfiguration." {
        "type",      text().required().one_of("fluentd|fluentbit"), Equivalent, "R-FIRELENS", Translated, "The log router";
        "options{}", map(),                                       Equivalent, "R-FIRELENS", Translated, "Options of the log router";
    }
    at "volumes[]." {
        "name",                            text(),      Exact,       "R-NAME", Translated,                     "The volume's name, made legal for Kubernetes";
        "host",                            structure(), Equivalent,  "§5",     Translated,                     "Without a path: an emptyDir that lives as long as the pod";
        "dockerVolumeConfiguration",       structure(), Approximate, "§5",     Translated,                     "An emptyDir, a host path where it is granted, an NFS mount, or storage of a class that stands for the driver";
        "efsVolumeConfiguration",          structure(), Equivalent,  "§5",     Translated,                     "A claim on a PersistentVolume of the EFS CSI driver, which an administrator makes";
        "s3filesVolumeConfiguration",      structure(), Approximate, "§5",     Translated,                     "A claim on a PersistentVolume of the CSI driver that is configured; refused without one";
        "fsxWindowsFileServerVolumeConfiguration", structure(), Unsupported, "§5",     Translated,                     "Refused: only AWS knows the file system's address";
        "configuredAtLaunch",              flag(),      Equivalent,  "R-EBS",  Translated,                     "A volume that each pod gets for itself, as the service configures it";
    }
    at "volumes[].host." {
        "sourcePath", text(), Exact, "R-PRIV", Translated, "A host path, which needs the administrator's consent";
    }
    at "volumes[].dockerVolumeConfiguration." {
        "scope",         text().one_of("task|shared"), Approximate, "§5", WithParent, "How long the volume lives";
        "autoprovision", flag(),                       Equivalent,  "§5", WithParent, "Whether it is created when absent";
        "driver",        text(),                       Approximate, "§5", WithParent, "The Docker volume driver";
        "driverOpts{}",  map(),                        Approximate, "§5", WithParent, "Options of the volume driver";
        "labels{}",      map(),                        Advisory,    "§5", WithParent, "Labels of the Docker volume";
    }
    at "volumes[].efsVolumeConfiguration." {
        "fileSystemId",          text().required(),                 Equivalent,  "§5", WithParent, "The EFS file system";
        "rootDirectory",         text(),                            Exact,       "§5", WithParent, "The directory that is mounted";
        "transitEncryption",     text().one_of("ENABLED|DISABLED"), Exact,       "§5", WithParent, "Encryption in transit";
        "transitEncryptionPort", integer(),                         Equivalent,  "§5", WithParent, "The port of the encrypted connection";
        "authorizationConfig",   structure(),                       Approximate, "§5", WithParent, "How the mount is authorised";
    }
    at "volumes[].efsVolumeConfiguration.authorizationConfig." {
        "accessPointId", text(),                            Exact,       "§5", WithParent, "The EFS access point";
        "iam",           text().one_of("ENABLED|DISABLED"), Approximate, "§5", WithParent, "Whether the task role mounts";
    }
    at "volumes[].s3filesVolumeConfiguration." {
        "fileSystemArn",         text().required(), Approximate, "§5", WithParent, "The S3 file system";
        "rootDirectory",         text(),            Approximate, "§5", WithParent, "The directory that is mounted";
        "transitEncryptionPort", integer(),         Approximate, "§5", WithParent, "The port of the encrypted connection";
        "accessPointArn",        text(),            Approximate, "§5", WithParent, "The access point";
    }
    at "volumes[].fsxWindowsFileServerVolumeConfiguration." {
        "fileSystemId",        text().required(),      Unsupported, "§5", WithParent, "The FSx file system";
        "rootDirectory",       text().required(),      Unsupported, "§5", WithParent, "The directory that is mounted";
        "authorizationConfig", structure().required(), Unsupported, "§5", WithParent, "How the mount is authorised";
    }
    at "volumes[].fsxWindowsFileServerVolumeConfiguration.authorizationConfig." {
        "credentialsParameter", text().required(), Unsupported, "§5", WithParent, "The secret that holds user name and password";
        "domain",               text().required(), Unsupported, "§5", WithParent, "The Active Directory domain";
    }
    at "placementConstraints[]." {
        "type",       text().one_of("memberOf"), Exact, "§8.1", WithParent, "The kind of constraint";
        "expression", text(),                    Exact, "§8.1", WithParent, "The cluster query expression";
    }
    at "tags[]." {
        "key",   text().range(1, 128).pattern(TAG_TEXT), Equivalent, "R-TAG", Translated, "The tag's key";
        "value", text().range(0, 256).pattern(TAG_TEXT), Equivalent, "R-TAG", Translated, "The tag's value";
    }
    at "proxyConfiguration." {
        "type",          text().one_of("APPMESH"), Unsupported, "§2", WithParent, "The kind of proxy";
        "containerName", text().required(),        Unsupported, "§2", WithParent, "The proxy's container";
        "properties[]",  structures(),             Unsupported, "§2", WithParent, "Which traffic is captured";
    }
    at "proxyConfiguration.properties[]." {
        "name",  text(), Unsupported, "§2", WithParent, "The property";
        "value", text(), Unsupported, "§2", WithParent, "Its value";
    }
    at "inferenceAccelerators[]." {
        "deviceName", text().required(), Unsupported, "§2", WithParent, "The accelerator's name";
        "deviceType", text().required(), Unsupported, "§2", WithParent, "The accelerator's type";
    }
    at "ephemeralStorage." {
        "sizeInGiB", integer().required(), Approximate, "§2", Translated, "Request and limit; over-use evicts the pod instead of failing the write";
    }
    at "runtimePlatform." {
        "cpuArchitecture",       text().one_of("X86_64|ARM64"),  Exact,       "§2", Translated, "kubernetes.io/arch: amd64 or arm64";
        "operatingSystemFamily", text().one_of(SYSTEM_FAMILIES), Approximate, "§2", Translated, "kubernetes.io/os, and the Windows build";
    }
    at "trustedExecutionConfiguration." {
        "isolationMode",     text().required().one_of("SHARED|ISOLATED_SANDBOX|CONFIDENTIAL_SANDBOX"), Unsupported, "§2", Translated, "SHARED is what every pod has; others are refused";
        "attestationPolicy", text(),                                      Unsupported, "§2", Translated, "Attestation has no counterpart";
    }
}
