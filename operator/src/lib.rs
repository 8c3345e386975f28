//! The operator around the pure middle: caches, queue, controllers.
//!
//! ```text
//! watches ─► caches ─► queue ─► controllers: gather ─► plan ─► carry out ─► report ─► status, events
//! ```
//!
//! *Guarantees*: one object is looked at by one task at a time; a look that finds everything as it should be sends no
//! request; every exit of a look writes a true status, at most once a second for each object.
//!
//! `sync` is a second process with a queue of its own.
//!
//! *Not here*: what an ECS document means (`ecs-core`), and how an API server is spoken to (`ecs-kube`).

mod alarms;
mod args;
mod clock;
mod command;
mod controllers;
mod key;
mod kinds;
mod listen;
mod metrics;
mod nodes;
mod pace;
mod queue;
pub mod rights;
mod run;
pub mod sync;
mod telemetry;
mod world;

pub use clock::Clock;
pub use command::main;
pub use ecs_kube::Leadership;
pub use metrics::Metrics;
pub use run::{Options, RunError, run};
