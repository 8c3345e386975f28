//! The rights that the operator uses, as rules of RBAC: charts are made from them, and every story runs with them alone.
//!
//! No wildcard, no secret, no `escalate`, `bind` or `impersonate`, and nothing about RBAC, webhooks or definitions of kinds.
//!
//! *Not here*: roles and bindings (the chart), and the rights of who writes the documents.

use std::collections::BTreeMap;

use ecs_core::plan::ChildKind;
use ecs_crds::GROUP;

/// What may be done with one resource
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The API group; empty: the core
    pub group: String,
    /// The resource, with its subresource
    pub resource: String,
    /// The verbs, sorted
    pub verbs: Vec<&'static str>,
}

/// Kinds of ours that are read, and whose status is written
const OURS: &[&str] = &["taskdefinitions", "ecsservices", "scheduledtasks", "ecstasks"];
/// What a watch asks for
const WATCH: &[&str] = &["list", "watch"];
/// What making, restoring and deleting a child asks for. An apply of what is not there is a create and a patch, and `get`
/// tells whose an object is that was there first
const MAKE: &[&str] = &["create", "delete", "get", "list", "patch", "watch"];

/// In the namespaces that are looked after
#[must_use]
pub fn in_namespaces() -> Vec<Rule> {
    let mut rights = Rights::default();
    for kind in ChildKind::all() {
        let (group, _) = kind.api_version().rsplit_once('/').unwrap_or_default();
        rights.add(group, kind.plural(), of_child(kind));
    }
    for plural in OURS {
        rights.add(GROUP, plural, WATCH);
        rights.add(GROUP, &format!("{plural}/status"), &["patch"]);
    }
    rights.add(GROUP, "ecsservices/scale", &["patch"]);
    rights.add("events.k8s.io", "events", &["create", "patch"]);
    rights.rules()
}

/// In the whole cluster, where no single namespace is looked after
#[must_use]
pub fn in_cluster() -> Vec<Rule> {
    let mut rights = Rights::default();
    rights.add("", "nodes", WATCH);
    // Which of them hold what was imported
    rights.add(GROUP, "ecsclusters", WATCH);
    rights.rules()
}

/// In the namespace of the Lease
#[must_use]
pub fn of_election() -> Vec<Rule> {
    let mut rights = Rights::default();
    rights.add("coordination.k8s.io", "leases", &["create", "get", "update"]);
    rights.rules()
}

fn of_child(kind: ChildKind) -> &'static [&'static str] {
    match kind {
        // Their controllers make them; here they are counted, and replaced
        ChildKind::Pod => &["delete", "list", "watch"],
        // Users make them; here they are deleted after their last run, or when their time is up
        ChildKind::ScheduledTask | ChildKind::EcsTask => &["delete", "list", "watch"],
        // Users make them; here their count is written, by the scale subresource
        ChildKind::EcsService => WATCH,
        ChildKind::ServiceAccount
        | ChildKind::ControllerRevision
        | ChildKind::Deployment
        | ChildKind::DaemonSet
        | ChildKind::Service
        | ChildKind::CronJob
        | ChildKind::Job
        | ChildKind::PodDisruptionBudget
        | ChildKind::HorizontalPodAutoscaler
        | ChildKind::Ingress
        | ChildKind::HttpRoute
        | ChildKind::TargetGroupBinding
        | ChildKind::Companion(_) => MAKE,
    }
}

/// Verbs by group and resource
#[derive(Default)]
struct Rights(BTreeMap<(String, String), Vec<&'static str>>);

impl Rights {
    fn add(&mut self, group: &str, resource: &str, verbs: &[&'static str]) {
        let held = self.0.entry((group.to_owned(), resource.to_owned())).or_default();
        held.extend(verbs);
        held.sort_unstable();
        held.dedup();
    }

    fn rules(self) -> Vec<Rule> {
        let rule = |((group, resource), verbs)| Rule { group, resource, verbs };
        self.0.into_iter().map(rule).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_reaches_further_than_what_is_made() {
        let all = [in_namespaces(), in_cluster(), of_election()].concat();
        for Rule { group, resource, verbs } in all {
            assert!(!verbs.is_empty() && !verbs.contains(&"*") && !resource.contains('*') && group != "*");
            assert!(!["escalate", "bind", "impersonate", "deletecollection"].iter().any(|v| verbs.contains(v)));
            let reaches = ["secrets", "pods/exec", "nodes/proxy", "serviceaccounts/token"].contains(&&*resource)
                || ["rbac.authorization.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io"]
                    .contains(&&*group);
            assert!(!reaches, "{group}/{resource}");
        }
    }
}
