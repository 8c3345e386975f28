//! docs/reference: what becomes of every field, written from the support table.
//!
//! *Not here*: comparing the pages with what is in the repository (`generated`).

use std::fmt::Write as _;

use ecs_core::support::search::{Found, all, find};
use ecs_core::support::{Handling, Operation, Row};

const HEADER: &str = "\
<!-- Generated from operator/core/src/support; do not edit.
     `UPDATE_GENERATED=1 cargo test -p ecs-tests generated` rewrites it -->
";

const LEGEND: &str = "\
# Every field, and what becomes of it

One row for each input field of the AWS operations that this project speaks, from the table that findings, `kubectl ecs
explain` and a test against AWS's own models use too. A field that is not here is refused as unknown, with the nearest name.

    kubectl ecs explain containerDefinitions[].portMappings[].hostPort
    kubectl ecs explain '/spec/containerDefinitions/0/healthCheck/*'
    kubectl ecs explain --all -o json

| class | what it means |
|---|---|
| EXACT | same behaviour, same meaning |
| EQUIVALENT | another mechanism, same observable behaviour |
| APPROXIMATE | works, and differs as the row says; a finding where it matters |
| ADVISORY | kept, without effect at run time |
| UNSUPPORTED | cannot be done; always a finding |

The class is that of the field at its best: a value of it may still be reported, and then the finding says so by itself.
The rule names the place in the project's mapping specification, for code, tests and discussions. Where a row names a
code, the field is a finding of that code wherever it holds something: **Info** is good to know, **Warn** may matter, and
**Block** changes nothing until it is resolved, or accepted by name with the annotation `ecs-operator.dev/accept`.

";

/// A page: its file, its title, what it says first, and its operations
struct Page {
    file: &'static str,
    title: &'static str,
    says: &'static str,
    operations: &'static [Operation],
}

const PAGES: &[Page] = &[
    Page {
        file: "task-definition.md",
        title: "Task definitions",
        says: "`spec` of a TaskDefinition is the input of RegisterTaskDefinition.",
        operations: &[Operation::RegisterTaskDefinition],
    },
    Page {
        file: "service.md",
        title: "Services",
        says: "`spec` of an EcsService is the input of CreateService, with [`autoScaling`](auto-scaling.md) and\n\
               [`kubernetes`](kubernetes.md) beside it. `kubectl ecs convert` reads the input of UpdateService as well.",
        operations: &[Operation::CreateService, Operation::UpdateService],
    },
    Page {
        file: "task.md",
        title: "Tasks",
        says: "`spec.task` of a ScheduledTask is the input of RunTask.",
        operations: &[Operation::RunTask],
    },
    Page {
        file: "schedule.md",
        title: "Schedules and rules",
        says: "`spec` of a ScheduledTask is a schedule of EventBridge Scheduler or a rule of EventBridge, in lowerCamelCase: what\n\
               the target says of the task is under [`task`](task.md), the rest of the target beside the schedule.",
        operations: &[Operation::CreateSchedule, Operation::PutRule, Operation::PutTargets],
    },
    Page {
        file: "auto-scaling.md",
        title: "Auto scaling",
        says: "`spec.autoScaling` of an EcsService joins the scalable target, its policies and its scheduled actions, in\n\
               lowerCamelCase.",
        operations: &[Operation::RegisterScalableTarget, Operation::PutScalingPolicy, Operation::PutScheduledAction],
    },
];

/// Each page with its path in the repository
pub(crate) fn pages() -> Vec<(String, String)> {
    let mut pages = vec![("docs/reference/README.md".to_owned(), index())];
    pages.extend(PAGES.iter().map(|page| (format!("docs/reference/{}", page.file), of(page))));
    pages.push(("docs/reference/kubernetes.md".to_owned(), own()));
    pages
}

fn index() -> String {
    let mut text = format!("{HEADER}{LEGEND}");
    text.push_str("| page | operations | fields |\n|---|---|---:|\n");
    for page in PAGES {
        let names: Vec<_> = page.operations.iter().map(ToString::to_string).collect();
        let fields: usize = page.operations.iter().map(|operation| operation.rows().len()).sum();
        writeln!(text, "| [{}]({}) | {} | {fields} |", page.title, page.file, names.join(", ")).unwrap();
    }
    writeln!(text, "| [What is ours alone](kubernetes.md) | – | {} |", ours().len()).unwrap();
    text
}

fn of(page: &Page) -> String {
    let mut text = format!("{HEADER}# {}\n\n{} [What the classes mean](README.md)\n", page.title, page.says);
    for operation in page.operations {
        writeln!(text, "\n## {operation}").unwrap();
        if *operation == Operation::UpdateService {
            update_service(&mut text);
        } else {
            tables(operation.rows().iter().map(|row| (row.path, row)), &mut text);
        }
    }
    text
}

/// UpdateService takes what CreateService takes, with exceptions: those are told, the rest is a reference
fn update_service(text: &mut String) {
    let created = Operation::CreateService.rows();
    let updated = Operation::UpdateService.rows();
    let same = |row: &&Row| created.contains(row);
    let top = |row: &&Row| !row.path.contains('.') && !updated.contains(row);
    let only: Vec<_> = created.iter().filter(top).map(|row| format!("`{}`", row.path)).collect();
    let shared = updated.iter().filter(same).count();
    writeln!(
        text,
        "\n{shared} fields are those of CreateService, with the same words. It does not take {}.",
        only.join(", ")
    )
    .unwrap();
    tables(updated.iter().filter(|row| !same(row)).map(|row| (row.path, row)), text);
}

/// The members of our specs that no operation has
fn ours() -> Vec<Found> {
    find("spec.**", None).into_iter().filter(|found| found.operation.is_none()).collect()
}

fn own() -> String {
    let mut text = format!(
        "{HEADER}# What is ours alone\n\nThe members of our specs that are no input of AWS: `kubernetes`, and those that join several\n\
         operations in one spec. [What the classes mean](README.md)\n"
    );
    let ours = ours();
    for spec in ecs_core::support::Spec::ALL {
        let of_spec = |found: &&Found| found.field.as_ref().is_some_and(|(kind, _)| *kind == spec);
        let rows: Vec<_> = ours.iter().filter(of_spec).map(|found| (found.path(), found.row)).collect();
        if !rows.is_empty() {
            writeln!(text, "\n## {spec}").unwrap();
            tables(rows.into_iter(), &mut text);
        }
    }
    text
}

/// A table for each structure, in the order in which they come first
fn tables<'a>(rows: impl Iterator<Item = (&'a str, &'a Row)>, text: &mut String) {
    let mut sections: Vec<(&str, Vec<(&str, &Row)>)> = Vec::new();
    for (path, row) in rows {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        match sections.iter_mut().find(|(of, _)| *of == parent) {
            Some((_, rows)) => rows.push((name, row)),
            None => sections.push((parent, vec![(name, row)])),
        }
    }
    for (parent, rows) in sections {
        if !parent.is_empty() {
            writeln!(text, "\n### `{parent}`").unwrap();
        }
        text.push_str("\n| field | class | rule | what becomes of it |\n|---|---|---|---|\n");
        for (name, row) in rows {
            let class = serde_json::to_value(row.class).unwrap();
            let class = class.as_str().unwrap();
            writeln!(text, "| `{name}` | {class} | {} | {} |", row.rule, says(row).replace('|', "\\|")).unwrap();
        }
    }
}

/// The sentence, and the finding where there is one
fn says(row: &Row) -> String {
    let except = |unless: &str| if unless.is_empty() { String::new() } else { format!(", unless `{unless}`") };
    match row.handling {
        Handling::Translated | Handling::WithParent => row.says.to_owned(),
        // Written as a message
        Handling::Reported { code, severity, unless } => {
            let mut letters = row.says.chars();
            let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
            format!("{sentence} (**{severity:?}** `{code}`{})", except(unless))
        }
        Handling::Pending { severity, unless } => {
            format!("Not translated yet: {} (**{severity:?}** `TranslationPending`{})", row.says, except(unless))
        }
    }
}

#[test]
fn every_row_stands_in_the_reference_once() {
    let pages: Vec<String> = pages().into_iter().map(|(_, text)| text).collect();
    let written: usize = pages.iter().map(|text| text.lines().filter(|line| line.starts_with("| `")).count()).sum();
    let created = Operation::CreateService.rows();
    let told_there = Operation::UpdateService.rows().iter().filter(|row| created.contains(row)).count();
    assert_eq!(written, all(None).len() - told_there + ours().len());
}
