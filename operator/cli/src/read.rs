//! Reading files and standard input.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;

use ecs_core::config::{Capabilities, Context, OperatorConfig};
use ecs_core::wire::{self, Document, Parameters, ReadError};

/// In place of a file
const STANDARD_INPUT: &str = "-";

/// The documents of a file, `-` for standard input, with what is given for templates
pub(crate) fn documents(file: &Path, given: &Parameters) -> anyhow::Result<Vec<Document>> {
    used(file, wire::read_with(&text(file)?, given))
}

/// The text of a file, `-` for standard input
pub(crate) fn text(file: &Path) -> anyhow::Result<String> {
    let text = if file == Path::new(STANDARD_INPUT) {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    text.with_context(|| format!("{} cannot be read", name(file)))
}

/// What was made of a file's text, or which file it was
pub(crate) fn used<T>(file: &Path, read: Result<T, ReadError>) -> anyhow::Result<T> {
    read.with_context(|| format!("{} cannot be used", name(file)))
}

fn name(file: &Path) -> String {
    if file == Path::new(STANDARD_INPUT) { "standard input".to_owned() } else { file.display().to_string() }
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
