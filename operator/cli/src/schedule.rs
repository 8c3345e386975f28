//! `kubectl ecs schedule next` and `kubectl ecs schedule explain`: when a schedule expression fires, what it means, and what
//! becomes of it in a cluster.
//!
//! *Not here*: what an expression means (`ecs_core::values::schedule`) and what is found in it (`ecs_core::check`).

use std::collections::BTreeSet;
use std::io::Write;

use clap::{Subcommand, ValueEnum};
use ecs_core::check::{self, Checked};
use ecs_core::config::Context;
use ecs_core::model::schedule::{Realisation, Schedule};
use ecs_core::values::schedule::{Anchor, ScheduleError, ScheduleExpression, time_zone};
use ecs_crds::ecs::RunTask;
use ecs_crds::status::{Finding, Severity};
use ecs_crds::{ScheduleSource, ScheduledTaskSpec};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::json;

use crate::show::Paint;

const NEXT_HELP: &str = "\
Examples:
  The next ten runs, by the clocks of Berlin:
    kubectl ecs schedule next 'cron(15 10 ? * 6L *)' --timezone Europe/Berlin

  What happens in the night in which the clocks are set forward:
    kubectl ecs schedule next 'cron(0/30 1-3 * * ? *)' --timezone Europe/Berlin --from 2027-03-27T22:00:00Z --count 6

  A rate counts from when its schedule starts (its start date, else its creation), which --anchor tells:
    kubectl ecs schedule next 'rate(90 minutes)' --anchor 2026-11-21T10:07:00Z

  The same rate of an EventBridge rule, which runs one interval later for the first time:
    kubectl ecs schedule next 'rate(90 minutes)' --source Rule --anchor 2026-11-21T10:07:00Z

  For a script:
    kubectl ecs schedule next 'cron(0 9 ? * 2#1 *)' -o json | jq -r '.times[]'

An expression that fires fewer times than asked for prints those: at() once, years that are over never.
Local times that the clocks skip do not fire; of those that come twice, the first does.

Exit codes:
  0   printed
  2   not a schedule expression, no time zone, or nothing that --source takes
  64  wrong usage";

const EXPLAIN_HELP: &str = "\
Examples:
  kubectl ecs schedule explain 'cron(15 10 ? * 6L 2019-2022)' --timezone Europe/Berlin
  kubectl ecs schedule explain 'rate(6 hours)' --anchor 2026-11-21T10:07:00Z

The expression is checked as that of a ScheduledTask, and what the operator would find is told with it.

Exit codes:
  0   told
  2   not a schedule expression, no time zone, or nothing that --source takes
  64  wrong usage";

/// The subcommands
#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Print when an expression fires next: strictly after --from, RFC 3339 with offset, one a line
    #[command(after_help = NEXT_HELP)]
    Next(NextArgs),
    /// Say in words what an expression means, and whether a CronJob or the operator itself starts its tasks
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
}

/// What both take
#[derive(Debug, clap::Args)]
struct Common {
    /// An EventBridge expression: cron(minute hour day-of-month month day-of-week year), rate(5 minutes) or
    /// at(yyyy-mm-ddThh:mm:ss); quote it for the shell
    expression: String,
    /// The IANA zone by whose clocks cron() and at() fire
    #[arg(long, visible_alias = "tz", value_name = "ZONE", default_value = "Etc/UTC")]
    timezone: String,
    /// Which of AWS's services has the schedule: a rule knows no time zone and no at(), writes `1 minute` in the singular,
    /// and fires a rate for the first time one interval after its making
    #[arg(long, value_enum, value_name = "SERVICE", default_value = "Scheduler", ignore_case = true)]
    source: Source,
    /// When the schedule starts: a rate() fires then, and counts from there [default: --from, else now]
    #[arg(long, value_name = "TIME")]
    anchor: Option<Timestamp>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Which of AWS's services has the schedule
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Source {
    /// EventBridge Scheduler
    #[value(name = "Scheduler")]
    Scheduler,
    /// An EventBridge rule
    #[value(name = "Rule")]
    Rule,
}

impl Source {
    fn of_spec(self) -> ScheduleSource {
        match self {
            Self::Scheduler => ScheduleSource::Scheduler,
            Self::Rule => ScheduleSource::Rule,
        }
    }

    /// From when a rate counts
    fn anchor(self, at: Timestamp) -> Anchor {
        match self {
            Self::Scheduler => Anchor::FiresAt(at),
            Self::Rule => Anchor::FiresAfter(at),
        }
    }
}

/// When an expression fires next
#[derive(Debug, clap::Args)]
pub(crate) struct NextArgs {
    #[command(flatten)]
    common: Common,
    /// Print what comes strictly after this moment, in RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// How many times to print
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    count: usize,
}

/// What an expression means
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    common: Common,
}

/// How to print
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people, and line by line for scripts
    Text,
    /// One JSON object
    Json,
}

/// The document told was not valid
const INVALID: u8 = 2;

/// Prints, and says by the exit code how it went; `now` is the shell's clock
pub(crate) fn run(
    command: &ScheduleCommand,
    now: Timestamp,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
    paint: Paint,
) -> anyhow::Result<u8> {
    let (ScheduleCommand::Next(NextArgs { common, .. }) | ScheduleCommand::Explain(ExplainArgs { common })) = command;
    let expression = match common.expression.parse::<ScheduleExpression>() {
        Ok(expression) => expression,
        Err(error) => {
            writeln!(stderr, "{} {error}\n{}", paint.bad("error:"), pointed(&common.expression, &error))?;
            return Ok(INVALID);
        }
    };
    let zone = match time_zone(&common.timezone) {
        Ok(zone) => zone,
        Err(error) => {
            writeln!(stderr, "{} --timezone: {error}", paint.bad("error:"))?;
            return Ok(INVALID);
        }
    };
    // What this service does not take is refused before a time of it is told.
    let Checked { model, findings } = checked(common);
    let refused = findings.iter().find(|finding| finding.severity == Severity::Block);
    if let Some(refused) = refused {
        writeln!(stderr, "{} {}", paint.bad("error:"), refused.message)?;
        return Ok(INVALID);
    }
    let findings = findings.into_iter().filter(|finding| finding.path.starts_with("/scheduleExpression")).collect();
    let engine = model.and_then(|model| match model.realisation {
        Realisation::CronJob => None,
        Realisation::Engine { because } => Some(because),
    });
    match command {
        ScheduleCommand::Next(args) => next(&expression, &zone, args, now, stdout, stderr)?,
        ScheduleCommand::Explain(args) => explain(&expression, args, Found { engine, findings }, now, stdout)?,
    }
    Ok(0)
}

/// The expression with a caret under the place of the fault
fn pointed(text: &str, error: &ScheduleError) -> String {
    // A tab or a line break would move the caret; a control character does not belong on a terminal.
    let shown: String = text.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    format!("  {shown}\n  {:width$}^", "", width = error.position)
}

fn next(
    expression: &ScheduleExpression,
    zone: &TimeZone,
    NextArgs { common, from, count }: &NextArgs,
    now: Timestamp,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> anyhow::Result<()> {
    let from = from.unwrap_or(now);
    let anchor = common.anchor.unwrap_or(from);
    if matches!(expression, ScheduleExpression::Rate(_)) && common.anchor.is_none() {
        writeln!(
            stderr,
            "note: a rate counts from when its schedule starts; counting from {from}, --anchor sets another"
        )?;
    }
    let fires = expression.fires(zone, common.source.anchor(anchor));
    let mut times = fires.after(from).take(*count).map(|time| rfc_3339(time, zone));
    match common.output {
        Output::Json => {
            let value = json!({
                "expression": common.expression,
                "timezone": common.timezone,
                "from": rfc_3339(from, zone),
                "times": times.collect::<Vec<_>>(),
            });
            serde_json::to_writer_pretty(&mut *stdout, &value)?;
            writeln!(stdout)?;
        }
        Output::Text => match times.next() {
            Some(first) => {
                writeln!(stdout, "{first}")?;
                times.try_for_each(|time| writeln!(stdout, "{time}"))?;
            }
            None if *count > 0 => writeln!(stderr, "note: it never fires after {}", rfc_3339(from, zone))?,
            None => {}
        },
    }
    Ok(())
}

/// A moment by the clocks of a zone
fn rfc_3339(moment: Timestamp, zone: &TimeZone) -> String {
    let format = |local: &Zoned| local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let local = moment.to_zoned(zone.clone());
    // RFC 3339 has no seconds in an offset, and a few zones had until 1972.
    if local.offset().seconds() % 60 == 0 { format(&local) } else { format(&moment.to_zoned(TimeZone::UTC)) }
}

/// What the operator finds in a schedule with the expression
struct Found {
    /// Why its engine starts the tasks, where no CronJob does
    engine: Option<String>,
    findings: Vec<Finding>,
}

fn explain(
    expression: &ScheduleExpression,
    ExplainArgs { common }: &ExplainArgs,
    Found { engine, findings }: Found,
    now: Timestamp,
    stdout: &mut impl Write,
) -> anyhow::Result<()> {
    let anchor = common.anchor.unwrap_or(now);
    let rate = matches!(expression, ScheduleExpression::Rate(_));
    let means = expression.explain(&common.timezone);
    let zone = if rate { "Etc/UTC" } else { &common.timezone };
    let fields = expression.cron_job(anchor).ok().filter(|_| engine.is_none());
    if common.output == Output::Json {
        let value = json!({
            "expression": common.expression,
            "means": means,
            "realisedBy": if fields.is_some() { "CronJob" } else { "Engine" },
            "cronJob": fields.map(|fields| json!({ "schedule": fields.to_string(), "timeZone": zone })),
            "reason": engine,
            "findings": findings,
        });
        serde_json::to_writer_pretty(&mut *stdout, &value)?;
        return Ok(writeln!(stdout)?);
    }
    writeln!(stdout, "means     {means}")?;
    match fields {
        Some(fields) => {
            writeln!(stdout, "realised  by a CronJob: schedule `{fields}`, timeZone {zone}")?;
            if rate {
                let anchor = rfc_3339(anchor, &TimeZone::UTC);
                writeln!(stdout, "          for a schedule that starts at {anchor}; --anchor sets another")?;
            }
        }
        None => {
            let reason = engine.unwrap_or_default();
            writeln!(stdout, "realised  by the operator's own engine, a Job for each run: {reason}")?;
        }
    }
    for Finding { code, message, .. } in findings {
        writeln!(stdout, "finding   {code}: {message}")?;
    }
    Ok(())
}

/// A schedule with this expression, as the operator checks it
fn checked(common: &Common) -> Checked<Schedule> {
    let spec = ScheduledTaskSpec {
        source: Some(common.source.of_spec()),
        schedule_expression: Some(common.expression.clone()),
        schedule_expression_timezone: Some(common.timezone.clone()).filter(|zone| zone != "Etc/UTC"),
        // What it runs does not matter, but a schedule that runs nothing is not looked at to the end.
        task: Some(RunTask { task_definition: Some("any".to_owned()), ..RunTask::default() }),
        ..ScheduledTaskSpec::default()
    };
    check::schedule::check(&spec, "schedule", &BTreeSet::new(), &Context::default())
}

#[cfg(test)]
mod tests;
