//! Writes what the targets begin with, for `cargo xtask fuzz`: `seeds ROOT OUT [CORPUS]`; prints each target and its runs.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (root, out, corpus) = match &arguments[..] {
        [root, out] => (root, out, None),
        [root, out, corpus] => (root, out, Some(corpus.as_path())),
        _ => {
            eprintln!("usage: seeds ROOT OUT [CORPUS]");
            return ExitCode::from(64);
        }
    };
    if let Err(error) = ecs_fuzz::seeds::write(out, root, corpus) {
        eprintln!("{} cannot be written: {error}", out.display());
        return ExitCode::FAILURE;
    }
    for target in ecs_fuzz::TARGETS {
        println!("{}\t{}", target.name, target.runs);
    }
    ExitCode::SUCCESS
}
