//! Log drivers and the FireLens log router (§6, R-FIRELENS).
//!
//! Logs of containers always reach the node (`kubectl logs`). What a driver other than FireLens is told is noted on the pod,
//! for whoever ships logs here.
//!
//! *Guarantees*: there is at most one log router; what it is told fits on one line each; no value of an option stands in a
//! message, and none that looks like a credential in a note.
//!
//! *Not here*: the router's configuration (`translate`), its place in the start order (`depends`).

use std::collections::BTreeMap;

use ecs_crds::ecs::{ContainerDefinition, FirelensConfiguration, LogConfiguration, Secret as Written};
use ecs_crds::status::Class;

use super::report::{Report, each, said};
use super::{each_container, secrets};
use crate::config::{Context, LogBackend};
use crate::findings::Path;
use crate::model::task::{Container, LogNote, LogOption, LogOutput, LogRoute, LogRouter, Logging, RouterKind, Secret};

/// Options of `awsfirelens` that are not the output's
const OF_THE_DRIVER: &[&str] = &["log-driver-buffer-limit", "include-pattern", "exclude-pattern"];

/// Parts of the names of options whose values are credentials
const CREDENTIALS: &[&str] = &[
    "token",
    "password",
    "passwd",
    "secret",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "access-key",
    "shared_key",
    "credential",
    "authorization",
    "header",
    "license",
];

/// Fills in what becomes of the containers' logs; the log router, where there is one
pub(super) fn fill(
    definitions: &[ContainerDefinition],
    containers: &mut [Container],
    context: &Context,
    report: &mut Report,
) -> Option<LogRouter> {
    let router = router(definitions, report);
    let mut variables = Vec::new();
    for (index, (path, definition)) in each_container(definitions).enumerate() {
        let path = path.key("logConfiguration");
        let Some(written) = &definition.log_configuration else { continue };
        let LogConfiguration { log_driver, options, secret_options, unknown: _ } = written;
        let options = options.clone().unwrap_or_default();
        let secrets = references(&path.key("secretOptions"), secret_options.as_ref(), report);
        let logging = match (said(log_driver.as_ref()), &router) {
            (None, _) => None,
            (Some("json-file"), _) => {
                rotation(&path, &options, report);
                None
            }
            (Some("awsfirelens"), Some(router)) => {
                let numbered = Numbered { index, variables: &mut variables };
                Some(Logging::Routed(route(&path, router.kind, options, secrets, numbered, report)))
            }
            (Some(driver), _) => {
                let note = note(driver, options, secrets);
                not_routed(&path, &note, context, report);
                Some(Logging::Noted(note))
            }
        };
        if let Some(container) = containers.get_mut(index) {
            container.logging = logging;
        }
    }
    let router = router?;
    if !variables.is_empty() && secrets::backend(&router.path, context.capabilities, report) {
        containers.get_mut(router.container)?.secrets.extend(variables);
    }
    Some(router)
}

/// The log router; of several ECS refuses all but one
fn router(definitions: &[ContainerDefinition], report: &mut Report) -> Option<LogRouter> {
    let mut found: Option<LogRouter> = None;
    for (container, (path, definition)) in each_container(definitions).enumerate() {
        let Some(FirelensConfiguration { r#type, options, unknown: _ }) = &definition.firelens_configuration else {
            continue;
        };
        let path = path.key("firelensConfiguration");
        if found.is_some() {
            report.block(&path, "FirelensConflict", "a task has one log router; remove the others");
            continue;
        }
        let kinds = [("fluentbit", RouterKind::FluentBit), ("fluentd", RouterKind::Fluentd)];
        let Some(kind) = report.choice(&path.key("type"), r#type.as_deref(), &kinds) else {
            if r#type.is_none() {
                report.required(&path, "type");
            }
            continue;
        };
        let none = BTreeMap::new();
        let options = options.as_ref().unwrap_or(&none);
        let adds_metadata = options.get("enable-ecs-log-metadata").is_none_or(|value| value != "false");
        let included = included(&path.key("options"), options, report);
        found = Some(LogRouter { path, container, kind, adds_metadata, included });
    }
    found
}

/// `config-file-type` and `config-file-value`
fn included(path: &Path, options: &BTreeMap<String, String>, report: &mut Report) -> Option<String> {
    let file = options.get("config-file-value").filter(|file| !file.is_empty());
    match (options.get("config-file-type").map(String::as_str), file) {
        (None, None) => None,
        (Some("file"), Some(file)) if one_line(file) => Some(file.clone()),
        (Some("s3"), Some(_)) => {
            let message = "the operator does not read S3; build the file into the log router's image and name it with \
                           config-file-type `file`";
            report.block(&path.key("config-file-value"), "FirelensConfigUnreadable", message);
            None
        }
        _ => {
            let message = "config-file-type (`file` or `s3`) and config-file-value (on one line) go together; give both or \
                           none";
            report.invalid(&path.key("config-file-type"), message);
            None
        }
    }
}

/// `secretOptions`: references by the option's name
fn references(path: &Path, list: Option<&Vec<Written>>, report: &mut Report) -> BTreeMap<String, Written> {
    let mut references = BTreeMap::new();
    for (at, option) in each(path, list) {
        let (Some(name), Some(value_from)) = (said(option.name.as_ref()), said(option.value_from.as_ref())) else {
            report.required(&at, if said(option.name.as_ref()).is_none() { "name" } else { "valueFrom" });
            continue;
        };
        if let Err(error) = value_from.parse::<crate::values::secret_ref::SecretRef>() {
            secrets::refused(&at.key("valueFrom"), &error, report);
            continue;
        }
        references.insert(name.to_owned(), option.clone());
    }
    references
}

/// The variables of the router's environment that hold secret options, and the container that they are of
struct Numbered<'a> {
    index: usize,
    variables: &'a mut Vec<Secret>,
}

impl Numbered<'_> {
    /// The variable of an option, as the agent names it: the option and the container's number
    fn variable(&mut self, option: &str, reference: &Written) -> Option<String> {
        let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name = format!("{}_{}", option.chars().map(legal).collect::<String>(), self.index);
        let value_from = reference.value_from.as_deref()?.parse().ok()?;
        self.variables.retain(|other| other.name != name);
        self.variables.push(Secret { name: name.clone(), value_from });
        Some(name)
    }
}

/// What the log router does with the logs of a container
fn route(
    path: &Path,
    kind: RouterKind,
    mut options: BTreeMap<String, String>,
    secrets: BTreeMap<String, Written>,
    mut numbered: Numbered<'_>,
    report: &mut Report,
) -> LogRoute {
    let at = path.key("options");
    for name in options.iter().filter(|(name, value)| !one_line(name) || !one_line(value)).map(|(name, _)| name) {
        report.invalid(&at.key(name), "an option of a log router is one line; remove the control characters");
    }
    options.retain(|name, value| one_line(name) && one_line(value));
    let mut driver: BTreeMap<&str, String> = BTreeMap::new();
    for name in OF_THE_DRIVER {
        driver.extend(options.remove(*name).map(|value| (*name, value)));
    }
    if driver.remove("log-driver-buffer-limit").is_some() {
        let message =
            "nothing is buffered by a log driver here: the log router reads the node's log files, or is written to";
        report.info(&at.key("log-driver-buffer-limit"), Class::Advisory, "LogBufferLimitIgnored", message);
    }
    let plugin_key = match kind {
        RouterKind::FluentBit => "Name",
        RouterKind::Fluentd => "@type",
    };
    let plugin = options.keys().find(|name| name.eq_ignore_ascii_case(plugin_key)).cloned();
    let plugin = plugin.and_then(|key| options.remove(&key));
    if plugin.is_none() && !(options.is_empty() && secrets.is_empty()) {
        let message = format!(
            "these options name no output plugin (`{plugin_key}`), so the router's own configuration decides what becomes of \
             the logs; on ECS the task would not start; add it"
        );
        report.warn(&at, Class::Approximate, "FirelensOutputMissing", message);
    }
    for name in options.keys().filter(|name| is_credential(name)) {
        let message = "this looks like a credential and stands in plain text in the log router's ConfigMap; move it to \
                       `secretOptions`";
        report.warn(&at.key(name), Class::Equivalent, "LogOptionPlainCredential", message);
    }
    let output = plugin.map(|plugin| {
        let mut all: BTreeMap<_, _> =
            options.into_iter().map(|(name, value)| (name, LogOption::Plain(value))).collect();
        for (name, reference) in secrets {
            all.extend(numbered.variable(&name, &reference).map(|variable| (name, LogOption::Variable(variable))));
        }
        LogOutput { plugin, options: all }
    });
    LogRoute {
        path: path.clone(),
        include: driver.remove("include-pattern"),
        exclude: driver.remove("exclude-pattern"),
        output,
    }
}

/// What a driver is told, without what looks like a credential
fn note(driver: &str, options: BTreeMap<String, String>, secrets: BTreeMap<String, Written>) -> LogNote {
    let hidden = |name: &str, value: &str| is_credential(name) || (value.contains("://") && value.contains('@'));
    LogNote {
        driver: driver.to_owned(),
        options: options
            .into_iter()
            .map(|(name, value)| {
                let value = (!hidden(&name, &value)).then_some(value);
                (name, value)
            })
            .collect(),
        secret_options: secrets.into_iter().filter_map(|(name, secret)| Some((name, secret.value_from?))).collect(),
    }
}

/// `json-file`: what the kubelet does anyway
fn rotation(path: &Path, options: &BTreeMap<String, String>, report: &mut Report) {
    if !options.is_empty() {
        let message = "how large logs get on the node is a setting of its kubelet (containerLogMaxSize, \
                       containerLogMaxFiles)";
        report.info(&path.key("options"), Class::Advisory, "LogRotationIsTheNodes", message);
    }
}

/// The findings on logs that no router ships
fn not_routed(path: &Path, note: &LogNote, context: &Context, report: &mut Report) {
    let pending = match context.config.logging.backend {
        LogBackend::None => None,
        LogBackend::FluentOperator => Some("fluentOperator"),
        LogBackend::ConfigMap => Some("configMap"),
    };
    if let Some(backend) = pending {
        let message = format!("this version tells the log backend `{backend}` nothing; logs stay on the node");
        report.warn(path, Class::Approximate, "TranslationPending", message);
    }
    let (class, lost) = match note.driver.as_str() {
        "awslogs" => (Class::Approximate, "not sent to CloudWatch Logs"),
        "splunk" => (Class::Approximate, "not sent to Splunk"),
        "journald" => (Class::Advisory, "not in the node's journal"),
        "awsfirelens" => (Class::Approximate, "not routed, as no container has a `firelensConfiguration`"),
        _ => (Class::Approximate, "not sent to the driver's address"),
    };
    let message = format!(
        "logs stay on the node (kubectl logs) and are {lost}; a log agent on the nodes can ship them, and finds what the \
         driver is told in an annotation of the pod"
    );
    report.warn(path, class, "LogRoutingNotConfigured", message);
    for (name, _) in note.options.iter().filter(|(_, value)| value.is_none()) {
        let message = "this looks like a credential, so the annotation of the pod has no value for it; move it to \
                       `secretOptions`";
        report.info(&path.key("options").key(name), Class::Advisory, "LogOptionNotCopied", message);
    }
}

/// Whether the value of an option of this name is a credential
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CREDENTIALS.iter().any(|part| name.contains(part))
}

fn one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
