//! R-BG, R-HOOK: how a deployment goes on in stages, as a service asks for it.
//!
//! *Guarantees*: the steps grow, and the last one is all of the traffic.
//!
//! *Not here*: how far a deployment is (`deploy::staged`), and the objects that lead the traffic (`translate::staged`).

use std::collections::BTreeSet;

use ecs_crds::{HookJob, LifecycleStage};
use jiff::SignedDuration;

/// All of the traffic, in tenths of a percent
pub const ALL: i64 = 1000;

/// How deployments in stages go on
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The strategy, as ECS names it
    pub strategy: &'static str,
    /// How much production traffic each step gives to green, in tenths of a percent
    pub steps: Vec<i64>,
    /// How long a step is watched before the next one
    pub step_bake: SignedDuration,
    /// How long both revisions run after all traffic was shifted
    pub bake: SignedDuration,
    /// What is asked on the way
    pub hooks: Vec<Hook>,
    /// What shifts the traffic
    pub backend: Backend,
    /// The header that marks test traffic, and its value
    pub test_header: Option<(String, String)>,
}

/// What shifts the traffic
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// T2: the weights of an HTTPRoute
    Route,
    /// T3: the weights of an action of the AWS Load Balancer Controller's Ingress
    Ingress,
    /// T4: the selector of the Service; shares below all of it by the number of tasks
    Selector,
}

/// What is asked before a deployment leaves a stage
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The stages
    pub stages: BTreeSet<LifecycleStage>,
    /// Who is asked
    pub target: HookTarget,
    /// How long
    pub timeout: SignedDuration,
    /// Whether silence lets the deployment go on; else it is rolled back
    pub continues: bool,
}

/// Who is asked
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookTarget {
    /// A person
    Pause,
    /// A Job
    Job {
        /// What it runs
        job: HookJob,
        /// The hook's details, as JSON
        details: String,
    },
}

impl Staged {
    /// The next step above a share of the traffic
    #[must_use]
    pub fn next_step(&self, permille: i64) -> i64 {
        self.steps.iter().copied().find(|step| *step > permille).unwrap_or(ALL)
    }
}

/// A revision and its tasks
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The number of the service revision
    pub revision: i64,
    /// How many tasks it is to run
    pub tasks: i32,
}

/// Which revisions have tasks, and who gets the traffic
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Where traffic comes from
    pub blue: Option<Lane>,
    /// Where it goes to
    pub green: Option<Lane>,
    /// How many tenths of a percent of production traffic green gets
    pub permille: i64,
    /// Whether green gets the test traffic
    pub test: bool,
}

impl Layout {
    /// One revision with everything
    #[must_use]
    pub fn settled(revision: i64, tasks: i32) -> Self {
        Self { blue: Some(Lane { revision, tasks }), ..Self::default() }
    }

    /// The revisions that have tasks, with all that is known of each
    pub fn lanes(&self) -> impl Iterator<Item = Lane> {
        [self.blue, self.green].into_iter().flatten()
    }

    /// The revision that has most of the production traffic
    #[must_use]
    pub fn production(&self) -> Option<i64> {
        let (first, second) = if self.permille >= ALL { (self.green, self.blue) } else { (self.blue, self.green) };
        first.or(second).map(|lane| lane.revision)
    }
}

/// The weights of blue and green where green gets so many tenths of a percent
#[must_use]
pub fn weights(permille: i64) -> (i64, i64) {
    match permille {
        ..=0 => (1, 0),
        ALL.. => (0, 1),
        part => (ALL - part, part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V99, V104
    #[test]
    fn v99_v104_weights_are_tenths_of_a_percent_and_all_is_one_to_nothing() {
        for (permille, expected) in [(50, (950, 50)), (1, (999, 1)), (333, (667, 333)), (1000, (0, 1)), (0, (1, 0))] {
            assert_eq!(weights(permille), expected, "{permille}");
        }
    }
}
