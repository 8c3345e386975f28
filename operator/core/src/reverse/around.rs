//! What stands around the workloads of a cluster and gives their members a meaning.

use std::collections::BTreeMap;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolume, PersistentVolumeClaim, Service, ServiceAccount};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The annotation with which EKS gives a ServiceAccount a role
const ROLE: &str = "eks.amazonaws.com/role-arn";
/// The namespace of objects that name none
const DEFAULT: &str = "default";

/// Namespace and name
type Place = (String, String);

/// The objects that workloads refer to
#[derive(Debug, Default)]
pub(super) struct Around {
    config_maps: BTreeMap<Place, ConfigMap>,
    /// Of a Secret that an ExternalSecret makes: its keys, and where AWS keeps their values
    secrets: BTreeMap<Place, BTreeMap<String, String>>,
    roles: BTreeMap<Place, String>,
    services: Vec<Service>,
    scalers: Vec<HorizontalPodAutoscaler>,
    claims: BTreeMap<Place, String>,
    volumes: BTreeMap<String, PersistentVolume>,
}

impl Around {
    /// Sorts objects by kind; others than those of interest are left alone
    pub(super) fn of(objects: &[Value]) -> Self {
        let mut around = Self::default();
        objects.iter().for_each(|object| around.take_in(object));
        around
    }

    fn take_in(&mut self, object: &Value) {
        let place = place(object);
        match object["kind"].as_str().unwrap_or_default() {
            "ConfigMap" => self.config_maps.extend(read(object).map(|map| (place, map))),
            "ServiceAccount" => {
                let account: Option<ServiceAccount> = read(object);
                let role = account.and_then(|a| a.metadata.annotations?.remove(ROLE));
                self.roles.extend(role.map(|role| (place, role)));
            }
            "Service" => self.services.extend(read(object)),
            "HorizontalPodAutoscaler" => self.scalers.extend(read(object)),
            "PersistentVolumeClaim" => {
                let claim: Option<PersistentVolumeClaim> = read(object);
                self.claims.extend(claim.and_then(|c| Some((place, c.spec?.volume_name?))));
            }
            "PersistentVolume" => self.volumes.extend(read(object).map(|volume| (place.1, volume))),
            "ExternalSecret" => {
                let target = object.pointer("/spec/target/name").and_then(Value::as_str).unwrap_or(&place.1).to_owned();
                self.secrets.insert((place.0, target), external(object));
            }
            _ => {}
        }
    }

    /// A ConfigMap
    pub(super) fn config_map(&self, namespace: Option<&str>, name: &str) -> Option<&ConfigMap> {
        self.config_maps.get(&at(namespace, name))
    }

    /// Where AWS keeps the values of a Secret, by key
    pub(super) fn secret(&self, namespace: Option<&str>, name: &str) -> Option<&BTreeMap<String, String>> {
        self.secrets.get(&at(namespace, name))
    }

    /// The role of a ServiceAccount
    pub(super) fn role(&self, namespace: Option<&str>, name: &str) -> Option<&str> {
        self.roles.get(&at(namespace, name)).map(String::as_str)
    }

    /// The volume that a claim is bound to
    pub(super) fn volume(&self, namespace: Option<&str>, claim: &str) -> Option<&PersistentVolume> {
        self.volumes.get(self.claims.get(&at(namespace, claim))?)
    }

    /// The Services that find pods with these labels
    pub(super) fn services(&self, namespace: Option<&str>, labels: &BTreeMap<String, String>) -> Vec<&Service> {
        let finds = |service: &&Service| {
            let selector = service.spec.as_ref().and_then(|s| s.selector.as_ref());
            let found = selector.is_some_and(|s| !s.is_empty() && s.iter().all(|(k, v)| labels.get(k) == Some(v)));
            found && service.metadata.namespace.as_deref().unwrap_or(DEFAULT) == namespace.unwrap_or(DEFAULT)
        };
        self.services.iter().filter(finds).collect()
    }

    /// What scales a Deployment of this name
    pub(super) fn scaler(&self, namespace: Option<&str>, name: &str) -> Option<&HorizontalPodAutoscaler> {
        let scales = |scaler: &&HorizontalPodAutoscaler| {
            let target = &scaler.spec.scale_target_ref;
            target.kind == "Deployment"
                && target.name == name
                && scaler.metadata.namespace.as_deref().unwrap_or(DEFAULT) == namespace.unwrap_or(DEFAULT)
        };
        self.scalers.iter().find(scales)
    }
}

/// Reads an object; none where it is none
fn read<K: DeserializeOwned>(object: &Value) -> Option<K> {
    K::deserialize(object).ok()
}

fn at(namespace: Option<&str>, name: &str) -> Place {
    (namespace.unwrap_or(DEFAULT).to_owned(), name.to_owned())
}

fn place(object: &Value) -> Place {
    let text = |key: &str| object["metadata"][key].as_str();
    at(text("namespace"), text("name").unwrap_or_default())
}

/// The keys of the Secret that an ExternalSecret makes, as ECS's `valueFrom`; what is not named by ARN is left out
fn external(object: &Value) -> BTreeMap<String, String> {
    let data = object.pointer("/spec/data").and_then(Value::as_array);
    let value_from = |entry: &Value| {
        let remote = &entry["remoteRef"];
        let (key, property) = (remote["key"].as_str()?, remote["property"].as_str().unwrap_or_default());
        let version = remote["version"].as_str().unwrap_or_default();
        let (stage, id) = version.strip_prefix("uuid/").map_or((version, ""), |id| ("", id));
        let more = !(property.is_empty() && version.is_empty());
        let whole = if more { format!("{key}:{property}:{stage}:{id}") } else { key.to_owned() };
        Some((entry["secretKey"].as_str()?.to_owned(), whole)).filter(|_| key.starts_with("arn:"))
    };
    data.into_iter().flatten().filter_map(value_from).collect()
}
