//! The files of this repository, read for the tests that judge them.

#![expect(clippy::panic, reason = "a test that cannot read its own data has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the workspace
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file, by its path from the root
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A Rust file
pub(crate) struct Source {
    /// Its path from the root
    pub(crate) path: String,
    /// Its text
    pub(crate) text: String,
}

/// Every Rust file of the workspace, in order
pub(crate) fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    for package in ["crds", "operator", "tests", "hack"] {
        collect(&root().join(package), &mut paths);
    }
    paths.sort();
    let root = root();
    let relative = |path: &Path| path.strip_prefix(&root).map_or_else(|_| path.to_owned(), Path::to_owned);
    paths
        .iter()
        .map(|path| relative(path).to_string_lossy().into_owned())
        .map(|path| Source { text: read(&path), path })
        .collect()
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

impl Source {
    /// Whether the whole file is test code
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The lines that are code, numbered from 1: no comments, no blank lines, no test modules
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).take(self.lines_before_tests()).filter(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with("//")
        })
    }

    /// A test module that is written out stands at the end of its file; one in a file of its own may stand anywhere
    fn lines_before_tests(&self) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let written_out = |from: usize| {
            lines[from..].iter().find(|line| line.starts_with("mod ")).is_some_and(|line| line.ends_with('{'))
        };
        let marks = lines.iter().enumerate().filter(|(_, line)| **line == "#[cfg(test)]").map(|(index, _)| index);
        marks.into_iter().find(|mark| written_out(*mark)).unwrap_or(lines.len())
    }

    /// Its functions outside tests: where each begins, its first line, and how many lines of code it has
    pub(crate) fn functions(&self) -> Vec<Function<'_>> {
        let code: Vec<(usize, &str)> = self.code().collect();
        let mut functions = Vec::new();
        for (index, (line, text)) in code.iter().enumerate().filter(|(_, (_, text))| begins_function(text)) {
            // rustfmt closes a function in the column where it begins.
            let indentation = text.len() - text.trim_start().len();
            let closes = |text: &str| text.trim_end() == format!("{:indentation$}}}", "");
            let ends_at_once = text.trim_end().ends_with([';', '}']);
            let body =
                if ends_at_once { 0 } else { code[index..].iter().position(|(_, text)| closes(text)).unwrap_or(0) };
            functions.push(Function { line: *line, text: text.trim(), lines: body + 1 });
        }
        functions
    }
}

/// A function of a source
pub(crate) struct Function<'a> {
    /// Where it begins
    pub(crate) line: usize,
    /// Its first line
    pub(crate) text: &'a str,
    /// How many lines of code it has, signature and closing brace included
    pub(crate) lines: usize,
}

fn begins_function(line: &str) -> bool {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| matches!(*word, "const" | "async" | "unsafe" | "extern") || word.starts_with("pub"));
    words.next() == Some("fn")
}
