//! The way to the API server: KUBECONFIG, or the ServiceAccount of the pod that we run in.

use kube::config::{InferConfigError, KubeConfigOptions};
use kube::{Client, Config};

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

/// Makes a client; `context` chooses a context of the kubeconfig
///
/// # Errors
///
/// Where nothing is configured, or what is configured cannot be used.
pub async fn connect(context: Option<String>) -> Result<Client, ConnectError> {
    let config = match context {
        Some(context) => {
            let options = KubeConfigOptions { context: Some(context), ..KubeConfigOptions::default() };
            Config::from_kubeconfig(&options).await?
        }
        None => Config::infer().await?,
    };
    Ok(Client::try_from(config)?)
}
