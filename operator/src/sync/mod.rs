//! `sync`: the second process. It keeps namespaces and clusters of Amazon ECS the same, one EcsCluster at a time.
//!
//! ```text
//! watches ─► caches ─► queue of EcsClusters ─► sweep: ask ECS ─► plan (ecs-core) ─► carry out ─► status of the EcsCluster
//! ```
//!
//! *Guarantees*: an EcsCluster is swept by one task at a time, and by nobody while this replica does not lead; a sweep that
//! finds both sides equal writes nothing.
//!
//! *Not here*: how AWS is spoken to (`ecs-aws`, by way of [`Remotes`]), what is to be done (`ecs-core`, `sync`), pods.

mod carry;
#[cfg(feature = "aws")]
pub mod remotes;
mod sweep;
mod world;

use std::future::Future;
use std::sync::Arc;

use ecs_core::ports::Ecs;
use ecs_crds::EcsClusterSpec;
use ecs_kube::{Api, Client, Leadership, keep, keep_cluster};
use futures::{FutureExt as _, Stream, StreamExt as _};

use crate::clock::Clock;
use crate::run::RunError;
use world::SyncWorld;

/// How many EcsClusters are swept at a time
const WIDTH: usize = 4;
/// How often an EcsCluster is swept that asks for nothing else
const RESYNC: std::time::Duration = std::time::Duration::from_secs(300);

/// Which cluster of Amazon ECS, in whose name
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The name of the EcsCluster
    pub name: String,
    /// Its UID
    pub uid: String,
    /// Its spec
    pub spec: EcsClusterSpec,
}

/// The ways to AWS: one for each EcsCluster, with credentials of its own
pub trait Remotes: Send + Sync + 'static {
    /// A way to AWS
    type Ecs: Ecs + 'static;

    /// Opens the way for an EcsCluster; it serves until the EcsCluster's spec changes
    ///
    /// # Errors
    ///
    /// Why there is none, in words without secrets.
    fn open(&self, binding: &Binding) -> impl Future<Output = Result<Self::Ecs, String>> + Send;
}

/// How the sync runs
#[derive(Clone, Debug)]
pub struct SyncOptions {
    /// The EcsClusters of this namespace alone; none: all
    pub namespace: Option<String>,
    /// The name of this replica, shown in events
    pub instance: Option<String>,
    /// The clock by which writes settle and absences are proved
    pub clock: Clock,
    /// Whether this replica may write, on either side
    pub leadership: Leadership,
}

/// Runs the sync until `stop` resolves; then finishes what is under way
///
/// # Errors
///
/// Where a watch ends for good. Trouble with either side is waited out.
pub async fn run_sync(
    client: Client,
    remotes: impl Remotes,
    options: SyncOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let stop = stop.shared();
    let world = Arc::new(SyncWorld::new(&client, remotes, &options));
    let mut touches = watches(&client, options.namespace.as_deref(), &world);
    tracing::info!(namespace = options.namespace.as_deref().unwrap_or("all"), "the sync starts");
    while !world.ready() {
        tokio::select! {
            () = stop.clone() => return Ok(()),
            touched = touches.next() => touched.ok_or(RunError::WatchesEnded)?,
        }
    }
    let work = work(&world, options.leadership, stop);
    let watch = async { while touches.next().await.is_some() {} };
    tokio::select! {
        () = work => Ok(()),
        () = watch => Err(RunError::WatchesEnded),
    }
}

/// Sweeps what is due while this replica leads, until `stop` resolves
async fn work<R: Remotes>(
    world: &Arc<SyncWorld<R>>,
    mut leadership: Leadership,
    stop: impl Future<Output = ()> + Clone,
) {
    loop {
        tokio::select! {
            biased;
            () = stop.clone() => return,
            () = leadership.gained() => {}
        }
        let swept = Arc::clone(world);
        let look = move |name: String| {
            let world = Arc::clone(&swept);
            async move { sweep::look(&world, &name).await }
        };
        let mut stopped = false;
        let pause = async {
            tokio::select! {
                () = stop.clone() => stopped = true,
                () = leadership.lost() => tracing::warn!("this replica leads no longer; the sync pauses"),
            }
        };
        Arc::clone(&world.queue).run(WIDTH, RESYNC, look, pause).await;
        if stopped {
            return;
        }
    }
}

/// Every watch, as one stream that fills the caches and the queue while it is polled
fn watches<R: Remotes>(
    client: &Client,
    namespace: Option<&str>,
    world: &Arc<SyncWorld<R>>,
) -> impl Stream<Item = ()> + Unpin + use<R> {
    let caches = &world.caches;
    let revisions = format!("{}={}", ecs_core::names::REVISION_OF, ecs_core::revision::OF_TASK_DEFINITION);
    macro_rules! one {
        ($cache:expr, $labels:expr) => {{
            let api = namespace.map_or_else(|| Api::all(client.clone()), |n| Api::namespaced(client.clone(), n));
            let world = Arc::clone(world);
            let stream = keep(api, $labels, Arc::clone(&$cache), |_| ());
            stream.map(move |touched| touched.iter().for_each(|object| world.touched(&object.metadata))).boxed()
        }};
    }
    let bindings = keep_cluster(Api::all(client.clone()), Arc::clone(&caches.clusters), |_| ());
    let here = Arc::clone(world);
    futures::stream::select_all([
        bindings.map(move |touched| touched.iter().for_each(|cluster| here.cluster_touched(cluster))).boxed(),
        one!(caches.definitions, None),
        one!(caches.services, None),
        one!(caches.schedules, None),
        one!(caches.revisions, Some(revisions.as_str())),
    ])
}
