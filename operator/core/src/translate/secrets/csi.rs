//! SecretProviderClasses of the Secrets Store CSI driver, with AWS's provider.
//!
//! The driver makes a Secret while a volume with the class is mounted, so each container that takes secrets mounts one.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{CSIVolumeSource, PodSpec, Volume, VolumeMount};
use serde::Serialize;

use super::Keyed;
use super::external::Body;
use crate::config::Context;
use crate::model::task::Container;
use crate::names::{LABEL_MAX, k8s_name};
use crate::revision::CompanionKind;
use crate::translate::companion::Companions;
use crate::translate::pod::container_mut;
use crate::values::secret_ref::{SecretRef, Source, Version};

const DRIVER: &str = "secrets-store.csi.k8s.io";
/// Where containers mount their class; the files in it are of no use to an ECS task
const MOUNT: &str = "/mnt/ecs-operator-secrets";

/// The part of a SecretProviderClass that we write
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretProviderClass<'a> {
    provider: &'static str,
    parameters: BTreeMap<&'static str, String>,
    secret_objects: [SecretObject<'a>; 1],
}

/// The Secret that is made
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretObject<'a> {
    secret_name: &'a str,
    r#type: &'static str,
    data: Vec<SecretDatum<'a>>,
}

/// One key of it, and the file that holds its value
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretDatum<'a> {
    object_name: String,
    key: &'a str,
}

/// What is fetched: AWS's provider takes each object once
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fetched {
    object_name: String,
    object_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_version_label: Option<String>,
    object_alias: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    jmes_path: Vec<Extracted>,
}

/// One key of an object that is JSON, as a file of its own
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    path: String,
    object_alias: String,
}

/// Adds the class of a container, its volume and its mount
pub(super) fn add(
    name: &str,
    keyed: &[Keyed<'_>],
    container: &Container,
    context: &Context,
    spec: &mut PodSpec,
    companions: &mut Companions,
) {
    let mut fetched = Vec::new();
    let data = keyed.iter().enumerate().map(|(index, keyed)| SecretDatum {
        object_name: fetch(&keyed.secret.value_from, index, &mut fetched),
        key: &keyed.key,
    });
    let secret = SecretObject { secret_name: name, r#type: "Opaque", data: data.collect() };
    // A YAML list in a string; JSON is YAML
    let objects = serde_json::to_string_pretty(&fetched).unwrap_or_default();
    let mut parameters = BTreeMap::from([("objects", objects)]);
    parameters.extend(region(keyed, context).map(|region| ("region", region)));
    let class = SecretProviderClass { provider: "aws", parameters, secret_objects: [secret] };
    companions.add(CompanionKind::SecretProviderClass, name.to_owned(), &Body { spec: class });

    // No ECS volume has a dot in its name, so none has this hash
    let volume = k8s_name(&format!("secrets.{}", container.ecs_name()), LABEL_MAX);
    let source = CSIVolumeSource {
        driver: DRIVER.to_owned(),
        read_only: Some(true),
        volume_attributes: Some(BTreeMap::from([("secretProviderClass".to_owned(), name.to_owned())])),
        ..CSIVolumeSource::default()
    };
    let made = Volume { name: volume.clone(), csi: Some(source), ..Volume::default() };
    spec.volumes.get_or_insert_default().push(made);
    if let Some(made) = container_mut(spec, container.name()) {
        let mount =
            VolumeMount { name: volume, mount_path: MOUNT.to_owned(), read_only: Some(true), ..VolumeMount::default() };
        made.volume_mounts.get_or_insert_default().push(mount);
    }
}

/// Adds what is to be fetched for a secret; the name of the file that holds its value
fn fetch(secret: &SecretRef, index: usize, fetched: &mut Vec<Fetched>) -> String {
    let alias = format!("s{index}");
    let (wanted, key) = object(secret, alias.clone());
    let known = fetched.iter().position(|there| {
        there.object_name == wanted.object_name
            && there.object_version == wanted.object_version
            && there.object_version_label == wanted.object_version_label
    });
    let at = known.unwrap_or_else(|| {
        fetched.push(wanted);
        fetched.len() - 1
    });
    let Some(there) = fetched.get_mut(at) else { return alias };
    match key {
        None => there.object_alias.clone(),
        Some(key) => {
            // The object as a whole has a file too, whose name is not this one
            let object_alias = format!("{alias}-key");
            there.jmes_path.push(Extracted { path: quoted(key), object_alias: object_alias.clone() });
            object_alias
        }
    }
}

fn object(secret: &SecretRef, object_alias: String) -> (Fetched, Option<&str>) {
    let (object_name, object_type, version, label, key) = match &secret.source {
        Source::SecretsManager { id, json_key, version } => {
            let (version, label) = match version {
                Some(Version::Id(id)) => (Some(id.clone()), None),
                Some(Version::Stage(stage)) => (None, Some(stage.clone())),
                None => (None, None),
            };
            (id, "secretsmanager", version, label, json_key.as_deref())
        }
        Source::ParameterStore { name, version } => (name, "ssmparameter", version.clone(), None, None),
    };
    let fetched = Fetched {
        object_name: object_name.clone(),
        object_type,
        object_version: version,
        object_version_label: label,
        object_alias,
        jmes_path: Vec::new(),
    };
    (fetched, key)
}

/// A key as JMESPath names it
fn quoted(key: &str) -> String {
    let plain =
        key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !key.starts_with(|c: char| c.is_ascii_digit());
    if plain { key.to_owned() } else { serde_json::json!(key).to_string() }
}

/// The region that all secrets are of; the driver takes the node's where nothing is said
fn region(keyed: &[Keyed<'_>], context: &Context) -> Option<String> {
    let region = |keyed: &Keyed<'_>| {
        let named = keyed.secret.value_from.region.clone();
        named.or_else(|| context.config.secrets.region.clone())
    };
    let first = region(keyed.first()?)?;
    keyed.iter().all(|keyed| region(keyed).as_ref() == Some(&first)).then_some(first)
}
