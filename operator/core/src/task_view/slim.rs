//! What of a pod is kept in memory for [`super::view`]; the rest is its owner's template.

use k8s_openapi::api::core::v1::{
    Container, ContainerStatus, Lifecycle, LifecycleHandler, Pod, PodSpec, PodStatus, Probe,
};

/// Drops of a pod what a look at it as a task does not need, environment and secrets first of all
pub fn slim(pod: &mut Pod) {
    pod.metadata.managed_fields = None;
    if let Some(spec) = pod.spec.take() {
        let PodSpec { containers, init_containers, node_name, readiness_gates, restart_policy, .. } = spec;
        pod.spec = Some(PodSpec {
            containers: containers.into_iter().map(container).collect(),
            init_containers: init_containers.map(|list| list.into_iter().map(container).collect()),
            node_name,
            readiness_gates,
            restart_policy,
            ..PodSpec::default()
        });
    }
    if let Some(status) = pod.status.take() {
        let PodStatus { conditions, container_statuses, init_container_statuses, .. } = status;
        let PodStatus { message, phase, reason, start_time, .. } = status;
        pod.status = Some(PodStatus {
            conditions,
            container_statuses: container_statuses.map(|list| list.into_iter().map(of_container).collect()),
            init_container_statuses: init_container_statuses.map(|list| list.into_iter().map(of_container).collect()),
            message,
            phase,
            reason,
            start_time,
            ..PodStatus::default()
        });
    }
}

fn container(full: Container) -> Container {
    let Container { name, image, restart_policy, liveness_probe, startup_probe, lifecycle, .. } = full;
    let sleep = lifecycle.and_then(|l| l.pre_stop).and_then(|h| h.sleep);
    Container {
        name,
        image,
        restart_policy,
        liveness_probe: liveness_probe.map(|_| Probe::default()),
        startup_probe: startup_probe.map(|_| Probe::default()),
        lifecycle: sleep.map(|sleep| Lifecycle {
            pre_stop: Some(LifecycleHandler { sleep: Some(sleep), ..LifecycleHandler::default() }),
            ..Lifecycle::default()
        }),
        ..Container::default()
    }
}

fn of_container(full: ContainerStatus) -> ContainerStatus {
    let ContainerStatus { name, image_id, last_state, ready, restart_count, started, state, .. } = full;
    ContainerStatus { name, image_id, last_state, ready, restart_count, started, state, ..ContainerStatus::default() }
}
