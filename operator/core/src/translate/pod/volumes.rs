//! Volumes that live as long as the pod.
//!
//! *Not here*: which container mounts them (`container`), and volumes that outlive a pod; their issue is to come.

use k8s_openapi::api::core::v1::{EmptyDirVolumeSource, Volume};

use crate::model::task::{Task, Volume as Definition, VolumeSource};
use crate::values::memory::Mebibytes;

/// The pod's volumes
pub(super) fn volumes(task: &Task) -> Option<Vec<Volume>> {
    (!task.volumes.is_empty()).then(|| task.volumes.iter().map(|volume| made(volume, task)).collect())
}

fn made(volume: &Definition, task: &Task) -> Volume {
    let Definition { name, source } = volume;
    let source = match source {
        VolumeSource::Empty => {
            EmptyDirVolumeSource { medium: None, size_limit: task.ephemeral_storage.map(Mebibytes::quantity) }
        }
        VolumeSource::Memory(size) => {
            EmptyDirVolumeSource { medium: Some("Memory".to_owned()), size_limit: Some(size.quantity()) }
        }
    };
    Volume { name: name.clone(), empty_dir: Some(source), ..Volume::default() }
}
