//! `cargo xtask fuzz`: looks for inputs that break what must hold for any input (`tests/fuzz`).
//!
//! Coverage-guided by libFuzzer on the pinned stable toolchain: counting edges is an ordinary pass of LLVM, so no nightly, no
//! sanitizer and no tool beside a C++ compiler is needed. The instrumented build has a folder of its own (`target/fuzz`), and
//! no other build pays for it.
//!
//! *Not here*: the targets and their seeds (`ecs-fuzz`), what libFuzzer's log says (`log`).

mod log;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::progress::{Progress, seconds};
use crate::workspace;
use log::Stats;

/// What to look at, and for how long.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The target; without one, all of them
    target: Option<String>,
    /// How long to look at each target; what reaches new code is kept in target/fuzz/corpus for the next time
    #[arg(long, conflicts_with = "runs")]
    seconds: Option<u64>,
    /// How many inputs to try [default: as many as take a minute for all targets together]
    #[arg(long)]
    runs: Option<u32>,
    /// How many targets to look at side by side [default: as many as there are processors]
    #[arg(long)]
    jobs: Option<usize>,
    /// Tries this input alone
    #[arg(long, value_name = "FILE", requires = "target", conflicts_with_all = ["seconds", "runs"])]
    input: Option<PathBuf>,
    /// Real documents to begin with, with --seconds [default: ../shared/corpus where it is there]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
}

/// Passes and options of LLVM that count edges and look at comparisons: those that cargo-fuzz sets
const COVERAGE: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg",
    "fuzzing",
];
/// What one input and one process may take; the seed makes two runs of one build alike
const LIMITS: &[&str] =
    &["-timeout=20", "-rss_limit_mb=3072", "-max_len=8192", "-seed=20251121", "-print_final_stats=1"];

/// Runs what is asked for.
pub(crate) fn run(arguments: &Arguments, progress: &Progress) -> Result<ExitCode> {
    let fuzzer = Fuzzer::build(progress)?;
    if let (Some(target), Some(input)) = (&arguments.target, &arguments.input) {
        let status = fuzzer.command(target).arg(input).status().context("the fuzzer cannot be run")?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let beside = workspace::root().join("../shared/corpus");
    let corpus = arguments.corpus.clone().or_else(|| beside.is_dir().then_some(beside));
    let mut targets = fuzzer.seeds(corpus.filter(|_| arguments.seconds.is_some()).as_deref())?;
    if let Some(name) = &arguments.target {
        targets.retain(|target| target.name == *name);
        ensure!(!targets.is_empty(), "`{name}` is no target: there is no tests/fuzz/src/targets/{name}.rs");
    }
    for target in &mut targets {
        target.bound = match (arguments.seconds, arguments.runs) {
            (Some(seconds), _) => Bound::Seconds(seconds),
            (None, Some(runs)) => Bound::Runs(runs),
            (None, None) => target.bound,
        };
    }
    let broken = fuzzer.all(targets, arguments.jobs, progress)?;
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Target {
    name: String,
    bound: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    Runs(u32),
    Seconds(u64),
}

/// The instrumented program
struct Fuzzer {
    folder: PathBuf,
    program: PathBuf,
}

impl Fuzzer {
    fn build(progress: &Progress) -> Result<Self> {
        progress.step("building the fuzzer (the first time takes minutes)");
        let folder = workspace::root().join("target/fuzz");
        // Build scripts are instrumented too unless a target is named, and then do not link.
        let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let status = cargo()
            .args([
                "build",
                "--quiet",
                "--package=ecs-fuzz",
                "--features=libfuzzer",
                "--bin=ecs-fuzz",
                "--profile=fuzz",
            ])
            .args(["--target", &triple])
            .arg("--target-dir")
            .arg(&folder)
            .env("RUSTFLAGS", COVERAGE.join(" "))
            .status()
            .context("cargo cannot be run")?;
        ensure!(status.success(), "the fuzzer does not build; it needs a C++ compiler (c++) beside Rust");
        let program = folder.join(triple).join("fuzz/ecs-fuzz");
        Ok(Self { folder, program })
    }

    /// Writes what every target begins with; the targets with their bounds
    fn seeds(&self, corpus: Option<&Path>) -> Result<Vec<Target>> {
        let out = self.folder.join("seeds");
        let _ = fs::remove_dir_all(&out);
        let mut command = cargo();
        command.args(["run", "--quiet", "--package=ecs-fuzz", "--bin=ecs-fuzz-seeds", "--"]).arg(workspace::root());
        let output = command.arg(&out).args(corpus).stderr(Stdio::inherit()).output().context("cargo cannot be run")?;
        ensure!(output.status.success(), "the seeds cannot be written");
        let line = |line: &str| {
            let (name, runs) = line.split_once('\t')?;
            Some(Target { name: name.to_owned(), bound: Bound::Runs(runs.parse().ok()?) })
        };
        String::from_utf8(output.stdout)?.lines().map(|l| line(l).context("no target in a line of seeds")).collect()
    }

    fn command(&self, target: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.env("ECS_FUZZ_TARGET", target);
        command
    }

    /// Runs targets side by side and prints what came out; whether one is broken
    fn all(&self, targets: Vec<Target>, jobs: Option<usize>, progress: &Progress) -> Result<bool> {
        let (waiting, done) = (Mutex::new(targets.into_iter()), Mutex::new(Vec::new()));
        let next = || waiting.lock().ok().and_then(|mut targets| targets.next());
        let work = || {
            while let Some(target) = next() {
                let outcome = self.one(&target);
                if let Ok(mut done) = done.lock() {
                    done.push((target.name, outcome));
                }
            }
        };
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let workers = jobs.unwrap_or_else(processors).max(1);
        progress.step(&format!("fuzzing, {workers} targets at once"));
        std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
        let Ok(mut done) = done.into_inner() else { bail!("a worker panicked") };
        done.sort_by(|(a, _), (b, _)| a.cmp(b));
        println!(
            "{:<16} {:>12} {:>8} {:>8} {:>7} {:>7}",
            "target", "executions", "time", "a second", "edges", "inputs"
        );
        let mut broken = false;
        for (name, outcome) in done {
            let Outcome { stats, time, broke } = outcome?;
            let Stats { executions, edges, inputs } = stats;
            let rate = executions as f64 / time.as_secs_f64().max(0.001);
            println!("{name:<16} {executions:>12} {:>8} {rate:>8.0} {edges:>7} {inputs:>7}", seconds(time));
            if let Some(why) = broke {
                broken = true;
                progress.error(&format!("{name} is broken\n{why}"));
            }
        }
        Ok(broken)
    }

    fn one(&self, Target { name, bound }: &Target) -> Result<Outcome> {
        let place = |kind: &str| self.folder.join(kind).join(name);
        let (found, crashes, log) = match bound {
            // What an earlier run found would make this one another.
            Bound::Runs(_) => (place("bounded"), place("crashes"), place("logs")),
            Bound::Seconds(_) => (place("corpus"), place("crashes"), place("logs")),
        };
        if matches!(bound, Bound::Runs(_)) {
            let _ = fs::remove_dir_all(&found);
        }
        for folder in [&found, &crashes, &self.folder.join("logs")] {
            fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let dictionary = self.folder.join("seeds/dictionary");
        let output = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        let started = Instant::now();
        let status = self
            .command(name)
            .args([&found, &place("seeds")])
            .args(LIMITS)
            .arg(match bound {
                Bound::Runs(runs) => format!("-runs={runs}"),
                Bound::Seconds(seconds) => format!("-max_total_time={seconds}"),
            })
            .arg(format!("-dict={}", dictionary.display()))
            .arg(format!("-artifact_prefix={}/", crashes.display()))
            .stdout(Stdio::null())
            .stderr(output)
            .status()
            .with_context(|| format!("{} cannot be run", self.program.display()))?;
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let broke = (!status.success()).then(|| format!("{}\n(all of it: {})", log::reason(&text), log.display()));
        Ok(Outcome { stats: log::stats(&text), time: started.elapsed(), broke })
    }
}

struct Outcome {
    stats: Stats,
    time: Duration,
    /// What libFuzzer says of the input that broke the target
    broke: Option<String>,
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    command
}
