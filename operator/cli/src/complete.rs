//! `kubectl ecs completion SHELL` and the manual pages: what the command line says of itself, for shells and for man.
//!
//! kubectl completes the words of a plugin by asking a program called `kubectl_complete-<plugin>`; `completion kubectl` prints
//! that program, which asks us ([`words`]).
//!
//! *Not here*: the commands (`args`). Completion looks at no file and no cluster.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Arg, Command, CommandFactory, ValueEnum};
use clap_complete::aot;

use crate::args::Args;

/// The program, as shells know it
const PROGRAM: &str = "kubectl-ecs";

/// What kubectl runs to complete the words of `kubectl ecs`
const KUBECTL: &str = "\
#!/bin/sh
# kubectl asks this program what may follow `kubectl ecs`: install it, executable, in PATH as kubectl_complete-ecs
exec kubectl-ecs complete -- \"$@\"
";

/// kubectl's words for what it should offer beside the candidates (cobra's ShellCompDirective)
const FILES_TOO: u8 = 0;
const NO_FILES: u8 = 4;

const HELP: &str = "\
Examples:
  For `kubectl ecs <TAB>`, in any shell that completes kubectl:
    kubectl ecs completion kubectl > ~/.local/bin/kubectl_complete-ecs && chmod +x ~/.local/bin/kubectl_complete-ecs

  For `kubectl-ecs <TAB>`:
    source <(kubectl ecs completion bash)
    kubectl ecs completion zsh > \"${fpath[1]}/_kubectl-ecs\"
    kubectl ecs completion fish > ~/.config/fish/completions/kubectl-ecs.fish";

/// Which shell
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct CompletionArgs {
    /// The shell; kubectl: the program by which kubectl completes `kubectl ecs`
    #[arg(value_enum)]
    shell: Shell,
}

/// Who completes
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Kubectl,
    Powershell,
    Zsh,
}

/// What was typed so far
#[derive(Debug, clap::Args)]
pub(crate) struct CompleteArgs {
    /// The words after `kubectl ecs`; the last is the one to complete, and may be empty
    #[arg(last = true)]
    words: Vec<String>,
}

/// Where to
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder to write into; it is made where it is not there
    folder: PathBuf,
}

/// Prints the script of a shell
pub(crate) fn script(args: CompletionArgs, out: &mut impl Write) -> anyhow::Result<u8> {
    let shell = match args.shell {
        Shell::Bash => aot::Shell::Bash,
        Shell::Elvish => aot::Shell::Elvish,
        Shell::Fish => aot::Shell::Fish,
        Shell::Powershell => aot::Shell::PowerShell,
        Shell::Zsh => aot::Shell::Zsh,
        Shell::Kubectl => {
            out.write_all(KUBECTL.as_bytes())?;
            return Ok(0);
        }
    };
    // Into memory first, for the generator knows no closed pipe.
    let mut text = Vec::new();
    aot::generate(shell, &mut Args::command(), PROGRAM, &mut text);
    out.write_all(&text)?;
    Ok(0)
}

/// Prints what may stand in place of the last word as kubectl takes it: a candidate a line, then `:` and a directive
pub(crate) fn words(args: &CompleteArgs, out: &mut impl Write) -> anyhow::Result<u8> {
    let mut root = Args::command();
    root.build();
    let (last, before) = args.words.split_last().map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
    let (candidates, directive) = candidates(&root, before, last);
    for Candidate { word, says } in candidates.iter().filter(|candidate| candidate.word.starts_with(last)) {
        writeln!(out, "{word}\t{says}")?;
    }
    writeln!(out, ":{directive}")?;
    Ok(0)
}

/// Writes a manual page for each command
pub(crate) fn manual(args: &ManArgs) -> anyhow::Result<u8> {
    let folder = args.folder.display();
    std::fs::create_dir_all(&args.folder).with_context(|| format!("the folder {folder} cannot be made"))?;
    // Its pages are called kubectl-ecs-render.1 and so on, after the name, not after `kubectl ecs`.
    let command = Args::command().bin_name(PROGRAM);
    clap_mangen::generate_to(command, &args.folder).with_context(|| format!("no pages can be written to {folder}"))?;
    Ok(0)
}

struct Candidate {
    word: String,
    says: String,
}

fn candidates(root: &Command, before: &[String], last: &str) -> (Vec<Candidate>, u8) {
    let mut command = root;
    let mut awaits: Option<&Arg> = None;
    for word in before {
        let value = awaits.take().is_some();
        if !value && let Some(option) = option(command, word) {
            awaits = Some(option);
        } else if !value && let Some(inner) = command.find_subcommand(word) {
            command = inner;
        }
    }
    if let Some(option) = awaits {
        return of_values(option);
    }
    if last.starts_with('-') {
        let options = command.get_arguments().filter(|argument| !argument.is_hide_set());
        let long = options.filter_map(|option| Some(candidate(format!("--{}", option.get_long()?), option.get_help())));
        return (long.collect(), NO_FILES);
    }
    let inner: Vec<_> = command.get_subcommands().filter(|inner| !inner.is_hide_set()).collect();
    if !inner.is_empty() {
        return (inner.iter().map(|inner| candidate(inner.get_name(), inner.get_about())).collect(), NO_FILES);
    }
    command.get_positionals().next().map_or((Vec::new(), NO_FILES), of_values)
}

/// The option that a word is and whose value is the next word
fn option<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let mut options = command.get_arguments().filter(|argument| argument.get_action().takes_values());
    match word.strip_prefix("--") {
        Some(long) => options.find(|option| option.get_long() == Some(long)),
        None => {
            let short = word.strip_prefix('-').filter(|letters| letters.chars().count() == 1)?;
            options.find(|option| option.get_short() == short.chars().next())
        }
    }
}

fn of_values(argument: &Arg) -> (Vec<Candidate>, u8) {
    let values = argument.get_possible_values();
    let names_file = argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "FILE"));
    let candidates = values.iter().map(|value| candidate(value.get_name(), value.get_help())).collect();
    (candidates, if names_file { FILES_TOO } else { NO_FILES })
}

fn candidate(word: impl Into<String>, says: Option<&clap::builder::StyledStr>) -> Candidate {
    Candidate { word: word.into(), says: says.map(ToString::to_string).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> (Vec<String>, String) {
        let args = CompleteArgs { words: line.split(' ').map(str::to_owned).collect() };
        let mut out = Vec::new();
        words(&args, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut lines: Vec<String> =
            text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect();
        let directive = lines.pop().unwrap();
        (lines, directive)
    }

    #[test]
    fn the_words_of_kubectl_ecs_are_completed() {
        for (line, expected, directive) in [
            ("con", &["convert"][..], ":4"),
            ("compl", &["completion"], ":4"),
            ("schedule ", &["next", "explain", "help"], ":4"),
            ("wait ser", &["services-stable"], ":4"),
            ("deploy web --i", &["--image"], ":4"),
            ("render -f ", &[], ":0"),
            ("render --filename ", &[], ":0"),
            ("render -f a.json --o", &["--output"], ":4"),
            ("render -o ", &["yaml", "json"], ":4"),
            ("render --as t", &["task"], ":4"),
            ("render --namespace convert --as ", &["service", "task"], ":4"),
            ("completion z", &["zsh"], ":4"),
            ("explain ", &[], ":4"),
            ("no such ", &[], ":4"),
        ] {
            let (words, told) = completed(line);
            if line == "no such " {
                assert!(words.iter().any(|word| word == "render"), "{line}: {words:?}");
            } else {
                assert_eq!(words, expected, "{line}");
            }
            assert_eq!(told, directive, "{line}");
        }
    }

    #[test]
    fn each_shell_gets_a_script_that_names_every_command() {
        for shell in Shell::value_variants() {
            let mut out = Vec::new();
            script(CompletionArgs { shell: *shell }, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains("kubectl-ecs"), "{shell:?}");
            let complete =
                *shell == Shell::Kubectl || ["render", "convert", "explain"].iter().all(|w| text.contains(w));
            assert!(complete, "{shell:?}");
        }
    }

    #[test]
    fn the_command_line_holds_together() {
        Args::command().debug_assert();
    }
}
