//! What a spec of ours may hold: the tables of the operations that it joins, as a tree of members.
//!
//! `ScheduledTask` and `EcsService.autoScaling` take documents whose paths differ from the model's; here is where each path
//! of the model stands in a spec, in lowerCamelCase (decisions §1).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use super::row::{Kind, Row};
use super::{Operation, own};

/// A kind of ours, by what its `spec` holds
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spec {
    /// RegisterTaskDefinition
    TaskDefinition,
    /// CreateService, `autoScaling` and `kubernetes`
    EcsService,
    /// CreateSchedule, RunTask under `task`, and `kubernetes`
    ScheduledTask,
    /// RunTask, and `kubernetes`
    EcsTask,
}

/// Members by name
pub type Vocabulary = BTreeMap<String, Entry>;

/// A member that a spec may hold
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its row in the support table
    pub row: &'static Row,
    /// Whether the structure around it needs it; what the operator can default or derive is not required
    pub required: bool,
    /// Its members, or those of its elements; empty where it has none or they are free
    pub members: Vocabulary,
}

/// Required by AWS, defaulted or derived here
const NOT_REQUIRED: &[&str] = &[
    "family",
    "serviceName",
    "name",
    "roleArn",
    "flexibleTimeWindow",
    "autoScaling.serviceNamespace",
    "autoScaling.resourceId",
    "autoScaling.scalableDimension",
];

static TASK_DEFINITION: LazyLock<Vocabulary> =
    LazyLock::new(|| tree(rows(Operation::RegisterTaskDefinition).map(|row| (row.path.to_owned(), row))));

static SERVICE: LazyLock<Vocabulary> = LazyLock::new(|| {
    let own = own::SERVICE.iter().map(|row| (row.path.to_owned(), row));
    let service = rows(Operation::CreateService).map(|row| (row.path.to_owned(), row));
    let derived = ["ServiceNamespace", "ResourceId", "ScalableDimension"];
    let part = move |operation: Operation, at: &'static str| {
        let kept = rows(operation).filter(move |row| at == "autoScaling" || !derived.contains(&row.path));
        kept.map(move |row| (format!("{at}.{}", lower_camel(row.path)), row))
    };
    tree(
        own.chain(service)
            .chain(part(Operation::RegisterScalableTarget, "autoScaling"))
            .chain(part(Operation::PutScalingPolicy, "autoScaling.policies[]"))
            .chain(part(Operation::PutScheduledAction, "autoScaling.scheduledActions[]")),
    )
});

static SCHEDULE: LazyLock<Vocabulary> = LazyLock::new(|| {
    let own = own::SCHEDULE.iter().map(|row| (row.path.to_owned(), row));
    let task = rows(Operation::RunTask).map(|row| (format!("task.{}", row.path), row));
    let schedule = rows(Operation::CreateSchedule).filter_map(|row| Some((in_scheduled_task(row)?, row)));
    // A rule knows one state more than a schedule
    let rule = rows(Operation::PutRule).filter(|row| row.path == "State").map(|row| (lower_camel(row.path), row));
    tree(own.chain(task).chain(schedule).chain(rule))
});

static TASK: LazyLock<Vocabulary> = LazyLock::new(|| {
    let own = own::TASK.iter().map(|row| (row.path.to_owned(), row));
    tree(own.chain(rows(Operation::RunTask).map(|row| (row.path.to_owned(), row))))
});

impl Spec {
    /// All kinds that have a vocabulary
    pub const ALL: [Self; 4] = [Self::TaskDefinition, Self::EcsService, Self::ScheduledTask, Self::EcsTask];

    /// What a spec of this kind may hold
    #[must_use]
    pub fn vocabulary(self) -> &'static Vocabulary {
        match self {
            Self::TaskDefinition => &TASK_DEFINITION,
            Self::EcsService => &SERVICE,
            Self::ScheduledTask => &SCHEDULE,
            Self::EcsTask => &TASK,
        }
    }
}

impl fmt::Display for Spec {
    /// The kind
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

fn rows(operation: Operation) -> impl Iterator<Item = &'static Row> {
    operation.rows().iter()
}

/// Where a path of CreateSchedule stands in a ScheduledTask; none where the target is no ECS target
///
/// The bounds of its ECS target are narrower than RunTask's, so they win under `task`.
fn in_scheduled_task(row: &Row) -> Option<String> {
    let Some(target) = row.path.strip_prefix("Target.") else {
        return (row.path != "Target").then(|| lower_camel(row.path));
    };
    match target.strip_prefix("EcsParameters.") {
        Some("TaskDefinitionArn") => Some("task.taskDefinition".to_owned()),
        Some("TaskCount") => Some("task.count".to_owned()),
        Some("Tags[]") => None,
        Some(parameter) => Some(format!("task.{}", lower_camel(parameter))),
        None if target == "Arn" || target.ends_with("Parameters") || target.contains("Parameters.") => None,
        None => Some(lower_camel(target)),
    }
}

/// `MetricStat.Stat` → `metricStat.stat`
pub(super) fn lower_camel(path: &str) -> String {
    let lower = |name: &str| {
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    };
    path.split('.').map(lower).collect::<Vec<_>>().join(".")
}

/// Of two rows of one path, the later wins
fn tree(rows: impl Iterator<Item = (String, &'static Row)>) -> Vocabulary {
    let mut root = Vocabulary::new();
    for (path, row) in rows {
        let mut members = &mut root;
        let mut names = path.split('.').map(|name| name.trim_end_matches(['[', ']', '{', '}'])).peekable();
        while let Some(name) = names.next() {
            let new = Entry { row, required: false, members: Vocabulary::new() };
            let entry = members.entry(name.to_owned()).or_insert(new);
            if names.peek().is_none() {
                entry.row = row;
                entry.required = row.field.required && !NOT_REQUIRED.contains(&path.as_str());
            }
            members = &mut entry.members;
        }
    }
    root
}

impl Entry {
    /// Whether the members are known: then any other is unknown
    #[must_use]
    pub fn is_structure(&self) -> bool {
        matches!(self.row.field.kind, Kind::Structure | Kind::Structures)
    }
}
