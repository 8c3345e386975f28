//! ECS's scheduler as a small model, written from its documentation, and what happens here beside it.
//!
//! Bounds: the Deployment controller's rolling update, by its documented algorithm and with the strategy that we write, goes
//! step by step beside the rule that ECS states: never fewer healthy tasks than `minimumHealthyPercent` of the desired count
//! rounded up, never more tasks than `maximumPercent` of it rounded down. Breaker: a list of what happened to tasks, counted
//! as ECS says, beside what we count from pods that are looked at now and then.

use proptest::prelude::{Just, ProptestConfig, Strategy as _, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::model::service::Rolling;
use crate::translate::rollout::strategy;

/// What ECS allows at a desired count: at least so many healthy, at most so many at all
fn allowed(desired: i64, rolling: Rolling) -> (i64, i64) {
    let low = (desired * i64::from(rolling.minimum_healthy_percent)).div_euclid(100)
        + i64::from((desired * i64::from(rolling.minimum_healthy_percent)).rem_euclid(100) != 0);
    (low, desired * i64::from(rolling.maximum_percent) / 100)
}

/// Tasks of one ReplicaSet
#[derive(Clone, Copy, Debug, Default)]
struct Tasks {
    all: i64,
    healthy: i64,
}

impl Tasks {
    /// Another number of them: those that are not healthy go first
    fn resize(&mut self, all: i64) {
        (self.all, self.healthy) = (all, self.healthy.min(all));
    }
}

/// A Deployment that rolls from an old ReplicaSet to a new one
#[derive(Clone, Copy, Debug)]
struct Rollout {
    desired: i64,
    rolling: Rolling,
    old: Tasks,
    new: Tasks,
}

/// What may happen
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// The controller looks
    Step,
    /// A new task becomes healthy
    Healthy,
    /// A new task is healthy no more
    NewFails,
    /// An old one is healthy no more
    OldFails,
    /// The roll-out turns around, as a roll-back does
    TurnsAround,
    /// The spec changes: what was new is old too, and what is new now has no task yet
    SpecChanges,
    /// Somebody, or a metric, wants another number of tasks
    Scales(i64),
}

impl Rollout {
    fn healthy(&self) -> i64 {
        self.old.healthy + self.new.healthy
    }

    fn all(&self) -> i64 {
        self.old.all + self.new.all
    }

    /// The most tasks at the count of now
    fn room(&self) -> i64 {
        self.desired + i64::from(strategy(i32::try_from(self.desired).unwrap(), self.rolling).max_surge)
    }

    /// The Deployment controller at another count: a lone ReplicaSet takes it, of several each takes its part
    fn scale(&mut self, desired: i64) {
        let room = self.room();
        let before = std::mem::replace(&mut self.desired, desired);
        let active = [self.old.all, self.new.all].map(|all| all > 0);
        if before == desired {
        } else if active == [true, false] {
            self.old.resize(desired);
        } else if active != [true, true] {
            self.new.resize(desired);
        } else if self.new.all == desired && self.new.healthy == desired {
            self.old.resize(0);
        } else {
            let add = if desired > 0 { self.room() } else { 0 } - self.all();
            let rounded = |all: i64| (2 * all * (self.room()) + room) / (2 * room) - all;
            let bounded = |part: i64, left: i64| if add > 0 { part.clamp(0, left) } else { part.clamp(left, 0) };
            // The largest first; of equals the newer one is where tasks are added
            let new_first = self.new.all > self.old.all || (self.new.all == self.old.all && add > 0);
            let sizes = if new_first { [self.new.all, self.old.all] } else { [self.old.all, self.new.all] };
            let first = bounded(rounded(sizes[0]), add);
            let second = bounded(rounded(sizes[1]), add - first);
            let sizes = [(sizes[0] + add - second).max(0), (sizes[1] + second).max(0)];
            let [new, old] = if new_first { sizes } else { [sizes[1], sizes[0]] };
            self.new.resize(new);
            self.old.resize(old);
        }
    }

    /// One look of the Deployment controller: it scales the new ReplicaSet up, else the old one down
    fn step(&mut self) {
        let strategy = strategy(i32::try_from(self.desired).unwrap(), self.rolling);
        if strategy.stuck {
            return; // kept from moving by the old template, or paused
        }
        if self.new.all > self.desired {
            self.new.resize(self.desired);
            return;
        }
        let percent: i64 = strategy.max_unavailable.trim_end_matches('%').parse().unwrap();
        let least = self.desired - self.desired * percent / 100;
        let room = self.desired + i64::from(strategy.max_surge) - self.all();
        let up = room.min(self.desired - self.new.all);
        if up > 0 {
            self.new.all += up;
            return;
        }
        // Unhealthy old ones first, then as many as stay above the least
        let most = self.all() - least - (self.new.all - self.new.healthy);
        let sick = (self.old.all - self.old.healthy).min(most).max(0);
        self.old.all -= sick;
        let down = (self.healthy() - least).min(self.old.healthy).max(0);
        self.old.all -= down;
        self.old.healthy -= down;
    }
}

fn happening() -> impl proptest::strategy::Strategy<Value = Happening> {
    prop_oneof![
        6 => Just(Happening::Step),
        6 => Just(Happening::Healthy),
        1 => Just(Happening::NewFails),
        1 => Just(Happening::OldFails),
        1 => Just(Happening::TurnsAround),
        1 => Just(Happening::SpecChanges),
        1 => (0..60i64).prop_map(Happening::Scales),
    ]
}

/// At least so many cases; `PROPTEST_CASES` asks for more
fn cases(least: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(least), ..asked }
}

proptest! {
    #![proptest_config(cases(10_000))]

    /// 10,000 roll-outs of up to 120 happenings each, scaled at random
    #[test]
    fn no_roll_out_leaves_the_bounds_of_ecs(
        desired in 0..60i64,
        low in 0..=100i32,
        high in 100..=300i32,
        happenings in proptest::collection::vec(happening(), 0..120),
    ) {
        let rolling = Rolling { minimum_healthy_percent: low, maximum_percent: high };
        let old = Tasks { all: desired, healthy: desired };
        let mut rollout = Rollout { desired, rolling, old, new: Tasks::default() };
        for happening in happenings {
            let before = rollout;
            match happening {
                Happening::Step => rollout.step(),
                Happening::Healthy => rollout.new.healthy = (rollout.new.healthy + 1).min(rollout.new.all),
                Happening::NewFails => rollout.new.healthy = (rollout.new.healthy - 1).max(0),
                Happening::OldFails => rollout.old.healthy = (rollout.old.healthy - 1).max(0),
                Happening::TurnsAround => std::mem::swap(&mut rollout.old, &mut rollout.new),
                Happening::SpecChanges => {
                    let Tasks { all, healthy } = std::mem::take(&mut rollout.new);
                    rollout.old = Tasks { all: rollout.old.all + all, healthy: rollout.old.healthy + healthy };
                }
                Happening::Scales(to) => rollout.scale(to),
            }
            let (least, most) = allowed(rollout.desired, rolling);
            // The parts of ReplicaSets are rounded, so that scaling may be one task off
            let off = i64::from(matches!(happening, Happening::Scales(_)));
            let kept = match happening {
                Happening::Step if rollout.healthy() < before.healthy() => least,
                // A Deployment divides by size, and looks at health only within a ReplicaSet (docs/deployments.md)
                Happening::Scales(_) if before.healthy() == before.all() => least.min(before.healthy()) - off,
                _ => 0,
            };
            prop_assert!(rollout.healthy() >= kept, "{before:?} to {rollout:?}: at least {least}");
            if rollout.all() > before.all() {
                prop_assert!(rollout.all() <= most + off, "{before:?} to {rollout:?}: at most {most}");
            }
        }
        let desired = rollout.desired;
        let (least, most) = allowed(desired, rolling);
        // Left alone, with tasks that become healthy, it ends, unless ECS's own bounds allow no step.
        for _ in 0..4 * desired + 4 {
            rollout.step();
            rollout.new.healthy = rollout.new.all;
        }
        let stuck = (least, most) == (desired, desired) && desired > 0;
        prop_assert!(stuck || (rollout.old.all == 0 && rollout.new.healthy == desired), "{rollout:?}");
    }
}

/// What happens to one of the tasks of a deployment
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// An essential container ends and is started again
    Fails(usize),
    /// It becomes healthy
    Recovers(usize),
    /// It is gone, and another is in its place
    Replaced(usize),
    /// The operator looks
    Look,
    /// The operator is started anew and looks, at what it has looked at before
    Restart,
}

fn fate() -> impl proptest::strategy::Strategy<Value = Fate> {
    prop_oneof![
        5 => (0..4usize).prop_map(Fate::Fails),
        1 => (0..4usize).prop_map(Fate::Recovers),
        1 => (0..4usize).prop_map(Fate::Replaced),
        3 => Just(Fate::Look),
        1 => Just(Fate::Restart),
    ]
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// 2,000 deployments: failures that were there to be seen are counted, once each, and the breaker trips when ECS's would
    #[test]
    fn the_breaker_trips_exactly_when_the_model_does(
        fates in proptest::collection::vec(fate(), 1..30),
        too_many in 1..6i64,
        resets in any::<bool>(),
    ) {
        let mut scene = scene(4, breaker(Threshold::Count(too_many), true, resets));
        // Restarts, the time of health, and the number of the pod in each place
        let mut pods = [(0i64, None::<i64>, 0usize); 4];
        let (mut unseen, mut count, mut tripped) = ([0i64; 4], 0, false);
        for (second, fate) in (1..).zip(fates) {
            match fate {
                Fate::Fails(at) => {
                    pods[at] = (pods[at].0 + 1, None, pods[at].2);
                    unseen[at] += 1;
                }
                Fate::Recovers(at) => pods[at].1 = pods[at].1.or(Some(second)),
                Fate::Replaced(at) => {
                    // What nobody saw before the pod was gone is nobody's to count.
                    (pods[at], unseen[at]) = ((0, None, pods[at].2 + 1), 0);
                }
                Fate::Look | Fate::Restart => {
                    if matches!(fate, Fate::Restart) {
                        let text = serde_json::to_string(&scene.status).unwrap();
                        scene.status = serde_json::from_str(&text).unwrap();
                    }
                    let shown: Vec<Pod> = (0..).zip(&pods).map(|(at, pod)| shown(at, *pod)).collect();
                    // Health that is gone again by now is not seen either.
                    let known = scene.status.rollout.as_ref().and_then(|b| b.healthy_at.clone());
                    let youngest = pods.iter().filter_map(|p| p.1).max();
                    let recovered = youngest.is_some_and(|y| known.is_none_or(|k| k.0 < super::at(y)));
                    if !tripped {
                        count += unseen.iter().sum::<i64>();
                        count = if recovered && resets { 0 } else { count };
                    }
                    tripped |= count >= too_many;
                    unseen = [0; 4];
                    let state = scene.look(&shown, second).state;
                    prop_assert_eq!(state == State::Failed, tripped);
                    prop_assert_eq!(scene.status.rollout.as_ref().unwrap().failed_tasks, count);
                }
            }
        }
    }
}

/// The pod in a place
fn shown(place: usize, (restarts, healthy, number): (i64, Option<i64>, usize)) -> Pod {
    let name = format!("{place}-{number}");
    let mut pod = crashing(&name, restarts);
    if let Some(since) = healthy {
        pod.status.as_mut().unwrap().conditions = ready(&name, 2, since).status.unwrap().conditions;
    }
    pod
}
