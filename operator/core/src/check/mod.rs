//! `check`: spec → model. Everything that can be wrong with a document is said here, by path.
//!
//! A model exists only where no Block finding stands: whoever holds one holds a document that Kubernetes has no reason to
//! refuse.

use crate::findings::Findings;

/// The outcome of a check: a model unless blocked, and what was found on the way
#[derive(Clone, Debug)]
pub struct Checked<M> {
    /// The valid model; none where a Block finding stands
    pub model: Option<M>,
    /// Everything found, Blocks included
    pub findings: Findings,
}
pub mod vocabulary;
pub mod overrides;
