//! Volumes and where containers mount them.
//!
//! *Not here*: volume kinds other than host (the support table reports them; where their Block was accepted, the volume and
//! its mounts are left out).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ecs_crds::ecs::{
    ContainerDefinition, EphemeralStorage, HostVolumeProperties, MountPoint, Tmpfs, Volume as Written, VolumeFrom,
};
use ecs_crds::status::Class;

use super::report::{Report, each, said};
use super::{each_container, security};
use crate::findings::Path;
use crate::model::task::{Mount, Os, Volume, VolumeSource};
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
    os: Os,
    report: &mut Report,
) -> Storage {
    let mut storage = Storage::default();
    let names = named(volumes, &mut storage.volumes, report);
    let own: Vec<Vec<Mount>> = each_container(definitions)
        .map(|(path, d)| own_mounts(&path.key("mountPoints"), d.mount_points.as_ref(), &names, os, report))
        .collect();
    for (index, (path, definition)) in each_container(definitions).enumerate() {
        let mut mounts = own.get(index).cloned().unwrap_or_default();
        said_of_sources(&path.key("volumesFrom"), definition, definitions, report);
        borrow(index, definitions, &own, false, &mut mounts, &mut BTreeSet::from([index]));
        if !os.is_windows() {
            memory(&path.key("linuxParameters"), definition, &mut mounts, &mut storage.volumes, report);
        }
        storage.mounts.push_back(mounts);
    }
    storage
}

/// The volumes of the document
fn named(written: Option<&Vec<Written>>, volumes: &mut Vec<Volume>, report: &mut Report) -> Names {
    let mut names = Names::new();
    for (path, volume) in each(&Path::root().key("volumes"), written) {
        let Written {
            name,
            host,
            docker_volume_configuration: docker,
            efs_volume_configuration: efs,
            s3files_volume_configuration: s3,
            fsx_windows_file_server_volume_configuration: fsx,
            configured_at_launch,
            unknown: _,
        } = volume;
        let Some(ecs_name) = said(name.as_ref()) else {
            report.required(&path, "name");
            continue;
        };
        let launch = *configured_at_launch == Some(true);
        let others = [docker.is_some(), efs.is_some(), s3.is_some(), fsx.is_some(), launch];
        let others = others.into_iter().filter(|is| *is).count();
        let on_host = host_path(&path.key("host"), host.as_ref(), report);
        if others + usize::from(on_host) > 1 {
            report.block(&path, "VolumeKindConflict", format!("`{ecs_name}` is of several kinds; keep one"));
        }
        if names.contains_key(ecs_name) {
            report.block(
                &path.key("name"),
                "VolumeNameConflict",
                format!("volume `{ecs_name}` is there twice; rename one"),
            );
            continue;
        }
        let plain = others == 0 && !on_host;
        let name = plain.then(|| free_name(k8s_name(ecs_name, LABEL_MAX), volumes));
        volumes.extend(name.clone().map(|name| Volume { name, source: VolumeSource::Empty }));
        names.insert(ecs_name.to_owned(), name);
    }
    names
}

/// Whether the volume is a path of the node, which nobody may have
fn host_path(path: &Path, host: Option<&HostVolumeProperties>, report: &mut Report) -> bool {
    let Some(HostVolumeProperties { source_path, unknown: _ }) = host else { return false };
    let Some(source) = said(source_path.as_ref()) else { return false };
    report.privilege(&path.key("sourcePath"), &format!("the node's path `{source}`"));
    true
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
        let message = "the volume starts empty; Docker would copy what the image has at that path into it";
        report.info(&at, Class::Approximate, "VolumeContentNotCopied", message);
        let read_only = read_only.unwrap_or_default();
        push(&at.key("containerPath"), Mount { volume, path: mount_path, read_only }, &mut mounts, report);
    }
    mounts
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

/// `sharedMemorySize` and `tmpfs`: volumes in memory
fn memory(
    path: &Path,
    definition: &ContainerDefinition,
    mounts: &mut Vec<Mount>,
    volumes: &mut Vec<Volume>,
    report: &mut Report,
) {
    let Some(linux) = &definition.linux_parameters else { return };
    let container = definition.name.as_deref().unwrap_or_default();
    let at = path.key("sharedMemorySize");
    if let Some(size) = size(&at, linux.shared_memory_size.filter(|size| *size != 0), report) {
        let name = free_name(k8s_name(&format!("shm-{container}"), LABEL_MAX), volumes);
        volumes.push(Volume { name: name.clone(), source: VolumeSource::Memory(size) });
        push(&at, Mount { volume: name, path: "/dev/shm".to_owned(), read_only: false }, mounts, report);
    }
    for (index, (at, tmpfs)) in each(&path.key("tmpfs"), linux.tmpfs.as_ref()).enumerate() {
        let Tmpfs { container_path, size: written_size, mount_options: _, unknown: _ } = tmpfs;
        if written_size.is_none() {
            report.required(&at, "size");
        }
        let mount_path = mount_path(&at, container_path.as_ref(), Os::Linux, report);
        let read_only = security::tmpfs_read_only(&at, tmpfs, report);
        let (Some(size), Some(mount_path)) = (size(&at.key("size"), *written_size, report), mount_path) else {
            continue;
        };
        let name = free_name(k8s_name(&format!("tmpfs-{index}-{container}"), LABEL_MAX), volumes);
        volumes.push(Volume { name: name.clone(), source: VolumeSource::Memory(size) });
        push(&at.key("containerPath"), Mount { volume: name, path: mount_path, read_only }, mounts, report);
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
