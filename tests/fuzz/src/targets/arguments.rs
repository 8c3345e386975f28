//! Command lines of `kubectl ecs`: whatever is typed, the exit code is one of those that the help tells.

use std::ffi::OsString;
use std::io::{self, Write};

use jiff::Timestamp;
use kubectl_ecs::{Colours, Shell};

/// The verbs that read no file
const VERBS: &[&[&str]] =
    &[&["schedule", "next"], &["schedule", "explain"], &["explain"], &["complete", "--"], &["completion"]];
/// How much is taken before the reader goes away, as `head` does
const ENOUGH: usize = 1 << 12;

struct Reader(usize);

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first byte is the verb; the rest are words, one a line
pub(crate) fn check(data: &[u8]) {
    let Some((verb, rest)) = data.split_first() else { return };
    let verb = VERBS[usize::from(*verb) % VERBS.len()];
    let text = super::text(rest);
    let words = ["kubectl-ecs"].into_iter().chain(verb.iter().copied()).chain(text.split('\n'));
    let (mut stdout, mut stderr) = (Reader(ENOUGH), Vec::new());
    let now = Timestamp::UNIX_EPOCH;
    let shell = Shell { stdout: &mut stdout, stderr: &mut stderr, colours: Colours::default(), now };
    let code = kubectl_ecs::run(words.map(OsString::from), shell);
    assert!([0, 2, 64].contains(&code), "{text:?}: exit code {code}");
    assert!(code == 0 || !stderr.is_empty(), "{text:?}: exit code {code}, and nobody says why");
}
