//! Which replica may write: a Lease of `coordination.k8s.io`, held by one at a time.
//!
//! The times of others are never believed. As in client-go, a Lease has expired when this process has not seen it change for
//! its whole duration, by its own monotonic clock; so skewed or jumping clocks make no second leader. What the holder may do
//! ends earlier than others may take over: its right is a point in time, [`Leadership::holds`], which [`crate::Gate`] asks
//! before every write. A process that was stopped and goes on finds that the time is over.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, PostParams};
use kube::{Client, ResourceExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How an election goes
#[derive(Clone, Debug)]
pub struct Election {
    /// The namespace of the Lease
    pub namespace: String,
    /// The name of the Lease
    pub name: String,
    /// Who we are, different for every process that ever stands
    pub identity: String,
    /// How long others wait after the last renewal that they saw
    pub duration: Duration,
    /// How long the holder may write after the last renewal that it sent; shorter than `duration`
    pub right: Duration,
    /// How often it is tried to renew, or to take over
    pub period: Duration,
}

impl Election {
    /// An election with the proportions that Kubernetes' own controllers have: of 15 s, 10 s to write, every 2 s a try
    ///
    /// A Lease counts in whole seconds, so a duration is at least one.
    #[must_use]
    pub fn new(namespace: String, name: String, identity: String, duration: Duration) -> Self {
        let duration = Duration::from_secs(duration.as_secs().max(1));
        Self { namespace, name, identity, duration, right: duration * 2 / 3, period: duration * 2 / 15 }
    }
}

/// Until when this process may write
#[derive(Clone, Debug)]
pub struct Leadership(watch::Receiver<Right>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    /// No election is held
    Always,
    Until(Instant),
    None,
}

impl Leadership {
    /// For a process that nobody else stands beside
    #[must_use]
    pub fn always() -> Self {
        Self(watch::channel(Right::Always).1)
    }

    /// For a process that never leads
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        Self(watch::channel(Right::None).1)
    }

    /// Whether this process may write now
    #[must_use]
    pub fn holds(&self) -> bool {
        match *self.0.borrow() {
            Right::Always => true,
            Right::Until(end) => Instant::now() < end,
            Right::None => false,
        }
    }

    /// Resolves when this process may write
    pub async fn gained(&mut self) {
        while !self.holds() {
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Resolves when this process may no longer write
    pub async fn lost(&mut self) {
        loop {
            let right = *self.0.borrow_and_update();
            let over = async {
                match right {
                    Right::Always => std::future::pending().await,
                    Right::Until(end) => sleep_until(end).await,
                    Right::None => {}
                }
            };
            tokio::select! {
                () = over => return,
                Ok(()) = self.0.changed() => {}
            }
        }
    }
}

/// Stands for election until `stop` resolves, and then gives the Lease up, so that another can take over at once
///
/// The client must not pass the gate that asks this leadership. Trouble with the API server is waited out.
pub fn stand(
    client: Client,
    election: Election,
    stop: impl Future<Output = ()> + Send + 'static,
) -> (Leadership, impl Future<Output = ()> + Send) {
    let (right, leadership) = watch::channel(Right::None);
    let leases = Api::namespaced(client, &election.namespace);
    let candidate = Candidate { leases, election, right, seen: None };
    (Leadership(leadership), candidate.stand(stop))
}

struct Candidate {
    leases: Api<Lease>,
    election: Election,
    right: watch::Sender<Right>,
    /// The Lease as it was seen last, and since when it has been so
    seen: Option<(Lease, Instant)>,
}

impl Candidate {
    async fn stand(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let attempt = Instant::now();
            // An answer that comes later than this is of no use: the right counts from the sending.
            match timeout(self.election.right, self.attempt()).await {
                Ok(Ok(true)) => self.win(attempt + self.election.right),
                Ok(Ok(false)) => self.lose(),
                Ok(Err(error)) => tracing::warn!(%error, "the Lease could not be asked for; trying again"),
                Err(_) => tracing::warn!("the Lease could not be asked for in time; trying again"),
            }
            tokio::select! {
                () = &mut stop => break,
                () = sleep(self.election.period) => {}
            }
        }
        self.release().await;
    }

    /// Tries once to take or keep the Lease; whether we hold it
    async fn attempt(&mut self) -> Result<bool, kube::Error> {
        let name = self.election.name.clone();
        let Some(lease) = self.leases.get_opt(&name).await? else {
            return self.write(self.election.claim(None)).await;
        };
        let since = match &self.seen {
            Some((before, since)) if before.resource_version() == lease.resource_version() => *since,
            _ => Instant::now(),
        };
        self.seen = Some((lease.clone(), since));
        match self.election.judge(&lease, since.elapsed()) {
            Standing::Another => Ok(false),
            Standing::Ours | Standing::Free => self.write(self.election.claim(Some(lease))).await,
        }
    }

    /// Writes the Lease if nobody was faster; whether it is ours
    async fn write(&mut self, lease: Lease) -> Result<bool, kube::Error> {
        let params = PostParams::default();
        let written = match lease.resource_version() {
            Some(_) => self.leases.replace(&self.election.name, &params, &lease).await,
            None => self.leases.create(&params, &lease).await,
        };
        match written {
            Ok(lease) => {
                self.seen = Some((lease, Instant::now()));
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn win(&self, end: Instant) {
        if matches!(self.right.send_replace(Right::Until(end)), Right::None) {
            tracing::info!(lease = self.election.name, identity = self.election.identity, "leading");
        }
    }

    fn lose(&self) {
        if matches!(self.right.send_replace(Right::None), Right::Until(_)) {
            tracing::warn!(lease = self.election.name, "another replica leads now");
        }
    }

    /// Gives up a Lease that is ours. Where that fails, others wait its duration
    async fn release(&mut self) {
        if matches!(self.right.send_replace(Right::None), Right::None) {
            return;
        }
        let Some((mut lease, _)) = self.seen.take() else { return };
        if let Some(spec) = &mut lease.spec {
            spec.holder_identity = None;
            spec.lease_duration_seconds = Some(1);
        }
        if !matches!(timeout(self.election.period, self.write(lease)).await, Ok(Ok(true))) {
            tracing::debug!("the Lease could not be given up; another replica takes over when it expires");
        }
    }
}

/// Whose a Lease is
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Ours,
    Free,
    Another,
}

impl Election {
    /// Whose a Lease is that has not changed for `unchanged`
    fn judge(&self, lease: &Lease, unchanged: Duration) -> Standing {
        let spec = lease.spec.clone().unwrap_or_default();
        let duration = spec.lease_duration_seconds.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs);
        match spec.holder_identity.as_deref() {
            Some(holder) if holder == self.identity => Standing::Ours,
            None | Some("") => Standing::Free,
            Some(_) if unchanged >= duration.unwrap_or(self.duration) => Standing::Free,
            Some(_) => Standing::Another,
        }
    }

    /// The Lease with us as its holder, made of the one that was seen
    fn claim(&self, seen: Option<Lease>) -> Lease {
        let mut lease = seen.unwrap_or_default();
        let before = lease.spec.take().unwrap_or_default();
        let now = MicroTime(Timestamp::now());
        let ours = before.holder_identity.as_deref() == Some(self.identity.as_str());
        let transitions = before.lease_transitions.unwrap_or(0);
        lease.metadata.name = Some(self.name.clone());
        lease.metadata.namespace = Some(self.namespace.clone());
        lease.spec = Some(LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            acquire_time: before.acquire_time.filter(|_| ours).or_else(|| Some(now.clone())),
            renew_time: Some(now),
            lease_duration_seconds: Some(i32::try_from(self.duration.as_secs()).unwrap_or(i32::MAX).max(1)),
            lease_transitions: Some(if ours { transitions } else { transitions.saturating_add(1) }),
            ..before
        });
        lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn election(identity: &str) -> Election {
        Election::new("system".to_owned(), "ecs-operator".to_owned(), identity.to_owned(), Duration::from_secs(15))
    }

    #[test]
    fn a_lease_is_free_only_when_it_was_seen_unchanged_for_its_own_duration() {
        let held = election("a").claim(None);
        let mut given_up = held.clone();
        given_up.spec = Some(LeaseSpec { holder_identity: None, ..LeaseSpec::default() });
        let mut short = held.clone();
        short.spec = held.spec.clone().map(|s| LeaseSpec { lease_duration_seconds: Some(3), ..s });
        for (who, lease, unchanged, standing) in [
            ("a", &held, 0, Standing::Ours),
            ("a", &held, 100, Standing::Ours),
            ("b", &held, 14, Standing::Another),
            ("b", &held, 15, Standing::Free),
            ("b", &given_up, 0, Standing::Free),
            ("b", &short, 2, Standing::Another),
            ("b", &short, 3, Standing::Free),
        ] {
            assert_eq!(election(who).judge(lease, Duration::from_secs(unchanged)), standing, "{who} {unchanged}");
        }
    }

    #[test]
    fn a_renewal_keeps_the_time_of_taking_over_and_a_take_over_is_counted() {
        let spec = |lease: &Lease| lease.spec.clone();
        let first = election("a").claim(None);
        let renewed = election("a").claim(Some(first.clone()));
        let taken = election("b").claim(Some(renewed.clone()));
        let transitions = |lease: &Lease| spec(lease).and_then(|s| s.lease_transitions);
        assert_eq!(spec(&first).map(|s| s.acquire_time), spec(&renewed).map(|s| s.acquire_time));
        assert_ne!(spec(&renewed).map(|s| s.acquire_time), spec(&taken).map(|s| s.acquire_time));
        assert_eq!([&first, &renewed, &taken].map(transitions), [Some(1), Some(1), Some(2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_right_to_write_ends_by_itself() {
        let (sender, receiver) = watch::channel(Right::None);
        let mut leadership = Leadership(receiver);
        assert!(!leadership.holds());
        let start = Instant::now();
        sender.send_replace(Right::Until(start + Duration::from_secs(10)));
        leadership.gained().await;
        assert!(leadership.holds());
        leadership.lost().await;
        assert_eq!(start.elapsed().as_secs(), 10);
        assert!(!leadership.holds());
        assert!(Leadership::always().holds());
    }
}
