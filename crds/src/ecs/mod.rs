//! The shapes of AWS's own documents: ECS, EventBridge Scheduler and Application Auto Scaling.
//!
//! Field names are AWS's, in lowerCamelCase (decisions §1), so that a document pastes as it is.

mod common;
mod run_task;
mod scaling;
mod schedule;
mod service;
pub(crate) mod shape;
mod size;
mod task_definition;

pub use common::*;
pub use run_task::*;
pub use scaling::*;
pub use schedule::*;
pub use service::*;
pub use shape::Unknown;
pub use size::TaskSize;
pub use task_definition::*;
