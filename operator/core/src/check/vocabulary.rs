//! The words of a document against the support table: unknown keys, wrong types and values, what is missing, and a finding
//! for everything present that nobody translates.
//!
//! *Guarantees*: no path of a document is passed over: it has a row, or it is a finding. One finding speaks for a whole
//! subtree or list.
//!
//! *Not here*: what several fields mean together (`check::task`, `check::service`). Values that may be secret stay out of
//! messages: only values with a fixed set of choices or bounds are quoted.

use serde_json::{Map, Value};

use ecs_crds::status::{Class, Finding, Severity};
use ecs_crds::{EcsServiceSpec, EcsTaskSpec, ScheduledTaskSpec, TaskDefinitionSpec};

use crate::findings::{Findings, Path};
use crate::support::{Entry, Field, Handling, Kind, Range, Spec, Vocabulary};
use crate::wire::{canonical, hole};

/// What DescribeServices adds to the input of CreateService (mapping specification, 14.3, rule 1)
const SERVICE_READ_ONLY: &[&str] = &[
    "clusterArn",
    "createdAt",
    "createdBy",
    "currentServiceDeployment",
    "currentServiceRevisions",
    "deployments",
    "events",
    "pendingCount",
    "platformFamily",
    "resourceManagementType",
    "roleArn",
    "runningCount",
    "serviceArn",
    "status",
    "taskSets",
    // What DescribeServiceRevisions adds beside
    "containerImages",
    "ecsManagedResources",
    "fargateEphemeralStorage",
    "guardDutyEnabled",
    "resolvedConfiguration",
    "serviceRevisionArn",
];

/// What GetSchedule adds to the input of CreateSchedule (14.4)
const SCHEDULE_READ_ONLY: &[&str] = &["arn", "creationDate", "lastModificationDate"];

/// What DescribeTasks adds to the input of RunTask
const TASK_READ_ONLY: &[&str] = &[
    "attachments",
    "attributes",
    "availabilityZone",
    "capacityProviderName",
    "clusterArn",
    "connectivity",
    "connectivityAt",
    "containerInstanceArn",
    "containers",
    "cpu",
    "createdAt",
    "desiredStatus",
    "ephemeralStorage",
    "executionStoppedAt",
    "fargateEphemeralStorage",
    "healthStatus",
    "inferenceAccelerators",
    "lastStatus",
    "memory",
    "platformFamily",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "stopCode",
    "stoppedAt",
    "stoppedReason",
    "stoppingAt",
    "taskArn",
    "taskDefinitionArn",
    "version",
];

/// Whose task is not much different without them: the task runs, and what it then may or what it is called is told
const MILD: &[&str] = &["registryArn", "taskRoleArn"];
/// Rules of members that only describe, or tell where logs go
const MILD_RULES: &[&str] = &["R-TAG", "§6"];
/// What a reader finds where it leaves a member open, beside `UnknownValue`
const LEFT_OPEN: &[&str] = &["EventPatternUnsupported", "InvalidValue", "TemplateSyntax", "UnknownField"];

/// How alike a known name must be to be suggested (Jaro-Winkler)
const ALIKE: f64 = 0.8;
/// How much of a value a message quotes
const QUOTED: usize = 40;

/// Checks the words of a task definition
pub fn task_definition(spec: &TaskDefinitionSpec, findings: &mut Findings) {
    check(Spec::TaskDefinition, &serde_json::to_value(spec).unwrap_or_default(), findings);
    if spec.container_definitions.as_ref().is_some_and(|containers| !containers.is_empty()) {
        findings.info(
            &Path::root().key("containerDefinitions"),
            Class::Approximate,
            "NoTaskMetadataEndpoint",
            "the variables of the ECS agent (ECS_CONTAINER_METADATA_URI_V4 and its like) do not exist here; a program that \
             reads them has to do without",
        );
    }
}

/// Checks the words of a service
pub fn service(spec: &EcsServiceSpec, findings: &mut Findings) {
    check(Spec::EcsService, &serde_json::to_value(spec).unwrap_or_default(), findings);
}

/// Checks the words of a schedule
pub fn schedule(spec: &ScheduledTaskSpec, findings: &mut Findings) {
    check(Spec::ScheduledTask, &serde_json::to_value(spec).unwrap_or_default(), findings);
}

/// Checks the words of an EcsTask
pub fn ecs_task(spec: &EcsTaskSpec, findings: &mut Findings) {
    check(Spec::EcsTask, &serde_json::to_value(spec).unwrap_or_default(), findings);
}

/// Checks the words of a spec as JSON
pub fn check(spec: Spec, document: &Value, findings: &mut Findings) {
    let mut walk = Walk { read_only: read_only(spec), findings };
    match document {
        Value::Object(members) => walk.structure(spec.vocabulary(), members, &Path::root()),
        _ => walk.wrong_type(Kind::Structure, document, &Path::root()),
    }
}

/// Members that a Describe output adds at the top, which are no input
pub(crate) fn read_only(spec: Spec) -> &'static [&'static str] {
    match spec {
        Spec::TaskDefinition => canonical::READ_ONLY,
        Spec::EcsService => SERVICE_READ_ONLY,
        Spec::ScheduledTask => SCHEDULE_READ_ONLY,
        Spec::EcsTask => TASK_READ_ONLY,
    }
}

/// Whether a key is a remark of the author: ECS refuses it, we pass over it
pub(crate) fn is_comment(key: &str) -> bool {
    key.starts_with('_') || key.starts_with("x-")
}

struct Walk<'a> {
    read_only: &'static [&'static str],
    findings: &'a mut Findings,
}

impl Walk<'_> {
    fn structure(&mut self, known: &Vocabulary, members: &Map<String, Value>, path: &Path) {
        for (key, value) in members {
            let path_of_key = path.key(key);
            match known.get(key) {
                Some(entry) => self.value(entry, value, &path_of_key),
                None if *path == Path::root() && self.read_only.contains(&key.as_str()) => self.findings.info(
                    &path_of_key,
                    Class::Advisory,
                    "ReadOnlyField",
                    format!("`{key}` is what ECS reports, not what it takes; it is ignored"),
                ),
                None => match hole::marked(key) {
                    Some(open) => left_open(open, known.get(open), value, &path.key(open), self.findings),
                    None => unknown(known, key, &path_of_key, self.findings),
                },
            }
        }
        for (key, entry) in known {
            let open = || members.contains_key(&hole::mark(key));
            if entry.required && members.get(key).is_none_or(Value::is_null) && !open() {
                self.findings.block(
                    &path.key(key),
                    Class::Unsupported,
                    "RequiredField",
                    format!("`{key}` is required here and missing; add it"),
                );
            }
        }
    }

    fn value(&mut self, entry: &Entry, value: &Value, path: &Path) {
        let field = entry.row.field;
        if value.is_null() {
            return;
        }
        self.report(entry, value, path);
        match (field.kind, value) {
            (Kind::Structure, Value::Object(members)) => self.structure(&entry.members, members, path),
            (Kind::Map, Value::Object(members)) => self.map(field, members, path),
            (Kind::Structures | Kind::Texts | Kind::Integers | Kind::Maps, Value::Array(items)) => {
                self.bounds(field.range, items.len(), "elements", path);
                for (index, item) in items.iter().enumerate() {
                    self.element(entry, item, &path.index(index));
                }
            }
            (Kind::Json, _) => {}
            (kind, value) => self.scalar(kind, field, field.range, value, path),
        }
    }

    fn element(&mut self, entry: &Entry, item: &Value, path: &Path) {
        let field = entry.row.field;
        match (field.kind.element(), item) {
            (Some(Kind::Structure), Value::Object(members)) => self.structure(&entry.members, members, path),
            (Some(Kind::Map), Value::Object(members)) => self.map(field, members, path),
            (Some(kind), item) => self.scalar(kind, field, field.each, item, path),
            (None, _) => {}
        }
    }

    fn map(&mut self, field: Field, members: &Map<String, Value>, path: &Path) {
        self.bounds(field.range, members.len(), "entries", path);
        for (key, value) in members {
            if !value.is_string() && !value.is_null() {
                self.wrong_type(Kind::Text, value, &path.key(key));
            }
        }
    }

    fn scalar(&mut self, kind: Kind, field: Field, range: Option<Range>, value: &Value, path: &Path) {
        match (kind, value) {
            (Kind::Text | Kind::Timestamp | Kind::Size, Value::String(text)) => {
                let allowed: Vec<_> = field.allowed().collect();
                if !allowed.is_empty() && !allowed.contains(&text.as_str()) {
                    self.invalid(path, not_one_of(text, &allowed));
                }
                self.bounds(range, text.chars().count(), "characters", path);
                if !field.matches(text) {
                    self.invalid(path, format!("a character is not allowed here; allowed are {}", field.pattern));
                }
            }
            (Kind::Integer, Value::Number(number)) if number.is_i64() => self.number(range, number.as_i64(), path),
            (Kind::Size, Value::Number(_)) | (Kind::Double, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) => {}
            _ => self.wrong_type(kind, value, path),
        }
    }

    fn number(&mut self, range: Option<Range>, number: Option<i64>, path: &Path) {
        let (Some((from, to)), Some(number)) = (range, number) else {
            return;
        };
        if is_outside((from, to), number) {
            let bounds = match (from, to) {
                (Some(from), Some(to)) => format!("a number from {from} to {to}"),
                (from, to) => bounds_in_words(from, to),
            };
            self.invalid(path, format!("`{number}` is not allowed here; use {bounds}"));
        }
    }

    fn bounds(&mut self, range: Option<Range>, length: usize, unit: &str, path: &Path) {
        let Some((from, to)) = range else {
            return;
        };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        if is_outside((from, to), length) {
            let bounds = bounds_in_words(from, to);
            self.invalid(path, format!("{length} {unit} are not allowed here; use {bounds}"));
        }
    }

    fn wrong_type(&mut self, kind: Kind, value: &Value, path: &Path) {
        self.invalid(path, wrong_type(kind, value));
    }

    fn invalid(&mut self, path: &Path, message: String) {
        self.findings.block(path, Class::Unsupported, "InvalidValue", message);
    }

    /// What the table itself has to say about a present value
    fn report(&mut self, entry: &Entry, value: &Value, path: &Path) {
        let row = entry.row;
        let (code, severity, unless) = match row.handling {
            Handling::Translated | Handling::WithParent => return,
            Handling::Reported { code, severity, unless } => (code, severity, unless),
            Handling::Pending { severity, unless } => ("TranslationPending", severity, unless),
        };
        if is_empty(value) || is_exception(unless, value) {
            return;
        }
        match row.handling {
            Handling::Pending { .. } => {
                let name = row.path.rsplit('.').next().unwrap_or(row.path).trim_end_matches(['[', ']', '{', '}']);
                let message = format!("{name} is not translated yet by this version: {}", row.says);
                self.findings.add(path, Class::Unsupported, code, severity, message);
            }
            _ => self.findings.add(path, row.class, code, severity, row.says),
        }
    }
}

/// What a reader left open, by the code of what it found; its reason stays where it is, for it may have become a value
fn left_open(name: &str, entry: Option<&Entry>, reason: &Value, path: &Path, findings: &mut Findings) {
    let code = reason.as_str().and_then(|reason| reason.split(':').next()).unwrap_or_default();
    let code = LEFT_OPEN.iter().find(|known| **known == code).copied().unwrap_or("UnknownValue");
    let (class, severity) = match entry {
        Some(entry) if code == "UnknownValue" => (entry.row.class, absence(entry)),
        _ => (Class::Unsupported, Severity::Block),
    };
    let message = format!(
        "`{name}` was left open when the document was read, and `{name}?` says why; give `{name}` where it is to \
                           be, and remove `{name}?`"
    );
    findings.add(path, class, code, severity, message);
}

/// Whether a finding is about what a reader left open
pub(crate) fn is_left_open(finding: &Finding, spec: &Value) -> bool {
    spec.pointer(&hole::mark(&finding.path)).is_some()
}

/// How grave it is that a value is not known and so left out: as grave as what follows from that
pub(crate) fn absence(entry: &Entry) -> Severity {
    let row = entry.row;
    let name = row.path.rsplit('.').next().unwrap_or_default();
    match row.handling {
        Handling::Reported { severity, .. } | Handling::Pending { severity, .. } => severity,
        Handling::WithParent if entry.required => Severity::Block,
        _ if row.class == Class::Advisory => Severity::Info,
        _ if MILD.contains(&name) || MILD_RULES.contains(&row.rule) => Severity::Warn,
        Handling::WithParent if row.class == Class::Unsupported => Severity::Warn,
        Handling::Translated | Handling::WithParent => Severity::Block,
    }
}

/// A key that no row knows
pub(crate) fn unknown(known: &Vocabulary, key: &str, path: &Path, findings: &mut Findings) {
    if is_comment(key) {
        findings.info(path, Class::Advisory, "CommentIgnored", format!("`{key}` is read as a comment and ignored"));
        return;
    }
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let likeness = |name: &&String| strsim::jaro_winkler(&plain(name), &plain(key));
    let nearest =
        known.keys().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|name| likeness(name) >= ALIKE);
    let advice = nearest.map_or("remove it".to_owned(), |name| format!("did you mean `{name}`?"));
    let message = format!("`{key}` is not known here, to ECS neither; {advice}");
    findings.add(path, Class::Unsupported, "UnknownField", Severity::Block, message);
}

fn is_outside((from, to): Range, number: i64) -> bool {
    from.is_some_and(|from| number < from) || to.is_some_and(|to| number > to)
}

fn bounds_in_words(from: Option<i64>, to: Option<i64>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("at least {from}"),
        (None, Some(to)) => format!("at most {to}"),
        (None, None) => "any".to_owned(),
    }
}

/// What to say of a value outside a fixed set
fn not_one_of(text: &str, allowed: &[&str]) -> String {
    let shown: String = text.chars().take(QUOTED).collect();
    format!("`{shown}` is not allowed here; use one of {}", allowed.join(", "))
}

/// What to say of a value of the wrong type
pub(crate) fn wrong_type(kind: Kind, value: &Value) -> String {
    let found = match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let expected = match kind {
        Kind::Text | Kind::Timestamp => "a text",
        Kind::Size => "a text or a whole number",
        Kind::Integer => "a whole number",
        Kind::Double => "a number",
        Kind::Boolean => "true or false",
        Kind::Structure | Kind::Map => "an object",
        Kind::Json => "a value",
        Kind::Texts => "a list of texts",
        Kind::Integers => "a list of whole numbers",
        Kind::Structures | Kind::Maps => "a list of objects",
    };
    let advice = match (kind, value) {
        (Kind::Text, Value::Bool(_)) => "quote it",
        (Kind::Structures | Kind::Maps, Value::Object(_)) => "put it into a list",
        _ => "correct it",
    };
    format!("{found} stands where {expected} is expected; {advice}")
}

/// As good as absent
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a value is the row's exception: `DISABLED`, or `enable=false` for a structure
fn is_exception(unless: &str, value: &Value) -> bool {
    let is = |value: &Value, text: &str| match value {
        Value::String(value) => value == text,
        Value::Bool(value) => text.parse() == Ok(*value),
        Value::Number(value) => text.parse().ok() == value.as_i64(),
        _ => false,
    };
    match unless.split_once('=') {
        Some((member, text)) => value.get(member).is_none_or(|value| value.is_null() || is(value, text)),
        None => is(value, unless),
    }
}

#[cfg(test)]
mod tests;
