//! The figures of this process, as Prometheus reads them.
//!
//! What happens is counted when it happens; what there is (services, schedules, findings, the queue) is read from the caches
//! when somebody asks, so it costs nothing in between and never disagrees with them.
//!
//! *Not here*: how they are served (`listen`).

mod there;

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use ecs_core::plan::ChildKind;
use ecs_kube::{Answered, Leadership, Listener, Written};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::key::Key;
use crate::queue::Next;
use crate::world::World;
use there::There;

/// What every figure of the operator itself begins with
const PREFIX: &str = "ecs_operator";

/// The figures of one process; clones share them
#[derive(Clone, Default)]
pub struct Metrics(Arc<Figures>);

struct Figures {
    looks: Family<Looked, Counter>,
    look_seconds: Family<OfKind, Histogram, fn() -> Histogram>,
    writes: Family<Wrote, Counter>,
    requests: Family<Asked, Counter>,
    request_seconds: Family<Verb, Histogram, fn() -> Histogram>,
    /// What is looked after, once there is something to look at
    world: OnceLock<Weak<World>>,
}

impl Default for Figures {
    fn default() -> Self {
        // From a tenth of a millisecond, which a look without a request takes, to a quarter of a minute
        let seconds = || Histogram::new(exponential_buckets(0.0001, 4.0, 10));
        Self {
            looks: Family::default(),
            look_seconds: Family::new_with_constructor(seconds),
            writes: Family::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            world: OnceLock::new(),
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// A look at an object of a kind, and what came of it
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Looked {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// A write of what is made for an object
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Wrote {
    kind: &'static str,
    action: &'static str,
}

/// A request, and the HTTP status of its answer; 0 where none came
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    verb: String,
    code: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Verb {
    verb: String,
}

impl Metrics {
    /// Told of every request to the API server
    #[must_use]
    pub fn listener(&self) -> Listener {
        let figures = Arc::clone(&self.0);
        Arc::new(move |Answered { verb, code, took }| {
            let verb = verb.to_owned();
            figures.requests.get_or_create(&Asked { verb: verb.clone(), code: code.unwrap_or_default() }).inc();
            figures.request_seconds.get_or_create(&Verb { verb }).observe(took.as_secs_f64());
        })
    }

    /// What is looked after from now on
    pub(crate) fn watch(&self, world: &Arc<World>) {
        // A process looks after one world; a second one would be shown under the first one's name.
        let _ = self.0.world.set(Arc::downgrade(world));
    }

    /// Whether every kind is listed: before that, this replica could not take over
    pub(crate) fn ready(&self) -> bool {
        self.0.world().is_some_and(|world| world.caches.ready())
    }

    /// Takes in a look at an object
    pub(crate) fn looked(&self, key: &Key, next: Next, took: Duration) {
        let kind = key.kind();
        let outcome = match next {
            Next::Settled => "settled",
            Next::After(_) => "again",
            Next::Failed => "failed",
        };
        self.0.looks.get_or_create(&Looked { kind, outcome }).inc();
        self.0.look_seconds.get_or_create(&OfKind { kind }).observe(took.as_secs_f64());
    }

    /// Takes in what a step did
    pub(crate) fn wrote(&self, written: &Written) {
        let (kind, action) = match written {
            Written::Applied(kind, _) => (*kind, "apply"),
            Written::Known(..) => return,
            Written::Stopping(_) => (ChildKind::Pod, "replace"),
            Written::Scaled(service, _) => (service.kind, "scale"),
            Written::Deleted(gone) => (gone.kind, "delete"),
        };
        self.0.writes.get_or_create(&Wrote { kind: kind.kind(), action }).inc();
    }

    /// All figures, in the text format of OpenMetrics
    ///
    /// # Errors
    ///
    /// Where they cannot be written, which is a bug.
    pub(crate) fn text(&self, leadership: &Leadership) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry(leadership))?;
        Ok(text)
    }

    fn registry(&self, leadership: &Leadership) -> Registry {
        let mut registry = Registry::default();
        let own = registry.sub_registry_with_prefix(PREFIX);
        let Figures { looks, look_seconds, writes, requests, request_seconds, world: _ } = &*self.0;
        own.register("build", "The version that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        own.register("looks", "Looks at objects, by what came of them", looks.clone());
        own.register("look_seconds", "How long a look takes", look_seconds.clone());
        own.register("child_writes", "Writes of what is made for an object", writes.clone());
        own.register("api_requests", "Requests to the API server; code 0: no answer", requests.clone());
        own.register("api_request_seconds", "How long an answer takes to begin", request_seconds.clone());
        registry.register_collector(Box::new(There { world: self.0.world(), leads: leadership.holds() }));
        registry
    }
}

impl Figures {
    fn world(&self) -> Option<Arc<World>> {
        self.world.get().and_then(Weak::upgrade)
    }
}
