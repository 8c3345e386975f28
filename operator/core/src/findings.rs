//! Findings: what is translated other than exactly, collected on the way and shown to the user.
//!
//! A finding names the field by a JSON pointer into `spec`, says what happens and what to do. Two findings that are equal
//! count once. Order is by path, then code, so that status never changes by itself.

use std::collections::BTreeSet;
use std::fmt;

use ecs_crds::status::{Class, Finding, Severity};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::names;

/// A place in a spec, written as a JSON pointer (RFC 6901)
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(String);

impl Path {
    /// The spec itself
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A member of this object
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        Self(format!("{}/{}", self.0, key.replace('~', "~0").replace('/', "~1")))
    }

    /// An element of this list
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The codes whose Block never yields to the `accept` annotation
const NEVER_ACCEPTED: &[&str] = &[
    // Privilege is the administrator's to give
    "PrivilegeNotAllowed",
    // Without these there is nothing to run, or no order to run it in: consent has nothing to be translated into
    "ContainerNameConflict",
    "ContainerNameRequired",
    "ContainerRequired",
    "DependencyCycle",
    "EssentialRequired",
    "ImageRequired",
    "NotAcceptable",
];

/// The codes that the `accept` annotation names
#[must_use]
pub fn accepted_codes(metadata: &ObjectMeta) -> BTreeSet<String> {
    let annotation = metadata.annotations.as_ref().and_then(|a| a.get(names::ACCEPT)).map(String::as_str);
    annotation.unwrap_or_default().split(',').map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect()
}

/// The codes of values that a template, or a document that is still to be filled in, does not tell
const LEFT_OUT: &[&str] = &["UnknownValue", "TemplateSyntax"];

/// Whether the rest of a path is nothing, or leads to a part of what stands before it
fn is_part(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// How many findings a status shows
const SHOWN: usize = 100;

/// A set of findings under construction
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(BTreeSet<Finding>);

impl Findings {
    /// Adds a finding that is good to know
    pub fn info(&mut self, path: &Path, class: Class, code: &str, message: impl Into<String>) {
        self.add(path, class, code, Severity::Info, message);
    }

    /// Adds a finding about behaviour that differs from ECS in a way that may matter
    pub fn warn(&mut self, path: &Path, class: Class, code: &str, message: impl Into<String>) {
        self.add(path, class, code, Severity::Warn, message);
    }

    /// Adds a finding that keeps the object from being created or changed
    pub fn block(&mut self, path: &Path, class: Class, code: &str, message: impl Into<String>) {
        self.add(path, class, code, Severity::Block, message);
    }

    /// Adds a finding of any severity
    pub fn add(&mut self, path: &Path, class: Class, code: &str, severity: Severity, message: impl Into<String>) {
        self.0.insert(Finding {
            path: path.to_string(),
            class,
            code: code.to_owned(),
            severity,
            message: message.into(),
        });
    }

    /// Adds a finding as it is
    pub fn push(&mut self, finding: Finding) {
        self.0.insert(finding);
    }

    /// Adds all findings of another set
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Those that are not among the others
    #[must_use]
    pub fn without(self, others: &Self) -> Self {
        Self(self.0.into_iter().filter(|finding| !others.0.contains(finding)).collect())
    }

    /// The same, at the places that `place` gives for theirs
    #[must_use]
    pub fn moved(self, place: impl Fn(&str) -> String) -> Self {
        Self(self.0.into_iter().map(|finding| Finding { path: place(&finding.path), ..finding }).collect())
    }

    /// Findings in another document, at the place where this one names it
    #[must_use]
    pub fn of_document(self, document: &str, at: &Path) -> Self {
        let told = |f: Finding| {
            let message = format!("in `{document}` at {}: {}", f.path, f.message);
            Finding { path: at.to_string(), message, ..f }
        };
        Self(self.0.into_iter().map(told).collect())
    }

    /// Adds what reading found; where a check found the same again, reading knows better why
    pub fn add_read(&mut self, read: Self) {
        let again = |f: &Finding| read.0.iter().any(|read| read.path == f.path && read.code == f.code);
        self.0.retain(|finding| !again(finding));
        self.extend(read);
    }

    /// Whether nothing was found
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a Block finding stands
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.0.iter().any(|f| f.severity == Severity::Block)
    }

    /// Downgrades Blocks that the user accepted by name to warnings, but never one that no consent can lift
    #[must_use]
    pub fn accepting(self, codes: &BTreeSet<String>) -> Self {
        let accepted = |f: &Finding| codes.contains(&f.code) && !NEVER_ACCEPTED.contains(&f.code.as_str());
        Self(
            self.0
                .into_iter()
                .map(|f| {
                    if f.severity == Severity::Block && accepted(&f) {
                        Finding { severity: Severity::Warn, ..f }
                    } else {
                        f
                    }
                })
                .collect(),
        )
    }

    /// Without the Blocks that only say what follows from a value that a document does not tell: whoever gives the value
    /// lifts them too
    #[must_use]
    pub fn without_consequences(self) -> Self {
        let unknown: BTreeSet<String> = (self.0.iter())
            .filter(|f| LEFT_OUT.contains(&f.code.as_str()) && f.severity == Severity::Block)
            .map(|f| f.path.clone())
            .collect();
        let within = |place: &str| unknown.iter().any(|path| path.strip_prefix(place).is_some_and(is_part));
        let follows = |f: &Finding| match f.code.as_str() {
            "RequiredField" | "ImageRequired" | "ContainerNameRequired" => within(&f.path),
            "MemoryRequired" | "InvalidFargateSize" => within(&f.path) || within("/cpu") || within("/memory"),
            _ => false,
        };
        Self(self.0.into_iter().filter(|f| !follows(f)).collect())
    }

    /// Blocks where what was accepted leaves nothing to go on with: consent fills no hole
    pub fn refuse_accepted(&mut self, codes: &BTreeSet<String>) {
        let accepted: BTreeSet<&str> =
            self.0.iter().map(|finding| finding.code.as_str()).filter(|code| codes.contains(*code)).collect();
        let accepted = accepted.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!(
            "with what is accepted ({accepted}) too little is left to translate; resolve those findings, at least one of \
             them cannot be accepted"
        );
        self.block(&Path::root(), Class::Unsupported, "NotAcceptable", message);
    }

    /// All findings, sorted
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// The most severe finding, the first of them by path
    #[must_use]
    pub fn worst(&self) -> Option<&Finding> {
        self.0.iter().rev().max_by_key(|f| f.severity)
    }

    /// The findings as a status shows them, and how many are left out
    #[must_use]
    pub fn for_status(&self) -> (Vec<Finding>, Option<i64>) {
        let omitted = self.0.len().saturating_sub(SHOWN);
        (
            self.0.iter().take(SHOWN).cloned().collect(),
            (omitted > 0).then_some(i64::try_from(omitted).unwrap_or(i64::MAX)),
        )
    }
}

impl FromIterator<Finding> for Findings {
    fn from_iter<I: IntoIterator<Item = Finding>>(findings: I) -> Self {
        Self(findings.into_iter().collect())
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::collections::btree_set::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
