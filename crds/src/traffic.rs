//! What of a service's traffic is Kubernetes' alone: Ingress, Gateway API, the name of a headless Service.
//!
//! Shapes only: what a value means is judged in `ecs-core`. The words are those of Elastic Load Balancing where it has them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rules of a listener, as an Ingress, and the health check of the target group
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceIngress {
    /// The IngressClass (default: alb, the AWS Load Balancer Controller)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_name: Option<String>,
    /// Annotations of the Ingress; they win over those that the operator sets for the class alb
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The listener's rules in their order; without any no Ingress is made, and the health check counts alone
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<IngressRule>>,
    /// The health check of the target group; absent: tasks are ready as soon as they run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<TargetHealthCheck>,
}

/// A rule of a listener: what is forwarded to the service
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngressRule {
    /// Host names, `*.example.com` for every one below (default: any host)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// Path patterns as a listener rule has them: `/api/*`, `/health` (default: any path)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<String>>,
    /// How the Ingress class reads the paths (default: Exact, ImplementationSpecific for a path with `*` or `?`)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_type: Option<PathType>,
    /// The container port that the traffic goes to (default: that of the first load balancer, else the only TCP port)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_port: Option<i64>,
}

/// How an Ingress reads a path
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PathType {
    /// The path and no other
    Exact,
    /// The path and what is below it
    Prefix,
    /// As the Ingress class reads it
    ImplementationSpecific,
}

/// The health check of a target group
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetHealthCheck {
    /// The protocol (default: HTTP)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<TargetProtocol>,
    /// The path of HTTP and HTTPS checks (default: /), the method of gRPC checks
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The port (default: the one that takes the traffic)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<i64>,
    /// Seconds between two checks, 5 to 300 (default: 30)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<i64>,
    /// Seconds that a check may take, 2 to 120 (default: 5)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    /// Successes in a row that make a task healthy, 2 to 10 (default: 5)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy_threshold_count: Option<i64>,
    /// Failures in a row that make a task unhealthy, 2 to 10 (default: 2)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy_threshold_count: Option<i64>,
    /// The codes that count as success: `200`, `200-299`, `200,202` (default: 200)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matcher: Option<String>,
}

/// The protocol of a health check, as Elastic Load Balancing names it
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TargetProtocol {
    /// A GET request
    #[default]
    Http,
    /// A GET request over TLS, whose certificate is not verified
    Https,
    /// A connection
    Tcp,
    /// A call of gRPC
    Grpc,
}

/// An HTTPRoute of the Gateway API (needs its CustomResourceDefinitions)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceGateway {
    /// The Gateways that the route attaches to
    pub parent_refs: Vec<GatewayParent>,
    /// Host names (default: those of the Gateway)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostnames: Option<Vec<String>>,
    /// Path patterns as a listener rule has them: `/api/*`, `/health` (default: any path)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<String>>,
    /// The container port that the traffic goes to (default: that of the first load balancer, else the only TCP port)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_port: Option<i64>,
}

/// A Gateway
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayParent {
    /// Its name
    pub name: String,
    /// Its namespace (default: the service's); the Gateway must admit routes from here
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The listener (default: all)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
    /// The listener's port (default: all)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<i64>,
}

/// The headless Service that stands for a Cloud Map service
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDiscovery {
    /// The name, a DNS label: it resolves to one address per running task
    pub name: String,
}
