//! `run`: detects, watches, and works until it is told to stop.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ecs_core::config::{Capabilities, Context, OperatorConfig};
use ecs_core::names::{MANAGED_BY, MANAGER};
use ecs_core::task_view;
use ecs_crds::EcsCluster;
use ecs_kube::{
    Api, Client, DynamicObject, Events, Kube, Leadership, Object, Touched, detect, has_sidecars, keep, keep_cluster,
    keep_kind,
};
use futures::{FutureExt, Stream, StreamExt};
use k8s_openapi::api::core::v1::Pod;
use tokio::time::Instant;

use crate::alarms::Asked;
use crate::clock::Clock;
use crate::controllers::look;
use crate::metrics::Metrics;
use crate::nodes;
use crate::queue::Queue;
use crate::world::{Caches, World};

/// How often a process makes sure that it goes on
const BEAT: Duration = Duration::from_secs(1);
/// How many objects are looked at at a time
const WIDTH: usize = 64;

/// How the operator runs
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespace that is looked after; none: all
    pub namespace: Option<String>,
    /// The administrator's configuration
    pub config: OperatorConfig,
    /// The cluster's capabilities, where they are not to be detected
    pub capabilities: Option<Capabilities>,
    /// How often each object is looked at without cause; a look that finds all as it should be sends no request
    pub resync: Duration,
    /// The name of this replica, shown in events
    pub instance: Option<String>,
    /// The clock by which schedules run
    pub clock: Clock,
    /// Whether this replica may write. One that may not keeps its caches warm and looks at nothing
    pub leadership: Leadership,
    /// Where it is counted what this process does
    pub metrics: Metrics,
}

/// Why the operator ended
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The API server could not be asked what it can do
    #[error("the API server could not be asked what it can do")]
    Detect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The API server is older than this operator can work with
    #[error(
        "the API server does not keep `restartPolicy: Always` of init containers (sidecars, Kubernetes 1.33), without which \
         tasks of several containers cannot run as ECS runs them; upgrade the cluster"
    )]
    NoSidecars,
    /// The configuration names nobody who can be asked about alarms
    #[error("nobody can be asked about alarms")]
    Alarms(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A watch ended for good
    #[error("the watches ended; this is a bug of the operator")]
    WatchesEnded,
}

/// Runs the operator until `stop` resolves; then finishes what is under way
///
/// A process that was frozen for a while begins anew: what its caches hold may be long gone, and its watches do not tell when
/// they have caught up. Writes pass only while `options.leadership` holds if the client has the [`ecs_kube::Gate`] of it; here work pauses when
/// leadership ends, and goes on when it is gained again.
///
/// # Errors
///
/// Where the API server does not answer at the start. Later trouble with it is waited out.
pub async fn run(client: Client, options: Options, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    let stop = stop.shared();
    while watch_and_work(client.clone(), options.clone(), stop.clone()).await? == Ended::StoodStill {
        tracing::warn!("this process stood still for a while; everything is listed anew");
    }
    tracing::info!("the operator stops");
    Ok(())
}

/// Why the work ended
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Told,
    StoodStill,
}

async fn watch_and_work(
    client: Client,
    options: Options,
    stop: impl Future<Output = ()> + Clone,
) -> Result<Ended, RunError> {
    let leadership = options.leadership;
    let capabilities = match options.capabilities {
        Some(given) => given,
        None => {
            let namespace = options.namespace.as_deref().unwrap_or("default");
            let unanswered = |error| RunError::Detect(Box::new(error));
            if !has_sidecars(&client, namespace).await.map_err(unanswered)? {
                return Err(RunError::NoSidecars);
            }
            detect(&client, namespace).await.map_err(unanswered)?
        }
    };
    tracing::info!(?capabilities, namespace = options.namespace.as_deref().unwrap_or("all"), "the operator starts");
    let alarms = Asked::new(&options.config.alarms).map_err(|e| RunError::Alarms(Box::new(e)))?;
    let world = Arc::new(World {
        alarms,
        kube: Kube::new(client.clone()),
        events: Events::new(client.clone(), options.instance.clone()),
        settings: Context { config: options.config, capabilities, ..Context::default() },
        nodes: std::sync::RwLock::default(),
        queue: Arc::new(Queue::new()),
        caches: Caches::new(capabilities, options.namespace.is_none()),
        pace: crate::pace::Pace::default(),
        status_written: std::sync::Mutex::default(),
        clock: options.clock,
        metrics: options.metrics,
    });
    world.metrics.watch(&world);

    let mut touches = watches(&client, options.namespace.as_deref(), &world);
    while !world.caches.ready() {
        // What the first lists touch stands in the queue, which begins to work only after this.
        tokio::select! {
            () = stop.clone() => return Ok(Ended::Told),
            touched = touches.next() => touched.ok_or(RunError::WatchesEnded)?,
        }
    }
    tracing::info!("every kind is listed");
    let work = work(&world, options.resync, leadership, stop);
    let watch = async { while touches.next().await.is_some() {} };
    tokio::select! {
        biased;
        () = stood_still() => Ok(Ended::StoodStill),
        () = work => Ok(Ended::Told),
        () = watch => Err(RunError::WatchesEnded),
    }
}

/// Awaits that this process finds itself to have stood still for longer than a look may take
async fn stood_still() {
    let (mut beats, mut last) = (tokio::time::interval(BEAT), Instant::now());
    poll_fn(|context| {
        // Asked whoever woke this task, and before anybody else is
        if last.elapsed() > ecs_kube::OLD {
            return Poll::Ready(());
        }
        while beats.poll_tick(context).is_ready() {
            last = Instant::now();
        }
        Poll::Pending
    })
    .await;
}

/// Looks at what the queue holds while this replica leads, until `stop` resolves
async fn work(
    world: &Arc<World>,
    resync: Duration,
    mut leadership: Leadership,
    stop: impl Future<Output = ()> + Clone,
) {
    loop {
        tokio::select! {
            biased;
            () = stop.clone() => return,
            () = leadership.gained() => tracing::info!("work begins"),
        }
        let looker = Arc::clone(world);
        let look = move |key| {
            let world = Arc::clone(&looker);
            async move { look(&world, key).await }
        };
        let mut stopped = false;
        let pause = async {
            tokio::select! {
                () = stop.clone() => stopped = true,
                () = leadership.lost() => tracing::warn!("this replica leads no longer; work pauses"),
            }
        };
        Arc::clone(&world.queue).run(WIDTH, resync, look, pause).await;
        if stopped {
            return;
        }
    }
}

/// Every watch, as one stream that fills the caches and the queue while it is polled
fn watches(client: &Client, namespace: Option<&str>, world: &Arc<World>) -> impl Stream<Item = ()> + Unpin + use<> {
    let ours = format!("{MANAGED_BY}={MANAGER}");
    let c = &world.caches;
    let mut streams = vec![
        one(client, namespace, None, &c.definitions, world, World::definition_touched),
        one(client, namespace, None, &c.services, world, World::service_touched),
        one(client, namespace, None, &c.schedules, world, World::schedule_touched),
        one(client, namespace, None, &c.tasks, world, World::task_touched),
        one(client, namespace, Some(&ours), &c.revisions, world, World::revision_touched),
        one(client, namespace, Some(&ours), &c.deployments, world, |w, d| w.child_touched(&d.metadata)),
        one(client, namespace, Some(&ours), &c.daemon_sets, world, |w, d| w.child_touched(&d.metadata)),
        one(client, namespace, Some(&ours), &c.kube_services, world, World::address_touched),
        one(client, namespace, Some(&ours), &c.accounts, world, |w, a| w.child_touched(&a.metadata)),
        one(client, namespace, Some(&ours), &c.cron_jobs, world, |w, j| w.child_touched(&j.metadata)),
        one(client, namespace, Some(&ours), &c.jobs, world, World::job_touched),
        one(client, namespace, Some(&ours), &c.pods, world, World::pod_touched),
    ];
    let clock = Arc::clone(world);
    streams.push(world.clock.jumps().map(move |()| clock.clock_jumped()).boxed());
    if let Some(cache) = &c.nodes {
        let nodes = keep_cluster(Api::all(client.clone()), Arc::clone(cache), nodes::slim);
        let world = Arc::clone(world);
        streams.push(nodes.map(move |_| world.nodes_touched()).boxed());
    }
    if let Some(cache) = &c.clusters {
        let clusters = keep_cluster(Api::all(client.clone()), Arc::clone(cache), |_| ());
        let world = Arc::clone(world);
        let touched = move |clusters: Touched<EcsCluster>| clusters.iter().for_each(|c| world.cluster_touched(c));
        streams.push(clusters.map(touched).boxed());
    }
    for (kind, cache) in c.kinds.watched() {
        let stream = keep_kind(client, namespace, kind, Some(&ours), Arc::clone(cache));
        let world = Arc::clone(world);
        let touched = move |objects: Touched<DynamicObject>| {
            objects.iter().for_each(|object| world.child_touched(&object.metadata));
        };
        streams.push(stream.map(touched).boxed());
    }
    futures::stream::select_all(streams)
}

/// One watch; of a pod only what counting needs is kept
fn one<K: Object>(
    client: &Client,
    namespace: Option<&str>,
    labels: Option<&str>,
    cache: &Arc<ecs_kube::Cache<K>>,
    world: &Arc<World>,
    touched: fn(&World, &K),
) -> std::pin::Pin<Box<dyn Stream<Item = ()> + Send>> {
    let api: Api<K> = namespace.map_or_else(|| Api::all(client.clone()), |n| Api::namespaced(client.clone(), n));
    let world = Arc::clone(world);
    let stream = keep(api, labels, Arc::clone(cache), slim);
    stream.map(move |objects: Touched<K>| objects.iter().for_each(|object| touched(&world, object))).boxed()
}

/// Of a pod only what tells how its task is; the rest is its owner's
fn slim<K: Object>(object: &mut K) {
    let object: &mut dyn std::any::Any = object;
    if let Some(pod) = object.downcast_mut::<Pod>() {
        task_view::slim(pod);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_stood_still_notices_and_who_only_waits_does_not() {
        let mut still = Box::pin(stood_still());
        assert!(tokio::time::timeout(ecs_kube::OLD * 10, still.as_mut()).await.is_err());
        // Nothing is polled while the time goes on.
        tokio::time::advance(ecs_kube::OLD + BEAT).await;
        assert!(still.now_or_never().is_some());
    }
}
