//! R-CB: counting the failed tasks of a deployment, each failure once.
//!
//! Of every pod that is still there the status keeps how much of it was counted. What a pod shows beyond that is new.

use std::collections::BTreeMap;

use ecs_crds::{Counted, Rollout};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::pods::Task;
use crate::config::FailingTasks;
use crate::revision::Supervision;

/// How many pods are kept in a book: more at a time are not counted, so that no status outgrows what the API server takes
const PODS_KEPT: usize = 1000;

/// Counts what the tasks of this deployment show; returns when a look can show more without a change
pub(super) fn count(
    book: &mut Rollout,
    tasks: &[Task<'_>],
    rules: &Supervision,
    times: FailingTasks,
    now: Timestamp,
) -> Option<Timestamp> {
    let before = std::mem::take(&mut book.counted);
    let mut next = Next::default();
    let mut counted = BTreeMap::new();
    for task in tasks.iter().filter(|t| t.revision == book.revision) {
        let known = before.get(task.uid());
        let seen = seen(*task, known, rules, times, now, &mut next);
        if seen == Counted::default() || (known.is_none() && counted.len() + before.len() >= PODS_KEPT) {
            continue;
        }
        let known = known.cloned().unwrap_or_default();
        book.failed_tasks +=
            seen.exits - known.exits + seen.init_exits - known.init_exits + seen.launches - known.launches;
        counted.insert(task.uid().to_owned(), seen);
    }
    book.counted = counted;
    next.0
}

/// What is to be kept of one task: never less than what is known
fn seen(
    task: Task<'_>,
    known: Option<&Counted>,
    rules: &Supervision,
    times: FailingTasks,
    now: Timestamp,
    next: &mut Next,
) -> Counted {
    let default = Counted::default();
    let known = known.unwrap_or(&default);
    let mut launches = known.launches;
    let waiting_since = task.cannot_launch().then(|| {
        let since = known.waiting_since.as_ref().map_or(now, |t| t.0);
        let period = i64::from(times.launch_seconds.max(1));
        let failed = now.duration_since(since).as_secs() / period;
        launches += failed;
        // The part of a period that is not over goes on
        let since = since.checked_add(SignedDuration::from_secs(failed * period)).unwrap_or(now);
        next.at(since.checked_add(SignedDuration::from_secs(period)).ok());
        Time(since)
    });
    for late in task.containers().filter_map(|c| task.late(c, rules)).filter(|at| *at > now) {
        next.at(Some(late));
    }
    Counted {
        exits: task.exits(rules).max(known.exits),
        init_exits: task.init_exits(rules, now).max(known.init_exits),
        launches,
        waiting_since,
    }
}

/// The earliest of some times
#[derive(Debug, Default)]
pub(super) struct Next(pub(super) Option<Timestamp>);

impl Next {
    /// Takes in another time
    pub(super) fn at(&mut self, time: Option<Timestamp>) {
        self.0 = [self.0, time].into_iter().flatten().min();
    }
}
