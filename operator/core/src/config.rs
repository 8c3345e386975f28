//! What translation depends on beside the documents: the administrator's configuration and the cluster's capabilities.

mod bindings;
mod deployments;
mod header;
mod identity;
mod logging;
mod nodes;
mod placement;
mod privileges;
mod scaling;
mod secrets;
mod storage;
mod substitutes;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use bindings::{Bindings, Holdable};
pub use deployments::{Alarms, FailingTasks, Prometheus};
pub use header::{ApiVersion, ConfigKind};
pub use identity::{TagLabels, TaskRoles};
pub use logging::{LogBackend, Logging};
pub use nodes::{Node, Nodes};
pub(crate) use placement::COMPUTE_TYPE;
pub use placement::{
    BinpackScheduler, CapacityProvider, LaunchTypeProfile, NodeExpression, NodeOperator, NodeTerm, Toleration,
};
pub use privileges::{Allowance, Grants, NodePath, Pattern, Privileges};
pub use scaling::ExternalMetric;
pub use secrets::{SecretService, SecretStore, Secrets, StoreKind, StoreRef};
pub use storage::{AccessMode, S3Files, VolumeDriver};
pub use substitutes::{DevicesPerNode, NodeDefaults, RuntimeClasses};

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
    /// ESO: ExternalSecrets of external-secrets.io
    pub external_secrets: bool,
    /// CSISEC: SecretProviderClasses of secrets-store.csi.x-k8s.io, with the provider for AWS
    pub secrets_store_csi: bool,
    /// TGB: TargetGroupBindings of the AWS Load Balancer Controller
    pub target_group_bindings: bool,
    /// GWAPI: HTTPRoutes of the Gateway API
    pub gateway_api: bool,
    /// SNAP: VolumeSnapshots of snapshot.storage.k8s.io
    pub volume_snapshots: bool,
    /// SGP: SecurityGroupPolicies of the VPC CNI
    pub security_group_policies: bool,
    /// HPATOL: `behavior.*.tolerance` of HorizontalPodAutoscalers
    pub hpa_tolerance: bool,
    /// HPA0: `minReplicas: 0` of HorizontalPodAutoscalers
    pub hpa_scale_to_zero: bool,
}

impl Default for Capabilities {
    /// What Kubernetes 1.36 has on by default; RestartAllContainers also needs the nodes, and what is an add-on needs somebody
    /// who installed it, so these are off
    fn default() -> Self {
        Self {
            pod_resources: true,
            container_restart_rules: true,
            restart_all_containers: false,
            hostname_override: true,
            external_secrets: false,
            secrets_store_csi: false,
            target_group_bindings: false,
            gateway_api: false,
            volume_snapshots: false,
            security_group_policies: false,
            hpa_tolerance: true,
            hpa_scale_to_zero: false,
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
            external_secrets: false,
            secrets_store_csi: false,
            target_group_bindings: false,
            gateway_api: false,
            volume_snapshots: false,
            security_group_policies: false,
            hpa_tolerance: false,
            hpa_scale_to_zero: false,
        };
        for name in names.iter().map(|n| n.as_ref().trim()).filter(|n| !n.is_empty()) {
            *match name {
                "podResources" => &mut these.pod_resources,
                "containerRestartRules" => &mut these.container_restart_rules,
                "restartAllContainers" => &mut these.restart_all_containers,
                "hostnameOverride" => &mut these.hostname_override,
                "externalSecrets" => &mut these.external_secrets,
                "secretsStoreCsi" => &mut these.secrets_store_csi,
                "targetGroupBindings" => &mut these.target_group_bindings,
                "gatewayApi" => &mut these.gateway_api,
                "volumeSnapshots" => &mut these.volume_snapshots,
                "securityGroupPolicies" => &mut these.security_group_policies,
                "hpaTolerance" => &mut these.hpa_tolerance,
                "hpaScaleToZero" => &mut these.hpa_scale_to_zero,
                _ => {
                    return Err(format!(
                        "`{name}` is not a capability; use podResources, containerRestartRules, restartAllContainers, \
                         hostnameOverride, externalSecrets, secretsStoreCsi, targetGroupBindings, gatewayApi, \
                         volumeSnapshots, securityGroupPolicies, hpaTolerance, hpaScaleToZero"
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
    /// The version of the file's format; it may be left out
    pub api_version: ApiVersion,
    /// `OperatorConfig`; it may be left out
    pub kind: ConfigKind,
    /// The AWS account of role names that are not ARNs; without it such a name is refused
    pub account: Option<String>,
    /// The AWS partition of role names that are not ARNs
    pub partition: String,
    /// How pods take the task role: `irsa` or `podIdentity`; default: `irsa`
    pub task_roles: TaskRoles,
    /// Which tags become labels too: `Strict`, `Lossy` or `Off`; default: `Strict`, those that are valid as they are
    pub tag_labels: TagLabels,
    /// Cloud Map namespace, as task definitions name it → Kubernetes namespace; default: the one that a service is in
    pub cloud_map_namespaces: BTreeMap<String, String>,
    /// How many revisions of a family are kept beside the newest and the referenced ones
    pub revision_history_limit: usize,
    /// ECS attribute → node label, for attributes that have none of their own; default: none
    pub attribute_labels: BTreeMap<String, String>,
    /// Node label → values that its nodes may have, beside those that nodes have now, for regular expressions of placement
    /// constraints; default: none
    pub label_universe: BTreeMap<String, BTreeSet<String>>,
    /// The schedulers that stand for the placement strategy `binpack`; default: none
    pub binpack_scheduler: BinpackScheduler,
    /// Capacity provider → nodes; default: none, so that a capacity provider strategy is a warning
    pub capacity_providers: BTreeMap<String, CapacityProvider>,
    /// Launch type → what it adds to a pod; default: EXTERNAL → EKS hybrid nodes, MANAGED_INSTANCES → EKS Auto Mode
    pub launch_type_profiles: BTreeMap<String, LaunchTypeProfile>,
    /// What tasks may do beyond the Pod Security Standard *baseline*, by namespace; default: nothing
    pub privileges: Privileges,
    /// Device of the node → extended resource of a device plugin, which needs no privilege; default: none
    pub devices: BTreeMap<String, String>,
    /// Host paths that are no directories, so that none is made there, beside those that end in `.sock`; default: none
    pub host_files: BTreeSet<String>,
    /// Where on the nodes shared Docker volumes live: `<root>/<namespace>/<volume>`
    pub shared_volume_root: String,
    /// Docker volume driver → StorageClass; default: none, so that such a volume is refused
    pub volume_drivers: BTreeMap<String, VolumeDriver>,
    /// How file systems of S3 Files are mounted; default: not at all
    pub s3files: S3Files,
    /// How long a task goes on after it has left its load balancers, before it is told to stop, in seconds; default: 15
    pub drain_seconds: u16,
    /// When a task counts as failed, and when it is replaced
    pub failing_tasks: FailingTasks,
    /// Who is asked about the alarms of deployments
    pub alarms: Alarms,
    /// Metric of CloudWatch → one of the cluster's external metrics API. A metric reads `Namespace/MetricName`, with
    /// `/Dimension=Value,…` behind it where one series is meant, or `ALBRequestCountPerTarget`; default: none
    pub external_metrics: BTreeMap<String, ExternalMetric>,
    /// How secrets reach containers
    pub secrets: Secrets,
    /// What ships logs
    pub logging: Logging,
    /// Name of a user → its number, for images whose users tasks name; default: none, so that only `root` and numbers are known
    pub user_map: BTreeMap<String, u32>,
    /// Name of a group → its number; default: none
    pub group_map: BTreeMap<String, u32>,
    /// What every container has on the nodes
    pub node_defaults: NodeDefaults,
    /// The runtime classes that isolate
    pub runtime_classes: RuntimeClasses,
    /// How many devices `ALL` means
    pub devices_per_node: DevicesPerNode,
    /// Credential spec as the task definition names it → GMSACredentialSpec; default: none, so that it is refused
    pub gmsa_credential_specs: BTreeMap<String, String>,
    /// Docker labels that become annotations of the pod as they are: keys, or the beginning of keys with `*` behind it;
    /// default: none
    pub promote_docker_labels: BTreeSet<Pattern>,
}

impl Default for OperatorConfig {
    fn default() -> Self {
        Self {
            api_version: ApiVersion,
            kind: ConfigKind::OperatorConfig,
            account: None,
            partition: "aws".to_owned(),
            task_roles: TaskRoles::default(),
            tag_labels: TagLabels::default(),
            cloud_map_namespaces: BTreeMap::new(),
            revision_history_limit: 25,
            attribute_labels: BTreeMap::new(),
            label_universe: BTreeMap::new(),
            binpack_scheduler: BinpackScheduler::default(),
            capacity_providers: BTreeMap::new(),
            launch_type_profiles: placement::launch_type_profiles(),
            privileges: Privileges::default(),
            devices: BTreeMap::new(),
            host_files: BTreeSet::new(),
            shared_volume_root: "/var/lib/ecs-operator/volumes".to_owned(),
            volume_drivers: BTreeMap::new(),
            s3files: S3Files::default(),
            drain_seconds: 15,
            failing_tasks: FailingTasks::default(),
            alarms: Alarms::default(),
            external_metrics: BTreeMap::new(),
            secrets: Secrets::default(),
            logging: Logging::default(),
            user_map: BTreeMap::new(),
            group_map: BTreeMap::new(),
            node_defaults: NodeDefaults::default(),
            runtime_classes: RuntimeClasses::default(),
            devices_per_node: DevicesPerNode::default(),
            gmsa_credential_specs: BTreeMap::new(),
            promote_docker_labels: BTreeSet::new(),
        }
    }
}

/// Configuration, capabilities and nodes together, as every translation takes them
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The administrator's configuration
    pub config: OperatorConfig,
    /// What the cluster can do
    pub capabilities: Capabilities,
    /// What is known of its nodes; none offline
    pub nodes: Nodes,
    /// What EcsClusters say of what was imported; nothing offline
    pub bindings: Bindings,
    /// The namespace that is looked at, set with its grants by [`Self::in_namespace`]
    pub namespace: String,
    /// What the allow-list grants that namespace; by default nothing
    pub grants: Grants,
}

impl Context {
    /// The same, for the documents of one namespace and with what the administrator grants it
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Self {
        let grants = self.config.privileges.in_namespace(namespace);
        Self { namespace: namespace.to_owned(), grants, ..self.clone() }
    }
}
