//! Security groups of tasks: a SecurityGroupPolicy of the VPC CNI, for the pods that a label marks.
//!
//! *Not here*: whether the cluster has such policies (`check`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::names;
use crate::revision::{Companion, CompanionKind};

/// Marks pods and adds their policy, which all of the namespace share that have the same groups
pub(crate) fn apply(groups: &BTreeSet<String>, labels: &mut BTreeMap<String, String>, companions: &mut Vec<Companion>) {
    if groups.is_empty() {
        return;
    }
    let ids: Vec<&str> = groups.iter().map(String::as_str).collect();
    let digest = names::sha8(&ids.join(","));
    let policy = json!({ "spec": {
        "podSelector": { "matchLabels": { names::SECURITY_GROUPS: digest } },
        "securityGroups": { "groupIds": ids },
    } });
    companions.push(Companion::new(CompanionKind::SecurityGroupPolicy, format!("ecs-{digest}"), &policy));
    labels.insert(names::SECURITY_GROUPS.to_owned(), digest);
}
