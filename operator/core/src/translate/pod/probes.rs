//! R-PROBE: health checks as probes.
//!
//! *Not here*: readiness; the load balancer's check makes it, where there is one.

use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{ExecAction, Probe};

use super::Setting;
use super::order::{Kind, Order, waits_for_health};
use crate::findings::Findings;
use crate::model::task::{Container, HealthCheck, Task};
use crate::values::dollar;

/// A task of its own waits as long as it takes
const FOREVER: i64 = 100_000;

/// The probes of a container
#[derive(Debug, Default)]
pub(super) struct Probes {
    pub(super) startup: Option<Probe>,
    pub(super) liveness: Option<Probe>,
}

/// The probes that fit the container's part in the pod
pub(super) fn probes(task: &Task, index: usize, order: &Order, setting: Setting, findings: &mut Findings) -> Probes {
    let Some(container) = task.containers.get(index) else { return Probes::default() };
    let kind = order.kind(index);
    if kind == Kind::Task && container.start_timeout.is_some() && setting.is_job() {
        let message = "the time to finish is not bounded in a job; bound it in the container's command";
        findings.warn(&container.path.key("startTimeout"), Class::Unsupported, "StartTimeoutNotEnforced", message);
    }
    let Some(check) = container.health_check.as_ref().filter(|_| kind != Kind::Task) else { return Probes::default() };
    let awaited = waits_for_health(task, order, index);
    let grace = match setting {
        Setting::Service { health_check_grace_seconds, essential_policy: _ } => {
            health_check_grace_seconds.clamp(0, i64::from(i32::MAX))
        }
        Setting::Job => {
            let most = FOREVER.min(within_start_timeout(container, check).unwrap_or(FOREVER));
            return Probes { startup: awaited.then(|| probe(check, most)), liveness: None };
        }
    };
    let threshold = (check.start_period / check.interval + check.retries).max(ceil(grace, check.interval)) + 1;
    let most = within_start_timeout(container, check).filter(|_| awaited).unwrap_or(i64::MAX);
    if !container.essential {
        return Probes { startup: awaited.then(|| probe(check, threshold.min(most))), liveness: None };
    }
    let liveness = probe(check, check.retries);
    if kind == Kind::Sidecar && !awaited {
        // A startup probe would hold back those that wait for nothing but the start
        let message = "the pod may be ready before this container is healthy, as others wait for its start only";
        findings.info(&container.path.key("healthCheck"), Class::Approximate, "ReadyBeforeHealthy", message);
        let delay = small((threshold - check.retries) * check.interval);
        return Probes { startup: None, liveness: Some(Probe { initial_delay_seconds: Some(delay), ..liveness }) };
    }
    Probes { startup: Some(probe(check, threshold.min(most))), liveness: Some(liveness) }
}

/// How many checks fit into `startTimeout`
fn within_start_timeout(container: &Container, check: &HealthCheck) -> Option<i64> {
    container.start_timeout.map(|seconds| seconds / check.interval + 1)
}

fn ceil(seconds: i64, interval: i64) -> i64 {
    (seconds + interval - 1) / interval
}

fn probe(check: &HealthCheck, failure_threshold: i64) -> Probe {
    Probe {
        exec: Some(ExecAction { command: Some(check.command.iter().map(|word| dollar::escape(word)).collect()) }),
        period_seconds: Some(small(check.interval)),
        timeout_seconds: Some(small(check.timeout)),
        failure_threshold: Some(small(failure_threshold)),
        ..Probe::default()
    }
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
