//! Processes that must not outlive others.
//!
//! A process is named by its pid and its start time, so that a pid used again is never taken for the old process,
//! and never killed. Children are started through `xtask exec-with-parent`, which asks the kernel to kill them when
//! their parent ends: `kill -9` of the parent leaves none behind, and no unsafe code runs between fork and exec.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};

/// One process, for all time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    /// The number, which the kernel uses again later
    pub(crate) pid: u32,
    /// Clock ticks from boot to its start
    started: u64,
}

impl ProcessId {
    /// The process that has this pid now; none when there is none or it is only waiting to be reaped.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (state, started) = parse_stat(&stat)?;
        (!matches!(state, 'Z' | 'X')).then_some(Self { pid, started })
    }

    /// This very process.
    pub(crate) fn own() -> Result<Self> {
        Self::of(std::process::id()).context("cannot read /proc/self/stat: the test bed needs Linux with /proc mounted")
    }

    /// Whether it still runs.
    pub(crate) fn alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Stops it, or has it go on where it was stopped.
    pub(crate) fn pause(self, stop: bool) -> Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).filter(|_| self.alive());
        let pid = pid.with_context(|| format!("process {} has ended", self.pid))?;
        let signal = if stop { Signal::STOP } else { Signal::CONT };
        rustix::process::kill_process(pid, signal).context("cannot signal it")
    }

    /// Ends it at once, if it still runs.
    pub(crate) fn kill(self) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let (true, Some(pid)) = (self.alive(), pid) {
            // It may have ended in between, which is what was wanted.
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
}

/// State letter and start time. The name in parentheses may itself hold spaces and parentheses.
fn parse_stat(stat: &str) -> Option<(char, u64)> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some((state, started))
}

/// A command that the kernel kills when the calling *thread* ends: start it from one that lives as long as it should.
pub(crate) fn tied_to_this_process(program: &Path) -> Command {
    // Not current_exe(): cargo may have replaced the file while this process runs.
    let mut command = Command::new("/proc/self/exe");
    command.arg0("xtask").args(["exec-with-parent", "--parent"]).arg(std::process::id().to_string());
    command.arg("--").arg(program);
    command
}

/// The other side of [`tied_to_this_process`]: becomes the command.
pub(crate) fn exec_with_parent(parent: u32, command: &[OsString]) -> Result<ExitCode> {
    let Some((program, arguments)) = command.split_first() else { bail!("no command given") };
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).context("cannot ask for the death signal")?;
    // The parent may have ended before the request took effect, and then no signal would ever come.
    let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if now != Some(parent) {
        bail!("the parent {parent} has ended");
    }
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_is_read_behind_any_name() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987 20";
        assert_eq!(parse_stat(&format!("42 (etcd) {rest}")), Some(('S', 987)));
        assert_eq!(parse_stat(&format!("42 (a) b (c)) {rest}")), Some(('S', 987)));
        assert_eq!(parse_stat("42 (cut"), None);
    }

    #[test]
    fn a_process_is_itself_and_no_other_with_its_pid() -> Result<()> {
        let own = ProcessId::own()?;
        assert!(own.alive());
        assert!(!ProcessId { started: own.started + 1, ..own }.alive());
        assert_eq!(ProcessId::of(u32::MAX), None);
        Ok(())
    }
}
