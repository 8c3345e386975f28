//! The command lines of the five parts, and the files they are given.
//!
//! Everything binds to 127.0.0.1. Controllers are the defaults, all of them; only the limits on their calls are
//! raised, because waiting is not what is tested.

use std::ffi::OsString;
use std::fs;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::instance::{Instance, Ports};
use super::real_node;

/// Every request, without its body, once it is answered.
const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\n\
     omitStages: [RequestReceived, ResponseStarted, Panic]\nrules:\n- level: Metadata\n";

const STAGES: [&str; 3] =
    [include_str!("stages/node.yaml"), include_str!("stages/pod.yaml"), include_str!("stages/pod-fates.yaml")];

/// How long an ordinary pod takes to be ready, as stages/pod.yaml says it.
const LIVELY: &str = "{durationMilliseconds: 100, jitterDurationMilliseconds: 300}";
/// The same for people who watch.
const GENTLE: &str = "{durationMilliseconds: 1500, jitterDurationMilliseconds: 4000}";

/// How fast pods become ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Pace {
    /// At once, for tests
    Lively,
    /// Within seconds, so that people see a roll-out
    Gentle,
}

/// Writes the files that the parts are given.
pub(super) fn write_files(instance: &Instance, pace: Pace) -> Result<()> {
    let mut stages = STAGES.join("---\n");
    if pace == Pace::Gentle {
        stages = stages.replace(LIVELY, GENTLE);
    }
    for (file, content) in [("audit-policy.yaml", AUDIT_POLICY), ("stages.yaml", stages.as_str())] {
        let path = instance.path(file);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Arguments of one program.
pub(super) struct Arguments(Vec<OsString>);

impl Arguments {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn flag(mut self, flag: &str) -> Self {
        self.0.push(flag.into());
        self
    }

    fn file(mut self, flag: &str, instance: &Instance, relative: &str) -> Self {
        let mut argument = OsString::from(format!("--{flag}="));
        argument.push(instance.path(relative));
        self.0.push(argument);
        self
    }

    /// As a command takes them.
    pub(super) fn as_slice(&self) -> &[OsString] {
        &self.0
    }
}

/// etcd does not flush to disk: its data goes with the cluster.
pub(super) fn etcd(instance: &Instance, ports: Ports) -> Arguments {
    let client = format!("http://127.0.0.1:{}", ports.etcd);
    let peer = format!("http://127.0.0.1:{}", ports.etcd_peer);
    Arguments::new()
        .file("data-dir", instance, "etcd")
        .flag(&format!("--listen-client-urls={client}"))
        .flag(&format!("--advertise-client-urls={client}"))
        .flag(&format!("--listen-peer-urls={peer}"))
        .flag(&format!("--initial-advertise-peer-urls={peer}"))
        .flag(&format!("--initial-cluster=default={peer}"))
        .flag("--unsafe-no-fsync")
}

/// The API server: RBAC, static tokens, audit log.
pub(super) fn apiserver(instance: &Instance, ports: Ports, real_node: bool) -> Arguments {
    let arguments = Arguments::new();
    let arguments = if real_node {
        // No name server knows the node by its name.
        let arguments = arguments.flag("--kubelet-preferred-address-types=InternalIP");
        arguments.file("egress-selector-config-file", instance, real_node::EGRESS_FILE)
    } else {
        arguments
    };
    arguments
        .flag(&format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd))
        .flag(&format!("--secure-port={}", ports.apiserver))
        .flag("--bind-address=127.0.0.1")
        .flag("--advertise-address=127.0.0.1")
        // Loopback is refused as an endpoint of the `kubernetes` Service; nothing here looks for it there.
        .flag("--endpoint-reconciler-type=none")
        .file("cert-dir", instance, "pki")
        .file("service-account-key-file", instance, "pki/sa.pub")
        .file("service-account-signing-key-file", instance, "pki/sa.key")
        .flag("--service-account-issuer=https://kubernetes.default.svc")
        .file("token-auth-file", instance, "pki/tokens.csv")
        .flag("--authorization-mode=RBAC")
        .flag("--service-cluster-ip-range=10.96.0.0/16")
        .flag("--allow-privileged=true")
        .file("audit-policy-file", instance, "audit-policy.yaml")
        .file("audit-log-path", instance, "log/audit.log")
        // Never rotated: tests read the one file.
        .flag("--audit-log-maxsize=100000")
}

/// The controllers, each with its own service account, as on a real cluster.
pub(super) fn controller_manager(instance: &Instance) -> Arguments {
    client(instance, "kube-controller-manager")
        .file("service-account-private-key-file", instance, "pki/sa.key")
        .file("root-ca-file", instance, "pki/apiserver.crt")
        .flag("--use-service-account-credentials")
        // Fifteen seconds are long for a test that waits for the next look
        .flag("--horizontal-pod-autoscaler-sync-period=1s")
}

/// The scheduler.
pub(super) fn scheduler(instance: &Instance) -> Arguments {
    client(instance, "kube-scheduler")
}

/// Both talk to the API server and serve nothing: port 0.
fn client(instance: &Instance, name: &str) -> Arguments {
    Arguments::new()
        .file("kubeconfig", instance, &format!("pki/{name}.kubeconfig"))
        .flag("--bind-address=127.0.0.1")
        .flag("--secure-port=0")
        .flag("--leader-elect=false")
        .flag("--kube-api-qps=500")
        .flag("--kube-api-burst=1000")
}

/// The nodes and their pods. A real kubelet's node may stand beside them.
pub(super) fn kwok(instance: &Instance) -> Arguments {
    Arguments::new()
        .file("kubeconfig", instance, "pki/kwok.kubeconfig")
        .file("config", instance, "stages.yaml")
        .flag("--manage-all-nodes=false")
        .flag("--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake")
        .flag("--node-lease-duration-seconds=40")
}
