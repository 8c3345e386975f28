//! Outputs of Describe calls, and the input of UpdateService, as the inputs of Register and Create (mapping specification,
//! 14.2 and 14.3).
//!
//! *Not here*: read-only members, which stay for `check` to name.

use serde_json::{Map, Value};

use ecs_crds::status::Class;

use super::recognise::Recognised;
use crate::findings::{Findings, Path};
use crate::support::Spec;

/// What DescribeServices shows only in the PRIMARY deployment
const IN_PRIMARY: &[&str] = &["serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"];

/// `{"taskDefinition": {…}, "tags": […]}`: tags come beside
pub(super) fn task_definition(mut output: Map<String, Value>) -> Value {
    let mut definition = output.remove("taskDefinition").unwrap_or_default();
    if let (Value::Object(members), Some(tags)) = (&mut definition, output.remove("tags")) {
        members.entry("tags").or_insert(tags);
    }
    definition
}

/// A service of DescribeServices: some members stand in its PRIMARY deployment, the cluster is an ARN
pub(super) fn service(mut service: Map<String, Value>) -> Value {
    let deployments = service.get("deployments").and_then(Value::as_array).into_iter().flatten();
    let primary = deployments.filter_map(Value::as_object).find(|d| d.get("status").is_some_and(|s| s == "PRIMARY"));
    if let Some(primary) = primary.cloned() {
        for (key, value) in primary.into_iter().filter(|(key, _)| IN_PRIMARY.contains(&key.as_str())) {
            service.entry(key).or_insert(value);
        }
    }
    // What ECS counts of a daemon service it does not take
    if service.contains_key("serviceArn") && service.get("schedulingStrategy").is_some_and(|s| s == "DAEMON") {
        service.remove("desiredCount");
    }
    let cluster = service.get("clusterArn").and_then(Value::as_str).and_then(|arn| arn.rsplit('/').next());
    if let Some(cluster) = cluster.map(Value::from) {
        service.entry("cluster").or_insert(cluster);
    }
    Value::Object(service)
}

/// UpdateService names the service `service` and holds only what changes
pub(super) fn update_service(mut input: Map<String, Value>) -> Recognised {
    let mut findings = Findings::default();
    if let Some(name) = input.remove("service") {
        input.entry("serviceName").or_insert(name);
    }
    findings.info(
        &Path::root(),
        Class::Approximate,
        "UpdateServiceDocument",
        "the input of UpdateService is read as if it created the service; what it leaves unchanged is not known here",
    );
    if input.remove("forceNewDeployment").is_some() {
        findings.info(
            &Path::root().key("forceNewDeployment"),
            Class::Exact,
            "ForceNewDeployment",
            "a boolean of a call is no state; give kubernetes.forceDeployment a new value instead",
        );
    }
    Recognised { spec: Some((Spec::EcsService, Value::Object(input))), findings, ..Recognised::default() }
}
