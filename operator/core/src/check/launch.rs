//! Volumes that a task definition leaves to whoever starts its tasks (R-EBS): what a service says about them, and whether it
//! says enough.
//!
//! *Not here*: the StorageClass and claim that they become (`translate`).

use std::collections::BTreeMap;

use ecs_crds::ecs::{EbsTagSpecification, ServiceManagedEbsVolumeConfiguration, ServiceVolumeConfiguration, Tag};
use ecs_crds::status::Class;

use crate::check::service::tags;
use crate::config::Capabilities;
use crate::findings::{Findings, Path};
use crate::model::service::{LaunchVolume, Service};
use crate::model::task::{EbsVolume, TagsOf, Task, VolumeSource};

/// Types → the least and most GiB
const TYPES: &[(&str, i64, i64)] = &[
    ("gp2", 1, 16_384),
    ("gp3", 1, 16_384),
    ("io1", 4, 16_384),
    ("io2", 4, 16_384),
    ("st1", 125, 16_384),
    ("sc1", 125, 16_384),
    ("standard", 1, 1024),
];

/// Types → the least and most operations per second; others take none
const IOPS: &[(&str, i64, i64)] = &[("gp3", 3000, 16_000), ("io1", 100, 64_000), ("io2", 100, 256_000)];

/// What the CSI driver and ECS take by default
const DEFAULT_TYPE: &str = "gp3";
/// The file system that ECS makes by default, where the driver makes another
const DEFAULT_FILE_SYSTEM: &str = "xfs";
/// The StorageClass parameter that names it
const FILE_SYSTEM: &str = "csi.storage.k8s.io/fstype";
/// The size of a volume that is made up
pub(crate) const MADE_UP_GIB: i64 = 20;

/// `volumeConfigurations` of a service
pub(super) fn volumes(
    path: &Path,
    written: Option<&Vec<ServiceVolumeConfiguration>>,
    daemon: bool,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> Vec<LaunchVolume> {
    let written = written.map(Vec::as_slice).unwrap_or_default();
    if daemon && !written.is_empty() {
        invalid(path, "a DAEMON service has no volumes of its own; remove this", findings);
    }
    if written.len() > 1 {
        invalid(path, "a service configures one volume; keep one", findings);
    }
    let made = written.iter().enumerate().filter_map(|(index, configuration)| {
        let ServiceVolumeConfiguration { name, managed_ebs_volume, unknown: _ } = configuration;
        let path = path.index(index);
        let Some(name) = name.clone().filter(|name| !name.is_empty()) else {
            required(&path, "name", findings);
            return None;
        };
        let Some(written) = managed_ebs_volume else {
            required(&path, "managedEBSVolume", findings);
            return None;
        };
        let ebs = ebs(&path.key("managedEBSVolume"), written, capabilities, findings)?;
        Some(LaunchVolume { path, name, ebs })
    });
    made.collect()
}

/// `managedEBSVolume`
fn ebs(
    path: &Path,
    written: &ServiceManagedEbsVolumeConfiguration,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> Option<EbsVolume> {
    let ServiceManagedEbsVolumeConfiguration {
        encrypted,
        kms_key_id,
        volume_type,
        size_in_gi_b,
        snapshot_id,
        volume_initialization_rate,
        iops,
        throughput,
        tag_specifications,
        role_arn,
        filesystem_type,
        unknown: _,
    } = written;
    if role_arn.as_ref().is_none_or(String::is_empty) {
        required(path, "roleArn", findings);
    } else {
        let message = "the role of the EBS CSI driver makes the volumes, not this one";
        findings.info(&path.key("roleArn"), Class::Advisory, "EbsRoleIgnored", message);
    }
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let kind = said(volume_type);
    let known = kind.as_deref().unwrap_or(DEFAULT_TYPE);
    let (snapshot, rate) = snapshot(path, said(snapshot_id), *volume_initialization_rate, capabilities, findings);
    let gib = gib(path, known, *size_in_gi_b, said(snapshot_id).is_some(), findings);
    let mut parameters = BTreeMap::new();
    let mut set = |key: &str, value: Option<String>| parameters.extend(value.map(|value| (key.to_owned(), value)));
    set(FILE_SYSTEM, Some(file_system(path, said(filesystem_type), findings)));
    set("encrypted", encrypted.map(|encrypted| encrypted.to_string()));
    set("iops", operations(path, known, *iops, findings).map(|n| n.to_string()));
    set("kmsKeyId", said(kms_key_id));
    set("throughput", throughput_of(path, known, *throughput, findings).map(|n| n.to_string()));
    set("type", kind.clone());
    set("volumeInitializationRate", rate.map(|rate| rate.to_string()));
    let (own, propagate_tags) = tagged(&path.key("tagSpecifications"), tag_specifications.as_ref(), findings);
    Some(EbsVolume { gib: gib?, snapshot, parameters, tags: own, propagate_tags })
}

fn gib(path: &Path, kind: &str, size: Option<i64>, snapshot: bool, findings: &mut Findings) -> Option<i64> {
    let Some((_, least, most)) = TYPES.iter().find(|(name, ..)| *name == kind) else {
        let names: Vec<&str> = TYPES.iter().map(|(name, ..)| *name).collect();
        let message = format!("`{kind}` is not allowed here; use one of {}", names.join(", "));
        invalid(&path.key("volumeType"), message, findings);
        return None;
    };
    let at = path.key("sizeInGiB");
    match size {
        Some(size) if (*least..=*most).contains(&size) => Some(size),
        Some(size) => {
            let message = format!("a volume of {kind} has {least} to {most} GiB, not {size}");
            invalid(&at, message, findings);
            None
        }
        None if snapshot => {
            let message = "how large the snapshot is only AWS knows, and this version does not ask there; say how large the \
                           volume is to be";
            findings.block(&at, Class::Equivalent, "SnapshotSizeUnknown", message);
            None
        }
        None => {
            required(path, "sizeInGiB", findings);
            None
        }
    }
}

/// The snapshot that a volume begins with, where the cluster has such, and how fast it is read
fn snapshot(
    path: &Path,
    snapshot: Option<String>,
    rate: Option<i64>,
    capabilities: Capabilities,
    findings: &mut Findings,
) -> (Option<String>, Option<i64>) {
    let at = path.key("volumeInitializationRate");
    let Some(snapshot) = snapshot else {
        if rate.is_some() {
            invalid(&at, "only a snapshot is read at a rate; remove this", findings);
        }
        return (None, None);
    };
    let path = path.key("snapshotId");
    if !(snapshot.starts_with("snap-") && snapshot.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
        let message = format!("`{snapshot}` is no snapshot; write its ID, such as snap-0123456789abcdef0");
        invalid(&path, message, findings);
        return (None, None);
    }
    if !capabilities.volume_snapshots {
        let message = "the cluster has no VolumeSnapshot (snapshot.storage.k8s.io), from which a volume could be made; install \
                       its CustomResourceDefinitions and controller, or accept a volume that starts empty (with `sizeInGiB`)";
        findings.block(&path, Class::Equivalent, "SnapshotUnsupported", message);
        return (None, None);
    }
    if rate.is_some() {
        let message = "the EBS CSI driver is told the rate; older ones take no such parameter and make no volume then";
        findings.info(&at, Class::Approximate, "VolumeInitializationRateByDriver", message);
    }
    (Some(snapshot), rate)
}

fn operations(path: &Path, kind: &str, iops: Option<i64>, findings: &mut Findings) -> Option<i64> {
    let at = path.key("iops");
    match (IOPS.iter().find(|(name, ..)| *name == kind), iops) {
        (Some((_, least, most)), Some(iops)) if !(*least..=*most).contains(&iops) => {
            invalid(&at, format!("a volume of {kind} has {least} to {most} operations a second, not {iops}"), findings);
            None
        }
        (Some(_), Some(iops)) => Some(iops),
        (Some(("io1" | "io2", ..)), None) => {
            required(path, "iops", findings);
            None
        }
        (None, Some(_)) => {
            invalid(&at, format!("volumes of {kind} take no number of operations; remove it"), findings);
            None
        }
        (_, None) => None,
    }
}

fn throughput_of(path: &Path, kind: &str, throughput: Option<i64>, findings: &mut Findings) -> Option<i64> {
    let throughput = throughput?;
    let at = path.key("throughput");
    if kind != "gp3" {
        invalid(&at, format!("volumes of {kind} take no throughput; remove it, or use gp3"), findings);
    } else if !(125..=1000).contains(&throughput) {
        invalid(&at, format!("a volume of gp3 has 125 to 1000 MiB a second, not {throughput}"), findings);
    } else {
        return Some(throughput);
    }
    None
}

fn file_system(path: &Path, written: Option<String>, findings: &mut Findings) -> String {
    let written = written.unwrap_or_else(|| DEFAULT_FILE_SYSTEM.to_owned());
    if !matches!(written.as_str(), "ext3" | "ext4" | "xfs" | "ntfs") {
        let message = format!("`{written}` is not allowed here; use one of ext3, ext4, xfs, ntfs");
        invalid(&path.key("filesystemType"), message, findings);
    }
    written
}

/// The tags of the volume itself, and whose it gets beside
fn tagged(
    path: &Path,
    written: Option<&Vec<EbsTagSpecification>>,
    findings: &mut Findings,
) -> (BTreeMap<String, String>, Option<TagsOf>) {
    let mut own = BTreeMap::new();
    let mut propagated = None;
    for (index, specification) in written.into_iter().flatten().enumerate() {
        let EbsTagSpecification { resource_type, tags: list, propagate_tags, unknown: _ } = specification;
        let at = path.index(index);
        if resource_type.as_deref() != Some("volume") {
            invalid(&at.key("resourceType"), "only a `volume` is tagged here; write that", findings);
        }
        let list: &[Tag] = list.as_deref().unwrap_or_default();
        own.extend(tags(list, &at.key("tags"), findings));
        for key in ["AmazonECSCreated", "AmazonECSManaged"].into_iter().filter(|key| own.contains_key(*key)) {
            invalid(&at.key("tags"), format!("ECS keeps the tag `{key}` for itself; remove it"), findings);
        }
        propagated = match propagate_tags.as_deref() {
            Some("TASK_DEFINITION") => Some(TagsOf::TaskDefinition),
            Some("SERVICE") => Some(TagsOf::Service),
            _ => propagated,
        };
    }
    (own, propagated)
}

fn invalid(path: &Path, message: impl Into<String>, findings: &mut Findings) {
    findings.block(path, Class::Exact, "InvalidValue", message);
}

fn required(path: &Path, member: &str, findings: &mut Findings) {
    let message = format!("`{member}` is required here and missing; add it");
    findings.block(&path.key(member), Class::Exact, "RequiredField", message);
}

/// The task as this service launches it: with the volumes that it configures
#[must_use]
pub(crate) fn of_service(task: Task, service: &Service, findings: &mut Findings) -> Task {
    let at = Path::root().key("volumeConfigurations");
    for launch in &service.volumes {
        let meant = |volume: &&crate::model::task::Volume| volume.ecs_name == launch.name;
        if !task.volumes.iter().any(|volume| meant(&volume) && volume.source == VolumeSource::AtLaunch) {
            let message = format!(
                "the task definition leaves no volume `{}` to the service; add it there with `configuredAtLaunch: true`, or \
                 remove it here",
                launch.name
            );
            findings.block(&launch.path.key("name"), Class::Exact, "VolumeUnknown", message);
        }
    }
    launched(task, &at, findings, |task, name| {
        let LaunchVolume { path, name: _, ebs } = service.volumes.iter().find(|launch| launch.name == name)?;
        let tags = match ebs.propagate_tags {
            Some(TagsOf::TaskDefinition) => task.tags().clone(),
            Some(TagsOf::Service) => service.tags.clone(),
            None => BTreeMap::new(),
        };
        let ebs = ebs.clone().tagged(tags);
        Some((path.clone(), ebs))
    })
}

/// The task with a small volume wherever one is left to the launch, for a look at it without a service
#[must_use]
pub(crate) fn made_up(mut task: Task) -> Task {
    for volume in task.volumes.iter_mut().filter(|volume| volume.source == VolumeSource::AtLaunch) {
        let parameters = BTreeMap::from([(FILE_SYSTEM.to_owned(), DEFAULT_FILE_SYSTEM.to_owned())]);
        let ebs =
            EbsVolume { gib: MADE_UP_GIB, snapshot: None, parameters, tags: BTreeMap::new(), propagate_tags: None };
        volume.source = VolumeSource::Ebs(ebs);
    }
    task
}

/// The task as a schedule launches it: nothing can configure a volume there
#[must_use]
pub(crate) fn of_schedule(task: Task, path: &Path, findings: &mut Findings) -> Task {
    launched(task, path, findings, |_, _| None)
}

/// Every volume that is left to the launch as `configured` says; without that a Block, and an empty volume
fn launched(
    mut task: Task,
    path: &Path,
    findings: &mut Findings,
    configured: impl Fn(&Task, &str) -> Option<(Path, EbsVolume)>,
) -> Task {
    let mut volumes = task.volumes.clone();
    for volume in volumes.iter_mut().filter(|volume| volume.source == VolumeSource::AtLaunch) {
        let Some((at, ebs)) = configured(&task, &volume.ecs_name) else {
            let message = format!(
                "the task definition leaves the volume `{}` to whoever starts its tasks, and nothing is said here; add it to \
                 `volumeConfigurations` of a service",
                volume.ecs_name
            );
            findings.block(path, Class::Exact, "VolumeConfigurationMissing", message);
            volume.source = VolumeSource::Empty;
            continue;
        };
        let message = format!(
            "the tasks wait for the StorageClass `{}`, which belongs to the whole cluster, so an administrator makes it: \
             `kubectl ecs render` prints it",
            ebs.class()
        );
        findings.warn(&at, Class::Approximate, "ClusterObjectNeeded", message);
        if let Some(snapshot) = &ebs.snapshot {
            let message = format!(
                "the tasks wait for the VolumeSnapshotContent of `{snapshot}`, which belongs to the whole cluster, so an \
                 administrator makes it: `kubectl ecs render` prints it"
            );
            let at = at.key("managedEBSVolume").key("snapshotId");
            findings.warn(&at, Class::Approximate, "ClusterObjectNeeded", message);
        }
        volume.source = VolumeSource::Ebs(ebs);
    }
    task.volumes = volumes;
    task
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn v82_a_daemon_service_configures_no_volumes() {
        let written: Vec<ServiceVolumeConfiguration> = serde_json::from_value(json!([
            { "name": "data", "managedEBSVolume": { "roleArn": "arn:aws:iam::1:role/ebs", "sizeInGiB": 20 } }
        ]))
        .unwrap();
        for (daemon, refused) in [(false, false), (true, true)] {
            let mut findings = Findings::default();
            assert_eq!(volumes(&Path::root(), Some(&written), daemon, Capabilities::default(), &mut findings).len(), 1);
            assert_eq!(findings.blocked(), refused, "daemon: {daemon}");
        }
    }
}
