//! Host names, host entries and name servers of the pod, and the policy of a pod without a network.
//!
//! *Not here*: ports (`container`).

use std::collections::BTreeMap;

use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfig};
use serde_json::json;

use super::all_containers;
use crate::config::Capabilities;
use crate::findings::Findings;
use crate::model::task::{Network, Task};
use crate::names::{LABEL_MAX, NETWORK, k8s_name};
use crate::revision::{Companion, CompanionKind};
use crate::translate::companion::Companions;
use crate::values::dns::is_subdomain;

/// The longest `hostnameOverride`, as long as a Linux host name
const OVERRIDE_MAX: usize = 64;

/// The NetworkPolicy of all pods of a namespace that have no network
const NO_NETWORK: &str = "ecs-no-network";

/// What the pod says about names
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) hostname: Option<String>,
    pub(super) hostname_override: Option<String>,
    pub(super) host_aliases: Option<Vec<HostAlias>>,
    pub(super) dns_config: Option<PodDNSConfig>,
    pub(super) dns_policy: Option<String>,
}

/// Names and name servers
pub(super) fn names(task: &Task, capabilities: Capabilities, findings: &mut Findings) -> Names {
    let Network { hostname, dns_servers, dns_search_domains, hosts, cut_off: _ } = &task.network;
    let whole = |name: &String| capabilities.hostname_override && name.contains('.') && is_whole(name);
    let hostname_override = hostname.clone().filter(whole);
    let label = hostname.as_ref().filter(|_| hostname_override.is_none()).map(|written| {
        let label = k8s_name(written, LABEL_MAX);
        if label != *written {
            let message = format!("the pod's host name is `{label}`: Kubernetes does not take `{written}`");
            findings.info(&all_containers(), Class::Approximate, "HostnameChanged", message);
        }
        label
    });
    let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
    let dns = PodDNSConfig {
        nameservers: some(dns_servers.iter().map(ToString::to_string).collect()),
        searches: some(dns_search_domains.clone()),
        options: None,
    };
    let aliases =
        hosts.iter().map(|(address, names)| HostAlias { ip: address.to_string(), hostnames: some(names.clone()) });
    Names {
        hostname: label,
        hostname_override,
        host_aliases: (!hosts.is_empty()).then(|| aliases.collect()),
        dns_policy: match (dns_servers.is_empty(), task.host.network) {
            // The cluster's own servers would come first otherwise
            (false, _) => Some("None".to_owned()),
            // The node's servers do not know the names of the cluster
            (true, true) => Some("ClusterFirstWithHostNet".to_owned()),
            (true, false) => None,
        },
        dns_config: (dns != PodDNSConfig::default()).then_some(dns),
    }
}

/// The labels of a pod that is cut off from the network, and the policy that does it: one for all such pods of a namespace
pub(super) fn labels(task: &Task, companions: &mut Companions) -> BTreeMap<String, String> {
    if !task.network.cut_off {
        return BTreeMap::new();
    }
    let labels = BTreeMap::from([(NETWORK.to_owned(), "none".to_owned())]);
    // A direction that is named, and in which nothing is allowed
    let spec = json!({ "podSelector": { "matchLabels": labels }, "policyTypes": ["Ingress", "Egress"] });
    let body = json!({ "spec": spec });
    companions.push(Companion::new(CompanionKind::NetworkPolicy, NO_NETWORK.to_owned(), &body));
    labels
}

fn is_whole(name: &str) -> bool {
    name.len() <= OVERRIDE_MAX && is_subdomain(name)
}
