//! One file for each target: what it tries, and what must hold.

pub(crate) mod arguments;
pub(crate) mod canonical;
pub(crate) mod cluster_query;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod env_file;
pub(crate) mod names;
pub(crate) mod read;
pub(crate) mod references;
pub(crate) mod render;
pub(crate) mod schedule;
pub(crate) mod templates;
pub(crate) mod yaml;

/// The bytes as text, those that are none replaced: an input is never wasted
fn text(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// What Kubernetes takes as the name of most objects: a DNS subdomain, whose labels it does not measure
fn is_object_name(name: &str) -> bool {
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        label.starts_with(plain) && label.ends_with(plain) && label.chars().all(|c| plain(c) || c == '-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
