//! One story: a namespace, what is in it, and what is said of it.

use std::fmt::Debug;

use ecs_crds::{EcsService, TaskDefinition};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::PostParams;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use kube::{Client, Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::cluster::{Cluster, cluster};
use super::operator::Looks;

/// A kind whose objects live in namespaces
pub(crate) trait Object:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + DeserializeOwned
    + Serialize
    + Clone
    + Debug
    + Send
    + Sync
    + 'static
{
}

impl<K> Object for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + DeserializeOwned
        + Serialize
        + Clone
        + Debug
        + Send
        + Sync
        + 'static
{
}

/// A story that is being told
pub(crate) struct Story {
    /// Its namespace
    pub(crate) namespace: String,
    /// The user who writes the documents
    pub(crate) client: Client,
    /// How often each object was looked at
    pub(crate) looks: Looks,
    /// The control plane
    pub(crate) cluster: &'static Cluster,
}

/// Tells a story in a namespace of its own, which is deleted after a good end and left for a look after a bad one
pub(crate) fn story(name: &str, body: impl AsyncFnOnce(&Story)) {
    tell(cluster(), name, &json!({}), body);
}

/// The same on a control plane of its own
pub(crate) fn story_on(cluster: &'static Cluster, name: &str, body: impl AsyncFnOnce(&Story)) {
    tell(cluster, name, &json!({}), body);
}

/// Tells a story whose tasks are real containers: every pod of its namespace runs on the real node. Where there is none
/// the story is not told, and says so
pub(crate) fn real_story(name: &str, body: impl AsyncFnOnce(&Story)) {
    if cluster().real_node {
        tell(cluster(), name, &json!({"ecs-operator.dev/node": "real"}), body);
    } else {
        println!("not told: there is no real node (`cargo xtask test` as root brings one up)");
    }
}

fn tell(cluster: &'static Cluster, name: &str, labels: &Value, body: impl AsyncFnOnce(&Story)) {
    let looks = Looks::default();
    // One thread: what is logged belongs to this story, and is shown where it fails.
    let _logging = looks.listen();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = cluster.client(None).await;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let metadata = json!({"generateName": format!("{name}-"), "labels": labels});
        let wish = serde_json::from_value(json!({"metadata": metadata})).unwrap();
        let namespace = namespaces.create(&PostParams::default(), &wish).await.unwrap().name_any();
        println!("namespace {namespace}");
        let story = Story { namespace, client, looks, cluster };
        body(&story).await;
        namespaces.delete(&story.namespace, &DeleteParams::background()).await.unwrap();
    });
}

impl Story {
    /// The objects of one kind
    pub(crate) fn api<K: Object>(&self) -> Api<K> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The objects of the kind that a document names
    pub(crate) fn api_of(&self, document: &Value) -> Api<DynamicObject> {
        let text = |key: &str| document[key].as_str().unwrap_or_else(|| panic!("no {key} in {document}"));
        let (group, version) = text("apiVersion").rsplit_once('/').unwrap_or(("", text("apiVersion")));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text("kind")));
        match resource.kind.as_str() {
            "PersistentVolume" | "StorageClass" | "VolumeSnapshotContent" => {
                Api::all_with(self.client.clone(), &resource)
            }
            _ => Api::namespaced_with(self.client.clone(), &self.namespace, &resource),
        }
    }

    /// Applies a document as a user would, and says what came of it
    pub(crate) async fn try_apply(&self, document: &Value) -> kube::Result<DynamicObject> {
        let name = document["metadata"]["name"].as_str().unwrap();
        let params = PatchParams::apply("author").force();
        self.api_of(document).patch(name, &params, &Patch::Apply(document)).await
    }

    /// Applies a document as a user would
    pub(crate) async fn apply(&self, document: &Value) -> DynamicObject {
        self.try_apply(document).await.unwrap_or_else(|error| panic!("{error} for {document:#}"))
    }

    /// Merges a patch into an object, as somebody with an editor would
    pub(crate) async fn edit<K: Object>(&self, name: &str, patch: &Value) -> K {
        self.api::<K>().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap()
    }

    /// One object
    pub(crate) async fn get<K: Object>(&self, name: &str) -> K {
        self.api::<K>().get(name).await.unwrap()
    }

    /// Every object of one kind
    pub(crate) async fn list<K: Object>(&self) -> Vec<K> {
        self.api::<K>().list(&ListParams::default()).await.unwrap().items
    }

    /// The names of every object of one kind, sorted
    pub(crate) async fn names<K: Object>(&self) -> Vec<String> {
        let mut names: Vec<_> = self.list::<K>().await.iter().map(kube::ResourceExt::name_any).collect();
        names.sort();
        names
    }

    /// Deletes an object and awaits its end
    pub(crate) async fn delete<K: Object>(&self, name: &str) {
        let uid = self.get::<K>(name).await.uid();
        self.api::<K>().delete(name, &DeleteParams::background()).await.unwrap();
        self.gone_where(name, |there: &K| there.uid() == uid).await;
    }

    /// kubectl's stdout; it must succeed
    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> String {
        let (succeeded, stdout, stderr) = self.cluster.kubectl(&self.namespace, arguments, "").await;
        assert!(succeeded, "kubectl {arguments:?}: {stderr}");
        stdout
    }

    /// Awaits that a TaskDefinition has this revision registered
    pub(crate) async fn registered(&self, name: &str, task_definition: &str) -> TaskDefinition {
        self.wait(name, &format!("has {task_definition} registered"), |t: &TaskDefinition| {
            let status = t.status.clone().unwrap_or_default();
            status.observed_generation == t.metadata.generation
                && status.task_definition.as_deref() == Some(task_definition)
                && super::condition(&status.conditions, "Ready") == "True"
        })
        .await
    }

    /// Awaits that a service has reached a steady state with these tasks
    pub(crate) async fn steady(&self, name: &str, task_definition: &str, tasks: i64) -> EcsService {
        self.wait(name, &format!("runs {tasks} tasks of {task_definition}"), |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            status.observed_generation == s.metadata.generation
                && status.task_definition.as_deref() == Some(task_definition)
                && (status.running_count, status.pending_count) == (Some(tasks), Some(0))
                && super::condition(&status.conditions, "Ready") == "True"
        })
        .await
    }

    /// Awaits that a service gives this reason for not being ready
    pub(crate) async fn not_ready(&self, name: &str, why: &str) -> EcsService {
        self.wait(name, &format!("is not ready: {why}"), |s: &EcsService| {
            let status = s.status.clone().unwrap_or_default();
            status.observed_generation == s.metadata.generation
                && super::condition(&status.conditions, "Ready") == "False"
                && super::reason(&status.conditions, "Ready") == why
        })
        .await
    }
}
