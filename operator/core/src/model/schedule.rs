//! A valid schedule: what a ScheduledTask asks for, ready to be translated.
//!
//! *Not here*: which revision a bare family stands for, and the overrides' effect on it (`check::overrides`).

use std::collections::BTreeMap;

use ecs_crds::ScheduleSource;
use ecs_crds::ecs::TaskOverride;
use jiff::Timestamp;

use crate::findings::Path;
use crate::model::placement::Placement;
use crate::values::revision_ref::RevisionRef;
use crate::values::schedule::{Anchor, CronFields, Fires, NotACronJob, ScheduleExpression, UnknownZone, time_zone};

/// A valid schedule whose times a CronJob can say
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
    /// Whether it is held: shown, but never firing here
    pub held: bool,
    /// The first moment it may fire at
    pub start: Option<Timestamp>,
    /// The moment from which it no longer fires
    pub end: Option<Timestamp>,
    /// How late a missed start may still run, in seconds (the retry policy's maximum event age)
    pub starting_deadline_seconds: i64,
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
    /// Whether the schedule's CronJob exists at `now`: from the start date until the end date
    ///
    /// It is created and deleted, never suspended and resumed: a CronJob that is resumed may run a missed start, which
    /// EventBridge never does.
    #[must_use]
    pub fn active(&self, now: Timestamp) -> Activity {
        match (self.start, self.end) {
            (_, Some(end)) if end <= now => Activity::Over,
            (Some(start), _) if now < start => Activity::NotYet { until: start },
            (_, until) => Activity::Active { until },
        }
    }

    /// The moment from which a rate counts: the start date, else `since`, when the schedule came to be
    #[must_use]
    pub fn anchor(&self, since: Timestamp) -> Timestamp {
        self.start.unwrap_or(since)
    }

    /// The fields of the CronJob of a schedule that came to be at `since`
    ///
    /// # Errors
    ///
    /// None for a schedule that `check` made: it lets no expression through that a CronJob cannot say.
    pub fn cron_fields(&self, since: Timestamp) -> Result<CronFields, NotACronJob> {
        self.expression.cron_job(self.anchor(since))
    }

    /// When a schedule that came to be at `since` fires, between its dates; whether it is suspended is not looked at
    ///
    /// # Errors
    ///
    /// None for a schedule that `check` made: it lets no zone through that does not exist.
    pub fn fires(&self, since: Timestamp) -> Result<Fires<'_>, UnknownZone> {
        let anchor = match self.source {
            ScheduleSource::Scheduler => Anchor::FiresAt(self.anchor(since)),
            ScheduleSource::Rule => Anchor::FiresAfter(self.anchor(since)),
        };
        Ok(self.expression.fires(&time_zone(&self.time_zone)?, anchor).within(self.start, self.end))
    }

    /// Whether nothing fires whatever the time is: disabled on ECS, or held here
    #[must_use]
    pub fn suspended(&self) -> bool {
        !self.enabled || self.held
    }
}

impl Run {
    /// The task group as ECS forms it
    #[must_use]
    pub fn task_group(&self) -> String {
        self.group.clone().unwrap_or_else(|| format!("family:{}", self.task_definition.family))
    }
}
