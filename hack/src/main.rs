//! cargo xtask: the demo, the tests and the test bed under both.
//!
//! This file only reads the command line and hands over; every command is a module of its own. Progress goes to
//! stderr, answers to stdout, so that `$(cargo xtask cluster up)` is the path of a kubeconfig.

mod bench;
mod binaries;
mod cluster;
mod crds;
mod demo;
mod emulators;
mod fuzz;
mod kubectl;
mod progress;
mod test_run;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::progress::Progress;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of the ecs-operator workspace", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// A real Kubernetes control plane with three simulated nodes, on loopback, without Docker
    Cluster {
        #[command(subcommand)]
        command: cluster::Command,
    },
    /// Prints the paths of the add-ons' custom resource definitions, which the stories install; downloads them first
    Crds,
    /// Prints the folder of the emulators of AWS, which the stories of the sync start; installs them first
    Emulators,
    /// An ECS task definition, a service and a schedule on a real control plane, from nothing
    Demo(demo::Arguments),
    /// Measures, and prints a report that others can repeat
    Bench {
        #[command(subcommand)]
        command: bench::Command,
    },
    /// Looks for inputs that break a parser, a translation or what must hold for them
    Fuzz(fuzz::Arguments),
    /// Format check, lints and every test, on a fresh cluster of their own
    Test(test_run::Arguments),
    /// Runs a command that the kernel kills when its parent ends (used by the test bed itself)
    #[command(hide = true)]
    ExecWithParent {
        /// The process that must still be the parent
        #[arg(long)]
        parent: u32,
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let progress = Progress::new();
    let outcome = match Arguments::parse().task {
        Task::Cluster { command } => command.run(&progress),
        Task::Crds => crds::run(),
        Task::Emulators => emulators::run(),
        Task::Demo(arguments) => demo::run(&arguments, &progress),
        Task::Bench { command } => command.run(&progress),
        Task::Fuzz(arguments) => fuzz::run(&arguments, &progress),
        Task::Test(arguments) => test_run::run(&arguments, &progress),
        Task::ExecWithParent { parent, command } => cluster::exec_with_parent(parent, &command),
    };
    outcome.unwrap_or_else(|error| {
        progress.error(&format!("{error:#}"));
        // Scripts tell a machine that cannot from a test bed that does not work.
        if error.is::<cluster::real_node::Cannot>() { ExitCode::from(3) } else { ExitCode::FAILURE }
    })
}
