//! Two replicas, one of which leads: killed, stopped, frozen. Never two that write.

use ecs_crds::EcsService;
use k8s_openapi::api::coordination::v1::Lease;

use super::bed::process::{Process, start_replica};
use super::bed::{Request, Story, service, story, task_definition};

/// The users of the two replicas
struct Pair {
    first: String,
    second: String,
}

impl Pair {
    fn of(story: &Story) -> Self {
        Self { first: format!("first-of-{}", story.namespace), second: format!("second-of-{}", story.namespace) }
    }

    /// Starts the first, which leads, and then the second, which stands by
    async fn start(&self, story: &Story) -> (Process, Process) {
        let first = start_replica(story, &self.first);
        leads(story, &self.first).await;
        (first, start_replica(story, &self.second))
    }
}

/// Awaits that a replica holds the Lease
async fn leads(story: &Story, user: &str) {
    let holder = |lease: &Lease| lease.spec.clone().unwrap_or_default().holder_identity.unwrap_or_default();
    story.wait("ecs-operator", &format!("is held by {user}"), |lease: &Lease| holder(lease).starts_with(user)).await;
}

/// A service with one revision, and with a second one
async fn deploy(story: &Story, revision: usize) -> EcsService {
    story.apply(&task_definition("web", &format!("nginx:{revision}"))).await;
    if revision == 1 {
        story.apply(&service("web", "web", 2)).await;
    }
    story.steady("web", &format!("web:{revision}"), 2).await
}

/// What was written beside the Lease
fn writes(requests: &[Request]) -> Vec<&Request> {
    requests.iter().filter(|r| !["get", "list"].contains(&r.verb.as_str()) && r.resource != "leases").collect()
}

#[test]
fn a_replica_that_stands_by_writes_nothing() {
    story("standby", async |story| {
        let pair = Pair::of(story);
        let mark = story.audit_mark().await;
        let (_first, _second) = pair.start(story).await;
        deploy(story, 1).await;
        deploy(story, 2).await;
        assert!(writes(&story.requests(&pair.first, mark).await).len() > 4);
        let second = story.requests(&pair.second, mark).await;
        // The dry runs that detect what the cluster can do are all it asks for.
        let wrote: Vec<_> = writes(&second).into_iter().filter(|r| r.name != "ecs-operator-probe").collect();
        assert!(wrote.is_empty(), "{wrote:?}");
    });
}

#[test]
fn a_killed_leader_is_followed_when_its_lease_expires() {
    story("killed-leader", async |story| {
        let pair = Pair::of(story);
        let (mut first, _second) = pair.start(story).await;
        deploy(story, 1).await;
        first.kill().await;
        let status = deploy(story, 2).await.status.unwrap();
        assert_eq!(status.service_revision.as_deref(), Some("web.service-2"));
        leads(story, &pair.second).await;
    });
}

#[test]
fn a_leader_that_is_told_to_stop_hands_over_at_once() {
    story("hand-over", async |story| {
        let pair = Pair::of(story);
        let (mut first, _second) = pair.start(story).await;
        deploy(story, 1).await;
        let transitions = |lease: &Lease| lease.spec.clone().unwrap_or_default().lease_transitions.unwrap_or(0);
        let before = transitions(&story.get::<Lease>("ecs-operator").await);
        assert_eq!(first.terminate().await.code(), Some(0));
        // Given up by the time the process is gone, so nobody waits for it to expire.
        let lease = story.get::<Lease>("ecs-operator").await.spec.unwrap();
        assert!(lease.holder_identity.is_none_or(|holder| holder.starts_with(&pair.second)));
        leads(story, &pair.second).await;
        assert_eq!(transitions(&story.get::<Lease>("ecs-operator").await), before + 1);
        deploy(story, 2).await;
    });
}

#[test]
fn a_leader_that_was_frozen_and_goes_on_writes_nothing_any_more() {
    story("zombie", async |story| {
        let pair = Pair::of(story);
        let (first, _second) = pair.start(story).await;
        deploy(story, 1).await;
        first.freeze();
        deploy(story, 2).await;
        leads(story, &pair.second).await;

        // It wakes with everything it missed before it, and still believes that it leads.
        let mark = story.audit_mark().await;
        first.thaw();
        deploy(story, 3).await;
        // It has asked for the Lease since, so it is awake.
        while story.requests(&pair.first, mark).await.iter().filter(|r| r.resource == "leases").count() < 2 {}
        let requests = story.requests(&pair.first, mark).await;
        assert!(writes(&requests).is_empty(), "{requests:?}");
        leads(story, &pair.second).await;
    });
}
