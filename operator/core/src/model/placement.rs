//! Where tasks may run, and where they should: sets of nodes, groups of tasks, spreading, providers.
//!
//! *Guarantees*: label values and keys are legal; a set of nodes is in disjunctive normal form, so that it is a node
//! selector as it stands.
//!
//! *Not here*: words of ECS (`check::placement` has read them) and Kubernetes objects (`translate::placement` makes them).

use std::collections::BTreeSet;

use crate::config::LaunchTypeProfile;

/// A label value that no node has; a legal one, since the API server looks at values too
pub const NO_VALUE: &str = "no-such-value";

/// What a service or a run says about where its tasks run
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Where tasks may run
    pub constraints: Constraints,
    /// No two tasks of the service or task group on one node
    pub distinct_instances: bool,
    /// The node labels over whose values tasks are spread, in order
    pub spread: Vec<String>,
    /// The scheduler that fills nodes one by one; none: the cluster's default
    pub scheduler: Option<String>,
    /// The capacity providers' nodes
    pub providers: Providers,
    /// What the launch type adds
    pub profile: LaunchTypeProfile,
}

/// Where tasks may run
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// On these nodes
    pub nodes: NodeSet,
    /// Beside, or not beside, tasks of these groups
    pub groups: BTreeSet<GroupTest>,
    /// How many constraints of ECS these are
    pub count: usize,
}

/// The nodes that match any of several terms
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSet(BTreeSet<Term>);

/// The nodes that match all of several tests; without a test: every node
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// Tests of a node's labels
    pub labels: BTreeSet<(String, LabelTest)>,
    /// Tests of a node's name
    pub names: BTreeSet<NameTest>,
}

/// What a node's label is to be
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelTest {
    /// One of these values
    In(BTreeSet<String>),
    /// None of these values, or absent
    NotIn(BTreeSet<String>),
    /// There, whatever its value
    Exists,
    /// Absent
    DoesNotExist,
    /// A number greater than this
    Gt(i64),
    /// A number less than this
    Lt(i64),
}

/// What a node's name is to be
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameTest {
    /// A name
    pub name: String,
    /// Whether it is to be another one
    pub negated: bool,
}

/// Which tasks a node is to run already
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupTest {
    /// Task groups, as ECS names them: a task of any of them
    pub groups: BTreeSet<String>,
    /// Whether it is to run none of their tasks
    pub negated: bool,
}

/// The nodes of the capacity providers
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Providers {
    /// Any node will do
    #[default]
    Any,
    /// These nodes alone
    Only(NodeSet),
    /// These nodes rather than others, by weights from 1 to 100
    Preferred(Vec<(i32, NodeSet)>),
    /// So many tasks on the nodes of each
    Exact(Vec<Share>),
}

/// A capacity provider's part in the tasks of a service
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its name
    pub provider: String,
    /// How many tasks it runs before any other does by weight
    pub base: i32,
    /// Its part in those beyond the bases
    pub weight: i32,
    /// Its nodes
    pub nodes: NodeSet,
}

impl Constraints {
    /// Both
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            nodes: self.nodes.and(&other.nodes),
            groups: self.groups.union(&other.groups).cloned().collect(),
            count: self.count + other.count,
        }
    }
}

impl Default for NodeSet {
    fn default() -> Self {
        Self::every()
    }
}

impl FromIterator<Term> for NodeSet {
    /// The nodes that match any of these
    fn from_iter<I: IntoIterator<Item = Term>>(terms: I) -> Self {
        let terms: BTreeSet<Term> = terms.into_iter().collect();
        if terms.contains(&Term::default()) { Self::every() } else { Self(terms) }
    }
}

impl NodeSet {
    /// Every node
    #[must_use]
    pub fn every() -> Self {
        Self(BTreeSet::from([Term::default()]))
    }

    /// Whether it is every node
    #[must_use]
    pub fn is_every(&self) -> bool {
        self.0.contains(&Term::default())
    }

    /// The terms; none where no node will do
    pub fn terms(&self) -> impl ExactSizeIterator<Item = &Term> {
        self.0.iter()
    }

    /// The nodes that are in both
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.0.iter().flat_map(|one| other.0.iter().map(|two| one.and(two))).collect()
    }
}

impl Term {
    /// Both
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            labels: self.labels.union(&other.labels).cloned().collect(),
            names: self.names.union(&other.names).cloned().collect(),
        }
    }
}
