//! The lookup: candidates in order, the first that exists and whose version fits wins.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::{Binary, Found, Version};

/// A place where programs are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// $KUBEBUILDER_ASSETS
    Assets,
    /// A folder of PATH
    Path,
    /// The per-user cache, filled from hack/tools
    Cache,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Assets => "KUBEBUILDER_ASSETS",
            Self::Path => "PATH",
            Self::Cache => "cache",
        })
    }
}

/// The program that will do, if there is one already.
pub(super) fn find(binary: &Binary, cache: &Path) -> Option<Found> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS");
    let path = std::env::var_os("PATH");
    let candidates = candidates(binary, assets.as_deref(), path.as_deref(), cache);
    choose(binary, candidates, Path::is_file, |path| ask(binary, path))
}

fn candidates(binary: &Binary, assets: Option<&OsStr>, path: Option<&OsStr>, cache: &Path) -> Vec<(Origin, PathBuf)> {
    let assets =
        assets.filter(|folder| !folder.is_empty()).map(|folder| (Origin::Assets, Path::new(folder).join(binary.name)));
    let path = path.into_iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute());
    let path = path.map(|folder| (Origin::Path, folder.join(binary.name)));
    assets.into_iter().chain(path).chain([(Origin::Cache, binary.cached(cache))]).collect()
}

fn choose(
    binary: &Binary,
    candidates: Vec<(Origin, PathBuf)>,
    exists: impl Fn(&Path) -> bool,
    ask: impl Fn(&Path) -> Option<Version>,
) -> Option<Found> {
    candidates.into_iter().filter(|(_, path)| exists(path)).find_map(|(origin, path)| {
        // The cache's folders carry the version in their name, and asking costs a tenth of a second each.
        let version = if origin == Origin::Cache { binary.version } else { ask(&path)? };
        let fits = binary.accepts(version);
        fits.then(|| Found { path, version: version.to_string(), origin })
    })
}

fn ask(binary: &Binary, path: &Path) -> Option<Version> {
    let answer = Command::new(path).args(binary.ask_version).stdin(Stdio::null()).output().ok()?;
    Version::first_in(&String::from_utf8_lossy(&answer.stdout))
}

#[cfg(test)]
mod tests {
    use super::super::ALL;
    use super::*;

    fn check(name: &str, present: &[(&str, &str)], expected: Option<(Origin, &str)>) {
        let chosen = ALL.iter().find(|binary| binary.name == name).and_then(|binary| {
            let candidates =
                candidates(binary, Some("/assets".as_ref()), Some("/a:bin:/b".as_ref()), "/cache".as_ref());
            let version =
                |path: &Path| present.iter().find(|(place, _)| Path::new(place) == path).map(|(_, version)| *version);
            choose(binary, candidates, |path| version(path).is_some(), |path| version(path).and_then(Version::first_in))
        });
        let chosen = chosen.map(|found| (found.origin, found.path));
        assert_eq!(chosen, expected.map(|(origin, path)| (origin, path.into())), "{name} among {present:?}");
    }

    #[test]
    fn assets_come_before_path_and_path_before_the_cache() {
        let all = [("/assets/etcd", "3.6.1"), ("/a/etcd", "3.6.2"), ("/cache/etcd-3.6.16/etcd", "3.6.16")];
        check("etcd", &all, Some((Origin::Assets, "/assets/etcd")));
        check("etcd", &all[1..], Some((Origin::Path, "/a/etcd")));
        check("etcd", &all[2..], Some((Origin::Cache, "/cache/etcd-3.6.16/etcd")));
        check("etcd", &[], None);
    }

    #[test]
    fn a_server_of_another_minor_is_passed_over() {
        check("etcd", &[("/a/etcd", "3.4.23"), ("/b/etcd", "3.6.0")], Some((Origin::Path, "/b/etcd")));
        check("kube-apiserver", &[("/assets/kube-apiserver", "Kubernetes v1.35.0")], None);
    }

    #[test]
    fn kubectl_from_1_30_on_will_do() {
        check("kubectl", &[("/a/kubectl", "Client Version: v1.29.9")], None);
        check("kubectl", &[("/a/kubectl", "Client Version: v1.30.0")], Some((Origin::Path, "/a/kubectl")));
    }

    #[test]
    fn a_program_that_does_not_tell_its_version_is_passed_over() {
        check("kwok", &[("/a/kwok", "illegal instruction")], None);
    }

    #[test]
    fn relative_folders_of_path_are_not_searched() {
        check("kwok", &[("bin/kwok", "v0.8.0")], None);
    }
}
