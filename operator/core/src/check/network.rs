//! `networkConfiguration` of what starts tasks: the security groups of their pods.
//!
//! *Not here*: subnets and public addresses, which pods do not choose (support table); the network mode (`task::network`).

use std::collections::BTreeSet;

use ecs_crds::ecs::{AwsVpcConfiguration, NetworkConfiguration};
use ecs_crds::status::Class;

use crate::config::Capabilities;
use crate::findings::{Findings, Path};

/// The security groups that pods get, where the cluster can give them
pub(super) fn security_groups(
    written: Option<&NetworkConfiguration>,
    path: &Path,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> BTreeSet<String> {
    let Some(NetworkConfiguration { awsvpc_configuration: Some(written), unknown: _ }) = written else {
        return BTreeSet::new();
    };
    // The support table tells of subnets and addresses
    let AwsVpcConfiguration { subnets: _, security_groups, assign_public_ip: _, unknown: _ } = written;
    let groups: BTreeSet<String> =
        security_groups.iter().flatten().filter(|group| !group.is_empty()).cloned().collect();
    if groups.is_empty() || capabilities.security_group_policies {
        return groups;
    }
    let path = path.key("networkConfiguration").key("awsvpcConfiguration").key("securityGroups");
    let message = "the cluster has no SecurityGroupPolicy (VPC CNI), so security groups are not applied to pods; restrict traffic \
                   by NetworkPolicies";
    findings.warn(&path, Class::Unsupported, "SecurityGroupsNotApplied", message);
    BTreeSet::new()
}
