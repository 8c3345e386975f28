//! One family of a namespace: which TaskDefinition holds it, which revision is due, which are no longer needed.

use std::collections::BTreeSet;

use ecs_crds::TaskDefinition;
use k8s_openapi::api::apps::v1::ControllerRevision;

use crate::check::{self, Checked};
use crate::config::{Context, OperatorConfig};
use crate::findings::{Findings, accepted_codes};

use crate::model::task::Task;
use crate::names;
use crate::plan::{Child, ChildKind, Existing, Plan, Step};
use crate::revision::{TaskContent, TaskRevision, next_number};
use crate::translate::pod::{Setting, pod};

/// A family as it is there
#[derive(Clone, Debug)]
pub struct FamilyView<'a> {
    /// The namespace
    pub namespace: &'a str,
    /// The family
    pub family: &'a str,
    /// The TaskDefinitions that name it, in any order
    pub definitions: Vec<&'a TaskDefinition>,
    /// Its revisions as they are stored, in any order
    pub stored: Vec<&'a ControllerRevision>,
    /// The numbers that services and schedules use
    pub referenced: BTreeSet<i64>,
}

impl<'a> FamilyView<'a> {
    /// The TaskDefinition that holds the family: the oldest that is not being deleted
    #[must_use]
    pub fn holder(&self) -> Option<&'a TaskDefinition> {
        holder(&self.definitions)
    }

    /// The revisions, oldest first
    #[must_use]
    pub fn revisions(&self) -> Vec<TaskRevision> {
        revisions(self.stored.iter().copied())
    }
}

/// The oldest of several TaskDefinitions of one family; one that is being deleted holds nothing
#[must_use]
pub fn holder<'a>(definitions: &[&'a TaskDefinition]) -> Option<&'a TaskDefinition> {
    definitions
        .iter()
        .copied()
        .filter(|d| d.metadata.deletion_timestamp.is_none())
        .min_by_key(|d| (d.metadata.creation_timestamp.as_ref().map(|t| t.0), d.metadata.uid.clone()))
}

/// The task definition revisions among stored ControllerRevisions, oldest first
#[must_use]
pub fn revisions<'a>(stored: impl Iterator<Item = &'a ControllerRevision>) -> Vec<TaskRevision> {
    let mut revisions: Vec<_> = stored.filter_map(TaskRevision::decode).collect();
    revisions.sort_by_key(|r| r.number);
    revisions
}

/// The judgement of one document: what is found in it, and its content where it is valid
///
/// The findings are those of the document and of the pod that it would be in a plain service here.
#[must_use]
pub fn judge(definition: &TaskDefinition, family: &str, context: &Context) -> (Findings, Option<TaskContent>) {
    let context = &context.in_namespace(definition.metadata.namespace.as_deref().unwrap_or_default());
    let content = TaskContent { spec: definition.spec.clone(), accept: accepted_codes(&definition.metadata) };
    let (findings, valid) = found_in(&content, family, context);
    (findings, valid.then_some(content))
}

/// What is found in a task definition by itself, and whether it is valid
pub(crate) fn found_in(content: &TaskContent, family: &str, context: &Context) -> (Findings, bool) {
    let Checked { model, mut findings } = check::task_definition(&content.spec, family, &content.accept, context);
    let Some(task) = model else { return (findings, false) };
    findings.extend(plain(&task, context));
    (findings, true)
}

/// What is found in the pod that a task would be in a plain service here
pub(crate) fn plain(task: &Task, context: &Context) -> Findings {
    // Only companions have a number in their names, and nobody looks at those here.
    pod(task, 0, &Setting::PLAIN, context).findings
}

/// What is due for a family
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyPlan {
    /// The newest revision once the plan is carried out
    pub newest: Option<TaskRevision>,
    /// The steps
    pub plan: Plan,
}

/// Plans a family; `accepted` is the content of its holder where that is valid
#[must_use]
pub fn family(view: &FamilyView<'_>, accepted: Option<TaskContent>, config: &OperatorConfig) -> FamilyPlan {
    let mut plan = Plan::default();
    let revisions = view.revisions();
    let mut newest = revisions.last().cloned();
    if let Some(content) = accepted.filter(|c| !newest.as_ref().is_some_and(|n| n.content.same_as(c))) {
        let number = next_number(newest.as_ref().map(|n| n.number), view.holder().and_then(number_on_ecs));
        let revision = TaskRevision { family: view.family.to_owned(), number, content };
        let stored = revision.encode(view.namespace);
        plan.want(Child::new(ChildKind::ControllerRevision, &stored.metadata, &stored), None::<&ControllerRevision>);
        newest = Some(revision);
    }
    plan.prune = superfluous(view, &revisions, config);
    FamilyPlan { newest, plan }
}

/// What an import says of the newest revision's number on ECS
fn number_on_ecs(holder: &TaskDefinition) -> Option<i64> {
    holder.metadata.annotations.as_ref()?.get(names::AWS_REVISION)?.parse().ok()
}

/// Revisions that nothing needs: beyond the history of a live family, or of a family that is gone; the newest always stays,
/// as the counter
fn superfluous(view: &FamilyView<'_>, revisions: &[TaskRevision], config: &OperatorConfig) -> Vec<Step> {
    let kept = if view.holder().is_some() { config.revision_history_limit.max(1) } else { 1 };
    let Some(first_kept) = revisions.len().checked_sub(kept) else { return Vec::new() };
    let old: BTreeSet<i64> = revisions[..first_kept].iter().map(|r| r.number).collect();
    let mut steps: Vec<_> = view
        .stored
        .iter()
        .filter(|s| old.contains(&s.revision) && !view.referenced.contains(&s.revision))
        .map(|s| (s.revision, Step::Delete(Existing::of(ChildKind::ControllerRevision, &s.metadata))))
        .collect();
    steps.sort_by_key(|(number, _)| *number);
    steps.into_iter().map(|(_, step)| step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ecs_crds::TaskDefinitionSpec;
    use serde_json::json;

    fn content(image: &str) -> TaskContent {
        let spec = json!({"containerDefinitions": [{"name": "a", "image": image, "memory": 64}]});
        TaskContent { spec: serde_json::from_value::<TaskDefinitionSpec>(spec).unwrap(), accept: BTreeSet::new() }
    }

    fn stored(number: i64, image: &str) -> ControllerRevision {
        TaskRevision { family: "web".into(), number, content: content(image) }.encode("default")
    }

    fn definition() -> TaskDefinition {
        TaskDefinition::new("web", content("x").spec)
    }

    /// The number of the revision that is due, and those that are pruned
    fn check(
        definitions: &[TaskDefinition],
        there: &[ControllerRevision],
        now: Option<&str>,
        used: &[i64],
    ) -> (i64, Vec<i64>) {
        let view = FamilyView {
            namespace: "default",
            family: "web",
            definitions: definitions.iter().collect(),
            stored: there.iter().collect(),
            referenced: used.iter().copied().collect(),
        };
        let config = OperatorConfig { revision_history_limit: 2, ..OperatorConfig::default() };
        let plan = family(&view, now.map(content), &config);
        let numbers = |s: &Step| match s {
            Step::Delete(e) => e.name.rsplit('-').next().unwrap().parse().unwrap(),
            other => panic!("{other:?}"),
        };
        (plan.newest.map_or(0, |n| n.number), plan.plan.prune.iter().map(numbers).collect())
    }

    #[test]
    fn v184_a_then_b_then_a_is_revision_three() {
        let d = [definition()];
        assert_eq!(check(&d, &[], Some("a"), &[]), (1, vec![]));
        assert_eq!(check(&d, &[stored(1, "a")], Some("a"), &[]), (1, vec![]));
        assert_eq!(check(&d, &[stored(1, "a")], Some("b"), &[]), (2, vec![]));
        assert_eq!(check(&d, &[stored(2, "b"), stored(1, "a")], Some("a"), &[]), (3, vec![]));
    }

    #[test]
    fn old_revisions_go_but_for_what_is_used() {
        let there = [stored(1, "a"), stored(2, "b"), stored(3, "c"), stored(4, "d")];
        assert_eq!(check(&[definition()], &there, Some("d"), &[]), (4, vec![1, 2]));
        assert_eq!(check(&[definition()], &there, Some("d"), &[1]), (4, vec![2]));
    }

    #[test]
    fn a_deregistered_family_keeps_its_counter_and_what_is_used() {
        let there = [stored(1, "a"), stored(2, "b"), stored(3, "c")];
        assert_eq!(check(&[], &there, None, &[2]), (3, vec![1]));
        assert_eq!(check(&[], &[stored(3, "c")], None, &[]), (3, vec![]));
    }

    #[test]
    fn numbers_go_on_after_a_gap() {
        assert_eq!(check(&[definition()], &[stored(7, "a")], Some("b"), &[]), (8, vec![]));
    }

    #[test]
    fn an_imported_revision_takes_its_number_on_ecs_where_that_is_above_all_others() {
        for (on_ecs, there, number) in
            [("7", vec![], 7), ("7", vec![3], 7), ("7", vec![7], 8), ("2", vec![7], 8), ("x", vec![], 1)]
        {
            let mut imported = definition();
            imported.metadata.annotations = Some([(names::AWS_REVISION.to_owned(), on_ecs.to_owned())].into());
            let there: Vec<_> = there.into_iter().map(|number| stored(number, "a")).collect();
            assert_eq!(check(&[imported], &there, Some("b"), &[]).0, number, "{on_ecs} on ECS");
        }
    }

    #[test]
    fn a_blocked_document_makes_no_revision() {
        assert_eq!(check(&[definition()], &[stored(1, "a")], None, &[]), (1, vec![]));
    }
}
