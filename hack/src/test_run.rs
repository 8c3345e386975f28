//! `cargo xtask test`: format check, lints and every test, on a fresh cluster that ends with this process.
//!
//! The tests find the cluster in ECS_TEST_KUBECONFIG, ECS_TEST_AUDIT_LOG and ECS_TEST_KUBECTL, and in ECS_TEST_REAL_NODE
//! whether it runs containers; it does where this machine can. The first step that
//! fails ends the run. Ctrl-C needs no care here: the cluster's owner is this process.

use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::binaries::Binaries;
use crate::cluster::{self, Cluster, Name, Pace, UpOptions, real_node};
use crate::progress::{Progress, seconds};
use crate::workspace;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leaves out the format check and the lints
    #[arg(long)]
    no_lint: bool,
    /// Leaves out the real node and the stories that need it
    #[arg(long)]
    no_real_node: bool,
    /// Arguments for cargo test
    #[arg(last = true, value_name = "ARGS")]
    cargo_test: Vec<OsString>,
}

/// Runs the steps in order and sums them up.
pub(crate) fn run(arguments: &Arguments, progress: &Progress) -> Result<ExitCode> {
    let mut steps = Steps { progress, taken: Vec::new() };
    let outcome = steps.all(arguments);
    steps.sum_up(outcome.is_ok());
    outcome.map(|()| ExitCode::SUCCESS)
}

struct Steps<'a> {
    progress: &'a Progress,
    taken: Vec<(&'static str, Duration, bool)>,
}

impl Steps<'_> {
    fn all(&mut self, arguments: &Arguments) -> Result<()> {
        let progress = self.progress;
        let real_node = !arguments.no_real_node && can_have_real_node(progress)?;
        self.step("programs of the test bed", || Binaries::ensure(real_node, progress).map(drop))?;
        if !arguments.no_lint {
            self.step("cargo fmt", || cargo(&["fmt", "--all", "--check"], &[], &[]))?;
            let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
            self.step("cargo clippy", || cargo(&clippy, &[], &[]))?;
        }
        let mut cluster = None;
        self.step("cluster up", || up(real_node, progress).map(|up| cluster = Some(up)))?;
        let cluster = cluster.context("the cluster is gone")?;
        let tested = self.step("cargo test", || {
            let mut variables = vec![
                ("ECS_TEST_KUBECONFIG", cluster.kubeconfig.as_os_str()),
                ("ECS_TEST_AUDIT_LOG", cluster.audit_log.as_os_str()),
                ("ECS_TEST_KUBECTL", cluster.kubectl.as_os_str()),
            ];
            variables.extend(real_node.then_some(("ECS_TEST_REAL_NODE", "yes".as_ref())));
            let test: &[&str] =
                if names_packages(&arguments.cargo_test) { &["test"] } else { &["test", "--workspace"] };
            cargo(test, &arguments.cargo_test, &variables)
        });
        let down = self.step("cluster down", || cluster.down());
        tested.and(down)
    }

    fn step(&mut self, name: &'static str, act: impl FnOnce() -> Result<()>) -> Result<()> {
        self.progress.step(&format!("── {name}"));
        let started = Instant::now();
        let outcome = act();
        self.taken.push((name, started.elapsed(), outcome.is_ok()));
        outcome
    }

    fn sum_up(&self, passed: bool) {
        self.progress.step(if passed { "── all steps passed" } else { "── a step FAILED" });
        for (name, time, passed) in &self.taken {
            eprintln!("  {:<6} {name:<26} {:>8}", if *passed { "ok" } else { "FAILED" }, seconds(*time));
        }
    }
}

/// `test`, or a name of its own beside another run of the same checkout.
fn up(real_node: bool, progress: &Progress) -> Result<Cluster> {
    let own = std::process::id();
    let mut name: Name = "test".parse()?;
    if cluster::owned(&name) {
        progress.step("another test run uses cluster test: this one takes a name of its own");
        name = format!("test-{own}").parse()?;
    }
    cluster::up(&UpOptions { name, owner: Some(own), fresh: true, pace: Pace::Lively, real_node }, progress)
}

/// Whether this machine can hold a real node; says in one line when it cannot.
fn can_have_real_node(progress: &Progress) -> Result<bool> {
    match real_node::prepare(progress) {
        Ok(_) => Ok(true),
        Err(error) if error.is::<real_node::Cannot>() => {
            progress.step(&format!("stories::real will not be run: {error:#}"));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// With `--workspace`, cargo would ignore the packages that were asked for.
fn names_packages(arguments: &[OsString]) -> bool {
    let for_cargo = arguments.iter().take_while(|argument| *argument != "--");
    for_cargo.filter_map(|argument| argument.to_str()).any(|argument| {
        (argument.starts_with("-p") && !argument.starts_with("--")) || argument.starts_with("--package")
    })
}

fn cargo(arguments: &[&str], more: &[OsString], variables: &[(&str, &std::ffi::OsStr)]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace::root()).args(arguments).args(more).envs(variables.iter().copied());
    let status = command.status().context("cannot run cargo")?;
    anyhow::ensure!(status.success(), "cargo {} failed ({status})", arguments.join(" "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_workspace_is_tested_unless_packages_are_named() {
        let named = |arguments: &[&str]| names_packages(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(named(&["-p", "ecs-core"]) && named(&["-pecs-core"]) && named(&["--package=ecs-core"]));
        assert!(!named(&["cluster"]) && !named(&["x", "--", "-p"]));
    }
}
