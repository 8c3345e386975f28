//! The way to the API server: KUBECONFIG, or the ServiceAccount of the pod that we run in.

use kube::client::ClientBuilder;
use kube::config::{InferConfigError, KubeConfigOptions};
use kube::{Client, Config};

use crate::gate::Gate;

/// Why no client could be made
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Neither a kubeconfig nor a pod's ServiceAccount
    #[error("no cluster is configured; set KUBECONFIG, or run in a pod with a ServiceAccount")]
    NoCluster(#[from] InferConfigError),
    /// The kubeconfig cannot be used
    #[error("the kubeconfig cannot be used")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// The client cannot be made
    #[error("the client cannot be made")]
    Client(#[from] kube::Error),
}

/// An API server that can be spoken to
#[derive(Clone, Debug)]
pub struct Cluster(Config);

impl Cluster {
    /// Finds the cluster; `context` chooses a context of the kubeconfig
    ///
    /// # Errors
    ///
    /// Where nothing is configured, or what is configured cannot be used.
    pub async fn find(context: Option<String>) -> Result<Self, ConnectError> {
        let Some(context) = context else { return Ok(Self(Config::infer().await?)) };
        let options = KubeConfigOptions { context: Some(context), ..KubeConfigOptions::default() };
        Ok(Self(Config::from_kubeconfig(&options).await?))
    }

    /// The cluster of a configuration that was read
    pub(crate) fn of(config: Config) -> Self {
        Self(config)
    }

    /// The namespace of the context, or of the pod that we run in
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.0.default_namespace
    }

    /// A client whose requests pass this gate
    ///
    /// # Errors
    ///
    /// Where what is configured cannot be used.
    pub fn client(&self, gate: &Gate) -> Result<Client, ConnectError> {
        Ok(ClientBuilder::try_from(self.0.clone())?.with_layer(gate).build())
    }
}

/// A client for a program that a person runs: no election, no gate
///
/// # Errors
///
/// As [`Cluster::find`].
pub async fn connect(context: Option<String>) -> Result<Client, ConnectError> {
    Cluster::find(context).await?.client(&Gate::open())
}
