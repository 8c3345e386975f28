//! One `memberOf` constraint: from its words to the nodes and groups that it allows.
//!
//! *Not here*: limits on the number of constraints, and everything that is no expression.

use std::collections::BTreeSet;

use ecs_crds::status::Class;

use super::formula::{Conjunction, Formula, TERMS_MAX, greater, less};
use super::pattern::{self, Pattern};
use super::subject::{self, INSTANCE_TYPE, Label, Values};
use crate::check::task::operating_systems;
use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::placement::{Constraints, GroupTest, LabelTest, NameTest};
use crate::values::cluster_query::{Comparison, Expression, Operator, Subject, Test};

/// The longest expression, in characters
const LENGTH_MAX: usize = 2000;

/// Reads an expression; none where a Block stands
pub(super) fn constraint(
    expression: &str,
    path: &Path,
    context: &Context,
    findings: &mut Findings,
) -> Option<Constraints> {
    let length = expression.chars().count();
    if length > LENGTH_MAX {
        let message = format!("the expression has {length} characters, ECS takes at most {LENGTH_MAX}");
        findings.block(path, Class::Exact, "InvalidValue", message);
        return None;
    }
    let mut reader = Reader { path, context, findings };
    match expression.parse::<Expression>() {
        Ok(parsed) => {
            let formula = reader.expression(&parsed, true)?;
            reader.normal(&formula)
        }
        Err(error) => {
            let message = format!("the expression cannot be read: {error}");
            reader.findings.block(path, Class::Exact, "PlacementExpressionInvalid", message);
            None
        }
    }
}

struct Reader<'a> {
    path: &'a Path,
    context: &'a Context,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    /// The disjunction, with the groups that all of its terms name taken out
    fn normal(&mut self, formula: &Formula) -> Option<Constraints> {
        let Ok(terms) = formula.normal() else {
            let message = format!(
                "written out, the expression has more than {TERMS_MAX} alternatives; simplify it, or give the nodes an \
                 attribute that says the same"
            );
            self.findings.block(self.path, Class::Unsupported, "PlacementTooComplex", message);
            return None;
        };
        let groups = terms.iter().next().map(|first| first.groups.clone()).unwrap_or_default();
        if terms.iter().any(|term| term.groups != groups) {
            let message = "`task:group` is one of several alternatives, which pod affinity cannot say; let it hold for the \
                           whole expression";
            self.findings.block(self.path, Class::Unsupported, "TaskGroupInDisjunction", message);
            return None;
        }
        if terms.is_empty() {
            let message = "no node can be what the expression says, so no task will start";
            self.findings.warn(self.path, Class::Exact, "PlacementMatchesNoNode", message);
        }
        let nodes = terms.into_iter().map(|Conjunction { term, groups: _ }| term).collect();
        Some(Constraints { nodes, groups, count: 1 })
    }

    /// `positive`: under an even number of negations
    fn expression(&mut self, expression: &Expression, positive: bool) -> Option<Formula> {
        // Each part is read before the first that is refused ends it, so that one look shows all.
        let mut each = |parts: &[Expression]| -> Option<Vec<Formula>> {
            let read: Vec<_> = parts.iter().map(|part| self.expression(part, positive)).collect();
            read.into_iter().collect()
        };
        match expression {
            Expression::Or(any) => each(any).map(Formula::Any),
            Expression::And(all) => each(all).map(Formula::All),
            Expression::Not(inner) => self.expression(inner, !positive).map(Formula::negated),
            Expression::Is(comparison) => self.comparison(comparison, positive),
        }
    }

    fn comparison(&mut self, comparison: &Comparison, positive: bool) -> Option<Formula> {
        let Comparison { subject, test, at: _ } = comparison;
        match subject {
            Subject::Attribute(name) => self.attribute(name, comparison),
            Subject::TaskGroup => self.group(comparison),
            Subject::Ec2InstanceId => self.instance(comparison),
            Subject::AgentConnected if positive && is_true(test) => {
                let message =
                    "every node that takes pods has a kubelet that is connected; `agentConnected` is left out";
                self.findings.info(self.path, Class::Equivalent, "AgentAlwaysConnected", message);
                Some(Formula::EVERY)
            }
            Subject::AgentConnected | Subject::AgentVersion | Subject::RegisteredAt | Subject::RunningTasksCount => {
                self.unsupported(comparison, "nodes have no such property; remove it")
            }
        }
    }

    fn attribute(&mut self, name: &str, comparison: &Comparison) -> Option<Formula> {
        let Comparison { subject: _, test, at } = comparison;
        match (subject::external(name, self.context), test) {
            (Some(external), Test::Exists) => return Some(external),
            (Some(external), Test::NotExists) => return Some(external.negated()),
            _ => {}
        }
        let Some(label) = subject::label(name, self.context) else {
            let message = format!(
                "no node label stands for `attribute:{name}` (character {at}); name one in `attributeLabels` of the \
                 operator's configuration"
            );
            self.findings.block(self.path, Class::Unsupported, "AttributeUnmapped", message);
            return None;
        };
        if label.own {
            let message =
                format!("nodes are chosen by the label `{}`; give it to them as the attribute on ECS", label.key);
            self.findings.info(self.path, Class::Equivalent, "AttributeAsLabel", message);
        }
        let present = |formula: Formula| Formula::All(vec![formula.negated(), label.exists()]);
        match test {
            Test::Exists => Some(label.exists()),
            Test::NotExists => Some(label.exists().negated()),
            Test::In(words) => self.any_of(&label, words, *at),
            Test::NotIn(words) => self.any_of(&label, words, *at).map(present),
            Test::Compare(operator, word) => match operator {
                Operator::Equal => self.any_of(&label, std::slice::from_ref(word), *at),
                Operator::NotEqual => self.any_of(&label, std::slice::from_ref(word), *at).map(present),
                Operator::Matches => self.matching(&label, word, *at),
                Operator::NotMatches => self.matching(&label, word, *at).map(present),
                Operator::Greater | Operator::GreaterEqual | Operator::Less | Operator::LessEqual => {
                    self.number(&label, *operator, word, *at)
                }
            },
        }
    }

    fn any_of(&mut self, label: &Label, words: &[String], at: usize) -> Option<Formula> {
        if let Some(word) = words.iter().find(|word| label.values == Values::Same && !subject::is_label_value(word)) {
            let message = format!(
                "`{word}` (at character {at}) cannot be the value of the label `{}`: it takes at most 63 letters, digits, \
                 `-`, `_` and `.`, and begins and ends with a letter or digit",
                label.key
            );
            self.findings.block(self.path, Class::Unsupported, "PlacementExpressionInvalid", message);
            return None;
        }
        let (formula, unknown) = label.is_any_of(&words.iter().map(String::as_str).collect());
        for word in unknown {
            let message =
                format!("no node is `{word}` (at character {at}), so this part of the expression never holds");
            self.findings.warn(self.path, Class::Exact, "PlacementMatchesNoNode", message);
        }
        Some(formula)
    }

    fn number(&mut self, label: &Label, operator: Operator, word: &str, at: usize) -> Option<Formula> {
        let bound = word.parse::<i64>().ok().filter(|_| label.values == Values::Same);
        let Some(bound) = bound else {
            let message = format!("labels are compared by whole numbers alone, not by `{word}` (at character {at})");
            self.findings.block(self.path, Class::Unsupported, "PlacementExpressionInvalid", message);
            return None;
        };
        Some(match operator {
            Operator::GreaterEqual => greater(&label.key, bound, -1),
            Operator::Less => less(&label.key, bound, 0),
            Operator::LessEqual => less(&label.key, bound, 1),
            _ => greater(&label.key, bound, 0),
        })
    }

    /// R-REGEX
    fn matching(&mut self, label: &Label, word: &str, at: usize) -> Option<Formula> {
        let compiled = self.pattern(word, at)?;
        if label.key == INSTANCE_TYPE
            && let Some((key, families)) = pattern::families(word, INSTANCE_TYPE, self.context)
        {
            let message = format!("`{word}` is compared with the instance families of nodes, by their label `{key}`");
            self.findings.info(self.path, Class::Approximate, "PatternByFamily", message);
            return Some(Formula::Label(key, LabelTest::In(families)));
        }
        let words: BTreeSet<&str> = match label.values {
            Values::Same => pattern::candidates(&label.key, self.context),
            Values::Table(table) => table.iter().map(|(word, _)| *word).collect(),
            Values::OsFamily => operating_systems().collect(),
        };
        let words: BTreeSet<&str> = words.into_iter().filter(|word| compiled.matches(word)).collect();
        if label.values == Values::Same {
            self.expanded(label, word, words.len());
        }
        // Systems that Kubernetes has no nodes of are left out without a word: nobody named them.
        Some(label.is_any_of(&words).0)
    }

    fn pattern(&mut self, word: &str, at: usize) -> Option<Pattern> {
        let compiled = Pattern::new(word);
        if compiled.is_none() {
            let message = format!(
                "`{word}` (at character {at}) is not a regular expression that is understood here (no look-around, \
                 back-references or possessive repetition); write it otherwise, or list the values"
            );
            self.findings.block(self.path, Class::Unsupported, "PlacementExpressionInvalid", message);
        }
        compiled
    }

    /// What is to be known of a pattern that became a list
    fn expanded(&mut self, label: &Label, word: &str, matching: usize) {
        let key = &label.key;
        let known = if self.context.nodes.is_empty() {
            format!("no node is known here, so those count that `labelUniverse` of the configuration lists for `{key}`")
        } else {
            format!("those count that nodes have now, or `labelUniverse` of the configuration lists for `{key}`")
        };
        if matching == 0 {
            let message =
                format!("`{word}` matches no value, so no node is what this part of the expression says; {known}");
            self.findings.warn(self.path, Class::Approximate, "PatternMatchesNothing", message);
        } else {
            let message = format!(
                "`{word}` stands for the {matching} values that match now, others count from the next deployment; {known}"
            );
            self.findings.info(self.path, Class::Approximate, "PatternExpanded", message);
        }
    }

    fn group(&mut self, comparison: &Comparison) -> Option<Formula> {
        let (groups, negated) = match &comparison.test {
            Test::Compare(Operator::Equal, group) => (BTreeSet::from([group.clone()]), false),
            Test::Compare(Operator::NotEqual, group) => (BTreeSet::from([group.clone()]), true),
            Test::In(groups) => (groups.iter().cloned().collect(), false),
            Test::NotIn(groups) => (groups.iter().cloned().collect(), true),
            Test::Exists | Test::NotExists | Test::Compare(..) => {
                return self.unsupported(comparison, "pod affinity knows groups by name alone; use ==, !=, in or !in");
            }
        };
        Some(Formula::Group(GroupTest { groups, negated }))
    }

    /// Instances are known by name on Kubernetes, so IDs become names now
    fn instance(&mut self, comparison: &Comparison) -> Option<Formula> {
        let (formula, positive) = match &comparison.test {
            Test::Compare(operator @ (Operator::Equal | Operator::NotEqual), id) => {
                (self.instances(std::slice::from_ref(id)), *operator == Operator::Equal)
            }
            Test::In(ids) => (self.instances(ids), true),
            Test::NotIn(ids) => (self.instances(ids), false),
            Test::Compare(operator @ (Operator::Matches | Operator::NotMatches), word) => {
                let compiled = self.pattern(word, comparison.at)?;
                let ids = self.context.nodes.iter().filter_map(|node| node.instance_id());
                let ids: Vec<String> = ids.filter(|id| compiled.matches(id)).map(str::to_owned).collect();
                (self.instances(&ids), *operator == Operator::Matches)
            }
            Test::Exists | Test::NotExists | Test::Compare(..) => {
                return self.unsupported(comparison, "instance IDs are compared by ==, !=, in, !in, =~ and !~");
            }
        };
        Some(if positive { formula } else { formula.negated() })
    }

    /// The nodes of these instances; an ID that no node has stands for a node of that name
    fn instances(&mut self, ids: &[String]) -> Formula {
        let node = |id: &String| self.context.nodes.iter().find(|node| node.instance_id() == Some(id));
        let unknown = ids.iter().filter(|id| node(id).is_none()).count();
        let names: BTreeSet<&String> = ids.iter().map(|id| node(id).map_or(id, |node| &node.name)).collect();
        // The API server looks at names too: an illegal one is no node's.
        let names = names.into_iter().filter(|name| subject::is_subdomain(name)).cloned();
        let mut message =
            "instances are looked up now; others that match later count from the next deployment".to_owned();
        if unknown > 0 {
            message =
                format!("{message}; {unknown} of {} are no known node's, and stand for nodes of that name", ids.len());
        }
        self.findings.warn(self.path, Class::Approximate, "StaticNodeSet", message);
        Formula::Any(names.map(|name| Formula::Name(NameTest { name, negated: false })).collect())
    }

    fn unsupported(&mut self, comparison: &Comparison, advice: &str) -> Option<Formula> {
        let Comparison { subject, test: _, at } = comparison;
        let message = format!("`{subject}` (at character {at}) cannot be asked here: {advice}");
        self.findings.block(self.path, Class::Unsupported, "SubjectUnsupported", message);
        None
    }
}

fn is_true(test: &Test) -> bool {
    match test {
        Test::Compare(Operator::Equal, word) => word.eq_ignore_ascii_case("true"),
        Test::Exists | Test::NotExists | Test::Compare(..) | Test::In(_) | Test::NotIn(_) => false,
    }
}
