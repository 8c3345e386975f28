//! R-ESS and R-RESTART: what happens when a container stops.
//!
//! *Not here*: deleting the pod of a task whose essential container stopped; no supervisor does that yet, and a finding
//! says so.

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
    let all_together = coupled(task, order, setting, capabilities, findings);
    if all_together {
        unhealthy(task, findings);
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

/// Whether the exit of one essential container restarts them all
fn coupled(task: &Task, order: &Order, setting: Setting, capabilities: Capabilities, findings: &mut Findings) -> bool {
    let mut uncoupled = |message: &str| {
        findings.warn(&all_containers(), Class::Approximate, "EssentialExitNotCoupled", message);
        false
    };
    let policy = match setting {
        Setting::Service { health_check_grace_seconds: _, essential_policy } => essential_policy,
        Setting::Job => {
            let several = order.regular.len() > 1;
            return several
                && uncoupled(
                    "the job ends when all its essential containers have; ECS stops the task at the first exit",
                );
        }
    };
    let together = capabilities.restart_all_containers;
    match policy {
        Some(EssentialPolicy::InPlace) => false,
        None if task.containers.len() == 1 => false,
        Some(EssentialPolicy::RestartAll) | None if together => true,
        Some(EssentialPolicy::RestartAll) => uncoupled(
            "an essential container that exits is restarted alone: not every node of this cluster can restart them all",
        ),
        Some(EssentialPolicy::ReplaceTask) | None => uncoupled(
            "an essential container that exits is restarted alone, as the operator does not replace the pod yet; on ECS the \
             whole task is replaced",
        ),
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
    let RestartPolicy { ignored_exit_codes: ignored } = policy;
    let path = container.path.key("restartPolicy");
    let rules = capabilities.container_restart_rules;
    let mut warn = |path, code, message: &str| findings.warn(&path, Class::Approximate, code, message);
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
            if container.essential && !setting.is_job() {
                let message = "after an ignored exit code the container stays stopped and the pod not ready, as the operator \
                               does not replace it yet; on ECS the task is replaced";
                warn(path.key("ignoredExitCodes"), "EssentialExitNotCoupled", message);
            }
            Restart { policy: Some("Never"), rules: Some(vec![rule("Restart", "NotIn", ignored.clone())]) }
        }
    }
}

fn rule(action: &str, operator: &str, values: Vec<i32>) -> ContainerRestartRule {
    let exit_codes = ContainerRestartRuleOnExitCodes { operator: operator.to_owned(), values: Some(values) };
    ContainerRestartRule { action: action.to_owned(), exit_codes: Some(exit_codes) }
}
