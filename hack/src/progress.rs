//! Progress on stderr: one line per step, with the time since the start.
//!
//! Colour and lines that overwrite themselves appear on a terminal only. Nothing here writes to stdout.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// Where progress goes and how it looks there.
pub(crate) struct Progress {
    started: Instant,
    terminal: bool,
    colour: bool,
}

impl Progress {
    /// Looks at stderr once; the clock starts now.
    pub(crate) fn new() -> Self {
        let terminal = stderr().is_terminal();
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { started: Instant::now(), terminal, colour }
    }

    /// A step that began or was done.
    pub(crate) fn step(&self, text: &str) {
        let at = seconds(self.started.elapsed());
        eprintln!("{}{} {text}", self.clear(), self.paint("2", &format!("[{at:>6}]")));
    }

    /// A state that the next line replaces; shown on a terminal only.
    pub(crate) fn transient(&self, text: &str) {
        if self.terminal {
            let at = seconds(self.started.elapsed());
            eprint!("{}{} {text}", self.clear(), self.paint("2", &format!("[{at:>6}]")));
        }
    }

    /// What went wrong.
    pub(crate) fn error(&self, text: &str) {
        eprintln!("{}{} {text}", self.clear(), self.paint("1;31", "error:"));
    }

    /// Whether stderr is a terminal, where transient lines show.
    pub(crate) fn terminal(&self) -> bool {
        self.terminal
    }

    fn clear(&self) -> &'static str {
        if self.terminal { "\r\x1b[2K" } else { "" }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A duration as people read it: `0.4s`, `12.0s`, `3m05s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 { format!("{:.1}s", duration.as_secs_f64()) } else { format!("{}m{:02}s", whole / 60, whole % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_below_a_minute_keep_a_decimal() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4s");
        assert_eq!(seconds(Duration::from_secs(185)), "3m05s");
    }
}
