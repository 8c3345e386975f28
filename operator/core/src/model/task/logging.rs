//! Where the logs of containers go.
//!
//! *Not here*: any secret; of those only the variable or the reference is known that leads to them.

use std::collections::BTreeMap;
use std::fmt;

use crate::findings::Path;

/// `logConfiguration` with a driver other than `json-file`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logging {
    /// Nobody ships these logs: what the driver is told is kept for people and programs to read
    Noted(LogNote),
    /// The task's log router does
    Routed(LogRoute),
}

/// What a log driver is told
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogNote {
    /// The driver
    pub driver: String,
    /// Its options; the value of one that looks like a credential is left out
    pub options: BTreeMap<String, Option<String>>,
    /// `secretOptions`: references by the option's name
    pub secret_options: BTreeMap<String, String>,
}

/// What the log router does with the logs of one container
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRoute {
    /// Where the document says so
    pub path: Path,
    /// `include-pattern`
    pub include: Option<String>,
    /// `exclude-pattern`
    pub exclude: Option<String>,
    /// The plugin that sends them, with its options; none: the router's own configuration does
    pub output: Option<LogOutput>,
}

/// The output of a log router
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOutput {
    /// The plugin
    pub plugin: String,
    /// Its options
    pub options: BTreeMap<String, LogOption>,
}

/// The value of an option of an output
#[derive(Clone, PartialEq, Eq)]
pub enum LogOption {
    /// As it is written
    Plain(String),
    /// In this variable of the router's environment
    Variable(String),
}

impl fmt::Debug for LogOption {
    /// Without a plain value, which may be a credential
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("…"),
            Self::Variable(name) => write!(f, "${name}"),
        }
    }
}

/// `firelensConfiguration`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRouter {
    /// Where the document says so
    pub path: Path,
    /// The container, by its index
    pub container: usize,
    /// The program
    pub kind: RouterKind,
    /// `enable-ecs-log-metadata`
    pub adds_metadata: bool,
    /// A file of its image that the configuration includes
    pub included: Option<String>,
}

/// The program of a log router
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouterKind {
    /// Fluent Bit
    FluentBit,
    /// Fluentd
    Fluentd,
}
