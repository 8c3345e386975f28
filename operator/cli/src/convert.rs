//! `kubectl ecs convert` and `kubectl ecs export`: ECS documents and templates → objects of ours, and back.
//!
//! *Not here*: what a document means (`ecs_core::wire`). Nothing that is printed beside the objects quotes a value of theirs.

use std::io::Write;
use std::path::PathBuf;

use ecs_core::wire::{Converted, ConvertedDocument, Parameters, converted, export};
use ecs_crds::status::{Finding, Severity};
use serde_json::{Value, json};

use crate::args::Output;
use crate::{read, yaml};

/// How wide a line of a comment may be
const WIDTH: usize = 110;

const CONVERT_HELP: &str = "\
Examples:
  Turn a CloudFormation template into objects that the operator takes, and say what it leaves open:
    kubectl ecs convert -f template.yaml --parameter ImageUri=nginx:1.27 --parameter AWS::Region=eu-west-1 > shop.yaml

  A value that only the stack knows (!GetAtt Role.Arn, !Ref Queue, !ImportValue vpc:id) is given by its name:
    kubectl ecs convert -f template.yaml --parameter TaskRole.Arn=arn:aws:iam::123456789012:role/web --parameter vpc:id=vpc-1

  Take over a service as it is:
    aws ecs describe-services --cluster prod --services web | kubectl ecs convert -f - -n shop

  A rule of EventBridge with its targets:
    kubectl ecs convert -f <(aws events describe-rule --name nightly) -f <(aws events list-targets-by-rule --rule nightly)

Exit codes:
  0   converted; nothing found, or only what is good to know (Info)
  1   converted; something is missing or differs in a way that may matter (Warn)
  2   a document has a finding that must be resolved first (Block), or cannot be converted at all;
      what can be converted is printed all the same
  64  wrong usage, or a file that is neither JSON nor YAML";

const CONVERT_ABOUT: &str = "\
Write TaskDefinition, EcsService and ScheduledTask objects that say what ECS documents say, without a cluster

Reads JSON or YAML: CloudFormation templates (with short tags), inputs and Describe outputs of ECS, schedules and rules of \
EventBridge, scalable targets and policies beside their service, bare lists of containers, and objects of ours. Member names \
may be spelt in any case.

The expressions of a template are evaluated with the defaults of its parameters and with --parameter. What cannot be known is \
left out, never guessed, and told in a comment above the object. In its place stands a mark, `image?` for `image`, which \
the operator refuses where the value matters: convert | kubectl apply loses nothing. Files are read together: a rule and its \
targets, a service and what scales it may stand in several.";

/// What to convert
#[derive(Debug, clap::Args)]
#[command(long_about = CONVERT_ABOUT, after_help = CONVERT_HELP)]
pub(crate) struct ConvertArgs {
    /// A template or a file of ECS documents, `-` for standard input; give it again for more
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// A value for a template: of a parameter, a pseudo parameter (AWS::Region), a resource (Queue), an attribute (Role.Arn)
    /// or an export of another stack
    #[arg(short, long = "parameter", value_name = "KEY=VALUE")]
    parameters: Vec<String>,
    /// The namespace of objects whose document names none [default: none is written]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// How to print: YAML with findings as comments, or one JSON object `{"documents": […], "findings": […]}`
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    output: Output,
}

const EXPORT_HELP: &str = "\
Examples:
  Register in ECS what runs here:
    kubectl get taskdef web -o yaml | kubectl ecs export -f - > web.json
    aws ecs register-task-definition --cli-input-json file://web.json

  What a service needs there, one call after the other (CreateService, RegisterScalableTarget, …):
    kubectl get ecssvc web -o yaml | kubectl ecs export -f - | jq -c keys

Exit codes:
  0   exported; nothing found, or only what is good to know (Info)
  1   exported; AWS has no place for something (Warn)
  2   a document has a finding that must be resolved first (Block); the others are printed all the same
  64  wrong usage, or a file that is neither JSON nor YAML";

/// What to export
#[derive(Debug, clap::Args)]
#[command(after_help = EXPORT_HELP)]
pub(crate) struct ExportArgs {
    /// A file of objects of ours, `-` for standard input; give it again for more
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Converts, prints, and says by the exit code how it went
pub(crate) fn run(args: &ConvertArgs, stdout: &mut impl Write) -> anyhow::Result<u8> {
    let given = Parameters::parse(&args.parameters)?;
    let converted = converted(read::documents(&args.files, &given)?, args.namespace.as_deref());
    anyhow::ensure!(!converted.documents.is_empty(), "there is no document in what was given");
    print(&converted, args.output, stdout)
}

/// Prints objects with what was found, and says by the exit code how it went
pub(crate) fn print(converted: &Converted, output: Output, stdout: &mut impl Write) -> anyhow::Result<u8> {
    let Converted { documents } = converted;
    match output {
        Output::Json => {
            let findings: Vec<Value> = documents.iter().flat_map(located).collect();
            let objects: Vec<&Value> = documents.iter().filter_map(|document| document.object.as_ref()).collect();
            serde_json::to_writer_pretty(&mut *stdout, &json!({ "documents": objects, "findings": findings }))?;
            writeln!(stdout)?;
        }
        Output::Yaml => {
            for document in documents {
                commented(document, stdout)?;
            }
        }
    }
    stdout.flush()?;
    let findings = documents.iter().flat_map(|document| &document.findings);
    Ok(exit_code(findings.map(|finding| finding.severity).max()))
}

/// Exports, prints the inputs of the calls as JSON documents, and what was found on standard error
pub(crate) fn run_export(args: &ExportArgs, stdout: &mut impl Write, stderr: &mut impl Write) -> anyhow::Result<u8> {
    let mut worst = None;
    for document in read::documents(&args.files, &Parameters::default())? {
        let name = document.ecs_name().unwrap_or("-").to_owned();
        let (calls, findings) = export(document);
        for call in calls {
            serde_json::to_writer_pretty(&mut *stdout, &call.input)?;
            writeln!(stdout)?;
        }
        for finding in &findings {
            writeln!(stderr, "{name}: {}", line(finding))?;
        }
        worst = worst.max(findings.iter().map(|finding| finding.severity).max());
    }
    stdout.flush()?;
    Ok(exit_code(worst))
}

fn exit_code(worst: Option<Severity>) -> u8 {
    match worst {
        None | Some(Severity::Info) => 0,
        Some(Severity::Warn) => 1,
        Some(Severity::Block) => 2,
    }
}

/// A finding and the object that it is about, as `render` has them
fn located(document: &ConvertedDocument) -> Vec<Value> {
    let object = json!({ "kind": document.kind, "name": document.name });
    let findings = document.findings.iter().map(|finding| {
        let mut finding = json!(finding);
        finding["object"] = object.clone();
        finding
    });
    findings.collect()
}

/// An object with its findings as comments above it; what is refused is comments only
fn commented(document: &ConvertedDocument, out: &mut impl Write) -> anyhow::Result<()> {
    let mut comments = vec![format!("{} {}", document.kind, document.name)];
    let mut findings: Vec<&Finding> = document.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    comments.extend(findings.into_iter().map(line));
    let mut written = Vec::new();
    for comment in comments {
        wrapped(&comment, &mut written);
    }
    let comment = written.join("\n");
    match &document.object {
        Some(object) => {
            let mut text = Vec::new();
            yaml::document(object, &mut text)?;
            let text = String::from_utf8(text)?;
            writeln!(out, "---\n{comment}")?;
            write!(out, "{}", text.strip_prefix("---\n").unwrap_or(&text))?;
        }
        None => writeln!(out, "---\n{comment}")?,
    }
    Ok(())
}

/// A finding in a line
pub(crate) fn line(finding: &Finding) -> String {
    let path = if finding.path.is_empty() { "/" } else { &finding.path };
    let severity = match finding.severity {
        Severity::Block => "BLOCK",
        Severity::Warn => "warn",
        Severity::Info => "info",
    };
    format!("{severity} {path} {}: {}", finding.code, finding.message)
}

/// Lines of whole words; a control character ends no comment
fn wrapped(text: &str, lines: &mut Vec<String>) {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = "#".to_owned();
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line.trim() != "#" {
            lines.push(std::mem::replace(&mut line, "#  ".to_owned()));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
}

#[cfg(test)]
mod tests;
