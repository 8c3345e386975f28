//! R-ESS and R-RESTART: what happens when a container stops.
//!
//! *Not here*: deleting the pod of a task whose essential container stopped; `supervision` says when the operator does.

use std::collections::BTreeMap;

use ecs_crds::EssentialPolicy;
use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{ContainerRestartRule, ContainerRestartRuleOnExitCodes};

use super::order::{Kind, Order};
use super::{Setting, all_containers};
use crate::config::Capabilities;
use crate::findings::Findings;
use crate::model::task::{Container, RestartPolicy, Task};

/// A container's restart policy and the rules before it
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Restart {
    pub(super) policy: Option<&'static str>,
    pub(super) rules: Option<Vec<ContainerRestartRule>>,
}

/// The restart policies by container
pub(super) fn restarts(
    task: &Task,
    order: &Order,
    setting: Setting,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> BTreeMap<usize, Restart> {
    let all_together = coupled(task, setting, capabilities) == Coupled::RestartAll;
    if all_together {
        unhealthy(task, findings);
    }
    if task.containers.len() > 1
        && matches!(setting, Setting::Service { essential_policy: Some(EssentialPolicy::InPlace), .. })
    {
        let message = "an essential container that exits is started again alone, as `essentialPolicy: InPlace` asks; ECS replaces \
                       the whole task";
        findings.info(&all_containers(), Class::Approximate, "EssentialExitNotCoupled", message);
    }
    if setting.is_job() && order.regular.len() > 1 {
        let message = "the operator stops the task when an essential container exits, as ECS does; while no operator runs, \
                       the others go on";
        findings.info(&all_containers(), Class::Approximate, "EssentialExitStopsTask", message);
    }
    let of = |(index, container): (usize, &Container)| {
        let kind = order.kind(index);
        let mut restart = match &container.restart {
            Some(policy) => own(container, policy, kind, setting, capabilities, findings),
            None if all_together && container.essential => {
                Restart { policy: Some("Always"), rules: Some(restart_all()) }
            }
            None => Restart::default(),
        };
        if kind == Kind::Sidecar {
            restart.policy = Some("Always");
        }
        (index, restart)
    };
    task.containers.iter().enumerate().map(of).collect()
}

/// What the exit of one essential container does to the others
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coupled {
    /// Nothing: it is restarted alone
    Not,
    /// The kubelet restarts them all
    RestartAll,
    /// The operator replaces the task
    ReplaceTask,
}

/// R-ESS: the policy that is asked for, as far as the cluster can do it
pub(super) fn coupled(task: &Task, setting: Setting, capabilities: Capabilities) -> Coupled {
    let Setting::Service { health_check_grace_seconds: _, essential_policy } = setting else { return Coupled::Not };
    match essential_policy {
        Some(EssentialPolicy::InPlace) => Coupled::Not,
        None if task.containers.len() == 1 => Coupled::Not,
        Some(EssentialPolicy::RestartAll) | None if capabilities.restart_all_containers => Coupled::RestartAll,
        Some(EssentialPolicy::ReplaceTask | EssentialPolicy::RestartAll) | None => Coupled::ReplaceTask,
    }
}

/// A container that the kubelet kills for its health is started again before any rule looks at its exit
fn unhealthy(task: &Task, findings: &mut Findings) {
    let checked = |c: &&Container| c.essential && c.restart.is_none() && c.health_check.is_some();
    for container in task.containers.iter().filter(checked) {
        let message = "when this container becomes unhealthy, it is started again alone, where its exit would start all again; \
                       on ECS the whole task is replaced";
        findings.info(&container.path.key("healthCheck"), Class::Approximate, "UnhealthyNotCoupled", message);
    }
}

/// The rules that restart every container of the pod, whatever the exit code
fn restart_all() -> Vec<ContainerRestartRule> {
    ["In", "NotIn"].map(|operator| rule("RestartAllContainers", operator, vec![0])).into()
}

/// `restartPolicy` with `enabled: true`
fn own(
    container: &Container,
    policy: &RestartPolicy,
    kind: Kind,
    setting: Setting,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> Restart {
    let RestartPolicy { ignored_exit_codes: ignored, attempt_period } = policy;
    let path = container.path.key("restartPolicy");
    let rules = capabilities.container_restart_rules;
    let mut warn = |path, code, message: &str| findings.warn(&path, Class::Approximate, code, message);
    if attempt_period.is_some() && (setting.is_job() || !container.essential || kind == Kind::Task) {
        let message =
            "a short run is restarted like any other; only an essential container of a service ends its task by one";
        warn(path.key("restartAttemptPeriod"), "RestartAttemptPeriodNotApplied", message);
    }
    match kind {
        Kind::Task => {
            let message = "a container that others wait for runs until it exits with 0, then no more";
            warn(path, "RestartPolicyNotApplied", message);
            Restart::default()
        }
        Kind::Sidecar if !ignored.is_empty() => {
            let message = "a container that starts before others is restarted after any exit code";
            warn(path.key("ignoredExitCodes"), "IgnoredExitCodesNotApplied", message);
            Restart::default()
        }
        Kind::Sidecar => Restart::default(),
        Kind::Main | Kind::Trailer if !rules && setting.is_job() => {
            let message = "this cluster restarts no container of a job; the container ends with its first exit";
            warn(path, "RestartPolicyNotApplied", message);
            Restart::default()
        }
        Kind::Main | Kind::Trailer if !rules && !ignored.is_empty() => {
            let message = "this cluster cannot tell exit codes apart; the container is restarted after any";
            warn(path.key("ignoredExitCodes"), "IgnoredExitCodesNotApplied", message);
            Restart::default()
        }
        Kind::Main | Kind::Trailer if ignored.is_empty() => {
            Restart { policy: setting.is_job().then_some("Always"), rules: None }
        }
        Kind::Main | Kind::Trailer => {
            Restart { policy: Some("Never"), rules: Some(vec![rule("Restart", "NotIn", ignored.clone())]) }
        }
    }
}

fn rule(action: &str, operator: &str, values: Vec<i32>) -> ContainerRestartRule {
    let exit_codes = ContainerRestartRuleOnExitCodes { operator: operator.to_owned(), values: Some(values) };
    ContainerRestartRule { action: action.to_owned(), exit_codes: Some(exit_codes) }
}
