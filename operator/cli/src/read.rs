//! Reading files and standard input.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use ecs_core::config::{Capabilities, Context, OperatorConfig};
use ecs_core::wire::{self, Document, Parameters, Source};

/// In place of a file
const STANDARD_INPUT: &str = "-";
/// How large a file may be, in bytes: CloudFormation takes templates of 1 MiB
const MOST: usize = 32 << 20;

/// The documents of files, `-` for standard input, read together, with what is given for templates
pub(crate) fn documents(files: &[PathBuf], given: &Parameters) -> anyhow::Result<Vec<Document>> {
    let parsed = |file: &PathBuf| Source::parse(&text(file)?).with_context(|| format!("{} cannot be used", name(file)));
    let sources: Vec<Source> = files.iter().map(parsed).collect::<anyhow::Result<_>>()?;
    Ok(wire::documents(sources, given))
}

/// The text of a file, `-` for standard input
pub(crate) fn text(file: &Path) -> anyhow::Result<String> {
    let bytes = if file == Path::new(STANDARD_INPUT) {
        bounded(std::io::stdin().lock())
    } else if file.is_dir() {
        anyhow::bail!("{} is a folder; name the files in it, each with -f", name(file));
    } else {
        File::open(file).and_then(bounded)
    };
    let bytes = bytes.with_context(|| format!("{} cannot be read", name(file)))?;
    anyhow::ensure!(
        bytes.len() <= MOST,
        "{} has more than {} MiB; no document of ECS is that large, so look whether it is the right file",
        name(file),
        MOST >> 20
    );
    decoded(bytes).with_context(|| format!("{} cannot be used", name(file)))
}

/// At most one byte more than may be
fn bounded(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decoded(bytes: Vec<u8>) -> anyhow::Result<String> {
    // The marks of byte order that PowerShell's `>` begins a file with
    anyhow::ensure!(
        !bytes.starts_with(&[0xff, 0xfe]) && !bytes.starts_with(&[0xfe, 0xff]),
        "it is UTF-16, as PowerShell's `>` writes it; write it as UTF-8, with `| Out-File -Encoding utf8 FILE`"
    );
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to() + 1;
        anyhow::anyhow!("byte {place} is no UTF-8, so it is no text; give the JSON or YAML document itself")
    })
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
