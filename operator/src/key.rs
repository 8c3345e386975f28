//! What is looked at as one: a family, a service, a schedule, an EcsTask.

use std::fmt;

/// One thing to look at
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// The TaskDefinitions and revisions of one family
    Family {
        /// Its namespace
        namespace: String,
        /// The family
        family: String,
    },
    /// One EcsService
    Service {
        /// Its namespace
        namespace: String,
        /// Its name
        name: String,
    },
    /// One ScheduledTask
    Schedule {
        /// Its namespace
        namespace: String,
        /// Its name
        name: String,
    },
    /// One EcsTask
    Task {
        /// Its namespace
        namespace: String,
        /// Its name
        name: String,
    },
}

impl Key {
    /// The kind that users know it by
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Family { .. } => "TaskDefinition",
            Self::Service { .. } => "EcsService",
            Self::Schedule { .. } => "ScheduledTask",
            Self::Task { .. } => "EcsTask",
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Family { namespace, family } => write!(f, "family {namespace}/{family}"),
            Self::Service { namespace, name } => write!(f, "service {namespace}/{name}"),
            Self::Schedule { namespace, name } => write!(f, "schedule {namespace}/{name}"),
            Self::Task { namespace, name } => write!(f, "task {namespace}/{name}"),
        }
    }
}
