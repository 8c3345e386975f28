//! Deployments in stages as data, and a world of random events against what must never happen.

use std::collections::BTreeMap;

use ecs_crds::{HookJob, HookStatus, LifecycleStage as Stage, ServiceDeploymentStatus as Status, StagedDeployment};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::TestCaseError;

use super::*;
use crate::model::staged::{Hook, HookTarget, weights};

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

/// Deployments with these steps, ten minutes apart, and a bake time of five
fn shape(steps: &[i64]) -> Staged {
    Staged {
        strategy: "CANARY",
        steps: steps.to_vec(),
        step_bake: SignedDuration::from_mins(10),
        bake: SignedDuration::from_mins(5),
        hooks: Vec::new(),
        backend: Backend::Route,
        test_header: None,
    }
}

fn hook(stage: Stage, target: HookTarget, continues: bool) -> Hook {
    Hook { stages: [stage].into(), target, timeout: SignedDuration::from_mins(1), continues }
}

/// What is seen where everything is as it should be
fn seen(now: i64) -> Seen<'static> {
    Seen {
        laid_out: true,
        others: false,
        healthy: 4,
        desired: 4,
        superseded: false,
        failed: None,
        jobs: BTreeMap::new(),
        words: Words::default(),
        now: at(now),
    }
}

/// Looks each minute until nothing is left to do: stage, share and minute, at each change
fn history(shape: &Staged, mut record: StagedDeployment, until: i64) -> Vec<(Stage, i64, i64)> {
    let mut shown = vec![(record.stage, record.production_permille, 0)];
    for minute in 0..until {
        // Each look but the first sees what the one before has asked for
        for _ in 0..3 {
            record = advance(&record, Some(shape), &seen(minute)).record;
            let now = (record.stage, record.production_permille, minute);
            if shown.last().is_some_and(|last| (last.0, last.1) != (now.0, now.1)) {
                shown.push(now);
            }
        }
    }
    assert_eq!(record.status, Status::Successful, "{shown:?}");
    shown
}

/// When each share of the traffic was given
fn shifts(steps: &[i64]) -> Vec<(i64, i64)> {
    let mut shifts: Vec<_> = (history(&shape(steps), begin(2, Some(1), false, at(0)), 100).into_iter())
        .filter(|(_, permille, _)| *permille > 0)
        .map(|(_, permille, minute)| (permille, minute))
        .collect();
    shifts.dedup_by_key(|(permille, _)| *permille);
    shifts
}

/// V99, V100
#[test]
fn v99_v100_traffic_goes_in_steps_with_a_wait_after_each_but_the_last() {
    assert_eq!(shifts(&[50, 1000]), [(50, 0), (1000, 10)], "V99");
    assert_eq!(shifts(&[300, 600, 900, 1000]), [(300, 0), (600, 10), (900, 20), (1000, 30)], "V100");
    assert_eq!(shifts(&[1000]), [(1000, 0)]);
}

#[test]
fn the_stages_follow_each_other_as_on_ecs() {
    use Stage::*;
    let hooked: Vec<Hook> = Stage::ALL.iter().map(|stage| hook(*stage, HookTarget::Pause, true)).collect();
    let shape = Staged { hooks: hooked, ..shape(&[100, 1000]) };
    let mut stages: Vec<Stage> =
        history(&shape, begin(2, Some(1), true, at(0)), 100).into_iter().map(|(stage, ..)| stage).collect();
    stages.dedup();
    let expected = [
        ReconcileService,
        PreScaleUp,
        ScaleUp,
        PostScaleUp,
        TestTrafficShift,
        PostTestTrafficShift,
        PreProductionTrafficShift,
        ProductionTrafficShift,
        PreProductionTrafficShift,
        ProductionTrafficShift,
        PostProductionTrafficShift,
        BakeTime,
        CleanUp,
    ];
    assert_eq!(stages, expected);
}

/// A record in a stage, with so much traffic on green
fn in_stage(stage: Stage, permille: i64) -> StagedDeployment {
    StagedDeployment { stage, production_permille: permille, ..begin(2, Some(1), false, at(0)) }
}

/// V103
#[test]
fn v103_silence_does_what_the_hook_says() {
    for (continues, expected) in [(true, Status::InProgress), (false, Status::RollbackInProgress)] {
        let shape = Staged { hooks: vec![hook(Stage::PostScaleUp, HookTarget::Pause, continues)], ..shape(&[1000]) };
        let asked = advance(&in_stage(Stage::PostScaleUp, 0), Some(&shape), &seen(0));
        assert_eq!((asked.record.stage, asked.look_at), (Stage::PostScaleUp, Some(at(1))), "V103: a minute");
        let id = asked.record.hooks[0].hook_id.clone();
        assert_eq!(id, "2-post-scale-up-0-0");
        let over = advance(&asked.record, Some(&shape), &seen(1));
        assert_eq!(over.record.status, expected, "V103");
        assert_eq!(over.failed, (!continues).then(|| Cause::Hook(id.clone())));
        // An answer in time is heard, whatever silence would do
        let mut heard = seen(0);
        heard.words.rollback = id.as_str().into();
        assert_eq!(advance(&asked.record, Some(&shape), &heard).record.status, Status::RollbackInProgress);
        heard.words = Words { continues: "x, 2-post-scale-up-0-0".into(), ..Words::default() };
        assert_eq!(advance(&asked.record, Some(&shape), &heard).record.status, Status::InProgress);
    }
}

#[test]
fn a_job_decides_by_its_end() {
    let target = HookTarget::Job { job: HookJob::default(), details: String::new() };
    let shape = Staged { hooks: vec![hook(Stage::PostTestTrafficShift, target, false)], ..shape(&[1000]) };
    let asked = advance(&in_stage(Stage::PostTestTrafficShift, 0), Some(&shape), &seen(0)).record;
    for (said, status) in [
        (HookStatus::Succeeded, Status::InProgress),
        (HookStatus::InProgress, Status::InProgress),
        (HookStatus::Failed, Status::RollbackInProgress),
    ] {
        let jobs = [(asked.hooks[0].hook_id.clone(), said)].into();
        let next = advance(&asked, Some(&shape), &Seen { jobs, ..seen(0) }).record;
        assert_eq!(next.status, status, "{said:?}");
        assert_eq!(next.stage != asked.stage, said != HookStatus::InProgress, "{said:?}");
    }
}

/// V104
#[test]
fn v104_a_rollback_while_it_bakes_gives_blue_everything_at_once_and_then_ends_green() {
    let shape = shape(&[1000]);
    let alarm = Seen { failed: Some((Cause::Alarm("errors".into()), true)), ..seen(1) };
    let back = advance(&in_stage(Stage::BakeTime, 1000), Some(&shape), &alarm).record;
    let asked = layout(&back, Some(&shape), 4);
    assert_eq!(
        (weights(asked.permille), asked.blue.map(|b| b.tasks), asked.green.map(|g| g.tasks)),
        ((1, 0), Some(4), Some(4)),
        "V104"
    );
    let unseen = Seen { laid_out: false, ..seen(1) };
    assert_eq!(advance(&back, Some(&shape), &unseen).record, back, "green ends only once its traffic is gone");
    let clean = advance(&back, Some(&shape), &seen(1)).record;
    assert_eq!(layout(&clean, Some(&shape), 4), Layout::settled(1, 4), "V104");
    assert_eq!(advance(&clean, Some(&shape), &seen(1)).record.status, Status::RollbackSuccessful);
}

#[test]
fn what_fails_goes_back_where_there_is_something_to_go_back_to() {
    let shape = shape(&[50, 1000]);
    let failing = |rollback: bool| Seen { failed: Some((Cause::Alarm("a".into()), rollback)), ..seen(0) };
    let first = StagedDeployment { source: None, ..in_stage(Stage::ScaleUp, 0) };
    for (record, seen, status) in [
        (in_stage(Stage::ScaleUp, 0), failing(true), Status::RollbackInProgress),
        (in_stage(Stage::ScaleUp, 0), failing(false), Status::Stopped),
        (first, failing(true), Status::Stopped),
        (in_stage(Stage::ScaleUp, 0), Seen { superseded: true, ..seen(0) }, Status::RollbackInProgress),
        (
            in_stage(Stage::BakeTime, 1000),
            Seen { words: Words { rollback: "ecs-svc/2".into(), ..Words::default() }, ..seen(0) },
            Status::RollbackInProgress,
        ),
        (
            in_stage(Stage::ScaleUp, 0),
            Seen {
                words: Words { rollback: "ecs-svc/1".into(), pause: "ecs-svc/2".into(), ..Words::default() },
                ..seen(0)
            },
            Status::InProgress,
        ),
        (in_stage(Stage::CleanUp, 1000), failing(true), Status::Successful),
    ] {
        assert_eq!(advance(&record, Some(&shape), &seen).record.status, status, "{record:?} {seen:?}");
    }
    let stays = advance(&in_stage(Stage::BakeTime, 1000), None, &seen(9)).record;
    assert_eq!(stays.status, Status::RollbackInProgress, "no more stages are asked for: nothing unproven goes on");
}

#[test]
fn shares_by_the_number_of_tasks_wait_for_the_shift() {
    let shape = Staged { backend: Backend::Selector, ..shape(&[300, 600, 1000]) };
    let shifted = |permille| StagedDeployment {
        shifted_at: Some(Time(at(0))),
        ..in_stage(Stage::ProductionTrafficShift, permille)
    };
    for (record, expected) in [
        (in_stage(Stage::ScaleUp, 0), 3),
        (shifted(300), 3),
        (in_stage(Stage::PreProductionTrafficShift, 300), 3),
        (in_stage(Stage::ProductionTrafficShift, 300), 6),
        (shifted(600), 6),
        (in_stage(Stage::ProductionTrafficShift, 600), 10),
        (in_stage(Stage::BakeTime, 1000), 10),
    ] {
        assert_eq!(layout(&record, Some(&shape), 10).green.map(|g| g.tasks), Some(expected), "{record:?}");
    }
    assert_eq!(layout(&in_stage(Stage::ScaleUp, 0), Some(&shape), 1).green.map(|g| g.tasks), Some(1));
    assert_eq!(layout(&in_stage(Stage::ScaleUp, 0), Some(&shape), 0).green.map(|g| g.tasks), Some(0));
}

/// Something that happens
#[derive(Clone, Debug)]
enum Event {
    /// A look that comes to its end
    Look,
    /// A look whose operator ends before it writes what comes next
    Dies,
    /// Every task that is wanted becomes healthy
    Healthy,
    /// The tasks of green, or of blue, all fail
    Fail(bool),
    Scale(i32),
    Change,
    Pause(bool),
    Continue,
    Abort,
    Alarm,
    Minutes(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        8 => Just(Event::Look),
        2 => Just(Event::Dies),
        6 => Just(Event::Healthy),
        1 => any::<bool>().prop_map(Event::Fail),
        1 => (0..6i32).prop_map(Event::Scale),
        1 => Just(Event::Change),
        1 => any::<bool>().prop_map(Event::Pause),
        3 => Just(Event::Continue),
        1 => Just(Event::Abort),
        1 => Just(Event::Alarm),
        3 => (1..15i64).prop_map(Event::Minutes),
    ];
    proptest::collection::vec(event, 1..120)
}

/// A cluster, and an operator that is told only by it
struct World {
    shape: Staged,
    /// What the status says
    record: StagedDeployment,
    /// What is applied
    there: Layout,
    healthy: BTreeMap<i64, i32>,
    desired: i32,
    wanted: i64,
    minute: i64,
    paused: bool,
    continues: String,
    rollback: String,
    alarm: bool,
    rollbacks: BTreeMap<i64, usize>,
}

impl World {
    fn new(shape: Staged) -> Self {
        let record = StagedDeployment { status: Status::Successful, ..begin(1, None, false, at(0)) };
        Self {
            there: layout(&record, Some(&shape), 3),
            shape,
            record,
            healthy: [(1, 3)].into(),
            desired: 3,
            wanted: 2,
            minute: 0,
            paused: false,
            continues: String::new(),
            rollback: String::new(),
            alarm: false,
            rollbacks: BTreeMap::new(),
        }
    }

    fn look(&mut self, ends_well: bool) -> Result<(), TestCaseError> {
        let asked = layout(&self.record, Some(&self.shape), self.desired);
        let seen = Seen {
            laid_out: self.there == asked,
            others: false,
            healthy: self.healthy.get(&self.record.revision).copied().unwrap_or(0),
            desired: self.desired,
            superseded: self.wanted != self.record.revision,
            failed: self.alarm.then(|| (Cause::Alarm("errors".into()), true)),
            jobs: BTreeMap::new(),
            words: Words {
                continues: self.continues.clone().into(),
                rollback: self.rollback.clone().into(),
                pause: if self.paused { "ecs-svc/2" } else { "" }.into(),
            },
            now: at(self.minute),
        };
        let before = std::mem::replace(&mut self.there, asked);
        Self::shifts(before, asked)?;
        for (revision, healthy) in &mut self.healthy {
            let wanted = asked.lanes().find(|lane| lane.revision == *revision).map_or(0, |lane| lane.tasks);
            *healthy = (*healthy).min(wanted);
        }
        if !ends_well {
            return Ok(());
        }
        let next = advance(&self.record, Some(&self.shape), &seen);
        self.writes(&next)?;
        self.record = next.record;
        if self.record.status.is_over() && self.wanted != self.record.revision {
            let source = settled_on(&self.record);
            self.record = begin(self.wanted, source, false, at(self.minute));
        }
        Ok(())
    }

    /// What may be shifted
    fn shifts(before: Layout, asked: Layout) -> Result<(), TestCaseError> {
        let (blue, green) = weights(asked.permille);
        prop_assert!(blue >= 0 && green >= 0 && [1, 1000].contains(&(blue + green)), "{asked:?}");
        prop_assert!(blue == 0 || asked.blue.is_some(), "traffic to a blue that is not there: {asked:?}");
        prop_assert!(green == 0 || asked.green.is_some(), "traffic to a green that is not there: {asked:?}");
        let same = (before.blue.map(|b| b.revision), before.green.map(|g| g.revision))
            == (asked.blue.map(|b| b.revision), asked.green.map(|g| g.revision));
        prop_assert!(!same || asked.permille >= before.permille || asked.permille == 0, "{before:?} {asked:?}");
        Ok(())
    }

    /// What may be written
    fn writes(&mut self, next: &Advanced) -> Result<(), TestCaseError> {
        let (old, new) = (&self.record, &next.record);
        prop_assert_eq!((old.revision, old.source), (new.revision, new.source));
        if old.status.is_over() {
            prop_assert_eq!(old, new, "what is over stays as it is");
        }
        if new.production_permille > old.production_permille {
            let healthy = self.healthy.get(&new.revision).copied().unwrap_or(0);
            prop_assert!(healthy > 0 || self.desired == 0, "a shift to a revision without healthy tasks: {new:?}");
        }
        prop_assert!(new.production_permille >= old.production_permille || new.production_permille == 0);
        if next.failed.is_some() {
            let count = self.rollbacks.entry(new.revision).or_default();
            *count += 1;
            prop_assert!(*count == 1, "rolled back twice: {new:?}");
        }
        if new.stage == Stage::CleanUp && old.stage != Stage::CleanUp && new.status == Status::InProgress {
            prop_assert_eq!(old.production_permille, ALL);
            prop_assert!(new.source.is_none() || old.stage_started_at.0 + self.shape.bake <= at(self.minute));
        }
        let asked = layout(new, Some(&self.shape), self.desired);
        if new.status == Status::InProgress && new.stage < Stage::CleanUp {
            prop_assert_eq!(asked.blue.map(|b| b.tasks), new.source.map(|_| self.desired), "blue is kept: {:?}", new);
        }
        Ok(())
    }

    fn happens(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::Look => return self.look(true),
            Event::Dies => return self.look(false),
            Event::Healthy => self.healthy.extend(self.there.lanes().map(|lane| (lane.revision, lane.tasks))),
            Event::Fail(green) => {
                let lane = if *green { self.there.green } else { self.there.blue };
                self.healthy.extend(lane.map(|lane| (lane.revision, 0)));
            }
            Event::Scale(desired) => self.desired = *desired,
            Event::Change => self.wanted += 1,
            Event::Pause(paused) => self.paused = *paused,
            Event::Continue => {
                self.continues = self.record.hooks.iter().map(|h| h.hook_id.clone()).collect::<Vec<_>>().join(",");
            }
            Event::Abort => self.rollback = crate::names::deployment_id(self.record.revision),
            Event::Alarm => self.alarm = !self.alarm,
            Event::Minutes(minutes) => self.minute += minutes,
        }
        Ok(())
    }
}

fn shapes() -> impl Strategy<Value = Staged> {
    let steps = prop_oneof![Just(vec![1000]), Just(vec![50, 1000]), Just(vec![300, 600, 900, 1000])];
    let backend = prop_oneof![Just(Backend::Route), Just(Backend::Selector)];
    let stages = proptest::collection::vec(0..Stage::ALL.len(), 0..3);
    (steps, backend, stages, any::<bool>()).prop_map(|(steps, backend, stages, continues)| Staged {
        backend,
        hooks: stages.iter().map(|index| hook(Stage::ALL[*index], HookTarget::Pause, continues)).collect(),
        ..shape(&steps)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_happens_traffic_goes_forward_to_healthy_tasks_or_all_the_way_back(shape in shapes(), events in events()) {
        let mut world = World::new(shape);
        for event in &events {
            world.happens(event)?;
        }
        // And in the end it is settled: a person is at hand, tasks are healthy, time passes.
        (world.paused, world.alarm) = (false, false);
        for _ in 0..200 {
            for event in [Event::Healthy, Event::Continue, Event::Look, Event::Minutes(3)] {
                world.happens(&event)?;
            }
        }
        prop_assert!(world.record.status.is_over(), "{:?}", world.record);
        prop_assert_eq!(world.there.lanes().count(), 1, "{:?} {:?}", world.there, world.record);
        prop_assert_eq!(world.there.lanes().map(|lane| lane.tasks).sum::<i32>(), world.desired);
    }
}
