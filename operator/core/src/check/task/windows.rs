//! What Windows containers cannot have, on ECS as on Kubernetes: its API server refuses Linux fields in a Windows pod.
//!
//! *Not here*: what the fields mean on Linux; their subjects translate them and leave them out on Windows.

use ecs_crds::TaskDefinitionSpec;
use ecs_crds::ecs::ContainerDefinition;

use super::report::{Report, each, said};
use crate::findings::Path;
use crate::model::task::Os;

/// Refuses Linux-only members of a document for Windows
pub(super) fn check(spec: &TaskDefinitionSpec, os: Os, report: &mut Report) {
    if !os.is_windows() {
        return;
    }
    let root = Path::root();
    let members =
        [("pidMode", said(spec.pid_mode.as_ref()).is_some()), ("ipcMode", said(spec.ipc_mode.as_ref()).is_some())];
    refuse_each(&root, &members, report);
    for (path, definition) in each(&root.key("containerDefinitions"), spec.container_definitions.as_ref()) {
        refuse_each(&path, &linux_members(definition), report);
    }
}

/// The container's members that only Linux has, and whether the document uses them
fn linux_members(definition: &ContainerDefinition) -> [(&'static str, bool); 9] {
    let filled = |list: Option<usize>| list.is_some_and(|length| length > 0);
    [
        ("disableNetworking", definition.disable_networking == Some(true)),
        ("extraHosts", filled(definition.extra_hosts.as_ref().map(Vec::len))),
        ("linuxParameters", definition.linux_parameters.is_some()),
        ("links", filled(definition.links.as_ref().map(Vec::len))),
        ("privileged", definition.privileged == Some(true)),
        ("readonlyRootFilesystem", definition.readonly_root_filesystem == Some(true)),
        ("systemControls", filled(definition.system_controls.as_ref().map(Vec::len))),
        ("ulimits", filled(definition.ulimits.as_ref().map(Vec::len))),
        ("user", said(definition.user.as_ref()).is_some()),
    ]
}

fn refuse_each(path: &Path, members: &[(&str, bool)], report: &mut Report) {
    for (member, _) in members.iter().filter(|(_, present)| *present) {
        let message = format!("Windows containers have no `{member}`; remove it, or run the task on Linux");
        report.block(&path.key(member), "NotAllowedOnWindows", message);
    }
}
