//! R-SUP: what of a task the operator itself sees to, because Kubernetes does not.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::status::Class;

use super::order::{Kind, Order};
use super::restart::{Coupled, coupled};
use super::{Setting, all_containers};
use crate::config::Capabilities;
use crate::findings::Findings;
use crate::model::task::{Container, Task};
use crate::revision::Supervision;

/// The rules of a task of a service
pub(super) fn supervision(
    task: &Task,
    order: &Order,
    setting: Setting,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> Supervision {
    if setting.is_job() {
        return Supervision::default();
    }
    let of = |index: usize| (order.kind(index), task.containers.get(index));
    let containers = || (0..task.containers.len()).map(of).filter_map(|(kind, c)| Some((kind, c?)));
    let essential = || containers().filter(|(kind, c)| c.essential && *kind != Kind::Task).map(|(_, c)| c);
    let restarted = || essential().filter_map(|c| Some((c, c.restart.as_ref()?)));
    let awaited = || containers().filter(|(kind, _)| *kind == Kind::Task).map(|(_, c)| c);
    let replaced = coupled(task, setting, capabilities) == Coupled::ReplaceTask;
    if replaced {
        let message = "the operator stops the task when an essential container exits, as ECS does, and a service gets \
                       another; in the first minute of a service's task the kubelet restarts the container in its place \
                       instead";
        findings.info(&all_containers(), Class::Approximate, "EssentialExitReplacesTask", message);
    }
    Supervision {
        essential: names(essential()),
        awaited: names(awaited()),
        end_task: names(essential().filter(|c| replaced && c.restart.is_none())),
        may_stay_stopped: names(restarted().filter(|(_, r)| !r.ignored_exit_codes.is_empty()).map(|(c, _)| c)),
        restart_after: restarted().map(|(c, r)| (c.name.clone(), r.attempt_seconds())).collect(),
        start_timeouts: awaited().filter_map(|c| Some((c.name.clone(), c.start_timeout?))).collect::<BTreeMap<_, _>>(),
    }
}

fn names<'a>(containers: impl Iterator<Item = &'a Container>) -> BTreeSet<String> {
    containers.map(|c| c.name.clone()).collect()
}
