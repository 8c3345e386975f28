//! `plan`: what we want and what is there → the ordered steps between them.
//!
//! *Guarantees*: equal means no step, so a settled object costs no request; nothing is deleted that does not carry our
//! owner reference; pruning comes after every apply.
//!
//! *Not here*: who sends the steps, and what happens when one fails (`ecs-kube`, `report`).

pub mod aliases;
pub mod companions;
pub mod covers;
pub mod deployments;
pub mod family;
pub mod neighbours;
pub mod references;
pub(crate) mod run;
pub mod scaling;
pub mod schedule;
pub mod service;
mod staged;
pub mod task;

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde::Serialize;
use serde_json::Value;

use crate::config::Capabilities;
use crate::names;
use crate::revision::CompanionKind;
use covers::covers;

/// The kinds of children that we make
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChildKind {
    /// core/v1 ServiceAccount
    ServiceAccount,
    /// apps/v1 ControllerRevision
    ControllerRevision,
    /// apps/v1 Deployment
    Deployment,
    /// apps/v1 DaemonSet
    DaemonSet,
    /// core/v1 Service
    Service,
    /// core/v1 Pod: never applied, only deleted where its task is replaced
    Pod,
    /// batch/v1 CronJob
    CronJob,
    /// batch/v1 Job
    Job,
    /// networking.k8s.io/v1 Ingress
    Ingress,
    /// gateway.networking.k8s.io/v1 HTTPRoute
    HttpRoute,
    /// elbv2.k8s.aws/v1beta1 TargetGroupBinding
    TargetGroupBinding,
    /// policy/v1 PodDisruptionBudget
    PodDisruptionBudget,
    /// autoscaling/v2 HorizontalPodAutoscaler
    HorizontalPodAutoscaler,
    /// An EcsService itself, whose count is written through its scale subresource
    EcsService,
    /// A ScheduledTask itself, which is to be deleted after its last run
    ScheduledTask,
    /// An EcsTask itself, which is deleted when its time is up
    EcsTask,
    /// What a pod needs beside it
    Companion(CompanionKind),
}

impl ChildKind {
    /// Every kind that is applied or deleted here; what only an administrator makes is left out
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [
            Self::ServiceAccount,
            Self::ControllerRevision,
            Self::Deployment,
            Self::DaemonSet,
            Self::Service,
            Self::Pod,
            Self::CronJob,
            Self::Job,
            Self::PodDisruptionBudget,
            Self::HorizontalPodAutoscaler,
            Self::Ingress,
            Self::HttpRoute,
            Self::TargetGroupBinding,
            Self::ScheduledTask,
            Self::EcsTask,
        ];
        own.into_iter().chain(CompanionKind::ALL.iter().copied().map(Self::Companion))
    }

    /// The API version
    #[must_use]
    pub fn api_version(self) -> &'static str {
        match self {
            Self::ServiceAccount | Self::Service | Self::Pod => "v1",
            Self::ControllerRevision | Self::Deployment | Self::DaemonSet => "apps/v1",
            Self::CronJob | Self::Job => "batch/v1",
            Self::Ingress => "networking.k8s.io/v1",
            Self::HttpRoute => "gateway.networking.k8s.io/v1",
            Self::TargetGroupBinding => "elbv2.k8s.aws/v1beta1",
            Self::PodDisruptionBudget => "policy/v1",
            Self::HorizontalPodAutoscaler => "autoscaling/v2",
            Self::EcsService => ecs_crds::API_VERSION,
            Self::ScheduledTask => ecs_crds::API_VERSION,
            Self::EcsTask => ecs_crds::API_VERSION,
            Self::Companion(kind) => kind.api_version(),
        }
    }

    /// The kind, as manifests name it
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::ServiceAccount => "ServiceAccount",
            Self::ControllerRevision => "ControllerRevision",
            Self::Deployment => "Deployment",
            Self::DaemonSet => "DaemonSet",
            Self::Service => "Service",
            Self::Pod => "Pod",
            Self::CronJob => "CronJob",
            Self::Job => "Job",
            Self::Ingress => "Ingress",
            Self::HttpRoute => "HTTPRoute",
            Self::TargetGroupBinding => "TargetGroupBinding",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::EcsService => "EcsService",
            Self::ScheduledTask => "ScheduledTask",
            Self::EcsTask => "EcsTask",
            Self::Companion(kind) => kind.kind(),
        }
    }

    /// Whether the cluster has this kind
    #[must_use]
    pub fn served(self, capabilities: Capabilities) -> bool {
        match self {
            Self::ServiceAccount
            | Self::ControllerRevision
            | Self::Deployment
            | Self::DaemonSet
            | Self::Service
            | Self::Pod
            | Self::CronJob
            | Self::Job
            | Self::ScheduledTask
            | Self::EcsTask
            | Self::Ingress
            | Self::PodDisruptionBudget
            | Self::HorizontalPodAutoscaler
            | Self::EcsService => true,
            Self::HttpRoute => capabilities.gateway_api,
            Self::TargetGroupBinding => capabilities.target_group_bindings,
            Self::Companion(kind) => kind.served(capabilities),
        }
    }

    /// The resource, as URLs name it
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::ServiceAccount => "serviceaccounts",
            Self::ControllerRevision => "controllerrevisions",
            Self::Deployment => "deployments",
            Self::DaemonSet => "daemonsets",
            Self::Service => "services",
            Self::Pod => "pods",
            Self::CronJob => "cronjobs",
            Self::Job => "jobs",
            Self::Ingress => "ingresses",
            Self::HttpRoute => "httproutes",
            Self::TargetGroupBinding => "targetgroupbindings",
            Self::PodDisruptionBudget => "poddisruptionbudgets",
            Self::HorizontalPodAutoscaler => "horizontalpodautoscalers",
            Self::EcsService => "ecsservices",
            Self::ScheduledTask => "scheduledtasks",
            Self::EcsTask => "ecstasks",
            Self::Companion(kind) => kind.plural(),
        }
    }
}

/// A child as we want it
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// What it is
    pub kind: ChildKind,
    /// The namespace
    pub namespace: String,
    /// The name
    pub name: String,
    /// The whole manifest that is applied
    pub manifest: Value,
    /// The UID of its owner; none for a task definition revision, which outlives its TaskDefinition
    pub owner: Option<String>,
    /// Whether several owners hold it, each by a field manager of its own
    pub shared: bool,
}

impl Child {
    /// A child from its typed object. The manifest carries a digest of itself, so that a field that we once set and no longer
    /// want is noticed
    #[must_use]
    pub fn new(kind: ChildKind, metadata: &ObjectMeta, object: &impl Serialize) -> Self {
        let mut manifest = serde_json::to_value(object).unwrap_or_default();
        manifest["apiVersion"] = kind.api_version().into();
        manifest["kind"] = kind.kind().into();
        let digest = digest(&manifest);
        manifest["metadata"]["annotations"][names::APPLIED] = digest.into();
        Self {
            kind,
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            manifest,
            owner: metadata.owner_references.iter().flatten().map(|o| o.uid.clone()).next(),
            shared: false,
        }
    }

    /// What tells it from every other child, and one owner's part of a shared child from another's
    #[must_use]
    pub fn identity(&self) -> String {
        let owner = self.owner.as_deref().unwrap_or_default();
        format!("{}/{}/{}/{owner}", self.kind.kind(), self.namespace, self.name)
    }

    /// The digest of the manifest that it carries
    #[must_use]
    pub fn digest(&self) -> &str {
        self.manifest["metadata"]["annotations"][names::APPLIED].as_str().unwrap_or_default()
    }

    /// Marks the child as held by several owners
    #[must_use]
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }
}

/// A digest of a manifest but for its owners: those of a shared child write the same, so that each finds its wish in the
/// other's
fn digest(manifest: &Value) -> String {
    let mut content = manifest.clone();
    if let Some(metadata) = content["metadata"].as_object_mut() {
        metadata.remove("ownerReferences");
    }
    names::sha8(&content.to_string())
}

/// A child as it is there, by what a write needs to know
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// What it is
    pub kind: ChildKind,
    /// The namespace
    pub namespace: String,
    /// The name
    pub name: String,
    /// The UID, a precondition of deletion
    pub uid: String,
    /// The resource version, a precondition of deletion
    pub resource_version: String,
}

impl Existing {
    /// What a write needs to know of an observed object
    #[must_use]
    pub fn of(kind: ChildKind, metadata: &ObjectMeta) -> Self {
        Self {
            kind,
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone().unwrap_or_default(),
            resource_version: metadata.resource_version.clone().unwrap_or_default(),
        }
    }
}

/// One write
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Apply what is not there yet; refused by the API server when anything of that name exists
    Create(Child),
    /// Apply over what is ours: the object of this UID, and no other of its name
    Update(Child, String),
    /// Delete exactly this object, in exactly this state
    Delete(Existing),
    /// The same, but what it owns stays and goes on
    Orphan(Existing),
    /// Give up one owner's part of a shared child
    Release(Existing, String),
    /// Delete this pod, whatever its state is by now: its task is replaced
    Replace(Existing),
    /// Tell this Job to stop its pods, and to start no more
    Suspend(Existing),
    /// Write the count of this service through its scale subresource, exactly in this state
    Scale(Existing, i32),
}

/// The steps for one object, in order
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What is applied
    pub applies: Vec<Step>,
    /// What is deleted, only after every apply succeeded
    pub prune: Vec<Step>,
    /// What is done last of all: tasks that are replaced
    pub replace: Vec<Step>,
    /// What belongs to the whole cluster: nothing here applies it, an administrator does
    pub for_administrator: Vec<Child>,
}

impl Plan {
    /// Whether nothing is to be done
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.applies.is_empty() && self.prune.is_empty() && self.replace.is_empty()
    }

    /// Adds the step between a wanted child and what is observed of it, where one is needed
    ///
    /// What is being deleted is waited for: its deletion is seen, and then it is made anew.
    pub fn want(&mut self, child: Child, observed: Option<&impl Serialize>) {
        let Some(there) = observed.map(|o| serde_json::to_value(o).unwrap_or_default()) else {
            self.applies.push(Step::Create(child));
            return;
        };
        let metadata = &there["metadata"];
        if !metadata["deletionTimestamp"].is_null() {
        } else if !owned(&child, &there) {
            self.applies.push(Step::Create(child));
        } else if !covers(&manifest_body(&child.manifest), &there) {
            self.applies.push(Step::Update(child, metadata["uid"].as_str().unwrap_or_default().to_owned()));
        }
    }
}

/// Typed objects serialise without apiVersion and kind in our caches, so they take no part in the comparison
fn manifest_body(manifest: &Value) -> Value {
    let mut body = manifest.clone();
    if let Some(map) = body.as_object_mut() {
        map.remove("apiVersion");
        map.remove("kind");
    }
    body
}

/// Whether what is there is ours to change. A shared child is, where one of our operators made it
fn owned(child: &Child, there: &Value) -> bool {
    let managed = there["metadata"]["labels"][names::MANAGED_BY] == names::MANAGER;
    match &child.owner {
        Some(_) if child.shared => managed,
        Some(uid) => there["metadata"]["ownerReferences"]
            .as_array()
            .is_some_and(|owners| owners.iter().any(|o| o["uid"] == uid.as_str())),
        None => managed,
    }
}

/// The owner reference of a controller: the child goes when its owner goes
#[must_use]
pub fn owner(kind: &str, metadata: &ObjectMeta, controller: bool) -> OwnerReference {
    OwnerReference {
        api_version: format!("{}/{}", ecs_crds::GROUP, ecs_crds::VERSION),
        kind: kind.to_owned(),
        name: metadata.name.clone().unwrap_or_default(),
        uid: metadata.uid.clone().unwrap_or_default(),
        controller: controller.then_some(true),
        block_owner_deletion: controller.then_some(true),
    }
}

/// ServiceAccounts that an owner no longer uses: deleted where it is the only owner, else its part is given up
fn superfluous_accounts(there: &[&ServiceAccount], owner: &str, used: &BTreeSet<String>) -> Vec<Step> {
    there
        .iter()
        .filter(|a| {
            is_owned_by(&a.metadata, owner) && !a.metadata.name.as_ref().is_some_and(|name| used.contains(name))
        })
        .map(|a| {
            let existing = Existing::of(ChildKind::ServiceAccount, &a.metadata);
            let alone = a.metadata.owner_references.as_ref().is_some_and(|o| o.len() == 1);
            if alone { Step::Delete(existing) } else { Step::Release(existing, owner.to_owned()) }
        })
        .collect()
}

/// Whether an observed object names this owner
#[must_use]
pub fn is_owned_by(metadata: &ObjectMeta, uid: &str) -> bool {
    metadata.owner_references.iter().flatten().any(|o| o.uid == uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ServiceAccount that these owners have applied, one after the other
    fn account(owners: &[&str]) -> ServiceAccount {
        let references = owners.iter().map(|uid| {
            let metadata = ObjectMeta { name: Some((*uid).into()), uid: Some((*uid).into()), ..ObjectMeta::default() };
            owner("EcsService", &metadata, false)
        });
        let labels = [(names::MANAGED_BY.to_owned(), names::MANAGER.to_owned())];
        ServiceAccount {
            metadata: ObjectMeta {
                name: Some("role".into()),
                labels: Some(labels.into()),
                owner_references: Some(references.collect()),
                ..ObjectMeta::default()
            },
            ..ServiceAccount::default()
        }
    }

    #[test]
    fn owners_of_a_shared_child_do_not_undo_each_other() {
        let wish = |owner: &str| {
            let account = account(&[owner]);
            Child::new(ChildKind::ServiceAccount, &account.metadata, &account).shared()
        };
        // What the API server holds after the first has applied, and after both have.
        let held = |owners: &[&str], last: &str| {
            let mut there = serde_json::to_value(account(owners)).unwrap_or_default();
            there["metadata"]["annotations"] = wish(last).manifest["metadata"]["annotations"].clone();
            there
        };
        let steps = |owner: &str, there: &Value| {
            let mut plan = Plan::default();
            plan.want(wish(owner), Some(there));
            plan.applies.len()
        };
        assert_eq!(steps("two", &held(&["one"], "one")), 1, "the second adds itself");
        for owner in ["one", "two"] {
            assert_eq!(steps(owner, &held(&["one", "two"], "two")), 0, "{owner}");
        }
    }
}
