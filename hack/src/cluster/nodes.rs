//! The three simulated nodes.
//!
//! Since Kubernetes 1.36 a pod that needs a feature of its node is scheduled only where `status.declaredFeatures`
//! names it. kubelets declare the features whose gates are on; the simulated nodes declare the same, read from the
//! API server's own gates. Their list is component-helpers/nodedeclaredfeatures in hack/tools/kubernetes's version.

use serde_json::{Value, json};

/// How many nodes, each in a zone of its own.
pub(super) const COUNT: usize = 3;

/// Features that kubelets of the pinned version declare when the gate of the same name is on.
/// `UserNamespacesHostNetworkSupport` is left out: it also needs a container runtime that supports it.
const DECLARABLE: [&str; 4] = [
    "ExtendWebSocketsToKubelet",
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
    "RestartAllContainersOnContainerExits",
];

/// The features to declare, from the API server's /metrics.
pub(super) fn declared_features(metrics: &str) -> Vec<&'static str> {
    let on = |name: &str| {
        let gate = format!("kubernetes_feature_enabled{{name=\"{name}\",");
        metrics.lines().any(|line| line.starts_with(&gate) && line.ends_with(" 1"))
    };
    DECLARABLE.into_iter().filter(|name| on(name)).collect()
}

/// The nodes as a list to create.
pub(super) fn list(features: &[&str], kubernetes: &str) -> Value {
    let nodes: Vec<Value> = ["a", "b", "c"][..COUNT]
        .iter()
        .enumerate()
        .map(|(index, zone)| node(index + 1, zone, features, kubernetes))
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": nodes})
}

fn node(number: usize, zone: &str, features: &[&str], kubernetes: &str) -> Value {
    let name = format!("node-{number}");
    let size = json!({"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "1000"});
    let unknown = "";
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/region": "region",
                "topology.kubernetes.io/zone": format!("zone-{zone}"),
            },
        },
        "spec": {"podCIDR": format!("10.{number}.0.0/16"), "podCIDRs": [format!("10.{number}.0.0/16")]},
        "status": {
            "capacity": size,
            "allocatable": size,
            "declaredFeatures": features,
            "addresses": [
                {"type": "InternalIP", "address": format!("192.0.2.{number}")},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "kwok", "kernelVersion": "kwok",
                "containerRuntimeVersion": "kwok://0", "kubeletVersion": format!("v{kubernetes}"), "kubeProxyVersion": unknown,
                "bootID": unknown, "machineID": unknown, "systemUUID": unknown,
            },
        },
    })
}

/// What is still missing before work can run on the nodes; none when nothing is.
pub(super) fn missing(nodes: &Value, features: &[&str]) -> Option<String> {
    let items = nodes["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fake = |node: &&Value| node["metadata"]["annotations"]["kwok.x-k8s.io/node"] == "fake";
    let items: Vec<&Value> = items.iter().filter(fake).collect();
    if items.len() < COUNT {
        return Some(format!("{} of {COUNT} nodes", items.len()));
    }
    items.iter().find_map(|node| {
        let name = node["metadata"]["name"].as_str().unwrap_or("a node");
        let conditions = node["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ready = conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
        let declared = node["status"]["declaredFeatures"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !ready {
            Some(format!("{name} is not ready"))
        } else if node["spec"]["taints"].as_array().is_some_and(|taints| !taints.is_empty()) {
            Some(format!("{name} is tainted"))
        } else if declared != features {
            Some(format!("{name} declares {declared:?}"))
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_declare_what_has_its_gate_on_and_nothing_else() {
        let metrics = "# TYPE kubernetes_feature_enabled gauge\n\
             kubernetes_feature_enabled{name=\"RestartAllContainersOnContainerExits\",stage=\"BETA\"} 1\n\
             kubernetes_feature_enabled{name=\"ExtendWebSocketsToKubelet\",stage=\"BETA\"} 0\n\
             kubernetes_feature_enabled{name=\"InPlacePodVerticalScalingInitContainersX\",stage=\"BETA\"} 1\n\
             kubernetes_feature_enabled{name=\"ContainerRestartRules\",stage=\"BETA\"} 1\n";
        assert_eq!(declared_features(metrics), ["RestartAllContainersOnContainerExits"]);
        assert!(declared_features("").is_empty());
    }

    #[test]
    fn three_nodes_lie_in_three_zones() {
        let list = list(&[], "1.36.3");
        let zones: Vec<_> = (0..COUNT)
            .map(|index| &list["items"][index]["metadata"]["labels"]["topology.kubernetes.io/zone"])
            .collect();
        assert_eq!(zones, ["zone-a", "zone-b", "zone-c"]);
    }

    #[test]
    fn nodes_are_waited_for_until_ready_untainted_and_declaring() {
        let mut nodes = list(&["A"], "1.36.3");
        assert_eq!(missing(&json!({"items": []}), &[]), Some("0 of 3 nodes".into()));
        assert_eq!(missing(&nodes, &["A"]), Some("node-1 is not ready".into()));
        for index in 0..COUNT {
            nodes["items"][index]["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]);
        }
        assert_eq!(missing(&nodes, &["A"]), None);
        assert_eq!(missing(&nodes, &["A", "B"]), Some("node-1 declares [String(\"A\")]".into()));
        nodes["items"][2]["spec"]["taints"] = json!([{"key": "node.kubernetes.io/not-ready"}]);
        assert_eq!(missing(&nodes, &["A"]), Some("node-3 is tainted".into()));
    }
}
