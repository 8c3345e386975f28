//! A valid ECS service: what an EcsService asks for, ready to be translated.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::{EssentialPolicy, ServiceKind};
use serde_json::Value;

use crate::config::TagLabels;
use crate::findings::Path;
use crate::model::deployment::Judgement;
use crate::model::placement::Placement;
use crate::model::scaling::Scaling;
use crate::model::staged::Staged;
use crate::model::task::EbsVolume;
use crate::model::traffic::Traffic;
use crate::values::revision_ref::RevisionRef;

/// A valid service with rolling deployments
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// The ECS name
    pub ecs_name: String,
    /// The Kubernetes name of its children (R-NAME)
    pub name: String,
    /// Which task definition it runs: a family to follow, or one revision of it
    pub task_definition: RevisionRef,
    /// Whether it runs a number of tasks, or one on every node
    pub scheduling: Scheduling,
    /// How many tasks it keeps running; of a daemon service, how many nodes take one, as far as that is known
    pub desired_count: i32,
    /// What changes that number
    pub scaling: Option<Scaling>,
    /// How many of them a deployment may stop and start at once
    pub rolling: Rolling,
    /// What makes a deployment fail or complete
    pub judgement: Judgement,
    /// How its deployments go on in stages; none: they roll
    pub staged: Option<Staged>,
    /// How long failing health checks of a new task are ignored, in seconds
    pub health_check_grace_seconds: i64,
    /// The ECS cluster that the spec names
    pub cluster: Option<String>,
    /// The launch type that the spec names
    pub launch_type: Option<String>,
    /// Where its tasks run
    pub placement: Placement,
    /// The service's tags
    pub tags: BTreeMap<String, String>,
    /// Which tags become labels
    pub tag_labels: TagLabels,
    /// The security groups of its pods, where the cluster gives pods such
    pub security_groups: BTreeSet<String>,
    /// Whose tags the pods get
    pub propagate_tags: Propagate,
    /// The Service in front of the tasks; none: as the port mappings say
    pub service_kind: Option<ServiceKind>,
    /// How traffic reaches its tasks
    pub traffic: Traffic,
    /// What happens when one of several essential containers stops; none: as the cluster allows
    pub essential_policy: Option<EssentialPolicy>,
    /// The value of ECS's forceNewDeployment
    pub force_deployment: Option<String>,
    /// The volumes that the task definition leaves to it
    pub volumes: Vec<LaunchVolume>,
    /// Whether tasks may be moved to bring zones into balance
    pub rebalances: bool,
    /// Whether the service is held: shown, but running nothing here
    pub held: bool,
    /// The EcsCluster that holds it, where its own spec does not
    pub held_by_cluster: Option<String>,
    /// The fields of the spec whose change starts a deployment on ECS, in canonical form
    pub deployment_inputs: Value,
}

/// `schedulingStrategy`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheduling {
    /// A number of tasks
    #[default]
    Replica,
    /// One task on every node that takes it
    Daemon,
}

/// A volume that a service configures when it launches tasks
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchVolume {
    /// Where the document says so
    pub path: Path,
    /// The ECS name of the volume in the task definition
    pub name: String,
    /// What each task gets
    pub ebs: EbsVolume,
}

/// The bounds of a rolling deployment, in percent of the desired count
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolling {
    /// `minimumHealthyPercent`, clamped to 0 to 100
    pub minimum_healthy_percent: i32,
    /// `maximumPercent`, at least 100
    pub maximum_percent: i32,
}

impl Rolling {
    /// ECS's defaults
    #[must_use]
    pub fn default_of(scheduling: Scheduling) -> Self {
        match scheduling {
            Scheduling::Replica => Self { minimum_healthy_percent: 100, maximum_percent: 200 },
            Scheduling::Daemon => Self { minimum_healthy_percent: 0, maximum_percent: 100 },
        }
    }
}

/// Whose tags are copied to the tasks
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagate {
    /// No tags
    #[default]
    None,
    /// The service's tags
    Service,
    /// The task definition's tags
    TaskDefinition,
}
