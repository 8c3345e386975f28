//! `status` and `env`: what is known of a cluster, for people and for shells.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::instance::{Instance, State};
use super::lifecycle::unhealthy;

/// Prints what runs; the exit code says whether all of it does.
pub(super) fn status(instance: &Instance) -> ExitCode {
    let Some(state) = instance.load() else {
        println!(
            "cluster {}: not running (`cargo xtask cluster up --name {}` starts it)",
            instance.name, instance.name
        );
        return ExitCode::FAILURE;
    };
    let trouble = unhealthy(instance, &state);
    let since = state.since.strftime("%F %T UTC");
    match &trouble {
        None => println!("cluster {}: healthy, since {since}", instance.name),
        Some(why) => println!("cluster {}: NOT healthy, begun {since}: {why}", instance.name),
    }
    let owner = state.owner.map(|owner| format!(", ends with process {}", owner.pid)).unwrap_or_default();
    println!("  supervisor  pid {}{owner}", state.supervisor.pid);
    println!("  kubeconfig  {}", instance.kubeconfig().display());
    println!("  audit log   {}", instance.audit_log().display());
    println!("  ports       {}", ports(&state));
    for (name, found) in state.binaries.iter() {
        let part = state.parts.iter().find(|part| part.name == name);
        let process = match part {
            Some(part) if part.process.alive() => format!("pid {}", part.process.pid),
            Some(_) => "ended".to_owned(),
            None if name == "kubectl" => String::new(),
            None => "not started".to_owned(),
        };
        println!("  {name:<24}{:<8} {process:<12} {} ({})", found.version, found.path.display(), found.origin);
    }
    if trouble.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
    println!("export KUBECONFIG={}", quoted(&instance.kubeconfig()));
    println!("export ECS_TESTBED_AUDIT_LOG={}", quoted(&instance.audit_log()));
    println!("export ECS_TESTBED_KUBECTL={}", quoted(kubectl));
    println!("export ECS_TESTBED_LOGS={}", quoted(&instance.path("log")));
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| Some(folder.as_path()) == kubectl.parent()));
    if let (false, Some(folder)) = (on_path, kubectl.parent()) {
        println!("export PATH={}:\"$PATH\"", quoted(folder));
    }
    Ok(ExitCode::SUCCESS)
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
