//! How a deployment of a service is judged: what makes it fail, and what makes it complete.
//!
//! *Not here*: the bounds within which it goes ([`super::service::Rolling`]), and what happens then (`deploy`).

use jiff::SignedDuration;

/// What makes a deployment fail or complete
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The circuit breaker, where it is enabled
    pub breaker: Option<Breaker>,
    /// The alarms, where they are enabled and somebody can be asked about them
    pub alarms: Option<Alarms>,
    /// How long a deployment that has all it needs is watched on before it is complete
    pub bake: SignedDuration,
    /// Fewer than all tasks that are enough
    pub early: Option<EarlySuccess>,
}

/// R-CB: the deployment circuit breaker
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// How many failed tasks are too many
    pub threshold: Threshold,
    /// Whether a failed deployment is rolled back
    pub rollback: bool,
    /// Whether a healthy task sets the count to 0
    pub reset_on_healthy_task: bool,
}

/// How many failed tasks are too many
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// So many
    Count(i64),
    /// A percentage of the desired count, at least 3 and at most 200
    BoundedPercent(i64),
    /// A percentage of the desired count, at least 1
    UnboundedPercent(i64),
}

impl Default for Threshold {
    /// ECS's default
    fn default() -> Self {
        Self::BoundedPercent(50)
    }
}

impl Threshold {
    /// The number at a desired count
    #[must_use]
    pub fn at(self, desired: i32) -> i64 {
        let part = |percent: i64| (i64::from(desired).saturating_mul(percent).saturating_add(99)) / 100;
        match self {
            Self::Count(count) => count,
            Self::BoundedPercent(percent) => part(percent).clamp(3, 200),
            Self::UnboundedPercent(percent) => part(percent).max(1),
        }
    }
}

/// R-ALARM: alarms that make a deployment fail
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarms {
    /// Those that somebody can be asked about, by name, with the query that says whether it is in ALARM
    pub queries: std::collections::BTreeMap<String, String>,
    /// Whether a failed deployment is rolled back
    pub rollback: bool,
}

/// R-EARLY: when fewer than all tasks are enough
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlySuccess {
    /// The percentage of the desired count that must be healthy
    pub healthy_percent: i64,
    /// Whether the old tasks must be gone
    pub blocking: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_of_ecs() {
        let default = Threshold::default();
        for (threshold, desired, expected) in [
            (default, 0, 3),
            (default, 1, 3),
            (default, 25, 13),
            (default, 400, 200),
            (default, 800, 200),
            (Threshold::UnboundedPercent(50), 2, 1),
            (Threshold::UnboundedPercent(50), 800, 400),
            (Threshold::UnboundedPercent(0), 800, 1),
            (Threshold::Count(5), 800, 5),
        ] {
            assert_eq!(threshold.at(desired), expected, "{threshold:?} of {desired}");
        }
    }
}
