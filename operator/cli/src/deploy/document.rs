//! The task definition that is to be deployed: out of a file, or the one that is there with other images.
//!
//! *Not here*: clusters.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use ecs_core::wire::{Parameters, converted};
use ecs_crds::status::{Finding, Severity};
use ecs_crds::{TaskDefinition, TaskDefinitionSpec};

use crate::read;

/// Another image for a container
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The container; none: the only one
    container: Option<String>,
    image: String,
}

impl FromStr for Image {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (container, image) = match text.split_once('=') {
            Some((container, image)) => (Some(container.to_owned()), image),
            None => (None, text),
        };
        if image.is_empty() || container.as_ref().is_some_and(String::is_empty) {
            return Err("write IMAGE, or CONTAINER=IMAGE".to_owned());
        }
        Ok(Self { container, image: image.to_owned() })
    }
}

/// Gives containers other images; returns what changed, a line each
pub(crate) fn with_images(spec: &mut TaskDefinitionSpec, images: &[Image]) -> anyhow::Result<Vec<String>> {
    let containers = spec.container_definitions.get_or_insert_default();
    let names: Vec<String> = containers.iter().filter_map(|c| c.name.clone()).collect();
    let mut changes = Vec::new();
    for Image { container, image } in images {
        let name = match (container, names.as_slice()) {
            (Some(name), _) => name,
            (None, [only]) => only,
            (None, _) => anyhow::bail!(
                "the task definition has several containers; write CONTAINER={image}, of {}",
                names.join(", ")
            ),
        };
        let found = containers.iter_mut().find(|c| c.name.as_ref() == Some(name));
        let found =
            found.with_context(|| format!("no container is called `{name}`; there are {}", names.join(", ")))?;
        let before = found.image.replace(image.clone()).unwrap_or_default();
        if before != *image {
            changes.push(format!("{name}: {before} → {image}"));
        }
    }
    Ok(changes)
}

/// The one task definition of a file, and what was found in it; none where a finding must be resolved first
pub(crate) fn of_file(file: &PathBuf) -> anyhow::Result<(Option<TaskDefinition>, Vec<Finding>)> {
    let documents = read::documents(std::slice::from_ref(file), &Parameters::default())?;
    let [document] = <[_; 1]>::try_from(converted(documents, None).documents)
        .map_err(|all| anyhow::anyhow!("{} holds {} documents; give one task definition", file.display(), all.len()))?;
    let blocked = document.findings.iter().any(|finding| finding.severity == Severity::Block);
    let Some(object) = document.object.filter(|_| !blocked) else { return Ok((None, document.findings)) };
    anyhow::ensure!(
        document.kind == "TaskDefinition",
        "{} holds an object of the kind {}; give a task definition, and change services with kubectl ecs update-service",
        file.display(),
        document.kind
    );
    Ok((Some(serde_json::from_value(object)?), document.findings))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(containers: &[(&str, &str)]) -> TaskDefinitionSpec {
        let containers: Vec<_> = containers.iter().map(|(name, image)| json!({"name": name, "image": image})).collect();
        serde_json::from_value(json!({ "containerDefinitions": containers })).unwrap()
    }

    #[test]
    fn an_image_goes_to_the_container_that_is_named_or_to_the_only_one() {
        let (one, two) = (&[("app", "web:1")][..], &[("app", "web:1"), ("mon", "mon:1")][..]);
        for (containers, images, expected) in [
            (one, &["web:2"][..], Ok(vec!["app: web:1 → web:2"])),
            (one, &["app=web@sha256:ab"], Ok(vec!["app: web:1 → web@sha256:ab"])),
            (one, &["web:1"], Ok(vec![])),
            (two, &["mon=mon:2", "app=web:2"], Ok(vec!["mon: mon:1 → mon:2", "app: web:1 → web:2"])),
            (two, &["web:2"], Err("the task definition has several containers; write CONTAINER=web:2, of app, mon")),
            (two, &["api=web:2"], Err("no container is called `api`; there are app, mon")),
        ] {
            let images: Vec<Image> = images.iter().map(|image| image.parse().unwrap()).collect();
            let changed = with_images(&mut spec(containers), &images).map_err(|error| error.to_string());
            let changed = changed.as_ref().map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(changed.map_err(String::as_str), expected, "{images:?}");
        }
        for nothing in ["", "app=", "=web:2"] {
            assert!(nothing.parse::<Image>().is_err(), "{nothing}");
        }
    }
}
