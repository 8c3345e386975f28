//! What converters keep of one realistic document: each feature has a value that nothing else has, and is kept where that
//! value, or what stands for it, is in the output (`tests/bench/convert/features.tsv`).
//!
//! Being there is less than behaving the same; it is what can be counted alike for everybody.

use std::process::Output;

use anyhow::Result;

/// What the cluster is said to have: the defaults, and the add-on that brings secrets
pub(super) const CAPABILITIES: &str = "podResources,containerRestartRules,hostnameOverride,externalSecrets";

const FEATURES: &str = include_str!("../../../tests/bench/convert/features.tsv");

/// What becomes of a feature
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Told,
    Silent,
}

impl Fate {
    fn shown(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Told => "lost, told",
            Self::Silent => "lost in silence",
        }
    }
}

/// Prints a table of features, and how many each converter keeps.
pub(super) fn compare(ours: &Output, theirs: &[(&str, Output)]) -> Result<()> {
    let sides: Vec<(&str, &Output)> =
        [("kubectl ecs", ours)].into_iter().chain(theirs.iter().map(|(name, output)| (*name, output))).collect();
    let mut kept = vec![0; sides.len()];
    let (mut rows, mut features) = (String::new(), 0);
    for line in FEATURES.lines() {
        let [name, path, marks] = line.split('\t').collect::<Vec<_>>()[..] else {
            anyhow::bail!("a feature is a name, a path and its marks: {line}");
        };
        features += 1;
        rows.push_str(&format!("| {name} |"));
        for (count, (_, output)) in kept.iter_mut().zip(&sides) {
            let fate = fate(output, path, marks);
            *count += usize::from(fate == Fate::Kept);
            rows.push_str(&format!(" {} |", fate.shown()));
        }
        rows.push('\n');
    }
    let header: String = sides.iter().map(|(name, _)| format!(" {name} |")).collect();
    println!("| feature |{header}\n|---|{}\n{rows}", "---|".repeat(sides.len()));
    for (count, (name, _)) in kept.iter().zip(&sides) {
        println!("{name}: {count} of {features} features kept");
    }
    Ok(())
}

/// A feature is told of where a message names its path, or the member that it ends with
fn fate(output: &Output, path: &str, marks: &str) -> Fate {
    let (made, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let member = path.rsplit('/').find(|segment| segment.parse::<usize>().is_err()).unwrap_or(path);
    if marks.split('|').any(|mark| made.contains(mark)) {
        Fate::Kept
    } else if told.contains(member) {
        Fate::Told
    } else {
        Fate::Silent
    }
}
