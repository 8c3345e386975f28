//! The control plane of the stories: the one that `cargo xtask test` brought up, else one that ends with this process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, Config, ResourceExt as _};

use super::rights::{OPERATORS, grant};
use crate::repository::root;

/// Where the control plane is
pub(crate) struct Cluster {
    /// The administrator's kubeconfig
    pub(crate) kubeconfig: PathBuf,
    /// Every request that the API server has answered
    pub(crate) audit_log: PathBuf,
    /// The kubectl that goes with it
    pub(crate) kubectl: PathBuf,
    /// Whether a node that runs containers stands beside the simulated ones
    pub(crate) real_node: bool,
    /// What it is called, where these tests brought it up
    name: Option<String>,
}

/// The control plane, with our kinds installed; brought up at the first call
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = given().unwrap_or_else(|| brought_up("stories"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(install(&cluster));
        cluster
    })
}

/// A control plane that a story has for itself, because it does to it what others would not bear; it ends with this process
pub(crate) fn own_cluster(name: &str) -> &'static Cluster {
    let cluster = Box::leak(Box::new(brought_up(&format!("{name}-{}", std::process::id()))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(install(cluster));
    cluster
}

/// The one that `cargo xtask test` names
fn given() -> Option<Cluster> {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    Some(Cluster {
        kubeconfig: path("ECS_TEST_KUBECONFIG")?,
        audit_log: path("ECS_TEST_AUDIT_LOG")?,
        kubectl: path("ECS_TEST_KUBECTL")?,
        real_node: path("ECS_TEST_REAL_NODE").is_some(),
        name: None,
    })
}

/// For a plain `cargo test`
fn brought_up(name: &str) -> Cluster {
    let own = std::process::id().to_string();
    let up = xtask(&["cluster", "up", "--name", name, "--owner-pid", &own]);
    let env = xtask(&["cluster", "env", "--name", name]);
    let exported = |name: &str| {
        let line = env.lines().find_map(|l| l.strip_prefix("export ")?.strip_prefix(name)?.strip_prefix('='));
        PathBuf::from(line.unwrap_or_else(|| panic!("`cargo xtask cluster env` says no {name}")).trim_matches('\''))
    };
    Cluster {
        kubeconfig: PathBuf::from(up.lines().last().unwrap()),
        audit_log: exported("ECS_TESTBED_AUDIT_LOG"),
        kubectl: exported("ECS_TESTBED_KUBECTL"),
        real_node: false,
        name: Some(name.to_owned()),
    }
}

fn xtask(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).arg("xtask").args(arguments).stderr(Stdio::inherit());
    let done = command.output().unwrap();
    assert!(done.status.success(), "cargo xtask {arguments:?} failed");
    String::from_utf8(done.stdout).unwrap()
}

/// Our kinds, and those of the add-ons that objects of ours are made for
async fn install(cluster: &Cluster) {
    let client = cluster.client(None).await;
    grant(&client).await;
    let api: Api<CustomResourceDefinition> = Api::all(client);
    let of_add_ons = add_ons();
    for crd in ecs_crds::crds().into_iter().chain(of_add_ons) {
        let (name, params) = (crd.name_any(), PatchParams::apply("stories").force());
        api.patch(&name, &params, &Patch::Apply(&crd)).await.unwrap();
        let established = await_condition(api.clone(), &name, conditions::is_crd_established());
        tokio::time::timeout(Duration::from_secs(30), established).await.unwrap().unwrap();
    }
}

/// The custom resource definitions of add-ons: External Secrets, Secrets Store CSI, Gateway API, TargetGroupBindings, snapshots
fn add_ons() -> Vec<CustomResourceDefinition> {
    let files = xtask(&["crds"]);
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    files.lines().map(|file| serde_yaml_ng::from_str(&read(file)).unwrap_or_else(|e| panic!("{file}: {e}"))).collect()
}

impl Cluster {
    /// A client of the administrator, or of an operator with a name of its own, by which the audit log tells it
    pub(crate) async fn client(&self, user: Option<&str>) -> Client {
        Client::try_from(self.config(user).await).unwrap()
    }

    /// How such a client is configured
    pub(crate) async fn config(&self, user: Option<&str>) -> Config {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        if let Some(user) = user {
            config.auth_info.impersonate = Some(user.to_owned());
            config.auth_info.impersonate_groups = Some(vec![OPERATORS.to_owned()]);
        }
        config
    }

    /// A kubeconfig of an operator with a name of its own, by which the audit log tells it
    pub(crate) fn kubeconfig_as(&self, user: &str) -> String {
        let mut kubeconfig = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        for auth in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
            auth.impersonate = Some(user.to_owned());
            auth.impersonate_groups = Some(vec![OPERATORS.to_owned()]);
        }
        serde_yaml_ng::to_string(&kubeconfig).unwrap()
    }

    /// Runs kubectl as the administrator: whether it succeeded, stdout and stderr
    pub(crate) async fn kubectl(&self, namespace: &str, arguments: &[&str], stdin: &str) -> (bool, String, String) {
        use tokio::io::AsyncWriteExt as _;
        let mut command = tokio::process::Command::new(&self.kubectl);
        command.env("KUBECONFIG", &self.kubeconfig).args(["--namespace", namespace]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // kubectl may end without reading.
        let _ = input.write_all(stdin.as_bytes()).await;
        drop(input);
        let done = child.wait_with_output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (done.status.success(), text(done.stdout), text(done.stderr))
    }

    /// Has the API server answer nothing, as if the way to it were cut
    pub(crate) fn pause(&self) {
        xtask(&["cluster", "pause", "--name", self.name.as_deref().unwrap()]);
    }

    /// Has it go on
    pub(crate) fn resume(&self) {
        xtask(&["cluster", "resume", "--name", self.name.as_deref().unwrap()]);
    }

    /// The audit log
    pub(crate) fn audit_log(&self) -> &Path {
        &self.audit_log
    }
}
