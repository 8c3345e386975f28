//! File systems of AWS that tasks mount: EFS, S3 Files, FSx for Windows File Server (§5).
//!
//! *Not here*: the objects that mount them (`translate`), and the network between node and file system.

use std::collections::BTreeMap;

use ecs_crds::ecs::{
    EfsAuthorizationConfig, EfsVolumeConfiguration, FsxWindowsFileServerAuthorizationConfig,
    FsxWindowsFileServerVolumeConfiguration, S3FilesVolumeConfiguration,
};
use ecs_crds::status::Class;

use super::report::{Report, said};
use crate::config::Context;
use crate::findings::Path;
use crate::model::task::{Claim, FileSystem, Storage, VolumeSource};
use crate::names::sha8;

/// The CSI driver of EFS
const EFS_DRIVER: &str = "efs.csi.aws.com";

/// ECS's usual pair
const SWITCH: &[(&str, bool)] = &[("ENABLED", true), ("DISABLED", false)];

/// `efsVolumeConfiguration`
pub(super) fn efs(path: &Path, written: &EfsVolumeConfiguration, report: &mut Report) -> Option<VolumeSource> {
    let EfsVolumeConfiguration {
        file_system_id,
        root_directory,
        transit_encryption,
        transit_encryption_port,
        authorization_config,
        unknown: _,
    } = written;
    let encryption = path.key("transitEncryption");
    let encrypted = report.choice(&encryption, said(transit_encryption.as_ref()), SWITCH).unwrap_or_default();
    let (access_point, iam) = authorised(&path.key("authorizationConfig"), authorization_config.as_ref(), report);
    if !encrypted && (access_point.is_some() || iam) {
        let message = "an access point or IAM needs encryption in transit; set `transitEncryption: ENABLED`";
        report.invalid(&encryption, message);
    }
    let directory = directory(&path.key("rootDirectory"), root_directory.as_ref(), access_point, report);
    let mut mount_options = Vec::new();
    let at = path.key("transitEncryptionPort");
    if let Some(port) = report.optional_within(&at, *transit_encryption_port, 1..=65_535) {
        if encrypted {
            mount_options.push(format!("tlsport={port}"));
        } else {
            report.info(
                &at,
                Class::Equivalent,
                "EfsPortIgnored",
                "without encryption in transit there is no such port",
            );
        }
    }
    if iam {
        mount_options.push("iam".to_owned());
        let message = "the file system sees the role of the node's CSI driver, not the task role; give that one access";
        report.warn(&path.key("authorizationConfig").key("iam"), Class::Approximate, "EfsIamIdentityDiffers", message);
    }
    let id = handle_part(&path.key("fileSystemId"), file_system_id.as_ref(), "fileSystemId", report)?;
    Some(VolumeSource::Claim(claim(FileSystem {
        prefix: "efs",
        driver: EFS_DRIVER.to_owned(),
        handle: handle(id, directory, access_point),
        // The driver's own default is another
        attributes: BTreeMap::from([("encryptInTransit".to_owned(), encrypted.to_string())]),
        mount_options,
    })))
}

/// The access point, and whether IAM authorises
fn authorised<'a>(
    path: &Path,
    written: Option<&'a EfsAuthorizationConfig>,
    report: &mut Report,
) -> (Option<&'a str>, bool) {
    let Some(EfsAuthorizationConfig { access_point_id, iam, unknown: _ }) = written else { return (None, false) };
    let iam = report.choice(&path.key("iam"), said(iam.as_ref()), SWITCH).unwrap_or_default();
    let at = path.key("accessPointId");
    let point = said(access_point_id.as_ref())
        .and_then(|_| handle_part(&at, access_point_id.as_ref(), "accessPointId", report));
    (point, iam)
}

/// The directory that is mounted; none for the root
fn directory(path: &Path, written: Option<&String>, access_point: Option<&str>, report: &mut Report) -> Option<String> {
    let directory = said(written).map(|text| text.trim_matches('/')).filter(|text| !text.is_empty())?;
    if access_point.is_some() {
        report.invalid(path, "an access point has a directory of its own; leave `rootDirectory` out, or write `/`");
        return None;
    }
    if directory.contains(':') {
        report.invalid(
            path,
            format!("`{directory}` has a `:`, which the CSI driver cannot take; mount another directory"),
        );
        return None;
    }
    Some(format!("/{directory}"))
}

/// A part of a volume handle, which `:` separates
fn handle_part<'a>(path: &Path, written: Option<&'a String>, member: &str, report: &mut Report) -> Option<&'a str> {
    let Some(text) = said(written) else {
        report.block(path, "RequiredField", format!("`{member}` is required here and missing; add it"));
        return None;
    };
    let legal = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !legal {
        report.invalid(path, format!("`{text}` is no ID; write it as AWS shows it, such as fs-0123456789abcdef0"));
    } else if !text.contains("fs") {
        // ECS takes it too, and the task then fails to start
        let message = format!("`{text}` looks like no ID of AWS; tasks wait where the file system does not exist");
        report.warn(path, Class::Exact, "FileSystemIdUnusual", message);
    }
    legal.then_some(text)
}

/// `fs`, `fs:/directory` or `fs::access-point`
fn handle(id: &str, directory: Option<String>, access_point: Option<&str>) -> String {
    match (directory, access_point) {
        (_, Some(point)) => format!("{id}::{point}"),
        (Some(directory), None) => format!("{id}:{directory}"),
        (None, None) => id.to_owned(),
    }
}

/// The claim of a file system: what mounts the same in the same way shares it
fn claim(storage: FileSystem) -> Claim {
    let FileSystem { prefix, driver, handle, attributes, mount_options } = &storage;
    let name = format!("{prefix}-{}", sha8(&format!("{driver} {handle} {attributes:?} {mount_options:?}")));
    Claim { name, storage: Storage::Static(storage) }
}

/// `s3filesVolumeConfiguration`: by the CSI driver that the configuration names
pub(super) fn s3_files(
    path: &Path,
    written: &S3FilesVolumeConfiguration,
    context: &Context,
    report: &mut Report,
) -> Option<VolumeSource> {
    let S3FilesVolumeConfiguration {
        file_system_arn,
        root_directory,
        transit_encryption_port,
        access_point_arn,
        unknown: _,
    } = written;
    let Some(driver) = &context.config.s3files.csi_driver else {
        let message = "no CSI driver is configured for S3 Files; ask the administrator to name one (`s3files.csiDriver` of the \
                       operator's configuration)";
        report.block(path, "S3FilesUnsupported", message);
        return None;
    };
    if transit_encryption_port.is_some() {
        let message = "the CSI driver chooses the port";
        report.info(&path.key("transitEncryptionPort"), Class::Unsupported, "S3FilesPortIgnored", message);
    }
    let point = said(access_point_arn.as_ref());
    let directory = directory(&path.key("rootDirectory"), root_directory.as_ref(), point, report);
    let Some(arn) = said(file_system_arn.as_ref()) else {
        report.required(path, "fileSystemArn");
        return None;
    };
    report.info(
        path,
        Class::Approximate,
        "S3FilesByDriver",
        format!("`{driver}` mounts the file system, as it does it"),
    );
    let handle = match (directory, point) {
        (directory, Some(point)) => format!("{arn}:{}:{point}", directory.unwrap_or_default()),
        (Some(directory), None) => format!("{arn}:{directory}"),
        (None, None) => arn.to_owned(),
    };
    Some(VolumeSource::Claim(claim(FileSystem {
        prefix: "s3files",
        driver: driver.clone(),
        handle,
        attributes: BTreeMap::new(),
        mount_options: Vec::new(),
    })))
}

/// `fsxWindowsFileServerVolumeConfiguration`: its address is known to AWS only
pub(super) fn fsx(path: &Path, written: &FsxWindowsFileServerVolumeConfiguration, report: &mut Report) {
    let FsxWindowsFileServerVolumeConfiguration { file_system_id, root_directory, authorization_config, unknown: _ } =
        written;
    let required = [
        ("fileSystemId", said(file_system_id.as_ref()).is_none()),
        ("rootDirectory", said(root_directory.as_ref()).is_none()),
        ("authorizationConfig", authorization_config.is_none()),
    ];
    required.into_iter().filter(|(_, missing)| *missing).for_each(|(member, _)| report.required(path, member));
    if let Some(config) = authorization_config {
        let FsxWindowsFileServerAuthorizationConfig { credentials_parameter, domain, unknown: _ } = config;
        let at = path.key("authorizationConfig");
        for (member, text) in [("credentialsParameter", credentials_parameter), ("domain", domain)] {
            if said(text.as_ref()).is_none() {
                report.required(&at, member);
            }
        }
    }
    let message = "the file system's address is known to AWS alone, and this version does not ask there; make a volume of \
                   smb.csi.k8s.io by hand, or accept a task without this one";
    report.block(path, "FsxUnsupported", message);
}
