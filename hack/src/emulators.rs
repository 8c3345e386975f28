//! `cargo xtask emulators`: the emulators of AWS that the stories of the sync start, in a virtual environment of the per-user
//! cache.
//!
//! hack/tools/emulators pins them; they come from PyPI by name. Nothing here starts anything.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::cluster::answer;
use crate::workspace;

/// Prints the folder of their programs
pub(crate) fn run() -> Result<ExitCode> {
    let list = workspace::tool_modules().join("emulators/requirements.txt");
    let folder = workspace::cache()?.join("emulators");
    let installed = folder.join("requirements.txt");
    let wanted = std::fs::read(&list).with_context(|| format!("cannot read {}", list.display()))?;
    if std::fs::read(&installed).ok().as_ref() != Some(&wanted) {
        install(&folder, &list)?;
        // Written last: it says that the installation is whole.
        std::fs::write(&installed, &wanted).with_context(|| format!("cannot write {}", installed.display()))?;
    }
    answer(&programs(&folder).display().to_string());
    Ok(ExitCode::SUCCESS)
}

fn programs(folder: &Path) -> PathBuf {
    folder.join("bin")
}

fn install(folder: &Path, list: &Path) -> Result<()> {
    eprintln!("installing the emulators of AWS into {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    succeed(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let pip = programs(folder).join("pip");
    succeed(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(list))
}

/// Runs a command whose output is only of interest where it fails
fn succeed(command: &mut Command) -> Result<()> {
    let name = format!("{:?}", command.get_program());
    let status = command.stdout(Stdio::null()).status().with_context(|| format!("cannot start {name}"))?;
    anyhow::ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}
