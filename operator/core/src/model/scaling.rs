//! Application Auto Scaling of a service: its bounds, what tracks a metric, and bounds that change by the clock.
//!
//! *Not here*: the bounds that hold now, which scheduled actions have changed (`plan::scaling`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::findings::Path;
use crate::values::schedule::ScheduleExpression;

/// A valid scalable target with its policies and scheduled actions
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// The bounds that the spec says
    pub bounds: Bounds,
    /// What rests
    pub suspended: Suspended,
    /// The policies that keep a metric at a value
    pub tracking: Vec<Tracking>,
    /// Bounds that change by the clock
    pub actions: Vec<Action>,
}

/// The least and the largest number of tasks
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// `minCapacity`
    pub min: i32,
    /// `maxCapacity`, at least `min`
    pub max: i32,
}

impl Bounds {
    /// The count nearest to this one that they allow
    #[must_use]
    pub fn clamp(self, count: i32) -> i32 {
        // Two actions can leave a minimum above the maximum; then the maximum holds
        count.max(self.min).min(self.max)
    }
}

/// `suspendedState`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suspended {
    /// Scaling in by policies
    pub scale_in: bool,
    /// Scaling out by policies
    pub scale_out: bool,
    /// Scheduled actions
    pub scheduled: bool,
}

/// A policy that keeps a metric at a value
#[derive(Clone, Debug, PartialEq)]
pub struct Tracking {
    /// Where the document says so
    pub path: Path,
    /// What is measured
    pub metric: Metric,
    /// The value to keep it at
    pub target: f64,
    /// The wait after scaling out, in seconds
    pub scale_out_cooldown: Option<i64>,
    /// The wait after scaling in, in seconds
    pub scale_in_cooldown: i64,
    /// Whether it only scales out
    pub disable_scale_in: bool,
}

/// What is measured
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// The use of a resource in percent of what the tasks reserve
    Utilization(Resource),
    /// A metric of the cluster's external metrics API, and the labels that select it
    External {
        /// Its name there
        name: String,
        /// Labels of its series
        labels: BTreeMap<String, String>,
    },
}

/// A resource that tasks reserve
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// CPU
    Cpu,
    /// Memory
    Memory,
}

impl Resource {
    /// As Kubernetes names it
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }
}

impl Scaling {
    /// The resources whose use is measured
    pub fn resources(&self) -> impl Iterator<Item = (Resource, &Path)> {
        self.tracking.iter().filter_map(|tracking| match tracking.metric {
            Metric::Utilization(resource) => Some((resource, &tracking.path)),
            Metric::External { .. } => None,
        })
    }
}

/// `scheduledActions[]`: bounds that hold from a time on
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Its name, unique in the service
    pub name: String,
    /// When it acts
    pub expression: ScheduleExpression,
    /// The wall clock of the expression
    pub zone: TimeZone,
    /// The first moment it may act at
    pub start: Option<Timestamp>,
    /// The moment from which it acts no longer
    pub end: Option<Timestamp>,
    /// The minimum that it sets; none: it stays
    pub min: Option<i32>,
    /// The maximum that it sets; none: it stays
    pub max: Option<i32>,
    /// A digest of when it acts: another one is another action
    pub digest: String,
}
