//! What sweeps share: the caches, the ways to AWS that are open, and which EcsCluster an object belongs to.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ecs_core::sync::side::Id;
use ecs_crds::{EcsCluster, EcsService, ScheduledTask, TaskDefinition};
use ecs_kube::{Cache, Client, Events, Kube, Leadership};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use tokio::time::Instant;

use super::{Binding, Remotes, SyncOptions};
use crate::clock::Clock;
use crate::queue::Queue;

/// How long after an edit here ECS is looked at: several edits at once are one sweep
const SOON: Duration = Duration::from_millis(500);

/// Everything that a sweep needs
pub(crate) struct SyncWorld<R: Remotes> {
    pub(super) kube: Kube,
    pub(super) events: Events,
    pub(super) caches: Caches,
    pub(super) queue: Arc<Queue<String>>,
    pub(super) clock: Clock,
    pub(super) leadership: Leadership,
    /// The namespace that this process looks after alone
    only: Option<String>,
    remotes: R,
    open: tokio::sync::Mutex<Open<R::Ecs>>,
    /// The state of each object that a sweep was last asked for: generation or, of a revision, that it is there
    known: Mutex<HashMap<String, i64>>,
    /// The step that AWS refused last, of each object of each EcsCluster, by its token
    refused: Mutex<HashMap<(String, Id), String>>,
}

/// The ways to AWS that are open, by the name of their EcsCluster, and what they were opened for
type Open<E> = HashMap<String, (Binding, Arc<E>)>;

/// One cache for each kind that is watched
#[derive(Default)]
pub(crate) struct Caches {
    pub(super) clusters: Arc<Cache<EcsCluster>>,
    pub(super) definitions: Arc<Cache<TaskDefinition>>,
    pub(super) services: Arc<Cache<EcsService>>,
    pub(super) schedules: Arc<Cache<ScheduledTask>>,
    pub(super) revisions: Arc<Cache<ControllerRevision>>,
}

impl<R: Remotes> SyncWorld<R> {
    pub(super) fn new(client: &Client, remotes: R, options: &SyncOptions) -> Self {
        Self {
            kube: Kube::new(client.clone()),
            events: Events::new(client.clone(), options.instance.clone()),
            caches: Caches::default(),
            queue: Arc::new(Queue::new()),
            clock: options.clock.clone(),
            leadership: options.leadership.clone(),
            only: options.namespace.clone(),
            remotes,
            open: tokio::sync::Mutex::default(),
            known: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// Whether every kind is listed
    pub(super) fn ready(&self) -> bool {
        let Caches { clusters, definitions, services, schedules, revisions } = &self.caches;
        let bound = definitions.is_ready() && services.is_ready() && schedules.is_ready();
        clusters.is_ready() && revisions.is_ready() && bound
    }

    /// An EcsCluster was made, changed or deleted
    pub(super) fn cluster_touched(&self, cluster: &EcsCluster) {
        if self.only.as_ref().is_some_and(|only| *only != cluster.spec.namespace) {
            return;
        }
        // Its annotations confirm deletions, and change no generation
        let mut hasher = DefaultHasher::new();
        cluster.metadata.annotations.hash(&mut hasher);
        #[expect(clippy::cast_possible_wrap, reason = "a mark to compare, not a number")]
        let state = hasher.finish() as i64 ^ cluster.metadata.generation.unwrap_or_default();
        if self.is_new(&cluster.metadata, state) {
            self.queue.add(cluster.metadata.name.clone().unwrap_or_default());
        }
    }

    /// An object of a namespace was made, changed or deleted: whoever is bound to it looks soon
    pub(super) fn touched(&self, object: &ObjectMeta) {
        let gone = if object.deletion_timestamp.is_some() { i64::MIN } else { 0 };
        if !self.is_new(object, object.generation.unwrap_or_default() + gone) {
            return;
        }
        let namespace = object.namespace.as_deref().unwrap_or_default();
        for cluster in self.caches.clusters.all().iter().filter(|cluster| cluster.spec.namespace == namespace) {
            self.queue.add_at(cluster.metadata.name.clone().unwrap_or_default(), Instant::now() + SOON);
        }
    }

    fn is_new(&self, object: &ObjectMeta, state: i64) -> bool {
        let uid = object.uid.clone().unwrap_or_default();
        lock(&self.known).insert(uid, state) != Some(state)
    }

    /// The way to AWS of an EcsCluster
    pub(super) async fn remote(&self, binding: Binding) -> Result<Arc<R::Ecs>, String> {
        let mut open = self.open.lock().await;
        if let Some((of, ecs)) = open.get(&binding.name)
            && *of == binding
        {
            return Ok(Arc::clone(ecs));
        }
        let ecs = Arc::new(self.remotes.open(&binding).await?);
        open.insert(binding.name.clone(), (binding, Arc::clone(&ecs)));
        Ok(ecs)
    }

    /// Forgets what belonged to an EcsCluster that is gone
    pub(super) async fn close(&self, name: &str) {
        self.open.lock().await.remove(name);
        lock(&self.refused).retain(|(cluster, _), _| cluster != name);
    }

    /// Whether AWS has refused exactly this step before: it would again
    pub(super) fn was_refused(&self, cluster: &str, id: &Id, token: &str) -> bool {
        lock(&self.refused).get(&(cluster.to_owned(), id.clone())).is_some_and(|refused| refused == token)
    }

    /// Remembers that AWS refused a step, or that it took one
    pub(super) fn remember_refusal(&self, cluster: &str, id: &Id, token: Option<&str>) {
        let key = (cluster.to_owned(), id.clone());
        match token {
            Some(token) => lock(&self.refused).insert(key, token.to_owned()),
            None => lock(&self.refused).remove(&key),
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
