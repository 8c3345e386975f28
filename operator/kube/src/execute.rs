//! Carries out steps: server-side apply, exact deletes, status.
//!
//! The first apply of a child carries `metadata.resourceVersion: "1"`, which creates what is absent and answers 409 where
//! anything of that name exists; only then the object is read, to tell a stranger's from our own (decisions §2). Later
//! applies and deletes name the UID that was observed, so that nothing is done to a successor of the same name.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use ecs_core::names::{MANAGED_BY, MANAGER, SCHEDULE};
use ecs_core::plan::scaling::keep_writers_of_count;
use ecs_core::plan::{Child, ChildKind, Existing, Step};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, Preconditions};
use kube::{Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::age::still_young;
use crate::body::body;
use crate::fault::Fault;

/// How long one call may take
const DEADLINE: Duration = Duration::from_secs(10);

/// A kind whose objects live in namespaces
pub trait Object:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug + Send + Sync + 'static
{
}

impl<K> Object for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + DeserializeOwned
        + Clone
        + Debug
        + Send
        + Sync
        + 'static
{
}

/// What a step did
#[derive(Debug)]
pub enum Written {
    /// The object as it is now
    Applied(ChildKind, Box<DynamicObject>),
    /// It was there already and is ours; nothing was written, look again
    Known(ChildKind, Box<DynamicObject>),
    /// The object is gone
    Deleted(Existing),
    /// The pod was told to stop, and is as it is now
    Stopping(Box<DynamicObject>),
    /// The count of a service was written
    Scaled(Existing, Scaled),
}

/// What a service is after its count was written
#[derive(Clone, Debug)]
pub struct Scaled {
    /// The count
    pub count: i32,
    /// The version of the service that has it
    pub resource_version: String,
}

/// A client that carries out steps
#[derive(Clone)]
pub struct Kube {
    client: Client,
}

impl Kube {
    /// Wraps a client
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// The client, for watches
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Carries out one step
    ///
    /// # Errors
    ///
    /// The class of what went wrong; nothing was written then, or the answer was lost and trying again is safe.
    pub async fn carry_out(&self, step: &Step) -> Result<Written, Fault> {
        match step {
            Step::Create(child) => self.create(child).await,
            Step::Update(child, uid) => self.update(child, uid).await,
            Step::Delete(existing) => self.delete(existing, DeleteParams::background()).await,
            Step::Orphan(existing) => self.delete(existing, DeleteParams::orphan()).await,
            Step::Release(existing, owner) => self.release(existing, owner).await,
            Step::Replace(existing) => self.replace(existing).await,
            Step::Suspend(existing) => self.suspend(existing).await,
            Step::Scale(existing, count) => self.scale(existing, *count).await,
        }
    }

    async fn create(&self, child: &Child) -> Result<Written, Fault> {
        let mut manifest = child.manifest.clone();
        manifest["metadata"]["resourceVersion"] = "1".into();
        match self.apply(child.kind, &child.namespace, &child.name, &manager(child), manifest).await {
            Ok(object) => Ok(Written::Applied(child.kind, Box::new(object))),
            Err(Fault::Stale { .. }) => self.whose(child).await,
            Err(fault) => Err(fault),
        }
    }

    /// Something of that name exists: is it ours, our predecessor's, or a stranger's?
    async fn whose(&self, child: &Child) -> Result<Written, Fault> {
        let (kind, name) = (child.kind.kind(), child.name.as_str());
        let api = self.api(child.kind, &child.namespace);
        let object = within(api.get(name)).await?.map_err(|e| Fault::of(e, kind, name))?;
        let metadata = &object.metadata;
        let managed = metadata.labels.as_ref().and_then(|l| l.get(MANAGED_BY)).is_some_and(|m| m == MANAGER);
        let owners = metadata.owner_references.as_deref().unwrap_or_default();
        let wanted = &child.manifest["metadata"]["ownerReferences"][0];
        let ours = match &child.owner {
            // A Job of a schedule's CronJob is the run that the schedule wants, whoever started it.
            Some(_) if child.kind == ChildKind::Job && managed && same_schedule(child, metadata) => true,
            Some(uid) if !child.shared => owners.iter().any(|o| o.uid == *uid),
            _ => managed,
        };
        if ours {
            return Ok(Written::Known(child.kind, Box::new(object)));
        }
        let predecessor = owners.iter().any(|o| wanted["kind"] == o.kind.as_str() && wanted["name"] == o.name.as_str());
        let name = child.name.clone();
        Err(if predecessor { Fault::AwaitingDeletion { kind, name } } else { Fault::NameTaken { kind, name } })
    }

    async fn update(&self, child: &Child, uid: &str) -> Result<Written, Fault> {
        let mut manifest = child.manifest.clone();
        manifest["metadata"]["uid"] = uid.into();
        let object = self.apply(child.kind, &child.namespace, &child.name, &manager(child), manifest).await?;
        Ok(Written::Applied(child.kind, Box::new(object)))
    }

    async fn delete(&self, existing: &Existing, params: DeleteParams) -> Result<Written, Fault> {
        let Existing { kind, namespace, name, uid, resource_version } = existing;
        let preconditions = Preconditions { uid: Some(uid.clone()), resource_version: Some(resource_version.clone()) };
        let params = params.preconditions(preconditions);
        match within(self.api(*kind, namespace).delete(name, &params)).await? {
            Ok(_) => Ok(Written::Deleted(existing.clone())),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(Written::Deleted(existing.clone())),
            Err(error) => Err(Fault::of(error, kind.kind(), name)),
        }
    }

    /// Tells this very pod to stop. Its state may have moved on, so only its UID is named
    async fn replace(&self, existing: &Existing) -> Result<Written, Fault> {
        let Existing { kind, namespace, name, uid, resource_version: _ } = existing;
        let preconditions = Preconditions { uid: Some(uid.clone()), resource_version: None };
        let params = DeleteParams::background().preconditions(preconditions);
        match within(self.api(*kind, namespace).delete(name, &params)).await? {
            Ok(answer) => Ok(match answer.left() {
                Some(mut object) => {
                    object.metadata.managed_fields = None;
                    Written::Stopping(Box::new(object))
                }
                None => Written::Deleted(existing.clone()),
            }),
            // Gone already, or a successor of the same name is there
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Written::Deleted(existing.clone())),
            Err(error) => Err(Fault::of(error, kind.kind(), name)),
        }
    }

    /// Suspends this very Job. A merge of the one field: what else it holds is as it was when it started
    async fn suspend(&self, existing: &Existing) -> Result<Written, Fault> {
        let Existing { kind, namespace, name, uid, resource_version: _ } = existing;
        let patch = Patch::Merge(json!({"metadata": {"uid": uid}, "spec": {"suspend": true}}));
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let patched = within(self.api(*kind, namespace).patch(name, &params, &patch)).await?;
        let mut object = patched.map_err(|e| Fault::of(e, kind.kind(), name))?;
        object.metadata.managed_fields = None;
        Ok(Written::Applied(*kind, Box::new(object)))
    }

    /// Writes the count of a service that is still as it was looked at: what somebody else has written since stands
    async fn scale(&self, existing: &Existing, count: i32) -> Result<Written, Fault> {
        let Existing { kind, namespace, name, uid, resource_version } = existing;
        let metadata = json!({"uid": uid, "resourceVersion": resource_version});
        let patch = Patch::Merge(json!({"metadata": metadata, "spec": {"replicas": count}}));
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let patched = within(self.api(*kind, namespace).patch_scale(name, &params, &patch)).await?;
        let scale = patched.map_err(|e| Fault::of(e, "scale of", name))?;
        let resource_version = scale.metadata.resource_version.unwrap_or_default();
        Ok(Written::Scaled(existing.clone(), Scaled { count, resource_version }))
    }

    /// Applies nothing in an owner's name, which takes its owner reference away
    async fn release(&self, existing: &Existing, owner: &str) -> Result<Written, Fault> {
        let Existing { kind, namespace, name, uid, resource_version: _ } = existing;
        let manifest = json!({
            "apiVersion": kind.api_version(), "kind": kind.kind(), "metadata": {"name": name, "namespace": namespace, "uid": uid},
        });
        let object = self.apply(*kind, namespace, name, &shared_manager(owner), manifest).await?;
        Ok(Written::Applied(*kind, Box::new(object)))
    }

    async fn apply(
        &self,
        kind: ChildKind,
        namespace: &str,
        name: &str,
        manager: &str,
        manifest: Value,
    ) -> Result<DynamicObject, Fault> {
        let params = PatchParams::apply(manager).force();
        let body = body(&manifest).map_err(kube::Error::SerdeError)?;
        let patched = within(self.api(kind, namespace).patch(name, &params, &Patch::Apply(&body))).await?;
        let mut object = patched.map_err(|e| Fault::of(e, kind.kind(), name))?;
        object.metadata.managed_fields = None;
        Ok(object)
    }

    /// Writes the status of an object of ours; the answer is the whole object
    ///
    /// # Errors
    ///
    /// The class of what went wrong.
    pub async fn write_status<K, S>(&self, object: &K, status: &S) -> Result<K, Fault>
    where
        K: Object,
        S: Serialize,
    {
        let metadata = object.meta();
        let (namespace, name) =
            (metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default());
        let manifest = json!({
            "apiVersion": K::api_version(&()),
            "kind": K::kind(&()),
            "metadata": {"name": name, "namespace": namespace, "uid": metadata.uid},
            "status": status,
        });
        let api: Api<K> = Api::namespaced(self.client.clone(), namespace);
        let params = PatchParams::apply(MANAGER).force();
        let body = body(&manifest).map_err(kube::Error::SerdeError)?;
        let written = within(api.patch_status(name, &params, &Patch::Apply(&body))).await?;
        let mut object = written.map_err(|e| Fault::of(e, "status of", name))?;
        keep_writers_of_count(object.meta_mut());
        Ok(object)
    }

    fn api(&self, kind: ChildKind, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &resource(kind))
    }
}

/// A kind as URLs and manifests name it
pub(crate) fn resource(kind: ChildKind) -> ApiResource {
    let (group, version) = kind.api_version().rsplit_once('/').unwrap_or(("", kind.api_version()));
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: kind.api_version().to_owned(),
        kind: kind.kind().to_owned(),
        plural: kind.plural().to_owned(),
    }
}

/// The field manager of a child: one for all of ours, but one per owner where a child has several, since with a single one
/// the second owner's apply would take the first one's owner reference away
fn manager(child: &Child) -> String {
    match &child.owner {
        Some(owner) if child.shared => shared_manager(owner),
        _ => MANAGER.to_owned(),
    }
}

fn shared_manager(owner: &str) -> String {
    format!("{MANAGER}/{owner}")
}

/// Whether a Job that is there runs for the schedule that wants one of its name
///
/// A Job of a deleted schedule of the same name is not: it still has that one as its owner, and goes with it.
fn same_schedule(child: &Child, there: &ObjectMeta) -> bool {
    let label = there.labels.as_ref().and_then(|labels| labels.get(SCHEDULE));
    let owners = there.owner_references.iter().flatten();
    label.is_some_and(|schedule| child.manifest["metadata"]["labels"][SCHEDULE] == schedule.as_str())
        && owners.filter(|owner| owner.kind == "ScheduledTask").all(|owner| Some(&owner.uid) == child.owner.as_ref())
}

/// A call within our own deadline, if what it is about was decided lately
pub(crate) async fn within<T>(call: impl Future<Output = T>) -> Result<T, Fault> {
    still_young()?;
    tokio::time::timeout(DEADLINE, call).await.map_err(|_| Fault::Deadline(DEADLINE))
}
