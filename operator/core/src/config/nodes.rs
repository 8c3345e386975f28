//! What is known of the cluster's nodes when something is rendered.
//!
//! Facts, no configuration: whoever renders fills them from the cluster; offline there are none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The nodes of the cluster; a copy shares them
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nodes(Arc<[Node]>);

/// What placement looks at
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// `metadata.name`
    pub name: String,
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// `spec.providerID`
    pub provider_id: Option<String>,
}

impl Nodes {
    /// These nodes; the order in which a cluster lists them changes nothing
    #[must_use]
    pub fn new(mut nodes: Vec<Node>) -> Self {
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Self(nodes.into())
    }

    /// Whether no node is known
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The nodes, by name
    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        self.0.iter()
    }

    /// The values that a label has
    #[must_use]
    pub fn values(&self, label: &str) -> BTreeSet<&str> {
        self.0.iter().filter_map(|node| node.labels.get(label)).map(String::as_str).collect()
    }
}

impl Node {
    /// The EC2 instance ID: the last part of `aws:///us-east-1a/i-0123456789abcdef0`
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.provider_id.as_deref()?.rsplit('/').next()
    }
}
