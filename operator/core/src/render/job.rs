//! A task definition on its own as a Job, as ECS RunTask would start it.
//!
//! *Not here*: overrides; a schedule has those.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::ecs::TaskOverride;
use serde_json::{Value, json};

use super::given::Family;
use crate::check;
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::placement::Placement;
use crate::model::schedule::Run;
use crate::plan::family::plain;
use crate::plan::{Child, ChildKind, owner};
use crate::translate::companion;
use crate::translate::identity::service_account;
use crate::translate::pod::{Setting, pod};
use crate::translate::schedule::{RenderedTask, job};

/// The Job of a family's newest revision, with what its pod needs beside it and what is found in that only as a Job; nothing
/// where the document is refused
pub(super) fn of(family: &Family, context: &Context) -> (Vec<Value>, Findings) {
    let nothing = (Vec::new(), Findings::default());
    let Some(revision) = &family.newest else { return nothing };
    let context = &context.in_namespace(&family.namespace);
    let checked = check::task_definition(&revision.content.spec, &family.name, &revision.content.accept, context);
    let (Some(task), Ok(reference)) = (checked.model, family.name.parse()) else { return nothing };
    let task = check::launch::made_up(task);
    let pod = pod(&task, revision.number, &Setting::Job, context);
    let template = pod.template();
    let run = Run {
        task_definition: reference,
        count: 1,
        overrides: TaskOverride::default(),
        overrides_at: Path::root(),
        group: None,
        cluster: None,
        launch_type: None,
        placement: Placement::default(),
        platform_version: None,
        reference_id: None,
        started_by: None,
        tags: BTreeMap::new(),
        tag_labels: context.config.tag_labels,
        security_groups: BTreeSet::new(),
        propagate_task_definition_tags: false,
    };
    let (tags, constraints) = (task.tags().clone(), task.constraints.clone());
    let rendered = RenderedTask { number: revision.number, template, tags, constraints };
    let mut job = job(&family.name, &run, rendered);
    job.metadata.namespace = Some(family.namespace.clone());
    let owner = owner("TaskDefinition", &family.definition.metadata, false);
    let account = task.role().map(|role| service_account(role, &family.namespace, &owner));
    let account = account.map(|account| typed("v1", "ServiceAccount", json!(account)));
    let companions = pod.companions.iter().map(|made| {
        let (metadata, object) = companion::object(made, &family.namespace, &owner);
        Child::new(ChildKind::Companion(made.kind), &metadata, &object).manifest
    });
    let found = pod.findings.clone().without(&plain(&task, context));
    (companions.chain(account).chain([typed("batch/v1", "Job", json!(job))]).collect(), found)
}

fn typed(api_version: &str, kind: &str, mut manifest: Value) -> Value {
    manifest["apiVersion"] = api_version.into();
    manifest["kind"] = kind.into();
    manifest
}
