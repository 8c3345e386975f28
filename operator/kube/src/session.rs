//! What a person's program asks of an API server: once, in one namespace, in the person's own name.
//!
//! *Not here*: caches, and retries but those of a watch. A person sees the error and tries again.

use std::fmt::Debug;
use std::path::PathBuf;

use futures::future::ready;
use futures::{AsyncBufReadExt, Stream, StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, LogParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::Status;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{Config, Error as WatchError, watcher};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connect::{Cluster, ConnectError};
use crate::execute::Object;
use crate::gate::Gate;

/// Who a person's writes are told apart as
const MANAGER: &str = "kubectl-ecs";

/// Which cluster, and which namespace of it; what is not said is as kubectl takes it
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// A kubeconfig file instead of KUBECONFIG's
    pub kubeconfig: Option<PathBuf>,
    /// A context of it
    pub context: Option<String>,
    /// A namespace instead of the context's
    pub namespace: Option<String>,
}

/// A connection
#[derive(Clone)]
pub struct Session {
    client: Client,
    namespace: String,
}

/// Which lines of a container's log
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// The container; none: the pod's only one
    pub container: Option<String>,
    /// Whether to wait for more
    pub follow: bool,
    /// The last so many
    pub tail: Option<i64>,
    /// Those of the last so many seconds
    pub since_seconds: Option<i64>,
}

impl Session {
    /// Connects
    ///
    /// # Errors
    ///
    /// Where nothing is configured, or what is configured cannot be used.
    pub async fn open(access: Access) -> Result<Self, ConnectError> {
        let Access { kubeconfig, context, namespace } = access;
        let cluster = match kubeconfig {
            None => Cluster::find(context).await?,
            Some(file) => {
                let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
                Cluster::of(kube::Config::from_custom_kubeconfig(Kubeconfig::read_from(file)?, &options).await?)
            }
        };
        let namespace = namespace.unwrap_or_else(|| cluster.namespace().to_owned());
        Ok(Self { client: cluster.client(&Gate::open())?, namespace })
    }

    /// The namespace
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    fn api<K: Object>(&self) -> Api<K> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates an object; with `dry_run` the server judges it and keeps nothing
    ///
    /// # Errors
    ///
    /// What the server, or the way to it, answers. As for everything below.
    pub async fn create<K: Object + Serialize>(&self, object: &K, dry_run: bool) -> kube::Result<K> {
        let params = PostParams { dry_run, field_manager: Some(MANAGER.to_owned()) };
        self.api::<K>().create(&params, object).await
    }

    /// An object, where there is one of the name
    ///
    /// # Errors
    ///
    /// As for [`Self::create`].
    pub async fn get<K: Object>(&self, name: &str) -> kube::Result<Option<K>> {
        self.api::<K>().get_opt(name).await
    }

    /// Objects with these labels
    ///
    /// # Errors
    ///
    /// As for [`Self::create`].
    pub async fn list<K: Object>(&self, labels: &str) -> kube::Result<Vec<K>> {
        Ok(self.api::<K>().list(&ListParams::default().labels(labels)).await?.items)
    }

    /// Puts an object in the place of what was read, unless somebody has changed that since; with `dry_run` the server judges it
    /// and keeps nothing
    ///
    /// # Errors
    ///
    /// As for [`Self::create`].
    pub async fn replace<K: Object + Serialize>(&self, object: &K, dry_run: bool) -> kube::Result<K> {
        let name = object.meta().name.clone().unwrap_or_default();
        let params = PostParams { dry_run, field_manager: Some(MANAGER.to_owned()) };
        self.api::<K>().replace(&name, &params, object).await
    }

    /// Merges a patch into an object
    ///
    /// # Errors
    ///
    /// As for [`Self::create`].
    pub async fn merge<K: Object>(&self, name: &str, patch: &Value) -> kube::Result<K> {
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        self.api::<K>().patch(name, &params, &Patch::Merge(patch)).await
    }

    /// Deletes an object
    ///
    /// # Errors
    ///
    /// As for [`Self::create`].
    pub async fn delete<K: Object>(&self, name: &str) -> kube::Result<()> {
        self.api::<K>().delete(name, &DeleteParams::background()).await.map(|_| ())
    }

    /// An object of this name, now and whenever it changes; where the way to the server breaks, it is tried again
    pub fn changes<K>(&self, name: &str) -> impl Stream<Item = kube::runtime::watcher::Result<K>> + Send + use<K>
    where
        K: Object + DeserializeOwned + Debug,
    {
        let config = Config::default().fields(&format!("metadata.name={name}"));
        let changes = watcher(self.api::<K>(), config).default_backoff().applied_objects();
        changes.filter(|change| ready(change.as_ref().err().is_none_or(is_final))).boxed()
    }

    /// The lines of a container's log
    ///
    /// # Errors
    ///
    /// As for [`Self::create`].
    pub async fn log(
        &self,
        pod: &str,
        lines: &Lines,
    ) -> kube::Result<impl Stream<Item = std::io::Result<String>> + Send + use<>> {
        let Lines { container, follow, tail, since_seconds } = lines.clone();
        let params = LogParams { container, follow, tail_lines: tail, since_seconds, ..LogParams::default() };
        let stream = self.api::<Pod>().log_stream(pod, &params).await?;
        Ok(stream.lines().map_err(std::io::Error::from).boxed())
    }
}

/// Whether trying again changes nothing: the server refuses, and not because it is busy or has forgotten where the watch was
fn is_final(error: &WatchError) -> bool {
    let refused = |status: &Status| (400..500).contains(&status.code) && !matches!(status.code, 410 | 429);
    match error {
        WatchError::InitialListFailed(error) | WatchError::WatchStartFailed(error) | WatchError::WatchFailed(error) => {
            matches!(error, kube::Error::Api(status) if refused(status))
        }
        WatchError::WatchError(status) => refused(status),
        WatchError::NoResourceVersion => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_ends_only_where_the_server_refuses_it() {
        for (code, expected) in [(401, true), (403, true), (404, true), (410, false), (429, false), (500, false)] {
            let status = Box::new(Status { code, ..Status::default() });
            assert_eq!(is_final(&WatchError::WatchError(status.clone())), expected, "{code}");
            assert_eq!(is_final(&WatchError::InitialListFailed(kube::Error::Api(status))), expected, "{code}");
        }
    }
}
