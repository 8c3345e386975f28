//! The cluster query language: what an ECS `memberOf` constraint says about container instances.
//!
//! ```text
//! expr    := and { ("||" | "or") and }            and := not { ("&&" | "and") not }
//! not     := ("!" | "not") not | "(" expr ")" | subject test
//! subject := "attribute:" name | "task:group" | "agentConnected" | "agentVersion" | "ec2InstanceId" | …
//! test    := "exists" | "!exists" | operator literal | ("in" | "!in") "[" literal { "," literal } "]"
//! ```
//!
//! Words are read in any case. A literal is quoted, or runs to the next blank, `,`, `]` or `)`; an unquoted pattern may hold
//! brackets that it closes itself (`[cm]5.*`, `(t2|t3).*`).
//!
//! *Guarantees*: any text is an expression or an error with a position; nothing recurses deeper than [`DEPTH_MAX`].
//!
//! *Not here*: what a subject is on Kubernetes (`check::placement`).

mod parser;

use std::str::FromStr;

/// How deep parentheses and negations may be nested
pub const DEPTH_MAX: usize = 100;

/// An expression
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Any of them, two or more
    Or(Vec<Expression>),
    /// All of them, two or more
    And(Vec<Expression>),
    /// The instances that it does not describe
    Not(Box<Expression>),
    /// A comparison
    Is(Comparison),
}

/// What one comparison says of a container instance
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What is looked at
    pub subject: Subject,
    /// What it is compared with
    pub test: Test,
    /// Where it begins: the number of the character, from 1
    pub at: usize,
}

/// What a comparison looks at
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `attribute:<name>`
    Attribute(String),
    /// `task:group`: the groups of the tasks on the instance
    TaskGroup,
    /// `agentConnected`
    AgentConnected,
    /// `agentVersion`
    AgentVersion,
    /// `ec2InstanceId`
    Ec2InstanceId,
    /// `registeredAt`
    RegisteredAt,
    /// `runningTasksCount`
    RunningTasksCount,
}

/// What a subject is compared with
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It has a value
    Exists,
    /// It has none
    NotExists,
    /// Its value and a literal
    Compare(Operator, String),
    /// Its value is one of these
    In(Vec<String>),
    /// It has a value, and that is none of these
    NotIn(Vec<String>),
}

/// How a value and a literal are compared
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `==`, `equals`
    Equal,
    /// `!=`, `not_equals`
    NotEqual,
    /// `>`, `greater_than`
    Greater,
    /// `>=`, `greater_than_equal`
    GreaterEqual,
    /// `<`, `less_than`
    Less,
    /// `<=`, `less_than_equal`
    LessEqual,
    /// `=~`, `matches`: a Java regular expression for the whole value
    Matches,
    /// `!~`, `not_matches`
    NotMatches,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Attribute(name) => return write!(f, "attribute:{name}"),
            Self::TaskGroup => "task:group",
            Self::AgentConnected => "agentConnected",
            Self::AgentVersion => "agentVersion",
            Self::Ec2InstanceId => "ec2InstanceId",
            Self::RegisteredAt => "registeredAt",
            Self::RunningTasksCount => "runningTasksCount",
        })
    }
}

/// Why a text is no expression
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct NotAnExpression {
    /// The number of the character, from 1
    pub at: usize,
    /// What is expected there
    pub problem: &'static str,
}

impl FromStr for Expression {
    type Err = NotAnExpression;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parser::parse(text)
    }
}

#[cfg(test)]
mod tests;
