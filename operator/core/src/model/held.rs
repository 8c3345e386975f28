//! What keeps an object from acting here, while it is translated, checked and shown.

use std::fmt;

use ecs_crds::Workload;

/// Who holds an object
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Its own spec
    Spec,
    /// The EcsCluster of this name: what was imported from ECS still runs there
    Cluster(String),
}

impl Held {
    /// Whether a spec holds its object
    #[must_use]
    pub fn by(workload: Option<Workload>) -> Option<Self> {
        (workload == Some(Workload::Hold)).then_some(Self::Spec)
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec => f.write_str("held by spec.kubernetes.workload: Hold"),
            Self::Cluster(name) => write!(
                f,
                "held by the EcsCluster `{name}`, since the same still runs on ECS (spec.kubernetes.workload: Run lifts it)"
            ),
        }
    }
}
