//! Where a pod may run → `placementConstraints`, `placementStrategy`, `runtimePlatform`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, PodAntiAffinity, PodSpec,
    TopologySpreadConstraint,
};
use serde_json::{Value, json};

use ecs_crds::GROUP;

use super::{Members, Profile, Report, some};
use crate::findings::Path;

/// Labels of nodes that are attributes of ECS
const ATTRIBUTES: &[(&str, &str)] =
    &[(ZONE, "ecs.availability-zone"), ("node.kubernetes.io/instance-type", "ecs.instance-type")];
const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";
const ARCHITECTURE: &str = "kubernetes.io/arch";
const SYSTEM: &str = "kubernetes.io/os";

/// What of a pod's placement a service says
#[derive(Debug, Default)]
pub(super) struct Placement {
    /// `placementConstraints` of the task definition
    pub(super) member_of: Vec<Value>,
    /// `placementConstraints` of the service
    pub(super) distinct: Vec<Value>,
    /// `placementStrategy` of the service
    pub(super) strategy: Vec<Value>,
    /// `runtimePlatform` of the task definition
    pub(super) platform: Value,
}

/// Reads where a pod with these labels may run
pub(super) fn placement(
    pod: &PodSpec,
    labels: &BTreeMap<String, String>,
    path: &Path,
    report: &mut Report<'_>,
) -> Placement {
    let mut placement = Placement::default();
    let mut selector = pod.node_selector.clone().unwrap_or_default();
    placement.platform = platform(&mut selector, pod.os.as_ref().map(|os| os.name.as_str()));
    let mut expressions: Vec<String> =
        selector.iter().map(|(key, value)| format!("{} == {value}", attribute(key))).collect();
    if let Some(Affinity { node_affinity, pod_affinity, pod_anti_affinity }) = &pod.affinity {
        let path = path.key("affinity");
        report.lost_each(&path, "LossAffinity", &[("podAffinity", pod_affinity.is_some())]);
        if let Some(affinity) = node_affinity {
            expressions.extend(nodes(affinity, &path.key("nodeAffinity"), report));
        }
        if let Some(anti) = pod_anti_affinity {
            placement.distinct = apart(anti, labels, &path.key("podAntiAffinity"), report);
        }
    }
    let there = !expressions.is_empty();
    if report.only_on_instances(there, &path.key("nodeSelector"), "nodes to choose from") {
        let both = expressions.len() > 1;
        let each = expressions.into_iter().map(|e| if both { format!("({e})") } else { e });
        let expression = each.collect::<Vec<_>>().join(" and ");
        placement.member_of = vec![json!({"type": "memberOf", "expression": expression})];
    }
    placement.strategy = spread(pod.topology_spread_constraints.as_deref().unwrap_or_default(), path, report);
    placement
}

/// `runtimePlatform`, of the labels that say nothing else
fn platform(selector: &mut BTreeMap<String, String>, os: Option<&str>) -> Value {
    let mut platform = Members::default();
    let architecture = match selector.get(ARCHITECTURE).map(String::as_str) {
        Some("amd64") => "X86_64",
        Some("arm64") => "ARM64",
        _ => "",
    };
    if !architecture.is_empty() {
        selector.remove(ARCHITECTURE);
        platform.put("cpuArchitecture", architecture);
    }
    let linux = selector.get(SYSTEM).map(String::as_str).or(os) == Some("linux");
    if linux {
        selector.remove(SYSTEM);
        platform.put("operatingSystemFamily", "LINUX");
    }
    platform.into()
}

/// The attribute that a label of nodes is
fn attribute(label: &str) -> String {
    let known = ATTRIBUTES.iter().find(|(key, _)| *key == label).map(|(_, attribute)| *attribute);
    let own = format!("ecs-attribute.{GROUP}/");
    format!("attribute:{}", known.or_else(|| label.strip_prefix(&own)).unwrap_or(label))
}

fn nodes(given: &NodeAffinity, path: &Path, report: &mut Report<'_>) -> Option<String> {
    let NodeAffinity {
        preferred_during_scheduling_ignored_during_execution: preferred,
        required_during_scheduling_ignored_during_execution: required,
    } = given;
    report.lost_each(path, "LossAffinity", &[("preferredDuringSchedulingIgnoredDuringExecution", some(preferred))]);
    let path = path.key("requiredDuringSchedulingIgnoredDuringExecution").key("nodeSelectorTerms");
    let mut terms = Vec::new();
    for (index, term) in required.iter().flat_map(|r| &r.node_selector_terms).enumerate() {
        let NodeSelectorTerm { match_expressions, match_fields } = term;
        let path = path.index(index);
        report.lost_each(&path, "LossAffinity", &[("matchFields", some(match_fields))]);
        let tests: Vec<String> = match_expressions.iter().flatten().filter_map(test).collect();
        let all = match_expressions.as_ref().map_or(0, Vec::len);
        report.lost(
            tests.len() < all,
            &path.key("matchExpressions"),
            "LossAffinity",
            "an operator that ECS has not; the test is left out",
        );
        terms.push(tests.join(" and "));
    }
    terms.retain(|term| !term.is_empty());
    let several = terms.len() > 1;
    let terms = terms.into_iter().map(|term| if several { format!("({term})") } else { term });
    Some(terms.collect::<Vec<_>>().join(" or ")).filter(|all| !all.is_empty())
}

/// One test of a label, in the cluster query language
fn test(requirement: &NodeSelectorRequirement) -> Option<String> {
    let NodeSelectorRequirement { key, operator, values } = requirement;
    let (subject, values) = (attribute(key), values.as_deref().unwrap_or_default());
    Some(match (operator.as_str(), values) {
        ("In", [one]) => format!("{subject} == {one}"),
        ("NotIn", [one]) => format!("{subject} != {one}"),
        ("In", many) => format!("{subject} in [{}]", many.join(", ")),
        ("NotIn", many) => format!("{subject} not_in [{}]", many.join(", ")),
        ("Exists", _) => format!("{subject} exists"),
        ("DoesNotExist", _) => format!("{subject} !exists"),
        ("Gt", [one]) => format!("{subject} > {one}"),
        ("Lt", [one]) => format!("{subject} < {one}"),
        _ => return None,
    })
}

/// `distinctInstance`, where a pod keeps away from its like on the same node
fn apart(
    given: &PodAntiAffinity,
    labels: &BTreeMap<String, String>,
    path: &Path,
    report: &mut Report<'_>,
) -> Vec<Value> {
    let PodAntiAffinity {
        preferred_during_scheduling_ignored_during_execution: preferred,
        required_during_scheduling_ignored_during_execution: required,
    } = given;
    report.lost_each(path, "LossAffinity", &[("preferredDuringSchedulingIgnoredDuringExecution", some(preferred))]);
    let own = |term: &PodAffinityTerm| {
        let selector = term.label_selector.as_ref();
        let matches = selector
            .and_then(|s| s.match_labels.as_ref())
            .is_some_and(|m| m.iter().all(|(k, v)| labels.get(k) == Some(v)));
        term.topology_key == HOST && matches && selector.is_some_and(|s| !some(&s.match_expressions))
    };
    let (own, others): (Vec<_>, Vec<_>) = required.iter().flatten().partition(|term| own(term));
    let message = "ECS keeps tasks of a service apart on instances, and nothing else; another rule is left out";
    report.lost(
        !others.is_empty(),
        &path.key("requiredDuringSchedulingIgnoredDuringExecution"),
        "LossAffinity",
        message,
    );
    // On Fargate every task has a machine of its own
    let needed = !own.is_empty() && report.profile == Profile::Ec2;
    needed.then(|| json!({"type": "distinctInstance"})).into_iter().collect()
}

/// `placementStrategy`; Fargate spreads over zones by itself
fn spread(constraints: &[TopologySpreadConstraint], path: &Path, report: &mut Report<'_>) -> Vec<Value> {
    let mut strategy = Vec::new();
    for (index, constraint) in constraints.iter().enumerate() {
        let TopologySpreadConstraint {
            label_selector: _,
            match_label_keys,
            max_skew,
            min_domains,
            node_affinity_policy,
            node_taints_policy,
            topology_key,
            when_unsatisfiable,
        } = constraint;
        let path = path.key("topologySpreadConstraints").index(index);
        let strict = when_unsatisfiable == "DoNotSchedule" || *max_skew > 1 || min_domains.is_some();
        report.near(strict, &path, "LossSpread", "ECS spreads as well as it can; it knows no bound");
        report.lost_each(
            &path,
            "LossSpread",
            &[
                ("matchLabelKeys", some(match_label_keys)),
                ("nodeAffinityPolicy", node_affinity_policy.is_some()),
                ("nodeTaintsPolicy", node_taints_policy.is_some()),
            ],
        );
        let field = if topology_key == HOST { "instanceId".to_owned() } else { attribute(topology_key) };
        if report.profile == Profile::Ec2 {
            strategy.push(json!({"type": "spread", "field": field}));
        } else {
            let other = topology_key != ZONE && topology_key != HOST;
            report.lost(other, &path.key("topologyKey"), "LossSpread", "Fargate spreads over zones alone");
        }
    }
    strategy
}
