//! Findings for people to read.

use std::io::{self, IsTerminal, Write};

use ecs_core::render::{Located, Rendered};
use ecs_crds::status::Severity;

use crate::args;

/// How wide a line of a message may be
const WIDTH: usize = 100;
/// What messages are indented by
const INDENT: &str = "         ";

/// Colours, on a terminal only
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

impl Paint {
    /// With colours, or without
    pub(crate) fn new(colours: bool) -> Self {
        Self(colours)
    }

    /// Without colours
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self(false)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn severity(self, severity: Severity) -> String {
        match severity {
            Severity::Block => self.with("1;31", "BLOCK"),
            Severity::Warn => self.with("33", "warn "),
            Severity::Info => self.with("2", "info "),
        }
    }
}

/// Whether the stream is a terminal and the user did not ask for no colours
pub(crate) fn is_for_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !args::no_color()
}

/// Findings, object by object and the gravest first, and a summary
pub(crate) fn findings(rendered: &Rendered, out: &mut impl Write, paint: Paint) -> io::Result<()> {
    let mut objects = Vec::new();
    for located in &rendered.findings {
        if !objects.contains(&&located.object) {
            objects.push(&located.object);
        }
    }
    for object in objects {
        writeln!(out, "{} {}", paint.with("1", &object.kind), paint.with("1", &object.name))?;
        let mut of_object: Vec<_> = rendered.findings.iter().filter(|located| located.object == *object).collect();
        of_object.sort_by_key(|located| std::cmp::Reverse(located.finding.severity));
        for located in of_object {
            finding(located, out, paint)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", summary(rendered, paint))
}

fn finding(located: &Located, out: &mut impl Write, paint: Paint) -> io::Result<()> {
    let finding = &located.finding;
    let path = if finding.path.is_empty() { "/" } else { &finding.path };
    let code = paint.with("36", &finding.code);
    writeln!(out, "  {}  {path}  {code}", paint.severity(finding.severity))?;
    for line in wrapped(&finding.message) {
        writeln!(out, "{INDENT}{line}")?;
    }
    Ok(())
}

fn summary(rendered: &Rendered, paint: Paint) -> String {
    let count = |severity| rendered.findings.iter().filter(|located| located.finding.severity == severity).count();
    let some = |n: usize, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    let (blocks, warnings, infos) = (count(Severity::Block), count(Severity::Warn), count(Severity::Info));
    let objects = some(rendered.objects.len(), "object");
    if blocks > 0 {
        let refused = paint.bad("refused");
        let found = some(blocks, "finding");
        return format!(
            "{refused}: {found} to resolve, or to accept with --accept CODE; {objects} rendered; {warnings} warn, {infos} info"
        );
    }
    match (warnings, infos) {
        (0, 0) => format!("{objects}, nothing to tell: all of it is translated exactly"),
        _ => format!("{objects}; {warnings} warn, {infos} info"),
    }
}

/// Lines of whole words
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let width = lines.last().map_or(0, |line| line.chars().count());
        if width > 0 && width + 1 + word.chars().count() > WIDTH - INDENT.len() {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
