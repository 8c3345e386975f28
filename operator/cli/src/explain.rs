//! `kubectl ecs explain`: what becomes of a field of an ECS document, from the table that the findings come from.
//!
//! *Not here*: documents; `render` tells what becomes of the fields of one.

use std::io::{self, Write};

use ecs_core::support::{Handling, Operation, Row};
use serde_json::{Value, json};

use crate::args::{ExplainArgs, Output};

/// Nothing of that name is known
const NOTHING: u8 = 2;

/// Explains the paths that were asked for
pub(crate) fn run(args: &ExplainArgs, out: &mut impl Write, errors: &mut impl Write) -> anyhow::Result<u8> {
    let found = matching(args.path.as_deref());
    if found.is_empty() {
        let path = args.path.as_deref().unwrap_or_default();
        writeln!(errors, "no input of the operations that are spoken here is named `{path}`{}", nearest(path))?;
        return Ok(NOTHING);
    }
    match args.output {
        Output::Json => {
            let rows: Vec<Value> = found.iter().map(|(operation, row)| as_json(*operation, row)).collect();
            serde_json::to_writer_pretty(&mut *out, &rows)?;
            writeln!(out)?;
        }
        Output::Yaml => found.iter().try_for_each(|(operation, row)| as_text(*operation, row, out))?,
    }
    Ok(0)
}

/// The rows whose path is this one, else those that end with it, else those that hold it; without a path, all
fn matching(path: Option<&str>) -> Vec<(Operation, &'static Row)> {
    let rows: Vec<_> = Operation::ALL.into_iter().flat_map(|o| o.rows().iter().map(move |row| (o, row))).collect();
    let Some(wanted) = path.map(plain) else { return rows };
    let of = |fits: &dyn Fn(&str) -> bool| rows.iter().copied().filter(|(_, row)| fits(&plain(row.path))).collect();
    let exact: Vec<_> = of(&|path| path == wanted);
    let ending: Vec<_> = if exact.is_empty() { of(&|path| path.ends_with(&format!(".{wanted}"))) } else { exact };
    if ending.is_empty() { of(&|path| path.contains(&wanted)) } else { ending }
}

/// A path as people may write it: without list and map marks, in any case
fn plain(path: &str) -> String {
    path.replace("[]", "").replace("{}", "").to_lowercase()
}

fn nearest(path: &str) -> String {
    let last = plain(path);
    let last = last.rsplit('.').next().unwrap_or_default();
    let names = Operation::ALL.into_iter().flat_map(Operation::rows).filter_map(|row| row.path.rsplit('.').next());
    let near = names.min_by_key(|name| strsim::damerau_levenshtein(&plain(name), last));
    near.map_or_else(String::new, |name| format!("; did you mean `{}`?", name.trim_end_matches("[]")))
}

fn as_json(operation: Operation, row: &Row) -> Value {
    json!({
        "operation": operation.to_string(), "path": row.path, "class": row.class, "rule": row.rule, "text": row.says,
        "handling": handling(row.handling),
    })
}

fn as_text(operation: Operation, row: &Row, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{operation} {}", row.path)?;
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
    use super::*;

    fn explained(path: Option<&str>, output: Output) -> (u8, String, String) {
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let args = ExplainArgs { path: path.map(str::to_owned), all: path.is_none(), output };
        let code = run(&args, &mut out, &mut errors).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
    }

    #[test]
    fn a_path_is_found_as_people_write_it() {
        for path in [
            "containerDefinitions[].portMappings[].hostPort",
            "containerDefinitions.portMappings.hostPort",
            "portmappings.hostport",
        ] {
            let (code, out, _) = explained(Some(path), Output::Yaml);
            assert_eq!(code, 0);
            assert!(
                out.starts_with("RegisterTaskDefinition containerDefinitions[].portMappings[].hostPort\n"),
                "{out}"
            );
        }
    }

    #[test]
    fn all_prints_every_row_with_the_names_that_scripts_use() {
        let (_, out, _) = explained(None, Output::Json);
        let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
        assert_eq!(rows.len(), Operation::ALL.into_iter().map(|o| o.rows().len()).sum::<usize>());
        for name in ["operation", "path", "class", "rule", "text"] {
            assert!(rows.iter().all(|row| row[name].as_str().is_some_and(|text| !text.is_empty())), "{name}");
        }
    }

    #[test]
    fn what_is_unknown_gets_the_nearest_name() {
        let (code, out, errors) = explained(Some("containerDefinitions.enviroment"), Output::Yaml);
        assert_eq!((code, out.as_str()), (NOTHING, ""));
        assert!(errors.contains("did you mean `environment`"), "{errors}");
    }
}
