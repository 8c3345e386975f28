//! `translate`: model → Kubernetes objects. One file per subject; no judgement of input, no IO.

pub mod capacity;
pub mod companion;
mod disruption;
mod firelens;
pub mod gate;
pub mod identity;
pub mod placement;
pub mod pod;
pub mod rollout;
pub mod scaling;
pub mod schedule;
mod secrets;
pub(crate) mod security_groups;
pub mod service;
pub mod staged;
mod tags;
pub mod traffic;
pub mod workload;
