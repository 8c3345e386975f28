//! A schedule as a CronJob, and a run of tasks as a Job (R-JOB).
//!
//! ECS starts a task once and never again, whatever becomes of it; tasks that start together know nothing of each other;
//! EventBridge starts the next ones without looking at the last.
//!
//! *Not here*: the pod, which is `translate::pod`'s; namespace and owner, which are the caller's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::model::placement::Constraints;
use crate::model::schedule::{Run, Schedule};
use crate::names;
use crate::translate::firelens::name_cluster;
use crate::translate::placement::place;
use crate::translate::tags;
use crate::values::schedule::{NotACronJob, ScheduleExpression};

/// How long ECS shows a stopped task, in seconds
const STOPPED_TASKS_SHOWN: i32 = 3600;
/// How many finished Jobs a CronJob keeps, of either outcome
const HISTORY: i32 = 10;

/// The revision of a task definition that a run starts, rendered
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedTask {
    /// The number of the revision
    pub number: i64,
    /// Its pod, overrides applied
    pub template: PodTemplateSpec,
    /// The tags of the task definition
    pub tags: BTreeMap<String, String>,
    /// The placement constraints of the task definition
    pub constraints: Constraints,
}

/// The CronJob of a schedule whose rate counts from `anchor`
///
/// # Errors
///
/// An expression that a CronJob cannot say; `check` makes no schedule of one.
pub fn cron_job(schedule: &Schedule, task: RenderedTask, anchor: Timestamp) -> Result<CronJob, NotACronJob> {
    let fields = schedule.cron_fields(anchor)?;
    let labels = labels(&schedule.run, &task, Some(&schedule.name));
    let mut annotations = name_annotation(&schedule.ecs_name, &schedule.name);
    if let Some(description) = &schedule.description {
        annotations.insert(names::DESCRIPTION.to_owned(), description.clone());
    }
    annotations.insert(names::TIMES.to_owned(), format!("{fields} {}", schedule.time_zone));
    annotations.extend(anchored(schedule, anchor));
    Ok(CronJob {
        metadata: metadata(Some(schedule.name.clone()), labels.clone(), annotations),
        spec: CronJobSpec {
            schedule: fields.to_string(),
            time_zone: Some(schedule.time_zone.clone()),
            concurrency_policy: Some("Allow".to_owned()),
            starting_deadline_seconds: Some(schedule.starting_deadline_seconds),
            successful_jobs_history_limit: Some(HISTORY),
            failed_jobs_history_limit: Some(HISTORY),
            suspend: schedule.suspended().then_some(true),
            job_template: JobTemplateSpec {
                metadata: Some(metadata(None, labels.clone(), run_annotations(&schedule.run, &task))),
                spec: Some(job_spec(&schedule.run, labels, task)),
            },
        },
        status: None,
    })
}

/// The Job of the run for a time of a schedule, which the engine starts
///
/// It has no TTL: its name tells that this time was started, so the engine deletes it only when that is remembered elsewhere.
#[must_use]
pub fn job_of_run(schedule: &Schedule, name: String, task: RenderedTask, time: Timestamp, anchor: Timestamp) -> Job {
    let labels = labels(&schedule.run, &task, Some(&schedule.name));
    let mut annotations = name_annotation(&schedule.ecs_name, &schedule.name);
    annotations.extend(run_annotations(&schedule.run, &task));
    annotations.extend(anchored(schedule, anchor));
    annotations.insert(names::SCHEDULED_TIMESTAMP.to_owned(), time.to_string());
    let spec = JobSpec { ttl_seconds_after_finished: None, ..job_spec(&schedule.run, labels.clone(), task) };
    Job { metadata: metadata(Some(name), labels, annotations), spec: Some(spec), status: None }
}

/// From when a rate counts, so that it is not lost with a status
fn anchored(schedule: &Schedule, anchor: Timestamp) -> Option<(String, String)> {
    let rate = matches!(schedule.expression, ScheduleExpression::Rate(_));
    rate.then(|| (names::ANCHOR.to_owned(), anchor.to_string()))
}

/// The Job of a run of its own
#[must_use]
pub fn job(ecs_name: &str, run: &Run, task: RenderedTask) -> Job {
    let name = names::of_task(ecs_name);
    let labels = labels(run, &task, None);
    let mut annotations = name_annotation(ecs_name, &name);
    annotations.extend(run_annotations(run, &task));
    Job {
        metadata: metadata(Some(name), labels.clone(), annotations),
        spec: Some(job_spec(run, labels, task)),
        status: None,
    }
}

/// The Job of an EcsTask of this name
///
/// It has no TTL: that it is there tells that the tasks have started, so the operator deletes it only when their end is
/// recorded.
#[must_use]
pub fn job_of_task(name: &str, run: &Run, task: RenderedTask) -> Job {
    let k8s_name = names::of_task(name);
    let mut labels = labels(run, &task, None);
    labels.insert(names::TASK.to_owned(), k8s_name.clone());
    let mut annotations = name_annotation(name, &k8s_name);
    annotations.extend(run_annotations(run, &task));
    let spec = JobSpec { ttl_seconds_after_finished: None, ..job_spec(run, labels.clone(), task) };
    Job { metadata: metadata(Some(k8s_name), labels, annotations), spec: Some(spec), status: None }
}

fn job_spec(run: &Run, labels: BTreeMap<String, String>, task: RenderedTask) -> JobSpec {
    let base = JobSpec {
        ttl_seconds_after_finished: Some(STOPPED_TASKS_SHOWN),
        template: pod_template(run, labels, task),
        ..JobSpec::default()
    };
    if run.count == 1 {
        return JobSpec { backoff_limit: Some(0), ..base };
    }
    // Each task is an index of its own. A backoffLimit of 0 beside it would fail the whole Job at the first failed index.
    JobSpec {
        completion_mode: Some("Indexed".to_owned()),
        completions: Some(run.count),
        parallelism: Some(run.count),
        backoff_limit_per_index: Some(0),
        ..base
    }
}

/// The pod with the labels and annotations of the run beside its own
fn pod_template(run: &Run, labels: BTreeMap<String, String>, task: RenderedTask) -> PodTemplateSpec {
    let annotations = run_annotations(run, &task);
    let PodTemplateSpec { metadata, spec } = task.template;
    let mut metadata = metadata.unwrap_or_default();
    metadata.labels.get_or_insert_default().extend(labels);
    metadata.annotations.get_or_insert_default().extend(annotations);
    let spec = PodSpec { restart_policy: Some("Never".to_owned()), ..spec.unwrap_or_default() };
    let mut template = PodTemplateSpec { metadata: Some(metadata), spec: Some(spec) };
    let group = names::label_value(&run.task_group());
    let mates = BTreeMap::from([(names::TASK_GROUP.to_owned(), group)]);
    place(&mut template, &task.constraints, &run.placement, &mates);
    template.spec.iter_mut().for_each(|spec| name_cluster(spec, run.cluster.as_deref()));
    template
}

fn labels(run: &Run, task: &RenderedTask, schedule: Option<&str>) -> BTreeMap<String, String> {
    let mut labels = tags::labels(&run_tags(run, task), run.tag_labels);
    labels.extend([
        (names::MANAGED_BY.to_owned(), names::MANAGER.to_owned()),
        (names::FAMILY.to_owned(), names::label_value(&run.task_definition.family)),
        (names::REVISION.to_owned(), task.number.to_string()),
        (names::TASK_GROUP.to_owned(), names::label_value(&run.task_group())),
    ]);
    if let Some(schedule) = schedule {
        labels.insert(names::SCHEDULE.to_owned(), schedule.to_owned());
    }
    if let Some(cluster) = &run.cluster {
        let short = names::cluster_name(cluster);
        labels.insert(names::CLUSTER.to_owned(), names::label_value(short));
    }
    if let Some(launch_type) = &run.launch_type {
        labels.insert(names::LAUNCH_TYPE.to_owned(), names::label_value(launch_type));
    }
    labels
}

/// What the labels cannot hold exactly, and what has no counterpart
fn run_annotations(run: &Run, task: &RenderedTask) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::from([
        (names::FAMILY.to_owned(), run.task_definition.family.clone()),
        (names::TASK_GROUP.to_owned(), run.task_group()),
    ]);
    for (key, value) in [
        (names::PLATFORM_VERSION, &run.platform_version),
        (names::REFERENCE_ID, &run.reference_id),
        (names::STARTED_BY, &run.started_by),
    ] {
        if let Some(value) = value {
            annotations.insert(key.to_owned(), value.clone());
        }
    }
    let tags = run_tags(run, task);
    if !tags.is_empty() {
        annotations.insert(names::TAGS.to_owned(), tags::json(&tags));
    }
    annotations
}

/// The run's own tags win over those of its task definition
fn run_tags(run: &Run, task: &RenderedTask) -> BTreeMap<String, String> {
    let mut tags = if run.propagate_task_definition_tags { task.tags.clone() } else { BTreeMap::new() };
    tags.extend(run.tags.clone());
    tags
}

fn name_annotation(ecs_name: &str, name: &str) -> BTreeMap<String, String> {
    if name == ecs_name {
        return BTreeMap::new();
    }
    BTreeMap::from([(names::ECS_NAME.to_owned(), ecs_name.to_owned())])
}

fn metadata(
    name: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
) -> ObjectMeta {
    let annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
    ObjectMeta { name, labels: Some(labels), annotations, ..ObjectMeta::default() }
}

#[cfg(test)]
mod tests;
