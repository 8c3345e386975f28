//! Vectors V31 to V37: secrets of containers and credentials of registries, by what the cluster has.

use ecs_crds::status::Severity::{Block, Info, Warn};
use serde_json::json;

use super::*;
use crate::config::Capabilities;

const ARN: &str = "arn:aws:secretsmanager:us-east-1:1:secret:app-AbCdEf";

fn with_external_secrets() -> Context {
    Context { capabilities: Capabilities { external_secrets: true, ..Capabilities::default() }, ..Context::default() }
}

fn with_csi() -> Context {
    Context { capabilities: Capabilities { secrets_store_csi: true, ..Capabilities::default() }, ..Context::default() }
}

fn secret(name: &str, value_from: impl Into<String>) -> Value {
    json!({"name": name, "valueFrom": value_from.into()})
}

fn of(secrets: Value) -> Value {
    one(json!({"secrets": secrets}))
}

#[test]
fn a_secret_is_a_variable_from_a_secret_that_an_external_secret_keeps() {
    let remote = |name: &'static str, value_from: String, expected: Value| Case {
        name,
        spec: of(json!([secret("DB", value_from)])),
        context: with_external_secrets(),
        pod: vec![
            ("/companions/0/kind", json!("ExternalSecret")),
            ("/companions/0/name", json!("app-app-7")),
            ("/companions/0/body/spec/target/name", json!("app-app-7")),
            ("/companions/0/body/spec/refreshInterval", json!("5m")),
            ("/companions/0/body/spec/data", json!([{"secretKey": "DB", "remoteRef": expected}])),
            (
                "/spec/containers/0/env/0",
                json!({"name": "DB", "valueFrom": {"secretKeyRef": {"name": "app-app-7", "key": "DB", "optional": false}}}),
            ),
        ],
        ..Case::default()
    };
    check_cases([
        remote("V31", format!("{ARN}:password::"), json!({"key": ARN, "property": "password"})),
        remote("V32", format!("{ARN}::AWSPREVIOUS:"), json!({"key": ARN, "version": "AWSPREVIOUS"})),
        remote("V34", format!("{ARN}:db.host::"), json!({"key": ARN, "property": "db\\.host"})),
        remote("a version by ID", format!("{ARN}:::abc"), json!({"key": ARN, "version": "uuid/abc"})),
        remote("V35", "arn:aws:ssm:eu-west-1:1:parameter/prod/db".to_owned(), json!({"key": "/prod/db"})),
        remote("V35 bare", "token".to_owned(), json!({"key": "token"})),
        Case {
            name: "V33",
            spec: of(json!([secret("DB", format!("{ARN}:k:AWSCURRENT:uuid1"))])),
            context: with_external_secrets(),
            findings: vec![(Block, "InvalidValue", "/containerDefinitions/0/secrets/0/valueFrom")],
            ..Case::default()
        },
        Case {
            name: "V37",
            spec: of(json!([secret("DB", "token")])),
            findings: vec![(Block, "NoSecretBackend", "/containerDefinitions/0/secrets")],
            ..Case::default()
        },
        Case {
            name: "V37, accepted: the container starts without it",
            spec: of(json!([secret("DB", "token")])),
            accept: &["NoSecretBackend"],
            pod: vec![("/companions", json!([])), ("/spec/containers/0/env", json!(null))],
            findings: vec![(Warn, "NoSecretBackend", "/containerDefinitions/0/secrets")],
            ..Case::default()
        },
    ]);
}

#[test]
fn names_that_are_no_keys_and_secrets_of_two_stores_have_their_places() {
    check_cases([Case {
        name: "two stores, of one name the last",
        spec: of(json!([secret("A B", "x"), secret("A B", "token"), secret("C", ARN)])),
        context: with_external_secrets(),
        pod: vec![
            (
                "/companions/0/body/spec/secretStoreRef",
                json!({"kind": "ClusterSecretStore", "name": "aws-parameterstore"}),
            ),
            (
                "/companions/0/body/spec/data",
                json!([
                    {"secretKey": "k0", "remoteRef": {"key": "token"}},
                    {"secretKey": "C", "remoteRef": {"key": ARN},
                     "sourceRef": {"storeRef": {"kind": "ClusterSecretStore", "name": "aws-secretsmanager"}}},
                ]),
            ),
            ("/spec/containers/0/env/0/name", json!("A B")),
            ("/spec/containers/0/env/0/valueFrom/secretKeyRef/key", json!("k0")),
        ],
        ..Case::default()
    }]);
}

#[test]
fn without_external_secrets_the_csi_driver_keeps_the_secret_while_it_is_mounted() {
    let (spec, context) = (
        of(json!([secret("A", format!("{ARN}:user::")), secret("B", format!("{ARN}:pass-word::")), secret("C", ARN)])),
        with_csi(),
    );
    let (made, _) = translated(&spec, &SERVICE, &context, &[]);
    let companion = made.unwrap().companions.remove(0);
    let objects: Value =
        serde_yaml_ng::from_str(companion.body["spec"]["parameters"]["objects"].as_str().unwrap()).unwrap();
    assert_eq!(
        objects,
        json!([{"objectName": ARN, "objectType": "secretsmanager", "objectAlias": "s0", "jmesPath": [
            {"path": "user", "objectAlias": "s0-key"}, {"path": "\"pass-word\"", "objectAlias": "s1-key"},
        ]}])
    );
    check_cases([Case {
        name: "a class, its volume and its mount",
        spec,
        context,
        pod: vec![
            ("/companions/0/kind", json!("SecretProviderClass")),
            ("/companions/0/body/spec/parameters/region", json!("us-east-1")),
            (
                "/companions/0/body/spec/secretObjects/0/data",
                json!([
                    {"objectName": "s0-key", "key": "A"}, {"objectName": "s1-key", "key": "B"}, {"objectName": "s0", "key": "C"},
                ]),
            ),
            ("/spec/volumes/0/csi/volumeAttributes/secretProviderClass", json!("app-app-7")),
            ("/spec/containers/0/volumeMounts/0/readOnly", json!(true)),
            ("/spec/containers/0/env/2/valueFrom/secretKeyRef/key", json!("C")),
        ],
        findings: vec![(Warn, "SecretIdentityDiffers", "/containerDefinitions/0/secrets")],
        ..Case::default()
    }]);
}

#[test]
fn registry_credentials_become_one_pull_secret_for_each_registry() {
    let private = |image: &str| json!({"image": image, "essential": image == "nginx", "repositoryCredentials": {"credentialsParameter": ARN}});
    let pod = task(
        [
            container("a", private("quay.io/x/y:1")),
            container("b", private("quay.io/z:2")),
            container("c", private("nginx")),
        ],
        json!({}),
    );
    check_cases([
        Case {
            name: "V36",
            spec: pod,
            context: with_external_secrets(),
            pod: vec![
                ("/spec/imagePullSecrets", json!([{"name": "app-a-7.registry"}, {"name": "app-c-7.registry"}])),
                ("/companions/0/body/spec/target/template/type", json!("kubernetes.io/dockerconfigjson")),
                (
                    "/companions/0/body/spec/data/1",
                    json!({"secretKey": "password", "remoteRef": {"key": ARN, "property": "password"}}),
                ),
            ],
            findings: vec![(Info, "EssentialExitReplacesTask", "/containerDefinitions")],
            ..Case::default()
        },
        Case {
            name: "the CSI driver makes no pull secrets",
            spec: one(private("nginx")),
            context: with_csi(),
            findings: vec![(Block, "NoSecretBackend", "/containerDefinitions/0/repositoryCredentials")],
            ..Case::default()
        },
        Case {
            name: "a parameter is no registry credential",
            spec: one(
                json!({"repositoryCredentials": {"credentialsParameter": "arn:aws:ssm:us-east-1:1:parameter/x"}}),
            ),
            context: with_external_secrets(),
            findings: vec![(
                Block,
                "InvalidValue",
                "/containerDefinitions/0/repositoryCredentials/credentialsParameter",
            )],
            ..Case::default()
        },
    ]);
}
