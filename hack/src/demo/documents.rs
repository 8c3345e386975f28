//! What the demo applies: examples/web, or a task definition of the user's own with a small service around it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::workspace;

/// The documents of one demo.
pub(super) struct Documents {
    /// In the order in which they are applied
    pub(super) all: Vec<Document>,
    /// The name of the TaskDefinition
    pub(super) definition: String,
    /// The name of the EcsService
    pub(super) service: String,
}

/// One document.
pub(super) struct Document {
    /// Where it comes from, for people
    pub(super) title: String,
    /// What is applied
    pub(super) manifest: Value,
}

impl Documents {
    /// Reads the user's document, or examples/web.
    pub(super) fn read(path: Option<&Path>) -> Result<Self> {
        let all = match path {
            Some(path) => own(path)?,
            None => ["taskdefinition.yaml", "ecsservice.yaml", "scheduledtask.yaml"]
                .into_iter()
                .map(|file| example(&workspace::root().join("examples/web"), file))
                .collect::<Result<_>>()?,
        };
        let name = |kind: &str| {
            let found =
                all.iter().find(|d| d.manifest["kind"] == kind).and_then(|d| d.manifest["metadata"]["name"].as_str());
            found.map(str::to_owned).with_context(|| format!("the documents hold no {kind}"))
        };
        Ok(Self { definition: name("TaskDefinition")?, service: name("EcsService")?, all })
    }

    /// The image of the first container under another tag.
    pub(super) fn next_image(&self) -> String {
        let definition = self.all.iter().find(|d| d.manifest["kind"] == "TaskDefinition");
        let image = definition
            .and_then(|d| d.manifest["spec"]["containerDefinitions"][0]["image"].as_str())
            .unwrap_or_default();
        other_tag(image)
    }
}

fn example(folder: &Path, file: &str) -> Result<Document> {
    let path: PathBuf = folder.join(file);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest = serde_yaml_ng::from_str(&text).with_context(|| format!("{} is not YAML", path.display()))?;
    Ok(Document { title: format!("examples/web/{file}"), manifest })
}

/// A task definition of the user's own, as it is under `spec`, and a service of two tasks.
fn own(path: &Path) -> Result<Vec<Document>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    // DescribeTaskDefinition wraps the document.
    let spec = if value["taskDefinition"].is_object() { value["taskDefinition"].clone() } else { value };
    if !spec["containerDefinitions"].is_array() {
        bail!("{} is not an ECS task definition: it has no list `containerDefinitions`", path.display());
    }
    let family = spec["family"].as_str().unwrap_or("demo").to_owned();
    let kind = |kind: &str, spec: Value| json!({"apiVersion": "ecs-operator.dev/v1alpha1", "kind": kind, "metadata": {"name": "demo"}, "spec": spec});
    let service = json!({"serviceName": "demo", "taskDefinition": family, "desiredCount": 2});
    Ok(vec![
        Document {
            title: format!("{} as TaskDefinition demo", path.display()),
            manifest: kind("TaskDefinition", spec),
        },
        Document {
            title: "a service of two tasks as EcsService demo".to_owned(),
            manifest: kind("EcsService", service),
        },
    ])
}

/// `nginx:1.27` → `nginx:1.27-next`; a digest is left out, and a port is not a tag.
fn other_tag(image: &str) -> String {
    let image = image.split('@').next().unwrap_or(image);
    let has_tag = image.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if has_tag { format!("{image}-next") } else { format!("{image}:next") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_image_is_another_one_of_the_same_name() {
        assert_eq!(other_tag("nginx:1.27"), "nginx:1.27-next");
        assert_eq!(other_tag("registry:5000/web"), "registry:5000/web:next");
        assert_eq!(other_tag("web@sha256:abc"), "web:next");
    }
}
