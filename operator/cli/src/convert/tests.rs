//! What a script sees of `kubectl ecs convert` and `export`.

use clap::Parser;

use super::*;
use crate::args::{Args, Command};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/data/templates");

/// Exit code and standard output; an error of usage is 64 with its message
fn run_with(arguments: &str) -> (u8, String) {
    let arguments = arguments.replace("DATA", DATA);
    let parsed = Args::try_parse_from(["kubectl-ecs"].into_iter().chain(arguments.split(' '))).unwrap();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let outcome = match parsed.command {
        Command::Convert(args) => run(&args, &mut stdout),
        Command::Export(args) => run_export(&args, &mut stdout, &mut stderr),
        other => unreachable!("{other:?}"),
    };
    match outcome {
        Ok(code) => (code, String::from_utf8(stdout).unwrap()),
        Err(error) => (64, format!("{error:#}")),
    }
}

#[test]
fn exit_codes_tell_how_it_went() {
    for (arguments, expected) in [
        ("convert -f DATA/loop.json", 2),
        ("convert -f DATA/loop.json --parameter api-token=a --parameter worker-token=b", 0),
        ("convert -f DATA/web.yaml", 2),
        ("convert -f DATA/none.yaml", 64),
        ("convert -f DATA/web.yaml -p Image", 64),
    ] {
        let (code, text) = run_with(arguments);
        assert_eq!(code, expected, "{arguments}: {text}");
    }
}

#[test]
fn findings_are_comments_above_what_they_are_about() {
    let (_, text) = run_with("convert -f DATA/loop.json -n shop");
    let document = text.split("---\n").find(|part| part.contains("taskapi") && part.contains("family")).unwrap();
    let (comments, object): (Vec<_>, Vec<_>) = document.lines().partition(|line| line.starts_with('#'));
    assert_eq!(comments[0], "# TaskDefinition taskapi");
    assert!(
        comments[1].starts_with("# BLOCK /containerDefinitions/0/secrets/0/valueFrom UnknownValue: "),
        "{comments:?}"
    );
    assert!(object.contains(&"  namespace: shop"), "{object:?}");
}

#[test]
fn a_parameter_stands_in_its_place_and_nowhere_else() {
    let (_, text) = run_with("convert -f DATA/web.yaml -p Queue.QueueUrl=https://secret.example.com");
    assert_eq!(text.matches("secret.example.com").count(), 1);
}

#[test]
fn json_holds_objects_and_findings() {
    let (code, text) = run_with("convert -f DATA/web.yaml -o json");
    let read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, read["documents"].as_array().unwrap().len()), (2, 4));
    for finding in read["findings"].as_array().unwrap() {
        for member in ["path", "class", "code", "severity", "message"] {
            assert!(finding[member].is_string(), "{member}");
        }
        assert!(finding["object"]["name"].is_string());
    }
}

#[test]
fn what_is_exported_are_inputs_that_the_aws_cli_takes() {
    let (_, text) = run_with("export -f DATA/loop.json");
    let inputs: Vec<Value> = serde_json::Deserializer::from_str(&text).into_iter().map(Result::unwrap).collect();
    assert_eq!(inputs.len(), 4);
    assert_eq!(inputs[0]["serviceName"], "api");
}
