//! Restraint: the same wish about the same child is written again only after a growing pause.
//!
//! A child that is edited by hand is restored at once. But where something else sets a field of ours each time we do (an
//! admission webhook, another controller), restoring at once would never end. So each further writing of an unchanged wish
//! waits twice as long as the one before, and after some the status says that the child is contested.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// The pause after the first writing of a wish
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause
const LONGEST: Duration = Duration::from_secs(300);
/// A wish that stood this long is written at once again
const FORGOTTEN: Duration = Duration::from_secs(900);
/// So many writings of one wish are no coincidence
const CONTESTED: u32 = 4;

/// What was written of late, by child
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<String, Wish>>);

#[derive(Clone, Debug)]
struct Wish {
    digest: String,
    times: u32,
    at: Instant,
}

/// Whether a wish may be written now
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Write it
    Now,
    /// Wait; `contested` where it was undone again and again
    After {
        /// How long
        wait: Duration,
        /// Whether the user should know
        contested: bool,
    },
}

impl Pace {
    /// Asks for a turn to write this wish about this child; `Now` counts as written
    pub(crate) fn turn(&self, child: &str, digest: &str) -> Turn {
        let mut wishes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        wishes.retain(|_, wish| wish.at.elapsed() < FORGOTTEN);
        let before = wishes.get(child).filter(|wish| wish.digest == digest).cloned();
        let times = before.as_ref().map_or(0, |wish| wish.times);
        if let Some(wish) = before {
            let pause = FIRST.saturating_mul(1u32.checked_shl(times - 1).unwrap_or(u32::MAX)).min(LONGEST);
            let wait = pause.saturating_sub(wish.at.elapsed());
            if !wait.is_zero() {
                return Turn::After { wait, contested: times >= CONTESTED };
            }
        }
        wishes.insert(child.to_owned(), Wish { digest: digest.to_owned(), times: times + 1, at: Instant::now() });
        Turn::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_first_restoring_is_immediate_and_further_ones_wait_longer_and_longer() {
        let pace = Pace::default();
        assert_eq!(pace.turn("web", "a"), Turn::Now);
        for times in 1..CONTESTED + 2 {
            let pause = Duration::from_secs(1 << (times - 1));
            assert_eq!(pace.turn("web", "a"), Turn::After { wait: pause, contested: times >= CONTESTED });
            tokio::time::advance(pause).await;
            assert_eq!(pace.turn("web", "a"), Turn::Now, "after {pause:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_wish_or_another_child_need_not_wait() {
        let pace = Pace::default();
        assert_eq!(pace.turn("web", "a"), Turn::Now);
        assert_eq!(pace.turn("web", "b"), Turn::Now);
        assert_eq!(pace.turn("api", "b"), Turn::Now);
        tokio::time::advance(FORGOTTEN).await;
        assert_eq!(pace.turn("api", "b"), Turn::Now, "what stood long is restored at once");
    }
}
