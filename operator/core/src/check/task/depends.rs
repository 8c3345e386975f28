//! The edges of the start order (R-ORDER 0 and 1): `dependsOn`, and what links, borrowed volumes and log routers imply.
//!
//! *Guarantees*: every edge that stays joins two different containers; there is no cycle.
//!
//! *Not here*: where in the pod a container goes (R-ORDER 2 to 10, in `translate`).

use ecs_crds::ecs::{ContainerDefinition, ContainerDependency};
use ecs_crds::status::Class;

use super::report::{Report, each, said};
use super::storage::position;
use super::{each_container, network};
use crate::findings::Path;
use crate::model::task::{Condition, Container, Dependency};

const CONDITIONS: &[(&str, Condition)] = &[
    ("START", Condition::Start),
    ("COMPLETE", Condition::Complete),
    ("SUCCESS", Condition::Success),
    ("HEALTHY", Condition::Healthy),
];

/// All edges, those that the document writes before those that it implies
pub(super) fn dependencies(
    definitions: &[ContainerDefinition],
    containers: &[Container],
    report: &mut Report,
) -> Vec<Dependency> {
    let mut edges = Vec::new();
    for (from, (path, definition)) in each_container(definitions).enumerate() {
        for (at, dependency) in each(&path.key("dependsOn"), definition.depends_on.as_ref()) {
            edges.extend(explicit(from, &at, dependency, definitions, containers, report));
        }
        edges.extend(links(from, &path.key("links"), definition, definitions, report));
        for (at, source) in each(&path.key("volumesFrom"), definition.volumes_from.as_ref()) {
            let to = said(source.source_container.as_ref()).and_then(|name| position(definitions, name));
            edges.extend(to.map(|to| Dependency { from, to, condition: Condition::Start, path: at }));
        }
    }
    let router = log_router(definitions, &edges);
    for (from, (path, definition)) in each_container(definitions).enumerate() {
        let driver = definition.log_configuration.as_ref().and_then(|log| log.log_driver.as_deref());
        if let Some(to) = router.filter(|to| *to != from && driver == Some("awsfirelens")) {
            let path = path.key("logConfiguration");
            edges.push(Dependency { from, to, condition: Condition::Start, path });
        }
    }
    refuse_cycles(&edges, containers, report);
    edges
}

/// The FireLens container, unless it has to wait for others itself
fn log_router(definitions: &[ContainerDefinition], edges: &[Dependency]) -> Option<usize> {
    let router = definitions.iter().position(|d| d.firelens_configuration.is_some())?;
    edges.iter().all(|edge| edge.from != router).then_some(router)
}

/// One edge of `dependsOn`
fn explicit(
    from: usize,
    path: &Path,
    dependency: &ContainerDependency,
    definitions: &[ContainerDefinition],
    containers: &[Container],
    report: &mut Report,
) -> Option<Dependency> {
    let ContainerDependency { container_name, condition, unknown: _ } = dependency;
    let Some(name) = said(container_name.as_ref()) else {
        report.required(path, "containerName");
        return None;
    };
    let at = path.key("condition");
    if condition.is_none() {
        report.required(path, "condition");
    }
    let condition = report.choice(&at, condition.as_deref(), CONDITIONS).unwrap_or(Condition::Start);
    let Some((to, target)) = position(definitions, name).and_then(|to| Some((to, containers.get(to)?))) else {
        let message = format!("there is no container `{name}`; name one of this task");
        report.block(&path.key("containerName"), "DependencyUnknown", message);
        return None;
    };
    let condition = match condition {
        Condition::Complete | Condition::Success if target.essential => {
            let message = format!("`{name}` is essential, so the task ends when it exits; wait for START or HEALTHY");
            report.block(&at, "DependencyOnEssentialExit", message);
            Condition::Start
        }
        Condition::Healthy if target.health_check.is_none() => {
            let message = format!("`{name}` has no health check; give it one, or wait for START");
            report.block(&at, "DependencyNeedsHealthCheck", message);
            Condition::Start
        }
        Condition::Complete => {
            let message = format!("`{name}` must exit with 0 before this container starts; ECS takes any exit code");
            report.warn(&at, Class::Approximate, "CompleteTreatedAsSuccess", message);
            Condition::Complete
        }
        condition => condition,
    };
    Some(Dependency { from, to, condition, path: path.clone() })
}

/// `links`: the other container starts first
fn links(
    from: usize,
    path: &Path,
    definition: &ContainerDefinition,
    definitions: &[ContainerDefinition],
    report: &mut Report,
) -> Vec<Dependency> {
    let mut edges = Vec::new();
    for (at, link) in each(path, definition.links.as_ref()) {
        let Some((name, _)) = network::link(link) else {
            report.invalid(&at, format!("`{link}` is no link; write name or name:alias"));
            continue;
        };
        let Some(to) = position(definitions, name) else {
            let message = format!("there is no container `{name}`; name one of this task");
            report.block(&at, "DependencyUnknown", message);
            continue;
        };
        let message =
            format!("`{name}` resolves to localhost in every container of the pod; link variables are not made");
        report.info(&at, Class::Approximate, "LinkIsLocalhost", message);
        edges.push(Dependency { from, to, condition: Condition::Start, path: at });
    }
    edges
}

/// Blocks where containers wait for each other in a circle: no order can start them
fn refuse_cycles(edges: &[Dependency], containers: &[Container], report: &mut Report) {
    let mut circling: Vec<usize> = (0..containers.len()).collect();
    loop {
        let inside = |index: &usize| circling.contains(index);
        let kept: Vec<usize> = circling
            .iter()
            .copied()
            .filter(|index| {
                edges.iter().any(|e| e.from == *index && inside(&e.to))
                    && edges.iter().any(|e| e.to == *index && inside(&e.from))
            })
            .collect();
        if kept.len() == circling.len() {
            break;
        }
        circling = kept;
    }
    let Some(edge) = edges.iter().find(|e| circling.contains(&e.from) && circling.contains(&e.to)) else { return };
    let names: Vec<&str> =
        circling.iter().filter_map(|index| Some(containers.get(*index)?.ecs_name.as_str())).collect();
    let message = format!("{} wait for each other in a circle; remove one of the dependencies", names.join(", "));
    report.block(&edge.path, "DependencyCycle", message);
}
