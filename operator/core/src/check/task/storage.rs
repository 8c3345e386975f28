//! Volumes and where containers mount them.
//!
//! *Not here*: what a volume is made of (`volumes`); where a Block on that was accepted, the volume and its mounts are left
//! out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ecs_crds::ecs::{
    ContainerDefinition, Device, EphemeralStorage, LinuxParameters, MountPoint, Tmpfs, Volume as Written, VolumeFrom,
};
use ecs_crds::status::Class;

use super::container::Surroundings;
use super::report::{Report, each, said};
use super::{each_container, security, volumes};
use crate::config::Context;
use crate::findings::Path;
use crate::model::task::{HostPath, HostPathKind, Mount, Os, Volume, VolumeSource};
use crate::names::{LABEL_MAX, k8s_name};
use crate::values::memory::Mebibytes;

/// The volumes, and the mounts of each container in definition order
#[derive(Default)]
pub(super) struct Storage {
    pub(super) volumes: Vec<Volume>,
    pub(super) mounts: VecDeque<Vec<Mount>>,
}

/// Kubernetes names by ECS names; none for a volume that is left out
type Names = BTreeMap<String, Option<String>>;

/// Everything that containers mount
pub(super) fn storage(
    volumes: Option<&Vec<Written>>,
    definitions: &[ContainerDefinition],
    around: Surroundings<'_>,
    report: &mut Report,
) -> Storage {
    let mut storage = Storage::default();
    let names = named(volumes, &mut storage.volumes, around.context, report);
    let own: Vec<Vec<Mount>> = each_container(definitions)
        .map(|(path, d)| {
            let mounts = own_mounts(&path.key("mountPoints"), d.mount_points.as_ref(), &names, around.os, report);
            said_of_content(&path.key("mountPoints"), d.mount_points.as_ref(), &storage.volumes, report);
            mounts
        })
        .collect();
    for (index, (path, definition)) in each_container(definitions).enumerate() {
        let mut mounts = own.get(index).cloned().unwrap_or_default();
        said_of_sources(&path.key("volumesFrom"), definition, definitions, report);
        borrow(index, definitions, &own, false, &mut mounts, &mut BTreeSet::from([index]));
        if let Some(linux) = definition.linux_parameters.as_ref().filter(|_| !around.os.is_windows()) {
            let mut brought = Brought {
                path: path.key("linuxParameters"),
                container: definition.name.as_deref().unwrap_or_default(),
                mounts: &mut mounts,
                volumes: &mut storage.volumes,
            };
            memory(&mut brought, linux, around, report);
            devices(&mut brought, linux, around.context, report);
        }
        storage.mounts.push_back(mounts);
    }
    storage
}

/// The volumes of the document
fn named(written: Option<&Vec<Written>>, volumes: &mut Vec<Volume>, context: &Context, report: &mut Report) -> Names {
    let mut names = Names::new();
    volumes::one_at_launch(written, report);
    for (path, volume) in each(&Path::root().key("volumes"), written) {
        let Some(ecs_name) = said(volume.name.as_ref()) else {
            report.required(&path, "name");
            continue;
        };
        let source = volumes::source(&path, volume, context, report);
        if names.contains_key(ecs_name) {
            report.block(
                &path.key("name"),
                "VolumeNameConflict",
                format!("volume `{ecs_name}` is there twice; rename one"),
            );
            continue;
        }
        let name = source.is_some().then(|| free_name(k8s_name(ecs_name, LABEL_MAX), volumes));
        volumes.extend(name.clone().zip(source).map(|(name, source)| Volume {
            path,
            ecs_name: ecs_name.to_owned(),
            name,
            source,
        }));
        names.insert(ecs_name.to_owned(), name);
    }
    names
}

/// A volume name that no other has
fn free_name(wanted: String, volumes: &[Volume]) -> String {
    let mut name = wanted;
    while volumes.iter().any(|volume| volume.name == name) {
        name = k8s_name(&format!("{name}_"), LABEL_MAX);
    }
    name
}

/// `mountPoints` of one container
fn own_mounts(path: &Path, points: Option<&Vec<MountPoint>>, names: &Names, os: Os, report: &mut Report) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for (at, point) in each(path, points) {
        let MountPoint { source_volume, container_path, read_only, unknown: _ } = point;
        let Some(source) = said(source_volume.as_ref()) else {
            report.required(&at, "sourceVolume");
            continue;
        };
        let Some(name) = names.get(source) else {
            let message = format!("there is no volume `{source}`; add it to `volumes`");
            report.block(&at.key("sourceVolume"), "VolumeUnknown", message);
            continue;
        };
        let Some(mount_path) = mount_path(&at, container_path.as_ref(), os, report) else { continue };
        let Some(volume) = name.clone() else { continue };
        let read_only = read_only.unwrap_or_default();
        push(&at.key("containerPath"), Mount { volume, path: mount_path, read_only }, &mut mounts, report);
    }
    mounts
}

/// What differs between an empty volume here and one of Docker
fn said_of_content(path: &Path, points: Option<&Vec<MountPoint>>, volumes: &[Volume], report: &mut Report) {
    for (at, point) in each(path, points) {
        let volume = volumes.iter().find(|volume| point.source_volume.as_ref() == Some(&volume.ecs_name));
        if volume.is_some_and(|volume| volume.source == VolumeSource::Empty) {
            let message = "the volume starts empty; Docker would copy what the image has at that path into it";
            report.info(&at, Class::Approximate, "VolumeContentNotCopied", message);
        }
    }
}

/// A path in the container that Kubernetes takes
fn mount_path(path: &Path, written: Option<&String>, os: Os, report: &mut Report) -> Option<String> {
    let Some(written) = said(written) else {
        report.required(path, "containerPath");
        return None;
    };
    if !os.is_windows() && (written.contains(':') || !written.starts_with('/')) {
        let message = format!(
            "`{written}` is no path to mount at on Linux; begin with `/` and use no `:`, or say in `runtimePlatform` which \
             Windows this is for"
        );
        report.invalid(&path.key("containerPath"), message);
        return None;
    }
    Some(written.to_owned())
}

/// Adds a mount unless its path is taken
fn push(path: &Path, mount: Mount, mounts: &mut Vec<Mount>, report: &mut Report) {
    if mounts.iter().any(|other| other.path == mount.path) {
        let message = format!("something is mounted at `{}` already; choose another path", mount.path);
        report.block(path, "MountPathConflict", message);
    } else {
        mounts.push(mount);
    }
}

/// The findings on `volumesFrom` of one container
fn said_of_sources(
    path: &Path,
    definition: &ContainerDefinition,
    definitions: &[ContainerDefinition],
    report: &mut Report,
) {
    for (at, source) in each(path, definition.volumes_from.as_ref()) {
        let VolumeFrom { source_container, read_only: _, unknown: _ } = source;
        match said(source_container.as_ref()) {
            None => report.required(&at, "sourceContainer"),
            Some(name) if position(definitions, name).is_none() => {
                let message = format!("there is no container `{name}`; name one of this task");
                report.block(&at.key("sourceContainer"), "DependencyUnknown", message);
            }
            Some(_) => {
                let message = "volumes that the image of the other container declares are not mounted, only the task's";
                report.info(&at, Class::Approximate, "ImageVolumesNotShared", message);
            }
        }
    }
}

/// The index of the container of this name
pub(super) fn position(definitions: &[ContainerDefinition], name: &str) -> Option<usize> {
    definitions.iter().position(|d| d.name.as_deref() == Some(name))
}

/// Adds the mounts of other containers that `volumesFrom` names, and of theirs; what is mounted already wins
fn borrow(
    index: usize,
    definitions: &[ContainerDefinition],
    own: &[Vec<Mount>],
    read_only: bool,
    mounts: &mut Vec<Mount>,
    visited: &mut BTreeSet<usize>,
) {
    let sources = definitions.get(index).and_then(|d| d.volumes_from.as_ref());
    for source in sources.into_iter().flatten() {
        let Some(from) = source.source_container.as_deref().and_then(|name| position(definitions, name)) else {
            continue;
        };
        if !visited.insert(from) {
            continue;
        }
        let read_only = read_only || source.read_only.unwrap_or_default();
        for mount in own.get(from).into_iter().flatten() {
            if mounts.iter().all(|other| other.path != mount.path) {
                mounts.push(Mount { read_only: mount.read_only || read_only, ..mount.clone() });
            }
        }
        borrow(from, definitions, own, read_only, mounts, visited);
    }
}

/// The volumes that a container brings with it in `linuxParameters`, each mounted there only
struct Brought<'a> {
    path: Path,
    container: &'a str,
    mounts: &'a mut Vec<Mount>,
    volumes: &'a mut Vec<Volume>,
}

impl Brought<'_> {
    fn add(&mut self, at: &Path, what: &str, source: VolumeSource, path: String, read_only: bool, report: &mut Report) {
        let name = free_name(k8s_name(&format!("{what}-{}", self.container), LABEL_MAX), self.volumes);
        self.volumes.push(Volume { path: at.clone(), ecs_name: name.clone(), name: name.clone(), source });
        push(at, Mount { volume: name, path, read_only }, self.mounts, report);
    }
}

/// `sharedMemorySize` and `tmpfs`: volumes in memory
fn memory(brought: &mut Brought<'_>, linux: &LinuxParameters, around: Surroundings<'_>, report: &mut Report) {
    let at = brought.path.key("sharedMemorySize");
    if let Some(size) = size(&at, linux.shared_memory_size.filter(|size| *size != 0), report) {
        if around.host.ipc {
            let message = "with the node's IPC, shared memory is the node's too; its size is not changed";
            report.info(&at, Class::Approximate, "SharedMemoryOfHost", message);
        } else {
            brought.add(&at, "shm", VolumeSource::Memory(Some(size)), "/dev/shm".to_owned(), false, report);
        }
    }
    for (index, (at, tmpfs)) in each(&brought.path.key("tmpfs"), linux.tmpfs.as_ref()).enumerate() {
        let Tmpfs { container_path, size: written_size, mount_options: _, unknown: _ } = tmpfs;
        if written_size.is_none() {
            report.required(&at, "size");
        }
        let mount_path = mount_path(&at, container_path.as_ref(), Os::Linux, report);
        let read_only = security::tmpfs_read_only(&at, tmpfs, report);
        let (Some(size), Some(mount_path)) = (size(&at.key("size"), *written_size, report), mount_path) else {
            continue;
        };
        let (at, what) = (at.key("containerPath"), format!("tmpfs-{index}"));
        brought.add(&at, &what, VolumeSource::Memory(Some(size)), mount_path, read_only, report);
    }
}

/// `devices` of the node that are granted, where no device plugin gives them
fn devices(brought: &mut Brought<'_>, linux: &LinuxParameters, context: &Context, report: &mut Report) {
    for (index, (at, device)) in each(&brought.path.key("devices"), linux.devices.as_ref()).enumerate() {
        let Device { host_path, container_path, permissions: _, unknown: _ } = device;
        let Some(path) = said(host_path.as_ref()) else { continue };
        if context.config.devices.contains_key(path) || !context.grants.device(path) {
            continue;
        }
        let inside = container_path.as_ref().filter(|path| !path.is_empty()).or(host_path.as_ref());
        let Some(inside) = mount_path(&at, inside, Os::Linux, report) else { continue };
        let source = VolumeSource::Host(HostPath { path: path.to_owned(), kind: HostPathKind::Any });
        brought.add(&at, &format!("device-{index}"), source, inside, false, report);
    }
}

fn size(path: &Path, mib: Option<i64>, report: &mut Report) -> Option<Mebibytes> {
    Mebibytes::new(report.within(path, mib?, 1..=i64::from(i32::MAX)))
}

/// `ephemeralStorage.sizeInGiB`
pub(super) fn ephemeral(written: Option<&EphemeralStorage>, report: &mut Report) -> Option<Mebibytes> {
    let EphemeralStorage { size_in_gi_b, unknown: _ } = written?;
    let path = Path::root().key("ephemeralStorage");
    let Some(gib) = size_in_gi_b else {
        report.required(&path, "sizeInGiB");
        return None;
    };
    let gib = report.within(&path.key("sizeInGiB"), *gib, 21..=200);
    let message = "a pod that uses more is evicted; on ECS its writes fail";
    report.info(&path.key("sizeInGiB"), Class::Approximate, "EphemeralStorageEvicts", message);
    Mebibytes::from_gib(gib)
}
