//! What traffic adds to a pod: probes of the load balancer's check (R-LBHC), and time to drain (R-DRAIN).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    Container, GRPCAction, HTTPGetAction, HostAlias, LifecycleHandler, PodSpec, Probe, SleepAction, TCPSocketAction,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::model::traffic::{CheckBy, HealthCheck, Receiver};

/// Seconds that Kubernetes gives a pod to stop where it is not told
const STOP: i64 = 30;

/// Gives a pod host entries, by address
pub(crate) fn know(pod: &mut PodSpec, entries: &BTreeMap<String, BTreeSet<String>>) {
    for (address, hosts) in entries {
        let all = pod.host_aliases.get_or_insert_default();
        // The API server takes each address once
        let index = all.iter().position(|entry| entry.ip == *address).unwrap_or_else(|| {
            all.push(HostAlias { ip: address.clone(), hostnames: None });
            all.len() - 1
        });
        if let Some(entry) = all.get_mut(index) {
            entry.hostnames.get_or_insert_default().extend(hosts.iter().cloned());
        }
    }
}

/// Makes a pod ready to receive: `grace` is `healthCheckGracePeriodSeconds`, `drain` the time between leaving the load
/// balancer and the signal to stop, both in seconds
pub(crate) fn receive(pod: &mut PodSpec, receivers: &[Receiver], grace: i64, drain: u16) {
    let (mut together, mut in_turn) = (0, 0);
    for Receiver { container, health, replaces } in receivers {
        let sidecar = pod.init_containers.iter_mut().flatten().find(|c| c.name == *container);
        let is_sidecar = sidecar.is_some();
        let Some(made) = sidecar.or_else(|| pod.containers.iter_mut().find(|c| c.name == *container)) else { continue };
        if let Some((check, port)) = health {
            probes(made, check, *port, *replaces, is_sidecar, grace);
        }
        if drain > 0 {
            let sleep =
                LifecycleHandler { sleep: Some(SleepAction { seconds: i64::from(drain) }), ..Default::default() };
            made.lifecycle.get_or_insert_default().pre_stop = Some(sleep);
            // Sidecars stop after the containers, one by one
            if is_sidecar { in_turn += i64::from(drain) } else { together = i64::from(drain) }
        }
    }
    if together + in_turn > 0 {
        let stop = pod.termination_grace_period_seconds.unwrap_or(STOP);
        pod.termination_grace_period_seconds = Some(stop.saturating_add(together + in_turn));
    }
}

fn probes(container: &mut Container, check: &HealthCheck, port: u16, replaces: bool, sidecar: bool, grace: i64) {
    let probe = Probe {
        period_seconds: Some(check.interval),
        timeout_seconds: Some(check.timeout),
        failure_threshold: Some(check.unhealthy),
        ..action(check, port)
    };
    container.readiness_probe = Some(Probe { success_threshold: Some(check.healthy), ..probe.clone() });
    if !replaces {
        return;
    }
    let interval = i64::from(check.interval.max(1));
    let ignored = (grace.max(0) + interval - 1) / interval;
    if sidecar {
        // A startup probe would hold back the containers that start after this one
        let delay = i32::try_from(ignored.saturating_mul(interval)).unwrap_or(i32::MAX);
        container.liveness_probe = Some(Probe { initial_delay_seconds: (delay > 0).then_some(delay), ..probe });
    } else {
        let most = i32::try_from(ignored.saturating_add(i64::from(check.unhealthy))).unwrap_or(i32::MAX);
        container.startup_probe = Some(Probe { failure_threshold: Some(most), ..probe.clone() });
        container.liveness_probe = Some(probe);
    }
}

fn action(check: &HealthCheck, port: u16) -> Probe {
    let number = IntOrString::Int(i32::from(port));
    match &check.by {
        CheckBy::Http { path, tls } => Probe {
            http_get: Some(HTTPGetAction {
                path: Some(path.clone()),
                port: number,
                scheme: tls.then(|| "HTTPS".to_owned()),
                ..HTTPGetAction::default()
            }),
            ..Probe::default()
        },
        CheckBy::Tcp => Probe { tcp_socket: Some(TCPSocketAction { port: number, host: None }), ..Probe::default() },
        CheckBy::Grpc => Probe { grpc: Some(GRPCAction { port: i32::from(port), service: None }), ..Probe::default() },
    }
}
