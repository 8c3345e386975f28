//! Offline conversion beside the converters that PyPI has: container-transform, which turns ECS task definitions into Kubernetes
//! Deployments and into Compose files, and specctl, which turns services into Deployments; the same documents, in turns, in one
//! run.
//!
//! *Not here*: what is kept of a document (`features`).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::features;
use crate::progress::Progress;
use crate::workspace;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long each loop runs, in each of three rounds
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Task definitions, a folder of JSON documents [default: ../shared/corpus/taskdefs where it is there, else our own]
    #[arg(long, value_name = "DIR")]
    documents: Option<PathBuf>,
}

/// The other converters, as the script calls them
const CONVERTERS: &[&str] = &["container-transform, kubernetes", "container-transform, compose", "specctl"];
/// Turns that each loop takes, and starts of each program; the median counts
const ROUNDS: usize = 3;
const STARTS: usize = 15;

/// Builds and installs both sides, measures in turns, and prints the report.
pub(crate) fn run(arguments: &Arguments, progress: &Progress) -> Result<ExitCode> {
    progress.step("building kubectl-ecs for release");
    let sides = Sides::prepare(progress)?;
    let documents = sides.usable(&documents(arguments))?;
    progress.step(&format!("measuring with {} documents", documents.len()));
    let (mut ours, mut theirs) = (Vec::new(), vec![Vec::new(); CONVERTERS.len()]);
    for _ in 0..ROUNDS {
        ours.push(sides.our_loop(arguments.seconds, &documents)?);
        for (rates, converter) in theirs.iter_mut().zip(CONVERTERS) {
            rates.push(sides.their_loop(converter, arguments.seconds, &documents)?);
        }
    }
    let ours = median(ours);
    println!("| converter | documents a second | ratio |\n|---|---:|---:|");
    println!("| `kubectl ecs render` | {ours:.0} | 1 |");
    for (rates, converter) in theirs.into_iter().zip(CONVERTERS) {
        let rate = median(rates);
        println!("| {converter} | {rate:.0} | {:.1} |", ours / rate);
    }
    let start = sides.document();
    println!("\n| one document, the whole program | milliseconds | ratio |\n|---|---:|---:|");
    let ours = sides.start(&sides.our_program(&start))?;
    println!("| `kubectl ecs render -f` | {:.1} | 1 |", ours * 1e3);
    let mut outputs = Vec::new();
    for converter in CONVERTERS {
        let program = sides.their_program(converter, &start);
        let theirs = sides.start(&program)?;
        println!("| {converter} | {:.1} | {:.1} |", theirs * 1e3, theirs / ours);
        outputs.push((*converter, program().output()?));
    }
    println!();
    features::compare(&sides.our_output(&start)?, &outputs)?;
    Ok(ExitCode::SUCCESS)
}

/// JSON documents of a folder
fn documents(arguments: &Arguments) -> Vec<PathBuf> {
    let root = workspace::root();
    let beside = root.join("../shared/corpus/taskdefs");
    let folder = arguments.documents.clone().or_else(|| beside.is_dir().then_some(beside));
    let folder = folder.unwrap_or_else(|| root.join("examples/web"));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.extension() == Some(OsStr::new("json"))).collect();
    files.sort();
    files
}

/// What a loop prints
#[derive(Deserialize)]
struct Figures {
    documents: f64,
    seconds: f64,
}

/// Both programs, ready to run
struct Sides {
    python: PathBuf,
    script: PathBuf,
    program: PathBuf,
    bench: PathBuf,
}

impl Sides {
    fn prepare(progress: &Progress) -> Result<Self> {
        let root = workspace::root();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let build = ["build", "--quiet", "--release", "--package=kubectl-ecs", "--bin=kubectl-ecs"];
        answer(Command::new(&cargo).current_dir(root).args(build))?;
        // cargo says where it puts a benchmark's program.
        let build = ["bench", "--package=kubectl-ecs", "--bench=convert", "--no-run", "--message-format=json"];
        let built = answer(Command::new(&cargo).current_dir(root).args(build))?;
        let executable = |line: &str| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            let is_bench = message.pointer("/target/name")? == "convert";
            is_bench.then(|| message["executable"].as_str().map(PathBuf::from))?
        };
        let bench = built.lines().find_map(executable).context("cargo tells no program of the benchmark")?;
        progress.step("installing the other converters from PyPI into target/bench");
        let (venv, folder) = (root.join("target/bench/venv"), root.join("tests/bench/convert"));
        answer(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
        let python = venv.join("bin/python");
        answer(Command::new(&python).args(pip).arg(folder.join("requirements.txt")))?;
        let script = folder.join("converters_loop.py");
        Ok(Self { python, script, program: root.join("target/release/kubectl-ecs"), bench })
    }

    /// The document whose features are counted
    fn document(&self) -> PathBuf {
        self.script.with_file_name("document.json")
    }

    fn theirs(&self, words: &[&str], files: &[PathBuf]) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).args(words).args(files);
        command
    }

    /// The documents that all convert
    fn usable(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>> {
        let usable: Vec<PathBuf> = answer(&mut self.theirs(&["usable"], files))?.lines().map(PathBuf::from).collect();
        ensure!(!usable.is_empty(), "there is no document that all convert");
        println!("The other converters take {} of {} documents; those are measured.\n", usable.len(), files.len());
        Ok(usable)
    }

    fn our_loop(&self, seconds: u32, files: &[PathBuf]) -> Result<f64> {
        rate(&answer(Command::new(&self.bench).arg(seconds.to_string()).args(files))?)
    }

    fn their_loop(&self, converter: &str, seconds: u32, files: &[PathBuf]) -> Result<f64> {
        rate(&answer(&mut self.theirs(&["loop", converter, &seconds.to_string()], files))?)
    }

    fn our_program(&self, file: &Path) -> impl Fn() -> Command {
        let (program, file) = (self.program.clone(), file.to_owned());
        move || {
            let mut command = Command::new(&program);
            command.args(["render", "--capabilities"]).arg(features::CAPABILITIES).arg("-f").arg(&file);
            command
        }
    }

    fn their_program(&self, converter: &str, file: &Path) -> impl Fn() -> Command {
        let (converter, file) = (converter.to_owned(), file.to_owned());
        move || self.theirs(&["once", &converter], std::slice::from_ref(&file))
    }

    fn our_output(&self, file: &Path) -> Result<Output> {
        Ok(self.our_program(file)().output()?)
    }

    /// How long a program takes from its start to its end, in seconds
    fn start(&self, program: &dyn Fn() -> Command) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let started = Instant::now();
            program().output().context("a program cannot be started")?;
            times.push(Duration::as_secs_f64(&started.elapsed()));
        }
        Ok(median(times))
    }
}

fn rate(figures: &str) -> Result<f64> {
    let Figures { documents, seconds } = serde_json::from_str(figures).context("a loop prints its figures as JSON")?;
    Ok(documents / seconds)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What a program prints; an error where it fails
fn answer(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name} cannot be started"))?;
    ensure!(output.status.success(), "{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
