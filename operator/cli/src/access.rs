//! The way to a cluster, as every plugin of kubectl takes it.

use std::path::PathBuf;

use ecs_kube::{Access, Session};

/// Which cluster, and which namespace of it
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AccessArgs {
    /// The kubeconfig file [default: as kubectl finds it]
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    pub(crate) context: Option<String>,
    /// The namespace [default: that of the context]
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Cluster")]
    pub(crate) namespace: Option<String>,
}

impl AccessArgs {
    /// Connects
    pub(crate) async fn open(&self) -> anyhow::Result<Session> {
        let Self { kubeconfig, context, namespace } = self.clone();
        Ok(Session::open(Access { kubeconfig, context, namespace }).await?)
    }
}

/// Runs what speaks to a cluster, on this thread
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
