//! Every state that the tasks of a namespace pass through.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::runtime::watcher::{Config, Event, watcher};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::story::Story;

/// How many tasks there were at one moment
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Tasks whose containers are all healthy
    pub(crate) healthy: usize,
    /// Tasks that are RUNNING or PENDING
    pub(crate) alive: usize,
}

/// A watch over the tasks
pub(crate) struct Moments {
    seen: Arc<Mutex<Vec<Moment>>>,
    task: JoinHandle<()>,
}

impl Story {
    /// Begins to watch the tasks; the first moment is now
    pub(crate) async fn moments(&self) -> Moments {
        let seen: Arc<Mutex<Vec<Moment>>> = Arc::default();
        let (begun, begins) = oneshot::channel();
        let mut begun = Some(begun);
        let (pods, written) = (self.api::<Pod>(), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            let mut there: BTreeMap<String, Moment> = BTreeMap::new();
            let mut events = watcher(pods, Config::default()).boxed();
            while let Some(event) = events.next().await {
                match event.unwrap() {
                    Event::Init => there.clear(),
                    Event::InitApply(pod) => {
                        there.insert(pod.name_any(), moment(&pod));
                        continue;
                    }
                    Event::Apply(pod) => drop(there.insert(pod.name_any(), moment(&pod))),
                    Event::Delete(pod) => drop(there.remove(&pod.name_any())),
                    Event::InitDone => drop(begun.take().map(|b| b.send(()))),
                }
                let sum = |part: fn(&Moment) -> usize| there.values().map(part).sum();
                if begun.is_none() {
                    written.lock().unwrap().push(Moment { healthy: sum(|m| m.healthy), alive: sum(|m| m.alive) });
                }
            }
        });
        begins.await.unwrap();
        Moments { seen, task }
    }
}

impl Moments {
    /// Every moment until now
    pub(crate) fn end(self) -> Vec<Moment> {
        self.task.abort();
        self.seen.lock().unwrap().clone()
    }
}

fn moment(pod: &Pod) -> Moment {
    let status = pod.status.clone().unwrap_or_default();
    let stopping = pod.metadata.deletion_timestamp.is_some();
    let stopped = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let ready = status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
    Moment { healthy: usize::from(ready && !stopping), alive: usize::from(!stopping && !stopped) }
}
