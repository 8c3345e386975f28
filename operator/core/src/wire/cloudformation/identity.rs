//! The names of what is converted: those that the template gives, else one made of the resource's own name in the template.
//!
//! CloudFormation makes up a name where a template gives none; here the logical ID takes its place, for an object needs a name
//! and references between resources need to meet.
//!
//! *Not here*: properties other than names.

use super::evaluate::Evaluator;
use super::function;
use crate::names::{CRON_JOB_MAX, LABEL_MAX, k8s_name};
use crate::wire::hole::why;

/// A name on both sides
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// What ECS calls it; none where CloudFormation would make a name up
    pub(super) ecs_name: Option<String>,
    /// What the object of ours is called
    pub(super) metadata_name: String,
}

impl Identity {
    /// The name by which others refer to it
    pub(super) fn name(&self) -> String {
        self.ecs_name.clone().unwrap_or_else(|| self.metadata_name.clone())
    }
}

/// The family of an AWS::ECS::TaskDefinition
pub(super) fn family(evaluator: &mut Evaluator<'_>, logical_id: &str) -> Identity {
    of(evaluator, logical_id, "Family", LABEL_MAX)
}

/// The name of an AWS::ECS::Service
pub(super) fn service(evaluator: &mut Evaluator<'_>, logical_id: &str) -> Identity {
    of(evaluator, logical_id, "ServiceName", LABEL_MAX)
}

/// The name of a schedule or rule
pub(super) fn schedule(evaluator: &mut Evaluator<'_>, logical_id: &str) -> Identity {
    of(evaluator, logical_id, "Name", CRON_JOB_MAX)
}

fn of(evaluator: &mut Evaluator<'_>, logical_id: &str, property: &str, max: usize) -> Identity {
    let ecs_name = self::property(evaluator, logical_id, property).filter(|name| !name.is_empty());
    let name = ecs_name.clone().unwrap_or_else(|| words(logical_id));
    Identity { metadata_name: k8s_name(&name, max), ecs_name }
}

/// A property as text, where it is known
pub(super) fn property(evaluator: &mut Evaluator<'_>, logical_id: &str, name: &str) -> Option<String> {
    let expression = evaluator.template.property(logical_id, name)?.clone();
    let value = evaluator.once(&format!("{logical_id}.{name}"), |this| this.evaluate(&expression)).ok()??;
    if why(&value).is_some() { None } else { function::plain_text(&value) }
}

/// `WebTaskDefinition` → `web-task-definition`
fn words(logical_id: &str) -> String {
    let letters: Vec<char> = logical_id.chars().collect();
    let mut words = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let ends_a_word = before.is_some_and(|c| c.is_lowercase());
        let ends_capitals =
            before.is_some_and(|c| c.is_uppercase()) && letters.get(index + 1).is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && (ends_a_word || ends_capitals) {
            words.push('-');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_logical_id_reads_as_words() {
        for (logical_id, expected) in [
            ("WebTaskDefinition", "web-task-definition"),
            ("ECSService", "ecs-service"),
            ("Web2ECS", "web2ecs"),
            ("web", "web"),
            ("FargateServiceECC8084D", "fargate-service-ecc8084d"),
        ] {
            assert_eq!(words(logical_id), expected);
        }
    }
}
