//! What the controller of EcsTasks sees: the task, its Job and its pods.

use std::sync::Arc;

use ecs_core::names;
use ecs_core::plan::is_owned_by;
use ecs_core::plan::task::{TaskView, child_name};
use ecs_crds::{DescribedTask, EcsTask};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};

use super::{FamilyGathered, World, label, place, referenced_family};
use crate::key::Key;
use crate::kinds::Companions;

/// The family that an EcsTask runs
fn task_family(task: &EcsTask) -> Option<String> {
    referenced_family(task.spec.run.task_definition.as_deref())
}

/// What was gathered for an EcsTask
pub(crate) struct TaskGathered {
    pub(crate) task: Arc<EcsTask>,
    family: Option<FamilyGathered>,
    jobs: Vec<Arc<Job>>,
    pods: Vec<Arc<Pod>>,
    accounts: Vec<Arc<ServiceAccount>>,
    companions: Companions,
}

impl TaskGathered {
    /// The view that the pure middle takes
    pub(crate) fn view(&self) -> TaskView<'_> {
        TaskView {
            task: &self.task,
            family: self.family.as_ref().map(FamilyGathered::view),
            jobs: self.jobs.iter().map(|j| &**j).collect(),
            pods: self.pods.iter().map(|p| &**p).collect(),
            service_accounts: self.accounts.iter().map(|a| &**a).collect(),
            companions: self.companions.view(),
        }
    }
}

impl World {
    /// Gathers an EcsTask
    pub(crate) fn task(&self, namespace: &str, name: &str) -> Option<TaskGathered> {
        let task = self.caches.tasks.get(namespace, name)?;
        let uid = task.metadata.uid.clone().unwrap_or_default();
        let child = child_name(&task);
        let jobs: Vec<_> = self.caches.jobs.in_namespace(namespace);
        let jobs: Vec<_> = jobs.into_iter().filter(|j| is_owned_by(&j.metadata, &uid)).collect();
        // The Job may be gone before its pods; a predecessor's pods may still be there
        let recorded = task.status.as_ref().map(|s| s.tasks.as_slice()).unwrap_or_default();
        let mine = |pod: &Pod| {
            let of_job = |job: &Arc<Job>| is_owned_by(&pod.metadata, job.metadata.uid.as_deref().unwrap_or_default());
            let named = |task: &DescribedTask| Some(&task.name) == pod.metadata.name.as_ref();
            jobs.iter().any(of_job) || recorded.iter().any(named)
        };
        let pods = self.caches.pods.in_namespace(namespace);
        let of_task = |pod: &Arc<Pod>| label(&pod.metadata, names::TASK) == Some(&child) && mine(pod);
        Some(TaskGathered {
            family: task_family(&task).map(|f| self.family(namespace, &f)),
            pods: pods.into_iter().filter(of_task).collect(),
            jobs,
            accounts: self.caches.accounts.in_namespace(namespace),
            companions: self.caches.kinds.companions(namespace),
            task,
        })
    }

    /// Asks for a look at a changed EcsTask
    pub(crate) fn task_touched(&self, task: &EcsTask) {
        let (namespace, name) = place(&task.metadata);
        self.queue.add(Key::Task { namespace, name });
    }

    /// The task definitions that EcsTasks name
    pub(super) fn named_by_tasks(&self, namespace: &str) -> Vec<String> {
        let tasks = self.caches.tasks.in_namespace(namespace);
        let named = |task: &Arc<EcsTask>| {
            [task.spec.run.task_definition.clone(), task.status.as_ref().and_then(|s| s.task_definition.clone())]
        };
        tasks.iter().flat_map(named).flatten().collect()
    }

    /// Asks for looks at every EcsTask that runs a family
    pub(super) fn family_of_tasks_touched(&self, namespace: &str, family: &str) {
        for task in self.caches.tasks.in_namespace(namespace) {
            if task_family(&task).as_deref() == Some(family) {
                self.task_touched(&task);
            }
        }
    }

    /// Asks for a look at the EcsTask whose Job has this name: one of its pods has changed
    pub(super) fn pod_of_task_touched(&self, namespace: &str, job: &str) {
        let named = self.caches.tasks.get(namespace, job);
        let tasks = named.map_or_else(|| self.caches.tasks.in_namespace(namespace), |task| vec![task]);
        tasks.iter().filter(|task| child_name(task) == job).for_each(|task| self.task_touched(task));
    }
}
