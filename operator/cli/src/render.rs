//! `kubectl ecs render`: documents in, objects and findings out.

use std::io::Write;

use ecs_core::render::{Options, Rendered, render};
use ecs_core::wire::Parameters;
use ecs_crds::status::Severity;

use crate::args::{Output, RenderArgs};
use crate::read;
use crate::show::{self, Paint};
use crate::yaml;

/// Renders, prints, and says by the exit code how it went
pub(crate) fn run(
    args: &RenderArgs,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
    paint: Paint,
) -> anyhow::Result<u8> {
    let given = Parameters::parse(&args.parameters)?;
    let documents = read::documents(&args.files, &given)?;
    anyhow::ensure!(!documents.is_empty(), "there is no document in what was given");
    let options = Options {
        namespace: args.namespace.clone(),
        accept: args.accept.iter().map(|code| code.trim().to_owned()).collect(),
        lone_task: args.lone_task.into(),
        revisions: args.revisions,
        context: read::context(args.config.as_deref(), args.capabilities.as_deref())?,
        now: jiff::Timestamp::now(),
    };
    let rendered = render(documents, &options);
    match args.output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut *stdout, &rendered)?;
            writeln!(stdout)?;
        }
        Output::Yaml => {
            for object in &rendered.objects {
                yaml::document(object, stdout)?;
            }
            stdout.flush()?;
            // Last, for on a terminal both come to the same place and the end is what is read
            show::findings(&rendered, stderr, paint)?;
        }
    }
    Ok(exit_code(&rendered))
}

/// 0 clean or Info, 1 Warn, 2 Block
fn exit_code(rendered: &Rendered) -> u8 {
    match rendered.worst() {
        None | Some(Severity::Info) => 0,
        Some(Severity::Warn) => 1,
        Some(Severity::Block) => 2,
    }
}

#[cfg(test)]
mod tests;
