//! Waiting with progress: a line each time the status of the service says something new.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::kubectl::Kubectl;
use crate::progress::Progress;

/// How long a document may take to be judged, and a service to become steady.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks.
const PERIOD: Duration = Duration::from_millis(200);

/// Waits until the task definition is judged; a refused one is an error that shows its findings.
pub(super) fn accepted(kubectl: &Kubectl, definition: &str) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let object = kubectl.get("taskdefinition", definition)?;
        match condition(&object, "Accepted") {
            Some(("True", _)) => return Ok(()),
            Some((_, message)) => bail!("the task definition is refused: {message}\n{}", findings(&object)),
            None => std::thread::sleep(PERIOD),
        }
    }
    bail!("the operator has not looked at the task definition for {PATIENCE:?}")
}

/// Waits until the service runs this revision of its task definition and nothing else, telling what is new.
pub(super) fn steady(kubectl: &Kubectl, service: &str, revision: u32, progress: &Progress) -> Result<()> {
    let started = Instant::now();
    let mut before = String::new();
    while started.elapsed() < PATIENCE {
        let object = kubectl.get("ecsservice", service)?;
        let now = line(&object["status"]);
        if now != before {
            progress.step(&format!("  {now}"));
            before = now;
        }
        let task_definition = object["status"]["taskDefinition"].as_str().unwrap_or_default();
        let ready = condition(&object, "Ready").is_some_and(|(status, _)| status == "True");
        if ready && task_definition.ends_with(&format!(":{revision}")) {
            return Ok(());
        }
        if let Some(("False", message)) = condition(&object, "Accepted") {
            bail!("the service is refused: {message}\n{}", findings(&object));
        }
        std::thread::sleep(PERIOD);
    }
    bail!("the service is not steady after {PATIENCE:?}; it says: {before}")
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<(&'a str, &'a str)> {
    let conditions = object["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|c| c["type"] == kind)?;
    Some((found["status"].as_str()?, found["message"].as_str()?))
}

/// `web:2  desired 2  running 3  pending 0  IN_PROGRESS  (and web:1: 1 running)`
fn line(status: &Value) -> String {
    let deployments = status["deployments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some((primary, older)) = deployments.split_first() else {
        return "awaiting the operator".to_owned();
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut line = format!(
        "{}  desired {}  running {}  pending {}  {}",
        text(&primary["taskDefinition"]),
        primary["desiredCount"],
        primary["runningCount"],
        primary["pendingCount"],
        text(&primary["rolloutState"]),
    );
    for deployment in older {
        line += &format!("  (and {}: {} running)", text(&deployment["taskDefinition"]), deployment["runningCount"]);
    }
    line
}

fn findings(object: &Value) -> String {
    let findings = object["status"]["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = findings.iter().map(|f| {
        format!("  {} {} {}: {}", text(&f["severity"]), text(&f["code"]), text(&f["path"]), text(&f["message"]))
    });
    lines.collect::<Vec<_>>().join("\n")
}
