//! Items that reading took out of lists: what is found in the rest is told at the places of the document as it was given.
//!
//! *Not here*: why they were taken out (`lenient`).

use std::collections::BTreeMap;

use crate::findings::{Findings, Path};

/// The indices of missing items, by the path of their list; all as the document has them
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(BTreeMap<String, Vec<usize>>);

impl LeftOut {
    /// Notes an item, later ones of a list after earlier ones
    pub(super) fn note(&mut self, list: &Path, index: usize) {
        self.0.entry(list.to_string()).or_default().push(index);
    }

    /// Findings in what was read, at their places in the document
    #[must_use]
    pub fn restored(&self, findings: Findings) -> Findings {
        if self.0.is_empty() { findings } else { findings.moved(|path| self.place(path)) }
    }

    fn place(&self, path: &str) -> String {
        path.split('/').skip(1).fold(String::new(), |list, segment| {
            let missing = self.0.get(&list).map(Vec::as_slice).unwrap_or_default();
            match segment.parse::<usize>() {
                Ok(index) => {
                    let before = |index: usize, missing: &usize| if *missing <= index { index + 1 } else { index };
                    format!("{list}/{}", missing.iter().fold(index, before))
                }
                Err(_) => format!("{list}/{segment}"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_in_the_document() {
        let mut left_out = LeftOut::default();
        let containers = Path::root().key("containerDefinitions");
        left_out.note(&containers, 0);
        left_out.note(&containers, 2);
        left_out.note(&containers.index(1).key("environment"), 1);
        for (read, given) in [
            ("", ""),
            ("/cpu", "/cpu"),
            ("/containerDefinitions/0/image", "/containerDefinitions/1/image"),
            ("/containerDefinitions/1/image", "/containerDefinitions/3/image"),
            ("/containerDefinitions/0/environment/0/name", "/containerDefinitions/1/environment/0/name"),
            ("/containerDefinitions/0/environment/1/name", "/containerDefinitions/1/environment/2/name"),
            ("/volumes/0/name", "/volumes/0/name"),
        ] {
            assert_eq!(left_out.place(read), given);
        }
    }
}
