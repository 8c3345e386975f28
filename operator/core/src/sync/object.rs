//! Objects for what only is on ECS.
//!
//! *Not here*: which (`look`), and who makes them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::side::{Id, Kind};
use crate::names;

/// The longest name that a child's name can be made of
const NAME_MAX: usize = 63;

/// What an object is imported as
#[derive(Clone, Copy, Debug)]
pub struct Imported<'a> {
    /// Its spec
    pub spec: &'a Value,
    /// The digest of what it is imported as
    pub digest: &'a str,
    /// The number of a family's newest revision on ECS
    pub number: Option<i64>,
    /// From when a rate counts
    pub made: Option<Timestamp>,
}

/// An object of ours
///
/// # Errors
///
/// Where what ECS says is no spec of the kind; the words name no value.
pub fn object<K: DeserializeOwned>(id: &Id, name: &str, namespace: &str, imported: &Imported<'_>) -> Result<K, String> {
    let mut annotations = BTreeMap::from([(names::IMPORTED.to_owned(), imported.digest.to_owned())]);
    annotations.extend(imported.number.map(|number| (names::AWS_REVISION.to_owned(), number.to_string())));
    annotations.extend(imported.made.map(|made| (names::ANCHOR.to_owned(), made.to_string())));
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_owned()),
        annotations: Some(annotations),
        ..ObjectMeta::default()
    };
    let object = json!({
        "apiVersion": format!("{}/{}", ecs_crds::GROUP, ecs_crds::VERSION),
        "kind": id.kind.object(),
        "metadata": metadata,
        "spec": imported.spec,
    });
    serde_json::from_value(object).map_err(|_| format!("what ECS says of {id} is no {}", id.kind.object()))
}

/// The names that an imported object may take, the best first: that of its counterpart, and one that no other counterpart has
#[must_use]
pub fn names_of(id: &Id) -> [String; 2] {
    let short = match id.kind {
        Kind::TaskDefinition | Kind::Service => id.name.as_str(),
        Kind::Schedule => id.name.rsplit(['/', ':']).next().unwrap_or(&id.name),
    };
    let whole = id.name.replace(['/', ':'], "-");
    // A name of the other form gets its digest, so that `g/a-b` and `g-a/b` stay different
    let whole = if whole == id.name { whole } else { format!("{whole}_{}", &names::sha256(&id.name)[..4]) };
    [names::k8s_name(short, NAME_MAX), names::k8s_name(&whole, NAME_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_called_as_its_counterpart_or_by_all_of_its_name() {
        let of = |kind, name: &str| names_of(&Id::new(kind, name));
        assert_eq!(of(Kind::Service, "web"), ["web", "web"]);
        assert_eq!(of(Kind::Schedule, "default/nightly")[0], "nightly");
        assert_eq!(of(Kind::Schedule, "rule:nightly")[0], "nightly");
        let wholes = ["a/b-c", "a-b/c", "rule:c"].map(|name| of(Kind::Schedule, name)[1].clone());
        assert!(wholes[0] != wholes[1] && wholes[1] != wholes[2], "{wholes:?}");
    }
}
