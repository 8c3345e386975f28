//! Building from hack/tools into the cache.
//!
//! One builder at a time (a lock file), each program under a temporary name and then renamed: a program in the cache
//! is always whole, whoever was killed when.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Binary;
use crate::cluster::tied_to_this_process;
use crate::progress::{Progress, seconds};
use crate::workspace;

/// Builds these into the cache, in order; they share most of their packages, so side by side would gain nothing.
pub(super) fn build(missing: &[&Binary], cache: &Path, progress: &Progress) -> Result<()> {
    fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let lock = File::create(cache.join(".lock")).with_context(|| format!("cannot write in {}", cache.display()))?;
    if lock.try_lock().is_err() {
        progress.step("another process builds the test bed's programs: waiting for it");
        lock.lock().context("cannot lock the cache of programs")?;
    }
    let started = Instant::now();
    for (index, binary) in missing.iter().enumerate() {
        if binary.cached(cache).is_file() {
            continue;
        }
        let what = format!("building {} {} ({} of {})", binary.name, binary.version, index + 1, missing.len());
        build_one(binary, cache, &what, progress)?;
    }
    progress.step(&format!("the test bed's programs are in {} ({})", cache.display(), seconds(started.elapsed())));
    Ok(())
}

fn build_one(binary: &Binary, cache: &Path, what: &str, progress: &Progress) -> Result<()> {
    let target = binary.cached(cache);
    let folder = target.parent().unwrap_or(cache);
    // What a killed builder left behind. Its go may still be writing there: a new name keeps out of its way.
    drop(fs::remove_dir_all(folder));
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let temporary = folder.join(format!(".building-{}", std::process::id()));
    let log = folder.join("build.log");
    progress.step(what);
    let started = Instant::now();
    let mut child = go_build(binary, &temporary, &log)?;
    let mut told = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if progress.terminal() {
            progress.transient(&format!("{what}, {}", seconds(started.elapsed())));
        } else if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            progress.step(&format!("{what}, {}", seconds(started.elapsed())));
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    if !status.success() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        bail!("go could not build {} ({status}):\n{}\nRead {}", binary.name, said.trim_end(), log.display());
    }
    fs::rename(&temporary, &target).with_context(|| format!("cannot write {}", target.display()))?;
    progress.step(&format!("built {} in {}", binary.name, seconds(started.elapsed())));
    Ok(())
}

fn go_build(binary: &Binary, output: &Path, log: &Path) -> Result<std::process::Child> {
    let module = workspace::tool_modules().join(binary.module);
    let log = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut go = tied_to_this_process(&go()?);
    go.current_dir(&module)
        .env("CGO_ENABLED", "0")
        // A go.work above the checkout, or -mod=vendor in the environment, must not change what is built.
        .env("GOWORK", "off")
        .args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath"])
        .arg(format!("-ldflags=-s -w {}", binary.stamp))
        .arg(format!("-tags={}", binary.tags))
        .arg("-o")
        .arg(output)
        .arg(binary.package)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    go.spawn().context("cannot start go")
}

fn go() -> Result<PathBuf> {
    let works = Command::new("go").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !works.is_ok_and(|status| status.success()) {
        bail!(
            "the test bed builds its programs with go, and `go version` does not work: install Go 1.26 or later, \
             or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager, \
             kube-scheduler, kubectl and kwok"
        );
    }
    Ok(PathBuf::from("go"))
}
