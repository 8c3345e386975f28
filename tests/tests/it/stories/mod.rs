//! Stories: what a user of the operator sees, on a real control plane.
//!
//! Each story has a namespace and an operator of its own, and all run side by side. They wait for conditions and never
//! sleep; what must *not* happen is read from the audit log after something later has been seen to happen.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a story fails by panicking")]

mod bed;

mod add_ons;
mod alarms;
mod binding;
mod breaker;
mod budget;
mod capacity;
mod children;
mod corpus;
mod daemons;
mod disruption;
mod engine;
mod figures;
mod health;
mod live_traffic;
mod nodes;
mod pipeline;
mod quiet;
mod real;
mod refusals;
mod replicas;
mod restarts;
mod revisions;
mod rollout;
mod run_task;
mod runs;
mod scaling;
mod schedules;
mod service;
mod staged;
mod strangers;
#[cfg(feature = "aws")]
mod sync;
mod tasks;
