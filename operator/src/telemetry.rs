//! Logs: structured, on stderr; coloured only on a terminal.
//!
//! *Guarantees*: whatever is asked for, what AWS's SDK and the HTTP client say of requests and answers is not logged: these hold
//! values of environments.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::args::LogFormat;

/// What says whole requests and answers below this level
const SILENT: &[&str] = &[
    "aws_config=info",
    "aws_runtime=info",
    "aws_sigv4=info",
    "aws_smithy_http_client=info",
    "aws_smithy_runtime=info",
    "aws_smithy_runtime_api=info",
    "hyper=info",
    "hyper_util=info",
];

/// Starts logging
///
/// # Errors
///
/// Where the filter cannot be understood.
pub(crate) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let mut filter = EnvFilter::try_new(filter).map_err(|e| anyhow::anyhow!("--log {filter}: {e}"))?;
    for silent in SILENT {
        filter = filter.add_directive(silent.parse()?);
    }
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
    Ok(())
}
