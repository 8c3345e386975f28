//! What translation depends on beside the documents: the administrator's configuration and the cluster's capabilities.

use serde::{Deserialize, Serialize};

/// What the API server and the nodes can do (mapping specification, section 0.3)
///
/// Detected by the operator at start, given by hand to `render`. A flipped capability rolls no pod: it applies at the next
/// deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Capabilities {
    /// PODRES: `pod.resources`
    pub pod_resources: bool,
    /// CRR: `containers[].restartPolicy` with `restartPolicyRules`
    pub container_restart_rules: bool,
    /// RAC: the rule action `RestartAllContainers`, declared by every schedulable node
    pub restart_all_containers: bool,
    /// HOSTNAME: `pod.hostnameOverride`
    pub hostname_override: bool,
}

impl Default for Capabilities {
    /// What Kubernetes 1.36 has on by default; RestartAllContainers also needs the nodes, so it is off
    fn default() -> Self {
        Self {
            pod_resources: true,
            container_restart_rules: true,
            restart_all_containers: false,
            hostname_override: true,
        }
    }
}

impl Capabilities {
    /// The capabilities that a list names, by their names in configuration files; what is not named is off
    ///
    /// # Errors
    ///
    /// The first unknown name, with those that are known.
    pub fn named(names: &[impl AsRef<str>]) -> Result<Self, String> {
        let mut these = Self {
            pod_resources: false,
            container_restart_rules: false,
            restart_all_containers: false,
            hostname_override: false,
        };
        for name in names.iter().map(|n| n.as_ref().trim()).filter(|n| !n.is_empty()) {
            *match name {
                "podResources" => &mut these.pod_resources,
                "containerRestartRules" => &mut these.container_restart_rules,
                "restartAllContainers" => &mut these.restart_all_containers,
                "hostnameOverride" => &mut these.hostname_override,
                _ => {
                    return Err(format!(
                        "`{name}` is not a capability; use podResources, containerRestartRules, restartAllContainers, \
                         hostnameOverride"
                    ));
                }
            } = true;
        }
        Ok(these)
    }
}

/// The administrator's configuration: kind `OperatorConfig`, the same file for `run`, `sync` and `render`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OperatorConfig {
    /// The AWS account of role names that are not ARNs; without it such a name is refused
    pub account: Option<String>,
    /// The AWS partition of role names that are not ARNs
    pub partition: String,
    /// How many revisions of a family are kept beside the newest and the referenced ones
    pub revision_history_limit: usize,
}

impl Default for OperatorConfig {
    fn default() -> Self {
        Self { account: None, partition: "aws".to_owned(), revision_history_limit: 25 }
    }
}

/// Configuration and capabilities together, as every translation takes them
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The administrator's configuration
    pub config: OperatorConfig,
    /// What the cluster can do
    pub capabilities: Capabilities,
}
