//! `kubectl ecs explain`: what becomes of a field of an ECS document, from the table that the findings come from.
//!
//! *Not here*: documents; `render` tells what becomes of the fields of one.

use std::io::{self, Write};

use ecs_core::support::Handling;
use ecs_core::support::search::{self, Found};
use serde_json::{Value, json};

use crate::args::{ExplainArgs, Output};

/// Nothing of that name is known
const NOTHING: u8 = 2;

/// Explains the paths that were asked for
pub(crate) fn run(args: &ExplainArgs, out: &mut impl Write, errors: &mut impl Write) -> anyhow::Result<u8> {
    let found = match &args.path {
        Some(path) => search::find(path, args.operation),
        None => search::all(args.operation),
    };
    if found.is_empty() {
        let path = args.path.as_deref().unwrap_or_default();
        let nearest = search::nearest(path, args.operation);
        let advice = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
        writeln!(errors, "no input of the operations that are spoken here is named `{path}`{advice}")?;
        return Ok(NOTHING);
    }
    match args.output {
        Output::Json => {
            let rows: Vec<Value> = found.iter().map(as_json).collect();
            serde_json::to_writer_pretty(&mut *out, &rows)?;
            writeln!(out)?;
        }
        Output::Yaml => found.iter().try_for_each(|found| as_text(found, out))?,
    }
    Ok(0)
}

/// The names are a contract of scripts; `operation` and `path` are AWS's, of what is ours alone the kind and its field
fn as_json(found: &Found) -> Value {
    let row = found.row;
    let mut value = json!({
        "operation": found.operation.map(|operation| operation.to_string()), "path": row.path, "class": row.class,
        "rule": row.rule, "text": row.says, "handling": handling(row.handling),
    });
    if let Some((spec, path)) = &found.field {
        value["kind"] = spec.to_string().into();
        value["field"] = format!("spec.{path}").into();
        if found.operation.is_none() {
            value["operation"] = spec.to_string().into();
        }
    }
    value
}

fn as_text(found: &Found, out: &mut impl Write) -> io::Result<()> {
    let row = found.row;
    match (&found.field, found.operation) {
        (Some((spec, path)), Some(operation)) => writeln!(out, "{spec} spec.{path} ({operation} {})", row.path)?,
        (Some((spec, path)), None) => writeln!(out, "{spec} spec.{path}")?,
        (None, Some(operation)) => writeln!(out, "{operation} {}", row.path)?,
        (None, None) => writeln!(out, "{}", row.path)?,
    }
    let class = serde_json::to_value(row.class).unwrap_or_default();
    writeln!(out, "  {}  {}  {}", class.as_str().unwrap_or_default(), row.rule, handling(row.handling))?;
    writeln!(out, "  {}", row.says)
}

/// Who handles a path, in words
fn handling(handling: Handling) -> String {
    match handling {
        Handling::Translated => "translated".to_owned(),
        Handling::WithParent => "with the structure around it".to_owned(),
        Handling::Reported { code, severity, unless: _ } => format!("reported as {severity:?} {code}"),
        Handling::Pending { severity, unless: _ } => format!("not translated yet, {severity:?} TranslationPending"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn explained(path: Option<&str>, output: Output) -> (u8, String, String) {
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let args = ExplainArgs { path: path.map(str::to_owned), all: path.is_none(), operation: None, output };
        let code = run(&args, &mut out, &mut errors).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
    }

    #[test]
    fn a_field_is_shown_where_it_was_looked_for() {
        for (path, expected) in [
            ("portmappings.hostport", "RegisterTaskDefinition containerDefinitions[].portMappings[].hostPort\n"),
            ("/spec/task/count", "ScheduledTask spec.task.count (CreateSchedule Target.EcsParameters.TaskCount)\n"),
            ("spec.kubernetes.gateway", "EcsService spec.kubernetes.gateway\n  EQUIVALENT"),
        ] {
            let (code, out, _) = explained(Some(path), Output::Yaml);
            assert_eq!(code, 0, "{path}");
            assert!(out.starts_with(expected), "{out}");
        }
    }

    #[test]
    fn all_prints_every_row_with_the_names_that_scripts_use() {
        let (_, out, _) = explained(None, Output::Json);
        let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
        let printed =
            rows.iter().map(|row| format!("{}\t{}", row["operation"].as_str().unwrap(), row["path"].as_str().unwrap()));
        let modelled =
            include_str!("../../core/tests/data/model-paths.tsv").lines().filter(|line| !line.starts_with('#'));
        let modelled = modelled.map(|line| line.splitn(3, '\t').take(2).collect::<Vec<_>>().join("\t"));
        assert_eq!(printed.collect::<BTreeSet<_>>(), modelled.collect::<BTreeSet<_>>());
        for name in ["operation", "path", "class", "rule", "text"] {
            assert!(rows.iter().all(|row| row[name].as_str().is_some_and(|text| !text.is_empty())), "{name}");
        }
    }

    #[test]
    fn what_is_unknown_gets_the_nearest_path() {
        let (code, out, errors) = explained(Some("containerDefinitions.enviroment"), Output::Yaml);
        assert_eq!((code, out.as_str()), (NOTHING, ""));
        assert!(errors.contains("did you mean `containerDefinitions[].environment[]`"), "{errors}");
    }
}
