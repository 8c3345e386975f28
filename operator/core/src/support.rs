//! `support`: what becomes of every input path of the AWS operations that this project speaks.
//!
//! One row per path, written to be read: value, fidelity class, rule of the mapping specification, who handles it, and one
//! sentence, which is the finding's message where there is a finding. A test compares the table with AWS's own models in both
//! directions.
//!
//! *Not here*: walking documents (`check::vocabulary`), translation.

mod row;

mod auto_scaling;
mod create_schedule;
mod create_service;
mod own;
mod register_task_definition;
mod rule;
mod run_task;
pub mod search;
mod update_service;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::fmt;

pub use row::{Field, Handling, Kind, Range, Row};
pub use vocabulary::{Entry, Spec, Vocabulary};

/// An operation of an AWS API whose input this project takes
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// ECS: a task definition
    RegisterTaskDefinition,
    /// ECS: a service
    CreateService,
    /// ECS: what changes of a service
    UpdateService,
    /// ECS: a single task
    RunTask,
    /// EventBridge Scheduler: a schedule
    CreateSchedule,
    /// EventBridge: a rule
    PutRule,
    /// EventBridge: what a rule starts
    PutTargets,
    /// Application Auto Scaling: the bounds of a service
    RegisterScalableTarget,
    /// Application Auto Scaling: a policy
    PutScalingPolicy,
    /// Application Auto Scaling: bounds that change by the clock
    PutScheduledAction,
}

impl Operation {
    /// All operations that have a table
    pub const ALL: [Self; 10] = [
        Self::RegisterTaskDefinition,
        Self::CreateService,
        Self::UpdateService,
        Self::RunTask,
        Self::CreateSchedule,
        Self::PutRule,
        Self::PutTargets,
        Self::RegisterScalableTarget,
        Self::PutScalingPolicy,
        Self::PutScheduledAction,
    ];

    /// The table: one row per input path, parents before their members
    #[must_use]
    pub fn rows(self) -> &'static [Row] {
        match self {
            Self::RegisterTaskDefinition => register_task_definition::REGISTER_TASK_DEFINITION,
            Self::CreateService => create_service::CREATE_SERVICE,
            Self::UpdateService => &update_service::UPDATE_SERVICE,
            Self::RunTask => run_task::RUN_TASK,
            Self::CreateSchedule => create_schedule::CREATE_SCHEDULE,
            Self::PutRule => rule::PUT_RULE,
            Self::PutTargets => &rule::PUT_TARGETS,
            Self::RegisterScalableTarget => auto_scaling::REGISTER_SCALABLE_TARGET,
            Self::PutScalingPolicy => auto_scaling::PUT_SCALING_POLICY,
            Self::PutScheduledAction => auto_scaling::PUT_SCHEDULED_ACTION,
        }
    }
}

impl std::str::FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|one| one.to_string().eq_ignore_ascii_case(name)).ok_or(UnknownOperation)
    }
}

/// A name that is none of [`Operation::ALL`]
#[derive(Debug, thiserror::Error)]
#[error("no operation that is spoken here; use one of {}", Operation::ALL.map(|one| one.to_string()).join(", "))]
pub struct UnknownOperation;

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
