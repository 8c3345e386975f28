//! Small values with their own grammar: sizes, ports, references, expressions. `FromStr`, no panics.

pub mod revision_ref;
pub mod schedule;
