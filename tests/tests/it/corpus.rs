//! Every document that people really have goes through `convert` and `render`: it becomes objects, or is refused by path and
//! reason.
//!
//! The corpus is 355 documents of public repositories, which are not ours to pass on: they are read from `ECS_CORPUS` or from
//! `shared/corpus` beside the repository, where that is. A handful of our own always goes along (`tests/corpus`). Each is
//! looked at in a bare cluster and in one where an administrator has given what can be given (`equipped.yaml`); templates
//! are given what their findings ask for, as a person would.

mod given;
mod reasons;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use ecs_core::config::{Capabilities, Context};
use ecs_core::render::{Options, Rendered, render};
use ecs_core::wire;
use ecs_crds::status::{Finding, Severity};
use serde_json::Value;

use crate::repository::root;

/// What stands for an administrator who gives what can be given
const EQUIPPED: &str = include_str!("corpus/equipped.yaml");
/// When the documents are looked at
const NOW: &str = "2026-11-21T12:00:00Z";

/// What a file of the corpus holds
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A document of ECS
    Document,
    /// A CloudFormation template
    Template,
    /// A document with placeholders, which is none of ECS's yet
    Templated,
}

/// A file of the corpus and what it renders to
pub(crate) struct Case {
    /// Where it is
    pub(crate) file: PathBuf,
    kind: Kind,
    /// The objects of ours that say the same
    pub(crate) converted: Vec<Value>,
    /// What it renders to, or why it cannot be read
    rendered: Result<Rendered, String>,
}

impl Case {
    /// The Blocks
    fn blocks(&self) -> impl Iterator<Item = &Finding> {
        let located = self.rendered.iter().flat_map(|rendered| &rendered.findings);
        located.map(|located| &located.finding).filter(|finding| finding.severity == Severity::Block)
    }

    /// Whether anything of it is refused
    pub(crate) fn refused(&self) -> bool {
        self.rendered.is_err() || self.blocks().next().is_some()
    }

    /// The objects that it renders to
    pub(crate) fn objects(&self) -> &[Value] {
        self.rendered.as_ref().map(|rendered| rendered.objects.as_slice()).unwrap_or_default()
    }

    fn outcome(&self) -> &'static str {
        match (&self.rendered, self.blocks().next().is_some(), self.objects().is_empty()) {
            (Err(_), ..) => "unreadable",
            (Ok(_), true, _) => "refused",
            (Ok(_), false, false) => "accepted",
            (Ok(_), false, true) => "nothing",
        }
    }

    fn name(&self) -> String {
        self.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A cluster in which an administrator has given what can be given; every namespace has the grants
pub(crate) fn equipped() -> Context {
    let capabilities = Capabilities {
        external_secrets: true,
        secrets_store_csi: true,
        target_group_bindings: true,
        gateway_api: true,
        volume_snapshots: true,
        security_group_policies: false,
        hpa_tolerance: true,
        hpa_scale_to_zero: false,
        ..Capabilities::default()
    };
    Context { config: serde_yaml_ng::from_str(EQUIPPED).unwrap(), capabilities, ..Context::default() }
}

/// Every file of the corpus, converted and rendered in this context
pub(crate) fn cases(context: &Context) -> impl Iterator<Item = Case> {
    files().into_iter().map(move |(kind, file)| {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let options = Options { context: context.clone(), now: NOW.parse().unwrap(), ..Options::default() };
        let read = catch_unwind(|| {
            let given = given::asked_for(&text, &options);
            let documents = wire::read_with(&text, &given).map_err(|error| error.to_string())?;
            let converted = wire::convert(&text, &given, None).map_err(|error| error.to_string())?;
            let objects = converted.documents.into_iter().filter_map(|document| document.object).collect();
            Ok((objects, render(documents, &options)))
        });
        let read: Result<_, String> = read.unwrap_or_else(|_| panic!("{} makes the reader panic", file.display()));
        let (converted, rendered) = match read {
            Ok((converted, rendered)) => (converted, Ok(rendered)),
            Err(error) => (Vec::new(), Err(error)),
        };
        Case { file, kind, converted, rendered }
    })
}

/// Our own documents, and the corpus where it is
fn files() -> Vec<(Kind, PathBuf)> {
    let corpus = std::env::var_os("ECS_CORPUS").map_or_else(|| root().join("../shared/corpus"), PathBuf::from);
    let mut files = Vec::new();
    collect(&root().join("tests/corpus"), Kind::Document, &mut files);
    assert!(!files.is_empty(), "our own documents are gone");
    for folder in ["taskdefs", "services", "schedules"] {
        collect(&corpus.join(folder), Kind::Document, &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, kind: Kind, files: &mut Vec<(Kind, PathBuf)>) {
    for path in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()) {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("cloudformation") => collect(&path, Kind::Template, files),
            Some("templated") => collect(&path, Kind::Templated, files),
            _ => files.push((kind, path)),
        }
    }
}

#[test]
fn every_real_document_becomes_objects_or_is_refused_by_path_and_reason() {
    for (cluster, context) in [("bare", Context::default()), ("equipped", equipped())] {
        let mut broken = Vec::new();
        let (mut outcomes, mut reasons) = (BTreeMap::<_, usize>::new(), BTreeMap::<_, BTreeSet<String>>::new());
        for case in cases(&context).filter(|case| case.kind != Kind::Templated) {
            *outcomes.entry((case.kind, case.outcome())).or_default() += 1;
            if matches!(case.outcome(), "unreadable" | "nothing") {
                broken.push(format!("{}: {}", case.name(), case.outcome()));
            }
            for finding in case.rendered.iter().flat_map(|rendered| &rendered.findings).map(|located| &located.finding)
            {
                if finding.message.is_empty() || !(finding.path.is_empty() || finding.path.starts_with('/')) {
                    broken.push(format!("{}: {finding:?}", case.name()));
                }
            }
            for finding in case.blocks() {
                match reasons::of(finding) {
                    Some((who, why)) => {
                        reasons.entry((who, finding.code.clone(), why)).or_default().insert(case.name());
                    }
                    None => broken.push(format!("{}: nobody says why this is refused: {finding:?}", case.name())),
                }
            }
        }
        println!("{cluster} cluster: {outcomes:?}; refused by reason (a document may have several):");
        for ((who, code, why), files) in reasons {
            println!("{:5}  {who:?}: {code}: {why}", files.len());
        }
        assert_eq!(broken, Vec::<String>::new());
    }
}

#[test]
fn every_document_with_placeholders_is_refused_by_the_syntax_that_they_are_written_in() {
    let mut broken = Vec::new();
    for case in cases(&equipped()).filter(|case| case.kind == Kind::Templated) {
        let named = |message: &str| message.contains("placeholder");
        let told = match &case.rendered {
            Err(error) => named(error),
            Ok(_) => case.blocks().any(|finding| named(&finding.message)),
        };
        let other = reasons::OTHER_PROGRAMS.iter().any(|name| case.name().ends_with(name));
        let other = other && case.blocks().any(|finding| finding.code == "UnknownDocument");
        if !told && !other {
            broken.push(format!("{}: {} {:?}", case.name(), case.outcome(), case.blocks().collect::<Vec<_>>()));
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}
