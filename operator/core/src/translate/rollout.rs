//! R-ROLL: ECS's bounds of a rolling deployment as a Deployment's strategy.
//!
//! ECS rounds the lower bound up and the upper bound down. A Deployment rounds a percentage of maxUnavailable down, which
//! is ECS's lower bound at every count; it rounds maxSurge up, which is not, so that one is a number made for the count.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::model::service::Rolling;

/// The strategy of a rolling update at one desired count
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strategy {
    /// `maxUnavailable`, a percentage that holds at every count
    pub max_unavailable: String,
    /// `maxSurge`, for this count
    pub max_surge: i32,
    /// Whether ECS could neither stop nor start a task, so that a deployment makes no progress
    pub stuck: bool,
}

/// The strategy for `desired` tasks
#[must_use]
pub fn strategy(desired: i32, rolling: Rolling) -> Strategy {
    let (lower, upper) = bounds(desired, rolling);
    let (unavailable, surge) = (i64::from(desired) - lower, upper - i64::from(desired));
    let closed = unavailable == 0 && surge == 0;
    Strategy {
        max_unavailable: format!("{}%", 100 - rolling.minimum_healthy_percent),
        // Kubernetes refuses a strategy that allows nothing; 1 is written, and a stuck deployment is kept from using it.
        max_surge: if closed { 1 } else { i32::try_from(surge).unwrap_or(i32::MAX) },
        stuck: closed && desired >= 1,
    }
}

/// The strategy of a DaemonSet's rolling update at one number of nodes
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonStrategy {
    /// `maxUnavailable`: a DaemonSet rounds percentages up, and ECS this down, so it is a number but where all may go
    pub max_unavailable: IntOrString,
    /// Whether ECS could never stop a task, so that a deployment makes no progress
    pub stuck: bool,
}

/// R-DAEMON: the strategy for `nodes` tasks, of which each has to stop before the next one starts
#[must_use]
pub fn daemon_strategy(nodes: i32, rolling: Rolling) -> DaemonStrategy {
    if rolling.minimum_healthy_percent == 0 {
        return DaemonStrategy { max_unavailable: IntOrString::String("100%".to_owned()), stuck: false };
    }
    let (lower, _) = bounds(nodes, rolling);
    let unavailable = i32::try_from(i64::from(nodes) - lower).unwrap_or(i32::MAX);
    // Kubernetes refuses a strategy that allows nothing; 1 is written, and a stuck deployment is kept from using it.
    DaemonStrategy { max_unavailable: IntOrString::Int(unavailable.max(1)), stuck: unavailable == 0 && nodes >= 1 }
}

/// ECS's bounds: at least this many tasks healthy, at most that many running
#[must_use]
pub fn bounds(desired: i32, rolling: Rolling) -> (i64, i64) {
    let (desired, low, high) =
        (i64::from(desired), i64::from(rolling.minimum_healthy_percent), i64::from(rolling.maximum_percent));
    ((desired * low + 99) / 100, desired * high / 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    #[test]
    fn the_bounds_are_those_of_ecs() {
        for (vector, desired, low, high, unavailable, surge, stuck) in [
            ("V86", 4, 50, 200, "50%", 4, false),
            ("V87", 3, 100, 150, "0%", 1, false),
            ("V88", 3, 100, 125, "0%", 1, true),
            ("V89", 7, 75, 133, "25%", 2, false),
            ("V90, scaled to 10", 10, 100, 150, "0%", 5, false),
            ("V180", 0, 100, 200, "0%", 1, false),
            ("V181", 1, 100, 100, "0%", 1, true),
            ("all at once", 2, 0, 100, "100%", 0, false),
        ] {
            let got = strategy(desired, Rolling { minimum_healthy_percent: low, maximum_percent: high });
            let expected = Strategy { max_unavailable: unavailable.to_owned(), max_surge: surge, stuck };
            assert_eq!(got, expected, "{vector}: D={desired} {low}/{high}");
        }
    }

    #[test]
    fn v92_a_daemon_set_rolls_within_the_bounds_of_ecs() {
        for (nodes, low, unavailable, stuck) in [
            (10, 75, IntOrString::Int(2), false),
            (10, 0, IntOrString::String("100%".to_owned()), false),
            (3, 50, IntOrString::Int(1), false),
            (3, 75, IntOrString::Int(1), true),
            (0, 100, IntOrString::Int(1), false),
        ] {
            let got = daemon_strategy(nodes, Rolling { minimum_healthy_percent: low, maximum_percent: 100 });
            assert_eq!(got, DaemonStrategy { max_unavailable: unavailable, stuck }, "V92: {nodes} nodes, {low} %");
        }
    }

    proptest! {
        /// What the Deployment controller makes of the strategy is what ECS allows
        #[test]
        fn a_deployment_never_leaves_the_bounds_of_ecs(desired in 1..5_000i32, low in 0..=100i32, high in 100..=400i32) {
            let rolling = Rolling { minimum_healthy_percent: low, maximum_percent: high };
            let (lower, upper) = bounds(desired, rolling);
            let got = strategy(desired, rolling);
            let percent: i64 = got.max_unavailable.trim_end_matches('%').parse().unwrap_or(-1);
            let max_unavailable = i64::from(desired) * percent / 100;
            prop_assert_eq!(i64::from(desired) - max_unavailable, lower);
            if !got.stuck {
                prop_assert_eq!(i64::from(desired) + i64::from(got.max_surge), upper);
                prop_assert!(max_unavailable > 0 || got.max_surge > 0);
            }
        }
    }
}
