//! `kubectl-ecs`, so `kubectl ecs …`: render ECS documents and see what the operator would apply, convert and export them.
//!
//! A command line in, two streams and an exit code out: [`main`] takes them from the process, [`run`] as they are given.
//!
//! *Not here*: what a document means (`ecs-core`); this package reads, renders and writes.

mod access;
mod args;
mod complete;
mod convert;
mod deploy;
mod exec;
mod explain;
mod logs;
mod read;
mod render;
mod reverse;
mod rollout;
mod run_task;
mod schedule;
mod show;
mod stable;
mod tasks;
mod update_service;
mod wait;
pub mod yaml;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;

use args::{Args, Command};
use show::Paint;

/// Wrong usage, or a file that cannot be read (sysexits' EX_USAGE)
const USAGE: u8 = 64;

/// Where answers go and what time it is
pub struct Shell<'a> {
    /// Takes what was asked for
    pub stdout: &'a mut dyn Write,
    /// Takes what people should know beside it
    pub stderr: &'a mut dyn Write,
    /// Whether each of the two takes colours
    pub colours: Colours,
    /// The clock's time
    pub now: Timestamp,
}

/// Which streams take colours: terminals do
#[derive(Clone, Copy, Debug, Default)]
pub struct Colours {
    /// Standard output
    pub stdout: bool,
    /// Standard error
    pub stderr: bool,
}

/// The program, with the arguments, streams and clock of this process
#[must_use]
pub fn main() -> ExitCode {
    let colours = Colours { stdout: show::is_for_colours(&io::stdout()), stderr: show::is_for_colours(&io::stderr()) };
    let (mut stdout, mut stderr) = (io::stdout().lock(), io::stderr().lock());
    let shell = Shell { stdout: &mut stdout, stderr: &mut stderr, colours, now: Timestamp::now() };
    ExitCode::from(run(args::given(), shell))
}

/// Runs a command line, its program's name first, and says by the exit code how it went
pub fn run(arguments: impl IntoIterator<Item = OsString>, mut shell: Shell<'_>) -> u8 {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => return usage(&error, shell),
    };
    let paint = Paint::new(shell.colours.stderr);
    match command(args.command, &mut shell, paint) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => 0,
        Err(error) => {
            // Where nobody listens any more, there is nobody to tell that.
            let _ = writeln!(shell.stderr, "{} {error:#}", paint.bad("error:"));
            USAGE
        }
    }
}

fn command(command: Command, Shell { stdout, stderr, now, .. }: &mut Shell<'_>, paint: Paint) -> anyhow::Result<u8> {
    let code = match command {
        Command::Render(args) => render::run(&args, stdout, stderr, paint),
        Command::Convert(args) => convert::run(&args, stdout),
        Command::Export(args) => convert::run_export(&args, stdout, stderr),
        Command::Reverse(args) => reverse::run(&args, stdout),
        Command::Explain(args) => explain::run(&args, stdout, stderr),
        Command::Schedule { command } => schedule::run(&command, *now, stdout, stderr, paint),
        Command::Deploy(args) => deploy::run(&args, stdout, stderr),
        Command::UpdateService(args) => update_service::run(&args, *now, stdout, stderr),
        Command::Wait { command } => wait::run(&command, stdout, stderr),
        Command::RunTask(args) => run_task::run(&args, stdout, stderr),
        Command::StopTask(args) => run_task::stop(&args, stdout, stderr),
        Command::Rollout { command } => rollout::run(&command, *now, stdout, stderr),
        Command::Tasks(args) => tasks::run(&args, *now, stdout, stderr),
        Command::Logs(args) => logs::run(&args, stdout, stderr),
        Command::Exec(args) => exec::run(&args, stderr),
        Command::Completion(args) => complete::script(args, stdout),
        Command::Complete(args) => complete::words(&args, stdout),
        Command::Man(args) => complete::manual(&args),
    }?;
    stdout.flush()?;
    Ok(code)
}

/// Help and version are answers, not errors
fn usage(error: &clap::Error, shell: Shell<'_>) -> u8 {
    let Shell { stdout, stderr, colours, now: _ } = shell;
    let (out, colour, code) =
        if error.use_stderr() { (stderr, colours.stderr, USAGE) } else { (stdout, colours.stdout, 0) };
    let text = error.render();
    // A closed pipe is nothing to tell anyone.
    let _ = if colour { write!(out, "{}", text.ansi()) } else { write!(out, "{text}") };
    code
}

/// `kubectl ecs render … | head` is no error
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let written = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let serialised = error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    written.or(serialised) == Some(io::ErrorKind::BrokenPipe)
}
