//! What was read and need not be read again: revisions, which never change but for their tags, and schedules, whose lists say
//! when they changed.
//!
//! *Guarantees*: only what a sweep touched is kept for the next one, so it is as large as the cluster; what we change ourselves
//! is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ecs_core::sync::side::Remote;
use serde_json::Value;
use tokio::time::Instant;

/// How long the tags of a revision are believed: they can change without a sign of it in any list
const TAGS: Duration = Duration::from_secs(3600);

/// What was read
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    revisions: BTreeMap<String, (Remote, Instant)>,
    /// GetSchedule's answers by id and the change that they show
    schedules: BTreeMap<String, (String, Value)>,
    touched: BTreeSet<String>,
}

impl Memory {
    /// A revision by its Amazon Resource Name; with `tags` only if these were read lately
    pub(crate) fn revision(&self, arn: &str, tags: bool) -> Option<Remote> {
        self.with(|kept| {
            let (remote, read) = kept.revisions.get(arn)?;
            let found = (!tags || read.elapsed() < TAGS).then(|| remote.clone())?;
            kept.touched.insert(arn.to_owned());
            Some(found)
        })
    }

    pub(crate) fn keep_revision(&self, arn: &str, remote: &Remote) {
        self.with(|kept| {
            kept.touched.insert(arn.to_owned());
            kept.revisions.insert(arn.to_owned(), (remote.clone(), Instant::now()));
        });
    }

    /// A schedule as it has been since this change
    pub(crate) fn schedule(&self, id: &str, changed: &str) -> Option<Value> {
        self.with(|kept| {
            let (at, answer) = kept.schedules.get(id)?;
            let found = (at == changed).then(|| answer.clone())?;
            kept.touched.insert(id.to_owned());
            Some(found)
        })
    }

    pub(crate) fn keep_schedule(&self, id: &str, changed: String, answer: &Value) {
        self.with(|kept| {
            kept.touched.insert(id.to_owned());
            kept.schedules.insert(id.to_owned(), (changed, answer.clone()));
        });
    }

    /// Forgets what was written
    pub(crate) fn forget(&self, key: &str) {
        self.with(|kept| {
            kept.revisions.remove(key);
            kept.schedules.remove(key);
        });
    }

    /// Ends a sweep: what it did not touch is forgotten
    pub(crate) fn sweep_ends(&self) {
        self.with(|kept| {
            let touched = std::mem::take(&mut kept.touched);
            kept.revisions.retain(|key, _| touched.contains(key));
            kept.schedules.retain(|key, _| touched.contains(key));
        });
    }

    fn with<R>(&self, f: impl FnOnce(&mut Kept) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_a_sweep_does_not_touch_is_forgotten_and_tags_are_believed_for_an_hour() {
        let memory = Memory::default();
        memory.keep_revision("a", &Remote::default());
        memory.keep_schedule("s", "1".to_owned(), &Value::Null);
        memory.sweep_ends();
        assert!(memory.revision("a", true).is_some());
        assert_eq!((memory.schedule("s", "1"), memory.schedule("s", "2")), (Some(Value::Null), None));
        tokio::time::advance(TAGS).await;
        assert!(memory.revision("a", true).is_none() && memory.revision("a", false).is_some());
        memory.sweep_ends();
        memory.sweep_ends();
        assert!(memory.revision("a", false).is_none() && memory.schedule("s", "1").is_none());
    }
}
