//! The operator under test, in this process: the library, for one namespace, as a user of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ecs_core::config::OperatorConfig;
use ecs_operator::{Options, RunError};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{EnvFilter, Layer};

use super::story::Story;

/// An operator that runs
pub(crate) struct Operator {
    /// As whom it speaks to the API server
    pub(crate) user: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), RunError>>,
}

/// How the operator of a story runs, unless it says otherwise
pub(crate) fn operator_options(story: &Story) -> Options {
    Options {
        namespace: Some(story.namespace.clone()),
        config: OperatorConfig::default(),
        capabilities: None,
        resync: Duration::from_secs(600),
        instance: None,
        clock: ecs_operator::Clock::default(),
        leadership: ecs_operator::Leadership::always(),
        metrics: ecs_operator::Metrics::default(),
    }
}

impl Story {
    /// Starts the operator
    pub(crate) async fn operator(&self) -> Operator {
        self.operator_with(operator_options(self)).await
    }

    /// Starts the operator with these options
    pub(crate) async fn operator_with(&self, options: Options) -> Operator {
        let user = format!("operator-of-{}", self.namespace);
        let client = self.cluster.client(Some(&user)).await;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(ecs_operator::run(client, options, async {
            let _ = stopped.await;
        }));
        Operator { user, stop, task }
    }
}

impl Operator {
    /// Stops it, as SIGTERM would, and awaits its end
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap().unwrap();
    }

    /// Ends it at once, whatever it is doing, as SIGKILL would
    pub(crate) fn die(self) {
        self.task.abort();
    }
}

/// How often the operator has looked at each object, by what it logs
#[derive(Clone)]
pub(crate) struct Looks(Arc<watch::Sender<BTreeMap<String, usize>>>);

impl Default for Looks {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(BTreeMap::new())))
    }
}

impl Looks {
    /// Listens to what this thread logs, until the guard goes
    pub(crate) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let shown = EnvFilter::new("info,ecs_operator=debug,ecs_kube=debug");
        let printed = tracing_subscriber::fmt::layer().with_test_writer().with_ansi(false).with_target(false);
        let subscriber = tracing_subscriber::registry().with(shown).with(printed).with(self.clone());
        tracing::subscriber::set_default(subscriber)
    }

    /// Awaits that `enough` holds for the counts of looks
    pub(crate) async fn until(&self, enough: impl Fn(&BTreeMap<String, usize>) -> bool) {
        let mut counts = self.0.subscribe();
        let done = tokio::time::timeout(Duration::from_secs(120), counts.wait_for(|c| enough(c))).await;
        drop(done.unwrap_or_else(|_| panic!("not looked at enough: {:?}", self.0.borrow())).unwrap());
    }

    /// The counts until now
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        self.0.borrow().clone()
    }
}

impl<S: tracing::Subscriber> Layer<S> for Looks {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        if said.message == "looked at" {
            self.0.send_modify(|counts| *counts.entry(said.key).or_default() += 1);
        }
    }
}

#[derive(Default)]
struct Said {
    message: String,
    key: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "key" => self.key = format!("{value:?}"),
            _ => {}
        }
    }
}
