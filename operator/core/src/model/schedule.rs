//! A valid schedule: what a ScheduledTask asks for, ready to be translated.
//!
//! *Not here*: which revision a bare family stands for, and the overrides' effect on it (`check::overrides`).

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::ScheduleSource;
use ecs_crds::ecs::TaskOverride;
use jiff::Timestamp;

use crate::config::TagLabels;
use crate::findings::Path;
use crate::model::held::Held;
use crate::model::placement::Placement;
use crate::values::event_input::EventInput;
use crate::values::revision_ref::RevisionRef;
use crate::values::schedule::{Anchor, CronFields, Fires, NotACronJob, ScheduleExpression, UnknownZone, time_zone};

/// What starts the tasks of a schedule
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Realisation {
    /// A CronJob
    CronJob,
    /// The operator itself, a Job for each run
    Engine {
        /// Why, in words
        because: String,
    },
}

/// A valid schedule
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The ECS name
    pub ecs_name: String,
    /// The Kubernetes name of its CronJob (R-NAME)
    pub name: String,
    /// Which of AWS's two services it mirrors
    pub source: ScheduleSource,
    /// The schedule group; none: AWS's group `default`
    pub group_name: Option<String>,
    /// What people say about it
    pub description: Option<String>,
    /// When it fires
    pub expression: ScheduleExpression,
    /// The IANA zone of the wall clock that it fires by
    pub time_zone: String,
    /// Whether `state` says that it fires
    pub enabled: bool,
    /// What keeps it from firing here
    pub held: Option<Held>,
    /// The first moment it may fire at
    pub start: Option<Timestamp>,
    /// The moment from which it no longer fires
    pub end: Option<Timestamp>,
    /// How late a missed start may still run, in seconds (the retry policy's maximum event age)
    pub starting_deadline_seconds: i64,
    /// What starts its tasks
    pub realisation: Realisation,
    /// How many minutes after its time a task may start; 0: at once
    pub window_minutes: u32,
    /// Whether the schedule is deleted after its last run
    pub delete_after_completion: bool,
    /// What is known of the overrides only when a run starts, and where the spec says it
    pub input: Option<(EventInput, Path)>,
    /// What it runs
    pub run: Run,
}

/// What a run of tasks is to be: ECS RunTask's part of a schedule
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Which task definition: a family to follow, or one revision of it
    pub task_definition: RevisionRef,
    /// How many tasks start at once
    pub count: i32,
    /// What differs from the task definition
    pub overrides: TaskOverride,
    /// Where the overrides stand in the ScheduledTask's spec, for findings about them
    pub overrides_at: Path,
    /// The task group; none: `family:<family>`
    pub group: Option<String>,
    /// The ECS cluster that the spec names
    pub cluster: Option<String>,
    /// The launch type that the spec names
    pub launch_type: Option<String>,
    /// Where the tasks run
    pub placement: Placement,
    /// The Fargate platform that the spec names
    pub platform_version: Option<String>,
    /// RunTask's reference ID
    pub reference_id: Option<String>,
    /// Who or what starts the tasks
    pub started_by: Option<String>,
    /// The task's own tags
    pub tags: BTreeMap<String, String>,
    /// Which tags become labels
    pub tag_labels: TagLabels,
    /// The security groups of the pods, where the cluster gives pods such
    pub security_groups: BTreeSet<String>,
    /// Whether the pods get the task definition's tags too
    pub propagate_task_definition_tags: bool,
}

/// Whether a schedule's dates let it fire
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Its start date is still to come
    NotYet {
        /// The start date
        until: Timestamp,
    },
    /// Its dates let it fire
    Active {
        /// The end date, where there is one
        until: Option<Timestamp>,
    },
    /// Its end date has passed
    Over,
}

impl Schedule {
    /// Whether its dates let the schedule fire at `now`; AWS does not apply them to at()
    #[must_use]
    pub fn active(&self, now: Timestamp) -> Activity {
        if matches!(self.expression, ScheduleExpression::At(_)) {
            return Activity::Active { until: None };
        }
        match (self.start, self.end) {
            (_, Some(end)) if end <= now => Activity::Over,
            (Some(start), _) if now < start => Activity::NotYet { until: start },
            (_, until) => Activity::Active { until },
        }
    }

    /// The fields of its CronJob; a rate counts from `anchor`
    ///
    /// # Errors
    ///
    /// None for a schedule that `check` realised by a CronJob.
    pub fn cron_fields(&self, anchor: Timestamp) -> Result<CronFields, NotACronJob> {
        self.expression.cron_job(anchor)
    }

    /// When it fires, between its dates, a rate counting from `anchor`; whether it is suspended is not looked at
    ///
    /// # Errors
    ///
    /// None for a schedule that `check` made: it lets no zone through that does not exist.
    pub fn fires(&self, anchor: Timestamp) -> Result<Fires<'_>, UnknownZone> {
        let anchor = match self.source {
            ScheduleSource::Scheduler => Anchor::FiresAt(anchor),
            ScheduleSource::Rule => Anchor::FiresAfter(anchor),
        };
        Ok(self.expression.fires(&time_zone(&self.time_zone)?, anchor).within(self.start, self.end))
    }

    /// Whether nothing fires whatever the time is: disabled on ECS, or held here
    #[must_use]
    pub fn suspended(&self) -> bool {
        !self.enabled || self.held.is_some()
    }
}

impl Run {
    /// The task group as ECS forms it
    #[must_use]
    pub fn task_group(&self) -> String {
        self.group.clone().unwrap_or_else(|| format!("family:{}", self.task_definition.family))
    }
}
