//! What goes above the Pod Security Standard *baseline* (R-PRIV): every such member of a document, without a grant, with it,
//! and with a grant of something else or consent instead.

use ecs_crds::status::Severity::{Block, Info, Warn};
use serde_json::json;

use super::*;
use crate::config::{OperatorConfig, Privileges};

/// A context in whose only namespace these grants hold
fn granted(grants: Value) -> Context {
    let privileges = json!({"allow": [{"namespaces": ["trusted"], "grants": grants}]});
    let privileges: Privileges = serde_json::from_value(privileges).unwrap();
    let config = OperatorConfig { privileges, ..OperatorConfig::default() };
    Context { config, ..Context::default() }.in_namespace("trusted")
}

/// Something privileged: how it is written, what permits it, and what it becomes
struct Privileged {
    name: &'static str,
    spec: Value,
    grant: Value,
    /// What is found without the grant
    refused: (Severity, &'static str, &'static str),
    /// What the pod shows with it
    pod: Vec<(&'static str, Value)>,
    /// What is found with it
    found: Vec<(Severity, &'static str, &'static str)>,
}

const FIRST: &str = "/spec/containers/0/securityContext";
const REFUSED: &str = "PrivilegeNotAllowed";

fn task_level(more: Value) -> Value {
    task([container("app", json!({}))], more)
}

fn linux(parameters: Value) -> Value {
    one(json!({ "linuxParameters": parameters }))
}

/// A member of the whole task, refused at its path
fn of_task(
    name: &'static str,
    more: Value,
    grant: Value,
    at: &'static str,
    pod: Vec<(&'static str, Value)>,
) -> Privileged {
    Privileged { name, spec: task_level(more), grant, refused: (Block, REFUSED, at), pod, found: vec![] }
}

/// A member of the first container, refused at its path
fn of_container(name: &'static str, spec: Value, grant: Value, at: &'static str, context: Value) -> Privileged {
    Privileged { name, spec, grant, refused: (Block, REFUSED, at), pod: vec![(FIRST, context)], found: vec![] }
}

/// A volume mounted at `/v`
fn volume(volume: Value) -> Value {
    let mounts = json!({"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]});
    let mut volume = volume;
    merge(&mut volume, json!({"name": "v"}));
    task([container("app", mounts)], json!({"volumes": [volume]}))
}

fn namespaces() -> Vec<Privileged> {
    vec![
        of_task(
            "V42",
            json!({"networkMode": "host"}),
            json!({"hostNetwork": true}),
            "/networkMode",
            vec![("/spec/hostNetwork", json!(true)), ("/spec/dnsPolicy", json!("ClusterFirstWithHostNet"))],
        ),
        of_task(
            "the node's processes",
            json!({"pidMode": "host"}),
            json!({"hostPid": true}),
            "/pidMode",
            vec![("/spec/hostPID", json!(true)), ("/spec/shareProcessNamespace", Value::Null)],
        ),
        of_task(
            "the node's IPC",
            json!({"ipcMode": "host"}),
            json!({"hostIpc": true}),
            "/ipcMode",
            vec![("/spec/hostIPC", json!(true))],
        ),
    ]
}

fn contexts() -> Vec<Privileged> {
    let option = |option: &str| one(json!({"dockerSecurityOptions": [option]}));
    let (options, unconfined) =
        ("/containerDefinitions/0/dockerSecurityOptions/0", || json!({"unconfinedProfiles": true}));
    vec![
        Privileged {
            pod: vec![(FIRST, json!({"privileged": true})), ("/spec/securityContext", Value::Null)],
            ..of_container(
                "privileged",
                one(json!({"privileged": true})),
                json!({"privileged": true}),
                "/containerDefinitions/0/privileged",
                Value::Null,
            )
        },
        of_container(
            "V70",
            linux(json!({"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL", "NET_ADMIN"]}})),
            json!({"capabilities": ["NET_ADMIN"]}),
            "/containerDefinitions/0/linuxParameters/capabilities/add/0",
            json!({"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}}),
        ),
        of_container(
            "AppArmor off",
            option("apparmor:unconfined"),
            unconfined(),
            options,
            json!({"appArmorProfile": {"type": "Unconfined"}}),
        ),
        of_container(
            "SELinux off",
            option("label:disable"),
            unconfined(),
            options,
            json!({"seLinuxOptions": {"type": "spc_t"}}),
        ),
        of_container(
            "SELinux user",
            option("label:user:u"),
            unconfined(),
            options,
            json!({"seLinuxOptions": {"user": "u"}}),
        ),
        of_container(
            "SELinux role",
            option("label:role:r"),
            unconfined(),
            options,
            json!({"seLinuxOptions": {"role": "r"}}),
        ),
        of_container(
            "SELinux type",
            option("label:type:t"),
            unconfined(),
            options,
            json!({"seLinuxOptions": {"type": "t"}}),
        ),
    ]
}

fn of_the_node() -> Vec<Privileged> {
    let path = |path: &str| volume(json!({"host": {"sourcePath": path}}));
    let host = |name, spec, grant, shown: Value| Privileged {
        pod: vec![("/spec/volumes/0/hostPath", shown)],
        ..of_container(name, spec, json!({ "hostPath": grant }), "/volumes/0/host/sourcePath", Value::Null)
    };
    let docker = |name, spec, grant: &str, at, shown: Value, found| Privileged {
        name,
        spec: volume(json!({ "dockerVolumeConfiguration": spec })),
        grant: json!({"hostPath": [grant]}),
        refused: (Block, REFUSED, at),
        pod: vec![("/spec/volumes/0/hostPath", shown)],
        found,
    };
    let root = "/var/lib/ecs-operator/volumes/trusted";
    vec![
        host("V78", path("/data"), json!(["/data"]), json!({"path": "/data", "type": "DirectoryOrCreate"})),
        host(
            "V78, a socket",
            path("/var/run/docker.sock"),
            json!(["/var/run"]),
            json!({"path": "/var/run/docker.sock", "type": ""}),
        ),
        docker(
            "a shared Docker volume",
            json!({"scope": "shared", "autoprovision": true}),
            root,
            "/volumes/0/dockerVolumeConfiguration",
            json!({"path": format!("{root}/v"), "type": "DirectoryOrCreate"}),
            vec![(Info, "SharedVolumePerNode", "/volumes/0/dockerVolumeConfiguration")],
        ),
        docker(
            "a shared Docker volume that must be there",
            json!({"scope": "shared"}),
            root,
            "/volumes/0/dockerVolumeConfiguration",
            json!({"path": format!("{root}/v"), "type": "Directory"}),
            vec![],
        ),
        docker(
            "a bind mount in Docker's words",
            json!({"driver": "local", "driverOpts": {"type": "none", "o": "bind", "device": "/data"}}),
            "/data",
            "/volumes/0/dockerVolumeConfiguration/driverOpts",
            json!({"path": "/data", "type": "Directory"}),
            vec![],
        ),
    ]
}

fn not_applied() -> Vec<Privileged> {
    let device = "/containerDefinitions/0/linuxParameters/devices/0";
    let sysctl = "/containerDefinitions/0/systemControls/0";
    let port = json!({"portMappings": [{"containerPort": 8125, "hostPort": 8125, "protocol": "udp"}]});
    vec![
        Privileged {
            name: "V40",
            spec: task([container("app", port)], json!({"networkMode": "bridge"})),
            grant: json!({"hostPort": true}),
            refused: (Warn, "HostPortNotApplied", "/containerDefinitions/0/portMappings/0/hostPort"),
            pod: vec![(
                "/spec/containers/0/ports/0",
                json!({"containerPort": 8125, "hostPort": 8125, "name": "p8125u", "protocol": "UDP"}),
            )],
            found: vec![],
        },
        Privileged {
            name: "V76",
            spec: one(json!({"systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}]})),
            grant: json!({"unsafeSysctls": ["net.core.*"]}),
            refused: (Warn, "SysctlNotApplied", sysctl),
            pod: vec![("/spec/securityContext/sysctls", json!([{"name": "net.core.somaxconn", "value": "1024"}]))],
            found: vec![(Warn, "UnsafeSysctl", sysctl)],
        },
        Privileged {
            name: "a device",
            spec: linux(json!({"devices": [{"hostPath": "/dev/fuse"}]})),
            grant: json!({"devices": ["/dev/fuse"]}),
            refused: (Block, "DeviceUnsupported", device),
            pod: vec![
                (FIRST, json!({"privileged": true})),
                ("/spec/volumes/0/hostPath", json!({"path": "/dev/fuse", "type": ""})),
                ("/spec/containers/0/volumeMounts/0/mountPath", json!("/dev/fuse")),
            ],
            found: vec![(Warn, "DeviceNeedsPrivilege", device)],
        },
    ]
}

fn everything() -> Vec<Privileged> {
    [namespaces(), contexts(), of_the_node(), not_applied()].into_iter().flatten().collect()
}

#[test]
fn what_is_granted_is_translated() {
    check_cases(everything().into_iter().map(|privileged| Case {
        name: privileged.name,
        spec: privileged.spec,
        context: granted(privileged.grant),
        pod: privileged.pod,
        findings: privileged.found,
        ..Case::default()
    }));
}

/// What in a pod goes above *baseline*, wherever it stands
fn escalations(pod: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let loud = ["hostNetwork", "hostPID", "hostIPC", "hostPath", "hostPort", "privileged", "Unconfined", "NET_ADMIN"];
    let quiet = ["spc_t", "\"user\"", "\"role\"", "\"t\"", "somaxconn"];
    let text = pod.to_string();
    for word in loud.into_iter().chain(quiet) {
        if text.contains(word) {
            found.push(word.to_owned());
        }
    }
    found
}

#[test]
fn without_its_grant_nothing_gets_through_whatever_else_is_granted_or_accepted() {
    let all: Vec<Value> = everything().into_iter().map(|privileged| privileged.grant).collect();
    let consent = ["", "PrivilegeNotAllowed", "PrivilegeNotAllowed,DeviceUnsupported"];
    for Privileged { name, spec, grant, refused, .. } in everything() {
        // No grant, a grant for another namespace, and every grant but one of the same member
        let mut contexts = vec![Context::default(), granted(grant.clone()).in_namespace("elsewhere")];
        let same = |other: &Value| other.as_object().unwrap().keys().eq(grant.as_object().unwrap().keys());
        contexts.extend(all.iter().filter(|other| !same(other)).map(|other| granted(other.clone())));
        for context in contexts {
            for accept in consent {
                let accept: Vec<&str> = accept.split(',').collect();
                let (made, findings) = translated(&spec, &SERVICE, &context, &accept);
                let found = findings.iter().any(|f| (f.code.as_str(), f.path.as_str()) == (refused.1, refused.2));
                assert!(found, "{name}: {findings:#?}");
                assert!(refused.1 != REFUSED || made.is_none(), "{name}: consent raised privilege");
                let pod = made.map(|pod| json!(pod.spec)).unwrap_or_default();
                assert_eq!(escalations(&pod), Vec::<String>::new(), "{name}: {pod:#}");
            }
        }
    }
}

#[test]
fn the_matrix_sees_what_it_looks_for() {
    for Privileged { name, spec, grant, .. } in everything() {
        let (made, _) = translated(&spec, &SERVICE, &granted(grant), &[]);
        assert_ne!(escalations(&json!(made.unwrap().spec)), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_the_api_server_refuses_together_is_not_written_together() {
    let host_network = || {
        granted(json!({"hostNetwork": true, "hostPid": true, "hostIpc": true, "privileged": true, "hostPort": true}))
    };
    let sysctl = |name: &str| one(json!({"systemControls": [{"namespace": name, "value": "1"}]}));
    let with = |mut spec: Value, more: Value| {
        merge(&mut spec, more);
        spec
    };
    let first = "/containerDefinitions/0/systemControls/0/namespace";
    check_cases([
        Case {
            name: "the node's network and its parameters",
            spec: with(sysctl("net.ipv4.tcp_syncookies"), json!({"networkMode": "host"})),
            context: host_network(),
            findings: vec![(Block, "InvalidValue", first)],
            ..Case::default()
        },
        Case {
            name: "the node's IPC and its parameters",
            spec: with(sysctl("kernel.shm_rmid_forced"), json!({"ipcMode": "host"})),
            context: host_network(),
            findings: vec![(Block, "InvalidValue", first)],
            ..Case::default()
        },
        Case {
            name: "the node's IPC and shared memory of its own",
            spec: with(linux(json!({"sharedMemorySize": 64})), json!({"ipcMode": "host"})),
            context: host_network(),
            pod: vec![("/spec/volumes", Value::Null)],
            findings: vec![(Info, "SharedMemoryOfHost", "/containerDefinitions/0/linuxParameters/sharedMemorySize")],
            ..Case::default()
        },
        Case {
            name: "the node's network and a host name",
            spec: with(one(json!({"hostname": "me.example"})), json!({"networkMode": "host"})),
            context: host_network(),
            pod: vec![("/spec/hostname", Value::Null), ("/spec/hostnameOverride", Value::Null)],
            findings: vec![(Warn, "HostnameNotApplied", "/containerDefinitions/0/hostname")],
            ..Case::default()
        },
        Case {
            name: "the node's processes and an init process",
            spec: with(linux(json!({"initProcessEnabled": true})), json!({"pidMode": "host"})),
            context: host_network(),
            pod: vec![("/spec/shareProcessNamespace", Value::Null)],
            findings: vec![(
                Info,
                "InitProcessNotProvided",
                "/containerDefinitions/0/linuxParameters/initProcessEnabled",
            )],
            ..Case::default()
        },
        Case {
            name: "privileged without new privileges, and with capabilities",
            spec: one(json!({
                "privileged": true, "dockerSecurityOptions": ["no-new-privileges"],
                "linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]}},
            })),
            context: host_network(),
            pod: vec![(FIRST, json!({"privileged": true}))],
            findings: vec![(Warn, "NoNewPrivilegesNotApplied", "/containerDefinitions/0/dockerSecurityOptions")],
            ..Case::default()
        },
        Case {
            name: "one port of the node twice",
            spec: task(
                [1, 2].map(|n| {
                    let port = json!({"portMappings": [{"containerPort": n, "hostPort": 80}]});
                    container(&format!("c{n}"), port)
                }),
                json!({"networkMode": "bridge"}),
            ),
            context: host_network(),
            findings: vec![(Block, "PortConflict", "/containerDefinitions/1/portMappings/0/hostPort")],
            ..Case::default()
        },
    ]);
}

#[test]
fn a_pod_keeps_its_seccomp_profile_for_the_containers_that_are_not_privileged() {
    check_cases([Case {
        name: "one of two",
        spec: task(
            [container("a", json!({"privileged": true})), container("b", json!({"essential": false}))],
            json!({}),
        ),
        context: granted(json!({"privileged": true})),
        pod: vec![("/spec/securityContext", json!({"seccompProfile": {"type": "RuntimeDefault"}}))],
        findings: vec![(Info, "EssentialExitReplacesTask", "/containerDefinitions")],
        ..Case::default()
    }]);
}

#[test]
fn a_device_plugin_gives_devices_without_privilege() {
    let devices = [("/dev/fuse".to_owned(), "smarter-devices/fuse".to_owned())].into();
    let context = Context { config: OperatorConfig { devices, ..OperatorConfig::default() }, ..Context::default() };
    let at = "/containerDefinitions/0/linuxParameters/devices/0";
    check_cases([
        Case {
            name: "a device",
            spec: linux(json!({"devices": [{"hostPath": "/dev/fuse"}]})),
            context: context.clone(),
            pod: vec![
                ("/spec/containers/0/resources/limits/smarter-devices~1fuse", json!("1")),
                (FIRST, Value::Null),
                ("/spec/volumes", Value::Null),
            ],
            ..Case::default()
        },
        Case {
            name: "elsewhere, and to be read only",
            spec: linux(
                json!({"devices": [{"hostPath": "/dev/fuse", "containerPath": "/dev/f", "permissions": ["read"]}]}),
            ),
            context,
            findings: vec![(Info, "DeviceOptionsIgnored", at)],
            ..Case::default()
        },
    ]);
}
