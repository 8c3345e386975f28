//! Health checks and restart policies of a container.
//!
//! *Not here*: probes and restart rules (R-PROBE, R-RESTART, in `translate`): they depend on the container's place.

use ecs_crds::ecs::{ContainerRestartPolicy, HealthCheck as Written};
use ecs_crds::status::Class;

use super::report::{Report, each};
use crate::findings::Path;
use crate::model::task::{HealthCheck, Os, RestartPolicy};

/// The longest start or stop timeout that is sensible: ECS names no bound outside Fargate, Kubernetes adds them up
pub(super) const TIMEOUT_MAX: i64 = 86_400;

/// `healthCheck`
pub(super) fn check(path: &Path, written: Option<&Written>, os: Os, report: &mut Report) -> Option<HealthCheck> {
    let Written { command, interval, timeout, retries, start_period, unknown: _ } = written?;
    let at = path.key("command");
    let words = command.as_deref().unwrap_or_default();
    let command: Vec<String> = match words.split_first() {
        Some((first, rest)) if first == "CMD" && !rest.is_empty() => rest.to_vec(),
        Some((first, rest)) if first == "CMD-SHELL" && !rest.is_empty() => {
            let shell: &[&str] = if os.is_windows() { &["cmd", "/S", "/C"] } else { &["/bin/sh", "-c"] };
            shell.iter().map(|word| (*word).to_owned()).chain(rest.iter().cloned()).collect()
        }
        _ => {
            let message =
                "a health check's command begins with CMD or CMD-SHELL and then says what to run; write it so";
            report.block(&at, "InvalidHealthCheck", message);
            return None;
        }
    };
    Some(HealthCheck {
        command,
        interval: report.within(&path.key("interval"), interval.unwrap_or(30), 5..=300),
        timeout: report.within(&path.key("timeout"), timeout.unwrap_or(5), 2..=60),
        retries: report.within(&path.key("retries"), retries.unwrap_or(3), 1..=10),
        start_period: report.within(&path.key("startPeriod"), start_period.unwrap_or(0), 0..=300),
    })
}

/// `restartPolicy`; none where it is off
pub(super) fn restart(
    path: &Path,
    written: Option<&ContainerRestartPolicy>,
    report: &mut Report,
) -> Option<RestartPolicy> {
    let ContainerRestartPolicy { enabled, ignored_exit_codes, restart_attempt_period, unknown: _ } = written?;
    let Some(enabled) = enabled else {
        report.required(path, "enabled");
        return None;
    };
    let period = report.optional_within(&path.key("restartAttemptPeriod"), *restart_attempt_period, 60..=1800);
    let codes = path.key("ignoredExitCodes");
    if ignored_exit_codes.as_ref().is_some_and(|list| list.len() > 50) {
        report.invalid(&codes, "there are more than 50 exit codes; keep at most 50");
    }
    // Kubernetes takes at most 255 codes, each once
    let mut ignored = Vec::new();
    for (at, code) in each(&codes, ignored_exit_codes.as_ref()).take(255) {
        let code = i32::try_from(report.within(&at, *code, 0..=255)).unwrap_or_default();
        if !ignored.contains(&code) {
            ignored.push(code);
        }
    }
    if !enabled {
        return None;
    }
    let message = "the kubelet restarts the container after 10 s, then with doubling pauses up to 5 minutes, where ECS \
                   restarts at once";
    report.info(&path.key("enabled"), Class::Approximate, "RestartBackOff", message);
    Some(RestartPolicy { ignored_exit_codes: ignored, attempt_period: period })
}
