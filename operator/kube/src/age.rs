//! The age of a look: what was decided long ago is not written any more.
//!
//! A process that was frozen wakes with its plans before it, and takes them for new. A leader's writes end with its lease (the
//! `Gate`); without a lease this is what stops them: a Job that another has long started, and that has gone, is not made again.
//!
//! *Not here*: what is planned instead. A look that has grown too old fails, and the next one sees what is there now.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::fault::Fault;

/// After this time nothing that was seen counts any more, and no look goes on writing: less than anything of ours is kept,
/// more than an API server is slow
pub const OLD: Duration = Duration::from_secs(30);

tokio::task_local! {
    static BEGUN: Instant;
}

/// Looks at something: writes within `work` pass for half a minute
pub async fn look<T>(work: impl Future<Output = T>) -> T {
    BEGUN.scope(Instant::now(), work).await
}

/// Whether what is about to be written was decided lately; outside a look, nothing was decided before
pub(crate) fn still_young() -> Result<(), Fault> {
    let age = BEGUN.try_with(Instant::elapsed).unwrap_or_default();
    if age > OLD { Err(Fault::Old(age)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_decided_long_ago_is_not_written() {
        let after = async |pause: Duration| {
            tokio::time::advance(pause).await;
            still_young()
        };
        let moment = Duration::from_millis(1);
        assert!(look(after(OLD)).await.is_ok());
        assert!(matches!(look(after(OLD + moment)).await, Err(Fault::Old(_))));
        assert!(look(after(OLD)).await.is_ok(), "the next look begins anew");
        assert!(after(OLD + moment).await.is_ok(), "who does not look decides as it writes");
    }
}
