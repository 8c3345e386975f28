//! Schedules in a small world of their own: a clock, an API server's objects, a CronJob controller, and an operator that may
//! die after any write.

use std::collections::BTreeMap;

use ecs_crds::{SchedulePhase, TaskDefinition};
use jiff::SignedDuration;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::batch::v1::{CronJobStatus, JobCondition, JobStatus};
use serde_json::{Value, json};

use super::*;
use crate::names::SCHEDULED_TIMESTAMP;
use crate::report::{self, Outcome};
use crate::revision::{TaskContent, TaskRevision};

fn time(text: &str) -> Timestamp {
    let text = if text.len() <= 8 { format!("2026-11-21T{text}") } else { text.to_owned() };
    let text = if text.len() == 16 { format!("{text}:00Z") } else { format!("{text}Z") };
    text.parse().unwrap()
}

struct World {
    schedule: ScheduledTask,
    definition: TaskDefinition,
    revision: ControllerRevision,
    cron_jobs: Vec<CronJob>,
    jobs: Vec<Job>,
    /// Every Job that was ever made, by name: how often
    made: BTreeMap<String, usize>,
    events: Vec<String>,
    now: Timestamp,
    deleted: bool,
}

impl World {
    fn new(spec: &Value, created: &str) -> Self {
        let content: TaskContent = serde_json::from_value(
            json!({"spec": {"containerDefinitions": [{"name": "main", "image": "x", "memory": 64}]}}),
        )
        .unwrap();
        let mut whole = json!({"task": {"taskDefinition": "report"}});
        whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let mut schedule = ScheduledTask::new("nightly", serde_json::from_value(whole).unwrap());
        schedule.metadata.namespace = Some("default".to_owned());
        schedule.metadata.uid = Some("uid".to_owned());
        schedule.metadata.creation_timestamp = Some(Time(time(created)));
        Self {
            schedule,
            definition: TaskDefinition::new("report", content.spec.clone()),
            revision: TaskRevision { family: "report".to_owned(), number: 1, content }.encode("default"),
            cron_jobs: Vec::new(),
            jobs: Vec::new(),
            made: BTreeMap::new(),
            events: Vec::new(),
            now: time(created),
            deleted: false,
        }
    }

    fn spec(&mut self, patch: &Value) -> &mut Self {
        let mut spec = serde_json::to_value(&self.schedule.spec).unwrap();
        spec.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        self.schedule.spec = serde_json::from_value(spec).unwrap();
        self
    }

    /// The operator looks once and dies after so many writes; when it would look again
    fn look(&mut self, writes: usize) -> Option<Timestamp> {
        let planned = {
            let family = FamilyView {
                namespace: "default",
                family: "report",
                definitions: vec![&self.definition],
                stored: vec![&self.revision],
                referenced: [1].into(),
            };
            let view = ScheduleView {
                schedule: &self.schedule,
                family: Some(family),
                cron_jobs: self.cron_jobs.iter().collect(),
                jobs: self.jobs.iter().collect(),
                pods: Vec::new(),
                service_accounts: Vec::new(),
                companions: Vec::new(),
            };
            let planned = super::schedule(&view, &Context::default(), self.now);
            assert!(!planned.findings.blocked(), "{:?}", planned.findings);
            let report = report::schedule::schedule(&view, &planned, &Outcome::Done, self.now);
            (planned, report)
        };
        let (planned, report) = planned;
        let mut left = writes;
        for step in planned.plan.applies.iter().chain(&planned.plan.prune) {
            if left == 0 {
                return None;
            }
            left -= 1;
            self.carry_out(step);
        }
        if left > 0 {
            // As the API server keeps it: to the second.
            let status = serde_json::to_value(&report.status).unwrap();
            self.schedule.status = Some(serde_json::from_value(status).unwrap());
            self.events.extend(report.events.into_iter().map(|event| event.reason));
        }
        planned.look_at
    }

    fn carry_out(&mut self, step: &Step) {
        match step {
            Step::Create(child) | Step::Update(child, _) => match child.kind {
                ChildKind::CronJob => {
                    let mut made: CronJob = serde_json::from_value(child.manifest.clone()).unwrap();
                    let there = self.cron_jobs.iter().position(|j| j.metadata.name == made.metadata.name);
                    let there = there.map(|index| self.cron_jobs.swap_remove(index));
                    made.metadata.creation_timestamp =
                        there.as_ref().map_or(Some(Time(self.now)), |there| there.metadata.creation_timestamp.clone());
                    made.status = there.and_then(|there| there.status);
                    self.cron_jobs.push(made);
                }
                ChildKind::Job => self.make(serde_json::from_value(child.manifest.clone()).unwrap()),
                other => panic!("{other:?}"),
            },
            Step::Orphan(gone) => self.cron_jobs.retain(|j| j.metadata.name.as_deref() != Some(gone.name.as_str())),
            Step::Delete(gone) if gone.kind == ChildKind::ScheduledTask => self.deleted = true,
            Step::Delete(gone) => self.jobs.retain(|j| j.metadata.name.as_deref() != Some(gone.name.as_str())),
            Step::Release(..) => panic!("nothing is shared here"),
            Step::Replace(_) | Step::Suspend(_) | Step::Scale(..) => panic!("no pod is touched here"),
        }
    }

    fn make(&mut self, job: Job) {
        if self.jobs.iter().all(|there| there.metadata.name != job.metadata.name) {
            *self.made.entry(job.metadata.name.clone().unwrap()).or_default() += 1;
            self.jobs.push(job);
        }
    }

    /// The CronJob controller looks once: it starts the latest time since its last, if that is young enough
    fn controller(&mut self) {
        let Some(armed) = self.schedule.status.as_ref().and_then(|s| s.armed.clone()) else { return };
        for index in 0..self.cron_jobs.len() {
            let cron_job = &self.cron_jobs[index];
            if cron_job.spec.suspend == Some(true) {
                continue;
            }
            let expression: crate::values::schedule::ScheduleExpression = armed.expression.parse().unwrap();
            let anchor = crate::values::schedule::Anchor::FiresAt(armed.anchor.0);
            let fires = expression.fires(&jiff::tz::TimeZone::UTC, anchor);
            let last = cron_job.status.as_ref().and_then(|s| s.last_schedule_time.clone());
            let since = last.or(cron_job.metadata.creation_timestamp.clone()).unwrap().0;
            let Some(due) = fires.before(self.now + SignedDuration::from_nanos(1)).next().filter(|t| *t > since) else {
                continue;
            };
            let mut job = Job::default();
            let name = cron_job.metadata.name.clone().unwrap();
            job.metadata.name = Some(format!("{name}-{}", due.as_second() / 60));
            job.metadata.labels = cron_job.metadata.labels.clone();
            job.metadata.annotations = Some([(SCHEDULED_TIMESTAMP.to_owned(), due.to_string())].into());
            self.cron_jobs[index].status =
                Some(CronJobStatus { last_schedule_time: Some(Time(due)), ..Default::default() });
            self.make(job);
        }
    }

    /// Every Job that runs ends
    fn finish(&mut self, condition: &str) {
        for job in self.jobs.iter_mut().filter(|job| job.status.is_none()) {
            let condition = JobCondition {
                type_: condition.to_owned(),
                status: "True".to_owned(),
                last_transition_time: Some(Time(self.now)),
                ..JobCondition::default()
            };
            job.status = Some(JobStatus { conditions: Some(vec![condition]), ..JobStatus::default() });
        }
    }

    /// Goes on to a time as an operator does that is never away
    fn until(&mut self, end: &str) -> &mut Self {
        let end = time(end);
        loop {
            self.controller();
            let mut next = self.look(usize::MAX);
            while next.is_some_and(|next| next <= self.now) {
                next = self.look(usize::MAX);
            }
            // The CronJob controller has a clock of its own.
            let minute = Timestamp::from_second((self.now.as_second() / 60 + 1) * 60).unwrap();
            let next = next.map_or(minute, |next| next.min(minute));
            if next > end {
                self.now = end;
                return self;
            }
            self.now = next;
        }
    }

    /// Jumps to a time and looks there
    fn at(&mut self, at: &str) -> &mut Self {
        self.now = time(at);
        self.look(usize::MAX);
        self
    }

    /// The times that were started, each once
    fn started(&self) -> Vec<String> {
        assert!(self.made.values().all(|count| *count == 1), "{:?}", self.made);
        let minute = |name: &String| name.rsplit_once('-').unwrap().1.parse::<i64>().unwrap();
        let mut minutes: Vec<_> = self.made.keys().map(minute).collect();
        minutes.sort_unstable();
        let text = |minute: &i64| Timestamp::from_second(minute * 60).unwrap().strftime("%H:%M").to_string();
        minutes.iter().map(text).collect()
    }

    fn phase(&self) -> Option<SchedulePhase> {
        self.schedule.status.as_ref()?.phase
    }
}

#[test]
fn a_rate_of_the_scheduler_runs_first_when_it_is_made_and_then_in_phase() {
    for (spec, expected) in [
        (json!({"scheduleExpression": "rate(5 minutes)"}), &["10:03", "10:08", "10:13", "10:18"][..]), // V134: a CronJob
        (json!({"scheduleExpression": "rate(7 minutes)"}), &["10:03", "10:10", "10:17"]),              // the engine
        (json!({"scheduleExpression": "rate(5 minutes)", "source": "Rule"}), &["10:08", "10:13", "10:18"]),
        (json!({"scheduleExpression": "rate(7 minutes)", "source": "Rule"}), &["10:10", "10:17"]),
        (
            json!({"scheduleExpression": "rate(5 minutes)", "startDate": "2026-11-21T10:11:30Z", "endDate": "2026-11-21T10:16:00Z"}),
            &["10:11"],
        ),
    ] {
        let mut world = World::new(&spec, "10:03:27");
        assert_eq!(world.until("10:20").started(), expected, "{spec}");
    }
    let mut imported = World::new(&json!({"scheduleExpression": "rate(1 hour)"}), "10:03:27");
    imported.schedule.metadata.annotations =
        Some([(crate::names::ANCHOR.to_owned(), time("03:30").to_string())].into());
    assert_eq!(imported.until("12:00").started(), ["10:30", "11:30"], "no past time of ECS is fired");
}

#[test]
fn dates_bound_what_a_cron_job_and_the_engine_start_and_both_include_the_start() {
    for executor in ["CronJob", "Engine"] {
        let spec = json!({
            "scheduleExpression": "cron(0/10 * * * ? *)", "kubernetes": {"executor": executor},
            "startDate": "2026-11-21T10:10:00Z", "endDate": "2026-11-21T10:40:00Z",
        });
        let mut world = World::new(&spec, "10:03:27");
        assert_eq!(world.until("11:00").started(), ["10:10", "10:20", "10:30"], "{executor}");
        assert_eq!((world.phase(), world.cron_jobs.len()), (Some(SchedulePhase::Completed), 0));
        // Nobody looked while it began.
        let mut late = World::new(&spec, "10:03:27");
        late.at("10:05").at("10:25");
        assert_eq!(late.started(), ["10:20"], "{executor}");
    }
}

#[test]
fn a_disabled_schedule_makes_up_for_nothing() {
    for executor in ["CronJob", "Engine"] {
        let spec = json!({"scheduleExpression": "cron(0 * * * ? *)", "kubernetes": {"executor": executor}});
        let mut world = World::new(&spec, "09:30");
        world.until("10:30").spec(&json!({"state": "DISABLED"})).until("12:30");
        assert_eq!((world.phase(), world.started()), (Some(SchedulePhase::Disabled), vec!["10:00".to_owned()]));
        world.spec(&json!({"state": "ENABLED"})).until("13:30"); // V140
        assert_eq!(world.started(), ["10:00", "13:00"], "{executor}");
        assert!(world.events.iter().any(|event| event == "ScheduleDisabled"));
    }
}

#[test]
fn a_changed_expression_fires_no_past_time_and_anchors_a_rate_anew() {
    let mut world = World::new(&json!({"scheduleExpression": "cron(0 3 * * ? *)"}), "02:30");
    world.until("10:30").spec(&json!({"scheduleExpression": "cron(0 10 * * ? *)"})).until("10:45");
    assert_eq!(world.started(), ["03:00"], "10:00 lies before the change");
    world.spec(&json!({"scheduleExpression": "rate(25 minutes)"})).until("11:30");
    assert_eq!(world.started(), ["03:00", "10:45", "11:10"]);
}

#[test]
fn what_is_missed_is_told_and_only_the_latest_is_made_up_for() {
    let mut world = World::new(&json!({"scheduleExpression": "rate(7 minutes)"}), "10:00");
    world.until("10:10").at("12:00");
    assert_eq!(world.started(), ["10:00", "10:07", "11:59"]);
    assert!(world.events.iter().any(|event| event == "RunMissed"), "{:?}", world.events);

    let mut once = World::new(&json!({"scheduleExpression": "at(2026-11-19T09:00:30)"}), "10:00");
    once.at("10:00");
    assert_eq!((once.phase(), once.started().len()), (Some(SchedulePhase::Missed), 0));
    let mut once = World::new(&json!({"scheduleExpression": "at(2026-11-21T09:00:30)"}), "10:00");
    once.at("10:00").at("10:01");
    assert_eq!((once.phase(), once.started()), (Some(SchedulePhase::Completed), vec!["09:00".to_owned()]));
}

#[test]
fn history_keeps_ten_of_either_outcome_for_an_hour_and_the_latest_for_good() {
    let mut world = World::new(
        &json!({"scheduleExpression": "cron(0/2 * * * ? *)", "kubernetes": {"executor": "Engine"}}),
        "09:59",
    );
    for minute in (0..50).step_by(2) {
        world.at(&format!("10:{minute:02}")).finish(if minute < 20 { "Failed" } else { "Complete" });
    }
    world.at("10:50").at("10:50");
    assert_eq!(world.jobs.len(), 10 + 10 + 1, "the one of 10:50 runs");
    let status = world.schedule.status.clone().unwrap();
    assert_eq!((status.active, status.runs.len()), (Some(1), 10));
    assert_eq!(world.events.iter().filter(|event| *event == "RunFailed").count(), 10);
    world.spec(&json!({"state": "DISABLED"})).finish("Complete");
    world.at("13:00").at("13:01");
    assert_eq!(world.jobs.len(), 1);
}

#[test]
fn a_schedule_that_asks_for_it_is_deleted_after_its_last_run_has_ended() {
    let spec = json!({
        "scheduleExpression": "at(2026-11-21T10:00:00)", "actionAfterCompletion": "DELETE",
        "kubernetes": {"deleteAfterCompletion": true},
    });
    let mut world = World::new(&spec, "09:30");
    world.until("10:05");
    assert!(!world.deleted && world.started() == ["10:00"]);
    world.finish("Complete");
    world.look(usize::MAX);
    assert!(world.deleted);
}

/// Numbers that look random and are the same each time
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn whatever_dies_whenever_each_time_starts_at_most_once_and_from_then_on_exactly_once() {
    // Four hundred seeds were tried; a few of them remind of it.
    for seed in 0..8 {
        let mut dice = Dice(seed);
        let expression = ["cron(0/5 * * * ? *)", "rate(5 minutes)", "rate(7 minutes)"][dice.roll(3) as usize];
        let mut world = World::new(&json!({"scheduleExpression": expression}), "10:00:10");
        let say = |executor: &str| json!({"kubernetes": {"executor": executor}});
        for _ in 0..60 {
            match dice.roll(12) {
                // The clock is set back, and goes on.
                0 => world.now -= SignedDuration::from_mins(60),
                // Somebody wipes the status.
                1 => world.schedule.status = None,
                2 => drop(world.spec(&say(["Auto", "Engine"][dice.roll(2) as usize]))),
                3 => world.finish("Complete"),
                4 | 5 => world.controller(),
                // A second operator, or the same one again, dies after any write.
                6 | 7 => drop(world.look(dice.roll(4) as usize)),
                _ => world.now += SignedDuration::from_secs(dice.roll(400) as i64),
            }
            world.look(dice.roll(5) as usize);
            assert!(world.made.values().all(|count| *count == 1), "seed {seed}: {:?}", world.made);
        }
        // Nothing dies any more: from the next time on, every one is started.
        world.spec(&say(["Auto", "Engine"][dice.roll(2) as usize]));
        world.look(usize::MAX);
        let until = world.schedule.status.as_ref().and_then(|s| s.armed.clone()).unwrap().decided_until.unwrap().0;
        let from = world.now.max(until) + SignedDuration::from_mins(1);
        let end = from + SignedDuration::from_mins(30);
        world.until(&end.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        let armed = world.schedule.status.as_ref().and_then(|s| s.armed.clone()).unwrap();
        let expression: crate::values::schedule::ScheduleExpression = expression.parse().unwrap();
        let anchor = crate::values::schedule::Anchor::FiresAt(armed.anchor.0);
        for due in expression.fires(&jiff::tz::TimeZone::UTC, anchor).after(from).take_while(|due| *due < end) {
            let name = format!("nightly-{}", due.as_second() / 60);
            assert_eq!(world.made.get(&name), Some(&1), "seed {seed}: {due} of {armed:?}");
        }
    }
}
