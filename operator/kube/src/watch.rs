//! Watches: one per kind, shared by everything that looks at it.

use std::fmt::Debug;
use std::sync::Arc;

use ecs_core::plan::ChildKind;
use ecs_core::plan::scaling::keep_writers_of_count;
use futures::{Stream, StreamExt};
use kube::api::DynamicObject;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watcher};
use kube::{Api, Client};
use serde::de::DeserializeOwned;

use crate::cache::Cache;
use crate::execute::{Object, resource};

/// The objects that one event of a watch touched
pub type Touched<K> = Vec<Arc<K>>;

/// Keeps a cache up to date with a watch, for as long as the stream is polled. Broken watches are made again, with back-off;
/// managed fields are dropped before anything is stored, but who writes the count of a service; `slim` drops more. Every event is passed on, also one that
/// touched nothing: the end of an empty list makes the cache ready
pub fn keep<K, F>(
    api: Api<K>,
    labels: Option<&str>,
    cache: Arc<Cache<K>>,
    slim: F,
) -> impl Stream<Item = Touched<K>> + Send + use<K, F>
where
    K: Object,
    F: Fn(&mut K) + Send + 'static,
{
    follow(api, K::kind(&()).into_owned(), labels, cache, slim)
}

/// [`keep`] for a kind whose objects live in no namespace
pub fn keep_cluster<K, F>(
    api: Api<K>,
    cache: Arc<Cache<K>>,
    slim: F,
) -> impl Stream<Item = Touched<K>> + Send + use<K, F>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static,
    F: Fn(&mut K) + Send + 'static,
{
    follow(api, K::kind(&()).into_owned(), None, cache, slim)
}

/// [`keep`] for a kind that is known by its name only, in one namespace or in all
pub fn keep_kind(
    client: &Client,
    namespace: Option<&str>,
    kind: ChildKind,
    labels: Option<&str>,
    cache: Arc<Cache<DynamicObject>>,
) -> impl Stream<Item = Touched<DynamicObject>> + Send + use<> {
    let resource = resource(kind);
    let api = match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    follow(api, kind.kind().to_owned(), labels, cache, |_| ())
}

fn follow<K, F>(
    api: Api<K>,
    kind: String,
    labels: Option<&str>,
    cache: Arc<Cache<K>>,
    slim: F,
) -> impl Stream<Item = Touched<K>> + Send + use<K, F>
where
    K: kube::Resource + DeserializeOwned + Clone + Debug + Send + Sync + 'static,
    F: Fn(&mut K) + Send + 'static,
{
    let config = labels.map_or_else(watcher::Config::default, |l| watcher::Config::default().labels(l));
    watcher(api, config).default_backoff().map(move |event| match event {
        Ok(event) => cache.observe(event.modify(|object| {
            keep_writers_of_count(object.meta_mut());
            slim(object);
        })),
        Err(error) => {
            tracing::warn!(kind, %error, "the watch broke; it is made again");
            Vec::new()
        }
    })
}
