//! How traffic reaches the tasks of a service: as its document says ([`Traffic`]), and joined with the ports of the task
//! definition that it runs ([`Joined`]).
//!
//! *Guarantees*: every port of a [`Joined`] is one that a container of the task declares.
//!
//! *Not here*: the attributes of a target group, which only AWS knows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::findings::Path;
use crate::model::task::Port;

/// What a service says about its traffic
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// `loadBalancers` that name a target group
    pub load_balancers: Vec<LoadBalancer>,
    /// `spec.kubernetes.ingress`, where it has rules
    pub ingress: Option<Ingress>,
    /// `spec.kubernetes.ingress.healthCheck`
    pub health_check: Option<HealthCheck>,
    /// `spec.kubernetes.gateway`
    pub gateway: Option<Gateway>,
    /// `serviceConnectConfiguration.services`, where Service Connect is enabled
    pub offers: Vec<Offer>,
    /// Whether its tasks know the host names of others: Service Connect is enabled
    pub is_client: bool,
    /// The Kubernetes name of the headless Service
    pub discovery: Option<String>,
    /// Where containers are named whose ports must be mapped: `serviceRegistries`
    pub registries: Vec<Target>,
}

/// A container's port, as a document names it
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where the document says so
    pub path: Path,
    /// The ECS name of the container
    pub container: String,
    /// The container port
    pub port: u16,
}

/// A target group and what registers with it
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// The ARN of the target group
    pub target_group: String,
    /// What registers
    pub target: Target,
}

/// An Ingress
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// The IngressClass
    pub class: String,
    /// The user's annotations
    pub annotations: BTreeMap<String, String>,
    /// At least one
    pub rules: Vec<IngressRule>,
}

/// A rule of an Ingress
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressRule {
    /// Where the document says so
    pub path: Path,
    /// Host names; none: any host
    pub hosts: Vec<String>,
    /// Paths with their types, at least one
    pub paths: Vec<(String, &'static str)>,
    /// The container port; none: the service's default
    pub port: Option<u16>,
}

/// An HTTPRoute
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// The Gateways, at least one
    pub parents: Vec<Parent>,
    /// Host names; none: those of the Gateway
    pub hostnames: Vec<String>,
    /// Paths with their types, at least one
    pub paths: Vec<(String, &'static str)>,
    /// The container port; none: the service's default
    pub port: Option<u16>,
}

/// A Gateway that a route attaches to
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its name
    pub name: String,
    /// Its namespace; none: the service's
    pub namespace: Option<String>,
    /// Its listener; none: all
    pub section_name: Option<String>,
    /// Its listener's port; none: all
    pub port: Option<u16>,
}

/// What a service offers through Service Connect
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where the document says so
    pub path: Path,
    /// The name of the port mapping
    pub port_name: String,
    /// The Kubernetes Services under which clients find it: the discovery name, then the alias where it has no dot
    pub names: Vec<String>,
    /// The host name with dots under which clients find the first of them, by their host entries
    pub host: Option<String>,
    /// The port that clients use; none: the container's
    pub port: Option<u16>,
    /// The header that marks test traffic, and its value; empty where the document does not tell
    pub test_header: Option<(String, String)>,
}

/// The health check of a target group, in seconds
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// How it checks
    pub by: CheckBy,
    /// The port; none: the one that takes the traffic
    pub port: Option<u16>,
    /// Between two checks
    pub interval: i32,
    /// Of one check
    pub timeout: i32,
    /// Successes in a row that make a task healthy
    pub healthy: i32,
    /// Failures in a row that make it unhealthy
    pub unhealthy: i32,
    /// The codes that count as success, as written
    pub matcher: Option<String>,
}

/// How a health check checks
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckBy {
    /// A GET request
    Http {
        /// The path
        path: String,
        /// Whether over TLS
        tls: bool,
    },
    /// A connection
    Tcp,
    /// A call of the gRPC health protocol
    Grpc,
}

/// Traffic and the task that takes it
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Joined {
    /// Target groups that are bound to the Service
    pub bindings: Vec<Binding>,
    /// The port of Ingress rules and routes that name none
    pub default_port: Option<u16>,
    /// Containers that take a load balancer's traffic
    pub receivers: Vec<Receiver>,
    /// Names and ports of Service Connect, by Kubernetes Service
    pub connect: BTreeMap<String, BTreeMap<u16, Port>>,
    /// Host names with dots, by the Service that clients reach under them
    pub hosts: BTreeMap<String, BTreeSet<String>>,
    /// The host entries of the tasks, by address: what other services offer them now
    pub host_entries: BTreeMap<String, BTreeSet<String>>,
}

/// A target group and the port of the Service that it reaches
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// The ARN of the target group
    pub target_group: String,
    /// The port of the Service
    pub port: u16,
}

/// A container that takes a load balancer's traffic
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// The container's name in the pod
    pub container: String,
    /// What the load balancer checks, with the port that it checks
    pub health: Option<(HealthCheck, u16)>,
    /// Whether a failing check replaces the task: where the container has no check of its own
    pub replaces: bool,
}
