//! One container of a valid task definition.
//!
//! *Not here*: where in the pod it goes; that follows from the whole task (R-ORDER, in `translate`).

use std::collections::BTreeMap;
use std::fmt;

use crate::findings::Path;
use crate::values::cpu::CpuUnits;
use crate::values::memory::Mebibytes;
use crate::values::secret_ref::SecretRef;

use super::logging::Logging;

/// A valid container definition
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Where the document defines it
    pub(crate) path: Path,
    pub(crate) ecs_name: String,
    /// The Kubernetes name
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) essential: bool,
    pub(crate) resources: Resources,
    pub(crate) entry_point: Vec<String>,
    pub(crate) command: Vec<String>,
    pub(crate) working_directory: Option<String>,
    pub(crate) environment: Vec<Variable>,
    pub(crate) ports: Vec<Port>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) health_check: Option<HealthCheck>,
    pub(crate) start_timeout: Option<i64>,
    pub(crate) stop_timeout: Option<i64>,
    pub(crate) restart: Option<RestartPolicy>,
    pub(crate) security: Security,
    /// Safe and granted ones only, in definition order
    pub(crate) sysctls: Vec<(String, String)>,
    pub(crate) wants_init_process: bool,
    pub(crate) stdin: bool,
    pub(crate) tty: bool,
    pub(crate) docker_labels: BTreeMap<String, String>,
    /// Those of them that become annotations of the pod as they are
    pub(crate) promoted_labels: BTreeMap<String, String>,
    /// In definition order, each name once
    pub(crate) secrets: Vec<Secret>,
    /// The secret that holds user name and password of the image's registry
    pub(crate) registry: Option<SecretRef>,
    pub(crate) logging: Option<Logging>,
}

impl Container {
    /// The name in the task definition
    #[must_use]
    pub fn ecs_name(&self) -> &str {
        &self.ecs_name
    }

    /// The name in the pod
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the task stops when this container does
    #[must_use]
    pub fn is_essential(&self) -> bool {
        self.essential
    }

    /// The declared ports
    #[must_use]
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }
}

/// A variable of the environment, as ECS means it: nothing is expanded
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name
    pub name: String,
    /// The value, which may be a secret: never part of a message
    pub value: String,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.name)
    }
}

/// A variable of the environment whose value is a secret
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The variable's name
    pub name: String,
    /// Where the value is
    pub value_from: SecretRef,
}

/// What a container asks for
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// `cpu`
    pub cpu: Option<CpuUnits>,
    /// `memory`: the hard limit
    pub memory: Option<Mebibytes>,
    /// `memoryReservation`: the soft one
    pub reservation: Option<Mebibytes>,
    /// Devices by the name of their extended resource, with their number
    pub devices: Option<(&'static str, u32)>,
    /// `linuxParameters.devices` that a device plugin gives, by extended resource, with their number
    pub plugged: BTreeMap<String, u32>,
}

/// A transport protocol
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP
    Tcp,
    /// UDP
    Udp,
}

/// An application protocol
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppProtocol {
    /// HTTP/1
    Http,
    /// HTTP/2 without TLS
    Http2,
    /// gRPC
    Grpc,
}

/// A port that a container listens on
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The number
    pub container_port: u16,
    /// The port of the node that is taken too
    pub host_port: Option<u16>,
    /// The transport protocol
    pub protocol: Protocol,
    /// The name that the document gives it
    pub name: Option<String>,
    /// Its name in the pod (R-PORTNAME), unique there
    pub pod_port_name: String,
    /// The application protocol, for the Service
    pub app_protocol: Option<AppProtocol>,
}

/// A volume's place in a container
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The Kubernetes name of the volume
    pub volume: String,
    /// Where it is mounted
    pub path: String,
    /// Whether the container can only read it
    pub read_only: bool,
}

/// `healthCheck`, in seconds
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// The command to execute, before escaping
    pub command: Vec<String>,
    /// Between two checks
    pub interval: i64,
    /// Of one check
    pub timeout: i64,
    /// Failures in a row until it is unhealthy
    pub retries: i64,
    /// At the start, when failures do not count
    pub start_period: i64,
}

/// `restartPolicy` with `enabled: true`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Exit codes after which it stays stopped
    pub ignored_exit_codes: Vec<i32>,
    /// `restartAttemptPeriod` in seconds, where the document has one
    pub attempt_period: Option<i64>,
}

impl RestartPolicy {
    /// How long it must have run to be restarted, in seconds
    #[must_use]
    pub fn attempt_seconds(&self) -> i64 {
        // ECS's default
        self.attempt_period.unwrap_or(300)
    }
}

/// What a container may do and who it is
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// The user's number
    pub user: Option<i64>,
    /// The group's number
    pub group: Option<i64>,
    /// `readonlyRootFilesystem`
    pub read_only_root: bool,
    /// Whether it may do everything; what it adds and drops counts for nothing then
    pub privileged: bool,
    /// Capabilities added, those beyond the Pod Security Standard *baseline* where granted
    pub added: Vec<String>,
    /// Capabilities dropped, none of them added as well
    pub dropped: Vec<String>,
    /// `no-new-privileges`
    pub no_new_privileges: bool,
    /// `apparmor:…`
    pub app_armor: Option<AppArmor>,
    /// `label:…`
    pub selinux: SeLinux,
    /// The GMSACredentialSpec of a Windows container
    pub gmsa: Option<String>,
}

/// SELinux labels; those that are not the runtime's own where granted
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeLinux {
    /// `label:user:…`
    pub user: Option<String>,
    /// `label:role:…`
    pub role: Option<String>,
    /// `label:type:…`
    pub kind: Option<String>,
    /// `label:level:…`
    pub level: Option<String>,
}

/// An AppArmor profile
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppArmor {
    /// None at all, where granted
    Unconfined,
    /// The runtime's own
    RuntimeDefault,
    /// One that is loaded on the node
    Localhost(String),
}
