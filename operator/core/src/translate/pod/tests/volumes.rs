//! Volumes (§5): vectors V79 and V80, and what has no vector. Paths of the node are with the privileges.

use ecs_crds::status::Severity::{Block, Info, Warn};
use serde_json::json;

use super::*;
use crate::config::{AccessMode, OperatorConfig, S3Files, VolumeDriver};
use crate::revision::CompanionKind;

/// A volume mounted at `/v`
fn volume(more: Value) -> Value {
    let mut volume = json!({"name": "My_Data"});
    merge(&mut volume, more);
    let mounts = json!({"mountPoints": [{"sourceVolume": "My_Data", "containerPath": "/v"}]});
    task([container("app", mounts)], json!({"volumes": [volume]}))
}

fn docker(more: Value) -> Value {
    volume(json!({ "dockerVolumeConfiguration": more }))
}

fn efs(more: Value) -> Value {
    let mut efs = json!({"fileSystemId": "fs-1"});
    merge(&mut efs, more);
    volume(json!({ "efsVolumeConfiguration": efs }))
}

/// A context with a StorageClass for a driver, and a CSI driver for S3 Files
fn configured() -> Context {
    let driver = VolumeDriver {
        storage_class: "fast".to_owned(),
        size: "5Gi".to_owned(),
        access_mode: AccessMode::ReadWriteOnce,
    };
    let config = OperatorConfig {
        volume_drivers: [("rexray/ebs".to_owned(), driver)].into(),
        s3files: S3Files { csi_driver: Some("s3files.example".to_owned()) },
        ..OperatorConfig::default()
    };
    Context { config, ..Context::default() }.in_namespace("shop")
}

/// The companions of a document, by kind
fn companions(spec: &Value) -> Vec<(CompanionKind, String, Value)> {
    let (made, findings) = translated(spec, &SERVICE, &configured(), &[]);
    let made = made.unwrap_or_else(|| panic!("{findings:#?}"));
    made.companions.into_iter().map(|companion| (companion.kind, companion.name, companion.body)).collect()
}

const SOURCE: &str = "/spec/volumes/0";

#[test]
fn docker_volumes_become_what_is_nearest() {
    let at = "/volumes/0/dockerVolumeConfiguration";
    let opts = "/volumes/0/dockerVolumeConfiguration/driverOpts";
    let case = |name, spec, shown: (&'static str, Value), findings| Case {
        name,
        spec: docker(spec),
        context: configured(),
        pod: vec![shown],
        findings,
        ..Case::default()
    };
    check_cases([
        case("of the task", json!({"scope": "task"}), ("/spec/volumes/0/emptyDir", json!({})), vec![]),
        case(
            "labelled",
            json!({"scope": "task", "autoprovision": true, "labels": {"a": "b"}}),
            ("/spec/volumes/0/emptyDir", json!({})),
            vec![
                (Info, "AutoprovisionIgnored", "/volumes/0/dockerVolumeConfiguration/autoprovision"),
                (Info, "VolumeLabelsKept", "/volumes/0/dockerVolumeConfiguration/labels"),
            ],
        ),
        case(
            "tmpfs",
            json!({"driver": "local", "driverOpts": {"type": "tmpfs", "device": "tmpfs", "o": "size=100m,uid=1000"}}),
            ("/spec/volumes/0/emptyDir", json!({"medium": "Memory", "sizeLimit": "100Mi"})),
            vec![(Warn, "DriverOptsIgnored", opts)],
        ),
        case(
            "tmpfs without a size",
            json!({"driverOpts": {"type": "tmpfs", "device": "tmpfs"}}),
            ("/spec/volumes/0/emptyDir", json!({"medium": "Memory"})),
            vec![],
        ),
        case(
            "NFS",
            json!({"driverOpts": {"type": "nfs", "device": ":/export", "o": "addr=10.0.0.1,ro"}}),
            ("/spec/volumes/0/nfs", json!({"server": "10.0.0.1", "path": "/export", "readOnly": true})),
            vec![],
        ),
        case(
            "NFS in one word",
            json!({"driverOpts": {"type": "nfs4", "device": "nas:/a/b"}}),
            ("/spec/volumes/0/nfs", json!({"server": "nas", "path": "/a/b"})),
            vec![],
        ),
        case(
            "NFS without a server",
            json!({"driverOpts": {"type": "nfs", "device": ":/a"}}),
            (SOURCE, Value::Null),
            vec![(Block, "InvalidValue", opts)],
        ),
        case(
            "a mount of another kind",
            json!({"driverOpts": {"type": "btrfs", "device": "/dev/sda2"}}),
            ("/spec/volumes/0/emptyDir", json!({})),
            vec![(Warn, "DriverOptsIgnored", opts)],
        ),
        case(
            "another driver, per task",
            json!({"driver": "rexray/ebs", "driverOpts": {"volumetype": "gp2"}}),
            (
                "/spec/volumes/0/ephemeral/volumeClaimTemplate/spec",
                json!({
                    "accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
                    "resources": {"requests": {"storage": "5Gi"}},
                }),
            ),
            vec![
                (Warn, "DriverOptsIgnored", opts),
                (Info, "VolumeDriverReplaced", "/volumes/0/dockerVolumeConfiguration/driver"),
            ],
        ),
        case(
            "another driver, shared",
            json!({"driver": "rexray/ebs", "scope": "shared"}),
            ("/spec/volumes/0/persistentVolumeClaim/claimName", json!("docker-my-data-3b63eb6e")),
            vec![],
        ),
        case(
            "a driver that nothing stands for",
            json!({"driver": "flocker"}),
            (SOURCE, Value::Null),
            vec![(Block, "VolumeDriverUnsupported", "/volumes/0/dockerVolumeConfiguration/driver")],
        ),
        case(
            "a scope that is none",
            json!({"scope": "host"}),
            (SOURCE, Value::Null),
            vec![(Block, "InvalidValue", Box::leak(format!("{at}/scope").into_boxed_str()))],
        ),
    ]);
}

#[test]
fn an_efs_file_system_is_mounted_through_a_claim_and_a_volume_of_an_administrator() {
    let at = "/volumes/0/efsVolumeConfiguration";
    let spec = efs(json!({
        "rootDirectory": "/", "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": "fsap-2", "iam": "ENABLED"},
    }));
    let iam: &'static str = Box::leak(format!("{at}/authorizationConfig/iam").into_boxed_str());
    let found = vec![(Warn, "EfsIamIdentityDiffers", iam), (Warn, "ClusterObjectNeeded", "/volumes/0")];
    check_cases([Case { name: "V79", spec: spec.clone(), findings: found, ..Case::default() }]);
    let made = companions(&spec);
    let [(CompanionKind::PersistentVolume, volume, pv), (CompanionKind::PersistentVolumeClaim, claim, pvc)] = &made[..]
    else {
        panic!("{made:#?}")
    };
    assert!(volume.starts_with("efs-shop-") && claim.starts_with("efs-"), "{volume} {claim}");
    assert_eq!(
        pv["spec"]["csi"],
        json!({
            "driver": "efs.csi.aws.com", "volumeHandle": "fs-1::fsap-2",
            "volumeAttributes": {"encryptInTransit": "true"},
        })
    );
    assert_eq!(pv["spec"]["mountOptions"], json!(["iam"]));
    assert_eq!(
        pv["spec"]["claimRef"],
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "shop", "name": claim})
    );
    assert_eq!(pv["spec"]["persistentVolumeReclaimPolicy"], json!("Retain"));
    assert_eq!(pvc["spec"]["volumeName"], json!(volume));
    assert_eq!(pvc["spec"]["storageClassName"], json!(""));
}

#[test]
fn a_volume_handle_says_what_is_mounted() {
    for (more, expected) in [
        (json!({}), "fs-1"),
        (json!({"rootDirectory": "/"}), "fs-1"),
        (json!({"rootDirectory": ""}), "fs-1"),
        (json!({"rootDirectory": "/a/b/"}), "fs-1:/a/b"),
        (json!({"transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": "fsap-2"}}), "fs-1::fsap-2"),
    ] {
        let made = companions(&efs(more.clone()));
        assert_eq!(made[0].2["spec"]["csi"]["volumeHandle"], json!(expected), "{more}");
    }
    let port = json!({"transitEncryption": "ENABLED", "transitEncryptionPort": 2999});
    assert_eq!(companions(&efs(port))[0].2["spec"]["mountOptions"], json!(["tlsport=2999"]));
}

#[test]
fn what_is_mounted_alike_shares_a_claim_and_nothing_else_does() {
    let name = |more| companions(&efs(more))[1].1.clone();
    assert_eq!(name(json!({})), name(json!({"rootDirectory": "/", "transitEncryption": "DISABLED"})));
    assert_ne!(name(json!({})), name(json!({"rootDirectory": "/a"})));
    assert_ne!(name(json!({})), name(json!({"transitEncryption": "ENABLED"})));
}

#[test]
fn what_efs_refuses_is_refused() {
    let at = "/volumes/0/efsVolumeConfiguration";
    let path = |rest: &str| -> &'static str { Box::leak(format!("{at}{rest}").into_boxed_str()) };
    let case = |name, spec, findings| Case { name, spec, findings, ..Case::default() };
    let point = || json!({"accessPointId": "fsap-2"});
    check_cases([
        case(
            "V80, a directory beside an access point",
            efs(json!({"rootDirectory": "/x", "transitEncryption": "ENABLED", "authorizationConfig": point()})),
            vec![(Block, "InvalidValue", path("/rootDirectory"))],
        ),
        case(
            "V80, an access point without encryption",
            efs(json!({"authorizationConfig": point()})),
            vec![(Block, "InvalidValue", path("/transitEncryption"))],
        ),
        case(
            "a handle in the place of an ID",
            efs(json!({"fileSystemId": "fs-1:/etc"})),
            vec![(Block, "InvalidValue", path("/fileSystemId"))],
        ),
        case(
            "a directory that the driver cannot read",
            efs(json!({"rootDirectory": "/a:b"})),
            vec![(Block, "InvalidValue", path("/rootDirectory"))],
        ),
    ]);
}

#[test]
fn other_file_systems_need_a_driver_or_a_person() {
    let s3 = |more: Value| {
        let mut s3 = json!({"fileSystemArn": "arn:aws:s3files:eu-west-1:1:file-system/fs-1"});
        merge(&mut s3, more);
        volume(json!({ "s3filesVolumeConfiguration": s3 }))
    };
    let fsx = json!({"fsxWindowsFileServerVolumeConfiguration": {
        "fileSystemId": "fs-1", "rootDirectory": "d",
        "authorizationConfig": {"credentialsParameter": "arn:aws:ssm:eu-west-1:1:parameter/p", "domain": "corp"},
    }});
    check_cases([
        Case {
            name: "S3 Files without a driver",
            spec: s3(json!({})),
            findings: vec![(Block, "S3FilesUnsupported", "/volumes/0/s3filesVolumeConfiguration")],
            ..Case::default()
        },
        Case {
            name: "S3 Files",
            spec: s3(json!({})),
            context: configured(),
            findings: vec![
                (Info, "S3FilesByDriver", "/volumes/0/s3filesVolumeConfiguration"),
                (Warn, "ClusterObjectNeeded", "/volumes/0"),
            ],
            ..Case::default()
        },
        Case {
            name: "FSx",
            spec: volume(fsx.clone()),
            findings: vec![(Block, "FsxUnsupported", "/volumes/0/fsxWindowsFileServerVolumeConfiguration")],
            ..Case::default()
        },
        Case {
            name: "FSx, accepted: a task without it",
            spec: volume(fsx),
            accept: &["FsxUnsupported"],
            pod: vec![("/spec/volumes", Value::Null), ("/spec/containers/0/volumeMounts", Value::Null)],
            findings: vec![(Warn, "FsxUnsupported", "/volumes/0/fsxWindowsFileServerVolumeConfiguration")],
            ..Case::default()
        },
    ]);
    let made = companions(&s3(json!({"accessPointArn": "arn:p"})));
    let handle = "arn:aws:s3files:eu-west-1:1:file-system/fs-1::arn:p";
    assert_eq!(made[0].2["spec"]["csi"], json!({"driver": "s3files.example", "volumeHandle": handle}));
}

#[test]
fn a_volume_is_of_one_kind() {
    check_cases([
        Case {
            name: "two kinds",
            spec: volume(json!({"dockerVolumeConfiguration": {}, "configuredAtLaunch": true})),
            findings: vec![(Block, "VolumeKindConflict", "/volumes/0")],
            ..Case::default()
        },
        Case {
            name: "two at launch",
            spec: task(
                [container("app", json!({}))],
                json!({"volumes": [{"name": "a", "configuredAtLaunch": true}, {"name": "b", "configuredAtLaunch": true}]}),
            ),
            findings: vec![(Block, "InvalidValue", "/volumes/1/configuredAtLaunch")],
            ..Case::default()
        },
    ]);
}

/// A task with a volume that is left to the service
fn at_launch() -> Value {
    volume(json!({"configuredAtLaunch": true}))
}

/// A service's words about it
fn configured_as(more: Value) -> Value {
    let mut ebs = json!({"roleArn": "arn:aws:iam::1:role/ecs", "sizeInGiB": 20});
    merge(&mut ebs, more);
    json!({"volumeConfigurations": [{"name": "My_Data", "managedEBSVolume": ebs}]})
}

/// The pod of a task and a service's words, and all that is found
fn launched(task: &Value, words: Value) -> (Option<Pod>, Findings) {
    let mut spec = json!({"taskDefinition": "app", "desiredCount": 1, "tags": [{"key": "of", "value": "service"}]});
    merge(&mut spec, words);
    let none = BTreeSet::new();
    let task = check(&serde_json::from_value(task.clone()).unwrap(), "app", &none, &configured()).model.unwrap();
    let service = crate::check::service::check(&serde_json::from_value(spec).unwrap(), "app", &none, &configured());
    let mut findings = service.findings;
    let Some(service) = service.model else { return (None, findings) };
    let task = crate::check::launch::of_service(task, &service, &mut findings);
    let made = pod(&task, 1, &SERVICE, &configured());
    (Some(made).filter(|_| !findings.blocked()), findings)
}

fn loud(findings: &Findings) -> Vec<String> {
    let loud = findings.iter().filter(|finding| finding.severity > Info);
    loud.map(|finding| format!("{} {}", finding.path, finding.code)).collect()
}

#[test]
fn v81_a_volume_configured_at_launch_is_a_claim_of_each_pod() {
    let (made, findings) = launched(&at_launch(), configured_as(json!({"volumeType": "gp3", "iops": 4000})));
    assert_eq!(loud(&findings), ["/volumeConfigurations/0 ClusterObjectNeeded"]);
    let made = made.unwrap();
    let [class] = &made.companions[..] else { panic!("{:#?}", made.companions) };
    assert_eq!(class.kind, CompanionKind::StorageClass);
    assert_eq!(
        class.body,
        json!({
            "provisioner": "ebs.csi.aws.com", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
            "parameters": {"type": "gp3", "iops": "4000", "csi.storage.k8s.io/fstype": "xfs"},
        })
    );
    let spec = json!(made.spec);
    assert_eq!(
        spec["volumes"][0]["ephemeral"]["volumeClaimTemplate"]["spec"],
        json!({
            "accessModes": ["ReadWriteOnce"], "storageClassName": class.name,
            "resources": {"requests": {"storage": "20Gi"}},
        })
    );
    let context = &spec["securityContext"];
    assert!((10_000..60_000).contains(&context["fsGroup"].as_i64().unwrap()), "{context}");
    assert_eq!(context["fsGroupChangePolicy"], json!("OnRootMismatch"));
}

#[test]
fn the_parameters_of_a_volume_make_the_name_of_its_class() {
    let name = |words| launched(&at_launch(), words).0.unwrap().companions[0].name.clone();
    assert_eq!(name(configured_as(json!({"sizeInGiB": 30}))), name(configured_as(json!({}))));
    assert_ne!(name(configured_as(json!({"encrypted": true}))), name(configured_as(json!({}))));
}

#[test]
fn tags_of_others_come_before_those_of_the_volume() {
    let tags = json!([{"resourceType": "volume", "propagateTags": "SERVICE", "tags": [{"key": "a", "value": "b"}]}]);
    let (made, _) = launched(&at_launch(), configured_as(json!({"tagSpecifications": tags})));
    let parameters = &made.unwrap().companions[0].body["parameters"];
    assert_eq!(parameters["tagSpecification_1"], json!("a=b"));
    assert_eq!(parameters["tagSpecification_2"], json!("of=service"));
}

#[test]
fn v82_a_volume_that_nobody_configures_is_refused() {
    for (task, words, expected) in [
        (at_launch(), json!({}), vec!["/volumeConfigurations VolumeConfigurationMissing"]),
        (volume(json!({})), configured_as(json!({})), vec!["/volumeConfigurations/0/name VolumeUnknown"]),
    ] {
        let (made, findings) = launched(&task, words);
        assert!(made.is_none());
        assert_eq!(loud(&findings), expected);
    }
    let mut daemon = configured_as(json!({}));
    merge(&mut daemon, json!({"schedulingStrategy": "DAEMON"}));
    let (made, findings) = launched(&at_launch(), daemon);
    assert!(made.is_none());
    assert!(loud(&findings).contains(&"/volumeConfigurations InvalidValue".to_owned()), "{:?}", loud(&findings));
}

#[test]
fn what_ecs_refuses_of_an_ebs_volume_is_refused() {
    let at = "/volumeConfigurations/0/managedEBSVolume";
    for (more, expected) in [
        (json!({"sizeInGiB": null}), "/sizeInGiB RequiredField"),
        (json!({"sizeInGiB": 16385}), "/sizeInGiB InvalidValue"),
        (json!({"volumeType": "st1", "sizeInGiB": 124}), "/sizeInGiB InvalidValue"),
        (json!({"volumeType": "standard", "sizeInGiB": 1025}), "/sizeInGiB InvalidValue"),
        (json!({"volumeType": "gp9"}), "/volumeType InvalidValue"),
        (json!({"volumeType": "io1"}), "/iops RequiredField"),
        (json!({"volumeType": "io2", "iops": 99}), "/iops InvalidValue"),
        (json!({"volumeType": "gp3", "iops": 2999}), "/iops InvalidValue"),
        (json!({"volumeType": "st1", "sizeInGiB": 125, "iops": 3000}), "/iops InvalidValue"),
        (json!({"volumeType": "gp2", "throughput": 200}), "/throughput InvalidValue"),
        (json!({"throughput": 1001}), "/throughput InvalidValue"),
        (json!({"filesystemType": "zfs"}), "/filesystemType InvalidValue"),
        (json!({"roleArn": ""}), "/roleArn RequiredField"),
        (json!({"volumeInitializationRate": 100}), "/volumeInitializationRate InvalidValue"),
        (json!({"snapshotId": "snap-1"}), "/snapshotId SnapshotUnsupported"),
        (
            json!({"tagSpecifications": [{"resourceType": "snapshot"}]}),
            "/tagSpecifications/0/resourceType InvalidValue",
        ),
        (
            json!({"tagSpecifications": [{"resourceType": "volume", "tags": [{"key": "AmazonECSManaged", "value": ""}]}]}),
            "/tagSpecifications/0/tags InvalidValue",
        ),
    ] {
        let (made, findings) = launched(&at_launch(), configured_as(more.clone()));
        assert!(made.is_none(), "{more}");
        assert_eq!(loud(&findings), [format!("{at}{expected}")], "{more}");
    }
}
