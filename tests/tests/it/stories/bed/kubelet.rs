//! The part of a kubelet, where a story wants to play it: pods of the image `kwok-pending`, which are left alone.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{Config, watcher};
use serde_json::{Value, json};

use super::story::Story;
use super::wait::DEADLINE;

impl Story {
    /// Awaits this many pods that are bound to nodes; their names
    pub(crate) async fn bound(&self, count: usize) -> Vec<String> {
        let mut names = BTreeSet::new();
        let mut pods = watcher(self.api::<Pod>(), Config::default()).applied_objects().boxed();
        while names.len() < count {
            let next = tokio::time::timeout(DEADLINE, pods.next()).await;
            let pod = next.unwrap_or_else(|_| panic!("only {names:?} are bound to nodes")).unwrap().unwrap();
            if pod.spec.as_ref().is_some_and(|s| s.node_name.is_some()) {
                names.insert(pod.name_any());
            }
        }
        names.into_iter().collect()
    }

    /// Says of a pod what a kubelet would: of each container its exit code, or that it runs
    pub(crate) async fn kubelet_says(&self, pod: &str, phase: &str, containers: &[(&str, Option<i32>)]) {
        let now = Timestamp::now();
        let container = |(name, exit): &(&str, Option<i32>)| {
            let state = match exit {
                None => json!({"running": {"startedAt": now}}),
                Some(code) => {
                    json!({"terminated": {"exitCode": code, "reason": "Error", "startedAt": now, "finishedAt": now}})
                }
            };
            json!({"name": name, "image": "i", "imageID": "i", "ready": exit.is_none(), "restartCount": 0, "state": state})
        };
        let statuses: Vec<Value> = containers.iter().map(container).collect();
        let patch = json!({"status": {"phase": phase, "startTime": now, "containerStatuses": statuses}});
        self.api::<Pod>().patch_status(pod, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }
}
