//! Small values with their own grammar: sizes, ports, references, expressions. `FromStr`, no panics.

pub mod cluster_query;
pub mod cpu;
pub mod dns;
pub mod dollar;
pub mod env_file;
pub mod event_input;
pub mod memory;
pub mod quantity;
pub mod revision_ref;
pub mod schedule;
pub mod secret_ref;
pub mod task_size;
