//! Schedules: when a task starts, and when it does not.

use croner::parser::{CronParser, Seconds};
use ecs_crds::{Executor, ScheduledTask};
use futures::StreamExt as _;
use jiff::{Timestamp, Zoned};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use kube::ResourceExt as _;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{Config, watcher};
use serde_json::json;

use super::bed::{Object, Story, condition, reason, schedule, service, story, task_definition};

/// The next `count` times at which Kubernetes starts this CronJob, by a cron library that is not ours
fn fires(job: &CronJob, after: Timestamp, count: usize) -> Vec<Zoned> {
    let zone = job.spec.time_zone.as_deref().unwrap();
    let cron = CronParser::builder().seconds(Seconds::Disallowed).build().parse(&job.spec.schedule).unwrap();
    cron.iter_after(after.in_tz(zone).unwrap()).take(count).collect()
}

#[test]
fn a_schedule_becomes_a_cron_job_that_fires_when_eventbridge_would() {
    // When AWS fires after the first time, in the schedule's zone (mapping specification, V120 to V128)
    let cases: &[(&str, &str, &str, &str, &[&str])] = &[
        ("daily", "cron(0 10 * * ? *)", "UTC", "2026-11-21T10:00Z", &["2026-11-22T10:00+00"]),
        (
            "dst",
            "cron(15 12 * * ? *)",
            "America/New_York",
            "2026-03-07T12:00Z",
            &["2026-03-07T12:15-05", "2026-03-08T12:15-04"],
        ),
        (
            "workdays",
            "cron(0 18 ? * MON-FRI *)",
            "Europe/Berlin",
            "2026-11-20T17:00Z",
            &["2026-11-23T18:00+01", "2026-11-24T18:00+01"],
        ),
        ("monthly", "cron(0 8 1 * ? *)", "UTC", "2026-11-21T00:00Z", &["2026-12-01T08:00+00", "2027-01-01T08:00+00"]),
        (
            "quarters",
            "cron(0/15 * * * ? *)",
            "UTC",
            "2026-11-21T23:40Z",
            &["2026-11-21T23:45+00", "2026-11-22T00:00+00"],
        ),
        (
            "nights",
            "cron(0/30 20-2 ? * MON-FRI *)",
            "UTC",
            "2026-11-23T02:10Z",
            &["2026-11-23T02:30+00", "2026-11-23T20:00+00"],
        ),
        (
            "weekends",
            "cron(0 0 ? * FRI-MON *)",
            "UTC",
            "2026-11-29T12:00Z",
            &["2026-11-30T00:00+00", "2026-12-04T00:00+00"],
        ),
        ("fifths", "cron(0 0 1/5 * ? *)", "UTC", "2026-11-27T00:00Z", &["2026-12-01T00:00+00", "2026-12-06T00:00+00"]),
    ];
    story("times", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("report", "report:1")).await;
        for (name, expression, zone, ..) in cases {
            let mut document = schedule(name, "report", expression);
            document["spec"]["scheduleExpressionTimezone"] = (*zone).into();
            story.apply(&document).await;
        }
        for (name, expression, zone, after, expected) in cases {
            let armed = ready(story, name, "Scheduled").await;
            let job = story.get::<CronJob>(name).await;
            let after = after.parse().unwrap();
            let times: Vec<String> =
                fires(&job, after, expected.len()).iter().map(|t| t.strftime("%FT%H:%M%:::z").to_string()).collect();
            assert_eq!(times, *expected, "{expression} in {zone} is `{}`", job.spec.schedule);
            let status = armed.status.unwrap();
            assert_eq!((status.cron, status.time_zone.as_deref()), (Some(job.spec.schedule), Some(*zone)));
            assert_eq!(
                (status.state.as_deref(), status.task_definition.as_deref()),
                (Some("ENABLED"), Some("report:1"))
            );
        }
    });
}

/// Awaits that a schedule is ready for this reason
async fn ready(story: &Story, name: &str, why: &str) -> ScheduledTask {
    story
        .wait(name, &format!("is ready: {why}"), |s: &ScheduledTask| {
            let status = s.status.clone().unwrap_or_default();
            status.observed_generation == s.metadata.generation
                && condition(&status.conditions, "Ready") == "True"
                && reason(&status.conditions, "Ready") == why
        })
        .await
}

#[test]
fn a_rate_counts_from_the_making_of_the_schedule() {
    story("rate", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("report", "report:1")).await;
        story.apply(&schedule("often", "report", "rate(5 minutes)")).await;
        let made = ready(story, "often", "Scheduled").await.metadata.creation_timestamp.unwrap().0;
        let first = &fires(&story.get::<CronJob>("often").await, made, 1)[0];
        let minutes = (first.timestamp().as_second() / 60) - (made.as_second() / 60);
        assert_eq!(minutes % 5, 0, "made at {made}, fires at {first}");
    });
}

/// Awaits the first object of a kind
async fn first<K: Object>(story: &Story) -> K {
    let mut stream = watcher(story.api::<K>(), Config::default()).applied_objects().boxed();
    // A minute to the next time at most, and some seconds for the controllers.
    let found = tokio::time::timeout(std::time::Duration::from_secs(90), stream.next()).await;
    found.unwrap_or_else(|_| panic!("no {} came in time", K::kind(&()))).unwrap().unwrap()
}

#[test]
fn a_schedule_of_every_minute_really_runs_a_task_and_says_when() {
    story("fires", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("report", "report:1")).await;
        let mut document = schedule("tick", "report", "cron(* * * * ? *)");
        document["spec"]["task"]["overrides"] =
            json!({"containerOverrides": [{"name": "app", "environment": [{"name": "WHY", "value": "tick"}]}]});
        story.apply(&document).await;
        let job = first::<Job>(story).await;
        let done = story
            .wait(&job.name_any(), "has run its task", |j: &Job| j.status.as_ref().and_then(|s| s.succeeded) == Some(1))
            .await;
        let container = &done.spec.unwrap().template.spec.unwrap().containers[0];
        assert!(container.env.iter().flatten().any(|e| e.name == "WHY" && e.value.as_deref() == Some("tick")));
        let scheduled = story
            .wait("tick", "says when it ran", |s: &ScheduledTask| {
                s.status.as_ref().is_some_and(|s| s.last_schedule_time.is_some())
            })
            .await;
        let said = scheduled.status.unwrap().last_schedule_time.unwrap().0;
        let started = job.metadata.creation_timestamp.unwrap().0;
        assert_eq!(said.as_second() / 60, started.as_second() / 60, "said {said}, started {started}");
    });
}

#[test]
fn a_disabled_schedule_does_not_fire_and_catches_nothing_up_when_it_is_enabled() {
    story("disabled", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("report", "report:1")).await;
        let mut document = schedule("nightly", "report", "cron(0 3 * * ? *)");
        story.apply(&document).await;
        ready(story, "nightly", "Scheduled").await;
        let first = story.get::<CronJob>("nightly").await;
        assert_ne!(first.spec.suspend, Some(true));

        document["spec"]["state"] = "DISABLED".into();
        story.apply(&document).await;
        let disabled = ready(story, "nightly", "Disabled").await;
        assert_eq!(disabled.status.unwrap().state.as_deref(), Some("DISABLED"));
        let suspended = story.get::<CronJob>("nightly").await;
        assert_eq!((suspended.spec.suspend, suspended.uid()), (Some(true), first.uid()));

        document["spec"]["state"] = "ENABLED".into();
        story.apply(&document).await;
        ready(story, "nightly", "Scheduled").await;
        let again = story.wait("nightly", "is not suspended", |j: &CronJob| j.spec.suspend != Some(true)).await;
        // A new CronJob knows of no start that it missed.
        assert_ne!(again.uid(), first.uid());
        assert_eq!(story.names::<Job>().await, Vec::<String>::new());
    });
}

#[test]
fn what_a_cron_job_cannot_say_is_armed_without_one() {
    story("no-cron", async |story| {
        let _operator = story.operator().await;
        story.apply(&task_definition("report", "report:1")).await;
        for (name, expression) in
            [("last-day", "cron(0 0 L * ? *)"), ("once", "at(2030-01-01T00:00:00)"), ("years", "cron(0 0 1 1 ? 2030)")]
        {
            story.apply(&schedule(name, "report", expression)).await;
            let status = ready(story, name, "Scheduled").await.status.unwrap();
            assert!(status.executor == Some(Executor::Engine) && status.next_schedule_time.is_some(), "{status:?}");
        }
        assert_eq!(story.names::<CronJob>().await, Vec::<String>::new());
        assert_eq!(story.names::<Job>().await, Vec::<String>::new());
    });
}

#[test]
fn a_schedule_awaits_its_task_definition_and_follows_its_revisions() {
    story("follows", async |story| {
        let _operator = story.operator().await;
        story.apply(&schedule("nightly", "report", "cron(0 3 * * ? *)")).await;
        story
            .wait("nightly", "awaits its task definition", |s: &ScheduledTask| {
                reason(&s.status.clone().unwrap_or_default().conditions, "Ready") == "TaskDefinitionNotFound"
            })
            .await;
        for (image, revision) in [("report:1", "report:1"), ("report:two", "report:2")] {
            story.apply(&task_definition("report", image)).await;
            story
                .wait("nightly", &format!("runs {revision}"), |s: &ScheduledTask| {
                    s.status.as_ref().and_then(|s| s.task_definition.as_deref()) == Some(revision)
                })
                .await;
            let runs = story.get::<CronJob>("nightly").await.spec.job_template.spec.unwrap().template.spec.unwrap();
            assert_eq!(runs.containers[0].image.as_deref(), Some(image));
        }
        // A service and a schedule of one name and family do not meet.
        story.apply(&service("nightly", "report", 1)).await;
        story.steady("nightly", "report:2", 1).await;
        story.delete::<ScheduledTask>("nightly").await;
        story.gone::<CronJob>("nightly").await;
        story.steady("nightly", "report:2", 1).await;
    });
}
