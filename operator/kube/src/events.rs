//! Kubernetes events about objects of ours. Equal ones within some minutes become one series.

use ecs_core::names::MANAGER;
use ecs_core::report::Event;
use kube::runtime::events::{Event as Published, EventType, Recorder, Reporter};
use kube::{Client, Resource};

/// The longest note that the API server takes, in bytes
const NOTE_MAX: usize = 1024;
/// The longest reason that the API server takes, in bytes
const REASON_MAX: usize = 128;

/// Publishes events
#[derive(Clone)]
pub struct Events {
    recorder: Recorder,
}

impl Events {
    /// Publishes by this client; `instance` tells one replica from another
    #[must_use]
    pub fn new(client: Client, instance: Option<String>) -> Self {
        let reporter = Reporter { controller: MANAGER.to_owned(), instance };
        Self { recorder: Recorder::new(client, reporter) }
    }

    /// Publishes one event about an object. An event that cannot be published is logged and given up: status tells the truth
    pub async fn publish<K: Resource<DynamicType = ()>>(&self, object: &K, event: &Event) {
        let published = Published {
            type_: if event.warning { EventType::Warning } else { EventType::Normal },
            reason: truncated(&event.reason, REASON_MAX),
            note: Some(truncated(&event.note, NOTE_MAX)),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&published, &object.object_ref(&())).await {
            tracing::debug!(%error, reason = event.reason, "an event could not be published");
        }
    }
}

fn truncated(text: &str, max: usize) -> String {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
