//! Volumes and their mounts.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, EmptyDirVolumeSource, HostPathVolumeSource, NFSVolumeSource, PersistentVolume, Volume, VolumeMount,
};
use serde_json::{Value, json};

use super::around::Around;
use super::{Members, Profile, Report, some};
use crate::findings::Path;
use crate::values::quantity::mebibytes;

/// The CSI driver of EFS
const EFS: &str = "efs.csi.aws.com";
/// Where Linux has its shared memory
const SHARED_MEMORY: &str = "/dev/shm";

/// What became of a pod's volumes, by name
pub(super) struct Volumes(BTreeMap<String, Kept>);

enum Kept {
    /// A volume of the task
    Task(Value),
    /// A file system in memory, of this many MiB, that one container alone mounts
    Memory(u32),
    /// ECS has none; its mounts go with it
    Lost,
}

impl Volumes {
    /// Reads the volumes of a pod
    pub(super) fn of(
        volumes: &[Volume],
        containers: &[&Container],
        around: (&Around, Option<&str>),
        path: &Path,
        report: &mut Report<'_>,
    ) -> Self {
        let users = |name: &str| {
            containers.iter().filter(|c| c.volume_mounts.iter().flatten().any(|mount| mount.name == name)).count()
        };
        let kept = volumes.iter().enumerate().map(|(index, volume)| {
            let kept = keep(volume, users(&volume.name), around, &path.key("volumes").index(index), report);
            (volume.name.clone(), kept)
        });
        Self(kept.collect())
    }

    /// `volumes` of the task definition
    pub(super) fn of_task(&self) -> Vec<Value> {
        let task = |kept: &Kept| if let Kept::Task(volume) = kept { Some(volume.clone()) } else { None };
        self.0.values().filter_map(task).collect()
    }

    /// Writes what a container mounts: `mountPoints`, and into its Linux parameters what lies in memory
    pub(super) fn mount(
        &self,
        container: &Container,
        path: &Path,
        to: &mut Members,
        linux: &mut Members,
        report: &mut Report<'_>,
    ) {
        let (mut points, mut memory) = (Vec::new(), Vec::new());
        for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
            let path = path.key("volumeMounts").index(index);
            let VolumeMount {
                mount_path,
                mount_propagation,
                name,
                read_only,
                recursive_read_only,
                sub_path,
                sub_path_expr,
            } = mount;
            report.lost_each(
                &path,
                "LossMount",
                &[
                    ("mountPropagation", mount_propagation.as_deref().is_some_and(|p| p != "None")),
                    ("recursiveReadOnly", recursive_read_only.as_deref().is_some_and(|r| r != "Disabled")),
                    ("subPath", some(sub_path)),
                    ("subPathExpr", some(sub_path_expr)),
                ],
            );
            match self.0.get(name) {
                Some(Kept::Task(_)) => {
                    let mut point = Members::default();
                    point.put("sourceVolume", name.as_str());
                    point.put("containerPath", mount_path.as_str());
                    point.put("readOnly", read_only.filter(|r| *r).map(Value::from).unwrap_or_default());
                    points.push(Value::from(point));
                }
                Some(Kept::Memory(mib)) if mount_path == SHARED_MEMORY => linux.put("sharedMemorySize", *mib),
                Some(Kept::Memory(mib)) => memory.push(json!({"containerPath": mount_path, "size": mib})),
                Some(Kept::Lost) | None => {}
            }
        }
        to.put("mountPoints", points);
        linux.put("tmpfs", memory);
    }
}

fn keep(
    volume: &Volume,
    users: usize,
    (around, namespace): (&Around, Option<&str>),
    path: &Path,
    report: &mut Report<'_>,
) -> Kept {
    let Volume {
        name,
        empty_dir,
        host_path,
        nfs,
        persistent_volume_claim,
        aws_elastic_block_store: _,
        azure_disk: _,
        azure_file: _,
        cephfs: _,
        cinder: _,
        config_map: _,
        csi: _,
        downward_api: _,
        ephemeral: _,
        fc: _,
        flex_volume: _,
        flocker: _,
        gce_persistent_disk: _,
        git_repo: _,
        glusterfs: _,
        image: _,
        iscsi: _,
        photon_persistent_disk: _,
        portworx_volume: _,
        projected: _,
        quobyte: _,
        rbd: _,
        scale_io: _,
        secret: _,
        storageos: _,
        vsphere_volume: _,
    } = volume;
    if let Some(empty) = empty_dir {
        return in_memory(empty, users, path, report).unwrap_or_else(|| Kept::Task(json!({"name": name})));
    }
    if let Some(HostPathVolumeSource { path: host, type_: _ }) = host_path {
        let there = report.only_on_instances(true, &path.key("hostPath"), "host paths");
        return if there { Kept::Task(json!({"name": name, "host": {"sourcePath": host}})) } else { Kept::Lost };
    }
    if let Some(NFSVolumeSource { path: exported, read_only: _, server }) = nfs {
        let there = report.only_on_instances(true, &path.key("nfs"), "NFS volumes but EFS");
        let options = json!({"type": "nfs", "o": format!("addr={server}"), "device": format!(":{exported}")});
        let docker = json!({"scope": "task", "driver": "local", "driverOpts": options});
        return if there { Kept::Task(json!({"name": name, "dockerVolumeConfiguration": docker})) } else { Kept::Lost };
    }
    if let Some(claim) = persistent_volume_claim {
        if let Some(efs) = around.volume(namespace, &claim.claim_name).and_then(efs) {
            return Kept::Task(json!({"name": name, "efsVolumeConfiguration": efs}));
        }
        let message = "only claims of EFS volumes have a counterpart; give the claim and its PersistentVolume too, or move the \
                       data to EFS";
        report.lost(true, &path.key("persistentVolumeClaim"), "LossVolume", message);
        return Kept::Lost;
    }
    let message = format!(
        "ECS has no volume like `{name}`; it and its mounts are left out: put its files into the image, or fetch them at the start"
    );
    report.lost(true, path, "LossVolume", &message);
    Kept::Lost
}

/// A file system in memory, where ECS has one; else it lies on disk
fn in_memory(empty: &EmptyDirVolumeSource, users: usize, path: &Path, report: &mut Report<'_>) -> Option<Kept> {
    let EmptyDirVolumeSource { medium, size_limit } = empty;
    let path = path.key("emptyDir");
    if medium.as_deref() != Some("Memory") {
        report.near(
            size_limit.is_some(),
            &path.key("sizeLimit"),
            "LossSizeLimit",
            "ECS limits the disk of whole tasks; see ephemeralStorage",
        );
        return None;
    }
    let mib = size_limit.as_ref().and_then(mebibytes).filter(|mib| *mib > 0);
    let fits = users == 1 && report.profile == Profile::Ec2;
    let message =
        "ECS has file systems in memory for one container alone, of a given size, on instances; this one lies on disk";
    report.near(!fits || mib.is_none(), &path.key("medium"), "LossMemoryMedium", message);
    mib.filter(|_| fits).map(Kept::Memory)
}

/// `fs-1:/path:fsap-1`, as the driver's volumes are named
fn efs(volume: &PersistentVolume) -> Option<Value> {
    let csi = volume.spec.as_ref()?.csi.as_ref().filter(|csi| csi.driver == EFS)?;
    let mut parts = csi.volume_handle.splitn(3, ':');
    let mut efs = Members::default();
    efs.put("fileSystemId", parts.next()?);
    let path = parts.next().filter(|path| !path.is_empty());
    let point = parts.next().filter(|point| !point.is_empty());
    // An access point has a directory of its own
    efs.put("rootDirectory", path.filter(|_| point.is_none()).map(Value::from).unwrap_or_default());
    let iam = volume.spec.as_ref()?.mount_options.iter().flatten().any(|option| option == "iam");
    let mut authorization = Members::default();
    authorization.put("accessPointId", point.map(Value::from).unwrap_or_default());
    authorization.put("iam", iam.then_some("ENABLED").map(Value::from).unwrap_or_default());
    // The driver encrypts on the way unless it is told not to; access points need it
    efs.put("transitEncryption", "ENABLED");
    efs.put("authorizationConfig", authorization);
    Some(efs.into())
}
