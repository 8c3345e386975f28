//! Environment variables → `environment` and `secrets`; `$(VAR)` in commands → its value.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar, EnvVarSource};
use serde_json::{Value, json};

use super::Report;
use super::around::Around;
use crate::findings::Path;

/// The variables of a container
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// By name: the value, or none where only the running pod knows it
    known: BTreeMap<String, Option<String>>,
    /// By name: where AWS keeps the value
    secrets: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the variables of a container; later ones win, as in Kubernetes
    pub(super) fn of(
        (from, variables): (&[EnvFromSource], &[EnvVar]),
        around: (&Around, Option<&str>),
        path: &Path,
        report: &mut Report<'_>,
    ) -> Self {
        let mut these = Self::default();
        for (index, source) in from.iter().enumerate() {
            these.take_all(source, around, &path.key("envFrom").index(index), report);
        }
        for (index, variable) in variables.iter().enumerate() {
            these.take(variable, around, &path.key("env").index(index), report);
        }
        these
    }

    /// `environment`
    pub(super) fn environment(&self) -> Vec<Value> {
        let plain = self.known.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        plain.map(|(name, value)| json!({"name": name, "value": value})).collect()
    }

    /// `secrets`
    pub(super) fn secrets(&self) -> Vec<Value> {
        self.secrets.iter().map(|(name, from)| json!({"name": name, "valueFrom": from})).collect()
    }

    /// What Kubernetes makes of words of a command. A variable that only the running pod knows stays and is named
    pub(super) fn expand_all(&self, words: &[String], path: &Path, report: &mut Report<'_>) -> Vec<String> {
        let expand = |(index, word): (usize, &String)| self.expand(word, &path.index(index), report);
        words.iter().enumerate().map(expand).collect()
    }

    fn expand(&self, text: &str, path: &Path, report: &mut Report<'_>) -> String {
        let (expanded, unknown) = expand(text, &self.known);
        let message = "it names a variable whose value only the running pod knows, and ECS expands nothing; read it in the \
                       program instead";
        report.lost(unknown, path, "LossExpansion", message);
        expanded
    }

    fn plain(&mut self, name: &str, value: String) {
        self.secrets.remove(name);
        self.known.insert(name.to_owned(), Some(value));
    }

    fn secret(&mut self, name: &str, from: &str) {
        self.known.insert(name.to_owned(), None);
        self.secrets.insert(name.to_owned(), from.to_owned());
    }

    fn take_all(
        &mut self,
        source: &EnvFromSource,
        (around, namespace): (&Around, Option<&str>),
        path: &Path,
        report: &mut Report<'_>,
    ) {
        let EnvFromSource { config_map_ref, prefix, secret_ref } = source;
        let prefix = prefix.as_deref().unwrap_or_default();
        if let Some(reference) = config_map_ref {
            match around.config_map(namespace, &reference.name).and_then(|map| map.data.as_ref()) {
                Some(data) => {
                    snapshot(path, report);
                    data.iter().for_each(|(key, value)| self.plain(&format!("{prefix}{key}"), value.clone()));
                }
                None => absent(&reference.name, path, report),
            }
        }
        if let Some(reference) = secret_ref {
            match around.secret(namespace, &reference.name) {
                Some(keys) => keys.iter().for_each(|(key, from)| self.secret(&format!("{prefix}{key}"), from)),
                None => unknown_secret(&reference.name, path, report),
            }
        }
    }

    fn take(
        &mut self,
        variable: &EnvVar,
        (around, namespace): (&Around, Option<&str>),
        path: &Path,
        report: &mut Report<'_>,
    ) {
        let EnvVar { name, value, value_from } = variable;
        let Some(source) = value_from else {
            let value = self.expand(value.as_deref().unwrap_or_default(), &path.key("value"), report);
            return self.plain(name, value);
        };
        let EnvVarSource { config_map_key_ref, field_ref, file_key_ref, resource_field_ref, secret_key_ref } = source;
        let path = path.key("valueFrom");
        if let Some(reference) = config_map_key_ref {
            let map = around.config_map(namespace, &reference.name);
            match map.and_then(|map| map.data.as_ref()?.get(&reference.key)) {
                Some(value) => {
                    snapshot(&path, report);
                    self.plain(name, value.clone());
                }
                None => absent(&reference.name, &path, report),
            }
        } else if let Some(reference) = secret_key_ref {
            match around.secret(namespace, &reference.name).and_then(|keys| keys.get(&reference.key)) {
                Some(from) => self.secret(name, from),
                None => unknown_secret(&reference.name, &path, report),
            }
        } else {
            let dynamic = field_ref.is_some() || resource_field_ref.is_some() || file_key_ref.is_some();
            self.known.insert(name.clone(), None);
            let message = "only a running pod knows this value; on ECS ask the task metadata endpoint";
            report.lost(dynamic, &path, "LossDynamicValue", message);
        }
    }
}

fn snapshot(path: &Path, report: &mut Report<'_>) {
    report.near(
        true,
        path,
        "ConfigMapSnapshot",
        "the values are those of the ConfigMap as it was given; they follow it no longer",
    );
}

fn absent(name: &str, path: &Path, report: &mut Report<'_>) {
    let message = format!("the ConfigMap `{name}` or its key is not among what was given; give it too");
    report.refused(true, path, "LossConfigMap", &message);
}

fn unknown_secret(name: &str, path: &Path, report: &mut Report<'_>) {
    let message = format!(
        "where AWS keeps the Secret `{name}` is not known; give the ExternalSecret that makes it, with the ARNs as its keys"
    );
    report.refused(true, path, "LossSecret", &message);
}

/// Expands `$(NAME)` and `$$` as Kubernetes does, and whether a name stood for what is not known
fn expand(text: &str, known: &BTreeMap<String, Option<String>>) -> (String, bool) {
    let (mut expanded, mut unknown, mut rest) = (String::with_capacity(text.len()), false, text);
    while let Some(dollar) = rest.find('$') {
        expanded.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
            continue;
        }
        let reference = rest.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        match reference.and_then(|(name, after)| Some((name, after, known.get(name)?))) {
            Some((_, after, Some(value))) => {
                expanded.push_str(value);
                rest = after;
            }
            found => {
                unknown |= found.is_some();
                expanded.push('$');
            }
        }
    }
    expanded.push_str(rest);
    (expanded, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v179_text_is_expanded_as_kubernetes_expands_it() {
        let known = BTreeMap::from([("A".to_owned(), Some("1$(A)".to_owned())), ("S".to_owned(), None)]);
        for (text, expected, unknown) in [
            ("$$(x)", "$(x)", false),
            ("$(A)-$(B)", "1$(A)-$(B)", false),
            ("$$$(A)", "$1$(A)", false),
            ("$(S)", "$(S)", true),
            ("$(A", "$(A", false),
            ("a$", "a$", false),
            ("$HOME", "$HOME", false),
        ] {
            assert_eq!(expand(text, &known), (expected.to_owned(), unknown), "{text}");
        }
    }
}
