//! EcsCluster: one ECS cluster bound to one namespace, and how the two are kept the same.
//!
//! Made by administrators: it is cluster-scoped, so no tenant chooses a role or a cluster. The AWS endpoint is no field at all;
//! it belongs to the process that speaks to AWS.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::status::conditions_schema;

/// An EcsCluster binds one cluster of Amazon ECS to one namespace, and says how task definitions, services, schedules and
/// scaling are kept the same on both sides. By default it only looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "ecs-operator.dev",
    version = "v1alpha1",
    kind = "EcsCluster",
    plural = "ecsclusters",
    shortname = "ecscluster",
    category = "ecs",
    status = "EcsClusterStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Cluster","type":"string","jsonPath":".spec.cluster"}"#,
    printcolumn = r#"{"name":"Namespace","type":"string","jsonPath":".spec.namespace"}"#,
    printcolumn = r#"{"name":"Mode","type":"string","jsonPath":".spec.sync.mode"}"#,
    printcolumn = r#"{"name":"Agreed","type":"integer","jsonPath":".status.counts.agreed"}"#,
    printcolumn = r#"{"name":"Conflicts","type":"integer","jsonPath":".status.counts.conflicts"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct EcsClusterSpec {
    /// The AWS region of the cluster
    #[schemars(length(min = 1, max = 64))]
    pub region: String,
    /// The name of the ECS cluster
    #[schemars(length(min = 1, max = 255), regex(pattern = "^[a-zA-Z0-9_-]+$"))]
    pub cluster: String,
    /// The one namespace that holds the cluster's objects; it cannot be changed
    #[schemars(schema_with = "namespace_schema")]
    pub namespace: String,
    /// The IAM role to assume for every call about this cluster (default: the process's own identity)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048), regex(pattern = "^arn:[a-z0-9-]+:iam::[0-9]{12}:role/.+$"))]
    pub role_arn: Option<String>,
    /// The external ID that the role's trust policy asks for
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 1224))]
    pub external_id: Option<String>,
    /// The EventBridge Scheduler group whose schedules are synced (default: every schedule that runs tasks on this cluster)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub schedule_group: Option<String>,
    /// Capacity provider → labels of the nodes that stand for it. This version does not read it: name the nodes in the
    /// operator's configuration
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_providers: Option<BTreeMap<String, ProviderNodes>>,
    /// How the two sides are kept the same
    #[serde(default)]
    pub sync: SyncSpec,
}

/// The nodes that stand for a capacity provider
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderNodes {
    /// Labels that the nodes have
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// How the two sides are kept the same
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncSpec {
    /// Observe (default) looks and tells; Import makes Kubernetes follow ECS; Export makes ECS follow Kubernetes; TwoWay merges
    pub mode: SyncMode,
    /// How often ECS is looked at, as a Go duration from 5s (default: 5m)
    #[schemars(schema_with = "period_schema")]
    pub period: String,
    /// What is synced (default: everything)
    #[schemars(schema_with = "resources_schema")]
    pub resources: Vec<SyncResource>,
    /// Whether imported services run here (default: Hold, for the same service still runs on ECS)
    pub workloads: SyncHold,
    /// Whether imported schedules fire here (default: Hold, for the same schedule still fires on AWS)
    pub schedules: SyncHold,
    /// What becomes of a field that both sides changed (default: Manual, nothing is written until a person decides)
    pub conflict_policy: ConflictPolicy,
    /// What becomes of the other side when one side is deleted (default: Retain)
    pub deletion_policy: DeletionPolicy,
    /// How many deletions one look may plan before a person is asked
    pub breaker: BreakerSpec,
    /// Nothing is written on either side while this is set (default: false)
    pub paused: bool,
}

impl Default for SyncSpec {
    fn default() -> Self {
        Self {
            mode: SyncMode::default(),
            period: "5m".to_owned(),
            resources: SyncResource::ALL.to_vec(),
            workloads: SyncHold::default(),
            schedules: SyncHold::default(),
            conflict_policy: ConflictPolicy::default(),
            deletion_policy: DeletionPolicy::default(),
            breaker: BreakerSpec::default(),
            paused: false,
        }
    }
}

/// Which side follows which
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SyncMode {
    /// Nothing is written; the status tells what differs
    #[default]
    Observe,
    /// Kubernetes follows ECS, which is never written
    Import,
    /// ECS follows Kubernetes, whose specs are never written
    Export,
    /// Edits on either side arrive on the other
    TwoWay,
}

/// What can be synced
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum SyncResource {
    /// Families and their revisions
    TaskDefinitions,
    /// Services
    Services,
    /// EventBridge schedules and rules that run tasks on the cluster
    Schedules,
    /// Application Auto Scaling of the services
    AutoScaling,
}

impl SyncResource {
    /// All of them
    pub const ALL: [Self; 4] = [Self::TaskDefinitions, Self::Services, Self::Schedules, Self::AutoScaling];
}

/// Whether what is imported also acts here
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SyncHold {
    /// Translated, checked and shown; `spec.kubernetes.workload: Run` on one object lifts it for that one
    #[default]
    Hold,
    /// It acts here as soon as it is imported
    Run,
}

/// What becomes of a field that both sides changed
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConflictPolicy {
    /// Nothing of that object is written until both sides say the same
    #[default]
    Manual,
    /// What Kubernetes says counts
    KubernetesWins,
    /// What ECS says counts
    EcsWins,
}

/// What becomes of the other side when one side is deleted
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// It stays
    #[default]
    Retain,
    /// It is deleted, where it is ours and unchanged
    Delete,
}

/// How many deletions one look may plan before a person is asked: the larger of the two
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BreakerSpec {
    /// This many objects (default: 5)
    #[schemars(range(min = 0, max = 10000))]
    pub max_deletions: u32,
    /// This part of the synced objects, in percent (default: 20)
    #[schemars(range(min = 0, max = 100))]
    pub max_percent: u32,
}

impl Default for BreakerSpec {
    fn default() -> Self {
        Self { max_deletions: 5, max_percent: 20 }
    }
}

/// What the last looks found
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EcsClusterStatus {
    /// The generation of `metadata` that this status describes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The AWS account that the calls are made in, pinned when first seen
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How many objects stand how
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<SyncCounts>,
    /// The last look that found or did something new
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sweep: Option<SweepStatus>,
    /// What would change, in words: the first 50
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<String>,
    /// How many lines are left out of `plan`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_omitted: Option<i64>,
    /// The objects that both sides changed: the first 50
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// Set while too many deletions are planned: a person confirms them
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerStatus>,
    /// What was deleted here and kept on ECS: never imported again while it stands
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tombstones: Vec<Tombstone>,
    /// What both sides have: an object that is no longer here was deleted here
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub synced: BTreeMap<String, SyncedObject>,
    /// What could not be read, and why: what depends on it is left alone
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<String, String>,
    /// Ready, Reconciling and Stalled (kstatus)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions_schema")]
    pub conditions: Vec<Condition>,
}

/// How many objects stand how
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncCounts {
    /// The same on both sides
    pub agreed: i64,
    /// Written in the last look, or about to be
    pub pending: i64,
    /// Kept back by mode, policy, pause or breaker
    pub withheld: i64,
    /// Changed on both sides
    pub conflicts: i64,
    /// Not known, because something could not be read
    pub unknown: i64,
}

/// One look at ECS
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SweepStatus {
    /// When it ended
    pub at: Time,
    /// How many calls it made to AWS, by operation
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<String, i64>,
    /// How many of them AWS throttled
    #[serde(default, skip_serializing_if = "is_zero")]
    pub throttles: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// More deletions are planned than one look may do
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakerStatus {
    /// A digest of the planned deletions; the annotation `ecs-operator.dev/confirm-deletions` with this value confirms them
    pub token: String,
    /// What would be deleted: the first 50
    pub deletions: Vec<String>,
    /// How many one look may do
    pub limit: i64,
}

/// What was deleted here and kept on ECS
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tombstone {
    /// The object: `EcsService/web`
    pub id: String,
    /// The UID of the object that was deleted
    pub uid: String,
    /// A digest of what both sides had agreed on: a counterpart that has changed since is not deleted
    pub digest: String,
    /// When the deletion was seen
    pub at: Time,
    /// Whether the policy of that time wants the counterpart deleted; a policy that is changed later digs nothing up
    #[serde(default)]
    pub delete: bool,
}

/// An object that both sides have
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncedObject {
    /// The UID of the object here
    pub uid: String,
    /// A digest of what both sides agreed on
    pub digest: String,
}

/// The binding is for good: another namespace would orphan every object of the first
fn namespace_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "x-kubernetes-validations": [{
            "rule": "self == oldSelf",
            "message": "the namespace cannot be changed; make another EcsCluster and delete this one",
        }],
    })
}

fn period_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "default": "5m",
        "maxLength": 32,
        "x-kubernetes-validations": [{
            "rule": "self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('5s')",
            "message": "write a Go duration of at least 5s, like 30s or 5m",
        }],
    })
}

/// Atomic: in a set, server-side apply would keep the defaults beside what a person names later
fn resources_schema(generator: &mut SchemaGenerator) -> Schema {
    let items = generator.subschema_for::<SyncResource>();
    json_schema!({
        "type": "array",
        "items": items,
        "default": SyncResource::ALL,
        "maxItems": 4,
        "x-kubernetes-list-type": "atomic",
    })
}
