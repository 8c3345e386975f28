//! A call with all that belongs to it: a token first, a count of it, and again where that is safe.
//!
//! *Guarantees*: a call that may have been carried out is sent again only where carrying it out twice is the same as once:
//! a registration is not. The SDK repeats nothing itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ecs_core::sync::calls::{Api, Call};
use ecs_core::sync::report::Cost;
use serde_json::Value;
use tokio::time::sleep;

use crate::failure::{Class, Failure};
use crate::operations::Clients;
use crate::pace::Pace;

/// How often a call is tried
const TRIES: u32 = 4;
/// The longest first pause; each next one doubles it
const PAUSE: Duration = Duration::from_millis(200);
/// What makes one registration two revisions
const NEVER_TWICE: &[&str] = &["RegisterTaskDefinition"];

/// A number from 0 to 1, another one each time: which part of a pause is kept
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Sends calls of one binding
pub(crate) struct Sender {
    clients: Clients,
    pace: Arc<Pace>,
    jitter: Jitter,
    cost: Mutex<Cost>,
}

impl Sender {
    pub(crate) fn new(clients: Clients, pace: Arc<Pace>, jitter: Jitter) -> Self {
        Self { clients, pace, jitter, cost: Mutex::default() }
    }

    /// Makes a call until it is answered, refused, or tried often enough
    ///
    /// # Errors
    ///
    /// The last failure.
    pub(crate) async fn send(&self, api: Api, operation: &str, input: Value) -> Result<Value, Failure> {
        self.call(&Call { api, operation: operation.to_owned(), input }).await
    }

    /// [`Self::send`] for a call that is made already
    pub(crate) async fn call(&self, call: &Call) -> Result<Value, Failure> {
        let mut tried = 0;
        loop {
            self.pace.take(call).await;
            let answered = self.clients.send(call).await;
            let throttled = answered.as_ref().err().is_some_and(|failure| failure.class == Class::Throttled);
            self.pace.learn(call, throttled);
            self.count(call, throttled);
            let failure = match answered {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            tried += 1;
            if tried >= TRIES || !again(&failure) {
                tracing::debug!(operation = call.operation, code = failure.code, tried, "a call to AWS failed");
                return Err(failure);
            }
            sleep(pause(tried, (self.jitter)())).await;
        }
    }

    /// What calls were made since this was asked last
    pub(crate) fn take_cost(&self) -> Cost {
        std::mem::take(&mut *self.cost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, call: &Call, throttled: bool) {
        let mut cost = self.cost.lock().unwrap_or_else(PoisonError::into_inner);
        *cost.calls.entry(call.operation.clone()).or_default() += 1;
        cost.throttles += i64::from(throttled);
    }
}

/// Whether a call is tried again
fn again(failure: &Failure) -> bool {
    match failure.class {
        Class::Throttled | Class::Unsent => true,
        Class::Unanswered => !NEVER_TWICE.contains(&failure.operation.as_str()),
        Class::Missing | Class::Refused => false,
    }
}

/// The pause after so many tries: full jitter, so that what failed together does not come back together
fn pause(tried: u32, jitter: f64) -> Duration {
    (PAUSE * 2u32.saturating_pow(tried.saturating_sub(1))).mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_carried_out_is_repeated_only_where_twice_is_once() {
        for (operation, class, expected) in [
            ("CreateService", Class::Unanswered, true),
            ("RegisterTaskDefinition", Class::Unanswered, false),
            ("RegisterTaskDefinition", Class::Throttled, true),
            ("RegisterTaskDefinition", Class::Unsent, true),
            ("UpdateService", Class::Refused, false),
            ("GetSchedule", Class::Missing, false),
        ] {
            let failure = Failure { operation: operation.to_owned(), code: String::new(), class };
            assert_eq!(again(&failure), expected, "{operation} {class:?}");
        }
    }

    #[test]
    fn pauses_grow_and_are_a_part_of_themselves() {
        let pauses: Vec<u128> = (1..4).map(|tried| pause(tried, 1.0).as_millis()).collect();
        assert_eq!(pauses, [200, 400, 800]);
        assert_eq!(pause(3, 0.25).as_millis(), 200);
    }
}
