//! The work queue: which key is looked at next, and when.
//!
//! *Guarantees*: a key is looked at by one task at a time; a key that is asked for while it is looked at is looked at once
//! more; many askings are one look; the earliest asked time counts; failures back off, alone for each key.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The first delay after a failure; it doubles with each further one
const FIRST_DELAY: Duration = Duration::from_millis(200);
/// The longest delay after failures
const LONGEST_DELAY: Duration = Duration::from_secs(300);

/// What came of a look
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing more to do until something changes
    Settled,
    /// Look again after this time
    After(Duration),
    /// It failed; look again after a delay that grows with each failure
    Failed,
}

impl Next {
    /// The same, but where nothing else is due, a look at this time: the clock brings it, not a change
    pub(crate) fn by(self, time: Option<Timestamp>, now: Timestamp) -> Self {
        match (self, time) {
            (Self::Settled, Some(at)) => Self::After(Self::until(at, now)),
            (Self::After(wait), Some(at)) => Self::After(wait.min(Self::until(at, now))),
            (next, _) => next,
        }
    }

    /// Not at once, so that a time that has come brings no loop; and not so late that a changed clock goes unseen
    fn until(at: Timestamp, now: Timestamp) -> Duration {
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        wait.clamp(Duration::from_secs(1), Duration::from_secs(24 * 3600))
    }
}

/// A queue of keys
#[derive(Debug)]
pub(crate) struct Queue<K> {
    state: Mutex<State<K>>,
    changed: Notify,
}

#[derive(Debug)]
struct State<K> {
    /// By time, and the time of each key
    due: BTreeSet<(Instant, K)>,
    times: HashMap<K, Instant>,
    in_flight: HashSet<K>,
    failures: HashMap<K, u32>,
}

impl<K: Clone + Ord + Hash + Send + Sync + 'static> Queue<K> {
    /// An empty queue
    pub(crate) fn new() -> Self {
        let state =
            State { due: BTreeSet::new(), times: HashMap::new(), in_flight: HashSet::new(), failures: HashMap::new() };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Asks for a look at `key` now
    pub(crate) fn add(&self, key: K) {
        self.add_at(key, Instant::now());
    }

    /// Asks for a look at `key` at a time; an earlier one that was asked for stands
    pub(crate) fn add_at(&self, key: K, at: Instant) {
        self.with(|s| s.ask(key, at));
        self.changed.notify_one();
    }

    /// How many keys wait to be looked at now
    pub(crate) fn due(&self) -> usize {
        let now = Instant::now();
        self.with(|s| s.due.iter().take_while(|(at, _)| *at <= now).count())
    }

    /// Looks at what is due, at most `width` keys at a time, until `stop` resolves; then what is under way is finished
    pub(crate) async fn run<F, R>(
        self: Arc<Self>,
        width: usize,
        resync: Duration,
        look: F,
        stop: impl Future<Output = ()>,
    ) where
        F: Fn(K) -> R + Send + Sync + 'static,
        R: Future<Output = Next> + Send + 'static,
    {
        let mut stop = std::pin::pin!(stop);
        let mut running = JoinSet::new();
        loop {
            while running.len() < width
                && let Some(key) = self.with(|s| s.take(Instant::now()))
            {
                let look = look(key.clone());
                running.spawn(async move { (key, look.await) });
            }
            let wake = self.with(|s| s.due.iter().find(|(_, k)| !s.in_flight.contains(k)).map(|(at, _)| *at));
            let full = running.len() >= width;
            tokio::select! {
                () = &mut stop => break,
                Some(done) = running.join_next(), if !running.is_empty() => self.finished(done, resync),
                () = self.changed.notified() => {}
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() && !full => {}
            }
        }
        // Work may go on later, when this replica leads again: what was under way is asked for as after any look.
        while let Some(done) = running.join_next().await {
            self.finished(done, resync);
        }
    }

    fn finished(&self, done: Result<(K, Next), tokio::task::JoinError>, resync: Duration) {
        match done {
            Ok((key, next)) => self.with(|s| s.finished(key, next, resync)),
            // The key stays out until the next start: better one object unattended than a loop of panics.
            Err(error) => tracing::error!(%error, "a look at an object panicked; this is a bug of the operator"),
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut State<K>) -> R) -> R {
        f(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl<K: Clone + Ord + Hash> State<K> {
    fn ask(&mut self, key: K, at: Instant) {
        if let Some(before) = self.times.get(&key).copied() {
            if before <= at {
                return;
            }
            self.due.remove(&(before, key.clone()));
        }
        self.times.insert(key.clone(), at);
        self.due.insert((at, key));
    }

    /// The next key that is due and not being looked at
    fn take(&mut self, now: Instant) -> Option<K> {
        let next =
            self.due.iter().take_while(|(at, _)| *at <= now).find(|(_, k)| !self.in_flight.contains(k)).cloned()?;
        self.due.remove(&next);
        self.times.remove(&next.1);
        self.in_flight.insert(next.1.clone());
        Some(next.1)
    }

    fn finished(&mut self, key: K, next: Next, resync: Duration) {
        self.in_flight.remove(&key);
        let delay = match next {
            Next::Settled => {
                self.failures.remove(&key);
                resync + jitter(&key, 0, resync / 10)
            }
            Next::After(delay) => {
                self.failures.remove(&key);
                delay
            }
            Next::Failed => {
                let failures = self.failures.entry(key.clone()).or_default();
                *failures = failures.saturating_add(1);
                backoff(&key, *failures)
            }
        };
        self.ask(key, Instant::now() + delay);
    }
}

/// Exponential, with a jitter of its own for each key so that what failed together does not come back together
fn backoff<K: Hash>(key: &K, failures: u32) -> Duration {
    let delay =
        FIRST_DELAY.saturating_mul(1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST_DELAY);
    delay / 2 + jitter(key, failures, delay / 2)
}

/// A part of `up_to` that is always the same for a key and a salt
pub(crate) fn jitter<K: Hash>(key: &K, salt: u32, up_to: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    (key, salt).hash(&mut hasher);
    up_to.mul_f64((hasher.finish() % 1000) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const NEVER: Duration = Duration::from_secs(1_000_000);

    #[tokio::test(start_paused = true)]
    async fn many_askings_are_one_look_and_one_more_if_asked_meanwhile() {
        let queue = Arc::new(Queue::new());
        let looks = Arc::new(AtomicUsize::new(0));
        for _ in 0..5 {
            queue.add("a");
        }
        let (seen, again) = (Arc::clone(&looks), Arc::clone(&queue));
        let look = move |key| {
            if seen.fetch_add(1, Ordering::SeqCst) == 0 {
                again.add(key);
                again.add(key);
            }
            async { Next::Settled }
        };
        Arc::clone(&queue).run(4, NEVER, look, tokio::time::sleep(Duration::from_secs(60))).await;
        assert_eq!(looks.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_under_way_when_work_paused_is_looked_at_when_it_goes_on() {
        let queue = Arc::new(Queue::new());
        let looks = Arc::new(AtomicUsize::new(0));
        queue.add("a");
        for (looked, answer) in [(1, Next::Failed), (2, Next::Settled)] {
            let seen = Arc::clone(&looks);
            let look = move |_| {
                seen.fetch_add(1, Ordering::SeqCst);
                async move {
                    tokio::time::sleep(Duration::from_secs(2)).await;
                    answer
                }
            };
            Arc::clone(&queue).run(4, NEVER, look, tokio::time::sleep(Duration::from_secs(1))).await;
            assert_eq!(looks.load(Ordering::SeqCst), looked);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_never_looked_at_twice_at_once() {
        let queue = Arc::new(Queue::new());
        let (now, most, looks) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        queue.add(1);
        let (n, m, l, again) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&looks), Arc::clone(&queue));
        let look = move |key| {
            let (n, m, l, again) = (Arc::clone(&n), Arc::clone(&m), Arc::clone(&l), Arc::clone(&again));
            async move {
                m.fetch_max(n.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                if l.fetch_add(1, Ordering::SeqCst) < 10 {
                    again.add(key);
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                n.fetch_sub(1, Ordering::SeqCst);
                Next::Settled
            }
        };
        Arc::clone(&queue).run(4, NEVER, look, tokio::time::sleep(Duration::from_secs(60))).await;
        assert_eq!((most.load(Ordering::SeqCst), looks.load(Ordering::SeqCst)), (1, 11));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_back_off_and_an_asking_ends_the_wait() {
        let queue = Arc::new(Queue::new());
        let times = Arc::new(Mutex::new(Vec::new()));
        queue.add("a");
        let start = Instant::now();
        let seen = Arc::clone(&times);
        let look = move |_| {
            seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(start.elapsed());
            async { Next::Failed }
        };
        Arc::clone(&queue).run(1, NEVER, look, tokio::time::sleep(Duration::from_secs(3_000))).await;
        let times = times.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let gaps: Vec<_> = times.windows(2).map(|w| w[1] - w[0]).collect();
        assert!(gaps[0] <= FIRST_DELAY && gaps[5] >= FIRST_DELAY * 16, "{gaps:?}");
        assert!(gaps.iter().all(|g| *g <= LONGEST_DELAY + Duration::from_millis(2)), "{gaps:?}");
    }

    #[test]
    fn the_delay_stays_bounded() {
        assert!(backoff(&"a", u32::MAX) <= LONGEST_DELAY);
    }
}
