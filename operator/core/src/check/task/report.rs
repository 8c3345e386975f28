//! What a check of a task definition collects on its way, and the findings that many subjects share.
//!
//! *Not here*: `accept`; the entry point applies it when everything is said.

use std::ops::RangeInclusive;

use ecs_crds::status::Class;

use crate::findings::{Findings, Path};

/// Findings under construction
#[derive(Debug, Default)]
pub(super) struct Report(pub(super) Findings);

/// How much of a value a message quotes
const QUOTED: usize = 40;

impl Report {
    pub(super) fn info(&mut self, path: &Path, class: Class, code: &str, message: impl Into<String>) {
        self.0.info(path, class, code, message);
    }

    pub(super) fn warn(&mut self, path: &Path, class: Class, code: &str, message: impl Into<String>) {
        self.0.warn(path, class, code, message);
    }

    /// A Block on something that cannot be done; where it is accepted, the thing is left out
    pub(super) fn block(&mut self, path: &Path, code: &str, message: impl Into<String>) {
        self.0.block(path, Class::Unsupported, code, message);
    }

    /// A Block on something above the Pod Security Standard *baseline* (R-PRIV), unless it is granted
    pub(super) fn privilege(&mut self, path: &Path, what: &str, granted: bool) {
        if !granted {
            let message = format!(
                "{what} needs more than the Pod Security Standard baseline gives, and this namespace is not granted it; \
                 remove it, or ask the administrator for a grant (`privileges` of the operator's configuration)"
            );
            self.block(path, "PrivilegeNotAllowed", message);
        }
    }

    /// A Block on a value that is not one of a list
    pub(super) fn not_one_of<'a>(&mut self, path: &Path, value: &str, allowed: impl Iterator<Item = &'a str>) {
        let allowed: Vec<&str> = allowed.collect();
        let shown: String = value.chars().take(QUOTED).collect();
        let message = format!("`{shown}` is not allowed here; use one of {}", allowed.join(", "));
        self.block(path, "InvalidValue", message);
    }

    /// A Block on a value that has a wrong form
    pub(super) fn invalid(&mut self, path: &Path, message: impl Into<String>) {
        self.block(path, "InvalidValue", message);
    }

    /// A Block on a member that must say something, in the words of the vocabulary's check, which finds most of them too
    pub(super) fn required(&mut self, path: &Path, member: &str) {
        self.block(&path.key(member), "RequiredField", format!("`{member}` is required here and missing; add it"));
    }

    /// The meaning of one of ECS's open strings; none where it is absent or not known
    pub(super) fn choice<T: Copy>(&mut self, path: &Path, value: Option<&str>, choices: &[(&str, T)]) -> Option<T> {
        let value = value?;
        let found = choices.iter().find(|(name, _)| *name == value).map(|(_, meaning)| *meaning);
        if found.is_none() {
            self.not_one_of(path, value, choices.iter().map(|(name, _)| *name));
        }
        found
    }

    /// A number within bounds; a Block and the nearest bound otherwise
    pub(super) fn within(&mut self, path: &Path, value: i64, bounds: RangeInclusive<i64>) -> i64 {
        let (least, most) = bounds.into_inner();
        if !(least..=most).contains(&value) {
            self.invalid(path, format!("`{value}` is not allowed here; use a number from {least} to {most}"));
        }
        value.clamp(least, most)
    }

    /// [`Self::within`] for a member that may be absent
    pub(super) fn optional_within(
        &mut self,
        path: &Path,
        value: Option<i64>,
        bounds: RangeInclusive<i64>,
    ) -> Option<i64> {
        value.map(|value| self.within(path, value, bounds))
    }
}

/// The elements of an optional list with their paths
pub(super) fn each<'a, T>(path: &Path, list: Option<&'a Vec<T>>) -> impl Iterator<Item = (Path, &'a T)> {
    list.into_iter().flatten().enumerate().map({
        let path = path.clone();
        move |(index, item)| (path.index(index), item)
    })
}

/// A text that says something: ECS and its tools write `""` for absent
pub(super) fn said(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}
