//! Probes → `healthCheck`: ECS runs commands, and has one check where Kubernetes has three.

use k8s_openapi::api::core::v1::{ExecAction, Probe};
use serde_json::Value;

use super::{Members, Report};
use crate::findings::Path;

/// A container's probes
pub(super) struct Probes<'a> {
    pub(super) startup: Option<&'a Probe>,
    pub(super) liveness: Option<&'a Probe>,
    pub(super) readiness: Option<&'a Probe>,
}

/// The health check of a container; its command is what makes it alive, else what makes it started
pub(super) fn health_check(probes: &Probes<'_>, path: &Path, report: &mut Report<'_>) -> Value {
    if probes.readiness.is_some() {
        let message =
            "ECS does not tell ready from alive; give the load balancer's target group a health check instead";
        report.lost(true, &path.key("readinessProbe"), "LossReadiness", message);
    }
    let command = |probe: Option<&Probe>, name: &str, report: &mut Report<'_>| -> Option<Vec<String>> {
        taken_apart(probe?, &path.key(name), report)
    };
    let liveness = command(probes.liveness, "livenessProbe", report);
    let startup = command(probes.startup, "startupProbe", report);
    let (command, probe, name) = match (liveness, startup) {
        (Some(command), _) => (command, probes.liveness, "livenessProbe"),
        (None, Some(command)) => (command, probes.startup, "startupProbe"),
        (None, None) => return Value::Null,
    };
    let Some(probe) = probe else { return Value::Null };
    let path = path.key(name);
    let mut clamped = |member: &str, given: Option<i32>, default: i32, low: i32, high: i32| {
        let given = given.unwrap_or(default);
        let taken = given.clamp(low, high);
        let message = format!("`{member}` is {taken} on ECS, which takes {low} to {high}");
        report.near(taken != given, &path.key(member), "HealthCheckClamped", &message);
        taken
    };
    let interval = clamped("periodSeconds", probe.period_seconds, 10, 5, 300);
    let timeout = clamped("timeoutSeconds", probe.timeout_seconds, 1, 2, 60).min(interval);
    let retries = clamped("failureThreshold", probe.failure_threshold, 3, 1, 10);
    let mut check = Members::default();
    check.put("command", [vec!["CMD".to_owned()], command].concat());
    check.put("interval", interval);
    check.put("timeout", timeout);
    check.put("retries", retries);
    check.put("startPeriod", start_period(probes));
    check.into()
}

/// How long failures do not count, in seconds; 0: from the start
fn start_period(probes: &Probes<'_>) -> i64 {
    let startup = probes.startup.map_or(0, |probe| {
        let (period, threshold) = (probe.period_seconds.unwrap_or(10), probe.failure_threshold.unwrap_or(3));
        i64::from(probe.initial_delay_seconds.unwrap_or(0)) + i64::from(period) * i64::from(threshold)
    });
    let liveness = probes.liveness.and_then(|probe| probe.initial_delay_seconds).unwrap_or(0);
    startup.max(i64::from(liveness)).clamp(0, 300)
}

/// The command of a probe that has one; what else it says is named
fn taken_apart(probe: &Probe, path: &Path, report: &mut Report<'_>) -> Option<Vec<String>> {
    let Probe {
        exec,
        grpc,
        http_get,
        tcp_socket,
        initial_delay_seconds: _,
        period_seconds: _,
        timeout_seconds: _,
        failure_threshold: _,
        success_threshold,
        termination_grace_period_seconds,
    } = probe;
    let asks = http_get.is_some() || tcp_socket.is_some() || grpc.is_some();
    let message =
        "ECS checks health by commands in the container; add one there, or use the target group's health check";
    report.lost(asks, path, "LossProbe", message);
    report.lost_each(
        path,
        "LossProbe",
        &[
            ("successThreshold", success_threshold.is_some_and(|n| n != 1)),
            ("terminationGracePeriodSeconds", termination_grace_period_seconds.is_some()),
        ],
    );
    let ExecAction { command } = exec.as_ref()?;
    command.clone().filter(|command| !command.is_empty())
}
