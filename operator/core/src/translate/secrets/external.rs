//! ExternalSecrets of the External Secrets Operator (`external-secrets.io/v1`).
//!
//! *Not here*: which store there is; the administrator's configuration names it.

use serde::Serialize;
use serde_json::Value;

use super::Keyed;
use crate::config::{Context, SecretService, StoreRef};
use crate::model::task::Task;
use crate::revision::CompanionKind;
use crate::translate::companion::Companions;
use crate::values::secret_ref::{SecretRef, Source, Version};

/// The part of an ExternalSecret that we write
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExternalSecret<'a> {
    pub(super) refresh_interval: &'a str,
    pub(super) secret_store_ref: &'a StoreRef,
    pub(super) target: Target<'a>,
    pub(super) data: Vec<Datum<'a>>,
}

/// The Secret that is made
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target<'a> {
    pub(super) name: &'a str,
    pub(super) creation_policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) template: Option<Value>,
}

/// One key of it
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Datum<'a> {
    pub(super) secret_key: &'a str,
    pub(super) remote_ref: RemoteRef,
    /// The store, where it is not the ExternalSecret's
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_ref: Option<SourceRef<'a>>,
}

/// A store of its own
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceRef<'a> {
    store_ref: &'a StoreRef,
}

/// Where a value is
#[derive(Debug, Serialize)]
pub(super) struct RemoteRef {
    pub(super) key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) property: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
}

/// An object's `spec`
#[derive(Debug, Serialize)]
pub(super) struct Body<S> {
    pub(super) spec: S,
}

/// Adds the ExternalSecret of a container
pub(super) fn add(name: &str, keyed: &[Keyed<'_>], task: &Task, context: &Context, companions: &mut Companions) {
    let stores: Vec<_> = keyed.iter().map(|keyed| store(&keyed.secret.value_from, task, context)).collect();
    let Some(first) = stores.first().copied() else { return };
    let data = keyed.iter().zip(&stores).map(|(keyed, store)| Datum {
        secret_key: &keyed.key,
        remote_ref: remote(&keyed.secret.value_from),
        source_ref: (*store != first).then_some(SourceRef { store_ref: store }),
    });
    let spec = ExternalSecret {
        refresh_interval: &context.config.secrets.refresh_interval,
        secret_store_ref: first,
        target: Target { name, creation_policy: "Owner", template: None },
        data: data.collect(),
    };
    companions.add(CompanionKind::ExternalSecret, name.to_owned(), &Body { spec });
}

/// The store of a secret
pub(super) fn store<'a>(secret: &SecretRef, task: &Task, context: &'a Context) -> &'a StoreRef {
    let config = &context.config;
    let service = match secret.source {
        Source::SecretsManager { .. } => SecretService::SecretsManager,
        Source::ParameterStore { .. } => SecretService::ParameterStore,
    };
    let region = secret.region.as_deref().or(config.secrets.region.as_deref());
    let account = secret.account.as_deref().or(config.account.as_deref());
    config.secrets.store(service, region, account, task.execution_role.as_deref())
}

/// Where a value is, in the words of the store
pub(super) fn remote(secret: &SecretRef) -> RemoteRef {
    match &secret.source {
        Source::SecretsManager { id, json_key, version } => RemoteRef {
            key: id.clone(),
            // A dot would lead into a nested object, which ECS does not know
            property: json_key.as_ref().map(|key| key.replace('.', "\\.")),
            version: version.as_ref().map(|version| match version {
                Version::Stage(stage) => stage.clone(),
                Version::Id(id) => format!("uuid/{id}"),
            }),
        },
        Source::ParameterStore { name, version } => {
            RemoteRef { key: name.clone(), property: None, version: version.clone() }
        }
    }
}
