//! Placement: constraints, strategies, capacity providers and launch types → [`Placement`] (mapping specification, section 8
//! and R-CPS).
//!
//! *Guarantees*: what a Block stands on is left out of the model, so that it says what an accepted document runs with.
//!
//! *Not here*: a provider's exact share of tasks; the Kubernetes objects (`translate::placement`).

mod constraint;
mod formula;
mod pattern;
mod provider;
mod subject;

use ecs_crds::ecs::{
    CapacityProviderStrategyItem, PlacementConstraint, PlacementStrategy, RunTask, TaskDefinitionPlacementConstraint,
};
use ecs_crds::status::Class;

use crate::config::{BinpackScheduler, Context, LaunchTypeProfile};
use crate::findings::{Findings, Path};
use crate::model::placement::{Constraints, Placement};

/// The most constraints of a task, its definition's included
const CONSTRAINTS_MAX: usize = 10;
/// The most rules of a strategy
const STRATEGIES_MAX: usize = 5;
/// The node label whose value is the node
const HOSTNAME: &str = "kubernetes.io/hostname";
/// The node label whose value is the availability zone
const ZONE: &str = "topology.kubernetes.io/zone";

/// What a document says about placement, beside its task definition
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    pub(super) constraints: Option<&'a Vec<PlacementConstraint>>,
    pub(super) strategy: Option<&'a Vec<PlacementStrategy>>,
    pub(super) providers: Option<&'a Vec<CapacityProviderStrategyItem>>,
    pub(super) launch_type: Option<&'a str>,
    /// Whether the shares of capacity providers are kept exactly
    pub(super) exact: bool,
    /// Who is placed
    pub(super) of: Placed,
}

impl<'a> Words<'a> {
    /// Of tasks of their own
    pub(super) fn of_run(task: &'a RunTask) -> Self {
        Self {
            constraints: task.placement_constraints.as_ref(),
            strategy: task.placement_strategy.as_ref(),
            providers: task.capacity_provider_strategy.as_ref(),
            launch_type: task.launch_type.as_deref(),
            exact: false,
            of: Placed::Run,
        }
    }
}

/// Who is placed
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// Tasks of a service, which ECS spreads where nothing else is said
    Service,
    /// Tasks of a service that has one on every node
    Daemon,
    /// Tasks of their own, which ECS puts anywhere where nothing else is said
    Run,
}

/// Reads what stands at `path` beside a task definition
pub(super) fn placement(words: Words<'_>, path: &Path, context: &Context, findings: &mut Findings) -> Placement {
    let Words { constraints, strategy, providers, launch_type, exact, of } = words;
    let constraints = constraints.map(Vec::as_slice).unwrap_or_default();
    let rules = strategy.map(Vec::as_slice).unwrap_or_default();
    let providers = providers.map(Vec::as_slice).unwrap_or_default();
    let at = path.key("placementConstraints");
    let mut placement = Placement::default();
    for (index, PlacementConstraint { r#type, expression, unknown: _ }) in constraints.iter().enumerate() {
        match member_of(r#type.as_deref(), expression.as_deref(), &at.index(index), context, findings) {
            Some(Constraint::MemberOf(constraint)) => placement.constraints = placement.constraints.and(&constraint),
            Some(Constraint::Distinct) => placement.distinct_instances = true,
            None => {}
        }
    }
    placement.constraints.count = constraints.len();
    few(constraints.len(), &at, findings);
    fargate(
        launch_type,
        &[("placementConstraints", constraints.len()), ("placementStrategy", rules.len())],
        path,
        findings,
    );

    strategies(rules, &path.key("placementStrategy"), of, context, &mut placement, findings);
    let at = path.key("capacityProviderStrategy");
    if launch_type.is_some() && !providers.is_empty() {
        let message = "`launchType` and `capacityProviderStrategy` exclude each other; keep one";
        findings.block(&at, Class::Exact, "InvalidValue", message);
    }
    placement.providers = provider::providers(providers, exact, &at, context, findings);
    placement.profile = profile(launch_type, &path.key("launchType"), context, findings);
    placement
}

/// Reads the constraints of a task definition
pub(super) fn task_definition(
    constraints: Option<&Vec<TaskDefinitionPlacementConstraint>>,
    context: &Context,
    findings: &mut Findings,
) -> Constraints {
    let constraints = constraints.map(Vec::as_slice).unwrap_or_default();
    let path = Path::root().key("placementConstraints");
    let mut all = Constraints::default();
    for (index, constraint) in constraints.iter().enumerate() {
        let TaskDefinitionPlacementConstraint { r#type, expression, unknown: _ } = constraint;
        match member_of(r#type.as_deref(), expression.as_deref(), &path.index(index), context, findings) {
            Some(Constraint::MemberOf(constraint)) => all = all.and(&constraint),
            // The vocabulary's check refuses it: a task definition has `memberOf` alone.
            Some(Constraint::Distinct) | None => {}
        }
    }
    few(constraints.len(), &path, findings);
    all.count = constraints.len();
    all
}

/// What is wrong with the constraints of a task definition and those beside it, which hold together
pub(crate) fn together(task: &Constraints, beside: &Constraints, path: &Path, findings: &mut Findings) {
    let path = path.key("placementConstraints");
    let (count, terms) = (task.count + beside.count, task.nodes.terms().len() * beside.nodes.terms().len());
    if count > CONSTRAINTS_MAX && task.count > 0 && beside.count > 0 {
        let message = format!(
            "{count} constraints are given with those of the task definition, ECS takes at most {CONSTRAINTS_MAX}"
        );
        findings.block(&path, Class::Exact, "InvalidValue", message);
    }
    if terms > formula::TERMS_MAX {
        let message = format!(
            "with the constraints of the task definition, these come to {terms} alternatives, and {} are the most; simplify \
             them, or give the nodes an attribute that says the same",
            formula::TERMS_MAX
        );
        findings.block(&path, Class::Unsupported, "PlacementTooComplex", message);
    }
}

enum Constraint {
    Distinct,
    MemberOf(Constraints),
}

fn member_of(
    kind: Option<&str>,
    expression: Option<&str>,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Option<Constraint> {
    let expression = expression.filter(|expression| !expression.is_empty());
    let mut refuse = |key: &str, message: &str| findings.block(&path.key(key), Class::Exact, "InvalidValue", message);
    match (kind, expression) {
        (Some("distinctInstance"), None) => return Some(Constraint::Distinct),
        (Some("distinctInstance"), Some(_)) => {
            refuse("expression", "`distinctInstance` takes no expression; remove it");
        }
        (Some("memberOf"), Some(expression)) => {
            let path = path.key("expression");
            return constraint::constraint(expression, &path, context, findings).map(Constraint::MemberOf);
        }
        (Some("memberOf"), None) => refuse("expression", "`memberOf` needs an expression; say which nodes are meant"),
        (None, _) => refuse("type", "a constraint needs a `type`; use distinctInstance or memberOf"),
        // The vocabulary's check names the kinds that there are.
        (Some(_), _) => {}
    }
    None
}

/// At most ten; where the table says so too, both count as one finding
fn few(count: usize, path: &Path, findings: &mut Findings) {
    if count > CONSTRAINTS_MAX {
        let message = format!("{count} elements are not allowed here; use 0 to {CONSTRAINTS_MAX}");
        findings.block(path, Class::Unsupported, "InvalidValue", message);
    }
}

/// Fargate places tasks itself
fn fargate(launch_type: Option<&str>, members: &[(&str, usize)], path: &Path, findings: &mut Findings) {
    for (member, _) in members.iter().filter(|(_, count)| launch_type == Some("FARGATE") && *count > 0) {
        let message = format!("Fargate refuses `{member}`; remove it, or use another launch type");
        findings.block(&path.key(member), Class::Exact, "NotAllowedOnFargate", message);
    }
}

fn strategies(
    rules: &[PlacementStrategy],
    path: &Path,
    of: Placed,
    context: &Context,
    placement: &mut Placement,
    findings: &mut Findings,
) {
    if rules.is_empty() && of == Placed::Service {
        placement.spread = vec![ZONE.to_owned(), HOSTNAME.to_owned()];
    }
    if !rules.is_empty() && of == Placed::Daemon {
        let message = "a DAEMON service has one task on every node, so there is nothing to place; remove this";
        findings.block(path, Class::Exact, "InvalidValue", message);
    }
    if rules.len() > STRATEGIES_MAX {
        let message = format!("{} elements are not allowed here; use 0 to {STRATEGIES_MAX}", rules.len());
        findings.block(path, Class::Unsupported, "InvalidValue", message);
    }
    if rules.len() > 1 {
        let message = "the scheduler adds the scores of all rules, where ECS takes one after the other";
        findings.info(path, Class::Approximate, "PlacementRulesAdded", message);
    }
    for (index, PlacementStrategy { r#type, field, unknown: _ }) in rules.iter().enumerate() {
        let path = path.index(index);
        let field = field.as_deref().unwrap_or_default();
        match r#type.as_deref() {
            Some("spread") => {
                let label = spread(field, &path.key("field"), context, findings);
                let new = label.filter(|label| !placement.spread.contains(label));
                placement.spread.extend(new);
            }
            Some("binpack") => {
                let scheduler = binpack(field, &path.key("field"), context, findings);
                placement.scheduler = placement.scheduler.take().or(scheduler);
            }
            None => {
                let message = "a rule needs a `type`; use random, spread or binpack";
                findings.block(&path.key("type"), Class::Exact, "InvalidValue", message);
            }
            // Random needs nothing; the vocabulary's check refuses what is no strategy.
            Some(_) => {}
        }
    }
}

/// The node label over whose values tasks are spread
fn spread(field: &str, path: &Path, context: &Context, findings: &mut Findings) -> Option<String> {
    if field.eq_ignore_ascii_case("instanceId") || field.eq_ignore_ascii_case("host") {
        return Some(HOSTNAME.to_owned());
    }
    let attribute = field.split_once(':').filter(|(prefix, _)| prefix.eq_ignore_ascii_case("attribute"));
    let Some((_, attribute)) = attribute.filter(|(_, name)| !name.is_empty()) else {
        let message = format!("`{field}` is nothing to spread over; use instanceId, host or attribute:<name>");
        findings.block(path, Class::Exact, "InvalidValue", message);
        return None;
    };
    let label = subject::label(attribute, context);
    match &label {
        None => {
            let message = format!(
                "no node label stands for `attribute:{attribute}`; name one in `attributeLabels` of the operator's \
                 configuration"
            );
            findings.block(path, Class::Unsupported, "AttributeUnmapped", message);
        }
        Some(label) if label.own => {
            let message =
                format!("tasks are spread over the label `{}`; give it to nodes as the attribute on ECS", label.key);
            findings.info(path, Class::Equivalent, "AttributeAsLabel", message);
        }
        Some(_) => {}
    }
    label.map(|label| label.key)
}

/// The scheduler that fills nodes by this resource
fn binpack(field: &str, path: &Path, context: &Context, findings: &mut Findings) -> Option<String> {
    let BinpackScheduler { cpu, memory } = &context.config.binpack_scheduler;
    let (resource, scheduler) = match field.to_ascii_lowercase().as_str() {
        "cpu" => ("cpu", cpu),
        "memory" => ("memory", memory),
        _ => {
            let message = format!("`{field}` is nothing to pack by; use cpu or memory");
            findings.block(path, Class::Exact, "InvalidValue", message);
            return None;
        }
    };
    match scheduler {
        Some(scheduler) => {
            let message = format!("the scheduler `{scheduler}` packs by its own scores, of which {resource} is one");
            findings.info(path, Class::Approximate, "BinpackByScheduler", message);
        }
        None => {
            let message = format!(
                "nothing here packs tasks, so they run wherever the scheduler puts them; name a scheduler that does in \
                 `binpackScheduler.{resource}` of the operator's configuration"
            );
            findings.warn(path, Class::Advisory, "BinpackIgnored", message);
        }
    }
    scheduler.clone()
}

/// What the configuration adds for a launch type
fn profile(launch_type: Option<&str>, path: &Path, context: &Context, findings: &mut Findings) -> LaunchTypeProfile {
    let profile = launch_type.and_then(|name| context.config.launch_type_profiles.get(name));
    if let Some(LaunchTypeProfile { node_selector, tolerations: _, labels: _ }) = profile
        && !node_selector.is_empty()
    {
        let labels: Vec<_> = node_selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let message = format!("tasks run on nodes with {} alone, as `launchTypeProfiles` says", labels.join(", "));
        findings.info(path, Class::Approximate, "LaunchTypeNodes", message);
    }
    profile.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
