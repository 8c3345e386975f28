//! How traffic reaches what a revision runs: kept with it, as on ECS a change of load balancers or of Service Connect is a
//! deployment.
//!
//! *Not here*: hosts and paths, which change without a deployment.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ServicePort;
use serde::{Deserialize, Serialize};

use crate::model::traffic::Binding;

/// The ways to the tasks beside their own Service
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Routes {
    /// Target groups that are bound
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bindings: Vec<Binding>,
    /// The port of Ingress rules and routes that name none
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_port: Option<u16>,
    /// What Service Connect offers
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connect: Vec<Offered>,
}

/// A name of Service Connect
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offered {
    /// The name of the Service
    pub name: String,
    /// Its ports
    pub ports: Vec<ServicePort>,
    /// Host names that clients know by their host entries
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hosts: BTreeSet<String>,
}

impl Routes {
    /// Whether the tasks are reached by their own Service alone
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { bindings, default_port, connect } = self;
        bindings.is_empty() && default_port.is_none() && connect.is_empty()
    }
}
