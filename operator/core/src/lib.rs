//! The pure middle of ecs-operator: what an ECS document means on Kubernetes.
//!
//! ```text
//! wire ─► check ─► model ─► translate ─► plan ─► deploy ─► report
//!  JSON    findings  valid    Objects     steps   verdict   status, events
//! ```
//!
//! *Guarantees*: same input, same output; no path of an ECS document is dropped in silence; no panics.
//!
//! *Not here*: IO, async, clocks, environment. Time is an argument, capabilities are an argument.

pub mod check;
pub mod config;
pub mod deploy;
pub mod findings;
pub mod model;
pub mod names;
pub mod plan;
pub mod ports;
pub mod render;
pub mod report;
pub mod reverse;
pub mod revision;
pub mod support;
pub mod sync;
pub mod task_view;
pub mod translate;
pub mod values;
pub mod wire;
