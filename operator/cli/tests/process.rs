//! What a script sees of the program itself: exit codes, pipes, input that is no document.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

const TASK: &str = r#"{"family": "web", "containerDefinitions": [{"name": "web", "image": "nginx", "memory": 64}]}"#;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-ecs"));
    command.env_remove("ECS_OPERATOR_CONFIG").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command line with something on standard input
fn run(line: &str, input: &[u8]) -> Output {
    let mut child = program().args(line.split(' ').filter(|word| !word.is_empty())).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The program may well end before it has read everything.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn exit_codes_are_those_that_the_help_tells() {
    let refused = r#"{"family": "web", "containerDefinitions": [{"name": "web", "image": "nginx", "meemory": 64}]}"#;
    for (line, input, code) in [
        ("--help", "", 0),
        ("--version", "", 0),
        ("render --help", "", 0),
        ("", "", 64),
        ("fly", "", 64),
        ("render", "", 64),
        ("render -f -", TASK, 0),
        ("render -f -", refused, 2),
        ("render -f -", "", 64),
        ("render -f -", "{{", 64),
        ("render -f - --as ship", TASK, 64),
        ("render -f /nowhere.json", "", 64),
        ("convert -f -", TASK, 0),
        ("convert -f -", refused, 2),
        ("convert -f - -p X", TASK, 64),
        ("export -f -", TASK, 0),
        ("explain hostPort", "", 0),
        ("explain no.such.thing", "", 2),
        ("schedule next rate(5_minutes)", "", 2),
        ("schedule next at(2026-01-01T00:00:00) --timezone Nowhere/City", "", 2),
        ("schedule next at(2026-01-01T00:00:00) --count many", "", 64),
        ("deploy web -f -", refused, 2),
        ("deploy web -f -", "[]", 64),
        ("update-service web --desired-count -1", "", 64),
        ("wait services-stable", "", 64),
        ("completion bash", "", 0),
        ("completion tcsh", "", 64),
    ] {
        let output = run(line, input.as_bytes());
        assert_eq!(output.status.code(), Some(code), "{line}: {}", text(&output.stderr));
        let (told, silent) = if code == 64 { (&output.stderr, &output.stdout) } else { (&output.stdout, &Vec::new()) };
        assert!(code == 2 || !told.is_empty(), "{line}: nothing is told");
        assert!(silent.is_empty(), "{line}: an error is no answer");
    }
}

#[test]
fn input_that_is_no_text_is_refused_with_advice() {
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(TASK.bytes().flat_map(|b| [b, 0])).collect();
    let huge = vec![b' '; (32 << 20) + 1];
    for (input, advice) in [
        (&b"\x7fELF\x02\x01\xff\xff"[..], "byte 7 is no UTF-8"),
        (&utf16, "PowerShell"),
        (&huge, "look whether it is the right file"),
        (b"web: [", "neither JSON nor YAML"),
    ] {
        let output = run("convert -f -", input);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{told}");
        assert!(told.contains("standard input") && told.contains(advice), "{told}");
    }
    let folder = run("render -f /", b"");
    assert!(text(&folder.stderr).contains("/ is a folder"), "{}", text(&folder.stderr));
}

#[test]
fn a_mark_of_byte_order_is_no_obstacle() {
    let output = run("convert -f -", format!("\u{feff}{TASK}").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for line in ["explain --all -o json", "schedule next rate(1_minute) -n 100000000", "completion bash", "--help"] {
        let words = line.split(' ').map(|word| word.replace('_', " "));
        let mut child = program().args(words).spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(child.wait().unwrap().success(), "{line}: {told}");
        assert!(!told.contains("pipe"), "{line}: {told}");
    }
}

#[test]
fn nothing_is_coloured_where_nobody_looks() {
    for line in ["render -f -", "convert -f -", "--help", "fly", "schedule next nonsense"] {
        let output = run(line, TASK.as_bytes());
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{line}");
    }
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    let output = run(&format!("man {}", folder.display()), b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for page in
        ["", "-render", "-convert", "-schedule-next", "-completion", "-deploy", "-wait-services-stable", "-exec"]
    {
        let path = folder.join(format!("kubectl-ecs{page}.1"));
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(page.contains(".SH SYNOPSIS"), "{}", path.display());
    }
}

#[test]
fn a_deployment_becomes_calls_of_ecs_and_says_what_it_loses() {
    let deployment = r#"{"kind": "List", "items": [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {}, "template": {"spec": {"hostname": "h", "containers": [{"name": "app", "image": "i"}]}}}}]}"#;
    let reversed = run("reverse -f - --profile ec2", deployment.as_bytes());
    let yaml = text(&reversed.stdout);
    assert_eq!(reversed.status.code(), Some(1), "{yaml}");
    assert!(yaml.contains("# warn /spec/template/spec/hostname LossPod:"), "{yaml}");
    let exported = run("export -f -", yaml.as_bytes());
    let calls = text(&exported.stdout);
    for said in ["\"family\": \"web\"", "\"taskDefinition\": \"web\"", "\"desiredCount\": 2", "\"EC2\""] {
        assert!(calls.contains(said), "{said} in {calls}");
    }
    assert_eq!(run("reverse -f -", b"{}").status.code(), Some(64));
}
