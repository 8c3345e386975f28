//! What each of `volumes` is made of (§5): of the node, of Docker, or left to the service; file systems have a file of their
//! own.
//!
//! *Guarantees*: no path of the node enters the model unless it is granted (R-PRIV); a volume of several kinds is refused.
//!
//! *Not here*: names and mounts (`storage`).

use std::collections::BTreeMap;

use ecs_crds::ecs::{DockerVolumeConfiguration, HostVolumeProperties, Volume as Written};
use ecs_crds::status::Class;

use super::file_systems;
use super::identity::is_ecs_name;
use super::report::{Report, each, said};
use crate::config::{AccessMode, Context, VolumeDriver};
use crate::findings::Path;
use crate::model::task::{Claim, Dynamic, HostPath, HostPathKind, Storage, VolumeSource};
use crate::names::{LABEL_MAX, k8s_name};
use crate::values::memory::Mebibytes;

/// Options of a mount that change nothing here
const IDLE_OPTIONS: &[&str] = &["", "rw", "defaults", "nolock", "tcp"];

/// What a volume is made of; none where a Block keeps it out
pub(super) fn source(path: &Path, volume: &Written, context: &Context, report: &mut Report) -> Option<VolumeSource> {
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
    let name = said(name.as_ref()).unwrap_or_default();
    let host = host.as_ref().and_then(|HostVolumeProperties { source_path, unknown: _ }| said(source_path.as_ref()));
    let launch = *configured_at_launch == Some(true);
    let kinds = [host.is_some(), docker.is_some(), efs.is_some(), s3.is_some(), fsx.is_some(), launch];
    if kinds.into_iter().filter(|is| *is).count() > 1 {
        report.block(path, "VolumeKindConflict", format!("`{name}` is of several kinds; keep one"));
    }
    if let Some(source) = host {
        return Some(host_path(&path.key("host").key("sourcePath"), source, context, report));
    }
    if let Some(docker) = docker {
        return docker_volume(&path.key("dockerVolumeConfiguration"), name, docker, context, report);
    }
    if let Some(efs) = efs {
        return file_systems::efs(&path.key("efsVolumeConfiguration"), efs, report);
    }
    if let Some(s3) = s3 {
        return file_systems::s3_files(&path.key("s3filesVolumeConfiguration"), s3, context, report);
    }
    if let Some(fsx) = fsx {
        file_systems::fsx(&path.key("fsxWindowsFileServerVolumeConfiguration"), fsx, report);
        return None;
    }
    Some(if launch { VolumeSource::AtLaunch } else { VolumeSource::Empty })
}

/// ECS lets a service configure one volume
pub(super) fn one_at_launch(volumes: Option<&Vec<Written>>, report: &mut Report) {
    let list = Path::root().key("volumes");
    for (path, _) in each(&list, volumes).filter(|(_, v)| v.configured_at_launch == Some(true)).skip(1) {
        report.invalid(&path.key("configuredAtLaunch"), "one volume of a task is configured at launch; keep one");
    }
}

/// A path of the node
fn host_path(path: &Path, source: &str, context: &Context, report: &mut Report) -> VolumeSource {
    report.privilege(path, &format!("the node's path `{source}`"), context.grants.host_path(source));
    let file = source.ends_with(".sock") || context.config.host_files.contains(source);
    let kind = if file { HostPathKind::Any } else { HostPathKind::DirectoryOrCreate };
    VolumeSource::Host(HostPath { path: source.to_owned(), kind })
}

/// `dockerVolumeConfiguration`
fn docker_volume(
    path: &Path,
    name: &str,
    docker: &DockerVolumeConfiguration,
    context: &Context,
    report: &mut Report,
) -> Option<VolumeSource> {
    let DockerVolumeConfiguration { scope, autoprovision, driver, driver_opts, labels, unknown: _ } = docker;
    let scopes = [("task", false), ("shared", true)];
    let shared = report.choice(&path.key("scope"), said(scope.as_ref()), &scopes).unwrap_or_default();
    let provisions = autoprovision.unwrap_or_default();
    if provisions && !shared {
        let message = "a volume of the task is always made; `autoprovision` says something about shared ones only";
        report.info(&path.key("autoprovision"), Class::Equivalent, "AutoprovisionIgnored", message);
    }
    if labels.as_ref().is_some_and(|labels| !labels.is_empty()) {
        let message = "labels of a Docker volume stay in the task definition; nothing here shows them";
        report.info(&path.key("labels"), Class::Advisory, "VolumeLabelsKept", message);
    }
    let options = driver_opts.as_ref().filter(|options| !options.is_empty());
    let at = path.key("driverOpts");
    match said(driver.as_ref()).unwrap_or("local") {
        "local" => {
            if let Some(source) = options.and_then(|options| local(&at, options, context, report)) {
                return source;
            }
            if !shared {
                return Some(VolumeSource::Empty);
            }
            let kind = if provisions { HostPathKind::DirectoryOrCreate } else { HostPathKind::Directory };
            shared_directory(path, name, kind, context, report)
        }
        driver => {
            if options.is_some() {
                ignored(&at, "the StorageClass says how volumes are made", report);
            }
            of_class(&path.key("driver"), name, driver, shared, context, report)
        }
    }
}

/// A shared volume of Docker's own driver: a directory of the node, under the root of all of them
fn shared_directory(
    path: &Path,
    name: &str,
    kind: HostPathKind,
    context: &Context,
    report: &mut Report,
) -> Option<VolumeSource> {
    if !is_ecs_name(name) {
        report.invalid(path, format!("`{name}` is no volume name; use letters, digits, `-` and `_`"));
        return None;
    }
    let root = context.config.shared_volume_root.trim_end_matches('/');
    let directory = format!("{root}/{}/{name}", context.namespace);
    report.privilege(path, &format!("the node's path `{directory}`"), context.grants.host_path(&directory));
    let message = format!("the volume is `{directory}` of whichever node the pod is on; each node has its own");
    report.info(path, Class::Approximate, "SharedVolumePerNode", message);
    Some(VolumeSource::Host(HostPath { path: directory, kind }))
}

/// A volume of another driver, as the configuration translates it
fn of_class(
    path: &Path,
    name: &str,
    driver: &str,
    shared: bool,
    context: &Context,
    report: &mut Report,
) -> Option<VolumeSource> {
    let Some(VolumeDriver { storage_class, size, access_mode }) = context.config.volume_drivers.get(driver) else {
        let message = format!(
            "no StorageClass stands for the Docker volume driver `{driver}`; ask the administrator to name one \
             (`volumeDrivers` of the operator's configuration)"
        );
        report.block(path, "VolumeDriverUnsupported", message);
        return None;
    };
    let message = format!("volumes of `{driver}` are {size} of the StorageClass `{storage_class}`");
    report.info(path, Class::Approximate, "VolumeDriverReplaced", message);
    let access_mode = match access_mode {
        AccessMode::ReadWriteOnce => "ReadWriteOnce",
        AccessMode::ReadWriteMany => "ReadWriteMany",
    };
    let dynamic = Dynamic { class: storage_class.clone(), size: size.clone(), access_mode };
    Some(if shared {
        // By its name, as Docker finds it on a host
        let name = k8s_name(&format!("docker-{name}"), LABEL_MAX);
        VolumeSource::Claim(Claim { name, storage: Storage::Dynamic(dynamic) })
    } else {
        VolumeSource::PerPod(dynamic)
    })
}

/// Options of Docker's own driver, which are those of mount(8); none where they change nothing
fn local(
    path: &Path,
    options: &BTreeMap<String, String>,
    context: &Context,
    report: &mut Report,
) -> Option<Option<VolumeSource>> {
    let option = |key: &str| options.get(key).map(String::as_str).unwrap_or_default();
    let (kind, device, mount) = (option("type"), option("device"), option("o"));
    let mount: Vec<&str> = mount.split(',').map(str::trim).collect();
    let value = |key: &str| mount.iter().find_map(|o| o.strip_prefix(key)?.strip_prefix('='));
    let known: &[&str] = match kind {
        "tmpfs" => &["size"],
        "nfs" | "nfs4" => &["addr", "ro"],
        "none" | "" if mount.contains(&"bind") => &["bind"],
        _ => {
            ignored(path, "no mount of this kind is made; the volume is a plain one", report);
            return None;
        }
    };
    let is_known = |o: &str| IDLE_OPTIONS.contains(&o) || known.contains(&o.split('=').next().unwrap_or_default());
    let unknown: Vec<&str> = mount.iter().copied().filter(|o| !is_known(o)).collect();
    if !unknown.is_empty() {
        ignored(path, &format!("{} cannot be said of this volume", unknown.join(", ")), report);
    }
    Some(match kind {
        "tmpfs" => Some(VolumeSource::Memory(value("size").and_then(|size| tmpfs_size(path, size, report)))),
        "nfs" | "nfs4" => nfs(path, value("addr"), device, mount.contains(&"ro"), report),
        _ => {
            report.privilege(path, &format!("the node's path `{device}`"), context.grants.host_path(device));
            Some(VolumeSource::Host(HostPath { path: device.to_owned(), kind: HostPathKind::Directory }))
        }
    })
}

/// `addr=server` and `:/path`, or `server:/path`
fn nfs(path: &Path, address: Option<&str>, device: &str, read_only: bool, report: &mut Report) -> Option<VolumeSource> {
    let (server, export) = device.rsplit_once(":/").unwrap_or_default();
    let server = address.unwrap_or(server);
    if server.is_empty() || !device.contains(":/") {
        let message = "an NFS volume needs the server and the path; write `o: addr=<server>` and `device: :/<path>`";
        report.invalid(path, message);
        return None;
    }
    Some(VolumeSource::Nfs { server: server.to_owned(), path: format!("/{export}"), read_only })
}

/// The size of a tmpfs as mount(8) takes it: bytes, or with k, m or g
fn tmpfs_size(path: &Path, text: &str, report: &mut Report) -> Option<Mebibytes> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" => Some(1),
        "k" => Some(1 << 10),
        "m" => Some(1 << 20),
        "g" => Some(1_u64 << 30),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    let size = bytes.and_then(Mebibytes::from_bytes);
    if size.is_none() {
        ignored(path, &format!("`size={text}` is no size here; write a number with k, m or g"), report);
    }
    size
}

fn ignored(path: &Path, why: &str, report: &mut Report) {
    report.warn(path, Class::Approximate, "DriverOptsIgnored", format!("options are ignored: {why}"));
}
