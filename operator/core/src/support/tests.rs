//! The support table against AWS's own models, in both directions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Handling, Kind, Operation, Row};

/// operation → path → (type, required, limits)
fn models() -> BTreeMap<String, BTreeMap<String, [String; 3]>> {
    let mut models: BTreeMap<String, BTreeMap<String, [String; 3]>> = BTreeMap::new();
    for line in include_str!("../../tests/data/model-paths.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.splitn(5, '\t').map(str::to_owned);
        let mut cell = || cells.next().unwrap();
        let (operation, path) = (cell(), cell());
        models.entry(operation).or_default().insert(path, [cell(), cell(), cell()]);
    }
    models
}

#[test]
fn the_table_is_the_models_in_both_directions() {
    let models = models();
    let table: BTreeMap<String, BTreeMap<String, [String; 3]>> = Operation::ALL
        .into_iter()
        .map(|operation| (operation.to_string(), operation.rows().iter().map(cells).collect()))
        .collect();
    for (operation, paths) in &models {
        let ours = &table[operation];
        let (theirs, ours): (BTreeSet<_>, BTreeSet<_>) = (paths.iter().collect(), ours.iter().collect());
        assert_eq!(
            theirs.difference(&ours).collect::<Vec<_>>(),
            Vec::<&(_, _)>::new(),
            "not in the table: {operation}"
        );
        assert_eq!(
            ours.difference(&theirs).collect::<Vec<_>>(),
            Vec::<&(_, _)>::new(),
            "not in the model: {operation}"
        );
    }
    assert_eq!(models.keys().collect::<Vec<_>>(), table.keys().collect::<Vec<_>>());
}

fn cells(row: &Row) -> (String, [String; 3]) {
    let required = if row.field.required { "required" } else { "" };
    (row.path.to_owned(), [row.field.kind.to_string(), required.to_owned(), row.field.limits()])
}

fn all_rows() -> impl Iterator<Item = (Operation, &'static Row)> {
    Operation::ALL.into_iter().flat_map(|operation| operation.rows().iter().map(move |row| (operation, row)))
}

#[test]
fn no_path_stands_in_a_table_twice() {
    let mut seen = BTreeSet::new();
    for (operation, row) in all_rows() {
        assert!(seen.insert((operation, row.path)), "{operation} {}", row.path);
    }
}

#[test]
fn sentences_read_as_messages() {
    for (operation, row) in all_rows() {
        let first = row.says.chars().next().unwrap();
        // Names keep their capitals
        let name =
            ["App Mesh", "Elastic Inference", "CloudWatch", "Active Directory"].iter().any(|n| row.says.starts_with(n));
        let message = matches!(row.handling, Handling::Pending { .. } | Handling::Reported { .. });
        assert!(!message || name || first.is_lowercase(), "{operation} {}: {}", row.path, row.says);
        assert!(!row.says.ends_with('.'), "{operation} {}: ends with a period", row.path);
        assert!(row.rule.starts_with("R-") || row.rule.starts_with('§'), "{operation} {}", row.path);
    }
}

#[test]
fn who_speaks_for_a_member_is_a_row() {
    for (operation, row) in all_rows().filter(|(_, row)| row.handling == Handling::WithParent) {
        let parent = row.path.rsplit_once('.').map(|(parent, _)| parent);
        let known = |parent: &str| operation.rows().iter().any(|row| row.path == parent);
        // Application Auto Scaling's operations are joined in `autoScaling`, which speaks for all of them
        assert!(parent.is_none() || parent.is_some_and(known), "{operation} {}", row.path);
    }
}

#[test]
fn exceptions_name_a_value_or_a_member() {
    for (operation, row) in all_rows() {
        let (Handling::Reported { unless, .. } | Handling::Pending { unless, .. }) = row.handling else {
            continue;
        };
        if let Some((member, _)) = unless.split_once('=') {
            assert_eq!(row.field.kind, Kind::Structure, "{operation} {}", row.path);
            let path = format!("{}.{member}", row.path);
            assert!(operation.rows().iter().any(|row| row.path == path), "{operation} {path}");
        }
    }
}

/// The paths of a structural schema, spelt as JSON pointers are: `containerDefinitions.name`
fn schema_paths(schema: &serde_json::Value, at: &str, paths: &mut BTreeSet<String>) {
    let members = schema["properties"].as_object().or_else(|| schema["items"]["properties"].as_object());
    for (name, member) in members.into_iter().flatten() {
        let path = format!("{at}{name}");
        schema_paths(member, &format!("{path}."), paths);
        paths.insert(path);
    }
}

fn vocabulary_paths(vocabulary: &super::Vocabulary, at: &str, paths: &mut BTreeSet<String>) {
    for (name, entry) in vocabulary {
        let path = format!("{at}{name}");
        vocabulary_paths(&entry.members, &format!("{path}."), paths);
        paths.insert(path);
    }
}

/// Known, so that a pasted document is not refused, but no member of the spec: a request's token is nothing to keep
const NO_MEMBER: &[(&str, &str)] = &[("ScheduledTask", "clientToken")];

#[test]
fn every_member_of_a_spec_has_a_row_and_the_other_way_round() {
    let kinds = [
        (super::Spec::TaskDefinition, "TaskDefinition"),
        (super::Spec::EcsService, "EcsService"),
        (super::Spec::ScheduledTask, "ScheduledTask"),
    ];
    let crds = ecs_crds::crds();
    for (spec, kind) in kinds {
        let crd = serde_json::to_value(crds.iter().find(|crd| crd.spec.names.kind == kind).unwrap()).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let (mut schema_side, mut table_side) = (BTreeSet::new(), BTreeSet::new());
        schema_paths(schema, "", &mut schema_side);
        vocabulary_paths(spec.vocabulary(), "", &mut table_side);
        table_side.retain(|path| !NO_MEMBER.contains(&(kind, path.as_str())));
        assert!(schema_side.len() > 50, "{kind}");
        assert_eq!(schema_side.difference(&table_side).collect::<Vec<_>>(), Vec::<&String>::new(), "{kind}: no row");
        assert_eq!(table_side.difference(&schema_side).collect::<Vec<_>>(), Vec::<&String>::new(), "{kind}: no member");
    }
}
