//! Vectors V70 to V85, and what has no vector: Linux, security, volumes, names, task level.

use ecs_crds::status::Severity::{Block, Info, Warn};
use serde_json::json;

use super::*;
use crate::config::{Capabilities, OperatorConfig};

const UNCOUPLED: (Severity, &str, &str) = (Info, "EssentialExitReplacesTask", "/containerDefinitions");

/// A document of one container with these `linuxParameters`
fn linux(parameters: Value) -> Value {
    one(Value::Object([("linuxParameters".to_owned(), parameters)].into_iter().collect()))
}

#[test]
fn capabilities_within_the_baseline_are_copied_and_added_ones_are_not_dropped() {
    check_cases([
        Case {
            name: "V70 within the baseline",
            spec: linux(json!({"capabilities": {"add": ["CHOWN"], "drop": ["ALL", "CHOWN"]}})),
            pod: vec![(
                "/spec/containers/0/securityContext",
                json!({"capabilities": {"add": ["CHOWN"], "drop": ["ALL"]}}),
            )],
            ..Case::default()
        },
        Case {
            name: "an unknown capability",
            spec: linux(json!({"capabilities": {"drop": ["CAP_CHOWN"]}})),
            findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/linuxParameters/capabilities/drop/0")],
            ..Case::default()
        },
    ]);
}

#[test]
fn users_are_numbers() {
    let runs_as = |user: &str, expected: Value| Case {
        name: "V71",
        spec: one(json!({"user": user})),
        pod: vec![("/spec/containers/0/securityContext", expected)],
        ..Case::default()
    };
    check_cases([
        runs_as("1000:1000", json!({"runAsUser": 1000, "runAsGroup": 1000})),
        runs_as("root", json!({"runAsUser": 0})),
        runs_as("7", json!({"runAsUser": 7})),
        runs_as("", json!(null)),
    ]);
    for user in ["app", "1000:app", "-1", "4294967296", "+5x"] {
        check_cases([Case {
            name: "V71, a name",
            spec: one(json!({"user": user})),
            findings: vec![(Block, "UserNameNotResolvable", "/containerDefinitions/0/user")],
            ..Case::default()
        }]);
    }
}

#[test]
fn linux_parameters_become_volumes_and_findings() {
    check_cases([
        Case {
            name: "V72",
            spec: linux(json!({"initProcessEnabled": true})),
            pod: vec![("/spec/shareProcessNamespace", json!(true))],
            ..Case::default()
        },
        Case {
            name: "V72, two containers",
            spec: task(
                [container("a", json!({"linuxParameters": {"initProcessEnabled": true}})), container("b", json!({}))],
                json!({}),
            ),
            pod: vec![("/spec/shareProcessNamespace", json!(null))],
            findings: vec![
                UNCOUPLED,
                (Info, "InitProcessNotProvided", "/containerDefinitions/0/linuxParameters/initProcessEnabled"),
            ],
            ..Case::default()
        },
        Case {
            name: "V73",
            spec: linux(json!({"sharedMemorySize": 256})),
            pod: vec![
                ("/spec/volumes", json!([{"name": "shm-app", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}}])),
                ("/spec/containers/0/volumeMounts", json!([{"name": "shm-app", "mountPath": "/dev/shm"}])),
            ],
            ..Case::default()
        },
        Case {
            name: "tmpfs",
            spec: linux(json!({"tmpfs": [{"containerPath": "/t", "size": 64, "mountOptions": ["ro", "noexec"]}]})),
            pod: vec![
                ("/spec/volumes/0/emptyDir", json!({"medium": "Memory", "sizeLimit": "64Mi"})),
                (
                    "/spec/containers/0/volumeMounts/0",
                    json!({"name": "tmpfs-0-app", "mountPath": "/t", "readOnly": true}),
                ),
            ],
            findings: vec![(
                Info,
                "TmpfsOptionsIgnored",
                "/containerDefinitions/0/linuxParameters/tmpfs/0/mountOptions",
            )],
            ..Case::default()
        },
        Case {
            name: "V74",
            spec: one(json!({"ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}]})),
            findings: vec![(Warn, "UlimitsNotApplied", "/containerDefinitions/0/ulimits/0")],
            ..Case::default()
        },
        Case {
            name: "swap and devices",
            spec: linux(json!({"maxSwap": 5, "swappiness": 60, "devices": [{"hostPath": "/dev/fuse"}]})),
            accept: &["DeviceUnsupported"],
            findings: vec![
                (Warn, "SwapUnsupported", "/containerDefinitions/0/linuxParameters/maxSwap"),
                (Info, "SwappinessIgnored", "/containerDefinitions/0/linuxParameters/swappiness"),
                (Warn, "DeviceUnsupported", "/containerDefinitions/0/linuxParameters/devices/0"),
            ],
            ..Case::default()
        },
    ]);
}

#[test]
fn security_options_and_kernel_parameters_are_copied_where_they_are_safe() {
    check_cases([
        Case {
            name: "V75",
            spec: one(
                json!({"dockerSecurityOptions": ["no-new-privileges", "apparmor:foo", "label:level:s0:c1"], "readonlyRootFilesystem": true}),
            ),
            pod: vec![
                ("/spec/securityContext", json!({"seccompProfile": {"type": "RuntimeDefault"}})),
                (
                    "/spec/containers/0/securityContext",
                    json!({
                        "allowPrivilegeEscalation": false,
                        "appArmorProfile": {"type": "Localhost", "localhostProfile": "foo"},
                        "seLinuxOptions": {"level": "s0:c1"},
                        "readOnlyRootFilesystem": true,
                    }),
                ),
            ],
            ..Case::default()
        },
        Case {
            name: "an option without counterpart",
            spec: one(json!({"dockerSecurityOptions": ["seccomp:unconfined"]})),
            findings: vec![(Block, "SecurityOptionUnsupported", "/containerDefinitions/0/dockerSecurityOptions/0")],
            ..Case::default()
        },
        Case {
            name: "V76 after decisions §6.8",
            spec: one(json!({"systemControls": [
                {"namespace": "net.core.somaxconn", "value": "1024"}, {"namespace": "net.ipv4.tcp_syncookies", "value": "1"},
            ]})),
            pod: vec![("/spec/securityContext/sysctls", json!([{"name": "net.ipv4.tcp_syncookies", "value": "1"}]))],
            findings: vec![(Warn, "SysctlNotApplied", "/containerDefinitions/0/systemControls/0")],
            ..Case::default()
        },
        Case {
            name: "two values of one kernel parameter",
            spec: task(
                ["1", "2"].map(|n| {
                    container(
                        &format!("c{n}"),
                        json!({"systemControls": [{"namespace": "net.ipv4.tcp_syncookies", "value": n}]}),
                    )
                }),
                json!({}),
            ),
            pod: vec![("/spec/securityContext/sysctls/0/value", json!("2"))],
            findings: vec![UNCOUPLED, (Warn, "SysctlConflict", "/containerDefinitions/1/systemControls")],
            ..Case::default()
        },
        Case {
            name: "V77",
            spec: task([container("a", json!({}))], json!({"ipcMode": "none"})),
            findings: vec![(Warn, "IpcNotPrivate", "/ipcMode")],
            ..Case::default()
        },
        Case {
            name: "shared processes",
            spec: task([container("a", json!({}))], json!({"pidMode": "task"})),
            pod: vec![("/spec/shareProcessNamespace", json!(true))],
            ..Case::default()
        },
    ]);
}

#[test]
fn volumes_live_as_long_as_the_pod_and_others_are_left_out_where_that_is_accepted() {
    let mounts = |list: Value| container("app", json!({"mountPoints": list}));
    check_cases([
        Case {
            name: "V78",
            spec: task(
                [mounts(json!([{"sourceVolume": "My_Data", "containerPath": "/d", "readOnly": true}]))],
                json!({"volumes": [{"name": "My_Data", "host": {}}]}),
            ),
            pod: vec![
                ("/spec/volumes/0/emptyDir", json!({})),
                ("/spec/containers/0/volumeMounts/0/mountPath", json!("/d")),
                ("/spec/containers/0/volumeMounts/0/readOnly", json!(true)),
            ],
            findings: vec![(Info, "VolumeContentNotCopied", "/containerDefinitions/0/mountPoints/0")],
            ..Case::default()
        },
        Case {
            name: "a volume that is left out",
            spec: task(
                [mounts(json!([{"sourceVolume": "d", "containerPath": "/d"}]))],
                json!({"volumes": [{"name": "d", "dockerVolumeConfiguration": {"driver": "flocker"}}]}),
            ),
            accept: &["VolumeDriverUnsupported"],
            pod: vec![("/spec/volumes", json!(null)), ("/spec/containers/0/volumeMounts", json!(null))],
            findings: vec![(Warn, "VolumeDriverUnsupported", "/volumes/0/dockerVolumeConfiguration/driver")],
            ..Case::default()
        },
        Case {
            name: "volumes of other containers, and of theirs",
            spec: task(
                [
                    container("app", json!({"volumesFrom": [{"sourceContainer": "b", "readOnly": true}]})),
                    container("b", json!({"essential": false, "volumesFrom": [{"sourceContainer": "c"}]})),
                    container(
                        "c",
                        json!({"essential": false, "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}),
                    ),
                ],
                json!({"volumes": [{"name": "v"}]}),
            ),
            pod: vec![
                ("/spec/containers/0/volumeMounts", json!([{"name": "v", "mountPath": "/v", "readOnly": true}])),
                ("/spec/initContainers/0/name", json!("c")),
                ("/spec/initContainers/1/volumeMounts", json!([{"name": "v", "mountPath": "/v"}])),
            ],
            findings: vec![UNCOUPLED, (Info, "ImageVolumesNotShared", "/containerDefinitions/0/volumesFrom/0")],
            ..Case::default()
        },
        Case {
            name: "mounts that Kubernetes refuses",
            spec: task(
                [mounts(json!([
                    {"sourceVolume": "v", "containerPath": "/a:b"}, {"sourceVolume": "v", "containerPath": "/d"},
                    {"sourceVolume": "v", "containerPath": "/d"}, {"sourceVolume": "w", "containerPath": "/e"}, {"sourceVolume": "v"},
                ]))],
                json!({"volumes": [{"name": "v"}, {"name": "v"}, {}]}),
            ),
            findings: vec![
                (Block, "InvalidValue", "/containerDefinitions/0/mountPoints/0/containerPath"),
                (Block, "MountPathConflict", "/containerDefinitions/0/mountPoints/2/containerPath"),
                (Block, "VolumeUnknown", "/containerDefinitions/0/mountPoints/3/sourceVolume"),
                (Block, "RequiredField", "/containerDefinitions/0/mountPoints/4/containerPath"),
                (Block, "VolumeNameConflict", "/volumes/1/name"),
                (Block, "RequiredField", "/volumes/2/name"),
            ],
            ..Case::default()
        },
        Case {
            name: "V83",
            spec: task(
                [container("a", json!({})), container("b", json!({}))],
                json!({"ephemeralStorage": {"sizeInGiB": 50}, "volumes": [{"name": "v"}]}),
            ),
            pod: vec![
                ("/spec/containers/0/resources/limits/ephemeral-storage", json!("50Gi")),
                ("/spec/containers/0/resources/requests/ephemeral-storage", json!("50Gi")),
                ("/spec/containers/1/resources/limits/ephemeral-storage", json!(null)),
                ("/spec/volumes/0/emptyDir/sizeLimit", json!("50Gi")),
            ],
            findings: vec![UNCOUPLED, (Info, "EphemeralStorageEvicts", "/ephemeralStorage/sizeInGiB")],
            ..Case::default()
        },
    ]);
}

#[test]
fn devices_are_extended_resources() {
    let asks = |requirement: Value| one(json!({"resourceRequirements": [requirement]}));
    check_cases([
        Case {
            name: "V84",
            spec: asks(json!({"type": "GPU", "value": "2"})),
            pod: vec![("/spec/containers/0/resources/limits/nvidia.com~1gpu", json!("2"))],
            ..Case::default()
        },
        Case {
            name: "V84, all",
            spec: asks(json!({"type": "GPU", "value": "ALL"})),
            findings: vec![(Block, "GpuAllUnsupported", "/containerDefinitions/0/resourceRequirements/0/value")],
            ..Case::default()
        },
        Case {
            name: "a shared GPU",
            spec: asks(
                json!({"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 512, "maxComputePercent": 25}}}),
            ),
            pod: vec![
                ("/spec/containers/0/resources/limits/nvidia.com~1gpu.shared", json!("1")),
                (
                    "/spec/containers/0/env",
                    json!([
                        {"name": "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "value": "0=512M"},
                        {"name": "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "value": "25"},
                    ]),
                ),
            ],
            ..Case::default()
        },
        Case {
            name: "an accelerator",
            spec: asks(json!({"type": "InferenceAccelerator", "value": "a"})),
            findings: vec![(Warn, "InferenceAcceleratorUnsupported", "/containerDefinitions/0/resourceRequirements/0")],
            ..Case::default()
        },
    ]);
}

/// What an administrator can say about images, nodes and accounts
fn substitutes() -> Context {
    let config = json!({
        "userMap": {"app": 1000, "nobody": 65534}, "groupMap": {"staff": 50},
        "nodeDefaults": {"ulimits": {"nofile": 1_048_576, "core": -1}},
        "runtimeClasses": {"isolatedSandbox": "kata"},
        "devicesPerNode": {"gpu": 4, "neuron": 1},
        "gmsaCredentialSpecs": {"arn:aws:s3:::bucket/web.json": "web"},
        "promoteDockerLabels": ["com.example.*"],
    });
    Context { config: serde_json::from_value(config).unwrap(), ..Context::default() }
}

#[test]
fn what_only_images_nodes_and_accounts_know_an_administrator_can_say() {
    let windows = |container: Value| {
        task([container], json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}))
    };
    let account = |spec: &str| container("app", json!({"credentialSpecs": [spec]}));
    let context = "/spec/containers/0/securityContext";
    let spec = "/containerDefinitions/0/credentialSpecs/0";
    let ulimit =
        |name: &str, hard: i64| one(json!({"ulimits": [{"name": name, "softLimit": 1024, "hardLimit": hard}]}));
    let limit = "/containerDefinitions/0/ulimits/0";
    let asks = |kind: &str| one(json!({"resourceRequirements": [{"type": kind, "value": "ALL"}]}));
    let isolated = |mode: &str| {
        task([container("app", json!({}))], json!({"trustedExecutionConfiguration": {"isolationMode": mode}}))
    };
    let labels = json!({"com.example.team": "shop", "org.example": "x", "com.example. bad": "y"});
    #[rustfmt::skip] // a case is a line
    let cases = [
        ("V71, a name that is mapped", one(json!({"user": "app:staff"})), vec![(context, json!({"runAsUser": 1000, "runAsGroup": 50}))], vec![]),
        ("a user alone", one(json!({"user": "nobody"})), vec![(context, json!({"runAsUser": 65_534}))], vec![]),
        ("a group that is not mapped", one(json!({"user": "app:wheel"})), vec![], vec![(Block, "UserNameNotResolvable", "/containerDefinitions/0/user")]),
        ("V74, what nodes give", ulimit("nofile", 65_536), vec![], vec![(Info, "UlimitsNotApplied", limit)]),
        ("V74, more than nodes give", ulimit("nofile", 2_097_152), vec![], vec![(Warn, "UlimitsNotApplied", limit)]),
        ("V74, no limit", ulimit("core", -1), vec![], vec![(Info, "UlimitsNotApplied", limit)]),
        ("V84, all of a node", asks("GPU"), vec![("/spec/containers/0/resources/limits/nvidia.com~1gpu", json!("4"))], vec![]),
        ("Neuron devices", asks("NeuronDevice"), vec![("/spec/containers/0/resources/limits/aws.amazon.com~1neuron", json!("1"))], vec![]),
        ("V85, a runtime class", isolated("ISOLATED_SANDBOX"), vec![("/spec/runtimeClassName", json!("kata"))], vec![]),
        ("V85, none for this mode", isolated("CONFIDENTIAL_SANDBOX"), vec![], vec![(Block, "IsolationUnavailable", "/trustedExecutionConfiguration/isolationMode")]),
        ("a mapped account", windows(account("credentialspec:arn:aws:s3:::bucket/web.json")), vec![(context, json!({"windowsOptions": {"gmsaCredentialSpecName": "web"}}))], vec![]),
        ("an account that is not mapped", windows(account("credentialspec:arn:aws:s3:::bucket/other.json")), vec![], vec![(Block, "GmsaCredentialSpecUnmapped", spec)]),
        ("an account on Linux", task([account("credentialspec:arn:aws:s3:::bucket/web.json")], json!({})), vec![], vec![(Block, "GmsaLinuxUnsupported", spec)]),
        ("no credential spec", windows(account("bucket/web.json")), vec![], vec![(Block, "InvalidValue", spec)]),
        ("promoted labels", one(json!({"dockerLabels": labels})), vec![
            ("/annotations/com.example.team", json!("shop")), ("/annotations/org.example", Value::Null), ("/annotations/com.example. bad", Value::Null)], vec![]),
    ];
    for (name, spec, pod, findings) in cases {
        check_cases([Case { name, spec, pod, findings, context: substitutes(), ..Case::default() }]);
    }
}

#[test]
fn what_belongs_to_the_task_is_checked_and_placed() {
    let alone = |more: Value| task([container("app", json!({}))], more);
    let account = || Context {
        config: OperatorConfig { account: Some("123456789012".to_owned()), ..OperatorConfig::default() },
        ..Context::default()
    };
    let trust = (Info, "IamTrustNotVerified", "/taskRoleArn");
    let isolation = "/trustedExecutionConfiguration/isolationMode";
    check_cases([
        Case {
            name: "V85",
            spec: alone(json!({"trustedExecutionConfiguration": {"isolationMode": "CONFIDENTIAL_SANDBOX"}})),
            findings: vec![(Block, "IsolationUnavailable", isolation)],
            ..Case::default()
        },
        Case {
            name: "a role by ARN",
            spec: alone(json!({"taskRoleArn": "arn:aws:iam::123456789012:role/path/App_Role"})),
            pod: vec![
                ("/spec/serviceAccountName", json!("ecs-task-app-role-a66bfa4f-adc9107b")),
                ("/spec/automountServiceAccountToken", json!(false)),
            ],
            findings: vec![trust],
            ..Case::default()
        },
        Case {
            name: "a role by name without an account",
            spec: alone(json!({"taskRoleArn": "app"})),
            findings: vec![(Block, "RoleNameNotResolvable", "/taskRoleArn")],
            ..Case::default()
        },
        Case {
            name: "a role by name",
            spec: alone(json!({"taskRoleArn": "app"})),
            context: account(),
            findings: vec![trust],
            ..Case::default()
        },
        Case {
            name: "V186",
            spec: alone(json!({"taskRoleArn": null})),
            pod: vec![("/spec/serviceAccountName", json!(null)), ("/spec/enableServiceLinks", json!(false))],
            ..Case::default()
        },
        Case {
            name: "tags that AWS refuses",
            spec: alone(json!({"tags": [{"key": "AWS:x", "value": "1"}, {"key": "a"}, {"key": "a"}, {"value": "x"}]})),
            findings: vec![
                (Block, "InvalidTag", "/tags/0"),
                (Block, "InvalidTag", "/tags/2"),
                (Block, "RequiredField", "/tags/3/key"),
            ],
            ..Case::default()
        },
        Case {
            name: "a Windows that Kubernetes has no more",
            spec: alone(json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2016_FULL"}})),
            findings: vec![(Block, "WindowsVersionUnsupported", "/runtimePlatform/operatingSystemFamily")],
            ..Case::default()
        },
        Case {
            name: "a Windows that Kubernetes has no more, accepted",
            spec: alone(json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2016_FULL"}})),
            accept: &["WindowsVersionUnsupported"],
            pod: vec![("/spec/nodeSelector", json!({"kubernetes.io/os": "windows"}))],
            findings: vec![(Warn, "WindowsVersionUnsupported", "/runtimePlatform/operatingSystemFamily")],
            ..Case::default()
        },
        Case {
            name: "ARM",
            spec: alone(json!({"runtimePlatform": {"cpuArchitecture": "ARM64"}})),
            pod: vec![("/spec/nodeSelector", json!({"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}))],
            ..Case::default()
        },
        Case {
            name: "an unknown network mode names the known ones",
            spec: alone(json!({"networkMode": "AwsVpc"})),
            findings: vec![(Block, "InvalidValue", "/networkMode")],
            ..Case::default()
        },
        Case {
            name: "no container",
            spec: task([], json!({})),
            findings: vec![(Block, "ContainerRequired", "/containerDefinitions")],
            ..Case::default()
        },
        Case {
            name: "nothing essential",
            spec: task([container("a", json!({"essential": false}))], json!({})),
            findings: vec![(Block, "EssentialRequired", "/containerDefinitions")],
            ..Case::default()
        },
        Case {
            name: "one name twice, and none",
            spec: task([container("a", json!({})), container("a", json!({})), container("", json!({}))], json!({})),
            findings: vec![
                (Block, "ContainerNameConflict", "/containerDefinitions/1/name"),
                (Block, "ContainerNameRequired", "/containerDefinitions/2/name"),
            ],
            ..Case::default()
        },
    ]);
}

#[test]
fn fargate_and_windows_refuse_what_they_do_not_have() {
    let fargate = json!({"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"});
    let refused = |path| (Block, "NotAllowedOnFargate", path);
    check_cases([
        Case {
            name: "Fargate",
            spec: task(
                [container(
                    "app",
                    json!({
                        "hostname": "h", "stopTimeout": 121, "startTimeout": 1, "links": [], "privileged": false,
                        "logConfiguration": {"logDriver": "gelf"},
                        "linuxParameters": {"swappiness": 1, "capabilities": {"add": ["CHOWN"]}},
                    }),
                )],
                {
                    let mut more = fargate;
                    merge(
                        &mut more,
                        json!({"placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}], "volumes": [{"name": "v", "dockerVolumeConfiguration": {}}]}),
                    );
                    more
                },
            ),
            findings: vec![
                (Warn, "NotAllowedInAwsvpc", "/containerDefinitions/0/hostname"),
                refused("/containerDefinitions/0/hostname"),
                refused("/containerDefinitions/0/stopTimeout"),
                refused("/containerDefinitions/0/startTimeout"),
                (Warn, "LogRoutingNotConfigured", "/containerDefinitions/0/logConfiguration"),
                refused("/containerDefinitions/0/logConfiguration/logDriver"),
                refused("/containerDefinitions/0/linuxParameters/swappiness"),
                refused("/containerDefinitions/0/linuxParameters/capabilities/add/0"),
                refused("/placementConstraints"),
                refused("/volumes/0/dockerVolumeConfiguration"),
            ],
            ..Case::default()
        },
        Case {
            name: "Windows",
            spec: task(
                [container("app", json!({"user": "1", "readonlyRootFilesystem": true, "linuxParameters": {}}))],
                json!({"pidMode": "task", "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2025_FULL"}}),
            ),
            accept: &["NotAllowedOnWindows"],
            pod: vec![
                ("/spec/containers/0/securityContext", json!(null)),
                ("/spec/shareProcessNamespace", json!(null)),
            ],
            findings: vec![
                (Warn, "NotAllowedOnWindows", "/pidMode"),
                (Warn, "NotAllowedOnWindows", "/containerDefinitions/0/user"),
                (Warn, "NotAllowedOnWindows", "/containerDefinitions/0/readonlyRootFilesystem"),
                (Warn, "NotAllowedOnWindows", "/containerDefinitions/0/linuxParameters"),
            ],
            ..Case::default()
        },
    ]);
}

#[test]
fn names_and_name_servers_are_the_pods() {
    let old = || Context {
        capabilities: Capabilities { hostname_override: false, ..Capabilities::default() },
        ..Context::default()
    };
    let bridge = |containers: Vec<Value>| task(containers, json!({"networkMode": "bridge"}));
    check_cases([
        Case {
            name: "a dotted host name",
            spec: bridge(vec![container("a", json!({"hostname": "web.example.com"}))]),
            pod: vec![("/spec/hostnameOverride", json!("web.example.com")), ("/spec/hostname", json!(null))],
            ..Case::default()
        },
        Case {
            name: "a dotted host name where the cluster has no place for it",
            spec: bridge(vec![container("a", json!({"hostname": "web.example.com"}))]),
            context: old(),
            pod: vec![("/spec/hostname", json!(crate::names::k8s_name("web.example.com", 63)))],
            findings: vec![(Info, "HostnameChanged", "/containerDefinitions")],
            ..Case::default()
        },
        Case {
            name: "two host names",
            spec: bridge(vec![container("a", json!({"hostname": "x"})), container("b", json!({"hostname": "y"}))]),
            pod: vec![("/spec/hostname", json!("x"))],
            findings: vec![UNCOUPLED, (Warn, "HostnameConflict", "/containerDefinitions/1/hostname")],
            ..Case::default()
        },
        Case {
            name: "name servers",
            spec: bridge(vec![container(
                "a",
                json!({"dnsServers": ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"], "dnsSearchDomains": ["Example.com."]}),
            )]),
            pod: vec![
                ("/spec/dnsPolicy", json!("None")),
                (
                    "/spec/dnsConfig",
                    json!({"nameservers": ["1.1.1.1", "2.2.2.2", "3.3.3.3"], "searches": ["example.com"]}),
                ),
            ],
            findings: vec![
                (Warn, "DnsTruncated", "/containerDefinitions/0/dnsServers/3"),
                (Info, "ClusterDnsBypassed", "/containerDefinitions/0/dnsServers"),
            ],
            ..Case::default()
        },
        Case {
            name: "host entries",
            spec: bridge(vec![container(
                "a",
                json!({"extraHosts": [
                    {"hostname": "a.b", "ipAddress": "10.0.0.1"}, {"hostname": "c", "ipAddress": "10.0.0.1"}, {"hostname": "d", "ipAddress": "::1"},
                ]}),
            )]),
            pod: vec![(
                "/spec/hostAliases",
                json!([{"ip": "10.0.0.1", "hostnames": ["a.b", "c"]}, {"ip": "::1", "hostnames": ["d"]}]),
            )],
            ..Case::default()
        },
        Case {
            name: "a host entry of Docker's",
            spec: bridge(vec![container("a", json!({"extraHosts": [{"hostname": "h", "ipAddress": "host-gateway"}]}))]),
            findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/extraHosts/0/ipAddress")],
            ..Case::default()
        },
        Case {
            name: "one container without a network",
            spec: bridge(vec![container("a", json!({"disableNetworking": true})), container("b", json!({}))]),
            findings: vec![
                UNCOUPLED,
                (Warn, "PerContainerNetworkUnsupported", "/containerDefinitions/0/disableNetworking"),
            ],
            ..Case::default()
        },
    ]);
}
