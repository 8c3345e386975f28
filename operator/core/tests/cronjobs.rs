//! The CronJobs that we make, judged by the very parser of the CronJob controller: `tests/differential/cronjobs.sh` runs this.
//!
//! A CronJob and the engine fire at the same times but for one difference: where clocks are set back, the controller fires a
//! second time. Each such run is recognised here, and must have been told by the finding `DstDuplicateRun`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use ecs_core::check;
use ecs_core::config::Context;
use ecs_core::model::schedule::Realisation;
use ecs_core::values::schedule::{Anchor, ScheduleExpression, time_zone};
use ecs_crds::ScheduledTaskSpec;
use ecs_crds::ecs::RunTask;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How many times are asked for
const COUNT: usize = 6;

/// Zones with every habit that summer time has, and some without
const ZONES: [&str; 22] = [
    "Etc/UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "America/Nuuk",
    "America/Miquelon",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Norfolk",
    "Africa/Cairo",
    "Asia/Gaza",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Antarctica/Troll",
];

/// Numbers that look random and are the same each time
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }

    /// A field of numbers, in every form that a CronJob can say
    fn field(&mut self, low: u64, high: u64) -> String {
        let number = |dice: &mut Self| low + dice.roll(high - low + 1);
        let item = |dice: &mut Self| match dice.roll(5) {
            0 => format!("{}-{}", number(dice), number(dice)),
            1 => format!("{}/{}", number(dice), 1 + dice.roll(high - low)),
            2 => format!("{}-{}/{}", number(dice), number(dice), 1 + dice.roll(7)),
            _ => number(dice).to_string(),
        };
        match self.roll(4) {
            0 => "*".to_owned(),
            1 => format!("*/{}", 1 + self.roll(high - low)),
            2 => item(self),
            _ => (0..=self.roll(3)).map(|_| item(self)).collect::<Vec<_>>().join(","),
        }
    }

    fn expression(&mut self) -> String {
        if self.roll(10) == 0 {
            let (number, unit) =
                [(1, "minute"), (5, "minutes"), (20, "minutes"), (1, "hour"), (6, "hours"), (1, "day")]
                    [self.roll(6) as usize];
            return format!("rate({number} {unit})");
        }
        // Small hours more often: there clocks change.
        let hours = if self.roll(2) == 0 { self.field(0, 4) } else { self.field(0, 23) };
        let (minutes, months) = (self.field(0, 59), if self.roll(2) == 0 { "*".to_owned() } else { self.field(1, 12) });
        let days = match self.roll(3) {
            0 => format!("{} {months} ?", self.field(1, 31)),
            1 => format!("? {months} {}", self.field(1, 7)),
            _ => format!("* {months} ?"),
        };
        format!("cron({minutes} {hours} {days} *)")
    }

    /// A moment of twelve years, half of the time within two days of a change of the clocks
    fn moment(&mut self, zone: &TimeZone) -> Timestamp {
        let from: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let moment = from + SignedDuration::from_mins(self.roll(12 * 365 * 24 * 60) as i64);
        let change = zone.following(moment).next().filter(|_| self.roll(2) == 0);
        change.map_or(moment, |change| change.timestamp() - SignedDuration::from_mins(self.roll(48 * 60) as i64))
    }
}

struct Case {
    text: String,
    zone: &'static str,
    moment: Timestamp,
    /// What a CronJob's `schedule` says
    fields: String,
    ours: Vec<i64>,
}

fn cases(count: usize, seed: u64, engine: &mut usize) -> Vec<Case> {
    let mut dice = Dice(seed);
    let mut cases = Vec::with_capacity(count);
    while cases.len() < count {
        let (text, zone) = (dice.expression(), dice.one(&ZONES));
        let expression: ScheduleExpression = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let rate = matches!(expression, ScheduleExpression::Rate(_));
        let zone = if rate { "Etc/UTC" } else { zone };
        let clocks = time_zone(zone).unwrap();
        if !checked(&text, zone).0 {
            *engine += 1;
            continue;
        }
        let moment = dice.moment(&clocks);
        let anchor = moment - SignedDuration::from_secs(dice.roll(1_000_000) as i64);
        let fields = expression.cron_job(anchor).unwrap().to_string();
        let fires = expression.fires(&clocks, Anchor::FiresAt(anchor));
        let ours = fires.after(moment).take(COUNT).map(Timestamp::as_second).collect();
        cases.push(Case { text, zone: ZONES.iter().find(|z| **z == zone).unwrap(), moment, fields, ours });
    }
    cases
}

/// What the controller's parser answers
fn judged(judge: &str, cases: &[Case]) -> Vec<Vec<i64>> {
    let mut child = Command::new(judge).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = String::new();
    for Case { fields, zone, moment, .. } in cases {
        writeln!(questions, "{fields}\t{zone}\t{}\t{}", moment.as_second(), 2 * COUNT).unwrap();
    }
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()).unwrap());
    let answered = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(answered.stdout).unwrap();
    let times = |line: &str| {
        line.split(' ').filter(|t| !t.is_empty()).map(|t| t.parse().unwrap_or_else(|_| panic!("{line}"))).collect()
    };
    text.lines().map(times).collect()
}

/// Whether a wall clock time comes for the second time at this moment
fn comes_again(zone: &TimeZone, second: i64) -> bool {
    let moment = Timestamp::from_second(second).unwrap();
    let local = zone.to_datetime(moment);
    // Whatever the size of the change, the first time lies within a day before.
    (1..=24 * 4).any(|quarter| zone.to_datetime(moment - SignedDuration::from_mins(15 * quarter)) == local)
}

/// Why the controller's times are not ours; none where nothing explains it
fn difference(case: &Case, theirs: &[i64]) -> Option<&'static str> {
    let zone = time_zone(case.zone).unwrap();
    let first: Vec<i64> = theirs.iter().copied().filter(|time| !comes_again(&zone, *time)).take(COUNT).collect();
    let known: BTreeSet<i64> = case.ours.iter().copied().collect();
    if first.iter().zip(&case.ours).all(|(a, b)| a == b) && first.len().min(COUNT) == known.len().min(first.len()) {
        return Some("it fires again in the hour that comes twice");
    }
    None
}

/// What the operator finds in a schedule, and whether a CronJob is to start it
fn checked(text: &str, zone: &str) -> (bool, bool) {
    let spec = ScheduledTaskSpec {
        schedule_expression: Some(text.to_owned()),
        schedule_expression_timezone: Some(zone.to_owned()),
        task: Some(RunTask { task_definition: Some("any".to_owned()), ..RunTask::default() }),
        ..ScheduledTaskSpec::default()
    };
    let checked = check::schedule::check(&spec, "schedule", &BTreeSet::new(), &Context::default());
    let cron_job = checked.model.is_some_and(|model| model.realisation == Realisation::CronJob);
    (cron_job, checked.findings.iter().any(|finding| finding.code == "DstDuplicateRun"))
}

#[test]
#[ignore = "builds the judge first: tests/differential/cronjobs.sh"]
fn a_cron_job_fires_when_the_engine_does_but_twice_where_clocks_are_set_back() {
    let setting = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let number = |name: &str| setting(name).parse::<u64>().unwrap();
    let mut engine = 0;
    let cases = cases(number("ECS_CRONJUDGE_CASES") as usize, number("ECS_CRONJUDGE_SEED"), &mut engine);
    println!("{engine} further cases are the engine's, in zones in which the controller loses its way");
    let answers = judged(&setting("ECS_CRONJUDGE"), &cases);
    assert_eq!(answers.len(), cases.len());
    let (mut differences, mut unexplained, mut untold, mut equal) = (BTreeMap::new(), Vec::new(), Vec::new(), 0);
    for (case, theirs) in cases.iter().zip(&answers) {
        if case.ours == theirs[..COUNT.min(theirs.len())] {
            equal += 1;
        } else if let Some(why) = difference(case, theirs) {
            *differences.entry(why).or_insert(0) += 1;
            if !checked(&case.text, case.zone).1 {
                untold.push(format!("{} in {} after {}", case.text, case.zone, case.moment));
            }
        } else {
            let Case { text, zone, moment, fields, ours } = case;
            unexplained
                .push(format!("{text} in {zone} as `{fields}` after {moment}: ours {ours:?}, theirs {theirs:?}"));
        }
    }
    let mut zones = BTreeMap::new();
    for text in &unexplained {
        let zone = ZONES.iter().find(|zone| text.contains(**zone)).copied();
        *zones.entry(zone).or_insert(0) += 1;
    }
    println!("unexplained by zone: {zones:?}");
    println!("{} cases, {COUNT} times each: {equal} the same; {differences:?}", cases.len());
    assert!(
        unexplained.is_empty(),
        "{} unexplained:\n{}",
        unexplained.len(),
        unexplained[..unexplained.len().min(20)].join("\n")
    );
    assert!(
        untold.is_empty(),
        "{} without DstDuplicateRun:\n{}",
        untold.len(),
        untold[..untold.len().min(20)].join("\n")
    );
}
