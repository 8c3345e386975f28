//! Evaluates the expressions of a template.
//!
//! *Guarantees*: ends on every input (depth, steps and sizes are bounded, and circles are found), never panics. What cannot be
//! known becomes a hole that tells why, never a guess.
//!
//! *Not here*: what names refer to (`reference`), what single functions compute (`function`, `substitute`), CRs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::template::Template;
use super::{foreach, function, reference};
use crate::wire::hole::hole;
use crate::wire::parameters::Parameters;

/// How deep expressions may nest, through references too
const DEPTH: usize = 200;
/// How much may be evaluated: expressions, and 32 bytes of text each
const STEPS: usize = 2_000_000;
/// How long a text may become, in bytes; templates end at 1 MB
const TEXT: usize = 1_048_576;

/// Whether a condition holds, or why that is not known
pub(super) type Truth = Result<bool, String>;

/// The evaluator of one template
pub(super) struct Evaluator<'a> {
    pub(super) template: Template,
    pub(super) given: &'a Parameters,
    /// The parameters that are secrets, and whose values were used since this was last emptied
    pub(super) secrets: BTreeSet<String>,
    /// What is being evaluated, against circles
    open: BTreeSet<String>,
    known: BTreeMap<String, Truth>,
    steps: usize,
    depth: usize,
}

impl<'a> Evaluator<'a> {
    /// Loops over resources and conditions are written out first, so that both can be found by name
    pub(super) fn new(template: Template, given: &'a Parameters) -> Self {
        let (secrets, open, known) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        let mut evaluator = Self { template, given, secrets, open, known, steps: STEPS, depth: 0 };
        let conditions = std::mem::take(&mut evaluator.template.conditions);
        evaluator.template.conditions = foreach::written_out(&mut evaluator, conditions);
        let resources = std::mem::take(&mut evaluator.template.resources);
        evaluator.template.resources = foreach::written_out(&mut evaluator, resources);
        evaluator
    }

    /// The value of an expression: none for `AWS::NoValue`, holes where something is not known
    pub(super) fn evaluate(&mut self, expression: &Value) -> Option<Value> {
        if self.depth >= DEPTH || !self.spend(1) {
            return Some(hole("the template is too large or nests too deeply to be evaluated here"));
        }
        self.depth += 1;
        let value = match expression {
            Value::Object(members) => match function::call_of(members) {
                Some((name, argument)) => function::call(self, name, argument),
                None => Some(Value::Object(self.object(members.clone()))),
            },
            Value::Array(items) => Some(items.iter().filter_map(|item| self.evaluate(item)).collect()),
            Value::String(text) => Some(self.literal(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(expression.clone()),
        };
        self.depth -= 1;
        value
    }

    fn object(&mut self, members: Map<String, Value>) -> Map<String, Value> {
        let members = foreach::written_out(self, members);
        let mut evaluated = Map::new();
        for (key, expression) in members {
            // What a macro would put beside these members cannot be known
            let value = if key == "Fn::Transform" {
                function::call(self, &key, &expression)
            } else {
                self.evaluate(&expression)
            };
            if let Some(value) = value {
                evaluated.insert(key, value);
            }
        }
        evaluated
    }

    fn literal(&mut self, text: &str) -> Value {
        match text.find("{{resolve:") {
            Some(start) => {
                let rest = &text[start..];
                let end = rest.find("}}").map_or(rest.len(), |end| end + 2);
                let reference = &rest[..end];
                let is_secret = ["secretsmanager:", "ssm-secure:"]
                    .iter()
                    .any(|kind| reference["{{resolve:".len()..].starts_with(kind));
                let advice = if is_secret { "; `secrets` take the reference itself, and no value" } else { "" };
                hole(&format!("CloudFormation looks `{reference}` up when it makes the stack{advice}"))
            }
            None => self.text(text.to_owned()),
        }
    }

    /// A text as a value, within bounds
    pub(super) fn text(&mut self, text: String) -> Value {
        if text.len() > TEXT || !self.spend(text.len() / 32) {
            return hole("the text is too long to be evaluated here");
        }
        Value::String(text)
    }

    /// Takes from what may still be evaluated; false where nothing is left
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        match self.steps.checked_sub(steps) {
            Some(left) => self.steps = left,
            None => self.steps = 0,
        }
        self.steps > 0
    }

    /// Evaluates something that has a name, unless that is what is being evaluated already
    pub(super) fn once<T>(&mut self, name: &str, evaluate: impl FnOnce(&mut Self) -> T) -> Result<T, String> {
        if !self.open.insert(name.to_owned()) {
            return Err(format!("`{name}` refers to itself"));
        }
        let value = evaluate(self);
        self.open.remove(name);
        Ok(value)
    }

    /// Whether a named condition holds
    pub(super) fn condition(&mut self, name: &str) -> Truth {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let Some(expression) = self.template.conditions.get(name).cloned() else {
            return Err(format!("the template has no condition `{name}`"));
        };
        let truth = self.once(&format!("condition {name}"), |this| this.truth(&expression)).and_then(|truth| truth);
        self.known.insert(name.to_owned(), truth.clone());
        truth
    }

    /// Whether an expression of the Conditions section holds
    pub(super) fn truth(&mut self, expression: &Value) -> Truth {
        if self.depth >= DEPTH || !self.spend(1) {
            return Err("the template is too large or nests too deeply to be evaluated here".to_owned());
        }
        self.depth += 1;
        let secrets = self.secrets.clone();
        let truth = function::truth(self, expression);
        // Whether something holds gives no secret away
        self.secrets = secrets;
        self.depth -= 1;
        truth
    }

    /// The value that a reference gives; none for `AWS::NoValue`
    pub(super) fn reference(&mut self, name: &str) -> Option<Value> {
        reference::to(self, name)
    }
}
