//! `ports`: what the sync asks of the outside world, in words of the domain. An adapter answers (`ecs-aws`, fakes in tests).
//!
//! *Not here*: requests, retries, credentials.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use ecs_crds::SyncResource;

use crate::sync::plan::EcsStep;
use crate::sync::report::Cost;
use crate::sync::side::{EcsSide, Id};

/// What one look at AWS is to find out
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// What is synced: nothing else is read
    pub resources: BTreeSet<SyncResource>,
    /// Objects that are asked for by name, beside all that are listed: only so an answer can say that one is missing
    pub names: BTreeSet<Id>,
    /// Revisions that are known already, by family: they never change, so they are not read again
    pub known: BTreeMap<String, BTreeSet<i64>>,
}

/// Why a step was not carried out
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EcsFault {
    /// AWS refuses it and will refuse it again; the message says which call, and names no value
    #[error("AWS refuses {operation} ({code})")]
    Refused {
        /// The call
        operation: String,
        /// AWS's word for it
        code: String,
    },
    /// It has changed since it was looked at; nothing was written
    #[error("it has changed on AWS since it was looked at; it is looked at again")]
    Changed,
    /// Throttled, unavailable, or no answer in time; it may have been carried out all the same
    #[error("AWS did not carry out {operation} ({code}); it is tried again")]
    Transient {
        /// The call
        operation: String,
        /// What happened
        code: String,
    },
    /// AWS has no call that does this
    #[error("{0}")]
    Impossible(String),
}

/// Amazon ECS and what belongs to it, for one binding
pub trait Ecs: Send + Sync {
    /// Looks at everything once. It never fails as a whole: what could not be read is said to be unknown
    fn observe(&self, ask: &Ask) -> impl Future<Output = EcsSide> + Send;

    /// Carries out one step
    ///
    /// # Errors
    ///
    /// Why it was not, or may not have been, carried out; repeating the same step is always safe.
    fn execute(&self, step: &EcsStep) -> impl Future<Output = Result<(), EcsFault>> + Send;

    /// What calls were made since this was asked last
    fn cost(&self) -> Cost;
}
