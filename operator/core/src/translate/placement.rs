//! Placement in a pod: affinity, spreading, scheduler, and what the launch type adds.
//!
//! Node selection is required at scheduling alone, as on ECS: a node that changes later keeps its tasks.
//!
//! *Not here*: words of ECS; what the task itself needs of a node (`translate::pod`'s node selector).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinity, PodAffinityTerm,
    PodAntiAffinity, PodSpec, PodTemplateSpec, PreferredSchedulingTerm, Toleration, TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use crate::config::{self, LaunchTypeProfile};
use crate::model::placement::{
    Constraints, GroupTest, LabelTest, NO_VALUE, NameTest, NodeSet, Placement, Providers, Share, Term,
};
use crate::names;
use crate::revision::ProviderNodes;

/// The node label whose value is the node
const HOSTNAME: &str = "kubernetes.io/hostname";

/// Puts placement into a pod template; `mates` selects the tasks of the same service or task group
pub(super) fn place(
    template: &mut PodTemplateSpec,
    task: &Constraints,
    placement: &Placement,
    mates: &BTreeMap<String, String>,
) {
    let Placement { constraints, distinct_instances, spread, scheduler, providers, profile } = placement;
    let constraints = task.and(constraints);
    let spec = template.spec.get_or_insert_default();
    let affinity = Affinity {
        node_affinity: node_affinity(&constraints.nodes, providers),
        pod_affinity: pod_affinity(&constraints.groups),
        pod_anti_affinity: pod_anti_affinity(&constraints.groups, distinct_instances.then_some(mates)),
    };
    spec.affinity = Some(affinity).filter(|affinity| *affinity != Affinity::default());
    let spreads: Vec<_> = spread.iter().map(|label| spread_over(label, mates)).collect();
    spec.topology_spread_constraints = Some(spreads).filter(|spreads| !spreads.is_empty());
    spec.scheduler_name.clone_from(scheduler);

    let LaunchTypeProfile { node_selector, tolerations, labels } = profile;
    select(spec, node_selector);
    spec.tolerations = Some(tolerations.iter().map(toleration).collect::<Vec<_>>()).filter(|list| !list.is_empty());
    let own = template.metadata.get_or_insert_default().labels.get_or_insert_default();
    for (key, value) in labels {
        // Our own labels are what selectors go by
        own.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

/// The nodes of each provider, where each is to run its own tasks
pub(super) fn providers(task: &Constraints, placement: &Placement) -> Vec<ProviderNodes> {
    let Providers::Exact(shares) = &placement.providers else { return Vec::new() };
    let all = task.and(&placement.constraints).nodes;
    let of = |share: &Share| {
        let nodes = all.and(&share.nodes);
        let terms = if nodes.is_every() { Vec::new() } else { terms(&nodes) };
        ProviderNodes { provider: share.provider.clone(), terms }
    };
    shares.iter().map(of).collect()
}

/// Lets the tasks of a template run on the nodes of one provider alone
pub(super) fn on_nodes_of(template: &mut PodTemplateSpec, provider: &ProviderNodes) {
    let label = names::label_value(&provider.provider);
    let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
    labels.insert(names::CAPACITY_PROVIDER.to_owned(), label);
    if !provider.terms.is_empty() {
        let affinity = template.spec.get_or_insert_default().affinity.get_or_insert_default();
        let node_selector_terms = provider.terms.clone();
        affinity.node_affinity.get_or_insert_default().required_during_scheduling_ignored_during_execution =
            Some(NodeSelector { node_selector_terms });
    }
}

/// What the task needs of its node wins over what its launch type suggests
fn select(spec: &mut PodSpec, labels: &BTreeMap<String, String>) {
    if labels.is_empty() {
        return;
    }
    let selector = spec.node_selector.get_or_insert_default();
    for (key, value) in labels {
        selector.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

fn node_affinity(nodes: &NodeSet, providers: &Providers) -> Option<NodeAffinity> {
    let (required, preferred) = match providers {
        // Of a share each Deployment has its own part
        Providers::Any | Providers::Exact(_) => (nodes.clone(), Vec::new()),
        Providers::Only(of_provider) => (nodes.and(of_provider), Vec::new()),
        Providers::Preferred(weighted) => (nodes.clone(), weighted.iter().flat_map(preferred).collect()),
    };
    let required = (!required.is_every()).then(|| NodeSelector { node_selector_terms: terms(&required) });
    let preferred = Some(preferred).filter(|preferred: &Vec<_>| !preferred.is_empty());
    if required.is_none() && preferred.is_none() {
        return None;
    }
    Some(NodeAffinity {
        required_during_scheduling_ignored_during_execution: required,
        preferred_during_scheduling_ignored_during_execution: preferred,
    })
}

fn preferred((weight, nodes): &(i32, NodeSet)) -> Vec<PreferredSchedulingTerm> {
    let weight = *weight;
    terms(nodes).into_iter().map(|preference| PreferredSchedulingTerm { weight, preference }).collect()
}

/// Node selector terms; one that no node matches where none is left, since a selector must have one
pub(crate) fn terms(nodes: &NodeSet) -> Vec<NodeSelectorTerm> {
    if nodes.terms().len() == 0 {
        let none = LabelTest::In(BTreeSet::from([NO_VALUE.to_owned()]));
        let match_expressions = Some(vec![label_requirement(&(HOSTNAME.to_owned(), none))]);
        return vec![NodeSelectorTerm { match_expressions, ..NodeSelectorTerm::default() }];
    }
    nodes.terms().map(term).collect()
}

fn term(Term { labels, names }: &Term) -> NodeSelectorTerm {
    let labels: Vec<_> = labels.iter().map(label_requirement).collect();
    let names: Vec<_> = names.iter().map(name_requirement).collect();
    NodeSelectorTerm {
        match_expressions: Some(labels).filter(|labels| !labels.is_empty()),
        match_fields: Some(names).filter(|names| !names.is_empty()),
    }
}

fn label_requirement((key, test): &(String, LabelTest)) -> NodeSelectorRequirement {
    let (operator, values) = match test {
        LabelTest::In(values) => ("In", Some(values.iter().cloned().collect())),
        LabelTest::NotIn(values) => ("NotIn", Some(values.iter().cloned().collect())),
        LabelTest::Exists => ("Exists", None),
        LabelTest::DoesNotExist => ("DoesNotExist", None),
        LabelTest::Gt(bound) => ("Gt", Some(vec![bound.to_string()])),
        LabelTest::Lt(bound) => ("Lt", Some(vec![bound.to_string()])),
    };
    NodeSelectorRequirement { key: key.clone(), operator: operator.to_owned(), values }
}

/// A field takes one value only
fn name_requirement(NameTest { name, negated }: &NameTest) -> NodeSelectorRequirement {
    NodeSelectorRequirement {
        key: "metadata.name".to_owned(),
        operator: if *negated { "NotIn" } else { "In" }.to_owned(),
        values: Some(vec![name.clone()]),
    }
}

fn pod_affinity(groups: &BTreeSet<GroupTest>) -> Option<PodAffinity> {
    let terms: Vec<_> =
        groups.iter().filter(|test| !test.negated).map(|test| on_one_node(group_selector(test))).collect();
    (!terms.is_empty()).then(|| PodAffinity {
        required_during_scheduling_ignored_during_execution: Some(terms),
        ..PodAffinity::default()
    })
}

fn pod_anti_affinity(
    groups: &BTreeSet<GroupTest>,
    distinct_from: Option<&BTreeMap<String, String>>,
) -> Option<PodAntiAffinity> {
    let mates = distinct_from.map(|mates| on_one_node(labels_selector(mates.clone())));
    let groups = groups.iter().filter(|test| test.negated).map(|test| on_one_node(group_selector(test)));
    let terms: Vec<_> = mates.into_iter().chain(groups).collect();
    (!terms.is_empty()).then(|| PodAntiAffinity {
        required_during_scheduling_ignored_during_execution: Some(terms),
        ..PodAntiAffinity::default()
    })
}

fn on_one_node(selector: LabelSelector) -> PodAffinityTerm {
    PodAffinityTerm { label_selector: Some(selector), topology_key: HOSTNAME.to_owned(), ..PodAffinityTerm::default() }
}

fn labels_selector(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }
}

/// The tasks of any of these groups; every pod of ours has its task group as a label
fn group_selector(GroupTest { groups, negated: _ }: &GroupTest) -> LabelSelector {
    let mut each = groups.iter();
    if let (Some(group), None) = (each.next(), each.next()) {
        return labels_selector(group_labels(group));
    }
    let values = groups.iter().map(|group| names::label_value(group)).collect();
    let any =
        LabelSelectorRequirement { key: names::TASK_GROUP.to_owned(), operator: "In".to_owned(), values: Some(values) };
    LabelSelector { match_expressions: Some(vec![any]), ..LabelSelector::default() }
}

/// The labels of a group's tasks; those of a family's own group are not in a service, whose tasks have the family too
fn group_labels(group: &str) -> BTreeMap<String, String> {
    let task_group = (names::TASK_GROUP.to_owned(), names::label_value(group));
    match group.split_once(':') {
        Some(("service", service)) => {
            BTreeMap::from([(names::SERVICE.to_owned(), names::k8s_name(service, names::LABEL_MAX))])
        }
        Some(("family", family)) => {
            BTreeMap::from([(names::FAMILY.to_owned(), names::label_value(family)), task_group])
        }
        _ => BTreeMap::from([task_group]),
    }
}

fn spread_over(label: &str, mates: &BTreeMap<String, String>) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        topology_key: label.to_owned(),
        max_skew: 1,
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(labels_selector(mates.clone())),
        ..TopologySpreadConstraint::default()
    }
}

fn toleration(written: &config::Toleration) -> Toleration {
    let config::Toleration { key, operator, value, effect, toleration_seconds } = written.clone();
    // Without a key only `Exists` is legal
    let operator = operator.or_else(|| key.is_none().then(|| "Exists".to_owned()));
    Toleration { key, operator, value, effect, toleration_seconds }
}

#[cfg(test)]
mod tests;
