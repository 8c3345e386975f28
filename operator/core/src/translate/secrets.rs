//! Secrets of containers: variables that point into Secrets, and what makes those Secrets (R-SECRET).
//!
//! One ExternalSecret (or SecretProviderClass) for each container and revision; the Secret that it makes has its name. A
//! secret that is not there keeps the container from starting, as on ECS.
//!
//! *Guarantees*: only references are written; no value of a secret passes through here.

mod csi;
mod external;
mod registry;

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, PodSpec, SecretKeySelector};

use ecs_crds::status::Class;

use crate::config::Context;
use crate::findings::Findings;
use crate::model::task::{Container, Secret, Task};
use crate::translate::companion::Companions;
use crate::translate::pod::container_mut;

/// A variable and the key of the Secret that holds its value
#[derive(Clone, Debug)]
struct Keyed<'a> {
    key: String,
    secret: &'a Secret,
}

/// Gives the pod of a task its secrets
pub(crate) fn add(
    spec: &mut PodSpec,
    task: &Task,
    context: &Context,
    companions: &mut Companions,
    findings: &mut Findings,
) {
    for container in task.containers().iter().filter(|container| !container.secrets.is_empty()) {
        let name = companions.name(container.ecs_name());
        let keyed = keyed(&container.secrets);
        if context.capabilities.external_secrets {
            external::add(&name, &keyed, task, context, companions);
        } else {
            csi::add(&name, &keyed, container, context, spec, companions);
            said_of_csi(task, container, findings);
        }
        if let Some(made) = container_mut(spec, container.name()) {
            made.env.get_or_insert_default().extend(keyed.iter().map(|keyed| variable(keyed, &name)));
        }
    }
    registry::add(spec, task, context, companions);
}

/// The keys of a Secret: the variable's name where it is one
fn keyed(secrets: &[Secret]) -> Vec<Keyed<'_>> {
    let legal =
        |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) && name.len() <= 253;
    let key = |index: usize, name: &str| if legal(name) { name.to_owned() } else { format!("k{index}") };
    secrets.iter().enumerate().map(|(index, secret)| Keyed { key: key(index, &secret.name), secret }).collect()
}

fn variable(keyed: &Keyed<'_>, secret: &str) -> EnvVar {
    let selector = SecretKeySelector { name: secret.to_owned(), key: keyed.key.clone(), optional: Some(false) };
    let source = EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() };
    EnvVar { name: keyed.secret.name.clone(), value: None, value_from: Some(source) }
}

fn said_of_csi(task: &Task, container: &Container, findings: &mut Findings) {
    let path = container.path.key("secrets");
    if task.role().is_none() {
        let message = "the Secrets Store CSI driver reads secrets with the role of the tasks and this task definition has \
                       none; name a `taskRoleArn` that may read them, or install the External Secrets Operator";
        findings.warn(&path, Class::Approximate, "SecretIdentityDiffers", message);
    } else {
        let message = "the Secrets Store CSI driver reads secrets with the task role, not with the execution role; let it \
                       read them";
        findings.info(&path, Class::Approximate, "SecretIdentityDiffers", message);
    }
}
