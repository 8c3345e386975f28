//! Host names, host entries and name servers of the pod.
//!
//! *Not here*: ports (`container`) and network policies; no task is cut off from the network yet.

use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfig};

use super::all_containers;
use crate::config::Capabilities;
use crate::findings::Findings;
use crate::model::task::{Network, Task};
use crate::names::{LABEL_MAX, k8s_name};
use crate::values::dns::is_subdomain;

/// The longest `hostnameOverride`, as long as a Linux host name
const OVERRIDE_MAX: usize = 64;

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
    let Network { hostname, dns_servers, dns_search_domains, hosts } = &task.network;
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

fn is_whole(name: &str) -> bool {
    name.len() <= OVERRIDE_MAX && is_subdomain(name)
}
