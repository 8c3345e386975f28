//! What a watch has shown, by namespace and name, and never less than our own last write.
//!
//! A watch lags behind. Without care a second look would plan on the state before the first look's write and send it again.
//! So the answer to every write goes in here too, and an event older than what is here is passed over. A complete new list
//! replaces everything, even by older versions: after a restore from a backup the server is right.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, RwLock};

use kube::Resource;
use kube::runtime::watcher::Event;

/// How many deletions are remembered, so that the late answer to a write brings no deleted object back
const TOMBSTONES: usize = 4096;

/// Objects of one kind
#[derive(Debug)]
pub struct Cache<K> {
    state: RwLock<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    by_namespace: HashMap<String, BTreeMap<String, Arc<K>>>,
    listing: Option<Vec<K>>,
    deleted: VecDeque<String>,
    ready: bool,
}

impl<K> Default for Cache<K> {
    fn default() -> Self {
        let state = State { by_namespace: HashMap::new(), listing: None, deleted: VecDeque::new(), ready: false };
        Self { state: RwLock::new(state) }
    }
}

impl<K: Resource> Cache<K> {
    /// The object of this name
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.read(|s| s.by_namespace.get(namespace)?.get(name).cloned())
    }

    /// The objects of a namespace, by name
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<K>> {
        self.read(|s| s.by_namespace.get(namespace).map(|n| n.values().cloned().collect()).unwrap_or_default())
    }

    /// Every object
    #[must_use]
    pub fn all(&self) -> Vec<Arc<K>> {
        self.read(|s| s.by_namespace.values().flat_map(BTreeMap::values).cloned().collect())
    }

    /// Whether the first list is complete
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.read(|s| s.ready)
    }

    /// Takes in what a watch shows. Returns the objects that changed, in their latest known state
    pub fn observe(&self, event: Event<K>) -> Vec<Arc<K>> {
        self.write(|s| match event {
            Event::Init => {
                s.listing = Some(Vec::new());
                Vec::new()
            }
            Event::InitApply(object) => {
                s.listing.get_or_insert_default().push(object);
                Vec::new()
            }
            Event::InitDone => s.replace(),
            Event::Apply(object) => s.insert(object).into_iter().collect(),
            Event::Delete(object) => s.remove(object).into_iter().collect(),
        })
    }

    /// Takes in the answer to a write of ours
    pub fn wrote(&self, object: K) {
        self.write(|s| {
            let gone = object.meta().uid.as_ref().is_some_and(|uid| s.deleted.contains(uid));
            if !gone {
                s.insert(object);
            }
        });
    }

    /// Takes in that we deleted this object
    pub fn deleted(&self, namespace: &str, name: &str, uid: &str) {
        self.write(|s| {
            let there = s.by_namespace.get(namespace).and_then(|n| n.get(name));
            if there.is_some_and(|t| t.meta().uid.as_deref() == Some(uid)) {
                s.by_namespace.get_mut(namespace).and_then(|n| n.remove(name));
            }
            s.bury(uid.to_owned());
        });
    }

    fn read<R>(&self, f: impl FnOnce(&State<K>) -> R) -> R {
        // A poisoned lock means that a panic happened elsewhere; the data is whole after each call, so it serves on.
        f(&self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn write<R>(&self, f: impl FnOnce(&mut State<K>) -> R) -> R {
        f(&mut self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl<K: Resource> State<K> {
    fn insert(&mut self, object: K) -> Option<Arc<K>> {
        let (namespace, name) = place(&object);
        let objects = self.by_namespace.entry(namespace).or_default();
        if objects.get(&name).is_some_and(|there| older(&object, there)) {
            return None;
        }
        let object = Arc::new(object);
        objects.insert(name, Arc::clone(&object));
        Some(object)
    }

    fn remove(&mut self, object: K) -> Option<Arc<K>> {
        self.bury(object.meta().uid.clone().unwrap_or_default());
        let (namespace, name) = place(&object);
        let objects = self.by_namespace.get_mut(&namespace)?;
        // A successor of the same name may already be here, by our own write.
        if objects.get(&name).is_some_and(|there| there.meta().uid == object.meta().uid) {
            objects.remove(&name);
        }
        Some(Arc::new(object))
    }

    fn bury(&mut self, uid: String) {
        if self.deleted.len() == TOMBSTONES {
            self.deleted.pop_front();
        }
        self.deleted.push_back(uid);
    }

    /// Puts a complete list in the place of everything; what vanished counts as touched too
    fn replace(&mut self) -> Vec<Arc<K>> {
        let before = std::mem::take(&mut self.by_namespace);
        for object in self.listing.take().unwrap_or_default() {
            self.insert(object);
        }
        self.ready = true;
        let mut touched: Vec<_> = self.by_namespace.values().flat_map(BTreeMap::values).cloned().collect();
        for (namespace, objects) in before {
            let now = self.by_namespace.get(&namespace);
            touched.extend(
                objects.into_iter().filter(|(name, _)| !now.is_some_and(|n| n.contains_key(name))).map(|(_, o)| o),
            );
        }
        touched
    }
}

fn place<K: Resource>(object: &K) -> (String, String) {
    (object.meta().namespace.clone().unwrap_or_default(), object.meta().name.clone().unwrap_or_default())
}

/// Whether an object is an older version of the one that is there. Versions are comparable numbers from Kubernetes 1.35 on,
/// and were in practice before; where they are not, the newcomer counts
fn older<K: Resource>(object: &K, there: &K) -> bool {
    let version = |o: &K| o.meta().resource_version.as_ref().and_then(|v| v.parse::<u64>().ok());
    matches!((version(object), version(there)), (Some(new), Some(old)) if new < old)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn object(name: &str, version: &str, uid: &str) -> ConfigMap {
        let mut object = ConfigMap::default();
        object.metadata.namespace = Some("n".into());
        object.metadata.name = Some(name.into());
        object.metadata.resource_version = Some(version.into());
        object.metadata.uid = Some(uid.into());
        object
    }

    fn version(cache: &Cache<ConfigMap>, name: &str) -> Option<String> {
        cache.get("n", name).and_then(|o| o.metadata.resource_version.clone())
    }

    #[test]
    fn our_own_write_is_not_undone_by_an_older_event() {
        let cache = Cache::default();
        cache.wrote(object("a", "10", "u"));
        assert!(cache.observe(Event::Apply(object("a", "9", "u"))).is_empty());
        assert_eq!(version(&cache, "a").as_deref(), Some("10"));
        assert_eq!(cache.observe(Event::Apply(object("a", "11", "u"))).len(), 1);
    }

    #[test]
    fn a_late_answer_brings_no_deleted_object_back() {
        let cache = Cache::default();
        cache.observe(Event::Apply(object("a", "1", "u")));
        cache.observe(Event::Delete(object("a", "3", "u")));
        cache.wrote(object("a", "2", "u"));
        assert_eq!(version(&cache, "a"), None);
    }

    #[test]
    fn a_late_deletion_does_not_remove_the_successor() {
        let cache = Cache::default();
        cache.wrote(object("a", "5", "new"));
        cache.observe(Event::Delete(object("a", "4", "old")));
        assert_eq!(version(&cache, "a").as_deref(), Some("5"));
    }

    #[test]
    fn a_complete_list_replaces_everything_even_by_older_versions() {
        let cache = Cache::default();
        cache.wrote(object("a", "10", "u"));
        cache.wrote(object("b", "11", "v"));
        cache.observe(Event::Init);
        cache.observe(Event::InitApply(object("a", "3", "u")));
        assert!(!cache.is_ready());
        let touched = cache.observe(Event::InitDone);
        assert_eq!(touched.len(), 2, "the restored one and the vanished one");
        assert_eq!((version(&cache, "a").as_deref(), version(&cache, "b")), (Some("3"), None));
        assert!(cache.is_ready());
    }
}
