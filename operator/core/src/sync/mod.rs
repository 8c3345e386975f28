//! `sync`: what AWS says, what the namespace says and what both last agreed on → the steps for either side.
//!
//! ```text
//! EcsSide  ┐
//! KubeSide ┼─► look: pair, merge, decide ─► policy: a filter over the finished plan ─► SyncPlan
//! base     ┘   (status.aws of each object)
//! ```
//!
//! The merge is three-way and by field, on canonical forms. Each object is decided alone, so that nothing depends on the order
//! in which edits arrive.
//!
//! *Guarantees* (the model test holds them over random histories; reliability, section 3):
//! nothing is deleted but on positive evidence, with ownership and by policy; what could not be read is left alone; the base
//! moves only where both sides were seen to say the same; a write that is not seen yet is waited for, not repeated; one-way
//! modes never write the other side; no value that can be a secret stands in a plan's words, a base or a conflict.
//!
//! *Not here*: reading and writing (`ports::Ecs`, the sync process); time is an argument.

pub mod calls;
mod compare;
mod decide;
pub mod fields;
pub mod gather;
pub mod ground;
mod look;
pub mod merge;
pub mod numbers;
pub mod object;
pub mod period;
pub mod plan;
pub mod policy;
pub mod read;
pub mod report;
pub mod side;

use jiff::Timestamp;

pub use look::SETTLE;
pub use plan::SyncPlan;
pub use policy::Policy;

use side::{EcsSide, KubeSide};

/// Compares both sides and says what is due
#[must_use]
pub fn sync(ecs: &EcsSide, kube: &KubeSide, policy: &Policy, now: Timestamp) -> SyncPlan {
    let plan = look::Look::new(ecs, kube, policy, now).all();
    policy::filter(plan, kube, policy)
}

#[cfg(test)]
mod tests;
