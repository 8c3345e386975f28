//! One EcsService: what it runs now, and the steps that bring its children there.
//!
//! *Guarantees*: a document that is refused, or waits for something, changes no child but the count of tasks; a pod template
//! changes only with a new service revision; a stuck deployment configuration keeps what runs.

use std::collections::{BTreeMap, BTreeSet};

use ecs_crds::status::{Class, Reason};
use ecs_crds::{Autoscaling, EcsService, EcsServiceStatus};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ControllerRevision, DaemonSet, Deployment};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service as KubeService, ServiceAccount};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::check::traffic::joined::joined;
use crate::check::{self, Checked, placement};
use crate::config::{Capabilities, Context, Holdable};
use crate::deploy::staged::Stages;
use crate::deploy::{State, Workload, state_of};
use crate::findings::{Findings, Path, accepted_codes};
use crate::model::deployment::Alarms;
use crate::model::service::{Scheduling, Service};
use crate::model::traffic::Joined;
use crate::names;
use crate::plan::aliases;
use crate::plan::companions::{self, Observed};
use crate::plan::deployments::{self, Course, History};
use crate::plan::family::{FamilyView, plain};
use crate::plan::neighbours::{Neighbour, Wanted};
use crate::plan::references::{Awaiting, blocked, not_ready, resolve};
use crate::plan::scaling::{self, Scaled};
use crate::plan::staged;
use crate::plan::{Child, ChildKind, Existing, Plan, Step, owner, superfluous_accounts};
use crate::revision::{Inputs, Rendered, ServiceContent, ServiceRevision, TaskRevision};
use crate::translate;
use crate::translate::service::{objects, render};
use crate::translate::staged::Laid;
use crate::translate::traffic::Ways;
use crate::translate::workload::{Part, Runner, parts};

/// Finished deployments whose revisions are kept, for roll-back and for people who look
const REVISIONS_KEPT: usize = 10;

/// A service and what is there of it
#[derive(Clone, Debug)]
pub struct ServiceView<'a> {
    /// The service
    pub service: &'a EcsService,
    /// Other EcsServices of the namespace
    pub others: Vec<&'a EcsService>,
    /// The family that the spec names, where it names one
    pub family: Option<FamilyView<'a>>,
    /// Stored service revisions that it owns
    pub revisions: Vec<&'a ControllerRevision>,
    /// Deployments that it owns
    pub deployments: Vec<&'a Deployment>,
    /// DaemonSets that it owns
    pub daemon_sets: Vec<&'a DaemonSet>,
    /// Services that it owns
    pub services: Vec<&'a KubeService>,
    /// Services of others in the namespace that its tasks know by host names of Service Connect
    pub offered: Vec<&'a KubeService>,
    /// ServiceAccounts of ours in the namespace
    pub service_accounts: Vec<&'a ServiceAccount>,
    /// What else it owns around its tasks
    pub neighbours: Vec<Neighbour<'a>>,
    /// Companions of ours in the namespace
    pub companions: Vec<Observed<'a>>,
    /// Its pods
    pub pods: Vec<&'a Pod>,
    /// Jobs of lifecycle hooks that it owns
    pub jobs: Vec<&'a Job>,
}

impl ServiceView<'_> {
    /// The DaemonSet, as what runs tasks
    #[must_use]
    pub fn daemons(&self) -> Workload {
        Workload::sum(self.daemon_sets.iter().map(|d| Workload::from(*d)))
    }
}

/// What a service is to run
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The valid model
    pub service: Service,
    /// The revision that is wanted: the PRIMARY deployment
    pub primary: ServiceRevision,
    /// The revision that the Deployment gets: an older one where the deployment configuration allows no progress
    pub running: ServiceRevision,
    /// The failed revision that the spec still asks for, and that is not tried again
    pub hold: Option<i64>,
    /// Whether the deployment configuration allows no progress towards the wanted revision
    pub stuck: bool,
    /// What is deployed in stages; none: deployments roll
    pub stages: Option<Stages>,
}

/// What is due for a service
#[derive(Clone, Debug, PartialEq)]
pub struct ServicePlan {
    /// What was found in the document
    pub findings: Findings,
    /// Why the document is not accepted
    pub refused: Option<Awaiting>,
    /// What is awaited before something new can run
    pub awaiting: Option<Awaiting>,
    /// What runs
    pub target: Option<Target>,
    /// The bounds of its count, where it scales
    pub scaled: Option<Scaled>,
    /// The steps
    pub plan: Plan,
    /// When a look can find more to do without a change
    pub look_at: Option<Timestamp>,
}

/// The Kubernetes name of a service's children
#[must_use]
pub fn child_name(service: &EcsService) -> String {
    names::k8s_name(ecs_name(service), names::LABEL_MAX)
}

/// The ECS name of a service: `spec.serviceName`, else `metadata.name`
#[must_use]
pub fn ecs_name(service: &EcsService) -> &str {
    service.spec.service_name.as_deref().or(service.metadata.name.as_deref()).unwrap_or_default()
}

impl ServicePlan {
    /// The bounds to remember: one that scales no more has none; what waits, is refused or held keeps those that it had
    #[must_use]
    pub fn autoscaling(&self, before: Option<Autoscaling>) -> Option<Autoscaling> {
        match &self.target {
            Some(target) if !target.service.held => self.scaled.as_ref().map(|scaled| scaled.memory.clone()),
            _ => before,
        }
    }
}

impl Target {
    /// What runs its tasks, as one; what is on its way out is none of it
    #[must_use]
    pub fn workload(&self, view: &ServiceView<'_>) -> Workload {
        if self.service.scheduling == Scheduling::Daemon {
            return view.daemons();
        }
        if self.stages.is_some() {
            return Workload::sum(view.deployments.iter().map(|d| Workload::from(*d)));
        }
        let parts = parts(&self.service, &self.running);
        let there = |part: &Part| view.deployments.iter().find(|d| d.metadata.name.as_ref() == Some(&part.name));
        Workload::sum(parts.iter().map(|part| there(part).map_or_else(Workload::default, |d| Workload::from(*d))))
    }

    /// The alarms that somebody is to be asked about now: those of a deployment that is under way
    #[must_use]
    pub fn watched_alarms(&self, previous: Option<&EcsServiceStatus>) -> Option<&Alarms> {
        let state = previous.and_then(|p| state_of(p, &self.primary.deployment_id()));
        let under_way = state.is_none_or(|s| s == State::InProgress) && self.hold.is_none() && !self.service.held;
        self.service.judgement.alarms.as_ref().filter(|_| under_way)
    }
}

/// Plans a service
#[must_use]
pub fn service(view: &ServiceView<'_>, context: &Context, now: Timestamp) -> ServicePlan {
    let name = view.service.metadata.name.as_deref().unwrap_or_default();
    let context = &context.in_namespace(view.service.metadata.namespace.as_deref().unwrap_or_default());
    let accept = accepted_codes(&view.service.metadata);
    let Checked { model, mut findings } = check::service(&view.service.spec, name, &accept, context);
    findings.extend(aliases::conflicts(view.service, &view.others).accepting(&accept));
    let refused = name_conflict(view).or_else(|| blocked(&findings));
    let nothing = |findings, refused, awaiting| ServicePlan {
        findings,
        refused,
        awaiting,
        target: None,
        scaled: None,
        plan: Plan::default(),
        look_at: None,
    };
    let Some(mut model) = model.filter(|_| refused.is_none()) else { return nothing(findings, refused, None) };
    let workload = view.service.spec.kubernetes.as_ref().and_then(|k| k.workload);
    model.held_by_cluster = context.bindings.hold(Holdable::Workloads, &view.service.metadata, workload);
    model.held |= model.held_by_cluster.is_some();
    let count = view.service.spec.desired_count;
    findings.extend(scaling::told(&model, &view.service.metadata, count, context.capabilities));
    let scaled = scaling::scaled(&model, view.service, now);
    model.desired_count = match model.scheduling {
        Scheduling::Daemon => i32::try_from(view.daemons().wanted).unwrap_or(i32::MAX),
        Scheduling::Replica => scaled.as_ref().map_or(model.desired_count, |scaled| scaled.count),
    };

    let history = History::of(view);
    if let Some(refused) = history.another_strategy(model.scheduling) {
        return nothing(findings, Some(refused), None);
    }
    let current = history.current();
    let running = current.map(|n| n.content.inputs.task_definition.clone());
    let mut found = Findings::default();
    let (course, awaiting) = match resolve(view.family.as_ref(), &model.task_definition, running.as_deref()) {
        Ok(revision) => match next_revision(view, &model, &revision, &history, context, &mut found) {
            Some(next) => (Some(next), None),
            None => (None, Some(not_ready(&revision.id()))),
        },
        // What is there keeps running, and keeps its count, while something new is awaited.
        Err(awaiting) => (history.stay(), Some(awaiting)),
    };
    findings.extend(found.accepting(&accept));
    if let Some(refused) = blocked(&findings) {
        return nothing(findings, Some(refused), None);
    }
    let Some(Course { primary, hold }) = course else { return nothing(findings, None, awaiting) };

    let stuck = deployments::stuck(view, &model, &primary, &history);
    let stages = staged::stages(view, &model, &primary, &history);
    let production = || history.revision(stages.as_ref()?.layout.production()?);
    let running = stuck.clone().or_else(production).unwrap_or_else(|| primary.clone());
    let mut target = Target { service: model, primary, running, hold, stuck: stuck.is_some(), stages };
    let mut plan = steps(view, &target, scaled.as_ref(), context.capabilities);
    target.stages.iter_mut().for_each(|stages| stages.laid_out = is_laid_out(&plan));
    let replaced = deployments::replace(view, &history, context, now, &mut plan);
    let look_at = [replaced, scaled.as_ref().and_then(|s| s.look_at)].into_iter().flatten().min();
    ServicePlan { findings, refused: None, awaiting, target: Some(target), scaled, plan, look_at }
}

/// The older of two services of one name has it
fn name_conflict(view: &ServiceView<'_>) -> Option<Awaiting> {
    let age = |s: &EcsService| (s.metadata.creation_timestamp.as_ref().map(|t| t.0), s.metadata.uid.clone());
    let holder = view
        .others
        .iter()
        .filter(|o| o.metadata.deletion_timestamp.is_none() && child_name(o) == child_name(view.service))
        .filter(|o| age(o) < age(view.service))
        .min_by_key(|o| age(o))?;
    Some(Awaiting {
        reason: Reason::ServiceNameConflict,
        message: format!(
            "the service name `{}` is held by the older EcsService `{}`; give this one another serviceName",
            ecs_name(view.service),
            holder.metadata.name.as_deref().unwrap_or_default()
        ),
    })
}

/// The revision that the spec asks for: one that is there, while its inputs stand, else the next one, rendered now
fn next_revision(
    view: &ServiceView<'_>,
    model: &Service,
    task: &TaskRevision,
    history: &History,
    context: &Context,
    findings: &mut Findings,
) -> Option<Course> {
    let inputs = Inputs { task_definition: task.id(), service: model.deployment_inputs.clone() };
    let rendered = rendered(view, model, task, context, findings);
    match history.course(&inputs) {
        Some(course) => {
            if course.hold.is_none() && rendered.is_some_and(|now| now != course.primary.content.rendered) {
                let message = "this version, configuration or cluster renders the tasks differently; the difference applies at \
                               the next deployment (set spec.kubernetes.forceDeployment to start one)";
                findings.info(&Path::root(), Class::Equivalent, "AppliesAtNextDeployment", message);
            }
            Some(course)
        }
        None => {
            let content = ServiceContent { inputs, rendered: rendered? };
            let primary = ServiceRevision { service: model.name.clone(), number: history.last() + 1, content };
            Some(Course { primary, hold: None })
        }
    }
}

/// What the revision renders to; none where this version no longer accepts its document
fn rendered(
    view: &ServiceView<'_>,
    model: &Service,
    task: &TaskRevision,
    context: &Context,
    findings: &mut Findings,
) -> Option<Rendered> {
    let checked = check::task_definition(&task.content.spec, &task.family, &task.content.accept, context);
    let task_definition = check::launch::of_service(checked.model?, model, findings);
    placement::together(&task_definition.constraints, &model.placement.constraints, &Path::root(), findings);
    let host_entries = if model.traffic.is_client { aliases::host_entries(&view.offered) } else { BTreeMap::new() };
    let joined = Joined { host_entries, ..joined(model, &task_definition, context, findings) };
    check::scaling::reserved(model, &task_definition, findings);
    let (rendered, found) = render(model, &task_definition, &joined, task.number, context);
    // Its own status tells what holds in any service
    let known = if found.is_empty() { Findings::default() } else { plain(&task_definition, context) };
    findings.extend(found.without(&known).of_document(&task.id(), &Path::root().key("taskDefinition")));
    Some(rendered)
}

/// The number of the service revision that a Deployment's template names
#[must_use]
pub fn deployed_revision(deployment: &Deployment) -> Option<i64> {
    Workload::from(deployment).revision
}

/// The steps from what is there to the objects of this revision
fn steps(view: &ServiceView<'_>, target: &Target, scaled: Option<&Scaled>, capabilities: Capabilities) -> Plan {
    let Target { service: model, primary: newest, running, .. } = target;
    let metadata = &view.service.metadata;
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    let owner = owner("EcsService", metadata, true);
    let bounds = scaled.map(|scaled| scaled.bounds);
    let mut plan = Plan::default();
    plan.applies.extend(scaled.and_then(|scaled| scaled.step(view.service)));
    let revision = newest.encode(namespace, owner.clone());
    let stored = view.revisions.iter().find(|r| r.revision == newest.number).copied();
    // Before the revision, whose being there says that its deployment has begun
    let wanted = || newest.content.rendered.companions.iter().chain(&running.content.rendered.companions);
    companions::want(&mut plan, wanted(), &view.companions, (namespace, &owner), stored.is_none());
    plan.want(Child::new(ChildKind::ControllerRevision, &revision.metadata, &revision), stored);
    let laid = match &target.stages {
        Some(stages) => staged::laid(view, target, stages, bounds, (namespace, &owner), capabilities),
        None => {
            let paused = deployments::paused(view, target);
            let state = translate::service::State { paused, bounds, waiting: deployments::waiting(view, target) };
            Some(Laid::rolling(objects(model, running, namespace, &owner, state, capabilities)))
        }
    };
    // A revision that cannot be read is no reason to take anything away
    let Some(Laid { service_accounts, runner, services, ways, disruption_budget, autoscaler }) = laid else {
        return plan;
    };
    for account in &service_accounts {
        let there = view.service_accounts.iter().find(|a| a.metadata.name == account.metadata.name).copied();
        plan.want(Child::new(ChildKind::ServiceAccount, &account.metadata, account).shared(), there);
    }
    want_runner(view, &runner, &mut plan);
    for service in &services {
        let there = view.services.iter().find(|s| s.metadata.name == service.metadata.name).copied();
        plan.want(Child::new(ChildKind::Service, &service.metadata, service), there);
    }
    plan.prune = want_neighbours(&mut plan, view, &ways, disruption_budget.as_ref(), autoscaler.as_ref(), &owner);
    plan.prune.extend(superfluous(view, target, &owner, &runner, &services, &service_accounts));
    staged::gates(&mut plan, view, target, namespace, &owner);
    plan.prune.extend(companions::superfluous(&view.companions, &owner.uid, || {
        let kept = newest_first(view).into_iter().enumerate();
        let kept = kept.filter(|(index, stored)| is_kept(view, *index, stored));
        let kept = kept.filter_map(|(_, stored)| ServiceRevision::decode(stored));
        kept.flat_map(|kept| kept.content.rendered.companions).chain(wanted().cloned()).collect()
    }));
    plan
}

/// Whether everything that leads traffic is as it is wanted, and nothing else is there
fn is_laid_out(plan: &Plan) -> bool {
    let leads = |kind: ChildKind| {
        matches!(
            kind,
            ChildKind::Deployment
                | ChildKind::Service
                | ChildKind::Ingress
                | ChildKind::HttpRoute
                | ChildKind::TargetGroupBinding
        )
    };
    plan.applies.iter().chain(&plan.prune).all(|step| match step {
        Step::Create(child) | Step::Update(child, _) => !leads(child.kind),
        Step::Delete(existing) => !leads(existing.kind),
        Step::Orphan(_) | Step::Release(..) | Step::Replace(_) | Step::Suspend(_) | Step::Scale(..) => true,
    })
}

/// Adds the steps towards what runs the tasks
fn want_runner(view: &ServiceView<'_>, runner: &Runner, plan: &mut Plan) {
    match runner {
        Runner::Deployments(deployments) => {
            for deployment in deployments {
                let there = view.deployments.iter().find(|d| d.metadata.name == deployment.metadata.name).copied();
                plan.want(Child::new(ChildKind::Deployment, &deployment.metadata, deployment), there);
            }
        }
        Runner::DaemonSet(daemons) => {
            let there = view.daemon_sets.iter().find(|d| d.metadata.name == daemons.metadata.name).copied();
            plan.want(Child::new(ChildKind::DaemonSet, &daemons.metadata, daemons), there);
        }
        Runner::Nothing => {}
    }
}

/// Adds what stands around the tasks beside Services; returns the removal of what nobody wants
fn want_neighbours(
    plan: &mut Plan,
    view: &ServiceView<'_>,
    ways: &Ways,
    disruption_budget: Option<&PodDisruptionBudget>,
    autoscaler: Option<&HorizontalPodAutoscaler>,
    owner: &OwnerReference,
) -> Vec<Step> {
    let Ways { connect: _, discovery: _, ingress, http_route, target_group_bindings } = ways;
    let mut neighbours = Wanted::new(&view.neighbours);
    if let Some(ingress) = ingress {
        neighbours.want(plan, ChildKind::Ingress, &ingress.metadata, ingress);
    }
    if let Some(route) = http_route {
        neighbours.want(plan, ChildKind::HttpRoute, &route.metadata, route);
    }
    for binding in target_group_bindings {
        neighbours.want(plan, ChildKind::TargetGroupBinding, &binding.metadata, binding);
    }
    if let Some(budget) = disruption_budget {
        neighbours.want(plan, ChildKind::PodDisruptionBudget, &budget.metadata, budget);
    }
    if let Some(autoscaler) = autoscaler {
        neighbours.want(plan, ChildKind::HorizontalPodAutoscaler, &autoscaler.metadata, autoscaler);
    }
    neighbours.superfluous(&owner.uid)
}

/// The stored revisions, the newest first
fn newest_first<'a>(view: &ServiceView<'a>) -> Vec<&'a ControllerRevision> {
    let mut revisions = view.revisions.clone();
    revisions.sort_by_key(|r| std::cmp::Reverse(r.revision));
    revisions
}

/// What we own and no longer want
fn superfluous(
    view: &ServiceView<'_>,
    target: &Target,
    owner: &OwnerReference,
    runner: &Runner,
    services: &[KubeService],
    accounts: &[ServiceAccount],
) -> Vec<Step> {
    let mut steps = Vec::new();
    let (deployments, daemons): (&[Deployment], _) = match runner {
        Runner::Deployments(deployments) => (deployments, None),
        Runner::DaemonSet(daemons) => (&[], Some(&daemons.metadata.name)),
        Runner::Nothing => (&[], None),
    };
    let wanted = |old: &Deployment| deployments.iter().any(|d| d.metadata.name == old.metadata.name);
    // Its tasks stay until others are in their place
    let replaced = deployments::replaced(view, target);
    let is_needed = |old: &Deployment| !replaced && staged::is_needed(view, target, old);
    for old in view.deployments.iter().filter(|old| !wanted(old) && !is_needed(old)) {
        steps.push(Step::Delete(Existing::of(ChildKind::Deployment, &old.metadata)));
    }
    for old in view.daemon_sets.iter().filter(|d| Some(&d.metadata.name) != daemons) {
        steps.push(Step::Delete(Existing::of(ChildKind::DaemonSet, &old.metadata)));
    }
    let wanted = |old: &&&KubeService| services.iter().any(|service| service.metadata.name == old.metadata.name);
    for old in view.services.iter().filter(|old| !wanted(old)) {
        steps.push(Step::Delete(Existing::of(ChildKind::Service, &old.metadata)));
    }
    steps.extend(superfluous_accounts(&view.service_accounts, &owner.uid, &used_accounts(view, accounts)));
    for (index, old) in newest_first(view).into_iter().enumerate() {
        if !is_kept(view, index, old) {
            steps.push(Step::Delete(Existing::of(ChildKind::ControllerRevision, &old.metadata)));
        }
    }
    steps
}

/// Whether a stored revision stays: a recent one, one whose tasks run, and the one that a roll-back goes to
fn is_kept(view: &ServiceView<'_>, index: usize, stored: &ControllerRevision) -> bool {
    let status = view.service.status.as_ref();
    let completed = status.and_then(|s| s.rollout.as_ref()?.completed.as_ref()).map(|c| c.revision);
    let id = names::deployment_id(stored.revision);
    let staged = status.and_then(|s| s.deployment.as_ref());
    index < REVISIONS_KEPT
        || staged.is_some_and(|d| d.revision == stored.revision || d.source == Some(stored.revision))
        || completed == Some(stored.revision)
        || status.is_some_and(|s| s.deployments.iter().any(|d| d.id == id))
}

/// The identities of the wanted tasks, and of those that still run: without its ServiceAccount a task of an older deployment
/// gets no fresh credentials and no replacement
fn used_accounts(view: &ServiceView<'_>, wanted: &[ServiceAccount]) -> BTreeSet<String> {
    let running = view.service.status.as_ref().map(|s| s.deployments.as_slice()).unwrap_or_default();
    let revisions = view.revisions.iter().filter_map(|stored| ServiceRevision::decode(stored));
    let of_running = revisions
        .filter(|revision| running.iter().any(|d| d.id == revision.deployment_id()))
        .filter_map(|revision| Some(revision.content.rendered.role?.service_account));
    wanted.iter().filter_map(|account| account.metadata.name.clone()).chain(of_running).collect()
}
