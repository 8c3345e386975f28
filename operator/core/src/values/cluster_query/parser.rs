//! The parser of the cluster query language: recursive descent over characters, since what a character means depends on
//! where it stands.
//!
//! *Not here*: what an expression means.

use super::{Comparison, DEPTH_MAX, Expression, NotAnExpression, Operator, Subject, Test};

type Parsed<T> = Result<T, NotAnExpression>;

/// Operators in signs, longer ones before their beginnings
const SIGNS: &[(&str, Operator)] = &[
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    (">", Operator::Greater),
    ("<=", Operator::LessEqual),
    ("<", Operator::Less),
    ("=~", Operator::Matches),
    ("!~", Operator::NotMatches),
];

/// Operators in words
const WORDS: &[(&str, Operator)] = &[
    ("equals", Operator::Equal),
    ("not_equals", Operator::NotEqual),
    ("greater_than", Operator::Greater),
    ("greater_than_equal", Operator::GreaterEqual),
    ("less_than", Operator::Less),
    ("less_than_equal", Operator::LessEqual),
    ("matches", Operator::Matches),
    ("not_matches", Operator::NotMatches),
];

const SUBJECTS: &[(&str, Subject)] = &[
    ("task:group", Subject::TaskGroup),
    ("agentConnected", Subject::AgentConnected),
    ("agentVersion", Subject::AgentVersion),
    ("ec2InstanceId", Subject::Ec2InstanceId),
    ("registeredAt", Subject::RegisteredAt),
    ("runningTasksCount", Subject::RunningTasksCount),
];

const NO_SUBJECT: &str = "a subject is expected: attribute:<name>, task:group, agentConnected, agentVersion, \
                          ec2InstanceId, registeredAt or runningTasksCount";
const NO_OPERATOR: &str = "an operator is expected: ==, !=, >, >=, <, <=, =~, !~, in, !in, exists or !exists";

/// What stands where a test is expected
enum Relation {
    Unary(Test),
    Binary(Operator),
    List { negated: bool },
}

pub(super) fn parse(text: &str) -> Parsed<Expression> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, depth: 0 };
    let expression = parser.or()?;
    parser.blanks();
    match parser.peek() {
        None => Ok(expression),
        Some(')') => parser.error("this `)` closes nothing"),
        Some(_) => parser.error("`and`, `or` or the end is expected; quote a value that holds blanks"),
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn or(&mut self) -> Parsed<Expression> {
        let mut any = vec![self.and()?];
        while self.sign("||") || self.word("or") {
            any.push(self.and()?);
        }
        Ok(several(any, Expression::Or))
    }

    fn and(&mut self) -> Parsed<Expression> {
        let mut all = vec![self.not()?];
        while self.sign("&&") || self.word("and") {
            all.push(self.not()?);
        }
        Ok(several(all, Expression::And))
    }

    fn not(&mut self) -> Parsed<Expression> {
        self.blanks();
        if self.sign("!") || self.word("not") {
            let inner = self.deeper(Self::not)?;
            return Ok(Expression::Not(Box::new(inner)));
        }
        if self.sign("(") {
            let inner = self.deeper(Self::or)?;
            if !self.sign(")") {
                return self.error("`and`, `or` or `)` is expected");
            }
            return Ok(inner);
        }
        self.comparison().map(Expression::Is)
    }

    fn deeper(&mut self, inner: fn(&mut Self) -> Parsed<Expression>) -> Parsed<Expression> {
        if self.depth == DEPTH_MAX {
            return self.error("the expression is nested too deeply");
        }
        self.depth += 1;
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }

    fn comparison(&mut self) -> Parsed<Comparison> {
        let at = self.at + 1;
        let subject = self.subject()?;
        let test = match self.relation()? {
            Relation::Unary(test) => test,
            Relation::Binary(operator) => {
                let pattern = matches!(operator, Operator::Matches | Operator::NotMatches);
                Test::Compare(operator, self.literal(pattern)?)
            }
            Relation::List { negated: false } => Test::In(self.list()?),
            Relation::List { negated: true } => Test::NotIn(self.list()?),
        };
        Ok(Comparison { subject, test, at })
    }

    fn subject(&mut self) -> Parsed<Subject> {
        let start = self.at;
        let name = self.take_while(|c| c.is_alphanumeric() || "-_./\\:".contains(c));
        if let Some(attribute) = after_prefix(&name, "attribute:") {
            if attribute.is_empty() {
                return self.error("the name of an attribute is expected");
            }
            return Ok(Subject::Attribute(attribute.to_owned()));
        }
        match SUBJECTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some((_, subject)) => Ok(subject.clone()),
            None => {
                self.at = start;
                self.error(NO_SUBJECT)
            }
        }
    }

    fn relation(&mut self) -> Parsed<Relation> {
        self.blanks();
        let start = self.at;
        if let Some((_, operator)) = SIGNS.iter().find(|(sign, _)| self.sign(sign)) {
            return Ok(Relation::Binary(*operator));
        }
        let negated = self.sign("!");
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').to_ascii_lowercase();
        let relation = match (word.as_str(), negated) {
            ("exists", false) => Some(Relation::Unary(Test::Exists)),
            ("exists", true) | ("not_exists", false) => Some(Relation::Unary(Test::NotExists)),
            ("in", negated) => Some(Relation::List { negated }),
            ("not_in", false) => Some(Relation::List { negated: true }),
            (_, true) => None,
            (word, false) => WORDS.iter().find(|(known, _)| *known == word).map(|(_, o)| Relation::Binary(*o)),
        };
        relation.ok_or(()).or_else(|()| {
            self.at = start;
            self.error(NO_OPERATOR)
        })
    }

    fn list(&mut self) -> Parsed<Vec<String>> {
        if !self.sign("[") {
            return self.error("a list in brackets is expected: [a, b]");
        }
        let mut literals = vec![self.literal(false)?];
        while self.sign(",") {
            literals.push(self.literal(false)?);
        }
        if !self.sign("]") {
            return self.error("`,` or `]` is expected");
        }
        Ok(literals)
    }

    fn literal(&mut self, pattern: bool) -> Parsed<String> {
        self.blanks();
        if let Some(quote @ ('\'' | '"')) = self.peek() {
            self.at += 1;
            let literal = self.take_while(|c| c != quote);
            if self.peek().is_none() {
                return self.error("the quotation mark that ends this value is missing");
            }
            self.at += 1;
            return Ok(literal);
        }
        let literal = if pattern { self.bare_pattern() } else { self.take_while(|c| !ends_literal(c)) };
        if literal.is_empty() { self.error("a value is expected") } else { Ok(literal) }
    }

    /// A pattern without quotation marks: a bracket that it opened does not end it
    fn bare_pattern(&mut self) -> String {
        let mut open = Vec::new();
        let mut escaped = false;
        self.take_while(|c| {
            let inside = !open.is_empty() && !c.is_whitespace();
            match c {
                _ if escaped => {}
                '(' => open.push(')'),
                '[' => open.push(']'),
                c if open.last() == Some(&c) => {
                    open.pop();
                    return true;
                }
                c if ends_literal(c) => return inside,
                _ => {}
            }
            escaped = !escaped && c == '\\';
            !c.is_whitespace()
        })
    }

    fn take_while(&mut self, mut keep: impl FnMut(char) -> bool) -> String {
        let start = self.at;
        while self.peek().is_some_and(&mut keep) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default().iter().collect()
    }

    /// Passes over blanks and these signs, if they come next
    fn sign(&mut self, sign: &str) -> bool {
        self.blanks();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = sign.chars().enumerate().all(|(index, c)| rest.get(index) == Some(&c));
        if found {
            self.at += sign.chars().count();
        }
        found
    }

    /// Passes over blanks and this word, if it comes next and ends there
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let start = self.at;
        let next = self.take_while(|c| c.is_alphanumeric() || "-_./\\:".contains(c));
        let found = next.eq_ignore_ascii_case(word);
        if !found {
            self.at = start;
        }
        found
    }

    fn blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn error<T>(&self, problem: &'static str) -> Parsed<T> {
        Err(NotAnExpression { at: self.at + 1, problem })
    }
}

fn ends_literal(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ']' | ')')
}

fn several(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// The rest of a text that begins with a prefix in any case
fn after_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
