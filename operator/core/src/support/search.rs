//! Finding rows by what people write: a path of AWS's model, its end, a path in a spec of ours, a JSON pointer as findings
//! have it, or any of these with wildcards.
//!
//! `*` stands for any part of one name, `**` for any number of names. Marks of lists and maps, positions in lists, case, and what
//! stands between the words of a name (`container_definitions`) do not count.
//!
//! *Not here*: how rows are shown.

use super::Operation;
use super::row::{Kind, Row};
use super::vocabulary::{Spec, Vocabulary};

/// A row that was found
#[derive(Clone, Debug)]
pub struct Found {
    /// The operation whose input it is part of; none of members that are ours alone
    pub operation: Option<Operation>,
    /// The row
    pub row: &'static Row,
    /// Where it stands in a spec, where it was looked for there: `task.count` of a ScheduledTask
    pub field: Option<(Spec, String)>,
}

impl Found {
    /// The path: in a spec where it was looked for there, else in AWS's model
    #[must_use]
    pub fn path(&self) -> &str {
        self.field.as_ref().map_or(self.row.path, |(_, path)| path)
    }
}

/// Every row of every operation, or of one
#[must_use]
pub fn all(operation: Option<Operation>) -> Vec<Found> {
    let operations = Operation::ALL.into_iter().filter(|one| operation.is_none_or(|only| only == *one));
    let found = |of: Operation| of.rows().iter().map(move |row| Found { operation: Some(of), row, field: None });
    operations.flat_map(found).collect()
}

/// The rows that a query names, where it says `spec` or is a JSON pointer those of a spec
///
/// A whole path wins over the end of one, AWS's model over a spec.
#[must_use]
pub fn find(query: &str, operation: Option<Operation>) -> Vec<Found> {
    let Query { names, of_spec } = Query::of(query);
    if names.is_empty() {
        return Vec::new();
    }
    let modelled = if of_spec { Vec::new() } else { all(operation) };
    let mut fields = fields();
    fields.retain(|field| operation.is_none() || field.operation == operation);
    for (candidates, whole) in [(&modelled, true), (&fields, true), (&modelled, false), (&fields, false)] {
        let fits = |found: &&Found| {
            let path = names_in(found.path());
            let starts = if whole { 1 } else { path.len() };
            (0..starts).any(|start| matches(&names, &path[start..]))
        };
        let found: Vec<Found> = candidates.iter().filter(fits).cloned().collect();
        if !found.is_empty() {
            return found;
        }
    }
    // The key of a map, and what free JSON holds, are the user's own
    let free = |found: &Found| matches!(found.row.field.kind, Kind::Map | Kind::Json);
    let above = |found: &Found| (1..names.len()).any(|end| matches(&names[..end], &names_in(found.path())));
    fields.into_iter().filter(|found| free(found) && above(found)).collect()
}

/// The path that is spelt most like a query; none where nothing is like it
#[must_use]
pub fn nearest(query: &str, operation: Option<Operation>) -> Option<String> {
    let Query { names, of_spec } = Query::of(query);
    let wanted = names.join(".");
    let fields = fields().into_iter().filter(|field| of_spec || field.operation.is_none());
    let candidates = fields.filter(|_| operation.is_none()).chain(if of_spec { Vec::new() } else { all(operation) });
    let distance = |found: &Found| {
        let path = names_in(found.path());
        let end = path[path.len().saturating_sub(names.len())..].join(".");
        (strsim::damerau_levenshtein(&end, &wanted), path.len())
    };
    let nearest = candidates.min_by_key(distance)?;
    // What shares less than half its letters with the query is a guess
    (distance(&nearest).0 * 2 <= wanted.chars().count()).then(|| nearest.path().to_owned())
}

/// What was asked for
struct Query {
    /// The names of the path, in lower case
    names: Vec<String>,
    /// Whether only a spec of ours can be meant
    of_spec: bool,
}

impl Query {
    fn of(query: &str) -> Self {
        let query = query.trim();
        let path = match query.strip_prefix('/') {
            Some(pointer) => pointer.replace('/', ".").replace("~1", "/").replace("~0", "~"),
            None if !query.contains('.') => query.replace('/', "."),
            None => query.trim_start_matches(['.', '$']).to_owned(),
        };
        let mut names = names_in(&path);
        let says_spec = names.len() > 1 && names.first().is_some_and(|name| name == "spec");
        if says_spec {
            names.remove(0);
        }
        Self { names, of_spec: says_spec || query.starts_with('/') }
    }
}

/// `containerDefinitions[0].image` and `containerDefinitions.0.image` are `containerdefinitions`, `image`
fn names_in(path: &str) -> Vec<String> {
    let name = |part: &str| part.split(['[', '{']).next().unwrap_or_default().replace(['_', '-'], "").to_lowercase();
    let is_position = |name: &String| name.is_empty() || name.bytes().all(|b| b.is_ascii_digit());
    path.split('.').map(name).filter(|name| !is_position(name)).collect()
}

/// Whether names fit a pattern of names
fn matches(pattern: &[String], names: &[String]) -> bool {
    match (pattern.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((any, rest)), _) if any == "**" => (0..=names.len()).any(|skipped| matches(rest, &names[skipped..])),
        (Some((first, pattern)), Some((name, names))) => is_like(first, name) && matches(pattern, names),
        _ => false,
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters
fn is_like(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let ends = (0..=name.len()).filter(|end| name.is_char_boundary(*end));
            ends.into_iter().any(|end| is_like(rest, &name[end..]))
        }),
    }
}

/// Every member of every spec
fn fields() -> Vec<Found> {
    let mut fields = Vec::new();
    for spec in Spec::ALL {
        members(spec, spec.vocabulary(), "", &mut fields);
    }
    fields
}

fn members(spec: Spec, known: &Vocabulary, at: &str, fields: &mut Vec<Found>) {
    for (name, entry) in known {
        let path = format!("{at}{name}{}", entry.row.field.kind.mark());
        let holds = |operation: &Operation| operation.rows().iter().any(|row| std::ptr::eq(row, entry.row));
        let operation = Operation::ALL.into_iter().find(holds);
        let below = format!("{path}.");
        fields.push(Found { operation, row: entry.row, field: Some((spec, path)) });
        members(spec, &entry.members, &below, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `operation path` of AWS's model, `kind: path` of a spec
    fn found(query: &str) -> Vec<String> {
        let shown = |found: &Found| match (&found.field, found.operation) {
            (Some((spec, path)), _) => format!("{spec}: {path}"),
            (None, Some(operation)) => format!("{operation} {}", found.row.path),
            (None, None) => found.row.path.to_owned(),
        };
        find(query, None).iter().map(shown).collect()
    }

    #[test]
    fn a_row_is_found_by_what_people_write() {
        let host_port = "RegisterTaskDefinition containerDefinitions[].portMappings[].hostPort";
        for (query, expected) in [
            ("containerDefinitions[].portMappings[].hostPort", host_port),
            ("containerDefinitions.portMappings.hostPort", host_port),
            ("portmappings.hostport", host_port),
            ("hostPort", host_port),
            ("containerDefinitions[].port*.host*", host_port),
            ("**.hostPort", host_port),
            ("container_definitions.port_mappings.host_port", host_port),
            ("port-mappings/0/host-port", host_port),
            (
                "/containerDefinitions/0/portMappings/1/hostPort",
                "TaskDefinition: containerDefinitions[].portMappings[].hostPort",
            ),
            ("/spec/containerDefinitions/0/image", "TaskDefinition: containerDefinitions[].image"),
            ("spec.containerDefinitions[0].dockerLabels", "TaskDefinition: containerDefinitions[].dockerLabels{}"),
            (
                "/containerDefinitions/0/dockerLabels/traefik.enable",
                "TaskDefinition: containerDefinitions[].dockerLabels{}",
            ),
            ("spec.task.taskDefinition", "ScheduledTask: task.taskDefinition"),
            ("task.overrides.cpu", "ScheduledTask: task.overrides.cpu"),
            ("autoScaling.policies[].policyType", "EcsService: autoScaling.policies[].policyType"),
            ("kubernetes.ingress.healthCheck.matcher", "EcsService: kubernetes.ingress.healthCheck.matcher"),
            ("Targets[].EcsParameters.TaskCount", "PutTargets Targets[].EcsParameters.TaskCount"),
        ] {
            assert_eq!(found(query), [expected], "{query}");
        }
        assert_eq!(found("taskCount").len(), 2, "the end of a path of two operations");
        assert_eq!(found("enviroment"), Vec::<String>::new());
        assert_eq!(found(""), Vec::<String>::new());
    }

    #[test]
    fn wildcards_stand_for_the_members_of_one_level_or_of_all() {
        let level = found("containerDefinitions[].*");
        assert!(level.iter().all(|path| path.matches('.').count() == 1), "{level:?}");
        let below = found("containerDefinitions[].**");
        assert!(below.len() > level.len() && level.iter().all(|path| below.contains(path)));
        assert_eq!(find("**", None).len(), all(None).len());
        assert!(find("*", Some(Operation::PutRule)).iter().all(|found| found.operation == Some(Operation::PutRule)));
    }

    #[test]
    fn what_is_misspelt_gets_the_nearest_path() {
        for (query, operation, expected) in [
            ("containerDefinitions.enviroment", None, "containerDefinitions[].environment[]"),
            ("desiredcuont", None, "desiredCount"),
            ("/spec/containerDefinitons/0/image", None, "containerDefinitions[].image"),
            ("kubernetes.ingres", None, "kubernetes.ingress"),
            ("TaskCuont", Some(Operation::PutTargets), "Targets[].EcsParameters.TaskCount"),
        ] {
            assert_eq!(find(query, operation).len(), 0, "{query}");
            assert_eq!(nearest(query, operation).as_deref(), Some(expected), "{query}");
        }
        for query in ["foo", "x", "completely.different"] {
            assert_eq!(nearest(query, None), None, "{query}");
        }
    }
}
