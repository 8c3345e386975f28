//! A valid EcsTask: tasks to start once.
//!
//! *Not here*: which revision a bare family stands for, and the overrides' effect on it (`check::overrides`).

use crate::model::held::Held;
use crate::model::schedule::Run;

/// What an EcsTask asks for
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Its name, which names its Job too (R-NAME)
    pub name: String,
    /// What keeps it from starting yet
    pub held: Option<Held>,
    /// What starts
    pub run: Run,
}
