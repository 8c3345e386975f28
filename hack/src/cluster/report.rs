//! `status` and `env`: what is known of a cluster, for people and for shells.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::instance::{Instance, State};
use super::lifecycle::unhealthy;
use super::real_node;
use crate::binaries;

/// Prints what runs; the exit code says whether all of it does.
pub(super) fn status(instance: &Instance) -> ExitCode {
    let Some(state) = instance.load() else {
        let name = &instance.name;
        answer(&format!("cluster {name}: not running (`cargo xtask cluster up --name {name}` starts it)"));
        return ExitCode::FAILURE;
    };
    let trouble = unhealthy(instance, &state);
    answer(&describe(instance, &state, trouble.as_deref()));
    if trouble.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn describe(instance: &Instance, state: &State, trouble: Option<&str>) -> String {
    let since = state.since.strftime("%F %T UTC");
    let head = match trouble {
        None => format!("cluster {}: healthy, since {since}", instance.name),
        Some(why) => format!("cluster {}: NOT healthy, begun {since}: {why}", instance.name),
    };
    let owner = state.owner.map(|owner| format!(", ends with process {}", owner.pid)).unwrap_or_default();
    let mut lines = vec![
        head,
        format!("  supervisor  pid {}{owner}", state.supervisor.pid),
        format!("  kubeconfig  {}", instance.kubeconfig().display()),
        format!("  audit log   {}", instance.audit_log().display()),
        format!("  ports       {}", ports(state)),
    ];
    for (name, found) in state.binaries.iter() {
        let process = match state.parts.iter().find(|part| part.name == name) {
            Some(part) if part.process.alive() => format!("pid {}", part.process.pid),
            Some(_) => "ended".to_owned(),
            None if name == "kubectl" => String::new(),
            None if binaries::of_real_node(name) => format!("in {}", real_node::NAME),
            None => "not started".to_owned(),
        };
        let (version, path, origin) = (&found.version, found.path.display(), found.origin);
        lines.push(format!("  {name:<24}{version:<8} {process:<12} {path} ({origin})"));
    }
    for part in state.parts.iter().filter(|part| state.binaries.path(&part.name).is_err()) {
        let process = if part.process.alive() { format!("pid {}", part.process.pid) } else { "ended".to_owned() };
        lines.push(format!("  {:<24}{:<8} {process}", part.name, ""));
    }
    lines.join("\n")
}

fn ports(state: &State) -> String {
    let ports = state.ports;
    format!("kube-apiserver {}, etcd {}, etcd peer {}; all on 127.0.0.1", ports.apiserver, ports.etcd, ports.etcd_peer)
}

/// Prints exports for a shell: `eval "$(cargo xtask cluster env)"`.
pub(super) fn env(instance: &Instance) -> Result<ExitCode> {
    let Some(state) = instance.load().filter(|state| state.ready && state.supervisor.alive()) else {
        bail!(
            "cluster {} does not run: start it with `cargo xtask cluster up --name {}`",
            instance.name,
            instance.name
        );
    };
    let kubectl = state.binaries.path("kubectl")?;
    let mut exports = vec![
        format!("export KUBECONFIG={}", quoted(&instance.kubeconfig())),
        format!("export ECS_TESTBED_AUDIT_LOG={}", quoted(&instance.audit_log())),
        format!("export ECS_TESTBED_KUBECTL={}", quoted(kubectl)),
        format!("export ECS_TESTBED_LOGS={}", quoted(&instance.path("log"))),
    ];
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| Some(folder.as_path()) == kubectl.parent()));
    if let (false, Some(folder)) = (on_path, kubectl.parent()) {
        exports.push(format!("export PATH={}:\"$PATH\"", quoted(folder)));
    }
    answer(&exports.join("\n"));
    Ok(ExitCode::SUCCESS)
}

/// Writes to stdout. That nobody reads to the end (`… | head -1`) is no failure.
pub(crate) fn answer(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_path_back_as_it_is() {
        assert_eq!(quoted("/a b/$c".as_ref()), "'/a b/$c'");
        assert_eq!(quoted("/it's".as_ref()), r"'/it'\''s'");
    }
}
