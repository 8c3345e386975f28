//! Volumes that a task definition leaves to its launch, where nothing launches it: small ones are made up.
//!
//! *Not here*: whether a service says enough about them (`check::launch`).

use ecs_crds::ecs::{ServiceVolumeConfiguration, Volume};
use ecs_crds::status::Class;
use serde_json::json;

use super::given::Family;
use crate::check::launch::MADE_UP_GIB;
use crate::findings::{Findings, Path};

/// The volumes, with their places in the document
fn volumes(family: &Family) -> impl Iterator<Item = (usize, &Volume)> {
    let volumes = family.definition.spec.volumes.iter().flatten().enumerate();
    volumes.filter(|(_, volume)| volume.configured_at_launch == Some(true))
}

/// Tells that they are made up
pub(super) fn findings(family: &Family) -> Findings {
    let mut findings = Findings::default();
    for (index, _) in volumes(family) {
        let path = Path::root().key("volumes").index(index).key("configuredAtLaunch");
        let message = format!(
            "a volume of {MADE_UP_GIB} GiB is made up here; give the service too, whose `volumeConfigurations` says what it is"
        );
        findings.warn(&path, Class::Approximate, "VolumeConfigurationStub", message);
    }
    findings
}

/// What a service says about them
pub(super) fn configurations(family: &Family) -> Option<Vec<ServiceVolumeConfiguration>> {
    let made_up = volumes(family).filter_map(|(_, volume)| {
        let ebs = json!({ "sizeInGiB": MADE_UP_GIB, "roleArn": "arn:aws:iam::000000000000:role/made-up" });
        serde_json::from_value(json!({ "name": volume.name, "managedEBSVolume": ebs })).ok()
    });
    let made_up: Vec<_> = made_up.collect();
    (!made_up.is_empty()).then_some(made_up)
}
