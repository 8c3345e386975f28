//! Secrets of containers: references by the variables that they fill, and the credentials of registries (R-SECRET).
//!
//! *Not here*: what makes Secrets of them (`translate`); and no secret: nobody here ever sees one.

use ecs_crds::ecs::{ContainerDefinition, RepositoryCredentials, Secret as Written};

use super::each_container;
use super::process::variable_name;
use super::report::{Report, each, said};
use crate::config::{Capabilities, Context};
use crate::findings::Path;
use crate::model::task::{Container, Secret};
use crate::values::secret_ref::{NotASecretRef, SecretRef, Source};

/// Fills in what containers take from secrets
pub(super) fn fill(
    definitions: &[ContainerDefinition],
    containers: &mut [Container],
    context: &Context,
    report: &mut Report,
) {
    let capabilities = context.capabilities;
    for ((path, definition), container) in each_container(definitions).zip(containers) {
        let secrets = secrets(&path.key("secrets"), definition.secrets.as_ref(), container, report);
        if !secrets.is_empty() && backend(&path.key("secrets"), capabilities, report) {
            container.secrets = secrets;
        }
        let at = path.key("repositoryCredentials");
        let credentials = credentials(&at, definition.repository_credentials.as_ref(), report);
        if credentials.is_some() && registry_backend(&at, capabilities, report) {
            container.registry = credentials;
        }
    }
}

/// `secrets`: of a name that is there twice the last reference counts, as with plain variables
fn secrets(path: &Path, list: Option<&Vec<Written>>, container: &Container, report: &mut Report) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = Vec::new();
    for (at, secret) in each(path, list) {
        let Written { name, value_from, unknown: _ } = secret;
        let Some(name) = variable_name(&at, name.as_ref(), report) else { continue };
        if container.environment.iter().any(|variable| variable.name == name) {
            let message = format!("`{name}` is a plain variable as well; keep one of the two");
            report.block(&at.key("name"), "EnvironmentSecretConflict", message);
            continue;
        }
        let Some(value_from) = said(value_from.as_ref()) else {
            report.required(&at, "valueFrom");
            continue;
        };
        let read = value_from.parse().map_err(|error| refused(&at.key("valueFrom"), &error, report));
        if let Ok(value_from) = read {
            secrets.retain(|other| other.name != name);
            secrets.push(Secret { name: name.to_owned(), value_from });
        }
    }
    secrets
}

/// A Block on a text that refers to no secret; the text itself is not shown, since people write secrets there by mistake
pub(super) fn refused(path: &Path, error: &NotASecretRef, report: &mut Report) {
    report.invalid(path, format!("this is no reference to a secret: {error}"));
}

/// Whether something in the cluster makes Secrets of references
pub(super) fn backend(path: &Path, capabilities: Capabilities, report: &mut Report) -> bool {
    let there = capabilities.external_secrets || capabilities.secrets_store_csi;
    if !there {
        let message = "secrets need the External Secrets Operator or the Secrets Store CSI driver in the cluster; the \
                       containers would start without these variables";
        report.block(path, "NoSecretBackend", message);
    }
    there
}

/// Whether something in the cluster makes pull secrets
fn registry_backend(path: &Path, capabilities: Capabilities, report: &mut Report) -> bool {
    if !capabilities.external_secrets {
        let message = "registry credentials need the External Secrets Operator in the cluster; without it, create an image \
                       pull secret for the ServiceAccount of the tasks and accept this finding";
        report.block(path, "NoSecretBackend", message);
    }
    capabilities.external_secrets
}

/// `repositoryCredentials`
fn credentials(path: &Path, written: Option<&RepositoryCredentials>, report: &mut Report) -> Option<SecretRef> {
    let RepositoryCredentials { credentials_parameter, unknown: _ } = written?;
    let Some(text) = said(credentials_parameter.as_ref()) else {
        report.required(path, "credentialsParameter");
        return None;
    };
    let at = path.key("credentialsParameter");
    match SecretRef::of_credentials(text) {
        Ok(SecretRef { source: Source::ParameterStore { .. }, .. }) => {
            let message = "ECS reads registry credentials from Secrets Manager only; put them there";
            report.invalid(&at, message);
            None
        }
        Ok(credentials) => Some(credentials),
        Err(error) => {
            refused(&at, &error, report);
            None
        }
    }
}
