//! Registry credentials: a secret with user name and password becomes a pull secret of the pod (`repositoryCredentials`).

use k8s_openapi::api::core::v1::{LocalObjectReference, PodSpec};
use serde_json::json;

use super::external::{Body, Datum, ExternalSecret, RemoteRef, Target, remote, store};
use crate::config::Context;
use crate::model::task::Task;
use crate::revision::CompanionKind;
use crate::translate::companion::Companions;

/// How Docker's configuration names Docker Hub
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// Adds a pull secret for each registry and credentials that containers name
///
/// Pull secrets are the pod's: a container whose image is of the same registry is pulled with them too.
pub(super) fn add(spec: &mut PodSpec, task: &Task, context: &Context, companions: &mut Companions) {
    let mut seen = Vec::new();
    for container in task.containers() {
        let Some(credentials) = &container.registry else { continue };
        let registry = registry(&container.image);
        if seen.contains(&(credentials, registry)) {
            continue;
        }
        seen.push((credentials, registry));
        // The dot keeps it apart from every container's own Secret
        let name = format!("{}.registry", companions.name(container.ecs_name()));
        let key = remote(credentials).key;
        let datum = |part: &'static str| Datum {
            secret_key: part,
            remote_ref: RemoteRef { key: key.clone(), property: Some(part.to_owned()), version: None },
            source_ref: None,
        };
        let body = ExternalSecret {
            refresh_interval: &context.config.secrets.refresh_interval,
            secret_store_ref: store(credentials, task, context),
            target: Target { name: &name, creation_policy: "Owner", template: Some(template(registry)) },
            data: vec![datum("username"), datum("password")],
        };
        companions.add(CompanionKind::ExternalSecret, name.clone(), &Body { spec: body });
        spec.image_pull_secrets.get_or_insert_default().push(LocalObjectReference { name });
    }
}

/// The Secret as the kubelet reads it; External Secrets fills in user name and password
fn template(registry: &str) -> serde_json::Value {
    let auth = concat!(
        r#"{"username": {{ .username | toJson }}, "password": {{ .password | toJson }}, "#,
        r#""auth": {{ printf "%s:%s" .username .password | b64enc | toJson }}}"#,
    );
    json!({
        "engineVersion": "v2",
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": format!(r#"{{"auths": {{"{registry}": {auth}}}}}"#)},
    })
}

/// The registry of an image, as Docker tells it: the part before the first `/` where it looks like a host
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => match host {
            "docker.io" | "index.docker.io" | "registry-1.docker.io" => DOCKER_HUB,
            host => host,
        },
        _ => DOCKER_HUB,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v36_credentials_are_for_the_registry_of_the_image() {
        for (image, expected) in [
            ("quay.io/x/y:1", "quay.io"),
            ("nginx", DOCKER_HUB),
            ("library/nginx:1", DOCKER_HUB),
            ("docker.io/library/nginx", DOCKER_HUB),
            ("localhost:5000/x", "localhost:5000"),
            ("localhost/x", "localhost"),
        ] {
            assert_eq!(registry(image), expected, "{image}");
        }
    }

    #[test]
    fn the_template_of_a_pull_secret_is_json_once_it_is_filled_in() {
        let template = template("quay.io")["data"][".dockerconfigjson"].as_str().unwrap_or_default().to_owned();
        let mut filled = String::new();
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once("{{ ") {
            filled.push_str(before);
            filled.push_str("\"x\"");
            rest = after.split_once(" }}").map_or("", |(_, rest)| rest);
        }
        filled.push_str(rest);
        let expected = json!({"auths": {"quay.io": {"username": "x", "password": "x", "auth": "x"}}});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&filled).ok(), Some(expected), "{filled}");
    }
}
