//! A task as DescribeTasks shows it: its states, why it stopped, and its containers.
//!
//! The words are AWS's; each is written down once, here. What of a pod they stand for is `ecs-core`'s.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A task as DescribeTasks shows it
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DescribedTask {
    /// The name of its pod, which stands where ECS has the ID of a task
    pub name: String,
    /// `family:revision`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// The task group
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Who or what started it: for a task of a service the ID of its deployment
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// The node that it was placed on, which stands where ECS has a container instance
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Where it is in its life
    pub last_status: LastStatus,
    /// Where it is to be: `RUNNING` or `STOPPED`
    pub desired_status: LastStatus,
    /// What its essential containers' health checks say
    pub health_status: HealthStatus,
    /// What kind of thing stopped it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<StopCode>,
    /// Why it stopped, in ECS's words
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<String>,
    /// The exit code of the essential container with which it ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// When it was asked for
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// When it got to `RUNNING`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it began to stop
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping_at: Option<Time>,
    /// When its last container had stopped
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Time>,
    /// Its containers, in the order in which they start
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<DescribedContainer>,
}

/// A container of a task, as DescribeTasks shows it
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DescribedContainer {
    /// Its name in the task definition
    pub name: String,
    /// Its image, as the task definition names it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The digest of the image that runs
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_digest: Option<String>,
    /// `PENDING`, `RUNNING` or `STOPPED`
    pub last_status: LastStatus,
    /// Its exit code, once it has stopped
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// What went wrong, where something did
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What its health check says
    pub health_status: HealthStatus,
}

/// An enum of AWS's words, which are its names in Rust's spelling or the ones that are given
macro_rules! words {
    ($($(#[$meta:meta])* pub enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $( $(#[$variant_meta])* #[serde(rename = $word)] $variant, )*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $( Self::$variant => $word, )* })
            }
        }
    )*};
}

words! {
    /// Where a task is in its life
    #[derive(Default)]
    pub enum LastStatus {
        /// It is to be placed
        #[default]
        Provisioning = "PROVISIONING",
        /// It is placed; its containers are still to start
        Pending = "PENDING",
        /// Its containers run; it is still to be made known to a load balancer
        Activating = "ACTIVATING",
        /// It runs
        Running = "RUNNING",
        /// It is to stop, and first gets no new connections
        Deactivating = "DEACTIVATING",
        /// Its containers are being stopped
        Stopping = "STOPPING",
        /// Its containers have stopped; what it held is given back
        Deprovisioning = "DEPROVISIONING",
        /// It has stopped
        Stopped = "STOPPED",
    }

    /// What health checks say
    #[derive(Default)]
    pub enum HealthStatus {
        /// They succeed
        Healthy = "HEALTHY",
        /// They fail
        Unhealthy = "UNHEALTHY",
        /// There are none, or nothing is known yet
        #[default]
        Unknown = "UNKNOWN",
    }

    /// What kind of thing stopped a task
    pub enum StopCode {
        /// It never got to run
        TaskFailedToStart = "TaskFailedToStart",
        /// An essential container ended
        EssentialContainerExited = "EssentialContainerExited",
        /// A person or program asked for it
        UserInitiated = "UserInitiated",
        /// Its service replaced it or had too many
        ServiceSchedulerInitiated = "ServiceSchedulerInitiated",
        /// The spot capacity that it ran on was taken away
        SpotInterruption = "SpotInterruption",
        /// The host that it ran on goes away or cannot keep it
        TerminationNotice = "TerminationNotice",
    }
}
