//! Configuration of placement: what ECS's words about container instances are on this cluster's nodes.
//!
//! *Not here*: what is found on the nodes ([`Nodes`](super::Nodes)).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `binpackScheduler`: schedulers whose NodeResourcesFit plugin scores by MostAllocated
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BinpackScheduler {
    /// The scheduler that fills nodes by CPU; none (default): `binpack` by CPU is ignored, with a warning
    pub cpu: Option<String>,
    /// The scheduler that fills nodes by memory; none (default): `binpack` by memory is ignored, with a warning
    pub memory: Option<String>,
}

/// The nodes that stand for a capacity provider: those that match any term, and have all labels
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CapacityProvider {
    /// As in a pod's node affinity: any term, all expressions of it
    pub node_selector_terms: Vec<NodeTerm>,
    /// Labels that the nodes have, in addition to what the terms say
    pub labels: BTreeMap<String, String>,
}

/// All these expressions
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeTerm {
    /// What the labels of a node are to be
    pub match_expressions: Vec<NodeExpression>,
}

/// What one label of a node is to be
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeExpression {
    /// The label
    pub key: String,
    /// How it is compared
    pub operator: NodeOperator,
    /// What it is compared with
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// How a node's label is compared
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeOperator {
    /// It is one of the values
    In,
    /// It is none of the values, or absent
    NotIn,
    /// It is there
    Exists,
    /// It is absent
    DoesNotExist,
    /// It is a number greater than the one value
    Gt,
    /// It is a number less than the one value
    Lt,
}

/// `launchTypeProfiles`: what a launch type adds to a pod
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LaunchTypeProfile {
    /// Labels that the nodes have
    pub node_selector: BTreeMap<String, String>,
    /// Taints that the pods bear
    pub tolerations: Vec<Toleration>,
    /// Labels that the pods get
    pub labels: BTreeMap<String, String>,
}

/// A taint that a pod bears, as in a pod
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Toleration {
    /// The taint's key; none: every taint
    pub key: Option<String>,
    /// `Equal` (default) or `Exists`
    pub operator: Option<String>,
    /// The taint's value
    pub value: Option<String>,
    /// The taint's effect; none: every effect
    pub effect: Option<String>,
    /// For how long a pod stays on a node that gets a `NoExecute` taint, in seconds
    pub toleration_seconds: Option<i64>,
}

/// The profiles of every cluster on EKS: hybrid nodes and Auto Mode; EC2 and FARGATE have none
pub(super) fn launch_type_profiles() -> BTreeMap<String, LaunchTypeProfile> {
    let on = |compute_type: &str| LaunchTypeProfile {
        node_selector: BTreeMap::from([(COMPUTE_TYPE.to_owned(), compute_type.to_owned())]),
        ..LaunchTypeProfile::default()
    };
    BTreeMap::from([("EXTERNAL".to_owned(), on("hybrid")), ("MANAGED_INSTANCES".to_owned(), on("auto"))])
}

/// The label by which EKS tells what kind of machine a node is
pub(crate) const COMPUTE_TYPE: &str = "eks.amazonaws.com/compute-type";
