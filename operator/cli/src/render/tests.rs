//! What a script sees of `kubectl ecs render`: standard output, standard error and the exit code.

use std::path::PathBuf;

use clap::Parser;
use serde_json::Value;

use super::*;
use crate::args::{Args, Command};

/// Exit code, standard output and standard error; an error of usage is 64 with its message
fn run_with(arguments: &str) -> (u8, String, String) {
    let corpus = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus"));
    let place = |word: &str| word.replace("CORPUS", &corpus.to_string_lossy());
    let arguments = ["kubectl-ecs", "render"].into_iter().chain(arguments.split(' ')).map(place);
    let Command::Render(args) = Args::try_parse_from(arguments).unwrap().command else {
        unreachable!("`render` is the command");
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    match run(&args, &mut stdout, &mut stderr, Paint::none()) {
        Ok(code) => (code, text(stdout), text(stderr)),
        Err(error) => (64, text(stdout), format!("{error:#}")),
    }
}

#[test]
fn exit_codes_tell_how_it_went() {
    let cases = [
        ("-f CORPUS/a-minimal-task-definition.json", 0),
        ("-f CORPUS/a-described-task-definition.json -f CORPUS/a-service-behind-a-target-group.json", 1),
        ("-f CORPUS/a-service-behind-a-target-group.json", 1),
        ("-f CORPUS/members-of-the-wrong-type.json", 2),
        ("-f CORPUS/no-document-of-ecs.json", 2),
        ("-f CORPUS/there-is-no-such-file.json", 64),
        ("-f CORPUS/a-minimal-task-definition.json --capabilities flying", 64),
    ];
    for (arguments, expected) in cases {
        let (code, _, stderr) = run_with(arguments);
        assert_eq!(code, expected, "{arguments}: {stderr}");
    }
}

#[test]
fn json_holds_objects_and_findings_even_when_refused() {
    for file in ["a-minimal-task-definition.json", "members-of-the-wrong-type.json", "no-document-of-ecs.json"] {
        let (code, stdout, stderr) = run_with(&format!("-f CORPUS/{file} -o json"));
        let read: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(read["objects"].as_array().unwrap().is_empty(), code == 2, "{file}");
        for finding in read["findings"].as_array().unwrap() {
            for member in ["path", "class", "code", "severity", "message"] {
                assert!(finding[member].is_string(), "{file}: {member}");
            }
        }
        assert_eq!(stderr, "", "{file}");
    }
}

#[test]
fn a_task_is_a_job_in_the_namespace_that_is_given() {
    let (_, stdout, _) = run_with("-f CORPUS/a-minimal-task-definition.json --as task -n shop");
    assert!(stdout.starts_with("---\napiVersion: batch/v1\nkind: Job\n"), "{stdout}");
    assert!(stdout.contains("\n  namespace: shop\n"), "{stdout}");
}

#[test]
fn a_missing_file_is_named() {
    let (_, _, message) = run_with("-f CORPUS/there-is-no-such-file.json");
    assert!(message.contains("there-is-no-such-file.json cannot be read"), "{message}");
}
