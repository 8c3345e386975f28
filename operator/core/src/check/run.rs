//! RunTask's members → [`Run`]: what a schedule's `task` and an EcsTask say of the tasks to start.
//!
//! *Not here*: the overrides' own check and effect (`overrides`), unknown keys, value lists and lengths.

use ecs_crds::ecs::{RunTask, TaskOverride};
use ecs_crds::status::Class;

use crate::check::network::security_groups;
use crate::check::placement::{self, Words};
use crate::check::service::{reference, tags};
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::schedule::Run;

/// A call of RunTask, as somebody makes it
pub(super) struct Call<'a> {
    pub(super) task: &'a RunTask,
    /// Where it stands
    pub(super) path: &'a Path,
    /// How many tasks whom starts at most
    pub(super) most: Option<(i64, &'static str)>,
    /// What it overrides, and where that stands; none where that is refused
    pub(super) overrides: Option<(TaskOverride, Path)>,
}

/// What the tasks are to be; Blocks in `fatal` do not yield to the user's consent
pub(super) fn run(call: Call<'_>, context: &Context, findings: &mut Findings, fatal: &mut Findings) -> Option<Run> {
    let Call { task, path, most, overrides } = call;
    let RunTask {
        // Placement reads these
        capacity_provider_strategy: _,
        placement_constraints: _,
        placement_strategy: _,
        cluster,
        count,
        enable_ecs_managed_tags: _,
        enable_execute_command: _,
        group,
        launch_type,
        network_configuration,
        // The caller has read these, since they may stand elsewhere
        overrides: _,
        platform_version,
        propagate_tags,
        reference_id,
        started_by,
        tags,
        task_definition,
        client_token: _,
        volume_configurations: _,
        unknown: _,
    } = task;
    let task_definition = match task_definition.as_deref() {
        None => missing("taskDefinition", path, fatal),
        text => reference(text, &path.key("taskDefinition"), fatal),
    };
    let count = self::count(*count, most, &path.key("count"), findings, fatal);
    let placement = placement::placement(Words::of_run(task), path, context, findings);
    let tags = self::tags(tags.as_deref().unwrap_or_default(), &path.key("tags"), findings);
    let security_groups = security_groups(network_configuration.as_ref(), path, context.capabilities, findings);
    let (overrides, overrides_at) = overrides?;
    Some(Run {
        task_definition: task_definition?,
        count: count?,
        overrides,
        overrides_at,
        group: group.clone(),
        cluster: cluster.clone(),
        launch_type: launch_type.clone(),
        placement,
        platform_version: platform_version.clone(),
        reference_id: reference_id.clone(),
        started_by: started_by.clone(),
        tags,
        tag_labels: context.config.tag_labels,
        security_groups,
        propagate_task_definition_tags: propagate_tags.as_deref() == Some("TASK_DEFINITION"),
    })
}

fn count(
    count: Option<i64>,
    most: Option<(i64, &'static str)>,
    path: &Path,
    findings: &mut Findings,
    fatal: &mut Findings,
) -> Option<i32> {
    let count = count.unwrap_or(1);
    if let Some((most, who)) = most.filter(|(most, _)| count > *most) {
        let message = format!("{who} starts at most {most} tasks at once, not {count}");
        findings.block(path, Class::Exact, "InvalidValue", message);
    }
    let checked = i32::try_from(count).ok().filter(|count| *count >= 1);
    if checked.is_none() {
        let message = format!("`{count}` is no number of tasks; use 1 or more");
        fatal.block(path, Class::Exact, "InvalidValue", message);
    }
    checked
}

/// What is missing, in the words of the vocabulary check, so that both count as one finding; but this Block stays
pub(super) fn missing<T>(key: &str, path: &Path, fatal: &mut Findings) -> Option<T> {
    let message = format!("`{key}` is required here and missing; add it");
    fatal.block(&path.key(key), Class::Unsupported, "RequiredField", message);
    None
}
