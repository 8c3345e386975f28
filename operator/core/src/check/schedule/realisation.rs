//! What starts a schedule's tasks: a CronJob where one does the same as EventBridge, else the operator's engine.

use ecs_crds::status::Class;
use ecs_crds::{DstPolicy, Executor};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Found, times};
use crate::findings::Path;
use crate::model::schedule::Realisation;
use crate::values::schedule::ScheduleExpression;

/// What of a spec decides beside the expression
pub(super) struct Wishes {
    pub(super) executor: Executor,
    pub(super) dst: DstPolicy,
    /// Whether each run draws a delay of its own
    pub(super) flexible: bool,
    /// Whether the input is made of each run's event
    pub(super) event_input: bool,
}

/// What starts the tasks; none where the spec asks for a CronJob that could not
pub(super) fn of(
    expression: &ScheduleExpression,
    zone: &TimeZone,
    wishes: &Wishes,
    found: &mut Found,
) -> Option<Realisation> {
    let Wishes { executor, dst, flexible, event_input } = *wishes;
    let twice = times::fires_twice(expression, zone);
    let says_not = expression.cron_job(Timestamp::UNIX_EPOCH).err().map(|reason| reason.to_string());
    let needs_engine = says_not
        .or_else(|| flexible.then(|| "a CronJob knows no flexible window".to_owned()))
        .or_else(|| {
            event_input.then(|| "a CronJob runs the same each time, and this input is of each event".to_owned())
        })
        .or_else(|| {
            let why =
                "the CronJob controller loses runs where this zone changes its clocks: at midnight, or other than by an hour";
            times::misleads(expression, zone).then(|| why.to_owned())
        })
        .or_else(|| {
            let strict = dst == DstPolicy::Strict && twice.is_some();
            strict.then(|| "a CronJob fires twice where clocks are set back, and dst is Strict".to_owned())
        });
    match (executor, needs_engine) {
        (Executor::CronJob, Some(because)) => {
            let message = format!("the schedule cannot be a CronJob: {because}; use Auto or Engine");
            let path = Path::root().key("kubernetes").key("executor");
            found.fatal.block(&path, Class::Exact, "InvalidValue", message);
            None
        }
        (Executor::Auto, Some(because)) => Some(Realisation::Engine { because }),
        (Executor::Engine, because) => {
            let because = because.unwrap_or_else(|| "spec.kubernetes.executor says so".to_owned());
            Some(Realisation::Engine { because })
        }
        (Executor::Auto | Executor::CronJob, None) => {
            if let Some(time) = twice {
                times::says_twice(time, zone, &mut found.findings);
            }
            Some(Realisation::CronJob)
        }
    }
}
