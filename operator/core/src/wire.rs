//! `wire`: ECS documents ⇄ specs, and the canonical form that says whether two documents mean the same.
//!
//! *Not here*: judgement of values (`check`), files and streams (the callers read those), translation.

pub mod canonical;
