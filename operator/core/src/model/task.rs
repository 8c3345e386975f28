//! A task definition that is valid: what `check` makes of a RegisterTaskDefinition document and `translate` reads.
//!
//! *Guarantees*: at least one container; names, ports, mount paths and volume names are unique where Kubernetes wants them
//! unique; every edge joins two different containers and there is no cycle; nothing needs a privilege that nobody gave.
//!
//! *Not here*: anything of a service or a schedule, and what the cluster can do: that is known when a pod is made.

mod container;
mod logging;
mod volume;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub use container::*;
pub use logging::*;
pub use volume::*;

use serde::{Deserialize, Serialize};

use crate::config::TaskRoles;

use crate::findings::Path;
use crate::model::placement::Constraints;
use crate::values::cpu::CpuUnits;
use crate::values::memory::Mebibytes;

/// A valid task definition
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub(crate) family: String,
    /// In definition order
    pub(crate) containers: Vec<Container>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) size: Size,
    pub(crate) compatibilities: BTreeSet<Compatibility>,
    pub(crate) platform: Platform,
    /// `placementConstraints`
    pub(crate) constraints: Constraints,
    /// `pidMode: task`
    pub(crate) shares_processes: bool,
    /// What it shares with its node
    pub(crate) host: Host,
    pub(crate) network: Network,
    /// `ephemeralStorage.sizeInGiB`
    pub(crate) ephemeral_storage: Option<Mebibytes>,
    pub(crate) role: Option<TaskRole>,
    /// `executionRoleArn`, by which the store of a secret may be chosen
    pub(crate) execution_role: Option<String>,
    /// The runtime class that isolates it
    pub(crate) runtime_class: Option<String>,
    /// The FireLens log router
    pub(crate) log_router: Option<LogRouter>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Task {
    /// The family: `family`, else the name of the TaskDefinition
    #[must_use]
    pub fn family(&self) -> &str {
        &self.family
    }

    /// The containers, in definition order
    #[must_use]
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// The container of this ECS name
    #[must_use]
    pub fn container(&self, ecs_name: &str) -> Option<&Container> {
        self.containers.iter().find(|c| c.ecs_name == ecs_name)
    }

    /// The declared ports of all containers, in definition order
    pub fn ports(&self) -> impl Iterator<Item = &Port> {
        self.containers.iter().flat_map(|c| &c.ports)
    }

    /// The task role
    #[must_use]
    pub fn role(&self) -> Option<&TaskRole> {
        self.role.as_ref()
    }

    /// Whether an essential container has a health check: then a task counts as healthy when the check says so
    #[must_use]
    pub fn has_essential_health_check(&self) -> bool {
        self.containers.iter().any(|c| c.essential && c.health_check.is_some())
    }

    /// The tags of the task definition
    #[must_use]
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }

    /// The launch types that the document is validated against
    #[must_use]
    pub fn requires_compatibilities(&self) -> &BTreeSet<Compatibility> {
        &self.compatibilities
    }

    /// The first essential container, which takes what belongs to the task as a whole
    #[must_use]
    pub fn main(&self) -> Option<&Container> {
        self.containers.iter().find(|c| c.essential)
    }
}

/// One of `requiresCompatibilities`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compatibility {
    /// EC2 container instances
    Ec2,
    /// Fargate
    Fargate,
    /// ECS Anywhere
    External,
    /// ECS Managed Instances
    ManagedInstances,
}

/// The task role and the ServiceAccount that stands for it
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskRole {
    /// The role's ARN
    pub arn: String,
    /// The ServiceAccount's name, one per role and namespace
    pub service_account: String,
    /// How pods take it
    #[serde(default, skip_serializing_if = "TaskRoles::is_irsa")]
    pub taken: TaskRoles,
}

/// `cpu` and `memory` of the task
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The CPU of the whole task
    pub cpu: Option<CpuUnits>,
    /// The memory of the whole task
    pub memory: Option<Mebibytes>,
}

/// `runtimePlatform`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// The operating system
    pub os: Os,
    /// The value of `kubernetes.io/arch`; none where any will do
    pub architecture: Option<&'static str>,
}

/// An operating system
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// Linux
    Linux,
    /// Windows Server
    Windows {
        /// The value of `node.kubernetes.io/windows-build`; none where any will do
        build: Option<&'static str>,
    },
}

impl Os {
    /// Whether it is a Windows
    #[must_use]
    pub fn is_windows(self) -> bool {
        matches!(self, Self::Windows { .. })
    }
}

/// Which of its node's namespaces a task is in, each where it is granted
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// `networkMode: host`
    pub network: bool,
    /// `pidMode: host`
    pub processes: bool,
    /// `ipcMode: host`
    pub ipc: bool,
}

/// What containers say about the network and Kubernetes holds per pod
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Whether nothing reaches the task and it reaches nothing
    pub cut_off: bool,
    /// The host name as the first container that sets one wrote it
    pub hostname: Option<String>,
    /// Name servers, at most as many as Kubernetes takes
    pub dns_servers: Vec<IpAddr>,
    /// DNS search domains, at most as many as Kubernetes takes
    pub dns_search_domains: Vec<String>,
    /// Host names by address, in the order in which the document first names the address
    pub hosts: Vec<(IpAddr, Vec<String>)>,
}

/// An edge of the start order: `from` starts after `to`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The index of the container that waits
    pub from: usize,
    /// The index of the container that is waited for
    pub to: usize,
    /// What is waited for
    pub condition: Condition,
    /// Where the document says so
    pub path: Path,
}

/// What a container waits for
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The other has started
    Start,
    /// The other has exited, with any code
    Complete,
    /// The other has exited with 0
    Success,
    /// The other's health check succeeds
    Healthy,
}
