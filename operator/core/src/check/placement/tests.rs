//! The query language by brute force: what an expression means to ECS is what its node selector means to Kubernetes.

use std::collections::BTreeSet;

use ecs_crds::status::Severity;
use proptest::prelude::*;

use super::formula::Formula;
use super::*;
use crate::config::{Node, Nodes};
use crate::model::placement::{LabelTest, NameTest, NodeSet};
use crate::translate::placement::terms;
use crate::values::cluster_query::{Comparison, Expression, Operator, Test};

/// A container instance
#[derive(Clone, Debug)]
struct Instance {
    zone: &'static str,
    instance_type: &'static str,
    /// `ecs.os-family`
    system: &'static str,
    architecture: &'static str,
    stack: Option<&'static str>,
    tier: Option<i64>,
    id: &'static str,
}

const ZONES: &[&str] = &["a", "b", "c"];
const TYPES: &[&str] = &["g2.large", "g2.xlarge", "m5.large", "t3.small"];
/// The system, and the labels `kubernetes.io/os` and `node.kubernetes.io/windows-build`
const SYSTEMS: &[(&str, &str, Option<&str>)] = &[
    ("LINUX", "linux", None),
    ("WINDOWS_SERVER_2019_FULL", "windows", Some("10.0.17763")),
    ("WINDOWS_SERVER_2022_FULL", "windows", Some("10.0.20348")),
];
const ARCHITECTURES: &[(&str, &str)] = &[("x86_64", "amd64"), ("arm64", "arm64")];
const STACKS: &[&str] = &["prod", "test", "dev"];
const IDS: &[&str] = &["i-0", "i-1", "i-2", "i-3"];

impl Instance {
    /// The value that ECS knows
    fn value(&self, subject: &str) -> Option<String> {
        let system = SYSTEMS.iter().find(|(name, ..)| *name == self.system)?;
        Some(match subject {
            "attribute:ecs.availability-zone" => self.zone.to_owned(),
            "attribute:ecs.instance-type" => self.instance_type.to_owned(),
            "attribute:ecs.os-family" => self.system.to_owned(),
            "attribute:ecs.os-type" => system.1.to_owned(),
            "attribute:ecs.cpu-architecture" => self.architecture.to_owned(),
            "attribute:stack" => self.stack?.to_owned(),
            "attribute:example.com/tier" => self.tier?.to_string(),
            "ec2InstanceId" => self.id.to_owned(),
            _ => return None,
        })
    }

    /// The node that it is on Kubernetes
    fn node(&self) -> Node {
        let system = SYSTEMS.iter().find(|(name, ..)| *name == self.system).unwrap();
        let architecture = ARCHITECTURES.iter().find(|(name, _)| *name == self.architecture).unwrap();
        let labels = [
            ("topology.kubernetes.io/zone", Some(self.zone.to_owned())),
            ("node.kubernetes.io/instance-type", Some(self.instance_type.to_owned())),
            ("kubernetes.io/os", Some(system.1.to_owned())),
            ("node.kubernetes.io/windows-build", system.2.map(str::to_owned)),
            ("kubernetes.io/arch", Some(architecture.1.to_owned())),
            ("ecs-attribute.ecs-operator.dev/stack", self.stack.map(str::to_owned)),
            ("example.com/tier", self.tier.map(|tier| tier.to_string())),
        ];
        Node {
            name: format!("node-of-{}", self.id),
            labels: labels.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect(),
            provider_id: Some(format!("aws:///eu-central-1a/{}", self.id)),
        }
    }
}

/// What ECS says of an instance
fn ecs(expression: &Expression, instance: &Instance) -> bool {
    match expression {
        Expression::Or(any) => any.iter().any(|part| ecs(part, instance)),
        Expression::And(all) => all.iter().all(|part| ecs(part, instance)),
        Expression::Not(inner) => !ecs(inner, instance),
        Expression::Is(Comparison { subject, test, at: _ }) => {
            let value = instance.value(&subject.to_string());
            match (test, value) {
                (Test::NotExists, value) => value.is_none(),
                (_, None) => false,
                (Test::Exists, Some(_)) => true,
                (Test::In(list), Some(value)) => list.contains(&value),
                (Test::NotIn(list), Some(value)) => !list.contains(&value),
                (Test::Compare(operator, literal), Some(value)) => compare(*operator, &value, literal),
            }
        }
    }
}

fn compare(operator: Operator, value: &str, literal: &str) -> bool {
    let numbers = || (value.parse::<i64>().unwrap(), literal.parse::<i64>().unwrap());
    let matches = || regex::Regex::new(&format!("^(?:{literal})$")).unwrap().is_match(value);
    match operator {
        Operator::Equal => value == literal,
        Operator::NotEqual => value != literal,
        Operator::Greater => numbers().0 > numbers().1,
        Operator::GreaterEqual => numbers().0 >= numbers().1,
        Operator::Less => numbers().0 < numbers().1,
        Operator::LessEqual => numbers().0 <= numbers().1,
        Operator::Matches => matches(),
        Operator::NotMatches => !matches(),
    }
}

/// What Kubernetes' scheduler says of a node
fn kubernetes(nodes: &NodeSet, node: &Node) -> bool {
    terms(nodes).iter().any(|term| {
        let labels = term.match_expressions.iter().flatten().map(|test| (test, node.labels.get(&test.key)));
        let fields = term.match_fields.iter().flatten().map(|test| (test, Some(&node.name)));
        let tests: Vec<_> = labels.chain(fields).collect();
        // A term without tests matches no node.
        !tests.is_empty()
            && tests.into_iter().all(|(test, value)| {
                let values = test.values.as_deref().unwrap_or_default();
                let bound = || values[0].parse::<i64>().unwrap();
                match test.operator.as_str() {
                    "In" => value.is_some_and(|value| values.contains(value)),
                    "NotIn" => value.is_none_or(|value| !values.contains(value)),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    "Gt" => value.and_then(|value| value.parse::<i64>().ok()).is_some_and(|value| value > bound()),
                    "Lt" => value.and_then(|value| value.parse::<i64>().ok()).is_some_and(|value| value < bound()),
                    other => panic!("{other} is no operator"),
                }
            })
    })
}

fn instances() -> impl Strategy<Value = Vec<Instance>> {
    let instance = (
        prop::sample::select(ZONES),
        prop::sample::select(TYPES),
        prop::sample::select(SYSTEMS),
        prop::sample::select(ARCHITECTURES),
        prop::option::of(prop::sample::select(STACKS)),
        prop::option::of(0_i64..5),
    );
    prop::collection::vec(instance, 1..=IDS.len()).prop_map(|drawn| {
        let drawn = drawn.into_iter().zip(IDS);
        drawn
            .map(|((zone, instance_type, system, architecture, stack, tier), id)| Instance {
                zone,
                instance_type,
                system: system.0,
                architecture: architecture.0,
                stack,
                tier,
                id,
            })
            .collect()
    })
}

/// One comparison as text
fn comparison() -> impl Strategy<Value = String> {
    let of = |subject: &'static str, words: Vec<String>, patterns: Vec<&'static str>| {
        let word = prop::sample::select(words.clone());
        let list = prop::collection::vec(prop::sample::select(words), 1..3);
        let unary = prop::sample::select(vec!["exists", "!exists", "not_exists"]);
        let equality = prop::sample::select(vec!["==", "!=", "equals", "not_equals"]);
        let membership = prop::sample::select(vec!["in", "!in", "not_in"]);
        let matching = prop::sample::select(vec!["=~", "!~", "matches", "not_matches"]);
        prop_oneof![
            (equality, word).prop_map(move |(operator, word)| format!("{subject} {operator} '{word}'")),
            (membership, list).prop_map(move |(operator, list)| format!("{subject} {operator} [{}]", list.join(", "))),
            (matching, prop::sample::select(patterns))
                .prop_map(move |(operator, pattern)| format!("{subject} {operator} {pattern}")),
            unary.prop_map(move |unary| if subject.starts_with("attribute:") {
                format!("{subject} {unary}")
            } else {
                format!("{subject} != i-9")
            }),
        ]
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let systems: Vec<_> = SYSTEMS.iter().map(|(name, ..)| *name).collect();
    let number = prop::sample::select(vec![">", ">=", "<", "<=", "greater_than", "less_than_equal"]);
    prop_oneof![
        of("attribute:ecs.availability-zone", words(&["a", "b", "d"]), vec!["a|b", "[bc]", "x.*"]),
        of("attribute:ecs.instance-type", words(TYPES), vec!["g2.*", r".*\.large", "(m|t).*", "z.*"]),
        of("attribute:ecs.os-family", words(&systems), vec!["WINDOWS.*", ".*_2019_FULL", "LINUX", "X"]),
        of("attribute:ecs.os-type", words(&["linux", "windows", "solaris"]), vec!["lin.*", ".*"]),
        of("attribute:ecs.cpu-architecture", words(&["x86_64", "arm64", "vax"]), vec!["x86.*", "arm.*"]),
        of("attribute:stack", words(STACKS), vec!["pro.*|dev", "t..t", "q"]),
        of("ec2InstanceId", words(&["i-0", "i-1", "i-7"]), vec!["i-[01]", "j"]),
        (number, -2_i64..7).prop_map(|(operator, bound)| format!("attribute:example.com/tier {operator} {bound}")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 8, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            (several, prop::sample::select(vec![" and ", " or ", " && ", " || "]))
                .prop_map(|(parts, word)| format!("({})", parts.join(word))),
            inner.prop_map(|inner| format!("not({inner})")),
        ]
    })
}

fn context(instances: &[Instance]) -> Context {
    Context { nodes: Nodes::new(instances.iter().map(Instance::node).collect()), ..Context::default() }
}

fn read(text: &str, context: &Context) -> (Option<Constraints>, Findings) {
    let mut findings = Findings::default();
    (constraint::constraint(text, &Path::root(), context, &mut findings), findings)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn kubernetes_chooses_the_nodes_that_ecs_chooses(text in expression(), instances in instances()) {
        let context = context(&instances);
        let (constraints, findings) = read(&text, &context);
        let Some(Constraints { nodes, groups, count: _ }) = constraints else {
            prop_assert!(findings.iter().all(|f| f.code == "PlacementTooComplex" || f.code == "StaticNodeSet"
                || f.code.starts_with("Pattern") || f.code == "PlacementMatchesNoNode" || f.code == "AttributeAsLabel"));
            prop_assert!(findings.blocked());
            return Ok(());
        };
        prop_assert!(groups.is_empty());
        let parsed: Expression = text.parse().unwrap();
        for instance in &instances {
            let chosen = nodes.is_every() || kubernetes(&nodes, &instance.node());
            prop_assert_eq!(chosen, ecs(&parsed, instance), "{} on {:?}: {:?}", text, instance, nodes);
        }
    }

    #[test]
    fn any_text_is_read_or_blocked(text in ".{0,60}") {
        let (constraints, findings) = read(&text, &Context::default());
        prop_assert_eq!(constraints.is_none(), findings.blocked());
    }

    #[test]
    fn any_row_of_words_is_read_or_blocked(
        words in prop::collection::vec(prop::sample::select(vec![
            "attribute:a", "task:group", "agentConnected == true", "ec2InstanceId", "attribute:ecs.os-family exists", " == ",
            " =~ ", " > ", " in ", "[a, b]", "(", ")", " and ", " or ", "not ", " exists", "a", "9223372036854775807",
            "-9223372036854775808", "a*+", "(?=", "[[:alpha:]]{1000}",
        ]), 0..16),
    ) {
        let (constraints, findings) = read(&words.concat(), &Context::default());
        prop_assert_eq!(constraints.is_none(), findings.blocked());
    }
}

#[test]
fn the_normal_form_is_bounded() {
    let pair = |index: usize| format!("(attribute:a{index} exists or attribute:b{index} exists)");
    let of = |pairs: usize| (0..pairs).map(pair).collect::<Vec<_>>().join(" and ");
    assert_eq!(read(&of(6), &Context::default()).0.unwrap().nodes.terms().len(), 64);
    for (expression, expected) in [
        (of(7), "PlacementTooComplex"),
        (of(30), "PlacementTooComplex"),
        (of(60), "InvalidValue"),
        (format!("{} and attribute:x exists or {}", of(6), of(1)), "PlacementTooComplex"),
    ] {
        let (constraints, findings) = read(&expression, &Context::default());
        let blocks: Vec<_> =
            findings.iter().filter(|f| f.severity == Severity::Block).map(|f| f.code.as_str()).collect();
        assert_eq!((constraints, blocks), (None, vec![expected]), "{expression}");
    }
    // A negation of many alternatives is one term.
    let negated = format!("not({})", of(20).replace(" and ", " or "));
    assert_eq!(read(&negated, &Context::default()).0.unwrap().nodes.terms().len(), 1);
}

#[test]
fn negation_is_the_complement() {
    let label = |test| Formula::Label("k".to_owned(), test);
    let one = || BTreeSet::from(["v".to_owned()]);
    for (formula, expected) in [
        (label(LabelTest::In(one())), label(LabelTest::NotIn(one()))),
        (label(LabelTest::Exists), label(LabelTest::DoesNotExist)),
        (label(LabelTest::Gt(3)), Formula::Any(vec![label(LabelTest::Lt(4)), label(LabelTest::DoesNotExist)])),
        (label(LabelTest::Lt(0)), Formula::Any(vec![label(LabelTest::Exists), label(LabelTest::DoesNotExist)])),
        (
            Formula::Name(NameTest { name: "n".to_owned(), negated: false }),
            Formula::Name(NameTest { name: "n".to_owned(), negated: true }),
        ),
        (Formula::EVERY, Formula::NONE),
    ] {
        assert_eq!(formula.clone().negated(), expected, "{formula:?}");
    }
}
