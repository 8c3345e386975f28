//! Tasks of real containers: the documents they begin with, what they say, and how they end.
//!
//! Only in a `real_story`. Images: `localhost/busybox:1` (a shell and its tools), and of the same layer `serve` (ends at
//! SIGTERM with exit code 0), `deaf` (does not), `crash` (exits with 3), `done` (exits with 0), each `localhost/NAME:1`.

use futures::{AsyncBufReadExt as _, StreamExt as _};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod};
use kube::ResourceExt as _;
use kube::api::LogParams;
use serde_json::{Value, json};

use super::documents::object;
use super::story::Story;

/// A line that a container wrote
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// When it came, to the nanosecond
    pub(crate) at: Timestamp,
    /// What it says
    pub(crate) text: String,
}

/// The end of a script that runs until SIGTERM, and then ends with exit code 0. PID 1 is deaf to what it has no trap for
pub(crate) const SERVE: &str = "trap 'exit 0' TERM; sleep 600 & wait";

/// A container that runs a shell script. Its health check makes a task count as available at once
pub(crate) fn shell(name: &str, script: &str) -> Value {
    json!({
        "name": name,
        "image": "localhost/busybox:1",
        "memory": 32,
        "command": ["sh", "-c", script],
        // kubelet's first check comes up to one interval after the start: the shortest that ECS allows.
        "healthCheck": {"command": ["CMD", "true"], "interval": 5},
    })
}

/// Such a container that is not essential
pub(crate) fn helper(name: &str, script: &str) -> Value {
    let mut container = shell(name, script);
    container["essential"] = false.into();
    container
}

/// A task definition with these containers
pub(crate) fn task_of(family: &str, containers: &[Value]) -> Value {
    object("TaskDefinition", family, json!({"family": family, "containerDefinitions": containers}))
}

impl Story {
    /// Awaits that a service has a task, and gives the name of its pod
    pub(crate) async fn task(&self, service: &str) -> String {
        self.task_where(service, |_| true).await
    }

    /// Awaits that a service has a task that is as `holds` says, and gives the name of its pod
    pub(crate) async fn task_where(&self, service: &str, holds: impl Fn(&Pod) -> bool) -> String {
        let key = format!("{}/service", ecs_crds::GROUP);
        let ours = |pod: &Pod| pod.labels().get(&key).is_some_and(|of| of == service);
        self.wait_any(&format!("is a task of {service} that is as awaited"), |pod| ours(pod) && holds(pod))
            .await
            .name_any()
    }

    /// Awaits that a container of a pod has a status that `holds`
    pub(crate) async fn container(
        &self,
        pod: &str,
        container: &str,
        what: &str,
        holds: impl Fn(&ContainerStatus) -> bool,
    ) -> ContainerStatus {
        let what = format!("has a container {container} that {what}");
        let found = self.wait(pod, &what, |pod: &Pod| status(pod, container).is_some_and(&holds)).await;
        status(&found, container).unwrap().clone()
    }

    /// Awaits the end of a container that is not started again
    pub(crate) async fn exit(&self, pod: &str, container: &str) -> ContainerStateTerminated {
        let ended = |status: &ContainerStatus| status.state.clone().and_then(|state| state.terminated);
        let status = self.container(pod, container, "has ended", |status| ended(status).is_some()).await;
        ended(&status).unwrap()
    }

    /// What a container has written, in its present run or its last
    pub(crate) async fn log(&self, pod: &str, container: &str) -> Vec<Line> {
        let text = self.api::<Pod>().logs(pod, &log_of(container)).await.unwrap();
        text.lines().map(line).collect()
    }

    /// What the run of a container before the present one has written
    pub(crate) async fn log_before(&self, pod: &str, container: &str) -> Vec<Line> {
        let before = LogParams { previous: true, ..log_of(container) };
        let text = self.api::<Pod>().logs(pod, &before).await.unwrap();
        text.lines().map(line).collect()
    }

    /// Awaits that a container of a pod writes a line that begins so
    pub(crate) async fn says(&self, pod: &str, container: &str, begin: &str) -> Line {
        let begun = |status: &ContainerStatus| {
            status.state.as_ref().is_some_and(|state| state.running.is_some() || state.terminated.is_some())
        };
        self.container(pod, container, "has begun", begun).await;
        let follow = LogParams { follow: true, ..log_of(container) };
        let mut lines = self.api::<Pod>().log_stream(pod, &follow).await.unwrap().lines();
        let said = async {
            let mut seen = Vec::new();
            while let Some(next) = lines.next().await {
                let line = line(&next.unwrap());
                if line.text.starts_with(begin) {
                    return line;
                }
                seen.push(line.text);
            }
            panic!("{pod}/{container} ended without saying {begin}: {seen:#?}")
        };
        let waited = tokio::time::timeout(super::wait::DEADLINE, said).await;
        waited.unwrap_or_else(|_| panic!("{pod}/{container} does not say {begin}"))
    }
}

/// The status of a container of any kind
pub(crate) fn status<'a>(pod: &'a Pod, container: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let of_any = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    of_any.into_iter().find(|status| status.name == container)
}

fn log_of(container: &str) -> LogParams {
    LogParams { container: Some(container.to_owned()), timestamps: true, ..LogParams::default() }
}

fn line(line: &str) -> Line {
    let (at, text) = line.split_once(' ').unwrap_or((line, ""));
    Line { at: at.parse().unwrap_or_else(|_| panic!("no time in {line:?}")), text: text.to_owned() }
}
