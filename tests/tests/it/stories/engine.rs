//! The engine: each time of a schedule starts one Job, whatever becomes of operators, clocks and the API server.
//!
//! The clock is the story's; nothing waits for a time to come.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ecs_core::config::Capabilities;
use ecs_crds::{SchedulePhase, ScheduledTask};
use ecs_operator::{Clock, Options};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use kube::ResourceExt as _;
use kube::runtime::watcher::{Config, Event, watcher};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::bed::{Story, operator_options, own_cluster, schedule, story, story_on, task_definition};

/// Every Job that was there, by name, and the UIDs that it had
struct Starts(watch::Receiver<BTreeMap<String, BTreeSet<String>>>);

impl Starts {
    fn of(story: &Story) -> Self {
        let (seen, starts) = watch::channel(BTreeMap::<String, BTreeSet<String>>::new());
        let jobs = story.api::<Job>();
        tokio::spawn(async move {
            let mut events = watcher(jobs, Config::default()).boxed();
            while let Some(event) = events.next().await {
                if let Ok(Event::Apply(job) | Event::InitApply(job)) = event {
                    seen.send_modify(|seen| {
                        seen.entry(job.name_any()).or_default().insert(job.uid().unwrap());
                    });
                }
            }
        });
        Self(starts)
    }

    /// Awaits the Job of a time
    async fn at(&self, name: &str, time: Timestamp) {
        let job = job_name(name, time);
        let started = self.0.clone().wait_for(|seen| seen.contains_key(&job)).await.is_ok();
        assert!(started);
    }

    /// As [`at`](Self::at), within the patience of a story
    async fn wait(&self, name: &str, time: Timestamp) {
        let waited = tokio::time::timeout(Duration::from_secs(120), self.at(name, time)).await;
        assert!(waited.is_ok(), "no Job for {time}; there are {:?}", self.0.borrow());
    }

    /// Fails unless these and no other times of a schedule were started, each once
    fn are(&self, name: &str, times: &[Timestamp]) {
        let seen = self.0.borrow();
        let jobs: Vec<&String> = seen.keys().filter(|job| job.starts_with(&format!("{name}-"))).collect();
        let expected: BTreeSet<String> = times.iter().map(|time| job_name(name, *time)).collect();
        assert_eq!(jobs, expected.iter().collect::<Vec<_>>());
        let twice: Vec<_> = seen.iter().filter(|(_, uids)| uids.len() != 1).collect();
        assert!(twice.is_empty(), "started more than once: {twice:?}");
    }
}

fn job_name(name: &str, time: Timestamp) -> String {
    format!("{name}-{}", time.as_second() / 60)
}

/// The next full hours after the present one
fn hours(count: i64) -> Vec<Timestamp> {
    let hour = Timestamp::now().as_second() / 3600;
    (1..=count).map(|n| Timestamp::from_second((hour + n) * 3600).unwrap()).collect()
}

fn options(story: &Story, clock: &Clock) -> Options {
    Options { clock: clock.clone(), capabilities: Some(Capabilities::default()), ..operator_options(story) }
}

/// A schedule whose tasks the engine starts at every full hour
fn hourly(name: &str) -> Value {
    let mut document = schedule(name, "report", "cron(0 * * * ? *)");
    document["spec"]["kubernetes"] = json!({"executor": "Engine"});
    document
}

/// Awaits that a schedule is armed
async fn armed(story: &Story, name: &str) -> ScheduledTask {
    let is = |s: &ScheduledTask| {
        let status = s.status.as_ref();
        status.is_some_and(|s| s.armed.is_some()) && status.and_then(|s| s.observed_generation) == s.metadata.generation
    };
    story.wait(name, "is armed", is).await
}

/// Delays that look random and are the same each time
struct Dice(u64);

impl Dice {
    fn milliseconds(&mut self, up_to: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % up_to)
    }
}

#[test]
fn an_operator_killed_at_random_starts_each_time_once() {
    story("killed-engine", async |story| {
        let (clock, hours, mut dice) = (Clock::standing_at(Timestamp::now()), hours(20), Dice(7));
        let starts = Starts::of(story);
        story.apply(&task_definition("report", "report:1")).await;
        story.apply(&hourly("hourly")).await;
        let mut operator = story.operator_with(options(story, &clock)).await;
        armed(story, "hourly").await;
        for hour in &hours {
            clock.set(*hour);
            // It dies at some moment around the start, before or after any of its writes.
            for _ in 0..2 {
                let _ = tokio::time::timeout(dice.milliseconds(60), starts.at("hourly", *hour)).await;
                let _ = tokio::time::timeout(dice.milliseconds(20), std::future::pending::<()>()).await;
                operator.die();
                operator = story.operator_with(options(story, &clock)).await;
            }
            starts.wait("hourly", *hour).await;
        }
        let last = hours.last().copied();
        let says =
            |s: &ScheduledTask| s.status.as_ref().and_then(|s| s.last_schedule_time.as_ref()).map(|t| t.0) == last;
        story.wait("hourly", "says when it last fired", says).await;
        starts.are("hourly", &hours);
    });
}

#[test]
fn two_replicas_and_a_clock_that_is_set_back_start_each_time_once() {
    story("replicas-engine", async |story| {
        let (clock, hours) = (Clock::standing_at(Timestamp::now()), hours(12));
        let starts = Starts::of(story);
        story.apply(&task_definition("report", "report:1")).await;
        for name in ["one", "two"] {
            story.apply(&hourly(name)).await;
        }
        // No lease between them: both believe that they lead.
        let _first = story.operator_with(options(story, &clock)).await;
        let _second = story.operator_with(options(story, &clock)).await;
        armed(story, "one").await;
        armed(story, "two").await;
        for (index, hour) in hours.iter().enumerate() {
            clock.set(*hour);
            for name in ["one", "two"] {
                starts.wait(name, *hour).await;
            }
            if index % 4 == 3 {
                // An hour back, through it again, and on: the next time is awaited, so all before it was looked at.
                let looks = story.looks.counts().values().sum::<usize>();
                clock.set(*hour - SignedDuration::from_hours(1));
                story.looks.until(|counts| counts.values().sum::<usize>() >= looks + 4).await;
                clock.set(*hour + SignedDuration::from_secs(30));
                story.looks.until(|counts| counts.values().sum::<usize>() >= looks + 8).await;
            }
        }
        starts.are("one", &hours);
        starts.are("two", &hours);
    });
}

#[test]
fn an_api_server_that_is_away_over_a_time_delays_it_and_doubles_nothing() {
    let cluster = own_cluster("away");
    story_on(cluster, "away", async |story| {
        let (clock, hours) = (Clock::standing_at(Timestamp::now()), hours(3));
        let starts = Starts::of(story);
        story.apply(&task_definition("report", "report:1")).await;
        story.apply(&hourly("hourly")).await;
        let _operator = story.operator_with(options(story, &clock)).await;
        armed(story, "hourly").await;
        clock.set(hours[0]);
        starts.wait("hourly", hours[0]).await;

        cluster.pause();
        let looks = story.looks.counts();
        let key = looks.keys().find(|key| key.starts_with("schedule")).unwrap().clone();
        clock.set(hours[1]);
        // A look has failed: the time has come and gone, and nobody answered.
        story.looks.until(|counts| counts[&key] > looks[&key]).await;
        cluster.resume();
        starts.wait("hourly", hours[1]).await;
        clock.set(hours[2]);
        starts.wait("hourly", hours[2]).await;
        starts.are("hourly", &hours);
    });
}

#[test]
fn from_cron_job_to_engine_and_back_no_minute_is_started_twice_or_left_out() {
    story("handover", async |story| {
        let starts = Starts::of(story);
        let _operator = story.operator().await;
        story.apply(&task_definition("report", "report:1")).await;
        let mut document = schedule("tick", "report", "cron(* * * * ? *)");
        let count = async |count: usize| {
            let enough = starts.0.clone();
            let reached = async move { drop(enough.clone().wait_for(|seen| seen.len() >= count).await.unwrap()) };
            tokio::time::timeout(Duration::from_secs(150), reached)
                .await
                .unwrap_or_else(|_| panic!("not {count} runs"));
        };
        for (index, executor) in ["CronJob", "Engine", "CronJob"].into_iter().enumerate() {
            document["spec"]["kubernetes"] = json!({"executor": executor});
            story.apply(&document).await;
            count(index + 1).await;
        }
        let seen = starts.0.borrow().clone();
        let minutes: Vec<i64> = seen.keys().map(|job| job.rsplit_once('-').unwrap().1.parse().unwrap()).collect();
        let first = minutes[0];
        assert_eq!(minutes, (first..first + minutes.len() as i64).collect::<Vec<_>>());
        assert!(seen.values().all(|uids| uids.len() == 1), "{seen:?}");
        assert_eq!(story.names::<CronJob>().await, ["tick"]);
    });
}

#[test]
fn each_run_of_a_rule_gets_the_overrides_that_its_event_makes() {
    story("event", async |story| {
        let (clock, hours) = (Clock::standing_at(Timestamp::now()), hours(2));
        let starts = Starts::of(story);
        let _operator = story.operator_with(options(story, &clock)).await;
        story.apply(&task_definition("report", "report:1")).await;
        let mut document = schedule("rule", "report", "cron(0 * * * ? *)");
        document["spec"]["source"] = "Rule".into();
        document["spec"]["inputTransformer"] = json!({
            "inputPathsMap": {"time": "$.time"},
            "inputTemplate": r#"{"containerOverrides": [{"name": "app", "environment": [{"name": "AT", "value": <time>}]}]}"#,
        });
        story.apply(&document).await;
        armed(story, "rule").await;
        for hour in hours {
            clock.set(hour);
            starts.wait("rule", hour).await;
            let job = story.get::<Job>(&job_name("rule", hour)).await;
            let container = &job.spec.unwrap().template.spec.unwrap().containers[0];
            let value = container.env.iter().flatten().find(|e| e.name == "AT").and_then(|e| e.value.clone());
            assert_eq!(value, Some(hour.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
        }
    });
}

#[test]
fn a_run_of_several_tasks_fails_and_says_so_and_a_schedule_that_is_over_goes_if_it_may() {
    story("over", async |story| {
        let (clock, hours) = (Clock::standing_at(Timestamp::now()), hours(1));
        let starts = Starts::of(story);
        let _operator = story.operator_with(options(story, &clock)).await;
        story.apply(&task_definition("report", "kwok-fail:1")).await;
        let at = format!("at({})", hours[0].strftime("%Y-%m-%dT%H:%M:%S"));
        let mut document = schedule("once", "report", &at);
        document["spec"]["task"]["count"] = 3.into();
        story.apply(&document).await;
        document["metadata"]["name"] = "passing".into();
        document["spec"]["actionAfterCompletion"] = "DELETE".into();
        document["spec"]["kubernetes"] = json!({"deleteAfterCompletion": true});
        story.apply(&document).await;
        armed(story, "once").await;
        armed(story, "passing").await;
        clock.set(hours[0]);
        starts.wait("once", hours[0]).await;
        let job = story.get::<Job>(&job_name("once", hours[0])).await.spec.unwrap();
        assert_eq!(
            (job.completions, job.backoff_limit_per_index, job.completion_mode.as_deref()),
            (Some(3), Some(0), Some("Indexed"))
        );
        let ended = |s: &ScheduledTask| {
            let status = s.status.clone().unwrap_or_default();
            status.phase == Some(SchedulePhase::Completed)
                && status.runs.iter().any(|run| run.state == ecs_crds::RunState::Failed)
        };
        story.wait("once", "has run, and failed", ended).await;
        let events = story.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"]).await;
        assert!(events.contains("RunFailed"), "{events}");
        story.gone::<ScheduledTask>("passing").await;
    });
}
