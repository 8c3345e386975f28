//! What a rule makes of each event (`inputPath`, `inputTransformer`), and the Scheduler of each run's context attributes.
//!
//! *Not here*: what comes out for a run (`event`).

use ecs_crds::ecs::InputTransformer;
use ecs_crds::status::Class;
use ecs_crds::{ScheduleSource, ScheduledTaskSpec};

use crate::findings::{Findings, Path};
use crate::values::event_input::{ATTRIBUTE, EventInput};

/// The input that is made of each event, and where the spec says it
pub(super) fn of_event(
    path: Option<&str>,
    transformer: Option<&InputTransformer>,
    spec: &ScheduledTaskSpec,
    source: ScheduleSource,
    findings: &mut Findings,
) -> Option<(EventInput, Path)> {
    let given = [
        ("input", spec.input.is_some()),
        ("inputPath", path.is_some()),
        ("inputTransformer", transformer.is_some()),
        ("task/overrides", spec.task.as_ref().is_some_and(|task| task.overrides.is_some())),
    ];
    let given: Vec<_> = given.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect();
    let at = Path::root().key(if transformer.is_some() { "inputTransformer" } else { "inputPath" });
    let of_event = path.is_some() || transformer.is_some();
    if source == ScheduleSource::Scheduler {
        let input = spec.input.as_ref().filter(|input| input.contains(ATTRIBUTE))?;
        return Some((EventInput::Attributes(input.clone()), Path::root().key("input")));
    }
    if !of_event {
        return None;
    }
    if let [_, _, ..] = given[..] {
        let message = format!("a rule has one input, and this one says {}; keep one", given.join(", "));
        findings.block(&at, Class::Exact, "InvalidValue", message);
        return None;
    }
    let input = match transformer {
        Some(transformer) => template(transformer, &at, findings)?,
        None => EventInput::Part(parsed(path?, &at, findings)?),
    };
    Some((input, at))
}

fn template(transformer: &InputTransformer, at: &Path, findings: &mut Findings) -> Option<EventInput> {
    let InputTransformer { input_paths_map, input_template, unknown: _ } = transformer;
    let paths = input_paths_map.iter().flatten();
    let variables: Vec<_> = paths
        .map(|(name, path)| {
            let at = at.key("inputPathsMap").key(name);
            if name.starts_with("aws.") {
                let message = format!(
                    "`{name}` cannot be the name of a variable: those that begin with `aws.` are EventBridge's"
                );
                findings.block(&at, Class::Exact, "InvalidValue", message);
                return None;
            }
            Some((name.clone(), parsed(path, &at, findings)?))
        })
        .collect();
    let Some(template) = input_template.clone() else {
        let message = "`inputTemplate` is required here and missing; add it";
        findings.block(&at.key("inputTemplate"), Class::Unsupported, "RequiredField", message);
        return None;
    };
    Some(EventInput::Template { variables: variables.into_iter().collect::<Option<_>>()?, template })
}

fn parsed<T: std::str::FromStr<Err: ToString>>(text: &str, at: &Path, findings: &mut Findings) -> Option<T> {
    match text.parse() {
        Ok(parsed) => Some(parsed),
        Err(error) => {
            findings.block(at, Class::Exact, "InvalidValue", error.to_string());
            None
        }
    }
}
