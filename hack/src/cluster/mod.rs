//! `cargo xtask cluster`: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok on loopback.
//!
//! ```text
//! up ── spawns ──> supervise (own session) ──> etcd, kube-apiserver, …   each dies with the supervisor
//!    <── ready ──            └── watches: a `stop` file, the owner, `up` until ready, every part
//! ```
//!
//! Real: the API, its admission, RBAC, controllers and scheduling. Simulated: the nodes and what kubelets would say
//! of pods (stages/), but for one real node where it is asked for ([`real_node`]). A cluster lives in target/cluster/NAME and leaves nothing behind when it goes.

mod credentials;
mod instance;
mod lifecycle;
mod nodes;
mod parts;
mod process;
pub(crate) mod real_node;
mod report;
mod supervise;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use self::instance::{Instance, Name};
pub(crate) use self::lifecycle::{Cluster, UpOptions, up};
pub(crate) use self::parts::Pace;
pub(crate) use self::process::{exec_with_parent, tied_to_this_process};
pub(crate) use self::report::answer;
use crate::progress::Progress;

/// What to do with a cluster.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Brings it up, or finds it up; the last line on stdout is the path of its kubeconfig
    Up {
        /// Clusters of different names stand side by side
        #[arg(long, default_value = "dev")]
        name: Name,
        /// Ends the cluster when this process ends
        #[arg(long, value_name = "PID")]
        owner_pid: Option<u32>,
        /// Joins a node that runs containers, beside the simulated ones; takes root, and installs what it needs.
        /// Exit code 3 when this machine cannot
        #[arg(long)]
        real_node: bool,
    },
    /// Ends it and removes its directory
    Down {
        /// Which one
        #[arg(long, default_value = "dev", conflicts_with = "all")]
        name: Name,
        /// Every cluster of this checkout
        #[arg(long)]
        all: bool,
    },
    /// Stops the API server until `resume`: connections stay, and nothing answers
    Pause {
        /// Which one
        #[arg(long, default_value = "dev")]
        name: Name,
    },
    /// Has a paused API server go on
    Resume {
        /// Which one
        #[arg(long, default_value = "dev")]
        name: Name,
    },
    /// Says what runs; exit code 0 when healthy, 1 when not
    Status {
        /// Which one
        #[arg(long, default_value = "dev")]
        name: Name,
    },
    /// Prints exports for a shell: eval "$(cargo xtask cluster env)"
    Env {
        /// Which one
        #[arg(long, default_value = "dev")]
        name: Name,
    },
    /// Holds a cluster (started by `up`)
    #[command(hide = true)]
    Supervise,
    /// Is the real node of the cluster in a folder (started by the supervisor)
    #[command(hide = true)]
    RealNode {
        /// The cluster's folder
        folder: PathBuf,
    },
    /// Removes a real node's cgroups once stdin ends (started by the supervisor)
    #[command(hide = true)]
    Sweep {
        /// Which cluster's
        #[arg(long)]
        name: Name,
    },
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, progress: &Progress) -> Result<ExitCode> {
        match self {
            Self::Up { name, owner_pid: owner, real_node } => {
                let options = UpOptions { name, owner, fresh: false, pace: Pace::Lively, real_node };
                let cluster = up(&options, progress)?;
                report::answer(&cluster.kubeconfig.display().to_string());
                Ok(ExitCode::SUCCESS)
            }
            Self::Down { name, all } => {
                let instances = if all { Instance::all()? } else { vec![Instance::new(name)] };
                for instance in instances {
                    let existed = lifecycle::down(&instance)?;
                    let what = if existed { "is down" } else { "was not up" };
                    progress.step(&format!("cluster {} {what}", instance.name));
                }
                Ok(ExitCode::SUCCESS)
            }
            Self::Pause { name } => lifecycle::pause(&Instance::new(name), true).map(|()| ExitCode::SUCCESS),
            Self::Resume { name } => lifecycle::pause(&Instance::new(name), false).map(|()| ExitCode::SUCCESS),
            Self::Status { name } => Ok(report::status(&Instance::new(name))),
            Self::Env { name } => report::env(&Instance::new(name)),
            Self::Supervise => supervise::supervise().map(|()| ExitCode::SUCCESS),
            Self::RealNode { folder } => real_node::run(&folder),
            Self::Sweep { name } => real_node::sweep(&name).map(|()| ExitCode::SUCCESS),
        }
    }
}

/// Whether a cluster of this name is up and belongs to a process that still runs.
pub(crate) fn owned(name: &Name) -> bool {
    let state = Instance::new(name.clone()).load();
    state.is_some_and(|state| state.supervisor.alive() && state.owner.is_some_and(process::ProcessId::alive))
}
