//! The event of one run, and the overrides that a rule's input makes of it (section 12A.2).
//!
//! AWS has no event here: account and region are those of an ARN in the spec, or made up where it has none.

use ecs_crds::ecs::TaskOverride;
use ecs_crds::status::Class;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::check::overrides;
use crate::findings::Findings;
use crate::model::schedule::Schedule;
use crate::names::sha256;
use crate::values::event_input::Predefined;

/// The account and region of events where the spec names none
const NOWHERE: (&str, &str) = ("000000000000", "us-east-1");

/// The overrides of the run for a time, where the input makes them of its event; else those of the spec
///
/// `uid` tells the schedule from others of its name: the event's id is drawn from it.
pub fn overrides_of_run(
    schedule: &Schedule,
    uid: &str,
    time: Timestamp,
    findings: &mut Findings,
) -> Option<TaskOverride> {
    let Some((input, path)) = &schedule.input else { return Some(schedule.run.overrides.clone()) };
    let (event, known) = event(schedule, uid, time);
    let text = match input.text(&event, &known) {
        Ok(Some(text)) => text,
        Ok(None) => {
            let message = "the event of a schedule has nothing at this path; it has version, id, detail-type, source, \
                           account, time, region, resources and an empty detail";
            findings.block(path, Class::Exact, "InvalidOverride", message);
            return None;
        }
        Err(error) => {
            findings.block(path, Class::Exact, "InvalidOverride", error.to_string());
            return None;
        }
    };
    let overrides = overrides::read_input(&text, path, findings)?;
    overrides::check(&overrides, path, findings);
    Some(overrides)
}

fn event(schedule: &Schedule, uid: &str, time: Timestamp) -> (Value, Predefined) {
    let (account, region) = place(schedule).unwrap_or(NOWHERE);
    let (name, time) = (schedule.ecs_name.clone(), time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let arn = match schedule.source {
        ecs_crds::ScheduleSource::Rule => format!("arn:aws:events:{region}:{account}:rule/{name}"),
        ecs_crds::ScheduleSource::Scheduler => {
            let group = schedule.group_name.as_deref().unwrap_or("default");
            format!("arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}")
        }
    };
    let id = id(uid, &time);
    let event = json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": time,
        "region": region,
        "resources": [arn],
        "detail": {},
    });
    (event, Predefined { arn, name, time, id })
}

/// Account and region of the cluster's or the task definition's ARN
fn place(schedule: &Schedule) -> Option<(&str, &str)> {
    let of_cluster = schedule.run.cluster.as_deref().and_then(|cluster| {
        let mut parts = cluster.strip_prefix("arn:")?.split(':').skip(2);
        let (region, account) = (parts.next()?, parts.next()?);
        Some((account, region))
    });
    let arn = schedule.run.task_definition.arn.as_ref();
    of_cluster.or_else(|| arn.map(|arn| (arn.account.as_str(), arn.region.as_str())))
}

/// An id like a UUID that is the same whenever this run is looked at
fn id(uid: &str, time: &str) -> String {
    let hex = sha256(&format!("{uid} {time}"));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]].join("-")
}
