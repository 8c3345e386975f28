//! One container → a container definition.

use k8s_openapi::api::core::v1::{Container, ContainerPort, ContainerRestartRule, Lifecycle, PodSpec};
use serde_json::{Value, json};

use super::around::Around;
use super::environment::Environment;
use super::probe::{Probes, health_check};
use super::volumes::Volumes;
use super::{Members, Profile, Report, resources, security, some};
use crate::findings::Path;

/// What a container is in its pod
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It ends before the others begin
    Init,
    /// It begins before the others and ends after them
    Sidecar,
    /// It is what the pod is for
    Regular,
}

/// What a container stands in
pub(super) struct Setting<'a> {
    pub(super) pod: &'a PodSpec,
    pub(super) volumes: &'a Volumes,
    pub(super) around: &'a Around,
    pub(super) namespace: Option<&'a str>,
    /// Whether the pod runs on and on
    pub(super) service: bool,
}

/// Turns a container; `depends_on`: what must be before it begins
pub(super) fn container(
    given: &Container,
    part: Part,
    setting: &Setting<'_>,
    depends_on: Vec<Value>,
    path: &Path,
    report: &mut Report<'_>,
) -> Value {
    let Container {
        args,
        command,
        env,
        env_from,
        image,
        image_pull_policy,
        lifecycle,
        liveness_probe,
        name,
        ports,
        readiness_probe,
        resize_policy,
        resources,
        restart_policy,
        restart_policy_rules,
        security_context,
        startup_probe,
        stdin,
        stdin_once,
        termination_message_path,
        termination_message_policy,
        tty,
        volume_devices,
        volume_mounts: _,
        working_dir,
    } = given;
    let &Setting { pod, volumes, around, namespace, service: _ } = setting;
    let mut these = Members::default();
    these.put("name", name.as_str());
    these.put("image", image.clone().map(Value::from).unwrap_or_default());
    let variables = (env_from.as_deref().unwrap_or_default(), env.as_deref().unwrap_or_default());
    let environment = Environment::of(variables, (around, namespace), path, report);
    these.put(
        "entryPoint",
        environment.expand_all(command.as_deref().unwrap_or_default(), &path.key("command"), report),
    );
    these.put("command", environment.expand_all(args.as_deref().unwrap_or_default(), &path.key("args"), report));
    these.put("environment", environment.environment());
    these.put("secrets", environment.secrets());
    these.put("workingDirectory", working_dir.clone().map(Value::from).unwrap_or_default());
    these.put("portMappings", port_mappings(ports.as_deref().unwrap_or_default(), pod, path, report));
    resources::container(resources.as_ref(), path, &mut these, report);
    let mut linux = Members(security::container(
        security_context.as_ref(),
        pod.security_context.as_ref(),
        path,
        &mut these,
        report,
    ));
    volumes.mount(given, path, &mut these, &mut linux, report);
    these.put("linuxParameters", linux);
    let (startup, liveness, readiness) = (startup_probe.as_ref(), liveness_probe.as_ref(), readiness_probe.as_ref());
    let probes = Probes { startup, liveness, readiness };
    these.put("healthCheck", health_check(&probes, path, report));
    these.put("interactive", stdin.filter(|s| *s).map(Value::from).unwrap_or_default());
    these.put("pseudoTerminal", tty.filter(|t| *t).map(Value::from).unwrap_or_default());
    these.put("stopTimeout", stop_timeout(pod, report));
    these.put("essential", part == Part::Regular);
    these.put("dependsOn", depends_on);
    let rules = restart_policy_rules.as_deref().unwrap_or_default();
    these.put("restartPolicy", restarts(part, restart_policy.as_deref(), rules, setting, path, report));
    ends(lifecycle.as_ref(), path, report);
    report.lost_each(
        path,
        "LossContainer",
        &[
            ("imagePullPolicy", image_pull_policy.as_deref() == Some("Never")),
            ("resizePolicy", some(resize_policy)),
            ("stdinOnce", *stdin_once == Some(true)),
            (
                "terminationMessagePath",
                termination_message_path.as_deref().is_some_and(|p| p != "/dev/termination-log"),
            ),
            ("terminationMessagePolicy", termination_message_policy.as_deref().is_some_and(|p| p != "File")),
            ("volumeDevices", some(volume_devices)),
        ],
    );
    these.into()
}

fn port_mappings(ports: &[ContainerPort], pod: &PodSpec, path: &Path, report: &mut Report<'_>) -> Vec<Value> {
    let mut mappings = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let ContainerPort { container_port, host_ip, host_port, name, protocol } = port;
        let path = path.key("ports").index(index);
        let protocol = protocol.as_deref().unwrap_or("TCP");
        report.refused(
            protocol == "SCTP",
            &path.key("protocol"),
            "LossProtocol",
            "ECS has tcp and udp; there is no way for SCTP",
        );
        let elsewhere = host_port.is_some_and(|host| host != *container_port)
            || (host_port.is_some() && pod.host_network != Some(true));
        let message = "in the network mode awsvpc a task has an address of its own, so it needs no port of its host";
        report.lost(elsewhere, &path.key("hostPort"), "LossHostPort", message);
        report.lost_each(&path, "LossHostPort", &[("hostIP", some(host_ip))]);
        let mut mapping = Members::default();
        mapping.put("containerPort", *container_port);
        mapping.put("protocol", if protocol == "UDP" { json!("udp") } else { Value::Null });
        mapping.put("name", name.clone().map(Value::from).unwrap_or_default());
        mappings.push(mapping.into());
    }
    mappings
}

/// How long a container may take to end, where it is not what ECS gives too
fn stop_timeout(pod: &PodSpec, report: &mut Report<'_>) -> Value {
    match pod.termination_grace_period_seconds {
        None | Some(30) => Value::Null,
        Some(seconds) => {
            let most = if report.profile == Profile::Fargate { 120 } else { i64::from(i32::MAX) };
            let path = Path::root().key("spec").key("terminationGracePeriodSeconds");
            let message = "Fargate gives a container at most 120 seconds to end";
            report.lost(seconds > most, &path, "LossGracePeriod", message);
            seconds.clamp(0, most).into()
        }
    }
}

/// Kubernetes starts containers again in their place; ECS does so where it is told
fn restarts(
    part: Part,
    own: Option<&str>,
    rules: &[ContainerRestartRule],
    setting: &Setting<'_>,
    path: &Path,
    report: &mut Report<'_>,
) -> Value {
    let path = path.key("restartPolicyRules");
    let mut ignored: Option<Vec<i32>> = None;
    for (index, ContainerRestartRule { action, exit_codes }) in rules.iter().enumerate() {
        let codes =
            exit_codes.as_ref().filter(|codes| codes.operator == "NotIn").and_then(|codes| codes.values.clone());
        match codes.filter(|_| action == "Restart") {
            Some(codes) => ignored = Some(codes),
            None => report.lost(
                true,
                &path.index(index),
                "LossRestartRule",
                "ECS starts a container again after any exit code but some that it ignores",
            ),
        }
    }
    let pod = setting.pod.restart_policy.as_deref().unwrap_or("Always");
    let mut policy = Members::default();
    let enabled = match (part, own.unwrap_or(pod)) {
        (Part::Init, _) => false,
        (Part::Sidecar, _) => true,
        (Part::Regular, "Always") => setting.service,
        (Part::Regular, "OnFailure") => {
            ignored.get_or_insert_default().push(0);
            true
        }
        (Part::Regular, _) => ignored.is_some(),
    };
    if !enabled {
        return Value::Null;
    }
    policy.put("enabled", true);
    policy.put("ignoredExitCodes", ignored.map(Value::from).unwrap_or_default());
    policy.put("restartAttemptPeriod", if setting.service { json!(60) } else { Value::Null });
    policy.into()
}

/// What happens at a container's beginning and end
fn ends(lifecycle: Option<&Lifecycle>, path: &Path, report: &mut Report<'_>) {
    let Some(Lifecycle { post_start, pre_stop, stop_signal }) = lifecycle else { return };
    let path = path.key("lifecycle");
    let sleeps = pre_stop.as_ref().is_some_and(|hook| hook.sleep.is_some());
    let message = "ECS takes a task out of its load balancers before it stops it; give the target groups this time as their \
                   deregistration delay";
    report.near(sleeps, &path.key("preStop").key("sleep"), "LossPreStop", message);
    report.lost_each(
        &path,
        "LossLifecycle",
        &[
            ("postStart", post_start.is_some()),
            ("preStop", pre_stop.is_some() && !sleeps),
            ("stopSignal", stop_signal.is_some()),
        ],
    );
}
