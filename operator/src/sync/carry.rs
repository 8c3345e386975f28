//! Carries out a plan: the namespace first, then ECS, then what both sides agree on (decisions §5).
//!
//! *Guarantees*: before a write to AWS its attempt stands in the object's status; a spec is written only in the state that was
//! looked at; one object's trouble stops that object alone; nothing is written on either side by who does not lead.

use std::collections::BTreeMap;

use ecs_core::names;
use ecs_core::ports::{Ecs as _, EcsFault};
use ecs_core::revision::{TaskContent, TaskRevision};
use ecs_core::sync::SyncPlan;
use ecs_core::sync::object::{self, Imported};
use ecs_core::sync::plan::{EcsStep, KubeAct, KubeStep, Standing, StatusStep};
use ecs_core::sync::side::{Id, Kind, ObjectRef};
use ecs_crds::AwsStatus;
use ecs_crds::status::{ConditionType, Reason};
use ecs_kube::{Cache, Fault, Kube, Object};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Remotes;
use super::world::SyncWorld;

/// A plan that is carried out
pub(super) struct Carry<'a, R: Remotes> {
    pub(super) world: &'a SyncWorld<R>,
    pub(super) ecs: &'a R::Ecs,
    pub(super) cluster: &'a str,
    pub(super) namespace: &'a str,
    pub(super) now: Timestamp,
}

/// What came of it
#[derive(Default)]
pub(super) struct Carried {
    /// How many writes succeeded, on both sides
    pub(super) written: usize,
    /// Objects that were in another state than was looked at: they are looked at again at once
    pub(super) stale: usize,
    /// What went wrong, by object
    pub(super) troubles: BTreeMap<Id, String>,
}

/// Why a step was not carried out
enum Trouble {
    /// It was in another state than was looked at, or the look is too long ago
    Stale,
    /// Anything else, in words
    Other(String),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Stale { .. } | Fault::Old(_) => Self::Stale,
            Fault::NameTaken { .. }
            | Fault::AwaitingDeletion { .. }
            | Fault::Refused { .. }
            | Fault::Transient(_)
            | Fault::Deadline(_) => Self::Other(fault.to_string()),
        }
    }
}

/// The objects of one kind in the namespace
struct Side<'a, K> {
    kube: &'a Kube,
    cache: &'a Cache<K>,
    namespace: &'a str,
    now: Timestamp,
}

/// Does the same with the objects of whichever kind
macro_rules! of_kind {
    ($carry:expr, $kind:expr, $side:ident => $done:expr) => {{
        let (caches, kube) = (&$carry.world.caches, &$carry.world.kube);
        let (namespace, now) = ($carry.namespace, $carry.now);
        match $kind {
            Kind::TaskDefinition => {
                let $side = Side { kube, cache: &caches.definitions, namespace, now };
                $done
            }
            Kind::Service => {
                let $side = Side { kube, cache: &caches.services, namespace, now };
                $done
            }
            Kind::Schedule => {
                let $side = Side { kube, cache: &caches.schedules, namespace, now };
                $done
            }
        }
    }};
}

impl<R: Remotes> Carry<'_, R> {
    /// Every step in its order
    pub(super) async fn all(&self, plan: &SyncPlan) -> Carried {
        let mut carried = Carried::default();
        for step in &plan.kube {
            let done = self.kube(step).await;
            carried.take(&step.id, done);
        }
        for step in &plan.ecs {
            if !self.world.was_refused(self.cluster, &step.id, &step.token) {
                let done = self.to_ecs(step).await;
                carried.take(&step.id, done);
            }
        }
        for step in &plan.agreed {
            let done = of_kind!(self, step.id.kind, side => side.status(step).await.map(drop));
            carried.take(&step.id, done);
        }
        carried
    }

    async fn to_ecs(&self, step: &EcsStep) -> Result<(), Trouble> {
        if !self.world.leadership.holds() {
            return Err(Trouble::Other("not written: this replica does not lead".to_owned()));
        }
        if let Some(attempt) = &step.attempt {
            of_kind!(self, step.id.kind, side => side.status(attempt).await)?;
        }
        let (cluster, id) = (self.cluster, &step.id);
        let fault = match self.ecs.execute(step).await {
            Ok(()) => {
                tracing::info!(cluster, what = step.words(), "written to ECS");
                self.world.remember_refusal(cluster, id, None);
                return Ok(());
            }
            Err(fault) => fault,
        };
        tracing::warn!(cluster, what = step.words(), %fault, "not written to ECS");
        match &fault {
            // It may have been carried out: the attempt stands until that is seen
            EcsFault::Transient { .. } => return Err(Trouble::Other(fault.to_string())),
            EcsFault::Changed => self.unattempt(step, None).await?,
            EcsFault::Refused { .. } | EcsFault::Impossible(_) => {
                self.world.remember_refusal(cluster, id, Some(&step.token));
                self.unattempt(step, Some(fault.to_string())).await?;
            }
        }
        Err(if fault == EcsFault::Changed { Trouble::Stale } else { Trouble::Other(fault.to_string()) })
    }

    /// Takes an attempt back of which nothing came
    async fn unattempt(&self, step: &EcsStep, refused: Option<String>) -> Result<(), Trouble> {
        let Some(attempt) = &step.attempt else { return Ok(()) };
        let StatusStep { id, object, aws, synced } = (**attempt).clone();
        let synced = refused.map_or(synced, |why| Standing::new(Some(false), Reason::Error, why));
        let step = StatusStep { id, object, aws: AwsStatus { attempt: None, ..aws }, synced };
        of_kind!(self, step.id.kind, side => side.status(&step).await.map(drop))
    }

    async fn kube(&self, step: &KubeStep) -> Result<(), Trouble> {
        let mut object = match &step.act {
            KubeAct::Pull { object, .. } | KubeAct::Delete { object } => Some(object.clone()),
            KubeAct::Create { .. } | KubeAct::Revision { .. } => None,
        };
        if let Some(attempt) = &step.attempt {
            object = Some(of_kind!(self, step.id.kind, side => side.status(attempt).await)?);
        }
        let id = &step.id;
        match (&step.act, object) {
            (KubeAct::Revision { family, number, aws, document }, _) => {
                self.revision(family, *number, *aws, document.as_ref()).await?;
            }
            (KubeAct::Create { spec, imported, made, number }, _) => {
                let imported = Imported { spec, digest: imported, number: *number, made: *made };
                of_kind!(self, id.kind, side => side.create(id, &imported).await)?;
            }
            (KubeAct::Pull { fields, spec, number, .. }, Some(object)) => {
                let members = fields.keys().filter_map(|field| field.split('/').nth(1));
                let patch: Map<String, Value> =
                    members.map(|member| (member.to_owned(), spec.get(member).cloned().unwrap_or_default())).collect();
                let number = number.map(|number| number.to_string());
                let notes = number.map_or_else(|| json!({}), |number| json!({ names::AWS_REVISION: number }));
                of_kind!(self, id.kind, side => side.pull(&object, &patch.into(), &notes).await)?;
            }
            (KubeAct::Delete { .. }, Some(object)) => of_kind!(self, id.kind, side => side.delete(&object).await)?,
            (KubeAct::Pull { .. } | KubeAct::Delete { .. }, None) => {}
        }
        tracing::info!(cluster = self.cluster, what = step.words(), "written here");
        Ok(())
    }

    /// Stores a revision, or what a stored one is called on ECS
    async fn revision(&self, family: &str, number: i64, aws: i64, document: Option<&Value>) -> Result<(), Trouble> {
        let (kube, cache) = (&self.world.kube, &self.world.caches.revisions);
        if let Some(document) = document {
            let spec = serde_json::from_value(document.clone())
                .map_err(|_| Trouble::Other(format!("revision {family}:{aws} of ECS is no task definition")))?;
            let content = TaskContent { spec, accept: std::collections::BTreeSet::new() };
            let mut stored = TaskRevision { family: family.to_owned(), number, content }.encode(self.namespace);
            let notes = stored.metadata.annotations.get_or_insert_default();
            notes.insert(names::AWS_REVISION.to_owned(), aws.to_string());
            cache.wrote(kube.import(self.namespace, &stored).await?);
            return Ok(());
        }
        let all = cache.in_namespace(self.namespace);
        let is = |stored: &ControllerRevision| {
            TaskRevision::decode(stored).is_some_and(|found| found.family == family && found.number == number)
        };
        let stored = all.iter().find(|stored| is(stored)).ok_or(Trouble::Stale)?;
        let noted = stored.metadata.annotations.as_ref().and_then(|notes| notes.get(names::AWS_REVISION));
        let mut numbers: Vec<i64> =
            noted.into_iter().flat_map(|noted| noted.split(',')).filter_map(|n| n.trim().parse().ok()).collect();
        numbers.push(aws);
        numbers.sort_unstable();
        numbers.dedup();
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        let notes = json!({ names::AWS_REVISION: numbers.join(",") });
        cache.wrote(kube.annotate_revision(stored, &notes).await?);
        Ok(())
    }
}

impl Carried {
    fn take(&mut self, id: &Id, done: Result<(), Trouble>) {
        match done {
            Ok(()) => self.written += 1,
            Err(Trouble::Stale) => self.stale += 1,
            Err(Trouble::Other(why)) => drop(self.troubles.insert(id.clone(), why)),
        }
    }
}

impl<K: Object + Serialize> Side<'_, K> {
    /// Writes a status; the object as it is then, in the same generation as was looked at
    async fn status(&self, step: &StatusStep) -> Result<ObjectRef, Trouble> {
        let there = self.cache.get(self.namespace, &step.object.name).ok_or(Trouble::Stale)?;
        if there.meta().uid.as_deref() != Some(step.object.uid.as_str()) {
            return Err(Trouble::Stale);
        }
        let synced = condition(&step.synced, &*there, self.now);
        let written: K = self.kube.write_synced(self.namespace, &step.object, &step.aws, &synced).await?;
        let (before, after) = (there.meta().generation, written.meta().generation);
        let resource_version = written.meta().resource_version.clone().unwrap_or_default();
        self.cache.wrote(written);
        if before == after { Ok(ObjectRef { resource_version, ..step.object.clone() }) } else { Err(Trouble::Stale) }
    }

    async fn create(&self, id: &Id, imported: &Imported<'_>) -> Result<(), Trouble> {
        let names = object::names_of(id);
        let free = names.iter().find(|name| self.cache.get(self.namespace, name).is_none());
        let taken = || Trouble::Other(format!("no object here can be called {}: another one is", names[1]));
        let name = free.ok_or_else(taken)?;
        let made: K = object::object(id, name, self.namespace, imported).map_err(Trouble::Other)?;
        self.cache.wrote(self.kube.import(self.namespace, &made).await?);
        Ok(())
    }

    async fn pull(&self, object: &ObjectRef, spec: &Value, annotations: &Value) -> Result<(), Trouble> {
        self.cache.wrote(self.kube.pull(self.namespace, object, spec, annotations).await?);
        Ok(())
    }

    async fn delete(&self, object: &ObjectRef) -> Result<(), Trouble> {
        self.kube.delete_synced::<K>(self.namespace, object).await?;
        self.cache.deleted(self.namespace, &object.name, &object.uid);
        Ok(())
    }
}

/// The condition Synced, with the time of its last change
fn condition<K: Object + Serialize>(standing: &Standing, object: &K, now: Timestamp) -> Condition {
    let Standing { synced, reason, message } = standing;
    let (kind, status) =
        (ConditionType::Synced.to_string(), synced.map_or("Unknown", |is| if is { "True" } else { "False" }));
    let value = serde_json::to_value(object).unwrap_or_default();
    let conditions = value["status"]["conditions"].as_array().into_iter().flatten();
    let before = conditions.into_iter().find(|c| c["type"] == kind.as_str() && c["status"] == status);
    let since = before.and_then(|c| c["lastTransitionTime"].as_str()?.parse().ok());
    Condition {
        last_transition_time: Time(since.unwrap_or(now)),
        message: message.clone(),
        observed_generation: object.meta().generation,
        reason: reason.clone(),
        status: status.to_owned(),
        type_: kind,
    }
}
