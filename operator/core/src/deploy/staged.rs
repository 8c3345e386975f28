//! R-BG: the stage machine of BLUE_GREEN, CANARY and LINEAR deployments.
//!
//! ```text
//! record (status) ─► layout ─► tasks, Services, routes          what the record asks for, applied at every look
//! record, what is seen, now ─► advance ─► the next record       once what it asked for is there
//! ```
//!
//! *Guarantees*: what is done follows from the record alone, and the record moves on only after what it asked for was seen;
//! so an operator that ends at any moment loses nothing and does nothing twice. Production traffic goes forwards step by
//! step, to tasks that are healthy, or all the way back. Blue keeps its tasks until the bake time is over.
//!
//! *Not here*: the objects (`translate::staged`), and which revision is wanted (`plan`).

mod hooks;

pub use hooks::hook_id;

use std::borrow::Cow;
use std::collections::BTreeMap;

use ecs_crds::{
    CompletedRevision, HookStatus, LifecycleStage as Stage, ServiceDeploymentStatus as Status, StagedDeployment,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::count::Next;
use super::judge::Cause;
use crate::model::staged::{ALL, Backend, Lane, Layout, Staged};

/// What a person says about a deployment, by annotations of the service
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words<'a> {
    /// The hooks that let it continue
    pub continues: Cow<'a, str>,
    /// The hooks, or the deployment, that are to be rolled back
    pub rollback: Cow<'a, str>,
    /// The deployment that is not to leave its stage
    pub pause: Cow<'a, str>,
}

/// A service whose deployments go on in stages, and what is there of them
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages {
    /// The newest deployment, as the status says
    pub record: Option<StagedDeployment>,
    /// What it asks for
    pub layout: Layout,
    /// The revision that production traffic is taken from
    pub source: Option<CompletedRevision>,
    /// As [`Seen::laid_out`]
    pub laid_out: bool,
    /// As [`Seen::others`]
    pub others: bool,
    /// As [`Seen::healthy`]
    pub healthy: i32,
    /// As [`Seen::jobs`]
    pub jobs: BTreeMap<String, HookStatus>,
    /// As [`Seen::words`]
    pub words: Words<'static>,
}

impl Stages {
    /// The deployment that is under way
    #[must_use]
    pub fn under_way(&self) -> Option<&StagedDeployment> {
        self.record.as_ref().filter(|record| !record.status.is_over())
    }

    /// Whether the deployment of this revision has its end still to come, in stages
    #[must_use]
    pub fn goes_on(&self, revision: i64, shape: Option<&Staged>) -> bool {
        let source = self.source.as_ref().map(|source| source.revision);
        self.under_way().is_some() || (shape.is_some() && source != Some(revision))
    }
}

/// Whether a list of IDs, separated by commas, has this one
fn names(list: &str, id: &str) -> bool {
    list.split(',').any(|named| named.trim() == id)
}

/// What is seen of a deployment
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Whether everything that the record asks for is there, and nothing else: Deployments, Services, routes
    pub laid_out: bool,
    /// Whether tasks of a third revision are there
    pub others: bool,
    /// How many healthy tasks green has
    pub healthy: i32,
    /// How many tasks the service is to run
    pub desired: i32,
    /// Whether the service asks for another revision by now
    pub superseded: bool,
    /// Why it failed otherwise, and whether that rolls it back
    pub failed: Option<(Cause, bool)>,
    /// What Jobs have decided, by hook
    pub jobs: BTreeMap<String, HookStatus>,
    /// What a person says
    pub words: Words<'a>,
    /// The time
    pub now: Timestamp,
}

/// What a record asks for, with so many tasks; without a shape (the service no longer asks for stages) all at once
#[must_use]
pub fn layout(record: &StagedDeployment, shape: Option<&Staged>, desired: i32) -> Layout {
    let blue = record.source.map(|revision| Lane { revision, tasks: desired });
    let lane = |tasks: i32| Some(Lane { revision: record.revision, tasks });
    let clean = record.stage == Stage::CleanUp;
    match record.status {
        Status::Successful => Layout { blue: None, green: lane(desired), permille: ALL, test: true },
        Status::RollbackSuccessful => Layout { blue, ..Layout::default() },
        Status::RollbackInProgress => {
            let green = lane(green_tasks(record, shape, desired)).filter(|_| !clean);
            Layout { blue, green, permille: 0, test: false }
        }
        Status::InProgress | Status::Stopped => Layout {
            blue: blue.filter(|_| !clean),
            green: lane(green_tasks(record, shape, desired)).filter(|_| record.stage >= Stage::ScaleUp),
            permille: record.production_permille,
            test: record.stage >= Stage::TestTrafficShift,
        },
    }
}

/// How many tasks green runs: all, but where the number of tasks is what shares the traffic
fn green_tasks(record: &StagedDeployment, shape: Option<&Staged>, desired: i32) -> i32 {
    let Some(shape) = shape.filter(|shape| shape.backend == Backend::Selector) else { return desired };
    let given = record.production_permille;
    // Once it has traffic, another task is more traffic: that waits for the shift
    let stays = given > 0 && (record.stage != Stage::ProductionTrafficShift || record.shifted_at.is_some());
    let share = if stays { given } else { shape.next_step(given) };
    if share >= ALL || record.source.is_none() {
        return desired;
    }
    let tasks = (i64::from(desired) * share + ALL / 2) / ALL;
    i32::try_from(tasks).unwrap_or(desired).clamp(1, desired.max(1)).min(desired)
}

/// What comes next
#[derive(Clone, Debug, PartialEq)]
pub struct Advanced {
    /// The record
    pub record: StagedDeployment,
    /// Why it has just failed
    pub failed: Option<Cause>,
    /// When a look can find more without a change
    pub look_at: Option<Timestamp>,
}

/// A deployment that begins; `others`: whether tasks of a third revision are there
#[must_use]
pub fn begin(revision: i64, source: Option<i64>, others: bool, now: Timestamp) -> StagedDeployment {
    StagedDeployment {
        revision,
        source,
        status: Status::InProgress,
        status_reason: None,
        stage: if others { Stage::ReconcileService } else { Stage::PreScaleUp },
        stage_started_at: Time(now),
        step: 0,
        production_permille: 0,
        shifted_at: None,
        hooks: Vec::new(),
    }
}

/// The revision that has production traffic after a deployment that is over
#[must_use]
pub fn settled_on(record: &StagedDeployment) -> Option<i64> {
    let green = record.status != Status::RollbackSuccessful && record.production_permille >= ALL;
    if green || record.status == Status::Successful { Some(record.revision) } else { record.source }
}

/// Moves a deployment on, as far as what is seen allows
#[must_use]
pub fn advance(record: &StagedDeployment, shape: Option<&Staged>, seen: &Seen<'_>) -> Advanced {
    let asked = layout(record, shape, seen.desired);
    let mut machine =
        Machine { record: record.clone(), shape, seen, laid_out: false, failed: None, next: Next::default() };
    loop {
        // What was seen tells nothing of what is asked for only now
        machine.laid_out = seen.laid_out && layout(&machine.record, shape, seen.desired) == asked;
        if !machine.moves() {
            break;
        }
    }
    Advanced { record: machine.record, failed: machine.failed, look_at: machine.next.0 }
}

struct Machine<'a> {
    record: StagedDeployment,
    shape: Option<&'a Staged>,
    seen: &'a Seen<'a>,
    laid_out: bool,
    failed: Option<Cause>,
    next: Next,
}

impl Machine<'_> {
    /// Whether it has moved on by a stage
    fn moves(&mut self) -> bool {
        match self.record.status {
            Status::InProgress => match self.failure() {
                Some((cause, rollback)) => self.fail(cause, rollback),
                None => self.goes_forward(),
            },
            Status::RollbackInProgress => self.goes_back(),
            Status::Successful | Status::Stopped | Status::RollbackSuccessful => false,
        }
    }

    /// Why it fails now, and whether that rolls it back
    fn failure(&self) -> Option<(Cause, bool)> {
        // Nothing is left to go back to
        if self.record.stage == Stage::CleanUp {
            return None;
        }
        let id = crate::names::deployment_id(self.record.revision);
        if names(&self.seen.words.rollback, &id) {
            return Some((Cause::Aborted, true));
        }
        if self.seen.superseded || self.shape.is_none() {
            return Some((Cause::Superseded, true));
        }
        self.seen.failed.clone()
    }

    fn fail(&mut self, cause: Cause, rollback: bool) -> bool {
        self.record.status_reason = Some(cause.reason());
        self.failed = Some(cause);
        self.record.status = Status::Stopped;
        if rollback && self.record.source.is_some() {
            self.enter(Stage::ProductionTrafficShift);
            self.record.status = Status::RollbackInProgress;
            self.record.production_permille = 0;
        }
        true
    }

    fn goes_back(&mut self) -> bool {
        if !self.laid_out {
            return false;
        }
        match self.record.stage {
            Stage::CleanUp => self.record.status = Status::RollbackSuccessful,
            _ => self.enter(Stage::CleanUp),
        }
        true
    }

    fn goes_forward(&mut self) -> bool {
        let id = crate::names::deployment_id(self.record.revision);
        if names(&self.seen.words.pause, &id) && self.record.stage != Stage::CleanUp {
            return false;
        }
        if !self.has_worked() {
            return false;
        }
        match self.hooks() {
            hooks::Answer::Waits => return false,
            hooks::Answer::Fails(cause) => return self.fail(cause, true),
            hooks::Answer::Passes => {}
        }
        if !self.has_baked() {
            return false;
        }
        match self.following() {
            Some(stage) => self.enter(stage),
            None => self.record.status = Status::Successful,
        }
        true
    }

    /// Whether the work of this stage is done
    fn has_worked(&mut self) -> bool {
        let wanted = layout(&self.record, self.shape, self.seen.desired).green.map_or(0, |green| green.tasks);
        let ready = self.laid_out && self.seen.healthy >= wanted;
        match self.record.stage {
            Stage::ReconcileService => self.laid_out && !self.seen.others,
            Stage::ScaleUp => ready,
            Stage::TestTrafficShift | Stage::CleanUp => self.laid_out,
            Stage::ProductionTrafficShift if self.record.shifted_at.is_none() => {
                if ready {
                    self.shift();
                }
                false
            }
            Stage::ProductionTrafficShift => self.laid_out,
            Stage::PreScaleUp
            | Stage::PostScaleUp
            | Stage::PostTestTrafficShift
            | Stage::PreProductionTrafficShift
            | Stage::PostProductionTrafficShift
            | Stage::BakeTime => true,
        }
    }

    /// Gives green its next share of the traffic
    fn shift(&mut self) {
        let next = self.shape.map_or(ALL, |shape| shape.next_step(self.record.production_permille));
        // There is nothing to compare the first revision with
        self.record.production_permille = if self.record.source.is_some() { next } else { ALL };
        self.record.step += 1;
        self.record.shifted_at = Some(Time(self.seen.now));
    }

    /// Whether this stage has been watched for long enough
    fn has_baked(&mut self) -> bool {
        let Some(shape) = self.shape.filter(|_| self.record.source.is_some()) else { return true };
        let (since, bake) = match self.record.stage {
            Stage::ProductionTrafficShift if self.record.production_permille < ALL => {
                (self.record.shifted_at.as_ref().map_or(self.seen.now, |at| at.0), shape.step_bake)
            }
            Stage::BakeTime => (self.record.stage_started_at.0, shape.bake),
            _ => return true,
        };
        let until = since.checked_add(bake).unwrap_or(self.seen.now);
        let over = until <= self.seen.now;
        if !over {
            self.next.at(Some(until));
        }
        over
    }

    /// The stage after this one; none after the last
    fn following(&self) -> Option<Stage> {
        Some(match self.record.stage {
            Stage::ReconcileService => Stage::PreScaleUp,
            Stage::PreScaleUp => Stage::ScaleUp,
            Stage::ScaleUp => Stage::PostScaleUp,
            Stage::PostScaleUp => Stage::TestTrafficShift,
            Stage::TestTrafficShift => Stage::PostTestTrafficShift,
            Stage::PostTestTrafficShift => Stage::PreProductionTrafficShift,
            Stage::PreProductionTrafficShift => Stage::ProductionTrafficShift,
            Stage::ProductionTrafficShift if self.record.production_permille < ALL => Stage::PreProductionTrafficShift,
            Stage::ProductionTrafficShift => Stage::PostProductionTrafficShift,
            Stage::PostProductionTrafficShift => Stage::BakeTime,
            Stage::BakeTime => Stage::CleanUp,
            Stage::CleanUp => return None,
        })
    }

    fn enter(&mut self, stage: Stage) {
        self.record.stage = stage;
        self.record.stage_started_at = Time(self.seen.now);
        self.record.hooks.clear();
        if matches!(stage, Stage::PreProductionTrafficShift | Stage::ProductionTrafficShift) {
            self.record.shifted_at = None;
        }
    }
}

#[cfg(test)]
mod tests;
