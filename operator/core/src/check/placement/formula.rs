//! A constraint between its words and its normal form: tests of nodes, joined and negated.
//!
//! *Guarantees*: negation is the set complement, as in ECS; the normal form never grows past [`TERMS_MAX`] terms.

use std::collections::BTreeSet;

use crate::model::placement::{GroupTest, LabelTest, NameTest, Term};

/// The most terms that a constraint may come to
pub(super) const TERMS_MAX: usize = 64;

/// Which nodes a constraint allows
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Formula {
    /// Those that match all; without parts: every node
    All(Vec<Formula>),
    /// Those that match any; without parts: no node
    Any(Vec<Formula>),
    Label(String, LabelTest),
    Name(NameTest),
    Group(GroupTest),
}

/// A term and the groups that it names
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Conjunction {
    pub(super) term: Term,
    pub(super) groups: BTreeSet<GroupTest>,
}

/// The normal form has more than [`TERMS_MAX`] terms
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooComplex;

impl Formula {
    /// Every node
    pub(super) const EVERY: Self = Self::All(Vec::new());
    /// No node
    pub(super) const NONE: Self = Self::Any(Vec::new());

    /// The nodes that it does not allow
    pub(super) fn negated(self) -> Self {
        let each = |parts: Vec<Self>| parts.into_iter().map(Self::negated).collect();
        match self {
            Self::All(parts) => Self::Any(each(parts)),
            Self::Any(parts) => Self::All(each(parts)),
            Self::Name(NameTest { name, negated }) => Self::Name(NameTest { name, negated: !negated }),
            Self::Group(GroupTest { groups, negated }) => Self::Group(GroupTest { groups, negated: !negated }),
            Self::Label(key, test) => {
                let label = |test| Self::Label(key.clone(), test);
                match test {
                    LabelTest::In(values) => label(LabelTest::NotIn(values)),
                    LabelTest::NotIn(values) => label(LabelTest::In(values)),
                    LabelTest::Exists => label(LabelTest::DoesNotExist),
                    LabelTest::DoesNotExist => label(LabelTest::Exists),
                    LabelTest::Gt(bound) => {
                        let rest = bound.checked_add(1).map(|bound| label(LabelTest::Lt(bound)));
                        Self::Any(rest.into_iter().chain([label(LabelTest::DoesNotExist)]).collect())
                    }
                    LabelTest::Lt(bound) => Self::Any(vec![greater(&key, bound, -1), label(LabelTest::DoesNotExist)]),
                }
            }
        }
    }

    /// The disjunction of conjunctions that it comes to
    pub(super) fn normal(&self) -> Result<BTreeSet<Conjunction>, TooComplex> {
        let single = |term, groups| Ok(BTreeSet::from([Conjunction { term, groups }]));
        match self {
            Self::Label(key, test) => {
                let labels = BTreeSet::from([(key.clone(), test.clone())]);
                single(Term { labels, ..Term::default() }, BTreeSet::new())
            }
            Self::Name(test) => {
                let names = BTreeSet::from([test.clone()]);
                single(Term { names, ..Term::default() }, BTreeSet::new())
            }
            Self::Group(test) => single(Term::default(), BTreeSet::from([test.clone()])),
            Self::Any(parts) => {
                let mut any = BTreeSet::new();
                for part in parts {
                    any.extend(part.normal()?);
                }
                bounded(any)
            }
            Self::All(parts) => {
                let mut all = BTreeSet::from([Conjunction::default()]);
                for part in parts {
                    all = product(&all, &part.normal()?)?;
                }
                Ok(all)
            }
        }
    }
}

/// Numbers greater than `bound + plus`; a label's value is never negative, since it cannot begin with a dash
pub(super) fn greater(key: &str, bound: i64, plus: i64) -> Formula {
    let bound = bound.saturating_add(plus);
    let test = if bound < 0 { LabelTest::Exists } else { LabelTest::Gt(bound) };
    Formula::Label(key.to_owned(), test)
}

/// Numbers less than `bound + plus`; a label's value is never negative, since it cannot begin with a dash
pub(super) fn less(key: &str, bound: i64, plus: i64) -> Formula {
    Formula::Label(key.to_owned(), LabelTest::Lt(bound.saturating_add(plus).max(0)))
}

fn product(one: &BTreeSet<Conjunction>, two: &BTreeSet<Conjunction>) -> Result<BTreeSet<Conjunction>, TooComplex> {
    let pairs = one.iter().flat_map(|one| {
        two.iter().map(|two| Conjunction {
            term: one.term.and(&two.term),
            groups: one.groups.union(&two.groups).cloned().collect(),
        })
    });
    bounded(pairs.collect())
}

fn bounded(terms: BTreeSet<Conjunction>) -> Result<BTreeSet<Conjunction>, TooComplex> {
    if terms.contains(&Conjunction::default()) {
        return Ok(BTreeSet::from([Conjunction::default()]));
    }
    if terms.len() > TERMS_MAX { Err(TooComplex) } else { Ok(terms) }
}
