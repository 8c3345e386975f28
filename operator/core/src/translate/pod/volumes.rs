//! The pod's volumes, and the claims, PersistentVolumes and StorageClasses behind them (§5, R-EBS).
//!
//! A claim that outlives pods also outlives whoever asked for it: like a Docker volume or a file system, its data goes only
//! when a person says so. PersistentVolumes and StorageClasses belong to the whole cluster, so an administrator makes them:
//! a finding names them, and `render` prints them.
//!
//! *Not here*: which container mounts a volume (`container`), and whether a path of the node may be mounted (`check`).

use std::collections::BTreeMap;

use ecs_crds::status::Class;
use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, EmptyDirVolumeSource, EphemeralVolumeSource, HostPathVolumeSource, NFSVolumeSource,
    ObjectReference, PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, PersistentVolumeClaimVolumeSource,
    PersistentVolumeSpec, TypedLocalObjectReference, Volume, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::json;

use crate::config::Context;
use crate::findings::{Findings, Path};
use crate::model::task::{
    Claim, Dynamic, EbsVolume, FileSystem, HostPath, HostPathKind, Storage, Task, Volume as Definition, VolumeSource,
};
use crate::names::{LABEL_MAX, k8s_name, sha8};
use crate::revision::{Companion, CompanionKind};
use crate::translate::companion::Companions;
use crate::values::memory::Mebibytes;

/// The CSI driver of EBS
const EBS_DRIVER: &str = "ebs.csi.aws.com";
/// The size of a file system that has none: the API server wants one, the driver reads none
const ENDLESS: &str = "1Ti";

/// The pod's volumes; what they need beside the pod goes to `companions`
pub(super) fn volumes(
    task: &Task,
    context: &Context,
    companions: &mut Companions,
    findings: &mut Findings,
) -> Option<Vec<Volume>> {
    let mut made = |volume: &Definition| made(volume, task, context, companions, findings);
    (!task.volumes.is_empty()).then(|| task.volumes.iter().map(&mut made).collect())
}

fn made(
    volume: &Definition,
    task: &Task,
    context: &Context,
    companions: &mut Companions,
    findings: &mut Findings,
) -> Volume {
    let Definition { path, ecs_name: _, name, source } = volume;
    let empty = Volume { name: name.clone(), ..Volume::default() };
    let directory =
        |medium: Option<&str>, size_limit| EmptyDirVolumeSource { medium: medium.map(str::to_owned), size_limit };
    match source {
        // What is configured at launch has no size before a service says so, and no pod is started with it
        VolumeSource::Empty | VolumeSource::AtLaunch => {
            let size = task.ephemeral_storage.map(Mebibytes::quantity);
            Volume { empty_dir: Some(directory(None, size)), ..empty }
        }
        VolumeSource::Memory(size) => {
            Volume { empty_dir: Some(directory(Some("Memory"), size.map(Mebibytes::quantity))), ..empty }
        }
        VolumeSource::Host(HostPath { path, kind }) => {
            let type_ = Some(host_path_type(*kind).to_owned());
            Volume { host_path: Some(HostPathVolumeSource { path: path.clone(), type_ }), ..empty }
        }
        VolumeSource::Nfs { server, path, read_only } => {
            let (server, path) = (server.clone(), path.clone());
            Volume { nfs: Some(NFSVolumeSource { server, path, read_only: read_only.then_some(true) }), ..empty }
        }
        VolumeSource::Claim(wanted) => {
            claim(path, wanted, context, companions, findings);
            let source = PersistentVolumeClaimVolumeSource { claim_name: wanted.name.clone(), read_only: None };
            Volume { persistent_volume_claim: Some(source), ..empty }
        }
        VolumeSource::PerPod(dynamic) => Volume { ephemeral: Some(per_pod(claim_of(dynamic))), ..empty },
        VolumeSource::Ebs(ebs) => {
            let class = ebs_class(ebs, companions);
            let size = format!("{}Gi", ebs.gib);
            let mut claim = claim_of(&Dynamic { class, size, access_mode: "ReadWriteOnce" });
            claim.data_source = ebs.snapshot.as_ref().map(|id| snapshot(id, &context.namespace, companions));
            Volume { ephemeral: Some(per_pod(claim)), ..empty }
        }
    }
}

fn host_path_type(kind: HostPathKind) -> &'static str {
    match kind {
        HostPathKind::Any => "",
        HostPathKind::Directory => "Directory",
        HostPathKind::DirectoryOrCreate => "DirectoryOrCreate",
    }
}

/// A claim that comes and goes with its pod
fn per_pod(spec: PersistentVolumeClaimSpec) -> EphemeralVolumeSource {
    let template = PersistentVolumeClaimTemplate { metadata: None, spec };
    EphemeralVolumeSource { volume_claim_template: Some(template) }
}

/// A claim on storage that a class provisions
fn claim_of(dynamic: &Dynamic) -> PersistentVolumeClaimSpec {
    let Dynamic { class, size, access_mode } = dynamic;
    PersistentVolumeClaimSpec {
        access_modes: Some(vec![(*access_mode).to_owned()]),
        storage_class_name: Some(class.clone()),
        resources: Some(storage(size)),
        ..PersistentVolumeClaimSpec::default()
    }
}

fn storage(size: &str) -> VolumeResourceRequirements {
    let requests = BTreeMap::from([("storage".to_owned(), Quantity(size.to_owned()))]);
    VolumeResourceRequirements { limits: None, requests: Some(requests) }
}

/// The claim of storage that outlives the pods, and what satisfies it
fn claim(path: &Path, claim: &Claim, context: &Context, companions: &mut Companions, findings: &mut Findings) {
    let Claim { name, storage: satisfied } = claim;
    let spec = match satisfied {
        Storage::Dynamic(dynamic) => claim_of(dynamic),
        Storage::Static(system) => {
            let volume = volume_name(system, name, &context.namespace);
            let spec = persistent_volume(system, name, &context.namespace);
            let body = json!({ "spec": spec });
            companions.push(Companion::new(CompanionKind::PersistentVolume, volume.clone(), &body));
            let message = format!(
                "the pods wait for the PersistentVolume `{volume}`, which belongs to the whole cluster, so an administrator \
                 makes it: `kubectl ecs render` prints it"
            );
            findings.warn(path, Class::Approximate, "ClusterObjectNeeded", message);
            PersistentVolumeClaimSpec {
                access_modes: Some(vec!["ReadWriteMany".to_owned()]),
                // Not the default class: the volume is there already
                storage_class_name: Some(String::new()),
                volume_name: Some(volume),
                resources: Some(storage(ENDLESS)),
                ..PersistentVolumeClaimSpec::default()
            }
        }
    };
    companions.push(Companion::new(CompanionKind::PersistentVolumeClaim, name.clone(), &json!({ "spec": spec })));
}

/// PersistentVolumes belong to the cluster, so the namespace is part of the name; the claim's name ends in the digest of what
/// is mounted
fn volume_name(system: &FileSystem, claim: &str, namespace: &str) -> String {
    let digest = claim.rsplit('-').next().unwrap_or_default();
    k8s_name(&format!("{}-{namespace}-{digest}", system.prefix), LABEL_MAX)
}

fn persistent_volume(system: &FileSystem, claim: &str, namespace: &str) -> PersistentVolumeSpec {
    let FileSystem { prefix: _, driver, handle, attributes, mount_options } = system;
    PersistentVolumeSpec {
        access_modes: Some(vec!["ReadWriteMany".to_owned()]),
        capacity: Some(BTreeMap::from([("storage".to_owned(), Quantity(ENDLESS.to_owned()))])),
        claim_ref: Some(ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("PersistentVolumeClaim".to_owned()),
            namespace: Some(namespace.to_owned()),
            name: Some(claim.to_owned()),
            ..ObjectReference::default()
        }),
        csi: Some(CSIPersistentVolumeSource {
            driver: driver.clone(),
            volume_handle: handle.clone(),
            volume_attributes: (!attributes.is_empty()).then(|| attributes.clone()),
            ..CSIPersistentVolumeSource::default()
        }),
        mount_options: (!mount_options.is_empty()).then(|| mount_options.clone()),
        persistent_volume_reclaim_policy: Some("Retain".to_owned()),
        storage_class_name: Some(String::new()),
        ..PersistentVolumeSpec::default()
    }
}

/// The StorageClass of EBS volumes with these parameters; the service's check tells that an administrator makes it
fn ebs_class(ebs: &EbsVolume, companions: &mut Companions) -> String {
    let name = ebs.class();
    let body = json!({
        "provisioner": EBS_DRIVER,
        "parameters": ebs.class_parameters(),
        "reclaimPolicy": "Delete",
        // In the zone of the pod
        "volumeBindingMode": "WaitForFirstConsumer",
    });
    companions.push(Companion::new(CompanionKind::StorageClass, name.clone(), &body));
    name
}

/// The snapshot of AWS as one of the namespace; its content belongs to the cluster, so an administrator makes that
fn snapshot(id: &str, namespace: &str, companions: &mut Companions) -> TypedLocalObjectReference {
    let name = k8s_name(&format!("ecs-{id}"), LABEL_MAX);
    let content = k8s_name(&format!("ecs-{namespace}-{id}"), LABEL_MAX);
    let of_cluster = json!({ "spec": {
        "driver": EBS_DRIVER,
        "deletionPolicy": "Retain",
        "source": { "snapshotHandle": id },
        "volumeSnapshotRef": { "apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "name": name, "namespace": namespace },
    } });
    companions.push(Companion::new(CompanionKind::VolumeSnapshotContent, content.clone(), &of_cluster));
    let own = json!({ "spec": { "source": { "volumeSnapshotContentName": content } } });
    companions.push(Companion::new(CompanionKind::VolumeSnapshot, name.clone(), &own));
    TypedLocalObjectReference {
        api_group: Some("snapshot.storage.k8s.io".to_owned()),
        kind: CompanionKind::VolumeSnapshot.kind().to_owned(),
        name,
    }
}

/// The group that an EBS volume belongs to, as ECS makes one up for each: then every user of the image can write
pub(super) fn group(task: &Task) -> Option<i64> {
    let volume = task.volumes.iter().find(|volume| matches!(volume.source, VolumeSource::Ebs(_)))?;
    let digest = u32::from_str_radix(&sha8(&volume.ecs_name), 16).ok()?;
    Some(10_000 + i64::from(digest % 50_000))
}
