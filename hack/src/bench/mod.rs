//! `cargo xtask bench`: figures that others can repeat.
//!
//! *Not here*: the loops that are measured (`operator/cli/benches`, `tests/bench`).

mod convert;
mod features;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::progress::Progress;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Documents converted a second, offline, as a ratio to another converter, and what each keeps of one document
    Convert(convert::Arguments),
}

impl Command {
    /// Measures and prints a report in Markdown.
    pub(crate) fn run(self, progress: &Progress) -> Result<ExitCode> {
        match self {
            Self::Convert(arguments) => convert::run(&arguments, progress),
        }
    }
}
