//! Waiting for what a watch shows, with a deadline and a word about what is there instead.

use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{Api, PostParams};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::wait::await_condition;
use kube::runtime::watcher::{Config, watcher};

use serde_json::json;

use super::story::{Object, Story};

/// How long anything may take
pub(super) const DEADLINE: Duration = Duration::from_secs(90);

impl Story {
    /// Awaits that an object is as `holds` says
    pub(crate) async fn wait<K: Object>(&self, name: &str, what: &str, holds: impl Fn(&K) -> bool) -> K {
        let met = await_condition(self.api::<K>(), name, |object: Option<&K>| object.is_some_and(&holds));
        match tokio::time::timeout(DEADLINE, met).await {
            Ok(found) => found.unwrap().unwrap(),
            Err(_) => self.gave_up::<K>(name, what).await,
        }
    }

    /// Awaits that some pod is as `holds` says
    pub(crate) async fn wait_any(&self, what: &str, holds: impl Fn(&Pod) -> bool) -> Pod {
        let mut changes = watcher(self.api::<Pod>(), Config::default()).applied_objects().boxed();
        let met = async {
            while let Some(pod) = changes.next().await {
                if let Some(pod) = pod.ok().filter(&holds) {
                    return pod;
                }
            }
            panic!("the watch of pods has ended")
        };
        match tokio::time::timeout(DEADLINE, met).await {
            Ok(found) => found,
            Err(_) => panic!(
                "{}: after {DEADLINE:?} no pod {what}; there are {:?}",
                self.namespace,
                self.names::<Pod>().await
            ),
        }
    }

    /// Awaits that an object is gone
    pub(crate) async fn gone<K: Object>(&self, name: &str) {
        self.gone_where(name, |_: &K| true).await;
    }

    /// Awaits that no object of this name is one that `holds` means: another may have taken its place
    pub(crate) async fn gone_where<K: Object>(&self, name: &str, holds: impl Fn(&K) -> bool) {
        let gone = await_condition(self.api::<K>(), name, |object: Option<&K>| !object.is_some_and(&holds));
        if tokio::time::timeout(DEADLINE, gone).await.is_err() {
            self.gave_up::<K>(name, "is gone").await;
        }
    }

    /// Awaits the API server's next second, by which objects are older or younger
    pub(crate) async fn a_second_later(&self) {
        let maps: Api<ConfigMap> = self.api();
        let wish = serde_json::from_value(json!({"metadata": {"name": "what-time-is-it"}})).unwrap();
        let dry_run = PostParams { dry_run: true, ..PostParams::default() };
        let time = async || maps.create(&dry_run, &wish).await.unwrap().metadata.creation_timestamp;
        let now = time().await;
        while time().await == now {}
    }

    async fn gave_up<K: Object>(&self, name: &str, what: &str) -> K {
        let mut there = serde_json::to_value(self.api::<K>().get_opt(name).await.unwrap()).unwrap();
        there["metadata"]["managedFields"].take();
        let kind = K::kind(&());
        panic!("{kind} {}/{name}: after {DEADLINE:?} it is not true that it {what}; it is {there:#}", self.namespace)
    }
}

/// The status of a condition; empty where there is none
pub(crate) fn condition<'a>(conditions: &'a [Condition], kind: &str) -> &'a str {
    conditions.iter().find(|c| c.type_ == kind).map_or("", |c| &c.status)
}

/// The reason of a condition; empty where there is none
pub(crate) fn reason<'a>(conditions: &'a [Condition], kind: &str) -> &'a str {
    conditions.iter().find(|c| c.type_ == kind).map_or("", |c| &c.reason)
}
