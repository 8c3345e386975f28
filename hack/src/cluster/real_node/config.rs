//! What the node's programs are told, and what the API server is told of the node.

use serde_json::{Value, json};

use super::super::instance::Name;
use super::{ADDRESS, MARK, NAME, Order, PODS, cgroups, image, relay};

/// containerd's socket, in the node
pub(super) const CONTAINERD: &str = "/run/containerd/containerd.sock";
/// The folder of the CNI configuration, in the node
pub(super) const CNI: &str = "/run/cni";

/// kubelets and pods through the node's socket; everything else as without it.
pub(super) fn egress_selector() -> Value {
    let transport = json!({"uds": {"udsName": relay::EGRESS}});
    let connection = json!({"proxyProtocol": "HTTPConnect", "transport": transport});
    json!({
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": connection}],
    })
}

/// containerd's configuration, in TOML.
pub(super) fn containerd(order: &Order) -> String {
    let runtime = "plugins.'io.containerd.cri.v1.runtime'";
    let (cni, runc, pause) = (order.tools.cni.display(), order.tools.runc.display(), image::PAUSE);
    format!(
        "version = 3\n\
         # It would make a folder in /opt.\n\
         disabled_plugins = ['io.containerd.internal.v1.opt', 'io.containerd.nri.v1.nri']\n\
         [grpc]\naddress = '{CONTAINERD}'\n\
         [plugins.'io.containerd.metadata.v1.bolt']\nno_sync = true\n\
         [plugins.'io.containerd.cri.v1.images'.pinned_images]\nsandbox = '{pause}'\n\
         [{runtime}]\n\
         # Machines without CAP_SYS_RESOURCE cannot give a process a better score.\n\
         restrict_oom_score_adj = true\n\
         [{runtime}.cni]\nbin_dirs = ['{cni}']\nconf_dir = '{CNI}'\n\
         [{runtime}.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runc.v2'\n\
         [{runtime}.containerd.runtimes.runc.options]\nBinaryName = '{runc}'\nSystemdCgroup = false\n"
    )
}

/// The pods' network: a bridge.
pub(super) fn cni() -> Value {
    let ranges = json!([[{"subnet": PODS}]]);
    let ipam = json!({"type": "host-local", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]});
    json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false, "ipam": ipam},
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    })
}

/// kubelet's configuration. Nobody reaches it but the API server and the node's pods, so it asks nobody who they are.
pub(super) fn kubelet(cluster: &Name) -> Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": false,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroups::path(cluster),
        "containerRuntimeEndpoint": format!("unix://{CONTAINERD}"),
        "address": ADDRESS,
        "authentication": {"anonymous": {"enabled": true}, "webhook": {"enabled": false}},
        "authorization": {"mode": "AlwaysAllow"},
        "resolvConf": "/run/resolv.conf",
        "clusterDNS": ["10.96.0.10"],
        "clusterDomain": "cluster.local",
        "podCIDR": PODS,
        "failSwapOn": false,
        "oomScoreAdj": 0,
        // The machine's disk is not what is tested.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "registerWithTaints": [{"key": MARK.0, "value": MARK.1, "effect": "NoSchedule"}],
        "volumePluginDir": "/var/lib/kubelet/plugins-exec",
        // Short pauses: a crash is followed by the next within seconds, not minutes.
        "crashLoopBackOff": {"maxContainerRestartPeriod": "2s"},
        "nodeStatusUpdateFrequency": "5s",
        "syncFrequency": "5s",
        "serializeImagePulls": false,
        "eventRecordQPS": 0,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
    })
}

/// kube-proxy's configuration.
pub(super) fn kube_proxy(kubeconfig: &str) -> Value {
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": kubeconfig},
        "hostnameOverride": NAME,
        "clusterCIDR": PODS,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        // These sysctls are the whole machine's: left alone.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpCloseWaitTimeout": "0s", "tcpEstablishedTimeout": "0s"},
    })
}
