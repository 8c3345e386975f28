//! How fast AWS is called: a bucket of tokens for each kind of operation, filled at half the rate that a whole account is taken to
//! have, so that others in the account are left theirs; slower after each throttle, and slowly back.
//!
//! Reads and writes have buckets of their own, so neither starves the other.
//!
//! The rates are careful estimates after the Amazon ECS API Reference (Request throttling) and the quotas of EventBridge and
//! EventBridge Scheduler; what AWS really grants, throttling tells.
//!
//! *Not here*: whether a call is repeated (`retry`).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ecs_core::sync::calls::{Api, Call};
use tokio::time::{Instant, sleep};

/// Operations that share a bucket
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read(Api),
    Write(Api),
    /// RegisterTaskDefinition and DeregisterTaskDefinition
    Registration,
}

/// A bucket of tokens
#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
    /// What part of its rate it is filled at: 1 until AWS throttles
    share: f64,
}

/// The slowest that throttling makes it
const LEAST: f64 = 1.0 / 32.0;
/// What each call that is not throttled gives back
const BACK: f64 = 0.02;

impl Kind {
    fn of(call: &Call) -> Self {
        let reads = ["Describe", "List", "Get"].iter().any(|verb| call.operation.starts_with(verb));
        match (call.api, reads) {
            (Api::Ecs, false) if call.operation.ends_with("TaskDefinition") => Self::Registration,
            (api, true) => Self::Read(api),
            (api, false) => Self::Write(api),
        }
    }

    /// How many at once, and how many a second
    fn rate(self) -> (f64, f64) {
        match self {
            Self::Read(Api::Ecs) => (25.0, 10.0),
            Self::Write(Api::Ecs) => (25.0, 2.5),
            Self::Registration => (10.0, 0.5),
            Self::Read(Api::EventBridge) | Self::Read(Api::Scheduler) => (25.0, 25.0),
            Self::Write(Api::EventBridge) | Self::Write(Api::Scheduler) => (10.0, 10.0),
            Self::Read(Api::AutoScaling) | Self::Write(Api::AutoScaling) => (10.0, 5.0),
        }
    }
}

/// The buckets of one account in one region
#[derive(Debug)]
pub struct Pace {
    buckets: Mutex<BTreeMap<Kind, Bucket>>,
    limited: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self { buckets: Mutex::default(), limited: true }
    }
}

impl Pace {
    /// No limit, for an endpoint that is not AWS's
    #[must_use]
    pub fn unlimited() -> Self {
        Self { limited: false, ..Self::default() }
    }

    /// Awaits a token for a call
    pub(crate) async fn take(&self, call: &Call) {
        while let Some(wait) = self.limited.then(|| self.try_take(Kind::of(call))).flatten() {
            sleep(wait).await;
        }
    }

    /// How long until there is a token; none: it is taken
    fn try_take(&self, kind: Kind) -> Option<Duration> {
        let (most, rate) = kind.rate();
        self.with(kind, |bucket| {
            let now = Instant::now();
            let rate = rate * bucket.share;
            bucket.tokens = (bucket.tokens + now.duration_since(bucket.filled).as_secs_f64() * rate).min(most);
            bucket.filled = now;
            if bucket.tokens >= 1.0 {
                bucket.tokens -= 1.0;
                return None;
            }
            Some(Duration::from_secs_f64(((1.0 - bucket.tokens) / rate).max(0.001)))
        })
    }

    /// Takes in that a call was throttled, or was not
    pub(crate) fn learn(&self, call: &Call, throttled: bool) {
        self.with(Kind::of(call), |bucket| {
            if throttled {
                bucket.share = (bucket.share / 2.0).max(LEAST);
                bucket.tokens = 0.0;
            } else {
                bucket.share = (bucket.share + BACK).min(1.0);
            }
        });
    }

    fn with<R>(&self, kind: Kind, f: impl FnOnce(&mut Bucket) -> R) -> R {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Bucket { tokens: kind.rate().0, filled: Instant::now(), share: 1.0 };
        f(buckets.entry(kind).or_insert_with(full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn call(operation: &str) -> Call {
        Call { api: Api::Ecs, operation: operation.to_owned(), input: Value::Null }
    }

    /// How many seconds so many calls take
    async fn seconds(pace: &Pace, operation: &str, calls: usize) -> u64 {
        let began = Instant::now();
        for _ in 0..calls {
            pace.take(&call(operation)).await;
        }
        began.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn calls_go_out_at_half_of_what_aws_documents_and_slower_once_throttled() {
        let pace = Pace::default();
        assert_eq!(seconds(&pace, "DescribeServices", 25).await, 0, "a burst");
        assert_eq!(seconds(&pace, "DescribeServices", 100).await, 10, "10 a second");
        assert_eq!(seconds(&pace, "UpdateService", 25).await, 0, "reads leave writes theirs");
        pace.learn(&call("DescribeServices"), true);
        assert_eq!(seconds(&pace, "DescribeServices", 100).await, 20, "5 a second");
        for _ in 0..25 {
            pace.learn(&call("DescribeServices"), false);
        }
        assert_eq!(seconds(&pace, "DescribeServices", 100).await, 10, "and back");
        assert_eq!(seconds(&Pace::unlimited(), "DescribeServices", 1000).await, 0);
    }
}
