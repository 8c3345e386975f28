//! `kubectl-ecs`, so `kubectl ecs …`: render ECS documents and see what the operator would apply, convert and export them.
//!
//! *Not here*: what a document means (`ecs-core`); the binary reads, renders and writes.

mod args;
mod convert;
mod explain;
mod read;
mod render;
mod schedule;
mod show;
mod yaml;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use show::Paint;

/// Wrong usage, or a file that cannot be read (sysexits' EX_USAGE)
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers, not errors. A closed pipe is nothing to tell anyone.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let paint = Paint::for_terminal(&io::stderr());
    let outcome = match args.command {
        Command::Render(args) => render::run(&args, &mut io::stdout().lock(), &mut io::stderr().lock(), paint),
        Command::Convert(args) => convert::run(&args, &mut io::stdout().lock()),
        Command::Export(args) => convert::run_export(&args, &mut io::stdout().lock(), &mut io::stderr().lock()),
        Command::Explain(args) => explain::run(&args, &mut io::stdout().lock(), &mut io::stderr().lock()),
        Command::Schedule { command } => {
            let now = jiff::Timestamp::now();
            schedule::run(&command, now, &mut io::stdout().lock(), &mut io::stderr().lock(), paint)
        }
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error:#}", paint.bad("error:"));
            ExitCode::from(USAGE)
        }
    }
}

/// `kubectl ecs render … | head` is no error
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let written = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let serialised = error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    written.or(serialised) == Some(io::ErrorKind::BrokenPipe)
}
