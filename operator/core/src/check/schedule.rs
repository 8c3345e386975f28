//! ScheduledTask spec → [`Schedule`]: what EventBridge Scheduler and EventBridge Rules may say, and what starts the tasks.
//!
//! A schedule that fired at other times than its expression says would be worse than none: what has no times blocks, and
//! `accept` does not lift it.
//!
//! *Not here*: unknown keys, value lists, lengths, and fields that only the support table reports; the overrides' effect.

mod event;
mod input;
mod realisation;
mod times;

use std::collections::BTreeSet;

use ecs_crds::ecs::{FlexibleTimeWindow, RetryPolicy, RunTask, TaskOverride};
use ecs_crds::status::Class;
use ecs_crds::{ScheduleKubernetes, ScheduleSource, ScheduledTaskSpec};

use crate::check::run::{Call, missing};
use crate::check::{Checked, overrides};
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::held::Held;
use crate::model::schedule::{Run, Schedule};
use crate::names;

pub use event::overrides_of_run;
use realisation::Wishes;

/// The longest name of a schedule on AWS
const NAME_MAX: usize = 64;
/// How late EventBridge still starts a task when nothing else is said, in seconds
const EVENT_AGE: i64 = 86_400;
/// How wide a flexible window may be, in minutes
const WINDOW: std::ops::RangeInclusive<u32> = 1..=1440;
/// How many tasks one schedule of EventBridge Scheduler starts at most
const SCHEDULER_TASKS: (i64, &str) = (10, "EventBridge Scheduler");

/// What was found, apart by whether the user's consent can help
#[derive(Default)]
struct Found {
    /// Blocks here yield to the `accept` annotation
    findings: Findings,
    /// Blocks here do not: without what they miss there is nothing to create
    fatal: Findings,
}

/// Checks a schedule; `metadata_name` is the default of `name`, `accept` the codes whose Block is accepted
#[must_use]
pub fn check(
    spec: &ScheduledTaskSpec,
    metadata_name: &str,
    accept: &BTreeSet<String>,
    context: &Context,
) -> Checked<Schedule> {
    let mut found = Found::default();
    let model = model(spec, metadata_name, context, &mut found);
    let mut findings = found.findings.accepting(accept);
    findings.extend(found.fatal);
    Checked { model: model.filter(|_| !findings.blocked()), findings }
}

fn model(spec: &ScheduledTaskSpec, metadata_name: &str, context: &Context, found: &mut Found) -> Option<Schedule> {
    // Taken apart whole, so that a new field does not compile until it is placed. What is bound to `_` changes no object:
    // the support table reports it where there is anything to say.
    let ScheduledTaskSpec {
        source,
        name,
        group_name,
        schedule_expression,
        start_date,
        end_date,
        description,
        schedule_expression_timezone,
        state,
        kms_key_arn: _,
        flexible_time_window,
        action_after_completion,
        retry_policy,
        dead_letter_config: _,
        role_arn: _,
        input,
        input_path,
        input_transformer,
        task,
        kubernetes,
        unknown: _,
    } = spec;
    let source = source.unwrap_or_default();
    let ScheduleKubernetes { workload, executor, dst, delete_after_completion } =
        kubernetes.clone().unwrap_or_default();
    let ecs_name = self::name(name.as_deref(), metadata_name, found);
    only_of_its_source(source, spec, found);
    let window_minutes = flexible(flexible_time_window.as_ref(), found);
    let deletes = action_after_completion.as_deref() == Some("DELETE");
    let delete_after_completion = deletes && delete_after_completion.unwrap_or(false);
    kept_after_completion(deletes && !delete_after_completion, found);

    // Each is looked at before the first that is missing ends it, so that one look shows all.
    let (start, end) = times::dates(start_date.as_deref(), end_date.as_deref(), &mut found.fatal);
    let zone = times::zone(schedule_expression_timezone.as_deref(), source, &mut found.fatal);
    let expression = times::expression(schedule_expression.as_deref(), source, &mut found.fatal);
    let event =
        self::input::of_event(input_path.as_deref(), input_transformer.as_ref(), spec, source, &mut found.fatal);
    let input = input.as_deref().filter(|_| event.is_none());
    let run = self::run(task.as_ref(), input, source, context, found);
    let (expression, zone, run) = (expression?, zone?, run?);
    times::skipped(&expression, &zone, &mut found.findings);
    let wishes = Wishes {
        executor: executor.unwrap_or_default(),
        dst: dst.unwrap_or_default(),
        flexible: window_minutes > 0,
        event_input: event.is_some(),
    };
    let realisation = realisation::of(&expression, &zone, &wishes, found)?;

    Some(Schedule {
        name: names::of_schedule(&ecs_name),
        ecs_name,
        source,
        group_name: group_name.clone(),
        description: description.clone(),
        time_zone: times::zone_of(&expression, &zone),
        expression,
        enabled: state.as_deref() != Some("DISABLED"),
        held: Held::by(workload),
        start,
        end,
        starting_deadline_seconds: event_age(retry_policy.as_ref()),
        realisation,
        window_minutes,
        delete_after_completion,
        input: event,
        run,
    })
}

/// The ECS name; the object's own name may be longer than AWS allows
fn name(name: Option<&str>, metadata_name: &str, found: &mut Found) -> String {
    if name.is_none() && metadata_name.len() > NAME_MAX {
        let message = format!(
            "`metadata.name` is longer than the {NAME_MAX} characters that a schedule's name has on AWS; give a shorter \
             `name` here"
        );
        found.findings.block(&Path::root().key("name"), Class::Exact, "InvalidValue", message);
    }
    name.unwrap_or(metadata_name).to_owned()
}

/// Each of AWS's two services has members that the other lacks
fn only_of_its_source(source: ScheduleSource, spec: &ScheduledTaskSpec, found: &mut Found) {
    let scheduler_only = [
        ("startDate", spec.start_date.is_some()),
        ("endDate", spec.end_date.is_some()),
        ("groupName", spec.group_name.as_deref().is_some_and(|group| group != "default")),
        ("kmsKeyArn", spec.kms_key_arn.is_some()),
        ("flexibleTimeWindow", spec.flexible_time_window.is_some()),
        ("actionAfterCompletion", spec.action_after_completion.is_some()),
    ];
    let rule_only = [("inputPath", spec.input_path.is_some()), ("inputTransformer", spec.input_transformer.is_some())];
    for (key, _) in scheduler_only.into_iter().filter(|(_, present)| *present && source == ScheduleSource::Rule) {
        let message = format!("an EventBridge rule has no `{key}`; leave it out, or use `source: Scheduler`");
        found.findings.block(&Path::root().key(key), Class::Exact, "InvalidValue", message);
    }
    for (key, _) in rule_only.into_iter().filter(|(_, present)| *present && source == ScheduleSource::Scheduler) {
        let message = format!("EventBridge Scheduler has no `{key}`; use `input`, or `source: Rule`");
        found.fatal.block(&Path::root().key(key), Class::Exact, "InvalidValue", message);
    }
}

/// How many minutes the window has; none: tasks start at their time
fn flexible(window: Option<&FlexibleTimeWindow>, found: &mut Found) -> u32 {
    let Some(FlexibleTimeWindow { mode, maximum_window_in_minutes, unknown: _ }) = window else { return 0 };
    if mode.as_deref() != Some("FLEXIBLE") {
        return 0;
    }
    let minutes = maximum_window_in_minutes.and_then(|minutes| u32::try_from(minutes).ok());
    match minutes.filter(|minutes| WINDOW.contains(minutes)) {
        Some(minutes) => minutes,
        None => {
            let message = "a FLEXIBLE window needs its width: say how many minutes, 1 to 1440";
            let path = Path::root().key("flexibleTimeWindow").key("maximumWindowInMinutes");
            found.fatal.block(&path, Class::Exact, "InvalidValue", message);
            0
        }
    }
}

fn kept_after_completion(kept: bool, found: &mut Found) {
    if kept {
        let message = "the ScheduledTask stays after its last run, since whoever applied it would only create it again; \
                       `spec.kubernetes.deleteAfterCompletion: true` deletes it, and its finished Jobs with it";
        found.findings.info(
            &Path::root().key("actionAfterCompletion"),
            Class::Approximate,
            "DeleteAfterCompletionIgnored",
            message,
        );
    }
}

/// How late a start may be. Retries concern the call that starts a task, never the task: a controller retries by itself
fn event_age(policy: Option<&RetryPolicy>) -> i64 {
    let age = policy.and_then(|RetryPolicy { maximum_event_age_in_seconds, maximum_retry_attempts: _, unknown: _ }| {
        *maximum_event_age_in_seconds
    });
    age.unwrap_or(EVENT_AGE).clamp(60, EVENT_AGE)
}

fn run(
    task: Option<&RunTask>,
    input: Option<&str>,
    source: ScheduleSource,
    context: &Context,
    found: &mut Found,
) -> Option<Run> {
    let path = Path::root().key("task");
    let Some(task) = task else {
        return missing("task", &Path::root(), &mut found.fatal);
    };
    let at = if input.is_some() { Path::root().key("input") } else { path.key("overrides") };
    let overrides = overrides(task.overrides.as_ref(), input, &path.key("overrides"), found);
    let most = (source == ScheduleSource::Scheduler).then_some(SCHEDULER_TASKS);
    let call = Call { task, path: &path, most, overrides: overrides.map(|overrides| (overrides, at)) };
    super::run::run(call, context, &mut found.findings, &mut found.fatal)
}

/// The overrides, from one of the two places that AWS knows
///
/// EventBridge passes them as `input` and its ECS parameters have no overrides; RunTask takes a structure and knows no
/// input. No call to AWS holds both, so neither could be said to win.
fn overrides(
    structure: Option<&TaskOverride>,
    input: Option<&str>,
    path: &Path,
    found: &mut Found,
) -> Option<TaskOverride> {
    let at_input = Path::root().key("input");
    let (overrides, path) = match (structure, input) {
        (Some(_), Some(_)) => {
            let message = "both `input` and `task.overrides` say what to override, and AWS knows no order between them; \
                           keep one";
            found.fatal.block(path, Class::Exact, "InvalidOverride", message);
            return None;
        }
        (Some(overrides), None) => (overrides.clone(), path),
        (None, Some(input)) => (overrides::read_input(input, &at_input, &mut found.fatal)?, &at_input),
        (None, None) => return Some(TaskOverride::default()),
    };
    overrides::check(&overrides, path, &mut found.fatal);
    Some(overrides)
}

#[cfg(test)]
mod tests;
