//! How far a deployment in stages is: BLUE_GREEN, CANARY or LINEAR, in the words of ECS's service deployments.
//!
//! It stands in the service's status before anything is done about it, so that an operator that ends at any moment is taken
//! up where it stopped.
//!
//! *Not here*: how it goes on; that is `ecs-core`'s `deploy`.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A deployment in stages: the newest one, also when it is over
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StagedDeployment {
    /// The number of the service revision that is deployed: green
    pub revision: i64,
    /// The number of the service revision that production traffic is taken from: blue. Absent in a service's first deployment
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<i64>,
    /// How it ends, or that it goes on
    pub status: ServiceDeploymentStatus,
    /// Why it is in that state, where that needs saying
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// The lifecycle stage that it is in
    pub stage: LifecycleStage,
    /// When it came into that stage
    pub stage_started_at: Time,
    /// How often production traffic was shifted
    #[serde(default)]
    pub step: i64,
    /// How many tenths of a percent of production traffic green gets, 0 to 1000
    #[serde(default)]
    pub production_permille: i64,
    /// When production traffic was last shifted
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shifted_at: Option<Time>,
    /// The hooks of this stage
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<LifecycleHook>,
}

/// How a deployment in stages stands, as DescribeServiceDeployments says it
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceDeploymentStatus {
    /// It goes on
    InProgress,
    /// Green has all traffic, and blue is gone
    Successful,
    /// It failed, and stays as it is
    Stopped,
    /// Traffic goes back to blue
    RollbackInProgress,
    /// Blue has all traffic, and green is gone
    RollbackSuccessful,
}

impl ServiceDeploymentStatus {
    /// Whether nothing happens any more
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::InProgress | Self::RollbackInProgress => false,
            Self::Successful | Self::Stopped | Self::RollbackSuccessful => true,
        }
    }
}

/// A stage of a deployment, by ECS's name
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LifecycleStage {
    /// Several revisions have tasks: they are put in order first
    ReconcileService,
    /// Green has no task yet
    PreScaleUp,
    /// Green gets its tasks
    ScaleUp,
    /// Green has its tasks, and no traffic
    PostScaleUp,
    /// Test traffic goes to green
    TestTrafficShift,
    /// Green has all test traffic
    PostTestTrafficShift,
    /// Production traffic is about to go to green
    PreProductionTrafficShift,
    /// Production traffic goes to green
    ProductionTrafficShift,
    /// Green has all production traffic
    PostProductionTrafficShift,
    /// Both run, and alarms are watched
    BakeTime,
    /// What got no traffic any more is taken away
    CleanUp,
}

impl LifecycleStage {
    /// Every stage, in order
    pub const ALL: [Self; 11] = [
        Self::ReconcileService,
        Self::PreScaleUp,
        Self::ScaleUp,
        Self::PostScaleUp,
        Self::TestTrafficShift,
        Self::PostTestTrafficShift,
        Self::PreProductionTrafficShift,
        Self::ProductionTrafficShift,
        Self::PostProductionTrafficShift,
        Self::BakeTime,
        Self::CleanUp,
    ];

    /// ECS's name
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReconcileService => "RECONCILE_SERVICE",
            Self::PreScaleUp => "PRE_SCALE_UP",
            Self::ScaleUp => "SCALE_UP",
            Self::PostScaleUp => "POST_SCALE_UP",
            Self::TestTrafficShift => "TEST_TRAFFIC_SHIFT",
            Self::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Self::PreProductionTrafficShift => "PRE_PRODUCTION_TRAFFIC_SHIFT",
            Self::ProductionTrafficShift => "PRODUCTION_TRAFFIC_SHIFT",
            Self::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
            Self::BakeTime => "BAKE_TIME",
            Self::CleanUp => "CLEAN_UP",
        }
    }
}

impl fmt::Display for LifecycleStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A hook of the stage that a deployment is in
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LifecycleHook {
    /// By which a person lets the deployment continue, or rolls it back
    pub hook_id: String,
    /// `PAUSE`: a person decides; `JOB`: a Job does
    pub target_type: String,
    /// Whether it lets the deployment go on
    pub status: HookStatus,
    /// When it began
    pub started_at: Time,
    /// When it is waited for no longer
    pub expires_at: Time,
}

/// Whether a hook lets a deployment go on
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HookStatus {
    /// It is not known yet
    InProgress,
    /// It does
    Succeeded,
    /// It does not
    Failed,
}

/// Who decides in the place of a Lambda function whether a deployment goes on
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookTarget {
    /// A Job in the service's namespace: it succeeds, and the deployment goes on; it fails, and the deployment is rolled back
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<HookJob>,
}

/// The container of a Job that decides whether a deployment goes on
///
/// It finds in its environment ECS_LIFECYCLE_STAGE, ECS_SERVICE_NAME, ECS_SERVICE_DEPLOYMENT (`ecs-svc/2`), ECS_TEST_SERVICE
/// (the Kubernetes Service that test traffic takes) and ECS_HOOK_DETAILS (the hook's `hookDetails`, as JSON).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookJob {
    /// The image
    pub image: String,
    /// What it runs (default: the image's own)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
}
