//! The clock by which schedules run: the system's, or one that a test sets.
//!
//! *Guarantees*: whoever waits for a time learns of every jump, so that a clock that is set never makes a schedule wait for
//! the time that was.
//!
//! *Not here*: pauses and deadlines, which are no matter of the wall clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{BoxStream, StreamExt, unfold};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// How often the system's clock is compared with one that nobody sets
const COMPARED: Duration = Duration::from_secs(5);
/// A difference that is a jump, and no drift
const JUMP: SignedDuration = SignedDuration::from_secs(1);

/// A clock
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<watch::Sender<Timestamp>>>);

impl Clock {
    /// A clock that stands still at a time, until it is set to another; for tests
    #[must_use]
    pub fn standing_at(time: Timestamp) -> Self {
        Self(Some(Arc::new(watch::Sender::new(time))))
    }

    /// Sets a clock that stands still, forwards or back. The system's clock takes no notice
    pub fn set(&self, time: Timestamp) {
        if let Some(set) = &self.0 {
            set.send_replace(time);
        }
    }

    /// What it shows
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.as_ref().map_or_else(Timestamp::now, |set| *set.borrow())
    }

    /// An item whenever it jumped
    pub(crate) fn jumps(&self) -> BoxStream<'static, ()> {
        match &self.0 {
            Some(set) => {
                let settings = set.subscribe();
                unfold(settings, async |mut settings| settings.changed().await.ok().map(|()| ((), settings))).boxed()
            }
            None => unfold((Timestamp::now(), Instant::now()), async |since| Some(((), jumped(since).await))).boxed(),
        }
    }
}

/// Awaits that the system's clock went otherwise than time did; the two from then on
async fn jumped((mut wall, mut steady): (Timestamp, Instant)) -> (Timestamp, Instant) {
    loop {
        tokio::time::sleep(COMPARED).await;
        let (wall_now, steady_now) = (Timestamp::now(), Instant::now());
        let passed = SignedDuration::try_from(steady_now - steady).unwrap_or(SignedDuration::MAX);
        let difference = wall_now.duration_since(wall) - passed;
        (wall, steady) = (wall_now, steady_now);
        if difference.abs() > JUMP {
            return (wall, steady);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_listens_learns_that_a_clock_was_set() {
        let noon: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
        let clock = Clock::standing_at(noon);
        let mut jumps = clock.jumps();
        assert_eq!(clock.now(), noon);
        for hours in [1, -1] {
            let time = noon + SignedDuration::from_hours(hours);
            clock.clone().set(time);
            assert_eq!((clock.now(), jumps.next().await), (time, Some(())));
        }
    }
}
