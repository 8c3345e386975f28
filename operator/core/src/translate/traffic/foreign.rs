//! TargetGroupBinding (AWS Load Balancer Controller) and HTTPRoute (Gateway API): as much of them as we write.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{named, own_name};
use crate::model::traffic::{Binding, Gateway, Parent};
use crate::names::sha8;

/// elbv2.k8s.aws/v1beta1 TargetGroupBinding
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetGroupBinding {
    /// Name and owner
    pub metadata: ObjectMeta,
    /// What is bound
    pub spec: TargetGroupBindingSpec,
}

/// What a TargetGroupBinding binds
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetGroupBindingSpec {
    /// The ARN of the target group
    #[serde(rename = "targetGroupARN")]
    pub target_group_arn: String,
    /// `ip`: the addresses of pods
    pub target_type: &'static str,
    /// Whose pods
    pub service_ref: ServiceReference,
    /// Whether others register targets too: then the controller removes none but its own
    pub multi_cluster_target_group: bool,
}

/// A port of a Service
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceReference {
    /// The Service
    pub name: String,
    /// The port
    pub port: u16,
}

/// R-TGB. ECS may still register tasks with the target group, so the controller must leave foreign targets alone
pub(super) fn binding(binding: &Binding, metadata: &ObjectMeta) -> TargetGroupBinding {
    let Binding { target_group, port } = binding;
    let service = own_name(metadata);
    TargetGroupBinding {
        metadata: named(&format!("{service}-{}", sha8(target_group)), metadata),
        spec: TargetGroupBindingSpec {
            target_group_arn: target_group.clone(),
            target_type: "ip",
            service_ref: ServiceReference { name: service, port: *port },
            multi_cluster_target_group: true,
        },
    }
}

/// gateway.networking.k8s.io/v1 HTTPRoute
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HttpRoute {
    /// Name and owner
    pub metadata: ObjectMeta,
    /// The route
    pub spec: HttpRouteSpec,
}

/// What an HTTPRoute routes
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteSpec {
    /// The Gateways
    pub parent_refs: Vec<ParentRef>,
    /// Host names; none: those of the Gateways
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hostnames: Vec<String>,
    /// The rules
    pub rules: Vec<RouteRule>,
}

/// A Gateway that a route attaches to
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// The Gateway
    pub name: String,
    /// Its namespace
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The listener
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
    /// The listener's port
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// What is matched, and where it goes
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteRule {
    /// Any of these
    pub matches: Vec<RouteMatch>,
    /// The Services
    pub backend_refs: Vec<BackendRef>,
}

/// A match by path, and by headers
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteMatch {
    /// The path
    pub path: PathMatch,
    /// All of these
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderMatch>,
}

/// A header and its value
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeaderMatch {
    /// `Exact`
    pub r#type: &'static str,
    /// The header
    pub name: String,
    /// The value
    pub value: String,
}

/// A path and how it is compared
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathMatch {
    /// `Exact`, `PathPrefix` or `RegularExpression`
    pub r#type: &'static str,
    /// The path
    pub value: String,
}

/// A port of a Service
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackendRef {
    /// The Service
    pub name: String,
    /// The port
    pub port: u16,
    /// Its share, by the sum of all; none: the only one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
}

/// The route; none while no port is known
pub(super) fn http_route(gateway: &Gateway, default_port: Option<u16>, metadata: &ObjectMeta) -> Option<HttpRoute> {
    let Gateway { parents, hostnames, paths, port } = gateway;
    let name = own_name(metadata);
    let parent = |parent: &Parent| {
        let Parent { name, namespace, section_name, port } = parent.clone();
        ParentRef { name, namespace, section_name, port }
    };
    let matched = |(value, kind): &(String, &'static str)| RouteMatch {
        path: PathMatch { r#type: kind, value: value.clone() },
        headers: Vec::new(),
    };
    let rule = RouteRule {
        matches: paths.iter().map(matched).collect(),
        backend_refs: vec![BackendRef { name, port: port.or(default_port)?, weight: None }],
    };
    let parent_refs = parents.iter().map(parent).collect();
    let spec = HttpRouteSpec { parent_refs, hostnames: hostnames.clone(), rules: vec![rule] };
    Some(HttpRoute { metadata: metadata.clone(), spec })
}
