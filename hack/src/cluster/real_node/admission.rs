//! The objects that a cluster with a real node begins with: which pods run on it, and where pods find the API server.
//!
//! A namespace chooses, by its label, for all its pods. So documents under test stay what users write: they name neither
//! node nor toleration, and an image by tag, which ECS pulls each time, is taken from what was imported by hand.

use serde_json::{Value, json};

use super::{ADDRESS, MARK};

/// The policy, its binding, and the endpoints of the `kubernetes` Service.
pub(super) fn objects(apiserver: u16) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": [policy(), binding(), endpoints(apiserver)]})
}

fn policy() -> Value {
    let (key, value) = MARK;
    let containers = |field: &str| {
        format!(
            "has(object.spec.{field}) ? object.spec.{field}.map(c, \
             Object.spec.{field}{{name: c.name, imagePullPolicy: \"IfNotPresent\"}}) : []"
        )
    };
    let pull = format!(
        "Object{{spec: Object.spec{{containers: {}, initContainers: {}}}}}",
        containers("containers"),
        containers("initContainers")
    );
    let place = format!(
        "(has(object.spec.nodeSelector) ? [] : [JSONPatch{{op: \"add\", path: \"/spec/nodeSelector\", \
         value: Object.spec.nodeSelector{{}}}}]) + [JSONPatch{{op: \"add\", \
         path: \"/spec/nodeSelector/\" + jsonpatch.escapeKey(\"{key}\"), value: \"{value}\"}}] + \
         (has(object.spec.tolerations) ? [] : [JSONPatch{{op: \"add\", path: \"/spec/tolerations\", value: []}}]) + \
         [JSONPatch{{op: \"add\", path: \"/spec/tolerations/-\", \
         value: Object.spec.tolerations{{key: \"{key}\", operator: \"Exists\"}}}}]"
    );
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "pods-on-the-real-node"},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {key: value}},
                "resourceRules": [{
                    "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
                }],
            },
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [
                {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": pull}},
                {"patchType": "JSONPatch", "jsonPatch": {"expression": place}},
            ],
        },
    })
}

fn binding() -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": "pods-on-the-real-node"},
        "spec": {"policyName": "pods-on-the-real-node"},
    })
}

fn endpoints(apiserver: u16) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": apiserver, "protocol": "TCP"}],
    })
}
