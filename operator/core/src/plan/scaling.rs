//! The bounds of a service's count that hold now, and who writes the count.
//!
//! A service that scales has its count from the HorizontalPodAutoscaler, which writes it through the scale subresource. The
//! operator writes it there too, but only when the bounds change: at registration, where no count is given, when the spec
//! changes them, and when a scheduled action does. Between these it leaves the count to whoever sets it.
//!
//! *Guarantees*: an action is carried out once for each time it is due, also over a restart, and never for a time before it
//! was known or while actions rest; the count is written against the very version of the service that was looked at.

use std::collections::BTreeMap;

use ecs_crds::status::Class;
use ecs_crds::{ActionMemory, Autoscaling, EcsService};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta, Time};
use serde_json::json;

use crate::config::Capabilities;
use crate::findings::{Findings, Path};
use crate::model::scaling::{Action, Bounds, Scaling};
use crate::model::service::Service;
use crate::plan::{ChildKind, Existing, Step};
use crate::translate::scaling::to_zero;
use crate::values::schedule::Anchor;

/// The bounds and the count of a service that scales
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// The bounds that hold now
    pub bounds: Bounds,
    /// The count that holds now
    pub count: i32,
    /// Whether that count is to be written
    pub writes: bool,
    /// What is to be remembered
    pub memory: Autoscaling,
    /// What has just been done, in words
    pub done: Vec<String>,
    /// When the next action is due
    pub look_at: Option<Timestamp>,
}

impl Scaled {
    /// The step that writes the count
    pub(super) fn step(&self, service: &EcsService) -> Option<Step> {
        let existing = || Existing::of(ChildKind::EcsService, &service.metadata);
        self.writes.then(|| Step::Scale(existing(), self.count))
    }
}

/// What scaling makes of a service now; none where it does not scale, or is held
pub(super) fn scaled(model: &Service, view: &EcsService, now: Timestamp) -> Option<Scaled> {
    let scaling = model.scaling.as_ref().filter(|_| !model.held)?;
    let before = view.status.as_ref().and_then(|s| s.autoscaling.as_ref());
    let base = scaling.bounds;
    let stands = before.filter(|b| (b.min_capacity, b.max_capacity) == (base.min, base.max));
    let mut bounds = stands.map_or(base, |b| Bounds { min: b.effective_min, max: b.effective_max });
    let Acted { actions, due, look_at } = acted(scaling, before, now);
    let mut done = Vec::new();
    for action in due {
        bounds = Bounds { min: action.min.unwrap_or(bounds.min), max: action.max.unwrap_or(bounds.max) };
        done.push(format!(
            "scheduled action {} set the least number of tasks to {} and the largest to {}",
            action.name, bounds.min, bounds.max
        ));
    }
    let held = before.is_some_and(|b| (b.effective_min, b.effective_max) == (bounds.min, bounds.max));
    let given = view.spec.desired_count.and_then(|count| i32::try_from(count).ok());
    let count = match given {
        Some(count) if held => count,
        Some(count) => bounds.clamp(count),
        None => bounds.clamp(bounds.min),
    };
    let memory = Autoscaling {
        effective_min: bounds.min,
        effective_max: bounds.max,
        min_capacity: base.min,
        max_capacity: base.max,
        scheduled_scaling_suspended: scaling.suspended.scheduled,
        actions,
    };
    Some(Scaled { bounds, count, writes: given != Some(count), memory, done, look_at })
}

/// The actions that are due, and what is known of all of them then
struct Acted<'a> {
    actions: BTreeMap<String, ActionMemory>,
    /// In the order of their times
    due: Vec<&'a Action>,
    look_at: Option<Timestamp>,
}

fn acted<'a>(scaling: &'a Scaling, before: Option<&Autoscaling>, now: Timestamp) -> Acted<'a> {
    let rested = before.is_some_and(|b| b.scheduled_scaling_suspended);
    let rests = scaling.suspended.scheduled;
    let (mut actions, mut due, mut look_at) = (BTreeMap::new(), Vec::new(), None::<Timestamp>);
    for action in &scaling.actions {
        let known = before.and_then(|b| b.actions.get(&action.name)).filter(|known| known.digest == action.digest);
        let mut memory = known.cloned().unwrap_or_else(|| ActionMemory {
            digest: action.digest.clone(),
            since: Time(now),
            until: Time(now),
        });
        if rested && !rests {
            memory.until = Time(now);
        }
        if !rests {
            // ECS counts a rate from the start time where there is one, else from when it was made
            let anchor = Anchor::FiresAfter(action.start.unwrap_or(memory.since.0));
            let fires = action.expression.fires(&action.zone, anchor).within(action.start, action.end);
            // Of the times that were missed only the last counts
            let last = now.checked_add(SignedDuration::from_nanos(1)).ok().and_then(|end| fires.before(end).next());
            if let Some(at) = last.filter(|at| *at > memory.until.0) {
                memory.until = Time(at);
                due.push((at, action));
            }
            look_at = [look_at, fires.after(memory.until.0.max(now)).next()].into_iter().flatten().min();
        }
        actions.insert(action.name.clone(), memory);
    }
    due.sort_by_key(|(at, _)| *at);
    Acted { actions, due: due.into_iter().map(|(_, action)| action).collect(), look_at }
}

/// What a service that scales is told beside its check: who else writes its count, and whether it can go down to no task
pub(super) fn told(model: &Service, metadata: &ObjectMeta, count: Option<i64>, capabilities: Capabilities) -> Findings {
    let mut findings = Findings::default();
    let Some(scaling) = &model.scaling else { return findings };
    if count.is_some() && count_is_authors(metadata) {
        let message = "autoScaling sets the number of tasks, and each time this document is applied it sets it back; leave \
                       desiredCount out";
        findings.warn(&Path::root().key("desiredCount"), Class::Approximate, "DesiredCountContested", message);
    }
    if scaling.bounds.min == 0 && !scaling.tracking.is_empty() && !to_zero(scaling, capabilities) {
        let message = "this cluster's autoscaler keeps at least one task; set desiredCount to 0 to stop all of them";
        let path = Path::root().key("autoScaling").key("minCapacity");
        findings.warn(&path, Class::Unsupported, "ScaleToZeroUnsupported", message);
    }
    findings
}

/// Whether an author's document has the count, and not only the scale subresource
fn count_is_authors(metadata: &ObjectMeta) -> bool {
    let Some(managers) = &metadata.managed_fields else { return true };
    managers.iter().any(|m| writes_count(m) && m.subresource.as_deref() != Some("scale"))
}

fn writes_count(entry: &ManagedFieldsEntry) -> bool {
    entry.fields_v1.as_ref().is_some_and(|fields| !fields.0["f:spec"]["f:desiredCount"].is_null())
}

/// Keeps of the managers of an object's fields only those who write the count of a service
pub fn keep_writers_of_count(metadata: &mut ObjectMeta) {
    let managers = metadata.managed_fields.get_or_insert_default();
    managers.retain(writes_count);
    for fields in managers.iter_mut().filter_map(|m| m.fields_v1.as_mut()) {
        fields.0 = json!({"f:spec": {"f:desiredCount": {}}});
    }
}

#[cfg(test)]
mod tests;
