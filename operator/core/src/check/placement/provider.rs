//! R-CPS: capacity providers as the nodes that stand for them.
//!
//! *Not here*: how many tasks each provider runs at a count (`translate::capacity`).

use ecs_crds::ecs::CapacityProviderStrategyItem;
use ecs_crds::status::Class;

use super::subject::{is_key, is_label_value};
use crate::config::{CapacityProvider, Context, NodeExpression, NodeOperator, NodeTerm};
use crate::findings::{Findings, Path};
use crate::model::placement::{LabelTest, NodeSet, Providers, Share, Term};

/// The most providers that a strategy may name
const PROVIDERS_MAX: usize = 20;

/// Reads `capacityProviderStrategy`
pub(super) fn providers(
    strategy: &[CapacityProviderStrategyItem],
    exact: bool,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Providers {
    legal(strategy, path, findings);
    // ECS runs nothing on a provider without weight and base.
    let used: Vec<_> = strategy.iter().enumerate().filter(|(_, item)| strategy.len() == 1 || share(item) > 0).collect();
    if exact && used.len() > 1 {
        return Providers::Exact(
            used.iter().filter_map(|(index, item)| share_of(item, path, *index, context, findings)).collect(),
        );
    }
    let known: Vec<(i64, NodeSet)> = used
        .iter()
        .filter_map(|(index, item)| {
            let path = path.index(*index).key("capacityProvider");
            let CapacityProviderStrategyItem { capacity_provider, weight, base: _, unknown: _ } = item;
            Some((weight.unwrap_or(0), nodes(capacity_provider.as_deref()?, &path, context, findings)?))
        })
        .collect();
    if let ([_], [(_, nodes)]) = (used.as_slice(), known.as_slice()) {
        return if nodes.is_every() { Providers::Any } else { Providers::Only(nodes.clone()) };
    }
    if known.is_empty() {
        return Providers::Any;
    }
    let message = "each task prefers nodes of these providers by weight, where the scheduler has a choice; shares are not \
                   kept exactly and bases are ignored";
    findings.warn(path, Class::Approximate, "CapacitySplitApproximate", message);
    let sum: i64 = strategy.iter().map(|item| item.weight.unwrap_or(0)).sum();
    let preferred = known.into_iter().filter(|(weight, nodes)| *weight > 0 && !nodes.is_every());
    Providers::Preferred(preferred.map(|(weight, nodes)| (percent(weight, sum), nodes)).collect())
}

/// A provider's part; one whose nodes nobody knows runs its tasks anywhere, which is told
fn share_of(
    item: &CapacityProviderStrategyItem,
    path: &Path,
    index: usize,
    context: &Context,
    findings: &mut Findings,
) -> Option<Share> {
    let CapacityProviderStrategyItem { capacity_provider, weight, base, unknown: _ } = item;
    let provider = capacity_provider.clone()?;
    let nodes = nodes(&provider, &path.index(index).key("capacityProvider"), context, findings);
    let number = |given: &Option<i64>| i32::try_from(given.unwrap_or(0).max(0)).unwrap_or(i32::MAX);
    Some(Share { provider, base: number(base), weight: number(weight), nodes: nodes.unwrap_or_default() })
}

/// `max(1, round(100 * weight / sum))`, which Kubernetes takes as a weight
fn percent(weight: i64, sum: i64) -> i32 {
    let sum = sum.max(1);
    let rounded = (200_i64.saturating_mul(weight) + sum) / sum.saturating_mul(2);
    i32::try_from(rounded.clamp(1, 100)).unwrap_or(100)
}

fn share(item: &CapacityProviderStrategyItem) -> i64 {
    item.weight.unwrap_or(0).saturating_add(item.base.unwrap_or(0))
}

/// What ECS refuses
fn legal(strategy: &[CapacityProviderStrategyItem], path: &Path, findings: &mut Findings) {
    let mut refuse = |message: &str| findings.block(path, Class::Exact, "InvalidValue", message);
    if strategy.len() > PROVIDERS_MAX {
        refuse(&format!("{} capacity providers are given, ECS takes at most {PROVIDERS_MAX}", strategy.len()));
    }
    if strategy.len() > 1 && strategy.iter().all(|item| item.weight.unwrap_or(0) == 0) {
        refuse("of several capacity providers one needs a `weight` above 0; give it to those that are to be used");
    }
    if strategy.iter().filter(|item| item.base.unwrap_or(0) > 0).count() > 1 {
        refuse("only one capacity provider may have a `base`; leave it out of the others");
    }
}

/// The nodes of a provider; none, and a warning, where the configuration does not say
fn nodes(name: &str, path: &Path, context: &Context, findings: &mut Findings) -> Option<NodeSet> {
    let Some(CapacityProvider { node_selector_terms, labels }) = context.config.capacity_providers.get(name) else {
        let message = format!(
            "no nodes stand for the capacity provider `{name}`, so tasks run wherever the scheduler puts them; name its \
             nodes in `capacityProviders` of the operator's configuration"
        );
        findings.warn(path, Class::Approximate, "CapacityProviderUnmapped", message);
        return None;
    };
    let labels = labels.iter().map(|(key, value)| NodeExpression {
        key: key.clone(),
        operator: NodeOperator::In,
        values: vec![value.clone()],
    });
    let labels: Option<NodeSet> = term(labels).map(|term| [term].into_iter().collect());
    let terms: Option<NodeSet> = match node_selector_terms.as_slice() {
        [] => Some(NodeSet::every()),
        terms => terms.iter().map(|NodeTerm { match_expressions }| term(match_expressions.iter().cloned())).collect(),
    };
    let nodes = labels.zip(terms).map(|(labels, terms)| labels.and(&terms));
    if nodes.is_none() {
        let message = format!(
            "`capacityProviders.{name}` of the operator's configuration is no node selector, so tasks run wherever the \
             scheduler puts them; look at its keys, operators and values"
        );
        findings.warn(path, Class::Approximate, "CapacityProviderUnmapped", message);
    }
    nodes
}

/// A term of the configuration; none where Kubernetes would refuse it
fn term(expressions: impl Iterator<Item = NodeExpression>) -> Option<Term> {
    let labels = expressions.map(|NodeExpression { key, operator, values }| {
        let legal = is_key(&key) && values.iter().all(|value| is_label_value(value));
        let number = || match values.as_slice() {
            [number] => number.parse().ok(),
            _ => None,
        };
        let test = match operator {
            NodeOperator::Exists if values.is_empty() => LabelTest::Exists,
            NodeOperator::DoesNotExist if values.is_empty() => LabelTest::DoesNotExist,
            NodeOperator::Gt => LabelTest::Gt(number()?),
            NodeOperator::Lt => LabelTest::Lt(number()?),
            NodeOperator::In if !values.is_empty() => LabelTest::In(values.into_iter().collect()),
            NodeOperator::NotIn if !values.is_empty() => LabelTest::NotIn(values.into_iter().collect()),
            NodeOperator::In | NodeOperator::NotIn | NodeOperator::Exists | NodeOperator::DoesNotExist => return None,
        };
        legal.then_some((key, test))
    });
    Some(Term { labels: labels.collect::<Option<_>>()?, ..Term::default() })
}
