//! What a fuzzer begins with: documents of this repository and of a corpus beside it, lines of small values, and noise.
//!
//! *Not here*: what is done with them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ecs_core::support::Operation;

use crate::mutations::Chance;

/// What inputs of a target are made from
#[derive(Clone, Copy, Debug)]
pub enum Seeds {
    /// Documents as people have them
    Documents,
    /// One input a line; `\n` and `\0` stand for the characters
    Lines(&'static str),
    /// Bytes without meaning, for targets that grow a document from them
    Noise,
}

/// Our own documents, from the root of the repository
const FOLDERS: &[&str] = &["examples", "tests/golden", "tests/corpus", "operator/core/tests/data/templates"];
/// How many inputs of noise, and how long the longest is
const NOISE: usize = 48;
const LONGEST: usize = 4096;
/// What templates are made of, beside the words of the support table
const EXPRESSIONS: &[&str] = &[
    "!Ref",
    "!Sub",
    "!GetAtt",
    "!If",
    "!Join",
    "!FindInMap",
    "Fn::ForEach::",
    "Fn::Cidr",
    "Fn::Transform",
    "AWS::NoValue",
    "AWS::ECS::TaskDefinition",
    "AWS::ECS::Service",
    "AWS::Events::Rule",
    "AWS::Scheduler::Schedule",
    "Resources",
    "Conditions",
    "ecs-operator.dev/v1alpha1",
    "metadata",
    "annotations",
    "items",
    "<<",
    "&a",
    "*a",
];

/// The inputs of a target, with a corpus of documents where there is one
#[must_use]
pub fn of(seeds: Seeds, root: &Path, corpus: Option<&Path>) -> Vec<Vec<u8>> {
    match seeds {
        Seeds::Lines(lines) => {
            lines.lines().map(|line| line.replace("\\n", "\n").replace("\\0", "\0").into_bytes()).collect()
        }
        Seeds::Noise => (1..=NOISE).map(|index| Chance::new(index as u64).bytes(LONGEST * index / NOISE)).collect(),
        Seeds::Documents => {
            let folders = FOLDERS.iter().map(|folder| root.join(folder)).chain(corpus.map(Path::to_owned));
            let mut files = Vec::new();
            folders.for_each(|folder| collect(&folder, &mut files));
            files.iter().filter_map(|file| fs::read(file).ok()).collect()
        }
    }
}

/// The words that documents are made of
#[must_use]
pub fn words() -> Vec<&'static str> {
    let rows = || Operation::ALL.into_iter().flat_map(Operation::rows);
    let members =
        rows().filter_map(|row| row.path.rsplit('.').next()).map(|name| name.trim_end_matches(['[', ']', '{', '}']));
    let mut words: Vec<&str> = members.chain(rows().flat_map(|row| row.field.allowed())).collect();
    words.extend(EXPRESSIONS);
    words.sort_unstable();
    words.dedup();
    words
}

/// The words as libFuzzer reads a dictionary
#[must_use]
pub fn dictionary() -> String {
    words().iter().map(|word| format!("\"{word}\"\n")).collect()
}

/// Writes the inputs of every target into a folder of its name, and the dictionary beside them
///
/// # Errors
///
/// Where the folder cannot be written.
pub fn write(out: &Path, root: &Path, corpus: Option<&Path>) -> io::Result<()> {
    for target in crate::TARGETS {
        let folder = out.join(target.name);
        fs::create_dir_all(&folder)?;
        for (index, input) in of(target.seeds, root, corpus).iter().enumerate() {
            fs::write(folder.join(format!("{index:04}")), input)?;
        }
        let mut known = Vec::new();
        collect(&root.join("tests/fuzz/regressions").join(target.name), &mut known);
        for (index, file) in known.iter().enumerate() {
            fs::copy(file, folder.join(format!("known-{index:04}")))?;
        }
    }
    fs::write(out.join("dictionary"), dictionary())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
