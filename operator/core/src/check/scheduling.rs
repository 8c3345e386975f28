//! `schedulingStrategy`: a number of tasks, or one on every node (R-DAEMON), and what a service of either kind may not say.

use ecs_crds::status::Class;
use ecs_crds::{CapacitySplit, EcsServiceSpec};

use crate::check::service::DAEMON;
use crate::findings::{Findings, Path};
use crate::model::service::Scheduling;

/// The strategy that the spec names
pub(super) fn scheduling(spec: &EcsServiceSpec, findings: &mut Findings) -> Scheduling {
    if spec.scheduling_strategy.as_deref() != Some(DAEMON) {
        return Scheduling::Replica;
    }
    let mut refuse = |member: &str, is: bool, message: &str| {
        if is {
            findings.block(&Path::root().key(member), Class::Exact, "InvalidValue", message);
        }
    };
    let message = "a DAEMON service runs one task on every node that takes it, and no number of them; remove this";
    refuse("desiredCount", spec.desired_count.is_some(), message);
    refuse("autoScaling", spec.auto_scaling.is_some(), message);
    let strategy = spec.deployment_configuration.as_ref().and_then(|c| c.strategy.as_deref());
    let staged = strategy.is_some_and(|strategy| strategy != "ROLLING");
    refuse("deploymentConfiguration", staged, "a DAEMON service has rolling deployments alone; use ROLLING");
    let fargate = spec.launch_type.as_deref() == Some("FARGATE");
    refuse("launchType", fargate, "FARGATE has no nodes to run one task each on; use EC2, or a REPLICA service");
    Scheduling::Daemon
}

/// How many tasks the spec asks for; of a daemon service the nodes say it, later
pub(super) fn count(scheduling: Scheduling, desired: Option<i64>, findings: &mut Findings) -> Option<i32> {
    let path = Path::root().key("desiredCount");
    let Some(desired) = desired.filter(|_| scheduling == Scheduling::Replica) else {
        if scheduling == Scheduling::Daemon {
            return Some(0);
        }
        let message = "`desiredCount` is required for a REPLICA service: say how many tasks it keeps running";
        findings.block(&path, Class::Exact, "RequiredField", message);
        return None;
    };
    let count = i32::try_from(desired).ok().filter(|c| *c >= 0);
    if count.is_none() {
        findings.block(&path, Class::Exact, "InvalidValue", format!("`{desired}` is not a number of tasks"));
    }
    count
}

/// Whether the shares of capacity providers are kept exactly, which goes with rolling deployments of a REPLICA service
pub(super) fn keeps_shares(
    spec: &EcsServiceSpec,
    scheduling: Scheduling,
    split: Option<CapacitySplit>,
    findings: &mut Findings,
) -> bool {
    let strategy = spec.deployment_configuration.as_ref().and_then(|c| c.strategy.as_deref());
    let fits = scheduling == Scheduling::Replica && strategy.is_none_or(|strategy| strategy == "ROLLING");
    let exact = split == Some(CapacitySplit::Exact);
    if exact && !fits {
        let path = Path::root().key("kubernetes").key("capacitySplit");
        let message = "exact shares go with rolling deployments of a REPLICA service; remove Exact";
        findings.block(&path, Class::Unsupported, "InvalidValue", message);
    }
    exact && fits
}
