//! Where things lie: the workspace, the clusters' directories and the per-user cache.
//!
//! Paths only; nothing here creates or reads a file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the workspace that this xtask was built from.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The folder of the Go modules that pin what the test bed runs.
pub(crate) fn tool_modules() -> PathBuf {
    root().join("hack/tools")
}

/// The folder that holds one directory per cluster. It ignores CARGO_TARGET_DIR: a cluster belongs to the checkout.
pub(crate) fn clusters() -> PathBuf {
    root().join("target/cluster")
}

/// The per-user cache of built binaries.
pub(crate) fn cache() -> Result<PathBuf> {
    cache_of(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME"))
}

fn cache_of(xdg: Option<OsString>, home: Option<OsString>) -> Result<PathBuf> {
    let base = match xdg.map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(path) => path,
        None => home
            .map(PathBuf::from)
            .context("neither XDG_CACHE_HOME nor HOME is set: set one, built binaries are kept there")?
            .join(".cache"),
    };
    Ok(base.join("ecs-operator/testbed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_xdg_cache_home_is_ignored_as_its_specification_says() {
        let cache = |xdg: &str, home: &str| cache_of(Some(xdg.into()), Some(home.into())).ok();
        assert_eq!(cache("/x", "/h"), Some("/x/ecs-operator/testbed".into()));
        assert_eq!(cache("x", "/h"), Some("/h/.cache/ecs-operator/testbed".into()));
        assert_eq!(cache("", "/h"), Some("/h/.cache/ecs-operator/testbed".into()));
        assert!(cache_of(None, None).is_err());
    }
}
