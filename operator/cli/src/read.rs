//! Reading files and standard input.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;

use ecs_core::config::{Capabilities, Context, OperatorConfig};
use ecs_core::wire::{self, Document};

/// The documents of a file, `-` for standard input
pub(crate) fn documents(file: &Path) -> anyhow::Result<Vec<Document>> {
    let (name, text) = if file == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text).map(|_| text);
        ("standard input".to_owned(), read)
    } else {
        (file.display().to_string(), fs::read_to_string(file))
    };
    let text = text.with_context(|| format!("{name} cannot be read"))?;
    wire::read(&text).with_context(|| format!("{name} cannot be used"))
}

/// The administrator's configuration and the cluster's capabilities, both as given or their defaults
pub(crate) fn context(config: Option<&Path>, capabilities: Option<&[String]>) -> anyhow::Result<Context> {
    let config = match config {
        None => OperatorConfig::default(),
        Some(file) => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("the configuration {} cannot be read", file.display()))?;
            serde_yaml_ng::from_str(&text)
                .with_context(|| format!("the configuration {} cannot be used", file.display()))?
        }
    };
    let capabilities = match capabilities {
        None => Capabilities::default(),
        Some(names) => Capabilities::named(names).map_err(anyhow::Error::msg).context("--capabilities")?,
    };
    Ok(Context { config, capabilities, ..Context::default() })
}
