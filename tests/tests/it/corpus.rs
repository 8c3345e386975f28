//! Every document that people really have goes through `render`: it becomes objects, or is refused by path and reason.
//!
//! The corpus is 200-odd documents of public repositories, which are not ours to pass on: they are read from `ECS_CORPUS`
//! or from `shared/corpus` beside the repository, where that is. A handful of our own always goes along (`tests/corpus`).

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use ecs_core::render::{Options, Rendered, render};
use ecs_core::wire;
use ecs_crds::status::Severity;
use serde_json::Value;

use crate::repository::root;

/// The folders of the corpus that hold JSON documents as they are
const FOLDERS: &[&str] = &["taskdefs", "services"];

/// A document of the corpus and what it renders to
pub(crate) struct Case {
    /// Where it is
    pub(crate) file: PathBuf,
    /// What it renders to
    pub(crate) rendered: Rendered,
}

impl Case {
    fn refused(&self) -> bool {
        self.rendered.worst() == Some(Severity::Block)
    }

    /// The objects of a document that is not refused
    pub(crate) fn objects(&self) -> Option<&[Value]> {
        (!self.refused()).then_some(self.rendered.objects.as_slice())
    }
}

/// Every document of the corpus, rendered
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    files().into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let rendered = catch_unwind(|| {
            let documents = wire::read(&text).unwrap_or_else(|error| panic!("{error}"));
            render(documents, &Options::default())
        });
        let rendered = rendered.unwrap_or_else(|_| panic!("{} makes render panic", file.display()));
        Case { file, rendered }
    })
}

/// Our own documents, and the corpus where it is
fn files() -> Vec<PathBuf> {
    let corpus = std::env::var_os("ECS_CORPUS").map_or_else(|| root().join("../shared/corpus"), PathBuf::from);
    let mut files = json_files(&root().join("tests/corpus"));
    assert!(!files.is_empty(), "our own documents are gone");
    for folder in FOLDERS {
        files.extend(json_files(&corpus.join(folder)));
    }
    files
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    files
}

#[test]
fn every_real_document_becomes_objects_or_is_refused_by_path_and_reason() {
    let mut broken = Vec::new();
    let (mut documents, mut accepted) = (0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases() {
        documents += 1;
        match case.objects() {
            Some([]) => broken.push(format!("{}: neither objects nor a refusal", case.file.display())),
            Some(_) => accepted += 1,
            None => {
                let blocks =
                    case.rendered.findings.iter().filter(|located| located.finding.severity == Severity::Block);
                let mut codes: Vec<_> = blocks.map(|located| located.finding.code.clone()).collect();
                codes.sort();
                codes.dedup();
                for code in codes {
                    *reasons.entry(code).or_default() += 1;
                }
            }
        }
        for located in &case.rendered.findings {
            let finding = &located.finding;
            if finding.message.is_empty() || !(finding.path.is_empty() || finding.path.starts_with('/')) {
                broken.push(format!("{}: {finding:?}", case.file.display()));
            }
        }
    }
    println!("{documents} documents, {accepted} accepted, {} refused", documents - accepted);
    println!("refused by reason (a document may have several):");
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), code.clone()));
    for (code, count) in reasons {
        println!("{count:5}  {code}");
    }
    assert_eq!(broken, Vec::<String>::new());
}
