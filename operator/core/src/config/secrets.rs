//! Configuration of secrets: which stores of the External Secrets Operator stand for AWS's.

use serde::{Deserialize, Serialize};

/// `secrets`: how secrets reach containers
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Secrets {
    /// How often ExternalSecrets look for a new value, as a Go duration; default `5m`
    pub refresh_interval: String,
    /// The region of secrets that are named without one; default: none, so that only entries without `region` apply
    pub region: Option<String>,
    /// The stores, of which the first that fits is used; default: none
    pub stores: Vec<SecretStore>,
    /// The store of Secrets Manager where no entry of `stores` fits; default: the ClusterSecretStore `aws-secretsmanager`
    pub secrets_manager: StoreRef,
    /// The store of Parameter Store where no entry of `stores` fits; default: the ClusterSecretStore `aws-parameterstore`
    pub parameter_store: StoreRef,
}

impl Default for Secrets {
    fn default() -> Self {
        let store = |name: &str| StoreRef { kind: StoreKind::ClusterSecretStore, name: name.to_owned() };
        Self {
            refresh_interval: "5m".to_owned(),
            region: None,
            stores: Vec::new(),
            secrets_manager: store("aws-secretsmanager"),
            parameter_store: store("aws-parameterstore"),
        }
    }
}

/// A store, and the secrets that it is for: those that fit everything that the entry says
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretStore {
    /// Only secrets of this service
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<SecretService>,
    /// Only secrets of this region
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Only secrets of this account
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only secrets of task definitions with this execution role
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_role_arn: Option<String>,
    /// The store
    pub store: StoreRef,
}

/// A service of AWS that holds secrets
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretService {
    /// Secrets Manager
    SecretsManager,
    /// Parameter Store of Systems Manager
    ParameterStore,
}

/// A store of the External Secrets Operator
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreRef {
    /// Its kind
    pub kind: StoreKind,
    /// Its name; a SecretStore is one of the task's namespace
    pub name: String,
}

/// The kind of a store
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreKind {
    /// One for the whole cluster
    ClusterSecretStore,
    /// One of the task's namespace
    SecretStore,
}

impl Secrets {
    /// The store of a secret by its service, region and account, for a task with this execution role
    #[must_use]
    pub fn store(
        &self,
        service: SecretService,
        region: Option<&str>,
        account: Option<&str>,
        execution_role: Option<&str>,
    ) -> &StoreRef {
        let fits = |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        let found = self.stores.iter().find(|entry| {
            entry.service.is_none_or(|wanted| wanted == service)
                && fits(&entry.region, region)
                && fits(&entry.account, account)
                && fits(&entry.execution_role_arn, execution_role)
        });
        let default = match service {
            SecretService::SecretsManager => &self.secrets_manager,
            SecretService::ParameterStore => &self.parameter_store,
        };
        found.map_or(default, |entry| &entry.store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SecretService::{ParameterStore, SecretsManager};

    fn check(service: SecretService, region: &str, account: &str, role: Option<&str>, expected: &str) {
        let config: Secrets = serde_json::from_value(serde_json::json!({"stores": [
            {"executionRoleArn": "arn:aws:iam::1:role/shop", "store": {"kind": "SecretStore", "name": "shop"}},
            {"service": "ParameterStore", "region": "eu-west-1", "store": {"kind": "SecretStore", "name": "ireland"}},
            {"account": "2", "store": {"kind": "SecretStore", "name": "two"}},
        ]}))
        .unwrap();
        let store = config.store(service, Some(region), Some(account), role);
        assert_eq!(store.name, expected, "{service:?} {region} {account} {role:?}");
    }

    #[test]
    fn the_first_store_that_fits_is_used_and_else_the_services_own() {
        check(ParameterStore, "eu-west-1", "1", None, "ireland");
        check(ParameterStore, "eu-west-1", "1", Some("arn:aws:iam::1:role/shop"), "shop");
        check(ParameterStore, "us-east-1", "1", None, "aws-parameterstore");
        check(SecretsManager, "eu-west-1", "2", None, "two");
        check(SecretsManager, "eu-west-1", "1", Some("other"), "aws-secretsmanager");
    }
}
