//! `deploy`: how the deployments of a service go on, as ECS's scheduler would have it.
//!
//! ```text
//! status, pods, Deployment, alarms, now ─► judge ─► Verdict ─► status
//! status, pods, now                     ─► supervise ─► the pods that are replaced
//! ```
//!
//! *Guarantees*: everything follows from what the cluster shows and what the status remembers, so a restart changes nothing;
//! a failure is recorded first and acted upon after, so that nothing is counted or done twice; a failed task counts once.
//!
//! *Not here*: which revision is wanted and what its objects are (`plan`), and what is said about it (`report`).

mod count;
mod judge;
mod pods;
pub mod staged;
mod supervise;
mod workload;

pub use judge::{AlarmState, Alarms, Cause, Given, State, Subject, Turn, Verdict, judge, state_of};
pub use pods::{Task, tasks};
pub use supervise::{Supervised, supervise};
pub use workload::Workload;

#[cfg(test)]
mod tests;
