//! Names as people spell them: `ContainerDefinitions`, `container_definitions` and `FilesystemId` for the members that the
//! support table knows as `containerDefinitions` and `fileSystemId`.
//!
//! *Not here*: misspelt names: those keep their spelling, and `check` suggests the nearest one.

use serde_json::{Map, Value};

/// The known name that `key` spells: the same letters in the same order; none where it spells no known one
pub(super) fn of<'a>(known: impl IntoIterator<Item = &'a str>, key: &str) -> Option<&'a str> {
    // A remark of the author is no spelling of anything
    if key.starts_with('_') || key.starts_with("x-") {
        return None;
    }
    let spelt = letters(key);
    known.into_iter().find(|name| letters(name) == spelt)
}

/// Takes a member by its name, however it is spelt
pub(super) fn take(members: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = key(members, name)?.clone();
    members.remove(&key)
}

/// A member by its name, however it is spelt
pub(super) fn get<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(key(members, name)?)
}

/// Gives a member another name, unless there is one of that name already
pub(super) fn rename(members: &mut Map<String, Value>, from: &str, to: &str) {
    if key(members, to).is_none()
        && let Some(value) = take(members, from)
    {
        members.insert(to.to_owned(), value);
    }
}

fn key<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a String> {
    if let Some((key, _)) = members.get_key_value(name) {
        return Some(key);
    }
    members.keys().find(|key| of([name], key).is_some())
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_its_letters() {
        let known = ["containerDefinitions", "fileSystemId", "cpu"];
        for (key, expected) in [
            ("containerDefinitions", Some("containerDefinitions")),
            ("ContainerDefinitions", Some("containerDefinitions")),
            ("container_definitions", Some("containerDefinitions")),
            ("FilesystemId", Some("fileSystemId")),
            ("CPU", Some("cpu")),
            ("_cpu", None),
            ("x-cpu", None),
            ("cpus", None),
        ] {
            assert_eq!(of(known, key), expected, "{key}");
        }
    }
}
