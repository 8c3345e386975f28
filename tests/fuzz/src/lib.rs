//! What must hold for any input, however broken: each target is a function of bytes that fails by panicking.
//!
//! The same functions run in three ways: by libFuzzer, which looks for inputs by the code that they reach (`cargo xtask fuzz`,
//! hack/README.md), by `tests/bounded.rs` over inputs that are the same wherever they are made, and by `tests/replay.rs` over
//! every input that was ever found to break something.
//!
//! *Not here*: libFuzzer (`main.rs`), how it is built and run (xtask).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a property that does not hold is told by a panic")]

mod canary;
mod finding;
pub mod mutations;
pub mod seeds;
mod shape;
mod targets;
mod template;

use seeds::Seeds;

/// A function of arbitrary bytes that must not panic
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is that of its file
    pub name: &'static str,
    /// How many inputs a bounded run tries
    pub runs: u32,
    /// What inputs are made from
    pub seeds: Seeds,
    /// Tries an input
    pub check: fn(&[u8]),
}

/// Declares the table of targets: module, runs, seeds
macro_rules! targets {
    ($($name:ident, $runs:literal, $seeds:expr;)*) => {
        /// All targets, one file each
        pub const TARGETS: &[Target] =
            &[$(Target { name: stringify!($name), runs: $runs, seeds: $seeds, check: targets::$name::check }),*];
    };
}

targets! {
    arguments,     2_000, Seeds::Lines(include_str!("../seeds/arguments.txt"));
    canonical,     10_000, Seeds::Noise;
    cluster_query, 6_000, Seeds::Lines(include_str!("../seeds/cluster_query.txt"));
    config,        10_000, Seeds::Lines(include_str!("../seeds/config.txt"));
    convert,        5_000, Seeds::Noise;
    env_file,      20_000, Seeds::Lines(include_str!("../seeds/env_file.txt"));
    names,         20_000, Seeds::Lines(include_str!("../seeds/names.txt"));
    read,           4_000, Seeds::Documents;
    references,    30_000, Seeds::Lines(include_str!("../seeds/references.txt"));
    render,         2_000, Seeds::Noise;
    schedule,      15_000, Seeds::Lines(include_str!("../seeds/schedule.txt"));
    templates,      3_000, Seeds::Noise;
    yaml,          20_000, Seeds::Noise;
}

/// The target of a name
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
