//! `render`: documents → the objects that the operator would apply for them, without a cluster.
//!
//! The plans of the operator itself make the objects, against a cluster in which nothing is there yet. What only a cluster
//! knows is left out: the owner reference, and the digest that goes with it.
//!
//! *Guarantees*: every document yields objects or a Block finding that tells why not; a task definition that nothing runs is
//! given a service or a Job to look at, a service without its task definition a stub.
//!
//! *Not here*: files, formats, exit codes.

mod given;
mod job;
mod launch;
mod manifest;
mod stub;

use std::collections::BTreeSet;

use ecs_crds::status::{Class, Finding, Severity};
use ecs_crds::{EcsService, EcsServiceStatus, EcsTask, ScheduledTask, ServiceDeploymentStatus, StagedDeployment};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::config::Context;
use crate::deploy::staged::begin;
use crate::findings::{Findings, Path};
use crate::plan::references::Awaiting;
use crate::plan::schedule::{ScheduleView, schedule};
use crate::plan::service::{ServiceView, service};
use crate::plan::task::{TaskView, task};
use crate::plan::{ChildKind, Plan, Step};
use crate::wire::Document;

use given::{Family, Given, Inputs};
use manifest::Manifests;

/// What a task definition that nothing runs is rendered as
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoneTask {
    /// A service of one task
    #[default]
    Service,
    /// A Job
    Task,
}

/// How to render
#[derive(Clone, Debug)]
pub struct Options {
    /// The namespace of what names none
    pub namespace: String,
    /// Codes of findings whose Block is accepted, beside those of each object's annotation
    pub accept: BTreeSet<String>,
    /// What a task definition that nothing runs is rendered as
    pub lone_task: LoneTask,
    /// Whether the ControllerRevisions are shown, in which the operator keeps what it rendered
    pub revisions: bool,
    /// Configuration and capabilities
    pub context: Context,
    /// When, for the start and end dates of schedules
    pub now: Timestamp,
}

impl Default for Options {
    /// A service of one task in the namespace `default`, at the beginning of time
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            accept: BTreeSet::new(),
            lone_task: LoneTask::Service,
            revisions: false,
            context: Context::default(),
            now: Timestamp::UNIX_EPOCH,
        }
    }
}

/// What documents render to
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rendered {
    /// The objects, in the order in which the operator applies them
    pub objects: Vec<Value>,
    /// The findings, object by object
    pub findings: Vec<Located>,
}

/// A finding, and the object that it is about
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Located {
    /// The finding
    #[serde(flatten)]
    pub finding: Finding,
    /// The object
    pub object: ObjectRef,
}

/// An object by kind and name
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ObjectRef {
    /// The kind; `Document` where it could not be read so far
    pub kind: String,
    /// The name in ECS; the number of the document where it has none
    pub name: String,
}

impl Rendered {
    /// The gravest severity found
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|located| located.finding.severity).max()
    }

    fn found(&mut self, object: &ObjectRef, findings: Findings) {
        self.findings.extend(findings.into_iter().map(|finding| Located { finding, object: object.clone() }));
    }
}

/// Renders documents together: a service runs the task definition that is given beside it
#[must_use]
pub fn render(documents: Vec<Document>, options: &Options) -> Rendered {
    let mut rendered = Rendered::default();
    let mut inputs = given::inputs(documents, options, &mut rendered);
    let mut manifests = Manifests::new(options.revisions);
    for family in inputs.lone() {
        rendered.found(&family.object(), launch::findings(family));
    }
    if options.lone_task == LoneTask::Service {
        let made_up: Vec<_> = inputs.lone().map(given::service_of).collect();
        inputs.services.extend(made_up);
    }
    for family in &inputs.families {
        manifests.add_revisions(family);
    }
    for family in inputs.lone() {
        let (objects, findings) = job::of(family, &options.context);
        objects.into_iter().for_each(|manifest| manifests.push(manifest));
        rendered.found(&family.object(), findings);
    }
    for given in &inputs.services {
        let plan = of_service(given, &inputs, options, &mut rendered);
        manifests.add(plan, given.made_up);
    }
    for given in &inputs.schedules {
        let plan = of_schedule(given, &inputs.families, options, &mut rendered);
        manifests.add(plan, false);
    }
    for given in &inputs.tasks {
        let plan = of_task(given, &inputs.families, options, &mut rendered);
        manifests.add(plan, false);
    }
    rendered.objects = manifests.into_objects();
    rendered
}

fn of_service(given: &Given<EcsService>, inputs: &Inputs, options: &Options, rendered: &mut Rendered) -> Plan {
    let others = inputs.services.iter().filter(|other| other.namespace == given.namespace);
    let others = others.map(|other| &other.object).filter(|other| other.metadata.uid != given.object.metadata.uid);
    let object = &shown(&given.object);
    let view = ServiceView {
        service: object,
        others: others.collect(),
        family: given.family_of(&inputs.families).map(Family::view),
        revisions: Vec::new(),
        deployments: Vec::new(),
        daemon_sets: Vec::new(),
        services: Vec::new(),
        offered: Vec::new(),
        service_accounts: Vec::new(),
        neighbours: Vec::new(),
        companions: Vec::new(),
        pods: Vec::new(),
        jobs: Vec::new(),
    };
    let planned = service(&view, &options.context, options.now);
    finish(given, "taskDefinition", planned.findings, planned.refused.or(planned.awaiting), planned.plan, rendered)
}

/// A service as it is once its first deployment is over, whose stages a cluster alone goes through
fn shown(service: &EcsService) -> EcsService {
    let mut service = service.clone();
    let deployment = begin(1, None, false, Timestamp::UNIX_EPOCH);
    let over = StagedDeployment { status: ServiceDeploymentStatus::Successful, ..deployment };
    service.status = Some(EcsServiceStatus { deployment: Some(over), ..EcsServiceStatus::default() });
    service
}

fn of_schedule(given: &Given<ScheduledTask>, families: &[Family], options: &Options, rendered: &mut Rendered) -> Plan {
    let view = ScheduleView {
        schedule: &given.object,
        family: given.family_of(families).map(Family::view),
        cron_jobs: Vec::new(),
        jobs: Vec::new(),
        pods: Vec::new(),
        service_accounts: Vec::new(),
        companions: Vec::new(),
    };
    let mut planned = schedule(&view, &options.context, options.now);
    let mut findings = planned.findings;
    // Which runs are due is the cluster's affair; what each is made of, the next one shows.
    planned.plan.applies.retain(|step| !matches!(step, Step::Create(child) if child.kind == ChildKind::Job));
    let shows = planned.preview.is_some()
        || planned
            .plan
            .applies
            .iter()
            .any(|step| matches!(step, Step::Create(child) if child.kind == ChildKind::CronJob));
    if let Some(job) = planned.preview {
        let message = "the operator starts a Job like this one for each run, by its own engine; applied by hand it runs once, at once";
        findings.info(&Path::root().key("scheduleExpression"), Class::Equivalent, "EngineSchedule", message);
        planned.plan.applies.push(Step::Create(job));
    }
    if planned.armed.is_some() && !shows {
        let message =
            "the schedule does not fire now: its start date is still to come, or it has fired for the last time";
        findings.info(&Path::root(), Class::Exact, "ScheduleNotActive", message);
    }
    finish(given, "task", findings, planned.refused.or(planned.awaiting), planned.plan, rendered)
}

fn of_task(given: &Given<EcsTask>, families: &[Family], options: &Options, rendered: &mut Rendered) -> Plan {
    let view = TaskView {
        task: &given.object,
        family: given.family_of(families).map(Family::view),
        jobs: Vec::new(),
        pods: Vec::new(),
        service_accounts: Vec::new(),
        companions: Vec::new(),
    };
    let planned = task(&view, &options.context, options.now);
    let mut findings = planned.findings.unwrap_or_default();
    if planned.held.is_some() || planned.life.is_some() {
        let message = "the tasks do not start: `spec.kubernetes` holds or stops them, so there is no Job";
        findings.info(&Path::root().key("kubernetes"), Class::Exact, "TaskNotStarted", message);
    }
    finish(given, "taskDefinition", findings, planned.refused.or(planned.awaiting), planned.plan, rendered)
}

/// Tells what was found, and takes the plan away where anything forbids it
fn finish<K>(
    given: &Given<K>,
    reference: &str,
    findings: Findings,
    waits: Option<Awaiting>,
    plan: Plan,
    rendered: &mut Rendered,
) -> Plan {
    let mut findings = given.left_out.restored(findings);
    findings.add_read(given.findings.clone());
    let mut findings = findings.without_consequences();
    if let Some(Awaiting { reason, message }) = waits.filter(|_| !findings.blocked()) {
        findings.block(&Path::root().key(reference), Class::Exact, &reason.to_string(), message);
    }
    let refused = findings.blocked();
    if !given.made_up {
        rendered.found(&given.name, findings);
    }
    if refused { Plan::default() } else { plan }
}

#[cfg(test)]
mod tests;
