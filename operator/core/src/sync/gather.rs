//! Objects of the namespace → the Kubernetes side of a sync.
//!
//! *Guarantees*: of several objects with one name on AWS the oldest holds it, as in the workload operator; what an EcsCluster
//! remembers is taken as it stands, and what cannot be read of it is passed over, never invented.
//!
//! *Not here*: reading from an API server.

use std::collections::BTreeMap;

use ecs_crds::status::ConditionType;
use ecs_crds::{
    AwsStatus, EcsClusterSpec, EcsClusterStatus, EcsService, ScheduleSource, ScheduledTask, SyncedObject,
    TaskDefinition, Tombstone,
};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta, Time};
use serde::Serialize;

use super::plan::{Ledger, Standing};
use super::side::{Buried, Id, Kind, KubeSide, Local, ObjectRef, Stored, Synced};
use crate::names;
use crate::revision::TaskRevision;

/// What a namespace holds
#[derive(Clone, Copy, Debug)]
pub struct Namespace<'a> {
    /// Its TaskDefinitions
    pub definitions: &'a [TaskDefinition],
    /// Its EcsServices
    pub services: &'a [EcsService],
    /// Its ScheduledTasks
    pub schedules: &'a [ScheduledTask],
    /// Its ControllerRevisions; those of others are passed over
    pub revisions: &'a [ControllerRevision],
}

/// The Kubernetes side of a binding
#[must_use]
pub fn kube_side(namespace: &Namespace<'_>, spec: &EcsClusterSpec, status: &EcsClusterStatus) -> KubeSide {
    let Namespace { definitions, services, schedules, revisions } = namespace;
    let mut held: BTreeMap<Id, (Option<Time>, Local)> = BTreeMap::new();
    for object in *definitions {
        let family = object.spec.family.as_deref();
        let (aws, conditions) = object.status.as_ref().map_or((None, &[][..]), |s| (s.aws.as_ref(), &s.conditions[..]));
        hold(&mut held, Kind::TaskDefinition, family, &object.metadata, &object.spec, aws, conditions);
    }
    for object in *services {
        let name = object.spec.service_name.as_deref();
        let (aws, conditions) = object.status.as_ref().map_or((None, &[][..]), |s| (s.aws.as_ref(), &s.conditions[..]));
        hold(&mut held, Kind::Service, name, &object.metadata, &object.spec, aws, conditions);
    }
    for object in *schedules {
        let name = schedule_name(object, spec);
        let (aws, conditions) = object.status.as_ref().map_or((None, &[][..]), |s| (s.aws.as_ref(), &s.conditions[..]));
        hold(&mut held, Kind::Schedule, Some(&name), &object.metadata, &object.spec, aws, conditions);
    }
    let Ledger { synced, tombstones } = ledger(status);
    let locals = held.into_iter().map(|(id, (_, local))| (id, local)).collect();
    KubeSide { locals, revisions: stored(revisions), synced, tombstones }
}

/// `group/name` of a schedule, `rule:name` of a rule
fn schedule_name(object: &ScheduledTask, spec: &EcsClusterSpec) -> String {
    let name = object.spec.name.as_deref().or(object.metadata.name.as_deref()).unwrap_or_default();
    match object.spec.source.unwrap_or_default() {
        ScheduleSource::Rule => format!("rule:{name}"),
        ScheduleSource::Scheduler => {
            let group = object.spec.group_name.as_deref().or(spec.schedule_group.as_deref()).unwrap_or("default");
            format!("{group}/{name}")
        }
    }
}

/// Takes an object for its name on AWS, where no older one has it
fn hold(
    held: &mut BTreeMap<Id, (Option<Time>, Local)>,
    kind: Kind,
    name: Option<&str>,
    metadata: &ObjectMeta,
    spec: &impl Serialize,
    aws: Option<&AwsStatus>,
    conditions: &[Condition],
) {
    let Some(name) = name.or(metadata.name.as_deref()) else { return };
    let id = Id::new(kind, name);
    let made = metadata.creation_timestamp.clone();
    let older = |held: &(Option<Time>, Local)| {
        (held.0.as_ref().map(|t| t.0), &held.1.object.uid)
            <= (made.as_ref().map(|t| t.0), metadata.uid.as_ref().unwrap_or(&String::new()))
    };
    if held.get(&id).is_some_and(older) {
        return;
    }
    let local = Local {
        object: ObjectRef {
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone().unwrap_or_default(),
            resource_version: metadata.resource_version.clone().unwrap_or_default(),
        },
        deleting: metadata.deletion_timestamp.is_some(),
        spec: serde_json::to_value(spec).unwrap_or_default(),
        aws: aws.cloned().unwrap_or_default(),
        standing: standing(conditions),
        imported: metadata.annotations.as_ref().and_then(|notes| notes.get(names::IMPORTED)).cloned(),
        autoscaled: false,
    };
    held.insert(id, (made, local));
}

fn standing(conditions: &[Condition]) -> Option<Standing> {
    let found = conditions.iter().find(|condition| condition.type_ == ConditionType::Synced.to_string())?;
    let synced = match found.status.as_str() {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    };
    Some(Standing { synced, reason: found.reason.clone(), message: found.message.clone() })
}

/// The revisions of families, and their numbers on ECS
fn stored(revisions: &[ControllerRevision]) -> BTreeMap<String, BTreeMap<i64, Stored>> {
    let mut families: BTreeMap<String, BTreeMap<i64, Stored>> = BTreeMap::new();
    for revision in revisions {
        let Some(decoded) = TaskRevision::decode(revision) else { continue };
        let notes = revision.metadata.annotations.as_ref().and_then(|notes| notes.get(names::AWS_REVISION));
        let aws = notes.map(|text| text.split(',').filter_map(|number| number.trim().parse().ok()).collect());
        let document = serde_json::to_value(&decoded.content.spec).unwrap_or_default();
        let stored = Stored { aws: aws.unwrap_or_default(), document };
        families.entry(decoded.family).or_default().insert(decoded.number, stored);
    }
    families
}

/// What an EcsCluster remembers
#[must_use]
pub fn ledger(status: &EcsClusterStatus) -> Ledger {
    let synced = status.synced.iter().filter_map(|(id, SyncedObject { uid, digest })| {
        Some((id.parse().ok()?, Synced { uid: uid.clone(), digest: digest.clone() }))
    });
    let tombstones = status.tombstones.iter().filter_map(|Tombstone { id, uid, digest, at, delete }| {
        Some((id.parse().ok()?, Buried { uid: uid.clone(), digest: digest.clone(), at: at.0, delete: *delete }))
    });
    Ledger { synced: synced.collect(), tombstones: tombstones.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn object<K: serde::de::DeserializeOwned>(kind: &str, metadata: Value, spec: Value) -> K {
        let api = format!("{}/{}", ecs_crds::GROUP, ecs_crds::VERSION);
        serde_json::from_value(json!({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec})).unwrap()
    }

    fn binding() -> EcsClusterSpec {
        serde_json::from_value(json!({"region": "r", "cluster": "c", "namespace": "n", "scheduleGroup": "g"})).unwrap()
    }

    #[test]
    fn objects_are_paired_by_their_names_on_aws_and_the_oldest_holds_one() {
        let definition = |name: &str, uid: &str, made: &str| {
            let metadata = json!({"name": name, "uid": uid, "creationTimestamp": made});
            object::<TaskDefinition>("TaskDefinition", metadata, json!({"family": "Web", "containerDefinitions": []}))
        };
        let definitions = [definition("b", "2", "2026-01-02T00:00:00Z"), definition("a", "1", "2026-01-01T00:00:00Z")];
        let services = [object(
            "EcsService",
            json!({"name": "web", "annotations": {"ecs-operator.dev/imported": "d"}}),
            json!({}),
        )];
        let task = json!({"scheduleExpression": "rate(1 minute)", "task": {}});
        let mut rule = task.clone();
        rule["source"] = "Rule".into();
        let schedules = [
            object("ScheduledTask", json!({"name": "nightly"}), task),
            object("ScheduledTask", json!({"name": "hourly"}), rule),
        ];
        let namespace =
            Namespace { definitions: &definitions, services: &services, schedules: &schedules, revisions: &[] };
        let side = kube_side(&namespace, &binding(), &EcsClusterStatus::default());
        let ids: Vec<String> = side.locals.keys().map(Id::to_string).collect();
        assert_eq!(
            ids,
            ["TaskDefinition/Web", "EcsService/web", "ScheduledTask/g/nightly", "ScheduledTask/rule:hourly"]
        );
        assert_eq!(side.locals[&Id::new(Kind::TaskDefinition, "Web")].object.name, "a");
        assert_eq!(side.locals[&Id::new(Kind::Service, "web")].imported.as_deref(), Some("d"));
    }

    #[test]
    fn revisions_bring_their_numbers_on_ecs() {
        let content = serde_json::from_value(json!({"spec": {"containerDefinitions": [{"name": "a"}]}})).unwrap();
        let mut revision = TaskRevision { family: "web".to_owned(), number: 4, content }.encode("n");
        let notes = revision.metadata.annotations.as_mut().unwrap();
        notes.insert(names::AWS_REVISION.to_owned(), "7, 9".to_owned());
        let found = stored(&[revision, ControllerRevision::default()]);
        assert_eq!(found["web"][&4].aws, [7, 9].into());
        assert_eq!(found["web"][&4].document["containerDefinitions"][0]["name"], "a");
    }
}
