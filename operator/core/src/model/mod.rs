//! Valid ECS documents in Rust types: what `check` makes and `translate` takes. Valid by construction.

pub mod deployment;
pub mod ecs_task;
pub mod held;
pub mod placement;
pub mod scaling;
pub mod schedule;
pub mod service;
pub mod staged;
pub mod task;
pub mod traffic;
