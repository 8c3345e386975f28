//! What the sync process writes: `status.aws` with the condition Synced, specs that follow ECS, revisions, its EcsClusters.
//!
//! A spec is written by the manager `ecs-operator-import` as a merge of the members that change, in exactly the state that was
//! looked at; the API server then records that manager for exactly the fields that became something else. A server-side apply
//! would take back every field that an earlier one had set and this one does not repeat.
//!
//! *Guarantees*: nothing is created over what exists; every other write of a spec names UID and version of what was looked at.

use ecs_core::sync::side::ObjectRef;
use ecs_crds::{AwsStatus, EcsCluster, EcsClusterStatus};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Resource;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use serde::Serialize;
use serde_json::{Value, json};

use crate::body::body;
use crate::execute::{Kube, Object, within};
use crate::fault::Fault;

/// Who writes `status.aws`, the condition Synced, and what a revision is called on ECS
const SYNC: &str = "ecs-operator-sync";
/// Who writes what is pulled from ECS
const IMPORT: &str = "ecs-operator-import";

impl Kube {
    /// Writes `status.aws` and the condition Synced; the rest of the status is the workload operator's
    ///
    /// # Errors
    ///
    /// The class of what went wrong. As for everything below.
    pub async fn write_synced<K: Object>(
        &self,
        namespace: &str,
        object: &ObjectRef,
        aws: &AwsStatus,
        synced: &Condition,
    ) -> Result<K, Fault> {
        let manifest = json!({
            "apiVersion": K::api_version(&()),
            "kind": K::kind(&()),
            "metadata": {"name": object.name, "namespace": namespace, "uid": object.uid},
            "status": {"aws": aws, "conditions": [synced]},
        });
        let params = PatchParams::apply(SYNC).force();
        let body = body(&manifest).map_err(kube::Error::SerdeError)?;
        let written =
            within(self.synced::<K>(namespace).patch_status(&object.name, &params, &Patch::Apply(&body))).await?;
        written.map_err(|e| Fault::of(e, "status of", &object.name))
    }

    /// Writes the status of an EcsCluster
    ///
    /// # Errors
    ///
    /// As for [`Self::write_synced`].
    pub async fn write_cluster(&self, cluster: &EcsCluster, status: &EcsClusterStatus) -> Result<EcsCluster, Fault> {
        let name = cluster.metadata.name.as_deref().unwrap_or_default();
        let manifest = json!({
            "apiVersion": EcsCluster::api_version(&()),
            "kind": EcsCluster::kind(&()),
            "metadata": {"name": name, "uid": cluster.metadata.uid},
            "status": status,
        });
        let params = PatchParams::apply(SYNC).force();
        let body = body(&manifest).map_err(kube::Error::SerdeError)?;
        let api: Api<EcsCluster> = Api::all(self.client());
        let written = within(api.patch_status(name, &params, &Patch::Apply(&body))).await?;
        written.map_err(|e| Fault::of(e, "status of", name))
    }

    /// Makes an object of what is on ECS
    ///
    /// # Errors
    ///
    /// As for [`Self::write_synced`]; `Stale` where one of the name is there.
    pub async fn import<K: Object + Serialize>(&self, namespace: &str, object: &K) -> Result<K, Fault> {
        let params = PostParams { field_manager: Some(IMPORT.to_owned()), ..PostParams::default() };
        let name = object.meta().name.clone().unwrap_or_default();
        let made = within(self.synced::<K>(namespace).create(&params, object)).await?;
        made.map_err(|e| Fault::of(e, "imported", &name))
    }

    /// Merges members into the spec of an object in exactly this state
    ///
    /// # Errors
    ///
    /// As for [`Self::write_synced`]; `Stale` where it is in another state.
    pub async fn pull<K: Object>(
        &self,
        namespace: &str,
        object: &ObjectRef,
        spec: &Value,
        annotations: &Value,
    ) -> Result<K, Fault> {
        let ObjectRef { name, uid, resource_version } = object;
        let metadata = json!({"uid": uid, "resourceVersion": resource_version, "annotations": annotations});
        let patch = Patch::Merge(json!({"metadata": metadata, "spec": spec}));
        let params = PatchParams { field_manager: Some(IMPORT.to_owned()), ..PatchParams::default() };
        let pulled = within(self.synced::<K>(namespace).patch(name, &params, &patch)).await?;
        pulled.map_err(|e| Fault::of(e, "synced", name))
    }

    /// Deletes an object in exactly this state
    ///
    /// # Errors
    ///
    /// As for [`Self::write_synced`].
    pub async fn delete_synced<K: Object>(&self, namespace: &str, object: &ObjectRef) -> Result<(), Fault> {
        let ObjectRef { name, uid, resource_version } = object.clone();
        let preconditions = Preconditions { uid: Some(uid), resource_version: Some(resource_version) };
        let params = DeleteParams::background().preconditions(preconditions);
        match within(self.synced::<K>(namespace).delete(&name, &params)).await? {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(Fault::of(error, "synced", &name)),
        }
    }

    /// Notes the numbers that a stored revision has on ECS, in exactly the state that was looked at
    ///
    /// # Errors
    ///
    /// As for [`Self::write_synced`].
    pub async fn annotate_revision(
        &self,
        revision: &ControllerRevision,
        annotations: &Value,
    ) -> Result<ControllerRevision, Fault> {
        let metadata = &revision.metadata;
        let name = metadata.name.as_deref().unwrap_or_default();
        let namespace = metadata.namespace.as_deref().unwrap_or_default();
        let patch = json!({"metadata": {"uid": metadata.uid, "resourceVersion": metadata.resource_version,
            "annotations": annotations}});
        let params = PatchParams { field_manager: Some(SYNC.to_owned()), ..PatchParams::default() };
        let api = self.synced::<ControllerRevision>(namespace);
        let noted = within(api.patch(name, &params, &Patch::Merge(patch))).await?;
        noted.map_err(|e| Fault::of(e, "ControllerRevision", name))
    }

    fn synced<K: Object>(&self, namespace: &str) -> Api<K> {
        Api::namespaced(self.client(), namespace)
    }
}
