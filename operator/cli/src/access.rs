//! The way to a cluster, as every plugin of kubectl takes it.

use std::path::PathBuf;

use ecs_kube::{Access, ApiError, Session};
use serde::Serialize;
use serde_json::Value;

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

/// What a server says of a request that it refuses; every other error is the caller's
pub(crate) fn refusal<T>(answer: Result<T, ApiError>) -> anyhow::Result<Result<T, String>> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(ApiError::Api(status)) if matches!(status.code, 400 | 409 | 422) => Ok(Err(status.message)),
        Err(error) => Err(error.into()),
    }
}

/// An object as a file would hold it: without what only servers write
pub(crate) fn object_alone(object: &impl Serialize) -> anyhow::Result<Value> {
    let mut object = serde_json::to_value(object)?;
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if let Some(members) = object.as_object_mut()
        && members.get("status").is_some_and(Value::is_null)
    {
        members.remove("status");
    }
    Ok(object)
}
